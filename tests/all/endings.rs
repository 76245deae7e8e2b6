//! How a run ends and what it says beside its report: exit codes, what is held back, notices, statistics.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use nhiscan::catalogue::fake::expand;

use crate::command::nhiscan;

/// A key of a test, which is a warning or less, a file that is no YAML, and a file that is no UTF-8.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, bytes: &[u8]| {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    };
    put("tests/test_desk.py", expand("API_KEY = \"{{fake:openai-project-key}}\"\n").as_bytes());
    put("k8s/broken.yaml", b"apiVersion: v1\nkind: ServiceAccount\nmetadata: [\n");
    put("latin.env", b"NAME=caf\xe9\n");
    folder
}

/// Exit code, standard output and standard error of a scan.
fn scanned(root: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let out = nhiscan().arg("scan").args(arguments).arg(root).stdin(Stdio::null()).output().unwrap();
    (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

#[test]
fn the_exit_code_follows_the_threshold_and_what_was_lost() {
    let folder = folder();
    let code = |arguments: &[&str]| scanned(folder.path(), arguments).0;
    assert_eq!(code(&[]), Some(0), "nothing is an error");
    assert_eq!(code(&["--fail-on", "note"]), Some(1));
    assert_eq!(code(&["--fail-on", "none"]), Some(0));
    assert_eq!(code(&["--strict"]), Some(2), "files were not judged whole");
    assert_eq!(code(&["--fail-on", "note", "--min-confidence", "high", "--min-level", "error"]), Some(0));
}

#[test]
fn what_is_held_back_or_lost_is_said() {
    let folder = folder();
    let (_, text, log) = scanned(folder.path(), &[]);
    assert!(text.contains("held back") && text.contains("--min-level note shows"), "{text}");
    assert!(text.contains("2 notices (see standard error)"), "{text}");
    assert!(log.contains("k8s/broken.yaml") && log.contains("not valid YAML"), "{log}");
    assert!(log.contains("latin.env") && log.contains("Latin-1"), "{log}");
    assert!(!log.contains("files\n") && !log.contains('\r'), "no progress where nobody looks: {log}");
    let (_, all, _) = scanned(folder.path(), &["--min-level", "note"]);
    assert!(all.contains("test_desk.py") && !all.contains("held back"), "{all}");
    let (_, sure, _) = scanned(folder.path(), &["--min-level", "note", "--min-confidence", "high"]);
    assert!(sure.contains("below the confidence asked for") || sure.contains("test_desk.py"), "{sure}");
}

#[test]
fn statistics_say_what_was_read_admitted_and_parsed() {
    let (_, _, log) = scanned(folder().path(), &["--statistics"]);
    for word in ["files", "read", "admitted", "parsed", "match", "parse and extract", "link", "judge"] {
        assert!(log.lines().any(|line| line.trim_start().starts_with(word)), "no {word}: {log}");
    }
    assert!(!scanned(folder().path(), &[]).2.contains("admitted"));
}

#[test]
fn values_of_two_runs_cannot_be_compared_without_a_key() {
    let folder = folder();
    let print = || {
        let out = nhiscan().arg("facts").arg(folder.path()).output().unwrap();
        let lines = String::from_utf8(out.stdout).unwrap();
        let line = lines.lines().find(|line| line.contains("\"credential\"")).unwrap().to_owned();
        serde_json::from_str::<serde_json::Value>(&line).unwrap()["fingerprint"].to_string()
    };
    assert_ne!(print(), print());
}

#[test]
fn standard_input_is_judged_under_the_name_that_it_is_given() {
    let mut child = nhiscan()
        .args(["scan", "-", "--stdin-name", "deploy\\desk.env", "--format", "json", "--fail-on", "none"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(expand("A_KEY={{fake:openai-project-key}}\n").as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(report["findings"][0]["place"]["path"], "deploy/desk.env");
    assert_eq!(report["findings"][0]["rule"], "secrets/key-in-dotenv");
}

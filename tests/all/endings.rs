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

#[test]
fn code_that_cannot_be_read_is_said_and_its_text_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    for (path, head) in [
        ("desk.py", "from agents import Agent\ndesk = Agent(name=\"desk\")\n"),
        ("desk.ts", "import { Agent } from \"@openai/agents\";\nconst desk = new Agent({ name: \"desk\" });\n"),
    ] {
        let broken = "}}}}] ) ) = = $ ? !\n".repeat(100);
        let text = format!("{head}OPENAI_API_KEY = \"{{{{fake:openai-project-key}}}}\"\n{broken}");
        fs::write(folder.path().join(path), expand(&text)).unwrap();
    }
    let (code, text, log) = scanned(folder.path(), &[]);
    assert_eq!(code, Some(1), "{text}{log}");
    for path in ["desk.py", "desk.ts"] {
        assert!(text.contains(path), "the key in {path} is found: {text}");
        let said = |line: &str| line.contains(path) && line.contains("could not be read as");
        assert!(log.lines().any(said), "{path}: {log}");
    }
}

#[test]
fn what_a_host_would_not_keep_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let line = expand("OPENAI_API_KEY={{fake:openai-project-key}}\n");
    for n in 0..103 {
        fs::write(folder.path().join(format!("{n:03}.env")), &line).unwrap();
    }
    let file = folder.path().join("log.sarif").display().to_string();
    let (code, _, log) =
        scanned(folder.path(), &["--format", "sarif", "--output", &format!("sarif={file}"), "--strict"]);
    let said = log.lines().filter(|line| line.contains("notice[limit]: 2 further places of results are left out"));
    assert_eq!(said.count(), 1, "{log}");
    assert_eq!(code, Some(1), "it costs no judgement: {log}");
}

/// As another user where the tests run as one who may read everything.
#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_said() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let folder = folder();
    let locked = folder.path().join("locked.env");
    fs::write(&locked, "A=1\n").unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(folder.path(), 0o755);
    mode(&locked, 0o000);
    let mut command = nhiscan();
    if fs::read(&locked).is_ok() {
        // The binary may lie where no other user comes.
        let copy = folder.path().join("nhiscan");
        fs::copy(command.get_program(), &copy).unwrap();
        mode(&copy, 0o755);
        command = std::process::Command::new(copy);
        command.uid(65_534);
    }
    command.args(["scan", "--strict"]).arg(folder.path()).stdin(Stdio::null());
    // While another test starts a command, the copy is still open for writing there.
    let busy = |out: &std::io::Result<_>| {
        out.as_ref().is_err_and(|error: &std::io::Error| error.kind() == std::io::ErrorKind::ExecutableFileBusy)
    };
    let mut out = command.output();
    while busy(&out) {
        std::thread::sleep(std::time::Duration::from_millis(20));
        out = command.output();
    }
    let out = out.unwrap();
    let log = String::from_utf8_lossy(&out.stderr);
    assert!(log.lines().any(|line| line.contains("locked.env") && line.contains("cannot be read")), "{log}");
    assert_eq!(out.status.code(), Some(2), "{log}");
}

//! The same input gives the same bytes, for any number of threads and from run to run.

use std::path::Path;

use super::command::nhiscan;

const FORMATS: [&str; 4] = ["text", "json", "sarif", "markdown"];

fn outputs(folder: &Path, root: &Path, threads: &str) -> Vec<Vec<u8>> {
    let mut command = nhiscan();
    command.arg("scan").arg(root).args(["--threads", threads, "--fail-on", "none", "--min-level", "note"]);
    for format in FORMATS {
        command.args(["--output", &format!("{format}={}", folder.join(format).display())]);
    }
    let out = command.output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    FORMATS.iter().map(|format| std::fs::read(folder.join(format)).unwrap()).collect()
}

#[test]
fn threads_and_runs_do_not_change_a_byte() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("planted");
    nhiscan::demo::lay_out(&root).unwrap();
    let one = outputs(folder.path(), &root, "1");
    assert!(one.iter().all(|bytes| !bytes.is_empty()));
    for threads in ["1", "2", "7"] {
        assert!(outputs(folder.path(), &root, threads) == one, "{threads} threads give other bytes");
    }
}

#[test]
fn facts_are_the_same_under_one_key_and_name_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("planted");
    nhiscan::demo::lay_out(&root).unwrap();
    let facts = |key: &str, threads: &str| {
        let out =
            nhiscan().env("NHISCAN_KEY", key).arg("facts").arg(&root).args(["--threads", threads]).output().unwrap();
        assert!(out.status.success());
        String::from_utf8(out.stdout).unwrap()
    };
    assert_eq!(facts("one key", "1"), facts("one key", "4"));
    assert_ne!(facts("one key", "1").lines().next(), facts("another", "1").lines().next());
}

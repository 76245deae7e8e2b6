//! What the hook and the Action ask of git: staged content, another index, a change against its base.

use std::path::Path;
use std::process::{Command, Output};

use super::command::nhiscan;

/// A repository with one commit that is clean.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    std::fs::write(folder.path().join("settings.env"), "LEVEL=1\n").unwrap();
    commit(folder.path());
    folder
}

fn git(folder: &Path, args: &[&str]) {
    let out = command(folder, args).output().unwrap();
    assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]);
    git.args(args).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null");
    git
}

fn commit(folder: &Path) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-qm", "change"]);
}

fn key(line: &str) -> String {
    nhiscan::catalogue::fake::expand(line)
}

fn scan(folder: &Path, args: &[&str]) -> Output {
    nhiscan().arg("scan").args(args).current_dir(folder).output().unwrap()
}

fn code(folder: &Path, args: &[&str]) -> Option<i32> {
    scan(folder, args).status.code()
}

const KEY: &str = "OPENAI_API_KEY={{fake:openai-project-key}}\n";

#[test]
fn the_staged_half_is_judged_and_the_other_is_not() {
    let folder = repository();
    let (root, file) = (folder.path(), folder.path().join("settings.env"));
    std::fs::write(&file, key(KEY)).unwrap();
    assert_eq!(code(root, &["--staged"]), Some(0), "not staged yet");
    git(root, &["add", "settings.env"]);
    assert_eq!(code(root, &["--staged"]), Some(1));
    std::fs::write(&file, "LEVEL=1\n").unwrap();
    assert_eq!(code(root, &["--staged"]), Some(1), "staged, and gone from disk");
    git(root, &["add", "settings.env"]);
    std::fs::write(&file, key(KEY)).unwrap();
    assert_eq!(code(root, &["--staged"]), Some(0), "on disk, and not staged");
}

#[test]
fn the_index_that_git_names_is_read() {
    let folder = repository();
    let root = folder.path();
    std::fs::write(root.join("settings.env"), key(KEY)).unwrap();
    let index = root.join(".git/other-index");
    std::fs::copy(root.join(".git/index"), &index).unwrap();
    let added = command(root, &["add", "settings.env"]).env("GIT_INDEX_FILE", &index).status().unwrap();
    assert!(added.success());
    assert_eq!(code(root, &["--staged"]), Some(0));
    let out = nhiscan().args(["scan", "--staged"]).current_dir(root).env("GIT_INDEX_FILE", &index).output().unwrap();
    assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn a_change_answers_for_what_it_brings_in() {
    let folder = repository();
    let root = folder.path();
    std::fs::write(root.join("old.env"), key(KEY)).unwrap();
    commit(root);
    std::fs::write(root.join("main.py"), "print('hello')\n").unwrap();
    commit(root);
    assert_eq!(code(root, &[]), Some(1));
    assert_eq!(code(root, &["--diff", "HEAD^1"]), Some(0), "the key was there before");
    std::fs::write(root.join("new.env"), key("ANTHROPIC_API_KEY={{fake:anthropic-api-key}}\n")).unwrap();
    commit(root);
    let out = scan(root, &["--diff", "HEAD^1"]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(1), "{text}");
    assert!(text.contains("new.env") && !text.contains("old.env"), "{text}");
}

#[test]
fn without_git_or_with_an_unknown_base_the_run_says_so() {
    let folder = repository();
    let out = scan(folder.path(), &["--diff", "no-such-base"]);
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains("no-such-base"), "{said}");
    let bare = tempfile::tempdir().unwrap();
    let out = scan(bare.path(), &["--staged"]);
    assert_eq!(out.status.code(), Some(2), "{}", String::from_utf8_lossy(&out.stdout));
}

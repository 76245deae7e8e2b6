//! Both sides of a change, on repositories made at run time.

use std::fs;
use std::path::{Path, PathBuf};

use super::{git, kinds, paths, put, repository, tree};
use crate::cli::request::{Mode, Request};
use crate::error::NoticeKind;
use crate::walk::plan::plan_with;
use crate::walk::{Buffer, Changed, Content, Plan, Sources};

fn planned(root: &Path, mode: Mode) -> Plan {
    let request = Request { roots: vec![root.into()], mode, ..Request::default() };
    plan_with(&request, None).unwrap()
}

fn diff(root: &Path, base: &str) -> Plan {
    planned(root, Mode::Diff(base.into()))
}

fn text(sources: &Sources, path: &str) -> String {
    let source = sources.list.iter().find(|source| source.path == path).unwrap_or_else(|| panic!("no {path}"));
    let mut buffer = Buffer::new();
    let Content::Whole(bytes) = buffer.read(source).unwrap() else { panic!("large") };
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn changes(plan: &Plan) -> Vec<(&str, Changed)> {
    plan.changes.as_ref().unwrap().iter().map(|(path, changed)| (path, changed.clone())).collect()
}

fn base(plan: &Plan) -> &Sources {
    plan.base.as_ref().unwrap()
}

/// Paths of the old side that are the same on the new.
fn same(plan: &Plan) -> Vec<&str> {
    let pairs = base(plan).list.iter().zip(&plan.same).filter_map(|(source, same)| Some((source, (*same)?)));
    pairs
        .inspect(|(source, at)| assert_eq!(source.path, plan.head.list[*at].path))
        .map(|(source, _)| source.path.as_str())
        .collect()
}

#[test]
fn staged_content_is_judged_and_the_working_tree_is_not() {
    let folder = repository(&[("a.py", "one\ntwo\n"), ("b.py", "same\n"), ("gone.py", "x\n"), ("dirty.py", "clean\n")]);
    let root = folder.path();
    put(root, "a.py", "one\nstaged\ntwo\n");
    put(root, "new.py", "n\n");
    git(root, &["add", "a.py", "new.py"]);
    git(root, &["rm", "-q", "gone.py"]);
    put(root, "a.py", "one\nstaged\ntwo\nnot staged\n");
    put(root, "dirty.py", "not staged\n");
    put(root, "untracked.py", "not staged\n");
    let plan = planned(root, Mode::Staged);
    assert_eq!(paths(&plan.head), ["a.py", "b.py", "dirty.py", "new.py"]);
    assert_eq!(text(&plan.head, "a.py"), "one\nstaged\ntwo\n");
    assert_eq!(text(&plan.head, "dirty.py"), "clean\n");
    assert_eq!(
        changes(&plan),
        [("a.py", Changed::Lines(vec![2..3])), ("gone.py", Changed::Removed), ("new.py", Changed::Whole)]
    );
    assert_eq!(paths(base(&plan)), ["a.py", "b.py", "dirty.py", "gone.py"]);
    assert_eq!(text(base(&plan), "a.py"), "one\ntwo\n");
    assert_eq!(same(&plan), ["b.py", "dirty.py"]);
}

#[test]
fn before_the_first_commit_everything_staged_is_new() {
    let folder = tree(&[("a.py", "a\n"), ("b.py", "b\n")]);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "a.py"]);
    let plan = planned(folder.path(), Mode::Staged);
    assert_eq!(paths(&plan.head), ["a.py"]);
    assert_eq!(changes(&plan), [("a.py", Changed::Whole)]);
    assert!(base(&plan).list.is_empty());
}

#[test]
fn the_index_that_a_hook_is_given_decides() {
    let folder = repository(&[("a.py", "a\n")]);
    let root = folder.path();
    let other = root.join(".git/next-index-1.lock");
    put(root, "a.py", "a\nin the other index\n");
    fs::copy(root.join(".git/index"), &other).unwrap();
    let output = std::process::Command::new("git")
        .env("GIT_INDEX_FILE", &other)
        .arg("-C")
        .arg(root)
        .args(["add", "a.py"])
        .status()
        .unwrap();
    assert!(output.success());
    let request = Request { roots: vec![root.into()], mode: Mode::Staged, ..Request::default() };
    let with = plan_with(&request, Some(other)).unwrap();
    assert_eq!(changes(&with), [("a.py", Changed::Lines(vec![2..3]))]);
    let without = plan_with(&request, None).unwrap();
    assert_eq!(changes(&without), []);
    let elsewhere = plan_with(&request, Some(PathBuf::from("/nowhere/index"))).unwrap();
    assert_eq!(changes(&elsewhere), [], "an index of another repository is not used");
}

#[test]
fn a_diff_is_taken_from_the_common_ancestor() {
    let folder = repository(&[("a.py", "one\ntwo\n"), ("b.py", "b\n"), ("old/m.py", "moved\nfile\n"), ("c.py", "c\n")]);
    let root = folder.path();
    git(root, &["checkout", "-q", "-b", "topic"]);
    put(root, "a.py", "one\ntwo\nthree\n");
    fs::create_dir(root.join("new")).unwrap();
    git(root, &["mv", "old/m.py", "new/m.py"]);
    git(root, &["rm", "-q", "c.py"]);
    git(root, &["commit", "-q", "-a", "-m", "topic"]);
    git(root, &["checkout", "-q", "main"]);
    put(root, "b.py", "b\nchanged on main\n");
    git(root, &["commit", "-q", "-a", "-m", "main"]);
    git(root, &["checkout", "-q", "topic"]);
    put(root, "a.py", "zero\none\ntwo\nthree\n");
    put(root, "untracked.py", "u\n");
    let plan = diff(root, "main");
    let from = "old/m.py".to_owned();
    assert_eq!(
        changes(&plan),
        [
            ("a.py", Changed::Lines(vec![1..2, 4..5])),
            ("c.py", Changed::Removed),
            ("new/m.py", Changed::Moved { from }),
            ("old/m.py", Changed::Removed),
            ("untracked.py", Changed::Whole),
        ]
    );
    assert_eq!(same(&plan), ["b.py"]);
    assert_eq!(text(base(&plan), "c.py"), "c\n");
    assert!(plan.head.notices.is_empty());
}

#[test]
fn a_touched_file_with_the_same_content_is_no_change() {
    let folder = repository(&[("a.py", "a\n")]);
    let root = folder.path();
    fs::remove_file(root.join("a.py")).unwrap();
    put(root, "a.py", "a\n");
    assert_eq!(changes(&diff(root, "HEAD")), []);
    assert_eq!(changes(&planned(root, Mode::Staged)), []);
}

#[test]
fn a_change_cannot_leave_itself_out() {
    let folder = repository(&[("a.py", "a\n"), (".nhiscanignore", "generated/\n"), ("generated/g.py", "g\n")]);
    let root = folder.path();
    put(root, ".nhiscanignore", "*.py\n");
    put(root, "bad.py", "secret\n");
    put(root, "generated/h.py", "h\n");
    let plan = diff(root, "HEAD");
    assert_eq!(paths(&plan.head), [".nhiscanignore", "a.py", "bad.py"]);
    assert_eq!(paths(base(&plan)), [".nhiscanignore", "a.py"]);
    assert_eq!(changes(&plan), [(".nhiscanignore", Changed::Lines(vec![1..2])), ("bad.py", Changed::Whole)]);
}

#[test]
fn a_folder_of_a_checkout_sees_its_part_of_the_change() {
    let folder = repository(&[
        ("app/a.py", "a\n"),
        ("other.py", "o\n"),
        (".nhiscanignore", "app/skip\n"),
        ("app/skip/s.py", ""),
    ]);
    let root = folder.path();
    put(root, "app/a.py", "a\nb\n");
    put(root, "other.py", "o\np\n");
    git(root, &["add", "-A"]);
    for plan in [planned(&root.join("app"), Mode::Staged), diff(&root.join("app"), "HEAD")] {
        assert_eq!(paths(&plan.head), ["a.py"]);
        assert_eq!(changes(&plan), [("a.py", Changed::Lines(vec![2..3]))]);
        assert_eq!(plan.head.path_in_repository(&plan.head.list[0]), "app/a.py");
    }
    let single = planned(&root.join("app/a.py"), Mode::Staged);
    assert_eq!(changes(&single), [("a.py", Changed::Lines(vec![2..3]))]);
}

#[test]
fn what_git_cannot_tell_stops_the_run_with_a_step() {
    let folder = tree(&[("a.py", "")]);
    let fails = |mode: Mode| {
        let request = Request { roots: vec![folder.path().into()], mode, ..Request::default() };
        plan_with(&request, None).unwrap_err().to_string()
    };
    assert!(fails(Mode::Staged).contains("is not in a git checkout"));
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "a.py"]);
    git(folder.path(), &["commit", "-q", "-m", "x"]);
    let error = fails(Mode::Diff("--output=/tmp/x".into()));
    assert!(error.contains("--output=/tmp/x is no revision of this checkout; fetch it"), "{error}");
}

#[test]
fn unrelated_histories_are_compared_with_a_notice() {
    let folder = repository(&[("a.py", "a\n")]);
    let root = folder.path();
    git(root, &["checkout", "-q", "--orphan", "other"]);
    put(root, "a.py", "a\nb\n");
    git(root, &["commit", "-q", "-a", "-m", "other"]);
    let plan = diff(root, "main");
    assert_eq!(kinds(&plan.head), [NoticeKind::Setup]);
    assert_eq!(changes(&plan), [("a.py", Changed::Lines(vec![2..3]))]);
}

#[cfg(unix)]
#[test]
fn a_comparison_runs_no_filter_of_the_repository() {
    use std::os::unix::fs::PermissionsExt;
    let folder = repository(&[("a.py", "x\n"), (".gitattributes", "* filter=evil diff=evil\n")]);
    let root = folder.path();
    let mark = root.join(".git/ran");
    let script = root.join(".git/evil.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\ncat\n", mark.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    for key in ["clean", "smudge", "process"] {
        git(root, &["config", &format!("filter.evil.{key}"), script.to_str().unwrap()]);
    }
    git(root, &["config", "filter.evil.required", "true"]);
    git(root, &["config", "diff.evil.textconv", script.to_str().unwrap()]);
    // Same size and another content right after the index was written: git has to look inside.
    put(root, "a.py", "y\n");
    assert_eq!(changes(&diff(root, "HEAD")), [("a.py", Changed::Lines(vec![1..2]))]);
    assert_eq!(changes(&planned(root, Mode::Staged)), []);
    assert!(!mark.exists(), "a filter of the repository was run");
}

//! Trees built at run time, and what of them is read.

mod change;

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::cli::request::Request;
use crate::error::NoticeKind;

fn put(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        put(folder.path(), path, text);
    }
    folder
}

fn scan(roots: &[&Path]) -> Sources {
    let request = Request { roots: roots.iter().map(PathBuf::from).collect(), ..Request::default() };
    sources(&request).unwrap()
}

fn paths(sources: &Sources) -> Vec<&str> {
    sources.list.iter().map(|source| source.path.as_str()).collect()
}

fn kinds(sources: &Sources) -> Vec<NoticeKind> {
    sources.notices.iter().map(|notice| notice.kind).collect()
}

#[test]
fn hidden_files_are_read_and_ignored_ones_are_not() {
    let folder = tree(&[
        (".gitignore", "*.log\nbuild/\n/secret.txt\n!keep.log\n"),
        (".ignore", "junk\n"),
        (".nhiscanignore", "third/\n"),
        (".env", "A=1"),
        (".github/workflows/x.yml", "on: push"),
        (".git/config", "not read"),
        ("a.log", ""),
        ("keep.log", ""),
        ("junk", ""),
        ("build/out.js", ""),
        ("third/party.py", ""),
        ("sub/secret.txt", ""),
        ("secret.txt", ""),
        ("sub/.gitignore", "*.tmp\n"),
        ("sub/x.tmp", ""),
        ("x.tmp", ""),
    ]);
    fs::remove_dir_all(folder.path().join(".git")).unwrap();
    put(folder.path(), ".hg/store", "not read");
    let sources = scan(&[folder.path()]);
    let expected = [
        ".env",
        ".github/workflows/x.yml",
        ".gitignore",
        ".ignore",
        ".nhiscanignore",
        "keep.log",
        "sub/.gitignore",
        "sub/secret.txt",
        "x.tmp",
    ];
    assert_eq!(paths(&sources), expected);
    assert!(sources.notices.is_empty());
}

#[test]
fn ignored_dotenv_and_agent_configuration_are_read_as_ignored() {
    let folder = tree(&[
        (".gitignore", ".env*\n.claude/\nnode_modules/\nmcp.json\n"),
        (".env.local", "A=1"),
        (".claude/settings.local.json", "{}"),
        (".claude/history.txt", ""),
        ("app/mcp.json", "{}"),
        ("node_modules/x/.env", ""),
    ]);
    let sources = scan(&[folder.path()]);
    let ignored: Vec<&str> = sources
        .list
        .iter()
        .filter(|source| source.git == GitState::Ignored)
        .map(|source| source.path.as_str())
        .collect();
    assert_eq!(ignored, [".claude/settings.local.json", ".env.local", "app/mcp.json"]);
    assert_eq!(sources.list.len(), 4);
}

#[test]
fn several_roots_show_their_names_and_share_no_file() {
    let folder = tree(&[("one/a.py", ""), ("one/b/c.py", ""), ("two.py", "")]);
    let root = folder.path();
    let sources = scan(&[&root.join("two.py"), &root.join("one"), &root.join("one/b")]);
    let shown = shown_path(root);
    assert_eq!(
        paths(&sources),
        [format!("{shown}/two.py"), format!("{shown}/one/a.py"), format!("{shown}/one/b/c.py")]
    );
    assert_eq!(sources.path_in_repository(&sources.list[2]), "b/c.py");
}

#[test]
fn a_single_file_from_elsewhere_has_its_name() {
    let folder = tree(&[("x/agent.py", "")]);
    assert_eq!(paths(&scan(&[&folder.path().join("x/agent.py")])), ["agent.py"]);
}

#[test]
fn a_root_that_is_not_there_stops_the_run() {
    let folder = tree(&[]);
    let request = Request { roots: vec![folder.path().join("gone")], ..Request::default() };
    let error = sources(&request).unwrap_err().to_string();
    assert!(error.contains("gone: no such file or directory; name a folder"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_and_special_files_are_not_followed_or_opened() {
    use std::os::unix::fs::symlink;
    let outside = tree(&[("secret.txt", "")]);
    let folder = tree(&[("a/real.py", "")]);
    let root = folder.path();
    symlink("..", root.join("a/loop")).unwrap();
    symlink("a", root.join("alias")).unwrap();
    symlink("nowhere", root.join("broken")).unwrap();
    symlink(outside.path(), root.join("out")).unwrap();
    symlink(outside.path().join("secret.txt"), root.join("out.txt")).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    let sources = scan(&[root]);
    drop(socket);
    assert_eq!(paths(&sources), ["a/real.py"]);
    assert_eq!(kinds(&sources), [NoticeKind::Link, NoticeKind::Link, NoticeKind::Special]);

    for n in 0..20 {
        symlink(outside.path(), root.join(format!("out{n}"))).unwrap();
    }
    let sources = scan(&[root]);
    assert_eq!(kinds(&sources), [NoticeKind::Link, NoticeKind::Special]);
    assert!(sources.notices[0].message.contains("21 others"), "{:?}", sources.notices[0]);
}

/// Runs git for a test, away from the configuration of whoever runs it.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "protocol.file.allow=always"])
        .args(["-c", "init.defaultBranch=main"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A repository with these files committed.
pub(super) fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tree(files);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "-A", "-f"]);
    git(folder.path(), &["commit", "-q", "-m", "first"]);
    folder
}

fn states(sources: &Sources) -> Vec<(&str, GitState)> {
    sources.list.iter().map(|source| (source.path.as_str(), source.git)).collect()
}

#[test]
fn a_tracked_file_is_read_though_a_pattern_matches_it() {
    use GitState::{Ignored, Tracked, Untracked};
    let folder = repository(&[
        (".gitignore", ".env*\nout/\n"),
        (".env", "A=1"),
        ("out/tracked.js", ""),
        ("app/x.py", ""),
        ("skipped/y.py", ""),
        (".nhiscanignore", "skipped\n"),
    ]);
    let root = folder.path();
    put(root, ".env.local", "");
    put(root, "out/untracked.js", "");
    put(root, "app/new.py", "");
    put(root, "app/excluded.py", "");
    put(root, ".git/info/exclude", "excluded.py\n");
    fs::remove_file(root.join("app/x.py")).unwrap();
    let expected = [
        (".env", Tracked),
        (".env.local", Ignored),
        (".gitignore", Tracked),
        (".nhiscanignore", Tracked),
        ("app/new.py", Untracked),
        ("out/tracked.js", Tracked),
    ];
    assert_eq!(states(&scan(&[root])), expected);
}

#[test]
fn a_folder_of_a_checkout_obeys_the_whole_checkout() {
    use GitState::{Tracked, Untracked};
    let folder = repository(&[
        (".gitignore", "*.tmp\n/services/agent/local\n"),
        ("services/agent/a.tmp", ""),
        ("services/agent/tests/b.py", ""),
        ("other.py", ""),
    ]);
    let root = folder.path().join("services/agent");
    for path in ["c.tmp", "d.py", "local/e.py"] {
        put(&root, path, "");
    }
    let sources = scan(&[&root]);
    assert_eq!(states(&sources), [("a.tmp", Tracked), ("d.py", Untracked), ("tests/b.py", Tracked)]);
    assert_eq!(sources.path_in_repository(&sources.list[2]), "services/agent/tests/b.py");
}

#[test]
fn worktrees_submodules_and_nested_checkouts_are_checkouts() {
    let inner = repository(&[("lib/i.py", ""), (".gitignore", "*.gen\n"), ("kept.gen", "")]);
    let folder = repository(&[("m.py", "")]);
    let root = folder.path();
    git(root, &["submodule", "--quiet", "add", inner.path().to_str().unwrap(), "sub"]);
    git(root, &["commit", "-q", "-m", "submodule"]);
    put(root, "sub/x.gen", "");
    put(root, "nested/n.py", "");
    git(&root.join("nested"), &["init", "-q"]);
    let sources = scan(&[root]);
    assert_eq!(
        states(&sources),
        [
            (".gitmodules", GitState::Tracked),
            ("m.py", GitState::Tracked),
            ("nested/n.py", GitState::Untracked),
            ("sub/.gitignore", GitState::Tracked),
            ("sub/kept.gen", GitState::Tracked),
            ("sub/lib/i.py", GitState::Tracked),
        ]
    );
    let shown: Vec<&str> = sources.repositories.iter().map(|repository| repository.shown.as_str()).collect();
    assert_eq!(shown, ["", "nested/", "sub/"]);
    assert_eq!(sources.path_in_repository(&sources.list[5]), "lib/i.py");

    let elsewhere = tempfile::tempdir().unwrap();
    let worktree = elsewhere.path().join("w");
    git(root, &["worktree", "add", "-q", "--detach", worktree.to_str().unwrap()]);
    put(root, ".git/info/exclude", "shared.py\n");
    put(&worktree, "shared.py", "");
    put(&worktree, "fresh.py", "");
    assert_eq!(
        states(&scan(&[&worktree])),
        [(".gitmodules", GitState::Tracked), ("fresh.py", GitState::Untracked), ("m.py", GitState::Tracked)]
    );
}

#[test]
fn a_broken_index_is_said_and_patterns_decide() {
    let folder = repository(&[("a.py", ""), (".gitignore", "b.py\n")]);
    put(folder.path(), ".git/index", "no index");
    put(folder.path(), "b.py", "");
    let sources = scan(&[folder.path()]);
    assert_eq!(states(&sources), [(".gitignore", GitState::Plain), ("a.py", GitState::Plain)]);
    assert_eq!(kinds(&sources), [NoticeKind::Setup]);

    fs::remove_dir_all(folder.path().join(".git")).unwrap();
    put(folder.path(), ".git", "gitdir: ../gone\n");
    let sources = scan(&[folder.path()]);
    assert_eq!(paths(&sources), [".gitignore", "a.py"]);
    assert_eq!(kinds(&sources), [NoticeKind::Setup]);
}

#[cfg(unix)]
#[test]
fn nothing_that_a_hostile_checkout_names_is_run() {
    use std::os::unix::fs::PermissionsExt;
    let folder = repository(&[("a.py", "x"), (".gitattributes", "* filter=evil diff=evil\n")]);
    let root = folder.path();
    let mark = root.join("ran");
    let script = root.join(".git/evil.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\ncat\n", mark.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let evil = script.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "core.sshCommand",
        "core.pager",
        "core.alternateRefsCommand",
    ] {
        git(root, &["config", key, evil]);
    }
    git(root, &["config", "core.worktree", "/etc"]);
    fs::write(root.join("a.py"), "y").unwrap();
    assert_eq!(states(&scan(&[root]))[1], ("a.py", GitState::Tracked));
    assert!(!mark.exists(), "a command of the repository was run");
}

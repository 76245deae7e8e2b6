//! Trees built at run time, and what of them is read.

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

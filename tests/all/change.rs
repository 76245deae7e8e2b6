//! Runs about a change: what is staged, what a commit hook sees, and what a branch brings in.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use nhiscan::catalogue::fake::expand;

use crate::command::nhiscan;

fn secret(n: usize) -> String {
    format!("OPENAI_API_KEY={}\n", expand(&format!("{{{{fake:openai-project-key#{n}}}}}")))
}

fn put(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn git(root: &Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "init.defaultBranch=main"])
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output()
        .unwrap()
}

fn commit(root: &Path) {
    for arguments in [["add", "-A"].as_slice(), &["commit", "-q", "-m", "x", "--no-verify"]] {
        let output = git(root, arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q"]);
    put(folder.path(), "README.md", "An agent.\n");
    commit(folder.path());
    folder
}

/// `path:line` of each finding of a run.
fn found(root: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = nhiscan();
    command.args(["scan", "--format", "json", "--fail-on", "none"]).args(arguments).current_dir(root);
    let output = command.env_remove("GIT_INDEX_FILE").output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{log}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let place = |finding: &serde_json::Value| {
        let at = &finding["place"];
        format!("{}:{}", at["path"].as_str().unwrap(), at["line"])
    };
    let findings = report["findings"].as_array().unwrap();
    findings.iter().filter(|finding| finding["suppressed"].is_null()).map(place).collect()
}

#[test]
fn only_the_staged_half_is_judged() {
    let folder = repository();
    let root = folder.path();
    put(root, "a.env", &secret(1));
    git(root, &["add", "a.env"]);
    put(root, "a.env", "NOTHING=1\n");
    assert_eq!(found(root, &["--staged"]), ["a.env:1"], "the secret is staged, and gone from the disk");
    put(root, "b.env", &secret(2));
    put(root, "a.env", "NOTHING=1\n");
    git(root, &["add", "a.env"]);
    put(root, "a.env", &secret(1));
    assert!(found(root, &["--staged"]).is_empty(), "the secrets are on the disk alone");
}

#[test]
fn what_was_there_before_is_not_reported_again() {
    let folder = repository();
    let root = folder.path();
    put(root, "old.env", &secret(1));
    commit(root);
    git(root, &["checkout", "-q", "-b", "topic"]);
    put(root, "old.env", &format!("# moved down\n\n{}", secret(1)));
    put(root, "new.env", &format!("A=1\n{}", secret(2)));
    commit(root);
    assert_eq!(found(root, &["--diff", "main"]), ["new.env:2"]);
    assert_eq!(found(root, &["."]), ["new.env:2", "old.env:3"]);
    put(root, "old.env", &secret(3));
    assert_eq!(
        found(root, &["--diff", "main"]),
        ["new.env:2", "old.env:1"],
        "another key in the same variable is another leak"
    );
    put(root, "old.env", &secret(1));
    put(root, "copy.env", &secret(1));
    assert_eq!(
        found(root, &["--diff", "main"]),
        ["copy.env:1", "new.env:2"],
        "the copy leads, since it is what the change adds"
    );
    fs::remove_file(root.join("copy.env")).unwrap();
    put(root, "zz/copy.env", &secret(1));
    assert_eq!(
        found(root, &["--diff", "main"]),
        ["new.env:2", "zz/copy.env:1"],
        "also where the old place comes first in the order of paths"
    );
}

#[test]
fn a_change_that_only_takes_a_line_away_answers_for_it() {
    let folder = repository();
    let root = folder.path();
    put(root, "desk/triage.py", &BEFORE.replace("needs_approval=True", "\n    needs_approval=True,\n"));
    commit(root);
    let open = |arguments: &[&str]| found(root, arguments).into_iter().filter(|at| at.starts_with("desk/")).count();
    let before = open(&["."]);
    assert_eq!(open(&["--diff", "HEAD"]), 0);
    put(root, "desk/triage.py", &BEFORE.replace("needs_approval=True", "\n"));
    assert_eq!(open(&["."]), before + 1);
    assert_eq!(open(&["--diff", "HEAD"]), 1, "no line of it is new");
}

#[test]
fn what_a_change_adds_to_comments_and_baseline_is_said_and_does_not_hide_it() {
    let folder = repository();
    let root = folder.path();
    put(root, "known.json", "");
    commit(root);
    put(root, "a.env", &format!("# nhiscan: ignore[secrets/key-in-dotenv] a test account\n{}", secret(1)));
    put(root, "b.env", &secret(2));
    let written = nhiscan().args(["baseline", ".", "--output", "known.json"]).current_dir(root).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    assert!(found(root, &[".", "--baseline", "known.json"]).is_empty());
    assert_eq!(
        found(root, &["--diff", "HEAD", "--baseline", "known.json"]),
        ["b.env:1"],
        "the baseline before it holds"
    );
    let output = nhiscan().args(["scan", "--diff", "HEAD"]).current_dir(root).output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(log.contains("this change adds a suppression of secrets/key-in-dotenv: a test account"), "{log}");
}

#[test]
fn a_moved_file_brings_nothing_in() {
    let folder = repository();
    let root = folder.path();
    put(root, "old/x.env", &format!("A=1\nB=2\n{}", secret(1)));
    commit(root);
    git(root, &["checkout", "-q", "-b", "topic"]);
    fs::create_dir(root.join("new")).unwrap();
    git(root, &["mv", "old/x.env", "new/x.env"]);
    commit(root);
    assert!(found(root, &["--diff", "main"]).is_empty());
}

#[test]
fn a_change_cannot_switch_off_its_own_check() {
    let folder = repository();
    let root = folder.path();
    put(root, "nhiscan.toml", "exclude = [\"legacy/**\"]\n");
    commit(root);
    git(root, &["checkout", "-q", "-b", "topic"]);
    put(root, "nhiscan.toml", "exclude = [\"**\"]\n");
    put(root, ".nhiscanignore", "*\n");
    put(root, "new.env", &secret(1));
    put(root, "legacy/l.env", &secret(2));
    commit(root);
    assert_eq!(found(root, &["--diff", "main"]), ["new.env:1"]);
    assert!(found(root, &["."]).is_empty(), "once merged the settings hold");
}

#[cfg(unix)]
#[test]
fn a_commit_hook_sees_what_the_commit_will_hold() {
    use std::os::unix::fs::PermissionsExt;
    let folder = repository();
    let root = folder.path();
    put(root, "a.env", "A=1\n");
    commit(root);
    let hook = root.join(".git/hooks/pre-commit");
    let binary = nhiscan().get_program().to_str().unwrap().to_owned();
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, format!("#!/bin/sh\nexec '{binary}' scan --staged\n")).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    put(root, "a.env", &secret(1));
    put(root, "b.env", "B=1\n");
    git(root, &["add", "b.env"]);
    let only = git(root, &["commit", "-m", "x", "--", "b.env"]);
    assert!(only.status.success(), "the secret is not part of this commit: {}", String::from_utf8_lossy(&only.stdout));
    for arguments in [["commit", "-m", "x", "-a"].as_slice(), &["commit", "-m", "x", "--", "a.env"]] {
        let refused = git(root, arguments);
        assert!(!refused.status.success(), "{arguments:?} went through");
        let said = [refused.stdout, refused.stderr].concat();
        assert!(String::from_utf8_lossy(&said).contains("a.env:1"), "{}", String::from_utf8_lossy(&said));
    }
}

#[test]
fn a_base_that_is_not_there_stops_the_run() {
    let folder = repository();
    let output = nhiscan().args(["scan", "--diff", "nowhere"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nowhere is no revision of this checkout"));
}

const BEFORE: &str = r#"import os
from agents import Agent, Runner, function_tool

@function_tool(needs_approval=True)
def remove_file(path: str) -> str:
    os.remove(path)
    return "gone"

@function_tool
def look(path: str) -> str:
    return path

billing = Agent(name="Billing", instructions="b")
old = Agent(name="Old", instructions="o")
triage = Agent(name="Triage", instructions="t", tools=[remove_file, look])
Runner.run_sync(triage, "x", max_turns=4)
"#;

const AFTER: &str = r#"import os
import subprocess
from agents import Agent, Runner, function_tool

@function_tool
def remove_file(path: str) -> str:
    os.remove(path)
    return "gone"

@function_tool
def look(path: str) -> str:
    return subprocess.run(path, shell=True, capture_output=True, text=True).stdout

@function_tool
def wipe(path: str) -> str:
    os.remove(path)
    return path

billing = Agent(name="Billing", instructions="b")
triage = Agent(name="Triage", instructions="t", tools=[remove_file, look, wipe], handoffs=[billing])
new = Agent(name="New", instructions="n", tools=[look])
Runner.run_sync(triage, "x")
"#;

/// `name change what subject weakens` of each delta, of an agent without one `name change`.
fn done_to_agents(root: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = nhiscan();
    command.args(["inventory", "--format", "json"]).args(arguments).current_dir(root);
    let output = command.env_remove("GIT_INDEX_FILE").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema"], "nhiscan-inventory-change/1");
    let mut all = Vec::new();
    for agent in report["agents"].as_array().unwrap() {
        let head = format!("{} {}", agent["name"].as_str().unwrap(), agent["change"].as_str().unwrap());
        let deltas = agent["deltas"].as_array().unwrap();
        if deltas.is_empty() {
            all.push(head.clone());
        }
        for delta in deltas {
            let text = |key: &str| delta[key].as_str().unwrap_or("-").to_owned();
            let mark = if delta["weakens"] == true { "!" } else { "" };
            all.push(format!("{mark}{head}: {} {}", text("what"), text("subject")));
        }
    }
    all
}

#[test]
fn the_inventory_says_what_a_change_does_to_agents() {
    let folder = repository();
    let root = folder.path();
    put(root, "desk/triage.py", BEFORE);
    commit(root);
    assert_eq!(done_to_agents(root, &["--diff", "HEAD"]), Vec::<String>::new());
    put(root, "desk/triage.py", AFTER);
    let expected = [
        "Old removed",
        "!Triage changed: effect-gained look",
        "!Triage changed: gate-lost remove_file",
        "!Triage changed: handoff-gained Billing",
        "!Triage changed: limit-gone max_turns",
        "!Triage changed: tool-gained wipe",
        "!New added: credential-gained OPENAI_API_KEY",
        "!New added: tool-gained look",
    ];
    assert_eq!(done_to_agents(root, &["--diff", "HEAD"]), expected);
    git(root, &["add", "-A"]);
    assert_eq!(done_to_agents(root, &["--staged"]), expected);
}

#[test]
fn a_moved_agent_is_the_same_agent_and_text_says_what_is_gone() {
    let folder = repository();
    let root = folder.path();
    put(root, "desk/triage.py", BEFORE);
    commit(root);
    git(root, &["mv", "desk/triage.py", "desk/front.py"]);
    assert_eq!(done_to_agents(root, &["--diff", "HEAD"]), Vec::<String>::new());
    commit(root);
    put(root, "desk/front.py", &BEFORE.replace("(needs_approval=True)", ""));
    let output = nhiscan().args(["inventory", "--diff", "HEAD"]).current_dir(root).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("gate lost: remove_file (was needs_approval)"), "{text}");
}

#[test]
fn a_gate_that_asks_less_often_and_a_limit_that_is_not_known_weaken() {
    let folder = repository();
    let root = folder.path();
    put(root, "desk/triage.py", BEFORE);
    commit(root);
    let some = "def ask(context, arguments, call_id):\n    return not arguments[\"path\"].startswith(\"/tmp\")\n\n@function_tool(needs_approval=ask)";
    let after = BEFORE.replace("@function_tool(needs_approval=True)", some);
    put(root, "desk/triage.py", &after.replace("max_turns=4", "max_turns=turns()"));
    let expected = ["!Triage changed: gate-changed remove_file", "!Triage changed: limit-changed max_turns"];
    assert_eq!(done_to_agents(root, &["--diff", "HEAD"]), expected);
    commit(root);
    put(root, "desk/triage.py", BEFORE);
    let expected = ["Triage changed: gate-changed remove_file", "Triage changed: limit-changed max_turns"];
    assert_eq!(done_to_agents(root, &["--diff", "HEAD"]), expected);
}

#[test]
fn a_change_is_no_table_and_no_tree() {
    let folder = repository();
    let root = folder.path();
    put(root, "desk/triage.py", BEFORE);
    commit(root);
    for format in ["table", "tree"] {
        let output =
            nhiscan().args(["inventory", "--diff", "HEAD", "--format", format]).current_dir(root).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("--format text or --format json"), "{said}");
    }
}

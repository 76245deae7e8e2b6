//! The Action and the hooks, as far as they can be looked at without running them: `.ci/run` runs them.

use std::path::Path;

use super::command::nhiscan;

const ACTION: &str = include_str!("../../action.yml");

fn inputs() -> Vec<&'static str> {
    let inputs = ACTION.split_once("\ninputs:\n").unwrap().1.split_once("\noutputs:").unwrap().0;
    inputs
        .lines()
        .filter(|l| l.starts_with("  ") && !l.starts_with("   "))
        .map(|l| l.trim().trim_end_matches(':'))
        .collect()
}

#[test]
fn other_actions_are_pinned_by_commit() {
    let mut seen = 0;
    for line in ACTION.lines().filter(|l| l.trim_start().starts_with("uses:")) {
        let (pin, version) = line.split_once('@').unwrap().1.split_once(" # v").unwrap();
        assert!(pin.len() == 40 && pin.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
        assert!(version.split('.').count() == 3, "{line}");
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn nothing_is_pasted_into_a_script() {
    for line in ACTION.lines().filter(|l| l.trim_start().starts_with("run:")) {
        assert!(!line.contains("${{"), "{line}");
        let script = line.split_once("$ACTION_PATH/").unwrap().1.trim_end_matches('"');
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(script).exists(), "{script}");
    }
}

#[test]
fn every_input_is_used_and_documented() {
    let page = include_str!("../../docs/github-action.md");
    assert!(inputs().len() >= 8);
    for input in inputs() {
        assert!(ACTION.contains(&format!("inputs.{input}")), "{input} does nothing");
        assert!(page.contains(&format!("| `{input}` |")), "{input} is not documented");
    }
}

#[test]
fn hooks_call_what_exists() {
    let hooks = include_str!("../../.pre-commit-hooks.yaml");
    let entries: Vec<&str> = hooks.lines().filter_map(|l| l.trim().strip_prefix("entry: nhiscan ")).collect();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        let out = nhiscan().args(entry.split(' ')).arg("--help").output().unwrap();
        assert!(out.status.success(), "{entry}");
    }
}

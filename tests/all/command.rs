//! The built command, as the other themes call it.

use std::process::{Command, Output};

use serde_json::Value;

/// The binary under test, without what the environment would change in its output.
pub(crate) fn nhiscan() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nhiscan"));
    command.env_remove("NHISCAN_KEY").env("NO_COLOR", "1");
    command
}

/// Runs the binary.
pub(crate) fn run(args: &[&str]) -> Output {
    nhiscan().args(args).output().unwrap()
}

/// The planted repository, scanned once in every format.
pub(crate) struct Demo {
    /// Parsed SARIF.
    pub sarif: Value,
    /// Format and what was written.
    pub formats: Vec<(&'static str, String)>,
    /// The values that the planted repository holds.
    pub secrets: Vec<String>,
}

/// Scans the planted repository.
pub(crate) fn demo() -> Demo {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mut command = nhiscan();
    command.args(["demo", &path("planted")]);
    for format in ["json", "sarif", "markdown"] {
        command.args(["--output", &format!("{format}={}", path(format))]);
    }
    let out = command.args(["--format", "text"]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut formats = vec![("text", String::from_utf8(out.stdout).unwrap())];
    for format in ["json", "sarif", "markdown"] {
        formats.push((format, std::fs::read_to_string(path(format)).unwrap()));
    }
    for args in [["facts", "jsonl"], ["inventory", "cards"]] {
        let out = run(&[args[0], &path("planted")]);
        formats.push((args[1], String::from_utf8(out.stdout).unwrap()));
    }
    let sarif = serde_json::from_str(&formats[2].1).unwrap();
    Demo { sarif, formats, secrets: secrets() }
}

/// The fakes: what `{{fake:…}}` in the planted files becomes.
fn secrets() -> Vec<String> {
    let sources: Vec<&str> = [
        include_str!("../../testdata/planted/desk/triage.py"),
        include_str!("../../testdata/planted/.env.production"),
        include_str!("../../testdata/planted/compose.yaml"),
    ]
    .into();
    let fakes = sources.iter().flat_map(|text| {
        text.split("{{fake:").skip(1).map(|rest| format!("{{{{fake:{}}}}}", rest.split_once("}}").unwrap().0))
    });
    fakes.map(|fake| nhiscan::catalogue::fake::expand(&fake)).collect()
}

#[test]
fn says_its_version_without_fuss() {
    let out = run(&["--version"]);
    assert!(out.status.success());
    assert!(out.stderr.is_empty());
}

//! The built command, as the other themes call it.

use std::process::Command;

/// The binary under test.
pub fn nhiscan() -> Command {
    Command::new(env!("CARGO_BIN_EXE_nhiscan"))
}

#[test]
fn says_its_version_without_fuss() {
    let out = nhiscan().arg("--version").output().unwrap();
    assert!(out.status.success());
    assert!(out.stderr.is_empty());
}

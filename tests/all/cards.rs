//! What an agent's card answers, and that it says "unknown" where the code does not show it.

use std::fs;
use std::process::Command;

/// The answer to `family` on the card of the only agent of a server with one tool of this body.
fn answer(family: &str, body: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let server = "from mcp.server.fastmcp import FastMCP\nfrom .link import connect\n\nmcp = FastMCP(\"Studio\")\n\n";
    let tool = format!("@mcp.tool()\ndef work(code: str) -> str:\n    \"\"\"Does something.\"\"\"\n    {body}\n");
    fs::write(folder.path().join("server.py"), format!("{server}{tool}")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_nhiscan"))
        .args(["inventory", "--format", "json"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let agents = report["agents"].as_array().unwrap();
    assert_eq!(agents.len(), 1, "{report}");
    agents[0]["answers"][family]["answer"].as_str().unwrap().to_owned()
}

#[test]
fn a_tool_that_hands_on_what_the_model_chose_is_not_called_harmless() {
    assert_eq!(answer("approval", "return connect().send_command(\"execute\", {\"code\": code})"), "unknown");
    assert_eq!(answer("approval", "box = connect()\n    return box.run(code)"), "unknown");
    assert_eq!(answer("approval", "box = connect()\n    return box.run(\"status\")"), "pass");
    assert_eq!(answer("approval", "return code.upper()"), "pass");
}

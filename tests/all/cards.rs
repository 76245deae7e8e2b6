//! What an agent's card answers, and that it says "unknown" where the code does not show it.

use std::fs;
use std::path::Path;

use crate::command::nhiscan;

fn inventory(folder: &Path) -> serde_json::Value {
    let mut command = nhiscan();
    let output = command.args(["inventory", "--format", "json"]).current_dir(folder).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The answer to `family` on the card of the only agent of a server with one tool of this body.
fn answer(family: &str, body: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let server = "from mcp.server.fastmcp import FastMCP\nfrom .link import connect\n\nmcp = FastMCP(\"Studio\")\n\n";
    let tool = format!("@mcp.tool()\ndef work(code: str) -> str:\n    \"\"\"Does something.\"\"\"\n    {body}\n");
    fs::write(folder.path().join("server.py"), format!("{server}{tool}")).unwrap();
    let report = inventory(folder.path());
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

#[test]
fn a_gate_that_the_caller_chooses_is_not_called_one() {
    let folder = tempfile::tempdir().unwrap();
    let tool = |gate: &str| {
        format!(
            "    @function_tool(needs_approval={gate})\n    def wipe(path: str) -> str:\n        os.remove(path)\n        return path\n"
        )
    };
    let agent = |name: &str| format!("    return Agent(name=\"{name}\", instructions=\"x\", tools=[wipe])\n");
    let text = format!(
        "import os\nfrom agents import Agent, function_tool\n\ndef chosen(ask):\n{}{}\ndef fixed():\n{}{}",
        tool("ask"),
        agent("chosen"),
        tool("True"),
        agent("fixed")
    );
    fs::write(folder.path().join("keeper.py"), text).unwrap();
    let report = inventory(folder.path());
    let answers: Vec<(&str, &str)> = report["agents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|agent| (agent["name"].as_str().unwrap(), agent["answers"]["approval"]["answer"].as_str().unwrap()))
        .collect();
    assert_eq!(answers, [("chosen", "unknown"), ("fixed", "pass")]);
}

//! A policy that nothing asks is told apart from one that gates a tool.

use std::fs;

use nhiscan::cli::request::Request;
use nhiscan::finding::Finding;
use nhiscan::{judge, understand};

const REGO: (&str, &str) = ("policies/desk.rego", "package desk\n\ndefault allow := false\n");

const OPEN: &str = r#"import os
from agents import Agent, function_tool

@function_tool
def delete_report(path: str) -> str:
    os.remove(path)
    return "gone"

keeper = Agent(name="keeper", tools=[delete_report])
"#;

/// The helper that asks, in a file of its own.
const HELPER: &str = r#"import requests

def allowed(agent, action, resource):
    question = {"input": {"agent": agent, "action": action, "resource": resource}}
    return requests.post("http://localhost:8181/v1/data/desk/allow", json=question).json().get("result", False)
"#;

const ASKING: &str = r#"import os
from agents import Agent, function_tool
from desk.policy import allowed

@function_tool
def delete_report(path: str) -> str:
    if not allowed("keeper", "delete", path):
        return "not allowed"
    os.remove(path)
    return "gone"

keeper = Agent(name="keeper", tools=[delete_report])
"#;

/// The same as a method of an object that another file holds.
const CLIENT: &str = r#"import httpx

class PolicyClient:
    def __init__(self, base_url):
        self.base_url = base_url

    def allowed(self, agent, action, resource):
        question = {"input": {"agent": agent, "action": action, "resource": resource}}
        return httpx.post(f"{self.base_url}/v1/data/desk/allow", json=question).json().get("result", False)

policy = PolicyClient("http://localhost:8181")
"#;

fn findings(files: &[(&str, &str)]) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let target = folder.path().join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, text).unwrap();
    }
    let request = Request { roots: vec![folder.path().to_path_buf()], threads: 1, ..Request::default() };
    judge::run(&understand(&request).unwrap().graph)
}

fn ungated(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|f| f.rule.id == "approval/ungated-destructive-tool").collect()
}

#[test]
fn a_policy_that_nothing_asks_gates_nothing() {
    let found = findings(&[REGO, ("desk/agent.py", OPEN)]);
    let open = ungated(&found);
    assert_eq!(open.len(), 1);
    assert!(open[0].draft.related.iter().any(|step| step.says.contains("nothing in this repository asks it")));
    assert!(ungated(&findings(&[("desk/agent.py", OPEN)]))[0].draft.related.is_empty());
}

#[test]
fn a_policy_that_a_function_of_another_file_asks_gates_the_tool() {
    let found = findings(&[REGO, ("desk/__init__.py", ""), ("desk/policy.py", HELPER), ("desk/agent.py", ASKING)]);
    assert!(ungated(&found).is_empty(), "{:#?}", found.iter().map(|f| &f.draft.what).collect::<Vec<_>>());
    assert!(found.iter().all(|f| !f.rule.id.starts_with("approval/")));
}

#[test]
fn a_policy_that_an_object_of_another_file_asks_gates_the_tool() {
    let asking = ASKING.replace("import allowed", "import policy").replace("not allowed(", "not policy.allowed(");
    let found = findings(&[REGO, ("desk/__init__.py", ""), ("desk/policy.py", CLIENT), ("desk/agent.py", &asking)]);
    assert!(ungated(&found).is_empty(), "{:#?}", found.iter().map(|f| &f.draft.what).collect::<Vec<_>>());
}

/// An agent whose callback asks before every tool, and gives its answer to the runner.
const AROUND: &str = r#"import os
import requests
from google.adk.agents import Agent

def delete_report(path: str) -> str:
    os.remove(path)
    return "gone"

def check(tool, args, tool_context):
    question = {"input": {"tool": tool.name, "arguments": args}}
    answer = requests.post("http://localhost:8181/v1/data/desk/allow", json=question).json()
    if not answer.get("result", False):
        return {"error": "not allowed"}
    return None

keeper = Agent(name="keeper", model="small", tools=[delete_report], before_tool_callback=check)
"#;

#[test]
fn a_policy_that_is_asked_around_every_tool_gates_them() {
    let found = findings(&[REGO, ("desk/agent.py", AROUND)]);
    assert!(ungated(&found).is_empty(), "{:#?}", found.iter().map(|f| &f.draft.what).collect::<Vec<_>>());
    let open = AROUND.replace(", before_tool_callback=check", "");
    assert_eq!(ungated(&findings(&[REGO, ("desk/agent.py", &open)])).len(), 1);
    let later = open + "keeper.before_tool_callback = check\n";
    assert!(ungated(&findings(&[REGO, ("desk/agent.py", &later)])).is_empty());
}

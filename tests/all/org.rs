//! Several repositories in one run: what is the same everywhere joins, what only has the same name does not.

use std::fs;
use std::path::Path;
use std::process::Command;

use nhiscan::catalogue::fake::expand;
use serde_json::Value;

use crate::command::nhiscan;

/// A repository with an agent in a function that runs as `role`, in a Deployment as ServiceAccount
/// `agent`, and with a key in its source.
fn repository(root: &Path, name: &str, role: &str) {
    let folder = root.join(name);
    fs::create_dir_all(folder.join("k8s")).unwrap();
    let put = |path: &str, text: String| fs::write(folder.join(path), text).unwrap();
    put(
        "agent.py",
        format!("from agents import Agent\n\nhelper = Agent(name=\"helper-{name}\", instructions=\"x\")\n"),
    );
    put("Dockerfile", "FROM python:3.12\nCOPY agent.py .\nCMD [\"python\", \"agent.py\"]\n".into());
    put("settings.py", expand("OPENAI_API_KEY = \"{{fake:openai-project-key}}\"\n"));
    put(
        "main.tf",
        format!(
            "resource \"aws_lambda_function\" \"f\" {{\n  function_name = \"agent-{name}\"\n  role = \"{role}\"\n  \
             handler = \"agent.handler\"\n  runtime = \"python3.12\"\n  environment {{\n    variables = {{ \
             OPENAI_API_KEY = var.key }}\n  }}\n}}\n"
        ),
    );
    put(
        "k8s/agent.yaml",
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: helper-{name}, namespace: agents}}\nspec:\n  \
             template:\n    spec:\n      serviceAccountName: agent\n      containers:\n      - name: helper\n        \
             image: registry.example/{name}:1\n"
        ),
    );
    assert!(Command::new("git").arg("-C").arg(&folder).args(["init", "-q"]).status().unwrap().success());
}

fn scan(root: &Path) -> Vec<Value> {
    let out = nhiscan()
        .current_dir(root)
        .args(["scan", "one", "two", "--format", "json", "--fail-on", "none"])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    report["findings"].as_array().unwrap().clone()
}

fn of<'f>(findings: &'f [Value], rule: &str) -> Vec<&'f Value> {
    findings.iter().filter(|f| f["rule"] == rule).collect()
}

#[test]
fn one_role_and_one_value_in_two_repositories_are_one_finding_each() {
    let root = tempfile::tempdir().unwrap();
    for name in ["one", "two"] {
        repository(root.path(), name, "arn:aws:iam::111122223333:role/agent");
    }
    let findings = scan(root.path());
    let shared = of(&findings, "sharing/shared-identity");
    assert_eq!(shared.len(), 1, "{shared:?}");
    assert!(shared[0].to_string().contains("two/main.tf"), "the other repository is named");
    let keys = of(&findings, "secrets/key-in-source");
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert!(keys[0]["related"].to_string().contains("two/settings.py"));
}

#[test]
fn the_same_name_in_another_account_or_cluster_is_another_identity() {
    let root = tempfile::tempdir().unwrap();
    repository(root.path(), "one", "arn:aws:iam::111122223333:role/agent");
    repository(root.path(), "two", "arn:aws:iam::444455556666:role/agent");
    let findings = scan(root.path());
    assert!(of(&findings, "sharing/shared-identity").is_empty(), "{findings:?}");
}

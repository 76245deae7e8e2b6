//! Wide rights are a note where a trade needs them: those of roles and policies that build and deploy.

use std::fs;

use crate::command::nhiscan;

/// The levels at which `privilege/wildcard-policy` speaks of a policy in this file.
fn levels(path: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let statement = r#"{"Effect": "Allow", "Action": "bedrock-agentcore:*", "Resource": "*"}"#;
    fs::write(file, format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{statement}]}}")).unwrap();
    let mut command = nhiscan();
    let output = command.args(["scan", "--format", "json"]).current_dir(folder.path()).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let wide = report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "privilege/wildcard-policy");
    wide.map(|finding| finding["level"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_an_account_is_set_up_with_for_deployments_is_a_note() {
    assert_eq!(levels("cdk/bootstrap/policies/compute-agentcore.json"), ["note"]);
    assert_eq!(levels("cdk/policies/compute-agentcore.json"), ["warning"]);
    assert_eq!(levels("infra/deployer/compute.json"), ["note"]);
}

//! Rights and identities that are not what they look like: those of roles that build and deploy, of notebooks that
//! people work in, and names that are filled in later.

use std::fs;

use crate::command::nhiscan;

/// The levels at which `privilege/wildcard-policy` speaks of a policy in this file.
fn levels(path: &str) -> Vec<String> {
    let statement = r#"{"Effect": "Allow", "Action": "bedrock-agentcore:*", "Resource": "*"}"#;
    levels_of(path, &format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{statement}]}}"))
}

fn levels_of(path: &str, text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
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

#[test]
fn what_people_work_in_is_a_note() {
    let notebooks = r#"
resource "aws_iam_role" "notebook" {
  name = "notebook"
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "sagemaker.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "notebook" {
  role       = aws_iam_role.notebook.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
}
"#;
    assert_eq!(levels_of("notebooks.tf", notebooks), ["note"]);
    assert_eq!(
        levels_of("notebooks.tf", &notebooks.replace("sagemaker.amazonaws", "ecs-tasks.amazonaws")),
        ["warning"]
    );
}

#[test]
fn one_placeholder_in_two_folders_is_two_identities() {
    let shared = |folders: [&str; 2], name: &str| {
        let folder = tempfile::tempdir().unwrap();
        for (of, agent) in folders.iter().zip(["research-agent", "billing-agent"]) {
            let file = folder.path().join(of).join(format!("{agent}.yaml"));
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            let pod = format!(
                "spec:\n      serviceAccountName: {name}\n      containers:\n        - name: a\n          image: x/{agent}:1"
            );
            let text = format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {agent}\nspec:\n  template:\n    {pod}\n"
            );
            fs::write(file, text).unwrap();
        }
        let output = nhiscan().args(["scan", "--format", "json"]).current_dir(folder.path()).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        report["findings"].as_array().unwrap().iter().any(|f| f["rule"] == "sharing/shared-identity")
    };
    assert!(!shared(["a", "b"], "${SERVICE_ACCOUNT}") && !shared(["a", "b"], "V_KSA"));
    assert!(shared(["a", "a"], "${SERVICE_ACCOUNT}"));
    assert!(shared(["a", "b"], "agents"));
}

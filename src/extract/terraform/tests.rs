use super::*;
use crate::extract::trial;
use crate::facts::{Agent, AsRecord, Endpoint, Fact, Grant, Identity, Trust, Workload};

fn facts(text: &str) -> Vec<Fact> {
    trial::facts(&READER, "infra/prod/main.tf", Kind::Hcl, text)
}

fn all<T: AsRecord + Clone>(facts: &[Fact]) -> Vec<T> {
    facts.iter().filter_map(|f| f.get::<T>().cloned()).collect()
}

const ROLE: &str = r#"
resource "aws_iam_role" "runner" {
  name = "${var.prefix}-runner"
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "bedrock-agentcore.amazonaws.com" } }]
  })
}
"#;

#[test]
fn a_role_has_its_trust_its_policies_and_a_reason_to_be_an_agents() {
    let text = ROLE.to_owned()
        + r#"
resource "aws_iam_role_policy" "data" {
  name = "data"
  role = aws_iam_role.runner.id
  policy = jsonencode({
    Statement = concat([{ Effect = "Allow", Action = ["s3:*"], Resource = "*" }], var.more ? [{ Effect = "Allow", Action = "s3:GetObject", Resource = aws_s3_bucket.b.arn }] : [])
  })
}
"#;
    let facts = facts(&text);
    let role = all::<Identity>(&facts).remove(0);
    assert_eq!((role.name.as_str(), role.address), ("${var.prefix}-runner", Some(Sym::new("aws_iam_role.runner"))));
    let trust = all::<Trust>(&facts).remove(0);
    assert_eq!(trust.target.unwrap().name, "aws_iam_role.runner");
    let grants = all::<Grant>(&facts);
    assert_eq!(grants.len(), 2);
    assert_eq!(grants[0].wildcard_actions, [Sym::new("s3:*")]);
    assert!(grants[0].any_resource && !grants[0].administrator && !grants[1].any_resource);
    assert_eq!(grants[0].holder.unwrap().name, "aws_iam_role.runner");
    assert_eq!(grants[0].agent_hint, Some(Sym::new("trusted by bedrock-agentcore.amazonaws.com")));
}

#[test]
fn data_sources_heredocs_and_attachments_are_followed_in_the_file() {
    let text = ROLE.to_owned()
        + r#"
data "aws_iam_policy_document" "wide" {
  statement {
    actions   = ["dynamodb:*"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = ["eu-west-1"]
    }
  }
}
resource "aws_iam_policy" "wide" {
  name   = "wide"
  policy = data.aws_iam_policy_document.wide.json
}
resource "aws_iam_role_policy_attachment" "wide" {
  role       = aws_iam_role.runner.name
  policy_arn = aws_iam_policy.wide.arn
}
resource "aws_iam_role_policy_attachment" "all" {
  for_each   = toset(["arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"])
  role       = aws_iam_role.runner.name
  policy_arn = each.value
}
resource "aws_iam_role_policy" "here" {
  role   = aws_iam_role.runner.id
  policy = <<EOF
{"Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
EOF
}
"#;
    let grants = all::<Grant>(&facts(&text));
    assert_eq!(grants.len(), 4);
    assert!(grants[0].conditional && grants[0].wildcard_actions == [Sym::new("dynamodb:*")]);
    assert!(grants[1].administrator && !grants[2].any_resource);
    assert!(grants[3].reads_secrets);
    assert!(grants.iter().all(|g| g.holder.unwrap().name == "aws_iam_role.runner"));
}

#[test]
fn policies_of_other_files_are_joined_by_address() {
    let text = "resource \"aws_iam_role_policy_attachment\" \"x\" {\n  role       = aws_iam_role.far.name\n  policy_arn = aws_iam_policy.far.arn\n}\nresource \"aws_iam_policy\" \"near\" {\n  policy = jsonencode({ Statement = { Effect = \"Allow\", Action = \"*\", Resource = \"*\" } })\n}\n";
    let facts = facts(text);
    let binding = all::<Binding>(&facts).remove(0);
    assert_eq!(
        (binding.symbol.as_str(), binding.to.unwrap().name.as_str()),
        ("aws_iam_policy.far", "aws_iam_role.far")
    );
    let grant = all::<Grant>(&facts).remove(0);
    assert!(grant.holder.is_none() && grant.source == "aws_iam_policy.near");
}

#[test]
fn keys_without_an_end_are_issued_by_resources() {
    let text = "resource \"aws_iam_access_key\" \"k\" {\n  user = aws_iam_user.bot.name\n}\nresource \"google_service_account_key\" \"k\" {\n  service_account_id = google_service_account.bot.name\n}\nresource \"azuread_application_password\" \"p\" {\n  application_id = azuread_application.bot.id\n}\nresource \"azuread_application_password\" \"q\" {\n  application_id = azuread_application.bot.id\n  end_date = \"2027-01-01T00:00:00Z\"\n}\nresource \"google_service_account_key\" \"r\" {\n  service_account_id = google_service_account.bot.name\n  keepers = { at = time_rotating.month.rotation_rfc3339 }\n}\n";
    let mut issued = all::<Issuance>(&facts(text));
    assert_eq!(issued.pop().unwrap().revocation, "automatic");
    assert_eq!(
        issued.iter().map(|i| i.form.as_str()).collect::<Vec<_>>(),
        ["aws-access-key", "gcp-service-account-key", "azure-client-secret"]
    );
    assert!(issued.iter().all(|i| i.ends_itself == Some(false) && i.scope == "resource"));
    assert_eq!(issued[0].identity.unwrap().name, "aws_iam_user.bot");
}

#[test]
fn functions_know_their_role_their_code_and_their_variables() {
    let text = r#"
data "archive_file" "z" {
  type       = "zip"
  source_dir = "${path.module}/../../desk"
}
resource "aws_lambda_function" "desk" {
  function_name = "desk"
  role          = aws_iam_role.desk.arn
  runtime       = "python3.13"
  handler       = "src.app.handler"
  filename      = data.archive_file.z.output_path
  environment {
    variables = {
      OPENAI_API_KEY = data.aws_secretsmanager_secret_version.k.secret_string
      LOG            = "1"
    }
  }
  tags = { Owner = "desk-team" }
}
"#;
    let facts = facts(text);
    let workload = all::<Workload>(&facts).remove(0);
    assert_eq!(workload.entry, [Sym::new("desk/src/app.py")]);
    let packed = all::<Workload>(&self::facts(&text.replace("data.archive_file.z.output_path", "\"./fn/desk.zip\"")));
    let packed = packed.first().expect("a function");
    assert!(packed.entry.first().is_some_and(|entry| entry.ends_with("fn/src/app.py")), "{:?}", packed.entry);
    assert_eq!(workload.runs_as.unwrap().name, "aws_iam_role.desk");
    assert!(workload.env[0].from.is_some() && workload.env[1].from.is_none());
    assert_eq!(workload.agent_hint, Some(Sym::new("environment: OPENAI_API_KEY")));
    assert_eq!(all::<Owner>(&facts)[0].owners, [Sym::new("desk-team")]);
}

#[test]
fn bedrock_agents_and_gateways_are_seen() {
    let text = r#"
resource "aws_bedrockagent_agent" "a" {
  agent_name              = "refunds"
  agent_resource_role_arn = aws_iam_role.a.arn
  foundation_model        = "some.model"
}
resource "aws_bedrockagent_agent_action_group" "g" {
  action_group_name = "pay"
  agent_id          = aws_bedrockagent_agent.a.agent_id
  action_group_executor { custom_control = "RETURN_CONTROL" }
}
resource "aws_bedrockagentcore_gateway" "g" {
  name            = "tools"
  role_arn        = aws_iam_role.g.arn
  authorizer_type = "NONE"
}
"#;
    let facts = facts(text);
    let agent = all::<Agent>(&facts).remove(0);
    assert_eq!((agent.name.as_str(), agent.tool_names[0].as_str()), ("refunds", "pay"));
    assert_eq!(agent.gates[0].value, "RETURN_CONTROL");
    assert_eq!(all::<Workload>(&facts)[0].runs_as.unwrap().name, "aws_iam_role.a");
    assert_eq!(all::<Endpoint>(&facts)[0].authentication, None);
}

#[test]
fn google_roles_belong_to_accounts() {
    let text = "resource \"google_service_account\" \"agent\" {\n  account_id = \"desk\"\n}\nresource \"google_project_iam_member\" \"m\" {\n  project = var.p\n  role    = \"roles/editor\"\n  member  = \"serviceAccount:${google_service_account.agent.email}\"\n}\nresource \"google_vertex_ai_reasoning_engine\" \"e\" {\n  display_name = \"desk\"\n  spec { agent_framework = \"google-adk\" }\n}\n";
    let facts = facts(text);
    let grant = all::<Grant>(&facts).remove(0);
    assert!(grant.administrator);
    assert_eq!(grant.holder.unwrap().name, "google_service_account.agent");
    assert!(all::<Identity>(&facts).iter().any(|i| i.default));
}

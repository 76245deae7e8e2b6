use super::*;
use crate::extract::trial;
use crate::facts::{AsRecord, Fact, Grant, Trust};
use crate::parse::code::ast::Language;

fn facts(language: Language, text: &str) -> Vec<Fact> {
    trial::facts(&Reader { reads: |_| true, ..READER }, "tools/setup.py", Kind::Code(language), text)
}

fn all<T: AsRecord + Clone>(facts: &[Fact]) -> Vec<T> {
    facts.iter().filter_map(|f| f.get::<T>().cloned()).collect()
}

const HELPER: &str = r#"
import boto3, json

def make_role(desk):
    iam = boto3.client("iam")
    role_name = f"desk-{desk}-role"
    rights = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["bedrock-agentcore:*", "iam:PassRole"], "Resource": "*"},
            {"Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": "*"},
        ],
    }
    trust = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": "bedrock-agentcore.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    text = json.dumps(rights)
    iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=role_name, PolicyName="rights", PolicyDocument=text)
    for arn in ["arn:aws:iam::aws:policy/AdministratorAccess"]:
        iam.attach_role_policy(RoleName=role_name, PolicyArn=arn)
    iam.detach_role_policy(RoleName=role_name, PolicyArn="arn:aws:iam::aws:policy/PowerUserAccess")
"#;

#[test]
fn a_client_gives_a_role_its_policy_and_its_trust() {
    let facts = facts(Language::Python, HELPER);
    let grants = all::<Grant>(&facts);
    assert_eq!(grants.len(), 3);
    assert_eq!(grants[0].escalation, [Sym::new("iam:passrole")]);
    assert_eq!(grants[0].agent_hint, Some(Sym::new("trusted by bedrock-agentcore.amazonaws.com")));
    assert_eq!(grants[0].holder.unwrap().name, "desk-${desk}-role");
    assert!(!grants[1].any_resource && !grants[1].writes);
    assert!(grants[2].administrator);
    let trust = all::<Trust>(&facts).remove(0);
    assert_eq!(trust.target.unwrap().name, "desk-${desk}-role");
    assert_eq!(all::<Identity>(&facts)[0].realm, "./tools/setup.py");
}

#[test]
fn a_created_policy_belongs_to_the_role_that_it_is_attached_to() {
    let text = "p = iam.create_policy(PolicyName='x', PolicyDocument='{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}]}')\narn = p['Policy']['Arn']\niam.attach_role_policy(RoleName='worker', PolicyArn=arn)\n";
    let grants = all::<Grant>(&facts(Language::Python, text));
    assert_eq!(grants.len(), 1);
    assert!(grants[0].administrator);
    assert_eq!(grants[0].holder.unwrap().name, "worker");
}

#[test]
fn a_policy_in_a_variable_is_read_once_and_has_no_holder() {
    let text = "AGENT_POLICY = {'Statement': [{'Effect': 'Allow', 'Action': 's3:*', 'Resource': '*'}]}\nsave(AGENT_POLICY)\nquery = {'Statement': 'SELECT 1'}\n";
    let grants = all::<Grant>(&facts(Language::Python, text));
    assert_eq!(grants.len(), 1);
    assert!(grants[0].holder.is_none());
    assert_eq!(grants[0].agent_hint, Some(Sym::new("variable: agent (weak)")));
}

#[test]
fn constructs_trust_the_services_that_assume_them() {
    let text = "r = iam.Role(self, 'R', assumed_by=iam.ServicePrincipal('codepipeline.amazonaws.com'))\n";
    let trusts = all::<Trust>(&facts(Language::Python, text));
    assert_eq!(trusts[0].principals, [Sym::new("codepipeline.amazonaws.com")]);
    assert_eq!(trusts[0].target.unwrap().name, "r");
}

#[test]
fn constructs_hold_what_is_added_to_them() {
    let text = r#"
const agentRole = new iam.Role(this, "DeskRole", {
  assumedBy: new iam.ServicePrincipal("bedrock.amazonaws.com"),
  managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName("AmazonS3FullAccess")],
});
other.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName("AdministratorAccess"));
agentRole.addToPolicy(new iam.PolicyStatement({ actions: ["dynamodb:*"], resources: ["*"] }));
fn.addToRolePolicy(new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: ["s3:DeleteObject"], resources: ["*"] }));
"#;
    let grants = all::<Grant>(&facts(Language::TypeScript, text));
    assert_eq!(grants.len(), 4);
    assert_eq!(grants[0].managed_policy, Some(Sym::new("AmazonS3FullAccess")));
    let other = grants.iter().position(|g| g.administrator).unwrap();
    let mut grants = grants;
    assert_eq!(grants.remove(other).holder.unwrap().name, "other");
    assert_eq!(grants[1].wildcard_actions, [Sym::new("dynamodb:*")]);
    assert!(grants[..2].iter().all(|g| g.holder.unwrap().name == "agentRole"));
    assert!(grants[..2].iter().all(|g| g.agent_hint == Some(Sym::new("trusted by bedrock.amazonaws.com"))));
    assert_eq!((grants[2].effect.as_str(), grants[2].holder.unwrap().name.as_str()), ("deny", "fn"));
    let python = "role.add_to_policy(iam.PolicyStatement(actions=['sqs:*'], resources=['*']))\n";
    assert_eq!(all::<Grant>(&facts(Language::Python, python))[0].wildcard_actions, [Sym::new("sqs:*")]);
}

#[test]
fn statements_of_a_custom_resource_belong_to_its_deployment() {
    let text = r#"
const late = new iam.PolicyStatement({ actions: ["glue:CreateTable"], resources: ["*"] });
const statements = [new iam.PolicyStatement({ actions: ["athena:StartQueryExecution"], resources: ["*"] })];
new cr.AwsCustomResource(this, "A", { policy: cr.AwsCustomResourcePolicy.fromStatements(statements) });
new cr.AwsCustomResource(this, "B", { policy: cr.AwsCustomResourcePolicy.fromStatements([
  new iam.PolicyStatement({ actions: ["s3:PutObject"], resources: ["*"] }), late,
]) });
new Other(new iam.PolicyStatement({ sid: "Wide", actions: ["sqs:*"], resources: ["*"] }));
"#;
    let grants = all::<Grant>(&facts(Language::TypeScript, text));
    assert_eq!(grants.len(), 4);
    let sources: Vec<&str> = grants.iter().map(|g| g.source.as_str()).collect();
    assert_eq!(sources.iter().filter(|s| **s == constructs::CUSTOM_RESOURCE).count(), 3);
    assert!(grants.iter().all(|g| (g.source == constructs::CUSTOM_RESOURCE) != (g.actions[0] == "sqs:*")));
    assert!(!sources.contains(&"Wide"));
}

#[test]
fn a_build_project_has_a_role_that_builds() {
    let text = "project = codebuild.PipelineProject(self, 'Deploy')\nproject.add_to_role_policy(iam.PolicyStatement(actions=['*'], resources=['*']))\n";
    let facts = facts(Language::Python, text);
    let (trusts, grants) = (all::<Trust>(&facts), all::<Grant>(&facts));
    assert_eq!(trusts[0].principals, [Sym::new("codebuild.amazonaws.com")]);
    assert_eq!(trusts[0].target.unwrap().name, grants[0].holder.unwrap().name);
    assert!(all::<Trust>(&self::facts(Language::Python, &text.replace("PipelineProject", "Report"))).is_empty());
}

#[test]
fn a_policy_that_is_returned_is_called_after_its_function() {
    let policy = "{'Statement': [{'Sid': 'AllowAll', 'Effect': 'Allow', 'Action': 's3:*', 'Resource': '*'}]}";
    for (function, source) in [("build_rights", "build_rights/AllowAll"), ("deploy", ""), ("__init__", "")] {
        let text = format!("def {function}():\n    return {policy}\n");
        assert_eq!(all::<Grant>(&facts(Language::Python, &text))[0].source.as_str(), source);
    }
}

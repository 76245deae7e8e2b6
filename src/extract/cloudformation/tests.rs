use super::*;
use crate::extract::trial;
use crate::facts::{Agent, AsRecord, Fact, Grant, Identity, Trust, Workload};

fn facts(kind: Kind, text: &str) -> Vec<Fact> {
    trial::facts(&READER, "stack/template.yaml", kind, text)
}

fn all<T: AsRecord + Clone>(facts: &[Fact]) -> Vec<T> {
    facts.iter().filter_map(|f| f.get::<T>().cloned()).collect()
}

const TEMPLATE: &str = "Resources:
  DeskRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub desk-${Stage}
      AssumeRolePolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: bedrock.amazonaws.com}
            Action: sts:AssumeRole
      ManagedPolicyArns:
        - !Sub arn:${AWS::Partition}:iam::aws:policy/AmazonBedrockFullAccess
        - !Ref Extra
      Policies:
        - PolicyName: data
          PolicyDocument:
            Statement:
              - Effect: Allow
                Action: ['s3:*']
                Resource: '*'
              - Effect: Allow
                Action: s3:GetObject
                Resource: !Join ['', [!GetAtt Bucket.Arn, '/*']]
  Extra:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement: {Effect: Allow, Action: 'iam:PassRole', Resource: '*'}
  Desk:
    Type: AWS::Bedrock::Agent
    Properties:
      AgentName: desk
      AgentResourceRoleArn: !GetAtt DeskRole.Arn
      ActionGroups:
        - ActionGroupName: refunds
          ActionGroupExecutor: {CustomControl: RETURN_CONTROL}
  Hook:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: hook/
      Handler: app.main
      Runtime: python3.13
      Policies:
        - AmazonDynamoDBFullAccess
        - Statement: [{Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Queue.Arn}]
      Environment: {Variables: {OPENAI_API_KEY: '{{resolve:secretsmanager:desk/openai:SecretString:key}}'}}
";

#[test]
fn roles_hold_inline_managed_and_own_policies() {
    let facts = facts(Kind::Yaml, TEMPLATE);
    let grants: Vec<Grant> =
        all::<Grant>(&facts).into_iter().filter(|g| g.holder.unwrap().name == "DeskRole").collect();
    assert_eq!(grants.len(), 4);
    assert_eq!(grants[0].managed_policy, Some(Sym::new("AmazonBedrockFullAccess")));
    assert_eq!(grants[1].wildcard_actions, [Sym::new("s3:*")]);
    assert_eq!(grants[2].resources, [Sym::new("${Bucket.Arn}/*")]);
    assert!(!grants[2].any_resource && grants[3].escalation == [Sym::new("iam:passrole")]);
    assert!(grants.iter().all(|g| g.agent_hint == Some(Sym::new("trusted by bedrock.amazonaws.com"))));
    assert_eq!(all::<Trust>(&facts)[0].target.unwrap().name, "DeskRole");
    assert_eq!(all::<Identity>(&facts)[0].name, "desk-${Stage}");
}

#[test]
fn functions_of_sam_have_a_role_of_their_own() {
    let facts = facts(Kind::Yaml, TEMPLATE);
    let hook = all::<Workload>(&facts).into_iter().find(|w| w.form == "lambda").unwrap();
    assert_eq!((hook.runs_as.unwrap().name.as_str(), hook.entry[0].as_str()), ("HookRole", "stack/hook/app.py"));
    assert_eq!(hook.env[0].from.unwrap().name, "desk/openai");
    let grants: Vec<Grant> =
        all::<Grant>(&facts).into_iter().filter(|g| g.holder.unwrap().name == "HookRole").collect();
    assert_eq!((grants.len(), grants[0].managed_policy), (2, Some(Sym::new("AmazonDynamoDBFullAccess"))));
}

#[test]
fn bedrock_agents_know_their_role_and_their_gates() {
    let facts = facts(Kind::Yaml, TEMPLATE);
    let agent = all::<Agent>(&facts).remove(0);
    assert_eq!((agent.name.as_str(), agent.gates[0].value.as_str()), ("desk", "RETURN_CONTROL"));
    let runs = all::<Workload>(&facts).into_iter().find(|w| w.form == "agent-resource").unwrap();
    assert_eq!(runs.runs_as.unwrap().name, "DeskRole");
}

#[test]
fn synthesised_json_reads_the_same() {
    let text = r#"{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]},
        "ManagedPolicyArns": [{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/AdministratorAccess"]]}]}},
      "P": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "R"}],
        "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": {"Fn::If": ["x", "*", {"Fn::GetAtt": ["B", "Arn"]}]}}]}}}}}"#;
    let facts = facts(Kind::Json, text);
    let grants = all::<Grant>(&facts);
    assert!(grants[0].administrator);
    assert_eq!(grants[1].resources, [Sym::new("*"), Sym::new("${B.Arn}")]);
    assert!(all::<Trust>(&facts)[0].anyone);
}

#[test]
fn a_tag_around_a_map_is_written_once() {
    let template = "Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !ImportValue
        Fn::Sub: \"${Stack}-role\"
      AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}}
  Other:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !GetAtt
        a: b
        c: d
";
    let names: Vec<String> = all::<Identity>(&facts(Kind::Yaml, template)).iter().map(|i| i.name.to_string()).collect();
    assert!(names.iter().any(|name| name.contains("${Stack}-role")), "{names:?}");
}

#[test]
fn a_function_that_answers_the_stack_is_no_agent() {
    let template = |token: &str, code: &str| {
        format!(
            "Resources:\n  AgentMaker:\n    Type: AWS::Lambda::Function\n    Properties:\n      Role: !GetAtt Shared.Arn\n      Code:\n        ZipFile: |\n          {code}\n  Made:\n    Type: Custom::Agent\n    Properties:\n      ServiceToken: {token}\n"
        )
    };
    let hint = |text: &str| all::<Workload>(&facts(Kind::Yaml, text))[0].agent_hint;
    assert!(hint(&template("!GetAtt Other.Arn", "import boto3")).is_some());
    assert_eq!(hint(&template("!GetAtt AgentMaker.Arn", "import boto3")), None);
    assert_eq!(hint(&template("!GetAtt Other.Arn", "import cfnresponse")), None);
}

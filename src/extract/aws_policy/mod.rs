//! AWS policies that stand by themselves: JSON and YAML documents, arguments of shell commands.
//! Templates, Terraform and code have readers of their own, which share [`statement`] and [`facts`].

pub(crate) mod facts;
pub mod in_code;
pub(crate) mod statement;

use memchr::memmem;

use super::embedded;
use super::written::written;
use super::{Reader, Sink};
use crate::catalogue::cloud;
use crate::facts::{Ref, RefKind, Sym};
use crate::parse::{Document, Kind, Value};
use crate::span::Span;
use facts::Holder;

/// Reads policy documents in data and in shell commands.
pub const READER: Reader = Reader { name: "aws-policy", reads, read };

/// Commands of one script that are read.
const MOST_COMMANDS: usize = 500;

/// How deep policies are looked for inside data.
const DEEP: usize = 12;

fn reads(document: &Document<'_>) -> bool {
    let kind = matches!(document.kind, Kind::Json | Kind::Yaml | Kind::Shell);
    let has = |needle: &str| memmem::find(document.text.as_bytes(), needle.as_bytes()).is_some();
    // CloudFormation and Smithy models are read, or deliberately not read, by others.
    // In JSON they are keys, also where a text quotes a policy.
    let keys = || {
        let quoted = |key: &str| has(&format!("{key}\"")) || has(&format!("{key}\\\""));
        document.kind != Kind::Json || quoted("Statement") && quoted("Effect")
    };
    kind && has("Statement") && has("Effect") && keys() && !has("AWS::") && !has("smithy.api#")
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    match document.kind {
        Kind::Shell => shell(&document.text, sink),
        _ => document.values().iter().for_each(|root| data(root, None, document, sink, 0)),
    }
}

/// Policies anywhere in a tree; the map around one names it and its role.
fn data(value: &Value, around: Option<&Value>, document: &Document<'_>, sink: &mut Sink<'_>, depth: usize) {
    if depth > DEEP {
        return;
    }
    if statement::is_policy(value) {
        policy(value, around, document, sink);
        return;
    }
    for entry in value.entries() {
        if entry.key.ends_with("olicyDocument")
            && let Some(inner) = embedded::json(&entry.value, &document.text)
        {
            policy(&inner, Some(value), document, sink);
            continue;
        }
        data(&entry.value, Some(value), document, sink, depth + 1);
    }
    value.items().iter().for_each(|item| data(item, around, document, sink, depth + 1));
}

fn policy(policy: &Value, around: Option<&Value>, document: &Document<'_>, sink: &mut Sink<'_>) {
    let text = &document.text;
    let named = |key: &str| around.and_then(|a| a.get(key)).map(|v| (written(v, text), v.span));
    let stem = document.file_name().split('.').next().unwrap_or_default();
    let source = named("PolicyName").map_or_else(|| stem.to_owned(), |(name, _)| name);
    let role = named("RoleName");
    let statements = statement::statements(policy, text);
    let reference = role.as_ref().map(|(name, span)| Ref {
        kind: RefKind::Identity,
        name: Sym::from(name.as_str()),
        at: sink.place(*span),
    });
    let hint = role
        .as_ref()
        .and_then(|(name, _)| cloud::agent_hint("role name", name))
        .or_else(|| cloud::agent_hint("policy name", &source))
        .or_else(|| cloud::agent_hint("file name", stem));
    facts::trusts(sink, &statements, reference);
    facts::grants(sink, &statements, &Holder { reference, hint: hint.map(Sym::from), source: Sym::from(source) });
}

/// `aws iam create-role | put-role-policy | attach-role-policy | create-policy` in a script.
fn shell(text: &str, sink: &mut Sink<'_>) {
    let mut trusted: Vec<(String, Sym)> = Vec::new();
    for command in commands(text).into_iter().take(MOST_COMMANDS) {
        let body = command.text(text);
        let role = option(body, "--role-name").or_else(|| option(body, "--user-name")).map(str::to_owned);
        let name = option(body, "--policy-name").unwrap_or_default();
        let found = embedded::object(body, command.start as usize).filter(statement::is_policy);
        let reference = role.as_ref().map(|name| {
            let at = body.find(name.as_str()).map_or(command, |at| {
                let start = command.start as usize + at;
                Span::new(start, start + name.len())
            });
            Ref { kind: RefKind::Identity, name: Sym::from(name.as_str()), at: sink.place(at) }
        });
        let statements = found.as_ref().map(|p| statement::statements(p, text)).unwrap_or_default();
        if let (Some(role), Some(hint)) = (&role, facts::trust_hint(&statements)) {
            trusted.push((role.clone(), hint));
        }
        let hint = role.as_ref().and_then(|role| {
            let trusting = trusted.iter().find(|(known, _)| known == role).map(|(_, hint)| *hint);
            trusting.or_else(|| cloud::agent_hint("role name", role).map(Sym::from))
        });
        let holder = Holder { reference, hint, source: Sym::new(name) };
        facts::trusts(sink, &statements, reference);
        facts::grants(sink, &statements, &holder);
        if let Some(arn) = option(body, "--policy-arn") {
            let start = command.start as usize + body.find(arn).unwrap_or(0);
            facts::managed(sink, Span::new(start, start + arn.len()), arn, &holder);
        }
    }
}

/// The spans of `aws iam` commands that give something, up to the next one or a blank line outside
/// quotes.
fn commands(text: &str) -> Vec<Span> {
    const GIVING: &[&str] = &[
        "create-role",
        "put-role-policy",
        "attach-role-policy",
        "create-policy",
        "put-user-policy",
        "attach-user-policy",
    ];
    let starts: Vec<usize> = memmem::find_iter(text.as_bytes(), b"aws iam ").collect();
    let mut out = Vec::new();
    for (index, &start) in starts.iter().enumerate() {
        let from = (start.saturating_sub(400)..=start).find(|&at| text.is_char_boundary(at)).unwrap_or(start);
        let line = text[from..start].rsplit('\n').next().unwrap_or("");
        let commented = line.trim_start().starts_with('#');
        let verb = text[start + 8..].split_whitespace().next().unwrap_or("");
        if commented || !GIVING.contains(&verb) {
            continue;
        }
        let limit = starts.get(index + 1).copied().unwrap_or(text.len()).min(start + 16 * 1024);
        let limit = (start..=limit).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(start);
        out.push(Span::new(start, start + command_end(&text[start..limit])));
    }
    out
}

/// The end of a command: a line end outside quotes that no backslash continues.
fn command_end(text: &str) -> usize {
    let (mut quote, mut last) = (None, b' ');
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'\'' | b'"') => quote = Some(byte),
            (Some(open), _) if open == byte && last != b'\\' => quote = None,
            (None, b'\n') if last != b'\\' => return at,
            _ => {}
        }
        if byte != b'\r' {
            last = byte;
        }
    }
    text.len()
}

/// The word behind an option of a command line.
fn option<'t>(command: &'t str, name: &str) -> Option<&'t str> {
    let at = command.find(name)?;
    let rest = command[at + name.len()..].trim_start_matches(['=', ' ', '\\', '\n', '\r']);
    let word = rest.split_whitespace().next()?.trim_matches(['"', '\'', ')']);
    (!word.is_empty() && !word.starts_with('-')).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::trial;
    use crate::facts::{Grant, Trust};

    fn grants(path: &str, kind: Kind, text: &str) -> Vec<Grant> {
        trial::facts(&READER, path, kind, text).iter().filter_map(|f| f.get::<Grant>().cloned()).collect()
    }

    #[test]
    fn a_wildcard_on_everything_is_an_administrator() {
        let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
        let found = grants("iam/agent-policy.json", Kind::Json, text);
        assert!(found[0].administrator && found[0].any_resource && found[0].writes);
        assert_eq!(found[0].wildcard_actions, [Sym::new("*")]);
        assert_eq!(found[0].agent_hint, Some(Sym::new("policy name: agent (weak)")));
    }

    #[test]
    fn star_where_nothing_else_is_accepted_is_no_fault() {
        let text = r#"{"Statement": [
            {"Effect": "Allow", "Action": ["ec2:DescribeInstances", "s3:ListAllMyBuckets"], "Resource": "*"},
            {"Effect": "Allow", "Action": ["bedrock:InvokeModel", "logs:PutLogEvents"], "Resource": ["*"]},
            {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]},
            {"Effect": "Deny", "Action": "*", "Resource": "*"}]}"#;
        let found = grants("p.json", Kind::Json, text);
        assert_eq!(found.iter().map(|g| g.any_resource).collect::<Vec<_>>(), [false, false, true, false]);
        assert!(!found[3].administrator && found[3].wildcard_actions.is_empty());
        assert!(!found[2].writes);
    }

    #[test]
    fn passing_any_role_escalates_and_one_role_does_not() {
        let text = r#"{"Statement": [
            {"Effect": "Allow", "Action": ["bedrock-agentcore:*", "iam:PassRole"], "Resource": "*"},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/worker"}]}"#;
        let found = grants("p.json", Kind::Json, text);
        assert_eq!(found[0].escalation, [Sym::new("iam:passrole")]);
        assert_eq!(found[0].wildcard_actions, [Sym::new("bedrock-agentcore:*")]);
        assert!(found[1].escalation.is_empty() && !found[1].any_resource);
    }

    #[test]
    fn scripts_give_roles_with_their_trust() {
        let text = "ROLE=x\naws iam create-role \\\n  --role-name DeskRole \\\n  --assume-role-policy-document '{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"bedrock.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}]}'\n\
                    aws iam attach-role-policy --role-name DeskRole --policy-arn arn:aws:iam::aws:policy/AdministratorAccess\n\
                    aws iam detach-role-policy --role-name DeskRole --policy-arn arn:aws:iam::aws:policy/PowerUserAccess\n";
        let facts = trial::facts(&READER, "deploy.sh", Kind::Shell, text);
        let trust = facts.iter().find_map(|f| f.get::<Trust>()).unwrap();
        assert_eq!(trust.principals, [Sym::new("bedrock.amazonaws.com")]);
        let grants: Vec<&Grant> = facts.iter().filter_map(|f| f.get()).collect();
        assert_eq!(grants.len(), 1);
        assert!(grants[0].administrator);
        assert_eq!(grants[0].agent_hint, Some(Sym::new("trusted by bedrock.amazonaws.com")));
        assert_eq!(grants[0].holder.unwrap().name, "DeskRole");
    }

    #[test]
    fn oidc_trust_without_subject_is_open_to_anyone() {
        let policy = |condition: &str| {
            format!(
                r#"{{"Statement": [{{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {{"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}},
                "Condition": {{"StringLike": {condition}}}}}]}}"#
            )
        };
        let read = |text: &str| {
            trial::facts(&READER, "trust.json", Kind::Json, text)
                .iter()
                .find_map(|f| f.get::<Trust>().cloned())
                .unwrap()
        };
        let aud = r#"{"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}"#;
        assert!(read(&policy(aud)).anyone);
        let any = r#"{"token.actions.githubusercontent.com:sub": "repo:*"}"#;
        assert!(read(&policy(any)).anyone);
        let own = r#"{"token.actions.githubusercontent.com:sub": "repo:acme/desk:ref:refs/heads/main"}"#;
        assert!(!read(&policy(own)).anyone && read(&policy(own)).gate.is_some());
    }
}

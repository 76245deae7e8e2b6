//! Roles, users, policies and keys of a template.

use std::collections::BTreeSet;

use super::{Resource, Template, hint, identity, logical_id};
use crate::extract::Sink;
use crate::extract::aws_policy::facts::{self, Holder};
use crate::extract::aws_policy::statement::{self, Statement};
use crate::extract::written::{name, written};
use crate::facts::{Binding, Identity, Issuance, Ref, RefKind, Sym};
use crate::parse::Value;

/// Identities, grants and trusts of a template.
pub(super) fn read(template: &Template<'_>, sink: &mut Sink<'_>) {
    let mut attached: BTreeSet<String> = BTreeSet::new();
    for resource in &template.resources {
        match resource.kind {
            "AWS::IAM::Role" => role(template, resource, &mut attached, sink),
            "AWS::IAM::User" => user(template, resource, &mut attached, sink),
            "AWS::Serverless::Function" => function_role(template, resource, &mut attached, sink),
            "AWS::IAM::AccessKey" => access_key(template, resource, sink),
            _ => {}
        }
    }
    for resource in &template.resources {
        if matches!(resource.kind, "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy") {
            policy(template, resource, &attached, sink);
        }
    }
}

fn statements(document: Option<&Value>, text: &str) -> Vec<Statement> {
    document.map_or_else(Vec::new, |d| statement::statements(d, text))
}

fn role_hint(template: &Template<'_>, role: &Resource<'_>) -> Option<Sym> {
    let trusting = statements(role.properties.get("AssumeRolePolicyDocument"), template.text);
    let (name, _) = role.named("RoleName", template.text);
    facts::trust_hint(&trusting).or_else(|| hint("role name", role, name.as_str()).map(Sym::from))
}

fn own(resource: &Resource<'_>, sink: &Sink<'_>) -> Ref {
    Ref { kind: RefKind::Address, name: Sym::new(resource.id), at: sink.place(resource.id_span) }
}

/// A name that is computed means another name in another stack: its realm is the template.
fn declare(template: &Template<'_>, resource: &Resource<'_>, form: &str, key: &str, sink: &mut Sink<'_>) {
    let (name, span) = resource.named(key, template.text);
    let literal = resource.properties.get(key).is_some() && !name.contains("${");
    let identity = Identity {
        form: Sym::new(form),
        realm: if literal { Sym::default() } else { Sym::from(format!("./{}", template.path)) },
        name,
        address: Some(Sym::new(resource.id)),
        declared: true,
        ..Identity::default()
    };
    sink.add(span, identity);
}

fn role(template: &Template<'_>, resource: &Resource<'_>, attached: &mut BTreeSet<String>, sink: &mut Sink<'_>) {
    declare(template, resource, "aws-role", "RoleName", sink);
    let reference = own(resource, sink);
    let trusting = statements(resource.properties.get("AssumeRolePolicyDocument"), template.text);
    facts::trusts(sink, &trusting, Some(reference));
    let holder = Holder { reference: Some(reference), hint: role_hint(template, resource), source: Sym::default() };
    held(template, resource, &holder, attached, sink);
}

fn user(template: &Template<'_>, resource: &Resource<'_>, attached: &mut BTreeSet<String>, sink: &mut Sink<'_>) {
    declare(template, resource, "aws-user", "UserName", sink);
    let (name, _) = resource.named("UserName", template.text);
    let hint = hint("user name", resource, name.as_str()).map(Sym::from);
    let holder = Holder { reference: Some(own(resource, sink)), hint, source: Sym::default() };
    held(template, resource, &holder, attached, sink);
}

/// `Policies` and `ManagedPolicyArns`.
fn held(
    template: &Template<'_>,
    resource: &Resource<'_>,
    holder: &Holder,
    attached: &mut BTreeSet<String>,
    sink: &mut Sink<'_>,
) {
    for inline in resource.properties.get("Policies").map_or(&[][..], Value::one_or_many) {
        let source = inline.get("PolicyName").map(|n| name(n, template.text)).unwrap_or_default();
        let found = statements(inline.get("PolicyDocument"), template.text);
        facts::grants(sink, &found, &Holder { source, ..holder.clone() });
    }
    for arn in resource.properties.get("ManagedPolicyArns").map_or(&[][..], Value::one_or_many) {
        attach(template, arn, holder, attached, sink);
    }
}

/// A managed policy: AWS's own, or one of the template.
fn attach(
    template: &Template<'_>,
    policy: &Value,
    holder: &Holder,
    attached: &mut BTreeSet<String>,
    sink: &mut Sink<'_>,
) {
    if facts::managed(sink, named_part(policy).span, &written(policy, template.text), holder) {
        return;
    }
    // A list with commas, or one policy.
    if let Some((parameter, default)) = template.default_of(policy) {
        let listed = default.one_or_many().iter().filter_map(Value::scalar).flat_map(|list| list.split(','));
        for arn in listed.map(str::trim) {
            facts::managed_unless(sink, policy.span, arn, holder, Some(Sym::new(&parameter)));
        }
        return;
    }
    let Some(id) = logical_id(policy) else { return };
    if let Some(own) = template.resources.iter().find(|r| r.id == id && r.kind == "AWS::IAM::ManagedPolicy") {
        let found = statements(own.properties.get("PolicyDocument"), template.text);
        facts::grants(sink, &found, &Holder { source: Sym::from(id.as_str()), ..holder.clone() });
        attached.insert(id);
    }
}

/// The text inside an ARN put together that names the policy.
fn named_part(arn: &Value) -> &Value {
    let mut todo = vec![arn];
    while let Some(value) = todo.pop() {
        if value.scalar().is_some_and(|text| text.contains("policy/")) {
            return value;
        }
        todo.extend(value.items());
        todo.extend(value.entries().iter().map(|e| &e.value));
    }
    arn
}

/// A function of SAM without a role gets one of its own, with the policies written on it.
fn function_role(
    template: &Template<'_>,
    resource: &Resource<'_>,
    attached: &mut BTreeSet<String>,
    sink: &mut Sink<'_>,
) {
    if resource.properties.get("Role").is_some() {
        return;
    }
    let id = Sym::from(format!("{}Role", resource.id));
    let identity = Identity {
        form: Sym::new("aws-role"),
        realm: Sym::from(format!("./{}", template.path)),
        name: id,
        address: Some(id),
        declared: true,
        ..Identity::default()
    };
    sink.add(resource.id_span, identity);
    let reference = Some(Ref { kind: RefKind::Address, name: id, at: sink.place(resource.id_span) });
    let (name, _) = resource.named("FunctionName", template.text);
    let hint = hint("function name", resource, name.as_str()).map(Sym::from);
    let holder = Holder { reference, hint, source: Sym::new("Policies") };
    for policy in resource.properties.get("Policies").map_or(&[][..], Value::one_or_many) {
        if statement::is_policy(policy) {
            facts::grants(sink, &statement::statements(policy, template.text), &holder);
        } else if let Some(plain) = policy.as_str().filter(|p| policy.tag.is_none() && !p.contains(':')) {
            facts::managed(sink, policy.span, &format!("arn:aws:iam::aws:policy/{plain}"), &holder);
        } else {
            attach(template, policy, &holder, attached, sink);
        }
    }
}

/// A policy with the roles that it names, or one that nothing attaches.
fn policy(template: &Template<'_>, resource: &Resource<'_>, attached: &BTreeSet<String>, sink: &mut Sink<'_>) {
    let found = statements(resource.properties.get("PolicyDocument"), template.text);
    let source = Sym::new(resource.id);
    let lists = ["Roles", "Users"].iter().filter_map(|k| resource.properties.get(k));
    let holders: Vec<&Value> = lists.flat_map(Value::one_or_many).collect();
    for holder in &holders {
        let reference = identity(holder, template.text, sink);
        let role = reference.and_then(|r| template.resources.iter().find(|o| *o.id == *r.name));
        let hint = role.and_then(|r| role_hint(template, r));
        facts::grants(sink, &found, &Holder { reference, hint, source });
    }
    if holders.is_empty() && !attached.contains(resource.id) {
        let (name, _) = resource.named("ManagedPolicyName", template.text);
        let hint = hint("policy name", resource, name.as_str()).map(Sym::from);
        facts::grants(sink, &found, &Holder { reference: None, hint, source });
    }
}

fn access_key(template: &Template<'_>, resource: &Resource<'_>, sink: &mut Sink<'_>) {
    let identity = resource.properties.get("UserName").and_then(|u| identity(u, template.text, sink));
    sink.add(
        resource.id_span,
        Issuance {
            form: Sym::new("aws-access-key"),
            title: Sym::new("AWS access key"),
            call: Sym::new("AWS::IAM::AccessKey"),
            held_in: Some(Sym::new(resource.id)),
            ends_itself: Some(false),
            revocation: Sym::new("none"),
            revocation_reason: Some(Sym::new("it is valid until its resource is destroyed")),
            scope: Sym::new("resource"),
            identity,
            ..Issuance::default()
        },
    );
}

/// Names of secrets, for links.
pub(super) fn secret(template: &Template<'_>, resource: &Resource<'_>, sink: &mut Sink<'_>) {
    let (literal, span) = resource.named("Name", template.text);
    let symbol = Sym::new(resource.id);
    sink.add(span, Binding { symbol, form: Sym::new("secret-name"), literal: Some(literal), to: None });
}

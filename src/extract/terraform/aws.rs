//! AWS identities and what they may do.

use std::collections::BTreeSet;

use super::policies::{self, Policy};
use super::{Block, Module, address, cut, endless, environment, hint, named, realm};
use crate::extract::Sink;
use crate::extract::aws_policy::facts::{self, Holder};
use crate::extract::aws_policy::statement::{self, Statement};
use crate::extract::written::written;
use crate::facts::{Binding, Identity, Ref, Sym};
use crate::parse::Value;

/// Roles of a file by address, with why each is taken for an agent's.
struct Roles(Vec<(String, Option<Sym>)>);

impl Roles {
    fn hint(&self, role: Option<&Ref>) -> Option<Sym> {
        let role = role?;
        match self.0.iter().find(|(address, _)| *address == *role.name) {
            Some((_, hint)) => *hint,
            // The role stands elsewhere: its label in the reference is all that is seen.
            None => crate::catalogue::cloud::agent_hint("role name", role.name.rsplit('.').next().unwrap_or(""))
                .map(Sym::from),
        }
    }
}

/// Identities, grants, trusts and keys of one file.
pub(super) fn read(module: &Module<'_>, sink: &mut Sink<'_>) {
    let roles = Roles(
        module
            .blocks
            .iter()
            .filter(|b| b.kind == "aws_iam_role")
            .map(|b| (b.address.clone(), role_hint(module, b)))
            .collect(),
    );
    let mut attached: BTreeSet<String> = BTreeSet::new();
    for block in &module.blocks {
        match block.kind {
            "aws_iam_role" if !block.address.starts_with("data.") => role(module, block, &roles, sink),
            "aws_iam_user" => user(module, block, sink),
            "aws_iam_role_policy" => inline(module, block, "role", &roles, &mut attached, sink),
            "aws_iam_user_policy" => inline(module, block, "user", &roles, &mut attached, sink),
            "aws_iam_role_policy_attachment" => attachment(module, block, "role", &roles, &mut attached, sink),
            "aws_iam_user_policy_attachment" => attachment(module, block, "user", &roles, &mut attached, sink),
            "aws_iam_policy_attachment" => {
                attachment(module, block, "roles", &roles, &mut attached, sink);
                attachment(module, block, "users", &roles, &mut attached, sink);
            }
            "aws_iam_access_key" => endless(module, block, ("aws-access-key", "AWS access key"), "user", sink),
            _ => {}
        }
    }
    for block in module.blocks.iter().filter(|b| !attached.contains(&b.address)) {
        unattached(module, block, sink);
    }
}

fn role_hint(module: &Module<'_>, block: &Block<'_>) -> Option<Sym> {
    let trusting = trust_of(module, block).and_then(|statements| facts::trust_hint(&statements));
    let (name, _) = named(module, block, "name");
    trusting.or_else(|| hint("role name", block, name.as_str()).map(Sym::from))
}

fn trust_of(module: &Module<'_>, block: &Block<'_>) -> Option<Vec<Statement>> {
    match policies::of(block.body.get("assume_role_policy")?, module)? {
        Policy::Read(statements) => Some(statements),
        Policy::Elsewhere(_) => None,
    }
}

fn role(module: &Module<'_>, block: &Block<'_>, roles: &Roles, sink: &mut Sink<'_>) {
    let (name, span) = named(module, block, "name");
    let identity = Identity {
        form: Sym::new("aws-role"),
        realm: realm(module, name.as_str()),
        name,
        address: Some(Sym::from(block.address.as_str())),
        environment: environment(block.body),
        declared: true,
        ..Identity::default()
    };
    sink.add(span, identity);
    let own =
        Ref { kind: crate::facts::RefKind::Address, name: Sym::from(block.address.as_str()), at: sink.place(span) };
    if let Some(statements) = trust_of(module, block) {
        facts::trusts(sink, &statements, Some(own));
    }
    let holder = |source: &str| Holder { reference: Some(own), hint: roles.hint(Some(&own)), source: Sym::new(source) };
    for inline in block.body.get_all("inline_policy").flat_map(Value::one_or_many) {
        if let Some(Policy::Read(statements)) = inline.get("policy").and_then(|p| policies::of(p, module)) {
            facts::grants(sink, &statements, &holder(&module.text_of(inline, "name")));
        }
    }
    if let Some(arns) = block.body.get("managed_policy_arns") {
        for arn in statement::items(module.resolved(arns), module.text) {
            facts::managed(sink, arn.span, &arn.text, &holder(""));
        }
    }
}

fn user(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let (name, span) = named(module, block, "name");
    let identity = Identity {
        form: Sym::new("aws-user"),
        realm: realm(module, name.as_str()),
        name,
        address: Some(Sym::from(block.address.as_str())),
        environment: environment(block.body),
        declared: true,
        ..Identity::default()
    };
    sink.add(span, identity);
}

/// `aws_iam_role_policy`: a policy of one role.
fn inline(
    module: &Module<'_>,
    block: &Block<'_>,
    key: &str,
    roles: &Roles,
    attached: &mut BTreeSet<String>,
    sink: &mut Sink<'_>,
) {
    let reference = block.body.get(key).and_then(|v| module.identity(v, sink));
    let Some(policy) = block.body.get("policy") else { return };
    attached.extend(address(module.resolved(policy)));
    let (name, _) = named(module, block, "name");
    let holder = Holder { reference, hint: roles.hint(reference.as_ref()), source: name };
    match policies::of(policy, module) {
        Some(Policy::Read(statements)) => facts::grants(sink, &statements, &holder),
        Some(Policy::Elsewhere(address)) => join(&address, policy, reference, sink),
        None => {}
    }
}

/// A managed policy on roles or users: AWS's own, or one of this module.
fn attachment(
    module: &Module<'_>,
    block: &Block<'_>,
    key: &str,
    roles: &Roles,
    attached: &mut BTreeSet<String>,
    sink: &mut Sink<'_>,
) {
    let Some(holders) = block.body.get(key) else { return };
    for holder in holders.one_or_many() {
        let reference = module.identity(holder, sink);
        let hint = roles.hint(reference.as_ref());
        for policy in arns(module, block) {
            let policy = module.resolved(policy);
            let holder = Holder { reference, hint, source: Sym::default() };
            if facts::managed(sink, policy.span, &written(policy, module.text), &holder) {
                continue;
            }
            let Some(target) = address(policy).filter(|a| a.contains("aws_iam_policy.")) else { continue };
            if let Some(block) = aws_managed(module, &target) {
                facts::managed(sink, policy.span, &block, &holder);
            } else if let Some(found) = module.block(&target) {
                attached.insert(target);
                own_policy(module, found, &holder, attached, sink);
            } else {
                join(&target, policy, reference, sink);
            }
        }
    }
}

/// `data "aws_iam_policy" "x" { name = "ReadOnlyAccess" }` or with an ARN.
fn aws_managed(module: &Module<'_>, address: &str) -> Option<String> {
    let block = module.block(address).filter(|_| address.starts_with("data."))?;
    let arn = module.text_of(block.body, "arn");
    let name = module.text_of(block.body, "name");
    if arn.is_empty() { (!name.is_empty()).then(|| format!("arn:aws:iam::aws:policy/{name}")) } else { Some(arn) }
}

/// The policies of an attachment; those of `for_each` where the ARN is `each.value`.
fn arns<'v>(module: &'v Module<'_>, block: &Block<'v>) -> Vec<&'v Value> {
    let Some(arn) = block.body.get("policy_arn") else { return Vec::new() };
    if !arn.as_reference().is_some_and(|path| path.starts_with("each.")) {
        return vec![arn];
    }
    let Some(each) = block.body.get("for_each") else { return Vec::new() };
    let each = module.resolved(each);
    let list = each.as_call().and_then(|c| c.args.first()).map_or(each, |a| module.resolved(&a.value));
    list.items().iter().chain(list.entries().iter().map(|e| &e.value)).collect()
}

fn own_policy(
    module: &Module<'_>,
    block: &Block<'_>,
    holder: &Holder,
    attached: &mut BTreeSet<String>,
    sink: &mut Sink<'_>,
) {
    let Some(policy) = block.body.get("policy") else { return };
    attached.extend(address(module.resolved(policy)));
    let holder = Holder { source: named(module, block, "name").0, ..holder.clone() };
    match policies::of(policy, module) {
        Some(Policy::Read(statements)) => facts::grants(sink, &statements, &holder),
        Some(Policy::Elsewhere(address)) => join(&address, policy, holder.reference, sink),
        None => {}
    }
}

/// What a policy of another file is attached to.
fn join(address: &str, at: &Value, holder: Option<Ref>, sink: &mut Sink<'_>) {
    let binding = Binding { symbol: Sym::new(address), form: Sym::new("attachment"), literal: None, to: holder };
    sink.add(at.span, binding);
}

/// A policy that nothing in this file attaches: its holder is joined by address.
fn unattached(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let statements = match block.kind {
        "aws_iam_policy" => block.body.get("policy").and_then(|p| match policies::of(p, module)? {
            Policy::Read(statements) => Some(statements),
            Policy::Elsewhere(_) => None,
        }),
        "aws_iam_policy_document" if !used(module, block) => Some(policies::document(block, module)),
        _ => None,
    };
    let Some(statements) = statements else { return };
    let name = named(module, block, "name").0;
    let hint = hint("policy name", block, name.as_str()).map(Sym::from);
    facts::grants(sink, &statements, &Holder { reference: None, hint, source: Sym::from(block.address.as_str()) });
}

/// Whether something in the file refers to a data source: then that says whose it is.
fn used(module: &Module<'_>, block: &Block<'_>) -> bool {
    let mut rest = module.text;
    while let Some(at) = rest.find(&block.address) {
        rest = &rest[at + block.address.len()..];
        if cut(&format!(
            "{}{}",
            block.address,
            rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")
        ))
        .as_deref()
            == Some(&block.address)
        {
            return true;
        }
    }
    false
}

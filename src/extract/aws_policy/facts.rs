//! What statements say as facts. Input: [`Statement`]s and whose they are. Output: [`Grant`]s and
//! [`Trust`]s.

use super::statement::{Item, Statement};
use crate::catalogue::cloud::{self, Access};
use crate::extract::Sink;
use crate::facts::{Grant, Ref, Sym, Trust};
use crate::span::Span;

/// Whose permissions a policy holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holder {
    /// The identity; none for a policy that nothing in the file attaches.
    pub(crate) reference: Option<Ref>,
    /// Why it is taken for an agent's, by this text alone.
    pub(crate) hint: Option<Sym>,
    /// The policy's name.
    pub(crate) source: Sym,
}

/// Actions of one statement that a fact keeps.
const MOST: usize = 60;

/// One grant for each statement that gives or denies something to an identity. Statements with
/// principals are resource or trust policies and give nothing here.
pub(crate) fn grants(sink: &mut Sink<'_>, statements: &[Statement], holder: &Holder) {
    for statement in statements.iter().filter(|s| s.principals.is_empty() && !s.actions.is_empty()) {
        sink.add(narrowest(statement), grant(statement, holder));
    }
}

fn grant(statement: &Statement, holder: &Holder) -> Grant {
    let names: Vec<&str> = statement.actions.iter().map(|i| i.text.as_str()).collect();
    let wild = |name: &&&str| cloud::whole_service(name);
    let any_resource = !statement.deny && open_resource(statement).is_some();
    let everything = names.contains(&"*") && !statement.inverted;
    let source = match &statement.sid {
        // A policy without a name has none: a statement is nobody who holds anything.
        Some(sid) if holder.source.is_empty() && holder.reference.is_some() => Sym::from(sid),
        Some(sid) if !holder.source.is_empty() => Sym::from(format!("{}/{sid}", holder.source)),
        _ => holder.source,
    };
    let mut escalation: Vec<Sym> = Vec::new();
    if any_resource && !statement.deny {
        escalation = names.iter().flat_map(|n| cloud::escalations(n)).map(Sym::new).collect();
        escalation.sort_unstable();
        escalation.dedup();
    }
    Grant {
        system: Sym::new("aws"),
        effect: Sym::new(if statement.deny { "deny" } else { "allow" }),
        source,
        actions: names.iter().take(MOST).map(|n| Sym::new(n)).collect(),
        resources: statement.resources.iter().take(MOST).map(|i| Sym::new(&i.text)).collect(),
        wildcard_actions: names.iter().filter(|_| !statement.deny).filter(wild).map(|n| Sym::new(n)).collect(),
        any_resource,
        administrator: everything && any_resource && !statement.deny,
        writes: names.iter().any(|n| cloud::access(n) > Access::Read && !cloud::harmless(n)),
        conditional: !statement.conditions.is_empty(),
        managed_policy: None,
        agent_hint: holder.hint,
        escalation,
        reads_secrets: any_resource && names.iter().any(|n| cloud::reads_secrets(n)),
        unless: only_unless(statement),
        holder: holder.reference,
    }
}

/// The variable that closes every open resource of a statement when it is set.
fn only_unless(statement: &Statement) -> Option<Sym> {
    let mut open = statement.resources.iter().filter(|r| is_open(&r.text)).map(|r| r.unless.as_deref());
    let first = open.next()??;
    open.all(|other| other == Some(first)).then(|| Sym::new(first))
}

/// The resource that is open to everything although an action of the statement could name one.
fn open_resource(statement: &Statement) -> Option<&Item> {
    let open = statement.resources.iter().find(|r| is_open(&r.text))?;
    let could_name = |action: &Item| !cloud::star_only(&action.text) && !cloud::harmless(&action.text);
    statement.actions.iter().any(could_name).then_some(open)
}

/// `*`, and the forms that say the same: every bucket, everything of every account.
fn is_open(resource: &str) -> bool {
    match resource.strip_prefix("arn:") {
        None => !resource.is_empty() && resource.bytes().all(|b| b == b'*'),
        Some(arn) => {
            let parts: Vec<&str> = arn.splitn(5, ':').collect();
            matches!(parts[..], [_, "s3", "", "", "*" | "*/*"] | [_, _, "*" | "", "*", "*"] | [_, "*", ..])
        }
    }
}

/// The line that shows the fault best: a wildcard action, the open resource, else the first action.
fn narrowest(statement: &Statement) -> Span {
    let wild = statement.actions.iter().find(|i| cloud::whole_service(&i.text));
    let found = wild.or_else(|| open_resource(statement)).or_else(|| statement.actions.first());
    found.map_or(statement.span, |i| i.span)
}

/// A grant for a managed policy: an ARN or a name of AWS's, or a reference to one of this repository.
/// Nothing is said of the last, whose statements speak for themselves.
pub(crate) fn managed(sink: &mut Sink<'_>, span: Span, policy: &str, holder: &Holder) -> bool {
    managed_unless(sink, span, policy, holder, None)
}

/// The same of a policy that is the default of a parameter: it is held unless that is given another.
pub(crate) fn managed_unless(
    sink: &mut Sink<'_>,
    span: Span,
    policy: &str,
    holder: &Holder,
    unless: Option<Sym>,
) -> bool {
    let Some((_, name)) = policy.split_once(":aws:policy/") else { return false };
    let name = name.rsplit('/').next().unwrap_or(name).trim_end_matches(['"', '\'']);
    let service_role = policy.contains(":policy/service-role/");
    let known = cloud::managed(name);
    let full = name.ends_with("FullAccess") && !service_role;
    let width = known.map_or(if full { "full" } else { "" }, |m| m.width);
    let wide = matches!(width, "administrator" | "full");
    let wildcard_actions: Vec<Sym> = known.map_or_else(Vec::new, |m| m.actions.iter().map(|a| Sym::new(a)).collect());
    let grant = Grant {
        system: Sym::new("aws"),
        effect: Sym::new("allow"),
        source: Sym::new(name),
        actions: wildcard_actions.clone(),
        resources: if wide { vec![Sym::new("*")] } else { Vec::new() },
        any_resource: wide,
        administrator: width == "administrator",
        writes: wide,
        reads_secrets: wildcard_actions.iter().any(|a| cloud::reads_secrets(a)),
        wildcard_actions,
        managed_policy: Some(Sym::new(name)),
        agent_hint: holder.hint,
        unless,
        holder: holder.reference,
        ..Grant::default()
    };
    sink.add(span, grant);
    true
}

/// Who may become the target, for each statement of its trust policy.
pub(crate) fn trusts(sink: &mut Sink<'_>, statements: &[Statement], target: Option<Ref>) {
    for statement in statements.iter().filter(|s| !s.deny && is_assume(s)) {
        let span = statement.principals.first().map_or(statement.span, |p| p.span);
        sink.add(span, trust(statement, target));
    }
}

/// Whether the statement lets its principals take on a role.
pub(crate) fn is_assume(statement: &Statement) -> bool {
    let assume = |i: &Item| i.text.to_lowercase().starts_with("sts:assumerole");
    !statement.principals.is_empty() && statement.actions.iter().any(assume)
}

/// Why a role is taken for an agent's by whom it trusts.
pub(crate) fn trust_hint(statements: &[Statement]) -> Option<Sym> {
    let mut principals = statements.iter().filter(|s| !s.deny).flat_map(|s| &s.principals);
    let agent = principals.find(|p| cloud::agent_principal(&p.text))?;
    Some(Sym::from(format!("trusted by {}", agent.text)))
}

fn trust(statement: &Statement, target: Option<Ref>) -> Trust {
    let oidc = statement.federated || statement.actions.iter().any(|a| a.text.ends_with("WithWebIdentity"));
    let gate = if oidc { oidc_gate(statement) } else { account_gate(statement) };
    let public_issuer =
        statement.principals.iter().any(|p| p.text.contains("githubusercontent") || p.text.contains("gitlab"));
    let guests = oidc && guests(&statement.conditions);
    let everybody = statement.principals.iter().any(|p| p.text == "*");
    let anyone = gate.is_none() && (everybody || guests || (oidc && public_issuer));
    let principal = |p: &Item| if guests { guest_of(&p.text) } else { Sym::new(&p.text) };
    Trust {
        form: Sym::new(if oidc { "oidc" } else { "assume-role" }),
        principals: statement.principals.iter().map(principal).collect(),
        anyone,
        gate: gate.map(Sym::from),
        target,
    }
}

/// Whether conditions ask for a guest of a Cognito identity pool, which is whoever knows the pool's id: what
/// `amr` must be is one of a list.
pub(crate) fn guests(conditions: &[(String, Vec<String>)]) -> bool {
    let amr = |key: &str| key.to_ascii_lowercase().ends_with("cognito-identity.amazonaws.com:amr");
    conditions.iter().any(|(key, values)| amr(key) && values.iter().any(|value| value == "unauthenticated"))
}

/// How guests of an issuer are called.
pub(crate) fn guest_of(issuer: &str) -> Sym {
    Sym::from(format!("{issuer} (callers without a login)"))
}

/// The subject condition of an OIDC trust; one that any subject meets is none.
fn oidc_gate(statement: &Statement) -> Option<String> {
    let (key, values) = statement.conditions.iter().find(|(key, _)| key.ends_with(":sub"))?;
    let open = |v: &String| matches!(v.as_str(), "*" | "repo:*" | "repo:*/*" | "repo:*:*" | "repo:*/*:*");
    (!values.is_empty() && !values.iter().any(open)).then(|| format!("{key} = {}", values.join(", ")))
}

/// A condition that narrows who may assume: an external id, an organisation, a source account or ARN,
/// a principal. A time or a transport narrows nobody.
fn account_gate(statement: &Statement) -> Option<String> {
    const NARROW: &[&str] = &[
        "sts:externalid",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:sourceorgid",
        "aws:principaltag",
        "aws:sourcevpce",
        "aws:username",
    ];
    let narrow = |key: &str| NARROW.iter().any(|n| key.to_lowercase().starts_with(n));
    let (key, _) = statement.conditions.iter().find(|(key, _)| narrow(key))?;
    Some(key.clone())
}

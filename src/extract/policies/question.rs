//! What a question to a policy holds. Input: the call that asks. Output: which of agent, user, action and
//! resource it names, as far as it can be read here.

use crate::catalogue::policies::Ask;
use crate::parse::Value;
use crate::parse::code::{CallSite, Code, ScopeId};
use crate::parse::value::{Expr, Node};

/// A question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Question {
    /// Whether all of it could be read.
    pub(super) seen: bool,
    /// `agent`, `user`, `action`, `resource`.
    pub(super) names: Vec<&'static str>,
}

/// How deep maps and constructors are looked into.
const DEPTH: u8 = 5;

/// The question of `site`.
pub(super) fn of(code: &Code<'_>, ask: &Ask, site: &CallSite<'_>) -> Question {
    if ask.who.is_empty() && ask.input.is_empty() {
        return Question::default();
    }
    let mut found = Found::default();
    if ask.input.is_empty() {
        slots(code, ask, site, &mut found);
    } else {
        free(code, ask, site, &mut found);
    }
    let mut names: Vec<&'static str> = found.names;
    names.sort_unstable();
    names.dedup();
    Question { seen: found.read && !found.hidden, names }
}

#[derive(Default)]
struct Found {
    names: Vec<&'static str>,
    /// Something of the question was read.
    read: bool,
    /// A part of it is made where it cannot be seen.
    hidden: bool,
}

/// A question of fixed parts.
fn slots<'m>(code: &Code<'m>, ask: &Ask, site: &CallSite<'m>, found: &mut Found) {
    let mut entries: Vec<(String, &'m Value)> = Vec::new();
    let mut hidden = false;
    let mut position = 0usize;
    for arg in &site.call.args {
        if matches!(arg.value.as_expr(), Some(Expr::Spread(_))) {
            hidden = true;
        }
        let name = arg.name.as_deref().map_or_else(
            || {
                position += 1;
                (position - 1).to_string()
            },
            str::to_owned,
        );
        entries.push((name, &arg.value));
        hidden |= !inside(code, &arg.value, site.scope, DEPTH, &mut entries) && arg.value.as_reference().is_some();
    }
    let mut says = |names: &[&str], role: Option<&'static str>| {
        let mut any = false;
        for (_, value) in entries.iter().filter(|(name, _)| names.contains(&name.as_str())) {
            any = true;
            if !is_nothing(code.literal(value, site.scope)) {
                found.names.push(role.unwrap_or_else(|| who(value)));
            }
        }
        found.read |= any;
        any
    };
    let all = [says(ask.who, None), says(ask.action, Some("action")), says(ask.resource, Some("resource"))];
    // Parts that stand in no place of their own may stand in what cannot be read.
    let by_place = ask.who.iter().any(|w| w.parse::<u8>().is_ok());
    found.hidden = hidden && !all.iter().all(|seen| *seen) && !by_place || hidden && by_place && entries.len() < 3;
}

/// Collects keys with their values; false when the value is none that has keys.
fn inside<'m>(
    code: &Code<'m>,
    value: &'m Value,
    scope: ScopeId,
    depth: u8,
    all: &mut Vec<(String, &'m Value)>,
) -> bool {
    let value = code.literal(value, scope);
    if depth == 0 {
        return false;
    }
    match &value.node {
        Node::Map(entries) => {
            for entry in entries {
                all.push((entry.key.to_string(), &entry.value));
                inside(code, &entry.value, scope, depth - 1, all);
            }
            true
        }
        Node::List(items) => {
            items.iter().for_each(|item| {
                inside(code, item, scope, depth - 1, all);
            });
            true
        }
        Node::Expr(expr) => match &**expr {
            Expr::Call(call) => {
                for arg in &call.args {
                    if let Some(name) = &arg.name {
                        all.push((name.to_string(), &arg.value));
                    }
                    inside(code, &arg.value, scope, depth - 1, all);
                }
                !call.args.is_empty()
            }
            Expr::Operation(op, parts) if matches!(&**op, "await" | "new" | "as" | "&") => {
                parts.first().is_some_and(|p| inside(code, p, scope, depth - 1, all))
            }
            _ => false,
        },
        _ => true,
    }
}

/// The value under `key` in a body or options of a request.
pub(super) fn body<'m>(code: &Code<'m>, site: &CallSite<'m>, key: &str) -> Option<&'m Value> {
    let mut entries = Vec::new();
    for arg in &site.call.args {
        if let Some(name) = &arg.name {
            entries.push((name.to_string(), &arg.value));
        }
        inside(code, &arg.value, site.scope, DEPTH, &mut entries);
    }
    entries.into_iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

/// A question whose keys the policy's author chose.
fn free<'m>(code: &Code<'m>, ask: &Ask, site: &CallSite<'m>, found: &mut Found) {
    let given = ask.input.iter().find_map(|name| match name.parse::<usize>() {
        Ok(position) => site.call.positional(position),
        Err(_) => body(code, site, name),
    });
    let Some(given) = given else { return };
    let given = code.literal(given, site.scope);
    let given = given.get("input").map_or(given, |inner| code.literal(inner, site.scope));
    if !matches!(given.node, Node::Map(_)) {
        found.hidden = true;
        return;
    }
    found.read = true;
    keys(code, given, site.scope, DEPTH, found);
}

fn keys<'m>(code: &Code<'m>, map: &'m Value, scope: ScopeId, depth: u8, found: &mut Found) {
    for entry in map.entries() {
        let value = code.literal(&entry.value, scope);
        if matches!(&*entry.key, "**" | "...") || matches!(value.as_expr(), Some(Expr::Spread(_))) {
            found.hidden = true;
            continue;
        }
        let roles = roles(&entry.key);
        if !is_nothing(value) {
            found.names.extend(&roles);
        }
        if depth > 0 && matches!(value.node, Node::Map(_)) {
            keys(code, value, scope, depth - 1, found);
        } else if roles.is_empty() && value.scalar().is_none() {
            // A key that says nothing may hold everything.
            found.hidden = true;
        }
    }
}

/// What a key of a free question names.
fn roles(key: &str) -> Vec<&'static str> {
    let flat: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| flat.contains(w));
    let mut all = Vec::new();
    if has(&["agent", "bot", "workload", "serviceaccount", "client"]) {
        all.push("agent");
    }
    if has(&[
        "user",
        "subject",
        "principal",
        "actor",
        "caller",
        "identity",
        "sub",
        "email",
        "role",
        "tenant",
        "who",
        "requester",
        "person",
        "account",
        "owner",
        "group",
        "scope",
        "token",
        "jwt",
        "claims",
        "session",
        "customer",
    ]) {
        all.push("user");
    }
    if has(&[
        "action",
        "tool",
        "method",
        "operation",
        "verb",
        "permission",
        "function",
        "command",
        "query",
        "sql",
        "relation",
        "intent",
        "name",
    ]) {
        all.push("action");
    }
    if has(&[
        "resource",
        "object",
        "target",
        "arg",
        "param",
        "path",
        "file",
        "table",
        "amount",
        "input",
        "order",
        "document",
        "record",
        "command",
        "query",
        "sql",
        "url",
        "host",
        "namespace",
        "project",
        "id",
        "recipient",
        "database",
        "bucket",
        "repo",
    ]) {
        all.push("resource");
    }
    all
}

/// Whether the one who acts is an agent, by how it is written.
fn who(value: &Value) -> &'static str {
    let mut agent = false;
    each(value, DEPTH, &mut |v| {
        let text = v.as_reference().or_else(|| v.as_str()).unwrap_or("");
        agent |= text.to_ascii_lowercase().contains("agent");
    });
    if agent { "agent" } else { "user" }
}

fn each<'m>(value: &'m Value, depth: u8, see: &mut impl FnMut(&'m Value)) {
    see(value);
    if depth > 0 {
        crate::parse::code::query::parts_of(value).into_iter().for_each(|part| each(part, depth - 1, see));
    }
}

/// Nothing, or everything: no part of a question.
fn is_nothing(value: &Value) -> bool {
    matches!(value.node, Node::Null) || value.as_str().is_some_and(|t| matches!(t.trim(), "" | "*"))
}

//! Whether a signed token has an end: `exp` in its payload, wherever in the function it is put in.

use super::pattern::Calls;
use super::{Life, duration};
use crate::catalogue::lifecycles::Lifecycle;
use crate::parse::Value;
use crate::parse::code::ast::{Stmt, StmtKind};
use crate::parse::code::index::ScopeKind;
use crate::parse::code::query::{blocks_of, parts_of, values_of};
use crate::parse::code::{CallSite, ScopeId};
use crate::parse::value::{Expr, Node};

/// What a payload says about its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Ends,
    Endless,
    Unknown,
    /// It names an entry of a store and nothing else: the entry ends it.
    Stored,
}

pub(super) fn life<'m>(calls: &Calls<'_, 'm>, lifecycle: &Lifecycle, site: &CallSite<'m>) -> Life {
    let payload = Search { calls, ends: lifecycle.end_arguments, fields: true }.signed(lifecycle, site);
    // A literal payload is complete; only a setter of the builder can still add an end to it.
    let fields = !payload.is_some_and(|value| matches!(value.node, Node::Map(_)));
    let search = Search { calls, ends: lifecycle.end_arguments, fields };
    let option = calls.end_argument(lifecycle, site);
    let end = option.or_else(|| search.enclosing(site.scope));
    if let Some(value) = end {
        let seconds = duration::seconds(calls.code, value, site.scope).filter(|s| *s < 1_000_000_000);
        return Life { ends: Some(true), seconds, note: None };
    }
    match search.payload(payload, site.scope, 0) {
        Says::Ends => Life { ends: Some(true), seconds: None, note: None },
        Says::Endless if search.seals(payload, site.scope) => Life {
            ends: None,
            seconds: None,
            note: Some("it carries data that is sealed, by the name of its function"),
        },
        Says::Endless => Life { ends: Some(false), seconds: None, note: None },
        Says::Stored => Life { ends: None, seconds: None, note: Some("it names an entry of a store, which may end") },
        Says::Unknown => Life { ends: None, seconds: None, note: Some("its payload is made elsewhere") },
    }
}

struct Search<'s, 'c, 'm> {
    calls: &'s Calls<'c, 'm>,
    ends: &'s [&'s str],
    /// Whether an `exp` field or argument counts, and not a setter alone.
    fields: bool,
}

impl<'m> Search<'_, '_, 'm> {
    /// The payload: an argument of the call, or of the constructor that its receiver began with.
    fn signed(&self, lifecycle: &Lifecycle, site: &CallSite<'m>) -> Option<&'m Value> {
        // Go: the payload is an argument of what made the token.
        let mut call = match self.calls.leads(site).made_by {
            Some(made) if made.method() == Some("NewWithClaims") => made,
            _ => site.call,
        };
        while let Some(Expr::Operation(_, operands)) = call.callee.as_expr() {
            let Some(inner) = operands.first().and_then(Value::as_call) else { break };
            call = inner;
        }
        let named = call.keyword("payload").or_else(|| call.keyword("claims"));
        named.or_else(|| call.positional(lifecycle.payload))
    }

    fn payload(&self, value: Option<&'m Value>, scope: ScopeId, depth: u32) -> Says {
        let Some(value) = value.filter(|_| depth < 8) else { return Says::Unknown };
        let code = self.calls.code;
        match &value.node {
            Node::Map(entries) => {
                let spread = entries.iter().filter(|e| matches!(&*e.key, "**" | "..."));
                let spread = spread.map(|e| self.payload(Some(&e.value), scope, depth + 1)).fold(Says::Endless, worse);
                let keys = entries.iter().map(|e| &*e.key);
                match spread {
                    _ if value.get("exp").is_some() => Says::Ends,
                    Says::Endless if only_names(keys) => Says::Stored,
                    spread => spread,
                }
            }
            Node::Expr(expr) => match &**expr {
                Expr::Reference(path) => match code.assigned(path, scope, value.span.start) {
                    Some((to, home)) if !std::ptr::eq(to, value) => self.payload(Some(to), home, depth + 1),
                    _ => Says::Unknown,
                },
                Expr::Spread(inner) => self.payload(Some(inner), scope, depth + 1),
                // Go: claims as a struct.
                Expr::Call(call) if !call.args.is_empty() && call.args.iter().all(|a| a.name.is_some()) => {
                    let nested = call.args.iter().find(|a| a.name.as_deref() == Some("RegisteredClaims"));
                    let inner = nested.map_or(Says::Endless, |a| self.payload(Some(&a.value), scope, depth + 1));
                    let keys = call.args.iter().filter_map(|a| a.name.as_deref());
                    match inner {
                        _ if call.keyword("ExpiresAt").or_else(|| call.keyword("exp")).is_some() => Says::Ends,
                        Says::Endless if only_names(keys) => Says::Stored,
                        inner => inner,
                    }
                }
                Expr::Call(call) => {
                    let leads = code.resolve_value(&call.callee, scope);
                    let made = leads.filter(|l| l.module.is_empty()).and_then(|l| self.made(&l.name));
                    if made == Some(true) { Says::Ends } else { Says::Unknown }
                }
                _ => Says::Unknown,
            },
            _ => Says::Unknown,
        }
    }

    /// Whether a function that is called after encryption signs a value whole, and no claims: what it gives
    /// lets nobody in.
    fn seals(&self, payload: Option<&'m Value>, scope: ScopeId) -> bool {
        let sealing = self.calls.code.outwards(scope).any(|s| match self.calls.code.kind(s) {
            ScopeKind::Function(f) => f.name.to_ascii_lowercase().contains("encrypt"),
            _ => false,
        });
        let whole = |value: &Value| matches!(value.entries(), [only] if only.value.as_reference().is_some());
        sealing && payload.is_some_and(whole)
    }

    /// Whether the function or class `name` of this file puts an `exp` in.
    fn made(&self, name: &str) -> Option<bool> {
        let name = name.trim_start_matches("self.").trim_start_matches("this.");
        let (function, _) = self.calls.code.functions().find(|(f, _)| &*f.name == name)?;
        Some(Self { fields: true, ..*self }.block(&function.body).is_some())
    }

    /// An `exp` that any function around the call puts somewhere.
    fn enclosing(&self, scope: ScopeId) -> Option<&'m Value> {
        let code = self.calls.code;
        let bodies = code.outwards(scope).filter_map(|s| match code.kind(s) {
            ScopeKind::Function(f) => Some(&*f.body),
            _ => None,
        });
        let mut bodies: Vec<&'m [Stmt]> = bodies.collect();
        if bodies.is_empty() {
            bodies.push(&code.module.body);
        }
        bodies.into_iter().find_map(|body| self.block(body))
    }

    fn block(&self, body: &'m [Stmt]) -> Option<&'m Value> {
        body.iter().find_map(|stmt| {
            let direct = match &stmt.kind {
                StmtKind::Assign { targets, value, .. } if self.fields => targets.iter().any(is_exp).then_some(value),
                _ => None,
            };
            let values = || values_of(stmt).into_iter().find_map(|v| self.value(v));
            direct.or_else(values).or_else(|| blocks_of(stmt).into_iter().find_map(|b| self.block(b)))
        })
    }

    fn value(&self, value: &'m Value) -> Option<&'m Value> {
        if let Some(call) = value.as_call() {
            let setter =
                call.method().filter(|m| self.ends.contains(m) || matches!(*m, "setExpirationTime" | "setExp"));
            if let Some(given) = setter.and_then(|_| call.positional(0)) {
                return Some(given);
            }
            let named = ["exp", "expires_delta", "ExpiresAt"];
            let keyword = named.iter().find_map(|name| call.keyword(name));
            if let Some(given) = keyword.filter(|_| self.fields) {
                return Some(given);
            }
        }
        let function = match value.as_expr() {
            Some(Expr::Function(f)) => self.block(&f.body),
            _ => None,
        };
        let own = value.get("exp").filter(|_| self.fields).or(function);
        own.or_else(|| parts_of(value).into_iter().find_map(|part| self.value(part)))
    }
}

/// Whether claims hold an identifier of the token and nobody's name or right: whoever checks it has to
/// look it up.
fn only_names<'k>(keys: impl Iterator<Item = &'k str>) -> bool {
    let mut identified = false;
    for key in keys {
        match key {
            "jti" | "ID" => identified = true,
            "iat" | "nbf" | "iss" | "typ" | "kid" | "IssuedAt" | "Issuer" => {}
            _ => return false,
        }
    }
    identified
}

fn worse(a: Says, b: Says) -> Says {
    match (a, b) {
        (Says::Ends, _) | (_, Says::Ends) => Says::Ends,
        (Says::Unknown | Says::Stored, _) | (_, Says::Unknown | Says::Stored) => Says::Unknown,
        _ => Says::Endless,
    }
}

/// `payload["exp"] = …`, `claims.exp = …`.
fn is_exp(target: &Value) -> bool {
    match target.as_expr() {
        Some(Expr::Index(_, key)) => key.as_str() == Some("exp"),
        Some(Expr::Reference(path)) => path.ends_with(".exp"),
        _ => false,
    }
}

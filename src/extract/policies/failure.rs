//! What happens when a policy cannot answer. Input: the statements around the call that asks. Output: where
//! the code goes on all the same, and why.

use super::decision::{Decision, acts};
use crate::catalogue::policies::Ask;
use crate::parse::Value;
use crate::parse::code::ast::{Function, Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, parts_of, values_of};
use crate::parse::value::Expr;
use crate::span::Span;

/// A way on when the policy errs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failure {
    /// The place that lets it go on.
    pub(super) at: Span,
    /// Why.
    pub(super) why: &'static str,
}

/// Words of functions that say no when they say true.
const NEGATIVE: &[&str] = &[
    "deny",
    "denied",
    "block",
    "forbid",
    "reject",
    "violat",
    "require",
    "needs",
    "need_",
    "should_ask",
    "must",
    "unsafe",
    "is_bad",
    "disallow",
    "refuse",
    "prohibit",
    "restricted",
    "escalat",
];

/// The first way on that `body` has.
pub(super) fn of(function: Option<&Function>, body: &[Stmt], decision: &Decision, ask: &Ask) -> Option<Failure> {
    let name = function.map_or("", |f| &*f.name).to_ascii_lowercase();
    let positive = !NEGATIVE.iter().any(|word| name.contains(word));
    let mut found = None;
    handlers(body, decision, ask, positive, &mut found);
    if found.is_none() {
        defaults(body, decision, positive, &mut found);
    }
    found
}

fn contains(block: &[Stmt], span: Span) -> bool {
    block.iter().any(|stmt| stmt.span.contains(span))
}

/// Handlers around the call.
fn handlers(body: &[Stmt], decision: &Decision, ask: &Ask, positive: bool, found: &mut Option<Failure>) {
    for (at, stmt) in body.iter().enumerate() {
        if !stmt.span.contains(decision.span) || matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) {
            continue;
        }
        if let StmtKind::Try { body: guarded, handlers: all, finally } = &stmt.kind
            && contains(guarded, decision.span)
        {
            handlers(guarded, decision, ask, positive, found);
            for handler in all {
                let rest = &body[at + 1..];
                let open = opens(handler, decision, positive).or_else(|| {
                    let passes = !leaves(handler) && !leaves(finally) && !sets(handler, decision);
                    // The answer was looked at inside, and what it guards comes after.
                    let inside = ask.raises || looked_at(guarded, decision);
                    let later = rest.iter().any(|s| {
                        matches!(
                            s.kind,
                            StmtKind::Expr(_)
                                | StmtKind::Assign { .. }
                                | StmtKind::Return(Some(_))
                                | StmtKind::With { .. }
                        ) && calls(s)
                    });
                    (passes && inside && later).then(|| Failure {
                        at: handler.first().map_or(decision.span, |s| s.span),
                        why: "the handler of its error lets the call go on",
                    })
                });
                *found = found.or(open);
            }
            continue;
        }
        for block in blocks_of(stmt) {
            handlers(block, decision, ask, positive, found);
        }
    }
}

/// What a handler does that means yes.
fn opens(handler: &[Stmt], decision: &Decision, positive: bool) -> Option<Failure> {
    handler.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Return(Some(value)) if positive && means_yes(value) => {
            Some(Failure { at: stmt.span, why: "the handler of its error says yes" })
        }
        StmtKind::Assign { targets, value, .. } if targets.iter().any(|t| decision.in_value(t)) && means_yes(value) => {
            Some(Failure { at: stmt.span, why: "the handler of its error says yes" })
        }
        // A retry inside the handler has an error of its own.
        StmtKind::Function(_) | StmtKind::Class(_) | StmtKind::Try { .. } => None,
        // `if isinstance(error, Denied): …` tells errors apart.
        _ => blocks_of(stmt).into_iter().find_map(|block| opens(block, decision, positive)),
    })
}

/// Whether a value lets an action pass.
fn means_yes(value: &Value) -> bool {
    if value.as_bool() == Some(true) {
        return true;
    }
    let allows = |v: &Value| {
        v.as_bool() == Some(true)
            || v.as_str().or_else(|| v.as_reference().and_then(|p| p.rsplit('.').next())).is_some_and(|t| {
                matches!(
                    t.to_ascii_lowercase().as_str(),
                    "allow" | "allowed" | "permit" | "permitted" | "approve" | "approved" | "effect_allow"
                )
            })
    };
    let named = |key: &str| {
        matches!(
            key.to_ascii_lowercase().as_str(),
            "allow"
                | "allowed"
                | "permitted"
                | "approved"
                | "authorized"
                | "result"
                | "decision"
                | "behavior"
                | "is_allowed"
                | "isallowed"
                | "permissiondecision"
        )
    };
    if value.entries().iter().any(|e| named(&e.key) && allows(&e.value)) {
        return true;
    }
    match value.as_expr() {
        Some(Expr::Call(call)) => {
            let goes_on =
                matches!(call.method(), Some("call_next" | "next" | "handler" | "proceed" | "PermissionResultAllow"));
            let says = call.args.iter().any(|a| match a.name.as_deref() {
                Some(name) => named(name) && allows(&a.value),
                None => a.value.entries().iter().any(|e| named(&e.key) && allows(&e.value)),
            });
            goes_on || says
        }
        Some(Expr::Operation(op, parts)) if matches!(&**op, "await" | "new") => parts.iter().any(means_yes),
        Some(Expr::Reference(_)) => allows(value),
        _ => false,
    }
}

/// Whether a block gives the decision a value.
fn sets(block: &[Stmt], decision: &Decision) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::Assign { targets, .. } => targets.iter().any(|t| decision.in_value(t)),
        _ => blocks_of(stmt).into_iter().any(|b| sets(b, decision)),
    })
}

fn leaves(block: &[Stmt]) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::Return(_) | StmtKind::Raise(_) | StmtKind::Jump => true,
        StmtKind::Expr(value) => value.as_call().is_some_and(|c| {
            matches!(c.method(), Some("exit" | "abort" | "_exit" | "Exit" | "Fatal" | "Fatalf" | "panic" | "fail"))
        }),
        StmtKind::Function(_) | StmtKind::Class(_) => false,
        _ => blocks_of(stmt).into_iter().any(leaves),
    })
}

/// Whether a condition of the block decides by the answer.
fn looked_at(block: &[Stmt], decision: &Decision) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::If { condition, then, otherwise } if decision.in_value(condition) => acts(then) || acts(otherwise),
        StmtKind::Function(_) | StmtKind::Class(_) => false,
        _ => blocks_of(stmt).into_iter().any(|b| looked_at(b, decision)),
    })
}

/// Whether a statement calls something that is no log.
fn calls(stmt: &Stmt) -> bool {
    fn inside(value: &Value) -> bool {
        value.as_call().is_some_and(|c| !super::decision::is_log(c)) || parts_of(value).into_iter().any(inside)
    }
    values_of(stmt).into_iter().any(inside)
}

/// Answers that are taken for yes when none came: `get("result", True)`, `?? true`, `.catch(() => true)`,
/// a status that is not looked into.
fn defaults(body: &[Stmt], decision: &Decision, positive: bool, found: &mut Option<Failure>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Function(_) | StmtKind::Class(_) => continue,
            StmtKind::If { condition, then, .. } if positive && decision.in_value(condition) && is_error(condition) => {
                let yes = then.iter().find_map(|s| match &s.kind {
                    StmtKind::Return(Some(value)) if means_yes(value) => Some(s.span),
                    _ => None,
                });
                *found =
                    found.or(yes.map(|at| Failure { at, why: "an error of the policy's service is taken for yes" }));
            }
            _ => {}
        }
        for value in values_of(stmt) {
            default(value, decision, found);
        }
        for block in blocks_of(stmt) {
            defaults(block, decision, positive, found);
        }
    }
}

fn default(value: &Value, decision: &Decision, found: &mut Option<Failure>) {
    let yes = |v: &Value| v.as_bool() == Some(true);
    let missing = Failure { at: value.span, why: "no answer is taken for yes" };
    match value.as_expr() {
        Some(Expr::Call(call)) if call.method() == Some("get") && call.positional(1).is_some_and(yes) => {
            let key = call.positional(0).and_then(Value::as_str).unwrap_or("");
            let known = matches!(key, "result" | "allow" | "allowed" | "decision" | "authorized" | "permitted");
            if known && (decision.in_value(&call.callee) || receiver(call, decision)) {
                *found = found.or(Some(missing));
            }
        }
        Some(Expr::Call(call)) if call.method() == Some("catch") && decision.in_value(&call.callee) => {
            let handler = call.positional(0).and_then(|v| match v.as_expr() {
                Some(Expr::Function(function)) => Some(function),
                _ => None,
            });
            let open = handler
                .is_some_and(|f| f.body.iter().any(|s| matches!(&s.kind, StmtKind::Return(Some(v)) if means_yes(v))));
            if open {
                *found = found.or(Some(Failure { at: value.span, why: "the handler of its error says yes" }));
            }
        }
        Some(Expr::Choice { condition: None, options }) => {
            let asked = options.first().is_some_and(|o| decision.in_value(o));
            if asked && options.len() > 1 && options.last().is_some_and(yes) {
                *found = found.or(Some(missing));
            }
        }
        Some(Expr::Operation(op, parts)) if matches!(&**op, "??" | "||" | "or") => {
            let asked = parts.first().is_some_and(|o| decision.in_value(o));
            if asked && parts.last().is_some_and(yes) {
                *found = found.or(Some(missing));
            }
        }
        _ => {}
    }
    parts_of(value).into_iter().for_each(|part| default(part, decision, found));
}

/// `answer.get("allow", True)`: the path of the receiver is a name of the decision.
fn receiver(call: &crate::parse::code::ast::Call, decision: &Decision) -> bool {
    call.path().and_then(|p| p.rsplit_once('.')).is_some_and(|(receiver, _)| decision.is(receiver))
}

/// Whether a condition says that the request itself failed.
fn is_error(condition: &Value) -> bool {
    match condition.as_expr() {
        Some(Expr::Operation(op, parts)) if matches!(&**op, "!=" | "!==" | ">=" | ">") => parts
            .iter()
            .any(|p| p.as_reference().is_some_and(|p| p.ends_with(".status_code") || p.ends_with(".status"))),
        Some(Expr::Operation(op, parts)) if matches!(&**op, "not" | "!") => {
            parts.iter().any(|p| p.as_reference().is_some_and(|p| p.ends_with(".ok")))
        }
        _ => false,
    }
}

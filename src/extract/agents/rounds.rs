//! How a loop around a model ends. Input: its header and body. Output: what bounds it, and whether the model alone
//! decides.

use super::walk;
use crate::extract::vocabulary::REQUESTS;
use crate::parse::code::ast::{Stmt, StmtKind};
use crate::parse::value::{Expr, Value};
use crate::span::Span;

/// A loop around a statement.
pub(super) struct Loop<'m> {
    pub(super) span: Span,
    pub(super) header: Option<&'m Value>,
    pub(super) body: &'m [Stmt],
    pub(super) counted: bool,
}

/// Words of names that count or measure what a loop has used up.
const COUNTERS: &[&str] = &[
    "turn",
    "step",
    "iter",
    "round",
    "count",
    "attempt",
    "tries",
    "retries",
    "depth",
    "max",
    "limit",
    "budget",
    "cost",
    "token",
    "deadline",
    "elapsed",
    "timeout",
    "remaining",
    "spent",
    "expires",
    "loops",
    "cycles",
    "hops",
    "signal",
    "aborted",
];

/// What ends a loop that does not count by itself: a comparison of a counter, a clock or a budget.
pub(super) fn bound(around: &Loop<'_>) -> Option<(Span, String)> {
    let header = around.header.filter(|h| counts(h)).map(|h| (h.span, written(h)));
    header.or_else(|| {
        let mut found = None;
        super::names::own_statements(around.body, &mut |stmt| {
            if let StmtKind::If { condition, then, otherwise } = &stmt.kind
                && counts(condition)
                && [then, otherwise].into_iter().any(|block| leaves(block))
            {
                found.get_or_insert_with(|| (condition.span, written(condition)));
            }
            if let StmtKind::With { items, .. } = &stmt.kind
                && items.iter().any(|(v, _)| v.as_call().is_some_and(|c| c.method().is_some_and(is_timeout)))
            {
                found.get_or_insert_with(|| (stmt.span, "timeout".into()));
            }
        });
        found
    })
}

pub(super) fn is_timeout(method: &str) -> bool {
    matches!(method, "timeout" | "fail_after" | "move_on_after" | "timeout_at")
}

fn leaves(block: &[Stmt]) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::Return(_) | StmtKind::Raise(_) | StmtKind::Jump => true,
        _ => walk::blocks(stmt).into_iter().any(leaves),
    })
}

/// Whether a condition compares something that counts.
fn counts(condition: &Value) -> bool {
    let mut found = false;
    walk::each(condition, &mut |value| match value.as_expr() {
        Some(Expr::Operation(op, parts)) if matches!(&**op, "<" | "<=" | ">" | ">=" | "==" | "===" | "!=") => {
            found |= parts.iter().any(|part| {
                let mut named = false;
                walk::each(part, &mut |inner| {
                    let name = match inner.as_expr() {
                        Some(Expr::Reference(path)) => path.rsplit('.').next(),
                        Some(Expr::Call(call)) => call.method(),
                        _ => None,
                    };
                    named |= name.is_some_and(|name| {
                        let name = name.to_ascii_lowercase();
                        COUNTERS.iter().any(|c| name.contains(c))
                            || matches!(&*name, "time" | "now" | "monotonic" | "i" | "n")
                    });
                });
                named
            });
        }
        Some(Expr::Reference(path)) => found |= path.ends_with(".aborted"),
        _ => {}
    });
    found
}

fn written(condition: &Value) -> String {
    let mut names = Vec::new();
    walk::each(condition, &mut |value| {
        names.extend(value.as_reference().map(str::to_owned).or_else(|| value.scalar().map(str::to_owned)));
    });
    names.truncate(3);
    if names.is_empty() { "set".into() } else { names.join(" ") }
}

/// Whether a loop goes on for ever, or as long as the model asks for tools.
pub(super) fn is_up_to_the_model(header: &Value) -> bool {
    if matches!(header.scalar(), Some("true" | "1")) {
        return true;
    }
    let mut found = false;
    walk::each(header, &mut |value| {
        let text = value.as_reference().or_else(|| value.as_str()).unwrap_or("");
        found |= text
            .split('.')
            .any(|s| REQUESTS.contains(&s) || matches!(s, "stop_reason" | "finish_reason" | "stopReason"));
    });
    found
}

//! What becomes of a decision. Input: the statements around the call that asks. Output: whether they obey
//! it, hand it on, or let it fall.

use crate::catalogue::policies::Ask;
use crate::extract::carries::Carriers;
use crate::extract::vocabulary;
use crate::parse::Value;
use crate::parse::code::ast::{Call, Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, parts_of, values_of};
use crate::parse::value::Expr;
use crate::span::Span;

/// What becomes of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Used {
    /// Something does or does not happen by it.
    Obeyed,
    /// The function hands it to its caller.
    Returned,
    /// It goes where it cannot be seen.
    Unknown,
    /// Nobody looks at it, or it is only written to a log.
    Ignored,
    /// It is handed on, and every caller lets it fall; the callers are reported.
    IgnoredLater,
}

/// A decision and the names that hold it.
pub(super) struct Decision {
    /// The call that asks.
    pub(super) span: Span,
    names: Carriers,
}

impl Decision {
    /// Follows what the call at `span` answers through the statements of its function.
    pub(super) fn of(body: &[Stmt], span: Span) -> Self {
        Self { span, names: Carriers::answered(body, span) }
    }

    /// Whether `path` is one of the names, or reached through one.
    pub(super) fn is(&self, path: &str) -> bool {
        self.names.holds(path)
    }

    /// Whether a value is the decision, or made with it.
    pub(super) fn in_value(&self, value: &Value) -> bool {
        self.names.carries(value)
    }

    /// What becomes of it in `body`.
    pub(super) fn used(&self, body: &[Stmt], ask: &Ask) -> Used {
        let mut seen = Seen::default();
        self.look(body, &mut seen);
        if seen.obeyed || ask.raises {
            Used::Obeyed
        } else if seen.returned {
            Used::Returned
        } else if seen.passed || self.names.escapes() {
            Used::Unknown
        } else {
            Used::Ignored
        }
    }

    fn look(&self, body: &[Stmt], seen: &mut Seen) {
        for stmt in body {
            match &stmt.kind {
                StmtKind::Function(function) => {
                    // A function inside may decide by a name of this one.
                    seen.passed |= mentions(&function.body, &|v| v.as_reference().is_some_and(|p| self.is(p)));
                    continue;
                }
                StmtKind::Class(_) => continue,
                StmtKind::If { condition, then, otherwise } if self.in_value(condition) => {
                    seen.obeyed |= acts(then) || acts(otherwise);
                }
                StmtKind::Loop { header: Some(header), .. } if self.in_value(header) => seen.obeyed = true,
                StmtKind::Switch { subject, .. } if self.in_value(subject) => seen.obeyed = true,
                StmtKind::Raise(Some(value)) if self.in_value(value) => seen.obeyed = true,
                StmtKind::Return(Some(value)) if self.in_value(value) => seen.returned = true,
                // `assert allowed`, `yield allowed`.
                StmtKind::Other(values) if values.iter().any(|v| self.in_value(v)) => seen.obeyed = true,
                StmtKind::Assign { value, .. } => self.look_at(value, seen),
                StmtKind::Expr(value) | StmtKind::Defer(value) => self.look_at(value, seen),
                _ => {}
            }
            for block in blocks_of(stmt) {
                self.look(block, seen);
            }
        }
    }

    /// A decision inside an expression: a choice obeys it, a call may.
    fn look_at(&self, value: &Value, seen: &mut Seen) {
        match value.as_expr() {
            Some(Expr::Choice { condition, options }) => {
                let by = condition.iter().any(|c| self.in_value(c));
                let first = condition.is_none() && options.first().is_some_and(|o| self.in_value(o));
                seen.obeyed |= by || first && options.iter().skip(1).any(|o| o.as_call().is_some());
            }
            Some(Expr::Operation(op, parts)) if matches!(&**op, "and" | "&&" | "or" | "||") => {
                let (last, before) = match parts.split_last() {
                    Some(split) => split,
                    None => return,
                };
                seen.obeyed |= before.iter().any(|p| self.in_value(p)) && last.as_call().is_some();
            }
            Some(Expr::Operation(op, parts)) if &**op == "yield" => {
                seen.returned |= parts.iter().any(|p| self.in_value(p));
            }
            Some(Expr::Call(call)) => {
                if call.args.iter().any(|a| self.in_value(&a.value)) && !is_log(call) && !converts(call) {
                    seen.passed = true;
                }
                // `ask().then(allowed => …)`: the function looks at it.
                let chained = call.args.iter().any(|a| matches!(a.value.as_expr(), Some(Expr::Function(_))));
                if chained && self.in_value(&call.callee) && call.method() != Some("catch") {
                    seen.passed = true;
                }
            }
            _ => {}
        }
        if !matches!(value.as_expr(), Some(Expr::Function(_))) {
            parts_of(value).into_iter().for_each(|part| self.look_at(part, seen));
        }
    }
}

#[derive(Default)]
struct Seen {
    obeyed: bool,
    returned: bool,
    passed: bool,
}

fn mentions(body: &[Stmt], is: &dyn Fn(&Value) -> bool) -> bool {
    fn inside(value: &Value, is: &dyn Fn(&Value) -> bool) -> bool {
        is(value) || parts_of(value).into_iter().any(|part| inside(part, is))
    }
    body.iter().any(|stmt| {
        values_of(stmt).into_iter().any(|v| inside(v, is)) || blocks_of(stmt).into_iter().any(|b| mentions(b, is))
    })
}

/// Whether a block does more than write to a log.
pub(super) fn acts(block: &[Stmt]) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::Expr(value) => !says_only(value),
        StmtKind::Other(values) => values.iter().any(|value| !says_only(value)),
        StmtKind::If { then, otherwise, .. } => acts(then) || acts(otherwise),
        _ => true,
    })
}

/// A log call, or a value that does nothing (`pass`, `...`, a text).
fn says_only(value: &Value) -> bool {
    match value.as_expr() {
        Some(Expr::Call(call)) => is_log(call),
        Some(Expr::Operation(op, parts)) if &**op == "await" => parts.iter().all(says_only),
        Some(Expr::Reference(path)) => matches!(&**path, "pass" | "..."),
        Some(_) => false,
        None => true,
    }
}

/// Whether a call only writes to a log, a trace or a counter.
pub(super) fn is_log(call: &Call) -> bool {
    let Some(method) = call.method() else { return false };
    let path = call.path().unwrap_or(method);
    if matches!(
        path,
        "print" | "println" | "pprint" | "fmt.Println" | "fmt.Printf" | "log.Println" | "log.Printf" | "log.Print"
    ) {
        return true;
    }
    let receiver = path.rsplit_once('.').map_or("", |(receiver, _)| receiver);
    let last = receiver.rsplit('.').next().unwrap_or("").trim_start_matches('_').to_ascii_lowercase();
    // What watches a program is written to and decides nothing.
    let watches = ["audit", "span", "metrics", "statsd", "telemetry", "tracer"];
    vocabulary::is_logger(receiver)
        || watches.iter().any(|word| last.ends_with(word))
        || matches!(
            method,
            "raise_for_status" | "print" | "inc" | "increment" | "record" | "add_event" | "set_attribute"
        )
}

/// Calls that give back what they are given, in another form.
fn converts(call: &Call) -> bool {
    matches!(
        call.method(),
        Some(
            "bool"
                | "Boolean"
                | "str"
                | "dict"
                | "list"
                | "json"
                | "loads"
                | "dumps"
                | "parse"
                | "stringify"
                | "get"
                | "getattr"
                | "asdict"
                | "all"
                | "any"
                | "send"
                | "gather"
                | "to_thread"
                | "wait_for"
                | "resolve"
                | "run"
                | "len"
        )
    )
}

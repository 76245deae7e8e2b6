//! Control flow over the statements of one function: on which exits is a credential still open?
//!
//! A state is a set: not issued, open, revoked. Every call may raise, unless it only logs or converts;
//! `finally`, context managers and registered callbacks run on every way out.

use crate::extract::carries::Carriers;
use crate::parse::Value;
use crate::parse::code::ast::{Stmt, StmtKind};
use crate::parse::code::query::{parts_of, values_of};
use crate::parse::value::Expr;
use crate::span::Span;

/// Statements that one analysis may visit; loops and `finally` repeat some.
const MAX_VISITS: usize = 20_000;

/// A set of states.
type States = u8;
const NOT_ISSUED: States = 1;
const OPEN: States = 2;
const REVOKED: States = 4;

/// What the function does, as calls: where it is issued, revoked, or its revocation registered.
pub(super) struct Subject<'s> {
    pub(super) issue: Span,
    pub(super) revokes: &'s [Span],
    pub(super) carriers: &'s Carriers,
    /// Whether a call may leave the function by an exception.
    pub(super) raises: bool,
}

/// A way out of the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exit {
    pub(super) at: Span,
    pub(super) states: States,
    pub(super) how: How,
}

/// How a way leads out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// The last statement, or a `return` of something else.
    End,
    /// A `return` of what was issued.
    Returns,
    /// An exception: raised here, or by a call.
    Raises,
}

impl Exit {
    pub(super) fn is_open(&self) -> bool {
        self.states & OPEN != 0
    }
}

/// What the analysis found.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) exits: Vec<Exit>,
    /// The value is yielded to a caller.
    pub(super) yields: bool,
    /// The budget ended it.
    pub(super) exhausted: bool,
}

/// Runs the analysis over a function's or module's statements.
pub(super) fn analyse(body: &[Stmt], subject: &Subject<'_>) -> Outcome {
    let mut flow = Flow { subject, visits: 0, yields: false, just_issued: false };
    let out = flow.block(body, NOT_ISSUED);
    let end = body.last().map_or_else(Span::default, |s| Span { start: s.span.end.saturating_sub(1), end: s.span.end });
    let last = Exit { at: end, states: out.next, how: How::End };
    let mut exits: Vec<Exit> = out.exits;
    if out.next != 0 {
        exits.push(last);
    }
    exits.retain(|e| e.states & (OPEN | REVOKED) != 0);
    Outcome { exits, yields: flow.yields, exhausted: flow.visits > MAX_VISITS }
}

struct Flow<'s> {
    subject: &'s Subject<'s>,
    visits: usize,
    yields: bool,
    /// The statement before this one issued: an error that is asked for now is its error.
    just_issued: bool,
}

/// Where a block leads: on to the next statement, out of a loop, out of the function.
#[derive(Debug, Default)]
struct Way {
    next: States,
    jumps: States,
    exits: Vec<Exit>,
}

impl Way {
    fn on(next: States) -> Self {
        Self { next, ..Self::default() }
    }

    fn leave(&mut self, exit: Exit) {
        // One exit for each place and manner is enough; a hostile file makes no list of them.
        match self.exits.iter_mut().find(|e| e.at == exit.at && e.how == exit.how) {
            Some(known) => known.states |= exit.states,
            None if exit.states != 0 => self.exits.push(exit),
            None => {}
        }
    }

    fn merge(&mut self, other: Way) {
        self.next |= other.next;
        self.jumps |= other.jumps;
        other.exits.into_iter().for_each(|e| self.leave(e));
    }

    fn raised(&self) -> States {
        self.exits.iter().filter(|e| e.how == How::Raises).fold(0, |all, e| all | e.states)
    }
}

/// What the calls of one statement do.
#[derive(Debug, Default)]
struct Effects {
    issues: bool,
    revokes: bool,
    /// The first call that may raise.
    risky: Option<Span>,
}

impl Flow<'_> {
    fn block(&mut self, body: &[Stmt], from: States) -> Way {
        let mut way = Way::on(from);
        for stmt in body {
            self.visits += 1;
            if way.next == 0 || self.visits > MAX_VISITS {
                break;
            }
            let step = self.stmt(stmt, way.next);
            way.next = 0;
            way.merge(step);
            self.just_issued = values_of(stmt).into_iter().any(|v| v.span.contains(self.subject.issue));
        }
        way
    }

    fn stmt(&mut self, stmt: &Stmt, from: States) -> Way {
        if matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) {
            return Way::on(from);
        }
        let mut way = self.evaluate(stmt, from);
        let state = way.next;
        match &stmt.kind {
            StmtKind::Return(value) => {
                let gives = value.as_ref().is_some_and(|v| self.subject.carriers.carries(v));
                way.leave(Exit { at: stmt.span, states: state, how: if gives { How::Returns } else { How::End } });
                way.next = 0;
            }
            StmtKind::Raise(_) => {
                way.leave(Exit { at: stmt.span, states: state, how: How::Raises });
                way.next = 0;
            }
            StmtKind::Defer(deferred) if self.mentions_revocation(deferred) => way.next = closed(state),
            StmtKind::Jump => {
                way.jumps |= state;
                way.next = 0;
            }
            StmtKind::If { condition, then, otherwise } => {
                let (held, not) = self.refine(condition, state);
                way.next = 0;
                way.merge(self.block(then, held));
                way.merge(self.block(otherwise, not));
            }
            StmtKind::Loop { header, body, .. } => self.repeat(header.as_ref(), body, state, &mut way),
            StmtKind::Switch { cases, .. } => {
                for case in cases {
                    let branch = self.block(case, state);
                    way.merge(branch);
                }
                way.next |= way.jumps;
            }
            StmtKind::Try { body, handlers, finally } => {
                way.next = 0;
                way.merge(self.attempt(body, handlers, finally, state));
            }
            StmtKind::With { items, body } => {
                way.next = 0;
                way.merge(self.with(items, body, state));
            }
            _ => {}
        }
        way
    }

    /// Evaluates the values that stand directly in a statement.
    fn evaluate(&mut self, stmt: &Stmt, from: States) -> Way {
        let mut effects = Effects::default();
        for value in values_of(stmt) {
            self.effects(value, &mut effects);
        }
        let mut way = Way::on(from);
        if let Some(at) = effects.risky.filter(|_| self.subject.raises) {
            way.leave(Exit { at, states: from, how: How::Raises });
        }
        if effects.issues {
            way.leave(Exit { at: self.subject.issue, states: from & NOT_ISSUED, how: How::Raises });
            way.next = OPEN;
        }
        if effects.revokes {
            way.next = closed(way.next);
        }
        way
    }

    fn effects(&mut self, value: &Value, effects: &mut Effects) {
        match value.as_expr() {
            Some(Expr::Call(call)) => {
                if value.span == self.subject.issue {
                    effects.issues = true;
                } else if self.subject.revokes.contains(&value.span) {
                    // What its arguments are made of is part of the revocation.
                    effects.revokes = true;
                    return;
                } else if registers(call.method()) && parts_of(value).into_iter().any(|v| self.mentions_revocation(v)) {
                    effects.revokes = true;
                    return;
                } else if !value.span.contains(self.subject.issue)
                    && !self.mentions_revocation(value)
                    && !harmless(call.method(), call.path())
                {
                    effects.risky.get_or_insert(value.span);
                }
            }
            Some(Expr::Operation(op, operands)) if &**op == "yield" => {
                effects.risky.get_or_insert(value.span);
                self.yields |= operands.iter().any(|o| self.subject.carriers.carries(o));
            }
            Some(Expr::Function(_)) => return,
            _ => {}
        }
        for part in parts_of(value) {
            self.effects(part, effects);
        }
    }

    /// Whether a callback revokes: a lambda around a revoking call, or the revoking function itself.
    fn mentions_revocation(&self, value: &Value) -> bool {
        self.subject.revokes.iter().any(|revoke| value.span.contains(*revoke))
    }

    /// `if token:` splits the states: without a token nothing was issued.
    fn refine(&self, condition: &Value, state: States) -> (States, States) {
        match self.asks_for(condition) {
            Some(true) => (state, state & !OPEN),
            Some(false) => (state & !OPEN, state),
            None => (state, state),
        }
    }

    /// Whether the condition asks that the value is there (true) or absent (false).
    fn asks_for(&self, condition: &Value) -> Option<bool> {
        match condition.as_expr()? {
            Expr::Reference(path) if is_error(path) => self.just_issued.then_some(false),
            Expr::Reference(path) => self.subject.carriers.holds(path).then_some(true),
            Expr::Operation(op, operands) => {
                let first = operands.first()?;
                let null = operands.get(1).is_some_and(|v| matches!(v.node, crate::parse::value::Node::Null));
                match &**op {
                    "not" => self.asks_for(first).map(|asks| !asks),
                    "is not" | "!=" if null => self.asks_for(first),
                    "is" | "==" if null => self.asks_for(first).map(|asks| !asks),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn repeat(&mut self, header: Option<&Value>, body: &[Stmt], state: States, way: &mut Way) {
        let mut inside = state;
        let mut round = Way::default();
        for _ in 0..2 {
            round = self.block(body, inside);
            inside |= round.next;
        }
        let endless = header.is_some_and(|h| h.as_bool() == Some(true));
        // A loop over what was issued runs for each of it.
        let each = header.is_some_and(|h| self.subject.carriers.carries(h));
        let skipped = if endless || each { 0 } else { state };
        let empty = if each { state & (NOT_ISSUED | REVOKED) } else { 0 };
        way.next = skipped | empty | round.jumps | if endless { 0 } else { round.next };
        round.exits.into_iter().for_each(|e| way.leave(e));
    }

    fn attempt(&mut self, body: &[Stmt], handlers: &[Vec<Stmt>], finally: &[Stmt], state: States) -> Way {
        let mut way = self.block(body, state);
        if !handlers.is_empty() {
            let raised = way.raised();
            way.exits.retain(|e| e.how != How::Raises);
            if raised != 0 {
                for handler in handlers {
                    let handled = self.block(handler, raised);
                    way.merge(handled);
                }
            }
        }
        if finally.is_empty() { way } else { self.finish(way, |flow, state| flow.block(finally, state)) }
    }

    /// Sends every way out of `way` through `last`.
    fn finish(&mut self, way: Way, mut last: impl FnMut(&mut Self, States) -> Way) -> Way {
        let mut out = Way::default();
        if way.next != 0 {
            out.merge(last(self, way.next));
        }
        if way.jumps != 0 {
            let through = last(self, way.jumps);
            out.jumps |= through.next;
            through.exits.into_iter().for_each(|e| out.leave(e));
        }
        for exit in way.exits {
            let through = last(self, exit.states);
            out.leave(Exit { states: through.next, ..exit });
            through.exits.into_iter().for_each(|e| out.leave(e));
        }
        out
    }

    fn with(&mut self, items: &[(Value, Option<Value>)], body: &[Stmt], state: States) -> Way {
        // A context manager whose call is known to revoke does so on every way out.
        let manages = |(opened, _): &(Value, Option<Value>)| self.subject.revokes.contains(&opened.span);
        let swallows = items.iter().any(|(opened, _)| opened.as_call().and_then(|c| c.method()) == Some("suppress"));
        let managed = items.iter().any(manages);
        // Entering such a manager is no revocation yet.
        let inside = if managed && state & REVOKED != 0 { state & !REVOKED | OPEN } else { state };
        let mut way = self.block(body, inside);
        if managed {
            way = self.finish(way, |_, state| Way::on(closed(state)));
        }
        if swallows {
            way.next |= way.raised();
            way.exits.retain(|e| e.how != How::Raises);
        }
        way
    }
}

/// Go's error beside the value: there is one, or there is the value.
fn is_error(path: &str) -> bool {
    path == "err" || path.ends_with("Err") || path == "error"
}

/// The states after a revocation.
fn closed(states: States) -> States {
    states & NOT_ISSUED | if states & (OPEN | REVOKED) != 0 { REVOKED } else { 0 }
}

/// Functions that run what they are given when something ends.
fn registers(method: Option<&str>) -> bool {
    matches!(
        method,
        Some(
            "callback"
                | "push_async_callback"
                | "register"
                | "addCleanup"
                | "add_cleanup"
                | "addAsyncCleanup"
                | "finally"
                | "defer"
                | "on_exit"
                | "add_finalizer"
                | "addfinalizer"
                | "finalize"
                | "on"
                | "once"
                | "push_async_exit"
        )
    )
}

/// Calls that are not expected to raise.
fn harmless(method: Option<&str>, path: Option<&str>) -> bool {
    let Some(method) = method else { return false };
    let logs = path.is_some_and(|p| {
        let root = p.split('.').next().unwrap_or(p);
        p.contains('.') && (root.contains("log") || root == "console") || p.contains(".logger.") || p.contains(".log.")
    });
    logs || matches!(
        method,
        "print"
            | "str"
            | "len"
            | "bool"
            | "isinstance"
            | "dict"
            | "list"
            | "set"
            | "tuple"
            | "append"
            | "get"
            | "time"
            | "now"
            | "utcnow"
            | "getattr"
            | "hasattr"
            | "super"
            | "ExitStack"
            | "AsyncExitStack"
            | "suppress"
            | "String"
            | "Boolean"
            | "push"
    )
}

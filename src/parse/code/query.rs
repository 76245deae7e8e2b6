//! Questions that every reader of code asks.

use super::ast::{Stmt, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// The values that stand directly in a statement, in source order; those of its blocks are left out.
#[must_use]
pub fn values_of(stmt: &Stmt) -> Vec<&Value> {
    match &stmt.kind {
        StmtKind::Function(f) => {
            f.decorators.iter().chain(f.params.iter().filter_map(|p| p.default.as_ref())).collect()
        }
        StmtKind::Class(c) => c.decorators.iter().chain(&c.bases).collect(),
        StmtKind::Assign { targets, value, .. } => targets.iter().chain([value]).collect(),
        StmtKind::Expr(value) | StmtKind::Defer(value) => vec![value],
        StmtKind::Return(value) | StmtKind::Raise(value) => value.iter().collect(),
        StmtKind::If { condition, .. } => vec![condition],
        StmtKind::Loop { target, header, .. } => target.iter().chain(header).collect(),
        StmtKind::With { items, .. } => items.iter().flat_map(|(v, name)| std::iter::once(v).chain(name)).collect(),
        StmtKind::Switch { subject, .. } => vec![subject],
        StmtKind::Other(kept) => kept.iter().collect(),
        StmtKind::Try { .. } | StmtKind::Jump => Vec::new(),
    }
}

/// What a statement binds: each target with the value that it is bound to, or that it is taken out of.
#[must_use]
pub fn bindings_of(stmt: &Stmt) -> Vec<(&Value, &Value)> {
    match &stmt.kind {
        StmtKind::Assign { targets, value, .. } => targets.iter().map(|target| (target, value)).collect(),
        StmtKind::With { items, .. } => {
            items.iter().filter_map(|(opened, name)| Some((name.as_ref()?, opened))).collect()
        }
        StmtKind::Loop { target: Some(target), header: Some(header), .. } => vec![(target, header)],
        _ => Vec::new(),
    }
}

/// The blocks of a statement, in source order.
#[must_use]
pub fn blocks_of(stmt: &Stmt) -> Vec<&[Stmt]> {
    match &stmt.kind {
        StmtKind::Function(f) => vec![&f.body],
        StmtKind::Class(c) => vec![&c.body],
        StmtKind::If { then, otherwise, .. } => vec![then, otherwise],
        StmtKind::Loop { body, .. } | StmtKind::With { body, .. } => vec![body],
        StmtKind::Try { body, handlers, finally } => {
            std::iter::once(body).chain(handlers).chain([finally]).map(Vec::as_slice).collect()
        }
        StmtKind::Switch { cases, .. } => cases.iter().map(Vec::as_slice).collect(),
        _ => Vec::new(),
    }
}

/// Whether a loop of `body` goes around `at`; one of a function or class inside is not of this body.
#[must_use]
pub fn is_looped(body: &[Stmt], at: Span) -> bool {
    body.iter().filter(|stmt| stmt.span.contains(at)).any(|stmt| match &stmt.kind {
        StmtKind::Loop { .. } => true,
        StmtKind::Function(_) | StmtKind::Class(_) => false,
        _ => blocks_of(stmt).into_iter().any(|block| is_looped(block, at)),
    })
}

/// The values directly inside a value; a function's statements are left out.
#[must_use]
pub fn parts_of(value: &Value) -> Vec<&Value> {
    match &value.node {
        Node::List(items) => items.iter().collect(),
        Node::Map(entries) => entries.iter().map(|e| &e.value).collect(),
        Node::Expr(expr) => match &**expr {
            Expr::Call(call) => std::iter::once(&call.callee).chain(call.args.iter().map(|a| &a.value)).collect(),
            Expr::Index(base, index) => vec![base, index],
            Expr::Template(parts) | Expr::Operation(_, parts) => parts.iter().collect(),
            Expr::Choice { condition, options } => condition.iter().chain(options).collect(),
            Expr::Function(f) => {
                f.decorators.iter().chain(f.params.iter().filter_map(|p| p.default.as_ref())).collect()
            }
            Expr::Spread(inner) => vec![inner],
            Expr::Reference(_) | Expr::Alias(_) => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Shows a value and everything inside; a function's statements are left out.
pub fn each_part<'v>(value: &'v Value, see: &mut impl FnMut(&'v Value)) {
    see(value);
    parts_of(value).into_iter().for_each(|part| each_part(part, see));
}

//! One walk over the statements and values of a module, shared by all who look for something in it.

use super::names::At;
use crate::parse::code::ast::{Call, Class, Function, Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, values_of};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// What a visitor is shown. Functions and classes say under which index their insides are shown.
pub(super) trait Visit<'m> {
    /// A named function, before its body.
    fn function(&mut self, _function: &'m Function, _stmt: Span, _at: At) -> Option<usize> {
        None
    }
    /// A class, before its body.
    fn class(&mut self, _class: &'m Class, _stmt: Span, _at: At) -> Option<usize> {
        None
    }
    /// An assignment; `field` when it stands directly in a class body.
    fn assign(&mut self, _t: &'m [Value], _v: &'m Value, _a: Option<&'m str>, _stmt: Span, _at: At, _field: bool) {}
    /// `with value as name`.
    fn opened(&mut self, _value: &'m Value, _name: &'m Value, _stmt: Span, _at: At) {}
    /// A call anywhere, outer before inner, with the statement it stands in.
    fn call(&mut self, _call: &'m Call, _span: Span, _stmt: &'m Stmt, _at: At) {}
}

/// Walks `body`.
pub(super) fn statements<'m>(body: &'m [Stmt], at: At, visit: &mut impl Visit<'m>) {
    for stmt in body {
        statement(stmt, at, false, visit);
    }
}

fn statement<'m>(stmt: &'m Stmt, at: At, field: bool, visit: &mut impl Visit<'m>) {
    match &stmt.kind {
        StmtKind::Function(function) => {
            let index = visit.function(function, stmt.span, at);
            for decorator in &function.decorators {
                value(decorator, stmt, at, visit);
            }
            for default in function.params.iter().filter_map(|p| p.default.as_ref()) {
                value(default, stmt, at, visit);
            }
            statements(&function.body, At { function: index.or(at.function), class: at.class }, visit);
            return;
        }
        StmtKind::Class(class) => {
            let index = visit.class(class, stmt.span, at);
            for one in class.decorators.iter().chain(&class.bases) {
                value(one, stmt, at, visit);
            }
            let inside = At { function: None, class: index.or(at.class) };
            for inner in &class.body {
                statement(inner, inside, true, visit);
            }
            return;
        }
        StmtKind::Assign { targets, value: assigned, annotation } => {
            visit.assign(targets, assigned, annotation.as_deref(), stmt.span, at, field);
        }
        StmtKind::With { items, .. } => {
            for (opened, name) in items {
                if let Some(name) = name {
                    visit.opened(opened, name, stmt.span, at);
                }
            }
        }
        _ => {}
    }
    for one in values(stmt) {
        value(one, stmt, at, visit);
    }
    for block in blocks(stmt) {
        statements(block, at, visit);
    }
}

/// The values that stand directly in a statement, without the names that loops and `with` bind.
pub(super) fn values(stmt: &Stmt) -> Vec<&Value> {
    match &stmt.kind {
        StmtKind::Function(_) | StmtKind::Class(_) => Vec::new(),
        StmtKind::Loop { header, .. } => header.iter().collect(),
        StmtKind::With { items, .. } => items.iter().map(|(v, _)| v).collect(),
        _ => values_of(stmt),
    }
}

/// The blocks of a statement, those of functions and classes left out.
pub(super) fn blocks(stmt: &Stmt) -> Vec<&[Stmt]> {
    match &stmt.kind {
        StmtKind::Function(_) | StmtKind::Class(_) => Vec::new(),
        _ => blocks_of(stmt),
    }
}

fn value<'m>(one: &'m Value, stmt: &'m Stmt, at: At, visit: &mut impl Visit<'m>) {
    if let Some(Expr::Call(call)) = one.as_expr() {
        visit.call(call, one.span, stmt, at);
    }
    parts(one, &mut |part| value(part, stmt, at, visit));
    if let Some(Expr::Function(function)) = one.as_expr() {
        for default in function.params.iter().filter_map(|p| p.default.as_ref()) {
            value(default, stmt, at, visit);
        }
        let index = visit.function(function, stmt.span, at);
        statements(&function.body, At { function: index.or(at.function), class: at.class }, visit);
    }
}

/// Shows the values directly inside a value; the bodies of functions left out.
fn parts<'m>(value: &'m Value, see: &mut impl FnMut(&'m Value)) {
    match &value.node {
        Node::List(items) => items.iter().for_each(see),
        Node::Map(entries) => entries.iter().for_each(|e| see(&e.value)),
        Node::Expr(expr) => match &**expr {
            Expr::Call(call) => {
                see(&call.callee);
                call.args.iter().for_each(|a| see(&a.value));
            }
            Expr::Index(base, index) => {
                see(base);
                see(index);
            }
            Expr::Template(parts) | Expr::Operation(_, parts) => parts.iter().for_each(see),
            Expr::Choice { condition, options } => condition.iter().chain(options).for_each(see),
            Expr::Spread(inner) => see(inner),
            Expr::Reference(_) | Expr::Function(_) | Expr::Alias(_) => {}
        },
        _ => {}
    }
}

/// Shows every value inside `value`, itself first, function bodies left out.
pub(super) fn each<'m>(value: &'m Value, see: &mut impl FnMut(&'m Value)) {
    see(value);
    parts(value, &mut |part| each(part, see));
}

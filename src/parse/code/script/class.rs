//! TypeScript and JavaScript: classes and enumerations.

use tree_sitter::Node as Tree;

use super::expression::{arguments, function, value};
use super::{block, type_text};
use crate::parse::code::ast::{Call, Class, Function, Stmt, StmtKind};
use crate::parse::code::lowering::{Child, Lowering, expression, undeclared};
use crate::parse::value::{Expr, Value};

/// A class as a statement; one without a name takes that of its place.
pub(super) fn class<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let name = l.field(node, "name");
    let mut bases = Vec::new();
    for child in l.children(node) {
        if child.node.kind() == "class_heritage" {
            heritage(l, child.node, &mut bases);
        }
    }
    let decorators = decorators(l, node);
    let body = l.field(node, "body").map_or_else(Vec::new, |b| members(l, b));
    let name_span = l.span(name.unwrap_or(node));
    let class = Class { name: name.map_or("", |n| l.text(n)).into(), name_span, bases, decorators, body };
    Some(l.stmt(node, StmtKind::Class(class)))
}

pub(super) fn decorators<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Value> {
    let mut found = Vec::new();
    for child in l.children(node) {
        if child.node.kind() == "decorator" {
            let inner = l.only(child.node);
            found.extend(inner.map(|n| value(l, n)));
        }
    }
    found
}

fn heritage<'t>(l: &mut Lowering<'t>, node: Tree<'t>, bases: &mut Vec<Value>) {
    for Child { node, field } in l.children(node) {
        match node.kind() {
            "extends_clause" => heritage(l, node, bases),
            "implements_clause" => {
                for child in l.children(node) {
                    let name = l.field(child.node, "name").unwrap_or(child.node);
                    bases.push(l.reference(name));
                }
            }
            _ if field != "type_arguments" => bases.push(value(l, node)),
            _ => {}
        }
    }
}

fn members<'t>(l: &mut Lowering<'t>, body: Tree<'t>) -> Vec<Stmt> {
    let mut out = Vec::new();
    // Decorators of a method stand before it as siblings.
    let mut pending = Vec::new();
    for Child { node, .. } in l.children(body) {
        match node.kind() {
            "decorator" => {
                let inner = l.only(node);
                pending.extend(inner.map(|n| value(l, n)));
            }
            "method_definition" => {
                let mut method = function(l, node, "");
                method.decorators = std::mem::take(&mut pending);
                out.push(l.stmt(node, StmtKind::Function(method)));
            }
            "public_field_definition" | "field_definition" => out.extend(field(l, node)),
            "class_static_block" => out.extend(l.field(node, "body").map(|b| block(l, b)).unwrap_or_default()),
            _ => {}
        }
    }
    out
}

fn field<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let name = l.field(node, "name").or_else(|| l.field(node, "property"))?;
    let target = l.reference(name);
    let annotation = l.field(node, "type").map(|t| type_text(l, t));
    let given = match l.field(node, "value") {
        Some(given) => super::named(l, given, std::slice::from_ref(&target)),
        None => undeclared(node.end_byte()),
    };
    Some(l.stmt(node, StmtKind::Assign { targets: vec![target], value: given, annotation }))
}

/// An enumeration is a class whose fields have values.
pub(super) fn enumeration<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let (name, body) = (l.field(node, "name")?, l.field(node, "body")?);
    let mut fields = Vec::new();
    for Child { node, .. } in l.children(body) {
        let (Some(key), Some(given)) = (l.field(node, "name"), l.field(node, "value")) else { continue };
        let targets = vec![l.reference(key)];
        let value = value(l, given);
        fields.push(l.stmt(node, StmtKind::Assign { targets, value, annotation: None }));
    }
    let class = Class {
        name: l.text(name).into(),
        name_span: l.span(name),
        bases: Vec::new(),
        decorators: Vec::new(),
        body: fields,
    };
    Some(l.stmt(node, StmtKind::Class(class)))
}

/// `new X(…)` is a call of `X`.
pub(super) fn construction<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let Some(constructor) = l.field(node, "constructor") else { return l.unsupported(node) };
    let callee = value(l, constructor);
    let list = l.field(node, "arguments");
    let args = list.map_or_else(Vec::new, |a| arguments(l, a));
    let args_span = list.map_or_else(|| l.span(node), |a| l.span(a));
    expression(l.span(node), Expr::Call(Call { callee, args, args_span }))
}

/// A class used as a value: a function of its name whose statements are the class's members.
pub(super) fn as_value<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let span = l.span(node);
    let Some(Stmt { kind: StmtKind::Class(class), .. }) = class(l, node) else { return l.unsupported(node) };
    let Class { name, name_span, decorators, body, .. } = class;
    let function = Function { name, name_span, span, params: Vec::new(), decorators, body, doc: None };
    expression(span, Expr::Function(function))
}

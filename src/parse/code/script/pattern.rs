//! TypeScript and JavaScript: what is assigned to, and parameters.

use tree_sitter::Node as Tree;

use super::expression::{key, value};
use super::type_text;
use crate::parse::code::ast::Param;
use crate::parse::code::lowering::{Child, Lowering, entry, expression};
use crate::parse::value::{Entry, Expr, Node, Value};

/// A target: a reference, or lists and maps of them. Defaults inside a pattern are left out.
pub(super) fn pattern<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    l.deeper(node, |l| match node.kind() {
        "object_pattern" => {
            let mut entries = Vec::new();
            for child in l.children(node) {
                entries.extend(member(l, child.node));
            }
            Value::new(l.span(node), Node::Map(entries))
        }
        "array_pattern" => {
            let mut items = Vec::new();
            for child in l.children(node) {
                items.push(pattern(l, child.node));
            }
            Value::new(l.span(node), Node::List(items))
        }
        "rest_pattern" => match l.only(node) {
            Some(inner) => {
                let inner = pattern(l, inner);
                expression(l.span(node), Expr::Spread(inner))
            }
            None => l.unsupported(node),
        },
        "assignment_pattern" | "object_assignment_pattern" => match l.field(node, "left") {
            Some(left) => pattern(l, left),
            None => l.unsupported(node),
        },
        "shorthand_property_identifier_pattern" => l.reference(node),
        _ => value(l, node),
    })
}

fn member<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Entry> {
    match node.kind() {
        "pair_pattern" => {
            let (name, bound) = (l.field(node, "key")?, l.field(node, "value")?);
            let (name, span) = key(l, name);
            Some(entry(&name, span, pattern(l, bound)))
        }
        "rest_pattern" => {
            let rest = pattern(l, node);
            Some(entry("...", rest.span, rest))
        }
        "shorthand_property_identifier_pattern" | "object_assignment_pattern" => {
            let bound = pattern(l, node);
            let name = bound.as_reference()?.to_owned();
            Some(entry(&name, bound.span, bound))
        }
        _ => None,
    }
}

/// The parameters of a function.
pub(super) fn params<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Param> {
    let mut found = Vec::new();
    for Child { node, .. } in l.children(node) {
        let binder = l.field(node, "pattern").or_else(|| l.field(node, "left")).unwrap_or(node);
        if node.kind() == "decorator" || binder.kind() == "this" {
            continue;
        }
        let annotation = l.field(node, "type").map(|t| type_text(l, t));
        let default = l.field(node, "value").or_else(|| l.field(node, "right")).map(|v| value(l, v));
        let mut names = Vec::new();
        if matches!(binder.kind(), "object_pattern" | "array_pattern") {
            bound(&pattern(l, binder), &mut names);
        }
        found.push(Param { name: l.text(binder).into(), annotation, default, pattern: names });
    }
    found
}

fn bound(pattern: &Value, names: &mut Vec<Box<str>>) {
    names.extend(pattern.as_reference().map(Into::into));
    pattern.items().iter().for_each(|v| bound(v, names));
    pattern.entries().iter().for_each(|e| bound(&e.value, names));
    if let Some(Expr::Spread(inner)) = pattern.as_expr() {
        bound(inner, names);
    }
}

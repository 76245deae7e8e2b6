//! Go: expressions.

use tree_sitter::Node as Tree;

use super::{function, one};
use crate::parse::code::ast::Arg;
use crate::parse::code::literal;
use crate::parse::code::lowering::{Child, Lowering, choice, entry, expression, operation};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// Lowers one expression.
pub(super) fn value<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    l.deeper(node, |l| lower(l, node))
}

pub(super) fn values<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Value> {
    l.children(node).into_iter().filter(|c| c.node.is_named()).map(|c| value(l, c.node)).collect()
}

fn lower<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let span = l.span(node);
    match node.kind() {
        "identifier" | "field_identifier" | "package_identifier" | "type_identifier" | "qualified_type"
        | "blank_identifier" | "dot" | "iota" => l.reference(node),
        "interpreted_string_literal" | "raw_string_literal" | "rune_literal" => string(l, node),
        "int_literal" | "float_literal" | "imaginary_literal" => Value::new(span, Node::Number(l.text(node).into())),
        "true" => Value::new(span, Node::Bool(true)),
        "false" => Value::new(span, Node::Bool(false)),
        "nil" => Value::new(span, Node::Null),
        "selector_expression" => selector(l, node),
        "call_expression" => call(l, node),
        "composite_literal" => composite(l, node),
        "literal_value" => untyped(l, node),
        "literal_element" | "parenthesized_expression" => transparent(l, node),
        "type_assertion_expression" | "type_conversion_expression" | "slice_expression" => {
            match l.field(node, "operand") {
                Some(inner) => value(l, inner),
                None => l.unsupported(node),
            }
        }
        "index_expression" => match (l.field(node, "operand"), l.field(node, "index")) {
            (Some(base), Some(index)) => {
                let base = value(l, base);
                let index = value(l, index);
                expression(span, Expr::Index(base, index))
            }
            _ => l.unsupported(node),
        },
        "unary_expression" => unary(l, node),
        "binary_expression" => binary(l, node),
        "func_literal" => {
            let function = function(l, node);
            expression(span, Expr::Function(function))
        }
        "variadic_argument" => {
            let inner = transparent(l, node);
            expression(span, Expr::Spread(inner))
        }
        "expression_list" => one(l, node),
        "ERROR" => operation(span, "error", values(l, node)),
        _ => l.unsupported(node),
    }
}

fn transparent<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    match l.only(node) {
        Some(inner) => value(l, inner),
        None => l.unsupported(node),
    }
}

fn string<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let start = node.start_byte() + 1;
    let inside = Span::new(start, node.end_byte().saturating_sub(1).max(start));
    let content = inside.text(l.source);
    match node.kind() != "raw_string_literal" && content.contains('\\') {
        true => literal::text(l.span(node), literal::unescape(content)),
        false => literal::text(inside, content),
    }
}

fn selector<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(operand), Some(field)) = (l.field(node, "operand"), l.field(node, "field")) else {
        return l.unsupported(node);
    };
    let base = value(l, operand);
    l.member(node, base, field)
}

fn call<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(callee), Some(list)) = (l.field(node, "function"), l.field(node, "arguments")) else {
        return l.unsupported(node);
    };
    let callee = value(l, callee);
    let args = values(l, list).into_iter().map(|value| Arg { name: None, value }).collect();
    let args_span = l.span(list);
    l.call(node, callee, args, args_span)
}

/// `T{A: 1}` is a call of `T` with named arguments; maps and slices are what they are.
fn composite<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(ty), Some(body)) = (l.field(node, "type"), l.field(node, "body")) else { return l.unsupported(node) };
    match ty.kind() {
        "map_type" => map(l, body),
        "slice_type" | "array_type" | "implicit_length_array_type" => {
            let items = elements(l, body).into_iter().map(|(_, value)| value).collect();
            Value::new(l.span(node), Node::List(items))
        }
        _ => {
            let callee = l.reference(l.field(ty, "type").filter(|_| ty.kind() == "generic_type").unwrap_or(ty));
            let mut args = Vec::new();
            for (key, value) in elements(l, body) {
                // A named map type has text for keys.
                let name = key.map(|k| l.text(k).trim_matches('"').into());
                args.push(Arg { name, value });
            }
            let args_span = l.span(body);
            l.call(node, callee, args, args_span)
        }
    }
}

/// A literal whose type stands outside: keyed elements make a map.
fn untyped<'t>(l: &mut Lowering<'t>, body: Tree<'t>) -> Value {
    let keyed = l.children(body).iter().any(|c| c.node.kind() == "keyed_element");
    if keyed {
        return map(l, body);
    }
    let items = elements(l, body).into_iter().map(|(_, value)| value).collect();
    Value::new(l.span(body), Node::List(items))
}

fn map<'t>(l: &mut Lowering<'t>, body: Tree<'t>) -> Value {
    let mut entries = Vec::new();
    for (key, given) in elements(l, body) {
        let Some(key) = key else { continue };
        let name = value(l, key);
        entries.push(match name.scalar() {
            Some(text) => entry(text, name.span, given),
            None => entry(l.text(key), l.span(key), given),
        });
    }
    Value::new(l.span(body), Node::Map(entries))
}

fn elements<'t>(l: &mut Lowering<'t>, body: Tree<'t>) -> Vec<(Option<Tree<'t>>, Value)> {
    let mut found = Vec::new();
    for Child { node, .. } in l.children(body) {
        match node.kind() {
            "keyed_element" => {
                let (Some(key), Some(given)) = (l.field(node, "key"), l.field(node, "value")) else { continue };
                let given = value(l, given);
                found.push((Some(key), given));
            }
            _ => {
                let given = value(l, node);
                found.push((None, given));
            }
        }
    }
    found
}

fn unary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(operator), Some(operand)) = (l.field(node, "operator"), l.field(node, "operand")) else {
        return l.unsupported(node);
    };
    let number = matches!(operand.kind(), "int_literal" | "float_literal");
    match l.text(operator) {
        // Pointers are followed by the reader as by the program.
        "&" | "*" => value(l, operand),
        "-" if number => Value::new(l.span(node), Node::Number(l.text(node).into())),
        operator => {
            let inner = value(l, operand);
            operation(l.span(node), if operator == "!" { "not" } else { operator }, vec![inner])
        }
    }
}

fn binary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let Some(operator) = l.field(node, "operator").map(|o| l.text(o)) else { return l.unsupported(node) };
    let operands = l.chain(node, "binary_expression", operator);
    let operands: Vec<Value> = operands.into_iter().map(|n| value(l, n)).collect();
    match operator {
        "+" => literal::sum(l.span(node), operands),
        "||" => choice(l.span(node), operands),
        "&&" => operation(l.span(node), "and", operands),
        _ => operation(l.span(node), operator, operands),
    }
}

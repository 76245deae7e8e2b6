//! Python: expressions.

use tree_sitter::Node as Tree;

use super::{between, params};
use crate::parse::code::ast::{Arg, Function, Stmt, StmtKind};
use crate::parse::code::literal;
use crate::parse::code::lowering::{Child, Lowering, choice, entry, expression, operation};
use crate::parse::value::{Entry, Expr, Node, Value};
use crate::span::Span;

/// Lowers one expression or pattern.
pub(super) fn value<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    l.deeper(node, |l| lower(l, node))
}

/// Lowers every child.
pub(super) fn values<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Value> {
    l.children(node).into_iter().filter(|c| c.node.is_named()).map(|c| element(l, c.node)).collect()
}

/// An element of a list or an argument. The grammar reads `*a.b()` as a call on `*a` where it stands alone.
fn element<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let lowered = value(l, node);
    let spread = matches!(node.kind(), "call" | "attribute" | "subscript") && l.text(node).starts_with('*');
    if spread { expression(lowered.span, Expr::Spread(lowered)) } else { lowered }
}

/// What a member, an index or arguments belong to; the star of `*a.b()` belongs to the whole.
fn owner<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    match node.kind() {
        "list_splat" | "list_splat_pattern" => transparent(l, node),
        _ => value(l, node),
    }
}

fn lower<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let span = l.span(node);
    match node.kind() {
        "identifier" | "dotted_name" => l.reference(node),
        "string" => string(l, node),
        "concatenated_string" => {
            let strings = values(l, node);
            literal::concatenated(span, strings)
        }
        "call" => call(l, node),
        "attribute" => attribute(l, node),
        "integer" | "float" => Value::new(span, Node::Number(l.text(node).into())),
        "true" => Value::new(span, Node::Bool(true)),
        "false" => Value::new(span, Node::Bool(false)),
        "none" => Value::new(span, Node::Null),
        "dictionary" => dictionary(l, node),
        "list" | "tuple" | "set" | "expression_list" | "pattern_list" | "list_pattern" | "tuple_pattern" => {
            let items = values(l, node);
            Value::new(span, Node::List(items))
        }
        "parenthesized_expression" | "await" | "type" | "parenthesized_list_splat" => transparent(l, node),
        "subscript" => subscript(l, node),
        "binary_operator" => binary(l, node),
        "boolean_operator" => boolean(l, node),
        "comparison_operator" => comparison(l, node),
        "not_operator" => operation(span, "not", values(l, node)),
        "unary_operator" => unary(l, node),
        "conditional_expression" => conditional(l, node),
        "lambda" => lambda(l, node),
        "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression" => {
            let parts = comprehension(l, node);
            operation(span, "for", parts)
        }
        "list_splat" | "dictionary_splat" | "list_splat_pattern" | "dictionary_splat_pattern" => {
            let inner = transparent(l, node);
            expression(span, Expr::Spread(inner))
        }
        "named_expression" => operation(span, ":=", values(l, node)),
        "yield" => operation(span, "yield", values(l, node)),
        "as_pattern" => transparent(l, node),
        "pair" => {
            let entries = pair(l, node);
            Value::new(span, Node::Map(entries.into_iter().collect()))
        }
        "slice" => operation(span, "slice", values(l, node)),
        "interpolation" => match l.field(node, "expression") {
            Some(inner) => value(l, inner),
            None => l.unsupported(node),
        },
        "assignment" | "augmented_assignment" => operation(span, "=", values(l, node)),
        "ERROR" => operation(span, "error", values(l, node)),
        _ => l.unsupported(node),
    }
}

/// What stands inside parentheses, `await` and the like.
fn transparent<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    match l.only(node) {
        Some(inner) => value(l, inner),
        None => l.unsupported(node),
    }
}

/// A string literal with its prefix and quotes.
pub(super) fn string<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let children = l.children(node);
    let span = l.span(node);
    let (Some(open), Some(close)) = (children.first(), children.last()) else { return l.unsupported(node) };
    let raw = l.text(open.node).bytes().any(|b| matches!(b, b'r' | b'R'));
    if children.iter().any(|c| c.node.kind() == "interpolation") {
        let parts = children.iter().filter_map(|c| part(l, c.node, raw)).collect();
        return literal::template(span, parts);
    }
    let inside = if close.node.kind() == "string_end" { between(open.node, close.node) } else { span };
    let content = inside.text(l.source);
    // In an f-string without interpolation `{{` still stands for one brace.
    let braces = l.text(open.node).bytes().any(|b| matches!(b, b'f' | b'F')) && content.contains("{{");
    match (raw || !content.contains('\\')) && !braces {
        true => literal::text(inside, content),
        false => literal::text(span, plain(content, raw, braces)),
    }
}

fn part<'t>(l: &mut Lowering<'t>, node: Tree<'t>, raw: bool) -> Option<Value> {
    match node.kind() {
        "string_content" => Some(literal::text(l.span(node), plain(l.text(node), raw, true))),
        "interpolation" => Some(value(l, node)),
        _ => None,
    }
}

fn plain(content: &str, raw: bool, braces: bool) -> String {
    let text = if raw { content.to_owned() } else { literal::unescape(content) };
    if braces { text.replace("{{", "{").replace("}}", "}") } else { text }
}

fn call<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(function), Some(list)) = (l.field(node, "function"), l.field(node, "arguments")) else {
        return l.unsupported(node);
    };
    let callee = owner(l, function);
    let args = match list.kind() {
        "generator_expression" => vec![Arg { name: None, value: value(l, list) }],
        _ => arguments(l, list),
    };
    let args_span = l.span(list);
    l.call(node, callee, args, args_span)
}

/// The arguments of a call, decorator or class.
pub(super) fn arguments<'t>(l: &mut Lowering<'t>, list: Tree<'t>) -> Vec<Arg> {
    let mut args = Vec::new();
    for Child { node, .. } in l.children(list) {
        let (name, given) = match node.kind() {
            "keyword_argument" => (l.field(node, "name"), l.field(node, "value")),
            _ => (None, Some(node)),
        };
        let Some(given) = given else { continue };
        args.push(Arg { name: name.map(|n| l.text(n).into()), value: element(l, given) });
    }
    args
}

fn attribute<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(object), Some(name)) = (l.field(node, "object"), l.field(node, "attribute")) else {
        return l.unsupported(node);
    };
    let base = owner(l, object);
    l.member(node, base, name)
}

fn subscript<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let Some(base) = l.field(node, "value") else { return l.unsupported(node) };
    let base = owner(l, base);
    let mut indices: Vec<Value> =
        l.children(node).into_iter().filter(|c| c.field == "subscript").map(|c| value(l, c.node)).collect();
    let index = match indices.len() {
        1 => indices.remove(0),
        _ => {
            let span = indices.iter().map(|v| v.span).reduce(Span::to).unwrap_or_default();
            Value::new(span, Node::List(indices))
        }
    };
    expression(l.span(node), Expr::Index(base, index))
}

fn binary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let Some(operator) = l.field(node, "operator").map(|o| l.text(o)) else { return l.unsupported(node) };
    let operands = l.chain(node, "binary_operator", operator);
    let operands: Vec<Value> = operands.into_iter().map(|n| value(l, n)).collect();
    match operator {
        "+" => literal::sum(l.span(node), operands),
        _ => operation(l.span(node), operator, operands),
    }
}

fn boolean<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let Some(operator) = l.field(node, "operator").map(|o| l.text(o)) else { return l.unsupported(node) };
    let operands = l.chain(node, "boolean_operator", operator);
    let operands = operands.into_iter().map(|n| value(l, n)).collect();
    match operator {
        "or" => choice(l.span(node), operands),
        _ => operation(l.span(node), operator, operands),
    }
}

fn comparison<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let children = l.children(node);
    let operator = children.iter().find(|c| c.field == "operators").map_or("==", |c| l.text(c.node));
    let operator = operator.split_whitespace().collect::<Vec<_>>().join(" ");
    let operands = children.iter().filter(|c| c.field.is_empty()).map(|c| value(l, c.node)).collect();
    operation(l.span(node), &operator, operands)
}

fn unary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(operator), Some(argument)) = (l.field(node, "operator"), l.field(node, "argument")) else {
        return l.unsupported(node);
    };
    match argument.kind() {
        "integer" | "float" if l.text(operator) == "-" => Value::new(l.span(node), Node::Number(l.text(node).into())),
        _ => {
            let inner = value(l, argument);
            operation(l.span(node), l.text(operator), vec![inner])
        }
    }
}

/// `then if condition else otherwise`.
fn conditional<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let mut parts = values(l, node);
    if parts.len() != 3 {
        return operation(l.span(node), "if", parts);
    }
    let condition = Some(parts.remove(1));
    expression(l.span(node), Expr::Choice { condition, options: parts })
}

fn lambda<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let params = l.field(node, "parameters").map_or_else(Vec::new, |p| params(l, p));
    let span = l.span(node);
    let body = l.field(node, "body").map_or_else(Vec::new, |b| {
        let returned = value(l, b);
        vec![Stmt { span: returned.span, kind: StmtKind::Return(Some(returned)) }]
    });
    let function = Function { name: "".into(), name_span: span, span, params, decorators: Vec::new(), body, doc: None };
    expression(span, Expr::Function(function))
}

/// What is made, then for each clause its target and source, and each condition.
fn comprehension<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Value> {
    let mut parts = Vec::new();
    for child in l.children(node) {
        match child.node.kind() {
            "for_in_clause" => parts.extend(values(l, child.node)),
            "if_clause" => parts.push(transparent(l, child.node)),
            _ => parts.push(value(l, child.node)),
        }
    }
    parts
}

fn dictionary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let mut entries = Vec::new();
    for Child { node, .. } in l.children(node) {
        match node.kind() {
            "pair" => entries.extend(pair(l, node)),
            "dictionary_splat" => {
                let spread = value(l, node);
                let key_span = Span::new(node.start_byte(), node.start_byte() + 2);
                entries.push(entry("**", key_span, spread));
            }
            _ => {}
        }
    }
    Value::new(l.span(node), Node::Map(entries))
}

fn pair<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Entry> {
    let (key, given) = (l.field(node, "key")?, l.field(node, "value")?);
    let name = value(l, key);
    let given = value(l, given);
    Some(match name.scalar() {
        Some(text) => entry(text, name.span, given),
        None => entry(l.text(key), l.span(key), given),
    })
}

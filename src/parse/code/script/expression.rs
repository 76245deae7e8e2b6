//! TypeScript and JavaScript: expressions.

use tree_sitter::Node as Tree;

use super::block;
use super::class::{as_value, construction};
use super::pattern::{params, pattern};
use crate::parse::code::ast::{Arg, Function, Param, Stmt, StmtKind};
use crate::parse::code::literal;
use crate::parse::code::lowering::{Child, Lowering, choice, entry, expression, operation};
use crate::parse::value::{Entry, Expr, Node, Value};
use crate::span::Span;

/// Lowers one expression.
pub(super) fn value<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    l.deeper(node, |l| lower(l, node))
}

fn values<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Value> {
    l.children(node).into_iter().filter(|c| c.node.is_named()).map(|c| value(l, c.node)).collect()
}

fn lower<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let span = l.span(node);
    match node.kind() {
        "identifier"
        | "this"
        | "super"
        | "import"
        | "property_identifier"
        | "private_property_identifier"
        | "shorthand_property_identifier"
        | "meta_property"
        | "nested_identifier"
        | "type_identifier" => l.reference(node),
        "string" => string(l, node),
        "template_string" => template(l, node),
        // As it is written, with its slashes and flags: not a text that something is called with.
        "regex" => operation(span, "regex", vec![literal::text(span, l.text(node))]),
        "number" => Value::new(span, Node::Number(l.text(node).into())),
        "true" => Value::new(span, Node::Bool(true)),
        "false" => Value::new(span, Node::Bool(false)),
        "null" | "undefined" => Value::new(span, Node::Null),
        "object" => object(l, node),
        "array" | "sequence_expression" => Value::new(span, Node::List(values(l, node))),
        "member_expression" => member(l, node),
        "subscript_expression" => subscript(l, node),
        "call_expression" => call(l, node),
        "new_expression" => construction(l, node),
        "parenthesized_expression"
        | "await_expression"
        | "as_expression"
        | "satisfies_expression"
        | "non_null_expression"
        | "instantiation_expression"
        | "jsx_expression" => transparent(l, node),
        "arrow_function" | "function_expression" | "generator_function" => {
            let function = function(l, node, "");
            expression(span, Expr::Function(function))
        }
        "class" => as_value(l, node),
        "binary_expression" => binary(l, node),
        "unary_expression" => unary(l, node),
        "ternary_expression" => ternary(l, node),
        "assignment_expression" | "augmented_assignment_expression" => assigned(l, node),
        "spread_element" => {
            let inner = transparent(l, node);
            expression(span, Expr::Spread(inner))
        }
        "yield_expression" => operation(span, "yield", values(l, node)),
        "update_expression" => operation(span, "++", values(l, node)),
        "jsx_element" | "jsx_self_closing_element" => element(l, node),
        "object_pattern" | "array_pattern" => pattern(l, node),
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
    let whole = l.span(node);
    let inside = Span::new(node.start_byte() + 1, node.end_byte().saturating_sub(1).max(node.start_byte() + 1));
    let content = inside.text(l.source);
    match content.contains('\\') {
        true => literal::text(whole, literal::unescape(content)),
        false => literal::text(inside, content),
    }
}

fn template<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let children = l.children(node);
    if !children.iter().any(|c| c.node.kind() == "template_substitution") {
        return string(l, node);
    }
    // Text is what lies between the quotes and substitutions, escapes included.
    let mut parts = Vec::new();
    let mut from = node.start_byte() + 1;
    for child in children.iter().filter(|c| c.node.kind() == "template_substitution") {
        parts.extend(template_text(l, from, child.node.start_byte()));
        parts.push(transparent(l, child.node));
        from = child.node.end_byte();
    }
    parts.extend(template_text(l, from, node.end_byte().saturating_sub(1)));
    literal::template(l.span(node), parts)
}

fn template_text(l: &Lowering<'_>, from: usize, to: usize) -> Option<Value> {
    let span = Span::new(from, to.max(from));
    (from < to).then(|| literal::text(span, literal::unescape(span.text(l.source))))
}

fn member<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(object), Some(property)) = (l.field(node, "object"), l.field(node, "property")) else {
        return l.unsupported(node);
    };
    let base = value(l, object);
    l.member(node, base, property)
}

fn subscript<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(object), Some(index)) = (l.field(node, "object"), l.field(node, "index")) else {
        return l.unsupported(node);
    };
    let base = value(l, object);
    let index = value(l, index);
    expression(l.span(node), Expr::Index(base, index))
}

fn call<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(function), Some(list)) = (l.field(node, "function"), l.field(node, "arguments")) else {
        return l.unsupported(node);
    };
    let callee = value(l, function);
    let args = match list.kind() {
        "template_string" => vec![Arg { name: None, value: value(l, list) }],
        _ => arguments(l, list),
    };
    let args_span = l.span(list);
    l.call(node, callee, args, args_span)
}

pub(super) fn arguments<'t>(l: &mut Lowering<'t>, list: Tree<'t>) -> Vec<Arg> {
    values(l, list).into_iter().map(|value| Arg { name: None, value }).collect()
}

/// A key of an object or pattern: its text without quotes, and where that stands.
pub(super) fn key<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> (Box<str>, Span) {
    match node.kind() {
        "string" => {
            let text = string(l, node);
            (text.as_str().unwrap_or("").into(), text.span)
        }
        "computed_property_name" => match transparent(l, node) {
            Value { node: Node::Text(text), span, .. } => (text, span),
            _ => (l.text(node).into(), l.span(node)),
        },
        _ => (l.text(node).into(), l.span(node)),
    }
}

fn object<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let mut entries = Vec::new();
    for Child { node, .. } in l.children(node) {
        entries.extend(property(l, node));
    }
    Value::new(l.span(node), Node::Map(entries))
}

fn property<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Entry> {
    match node.kind() {
        "pair" => {
            let (name, span) = key(l, l.field(node, "key")?);
            let mut given = value(l, l.field(node, "value")?);
            name_function(&mut given, &name, span);
            Some(entry(&name, span, given))
        }
        "shorthand_property_identifier" => {
            let given = l.reference(node);
            Some(entry(l.text(node), given.span, given))
        }
        "spread_element" => {
            let spread = value(l, node);
            Some(entry("...", Span::new(node.start_byte(), node.start_byte() + 3), spread))
        }
        "method_definition" => {
            let method = function(l, node, "");
            Some(entry(&method.name.clone(), method.name_span, expression(l.span(node), Expr::Function(method))))
        }
        _ => None,
    }
}

fn name_function(value: &mut Value, name: &str, span: Span) {
    if let Node::Expr(expr) = &mut value.node
        && let Expr::Function(function) = &mut **expr
        && function.name.is_empty()
    {
        function.name = name.into();
        function.name_span = span;
    }
}

/// A function in any of its forms.
pub(super) fn function<'t>(l: &mut Lowering<'t>, node: Tree<'t>, default_name: &str) -> Function {
    let span = l.span(node);
    let (name, name_span) = match l.field(node, "name") {
        Some(name) => key(l, name),
        None => (default_name.into(), span),
    };
    let params = match (l.field(node, "parameters"), l.field(node, "parameter")) {
        (Some(list), _) => params(l, list),
        (None, Some(one)) => {
            vec![Param { name: l.text(one).into(), annotation: None, default: None, pattern: Vec::new() }]
        }
        (None, None) => Vec::new(),
    };
    let body = match l.field(node, "body") {
        Some(body) if body.kind() == "statement_block" => block(l, body),
        Some(body) => {
            let returned = value(l, body);
            vec![Stmt { span: returned.span, kind: StmtKind::Return(Some(returned)) }]
        }
        None => Vec::new(),
    };
    Function { name, name_span, span, params, decorators: Vec::new(), body, doc: None }
}

fn binary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let Some(operator) = l.field(node, "operator").map(|o| l.text(o)) else { return l.unsupported(node) };
    let operands = l.chain(node, "binary_expression", operator);
    let operands: Vec<Value> = operands.into_iter().map(|n| value(l, n)).collect();
    let span = l.span(node);
    match operator {
        "+" => literal::sum(span, operands),
        "||" | "??" => choice(span, operands),
        "&&" => operation(span, "and", operands),
        "===" => operation(span, "==", operands),
        "!==" => operation(span, "!=", operands),
        _ => operation(span, operator, operands),
    }
}

fn unary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(operator), Some(argument)) = (l.field(node, "operator"), l.field(node, "argument")) else {
        return l.unsupported(node);
    };
    match (l.text(operator), argument.kind()) {
        ("-", "number") => Value::new(l.span(node), Node::Number(l.text(node).into())),
        (operator, _) => {
            let inner = value(l, argument);
            operation(l.span(node), if operator == "!" { "not" } else { operator }, vec![inner])
        }
    }
}

fn ternary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let condition = l.field(node, "condition").map(|n| value(l, n));
    let mut options = Vec::new();
    for field in ["consequence", "alternative"] {
        options.extend(l.field(node, field).map(|n| value(l, n)));
    }
    expression(l.span(node), Expr::Choice { condition, options })
}

/// An assignment inside an expression.
fn assigned<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let mut operands = Vec::new();
    operands.extend(l.field(node, "left").map(|n| pattern(l, n)));
    operands.extend(l.field(node, "right").map(|n| value(l, n)));
    operation(l.span(node), ":=", operands)
}

/// `<Name a={b}>…</Name>` is a call of `Name` with its attributes as named arguments; elements and
/// expressions inside it follow.
fn element<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let open = l.field(node, "open_tag").unwrap_or(node);
    let callee = match l.field(open, "name") {
        Some(name) => value(l, name),
        None => l.reference(open),
    };
    let mut args = Vec::new();
    for child in l.children(open) {
        match child.node.kind() {
            "jsx_attribute" => args.extend(attribute(l, child.node)),
            "jsx_expression" => args.push(Arg { name: None, value: value(l, child.node) }),
            _ => {}
        }
    }
    if open != node {
        for child in l.children(node) {
            if matches!(child.node.kind(), "jsx_element" | "jsx_self_closing_element" | "jsx_expression") {
                args.push(Arg { name: None, value: value(l, child.node) });
            }
        }
    }
    let args_span = l.span(node);
    l.call(node, callee, args, args_span)
}

fn attribute<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Arg> {
    let children = l.children(node);
    let name = Some(l.text(children.first()?.node).into());
    let value = match children.get(1) {
        Some(given) => value(l, given.node),
        None => Value::new(l.span(node), Node::Bool(true)),
    };
    Some(Arg { name, value })
}

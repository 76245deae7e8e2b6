//! C#: expressions.

use tree_sitter::Node as Tree;

use super::{block, params};
use crate::parse::code::ast::{Arg, Function, Stmt, StmtKind};
use crate::parse::code::literal;
use crate::parse::code::lowering::{Child, Lowering, choice, entry, expression, operation, reference};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// Lowers one expression.
pub(super) fn value<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    l.deeper(node, |l| lower(l, node))
}

pub(super) fn values<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Value> {
    l.children(node).into_iter().filter(|c| c.node.is_named()).map(|c| value(l, c.node)).collect()
}

/// A name without its type arguments.
pub(super) fn name_text<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    match node.kind() {
        "generic_name" => l.only(node).map_or_else(|| l.unsupported(node), |n| l.reference(n)),
        "nullable_type" | "array_type" => l.field(node, "type").map_or_else(|| l.unsupported(node), |n| l.reference(n)),
        _ => l.reference(node),
    }
}

fn lower<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let span = l.span(node);
    match node.kind() {
        "identifier" | "this" | "base" | "qualified_name" | "alias_qualified_name" | "predefined_type" => {
            l.reference(node)
        }
        "generic_name" => name_text(l, node),
        "string_literal" | "verbatim_string_literal" | "raw_string_literal" | "character_literal" => string(l, node),
        "interpolated_string_expression" => interpolated(l, node),
        "integer_literal" | "real_literal" => Value::new(span, Node::Number(l.text(node).into())),
        "boolean_literal" => Value::new(span, Node::Bool(l.text(node) == "true")),
        "null_literal" | "default_expression" => Value::new(span, Node::Null),
        "invocation_expression" => invocation(l, node),
        "object_creation_expression" | "implicit_object_creation_expression" => creation(l, node),
        "anonymous_object_creation_expression" => anonymous(l, node),
        "member_access_expression" => match (l.field(node, "expression"), l.field(node, "name")) {
            (Some(base), Some(name)) => member(l, node, base, name),
            _ => l.unsupported(node),
        },
        "conditional_access_expression" => conditional_access(l, node),
        "element_access_expression" => match (l.field(node, "expression"), l.field(node, "subscript")) {
            (Some(base), Some(list)) => {
                let base = value(l, base);
                let index = arguments(l, list).into_iter().next().map_or_else(|| l.unsupported(list), |a| a.value);
                expression(span, Expr::Index(base, index))
            }
            _ => l.unsupported(node),
        },
        "initializer_expression" | "collection_expression" => Value::new(span, Node::List(values(l, node))),
        "array_creation_expression" | "implicit_array_creation_expression" => {
            let inner = l.children(node).into_iter().find(|c| c.node.kind() == "initializer_expression");
            match inner {
                Some(inner) => value(l, inner.node),
                None => l.unsupported(node),
            }
        }
        "parenthesized_expression"
        | "await_expression"
        | "checked_expression"
        | "ref_expression"
        | "argument"
        | "interpolation"
        | "expression_element"
        | "collection_element" => transparent(l, node),
        "spread_element" => {
            let inner = transparent(l, node);
            expression(span, Expr::Spread(inner))
        }
        "cast_expression" => field(l, node, "value"),
        "as_expression" => field(l, node, "left"),
        "binary_expression" => binary(l, node),
        "prefix_unary_expression" | "postfix_unary_expression" => unary(l, node),
        "conditional_expression" => ternary(l, node),
        "assignment_expression" => operation(span, ":=", values(l, node).into_iter().take(2).collect()),
        "lambda_expression" | "anonymous_method_expression" => lambda(l, node),
        "tuple_expression" => Value::new(span, Node::List(arguments(l, node).into_iter().map(|a| a.value).collect())),
        "switch_expression" => {
            let arms = l.children(node).into_iter().filter(|c| c.node.kind() == "switch_expression_arm");
            let arms: Vec<Child<'t>> = arms.collect();
            let options = arms.into_iter().filter_map(|c| values(l, c.node).pop()).collect();
            choice(span, options)
        }
        "throw_expression" => operation(span, "throw", values(l, node)),
        "is_pattern_expression" | "is_expression" => {
            let subject = field(l, node, "expression");
            operation(span, "is", vec![subject])
        }
        "typeof_expression" => l.reference(node),
        "with_expression" => transparent(l, node),
        "ERROR" => operation(span, "error", values(l, node)),
        _ => l.unsupported(node),
    }
}

fn transparent<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    match l
        .children(node)
        .into_iter()
        .find(|c| c.node.is_named() && c.field != "name" && c.node.kind() != "interpolation_brace")
    {
        Some(inner) => value(l, inner.node),
        None => l.unsupported(node),
    }
}

fn field<'t>(l: &mut Lowering<'t>, node: Tree<'t>, name: &str) -> Value {
    match l.field(node, name) {
        Some(inner) => value(l, inner),
        None => l.unsupported(node),
    }
}

fn string<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let text = l.text(node);
    let quotes =
        text.bytes().skip_while(|b| *b != b'"' && *b != b'\'').take_while(|b| *b == b'"' || *b == b'\'').count();
    let quotes = if node.kind() == "raw_string_literal" { quotes } else { 1 };
    let start = node.start_byte() + text.find(['"', '\'']).unwrap_or(0) + quotes;
    let inside = Span::new(start, node.end_byte().saturating_sub(quotes).max(start));
    let content = inside.text(l.source);
    match node.kind() == "string_literal" && content.contains('\\') {
        true => literal::text(l.span(node), literal::unescape(content)),
        false => literal::text(inside, content),
    }
}

fn interpolated<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let mut parts = Vec::new();
    for Child { node, .. } in l.children(node) {
        match node.kind() {
            "interpolation" => parts.push(transparent(l, node)),
            "string_content" | "escape_sequence" => {
                parts.push(literal::text(
                    l.span(node),
                    literal::unescape(l.text(node)).replace("{{", "{").replace("}}", "}"),
                ));
            }
            _ => {}
        }
    }
    literal::template(l.span(node), parts)
}

fn member<'t>(l: &mut Lowering<'t>, node: Tree<'t>, base: Tree<'t>, name: Tree<'t>) -> Value {
    let base = value(l, base);
    let name = if name.kind() == "generic_name" { l.only(name).unwrap_or(name) } else { name };
    l.member(node, base, name)
}

/// `a?.B` is `a.B`, `a?[0]` is `a[0]`.
fn conditional_access<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let Some(base) = l.field(node, "condition") else { return l.unsupported(node) };
    let binding = l.children(node).into_iter().find(|c| c.field.is_empty());
    match binding.map(|c| (c.node.kind(), c.node)) {
        Some(("member_binding_expression", binding)) => match l.field(binding, "name") {
            Some(name) => member(l, node, base, name),
            None => l.unsupported(node),
        },
        _ => value(l, base),
    }
}

/// Arguments of a call, attribute or index; names stay.
pub(super) fn arguments<'t>(l: &mut Lowering<'t>, list: Tree<'t>) -> Vec<Arg> {
    let mut args = Vec::new();
    for Child { node, .. } in l.children(list) {
        if matches!(node.kind(), "argument" | "attribute_argument") {
            let name = l.field(node, "name").map(|n| l.text(n).into());
            args.push(Arg { name, value: transparent(l, node) });
        } else {
            args.push(Arg { name: None, value: value(l, node) });
        }
    }
    args
}

fn invocation<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(function), Some(list)) = (l.field(node, "function"), l.field(node, "arguments")) else {
        return l.unsupported(node);
    };
    let callee = value(l, function);
    let args = arguments(l, list);
    let args_span = l.span(list);
    l.call(node, callee, args, args_span)
}

/// `new T(a) { Key = b }`: what the initialiser sets are named arguments.
fn creation<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    created(l, node, None)
}

/// A new object; `new()` is of the type that is declared for what holds it.
pub(super) fn created<'t>(l: &mut Lowering<'t>, node: Tree<'t>, declared: Option<Tree<'t>>) -> Value {
    let callee = match l.field(node, "type").or(declared) {
        Some(ty) => name_text(l, ty),
        None => reference(Span::new(node.start_byte(), node.start_byte() + 3), "new"),
    };
    let (mut args, mut args_span) = (Vec::new(), l.span(node));
    for Child { node, .. } in l.children(node) {
        match node.kind() {
            "argument_list" => {
                args_span = l.span(node);
                args.extend(arguments(l, node));
            }
            "initializer_expression" => {
                for child in l.children(node) {
                    args.push(initialised(l, child.node));
                }
            }
            _ => {}
        }
    }
    l.call(node, callee, args, args_span)
}

fn initialised<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Arg {
    let pair = (node.kind() == "assignment_expression")
        .then(|| Some((l.field(node, "left")?, l.field(node, "right")?)))
        .flatten();
    match pair {
        Some((key, given)) => {
            let name = l.text(key).trim_matches(['[', ']', '"']).into();
            Arg { name: Some(name), value: value(l, given) }
        }
        None => Arg { name: None, value: value(l, node) },
    }
}

/// `new { a = 1, b }`.
fn anonymous<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let children = l.children(node);
    let mut entries = Vec::new();
    let mut index = 0;
    while let Some(child) = children.get(index) {
        let next = children.get(index + 1);
        let named = next.filter(|n| {
            let between = Span::new(child.node.end_byte(), n.node.start_byte()).text(l.source);
            child.node.kind() == "identifier" && between.contains('=')
        });
        let given = named.map_or(child.node, |n| n.node);
        let name = l.text(child.node);
        let name = if named.is_some() { name } else { name.rsplit('.').next().unwrap_or(name) };
        let key_span = l.span(child.node);
        entries.push(entry(name, key_span, value(l, given)));
        index += if named.is_some() { 2 } else { 1 };
    }
    Value::new(l.span(node), Node::Map(entries))
}

fn binary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let Some(operator) = l.field(node, "operator").map(|o| l.text(o)) else { return l.unsupported(node) };
    let operands = l.chain(node, "binary_expression", operator);
    let operands: Vec<Value> = operands.into_iter().map(|n| value(l, n)).collect();
    match operator {
        "+" => literal::sum(l.span(node), operands),
        "||" | "??" => choice(l.span(node), operands),
        "&&" => operation(l.span(node), "and", operands),
        _ => operation(l.span(node), operator, operands),
    }
}

fn unary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let Some(operand) = l.only(node) else { return l.unsupported(node) };
    let text = l.text(node);
    let operator =
        text.strip_suffix(l.text(operand)).or_else(|| text.strip_prefix(l.text(operand))).unwrap_or("").trim();
    match operator {
        "-" if matches!(operand.kind(), "integer_literal" | "real_literal") => {
            Value::new(l.span(node), Node::Number(text.into()))
        }
        // The null-forgiving operator says nothing about the value.
        "!" if node.kind() == "postfix_unary_expression" => value(l, operand),
        _ => {
            let inner = value(l, operand);
            operation(l.span(node), if operator == "!" { "not" } else { operator }, vec![inner])
        }
    }
}

fn ternary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let condition = l.field(node, "condition").map(|n| value(l, n));
    let mut options = Vec::new();
    for name in ["consequence", "alternative"] {
        options.extend(l.field(node, name).map(|n| value(l, n)));
    }
    expression(l.span(node), Expr::Choice { condition, options })
}

fn lambda<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let params = l.field(node, "parameters").map_or_else(Vec::new, |p| params(l, p));
    let body = l
        .field(node, "body")
        .or_else(|| l.children(node).into_iter().rfind(|c| c.node.kind() == "block").map(|c| c.node));
    let body = match body {
        Some(body) if body.kind() == "block" => block(l, body),
        Some(body) => {
            let returned = value(l, body);
            vec![Stmt { span: returned.span, kind: StmtKind::Return(Some(returned)) }]
        }
        None => Vec::new(),
    };
    let span = l.span(node);
    let function = Function { name: "".into(), name_span: span, span, params, decorators: Vec::new(), body, doc: None };
    expression(span, Expr::Function(function))
}

//! Java: expressions.

use tree_sitter::Node as Tree;

use super::{block, params};
use crate::parse::code::ast::{Arg, Function, Stmt, StmtKind};
use crate::parse::code::literal;
use crate::parse::code::lowering::{Child, Lowering, choice, expression, operation, reference};
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
        "identifier" | "this" | "super" | "scoped_identifier" | "type_identifier" | "scoped_type_identifier" => {
            l.reference(node)
        }
        "string_literal" | "character_literal" => string(l, node),
        "true" => Value::new(span, Node::Bool(true)),
        "false" => Value::new(span, Node::Bool(false)),
        "null_literal" => Value::new(span, Node::Null),
        "method_invocation" => invocation(l, node),
        "object_creation_expression" => creation(l, node),
        "field_access" => match (l.field(node, "object"), l.field(node, "field")) {
            (Some(object), Some(name)) => {
                let base = value(l, object);
                l.member(node, base, name)
            }
            _ => l.unsupported(node),
        },
        "array_access" => match (l.field(node, "array"), l.field(node, "index")) {
            (Some(base), Some(index)) => {
                let base = value(l, base);
                let index = value(l, index);
                expression(span, Expr::Index(base, index))
            }
            _ => l.unsupported(node),
        },
        "array_initializer" | "element_value_array_initializer" => Value::new(span, Node::List(values(l, node))),
        "array_creation_expression" | "cast_expression" => match l.field(node, "value") {
            Some(inner) => value(l, inner),
            None => l.unsupported(node),
        },
        "parenthesized_expression" => match l.only(node) {
            Some(inner) => value(l, inner),
            None => l.unsupported(node),
        },
        "class_literal" => reference(span, l.text(node).trim_end_matches(".class")),
        "method_reference" => reference(span, &l.text(node).replace("::", ".")),
        "binary_expression" => binary(l, node),
        "unary_expression" => unary(l, node),
        "update_expression" => operation(span, "++", values(l, node)),
        "ternary_expression" => ternary(l, node),
        "assignment_expression" => operation(span, ":=", values(l, node)),
        "lambda_expression" => lambda(l, node),
        "annotation" | "marker_annotation" => annotation(l, node),
        "switch_expression" => {
            let mut arms = Vec::new();
            super::switch(l, node, &mut arms);
            let body = arms;
            let function = Function {
                name: "".into(),
                name_span: span,
                span,
                params: Vec::new(),
                decorators: Vec::new(),
                body,
                doc: None,
            };
            expression(span, Expr::Function(function))
        }
        "instanceof_expression" => operation(span, "instanceof", values(l, node)),
        "ERROR" => operation(span, "error", values(l, node)),
        kind if kind.ends_with("_literal") => Value::new(span, Node::Number(l.text(node).into())),
        _ => l.unsupported(node),
    }
}

fn string<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let quotes = if l.text(node).starts_with("\"\"\"") { 3 } else { 1 };
    let start = node.start_byte() + quotes;
    let inside = Span::new(start, node.end_byte().saturating_sub(quotes).max(start));
    let content = inside.text(l.source);
    match content.contains('\\') {
        true => literal::text(l.span(node), literal::unescape(content)),
        false => literal::text(inside, content),
    }
}

fn arguments<'t>(l: &mut Lowering<'t>, list: Tree<'t>) -> Vec<Arg> {
    values(l, list).into_iter().map(|value| Arg { name: None, value }).collect()
}

fn invocation<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(name), Some(list)) = (l.field(node, "name"), l.field(node, "arguments")) else {
        return l.unsupported(node);
    };
    let callee = match l.field(node, "object") {
        Some(object) => {
            let base = value(l, object);
            let whole = l.member(node, base, name);
            // The callee ends where the arguments begin.
            Value { span: Span::new(node.start_byte(), list.start_byte()), ..whole }
        }
        None => l.reference(name),
    };
    let args = arguments(l, list);
    let args_span = l.span(list);
    l.call(node, callee, args, args_span)
}

fn creation<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(ty), Some(list)) = (l.field(node, "type"), l.field(node, "arguments")) else {
        return l.unsupported(node);
    };
    let name = if ty.kind() == "generic_type" { l.only(ty).unwrap_or(ty) } else { ty };
    let callee = l.reference(name);
    let mut args = arguments(l, list);
    // The members of an anonymous class are kept as those of a function.
    if let Some(class) = l.children(node).into_iter().find(|c| c.node.kind() == "class_body") {
        let span = l.span(class.node);
        let body = block(l, class.node);
        let function = Function {
            name: "".into(),
            name_span: span,
            span,
            params: Vec::new(),
            decorators: Vec::new(),
            body,
            doc: None,
        };
        args.push(Arg { name: None, value: expression(span, Expr::Function(function)) });
    }
    let args_span = l.span(list);
    l.call(node, callee, args, args_span)
}

/// `@Name` is a reference, `@Name(…)` a call with named arguments.
pub(super) fn annotation<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let Some(name) = l.field(node, "name") else { return l.unsupported(node) };
    let callee = l.reference(name);
    let Some(list) = l.field(node, "arguments") else { return callee };
    let mut args = Vec::new();
    for Child { node, .. } in l.children(list) {
        let (name, given) = match node.kind() {
            "element_value_pair" => (l.field(node, "key"), l.field(node, "value")),
            _ => (None, Some(node)),
        };
        let Some(given) = given else { continue };
        args.push(Arg { name: name.map(|n| l.text(n).into()), value: value(l, given) });
    }
    let args_span = l.span(list);
    l.call(node, callee, args, args_span)
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

fn unary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(operator), Some(operand)) = (l.field(node, "operator"), l.field(node, "operand")) else {
        return l.unsupported(node);
    };
    let number = operand.kind().ends_with("integer_literal") || operand.kind().ends_with("point_literal");
    match (l.text(operator), number) {
        ("-", true) => Value::new(l.span(node), Node::Number(l.text(node).into())),
        (operator, _) => {
            let inner = value(l, operand);
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

fn lambda<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let params = l.field(node, "parameters").map_or_else(Vec::new, |p| params(l, p));
    let body = match l.field(node, "body") {
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

//! Kotlin: expressions.

use tree_sitter::Node as Tree;

use super::{arms, block, type_name};
use crate::parse::code::ast::{Arg, Function, Param, Stmt};
use crate::parse::code::literal;
use crate::parse::code::lowering::{Child, Lowering, choice, expression, operation, reference};
use crate::parse::value::{Expr, Node, Value};
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
        "identifier" | "this_expression" | "super_expression" | "qualified_identifier" => l.reference(node),
        "user_type" => type_name(l, node),
        "string_literal" | "multiline_string_literal" | "character_literal" => string(l, node),
        "number_literal" | "float_literal" => match l.text(node) {
            "true" => Value::new(span, Node::Bool(true)),
            text => Value::new(span, Node::Number(text.into())),
        },
        "boolean_literal" => Value::new(span, Node::Bool(l.text(node) == "true")),
        "null" | "null_literal" => Value::new(span, Node::Null),
        "call_expression" => call(l, node),
        "navigation_expression" => navigation(l, node),
        "index_expression" => index(l, node),
        "parenthesized_expression" | "annotated_expression" | "spread_expression" => {
            let inner = l.children(node).into_iter().rfind(|c| c.node.is_named()).map(|c| c.node);
            match inner {
                Some(inner) if node.kind() == "spread_expression" => {
                    let inner = value(l, inner);
                    expression(span, Expr::Spread(inner))
                }
                Some(inner) => value(l, inner),
                None => l.unsupported(node),
            }
        }
        "as_expression" => match l.field(node, "left") {
            Some(inner) => value(l, inner),
            None => l.unsupported(node),
        },
        "collection_literal" => Value::new(span, Node::List(values(l, node))),
        "binary_expression" => binary(l, node),
        "infix_expression" => infix(l, node),
        "in_expression" => operation(span, "in", values(l, node)),
        "is_expression" => operation(span, "is", values(l, node).into_iter().take(1).collect()),
        "unary_expression" => unary(l, node),
        "if_expression" => ternary(l, node),
        "when_expression" | "try_expression" => {
            let mut body = Vec::new();
            super::statement(l, node, &mut body);
            expression(span, Expr::Function(lambda_of(span, Vec::new(), body)))
        }
        "lambda_literal" | "annotated_lambda" => lambda(l, node),
        "anonymous_function" => {
            let function = super::function(l, node);
            expression(span, Expr::Function(function))
        }
        "object_literal" => {
            let body = l.children(node).into_iter().find(|c| c.node.kind() == "class_body").map(|c| c.node);
            let body = body.map_or_else(Vec::new, |b| block(l, b));
            expression(span, Expr::Function(lambda_of(span, Vec::new(), body)))
        }
        "callable_reference" => reference(span, &l.text(node).replace("::", ".")),
        "range_expression" => operation(span, "..", values(l, node)),
        "return_expression" => operation(span, "return", values(l, node)),
        "throw_expression" => operation(span, "throw", values(l, node)),
        "assignment" => operation(span, ":=", values(l, node).into_iter().take(2).collect()),
        "ERROR" => operation(span, "error", values(l, node)),
        _ => match l.text(node) {
            "null" => Value::new(span, Node::Null),
            "true" => Value::new(span, Node::Bool(true)),
            "false" => Value::new(span, Node::Bool(false)),
            _ => l.unsupported(node),
        },
    }
}

fn string<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let quotes = if node.kind() == "multiline_string_literal" { 3 } else { 1 };
    let start = node.start_byte() + quotes;
    let inside = Span::new(start, node.end_byte().saturating_sub(quotes).max(start));
    let content = inside.text(l.source);
    let children = l.children(node);
    let plain = |text: &str| if quotes == 1 { literal::unescape(text) } else { text.to_owned() };
    let mut parts = Vec::new();
    let mut from = start;
    for child in children.iter().filter(|c| c.node.kind() == "interpolation") {
        names(l, Span::new(from, child.node.start_byte().max(from)), &plain, &mut parts);
        parts.push(match l.only(child.node) {
            Some(inner) => value(l, inner),
            None => l.unsupported(child.node),
        });
        from = child.node.end_byte();
    }
    names(l, Span::new(from, (inside.end as usize).max(from)), &plain, &mut parts);
    if parts.iter().all(|p| p.as_str().is_some()) {
        return match quotes == 1 && content.contains('\\') {
            true => literal::text(l.span(node), plain(content)),
            false => literal::text(inside, content),
        };
    }
    literal::template(l.span(node), parts)
}

/// Literal text with `$name` in it, which the grammar leaves unread.
fn names(l: &Lowering<'_>, span: Span, plain: &dyn Fn(&str) -> String, parts: &mut Vec<Value>) {
    let text = span.text(l.source);
    let mut from = 0;
    for (at, _) in text.match_indices('$') {
        let name = text[at + 1..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let starts = text[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if at < from || !starts || text[..at].ends_with('\\') {
            continue;
        }
        let place = |start: usize, end: usize| Span::new(span.start as usize + start, span.start as usize + end);
        if at > from {
            parts.push(literal::text(place(from, at), plain(&text[from..at])));
        }
        parts.push(reference(place(at + 1, at + 1 + name), &text[at + 1..at + 1 + name]));
        from = at + 1 + name;
    }
    if from < text.len() {
        let rest = Span::new(span.start as usize + from, span.end as usize);
        parts.push(literal::text(rest, plain(&text[from..])));
    }
}

/// The arguments of a call; names stay.
pub(super) fn arguments<'t>(l: &mut Lowering<'t>, list: Tree<'t>) -> Vec<Arg> {
    let mut args = Vec::new();
    for Child { node, .. } in l.children(list) {
        let inner = l.children(node);
        let Some(last) = inner.last() else { continue };
        let first = inner.first().filter(|_| inner.len() == 2).filter(|f| f.node.kind() == "identifier");
        let spread = l.text(node).starts_with('*') && last.node.kind() != "spread_expression";
        let given = value(l, last.node);
        let given = if spread { expression(l.span(node), Expr::Spread(given)) } else { given };
        args.push(Arg { name: first.map(|n| l.text(n.node).into()), value: given });
    }
    args
}

/// `f(a) { … }`: a trailing lambda is the last argument.
fn call<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let children = l.children(node);
    let Some(callee) = children.first() else { return l.unsupported(node) };
    let mut callee = value(l, callee.node);
    let mut args = Vec::new();
    let mut args_span = Span::new(callee.span.end as usize, node.end_byte());
    // `f(a) { … }` is a call of a call in the tree.
    let trails = children[1..].iter().all(|c| c.node.kind() != "value_arguments");
    if let (true, Node::Expr(inner)) = (trails, &mut callee.node)
        && let Expr::Call(inner) = &mut **inner
    {
        args.append(&mut inner.args);
        args_span = inner.args_span;
        callee = inner.callee.clone();
    }
    for child in &children[1..] {
        match child.node.kind() {
            "value_arguments" => {
                args_span = l.span(child.node);
                args.extend(arguments(l, child.node));
            }
            "annotated_lambda" | "lambda_literal" => args.push(Arg { name: None, value: lambda(l, child.node) }),
            _ => {}
        }
    }
    l.call(node, callee, args, args_span)
}

fn navigation<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let children = l.children(node);
    let (Some(base), Some(name)) = (children.first(), children.last()) else { return l.unsupported(node) };
    let base = value(l, base.node);
    l.member(node, base, name.node)
}

fn index<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let mut parts = values(l, node);
    if parts.len() < 2 {
        return l.unsupported(node);
    }
    let base = parts.remove(0);
    let index = parts.remove(0);
    expression(l.span(node), Expr::Index(base, index))
}

fn binary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let Some(operator) = l.field(node, "operator").map(|o| l.text(o)) else { return l.unsupported(node) };
    let operands = l.chain(node, "binary_expression", operator);
    let operands: Vec<Value> = operands.into_iter().map(|n| value(l, n)).collect();
    match operator {
        "+" => literal::sum(l.span(node), operands),
        "||" | "?:" => choice(l.span(node), operands),
        "&&" => operation(l.span(node), "and", operands),
        _ => operation(l.span(node), operator, operands),
    }
}

/// `a to b`: the function's name is the operator.
fn infix<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let children = l.children(node);
    let [left, name, right] = children.as_slice() else { return operation(l.span(node), "infix", values(l, node)) };
    let operands = vec![value(l, left.node), value(l, right.node)];
    operation(l.span(node), l.text(name.node), operands)
}

fn unary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let (Some(operator), Some(operand)) = (l.field(node, "operator"), l.field(node, "argument")) else {
        return l.unsupported(node);
    };
    let number = matches!(operand.kind(), "number_literal" | "float_literal");
    match l.text(operator) {
        "!!" => value(l, operand),
        "-" if number => Value::new(l.span(node), Node::Number(l.text(node).into())),
        operator => {
            let inner = value(l, operand);
            operation(l.span(node), if operator == "!" { "not" } else { operator }, vec![inner])
        }
    }
}

/// `if` as an expression: what its branches give.
fn ternary<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let condition = l.field(node, "condition").map(|n| value(l, n));
    let branches = arms(l, node);
    let options = branches.into_iter().map(|branch| match branch.kind() {
        "block" => {
            let (span, body) = (l.span(branch), block(l, branch));
            expression(span, Expr::Function(lambda_of(span, Vec::new(), body)))
        }
        _ => value(l, branch),
    });
    let options = options.collect();
    expression(l.span(node), Expr::Choice { condition, options })
}

fn lambda_of(span: Span, params: Vec<Param>, body: Vec<Stmt>) -> Function {
    Function { name: "".into(), name_span: span, span, params, decorators: Vec::new(), body, doc: None }
}

fn lambda<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let literal = match node.kind() {
        "annotated_lambda" => l.children(node).into_iter().find(|c| c.node.kind() == "lambda_literal").map(|c| c.node),
        _ => Some(node),
    };
    let Some(literal) = literal else { return l.unsupported(node) };
    let (mut params, mut body) = (Vec::new(), Vec::new());
    for child in l.children(literal) {
        if child.node.kind() == "lambda_parameters" {
            for declared in l.children(child.node) {
                let inner = l.children(declared.node);
                let Some(name) = inner.first() else { continue };
                let annotation = inner.get(1).map(|t| l.text(t.node).into());
                params.push(Param { name: l.text(name.node).into(), annotation, default: None, pattern: Vec::new() });
            }
        } else {
            body.extend(block(l, child.node));
        }
    }
    let span = l.span(node);
    expression(span, Expr::Function(lambda_of(span, params, body)))
}

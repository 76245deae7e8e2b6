//! HCL expressions as values. Input: an expression of the parser. Output: a [`Value`].

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, FuncCall, Object, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::template::{Element, HeredocTemplate, Template};

use super::code::ast::{Arg, Call};
use super::value::{Entry, Expr, Node, Unknown, Value};
use crate::span::Span;

/// Turns nodes of the parser, whose offsets begin at `base`, into values.
pub(crate) struct Reader<'a> {
    pub(crate) text: &'a str,
    pub(crate) base: usize,
}

impl Reader<'_> {
    pub(crate) fn span(&self, range: Option<std::ops::Range<usize>>, otherwise: Span) -> Span {
        range.map_or(otherwise, |r| Span::new(self.base + r.start, self.base + r.end))
    }

    /// The span without quotes when the content stands there as it is.
    pub(crate) fn content(&self, token: Span, content: &str) -> Span {
        let source = token.text(self.text);
        let quoted = source.len() >= 2 && source.get(1..source.len() - 1) == Some(content);
        if quoted { Span { start: token.start + 1, end: token.end - 1 } } else { token }
    }

    // The parser bounds how deep expressions nest, so this recursion is bounded.
    pub(crate) fn expression(&self, expression: &Expression, parent: Span) -> Value {
        let span = self.span(expression.span(), parent);
        let node = match expression {
            Expression::Null(_) => Node::Null,
            Expression::Bool(b) => Node::Bool(*b.value()),
            Expression::Number(_) => Node::Number(span.text(self.text).into()),
            Expression::String(s) => {
                return Value::new(self.content(span, s.as_str()), Node::Text(s.as_str().into()));
            }
            Expression::Array(items) => Node::List(items.iter().map(|e| self.expression(e, span)).collect()),
            Expression::Object(object) => Node::Map(self.object(object, span)),
            Expression::StringTemplate(template) => return self.template(template, span, true),
            Expression::HeredocTemplate(heredoc) => return self.heredoc(heredoc, span),
            Expression::Parenthesis(inner) => return self.expression(inner.inner(), span),
            Expression::Variable(name) => reference(name.as_str()),
            Expression::Conditional(c) => expr(Expr::Choice {
                condition: Some(self.expression(&c.cond_expr, span)),
                options: vec![self.expression(&c.true_expr, span), self.expression(&c.false_expr, span)],
            }),
            Expression::FuncCall(call) => expr(Expr::Call(self.call(call, span))),
            Expression::Traversal(traversal) => self.traversal(traversal, span),
            Expression::UnaryOp(op) => {
                let operand = self.expression(&op.expr, span);
                match operand.node {
                    Node::Number(_) => Node::Number(span.text(self.text).into()),
                    _ => operation(op.operator.value().as_str(), vec![operand]),
                }
            }
            Expression::BinaryOp(op) => {
                let operands = vec![self.expression(&op.lhs_expr, span), self.expression(&op.rhs_expr, span)];
                operation(op.operator.value().as_str(), operands)
            }
            Expression::ForExpr(each) => {
                let mut operands = vec![self.expression(&each.intro.collection_expr, span)];
                operands.extend(each.key_expr.as_ref().map(|e| self.expression(e, span)));
                operands.push(self.expression(&each.value_expr, span));
                operation("for", operands)
            }
        };
        Value::new(span, node)
    }

    fn object(&self, object: &Object, parent: Span) -> Vec<Entry> {
        object
            .iter()
            .map(|(key, value)| {
                let (key, key_span) = self.key(key, parent);
                Entry { key, key_span, value: self.expression(value.expr(), parent) }
            })
            .collect()
    }

    fn key(&self, key: &ObjectKey, parent: Span) -> (Box<str>, Span) {
        match key {
            ObjectKey::Ident(name) => (name.as_str().into(), self.span(name.span(), parent)),
            ObjectKey::Expression(computed) => {
                let value = self.expression(computed, parent);
                let name = value.scalar().map_or_else(|| value.span.text(self.text).into(), Into::into);
                (name, value.span)
            }
        }
    }

    fn call(&self, call: &FuncCall, span: Span) -> Call {
        let name_span = self.span(call.name.name.span(), span);
        let mut name = String::new();
        for part in &call.name.namespace {
            name.push_str(part.as_str());
            name.push_str("::");
        }
        name.push_str(call.name.name.as_str());
        let args = call.args.iter().map(|e| Arg { name: None, value: self.expression(e, span) }).collect();
        let callee = Value::new(name_span, reference(&name));
        Call { callee, args, args_span: self.span(call.args.span(), span) }
    }

    fn traversal(&self, traversal: &Traversal, span: Span) -> Node {
        let base = self.expression(&traversal.expr, span);
        let mut value = base;
        for operator in &traversal.operators {
            let end = self.span(operator.span(), span).end;
            let so_far = Span { start: value.span.start, end: end.max(value.span.end) };
            let node = self.step(value, operator.value(), so_far);
            value = Value::new(so_far, node);
        }
        value.node
    }

    fn step(&self, base: Value, operator: &TraversalOperator, span: Span) -> Node {
        let path = base.as_reference().map(str::to_owned);
        match (operator, path) {
            (TraversalOperator::GetAttr(name), Some(path)) => reference(&format!("{path}.{}", name.as_str())),
            (TraversalOperator::GetAttr(name), None) => {
                let at = self.span(name.span(), span);
                operation(".", vec![base, Value::new(at, reference(name.as_str()))])
            }
            (TraversalOperator::Index(index), Some(path)) => match self.expression(index, span) {
                Value { node: Node::Text(key), .. } => reference(&format!("{path}.{key}")),
                Value { node: Node::Number(_), .. } => reference(&path),
                index if is_instance_key(&index) => reference(&path),
                index => expr(Expr::Index(base, index)),
            },
            (TraversalOperator::Index(index), None) => expr(Expr::Index(base, self.expression(index, span))),
            _ => base.node,
        }
    }

    fn heredoc(&self, heredoc: &HeredocTemplate, span: Span) -> Value {
        self.template(&heredoc.template, span, false)
    }

    fn template(&self, template: &Template, token: Span, quoted: bool) -> Value {
        let mut parts: Vec<Value> = template.iter().map(|element| self.element(element, token)).collect();
        let span = match (parts.first(), parts.last()) {
            (Some(first), Some(last)) if !quoted => first.span.to(last.span),
            _ => token,
        };
        if parts.is_empty() {
            return Value::new(span, Node::Text("".into()));
        }
        if parts.iter().all(|p| p.as_str().is_some()) {
            let whole: String = parts.iter().filter_map(Value::as_str).collect();
            return Value::new(span, Node::Text(whole.into()));
        }
        if quoted && parts.len() == 1 {
            return parts.remove(0);
        }
        Value::new(span, expr(Expr::Template(parts)))
    }

    fn element(&self, element: &Element, parent: Span) -> Value {
        match element {
            Element::Literal(text) => {
                Value::new(self.span(text.span(), parent), Node::Text(text.value().as_str().into()))
            }
            Element::Interpolation(inner) => self.expression(&inner.expr, self.span(inner.span(), parent)),
            Element::Directive(directive) => {
                Value::new(self.span(directive.span(), parent), Node::Unknown(Unknown::Unsupported))
            }
        }
    }
}

fn is_instance_key(index: &Value) -> bool {
    index.as_reference().is_some_and(|path| matches!(path, "count.index" | "each.key" | "each.value"))
}

fn reference(path: &str) -> Node {
    expr(Expr::Reference(path.into()))
}

fn operation(operator: &str, operands: Vec<Value>) -> Node {
    expr(Expr::Operation(operator.into(), operands))
}

fn expr(expr: Expr) -> Node {
    Node::Expr(Box::new(expr))
}

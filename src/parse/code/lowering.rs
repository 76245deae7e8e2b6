//! What all lowerings share: a walk over children without quadratic access, the depth budget, and
//! the builders of values that every language has.

use tree_sitter::{Node as Tree, TreeCursor};

use super::ast::{Arg, Call, Import, Stmt, StmtKind};
use crate::parse::value::{Entry, Expr, Node, Unknown, Value};
use crate::span::Span;

/// Nesting beyond this is not followed. Each level costs a few stack frames here and in every reader.
const MAX_DEPTH: u32 = 200;

/// A ladder of `else if` with more rungs is shown as a switch, so that no reader meets thousands of
/// nested blocks.
const MAX_RUNGS: usize = 50;

/// One rung: the statement's place, its condition and its block.
pub(super) type Rung = (Span, Value, Vec<Stmt>);

/// Nests the rungs of an `if` … `else if` … `else` ladder.
pub(super) fn ladder(rungs: Vec<Rung>, otherwise: Vec<Stmt>) -> Vec<Stmt> {
    // A rung reaches as far as what hangs on it.
    let nest = |(span, condition, then): Rung, otherwise: Vec<Stmt>| {
        let end = otherwise.last().map_or(span.end, |last| last.span.end.max(span.end));
        Stmt { span: Span { end, ..span }, kind: StmtKind::If { condition, then, otherwise } }
    };
    if rungs.len() <= MAX_RUNGS {
        return rungs.into_iter().rev().fold(otherwise, |rest, rung| vec![nest(rung, rest)]);
    }
    let first = rungs.first().map(|r| r.0).unwrap_or_default();
    let end = otherwise.last().map(|last| last.span).or_else(|| rungs.last().map(|r| r.0)).map_or(first.end, |s| s.end);
    let span = Span { end: end.max(first.end), ..first };
    let subject = Value::new(span, Node::Unknown(Unknown::Unsupported));
    let cases = rungs.into_iter().map(|rung| vec![nest(rung, Vec::new())]).chain([otherwise]).collect();
    vec![Stmt { span, kind: StmtKind::Switch { subject, cases, labels: Vec::new() } }]
}

/// The state of one lowering.
pub(super) struct Lowering<'t> {
    pub(super) source: &'t str,
    pub(super) imports: Vec<Import>,
    /// Whether the depth limit cut something off.
    pub(super) exhausted: bool,
    cursor: TreeCursor<'t>,
    depth: u32,
}

/// A child with the field it stands in (empty for none).
#[derive(Clone, Copy)]
pub(super) struct Child<'t> {
    pub(super) field: &'t str,
    pub(super) node: Tree<'t>,
}

impl<'t> Lowering<'t> {
    pub(super) fn new(source: &'t str, root: Tree<'t>) -> Self {
        Self { source, imports: Vec::new(), exhausted: false, cursor: root.walk(), depth: 0 }
    }

    /// Named children and those with a field, comments left out.
    pub(super) fn children(&mut self, node: Tree<'t>) -> Vec<Child<'t>> {
        let mut found = Vec::new();
        self.cursor.reset(node);
        if !self.cursor.goto_first_child() {
            return found;
        }
        loop {
            let node = self.cursor.node();
            let field = self.cursor.field_name().unwrap_or("");
            if (node.is_named() || !field.is_empty()) && !(node.is_extra() && !node.is_error()) {
                found.push(Child { field, node });
            }
            if !self.cursor.goto_next_sibling() {
                return found;
            }
        }
    }

    /// The first child in `field`.
    pub(super) fn field(&self, node: Tree<'t>, field: &str) -> Option<Tree<'t>> {
        node.child_by_field_name(field)
    }

    /// The first named child that is no comment.
    pub(super) fn only(&mut self, node: Tree<'t>) -> Option<Tree<'t>> {
        self.children(node).into_iter().map(|c| c.node).find(Tree::is_named)
    }

    pub(super) fn span(&self, node: Tree<'t>) -> Span {
        Span::new(node.start_byte(), node.end_byte())
    }

    pub(super) fn text(&self, node: Tree<'t>) -> &'t str {
        self.source.get(node.byte_range()).unwrap_or("")
    }

    /// Runs `inner` one level deeper, or gives up with an unknown value.
    pub(super) fn deeper(&mut self, node: Tree<'t>, inner: impl FnOnce(&mut Self) -> Value) -> Value {
        if self.depth >= MAX_DEPTH {
            self.exhausted = true;
            return Value::new(self.span(node), Node::Unknown(Unknown::Budget));
        }
        self.depth += 1;
        let value = inner(self);
        self.depth -= 1;
        value
    }

    /// Runs `inner` one level deeper, or leaves the statement out.
    pub(super) fn deeper_statement(
        &mut self,
        node: Tree<'t>,
        out: &mut Vec<Stmt>,
        inner: impl FnOnce(&mut Self, &mut Vec<Stmt>),
    ) {
        if self.depth >= MAX_DEPTH {
            self.exhausted = true;
            let cut = Value::new(self.span(node), Node::Unknown(Unknown::Budget));
            out.push(self.stmt(node, StmtKind::Other(vec![cut])));
            return;
        }
        self.depth += 1;
        inner(self, out);
        self.depth -= 1;
    }

    pub(super) fn stmt(&self, node: Tree<'t>, kind: StmtKind) -> Stmt {
        Stmt { span: self.span(node), kind }
    }

    pub(super) fn reference(&self, node: Tree<'t>) -> Value {
        reference(self.span(node), self.text(node))
    }

    pub(super) fn unsupported(&self, node: Tree<'t>) -> Value {
        Value::new(self.span(node), Node::Unknown(Unknown::Unsupported))
    }

    /// `base.name`: one dotted path as long as there is nothing computed in it.
    pub(super) fn member(&self, node: Tree<'t>, base: Value, name: Tree<'t>) -> Value {
        let (span, name_span, name) = (self.span(node), self.span(name), self.text(name));
        match base.node {
            Node::Expr(expr) => match *expr {
                Expr::Reference(path) => reference(span, &format!("{path}.{name}")),
                Expr::Operation(op, mut operands) if &*op == "." && operands.len() == 2 => {
                    if let Some(last) = operands.pop() {
                        let path = format!("{}.{name}", last.as_reference().unwrap_or(""));
                        operands.push(reference(last.span.to(name_span), &path));
                    }
                    operation(span, ".", operands)
                }
                other => operation(span, ".", vec![expression(base.span, other), reference(name_span, name)]),
            },
            node => operation(span, ".", vec![Value::new(base.span, node), reference(name_span, name)]),
        }
    }

    pub(super) fn call(&self, node: Tree<'t>, callee: Value, args: Vec<Arg>, args_span: Span) -> Value {
        expression(self.span(node), Expr::Call(Call { callee, args, args_span }))
    }

    /// The operands of a left-nested chain of one operator, first to last, without recursion.
    pub(super) fn chain(&self, node: Tree<'t>, kind: &str, operator: &str) -> Vec<Tree<'t>> {
        let mut operands = Vec::new();
        let mut at = node;
        loop {
            let same = at.kind() == kind && self.field(at, "operator").is_some_and(|o| self.text(o) == operator);
            let (Some(left), Some(right), true) = (self.field(at, "left"), self.field(at, "right"), same) else {
                operands.push(at);
                operands.reverse();
                return operands;
            };
            operands.push(right);
            at = left;
        }
    }
}

pub(super) fn expression(span: Span, expr: Expr) -> Value {
    Value::new(span, Node::Expr(Box::new(expr)))
}

pub(super) fn reference(span: Span, path: &str) -> Value {
    expression(span, Expr::Reference(path.into()))
}

pub(super) fn operation(span: Span, op: &str, operands: Vec<Value>) -> Value {
    expression(span, Expr::Operation(op.into(), operands))
}

pub(super) fn choice(span: Span, options: Vec<Value>) -> Value {
    expression(span, Expr::Choice { condition: None, options })
}

pub(super) fn entry(key: &str, key_span: Span, value: Value) -> Entry {
    Entry { key: key.into(), key_span, value }
}

/// A declaration that gives a type and no value.
pub(super) fn undeclared(at: usize) -> Value {
    Value::new(Span::new(at, at), Node::Unknown(Unknown::Unsupported))
}

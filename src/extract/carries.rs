//! What carries a value: names that hold it or a part of it, inside one function. Input: the function's
//! statements and where the value comes from. Output: [`Carriers`], which answers for any other value.

use std::collections::BTreeSet;

use crate::parse::Value;
use crate::parse::code::ast::{Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, parts_of, values_of};
use crate::parse::value::{Expr, Node};
use crate::span::Span;

/// Rounds over the statements; a chain of names that runs against their order is not longer.
const ROUNDS: usize = 4;

/// The names that hold the value.
#[derive(Debug, Clone)]
pub(crate) struct Carriers {
    /// Where it comes from.
    sources: Vec<Span>,
    /// Whether what is computed from a source at once is taken for it (`client.send(new Create(…))`).
    wide: bool,
    /// Whether a part of it carries it too (`response["key"]`, `headers.get("x")`).
    parts: bool,
    names: BTreeSet<String>,
}

impl Carriers {
    /// Follows what the call at `issue` gives through the statements of its function.
    pub(crate) fn issued(body: &[Stmt], issue: Span) -> Self {
        Self { sources: vec![issue], wide: true, parts: true, names: BTreeSet::new() }.followed(body)
    }

    /// Follows what stands at `sources` or comes in under `names`.
    pub(crate) fn given(body: &[Stmt], sources: Vec<Span>, names: impl IntoIterator<Item = String>) -> Self {
        Self { sources, wide: false, parts: true, names: names.into_iter().collect() }.followed(body)
    }

    /// Follows what stands at `sources` as a whole: one field of it is something else.
    pub(crate) fn whole(body: &[Stmt], sources: Vec<Span>) -> Self {
        Self { sources, wide: false, parts: false, names: BTreeSet::new() }.followed(body)
    }

    fn followed(mut self, body: &[Stmt]) -> Self {
        let carriers = &mut self;
        for _ in 0..ROUNDS {
            let before = carriers.names.len();
            carriers.block(body);
            if carriers.names.len() == before {
                break;
            }
        }
        self
    }

    /// The attributes of the object that hold it (`self.token`).
    pub(crate) fn kept(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str).filter(|n| n.starts_with("self.") || n.starts_with("this."))
    }

    /// Whether `path` is one of the names or reached through one.
    pub(crate) fn holds(&self, path: &str) -> bool {
        self.names
            .iter()
            .any(|name| path.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }

    /// Whether the first segment of `path` is that of a name.
    pub(crate) fn shares_root(&self, path: &str) -> bool {
        let root = |p: &str| p.split('.').next().map(str::to_owned);
        !matches!(root(path).as_deref(), Some("self" | "this"))
            && self.names.iter().any(|name| root(name) == root(path))
    }

    /// Whether `value` is, holds or is made of what was issued.
    pub(crate) fn carries(&self, value: &Value) -> bool {
        let source = |span: &Span| if self.wide { value.span.contains(*span) } else { value.span == *span };
        if !matches!(value.as_expr(), Some(Expr::Function(_))) && self.sources.iter().any(source) {
            return true;
        }
        match &value.node {
            Node::List(_) | Node::Map(_) => parts_of(value).into_iter().any(|v| self.carries(v)),
            Node::Expr(expr) => match &**expr {
                Expr::Reference(path) => self.holds(path),
                Expr::Index(base, _) => self.parts && self.carries(base),
                Expr::Call(call) => {
                    let receiver = match call.callee.as_expr() {
                        Some(Expr::Reference(path)) => {
                            path.rsplit_once('.').is_some_and(|(receiver, _)| self.holds(receiver))
                        }
                        Some(Expr::Operation(_, operands)) => operands.first().is_some_and(|base| self.carries(base)),
                        _ => false,
                    };
                    receiver && self.parts
                        || keeps_arguments(call.method(), self.wide) && call.args.iter().any(|a| self.carries(&a.value))
                }
                Expr::Operation(op, operands) if &**op == "." => {
                    operands.first().is_some_and(|base| self.carries(base))
                }
                Expr::Operation(op, _) if matches!(&**op, "==" | "!=" | "is" | "is not" | "in" | "not in" | "not") => {
                    false
                }
                Expr::Choice { options, .. } => options.iter().any(|v| self.carries(v)),
                Expr::Function(_) => false,
                _ => parts_of(value).into_iter().any(|v| self.carries(v)),
            },
            _ => false,
        }
    }

    fn block(&mut self, body: &[Stmt]) {
        for stmt in body {
            match &stmt.kind {
                StmtKind::Function(_) | StmtKind::Class(_) => continue,
                StmtKind::Assign { targets, value, .. } if self.carries(value) => {
                    targets.iter().for_each(|target| self.add(target));
                }
                StmtKind::With { items, .. } => {
                    for (opened, name) in items {
                        if let Some(name) = name.as_ref().filter(|_| self.carries(opened)) {
                            self.add(name);
                        }
                    }
                }
                StmtKind::Loop { target: Some(target), header: Some(header), .. } if self.carries(header) => {
                    self.add(target)
                }
                _ => {}
            }
            for value in values_of(stmt) {
                self.collected(value);
            }
            for inner in blocks_of(stmt) {
                self.block(inner);
            }
        }
    }

    /// `tokens.append(token)`, `(t := issue())`.
    fn collected(&mut self, value: &Value) {
        match value.as_expr() {
            Some(Expr::Call(call)) => {
                let takes = matches!(
                    call.method(),
                    Some("append" | "add" | "extend" | "update" | "push" | "set" | "setdefault" | "put")
                );
                if takes
                    && call.args.iter().any(|a| self.carries(&a.value))
                    && let Some((receiver, _)) = call.path().and_then(|path| path.rsplit_once('.'))
                {
                    self.names.insert(receiver.to_owned());
                }
            }
            Some(Expr::Operation(op, operands))
                if &**op == ":=" && operands.len() == 2 && self.carries(&operands[1]) =>
            {
                self.add(&operands[0]);
            }
            _ => {}
        }
        for part in parts_of(value) {
            self.collected(part);
        }
    }

    fn add(&mut self, target: &Value) {
        match &target.node {
            Node::List(_) | Node::Map(_) => parts_of(target).into_iter().for_each(|t| self.add(t)),
            Node::Expr(expr) => match &**expr {
                // Go's error beside the value is not the value.
                Expr::Reference(path) if matches!(&**path, "err" | "_") => {}
                Expr::Reference(path) => {
                    self.names.insert(path.to_string());
                }
                Expr::Index(base, _) | Expr::Spread(base) => self.add(base),
                _ => {}
            },
            _ => {}
        }
    }
}

/// Calls that give back what they are given: conversions, and constructors when `wide` (a client made
/// with a credential is no text that shows it).
fn keeps_arguments(method: Option<&str>, wide: bool) -> bool {
    let Some(method) = method else { return false };
    let conversions = [
        "str",
        "dict",
        "list",
        "tuple",
        "dumps",
        "loads",
        "stringify",
        "parse",
        "format",
        "json",
        "jsonify",
        "send",
        "asdict",
        "resolve",
        "assign",
        "fromEntries",
    ];
    wide && method.starts_with(|c: char| c.is_ascii_uppercase()) || conversions.contains(&method)
}

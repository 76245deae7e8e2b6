//! What a call, a builder chain or a class body is given. Input: the declaration and an argument path
//! of a model. Output: the value there.

use super::model::ArgValue;
use super::names::{At, Names};
use crate::parse::code::ast::{Call, Class, Language, StmtKind};
use crate::parse::value::{Expr, Node, Value};

/// How deep spreads and nested paths are followed.
const DEPTH: u8 = 4;

/// A value with the place whose names it uses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'m> {
    pub(super) value: &'m Value,
    pub(super) at: At,
}

/// Arguments of one declaration.
#[derive(Default)]
pub(super) struct Args<'m> {
    named: Vec<(&'m str, Found<'m>)>,
    /// Arguments of builder steps beyond the first.
    more: Vec<(&'m str, Found<'m>)>,
    positional: Vec<Found<'m>>,
    receiver: Option<Found<'m>>,
}

impl<'m> Args<'m> {
    /// The arguments of `call`, and of the builder steps before it.
    pub(super) fn of(call: &'m Call, at: At, names: &Names<'m>) -> Self {
        let mut args = Self::default();
        args.add(call, at, names);
        let mut step = call;
        while let Some((receiver, _)) = receiver(step) {
            if args.receiver.is_none() {
                args.receiver = Some(Found { value: receiver, at });
            }
            let Some(before) = receiver.as_call() else { break };
            if let Some(method) = before.method() {
                let mut given = before.args.iter().map(|a| (method, Found { value: &a.value, at }));
                args.named.extend(given.next());
                args.more.extend(given);
            }
            step = before;
        }
        args
    }

    /// The fields of a class body, and the arguments of its `super().__init__(…)`.
    pub(super) fn of_class(class: &'m Class, at: At, names: &Names<'m>) -> Self {
        let mut args = Self::default();
        for stmt in &class.body {
            match &stmt.kind {
                StmtKind::Assign { targets, value, .. } if targets.len() == 1 => {
                    if let Some(name) = targets[0].as_reference() {
                        args.named.push((name, Found { value: default_of(value), at }));
                    }
                }
                StmtKind::Function(init) if matches!(&*init.name, "__init__" | "constructor") => {
                    for inner in &init.body {
                        let StmtKind::Expr(value) = &inner.kind else { continue };
                        let Some(call) = value.as_call() else { continue };
                        let method = call.method();
                        if matches!(method, Some("__init__" | "super")) {
                            let function = names.functions.iter().position(|d| std::ptr::eq(d.function, init));
                            args.add(call, At { function, class: at.class }, names);
                        }
                    }
                }
                _ => {}
            }
        }
        args
    }

    /// The keys of an options object.
    pub(super) fn of_map(value: &'m Value, at: At, names: &Names<'m>) -> Self {
        let mut args = Self::default();
        args.spread(value, at, names, DEPTH);
        args
    }

    fn add(&mut self, call: &'m Call, at: At, names: &Names<'m>) {
        for arg in &call.args {
            match &arg.name {
                Some(name) => self.named.push((name, Found { value: &arg.value, at })),
                None => {
                    if let Some(Expr::Spread(inner)) = arg.value.as_expr() {
                        self.spread(inner, at, names, DEPTH);
                    } else {
                        let found = Found { value: &arg.value, at };
                        self.positional.push(found);
                        if matches!(names.language, Language::TypeScript | Language::JavaScript) {
                            self.spread(&arg.value, at, names, DEPTH);
                        }
                    }
                }
            }
        }
        if self.receiver.is_none() {
            self.receiver = receiver(call).map(|(value, _)| Found { value, at });
        }
    }

    /// The keys of a map are arguments; later ones win, as they do where they are written.
    fn spread(&mut self, value: &'m Value, at: At, names: &Names<'m>, depth: u8) {
        let (value, at) = names.constant(value, at);
        if depth == 0 || !names.step(0) {
            return;
        }
        // `first ? options : { ...options, continue: true }`: what either says may hold.
        if let Some(Expr::Choice { options, .. }) = value.as_expr() {
            options.iter().for_each(|option| self.spread(option, at, names, depth - 1));
            return;
        }
        for entry in value.entries() {
            match entry.value.as_expr() {
                Some(Expr::Spread(inner)) => self.spread(inner, at, names, depth - 1),
                _ => self.named.push((&entry.key, Found { value: &entry.value, at })),
            }
        }
    }

    /// The value at an argument path.
    pub(super) fn get(&self, path: &str, names: &Names<'m>) -> Option<Found<'m>> {
        let (head, rest) = path.split_once('.').map_or((path, None), |(h, r)| (h, Some(r)));
        let found = match head {
            "self" => self.receiver?,
            "-1" => *self.positional.last()?,
            index if index.starts_with(|c: char| c.is_ascii_digit()) => {
                *self.positional.get(index.parse::<usize>().ok()?)?
            }
            name => self.named.iter().rev().find(|(n, _)| *n == name).map(|&(_, found)| found)?,
        };
        rest.map_or(Some(found), |rest| inside(found, rest, names))
    }

    /// The first of several paths that is there.
    pub(super) fn first(&self, paths: &[&str], names: &Names<'m>) -> Option<Found<'m>> {
        paths.iter().find_map(|path| self.get(path, names))
    }

    /// Every value at one of several paths: all arguments of a builder step too.
    pub(super) fn every(&self, paths: &[&str], names: &Names<'m>) -> Vec<Found<'m>> {
        let more =
            |path: &str| self.more.iter().filter(|(n, _)| *n == path).map(|&(_, found)| found).collect::<Vec<_>>();
        paths.iter().flat_map(|path| self.get(path, names).into_iter().chain(more(path))).collect()
    }

    /// Whether an argument has one of the values (any, when none is named).
    pub(super) fn holds(&self, wanted: &ArgValue, names: &Names<'m>) -> bool {
        self.get(wanted.arg, names).is_some_and(|found| {
            let (value, _) = names.constant(found.value, found.at);
            (wanted.values.is_empty() && !matches!(value.node, Node::Null))
                || says(value, wanted.values)
                || says(found.value, wanted.values)
        })
    }

    /// The text at the first of `paths` that has one.
    pub(super) fn text(&self, paths: &[&str], names: &Names<'m>) -> Option<String> {
        paths.iter().find_map(|path| {
            let found = self.get(path, names)?;
            let (value, _) = names.constant(found.value, found.at);
            value.as_str().filter(|t| !t.trim().is_empty()).map(|t| t.trim().to_owned())
        })
    }

    /// The receiver of a method.
    pub(super) fn receiver(&self) -> Option<Found<'m>> {
        self.receiver
    }

    /// Every value given, for what looks inside all of them.
    pub(super) fn all(&self) -> impl Iterator<Item = Found<'m>> {
        self.named.iter().map(|&(_, found)| found).chain(self.positional.iter().copied())
    }
}

/// The value under a dotted path inside a map or the arguments of a call.
pub(super) fn inside<'m>(found: Found<'m>, path: &str, names: &Names<'m>) -> Option<Found<'m>> {
    let (value, at) = names.usual(found.value, found.at);
    if let Some(call) = value.as_call() {
        return Args::of(call, at, names).get(path, names);
    }
    let (head, rest) = path.split_once('.').map_or((path, None), |(h, r)| (h, Some(r)));
    let found = member(Found { value, at }, head, names, DEPTH)?;
    rest.map_or(Some(found), |rest| inside(found, rest, names))
}

/// The value of a key of a map, of what is spread into it, or of an alternative.
fn member<'m>(found: Found<'m>, key: &str, names: &Names<'m>, depth: u8) -> Option<Found<'m>> {
    let depth = depth.checked_sub(1).filter(|_| names.step(0))?;
    let (value, at) = names.constant(found.value, found.at);
    if let Some(Expr::Choice { options, .. }) = value.as_expr() {
        return options.iter().find_map(|value| member(Found { value, at }, key, names, depth));
    }
    let own = value.get(key).map(|value| Found { value, at });
    own.or_else(|| {
        let mut spread = value.entries().iter().filter_map(|entry| match entry.value.as_expr() {
            Some(Expr::Spread(inner)) => Some(inner),
            _ => None,
        });
        spread.find_map(|inner| member(Found { value: inner, at }, key, names, depth))
    })
}

/// The receiver of a method on a call or other computed value, or the path before the last dot.
fn receiver(call: &Call) -> Option<(&Value, &str)> {
    match call.callee.as_expr()? {
        Expr::Operation(op, operands) if &**op == "." => Some((operands.first()?, operands.last()?.as_reference()?)),
        Expr::Reference(path) if path.contains('.') => Some((&call.callee, path)),
        _ => None,
    }
}

/// The default in `Field(default=…)`, else the value itself.
fn default_of(value: &Value) -> &Value {
    let Some(call) = value.as_call() else { return value };
    if call.method() != Some("Field") {
        return value;
    }
    call.keyword("default").or_else(|| call.positional(0)).unwrap_or(value)
}

/// Whether a value is one of `texts`: a scalar as written, or the last segment of a reference or call.
pub(super) fn says(value: &Value, texts: &[&str]) -> bool {
    let written = match &value.node {
        Node::Null => Some("null"),
        Node::Expr(expr) => match &**expr {
            Expr::Reference(path) => path.rsplit('.').next(),
            Expr::Call(call) => call.method(),
            _ => None,
        },
        _ => value.scalar(),
    };
    written.is_some_and(|w| texts.contains(&w))
}

/// The value as a short text: scalar, path, or called name.
pub(super) fn short(value: &Value) -> Option<String> {
    match &value.node {
        Node::Expr(expr) => match &**expr {
            Expr::Reference(path) => Some(path.to_string()),
            Expr::Call(call) => {
                let first = call.positional(0).and_then(Value::scalar);
                Some(format!("{}({})", call.method()?, first.unwrap_or("")))
            }
            Expr::Choice { options, .. } => options.iter().rev().find_map(|o| o.scalar().map(str::to_owned)),
            _ => None,
        },
        _ => value.scalar().map(str::to_owned),
    }
}

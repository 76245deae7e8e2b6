//! What a path or a value of a module is. Input: [`Names`]. Output: a [`Name`] in its package, or the value behind a
//! reference.

use super::{Assign, At, HOPS, Name, Names, bare_type, own_statements};
use crate::extract::agents::sites;
use crate::parse::code::ast::{Call, Import, Language, Param, StmtKind};
use crate::parse::value::{Expr, Node, Value};

/// How many steps a builder may have.
const CHAIN: usize = 64;

impl<'m> Names<'m> {
    /// What `path`, used at `at` before `before`, is.
    pub(in crate::extract::agents) fn resolve(&self, path: &str, at: At, before: u32) -> Option<Name<'m>> {
        self.resolve_hops(path, at, before, HOPS)
    }

    fn resolve_hops(&self, path: &str, at: At, before: u32, hops: u8) -> Option<Name<'m>> {
        if hops == 0 || !self.step(0) {
            return None;
        }
        for (head, rest) in heads(path) {
            if let Some(name) = self.head(head, at, before, hops) {
                return Some(extend(name, rest));
            }
        }
        None
    }

    fn head(&self, head: &str, at: At, before: u32, hops: u8) -> Option<Name<'m>> {
        if let Some(param) = self.parameter(head, at).filter(|_| !head.contains('.')) {
            let class = bare_type(part_of_type(param, head)?);
            return (class != head).then(|| self.resolve_hops(class, At::default(), before, hops - 1)).flatten();
        }
        let local = self.assign(head, at, before);
        // In a language with block scope a later declaration of the name is another one.
        let blocks = matches!(self.language, Language::TypeScript | Language::JavaScript);
        let other = |a: &Assign<'m>| a.span.start > before && (blocks || (a.at.function, at.function) == (None, None));
        if let Some(import) = self.import(head)
            // `const fs = await import("fs/promises")` is both.
            && local.is_none_or(|a| other(a) || a.span.contains(import.span))
        {
            return Some(imported(import));
        }
        if let Some(assign) = local {
            return self.value(assign.value, assign.at, assign.span.start, hops - 1).or_else(|| {
                let class = bare_type(assign.annotation?);
                self.resolve_hops(class, At::default(), before, hops - 1)
            });
        }
        let own = matches!(head, "self" | "this").then_some(at.class).flatten();
        if let Some(class) = own.or_else(|| self.class(head)) {
            // A local class derived from a known one has its methods.
            let bases = &self.classes[class].class.bases;
            return bases.iter().find_map(|base| self.value(base, At::default(), u32::MAX, hops - 1));
        }
        if self.function(head, at).is_none()
            && head.starts_with(|c: char| c.is_ascii_uppercase())
            && !head.contains('.')
        {
            let module = match self.wildcards.as_slice() {
                [only] => Some(*only),
                several => sites::namespace(several, head, self.language),
            };
            return module.map(|module| Name { module, path: head.to_owned() });
        }
        None
    }

    /// What a value is: what its reference, or the thing that is called, is.
    pub(in crate::extract::agents) fn value(&self, value: &Value, at: At, before: u32, hops: u8) -> Option<Name<'m>> {
        if hops == 0 || !self.step(0) {
            return None;
        }
        match value.as_expr()? {
            Expr::Reference(path) => self.resolve_hops(path, at, before, hops),
            Expr::Call(call) => {
                self.callee(call, at, before, hops).or_else(|| self.made_by(call.path()?, at, hops.checked_sub(1)?))
            }
            Expr::Operation(op, operands) if matches!(&**op, "await" | "new" | "as") => {
                self.value(operands.first()?, at, before, hops - 1)
            }
            Expr::Operation(op, operands) if &**op == "." => {
                let base = self.value(operands.first()?, at, before, hops - 1)?;
                Some(extend(base, operands.last()?.as_reference()?))
            }
            Expr::Choice { options, .. } => options.iter().find_map(|o| self.value(o, at, before, hops - 1)),
            Expr::Index(base, _) => self.value(base, at, before, hops - 1),
            _ => None,
        }
    }

    /// What is called, for a call of whatever lifetime. An instance that is called (`agent("…")`) is not
    /// its class.
    pub(in crate::extract::agents) fn call_of(&self, call: &Call, at: At) -> Option<Name<'m>> {
        let name = self.callee(call, at, call.callee.span.start, HOPS)?;
        let instance = self.language == Language::Python
            && call.path().is_some_and(|path| self.import(path).is_none() && self.instance(path, at, call));
        Some(if instance { extend(name, "__call__") } else { name })
    }

    /// Whether `path` holds what a call gave.
    fn instance(&self, path: &str, at: At, call: &Call) -> bool {
        let Some(assign) = self.assign(path, at, call.callee.span.start) else { return false };
        let (mut value, _) = self.constant(assign.value, assign.at);
        while let Some(Expr::Operation(op, parts)) = value.as_expr()
            && &**op == "await"
            && let Some(inner) = parts.first()
        {
            value = inner;
        }
        value.as_call().is_some()
    }

    /// The steps of a builder chain (`a().b().c()`) cost no hops: they are as many as a builder has.
    fn callee(&self, call: &Call, at: At, before: u32, hops: u8) -> Option<Name<'m>> {
        let mut call = call;
        let mut steps = Vec::new();
        let root = loop {
            match call.callee.as_expr()? {
                Expr::Operation(op, operands) if &**op == "." && steps.len() < CHAIN => {
                    let base = operands.first()?;
                    steps.push(operands.last()?.as_reference()?);
                    match base.as_call() {
                        Some(inner) => call = inner,
                        None => break self.value(base, at, before, hops.checked_sub(1)?)?,
                    }
                }
                Expr::Reference(path) => {
                    let made =
                        || hops.checked_sub(1).filter(|_| !steps.is_empty()).and_then(|h| self.made_by(path, at, h));
                    break self.resolve_hops(path, at, before, hops).or_else(made)?;
                }
                // `Agent[Context](…)`
                Expr::Index(base, _) => break self.value(base, at, before, hops)?,
                Expr::Call(inner) => break self.callee(inner, at, before, hops.checked_sub(1)?)?,
                _ => return None,
            }
        };
        Some(steps.into_iter().rev().fold(root, |name, step| extend(name, step)))
    }

    /// What a function of this file returns, when that is something imported: `self._client()`.
    fn made_by(&self, path: &str, at: At, hops: u8) -> Option<Name<'m>> {
        let index = self.function(path, at)?;
        let inside = At { function: Some(index), class: self.functions[index].at.class };
        let mut returned = None;
        own_statements(&self.functions[index].function.body, &mut |stmt| {
            if let StmtKind::Return(Some(value)) = &stmt.kind
                && returned.is_none()
            {
                returned = self.value(value, inside, value.span.start, hops);
            }
        });
        returned
    }

    /// The value behind a reference of this module, followed as long as it is one.
    pub(in crate::extract::agents) fn constant(&self, value: &'m Value, at: At) -> (&'m Value, At) {
        let (mut value, mut at) = (value, at);
        for _ in 0..HOPS {
            let Some(path) = value.as_reference() else { break };
            let root = path.split('.').next().unwrap_or(path);
            if self.parameter(root, at).is_some() && !matches!(root, "self" | "this" | "cls") {
                break;
            }
            let field = || self.class_field(path.strip_suffix(".value").unwrap_or(path));
            let Some(assign) = self.assign(path, at, value.span.start).or_else(field) else { break };
            (value, at) = (assign.value, assign.at);
        }
        (value, at)
    }

    /// The value behind a reference; behind a parameter, what it is when nobody says otherwise, where that is
    /// written out.
    pub(in crate::extract::agents) fn usual(&self, value: &'m Value, at: At) -> (&'m Value, At) {
        let (value, at) = self.constant(value, at);
        let default = value.as_reference().and_then(|root| self.parameter(root, at)?.default.as_ref());
        let written = default.filter(|d| !matches!(d.node, Node::Null | Node::Expr(_) | Node::Unknown(_)));
        (written.unwrap_or(value), at)
    }
}

/// The declared type of what a parameter binds under a name: of it, or of the part that is taken out of it,
/// `({ server }: { server: McpServer })`.
fn part_of_type<'p>(param: &'p Param, name: &str) -> Option<&'p str> {
    let whole = param.annotation.as_deref()?;
    let Some(parts) = whole.trim_start().strip_prefix('{').filter(|_| !param.pattern.is_empty()) else {
        return Some(whole);
    };
    parts.split([';', ',', '\n', '{']).find_map(|part| {
        let (key, declared) = part.split_once(':')?;
        (key.trim().trim_end_matches('?') == name).then(|| declared.trim())
    })
}

/// The ways to split `path` into a head that may be bound and the rest, longest head first.
fn heads(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let cuts = path.match_indices('.').map(|(i, _)| i).collect::<Vec<_>>();
    std::iter::once((path, "")).chain(cuts.into_iter().rev().map(move |i| (&path[..i], &path[i + 1..])))
}

pub(in crate::extract::agents) fn extend<'m>(mut name: Name<'m>, rest: &str) -> Name<'m> {
    if !rest.is_empty() {
        if !name.path.is_empty() {
            name.path.push('.');
        }
        name.path.push_str(rest);
    }
    name
}

fn imported(import: &Import) -> Name<'_> {
    let path = match import.name.as_deref() {
        None => String::new(),
        Some("default") => import.local.to_string(),
        Some(name) => name.to_owned(),
    };
    Name { module: &import.module, path }
}

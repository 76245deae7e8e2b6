//! What a name holds that no assignment gives a value: a parameter, and the variable of a loop or comprehension.
//! Input: the scene and the name. Output: every value that the file hands over for it.

use super::args::Found;
use super::names::At;
use super::scene::Scene;
use super::toolloop::every;
use super::walk;
use crate::parse::code::ast::{Module, Stmt, StmtKind};
use crate::parse::value::{Expr, Value};
use crate::span::Span;

/// How many calls and elements are looked at for one name.
const MANY: usize = 60;

/// A loop or comprehension over something: where it holds, what it binds, what it runs over.
pub(super) struct Each<'m> {
    span: Span,
    pub(super) target: &'m Value,
    pub(super) over: &'m Value,
}

/// Every loop of a module that binds a name, comprehensions among them.
pub(super) fn loops<'m>(module: &'m Module) -> Vec<Each<'m>> {
    let mut all = Vec::new();
    statements(&module.body, &mut all);
    every(&module.body, &mut |value| {
        if let Some(Expr::Operation(op, parts)) = value.as_expr()
            && &**op == "for"
            && let [_, target, over, ..] = &**parts
        {
            all.push(Each { span: value.span, target, over });
        }
    });
    all
}

/// The loops of `body`, comprehensions left out.
pub(super) fn statements<'m>(body: &'m [Stmt], all: &mut Vec<Each<'m>>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Loop { target: Some(target), header: Some(over), .. } => {
                all.push(Each { span: stmt.span, target, over });
            }
            StmtKind::Function(function) => statements(&function.body, all),
            StmtKind::Class(class) => statements(&class.body, all),
            _ => {}
        }
        walk::blocks(stmt).into_iter().for_each(|block| statements(block, all));
    }
}

/// What is gone through.
pub(super) enum Over<'m> {
    /// A value.
    Value(Found<'m>),
    /// What a name holds.
    Path(&'m str, At),
}

/// What the variable `name` of a loop, or of a function that is called for each element, goes through.
pub(super) fn bound<'m>(scene: &Scene<'_, 'm>, name: &str, at: At, span: Span) -> Option<Over<'m>> {
    let binds = |target: &Value| {
        place(target, name).is_some() || target.entries().iter().any(|e| e.value.as_reference() == Some(name))
    };
    let looped = scene.loops.iter().filter(|each| each.span.contains(span) && binds(each.target));
    if let Some(each) = looped.min_by_key(|each| each.span.len()) {
        return Some(Over::Value(Found { value: each.over, at }));
    }
    let around = std::iter::successors(at.function, |&f| scene.names.functions[f].at.function);
    let function = around
        .map(|f| scene.names.functions[f].function)
        .find(|function| function.params.iter().any(|param| param.binds(name)))
        .filter(|function| function.name.is_empty())?;
    let site = scene.sites.iter().find(|site| {
        matches!(site.call.method(), Some("forEach" | "map" | "flatMap"))
            && site.call.args.iter().any(|arg| arg.value.span == function.span)
    })?;
    match site.call.callee.as_expr()? {
        Expr::Operation(_, parts) => Some(Over::Value(Found { value: parts.first()?, at: site.at })),
        _ => Some(Over::Path(site.call.path()?.rsplit_once('.')?.0, site.at)),
    }
}

impl<'m> Scene<'_, 'm> {
    /// What the file hands over for a name that is a parameter or the variable of a loop.
    pub(super) fn handed(&self, path: &str, at: At, span: Span) -> Vec<Found<'m>> {
        if path.contains('.') || !self.names.step(self.sites.len()) {
            return Vec::new();
        }
        let looped =
            self.loops.iter().filter(|l| l.span.contains(span)).filter_map(|l| Some((l, place(l.target, path)?)));
        if let Some((each, place)) = looped.min_by_key(|(l, _)| l.span.len()) {
            return self.elements(each, place, at);
        }
        self.arguments(path, at)
    }

    /// What callers give for a parameter; what a class is made with, for one of its constructor.
    pub(super) fn arguments(&self, path: &str, at: At) -> Vec<Found<'m>> {
        let around = std::iter::successors(at.function, |&f| self.names.functions[f].at.function);
        let binds = |f: &usize| self.names.functions[*f].function.params.iter().any(|p| p.binds(path));
        let Some(index) = around.into_iter().find(binds) else { return Vec::new() };
        let def = &self.names.functions[index];
        let params = def.function.params.iter().filter(|p| !matches!(&*p.name, "self" | "cls"));
        let Some(position) = params.into_iter().position(|p| p.binds(path)) else { return Vec::new() };
        let made = matches!(&*def.function.name, "__init__" | "constructor");
        let class = def.at.class.filter(|_| made);
        let calls = self.sites.iter().filter(|site| {
            let Some(called) = site.call.path() else { return false };
            match class {
                Some(class) => self.names.class(called) == Some(class),
                None => self.names.function(called, site.at) == Some(index),
            }
        });
        calls
            .filter_map(|site| {
                let value = site.call.keyword(path).or_else(|| site.call.positional(position))?;
                (value.as_reference() != Some(path)).then_some(Found { value, at: site.at })
            })
            .take(MANY)
            .collect()
    }

    fn elements(&self, each: &Each<'m>, place: Place, at: At) -> Vec<Found<'m>> {
        let pairs = each.over.as_call().filter(|call| matches!(call.method(), Some("items" | "entries")));
        let over = match pairs.and_then(|call| call.path()) {
            Some("Object.entries") => pairs.and_then(|call| call.positional(0)),
            Some(path) => {
                let held =
                    path.rsplit_once('.').and_then(|(held, _)| self.names.assign(held, at, each.over.span.start));
                return held.map_or_else(Vec::new, |held| values(held.value, place, held.at));
            }
            None => Some(each.over),
        };
        let Some((list, at)) = over.map(|over| self.names.constant(over, at)) else { return Vec::new() };
        if pairs.is_some() {
            return values(list, place, at);
        }
        let one = |item: &'m Value| match place {
            Place::Whole => Some(item),
            Place::Part(index) => item.items().get(index),
        };
        list.items().iter().filter_map(one).map(|value| Found { value, at }).take(MANY).collect()
    }
}

/// The values of a map that is gone through by pairs.
fn values<'m>(map: &'m Value, place: Place, at: At) -> Vec<Found<'m>> {
    if !matches!(place, Place::Part(1)) {
        return Vec::new();
    }
    map.entries().iter().map(|entry| Found { value: &entry.value, at }).take(MANY).collect()
}

/// Where in an element a name is bound.
#[derive(Clone, Copy)]
enum Place {
    Whole,
    Part(usize),
}

fn place(target: &Value, path: &str) -> Option<Place> {
    if target.as_reference() == Some(path) {
        return Some(Place::Whole);
    }
    target.items().iter().position(|part| part.as_reference() == Some(path)).map(Place::Part)
}

//! What the names of one module mean. Input: a [`Module`]. Output: [`Names`]: definitions,
//! assignments and imports by name, and the resolution of a path to what it is in its package.

mod collect;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use self::collect::Collect;
use super::effects::Own;
use super::walk;
use crate::parse::code::ast::{Call, Class, Function, Import, Language, Module, Stmt, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// How many assignments are followed from one name.
pub(super) const HOPS: u8 = 6;

/// How many steps a builder may have.
const CHAIN: usize = 64;

/// Steps that the names of one file may lead on in all. A list of three hundred names, each of which holds
/// such a list, has more ends than anybody will ever see; counting work and not time keeps the result the same.
const MAX_WORK: usize = 1_000_000;

/// What each byte of the file adds to that: the names of a long file are asked for more often.
const WORK_PER_BYTE: usize = 32;

/// How many bindings are compared in one step.
const COMPARED: usize = 8;

/// Where in the module something stands: indices into [`Names::functions`] and [`Names::classes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct At {
    /// The innermost named function.
    pub(super) function: Option<usize>,
    /// The innermost class.
    pub(super) class: Option<usize>,
}

/// A named function.
pub(super) struct Def<'m> {
    pub(super) function: &'m Function,
    /// `name`, `Class.name`, `outer.name`.
    pub(super) symbol: String,
    /// Where it is defined.
    pub(super) at: At,
}

/// A class.
pub(super) struct ClassDef<'m> {
    pub(super) class: &'m Class,
    pub(super) span: Span,
}

/// An assignment of one target.
pub(super) struct Assign<'m> {
    /// The target as written (`x`, `self.x`); a class field has its bare name.
    pub(super) target: &'m str,
    pub(super) value: &'m Value,
    pub(super) annotation: Option<&'m str>,
    /// The whole statement.
    pub(super) span: Span,
    pub(super) at: At,
    /// Whether it stands directly in a class body.
    pub(super) field: bool,
}

/// A name resolved through imports: a path inside a module of somebody else or of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name<'m> {
    /// The module as imported.
    pub(super) module: &'m str,
    /// The path inside; an instance has the path of its class, a call on it goes on from there.
    pub(super) path: String,
}

/// The names of a module.
pub(super) struct Names<'m> {
    pub(super) language: Language,
    /// What the module does by itself.
    pub(super) body: &'m [Stmt],
    pub(super) functions: Vec<Def<'m>>,
    pub(super) classes: Vec<ClassDef<'m>>,
    pub(super) assigns: Vec<Assign<'m>>,
    imports: FxHashMap<&'m str, Vec<&'m Import>>,
    pub(super) wildcards: Vec<&'m str>,
    by_function: FxHashMap<&'m str, Vec<usize>>,
    by_class: FxHashMap<&'m str, usize>,
    by_target: FxHashMap<&'m str, Vec<usize>>,
    by_scope: FxHashMap<(&'m str, Option<usize>), Vec<usize>>,
    by_pointer: FxHashMap<*const Function, usize>,
    /// Statements whose blocks need not run.
    branches: Vec<Span>,
    /// Those of them that ask a setting which lets tools write.
    pub(super) switched: Vec<Span>,
    /// What each function does by itself, once it was looked at.
    pub(super) own: RefCell<FxHashMap<usize, Rc<Own>>>,
    /// Calls that ask a policy and obey it, with what the gate is called.
    pub(super) policies: FxHashMap<Span, String>,
    /// Whether this file opens a database for reading, once that was asked.
    pub(super) opens_reading: OnceCell<bool>,
    /// Steps that are left.
    work: Cell<usize>,
}

impl<'m> Names<'m> {
    pub(super) fn new(module: &'m Module) -> Self {
        let mut names = Self {
            language: module.language,
            body: &module.body,
            functions: Vec::new(),
            classes: Vec::new(),
            assigns: Vec::new(),
            imports: FxHashMap::default(),
            wildcards: Vec::new(),
            by_function: FxHashMap::default(),
            by_class: FxHashMap::default(),
            by_target: FxHashMap::default(),
            by_scope: FxHashMap::default(),
            by_pointer: FxHashMap::default(),
            branches: Vec::new(),
            switched: Vec::new(),
            own: RefCell::default(),
            policies: FxHashMap::default(),
            opens_reading: OnceCell::new(),
            work: Cell::new(MAX_WORK + WORK_PER_BYTE * module.body.last().map_or(0, |s| s.span.end as usize)),
        };
        for import in &module.imports {
            if import.name.as_deref() == Some("*") {
                names.wildcards.push(&import.module);
            } else {
                names.imports.entry(&import.local).or_default().push(import);
            }
        }
        walk::statements(&module.body, At::default(), &mut Collect { names: &mut names });
        branches(&module.body, &mut names.branches);
        super::checks::switched(&module.body, &mut names.switched);
        names
    }

    /// Takes a step on the way of a name, and compares `among` bindings or calls; false when all the work of
    /// the file is done, and nothing leads anywhere any more. Every look-up and every list that is followed asks.
    pub(super) fn step(&self, among: usize) -> bool {
        let left = self.work.get().saturating_sub(1 + among / COMPARED);
        self.work.set(left);
        left > 0
    }

    /// Whether names were left unresolved because the work of the file was done.
    pub(super) fn spent(&self) -> bool {
        self.work.get() == 0
    }

    /// The import that brings `local` in; the last one where several branches do.
    pub(super) fn import(&self, local: &str) -> Option<&'m Import> {
        self.imports.get(local).and_then(|found| found.last().copied())
    }

    /// The function that `path` names when it is used at `at`.
    pub(super) fn function(&self, path: &str, at: At) -> Option<usize> {
        let (owner, name) = path.rsplit_once('.').map_or((None, path), |(owner, name)| (Some(owner), name));
        let found = self.by_function.get(name).filter(|found| self.step(found.len()))?;
        let owner = match owner {
            None => None,
            Some("self" | "this" | "cls") => at.class.map(|c| &*self.classes[c].class.name),
            Some(owner) if self.class(owner).is_some() => Some(owner),
            Some(owner) => Some(self.class_of(owner, at)?),
        };
        let own_methods = matches!(self.language, Language::Java | Language::Kotlin | Language::CSharp);
        let fits = |&&i: &&usize| {
            let class = self.functions[i].at.class.map(|c| &*self.classes[c].class.name);
            match owner {
                Some(owner) => class == Some(owner),
                // A method of the same class is called without its name in these languages.
                None => {
                    class.is_none()
                        || self.functions[i].at.function.is_some()
                        || own_methods && self.functions[i].at.class == at.class
                }
            }
        };
        found
            .iter()
            .filter(fits)
            .max_by_key(|&&i| (self.functions[i].at.function == at.function && at.function.is_some(), i))
            .copied()
    }

    /// The class of this file whose instance `path` holds.
    fn class_of(&self, path: &str, at: At) -> Option<&str> {
        if self.classes.is_empty() {
            return None;
        }
        let written = match self.parameter(path, at) {
            Some(param) => param.annotation.as_deref(),
            None => {
                let found =
                    self.assigned(path).chain(path.split_once('.').into_iter().flat_map(|(_, p)| self.assigned(p)));
                found
                    .filter_map(|a| a.value.as_call().and_then(Call::path).or(a.annotation))
                    .find(|c| self.class(bare_type(c)).is_some())
            }
        };
        let class = bare_type(written?);
        self.class(class).map(|c| &*self.classes[c].class.name)
    }

    pub(super) fn class(&self, name: &str) -> Option<usize> {
        self.by_class.get(name).copied()
    }

    /// The value of a field of a class of this file, for `Tools.STATUS` and the like.
    pub(super) fn class_field(&self, path: &str) -> Option<&Assign<'m>> {
        let (class, field) = path.split_once('.')?;
        let class = self.class(class)?;
        self.by_target.get(field)?.iter().map(|&i| &self.assigns[i]).find(|a| a.field && a.at.class == Some(class))
    }

    /// The assignment that gives `path` its value when it is used at `at` before `before`.
    pub(super) fn assign(&self, path: &str, at: At, before: u32) -> Option<&Assign<'m>> {
        let member =
            path.split_once('.').filter(|(root, _)| matches!(*root, "self" | "this" | "cls")).map(|(_, rest)| rest);
        let known = |a: &Assign<'m>| !matches!(a.value.node, Node::Null | Node::Unknown(_));
        // A value that reads the name which it is given to reads what was there before; a function in it, which
        // runs later, reads the value.
        let own =
            |a: &Assign<'m>| a.at.function == at.function && (a.value.span.start..a.value.span.end).contains(&before);
        let late = |a: &Assign<'m>| a.span.start >= before;
        // The last one before, else the first one after.
        let rank = |a: &&Assign<'m>| {
            let start = a.span.start;
            (known(a), !late(a), if late(a) { u32::MAX - start } else { start })
        };
        if let Some(member) = member {
            let all = [path, member].into_iter().filter_map(|target| self.by_target.get(target));
            let all = all.filter(|all| self.step(all.len())).flatten();
            let fits = |a: &&Assign<'m>| a.at.class == at.class && (a.field || a.target == path) && !own(a);
            return all.map(|&i| &self.assigns[i]).filter(fits).max_by_key(rank);
        }
        let scopes = std::iter::successors(at.function, |&f| self.functions[f].at.function).map(Some).chain([None]);
        let mut unknown = None;
        for scope in scopes {
            let all = self.by_scope.get(&(path, scope)).filter(|all| self.step(all.len()));
            let all = all.into_iter().flatten().map(|&i| &self.assigns[i]);
            match all.filter(|a| (!a.field || a.at.class == at.class) && !own(a)).max_by_key(rank) {
                Some(best) if known(best) => return Some(best),
                other => unknown = unknown.or(other),
            }
        }
        unknown
    }

    /// What `path` may hold at `before`: `last`, and what was assigned earlier as far as `last` is made of it or
    /// stands in a branch that need not be taken.
    pub(super) fn bound(&self, path: &str, last: &Assign<'m>, before: u32) -> Vec<&Assign<'m>> {
        let all = self.by_scope.get(&(path, last.at.function)).filter(|all| self.step(COMPARED * all.len()));
        let scope = all.into_iter().flatten().map(|&i| &self.assigns[i]);
        let mut all: Vec<&Assign<'m>> = scope.filter(|a| a.span.start <= last.span.start && !a.field).collect();
        all.sort_by_key(|a| std::cmp::Reverse(a.span.start));
        let mut found = Vec::new();
        for assign in all {
            found.push(assign);
            let may_not_run =
                self.branches.iter().any(|b| b.contains(assign.span) && !(b.start..b.end).contains(&before));
            if !may_not_run && !mentions(assign.value, path) {
                break;
            }
        }
        found.reverse();
        found
    }

    /// The index of a function.
    pub(super) fn index(&self, function: &Function) -> Option<usize> {
        self.by_pointer.get(&std::ptr::from_ref(function)).copied()
    }

    /// Every assignment to `path` that is seen from `at`.
    pub(super) fn assigned(&self, path: &str) -> impl Iterator<Item = &Assign<'m>> {
        let all = self.by_target.get(path).filter(|all| self.step(all.len()));
        all.into_iter().flatten().map(|&i| &self.assigns[i])
    }

    /// Whether `root` is a parameter of a function around `at`.
    pub(super) fn parameter(&self, root: &str, at: At) -> Option<&'m crate::parse::code::ast::Param> {
        std::iter::successors(at.function, |&f| self.functions[f].at.function)
            .find_map(|f| self.functions[f].function.params.iter().find(|p| p.binds(root)))
    }

    /// What `path`, used at `at` before `before`, is.
    pub(super) fn resolve(&self, path: &str, at: At, before: u32) -> Option<Name<'m>> {
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
            let class = bare_type(param.annotation.as_deref()?);
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
                several => super::sites::namespace(several, head, self.language),
            };
            return module.map(|module| Name { module, path: head.to_owned() });
        }
        None
    }

    /// What a value is: what its reference, or the thing that is called, is.
    pub(super) fn value(&self, value: &Value, at: At, before: u32, hops: u8) -> Option<Name<'m>> {
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
    pub(super) fn call_of(&self, call: &Call, at: At) -> Option<Name<'m>> {
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
    pub(super) fn constant(&self, value: &'m Value, at: At) -> (&'m Value, At) {
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
    pub(super) fn usual(&self, value: &'m Value, at: At) -> (&'m Value, At) {
        let (value, at) = self.constant(value, at);
        let default = value.as_reference().and_then(|root| self.parameter(root, at)?.default.as_ref());
        let written = default.filter(|d| !matches!(d.node, Node::Null | Node::Expr(_) | Node::Unknown(_)));
        (written.unwrap_or(value), at)
    }
}

/// Statements of which a block need not run, everywhere in `body`.
fn branches(body: &[Stmt], found: &mut Vec<Span>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::If { .. } | StmtKind::Try { .. } | StmtKind::Switch { .. } => found.push(stmt.span),
            StmtKind::Function(function) => branches(&function.body, found),
            StmtKind::Class(class) => branches(&class.body, found),
            _ => {}
        }
        walk::blocks(stmt).into_iter().for_each(|block| branches(block, found));
    }
}

/// Whether a value is made of what `path` holds.
fn mentions(value: &Value, path: &str) -> bool {
    let mut found = false;
    walk::each(value, &mut |v| found |= v.as_reference() == Some(path));
    found
}

/// The ways to split `path` into a head that may be bound and the rest, longest head first.
fn heads(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let cuts = path.match_indices('.').map(|(i, _)| i).collect::<Vec<_>>();
    std::iter::once((path, "")).chain(cuts.into_iter().rev().map(move |i| (&path[..i], &path[i + 1..])))
}

pub(super) fn extend<'m>(mut name: Name<'m>, rest: &str) -> Name<'m> {
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

/// The class in a written type: `Optional[Agent]`, `Agent | None`, `"Agent"`, `Agent<Context>`.
fn bare_type(annotation: &str) -> &str {
    let inner = annotation.trim().trim_matches(['"', '\'']);
    let inner = inner.strip_prefix("Optional[").or_else(|| inner.strip_prefix("typing.Optional[")).unwrap_or(inner);
    let end = inner.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(inner.len());
    &inner[..end]
}

/// Statements of a function's body and everything inside, nested functions left out.
pub(super) fn own_statements<'m>(body: &'m [Stmt], see: &mut impl FnMut(&'m Stmt)) {
    for stmt in body {
        see(stmt);
        for block in walk::blocks(stmt) {
            own_statements(block, see);
        }
    }
}

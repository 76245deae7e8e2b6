//! What the names of one module mean. Input: a [`Module`]. Output: [`Names`]: definitions,
//! assignments and imports by name. What a path is in its package, and the value behind it, is said in [`meaning`].

mod collect;
mod meaning;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use self::collect::Collect;
pub(super) use self::meaning::extend;
use super::effects::Own;
use super::walk;
use crate::parse::code::ast::{Call, Class, Function, Import, Language, Module, Stmt, StmtKind};
use crate::parse::value::{Node, Value};
use crate::span::Span;

/// How many assignments are followed from one name.
pub(super) const HOPS: u8 = 6;

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

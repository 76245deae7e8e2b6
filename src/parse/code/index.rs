//! One module, indexed: its scopes with what each name is bound to, and its calls in source order.
//! Input: a [`Module`]. Output: [`Code`]; questions about names are answered in
//! [`resolve`](super::resolve).

use std::cell::Cell;

use rustc_hash::FxHashMap;

use super::ast::{Call, Class, Function, Import, Language, Module, Param, Stmt, StmtKind};
use super::query::parts_of;
use crate::parse::value::{Expr, Node, Value};

/// Index of a scope in [`Code`]; the module is 0.
pub type ScopeId = usize;

/// The scope of the module itself.
pub const MODULE: ScopeId = 0;

/// An indexed module.
#[derive(Debug)]
pub struct Code<'m> {
    /// The module.
    pub module: &'m Module,
    /// Its calls (constructors and decorators too), in source order.
    pub calls: Vec<CallSite<'m>>,
    pub(super) scopes: Vec<Scope<'m>>,
    pub(super) imports: FxHashMap<&'m str, &'m Import>,
    /// Steps that the question asked at the moment may still take.
    pub(super) work: Cell<u32>,
}

/// A call with its surroundings.
#[derive(Debug, Clone, Copy)]
pub struct CallSite<'m> {
    /// The call.
    pub call: &'m Call,
    /// The call as a value: its span covers callee and arguments.
    pub value: &'m Value,
    /// The innermost scope that it stands in.
    pub scope: ScopeId,
    /// The name that takes its result, when the call is all that is assigned (`agent = Agent(…)`,
    /// `self.client = …`, `with f() as x`).
    pub held_in: Option<&'m str>,
}

#[derive(Debug)]
pub(super) struct Scope<'m> {
    pub(super) parent: Option<ScopeId>,
    pub(super) kind: ScopeKind<'m>,
    pub(super) names: FxHashMap<&'m str, Vec<Bound<'m>>>,
}

/// What opens a scope.
#[derive(Debug, Clone, Copy)]
pub enum ScopeKind<'m> {
    /// The file.
    Module,
    /// A class body.
    Class(&'m Class),
    /// A function, method or lambda.
    Function(&'m Function),
}

/// What a name is bound to, and where the binding stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound<'m> {
    /// Where it begins to hold: behind the value, which may read the name (`ttl = ttl or 60`).
    pub(super) at: u32,
    pub(super) scope: ScopeId,
    pub(super) what: What<'m>,
}

impl Bound<'_> {
    /// Whether the name is read at `at`, inside the value that it is given.
    pub(super) fn is_read_from(&self, at: u32) -> bool {
        matches!(self.what, What::Value(v) | What::Member(v, _) if v.span.start <= at && at < v.span.end)
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What<'m> {
    Value(&'m Value),
    /// A member of a value (`const { a } = value`).
    Member(&'m Value, &'m str),
    /// A declared type.
    Typed(&'m str),
    Param(&'m Param),
    Function(&'m Function, ScopeId),
    Class,
    /// Something that is not followed (loop variable, part of a tuple).
    Other,
}

impl<'m> Code<'m> {
    /// Indexes a module in one walk.
    #[must_use]
    pub fn new(module: &'m Module) -> Self {
        let mut imports = FxHashMap::default();
        for import in &module.imports {
            imports.entry(&*import.local).or_insert(import);
        }
        let mut code = Self { module, calls: Vec::new(), scopes: Vec::new(), imports, work: Cell::new(0) };
        let top = code.open(None, ScopeKind::Module);
        code.block(&module.body, top);
        code
    }

    /// What opened `scope`.
    #[must_use]
    pub fn kind(&self, scope: ScopeId) -> ScopeKind<'m> {
        self.scopes[scope].kind
    }

    /// The scopes from `scope` outwards, the module last.
    pub fn outwards(&self, scope: ScopeId) -> impl Iterator<Item = ScopeId> + '_ {
        std::iter::successors(Some(scope), |&s| self.scopes[s].parent)
    }

    /// The innermost function with a name around `scope`.
    #[must_use]
    pub fn function(&self, scope: ScopeId) -> Option<&'m Function> {
        self.outwards(scope).find_map(|s| match self.scopes[s].kind {
            ScopeKind::Function(f) if !f.name.is_empty() => Some(f),
            _ => None,
        })
    }

    /// The innermost class around `scope`.
    #[must_use]
    pub fn class(&self, scope: ScopeId) -> Option<&'m Class> {
        self.class_scope(scope).and_then(|s| match self.scopes[s].kind {
            ScopeKind::Class(class) => Some(class),
            _ => None,
        })
    }

    /// The dotted name of `scope` in the file (`Crew.researcher`); empty at module level.
    #[must_use]
    pub fn symbol(&self, scope: ScopeId) -> String {
        let mut names: Vec<&str> = self
            .outwards(scope)
            .filter_map(|s| match self.scopes[s].kind {
                ScopeKind::Module => None,
                ScopeKind::Class(class) => Some(&*class.name),
                ScopeKind::Function(function) => Some(&*function.name),
            })
            .filter(|name| !name.is_empty())
            .collect();
        names.reverse();
        names.join(".")
    }

    /// The scope that `function` opens.
    #[must_use]
    pub fn scope_of(&self, function: &Function) -> Option<ScopeId> {
        self.scopes.iter().position(|s| matches!(s.kind, ScopeKind::Function(f) if std::ptr::eq(f, function)))
    }

    /// Every function of the file with the scope that it opens, in source order of opening.
    pub fn functions(&self) -> impl Iterator<Item = (&'m Function, ScopeId)> + '_ {
        self.scopes.iter().enumerate().filter_map(|(id, s)| match s.kind {
            ScopeKind::Function(function) => Some((function, id)),
            _ => None,
        })
    }

    pub(super) fn class_scope(&self, scope: ScopeId) -> Option<ScopeId> {
        self.outwards(scope).find(|&s| matches!(self.scopes[s].kind, ScopeKind::Class(_)))
    }

    fn open(&mut self, parent: Option<ScopeId>, kind: ScopeKind<'m>) -> ScopeId {
        self.scopes.push(Scope { parent, kind, names: FxHashMap::default() });
        self.scopes.len() - 1
    }

    fn bind(&mut self, name: &'m str, at: u32, scope: ScopeId, what: What<'m>) {
        // `self.x` and `this.x` are names of the class.
        let (home, name) = match name.strip_prefix("self.").or_else(|| name.strip_prefix("this.")) {
            Some(attribute) => (self.class_scope(scope).unwrap_or(scope), attribute),
            None => (scope, name),
        };
        self.scopes[home].names.entry(name).or_default().push(Bound { at, scope, what });
    }

    fn block(&mut self, body: &'m [Stmt], scope: ScopeId) {
        for stmt in body {
            self.stmt(stmt, scope);
        }
    }

    fn stmt(&mut self, stmt: &'m Stmt, scope: ScopeId) {
        match &stmt.kind {
            StmtKind::Function(function) => {
                let inner = self.function_scope(function, scope);
                self.bind(&function.name, stmt.span.start, scope, What::Function(function, inner));
            }
            StmtKind::Class(class) => {
                self.values(class.decorators.iter().chain(&class.bases), scope);
                let inner = self.open(Some(scope), ScopeKind::Class(class));
                self.bind(&class.name, stmt.span.start, scope, What::Class);
                self.block(&class.body, inner);
            }
            StmtKind::Assign { targets, value, annotation } => {
                for target in targets {
                    self.bind_target(target, value, annotation.as_deref(), scope);
                    self.value(target, scope, None);
                }
                let held_in =
                    targets.first().and_then(|t| t.as_reference().or_else(|| t.items().first()?.as_reference()));
                self.value(value, scope, held_in);
            }
            StmtKind::With { items, body } => {
                for (opened, target) in items {
                    if let Some(target) = target {
                        self.bind_target(target, opened, None, scope);
                    }
                    self.value(opened, scope, target.as_ref().and_then(Value::as_reference));
                }
                self.block(body, scope);
            }
            StmtKind::Loop { target, header, body } => {
                if let Some(name) = target.as_ref().and_then(Value::as_reference) {
                    self.bind(name, stmt.span.start, scope, What::Other);
                }
                self.values(header, scope);
                self.block(body, scope);
            }
            _ => {
                self.values(super::query::values_of(stmt), scope);
                for inner in super::query::blocks_of(stmt) {
                    self.block(inner, scope);
                }
            }
        }
    }

    fn bind_target(&mut self, target: &'m Value, value: &'m Value, annotation: Option<&'m str>, scope: ScopeId) {
        let at = target.span.start.max(value.span.end);
        match &target.node {
            Node::List(targets) => {
                let paired = value.items().len() == targets.len();
                for (index, target) in targets.iter().enumerate() {
                    match (value.items().get(index), target.as_reference()) {
                        (Some(part), _) if paired => self.bind_target(target, part, None, scope),
                        // Go: the first of several results is the one that counts.
                        (_, Some(name))
                            if index == 0 && self.module.language == Language::Go && value.as_call().is_some() =>
                        {
                            self.bind(name, at, scope, What::Value(value));
                        }
                        (_, Some(name)) => self.bind(name, at, scope, What::Other),
                        _ => {}
                    }
                }
            }
            Node::Map(entries) => {
                for entry in entries {
                    if let Some(name) = entry.value.as_reference() {
                        self.bind(name, at, scope, What::Member(value, &entry.key));
                    }
                }
            }
            _ => {
                let Some(name) = target.as_reference() else { return };
                match (&value.node, annotation) {
                    (Node::Unknown(_), Some(ty)) => self.bind(name, at, scope, What::Typed(ty)),
                    _ => self.bind(name, at, scope, What::Value(value)),
                }
            }
        }
    }

    fn function_scope(&mut self, function: &'m Function, scope: ScopeId) -> ScopeId {
        self.values(&function.decorators, scope);
        let inner = self.open(Some(scope), ScopeKind::Function(function));
        for param in &function.params {
            self.values(&param.default, scope);
            let at = function.span.start;
            if param.pattern.is_empty() {
                self.bind(param.name.trim_start_matches(['*', '.']), at, inner, What::Param(param));
            }
            for name in &param.pattern {
                self.bind(name, at, inner, What::Param(param));
            }
        }
        self.block(&function.body, inner);
        inner
    }

    fn values(&mut self, values: impl IntoIterator<Item = &'m Value>, scope: ScopeId) {
        for value in values {
            self.value(value, scope, None);
        }
    }

    fn value(&mut self, value: &'m Value, scope: ScopeId, held_in: Option<&'m str>) {
        let Some(expr) = value.as_expr() else { return self.values(parts_of(value), scope) };
        match expr {
            Expr::Call(call) => {
                let slot = self.calls.len();
                self.calls.push(CallSite { call, value, scope, held_in });
                self.values(parts_of(value), scope);
                // A receiver that is a call itself stands before this one.
                if self.calls.len() > slot + 1 && matches!(call.callee.as_expr(), Some(Expr::Operation(..))) {
                    self.calls[slot..].sort_by_key(|c| c.call.args_span.start);
                }
            }
            Expr::Function(function) => {
                self.function_scope(function, scope);
            }
            Expr::Choice { condition, options } => {
                self.values(condition, scope);
                options.iter().for_each(|option| self.value(option, scope, held_in));
            }
            Expr::Operation(op, operands) if &**op == ":=" && operands.len() == 2 => {
                self.bind_target(&operands[0], &operands[1], None, scope);
                self.value(&operands[1], scope, operands[0].as_reference());
            }
            _ => self.values(parts_of(value), scope),
        }
    }
}

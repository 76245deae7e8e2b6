//! The one symbol behind a name or a value. Input: the scene with a path or value and where it is used. Output:
//! the symbol that facts know it by: of this file, or qualified through an import.

use super::names::{At, own_statements};
use super::origin::{is_own, join};
use super::scene::{DEPTH, Scene};
use super::sites;
use crate::parse::code::ast::{Language, StmtKind};
use crate::parse::value::{Expr, Value};

impl<'m> Scene<'_, 'm> {
    /// The symbol that `path` leads to: of this file, or qualified through an import.
    pub(super) fn canonical(&self, path: &str, at: At, before: u32) -> Option<String> {
        self.canonical_hops(path, at, before, DEPTH)
    }

    /// What holds the instance that `path` is: what it was made from is another thing, even before it is known what
    /// that is.
    pub(super) fn instance(&self, path: &str, at: At, before: u32) -> Option<String> {
        let assign = self.names.assign(path, at, before)?;
        let mut value = assign.value;
        while let Some(Expr::Operation(op, parts)) = value.as_expr()
            && matches!(&**op, "new" | "await")
        {
            value = parts.first()?;
        }
        let class = value.as_call()?.method().is_some_and(|m| m.starts_with(|c: char| c.is_ascii_uppercase()));
        class.then(|| sites::owned(assign.target, assign.at, &self.names))
    }

    fn canonical_hops(&self, path: &str, at: At, before: u32, depth: u8) -> Option<String> {
        if depth == 0 || !self.names.step(0) {
            return None;
        }
        if let (true, Some(class)) = (matches!(path, "self" | "this"), at.class) {
            return Some(self.names.classes[class].class.name.to_string());
        }
        let root = path.split('.').next().unwrap_or(path);
        let own = matches!(root, "self" | "this" | "cls");
        if !own && self.names.parameter(root, at).is_some() {
            return self.argument(path, at, depth);
        }
        if let Some(assign) = self.names.assign(path, at, before) {
            let held = sites::owned(assign.target, assign.at, &self.names);
            if self.known(&held) {
                return Some(held);
            }
            return self.behind(assign.value, assign.at, depth - 1).or(Some(held));
        }
        if let Some(index) = self.names.function(path, at) {
            return Some(self.names.functions[index].symbol.clone());
        }
        if self.names.class(path).is_some() {
            return Some(path.to_owned());
        }
        // `client.search` where client is an instance of a class of this file.
        if let Some((owner, member)) = path.rsplit_once('.') {
            if let Some(assign) = self.names.assign(owner, at, before)
                && let Some(call) = assign.value.as_call()
                && let Some(class) = call.path().filter(|p| self.names.class(p).is_some())
            {
                return Some(format!("{class}.{member}"));
            }
            if own && let Some(class) = at.class {
                return Some(format!("{}.{member}", self.names.classes[class].class.name));
            }
        }
        if let Some(name) = self.names.resolve(path, at, before) {
            return Some(join(name.module, &name.path));
        }
        self.neighbour(path, at)
    }

    /// The symbol behind a value.
    pub(super) fn behind(&self, value: &'m Value, at: At, depth: u8) -> Option<String> {
        if depth == 0 || !self.names.step(0) {
            return None;
        }
        if let Some(&site) = self.site_at.get(&value.span) {
            let symbol = self.symbol(&self.sites[site]);
            if self.known(&symbol) {
                return Some(symbol);
            }
        }
        if let Some(symbol) = self.objects.get(&value.span) {
            return Some(symbol.clone());
        }
        match value.as_expr()? {
            Expr::Reference(path) => self.canonical_hops(path, at, value.span.start, depth - 1),
            Expr::Choice { options, .. } => options.iter().find_map(|o| self.behind(o, at, depth - 1)),
            Expr::Operation(op, parts) if matches!(&**op, "new" | "await" | "as") => {
                self.behind(parts.first()?, at, depth - 1)
            }
            Expr::Call(call) => {
                let path = call.path()?;
                // A list that is gone through is still that list.
                if let Some((list, "map" | "filter" | "slice" | "flat" | "concat")) = path.rsplit_once('.') {
                    return self.canonical_hops(list, at, value.span.start, depth - 1);
                }
                if let Some(index) = self.names.function(path, at) {
                    return Some(
                        self.product(index, depth - 1).unwrap_or_else(|| self.names.functions[index].symbol.clone()),
                    );
                }
                if self.names.class(path).is_some() {
                    return Some(path.to_owned());
                }
                if let Some(neighbour) = self.neighbour(path, at) {
                    return Some(neighbour);
                }
                let name = self.names.call_of(call, at)?;
                (is_own(name.module, self.names.language) && !self.sdk_of(&name)).then(|| join(name.module, &name.path))
            }
            Expr::Index(base, key) => {
                let base = base.as_reference()?;
                Some(format!("{base}.{}", key.scalar()?))
            }
            _ => None,
        }
    }

    /// A class that nothing here defines or imports: one of the same package, in the same folder.
    fn neighbour(&self, path: &str, at: At) -> Option<String> {
        let jvm = matches!(self.names.language, Language::Java | Language::Kotlin);
        let named = path.starts_with(|c: char| c.is_ascii_uppercase()) && !path.contains('.');
        let unknown = || self.names.import(path).is_none() && self.names.assign(path, at, u32::MAX).is_none();
        (jvm && named && unknown()).then(|| format!("./{path}"))
    }

    /// The symbol of what a function of this file returns.
    pub(super) fn product(&self, index: usize, depth: u8) -> Option<String> {
        let def = &self.names.functions[index];
        if self.known(&def.symbol) {
            return Some(def.symbol.clone());
        }
        let inside = At { function: Some(index), class: def.at.class };
        self.returns(index).into_iter().find_map(|v| {
            let first = v.items().first().unwrap_or(v);
            self.behind(first, inside, depth).filter(|s| *s != def.symbol)
        })
    }

    /// What the callers in this file hand over for a parameter.
    fn argument(&self, path: &str, at: At, depth: u8) -> Option<String> {
        let root = path.split('.').next()?;
        let index = std::iter::successors(at.function, |&f| self.names.functions[f].at.function)
            .find(|&f| self.names.functions[f].function.params.iter().any(|p| p.binds(root)))?;
        let function = self.names.functions[index].function;
        let params: Vec<_> = function.params.iter().filter(|p| !matches!(&*p.name, "self" | "cls")).collect();
        let position = params.iter().position(|p| p.binds(root))?;
        self.callers(index).find_map(|site| {
            let given = site.call.keyword(root).or_else(|| site.call.positional(position))?;
            let first = given.items().first().unwrap_or(given);
            self.behind(first, site.at, depth - 1)
        })
    }

    /// What a function returns.
    pub(super) fn returns(&self, index: usize) -> Vec<&'m Value> {
        let mut all = Vec::new();
        own_statements(&self.names.functions[index].function.body, &mut |stmt| match &stmt.kind {
            StmtKind::Return(Some(value)) => all.push(value),
            StmtKind::Expr(value) => {
                if let Some(Expr::Operation(op, parts)) = value.as_expr()
                    && &**op == "yield"
                {
                    all.extend(parts.first());
                }
            }
            _ => {}
        });
        all
    }
}

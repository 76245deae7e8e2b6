//! Collects what a module names. Input: its statements. Output: definitions and assignments, written into
//! [`Names`].

use super::{Assign, At, ClassDef, Def, Names};
use crate::extract::agents::walk::Visit;
use crate::parse::Value;
use crate::parse::code::ast::{Class, Function};
use crate::span::Span;

/// What goes over the statements.
pub(super) struct Collect<'n, 'm> {
    pub(super) names: &'n mut Names<'m>,
}

impl<'m> Visit<'m> for Collect<'_, 'm> {
    fn function(&mut self, function: &'m Function, _: Span, at: At) -> Option<usize> {
        let index = self.names.functions.len();
        let owner = match (at.function, at.class) {
            (Some(f), _) => self.names.functions[f].symbol.clone(),
            (None, Some(c)) => self.names.classes[c].class.name.to_string(),
            (None, None) => String::new(),
        };
        // One without a name is part of what it stands in.
        let symbol = match (owner.is_empty(), function.name.is_empty()) {
            (true, _) => function.name.to_string(),
            (false, true) => owner,
            (false, false) => format!("{owner}.{}", function.name),
        };
        self.names.functions.push(Def { function, symbol, at });
        self.names.by_pointer.insert(std::ptr::from_ref(function), index);
        if !function.name.is_empty() {
            self.names.by_function.entry(&function.name).or_default().push(index);
        }
        Some(index)
    }

    fn class(&mut self, class: &'m Class, span: Span, _: At) -> Option<usize> {
        let index = self.names.classes.len();
        self.names.classes.push(ClassDef { class, span });
        self.names.by_class.insert(&class.name, index);
        Some(index)
    }

    fn assign(
        &mut self,
        targets: &'m [Value],
        value: &'m Value,
        annotation: Option<&'m str>,
        span: Span,
        at: At,
        field: bool,
    ) {
        for target in targets {
            self.target(target, value, annotation, span, at, field);
        }
    }

    fn opened(&mut self, value: &'m Value, name: &'m Value, span: Span, at: At) {
        self.target(name, value, None, span, at, false);
    }
}

impl<'m> Collect<'_, 'm> {
    fn target(
        &mut self,
        target: &'m Value,
        value: &'m Value,
        annotation: Option<&'m str>,
        span: Span,
        at: At,
        field: bool,
    ) {
        if let Some(path) = target.as_reference() {
            let index = self.names.assigns.len();
            self.names.assigns.push(Assign { target: path, value, annotation, span, at, field });
            self.names.by_target.entry(path).or_default().push(index);
            self.names.by_scope.entry((path, at.function)).or_default().push(index);
            return;
        }
        // `a, b = f(), g()` pairs up; `const { a } = f()` gives each name the whole.
        let items = value.items();
        for (i, part) in target.items().iter().enumerate() {
            let one = if items.len() == target.items().len() { &items[i] } else { value };
            self.target(part, one, None, span, at, field);
        }
        for entry in target.entries() {
            self.target(&entry.value, value, None, span, at, field);
        }
    }
}

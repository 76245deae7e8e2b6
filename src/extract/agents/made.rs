//! What a function of this file may make. Input: the names of a file and a path. Output: everything imported that
//! the path may lead to.

use super::names::{At, HOPS, Name, Names, extend, own_statements};
use crate::parse::code::ast::{Call, StmtKind};
use crate::parse::value::Expr;

impl<'m> Names<'m> {
    /// Everything imported that `path` may lead to, where what holds it was made by a function of this file with
    /// several ends: one driver that checks what it runs, and one that does not.
    pub(super) fn made(&self, path: &str, at: At, before: u32) -> Vec<Name<'m>> {
        let Some((root, rest)) = path.split_once('.') else { return Vec::new() };
        let Some(assign) = self.assign(root, at, before) else { return Vec::new() };
        let mut value = assign.value;
        while let Some(Expr::Operation(op, parts)) = value.as_expr()
            && &**op == "await"
            && let Some(inner) = parts.first()
        {
            value = inner;
        }
        let Some(index) = value.as_call().and_then(Call::path).and_then(|p| self.function(p, assign.at)) else {
            return Vec::new();
        };
        let inside = At { function: Some(index), class: self.functions[index].at.class };
        let mut found = Vec::new();
        own_statements(&self.functions[index].function.body, &mut |stmt| {
            if let StmtKind::Return(Some(value)) = &stmt.kind
                && let Some(name) = self.value(value, inside, value.span.start, HOPS)
            {
                let name = extend(name, rest);
                if !found.contains(&name) {
                    found.push(name);
                }
            }
        });
        found
    }
}

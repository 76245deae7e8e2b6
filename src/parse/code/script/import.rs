//! TypeScript and JavaScript: imports, `require` and `import()` wherever they stand.

use tree_sitter::Node as Tree;

use crate::parse::code::ast::Import;
use crate::parse::code::lowering::{Child, Lowering};
use crate::parse::value::{Node, Value};
use crate::span::Span;

fn source<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<&'t str> {
    let source = l.field(node, "source")?;
    Some(l.text(source).trim_matches(['"', '\'', '`']))
}

fn add(l: &mut Lowering<'_>, local: &str, module: &str, name: Option<&str>, span: Span) {
    let unquote = |text: &str| text.trim_matches(['"', '\'']).into();
    l.imports.push(Import { local: unquote(local), module: module.into(), name: name.map(unquote), span });
}

/// `import a, { b as c } from "m"`, `import * as x from "m"`, `import x = require("m")`.
pub(super) fn record<'t>(l: &mut Lowering<'t>, node: Tree<'t>) {
    let module = source(l, node);
    for clause in l.children(node) {
        match (clause.node.kind(), module) {
            ("import_clause", Some(module)) => import_clause(l, clause.node, module),
            ("import_require_clause", _) => {
                let (Some(local), Some(module)) = (l.only(clause.node), source(l, clause.node)) else { continue };
                add(l, l.text(local), module, None, l.span(clause.node));
            }
            _ => {}
        }
    }
}

fn import_clause<'t>(l: &mut Lowering<'t>, clause: Tree<'t>, module: &str) {
    for Child { node, .. } in l.children(clause) {
        match node.kind() {
            "identifier" => add(l, l.text(node), module, Some("default"), l.span(node)),
            "namespace_import" => {
                if let Some(local) = l.only(node) {
                    add(l, l.text(local), module, None, l.span(node));
                }
            }
            "named_imports" => specifiers(l, node, module),
            _ => {}
        }
    }
}

fn specifiers<'t>(l: &mut Lowering<'t>, list: Tree<'t>, module: &str) {
    for Child { node, .. } in l.children(list) {
        let Some(name) = l.field(node, "name") else { continue };
        let local = l.field(node, "alias").unwrap_or(name);
        add(l, l.text(local), module, Some(l.text(name)), l.span(node));
    }
}

/// `export { a as b } from "m"`, `export * from "m"`: the name passes through this file.
pub(super) fn reexport<'t>(l: &mut Lowering<'t>, node: Tree<'t>) {
    let Some(module) = source(l, node) else { return };
    let clauses = l.children(node);
    let named: Vec<_> =
        clauses.iter().filter(|c| matches!(c.node.kind(), "export_clause" | "namespace_export")).collect();
    if named.is_empty() {
        add(l, "*", module, Some("*"), l.span(node));
    }
    for clause in named {
        match clause.node.kind() {
            "export_clause" => specifiers(l, clause.node, module),
            _ => {
                if let Some(local) = l.only(clause.node) {
                    add(l, l.text(local), module, None, l.span(clause.node));
                }
            }
        }
    }
}

/// `const x = require("m")`, `const { a, b: c } = await import("m")`.
pub(super) fn dynamic(l: &mut Lowering<'_>, targets: &[Value], value: &Value) {
    let Some(call) = value.as_call().filter(|c| matches!(c.path(), Some("require" | "import"))) else { return };
    let (Some(module), [target]) = (call.positional(0).and_then(Value::as_str), targets) else { return };
    match &target.node {
        Node::Map(entries) => {
            for entry in entries {
                if let Some(local) = entry.value.as_reference() {
                    add(l, local, module, Some(&entry.key), entry.value.span);
                }
            }
        }
        _ => {
            if let Some(local) = target.as_reference() {
                add(l, local, module, None, value.span);
            }
        }
    }
}

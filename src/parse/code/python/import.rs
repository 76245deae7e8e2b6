//! Imports, wherever in the file they stand.

use tree_sitter::Node as Tree;

use crate::parse::code::ast::Import;
use crate::parse::code::lowering::Lowering;
use crate::parse::value::Value;

/// Records an `import` or `from … import` statement.
pub(super) fn record<'t>(l: &mut Lowering<'t>, node: Tree<'t>) {
    let module = l.field(node, "module_name");
    let from = module.map(|m| l.text(m).split_whitespace().collect::<String>());
    let future = node.kind() == "future_import_statement";
    for child in l.children(node) {
        let (name, alias) = match child.node.kind() {
            "wildcard_import" => ("*", None),
            "aliased_import" => {
                let Some(name) = l.field(child.node, "name") else { continue };
                (l.text(name), l.field(child.node, "alias"))
            }
            "dotted_name" if child.field == "name" => (l.text(child.node), None),
            _ => continue,
        };
        let local = alias.map_or(name, |a| l.text(a));
        let span = l.span(child.node);
        let (module, name) = match &from {
            Some(module) => (module.as_str(), Some(name)),
            None if future => ("__future__", Some(name)),
            None => (name, None),
        };
        l.imports.push(Import { local: local.into(), module: module.into(), name: name.map(Into::into), span });
    }
}

/// `x = importlib.import_module("m")`.
pub(super) fn dynamic(l: &mut Lowering<'_>, targets: &[Value], value: &Value) {
    let Some(call) = value.as_call() else { return };
    if !matches!(call.path(), Some("importlib.import_module" | "import_module" | "__import__")) {
        return;
    }
    let (Some(module), [target]) = (call.positional(0).and_then(Value::as_str), targets) else { return };
    if let Some(local) = target.as_reference() {
        l.imports.push(Import { local: local.into(), module: module.into(), name: None, span: value.span });
    }
}

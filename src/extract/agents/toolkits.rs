//! Methods of toolkits. Input: the scene and a value or a name. Output: which toolkit of a framework lends the
//! method, and what the tool that is made of it does: as much as the toolkit, or reading when its name says so.

use super::args::Args;
use super::names::{At, Names, own_statements};
use super::scene::Scene;
use crate::facts::Tool;
use crate::parse::code::ast::StmtKind;
use crate::parse::value::{Expr, Value};

/// The toolkit of the framework whose method a value is: `toolkit.run`, `Toolkit().run`.
pub(super) fn lender<'m>(scene: &Scene<'_, 'm>, value: &'m Value, at: At) -> Option<(Tool, String)> {
    let (symbol, method) = match value.as_expr()? {
        Expr::Reference(path) => {
            let (owner, method) = path.rsplit_once('.')?;
            (scene.canonical(owner, at, value.span.start)?, method)
        }
        Expr::Operation(op, parts) if &**op == "." => {
            let site = scene.site_at.get(&parts.first()?.span)?;
            (scene.symbol(&scene.sites[*site]), parts.last()?.as_reference()?)
        }
        _ => return None,
    };
    let tool = &scene.tools[*scene.tool_by.get(&symbol)?].1;
    tool.builtin.then(|| (tool.clone(), method.to_owned()))
}

/// A tool made of a method of a toolkit does what the toolkit does, or reads when the method says so.
pub(super) fn lend(tool: &mut Tool, owner: &Tool, method: &str) {
    if reads_by_name(method) {
        return;
    }
    for effect in &owner.effects {
        if !tool.effects.contains(effect) {
            tool.effects.push(*effect);
        }
    }
    tool.effects.sort();
    tool.sandboxed |= owner.sandboxed;
    tool.gate = tool.gate.or(owner.gate);
    tool.void_gate = tool.void_gate.or(owner.void_gate);
}

/// Whether a toolkit is held to functions that read by their names, or is given a database by a name that says it
/// is open for reading (`db_engine=self.readonly_engine`).
pub(super) fn only_reads<'m>(args: &Args<'m>, names: &Names<'m>) -> bool {
    let database =
        ["db", "db_engine", "engine", "sql_database", "database"].iter().find_map(|path| args.get(path, names));
    let reading = |path: &str| {
        let name = path.rsplit('.').next().unwrap_or(path).replace('_', "").to_ascii_lowercase();
        name.contains("readonly") || name.contains("readengine") || name.contains("replica")
    };
    if database.is_some_and(|found| found.value.as_reference().is_some_and(reading))
        || database.is_some_and(|found| opens_reading(found.value, found.at, names, 4))
    {
        return true;
    }
    let Some(found) = args.get("include_tools", names) else { return false };
    let (value, _) = names.constant(found.value, found.at);
    !value.items().is_empty() && value.items().iter().all(|item| item.as_str().is_some_and(reads_by_name))
}

/// Whether a database is opened by an address that lets nothing be written: `file:shop.db?mode=ro`, written there
/// or by a function of the file which makes the address (one that can leave it out has to be told so).
fn opens_reading<'m>(value: &'m Value, at: At, names: &Names<'m>, depth: u8) -> bool {
    let (known, at) = names.constant(value, at);
    if depth == 0 {
        return false;
    }
    match known.as_expr() {
        None => known.as_str().is_some_and(|text| text.contains("mode=ro")),
        Some(Expr::Template(parts)) => parts.iter().any(|part| part.as_str().is_some_and(|t| t.contains("mode=ro"))),
        Some(Expr::Operation(op, parts)) if &**op == "+" => {
            parts.iter().any(|part| part.as_str().is_some_and(|t| t.contains("mode=ro")))
        }
        Some(Expr::Call(call)) => {
            let opens = matches!(call.method(), Some("from_uri" | "create_engine" | "SQLDatabase" | "connect"));
            if opens {
                return call.args.iter().take(1).any(|arg| opens_reading(&arg.value, at, names, depth - 1));
            }
            let Some(index) = call.path().and_then(|path| names.function(path, at)) else { return false };
            let function = names.functions[index].function;
            let inside = At { function: Some(index), class: names.functions[index].at.class };
            let mut found = false;
            own_statements(&function.body, &mut |stmt| {
                if let StmtKind::Return(Some(value)) = &stmt.kind {
                    found |= opens_reading(value, inside, names, depth - 1);
                }
            });
            found
        }
        _ => false,
    }
}

/// Whether a method says by its first word that it changes nothing.
fn reads_by_name(method: &str) -> bool {
    const READING: [&str; 16] = [
        "get", "list", "search", "read", "find", "fetch", "describe", "check", "show", "view", "is", "has", "count",
        "query", "browse", "lookup",
    ];
    let word = method.split(|c: char| c == '_' || c.is_ascii_uppercase()).find(|w| !w.is_empty()).unwrap_or(method);
    READING.contains(&word)
}

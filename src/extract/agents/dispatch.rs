//! Tools of servers that list them in one handler and run them in another (`list_tools` and
//! `call_tool` of MCP's low-level servers). Input: the scene. Output: one [`Tool`] for each name that is
//! listed, with what the branch for it does.

use super::args::says;
use super::effects::{Doing, doing, doing_in};
use super::gates;
use super::names::At;
use super::scene::Scene;
use super::walk;
use crate::facts::{Sym, Tool};
use crate::parse::code::ast::{Function, Stmt, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// A handler with where it is defined.
struct Handler<'m> {
    function: &'m Function,
    at: At,
    server: String,
}

/// Finds the tools of low-level servers.
pub(super) fn read(scene: &mut Scene<'_, '_>) {
    for (list, call) in pairs(scene) {
        let mut tools = listed(scene, &list);
        if tools.is_empty() {
            tools = told_apart(scene, &call);
            let others = || passed_on(scene, &call).into_iter();
            let other = |(function, at)| told_apart(scene, &Handler { function, at, server: String::new() });
            if tools.is_empty() {
                tools = others().map(other).find(|told| !told.is_empty()).unwrap_or_default();
            }
        }
        let count = tools.len();
        for (position, (name, span)) in tools.into_iter().enumerate() {
            let mut body = branch(scene, &call, &name, position, count);
            body.asks = body.asks.or_else(|| super::policies::before(scene, call.function, call.at));
            let symbol = format!("{}.{name}", call.server);
            let mut tool = Tool {
                name: Sym::new(&name),
                framework: Sym::new("mcp-server"),
                symbol: Sym::new(&symbol),
                ..Tool::default()
            };
            scene.fill(&mut tool, body);
            scene.add_tool(span, tool);
            scene.attached.push((call.server.clone(), symbol, span));
        }
    }
}

/// The handlers that list and that call, by server.
fn pairs<'m>(scene: &Scene<'_, 'm>) -> Vec<(Handler<'m>, Handler<'m>)> {
    let lists = handlers(scene, "list_tools", "ListToolsRequestSchema");
    let mut calls = handlers(scene, "call_tool", "CallToolRequestSchema");
    lists
        .into_iter()
        .filter_map(|list| {
            let at = calls.iter().position(|c| c.server == list.server)?;
            Some((list, calls.remove(at)))
        })
        .collect()
}

/// Functions under `@server.<decorator>()`, or given to `server.setRequestHandler(<schema>, …)`.
fn handlers<'m>(scene: &Scene<'_, 'm>, decorator: &str, schema: &str) -> Vec<Handler<'m>> {
    let mut all = Vec::new();
    for def in &scene.names.functions {
        for one in &def.function.decorators {
            let path = one.as_call().map_or_else(|| one.as_reference(), |c| c.path());
            let Some((owner, method)) = path.and_then(|p| p.rsplit_once('.')) else { continue };
            let known = scene.names.resolve(owner, def.at, one.span.start).is_some_and(|n| scene.sdk_of(&n));
            if method == decorator && known {
                let server = scene.canonical(owner, def.at, one.span.start).unwrap_or_else(|| owner.to_owned());
                all.push(Handler { function: def.function, at: def.at, server });
            }
        }
    }
    for site in &scene.sites {
        let Some((owner, "setRequestHandler")) = site.call.path().and_then(|p| p.rsplit_once('.')) else { continue };
        let (Some(what), Some(given)) = (site.call.positional(0), site.call.positional(1)) else { continue };
        let function =
            gates::function(super::args::Found { value: given, at: site.at }, &scene.names).or_else(|| wrapped(given));
        if let Some(function) = function.filter(|_| says(what, &[schema])) {
            let server = scene.canonical(owner, site.at, site.span.start).unwrap_or_else(|| owner.to_owned());
            all.push(Handler { function, at: site.at, server });
        }
    }
    all
}

/// The function in a call that only watches it: `withTelemetry(async (request) => …)`.
fn wrapped(value: &Value) -> Option<&Function> {
    value.as_call()?.args.iter().find_map(|arg| match arg.value.as_expr()? {
        Expr::Function(function) => Some(function),
        Expr::Call(_) => wrapped(&arg.value),
        _ => None,
    })
}

/// The names that a handler tells apart, where the list that it goes with is made elsewhere.
fn told_apart<'m>(scene: &Scene<'_, 'm>, handler: &Handler<'m>) -> Vec<(String, Span)> {
    let at = inside(scene, handler);
    let mut found: Vec<(String, Span)> = Vec::new();
    let mut add = |text: &str, span: Span| {
        if found.iter().all(|(known, _)| known != text) {
            found.push((text.to_owned(), span));
        }
    };
    let named = |value: &Value| {
        value.as_reference().is_some_and(|path| {
            let last = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase().replace('_', "");
            matches!(&*last, "name" | "toolname" | "tool")
        })
    };
    super::names::own_statements(&handler.function.body, &mut |stmt| match &stmt.kind {
        StmtKind::If { condition, .. } => walk::each(condition, &mut |value| {
            if let Some(Expr::Operation(op, operands)) = value.as_expr()
                && matches!(&**op, "==" | "===")
                && operands.iter().any(named)
            {
                for other in operands.iter().filter(|o| !named(o)) {
                    if let Some(text) = scene.names.constant(other, at).0.as_str() {
                        add(text, other.span);
                    }
                }
            }
        }),
        StmtKind::Switch { subject, labels, cases } if named(subject) => {
            for (at, texts) in labels.iter().enumerate() {
                let first = cases[at.min(cases.len())..].iter().find_map(|case| case.first());
                texts.iter().for_each(|text| add(text, first.map_or(stmt.span, |first| first.span)));
            }
        }
        _ => {}
    });
    found
}

fn inside(scene: &Scene<'_, '_>, handler: &Handler<'_>) -> At {
    let index = scene.names.functions.iter().position(|d| std::ptr::eq(d.function, handler.function));
    At { function: index.or(handler.at.function), class: handler.at.class }
}

/// Names of the tools that a handler lists, in order.
fn listed<'m>(scene: &Scene<'_, 'm>, handler: &Handler<'m>) -> Vec<(String, Span)> {
    let at = inside(scene, handler);
    let mut found = Vec::new();
    let mut lists: Vec<(&'m Value, At)> = Vec::new();
    super::names::own_statements(&handler.function.body, &mut |stmt| {
        for value in walk::values(stmt) {
            lists.push((value, at));
        }
    });
    let mut seen = 0;
    while seen < lists.len() && seen < 64 {
        let (value, at) = lists[seen];
        seen += 1;
        let mut more = Vec::new();
        walk::each(value, &mut |v| {
            let call = v.as_call().filter(|c| {
                c.keyword("name").is_some() && c.keyword("inputSchema").or(c.keyword("description")).is_some()
            });
            let map = (v.get("name").is_some() && v.get("inputSchema").or(v.get("description")).is_some()).then_some(v);
            let name = call.and_then(|c| c.keyword("name")).or_else(|| map.and_then(|m| m.get("name")));
            if let Some(text) = name.and_then(|n| scene.names.constant(n, at).0.as_str().map(str::to_owned)) {
                if found.iter().all(|(known, _)| *known != text) {
                    found.push((text, v.span));
                }
            } else if v.as_reference().is_some() {
                let (constant, at) = scene.names.constant(v, at);
                let list = matches!(constant.node, Node::List(_) | Node::Map(_)) || constant.as_call().is_some();
                if list && constant.span != v.span {
                    more.push((constant, at));
                }
            }
        });
        lists.extend(more);
    }
    found
}

/// What a handler does for one tool.
fn branch<'m>(scene: &Scene<'_, 'm>, handler: &Handler<'m>, name: &str, position: usize, count: usize) -> Doing {
    if count == 1 {
        return doing(handler.function, handler.at, &scene.names, 2);
    }
    let at = inside(scene, handler);
    if let Some(block) = block(scene, &handler.function.body, at, name, position, count) {
        return doing_in(block, at, &scene.names, 2);
    }
    let elsewhere = || {
        passed_on(scene, handler).into_iter().find_map(|(function, at)| {
            let inner = At { function: scene.names.index(function), class: at.class };
            Some(doing_in(block(scene, &function.body, inner, name, position, count)?, inner, &scene.names, 2))
        })
    };
    table(scene, name).or_else(elsewhere).unwrap_or_default()
}

/// The functions of the file that a handler calls: one of them may tell the tools apart.
fn passed_on<'m>(scene: &Scene<'_, 'm>, handler: &Handler<'m>) -> Vec<(&'m Function, At)> {
    let inside = scene.sites.iter().filter(|site| handler.function.span.contains(site.span));
    let called = inside.filter_map(|site| scene.names.function(site.call.path()?, site.at));
    called.take(8).map(|index| (scene.names.functions[index].function, scene.names.functions[index].at)).collect()
}

/// The block that runs when the tool's name is `name`.
fn block<'m>(
    scene: &Scene<'_, 'm>,
    body: &'m [Stmt],
    at: At,
    name: &str,
    position: usize,
    count: usize,
) -> Option<&'m [Stmt]> {
    body.iter().find_map(|stmt| {
        match &stmt.kind {
            StmtKind::If { condition, then, .. } if mentions(scene, condition, at, name) => return Some(&**then),
            StmtKind::Switch { cases, labels, .. } if labels.iter().flatten().any(|label| **label == *name) => {
                let at = labels.iter().position(|texts| texts.iter().any(|label| **label == *name));
                // One that is empty goes on in the next.
                let case = at.and_then(|at| cases[at..].iter().find(|case| !case.is_empty()));
                if let Some(case) = case {
                    return Some(&**case);
                }
            }
            // Cases stand in the order of the list when there are as many (and perhaps a default).
            StmtKind::Switch { cases, .. } if cases.len() == count || cases.len() == count + 1 => {
                return cases.get(position).map(|c| &**c);
            }
            _ => {}
        }
        walk::blocks(stmt).into_iter().find_map(|inner| block(scene, inner, at, name, position, count))
    })
}

/// Whether a condition is true when something is called `name`.
pub(super) fn mentions<'m>(scene: &Scene<'_, 'm>, condition: &'m Value, at: At, name: &str) -> bool {
    let Some(Expr::Operation(op, operands)) = condition.as_expr() else { return false };
    match &**op {
        "==" | "===" => operands.iter().any(|o| scene.names.constant(o, at).0.as_str() == Some(name)),
        "or" | "||" => operands.iter().any(|o| mentions(scene, o, at, name)),
        "in" => operands.last().is_some_and(|l| l.items().iter().any(|i| i.as_str() == Some(name))),
        _ => false,
    }
}

/// The function that a map gives for a tool's name.
fn table(scene: &Scene<'_, '_>, name: &str) -> Option<Doing> {
    scene.names.assigns.iter().find_map(|assign| {
        let value = assign.value.get(name)?;
        match value.as_expr()? {
            Expr::Function(function) => Some(doing(function, assign.at, &scene.names, 2)),
            Expr::Reference(path) => {
                let def = &scene.names.functions[scene.names.function(path, assign.at)?];
                Some(doing(def.function, def.at, &scene.names, 2))
            }
            _ => None,
        }
    })
}

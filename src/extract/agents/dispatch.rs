//! Tools of servers that list them in one handler and run them in another (`list_tools` and
//! `call_tool` of MCP's low-level servers). Input: the scene. Output: one [`Tool`] for each name that is
//! listed, with what the branch for it does.

use super::args::says;
use super::effects::{Doing, doing, doing_in};
use super::gates;
use super::names::At;
use super::scene::Scene;
use super::walk;
use crate::facts::{Binding, RefKind, Sym, Tool};
use crate::parse::code::ast::{Call, Function, Stmt, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// Names of other modules that are followed from one server.
const OTHERS: usize = 12;

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
        leave_to_others(scene, &list, &call);
        for (position, (name, span)) in tools.into_iter().enumerate() {
            // A tool that is an object runs what that holds.
            if let Some(symbol) = scene.objects.get(&span).cloned() {
                scene.attached.push((call.server.clone(), symbol, span));
                continue;
            }
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
    routers(scene);
}

/// Notes what tells the tools of a server apart in another module: the list that is given out, the table in which the
/// tool is looked up, the function that is handed its name.
fn leave_to_others<'m>(scene: &mut Scene<'_, 'm>, list: &Handler<'m>, call: &Handler<'m>) {
    let brought = |scene: &Scene<'_, 'm>, value: &'m Value, path: &str, at: At| {
        let root = path.split('.').next().unwrap_or(path);
        let own = scene.names.resolve(root, at, value.span.start)?;
        let other = super::origin::is_own(own.module, scene.names.language) && !scene.sdk_of(&own);
        other.then(|| scene.canonical(path, at, value.span.start)).flatten()
    };
    let mut found: Vec<(String, Span)> = Vec::new();
    let at = inside(scene, list);
    super::names::own_statements(&list.function.body, &mut |stmt| {
        for value in walk::values(stmt) {
            walk::each(value, &mut |v| {
                let path = v.as_reference().or_else(|| v.as_call().and_then(Call::path));
                if let Some(symbol) = path.filter(|p| !p.starts_with("types.")).and_then(|p| brought(scene, v, p, at)) {
                    found.push((symbol, v.span));
                }
            });
        }
    });
    let within = call.function.span;
    for site in scene.sites.iter().filter(|site| within.contains(site.span)) {
        let asked = |path: &str| is_name(path) || matches!(path, "request" | "req" | "params" | "request.params");
        let named = site.call.args.iter().any(|arg| arg.value.as_reference().is_some_and(asked));
        if let Some(path) = site.call.path().filter(|_| named)
            && let Some(symbol) = brought(scene, &site.call.callee, path, site.at)
        {
            found.push((symbol, site.span));
        }
    }
    let table = |value: &'m Value| match value.as_expr()? {
        Expr::Index(base, key) => {
            key.as_reference().filter(|key| is_name(key)).and_then(|_| Some((base, base.as_reference()?)))
        }
        _ => None,
    };
    let at = inside(scene, call);
    super::names::own_statements(&call.function.body, &mut |stmt| {
        for value in walk::values(stmt) {
            walk::each(value, &mut |v| {
                if let Some(symbol) = table(v).and_then(|(base, path)| brought(scene, base, path, at)) {
                    found.push((symbol, v.span));
                }
            });
        }
    });
    for (symbol, span) in found.into_iter().take(OTHERS) {
        let to = scene.reference(RefKind::Symbol, &symbol, span);
        let binding = Binding {
            symbol: Sym::from(format!("*served {symbol}")),
            form: Sym::new("served"),
            literal: Some(Sym::new(&call.server)),
            to: Some(to),
        };
        scene.served.push((span, binding));
    }
}

/// Whether a path is what a request calls its tool: `name`, `request.params.name`.
fn is_name(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase().replace('_', "");
    matches!(&*last, "name" | "toolname" | "tool")
}

/// Functions that are handed the name of a tool and run what that means: a server of another module may leave its tools
/// to them.
fn routers(scene: &mut Scene<'_, '_>) {
    for index in 0..scene.names.functions.len() {
        let def = &scene.names.functions[index];
        let lower = def.function.name.to_ascii_lowercase();
        let routes = ["tool", "call", "dispatch", "route", "handle"].iter().any(|word| lower.contains(word));
        let takes = def.function.params.iter().any(|param| {
            is_name(&param.name) || param.pattern.iter().any(|part| is_name(part)) || param.name.contains("req")
        });
        if def.at.function.is_some() || !routes || !takes || scene.known(&def.symbol) {
            continue;
        }
        let handler = Handler { function: def.function, at: def.at, server: def.symbol.clone() };
        let tools = told_apart(scene, &handler);
        let count = tools.len();
        if count < 2 || scene.attached.iter().any(|(_, _, span)| handler.function.span.contains(*span)) {
            continue;
        }
        let span = handler.function.name_span;
        let mut members = Vec::new();
        for (position, (name, at)) in tools.into_iter().enumerate().filter(|(_, (name, _))| !name.contains(',')) {
            let body = branch(scene, &handler, &name, position, count);
            let symbol = format!("{}.{name}", handler.server);
            let mut tool = Tool {
                name: Sym::new(&name),
                framework: Sym::new("tool-loop"),
                symbol: Sym::new(&symbol),
                ..Tool::default()
            };
            scene.fill(&mut tool, body);
            scene.add_tool(at, tool);
            members.push(symbol);
        }
        let binding = Binding {
            symbol: Sym::from(format!("{}.*", handler.server)),
            form: Sym::new("list"),
            literal: Some(Sym::from(members.join(","))),
            to: None,
        };
        scene.served.push((span, binding));
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
    let named = |value: &Value| value.as_reference().is_some_and(is_name);
    super::names::own_statements(&handler.function.body, &mut |stmt| match &stmt.kind {
        StmtKind::If { condition, .. } => walk::each(condition, &mut |value| {
            for (text, span) in among(value).into_iter().flatten() {
                add(text, span);
            }
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

/// The texts of a list that the name of a tool is looked for in: `["add", "remove"].includes(name)`, `name in […]`.
fn among(value: &Value) -> Option<Vec<(&str, Span)>> {
    let list = match value.as_expr()? {
        Expr::Call(call) if call.method() == Some("includes") => {
            call.positional(0).and_then(Value::as_reference).filter(|path| is_name(path))?;
            match call.callee.as_expr()? {
                Expr::Operation(_, parts) => parts.first()?,
                _ => return None,
            }
        }
        Expr::Operation(op, operands) if &**op == "in" => {
            operands.first().and_then(Value::as_reference).filter(|path| is_name(path))?;
            operands.last()?
        }
        _ => return None,
    };
    Some(list.items().iter().filter_map(|item| Some((item.as_str()?, item.span))).collect())
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
            } else if let Some(index) = v.as_call().and_then(Call::path).and_then(|p| scene.names.function(p, at)) {
                let inside = At { function: Some(index), class: scene.names.functions[index].at.class };
                more.extend(scene.returns(index).into_iter().map(|value| (value, inside)));
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
    if among(condition).is_some_and(|list| list.iter().any(|(text, _)| *text == name)) {
        return true;
    }
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
            Expr::Reference(path) => match scene.names.function(path, assign.at) {
                Some(index) => {
                    let def = &scene.names.functions[index];
                    Some(doing(def.function, def.at, &scene.names, 2))
                }
                None => {
                    let mut body = Doing::default();
                    body.calls(scene.canonical(path, assign.at, value.span.start)?, value.span);
                    Some(body)
                }
            },
            _ => None,
        }
    })
}

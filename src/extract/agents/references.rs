//! What a value that stands for a tool refers to. Input: the scene and an element of a list of tools. Output: the
//! reference and the name of the tool; what is no declared tool yet becomes a [`Tool`].

use super::args::Args;
use super::effects::{Doing, doing};
use super::gates;
use super::items::{self, Item};
use super::model::Framework;
use super::names::At;
use super::origin::join;
use super::scene::{DEPTH, Scene};
use super::sites::belongs;
use super::toolkits::{lend, lender};
use super::tools::{BODY, blank, finish, form_of};
use crate::facts::RefKind;
use crate::parse::code::ast::{Call, Function};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// The reference to a tool that an element of a list is, and its name; what is no declared tool yet (a
/// plain function, a class, a tool of the framework) becomes one.
pub(super) fn reference<'m>(
    scene: &mut Scene<'_, 'm>,
    framework: &'static Framework,
    item: Item<'m>,
) -> Option<(RefKind, String, String)> {
    let span = item.value.span;
    match &item.value.node {
        Node::Text(name) => return Some((RefKind::Name, name.to_string(), name.to_string())),
        Node::Map(_) if item.key.is_some() && items::written_out(item.value) => {
            return written_out(scene, framework, item);
        }
        Node::Map(_) => {
            let named = item
                .value
                .get("name")
                .or_else(|| item.value.at(&["function", "name"]))
                .or_else(|| item.value.get("type"));
            let name = named.and_then(Value::as_str).or(item.key)?.to_owned();
            return Some((RefKind::Name, name.clone(), name));
        }
        Node::Expr(expr) => match &**expr {
            Expr::Function(function) => {
                let name = item.key.filter(|k| !k.is_empty()).map_or_else(|| "lambda".to_owned(), str::to_owned);
                let symbol = format!("{name}#{}", (scene.place)(span).line);
                plain(scene, framework, function, item.at, &name, &symbol, span);
                return Some((RefKind::Symbol, symbol, name));
            }
            Expr::Reference(path) => return path_reference(scene, framework, path, item),
            Expr::Call(_) => {}
            _ => return None,
        },
        _ => return None,
    }
    let call = item.value.as_call()?;
    if let Some(&site) = scene.site_at.get(&span) {
        let symbol = scene.symbol(&scene.sites[site]);
        if scene.known(&symbol) {
            return Some((RefKind::Symbol, symbol.clone(), shown(scene, &symbol)));
        }
        // A group in a list (`ToolNode(tools)`) is its tools; the caller asked for elements already.
    }
    // A wrapper around a function of this file: `wrap(f)`.
    let Some(symbol) = scene.behind(item.value, item.at, DEPTH) else {
        return foreign(scene, framework, call, item);
    };
    if !scene.known(&symbol)
        && let Some(inner) = call.args.iter().find_map(|a| a.value.as_reference())
        && scene.names.function(inner, item.at).is_some()
        && scene.names.class(&symbol).is_none()
    {
        let value = call.args.iter().map(|a| &a.value).find(|v| v.as_reference() == Some(inner))?;
        return path_reference(scene, framework, inner, Item { value, ..item });
    }
    let name = shown(scene, &symbol);
    Some((RefKind::Symbol, symbol, name))
}

/// An object of a class that is neither of this repository nor of the framework: a tool of somebody else.
fn foreign(
    scene: &Scene<'_, '_>,
    framework: &Framework,
    call: &Call,
    item: Item<'_>,
) -> Option<(RefKind, String, String)> {
    let name = scene.names.call_of(call, item.at)?;
    let last = name.path.rsplit('.').next().filter(|n| n.starts_with(|c: char| c.is_ascii_uppercase()))?.to_owned();
    let own = framework.sdk.iter().any(|sdk| belongs(name.module, sdk));
    (!own).then(|| (RefKind::Symbol, join(name.module, &name.path), last))
}

/// A tool that is an options object under its name: `{ lookUp: { description, execute } }`.
fn written_out<'m>(
    scene: &mut Scene<'_, 'm>,
    framework: &'static Framework,
    item: Item<'m>,
) -> Option<(RefKind, String, String)> {
    let name = item.key?.to_owned();
    let args = Args::of_map(item.value, item.at, &scene.names);
    let form = framework
        .sdk
        .iter()
        .flat_map(|sdk| sdk.tool)
        .find(|form| !form.builtin && !form.call.is_empty() && !form.function.is_empty())?;
    let symbol = format!("{name}#{}", (scene.place)(item.value.span).line);
    let mut tool = blank(framework, &name, &symbol);
    let function = args.first(form.function, &scene.names).and_then(|f| gates::function(f, &scene.names));
    let body = function.map(|f| doing(f, item.at, &scene.names, BODY)).unwrap_or_default();
    finish(scene, &mut tool, form, &args, body);
    scene.add_tool(item.value.span, tool);
    Some((RefKind::Symbol, symbol, name))
}

fn path_reference<'m>(
    scene: &mut Scene<'_, 'm>,
    framework: &'static Framework,
    path: &'m str,
    item: Item<'m>,
) -> Option<(RefKind, String, String)> {
    let span = item.value.span;
    // `Tools.class` gives the methods of the class.
    let path = path.strip_suffix(".class").unwrap_or(path);
    if let Some(name) = scene.names.resolve(path, item.at, span.start)
        && let Some((framework, form)) = form_of(scene, &name, |f| f.object)
    {
        let symbol = join(name.module, &name.path);
        let shown = name.path.rsplit('.').next().filter(|s| !s.is_empty()).unwrap_or(path).to_owned();
        let mut tool = blank(framework, &shown, &symbol);
        finish(scene, &mut tool, form, &Args::default(), Doing::default());
        scene.add_tool(span, tool);
        return Some((RefKind::Symbol, symbol, shown));
    }
    if let Some((owner, method)) = lender(scene, item.value, item.at) {
        let symbol = format!("{}.{method}", owner.symbol);
        let mut tool = blank(framework, &method, &symbol);
        lend(&mut tool, &owner, &method);
        tool.builtin = true;
        scene.add_tool(span, tool);
        return Some((RefKind::Symbol, symbol, method));
    }
    let symbol = scene.canonical(path, item.at, span.start).or_else(|| {
        // A parameter that nobody in this file fills: its name is all that is known.
        let list = path.to_ascii_lowercase().ends_with("tools");
        scene.names.parameter(path.split('.').next()?, item.at).filter(|_| !list).map(|_| path.to_owned())
    })?;
    if !scene.known(&symbol)
        && let Some(index) = scene.names.functions.iter().position(|d| d.symbol == symbol)
        && !scene.names.functions[index].function.name.is_empty()
    {
        let def = &scene.names.functions[index];
        let (function, at) = (def.function, def.at);
        let name = item.key.map_or_else(|| function.name.to_string(), str::to_owned);
        plain(scene, framework, function, at, &name, &symbol, function.name_span);
    }
    let name = match item.key {
        Some(key) if !scene.known(&symbol) => key.to_owned(),
        _ => shown(scene, &symbol),
    };
    Some((RefKind::Symbol, symbol, name))
}

/// A plain function given as a tool.
fn plain<'m>(
    scene: &mut Scene<'_, 'm>,
    framework: &Framework,
    function: &'m Function,
    at: At,
    name: &str,
    symbol: &str,
    span: Span,
) {
    let mut tool = blank(framework, name, symbol);
    let body = doing(function, at, &scene.names, BODY);
    scene.fill(&mut tool, body);
    gates::decorators_gate(scene, &mut tool, function, at);
    scene.add_tool(span, tool);
}

/// The name of a tool, server or agent by its symbol, else the symbol's last part.
pub(super) fn shown(scene: &Scene<'_, '_>, symbol: &str) -> String {
    if let Some(&tool) = scene.tool_by.get(symbol) {
        return scene.tools[tool].1.name.to_string();
    }
    if let Some(&server) = scene.server_by.get(symbol) {
        return scene.servers[server].1.name.to_string();
    }
    if let Some(agent) = scene.agent_by.get(symbol).and_then(|a| a.first()) {
        return scene.agents[*agent].1.name.to_string();
    }
    symbol.rsplit(['.', '/']).next().unwrap_or(symbol).split('#').next().unwrap_or(symbol).to_owned()
}

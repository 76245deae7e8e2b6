//! Tools that are functions under a decorator: a framework's, a server's, or one of the repository's own that passes
//! its function on to a server. Input: the scene. Output: [`Tool`](crate::facts::Tool) facts and what they are attached to.

use super::args::Args;
use super::effects::doing;
use super::gates;
use super::model::FRAMEWORKS;
use super::names::{At, Name, Names};
use super::origin::{is_own, join};
use super::scene::Scene;
use super::tools::{BODY, blank, finish, form_of, server_tool};
use crate::facts::{RefKind, Sym};
use crate::parse::code::ast::{Call, Function};
use crate::parse::value::{Expr, Value};
use crate::span::Span;

/// Functions with a tool decorator.
pub(super) fn read(scene: &mut Scene<'_, '_>) {
    for index in 0..scene.names.functions.len() {
        let (function, at) = (scene.names.functions[index].function, scene.names.functions[index].at);
        for decorator in &function.decorators {
            let name = named(decorator, at, &scene.names).or_else(|| passing(scene, decorator, at));
            let server = name.as_ref().and_then(|name| passed_on(scene, name));
            let given = server.is_some() || name.is_none() && handed_in(scene, decorator, at);
            let known = name.and_then(|name| form_of(scene, &name, |f| f.decorator));
            let known =
                known.or_else(|| given.then(|| server_tool(scene, |form| !form.decorator.is_empty())).flatten());
            let Some((framework, form)) = known else { continue };
            let args = decorator.as_call().map(|c| Args::of(c, at, &scene.names)).unwrap_or_default();
            if !form.when.is_empty() && !form.when.iter().any(|v| args.holds(v, &scene.names)) {
                continue;
            }
            let symbol = scene.names.functions[index].symbol.clone();
            let given = args.text(form.name, &scene.names);
            let mut tool = blank(framework, &given.unwrap_or_else(|| function.name.to_string()), &symbol);
            let body = doing(function, at, &scene.names, BODY);
            tool.server = server.map(|server| scene.reference(RefKind::Symbol, &server, decorator.span));
            finish(scene, &mut tool, form, &args, body);
            gates::decorators_gate(scene, &mut tool, function, at);
            if tool.gate.is_none() && tool.void_gate.is_none() && switched_on(scene, function, at) {
                tool.gate = Some(Sym::new("write switch"));
            }
            if form.attaches {
                attach(scene, decorator, at, &symbol);
            }
            scene.add_tool(function.name_span, tool);
            break;
        }
    }
}

/// The server of `@server.tool`, or the decorator `@tool` itself, where another module of the repository may have made
/// it: whether it did, and for a server, the graph knows.
fn passed_on(scene: &Scene<'_, '_>, name: &Name<'_>) -> Option<String> {
    let path = match name.path.rsplit_once('.') {
        Some((server, "tool")) => server,
        None if matches!(&*name.path, "tool" | "mcp_tool") => &name.path,
        _ => return None,
    };
    let framework = || FRAMEWORKS.iter().flat_map(|f| f.sdk).any(|sdk| super::sites::belongs(name.module, sdk));
    (is_own(name.module, scene.names.language) && !framework()).then(|| join(name.module, path))
}

/// Whether a decorator is the `tool` of a parameter without a type that is called like a server.
fn handed_in(scene: &Scene<'_, '_>, decorator: &Value, at: At) -> bool {
    let path = decorator.as_call().map_or_else(|| decorator.as_reference(), Call::path);
    let Some((server, "tool")) = path.and_then(|path| path.split_once('.')) else { return false };
    let untyped = scene.names.parameter(server, at).is_some_and(|param| param.annotation.is_none());
    let lower = server.to_ascii_lowercase();
    untyped && (lower.contains("mcp") || lower.trim_start_matches('_') == "server")
}

/// What a decorator is: reference or call.
pub(super) fn named<'m>(decorator: &Value, at: At, names: &Names<'m>) -> Option<Name<'m>> {
    match decorator.as_expr()? {
        Expr::Call(call) => names.call_of(call, at),
        Expr::Reference(path) => names.resolve(path, at, decorator.span.start),
        _ => None,
    }
}

/// What a decorator of this file passes its function on to: `def tool(f): return mcp.tool(f)`.
fn passing<'m>(scene: &Scene<'_, 'm>, decorator: &Value, at: At) -> Option<Name<'m>> {
    passes(scene, scene.names.function(decorator.as_reference()?, at)?)
}

/// What a function passes the only function on to that it is handed.
fn passes<'m>(scene: &Scene<'_, 'm>, index: usize) -> Option<Name<'m>> {
    let def = &scene.names.functions[index];
    let [param] = &*def.function.params else { return None };
    let inside = At { function: Some(index), class: def.at.class };
    scene.returns(index).into_iter().filter_map(Value::as_call).find_map(|call| {
        let whole = call.positional(0).and_then(Value::as_reference).is_some_and(|given| param.binds(given));
        // `server.tool()(f)` is the decorator of `server.tool`.
        let called = call.callee.as_call().filter(|inner| inner.args.is_empty()).unwrap_or(call);
        whole.then(|| scene.names.call_of(called, inside)).flatten()
    })
}

/// The server of this file whose `tool` a function passes on to what it decorates.
pub(super) fn server_of_decorator(scene: &Scene<'_, '_>, index: usize) -> Option<String> {
    let name = passes(scene, index)?;
    name.path.ends_with(".tool").then_some(())?;
    let inside = At { function: Some(index), class: scene.names.functions[index].at.class };
    scene.returns(index).into_iter().filter_map(Value::as_call).find_map(|call| {
        let called = call.callee.as_call().unwrap_or(call);
        let (server, "tool") = called.path()?.rsplit_once('.')? else { return None };
        scene.canonical(server, inside, called.callee.span.start).filter(|symbol| scene.known(symbol))
    })
}

/// Whether a tool is there only when a setting lets tools write: it stands in such a branch, or the function that
/// registers it is called there alone.
fn switched_on(scene: &Scene<'_, '_>, function: &Function, at: At) -> bool {
    let within = |span: Span| scene.names.switched.iter().any(|s| s.contains(span));
    if scene.names.switched.is_empty() || within(function.span) {
        return within(function.span);
    }
    let Some(around) = at.function else { return false };
    let mut callers = scene.callers(around).peekable();
    callers.peek().is_some() && callers.all(|site| within(site.span))
}

/// Notes what `@server.tool` is attached to.
fn attach(scene: &mut Scene<'_, '_>, decorator: &Value, at: At, tool: &str) {
    let path = decorator.as_call().map_or_else(|| decorator.as_reference(), |c| c.path());
    let Some((owner, _)) = path.and_then(|p| p.rsplit_once('.')) else { return };
    let receiver = scene
        .instance(owner, at, decorator.span.start)
        .or_else(|| scene.canonical(owner, at, decorator.span.start))
        .unwrap_or_else(|| owner.to_owned());
    scene.attached.push((receiver, tool.to_owned(), decorator.span));
}

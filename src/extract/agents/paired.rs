//! Tools of Go that are made or returned together with what runs for them: `return mcp.NewTool("x"), func(…) {…}`,
//! `MustTool("x", "what it does", run)`. Input: the scene. Output: a [`Tool`] for each; the nearest server offers it.

use super::args::{Args, Found};
use super::effects::doing;
use super::gates;
use super::names::At;
use super::scene::Scene;
use super::tools::BODY;
use crate::facts::{Sym, Tool};
use crate::parse::code::ast::Function;
use crate::parse::value::Value;
use crate::span::Span;

/// Arguments that a helper has before what runs, at most.
const BEFORE: usize = 4;

/// Finds the tools of files that import an SDK of servers of tools.
pub(super) fn read(scene: &mut Scene<'_, '_>) {
    if !scene.sdks.iter().any(|(framework, _)| framework.slug == "mcp-server") {
        return;
    }
    let mut found: Vec<(String, String, Span, &Function, At)> = Vec::new();
    for index in 0..scene.names.functions.len() {
        let def = &scene.names.functions[index];
        let inside = At { function: Some(index), class: def.at.class };
        for value in scene.returns(index) {
            let [made, runs, ..] = value.items() else { continue };
            let function = gates::function(Found { value: runs, at: inside }, &scene.names);
            if let Some((name, function)) = named(scene, made, inside).zip(function) {
                found.push((name, def.symbol.clone(), made.span, function, inside));
            }
        }
    }
    for site in &scene.sites {
        let helper = site.call.method().is_some_and(|method| method.ends_with("Tool") || method.ends_with("ToolFrom"));
        if !helper || site.name.as_ref().is_some_and(|name| scene.sdk_of(name)) {
            continue;
        }
        let args = site.call.args.iter().map(|arg| &arg.value);
        let name = args.clone().take(BEFORE).find_map(|value| {
            let text = scene.names.constant(value, site.at).0.as_str().filter(|text| is_name(text)).map(str::to_owned);
            text.or_else(|| named(scene, value, site.at))
        });
        let mut runs = args.filter_map(|value| gates::function(Found { value, at: site.at }, &scene.names));
        if let (Some(name), Some(function), None) = (name, runs.next(), runs.next()) {
            found.push((name, scene.symbol(site), site.span, function, site.at));
        }
    }
    for (name, symbol, span, function, at) in found {
        let mut tool = Tool {
            name: Sym::new(&name),
            framework: Sym::new("mcp-server"),
            symbol: Sym::new(&symbol),
            ..Tool::default()
        };
        scene.fill(&mut tool, doing(function, at, &scene.names, BODY));
        scene.add_tool(span, tool);
    }
}

/// The name of the tool that a value of the SDK describes: `mcp.NewTool("x", …)`, `mcp.Tool{Name: "x"}`.
fn named<'m>(scene: &Scene<'_, 'm>, value: &'m Value, at: At) -> Option<String> {
    let (value, at) = scene.names.constant(value, at);
    let call = value.as_call()?;
    let sdk = scene.names.call_of(call, at).is_some_and(|name| scene.sdk_of(&name));
    let tool = call.method().is_some_and(|method| matches!(method, "NewTool" | "Tool"));
    (sdk && tool).then(|| Args::of(call, at, &scene.names).text(&["Name", "0"], &scene.names)).flatten()
}

/// Whether a text is what a tool is called, and no sentence about it.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

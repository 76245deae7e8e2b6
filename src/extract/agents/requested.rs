//! The tools of a request to a model. Input: the scene and the list that the request holds. Output: the tools of the
//! agent: by the names of their schemas, with what runs for each; functions and objects as they stand; where the list
//! is not known here, what the module has for names.

use super::args::{Args, Found};
use super::given::give;
use super::items::Item;
use super::model::Framework;
use super::running::{self, Entry, Runs};
use super::scene::Scene;
use crate::facts::{Agent, RefKind, Sym, Tool};
use crate::parse::value::{Expr, Value};
use crate::span::Span;

/// Gives an agent the tools of a request.
pub(super) fn give_requested<'m>(
    scene: &mut Scene<'_, 'm>,
    agent: &mut Agent,
    framework: &'static Framework,
    tools: Found<'m>,
    tables: &[Entry<'m>],
) {
    let mut unknown = Vec::new();
    for item in scene.items(tools) {
        match name_of(scene, item) {
            Some(name) => give_named(scene, agent, framework, &name, item.value.span, tables),
            None => unknown.push(item),
        }
    }
    if agent.tools.is_empty() {
        for entry in tables {
            give_named(scene, agent, framework, entry.name, entry.value.span, tables);
        }
    }
    if agent.tools.is_empty() {
        for item in unknown {
            match may_be_tool(scene, &item) {
                Some(May::Tool) => give(scene, agent, framework, item),
                // What it gives is not known here.
                Some(May::Give(name)) if agent.tool_names.iter().all(|known| known.as_str() != name) => {
                    agent.tools.push(scene.reference(RefKind::Symbol, &name, item.value.span));
                    agent.tool_names.push(Sym::new(&name));
                }
                _ => {}
            }
        }
    }
    // What runs for the names may stand in another module.
    if agent.tools.iter().all(|tool| tool.kind == RefKind::Name || !scene.known(tool.name.as_str())) {
        for (symbol, span) in running::elsewhere(scene) {
            agent.tools.push(scene.reference(RefKind::Symbol, &format!("{symbol}.*"), span));
        }
    }
}

/// What an element that is no schema may be.
enum May {
    /// A function, or what another module has under a name.
    Tool,
    /// A name or call that says that it gives tools.
    Give(String),
}

/// Whether an element that is no schema may be a tool, or gives tools. What a client converts or leaves out is none.
fn may_be_tool(scene: &Scene<'_, '_>, item: &Item<'_>) -> Option<May> {
    let gives = |path: &str| {
        let last = path.rsplit('.').next().unwrap_or(path);
        let lower = last.to_ascii_lowercase();
        let ends = ["tools", "toolset", "toolkit"].iter().any(|end| lower.ends_with(end));
        ends.then(|| May::Give(last.trim_start_matches('_').to_owned()))
    };
    match item.value.as_expr()? {
        Expr::Reference(path) => {
            let own = scene.names.function(path, item.at).is_some();
            let brought = scene.names.import(path).is_some();
            let small = path.starts_with(char::is_lowercase);
            if own || brought && (small || gives(path).is_some()) { Some(May::Tool) } else { gives(path) }
        }
        Expr::Call(call) => {
            let foreign = scene.names.call_of(call, item.at).is_some_and(|name| scene.sdk_of(&name));
            // An object of a class that is a tool: of this file, or by its name of another.
            let own = scene.behind(item.value, item.at, super::scene::DEPTH).is_some_and(|symbol| {
                let last = symbol.rsplit('.').next().unwrap_or(&symbol);
                scene.tool_by.contains_key(&symbol) || symbol.contains('.') && last.ends_with("Tool")
            });
            if own && !foreign {
                return Some(May::Tool);
            }
            call.path().filter(|_| !foreign).and_then(gives)
        }
        _ => None,
    }
}

/// The name of a tool by its schema: a map, or an object of the client that describes one.
fn name_of<'m>(scene: &Scene<'_, 'm>, item: Item<'m>) -> Option<String> {
    let (value, at) = scene.names.constant(item.value, item.at);
    if let Some(name) = schema_name(value) {
        return Some(name.to_owned());
    }
    let schema = item.key.filter(|key| {
        !matches!(*key, "toolSpec" | "function")
            && value.get("description").is_some()
            && value.get("parameters").is_some()
    });
    if let Some(key) = schema {
        return Some(key.to_owned());
    }
    let call = value.as_call()?;
    if !matches!(
        call.method(),
        Some(
            "FunctionDeclaration"
                | "ToolParam"
                | "FunctionToolParam"
                | "pydantic_function_tool"
                | "function_to_schema"
                | "function_to_json"
                | "zodFunction"
                | "betaTool"
                | "betaZodTool"
                | "Tool"
                | "ToolSchema"
                | "ToolDefinition"
        )
    ) {
        return None;
    }
    let args = Args::of(call, at, &scene.names);
    args.text(&["name"], &scene.names).or_else(|| {
        args.get("0", &scene.names)?.value.as_reference().map(|p| p.rsplit('.').next().unwrap_or(p).to_owned())
    })
}

/// The name in a tool's schema: `{"type": "function", "function": {"name": …}}`, `{"name": …}`, or of a tool that the
/// provider has: `{"type": "web_search"}`.
pub(super) fn schema_name(value: &Value) -> Option<&str> {
    let direct = value
        .get("name")
        .or_else(|| value.at(&["function", "name"]))
        .or_else(|| value.at(&["toolSpec", "name"]))
        .or_else(|| value.get("server_label"));
    let own = || value.get("type").filter(|_| value.get("function").is_none());
    direct.and_then(Value::as_str).or_else(|| own()?.as_str().filter(|kind| *kind != "function" && *kind != "custom"))
}

fn give_named<'m>(
    scene: &mut Scene<'_, 'm>,
    agent: &mut Agent,
    framework: &'static Framework,
    name: &str,
    span: Span,
    tables: &[Entry<'m>],
) {
    if agent.tool_names.iter().any(|known| known.as_str() == name) {
        return;
    }
    let blank = |symbol: &str| Tool {
        name: Sym::new(name),
        framework: Sym::new(framework.slug),
        symbol: Sym::new(symbol),
        ..Tool::default()
    };
    let (kind, target) = match running::of(scene, tables, name) {
        Some(Runs::Function(function, symbol, at)) => {
            let mut tool = blank(&symbol);
            let body = super::effects::doing(function, at, &scene.names, 2);
            scene.fill(&mut tool, body);
            scene.add_tool(function.name_span, tool);
            (RefKind::Symbol, symbol)
        }
        Some(Runs::Branch(body)) => {
            let symbol = format!("{}.{name}", agent.symbol);
            let mut tool = blank(&symbol);
            scene.fill(&mut tool, body);
            scene.add_tool(span, tool);
            (RefKind::Symbol, symbol)
        }
        Some(Runs::Imported(symbol)) => (RefKind::Symbol, symbol),
        None => (RefKind::Name, name.to_owned()),
    };
    agent.tools.push(scene.reference(kind, &target, span));
    agent.tool_names.push(Sym::new(name));
}

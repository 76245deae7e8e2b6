//! Tools that are written out as objects, `{ name, description, handler }`, and what goes through lists of them to
//! give each to a server. Input: the scene. Output: a [`Tool`] for each object, and the tools that a server is given
//! one by one.

use super::args::{Args, Found};
use super::effects::{Doing, doing};
use super::handed::{Over, bound};
use super::names::At;
use super::scene::{DEPTH, Scene};
use super::sites::{Site, owned};
use super::tools::{BODY, handler_of};
use super::walk;
use crate::facts::{Sym, Tool};
use crate::parse::code::ast::{Call, Language, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// Keys under which an object says what it is called.
const NAMES: [&str; 2] = ["name", "toolName"];

/// Keys under which an object holds what describes it, when that is an object of its own.
const DESCRIBED: [&str; 7] = ["definition", "tool", "schema", "spec", "toolDefinition", "declaration", "function"];

/// Keys under which an object holds what runs.
const RUNS: [&str; 13] = [
    "handler",
    "execute",
    "run",
    "callback",
    "toolCallback",
    "cb",
    "func",
    "fn",
    "handle",
    "invoke",
    "handleToolCall",
    "handler_fn",
    "function",
];

/// Objects that are looked at in one file.
const MANY: usize = 2000;

/// Finds the tools that are objects.
pub(super) fn read(scene: &mut Scene<'_, '_>) {
    if scene.names.language == Language::Go {
        super::paired::read(scene);
    }
    if !matches!(scene.names.language, Language::TypeScript | Language::JavaScript | Language::Python) {
        return;
    }
    for (value, symbol, at) in values(scene) {
        let mut found = Vec::new();
        walk::each(value, &mut |inner| {
            if found.len() < MANY && matches!(inner.node, Node::Map(_)) {
                found.push(inner);
            }
        });
        let wrapped = wrapper(value).filter(|(call, _)| makes_tool(scene, call, at)).map(|(_, map)| map.span);
        if let Some(symbol) = &symbol {
            table(scene, bare(value), at, symbol);
        }
        for map in found {
            let whole = map.span == bare(value).span || wrapped == Some(map.span);
            let symbol = symbol.as_deref().filter(|_| whole);
            object(scene, map, at, symbol, if wrapped == Some(map.span) { Some(bare(value).span) } else { None });
        }
    }
}

/// Keys by which a class says what it is for or what it takes.
const TELLS: [&str; 7] =
    ["description", "input_schema", "inputSchema", "parameters", "schema", "args_schema", "tool_description"];

/// Methods by which a class runs.
const METHODS: [&str; 10] =
    ["run", "execute", "run_impl", "_run", "arun", "_execute", "call", "__call__", "forward", "invoke"];

/// Finds the tools that are classes of the repository's own: a name, what describes it, a method that runs.
pub(super) fn classes(scene: &mut Scene<'_, '_>) {
    for index in 0..scene.names.classes.len() {
        let class = scene.names.classes[index].class;
        let at = At { function: None, class: Some(index) };
        if scene.known(&class.name) || class.name.is_empty() {
            continue;
        }
        let args = Args::of_class(class, at, &scene.names);
        let methods = class.body.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Function(method) => Some(method),
            _ => None,
        });
        let tells = TELLS.iter().any(|key| args.get(key, &scene.names).is_some())
            || methods.clone().any(|method| TELLS.contains(&&*method.name));
        let Some(name) = args.text(&["name", "toolName", "tool_name"], &scene.names).filter(|_| tells) else {
            continue;
        };
        let mut all = Doing::default();
        let mut runs = false;
        for method in methods.filter(|method| METHODS.contains(&&*method.name)) {
            runs = true;
            let one = doing(method, at, &scene.names, BODY);
            all.effects.extend(one.effects);
            all.asks = all.asks.take().or(one.asks);
            one.calls.into_iter().for_each(|(name, span)| all.calls(name, span));
        }
        if runs && !name.contains(char::is_whitespace) {
            let mut tool = Tool {
                name: Sym::new(&name),
                framework: Sym::new("tool-loop"),
                symbol: Sym::new(&class.name),
                ..Tool::default()
            };
            scene.fill(&mut tool, all);
            scene.add_tool(class.name_span, tool);
        }
    }
}

/// Adds a tool for each function that stands in a table of what runs for names: `handlers = { run: async (args) => … }`.
fn table<'m>(scene: &mut Scene<'_, 'm>, map: &'m Value, at: At, symbol: &str) {
    let lower = symbol.to_ascii_lowercase();
    if !["tool", "handler", "function", "executor"].iter().any(|word| lower.contains(word))
        || !map.entries().iter().all(|entry| runs(scene, &entry.value, at))
    {
        return;
    }
    for entry in map.entries().iter().take(MANY) {
        let Some(Expr::Function(function)) = entry.value.as_expr() else { continue };
        let symbol = format!("{symbol}.{}", entry.key);
        if scene.known(&symbol) || scene.objects.contains_key(&entry.value.span) || entry.key.contains(',') {
            continue;
        }
        let mut tool = Tool {
            name: Sym::new(&entry.key),
            framework: Sym::new("tool-loop"),
            symbol: Sym::new(&symbol),
            ..Tool::default()
        };
        scene.fill(&mut tool, doing(function, at, &scene.names, BODY));
        scene.add_tool(entry.key_span, tool);
        scene.objects.insert(entry.value.span, symbol);
    }
}

/// What is assigned or returned, with the name that holds it.
fn values<'m>(scene: &Scene<'_, 'm>) -> Vec<(&'m Value, Option<String>, At)> {
    let assigned = scene.names.assigns.iter().map(|assign| {
        let symbol = owned(assign.target, assign.at, &scene.names);
        (assign.value, Some(symbol), assign.at)
    });
    let returned = (0..scene.names.functions.len()).flat_map(|index| {
        let inside = At { function: Some(index), class: scene.names.functions[index].at.class };
        scene.returns(index).into_iter().map(move |value| (value, None, inside))
    });
    let values = assigned.chain(returned);
    values.filter(|(value, ..)| !matches!(value.node, Node::Text(_)) && scene.names.step(0)).collect()
}

/// A value without what only says its type.
fn bare(value: &Value) -> &Value {
    match value.as_expr() {
        Some(Expr::Operation(op, parts)) if matches!(&**op, "as" | "satisfies") => parts.first().map_or(value, bare),
        _ => value,
    }
}

/// The object that is handed to a call as the only argument, or the first.
fn wrapper(value: &Value) -> Option<(&Call, &Value)> {
    let call = bare(value).as_call()?;
    let map = call.positional(0).filter(|map| matches!(map.node, Node::Map(_)))?;
    Some((call, map))
}

/// Whether a call by its name makes a tool, and is none of a framework: `defineTool({…})`.
fn makes_tool(scene: &Scene<'_, '_>, call: &Call, at: At) -> bool {
    let named = call.method().is_some_and(|name| name.to_ascii_lowercase().contains("tool"));
    named && !scene.names.call_of(call, at).is_some_and(|name| scene.sdk_of(&name))
}

/// Adds the tool that an object is.
fn object<'m>(scene: &mut Scene<'_, 'm>, map: &'m Value, at: At, symbol: Option<&str>, around: Option<Span>) {
    if scene.objects.contains_key(&map.span) {
        return;
    }
    let text = |map: &'m Value| {
        NAMES.iter().find_map(|key| {
            let value = map.get(key)?;
            Some((scene.names.constant(value, at).0.as_str()?.to_owned(), value.span))
        })
    };
    let described = || DESCRIBED.iter().find_map(|key| text(scene.names.constant(map.get(key)?, at).0));
    let Some((name, said)) = text(map).or_else(described) else { return };
    let Some(run) = RUNS.iter().find_map(|key| map.get(key).filter(|value| runs(scene, value, at))) else { return };
    let symbol = symbol.map_or_else(|| format!("{name}#{}", (scene.place)(map.span).line), str::to_owned);
    if scene.known(&symbol) {
        return;
    }
    let function = handler_of(scene, Found { value: run, at });
    let mut body = function.map(|f| doing(f, at, &scene.names, BODY)).unwrap_or_default();
    if function.is_none()
        && let Some(path) = run.as_reference()
        && let Some(target) = scene.canonical(path, at, run.span.start)
    {
        body.calls(target, run.span);
    }
    let mut tool =
        Tool { name: Sym::new(&name), framework: Sym::new("tool-loop"), symbol: Sym::new(&symbol), ..Tool::default() };
    scene.fill(&mut tool, body);
    scene.add_tool(said, tool);
    scene.objects.insert(map.span, symbol.clone());
    if let Some(around) = around {
        scene.objects.insert(around, symbol);
    }
}

/// Whether a value is a function, of this file or brought in.
fn runs(scene: &Scene<'_, '_>, value: &Value, at: At) -> bool {
    match value.as_expr() {
        Some(Expr::Function(_)) => true,
        Some(Expr::Call(_)) => handler_of(scene, Found { value, at }).is_some(),
        Some(Expr::Reference(path)) => {
            let root = path.split('.').next().unwrap_or(path);
            scene.names.function(path, at).is_some()
                || scene.names.import(root).is_some()
                || matches!(scene.names.constant(value, at).0.as_expr(), Some(Expr::Function(_)))
        }
        _ => false,
    }
}

/// The symbols of what is gone through: of its elements where they stand here, else of the whole.
fn elements<'m>(scene: &Scene<'_, 'm>, over: Over<'m>, before: u32) -> Vec<String> {
    let found = match over {
        Over::Value(found) => vec![found],
        Over::Path(path, at) => match scene.names.assign(path, at, before) {
            Some(assign) => vec![Found { value: assign.value, at: assign.at }],
            None if scene.names.parameter(path, at).is_some() => scene.arguments(path, at),
            None => return scene.canonical(path, at, before).into_iter().collect(),
        },
    };
    let items = found.into_iter().flat_map(|found| scene.items(found));
    items.filter_map(|item| scene.behind(item.value, item.at, DEPTH)).collect()
}

/// The tools that a call gives a server one by one, where its first argument is the name of an element that is gone
/// through, or of an object: `for (const tool of tools) server.tool(tool.name, …, tool.handler)`.
pub(super) fn given_one_by_one<'m>(scene: &Scene<'_, 'm>, site: &Site<'m>, args: &Args<'m>) -> Option<Vec<String>> {
    let named = args.get("0", &scene.names)?;
    let path = named.value.as_reference()?;
    let (root, field) = path.split_once('.').unwrap_or((path, ""));
    if let Some(over) = bound(scene, root, site.at, site.span) {
        let symbols = elements(scene, over, site.span.start);
        let known = |s: &String| scene.known(s) || s.contains('.');
        return (!symbols.is_empty() && symbols.iter().all(known)).then_some(symbols);
    }
    // `server.tool(remove.name, remove.schema, remove.handler)`
    let runs = site.call.args.iter().skip(1).filter_map(|arg| arg.value.as_reference());
    let same = runs.filter_map(|path| path.split_once('.')).any(|(owner, key)| owner == root && RUNS.contains(&key));
    if !NAMES.contains(&field) || !same {
        return None;
    }
    let symbol = scene.canonical(root, site.at, site.span.start)?;
    (scene.known(&symbol) || symbol.contains('.')).then(|| vec![symbol])
}

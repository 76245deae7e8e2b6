//! Tools of a file. Input: its scene. Output: [`Tool`] facts, lists of tools and what tools are
//! attached to.

use super::args::{Args, Found, says};
use super::effects::{Doing, doing, join};
use super::gates::{self, Decision};
use super::model::{ArgValue, Framework, GateArg, ToolForm};
use super::names::{At, Name, Names};
use super::scene::{Group, Item, Scene};
use super::sites::{Site, matches, method_matches};
use crate::facts::{RefKind, Sym, Tool};
use crate::parse::code::ast::{Function, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// How many calls deep the body of a tool is looked into within its file.
const BODY: u8 = 2;

/// Finds every tool that is declared as one.
pub(super) fn read(scene: &mut Scene<'_, '_>) {
    decorated(scene);
    derived(scene);
    constructed(scene);
}

/// The toolkit of the framework whose method a value is: `toolkit.run`, `Toolkit().run`.
fn lender<'m>(scene: &Scene<'_, 'm>, value: &'m Value, at: At) -> Option<(Tool, String)> {
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
fn lend(tool: &mut Tool, owner: &Tool, method: &str) {
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

/// Whether a method says by its first word that it changes nothing.
fn reads_by_name(method: &str) -> bool {
    const READING: [&str; 16] = [
        "get", "list", "search", "read", "find", "fetch", "describe", "check", "show", "view", "is", "has", "count",
        "query", "browse", "lookup",
    ];
    let word = method.split(|c: char| c == '_' || c.is_ascii_uppercase()).find(|w| !w.is_empty()).unwrap_or(method);
    READING.contains(&word)
}

/// Functions with a tool decorator.
fn decorated(scene: &mut Scene<'_, '_>) {
    for index in 0..scene.names.functions.len() {
        let (function, at) = (scene.names.functions[index].function, scene.names.functions[index].at);
        for decorator in &function.decorators {
            let Some(name) = named(decorator, at, &scene.names) else { continue };
            let known = form_of(scene, &name, |f| f.decorator).or_else(|| passed_on(scene, &name));
            let Some((framework, form)) = known else { continue };
            let args = decorator.as_call().map(|c| Args::of(c, at, &scene.names)).unwrap_or_default();
            let symbol = scene.names.functions[index].symbol.clone();
            let given = text(&args, form.name, &scene.names);
            let mut tool = blank(framework, &given.unwrap_or_else(|| function.name.to_string()), &symbol);
            let body = doing(function, at, &scene.names, BODY);
            finish(scene, &mut tool, form, &args, body);
            decorators_gate(scene, &mut tool, function, at);
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

/// The form of `@mcp.tool` where `mcp` is a server of another module of the repository.
fn passed_on(scene: &Scene<'_, '_>, name: &Name<'_>) -> Option<(&'static Framework, &'static ToolForm)> {
    let (owner, "tool") = name.path.rsplit_once('.')? else { return None };
    let server = owner.to_ascii_lowercase().contains("mcp") && !owner.contains('.');
    if !server || !super::effects::is_own(name.module, scene.names.language) || scene.sdk_of(name) {
        return None;
    }
    let framework = super::model::FRAMEWORKS.iter().find(|f| f.slug == "mcp-server")?;
    let language = super::sites::slug(scene.names.language);
    let sdk = framework.sdk.iter().find(|sdk| sdk.languages.contains(&language))?;
    sdk.tool.iter().find(|form| !form.decorator.is_empty()).map(|form| (framework, form))
}

/// What a decorator is: reference or call.
pub(super) fn named<'m>(decorator: &Value, at: At, names: &Names<'m>) -> Option<Name<'m>> {
    match decorator.as_expr()? {
        Expr::Call(call) => names.call_of(call, at),
        Expr::Reference(path) => names.resolve(path, at, decorator.span.start),
        _ => None,
    }
}

/// Whether a tool is there only when a setting lets tools write: it stands in such a branch, or the function that
/// registers it is called there alone.
fn switched_on(scene: &Scene<'_, '_>, function: &Function, at: At) -> bool {
    let within = |span: Span| scene.names.switched.iter().any(|s| s.contains(span));
    if scene.names.switched.is_empty() || within(function.span) {
        return within(function.span);
    }
    let Some(around) = at.function else { return false };
    let callers =
        scene.sites.iter().filter(|s| s.call.path().and_then(|p| scene.names.function(p, s.at)) == Some(around));
    let mut callers = callers.peekable();
    callers.peek().is_some() && callers.all(|site| within(site.span))
}

/// Notes what `@server.tool` is attached to.
fn attach(scene: &mut Scene<'_, '_>, decorator: &Value, at: At, tool: &str) {
    let path = decorator.as_call().map_or_else(|| decorator.as_reference(), |c| c.path());
    let Some((owner, _)) = path.and_then(|p| p.rsplit_once('.')) else { return };
    let receiver = scene.canonical(owner, at, decorator.span.start).unwrap_or_else(|| owner.to_owned());
    scene.attached.push((receiver, tool.to_owned(), decorator.span));
}

/// Classes derived from a tool.
fn derived(scene: &mut Scene<'_, '_>) {
    for index in 0..scene.names.classes.len() {
        let class = scene.names.classes[index].class;
        let span = class.name_span;
        let at = At { function: None, class: Some(index) };
        for base in &class.bases {
            let Some(name) = scene.names.value(base, At::default(), u32::MAX, 4) else { continue };
            let Some((framework, form)) = form_of(scene, &name, |f| f.base) else { continue };
            let args = Args::of_class(class, at, &scene.names);
            let given = text(&args, form.name, &scene.names).unwrap_or_else(|| class.name.to_string());
            let mut tool = blank(framework, &given, &class.name);
            let mut all = Doing::default();
            for stmt in &class.body {
                let StmtKind::Function(method) = &stmt.kind else { continue };
                if form.methods.contains(&&*method.name) {
                    let one = doing(method, at, &scene.names, BODY);
                    all.effects.extend(one.effects);
                    all.asks = all.asks.take().or(one.asks);
                    all.calls.extend(one.calls);
                }
            }
            finish(scene, &mut tool, form, &args, all);
            scene.add_tool(span, tool);
            break;
        }
    }
}

/// Calls that make a tool, or group tools.
fn constructed(scene: &mut Scene<'_, '_>) {
    for index in 0..scene.sites.len() {
        let site = &scene.sites[index];
        if matches!(site.stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) || scene.local_class(site).is_some() {
            continue;
        }
        let Some((framework, form)) = call_form(scene, site) else { continue };
        let args = site.args(&scene.names);
        if !form.tools.is_empty() && form.effects.is_empty() && !form.builtin {
            if let Some(tools) = args.first(form.tools, &scene.names) {
                scene.groups.push(Group { site: index, tools });
            }
            continue;
        }
        construct(scene, index, framework, form, &args);
    }
}

fn construct<'m>(scene: &mut Scene<'_, 'm>, index: usize, framework: &Framework, form: &ToolForm, args: &Args<'m>) {
    let site = &scene.sites[index];
    let (span, at) = (site.span, site.at);
    let inner = args.first(form.function, &scene.names);
    let function = inner.and_then(|f| gates::function(f, &scene.names));
    // A method that attaches a function known elsewhere (`server.add_tool(f)`) names no new tool.
    let bare = !form.attaches && site.symbol.is_empty() && site.key.is_none();
    let held = site
        .symbol
        .rsplit('.')
        .next()
        .map(|s| s.trim_start_matches('?'))
        .filter(|s| !s.is_empty() && s.parse::<u32>().is_err());
    let name = text(args, form.name, &scene.names)
        .or_else(|| site.key.map(str::to_owned))
        .or_else(|| {
            function.filter(|f| bare && !f.name.is_empty() && &*f.name != "execute").map(|f| f.name.to_string())
        })
        .or_else(|| held.filter(|_| !form.builtin).map(str::to_owned))
        .or_else(|| function.filter(|f| !f.name.is_empty()).map(|f| f.name.to_string()))
        .or_else(|| wrapped_agent(scene, form, args))
        .or_else(|| form.builtin.then(|| site.call.method().unwrap_or("").to_owned()))
        .or_else(|| inner.and_then(|f| f.value.as_reference()).and_then(|p| p.rsplit('.').next()).map(str::to_owned))
        .unwrap_or_else(|| site.call.method().unwrap_or("tool").to_owned());
    let symbol = scene.symbol(site);
    let mut tool = blank(framework, &name, &symbol);
    let mut body = function.map(|f| doing(f, at, &scene.names, BODY)).unwrap_or_default();
    if function.is_none()
        && let Some(path) = inner.and_then(|f| f.value.as_reference())
        && let Some(target) = scene.canonical(path, at, span.start)
    {
        body.calls.push((target, span));
    }
    finish(scene, &mut tool, form, args, body);
    if let Some((owner, method)) = inner.filter(|_| function.is_none()).and_then(|f| lender(scene, f.value, f.at)) {
        lend(&mut tool, &owner, &method);
    }
    if form.builtin && tool.gate.is_none() && tool.void_gate.is_none() {
        tool.gate = asks_inside(scene, args).map(Sym::from);
    }
    if form.attaches {
        let site = &scene.sites[index];
        if let Some(receiver) = args.receiver() {
            let owner = receiver.value.as_reference().and_then(|p| p.rsplit_once('.')).map(|(o, _)| o.to_owned());
            if let Some(owner) = owner {
                let owner = scene.canonical(&owner, site.at, span.start).unwrap_or(owner);
                scene.attached.push((owner, symbol, span));
            }
        }
    }
    scene.add_tool(span, tool);
}

/// The name of the agent that a tool wraps: its own, else its name in code.
fn wrapped_agent<'m>(scene: &Scene<'_, 'm>, form: &ToolForm, args: &Args<'m>) -> Option<String> {
    let found = args.first(form.agent, &scene.names)?;
    let (value, at) = scene.names.constant(found.value, found.at);
    if let Some(call) = value.as_call()
        && let Some(name) = text(&Args::of(call, at, &scene.names), &["name"], &scene.names)
    {
        return Some(name);
    }
    found.value.as_reference().and_then(|p| p.rsplit('.').next()).map(str::to_owned)
}

/// What asks in the methods of an object of this file that a tool is built with (an editor, an executor).
fn asks_inside<'m>(scene: &Scene<'_, 'm>, args: &Args<'m>) -> Option<String> {
    args.all().find_map(|found| {
        let (value, at) = scene.names.constant(found.value, found.at);
        if let Some(function) = gates::function(found, &scene.names) {
            return doing(function, at, &scene.names, BODY).asks;
        }
        let class = scene.names.class(value.as_call()?.path()?)?;
        scene.names.classes[class].class.body.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Function(method) => {
                doing(method, At { function: None, class: Some(class) }, &scene.names, BODY).asks
            }
            _ => None,
        })
    })
}

/// The tool form that a call has.
pub(super) fn call_form(scene: &Scene<'_, '_>, site: &Site<'_>) -> Option<(&'static Framework, &'static ToolForm)> {
    if let Some(name) = &site.name
        && let Some(found) = form_of(scene, name, |f| f.call)
    {
        return Some(found);
    }
    scene.sdks.iter().find_map(|(framework, sdk)| {
        sdk.tool.iter().find(|form| method_matches(site.call, form.call)).map(|form| (*framework, form))
    })
}

fn form_of(
    scene: &Scene<'_, '_>,
    name: &Name<'_>,
    patterns: impl Fn(&ToolForm) -> &'static [&'static str],
) -> Option<(&'static Framework, &'static ToolForm)> {
    scene.sdks.iter().find_map(|(framework, sdk)| {
        sdk.tool.iter().find(|form| matches(name, sdk, patterns(form))).map(|form| (*framework, form))
    })
}

fn blank(framework: &Framework, name: &str, symbol: &str) -> Tool {
    Tool { name: Sym::new(name), framework: Sym::new(framework.slug), symbol: Sym::new(symbol), ..Tool::default() }
}

/// Effects, gates and sandbox of a tool: from its form, its arguments and its body.
fn finish<'m>(scene: &Scene<'_, 'm>, tool: &mut Tool, form: &ToolForm, args: &Args<'m>, body: Doing) {
    tool.builtin = form.builtin;
    if !form.builtin || stands_for_itself(form, args, &scene.names) {
        let quiet = form.quiet.iter().any(|v| arg_holds(args, v, &scene.names)) || only_reads(args, &scene.names);
        let effects: &[&str] = if quiet { &["read"] } else { form.effects };
        tool.effects.extend(effects.iter().map(|e| Sym::new(e)));
    }
    tool.sandboxed = form.sandboxed || form.sandbox.iter().any(|v| arg_holds(args, v, &scene.names));
    if form.host.iter().any(|v| arg_holds(args, v, &scene.names)) {
        tool.sandboxed = false;
    }
    if !form.gated.is_empty() {
        tool.gate = Some(Sym::new(form.gated));
    }
    for decision in gates::decisions(args, form.gates, &scene.names) {
        apply(tool, &decision);
    }
    scene.fill(tool, body);
    if tool.void_gate.is_some() {
        tool.gate = None;
    }
}

/// Whether a toolkit is held to functions that read by their names.
fn only_reads<'m>(args: &Args<'m>, names: &Names<'m>) -> bool {
    let Some(found) = args.get("include_tools", names) else { return false };
    let (value, _) = names.constant(found.value, found.at);
    !value.items().is_empty() && value.items().iter().all(|item| item.as_str().is_some_and(reads_by_name))
}

/// Whether a built-in tool does what its form says. One that is handed its body does what that does,
/// and nothing without one; a body that cannot be seen leaves the form's word.
fn stands_for_itself<'m>(form: &ToolForm, args: &Args<'m>, names: &Names<'m>) -> bool {
    let handed = form.function.iter().find_map(|arg| args.get(arg, names));
    match handed {
        Some(found) => !matches!(names.constant(found.value, found.at).0.as_expr(), Some(Expr::Function(_))),
        None => form.function.is_empty(),
    }
}

pub(super) fn apply(tool: &mut Tool, decision: &Decision) {
    match &decision.void {
        Some(why) => tool.void_gate = Some(Sym::new(why)),
        None => tool.gate = Some(Sym::new(&decision.by)),
    }
}

/// Gates that stand as decorators beside the tool's own.
fn decorators_gate(scene: &Scene<'_, '_>, tool: &mut Tool, function: &Function, at: At) {
    for decorator in &function.decorators {
        let Some(name) = named(decorator, at, &scene.names) else { continue };
        let form =
            scene.sdks.iter().find_map(|(_, sdk)| sdk.approval.iter().find(|a| matches(&name, sdk, a.decorator)));
        if let Some(form) = form {
            tool.gate = Some(Sym::new(if form.gate.is_empty() { form.decorator[0] } else { form.gate }));
        }
    }
}

/// Whether an argument has one of the values (any, when none is named).
pub(super) fn arg_holds<'m>(args: &Args<'m>, wanted: &ArgValue, names: &Names<'m>) -> bool {
    args.get(wanted.arg, names).is_some_and(|found| {
        let (value, _) = names.constant(found.value, found.at);
        (wanted.values.is_empty() && !matches!(value.node, Node::Null))
            || says(value, wanted.values)
            || says(found.value, wanted.values)
    })
}

/// The text at the first of `paths` that has one.
pub(super) fn text<'m>(args: &Args<'m>, paths: &[&str], names: &Names<'m>) -> Option<String> {
    paths.iter().find_map(|path| {
        let found = args.get(path, names)?;
        let (value, _) = names.constant(found.value, found.at);
        value.as_str().filter(|t| !t.trim().is_empty()).map(|t| t.trim().to_owned())
    })
}

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
        Node::Map(_) if item.key.is_some() && super::scene::written_out(item.value) => {
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
    let Some(symbol) = scene.behind(item.value, item.at, super::scene::DEPTH) else {
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
    call: &crate::parse::code::ast::Call,
    item: Item<'_>,
) -> Option<(RefKind, String, String)> {
    let name = scene.names.call_of(call, item.at)?;
    let last = name.path.rsplit('.').next().filter(|n| n.starts_with(|c: char| c.is_ascii_uppercase()))?.to_owned();
    let own = framework.sdk.iter().any(|sdk| super::sites::belongs(name.module, sdk));
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
    decorators_gate(scene, &mut tool, function, at);
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

/// Gates of the run, the agent or middleware that a value holds, for `middleware=[…]` and the like.
pub(super) fn approvals<'m>(scene: &Scene<'_, 'm>, found: Found<'m>) -> Vec<Decision> {
    let mut all = Vec::new();
    for item in scene.items(found) {
        let (value, at) = scene.names.constant(item.value, item.at);
        let Some(call) = value.as_call() else { continue };
        let Some(name) = scene.names.call_of(call, at) else { continue };
        for (_, sdk) in &scene.sdks {
            for form in sdk.approval.iter().filter(|a| matches(&name, sdk, a.call)) {
                all.extend(approval(scene, form, &Args::of(call, at, &scene.names), value.span));
            }
        }
    }
    all
}

fn approval<'m>(
    scene: &Scene<'_, 'm>,
    form: &super::model::ApprovalForm,
    args: &Args<'m>,
    span: Span,
) -> Vec<Decision> {
    let named: &[GateArg] = form.gates;
    let mut found = gates::decisions(args, named, &scene.names);
    for decision in &mut found {
        if decision.void.is_none() && !form.gate.is_empty() {
            decision.by = form.gate.to_owned();
        }
    }
    if found.is_empty() || !form.void.is_empty() {
        let void = (!form.void.is_empty()).then(|| form.void.to_owned());
        let by = if form.gate.is_empty() { "approval" } else { form.gate };
        found.push(Decision { tool: "*".into(), by: by.into(), void, span });
    }
    found
}

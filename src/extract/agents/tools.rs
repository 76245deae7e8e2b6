//! Which tools a file declares: decorated, derived, constructed. Input: its scene. Output: [`Tool`] facts, lists
//! of tools and what tools are attached to.

use super::args::Args;
use super::effects::{Doing, doing};
use super::gates;
use super::model::{ArgValue, FRAMEWORKS, Framework, ToolForm};
use super::names::{At, Name, Names};
use super::objects;
use super::origin::{is_own, join};
use super::scene::{Group, Scene};
use super::sites::{Site, matches, method_matches};
use super::toolkits::{lend, lender, only_reads};
use crate::facts::{Binding, RefKind, Sym, Tool};
use crate::parse::code::ast::{Call, Function, StmtKind};
use crate::parse::value::{Expr, Value};
use crate::span::Span;

/// How many calls deep the body of a tool is looked into within its file.
pub(super) const BODY: u8 = 2;

/// Finds every tool that is declared as one.
pub(super) fn read(scene: &mut Scene<'_, '_>) {
    decorated(scene);
    derived(scene);
    constructed(scene);
}

/// Functions with a tool decorator.
fn decorated(scene: &mut Scene<'_, '_>) {
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

/// Whether a call is of the form by which the SDK's servers, and what is derived from them, are given a tool: a name,
/// what describes it, a handler. <https://github.com/modelcontextprotocol/typescript-sdk/blob/main/docs/server.md>
fn registers(scene: &Scene<'_, '_>, site: &Site<'_>) -> bool {
    let args = &site.call.args;
    let (Some(name), Some(handler)) = (args.first(), args.last()) else { return false };
    let named = || scene.names.constant(&name.value, site.at).0.as_str().is_some();
    let handled = || handler_of(scene, super::args::Found { value: &handler.value, at: site.at }).is_some();
    match site.call.method() {
        Some("registerTool") => {
            let [_, described, _] = &**args else { return false };
            let (described, _) = scene.names.constant(&described.value, site.at);
            !described.entries().is_empty() && named() && handled()
        }
        // The older form says nothing else of itself: what it is called on is called a server.
        Some("tool") => {
            let owner = site.call.path().and_then(|path| path.strip_suffix(".tool"));
            let server = owner.is_some_and(|owner| {
                let last = owner.rsplit('.').next().unwrap_or(owner).to_ascii_lowercase();
                matches!(&*last, "server" | "mcp" | "mcpserver")
            });
            server && (3..=5).contains(&args.len()) && named() && handled()
        }
        _ => false,
    }
}

/// The function that is given as what runs, through what only watches or guards it: `withAuth(async (args) => …)`.
pub(super) fn handler_of<'m>(scene: &Scene<'_, 'm>, found: super::args::Found<'m>) -> Option<&'m Function> {
    if let Some(function) = gates::function(found, &scene.names) {
        return Some(function);
    }
    let (value, at) = scene.names.constant(found.value, found.at);
    let call = value.as_call()?;
    let mut given = call.args.iter().filter_map(|arg| match arg.value.as_expr()? {
        Expr::Function(function) => Some(function),
        Expr::Reference(path) => scene.names.function(path, at).map(|index| scene.names.functions[index].function),
        Expr::Call(inner) if inner.path().is_some() => handler_of(scene, super::args::Found { value: &arg.value, at }),
        _ => None,
    });
    let first = given.next()?;
    given.next().is_none().then_some(first)
}

/// A form of the tools of a server in the language of the file.
fn server_tool(
    scene: &Scene<'_, '_>,
    is: impl Fn(&ToolForm) -> bool,
) -> Option<(&'static Framework, &'static ToolForm)> {
    let framework = FRAMEWORKS.iter().find(|f| f.slug == "mcp-server")?;
    let language = scene.names.language.slug();
    let mut sdks = framework.sdk.iter().filter(|sdk| sdk.languages.contains(&language));
    sdks.find_map(|sdk| sdk.tool.iter().find(|form| is(form))).map(|form| (framework, form))
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
pub(super) fn passes<'m>(scene: &Scene<'_, 'm>, index: usize) -> Option<Name<'m>> {
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
            let given = args.text(form.name, &scene.names).unwrap_or_else(|| class.name.to_string());
            let mut tool = blank(framework, &given, &class.name);
            let mut all = Doing::default();
            for stmt in &class.body {
                let StmtKind::Function(method) = &stmt.kind else { continue };
                if form.methods.contains(&&*method.name) {
                    let one = doing(method, at, &scene.names, BODY);
                    all.effects.extend(one.effects);
                    all.asks = all.asks.take().or(one.asks);
                    one.calls.into_iter().for_each(|(name, span)| all.calls(name, span));
                    all.hands_code = all.hands_code.take().or(one.hands_code);
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
        // A function that hands on what it is given declares no tool: its callers do.
        let given = args.first(form.function, &scene.names).and_then(|f| Some((f.value.as_reference()?, f.at)));
        let handed = |path: &str, at: At| scene.names.parameter(path, at).is_some();
        let decorates = || {
            let outer = scene.sites.iter().find(|outer| outer.call.callee.span == site.span);
            outer.and_then(|o| Some((o.call.positional(0)?.as_reference()?, o.at))).is_some_and(|(p, at)| handed(p, at))
        };
        let passes = form.attaches && (given.is_some_and(|(path, at)| handed(path, at)) || decorates());
        if passes {
            continue;
        }
        let one_by_one = form.attaches.then(|| objects::given_one_by_one(scene, &scene.sites[index], &args)).flatten();
        match one_by_one {
            Some(symbols) => hand_over(scene, index, &args, symbols),
            None => construct(scene, index, framework, form, &args),
        }
    }
}

fn construct<'m>(scene: &mut Scene<'_, 'm>, index: usize, framework: &Framework, form: &ToolForm, args: &Args<'m>) {
    let site = &scene.sites[index];
    let (span, at) = (site.span, site.at);
    let inner = args.first(form.function, &scene.names);
    let function = inner.and_then(|f| handler_of(scene, f));
    // A method that attaches a function known elsewhere (`server.add_tool(f)`) names no new tool.
    let bare = !form.attaches && site.symbol.is_empty() && site.key.is_none();
    let held = site
        .symbol
        .rsplit('.')
        .next()
        .map(|s| s.trim_start_matches('?'))
        .filter(|s| !s.is_empty() && s.parse::<u32>().is_err());
    // `add_tool(Tool.from_function(f, name="run_query"))`
    let named_inside = || {
        let inner = inner.filter(|_| form.attaches)?;
        let (value, at) = scene.names.constant(inner.value, inner.at);
        Args::of(value.as_call()?, at, &scene.names).text(&["name"], &scene.names)
    };
    let name = args
        .text(form.name, &scene.names)
        .or_else(named_inside)
        .or_else(|| site.key.filter(|key| !(form.builtin && *key == "tools")).map(str::to_owned))
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
        body.calls(target, span);
    }
    finish(scene, &mut tool, form, args, body);
    if let Some((owner, method)) = inner.filter(|_| function.is_none()).and_then(|f| lender(scene, f.value, f.at)) {
        lend(&mut tool, &owner, &method);
    }
    if form.builtin && tool.gate.is_none() && tool.void_gate.is_none() {
        tool.gate = gates::asks_inside(scene, args).map(Sym::from);
    }
    if form.attaches
        && let Some(owner) = owner(scene, index, args)
    {
        scene.attached.push((owner, symbol, span));
    }
    scene.add_tool(span, tool);
}

/// What the method of a call is called on.
fn owner<'m>(scene: &Scene<'_, 'm>, index: usize, args: &Args<'m>) -> Option<String> {
    let site = &scene.sites[index];
    let receiver = args.receiver()?;
    let (owner, _) = receiver.value.as_reference()?.rsplit_once('.')?;
    let held = scene.instance(owner, site.at, site.span.start);
    Some(held.or_else(|| scene.canonical(owner, site.at, site.span.start)).unwrap_or_else(|| owner.to_owned()))
}

/// Gives the owner of a call tools that stand elsewhere. A server that is handed in is the nearest.
fn hand_over<'m>(scene: &mut Scene<'_, 'm>, index: usize, args: &Args<'m>, symbols: Vec<String>) {
    let site = &scene.sites[index];
    let (span, at) = (site.span, site.at);
    let Some(owner) = owner(scene, index, args) else { return };
    let handed = scene.names.parameter(owner.split('.').next().unwrap_or(&owner), at).is_some();
    for symbol in symbols {
        if handed {
            let to = scene.reference(RefKind::Symbol, &symbol, span);
            let binding = Binding {
                symbol: Sym::from(format!("*served {symbol}")),
                form: Sym::new("served"),
                literal: None,
                to: Some(to),
            };
            scene.served.push((span, binding));
        }
        scene.attached.push((owner.clone(), symbol, span));
    }
}

/// The name of the agent that a tool wraps: its own, else its name in code.
fn wrapped_agent<'m>(scene: &Scene<'_, 'm>, form: &ToolForm, args: &Args<'m>) -> Option<String> {
    let found = args.first(form.agent, &scene.names)?;
    let (value, at) = scene.names.constant(found.value, found.at);
    if let Some(call) = value.as_call()
        && let Some(name) = Args::of(call, at, &scene.names).text(&["name"], &scene.names)
    {
        return Some(name);
    }
    found.value.as_reference().and_then(|p| p.rsplit('.').next()).map(str::to_owned)
}

/// The tool form that a call has.
pub(super) fn call_form(scene: &Scene<'_, '_>, site: &Site<'_>) -> Option<(&'static Framework, &'static ToolForm)> {
    if let Some(name) = &site.name
        && let Some(found) = form_of(scene, name, |f| f.call)
    {
        return Some(found);
    }
    let by_method = scene.sdks.iter().find_map(|(framework, sdk)| {
        sdk.tool.iter().find(|form| method_matches(site.call, form.call)).map(|form| (*framework, form))
    });
    let handed = || {
        registers(scene, site)
            .then(|| server_tool(scene, |form| form.call.iter().any(|call| call.ends_with(".registerTool"))))
            .flatten()
    };
    by_method.or_else(handed)
}

pub(super) fn form_of(
    scene: &Scene<'_, '_>,
    name: &Name<'_>,
    patterns: impl Fn(&ToolForm) -> &'static [&'static str],
) -> Option<(&'static Framework, &'static ToolForm)> {
    scene.sdks.iter().find_map(|(framework, sdk)| {
        sdk.tool.iter().find(|form| matches(name, sdk, patterns(form))).map(|form| (*framework, form))
    })
}

pub(super) fn blank(framework: &Framework, name: &str, symbol: &str) -> Tool {
    Tool { name: Sym::new(name), framework: Sym::new(framework.slug), symbol: Sym::new(symbol), ..Tool::default() }
}

/// Effects, gates and sandbox of a tool: from its form, its arguments and its body.
pub(super) fn finish<'m>(scene: &Scene<'_, 'm>, tool: &mut Tool, form: &ToolForm, args: &Args<'m>, body: Doing) {
    tool.builtin = form.builtin;
    if !form.builtin || stands_for_itself(form, args, &scene.names) {
        let quiet = form.quiet.iter().any(|v| args.holds(v, &scene.names)) || only_reads(args, &scene.names);
        let effects: &[&str] = if quiet { &["read"] } else { form.effects };
        tool.effects.extend(effects.iter().map(|e| Sym::new(e)));
        let any = |list: &[ArgValue]| list.iter().any(|v| super::given::holds(scene, args, v));
        let said = form.also.iter().filter(|own| (own.when.is_empty() || any(own.when)) && !any(own.unless));
        tool.effects.extend(said.flat_map(|own| own.effects).map(|e| Sym::new(e)));
    }
    tool.sandboxed = form.sandboxed || form.sandbox.iter().any(|v| args.holds(v, &scene.names));
    if form.host.iter().any(|v| args.holds(v, &scene.names)) {
        tool.sandboxed = false;
    }
    if !form.gated.is_empty() {
        tool.gate = Some(Sym::new(form.gated));
    }
    for decision in gates::decisions(args, form.gates, &scene.names) {
        gates::apply(tool, &decision);
    }
    scene.fill(tool, body);
    if tool.void_gate.is_some() {
        tool.gate = None;
    }
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

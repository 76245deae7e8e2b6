//! Which tools a file declares: derived, constructed, and under a decorator, which is read in `decorated`. Input: its
//! scene. Output: [`Tool`] facts, lists of tools and what tools are attached to.

use super::args::Args;
use super::decorated;
use super::effects::{Doing, doing};
use super::gates;
use super::model::{ArgValue, FRAMEWORKS, Framework, ToolForm};
use super::names::{At, Name, Names};
use super::objects;
use super::scene::{Group, Scene};
use super::sites::{Site, matches, method_matches};
use super::toolkits::{lend, lender, only_reads};
use crate::facts::{Binding, RefKind, Sym, Tool};
use crate::parse::code::ast::{Function, StmtKind};
use crate::parse::value::Expr;

/// How many calls deep the body of a tool is looked into within its file.
pub(super) const BODY: u8 = 2;

/// Finds every tool that is declared as one.
pub(super) fn read(scene: &mut Scene<'_, '_>) {
    decorated::read(scene);
    derived(scene);
    constructed(scene);
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
pub(super) fn server_tool(
    scene: &Scene<'_, '_>,
    is: impl Fn(&ToolForm) -> bool,
) -> Option<(&'static Framework, &'static ToolForm)> {
    let framework = FRAMEWORKS.iter().find(|f| f.slug == "mcp-server")?;
    let language = scene.names.language.slug();
    let mut sdks = framework.sdk.iter().filter(|sdk| sdk.languages.contains(&language));
    sdks.find_map(|sdk| sdk.tool.iter().find(|form| is(form))).map(|form| (framework, form))
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
    // `server.tool(**options)(function)`
    let options = site.call.callee.as_call().map(|decorator| Args::of(decorator, site.at, &scene.names));
    if tool.gate.is_none() && options.is_some_and(|options| is_switched(&options, &scene.names)) {
        tool.gate = Some(Sym::new("write switch"));
    }
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
    if tool.gate.is_none() && is_switched(args, &scene.names) {
        tool.gate = Some(Sym::new("write switch"));
    }
    scene.fill(tool, body);
    if tool.void_gate.is_some() {
        tool.gate = None;
    }
}

/// `server.tool(enabled=allow_delete)`: a tool is there only where a setting lets tools write.
fn is_switched(args: &Args<'_>, names: &Names<'_>) -> bool {
    args.get("enabled", names).is_some_and(|found| super::checks::asks_switch(found.value))
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

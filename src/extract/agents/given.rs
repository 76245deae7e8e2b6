//! What an agent is given. Input: its declaration. Output: an [`Agent`] with tools, servers, gates, limits,
//! tracing and credentials.

use super::args::{Args, Found, says, short};
use super::declare::{Declared, graph_groups, marked};
use super::gates::{self, Decision};
use super::handoffs::{give_handoffs, hand_off};
use super::items::Item;
use super::model::{AgentForm, ArgValue, Framework, OwnTool};
use super::names::At;
use super::references;
use super::scene::{DEPTH, Scene};
use super::toolkits::only_reads;
use super::tools;
use crate::facts::{Agent, RefKind, Sym, Tool};
use crate::parse::value::{Expr, Value};
use crate::span::Span;

pub(super) fn arguments<'m>(scene: &Scene<'_, 'm>, one: &Declared) -> Args<'m> {
    if let Some(class) = one.class {
        let marked = marked(scene, scene.names.classes[class].class).and_then(|(_, decorator)| decorator.as_call());
        if let Some(call) = marked {
            return Args::of(call, At::default(), &scene.names);
        }
        return Args::of_class(
            scene.names.classes[class].class,
            At { function: None, class: Some(class) },
            &scene.names,
        );
    }
    scene.sites.get(one.site).map(|s| s.args(&scene.names)).unwrap_or_default()
}

pub(super) fn declare<'m>(scene: &mut Scene<'_, 'm>, one: &Declared) -> Agent {
    let (framework, form) = (one.framework, one.form);
    let args = arguments(scene, one);
    let mut agent = Agent {
        name: Sym::new(&one.name),
        framework: Sym::new(framework.slug),
        symbol: Sym::new(&one.symbol),
        tracing: Sym::new("unknown"),
        ..Agent::default()
    };
    agent.model = args.first(form.model, &scene.names).and_then(|found| model(scene, found));
    agent.config = args.first(form.config, &scene.names).and_then(|found| match found.value.as_expr()? {
        Expr::Index(_, key) => key.scalar().map(Sym::new),
        _ => None,
    });
    give_tools(scene, &mut agent, one, &args);
    allow(scene, &mut agent, form, &args);
    give_handoffs(scene, &mut agent, one, &args);
    if let Some(found) = args.first(form.servers, &scene.names) {
        super::servers::inline(scene, &mut agent, framework, found);
    }
    let mut decisions = gates::decisions(&args, form.gates, &scene.names);
    decisions.extend(gates::defaults(&args, form.gates, &scene.names, one.span));
    for path in form.middleware {
        if let Some(found) = args.get(path, &scene.names) {
            decisions.extend(gates::approvals(scene, found));
            give_middleware(scene, &mut agent, framework, found);
        }
    }
    gate(scene, &mut agent, &decisions);
    limits(scene, &mut agent, form, &args);
    trace(scene, &mut agent, form, &args);
    credentials(scene, &mut agent, form, &args, one.span);
    own_tools(scene, &mut agent, one, &args);
    agent
}

pub(super) fn model<'m>(scene: &Scene<'_, 'm>, found: Found<'m>) -> Option<Sym> {
    let (value, at) = scene.names.constant(found.value, found.at);
    if let Some(call) = value.as_call() {
        let args = Args::of(call, at, &scene.names);
        let named = ["model", "model_id", "model_name", "id", "modelId", "0", "azure_deployment", "deployment_name"];
        if let Some(text) = args.text(&named, &scene.names) {
            return Some(Sym::new(&text));
        }
    }
    short(value).filter(|s| s.len() <= 120).map(Sym::from)
}

pub(super) fn give_tools<'m>(scene: &mut Scene<'_, 'm>, agent: &mut Agent, one: &Declared, args: &Args<'m>) {
    let given = args.every(one.form.tools, &scene.names);
    for found in given {
        // `[{"mcpServers": {…}}, "code_interpreter"]`: a record of servers among the tools.
        let (list, at) = scene.names.constant(found.value, found.at);
        for servers in list.items().iter().filter_map(|item| item.get("mcpServers")) {
            super::servers::inline(scene, agent, one.framework, Found { value: servers, at });
        }
        for item in scene.items(found) {
            if !give_named(scene, agent, one, args, item) {
                give(scene, agent, one.framework, item);
            }
        }
    }
    if one.form.form == "graph" && one.site < scene.sites.len() {
        for group in graph_groups(scene, one.site) {
            for item in scene.items(scene.groups[group].tools) {
                give(scene, agent, one.framework, item);
            }
        }
    }
    give_methods(scene, agent, one);
    let attached: Vec<(String, Span)> = scene
        .attached
        .iter()
        .filter(|(owner, ..)| *owner == one.symbol)
        .map(|(_, tool, span)| (tool.clone(), *span))
        .collect();
    for (tool, span) in attached {
        let reference = scene.reference(RefKind::Symbol, &tool, span);
        agent.tools.push(reference);
        agent.tool_names.push(Sym::new(&references::shown(scene, &tool)));
    }
}

/// Methods of an agent's class that are marked as tools of the same framework are its own.
fn give_methods(scene: &mut Scene<'_, '_>, agent: &mut Agent, one: &Declared) {
    let Some(class) = one.class else { return };
    let prefix = format!("{}.", scene.names.classes[class].class.name);
    let methods: Vec<(String, Span)> = scene
        .tool_by
        .range(prefix.clone()..)
        .take_while(|(symbol, _)| symbol.starts_with(&prefix))
        .filter(|(symbol, at)| {
            let tool = &scene.tools[**at].1;
            tool.framework == one.framework.slug && agent.tools.iter().all(|t| t.name.as_str() != symbol.as_str())
        })
        .map(|(symbol, at)| (symbol.clone(), scene.tools[*at].0))
        .collect();
    for (symbol, span) in methods {
        agent.tools.push(scene.reference(RefKind::Symbol, &symbol, span));
        agent.tool_names.push(Sym::new(&references::shown(scene, &symbol)));
    }
}

/// Gives a tool of the framework that the list names.
fn give_named<'m>(
    scene: &mut Scene<'_, 'm>,
    agent: &mut Agent,
    one: &Declared,
    args: &Args<'m>,
    item: Item<'m>,
) -> bool {
    let Some(written) = item.value.as_str() else { return false };
    let Some(own) = one.form.named.iter().find(|own| own.name == bare(written)) else { return false };
    if agent.tool_names.iter().all(|name| *name != *own.name) && own.unless.iter().all(|v| !holds(scene, args, v)) {
        own_tool(scene, agent, one, args, own, item.value.span);
    }
    true
}

/// A tool as a rule for permissions names it, when the rule holds it to nothing: `Bash`, `Bash(*)`.
fn bare(rule: &str) -> &str {
    let name = rule.split('(').next().unwrap_or(rule);
    let open = matches!(rule.get(name.len()..), Some("" | "()" | "(*)" | "(:*)" | "(**)"));
    if open { name.trim() } else { rule }
}

/// The tools that run before any gate is asked, unless one comes first.
fn allow<'m>(scene: &Scene<'_, 'm>, agent: &mut Agent, form: &AgentForm, args: &Args<'m>) {
    let first: Vec<_> = form.gates.iter().filter(|gate| gate.first).copied().collect();
    if !gates::decisions(args, &first, &scene.names).is_empty() {
        return;
    }
    let items = args.every(form.allowed, &scene.names).into_iter().flat_map(|found| scene.items(found));
    agent.allowed = items.filter_map(|item| item.value.as_str()).map(|rule| Sym::new(bare(rule))).collect();
}

/// Gives one element of a list of tools: a tool, a server, or an agent as a tool.
pub(super) fn give<'m>(scene: &mut Scene<'_, 'm>, agent: &mut Agent, framework: &'static Framework, item: Item<'m>) {
    give_from(scene, agent, framework, item, &mut Vec::new());
}

/// `open` are the groups that are being given: one may be made of its own name (`tools = ToolNode(tools)`).
fn give_from<'m>(
    scene: &mut Scene<'_, 'm>,
    agent: &mut Agent,
    framework: &'static Framework,
    item: Item<'m>,
    open: &mut Vec<usize>,
) {
    // A list held by a group (`ToolNode(tools)`) is its elements.
    let (held, _) = scene.names.constant(item.value, item.at);
    if let Some(&site) = scene.site_at.get(&held.span)
        && let Some(group) = scene.groups.iter().position(|g| g.site == site)
    {
        if !open.contains(&group) {
            open.push(group);
            for inner in scene.items(scene.groups[group].tools) {
                give_from(scene, agent, framework, inner, open);
            }
        }
        return;
    }
    let Some((kind, target, name)) = references::reference(scene, framework, item) else { return };
    // An object whose methods are tools gives all of them.
    if kind == RefKind::Symbol && !scene.known(&target) {
        let prefix = format!("{target}.");
        let methods: Vec<String> = scene
            .tool_by
            .range(prefix.clone()..)
            .map(|(s, _)| s.clone())
            .take_while(|s| s.starts_with(&prefix))
            .collect();
        for method in &methods {
            let reference = scene.reference(RefKind::Symbol, method, item.value.span);
            agent.tools.push(reference);
            agent.tool_names.push(Sym::new(&references::shown(scene, method)));
        }
        if !methods.is_empty() {
            return;
        }
    }
    if target == agent.symbol.as_str() {
        return;
    }
    if agent.tools.iter().any(|t| t.name.as_str() == target) {
        return;
    }
    let reference = scene.reference(kind, &target, item.value.span);
    agent.tools.push(reference);
    agent.tool_names.push(Sym::new(&name));
    let mut decisions = scene.server_gates.get(&target).cloned().unwrap_or_default();
    decisions.extend(assigned_gates(scene, framework, item));
    gate_server(scene, agent, &name, &decisions);
    tool_agent(scene, agent, item);
}

/// Gates that are put on a tool after it was made: `lookUp.needsApproval = …`.
fn assigned_gates<'m>(scene: &Scene<'_, 'm>, framework: &Framework, item: Item<'m>) -> Vec<Decision> {
    let Some(path) = item.value.as_reference() else { return Vec::new() };
    let mut seen = Vec::new();
    let mut all = Vec::new();
    for form in framework.sdk.iter().flat_map(|sdk| sdk.tool).flat_map(|tool| tool.gates) {
        for arg in form.arg {
            if arg.contains('.') || seen.contains(arg) {
                continue;
            }
            seen.push(arg);
            if let Some(set) = scene.names.assigned(&format!("{path}.{arg}")).last() {
                gates::decide(Found { value: set.value, at: set.at }, form, arg, &scene.names, &mut all);
            }
        }
    }
    all
}

/// Gates on a server speak of the server's tools.
fn gate_server(scene: &Scene<'_, '_>, agent: &mut Agent, server: &str, decisions: &[Decision]) {
    let mut named: Vec<Decision> = decisions
        .iter()
        .map(|d| Decision { tool: if d.tool == "*" { server.to_owned() } else { d.tool.clone() }, ..d.clone() })
        .collect();
    // Where it speaks of tools by name, some calls of the server ask.
    let whole = named.iter().any(|d| d.tool == server);
    if let Some(one) = named.iter().find(|d| !whole && d.void.is_none()).cloned() {
        named.push(Decision { tool: server.to_owned(), by: format!("{}{}", one.by, gates::SOMETIMES), ..one });
    }
    gate(scene, agent, &named);
}

/// An agent wrapped as a tool is handed work too.
fn tool_agent<'m>(scene: &mut Scene<'_, 'm>, agent: &Agent, item: Item<'m>) {
    let (value, at) = scene.names.constant(item.value, item.at);
    let Some(&site) = scene.site_at.get(&value.span) else { return };
    let Some((_, form)) = tools::call_form(scene, &scene.sites[site]) else { return };
    if form.agent.is_empty() {
        return;
    }
    let args = scene.sites[site].args(&scene.names);
    let Some(found) = args.first(form.agent, &scene.names) else { return };
    let to = match found.value.as_reference() {
        // The receiver of `agent.as_tool`: the path before the method.
        Some(path) if form.agent.contains(&"self") => {
            path.rsplit_once('.').and_then(|(owner, _)| scene.canonical(owner, at, value.span.start))
        }
        _ => scene.behind(found.value, found.at, DEPTH),
    };
    if let Some(to) = to {
        hand_off(scene, agent.symbol.as_str(), RefKind::Symbol, &to, "agent-as-tool", value.span);
    }
}

/// Writes decisions into an agent's gates.
pub(super) fn gate(scene: &Scene<'_, '_>, agent: &mut Agent, decisions: &[Decision]) {
    for decision in decisions {
        match &decision.void {
            None => agent.gates.push(scene.setting(&decision.tool, &decision.by, decision.span)),
            Some(why) => agent.void_gates.push(scene.setting(&decision.tool, why, decision.span)),
        }
    }
}

/// Tools that middleware brings along.
fn give_middleware<'m>(scene: &mut Scene<'_, 'm>, agent: &mut Agent, framework: &'static Framework, found: Found<'m>) {
    for item in scene.items(found) {
        let (value, _) = scene.names.constant(item.value, item.at);
        let Some(&site) = scene.site_at.get(&value.span) else { continue };
        let symbol = scene.symbol(&scene.sites[site]);
        if scene.tool_by.contains_key(&symbol) {
            give(scene, agent, framework, item);
        }
        if scene.sites[site].call.method().is_some_and(|m| m.ends_with("LimitMiddleware")) {
            let name = scene.sites[site].call.method().unwrap_or("limit").to_owned();
            agent.limits.push(scene.setting(&name, "set", value.span));
            agent.limited = Some(true);
        }
    }
}

fn limits<'m>(scene: &Scene<'_, 'm>, agent: &mut Agent, form: &AgentForm, args: &Args<'m>) {
    for path in form.limits {
        if let Some(found) = args.get(path, &scene.names) {
            let (value, _) = scene.names.constant(found.value, found.at);
            let written = short(value).unwrap_or_else(|| "set".into());
            let name = path.rsplit('.').next().unwrap_or(path);
            agent.limits.push(scene.setting(name, &written, found.value.span));
        }
    }
    let ends = !agent.limits.is_empty() || !form.limit_default.is_empty();
    agent.limited = agent.limited.or_else(|| if ends { Some(true) } else { form.endless.then_some(false) });
}

fn trace<'m>(scene: &Scene<'_, 'm>, agent: &mut Agent, form: &AgentForm, args: &Args<'m>) {
    if form.tracing_on.iter().any(|v| args.holds(v, &scene.names)) {
        agent.tracing = Sym::new("on");
    }
    if form.tracing_off.iter().any(|v| args.holds(v, &scene.names)) {
        agent.tracing = Sym::new("off");
    }
}

/// Environment variables that the agent's own arguments read, else those its default client reads.
fn credentials<'m>(scene: &Scene<'_, 'm>, agent: &mut Agent, form: &AgentForm, args: &Args<'m>, span: Span) {
    let mut found = Vec::new();
    for given in args.all() {
        super::credentials::read(scene, given, DEPTH, &mut found);
    }
    for (kind, name, span) in found {
        let reference = scene.reference(kind, &name, span);
        if agent.credentials.iter().all(|c| c.name != reference.name) {
            agent.credentials.push(reference);
        }
    }
    let given = args.first(form.model, &scene.names).map(|m| scene.names.constant(m.value, m.at).0);
    if agent.credentials.is_empty()
        && let Some(names) = given.and_then(client_env)
    {
        agent.credentials.extend(names.iter().map(|name| scene.reference(RefKind::Env, name, span)));
        return;
    }
    let default_client = given.is_none_or(|m| m.as_str().is_some());
    if agent.credentials.is_empty() && default_client {
        agent.credentials.extend(form.env.iter().map(|name| scene.reference(RefKind::Env, name, span)));
    }
}

/// What the client of a model reads when it is given no key: by the name of the client, or by the provider
/// that a model's name begins with.
fn client_env(model: &Value) -> Option<&'static [&'static str]> {
    let name = match model.as_call() {
        Some(call) => {
            let keyed = call.args.iter().any(|a| {
                a.name.as_deref().is_some_and(|n| n.contains("key") || n.contains("base_url") || n.contains("client"))
            });
            if keyed {
                return None;
            }
            call.method()?
        }
        None => model.as_str()?.split([':', '/']).next().filter(|p| p.len() < model.as_str().map_or(0, str::len))?,
    };
    super::model::EFFECTS.client.iter().find(|c| c.names.contains(&name)).map(|c| c.env)
}

/// Tools that the agent has without being given them.
fn own_tools<'m>(scene: &mut Scene<'_, 'm>, agent: &mut Agent, one: &Declared, args: &Args<'m>) {
    for own in one.form.own {
        let any = |list: &[ArgValue]| list.iter().any(|v| holds(scene, args, v));
        let quiet = own.effects.contains(&"sql") && only_reads(args, &scene.names);
        if (own.when.is_empty() || any(own.when)) && !any(own.unless) && !quiet {
            own_tool(scene, agent, one, args, own, one.span);
        }
    }
}

/// Whether an argument has one of the values, or is a list that has it: `Capabilities.default() + […]`.
pub(super) fn holds<'m>(scene: &Scene<'_, 'm>, args: &Args<'m>, wanted: &ArgValue) -> bool {
    let found = args.get(wanted.arg, &scene.names).filter(|_| !wanted.values.is_empty());
    let among = || found.is_some_and(|found| scene.items(found).iter().any(|item| says(item.value, wanted.values)));
    args.holds(wanted, &scene.names) || among()
}

fn own_tool<'m>(
    scene: &mut Scene<'_, 'm>,
    agent: &mut Agent,
    one: &Declared,
    args: &Args<'m>,
    own: &OwnTool,
    span: Span,
) {
    let symbol = format!("{}.{}", one.symbol, own.name);
    let tool = Tool {
        name: Sym::new(own.name),
        framework: Sym::new(one.framework.slug),
        symbol: Sym::new(&symbol),
        effects: own.effects.iter().map(|e| Sym::new(e)).collect(),
        sandboxed: own.sandbox.iter().any(|v| holds(scene, args, v)),
        builtin: true,
        ..Tool::default()
    };
    scene.add_tool(span, tool);
    agent.tools.push(scene.reference(RefKind::Symbol, &symbol, span));
    agent.tool_names.push(Sym::new(own.name));
}

//! Agents of a file. Input: its scene, with tools and servers. Output: [`Agent`] facts;
//! whom they hand work to is read beside, in `handoffs`.

use super::args::{Args, Found, short};
use super::effects::shows_model;
use super::gates::{self, Decision};
use super::handoffs::{give_handoffs, hand_off, team};
use super::model::{AgentForm, Framework, RunForm, Sdk};
use super::names::At;
use super::scene::{DEPTH, Item, Scene};
use super::sites::{Site, matches, method_matches, owned};
use super::tools::{self, approvals, arg_holds, text};
use crate::facts::{Agent, RefKind, Sym, Tool};
use crate::parse::code::ast::{Class, Language, StmtKind};
use crate::parse::value::{Expr, Value};
use crate::span::Span;

/// Finds every agent, then what runs say about them.
pub(super) fn read(scene: &mut Scene<'_, '_>) {
    let found = sites(scene);
    // Their symbols first, so that agents can name each other in any order.
    for one in &found {
        let agent = Agent { name: Sym::new(&one.name), symbol: Sym::new(&one.symbol), ..Agent::default() };
        if one.form.form != "team" {
            scene.add_agent(one.span, agent);
            scene.agent_site.entry(one.symbol.clone()).or_insert(one.site);
        }
    }
    let mut at = 0;
    for one in &found {
        if one.form.form == "team" {
            team(scene, one);
        } else {
            let agent = declare(scene, one);
            scene.agents[at].1 = agent;
            at += 1;
        }
    }
    runs(scene);
}

/// A declaration.
pub(super) struct Declared {
    pub(super) framework: &'static Framework,
    pub(super) form: &'static AgentForm,
    pub(super) site: usize,
    pub(super) class: Option<usize>,
    pub(super) symbol: String,
    pub(super) name: String,
    pub(super) span: Span,
}

fn sites(scene: &Scene<'_, '_>) -> Vec<Declared> {
    let mut all = Vec::new();
    for (index, site) in scene.sites.iter().enumerate() {
        if matches!(site.stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) {
            continue;
        }
        let is = |sdk: &Sdk, form: &AgentForm| {
            site.name.as_ref().is_some_and(|name| matches(name, sdk, form.call)) || method_matches(site.call, form.call)
        };
        let Some((framework, _, form)) = form_of(scene, is) else { continue };
        // `super().__init__(…)` and methods of an instance are no declarations.
        let args = site.args(&scene.names);
        // An expression that nothing holds is an agent that nobody runs.
        let dropped = scene.names.language == Language::Python
            && form.form.is_empty()
            && matches!(&site.stmt.kind, StmtKind::Expr(value) if value.span == site.span);
        let empty = dropped || !form.needs.is_empty() && form.needs.iter().all(|n| args.get(n, &scene.names).is_none());
        if empty || (form.form == "graph" && !graph_has_model(scene, index, form)) {
            continue;
        }
        let symbol = scene.symbol(site);
        let given = text(&args, form.name, &scene.names);
        let name = given.unwrap_or_else(|| unnamed(scene, index, form, &symbol));
        let span = match form.form {
            "graph" => builder(scene, index).unwrap_or_else(|| declaration(scene, index)),
            _ => declaration(scene, index),
        };
        all.push(Declared { framework, form, site: index, class: None, symbol, name, span });
    }
    for (index, def) in scene.names.classes.iter().enumerate() {
        let base = def.class.bases.iter().find_map(|base| {
            let name = scene.names.value(base, At::default(), u32::MAX, 4)?;
            form_of(scene, |sdk, form| matches(&name, sdk, form.base))
        });
        let base = base.or_else(|| marked(scene, def.class).map(|(found, _)| found));
        if let Some((framework, _, form)) = base {
            if !form.needs.is_empty() && !takes(def.class, form.needs) {
                continue;
            }
            let args = Args::of_class(def.class, At { function: None, class: Some(index) }, &scene.names);
            let symbol = def.class.name.to_string();
            let name = text(&args, form.name, &scene.names).unwrap_or_else(|| symbol.clone());
            all.push(Declared { framework, form, site: usize::MAX, class: Some(index), symbol, name, span: def.span });
        }
    }
    for (index, def) in scene.names.functions.iter().enumerate() {
        let decorated = def.function.decorators.iter().find_map(|decorator| {
            let name = match decorator.as_expr()? {
                Expr::Call(call) => scene.names.call_of(call, def.at)?,
                Expr::Reference(path) => scene.names.resolve(path, def.at, decorator.span.start)?,
                _ => return None,
            };
            form_of(scene, |sdk, form| matches(&name, sdk, form.decorator))
        });
        if let Some((framework, _, form)) = decorated {
            let symbol = def.symbol.clone();
            let name = def.function.name.to_string();
            all.push(Declared {
                framework,
                form,
                site: usize::MAX - 1 - index,
                class: None,
                symbol,
                name,
                span: def.function.name_span,
            });
        }
    }
    all
}

fn form_of(
    scene: &Scene<'_, '_>,
    is: impl Fn(&Sdk, &AgentForm) -> bool,
) -> Option<(&'static Framework, &'static Sdk, &'static AgentForm)> {
    scene.sdks.iter().find_map(|(framework, sdk)| {
        sdk.agent.iter().find(|form| form.form != "loop" && is(sdk, form)).map(|form| (*framework, *sdk, form))
    })
}

/// A form with where it is described.
type Described = (&'static Framework, &'static Sdk, &'static AgentForm);

/// The form that an annotation of a class or interface says it has, and the annotation.
fn marked<'m>(scene: &Scene<'_, 'm>, class: &'m Class) -> Option<(Described, &'m Value)> {
    class.decorators.iter().find_map(|decorator| {
        let name = tools::named(decorator, At::default(), &scene.names)?;
        form_of(scene, |sdk, form| matches(&name, sdk, form.decorator)).map(|found| (found, decorator))
    })
}

/// Whether a method of a class takes one of these, or the class has such a field.
fn takes(class: &Class, needs: &[&str]) -> bool {
    class.body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Function(method) => method.params.iter().any(|p| needs.contains(&&*p.name)),
        StmtKind::Assign { targets, .. } => {
            targets.iter().any(|t| t.as_reference().is_some_and(|p| needs.contains(&p)))
        }
        _ => false,
    })
}

/// The first line of a declaration: the function when it is all that the function returns and the
/// function is marked as one, else the statement.
fn declaration(scene: &Scene<'_, '_>, index: usize) -> Span {
    let site = &scene.sites[index];
    if let (StmtKind::Return(_), Some(function)) = (&site.stmt.kind, site.at.function) {
        let function = scene.names.functions[function].function;
        if !function.decorators.is_empty() {
            return function.name_span;
        }
    }
    if matches!(site.stmt.kind, StmtKind::Assign { .. }) && site.key.is_none() { site.stmt.span } else { site.span }
}

/// Where the graph begins that is compiled at a site.
fn builder(scene: &Scene<'_, '_>, index: usize) -> Option<Span> {
    let site = &scene.sites[index];
    let (owner, _) = site.call.path()?.rsplit_once('.')?;
    let begun = scene.names.assign(owner, site.at, site.span.start)?;
    let constructed = begun.value.as_call().is_some() && begun.at.function == site.at.function;
    (constructed && begun.span.start < site.span.start).then_some(begun.span)
}

/// A name for an agent without one: the variable, the function, the file's word for it.
fn unnamed(scene: &Scene<'_, '_>, index: usize, form: &AgentForm, symbol: &str) -> String {
    let site = &scene.sites[index];
    let variable = symbol.rsplit('.').next().unwrap_or(symbol);
    if form.form == "graph" && symbol.contains('#') {
        let builder = site.call.path().and_then(|p| p.rsplit('.').nth(1));
        return builder.unwrap_or("graph").to_owned();
    }
    if symbol.contains('#') {
        let function = std::iter::successors(site.at.function, |&f| scene.names.functions[f].at.function)
            .map(|f| &*scene.names.functions[f].function.name)
            .find(|n| !n.is_empty());
        let key = site.key.or(function);
        return key.map_or_else(|| site.call.method().unwrap_or("agent").to_owned(), str::to_owned);
    }
    if variable == "default" {
        return site.call.method().unwrap_or("agent").to_owned();
    }
    if variable.is_empty() {
        return site.call.method().unwrap_or("agent").to_owned();
    }
    variable.trim_start_matches(['_', '?']).to_owned()
}

/// Whether a compiled graph has something that lets a model choose.
fn graph_has_model(scene: &Scene<'_, '_>, index: usize, form: &AgentForm) -> bool {
    !graph_groups(scene, index).is_empty()
        || shows_model(&scene.modules, form.evidence)
        || scene.sites.iter().any(|s| {
            s.name
                .as_ref()
                .is_some_and(|n| form_of(scene, |sdk, f| f.form.is_empty() && matches(n, sdk, f.call)).is_some())
        })
}

/// Lists of tools that belong to the graph compiled at a site: those in its nodes, else, when the file
/// has one graph, all.
fn graph_groups(scene: &Scene<'_, '_>, index: usize) -> Vec<usize> {
    let site = &scene.sites[index];
    let builder = site.call.path().and_then(|p| p.rsplit_once('.')).map(|(owner, _)| owner);
    let graphs = scene.sites.iter().filter(|s| s.call.method() == Some("compile") && s.name.is_some()).count();
    let all: Vec<usize> = (0..scene.groups.len()).collect();
    let Some(builder) = builder.filter(|_| graphs > 1) else { return all };
    let mut nodes = Vec::new();
    for node in scene.sites.iter().filter(|s| matches!(s.call.method(), Some("add_node" | "addNode"))) {
        let same = node.call.path().and_then(|p| p.rsplit_once('.')).is_some_and(|(owner, _)| owner == builder);
        if same && (node.at.function == site.at.function) {
            nodes.extend(node.call.args.iter().map(|a| (&a.value, node.at)));
        }
    }
    all.into_iter()
        .filter(|&g| {
            let group = &scene.sites[scene.groups[g].site];
            nodes.iter().any(|(value, at)| {
                let path = value.as_reference();
                value.span.contains(group.span)
                    || path.is_some_and(|p| {
                        scene.names.function(p, *at).is_some_and(|f| encloses(scene, f, group.at.function))
                    })
                    || path.is_some_and(|p| !group.symbol.is_empty() && owned(p, *at, &scene.names) == group.symbol)
            })
        })
        .collect()
}

fn encloses(scene: &Scene<'_, '_>, outer: usize, inner: Option<usize>) -> bool {
    std::iter::successors(inner, |&f| scene.names.functions[f].at.function).any(|f| f == outer)
}

fn declare<'m>(scene: &mut Scene<'_, 'm>, one: &Declared) -> Agent {
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
    give_handoffs(scene, &mut agent, one, &args);
    if let Some(found) = args.first(form.servers, &scene.names) {
        super::servers::inline(scene, &mut agent, framework, found);
    }
    let mut decisions = gates::decisions(&args, form.gates, &scene.names);
    for path in form.middleware {
        if let Some(found) = args.get(path, &scene.names) {
            decisions.extend(approvals(scene, found));
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

pub(super) fn model<'m>(scene: &Scene<'_, 'm>, found: Found<'m>) -> Option<Sym> {
    let (value, at) = scene.names.constant(found.value, found.at);
    if let Some(call) = value.as_call() {
        let args = Args::of(call, at, &scene.names);
        let named = ["model", "model_id", "model_name", "id", "modelId", "0", "azure_deployment", "deployment_name"];
        if let Some(text) = text(&args, &named, &scene.names) {
            return Some(Sym::new(&text));
        }
    }
    short(value).filter(|s| s.len() <= 120).map(Sym::from)
}

fn give_tools<'m>(scene: &mut Scene<'_, 'm>, agent: &mut Agent, one: &Declared, args: &Args<'m>) {
    let given = args.every(one.form.tools, &scene.names);
    for found in given {
        for item in scene.items(found) {
            give(scene, agent, one.framework, item);
        }
    }
    if one.form.form == "graph" && one.site < scene.sites.len() {
        for group in graph_groups(scene, one.site) {
            for item in scene.items(scene.groups[group].tools) {
                give(scene, agent, one.framework, item);
            }
        }
    }
    let attached: Vec<(String, Span)> = scene
        .attached
        .iter()
        .filter(|(owner, ..)| *owner == one.symbol)
        .map(|(_, tool, span)| (tool.clone(), *span))
        .collect();
    for (tool, span) in attached {
        let reference = scene.reference(RefKind::Symbol, &tool, span);
        agent.tools.push(reference);
        agent.tool_names.push(Sym::new(&tools::shown(scene, &tool)));
    }
}

/// Gives one element of a list of tools: a tool, a server, or an agent as a tool.
pub(super) fn give<'m>(scene: &mut Scene<'_, 'm>, agent: &mut Agent, framework: &'static Framework, item: Item<'m>) {
    // A list held by a group (`ToolNode(tools)`) is its elements.
    if let Some(&site) = scene.site_at.get(&item.value.span)
        && let Some(group) = scene.groups.iter().position(|g| g.site == site)
    {
        for inner in scene.items(scene.groups[group].tools) {
            give(scene, agent, framework, inner);
        }
        return;
    }
    let Some((kind, target, name)) = tools::reference(scene, framework, item) else { return };
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
            agent.tool_names.push(Sym::new(&tools::shown(scene, method)));
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
    let named: Vec<Decision> = decisions
        .iter()
        .map(|d| Decision { tool: if d.tool == "*" { server.to_owned() } else { d.tool.clone() }, ..d.clone() })
        .collect();
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
    if form.tracing_on.iter().any(|v| arg_holds(args, v, &scene.names)) {
        agent.tracing = Sym::new("on");
    }
    if form.tracing_off.iter().any(|v| arg_holds(args, v, &scene.names)) {
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
        let holds = |list: &[super::model::ArgValue]| list.iter().any(|v| arg_holds(args, v, &scene.names));
        if (!own.when.is_empty() && !holds(own.when)) || holds(own.unless) {
            continue;
        }
        let symbol = format!("{}.{}", one.symbol, own.name);
        let tool = Tool {
            name: Sym::new(own.name),
            framework: Sym::new(one.framework.slug),
            symbol: Sym::new(&symbol),
            effects: own.effects.iter().map(|e| Sym::new(e)).collect(),
            sandboxed: holds(own.sandbox),
            builtin: true,
            ..Tool::default()
        };
        scene.add_tool(one.span, tool);
        agent.tools.push(scene.reference(RefKind::Symbol, &symbol, one.span));
        agent.tool_names.push(Sym::new(own.name));
    }
}

/// The agent that a call runs.
fn run_of<'m>(scene: &Scene<'_, 'm>, site: &Site<'m>, form: &RunForm, args: &Args<'m>) -> Option<String> {
    if form.agent.contains(&"callee") {
        return scene.canonical(site.call.path()?, site.at, site.span.start);
    }
    let found = args.first(form.agent, &scene.names)?;
    let owner = found.value.as_reference().filter(|_| form.agent.contains(&"self")).and_then(|p| p.rsplit_once('.'));
    match owner {
        Some((owner, _)) => scene.canonical(owner, found.at, site.span.start),
        None => scene.behind(found.value, found.at, DEPTH),
    }
}

/// What calls that run an agent say about it.
fn runs(scene: &mut Scene<'_, '_>) {
    for index in 0..scene.sites.len() {
        let site = &scene.sites[index];
        let Some(name) = &site.name else { continue };
        let Some(form) = scene.sdks.iter().find_map(|(_, sdk)| sdk.run.iter().find(|r| matches(name, sdk, r.call)))
        else {
            continue;
        };
        let args = site.args(&scene.names);
        let (at, span) = (site.at, site.span);
        let Some(target) = run_of(scene, site, form, &args) else { continue };
        let Some(agents) = scene.agent_by.get(&target).cloned() else { continue };
        // A tool that runs an agent hands it what the tool was asked.
        let around = std::iter::successors(at.function, |&f| scene.names.functions[f].at.function);
        let tool = around.map(|f| scene.names.functions[f].symbol.clone()).find(|s| scene.tool_by.contains_key(s));
        if let Some(tool) = tool {
            hand_off(scene, &tool, RefKind::Symbol, &target, "agent-in-tool", span);
        }
        let decisions = gates::decisions(&args, form.gates, &scene.names);
        for at in agents {
            let mut agent = std::mem::take(&mut scene.agents[at].1);
            for path in form.limits {
                if let Some(found) = args.get(path, &scene.names) {
                    let (value, _) = scene.names.constant(found.value, found.at);
                    let written = short(value).unwrap_or_else(|| "set".into());
                    let limit = scene.setting(path, &written, found.value.span);
                    if agent.limits.iter().all(|l| (l.name, l.value) != (limit.name, limit.value)) {
                        agent.limits.push(limit);
                    }
                    agent.limited = Some(true);
                }
            }
            if form.tracing_off.iter().any(|v| arg_holds(&args, v, &scene.names)) {
                agent.tracing = Sym::new("off");
            }
            gate(scene, &mut agent, &decisions);
            scene.agents[at].1 = agent;
        }
    }
}

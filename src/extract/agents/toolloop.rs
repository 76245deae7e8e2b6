//! Agents that are written by hand over a model API. Input: the scene. Output: an [`Agent`] for each function that
//! calls a model with tools and runs what the model asks for: again and again, once, or through a wrapper of another
//! module.

use super::args::{Args, Found, short};
use super::model::{AgentForm, Framework};
use super::names::At;
use super::requested::give_requested;
use super::rounds::{Loop, bound, is_up_to_the_model};
use super::running;
use super::scene::{DEPTH, Scene};
use super::sites::{Site, matches, method_matches};
use super::walk;
use crate::extract::vocabulary::{REQUESTS, asks_with_tools};
use crate::facts::{Agent, Sym};
use crate::parse::code::ast::{Module, Stmt, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// How many functions lie between a loop and the call of the model.
const HOPS: usize = 3;

/// Whether a text may ask a model with tools and look at what it asks for, whatever it imports.
pub(super) fn mentioned(text: &str) -> bool {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    REQUESTS.iter().any(|word| has(word))
        && ["tools=", "tools:", "tools,", "tools)", "functions=", "functions:", "tools }", "TOOLS"]
            .iter()
            .any(|word| has(word))
}

/// A call that gives a model tools.
struct Asking<'m> {
    site: usize,
    framework: &'static Framework,
    args: Args<'m>,
    tools: Found<'m>,
    model: &'static [&'static str],
    /// The function that is the agent, with the loop around it.
    function: Option<usize>,
    around: Option<usize>,
}

/// Finds every such agent.
pub(super) fn read<'m>(scene: &mut Scene<'_, 'm>, module: &'m Module) {
    let Some(framework) = super::model::FRAMEWORKS.iter().find(|f| f.slug == "tool-loop") else { return };
    by_itself(scene, framework);
    if !dispatches(&module.body) {
        return;
    }
    let mut loops = Vec::new();
    collect(&module.body, &mut loops);
    let runs = running::runs(scene);
    let module_span = Span::new(0, u32::MAX as usize);
    let tables = running::tables(scene);
    let mut found: Vec<Asking<'m>> = Vec::new();
    for index in 0..scene.sites.len() {
        let site = &scene.sites[index];
        let form = form_of(scene, site, "loop");
        let args = site.args(&scene.names);
        let (tools, model) = match form {
            Some(form) => match form.tools.iter().find_map(|p| args.get(p, &scene.names)) {
                Some(tools) => (tools, form.model),
                None => continue,
            },
            None => match wrapped(scene, site, &args).filter(|_| runs) {
                Some(tools) => (tools, &["model"][..]),
                None => continue,
            },
        };
        let (function, around) = match repeated(scene, site, &loops) {
            Some((function, around)) => (Some(function), Some(around)),
            // Asked once, a model chooses what is done where something runs it.
            None if runs || branches(scene, tools) => (named(scene, site.at), None),
            None => continue,
        };
        // A loop may only try again, and a client only translate: what is asked for is run there, or, where the
        // tools are known by name, somewhere in the module.
        let there = around
            .map(|around| loops[around].span)
            .or_else(|| function.map_or(Some(module_span), |f| Some(scene.names.functions[f].function.span)));
        let runs_there = || there.is_some_and(|span| running::runs_at(scene, span));
        let known = || around.is_none() && describes(scene, tools, &tables);
        if !(form.is_some() && around.is_some()) && !known() && !runs_there() {
            continue;
        }
        found.push(Asking { site: index, framework, args, tools, model, function, around });
    }
    // A loop says more than a single call, and a call of the model itself more than that of a wrapper.
    found.sort_by_key(|asking| (asking.around.is_none(), form_of(scene, &scene.sites[asking.site], "loop").is_none()));
    for asking in found {
        add(scene, asking, &loops, &tables);
    }
}

/// Agents whose loop is the client's own: it is handed functions and runs them.
fn by_itself(scene: &mut Scene<'_, '_>, framework: &'static Framework) {
    for index in 0..scene.sites.len() {
        let site = &scene.sites[index];
        let Some(form) = form_of(scene, site, "runner").or_else(|| form_of(scene, site, "auto")) else { continue };
        let args = site.args(&scene.names);
        let Some(tools) = args.first(form.tools, &scene.names) else { continue };
        // A schema is only described to the model; a function is run.
        let functions = |item: &super::items::Item<'_>| {
            let path = item.value.as_reference();
            path.is_some_and(|p| scene.names.function(p, item.at).is_some())
                || path.is_some_and(|p| p.starts_with(char::is_lowercase) && scene.names.import(p).is_some())
        };
        if form.form == "auto" && !scene.items(tools).iter().any(functions) {
            continue;
        }
        let function = named(scene, site.at);
        let asking = Asking { site: index, framework, args, tools, model: form.model, function, around: None };
        add(scene, asking, &[], &[]);
    }
}

fn form_of(scene: &Scene<'_, '_>, site: &Site<'_>, kind: &str) -> Option<&'static AgentForm> {
    let framework = super::model::FRAMEWORKS.iter().find(|f| f.slug == "tool-loop")?;
    let form = framework.sdk.iter().find_map(|sdk| {
        sdk.agent.iter().filter(|form| form.form == kind).find(|form| {
            let named = site.name.as_ref().is_some_and(|n| matches(n, sdk, form.call));
            let own = site.name.as_ref().is_none_or(|name| !scene.sdk_of(name));
            named || own && method_matches(site.call, form.call)
        })
    });
    form.filter(|_| scene.sdks.iter().any(|(f, _)| f.slug == "tool-loop"))
}

/// The tools that a call hands on which says by its name that a model answers it: a wrapper around a client, of
/// another module as a rule.
fn wrapped<'m>(scene: &Scene<'_, 'm>, site: &Site<'m>, args: &Args<'m>) -> Option<Found<'m>> {
    let method = site.call.method().filter(|method| asks_with_tools(method))?;
    // What an SDK is asked has its own model.
    if site.name.as_ref().is_some_and(|name| scene.sdk_of(name)) || method.starts_with(char::is_uppercase) {
        return None;
    }
    let list = |value: &Value| {
        let last = value.as_reference().and_then(|p| p.rsplit('.').next()).map(str::to_ascii_lowercase);
        last.is_some_and(|last| last.ends_with("tools") || last.ends_with("tool_schemas") || last == "functions")
    };
    let given = args.get("tools", &scene.names).or_else(|| args.get("functions", &scene.names));
    let handed = || {
        let mut handed = site.call.args.iter().filter(|a| a.name.is_none() && list(&a.value));
        handed.next().map(|a| Found { value: &a.value, at: site.at })
    };
    let nothing =
        |value: &Value| matches!(&value.node, Node::Null) || matches!(&value.node, Node::List(l) if l.is_empty());
    let configured = || args.get("toolConfig.tools", &scene.names);
    given.or_else(handed).or_else(configured).filter(|f| !nothing(f.value))
}

/// Whether some branch of the module is the one for a tool of the list.
fn branches<'m>(scene: &Scene<'_, 'm>, tools: Found<'m>) -> bool {
    scene
        .items(tools)
        .iter()
        .any(|item| super::requested::schema_name(item.value).is_some_and(|name| running::branches(scene, name)))
}

/// Whether the module has something to run for a tool that the list describes.
fn describes<'m>(scene: &Scene<'_, 'm>, tools: Found<'m>, tables: &[running::Entry<'m>]) -> bool {
    let has = |name: &str| running::of(scene, tables, name).is_some();
    scene.items(tools).iter().any(|item| super::requested::schema_name(item.value).is_some_and(has))
}

/// The function around a place that has a name.
fn named(scene: &Scene<'_, '_>, at: At) -> Option<usize> {
    std::iter::successors(at.function, |&f| scene.names.functions[f].at.function)
        .find(|&f| !scene.names.functions[f].function.name.is_empty())
}

/// The function whose loop calls the model: the call's own, or one that calls that.
fn repeated(scene: &Scene<'_, '_>, site: &Site<'_>, loops: &[Loop<'_>]) -> Option<(usize, usize)> {
    let around =
        |span: Span| (0..loops.len()).filter(|&l| loops[l].span.contains(span)).min_by_key(|&l| loops[l].span.len());
    let mut own = named(scene, site.at)?;
    if let Some(found) = around(site.span) {
        return Some((own, found));
    }
    for _ in 0..HOPS {
        let symbol = &scene.names.functions[own].symbol;
        let mut callers = scene.sites.iter().filter_map(|caller| {
            let called = scene.names.function(caller.call.path()?, caller.at)?;
            let function = named(scene, caller.at)?;
            (scene.names.functions[called].symbol == *symbol && function != own).then_some((function, caller.span))
        });
        let first = callers.next()?;
        let found = std::iter::once(first).chain(callers).find_map(|(f, span)| Some((f, around(span)?)));
        if found.is_some() {
            return found;
        }
        own = first.0;
    }
    None
}

fn collect<'m>(body: &'m [Stmt], loops: &mut Vec<Loop<'m>>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Loop { target, header, body } => {
                loops.push(Loop { span: stmt.span, header: header.as_ref(), body, counted: target.is_some() });
            }
            StmtKind::Function(function) => collect(&function.body, loops),
            StmtKind::Class(class) => collect(&class.body, loops),
            _ => {}
        }
        for value in walk::values(stmt) {
            walk::each(value, &mut |v| {
                if let Some(Expr::Function(function)) = v.as_expr() {
                    collect(&function.body, loops);
                }
            });
        }
        for block in walk::blocks(stmt) {
            collect(block, loops);
        }
    }
}

/// Whether the module looks at what a model asks to be called.
fn dispatches(body: &[Stmt]) -> bool {
    let mut found = false;
    let mut look = |value: &Value| {
        let hit = match value.as_expr() {
            Some(Expr::Reference(path)) => path.split('.').any(|s| REQUESTS.contains(&s)),
            Some(Expr::Operation(op, parts)) if &**op == "." => {
                parts.last().and_then(Value::as_reference).is_some_and(|p| p.split('.').any(|s| REQUESTS.contains(&s)))
            }
            Some(Expr::Index(_, key)) => key.as_str().is_some_and(|k| REQUESTS.contains(&k)),
            _ => value.as_str().is_some_and(|t| REQUESTS.contains(&t)),
        };
        found |= hit;
    };
    every(body, &mut look);
    found
}

/// Shows every value of the statements, those of functions inside too.
pub(super) fn every<'m>(body: &'m [Stmt], look: &mut impl FnMut(&'m Value)) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Function(function) => every(&function.body, look),
            StmtKind::Class(class) => every(&class.body, look),
            StmtKind::Loop { target: Some(target), .. } => walk::each(target, look),
            _ => {}
        }
        let mut inner = Vec::new();
        for value in walk::values(stmt) {
            walk::each(value, &mut |v| {
                look(v);
                if let Some(Expr::Function(function)) = v.as_expr() {
                    inner.push(&function.body);
                }
            });
        }
        for function in inner {
            every(function, look);
        }
        for block in walk::blocks(stmt) {
            every(block, look);
        }
    }
}

fn add<'m>(scene: &mut Scene<'_, 'm>, asking: Asking<'m>, loops: &[Loop<'m>], tables: &[running::Entry<'m>]) {
    let site = &scene.sites[asking.site];
    let (symbol, name, span, at) = match asking.function {
        Some(function) => {
            let def = &scene.names.functions[function];
            (def.symbol.clone(), def.function.name.to_string(), def.function.name_span, def.at)
        }
        None => {
            let symbol = scene.symbol(site);
            let name = symbol.split('#').next().unwrap_or(&symbol).to_owned();
            (symbol, name, site.span, site.at)
        }
    };
    if let Some(&known) = scene.agent_by.get(&symbol).and_then(|all| all.first()) {
        // The same function asks again, or its wrapper says which tools there are.
        if scene.agents[known].1.framework == asking.framework.slug && scene.agents[known].1.tools.is_empty() {
            let mut agent = std::mem::take(&mut scene.agents[known].1);
            give_requested(scene, &mut agent, asking.framework, asking.tools, tables);
            scene.agents[known].1 = agent;
        }
        return;
    }
    let around = asking.around.map(|around| &loops[around]);
    if around.is_none() && is_beside(scene, asking.function, at) {
        return;
    }
    let mut agent = Agent {
        name: Sym::new(&name),
        framework: Sym::new(asking.framework.slug),
        symbol: Sym::new(&symbol),
        tracing: Sym::new("unknown"),
        ..Agent::default()
    };
    let model = asking.args.first(asking.model, &scene.names).map(|f| scene.names.constant(f.value, f.at).0);
    agent.model = model.and_then(short).map(Sym::from);
    if let Some(around) = around {
        ends(scene, &mut agent, around, at);
    }
    if let Some((by, span)) = running::asked_before(scene, scene.sites[asking.site].span, loops) {
        agent.gates.push(scene.setting("*", &by, span));
    }
    give_requested(scene, &mut agent, asking.framework, asking.tools, tables);
    let mut reads = Vec::new();
    if let Some(client) = asking.args.receiver() {
        let root = client.value.as_reference().and_then(|p| p.split('.').next());
        let assign = root.and_then(|r| scene.names.assign(r, client.at, client.value.span.start));
        if let Some(assign) = assign {
            super::credentials::read(scene, Found { value: assign.value, at: assign.at }, DEPTH, &mut reads);
        }
    }
    for (kind, name, span) in reads {
        agent.credentials.push(scene.reference(kind, &name, span));
    }
    scene.add_agent(span, agent);
}

/// Whether an agent is known already that a single call is a part of: one of the same class, or, in a script, of
/// the same file.
fn is_beside(scene: &Scene<'_, '_>, function: Option<usize>, at: At) -> bool {
    let class = at.class.map(|class| format!("{}.", scene.names.classes[class].class.name));
    scene.agents.iter().filter(|(_, agent)| agent.framework == "tool-loop").any(|(_, agent)| match &class {
        Some(class) => agent.symbol.starts_with(class.as_str()),
        None => function.is_none(),
    })
}

/// What says that a loop ends, and what gates its tools.
fn ends<'m>(scene: &Scene<'_, 'm>, agent: &mut Agent, around: &Loop<'m>, at: At) {
    if around.counted {
        let written = around.header.and_then(short).unwrap_or_else(|| "loop".into());
        agent.limits.push(scene.setting("loop", &written, around.span));
        agent.limited = Some(true);
    } else if let Some((span, written)) = bound(around) {
        agent.limits.push(scene.setting("loop", &written, span));
        agent.limited = Some(true);
    } else if asks_each_turn(scene, around, at) {
        // A person types before each turn, and can leave.
    } else if around.header.is_none_or(is_up_to_the_model) {
        agent.limited = Some(false);
    }
    let asked = super::effects::doing_in(around.body, at, &scene.names, 1).asks;
    if let Some(by) = asked.filter(|by| by.starts_with("policy (") || by == "approval request") {
        agent.gates.push(scene.setting("*", &by, around.span));
    }
}

/// Whether a person is asked in each round of a loop.
fn asks_each_turn(scene: &Scene<'_, '_>, around: &Loop<'_>, at: At) -> bool {
    super::effects::doing_in(around.body, at, &scene.names, 1).asks.is_some()
}

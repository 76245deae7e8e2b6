//! Policies that are asked around tools and not in them. Input: the scene with its agents. Output: gates of
//! the agents whose hooks, middleware or loop ask a policy and obey it, and of tools behind one handler.

use super::args::{Args, Found};
use super::effects::{Doing, doing};
use super::gates::Decision;
use super::names::At;
use super::scene::{DEPTH, Scene};
use super::walk;
use crate::facts::Agent;
use crate::parse::code::ast::{Function, Stmt, StmtKind};
use crate::parse::value::{Expr, Value};

/// Words of arguments that hold what is run around a tool.
const AROUND: &[&str] = &[
    "hook",
    "callback",
    "guardrail",
    "middleware",
    "can_use",
    "canuse",
    "before",
    "intercept",
    "permission",
    "plugin",
    "intervention",
    "approv",
    "authoriz",
    "wrap",
];

/// Methods that put something around the tools of what they are called on.
const ADDS: &[&str] =
    &["add_middleware", "addMiddleware", "use", "add_hook", "addHook", "add_callback", "register_hook", "on"];

/// Writes gates for policies around tools.
pub(super) fn read(scene: &mut Scene<'_, '_>) {
    if scene.names.policies.is_empty() {
        return;
    }
    let mut found: Vec<(usize, Decision)> = Vec::new();
    for site in &scene.sites {
        let args = site.args(&scene.names);
        let adds = site.call.method().is_some_and(|m| ADDS.contains(&m));
        for arg in &site.call.args {
            let named = arg.name.as_deref().is_some_and(around);
            let by =
                if named || adds { asks(scene, &arg.value, site.at) } else { in_options(scene, &arg.value, site.at) };
            let Some(by) = by else { continue };
            let decision = Decision { tool: "*".into(), by, void: None, span: arg.value.span };
            let agents = if adds { receiver(scene, &args) } else { own(scene, site, &args) };
            found.extend(agents.into_iter().map(|agent| (agent, decision.clone())));
        }
    }
    for assign in &scene.names.assigns {
        // `agent.before_tool_callback = check`
        let Some((owner, field)) = assign.target.rsplit_once('.') else { continue };
        if !around(field) {
            continue;
        }
        let symbol = scene.canonical(owner, assign.at, assign.span.start);
        if let (Some(by), Some(symbol)) = (asks(scene, assign.value, assign.at), symbol) {
            let decision = Decision { tool: "*".into(), by, void: None, span: assign.value.span };
            let agents = scene.agent_by.get(&symbol).into_iter().flatten();
            found.extend(agents.map(|agent| (*agent, decision.clone())));
        }
    }
    for (at, decision) in found {
        let mut agent: Agent = std::mem::take(&mut scene.agents[at].1);
        if agent.gates.iter().all(|gate| gate.name != "*") {
            super::given::gate(scene, &mut agent, &[decision]);
        }
        scene.agents[at].1 = agent;
    }
}

fn around(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    AROUND.iter().any(|word| name.contains(word))
}

/// The policy that a function, an object of a class of this file, or something made with one of them asks.
fn asks(scene: &Scene<'_, '_>, value: &Value, at: At) -> Option<String> {
    let mut found = None;
    look(scene, value, at, DEPTH, &mut found);
    found
}

fn look<'m>(scene: &Scene<'_, 'm>, value: &Value, at: At, depth: u8, found: &mut Option<String>) {
    if depth == 0 || found.is_some() || !scene.names.step(0) {
        return;
    }
    walk::each(value, &mut |part| {
        let name = match part.as_expr() {
            Some(Expr::Reference(path)) => path,
            Some(Expr::Function(function)) => {
                *found = found.take().or_else(|| policy(doing(function, at, &scene.names, 2)));
                return;
            }
            _ => return,
        };
        if let Some(index) = scene.names.function(name, at) {
            let def = &scene.names.functions[index];
            *found = found.take().or_else(|| policy(doing(def.function, def.at, &scene.names, 2)));
        } else if let Some(class) = scene.names.class(name) {
            let methods = scene.names.classes[class].class.body.iter().filter_map(|stmt| match &stmt.kind {
                StmtKind::Function(method) => Some(method),
                _ => None,
            });
            for method in methods {
                let inside = At { function: None, class: Some(class) };
                *found = found.take().or_else(|| policy(doing(method, inside, &scene.names, 2)));
            }
        } else if let Some(assign) = scene.names.assign(name, at, part.span.start)
            && assign.value.span != value.span
        {
            look(scene, assign.value, assign.at, depth - 1, found);
        }
    });
}

fn policy(doing: Doing) -> Option<String> {
    doing.asks.filter(|by| by.starts_with("policy ("))
}

/// Keys of an options object.
fn in_options(scene: &Scene<'_, '_>, value: &Value, at: At) -> Option<String> {
    let entries = value.entries().iter();
    entries
        .flat_map(|entry| std::iter::once(entry).chain(entry.value.entries()))
        .filter(|entry| around(&entry.key))
        .find_map(|entry| asks(scene, &entry.value, at))
}

/// The agents that a call declares or is given.
fn own<'m>(scene: &Scene<'_, 'm>, site: &super::sites::Site<'m>, args: &Args<'m>) -> Vec<usize> {
    if let Some(agents) = scene.agent_by.get(&scene.symbol(site)) {
        return agents.clone();
    }
    let given = args.first(&["agent", "starting_agent", "root_agent", "0", "app"], &scene.names);
    given
        .and_then(|found| scene.behind(found.value, found.at, DEPTH))
        .and_then(|s| scene.agent_by.get(&s).cloned())
        .unwrap_or_default()
}

/// The agents that the receiver of a method is.
fn receiver<'m>(scene: &Scene<'_, 'm>, args: &Args<'m>) -> Vec<usize> {
    let Some(Found { value, at }) = args.receiver() else { return Vec::new() };
    let owner = value.as_reference().and_then(|p| p.rsplit_once('.')).map(|(owner, _)| owner);
    let symbol = owner.and_then(|owner| scene.canonical(owner, at, value.span.start));
    symbol.and_then(|s| scene.agent_by.get(&s).cloned()).unwrap_or_default()
}

/// What a handler asks before it tells tools apart: a policy there gates each of them.
pub(super) fn before(scene: &Scene<'_, '_>, function: &Function, at: At) -> Option<String> {
    let apart = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Switch { .. } => true,
        StmtKind::If { condition, .. } => {
            let mut named = false;
            walk::each(condition, &mut |v| {
                named |= matches!(v.as_expr(), Some(Expr::Operation(op, parts)) if matches!(&**op, "==" | "===") && parts.iter().any(|p| p.as_str().is_some()));
            });
            named
        }
        _ => false,
    };
    let upto = function.body.iter().position(apart).unwrap_or(function.body.len());
    let inside = At { function: scene.names.index(function).or(at.function), class: at.class };
    policy(super::effects::doing_in(&function.body[..upto], inside, &scene.names, 2))
}

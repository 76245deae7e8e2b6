//! What calls that run agents say about them. Input: the scene with its agents. Output: limits, gates and
//! tracing of the runs written into the agents, and the agents that tools run.

use super::args::{Args, short};
use super::gates;
use super::given::gate;
use super::handoffs::hand_off;
use super::model::RunForm;
use super::names::own_statements;
use super::rounds;
use super::scene::{DEPTH, Scene};
use super::sites::{Site, matches};
use super::walk;
use crate::facts::{Agent, RefKind, Sym};
use crate::parse::code::ast::{Call, Stmt, StmtKind};
use crate::parse::value::Value;
use crate::span::Span;

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

/// Verbs with which a run of an agent is called.
const RUNS: [&str; 6] = ["run", "invoke", "stream", "execute", "kickoff", "chat"];

/// What ends all runs of a file by the clock: a timeout around one of them, or the platform, for a file that a
/// function of AWS Lambda begins in, which runs 15 minutes at most.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html> (2026-11-25)
pub(super) fn clocks(scene: &mut Scene<'_, '_>) {
    let endless = |agent: &Agent| agent.limited == Some(false);
    if !scene.agents.iter().any(|(_, agent)| endless(agent)) {
        return;
    }
    let Some((name, value, span)) = timed(scene).or_else(|| lambda(scene)) else { return };
    let limit = scene.setting(name, value, span);
    for (_, agent) in scene.agents.iter_mut().filter(|(_, agent)| endless(agent)) {
        agent.limits.push(limit);
        agent.limited = Some(true);
    }
}

/// `async with asyncio.timeout(…):` or `asyncio.wait_for(…)` around a run.
fn timed(scene: &Scene<'_, '_>) -> Option<(&'static str, &'static str, Span)> {
    let runs = |value: &Value| {
        let method = value.as_call().and_then(Call::method).map(|m| m.trim_start_matches('_').to_ascii_lowercase());
        method
            .is_some_and(|m| RUNS.iter().any(|verb| m.trim_start_matches('a').starts_with(verb)) || m.contains("agent"))
    };
    let within = |stmts: &[Stmt]| {
        let mut found = false;
        own_statements(stmts, &mut |stmt| {
            walk::values(stmt).into_iter().for_each(|v| walk::each(v, &mut |v| found |= runs(v)))
        });
        found
    };
    for def in &scene.names.functions {
        let mut found = None;
        own_statements(&def.function.body, &mut |stmt| match &stmt.kind {
            StmtKind::With { items, body } if items.iter().any(|(v, _)| is_clock(v)) && within(body) => {
                found.get_or_insert(stmt.span);
            }
            _ => walk::values(stmt).into_iter().for_each(|value| {
                walk::each(value, &mut |value| {
                    let waits = value.as_call().filter(|call| call.path() == Some("asyncio.wait_for"));
                    if waits.and_then(|call| call.positional(0)).is_some_and(runs) {
                        found.get_or_insert(value.span);
                    }
                });
            }),
        });
        if let Some(span) = found {
            return Some(("timeout", "set", span));
        }
    }
    None
}

fn is_clock(value: &Value) -> bool {
    value.as_call().and_then(Call::method).is_some_and(rounds::is_timeout)
}

/// The function that AWS Lambda calls.
fn lambda(scene: &Scene<'_, '_>) -> Option<(&'static str, &'static str, Span)> {
    let entry = scene.names.functions.iter().find(|def| {
        let params = &def.function.params;
        let takes =
            |index: usize, name: &str| params.get(index).is_some_and(|p| p.name.trim_start_matches('_') == name);
        &*def.function.name == "lambda_handler" && params.len() == 2
            || matches!(&*def.function.name, "handler") && params.len() == 2 && takes(0, "event") && takes(1, "context")
    })?;
    Some(("function-timeout", "15 minutes at most", entry.function.name_span))
}

/// What calls that run an agent say about it.
pub(super) fn runs(scene: &mut Scene<'_, '_>) {
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
        let mut around = std::iter::successors(at.function, |&f| scene.names.functions[f].at.function);
        let tool = around
            .find_map(|f| scene.tool_by.get(&scene.names.functions[f].symbol))
            .map(|&t| &scene.tools[t])
            .or_else(|| scene.tools.iter().filter(|(s, _)| s.contains(span)).min_by_key(|(s, _)| s.len()))
            .map(|(_, tool)| tool.symbol.to_string());
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
            if form.tracing_off.iter().any(|v| args.holds(v, &scene.names)) {
                agent.tracing = Sym::new("off");
            }
            gate(scene, &mut agent, &decisions);
            scene.agents[at].1 = agent;
        }
    }
}

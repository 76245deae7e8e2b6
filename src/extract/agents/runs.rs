//! What calls that run agents say about them. Input: the scene with its agents. Output: limits, gates and
//! tracing of the runs written into the agents, and the agents that tools run.

use super::args::{Args, short};
use super::gates;
use super::given::gate;
use super::handoffs::hand_off;
use super::model::RunForm;
use super::scene::{DEPTH, Scene};
use super::sites::{Site, matches};
use crate::facts::{RefKind, Sym};

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

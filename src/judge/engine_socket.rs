//! `privilege/container-engine-socket`. Input: what mounted sockets of container engines permit, and the
//! workloads of their files. Output: one draft for every container of an agent that holds one.

use crate::facts::{Grant, Sym, Workload};
use crate::finding::{AgentLink, Confidence, Draft, Step};
use crate::graph::Graph;

use super::shared_identity::{runs_agent, surely_agent};
use super::tools::in_tests;

/// Judges every grant of the system `docker`.
pub fn judge(graph: &Graph, out: &mut Vec<Draft>) {
    for (id, fact, grant) in graph.facts::<Grant>() {
        let Some(holder) = grant.holder.filter(|_| grant.system == "docker" && !in_tests(graph, fact.at)) else {
            continue;
        };
        let mut nodes = graph.workloads().iter().enumerate();
        let own = nodes.find(|(_, node)| node.fact.file == id.file && graph.workload(node).name == holder.name);
        let Some((at, node)) = own.filter(|&(at, _)| runs_agent(graph, at)) else { continue };
        let workload = graph.workload(node);
        if graph.workloads()[at].agents.is_empty() && is_gateway(workload) {
            continue;
        }
        let sure = surely_agent(graph, at);
        let whose = if sure { "an agent's" } else { "an agent's by its name" };
        let what = format!("{} `{}`, {whose}, holds the host's `{}`", workload.form, workload.name, grant.source);
        let mut draft = Draft::new(fact.at, what);
        let place = graph.fact(node.fact).at;
        let why =
            workload.agent_hint.map_or("an agent runs in it".to_owned(), |hint| format!("an agent by its {hint}"));
        draft.evidence = vec![
            Step { at: place, says: Sym::from(why) },
            Step { at: fact.at, says: Sym::new("the socket is mounted here") },
        ];
        draft.about = vec![id, node.fact];
        draft.agent = AgentLink::Linked;
        draft.symbol = workload.name;
        if !sure {
            draft.confidence = Some(Confidence::Low);
        }
        out.push(draft);
    }
}

/// A gateway of tool servers starts their containers by its trade, and no agent runs in it.
fn is_gateway(workload: &Workload) -> bool {
    let image = workload.image.map_or("", |image| {
        let last = image.as_str().rsplit('/').next().unwrap_or("");
        last.split([':', '@']).next().unwrap_or(last)
    });
    let says = |text: &str| {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<&str> = words.by_ref().collect();
        words.windows(2).any(|pair| pair == ["mcp", "gateway"])
    };
    says(image) || workload.command.is_some_and(|command| says(&command))
}

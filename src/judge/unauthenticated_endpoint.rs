//! Agents and tool servers that answer anybody. Input: endpoints. Output: one draft an endpoint without a
//! sign of authentication that other machines can reach.

use std::collections::BTreeSet;

use crate::facts::{Agent, Endpoint, Workload};
use crate::finding::{AgentLink, Confidence, Draft};
use crate::graph::Graph;

/// `exposure/unauthenticated-endpoint`.
pub fn judge(graph: &Graph, out: &mut Vec<Draft>) {
    let fronted = fronted(graph);
    for (id, fact, endpoint) in graph.facts::<Endpoint>() {
        if endpoint.authentication.is_some() || endpoint.transport == "stdio" || endpoint.reachable == "no" {
            continue;
        }
        let kind = match endpoint.form.as_str() {
            "mcp" => "the MCP server",
            "a2a" => "the A2A agent",
            _ => "the agent",
        };
        let name = if endpoint.symbol.is_empty() { String::new() } else { format!(" `{}`", endpoint.symbol) };
        let place = match (endpoint.host, endpoint.route) {
            (Some(host), _) => format!(" on `{host}`"),
            (None, Some(route)) => format!(" at `{route}`"),
            (None, None) => String::new(),
        };
        let what =
            format!("{kind}{name} answers{place} by {} and no sign of authentication was found", endpoint.transport);
        let mut draft = Draft::new(fact.at, what);
        let behind = fronted.contains(&graph.repository(id.file));
        draft.confidence = (endpoint.reachable != "yes" || behind).then_some(Confidence::Low);
        draft.about = vec![id];
        draft.agent = AgentLink::Linked;
        if endpoint.form == "mcp" {
            draft.contexts.push("mcp");
        }
        draft.symbol = endpoint.symbol;
        out.push(draft);
    }
}

/// Repositories whose agents run in a managed runtime: it calls their containers on every address and
/// authenticates callers itself, with IAM or OAuth
/// (<https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-service-contract.html>).
fn fronted(graph: &Graph) -> BTreeSet<usize> {
    let agents = graph.facts::<Agent>().filter(|(.., agent)| agent.framework == "bedrock-agentcore").map(|(id, ..)| id);
    let runs = graph.facts::<Workload>().filter(|(.., workload)| workload.form == "agent-resource").map(|(id, ..)| id);
    agents.chain(runs).map(|id| graph.repository(id.file)).collect()
}

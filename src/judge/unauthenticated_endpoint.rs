//! Agents and tool servers that answer anybody. Input: endpoints. Output: one draft an endpoint without a
//! sign of authentication that other machines can reach.

use std::collections::BTreeSet;

use crate::facts::{Agent, Binding, Endpoint, FactId, Sym, Workload};
use crate::finding::{AgentLink, Confidence, Draft, Step};
use crate::graph::{Graph, Served};

use super::words;

/// Images of proxies that authenticate callers before they reach what stands behind.
const PROXIES: [&str; 5] = ["oauth2-proxy", "pomerium", "authelia", "authentik", "traefik-forward-auth"];

/// `exposure/unauthenticated-endpoint`.
pub fn judge(graph: &Graph, out: &mut Vec<Draft>) {
    let fronted = fronted(graph);
    let doors = doors(graph);
    for (id, fact, endpoint) in graph.facts::<Endpoint>() {
        let Some(served) = graph.served(id).filter(|served| served.any && !served.elsewhere) else { continue };
        let known = endpoint.authentication.or(served.authentication).is_some() && served.only_if.is_none();
        if known || reachable(endpoint, served) == "no" || shut(graph, id, &doors) {
            continue;
        }
        let authentication = match served.only_if {
            Some(setting) => format!("and authenticates nobody unless `{setting}` is set"),
            None => "and no sign of authentication was found".to_owned(),
        };
        let what = format!(
            "{} answers{} by {} {authentication}",
            who(graph, id, endpoint, served),
            place(endpoint, served),
            endpoint.transport
        );
        let mut draft = Draft::new(fact.at, what);
        let behind = fronted.contains(&graph.repository(id.file));
        // Who sets the setting closes it: that is left to whoever runs it, unless the code says that it goes on.
        let closed = served.only_if.is_some() && !served.goes_on;
        draft.confidence = (reachable(endpoint, served) != "yes" || behind || closed).then_some(Confidence::Low);
        draft.about = vec![id];
        draft.agent = AgentLink::Linked;
        if matches!(&*endpoint.form, "mcp" | "started") {
            draft.contexts.push("mcp");
        }
        draft.symbol = endpoint.symbol;
        draft.evidence = served.agents.iter().take(words::MAX_STEPS).map(|&at| step(graph, at)).collect();
        out.push(draft);
    }
}

fn step(graph: &Graph, at: usize) -> Step {
    let node = &graph.agents()[at];
    Step { at: graph.fact(node.fact).at, says: Sym::from(format!("agent `{}` is served", graph.agent(node).name)) }
}

/// What answers.
fn who(graph: &Graph, id: FactId, endpoint: &Endpoint, served: &Served) -> String {
    let kind = match endpoint.form.as_str() {
        "mcp" | "started" => "the MCP server",
        "a2a" => "the A2A agent",
        _ => "the agent",
    };
    if !endpoint.symbol.is_empty() && endpoint.form != "started" {
        // What nothing holds is called by its own name.
        let own = |agent: &Agent| agent.symbol == endpoint.symbol && endpoint.symbol.contains('#');
        let mut agents = graph.agents().iter().filter(|node| node.fact.file == id.file).map(|node| graph.agent(node));
        let name = agents.find(|agent| own(agent)).map_or(endpoint.symbol, |agent| agent.name);
        return format!("{kind} `{name}`");
    }
    let names: BTreeSet<Sym> = served.agents.iter().map(|&at| graph.agent(&graph.agents()[at]).name).collect();
    match (names.first(), names.len()) {
        (None, _) => kind.to_owned(),
        (Some(name), 1) => format!("{kind} `{name}`"),
        (Some(name), more) => format!("{kind} `{name}` with {} more", more - 1),
    }
}

/// Whether other machines reach it.
fn reachable(endpoint: &Endpoint, served: &Served) -> Sym {
    served.reachable.unwrap_or(endpoint.reachable)
}

/// Where it answers.
fn place(endpoint: &Endpoint, served: &Served) -> String {
    match (served.host.or(endpoint.host), endpoint.route) {
        (Some(host), _) => format!(" on `{host}`"),
        (None, Some(route)) => format!(" at `{route}`"),
        (None, None) if reachable(endpoint, served) == "yes" => " to other machines".to_owned(),
        (None, None) => String::new(),
    }
}

/// A script, build file or pipeline that deploys: its repository, the folder that it stands for, and whether callers
/// that nobody knows are turned away there.
type Door = (usize, String, bool);

fn doors(graph: &Graph) -> Vec<Door> {
    let all = graph.facts::<Binding>().filter(|(_, _, binding)| binding.form == "door");
    all.map(|(id, _, binding)| {
        let path = graph.path(id.file);
        // What pipelines of the repository deploy may be any part of it.
        let folder = path.split(".github/").next().filter(|before| before.len() < path.len());
        let folder = folder.unwrap_or_else(|| path.rfind('/').map_or("", |end| &path[..=end]));
        (graph.repository(id.file), folder.to_owned(), binding.literal.is_some_and(|is| is == "closed"))
    })
    .collect()
}

/// Whether all that deploys from nearest by an endpoint's file turns unknown callers away.
fn shut(graph: &Graph, id: FactId, doors: &[Door]) -> bool {
    let path = graph.path(id.file);
    let over = || doors.iter().filter(|(at, folder, _)| *at == graph.repository(id.file) && path.starts_with(folder));
    let nearest = over().map(|(_, folder, _)| folder.len()).max();
    nearest.is_some_and(|nearest| over().filter(|(_, folder, _)| folder.len() == nearest).all(|(.., closed)| *closed))
}

/// Repositories in which something else stands in front: a managed runtime calls their containers on
/// every address and authenticates callers itself, with IAM or OAuth
/// (<https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-service-contract.html>), or a
/// proxy does.
fn fronted(graph: &Graph) -> BTreeSet<usize> {
    let agents = graph.facts::<Agent>().filter(|(.., agent)| agent.framework == "bedrock-agentcore").map(|(id, ..)| id);
    let stands = |workload: &Workload| {
        workload.form == "agent-resource"
            || workload.image.is_some_and(|image| PROXIES.iter().any(|proxy| image.contains(proxy)))
    };
    let runs = graph.facts::<Workload>().filter(|(.., workload)| stands(workload)).map(|(id, ..)| id);
    agents.chain(runs).map(|id| graph.repository(id.file)).collect()
}

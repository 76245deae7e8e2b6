//! Work handed to an agent that can do more. Input: agents with their handoffs. Output: one draft for
//! each agent that others reach without a gate on the way, with all who do.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::effects::{EFFECTS, Effect, Weight};
use crate::facts::{Grant, Handoff, Place, Sym};
use crate::finding::{AgentLink, Draft, Step};
use crate::graph::{AgentNode, Edge, Graph};

use super::template::names;
use super::tools::{in_tests, openly};
use super::words;

/// `approval/ungated-handoff`.
pub fn ungated(graph: &Graph, out: &mut Vec<Draft>) {
    let gated = gated_places(graph);
    let mut found: BTreeMap<usize, Vec<(usize, &Edge<usize>, Vec<&'static str>)>> = BTreeMap::new();
    for (at, node) in graph.agents().iter().enumerate() {
        if in_tests(graph, graph.fact(node.fact).at) {
            continue;
        }
        for edge in node.handoffs.iter().filter(|edge| !edge.candidate) {
            let to = &graph.agents()[edge.to];
            let asked = edge.steps.iter().any(|step| gated.contains(&key(step.at))) || gates_handoff(graph, node, to);
            if asked || edge.to == at || !directs(edge) {
                continue;
            }
            let own: BTreeSet<&str> = effects(node).collect();
            let more: Vec<&'static str> = grave()
                .filter(|effect| !own.contains(effect.slug) && to.tools.iter().any(|t| openly(graph, t, effect)))
                .map(|effect| effect.can)
                .chain(rights(graph, node, to))
                .collect();
            if !more.is_empty() {
                found.entry(edge.to).or_default().push((at, edge, more));
            }
        }
    }
    for (to, from) in found {
        out.extend(draft(graph, to, &from));
    }
}

fn key(at: Place) -> (u32, u32) {
    (at.file.0, at.start)
}

/// Where handoffs and agents as tools stand that have a gate of their own.
fn gated_places(graph: &Graph) -> BTreeSet<(u32, u32)> {
    let handoffs = graph.facts::<Handoff>().filter(|(.., h)| h.gate.is_some()).map(|(_, fact, _)| key(fact.at));
    let tools = graph.agents().iter().flat_map(|node| &node.tools).filter(|used| used.gate.is_some());
    let places = tools.flat_map(|used| [Some(used.at), used.tool.map(|id| graph.fact(id).at)]).flatten().map(key);
    handoffs.chain(places).collect()
}

/// Whether the first decides that the second works: members of a team that take turns do not.
fn directs(edge: &Edge<usize>) -> bool {
    !matches!(edge.form.as_str(), "team" | "graph-edge")
}

/// Whether the agent that hands off gates everything, or this handoff by name.
fn gates_handoff(graph: &Graph, from: &AgentNode, to: &AgentNode) -> bool {
    let name = graph.agent(to).name.to_ascii_lowercase().replace([' ', '-'], "_");
    graph.agent(from).gates.iter().any(|gate| {
        let gate = gate.name.to_ascii_lowercase().replace([' ', '-'], "_");
        gate == "*" || gate == name || gate == format!("transfer_to_{name}") || gate == "task"
    })
}

fn grave() -> impl Iterator<Item = &'static Effect> {
    EFFECTS.iter().filter(|effect| effect.weight == Weight::Grave)
}

/// What an agent can do, whether somebody is asked or not: it is trusted with that.
fn effects(node: &AgentNode) -> impl Iterator<Item = &str> {
    node.tools.iter().flat_map(|used| &used.effects).map(|effect| effect.as_str())
}

/// Rights of the identity that is reached, when both are known and the first has none like them.
fn rights(graph: &Graph, from: &AgentNode, to: &AgentNode) -> Option<&'static str> {
    let grants = |node: &AgentNode| -> Vec<&Grant> {
        let identities = node.identities.iter().filter(|e| !e.candidate).map(|e| &graph.identities()[e.to]);
        identities.flat_map(|i| &i.grants).filter_map(|&id| graph.get::<Grant>(id)).collect()
    };
    let (mine, theirs) = (grants(from), grants(to));
    let grave = |grant: &&Grant| grant.effect == "allow" && (grant.administrator || !grant.escalation.is_empty());
    let more = !mine.is_empty() && !mine.iter().any(grave) && theirs.iter().any(grave);
    more.then_some("use rights that the first does not have")
}

fn draft(graph: &Graph, to: usize, from: &[(usize, &Edge<usize>, Vec<&'static str>)]) -> Option<Draft> {
    let target = &graph.agents()[to];
    let (first, edge, more) = from.first()?;
    let step = edge.steps.first()?;
    let (source, reached) = (graph.agent(&graph.agents()[*first]), graph.agent(target));
    let what = format!(
        "agent `{}` hands work to `{}`, which can {} and it cannot; no sign of a gate was found on the way",
        source.name,
        reached.name,
        more.join(" and ")
    );
    let mut draft = Draft::new(step.at, what);
    draft.evidence = edge.steps.clone();
    for used in target.tools.iter().filter(|used| grave().any(|effect| openly(graph, used, effect))) {
        let can = names(used.effects.iter().map(|e| e.as_str()));
        draft
            .evidence
            .push(Step { at: used.at, says: Sym::from(format!("`{}` is given `{}`: {can}", reached.name, used.name)) });
    }
    draft.evidence.truncate(words::MAX_STEPS);
    for (other, edge, _) in from.iter().skip(1).take(words::MAX_STEPS) {
        let name = graph.agent(&graph.agents()[*other]).name;
        draft
            .related
            .extend(edge.steps.first().map(|s| Step { at: s.at, says: Sym::from(format!("agent `{name}` does too")) }));
    }
    draft.about = std::iter::once(target.fact).chain(from.iter().map(|(at, ..)| graph.agents()[*at].fact)).collect();
    draft.agent = AgentLink::Linked;
    draft.symbol = reached.name;
    Some(draft)
}

//! What agents may do without being asked. Input: agents with their tools. Output: one draft a tool, with
//! the agents that hold it.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::effects::{Effect, Weight, effect_of};
use crate::facts::{FactId, FileId, Place, Policy, Server, Switch, Sym, Tool};
use crate::finding::{AgentLink, Confidence, Draft, Step};
use crate::graph::{AgentNode, Graph, ToolUse};

use super::template::names;
use super::words;

/// Effects by which a tool is destructive: commands have a rule of their own, and a body that changes the
/// cloud or a database is mostly what the tool is for.
const DESTRUCTIVE: [&str; 5] = ["delete", "pay", "send", "sql", "edits"];

/// Words by which a tool's name says that it takes something away.
const DELETING: [&str; 16] = [
    "delete",
    "remove",
    "drop",
    "purge",
    "destroy",
    "clean",
    "clear",
    "cancel",
    "terminate",
    "uninstall",
    "reset",
    "truncate",
    "wipe",
    "kill",
    "revoke",
    "erase",
];

/// `approval/ungated-shell-tool`.
pub fn ungated_shell(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, out, |used| {
        let open = graph.is_open(used) && used.void_gate.is_none();
        let runs = effect_of("execute").filter(|effect| used.effects.iter().any(|e| e == effect.slug));
        runs.filter(|_| open).map(|effect| effect.does.to_owned())
    });
}

/// `approval/ungated-destructive-tool`.
pub fn ungated_destructive(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, out, |used| {
        if !graph.is_open(used) || used.void_gate.is_some() || used.effects.iter().any(|effect| *effect == "execute") {
            return None;
        }
        let does: Vec<&str> = DESTRUCTIVE
            .iter()
            .filter(|slug| used.effects.iter().any(|e| e == *slug))
            .filter_map(|slug| Some(effect_of(slug)?.does))
            .collect();
        (!does.is_empty()).then(|| does.join(" and "))
    });
}

/// `approval/void-gate`.
pub fn void_gate(graph: &Graph, out: &mut Vec<Draft>) {
    let mut seen: BTreeSet<(Option<FactId>, Sym)> = BTreeSet::new();
    for node in graph.agents().iter().filter(|node| !in_tests(graph, graph.fact(node.fact).at)) {
        let agent = graph.agent(node);
        for used in &node.tools {
            let Some(why) = used.void_gate.filter(|_| graph.is_open(used)) else { continue };
            // Saying that a tool which only reads needs no question is a decision, not a hollow gate.
            let harmless = used.tool.is_none() || !used.weighs(Weight::Gated);
            // Nor is a mode a gate on what runs without a question in every mode: the mode has a rule of its own.
            let mode = agent.allowed.contains(&used.name);
            if (harmless || mode) && !why.contains("always approves") {
                continue;
            }
            // A switch that takes every question away is told once, where it stands.
            if switched_off(graph, node.fact.file, why) {
                continue;
            }
            if !seen.insert((used.tool, used.name)) {
                continue;
            }
            let set = agent.void_gates.iter().find(|s| s.name == used.name || s.name == "*");
            let at = set.map(|s| s.at).or_else(|| used.tool.map(|id| graph.fact(id).at)).unwrap_or(used.at);
            let what = format!("the approval of `{}` by agent `{}` is void: {why}", used.name, agent.name);
            let mut draft = Draft::new(at, what);
            draft.about = used.tool.into_iter().chain([node.fact]).collect();
            draft.agent = AgentLink::Linked;
            draft.symbol = used.name;
            draft.evidence = vec![
                Step { at: used.at, says: Sym::from(format!("agent `{}` is given `{}`", agent.name, used.name)) },
                Step { at, says: why },
            ];
            out.push(draft);
        }
    }
}

/// Whether a gate is void for a switch of the same file, which has a rule of its own.
fn switched_off(graph: &Graph, file: FileId, why: Sym) -> bool {
    let first = why.split(' ').next().unwrap_or("");
    graph.facts::<Switch>().any(|(id, _, switch)| {
        id.file == file && switch.effect == "auto-approve" && switch.key.as_str() == first && switch.honoured != "no"
    })
}

/// Whether a tool that deletes is likely to take something away: a body that removes its own temporary
/// file looks the same, but is not called so.
pub(super) fn takes_away(tool: Option<&Tool>, name: Sym) -> bool {
    let name = name.to_ascii_lowercase();
    tool.is_some_and(|tool| tool.builtin) || DELETING.iter().any(|word| name.contains(word))
}

/// Whether a tool that nobody is asked about has an effect: one whose body deletes counts when it is called so.
pub(super) fn openly(graph: &Graph, used: &ToolUse, effect: &Effect) -> bool {
    let has = used.effects.iter().any(|e| e == effect.slug);
    graph.is_open(used) && has && (effect.slug != "delete" || takes_away(graph.tool(used), used.name))
}

/// Whether a place belongs to tests: the agents there run only with them.
pub(super) fn in_tests(graph: &Graph, at: Place) -> bool {
    matches!(graph.role(at.file).as_str(), "test" | "fixture" | "cassette")
}

/// One draft for every tool of which `judge` says what it does.
fn report(graph: &Graph, out: &mut Vec<Draft>, judge: impl Fn(&ToolUse) -> Option<String>) {
    let mut found: BTreeMap<FactId, (Sym, String, Vec<(usize, Place)>)> = BTreeMap::new();
    for (at, node) in graph.agents().iter().enumerate() {
        if in_tests(graph, graph.fact(node.fact).at) {
            continue;
        }
        for used in &node.tools {
            // A plain function of another file has no fact as a tool; what it does is known all the same.
            let Some(id) = used.tool.or(used.function) else { continue };
            if let Some(does) = judge(used) {
                found.entry(id).or_insert_with(|| (used.name, does, Vec::new())).2.push((at, used.at));
            }
        }
        for (id, used) in served(graph, node) {
            if let Some(does) = judge(&used) {
                found.entry(id).or_insert_with(|| (used.name, does, Vec::new())).2.push((at, used.at));
            }
        }
    }
    let unasked = if found.is_empty() { BTreeMap::new() } else { unasked(graph) };
    for (id, (name, does, users)) in found {
        let mut draft = draft(graph, id, name, &does, &users);
        draft.related.extend(unasked.get(&graph.repository(id.file)).copied());
        out.push(draft);
    }
}

/// By repository, a policy that is written while nothing in it asks one: it gates nothing there.
fn unasked(graph: &Graph) -> BTreeMap<usize, Step> {
    let mut written: BTreeMap<usize, Step> = BTreeMap::new();
    let mut asked = BTreeSet::new();
    for (id, fact, policy) in graph.facts::<Policy>().filter(|(_, fact, _)| !in_tests(graph, fact.at)) {
        let repository = graph.repository(id.file);
        // A gateway asks what it is configured with.
        if policy.form == "asked" || policy.engine == "gateway" {
            asked.insert(repository);
        } else if policy.form == "written" {
            let says = "a policy is written here, and nothing in this repository asks it";
            written.entry(repository).or_insert_with(|| Step { at: fact.at, says: Sym::new(says) });
        }
    }
    written.retain(|repository, _| !asked.contains(repository));
    written
}

/// The published servers that an agent in code starts on its own machine, each as one tool: what a client
/// of somebody else starts, that client asks for, and a gate on anything may be one on these.
fn served<'g>(graph: &'g Graph, node: &'g AgentNode) -> impl Iterator<Item = (FactId, ToolUse)> + 'g {
    let agent = graph.agent(node);
    let open = !agent.symbol.is_empty() && agent.gates.is_empty();
    node.servers.iter().filter(move |_| open).filter_map(move |edge| {
        let server = graph.get::<Server>(edge.to).filter(|server| !server.effects.is_empty())?;
        let used = ToolUse {
            tool: None,
            function: None,
            name: server.name,
            effects: server.effects.clone(),
            gate: None,
            void_gate: None,
            at: edge.steps.first().map_or(graph.fact(edge.to).at, |step| step.at),
        };
        Some((edge.to, used))
    })
}

fn draft(graph: &Graph, id: FactId, name: Sym, does: &str, users: &[(usize, Place)]) -> Draft {
    let tool = graph.get::<Tool>(id);
    let agent = |at: usize| graph.agent(&graph.agents()[at]).name;
    let holders: BTreeSet<Sym> = users.iter().map(|&(at, _)| agent(at)).filter(|name| !name.is_empty()).collect();
    let server = |at: usize| &*graph.agent(&graph.agents()[at]).framework == "mcp-server";
    let (one, may) =
        if users.iter().all(|&(at, _)| server(at)) { ("MCP server", "offers") } else { ("agent", "may call") };
    let who = match holders.len() {
        0 if one == "agent" => "an agent".to_owned(),
        0 => "an MCP server".to_owned(),
        1 => format!("{one} {}", names(holders.iter().map(|n| n.as_str()))),
        _ => format!("{one}s {}", names(holders.iter().map(|n| n.as_str()))),
    };
    let may = if holders.len() > 1 && one != "agent" { "offer" } else { may };
    let place = graph.fact(id).at;
    let mut draft = Draft::new(place, format!("{who} {may} `{name}`, which {does}; no sign of a gate was found"));
    draft.evidence = users
        .iter()
        .map(|&(at, given)| Step {
            at: given,
            says: Sym::from(format!(
                "{} `{}` is given the tool",
                if server(at) { "MCP server" } else { "agent" },
                agent(at)
            )),
        })
        .collect();
    draft.evidence.extend(
        tool.iter()
            .flat_map(|tool| &tool.effect_places)
            .map(|seen| Step { at: seen.at, says: Sym::from(format!("{}: {}", seen.name, seen.value)) }),
    );
    let removed = tool.iter().flat_map(|tool| &tool.claimed).filter(|claim| claim.name == "delete");
    draft
        .evidence
        .extend(removed.map(|claim| Step { at: claim.at, says: Sym::from(format!("delete: {}", claim.value)) }));
    let claimed = tool.iter().flat_map(|tool| &tool.claimed).filter(|claim| claim.name == "execute");
    let claimed = claimed.filter(|_| does.contains("runs commands"));
    draft.evidence.extend(claimed.map(|claim| Step {
        at: claim.at,
        says: Sym::from(format!("by its name it runs what it is given, and hands that on to {}", claim.value)),
    }));
    draft.evidence.truncate(words::MAX_STEPS);
    draft.about = vec![id];
    draft.agent = AgentLink::Linked;
    draft.symbol = name;
    // A body that removes its own temporary file looks the same; to take parts out of a document is to edit it.
    let edits = effect_of("edits").is_some_and(|effect| does == effect.does);
    if edits || does == "deletes" && !takes_away(tool, name) {
        draft.confidence = Some(Confidence::Low);
    }
    if does.contains("runs commands") {
        draft.contexts.push("shell");
    }
    draft
}

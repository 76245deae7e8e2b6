//! The eight questions on an agent's card. "Unknown" is a real answer: pass is said only with
//! evidence for it, never because nothing was found, and every answer says what was looked at.

use std::collections::BTreeMap;

use serde::Serialize;

use super::card::{Card, shown};
use super::{AgentNode, Graph, ToolUse};
use crate::catalogue::effects::Weight;
use crate::extract::agents::SOMETIMES;
use crate::facts::{Sym, Tool};
use crate::finding::Finding;

/// The families, in the order of the card.
pub const FAMILIES: [&str; 8] =
    ["secrets", "sharing", "lifecycle", "privilege", "delegation", "approval", "audit", "exposure"];

/// An answer with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// `pass`, `fail` or `unknown`.
    pub answer: &'static str,
    /// What it rests on: findings for a fail, facts for a pass, what was looked for when unknown.
    pub evidence: Vec<String>,
}

/// Answers every family from the findings about the agent and from what its card shows.
pub(super) fn answers<'f>(
    graph: &Graph,
    node: &AgentNode,
    card: &Card,
    findings: impl Iterator<Item = &'f Finding>,
) -> BTreeMap<&'static str, Answer> {
    let mut failed: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for finding in findings.filter(|f| f.suppressed.is_none()) {
        let place = shown(graph, finding.draft.at);
        failed
            .entry(finding.rule.family())
            .or_default()
            .push(format!("{}: {} ({place})", finding.rule.id, finding.draft.what));
    }
    FAMILIES
        .into_iter()
        .map(|family| {
            let answer = match failed.remove(family) {
                Some(evidence) => Answer { answer: "fail", evidence },
                None => without_finding(family, graph, node, card),
            };
            (family, answer)
        })
        .collect()
}

fn without_finding(family: &str, graph: &Graph, node: &AgentNode, card: &Card) -> Answer {
    match family {
        "secrets" => secrets(card),
        "sharing" => sharing(graph, node, card),
        "lifecycle" => lifecycle(card),
        "privilege" => privilege(card),
        "approval" => approval(graph, node),
        "audit" => audit(graph, node),
        "exposure" => exposure(card),
        _ => unknown("no call was seen in which it forwards a person's token"),
    }
}

fn pass(evidence: Vec<String>) -> Answer {
    Answer { answer: "pass", evidence }
}

fn unknown(looked: impl Into<String>) -> Answer {
    Answer { answer: "unknown", evidence: vec![looked.into()] }
}

/// Never a pass: images and history are not read.
fn secrets(card: &Card) -> Answer {
    let held: Vec<String> = card
        .credentials
        .iter()
        .filter_map(|c| c.held.map(|held| format!("{} is held in: {held}", c.name)))
        .chain(["no literal was found in the files read; images and history were not read".to_owned()])
        .collect();
    Answer { answer: "unknown", evidence: held }
}

fn sharing(graph: &Graph, node: &AgentNode, card: &Card) -> Answer {
    let own = |i: usize| {
        let identity = &graph.identities()[i];
        identity.agents.len() == 1 && !identity.default && !identity.human && !identity.facts.is_empty()
    };
    if node.identities.is_empty() {
        unknown("no workload was found that runs it, so its identity is not known")
    } else if node.identities.iter().all(|e| own(e.to)) {
        pass(card.runs_as.iter().map(|r| format!("{} is used by this agent alone ({})", r.identity, r.via)).collect())
    } else {
        unknown("its identity is not declared in the files read")
    }
}

fn lifecycle(card: &Card) -> Answer {
    let attested = !card.runs_as.is_empty() && card.runs_as.iter().all(|r| r.proof == "attested");
    let others = card.credentials.iter().filter(|c| c.held.is_none_or(|h| h != "workload-identity")).count();
    if attested && others == 0 {
        pass(
            card.runs_as
                .iter()
                .map(|r| format!("{} is attested by the platform and expires by itself", r.identity))
                .collect(),
        )
    } else if others > 0 {
        unknown(format!("{others} credentials are read by name; whether they end is not visible here"))
    } else {
        unknown("no issuance and no identity was found")
    }
}

fn privilege(card: &Card) -> Answer {
    match &card.permissions {
        Some(permissions) if !permissions.is_empty() => {
            pass(permissions.iter().map(|p| format!("{} on {} by {}", p.verb, p.resource, p.source)).take(20).collect())
        }
        Some(_) => unknown("its identity is known, its grants are not in the files read"),
        None => unknown("its identity is not known, so neither are its grants"),
    }
}

fn approval(graph: &Graph, node: &AgentNode) -> Answer {
    if node.tools.is_empty() {
        return unknown("no tools were found");
    }
    let not_seen: Vec<&str> = node.tools.iter().filter(|t| t.tool.is_none()).map(|t| t.name.as_str()).collect();
    let wants_gate = |t: &&ToolUse| t.weighs(Weight::Gated) && graph.is_open(t);
    let ungated: Vec<&str> = node.tools.iter().filter(wants_gate).map(|t| t.name.as_str()).collect();
    let unseen = |t: &ToolUse| t.tool.and_then(|id| graph.get::<Tool>(id)).and_then(|tool| tool.unseen);
    let unseen =
        node.tools.iter().filter(|t| t.gate.is_none() && t.effects.is_empty()).find_map(|t| Some((t.name, unseen(t)?)));
    let sometimes = |t: &&ToolUse| t.weighs(Weight::Gated) && t.gate.is_some_and(|gate| gate.ends_with(SOMETIMES));
    if !ungated.is_empty() {
        unknown(format!("no gate was found for {}", ungated.join(", ")))
    } else if let Some((tool, call)) = unseen {
        unknown(format!("what `{call}` does in {tool} with what the model chose is not seen"))
    } else if let Some(tool) = node.tools.iter().find(sometimes) {
        unknown(format!("somebody is asked for some calls of {}, and for which is not decided here", tool.name))
    } else if !not_seen.is_empty() {
        unknown(format!("the bodies of {} were not found", not_seen.join(", ")))
    } else if !node.servers.is_empty() {
        unknown("it has tool servers whose tools are not in the files read")
    } else {
        pass(
            node.tools
                .iter()
                .map(|t| match t.gate {
                    Some(gate) => format!("{} is gated: {gate}", t.name),
                    None if t.weighs(Weight::Gated) => format!("{} works in a sandbox", t.name),
                    None => format!("{} does nothing that wants a gate", t.name),
                })
                .collect(),
        )
    }
}

fn audit(graph: &Graph, node: &AgentNode) -> Answer {
    match graph.agent(node).tracing.as_str() {
        "on" => pass(vec!["its own declaration switches tracing on".to_owned()]),
        _ => unknown("its declaration does not switch tracing off; where actions are logged is not visible here"),
    }
}

fn exposure(card: &Card) -> Answer {
    if card.endpoints.is_empty() {
        return unknown("no endpoint was found on which it listens");
    }
    let local = |t: &Sym| *t == "stdio";
    if card.endpoints.iter().all(|e| e.authentication.is_some() || local(&e.transport)) {
        let says = |e: &super::card::EndpointCard| match e.authentication {
            Some(by) => format!("{} endpoint authenticates callers by {by}", e.transport),
            None => "it speaks over standard input and output only".to_owned(),
        };
        pass(card.endpoints.iter().map(says).collect())
    } else {
        unknown("no authentication was found in the files read; a gateway may do it")
    }
}

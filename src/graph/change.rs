//! What a change does to agents. Input: the cards of both sides. Output: for each agent that is new, gone
//! or other than before, what it gained and lost, and which of that gives it more power or less control.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::card::{Card, ToolCard};
use crate::extract::agents::SOMETIMES;
use crate::facts::Sym;

/// An agent that the change touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentChange {
    /// Id of its card on the new side; of the old side when it is gone.
    pub id: String,
    /// Name as written in the source.
    pub name: Sym,
    /// Framework slug.
    pub framework: Sym,
    /// File, relative to the root.
    pub file: Sym,
    /// First line of the declaration.
    pub line: u32,
    /// `added`, `removed` or `changed`.
    pub change: &'static str,
    /// What it gained and lost.
    pub deltas: Vec<Delta>,
}

/// One thing that an agent gained or lost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Delta {
    /// More power for the agent or less control over it.
    pub weakens: bool,
    /// `tool-gained`, `tool-lost`, `effect-gained`, `effect-lost`, `gate-gained`, `gate-lost`,
    /// `gate-void`, `gate-changed`, `server-gained`, `server-lost`, `limit-gained`, `limit-gone`,
    /// `limit-changed`, `handoff-gained`, `handoff-lost`, `credential-gained`, `credential-lost`,
    /// `identity-gained`, `identity-lost`, `permission-gained`, `permission-lost`, `endpoint-gained`,
    /// `endpoint-lost` or `model-changed`.
    pub what: &'static str,
    /// The tool, limit, agent, credential … it is about.
    pub subject: String,
    /// What was there, where that says more than the subject.
    pub before: Option<String>,
    /// What is there now.
    pub after: Option<String>,
}

/// Compares the cards of both sides; `before` gives the path on the old side of one on the new.
#[must_use]
pub fn changes(new: &[Card], old: &[Card], before: &dyn Fn(Sym) -> Sym) -> Vec<AgentChange> {
    // Several agents of one name in a file are told apart by their order.
    let mut known: BTreeMap<(Sym, Sym, Sym), Vec<&Card>> = BTreeMap::new();
    for card in old.iter().rev() {
        known.entry((card.file, card.framework, card.name)).or_default().push(card);
    }
    let mut all = Vec::new();
    for card in new {
        let key = (before(card.file), card.framework, card.name);
        match known.get_mut(&key).and_then(Vec::pop) {
            Some(was) => {
                let deltas = deltas(card, was);
                if !deltas.is_empty() {
                    all.push(of(card, "changed", deltas));
                }
            }
            None => all.push(of(card, "added", deltas(card, &nothing(card)))),
        }
    }
    let gone = known.into_values().flat_map(|cards| cards.into_iter().rev());
    all.extend(gone.map(|card| of(card, "removed", Vec::new())));
    all.sort_by(|a, b| (a.file, a.line, a.change).cmp(&(b.file, b.line, b.change)));
    all
}

fn of(card: &Card, change: &'static str, deltas: Vec<Delta>) -> AgentChange {
    let Card { id, name, framework, file, line, .. } = card;
    AgentChange { id: id.clone(), name: *name, framework: *framework, file: *file, line: *line, change, deltas }
}

/// The same agent before there was one.
fn nothing(card: &Card) -> Card {
    Card {
        model: card.model,
        runs_as: Vec::new(),
        permissions: None,
        tools: Vec::new(),
        servers: Vec::new(),
        credentials: Vec::new(),
        endpoints: Vec::new(),
        handoffs: Vec::new(),
        limits: card.limits.clone(),
        ..card.clone()
    }
}

fn deltas(new: &Card, old: &Card) -> Vec<Delta> {
    let mut all = Vec::new();
    tools(new, old, &mut all);
    servers(new, old, &mut all);
    limits(new, old, &mut all);
    sets(["handoff-gained", "handoff-lost"], names(new, handoffs), names(old, handoffs), &mut all);
    sets(["credential-gained", "credential-lost"], names(new, credentials), names(old, credentials), &mut all);
    sets(["identity-gained", "identity-lost"], names(new, identities), names(old, identities), &mut all);
    sets(["permission-gained", "permission-lost"], names(new, permissions), names(old, permissions), &mut all);
    sets(["endpoint-gained", "endpoint-lost"], names(new, endpoints), names(old, endpoints), &mut all);
    if new.model != old.model {
        let written = |model: Option<Sym>| model.map(|m| m.to_string());
        all.push(Delta {
            before: written(old.model),
            after: written(new.model),
            ..delta(false, "model-changed", "model")
        });
    }
    // What weakens stands first.
    all.sort_by(|a, b| (!a.weakens, a.what, &a.subject).cmp(&(!b.weakens, b.what, &b.subject)));
    all
}

fn delta(weakens: bool, what: &'static str, subject: &str) -> Delta {
    Delta { weakens, what, subject: subject.to_owned(), before: None, after: None }
}

fn tools(new: &Card, old: &Card, all: &mut Vec<Delta>) {
    let mut known: BTreeMap<Sym, Vec<&ToolCard>> = BTreeMap::new();
    for tool in old.tools.iter().rev() {
        known.entry(tool.name).or_default().push(tool);
    }
    for tool in &new.tools {
        let Some(was) = known.get_mut(&tool.name).and_then(Vec::pop) else {
            let effects = tool.effects.iter().map(|e| e.as_str()).collect::<Vec<_>>().join(", ");
            let ungated = tool.gate.is_none() && !effects.is_empty();
            let gate = match (tool.gate, tool.void_gate) {
                (Some(gate), _) => format!("gated by {gate}"),
                (None, Some(why)) => format!("void gate: {why}"),
                (None, None) => "no gate".to_owned(),
            };
            let after = if effects.is_empty() { gate } else { format!("{effects}; {gate}") };
            all.push(Delta { after: Some(after), ..delta(ungated, "tool-gained", &tool.name) });
            continue;
        };
        let (has, had): (BTreeSet<Sym>, BTreeSet<Sym>) =
            (tool.effects.iter().copied().collect(), was.effects.iter().copied().collect());
        for effect in has.difference(&had) {
            all.push(Delta { after: Some(effect.to_string()), ..delta(true, "effect-gained", &tool.name) });
        }
        for effect in had.difference(&has) {
            all.push(Delta { before: Some(effect.to_string()), ..delta(false, "effect-lost", &tool.name) });
        }
        gates(&tool.name, (tool.gate, tool.void_gate), (was.gate, was.void_gate), all);
    }
    for tool in known.into_values().flatten() {
        all.push(delta(false, "tool-lost", &tool.name));
    }
}

type Gate = (Option<Sym>, Option<Sym>);

fn gates(subject: &str, new: Gate, old: Gate, all: &mut Vec<Delta>) {
    let text = |gate: Option<Sym>| gate.map(|g| g.to_string());
    let sometimes = |gate: Option<Sym>| gate.is_some_and(|g| g.ends_with(SOMETIMES));
    let what = match (new, old) {
        ((Some(now), _), (Some(was), _)) if now != was => "gate-changed",
        ((Some(_), _), (None, _)) => "gate-gained",
        ((None, Some(_)), (Some(_), _)) => "gate-void",
        ((None, None), (Some(_), _)) => "gate-lost",
        _ => return,
    };
    let (before, after) = (text(old.0.or(old.1)), text(new.0.or(new.1)));
    let less = sometimes(new.0) && !sometimes(old.0) && old.0.is_some();
    let weakens = less || matches!(what, "gate-void" | "gate-lost");
    all.push(Delta { before, after, ..delta(weakens, what, subject) });
}

fn servers(new: &Card, old: &Card, all: &mut Vec<Delta>) {
    for server in &new.servers {
        match old.servers.iter().find(|s| s.name == server.name) {
            Some(was) => {
                gates(&server.name, (server.gate, server.void_gate), (was.gate, was.void_gate), all);
            }
            None => {
                let after = server.reached.map(|r| r.to_string());
                all.push(Delta { after, ..delta(server.gate.is_none(), "server-gained", &server.name) });
            }
        }
    }
    for server in old.servers.iter().filter(|s| new.servers.iter().all(|n| n.name != s.name)) {
        all.push(delta(false, "server-lost", &server.name));
    }
}

fn limits(new: &Card, old: &Card, all: &mut Vec<Delta>) {
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for (name, value) in &new.limits {
        match old.limits.get(name) {
            Some(was) if was != value => {
                let number = |v: &serde_json::Value| text(v).parse::<f64>().ok();
                // A limit that was written down and is not any more may be anything.
                let weakens = number(was).is_some_and(|was| number(value).is_none_or(|now| now > was));
                let (before, after) = (Some(text(was)), Some(text(value)));
                all.push(Delta { before, after, ..delta(weakens, "limit-changed", name) });
            }
            Some(_) => {}
            None => all.push(Delta { after: Some(text(value)), ..delta(false, "limit-gained", name) }),
        }
    }
    for (name, value) in old.limits.iter().filter(|(name, _)| !new.limits.contains_key(*name)) {
        all.push(Delta { before: Some(text(value)), ..delta(true, "limit-gone", name) });
    }
}

fn names(card: &Card, of: fn(&Card) -> Vec<String>) -> BTreeSet<String> {
    of(card).into_iter().collect()
}

fn handoffs(card: &Card) -> Vec<String> {
    card.handoffs.iter().map(|h| h.to.to_string()).collect()
}

fn credentials(card: &Card) -> Vec<String> {
    card.credentials.iter().map(|c| c.name.to_string()).collect()
}

fn identities(card: &Card) -> Vec<String> {
    card.runs_as.iter().map(|r| r.identity.clone()).collect()
}

fn permissions(card: &Card) -> Vec<String> {
    card.permissions.iter().flatten().map(|p| format!("{} on {}", p.verb, p.resource)).collect()
}

fn endpoints(card: &Card) -> Vec<String> {
    card.endpoints
        .iter()
        .map(|e| format!("{} {}", e.transport, e.host.as_deref().unwrap_or("")).trim().into())
        .collect()
}

/// Members that are new weaken, members that are gone do not.
fn sets(what: [&'static str; 2], new: BTreeSet<String>, old: BTreeSet<String>, all: &mut Vec<Delta>) {
    all.extend(new.difference(&old).map(|name| delta(true, what[0], name)));
    all.extend(old.difference(&new).map(|name| delta(false, what[1], name)));
}

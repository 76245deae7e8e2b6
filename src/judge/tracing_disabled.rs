//! Tracing that is switched off. Input: switches, sinks and agents. Output: one draft a place.

use std::collections::BTreeSet;

use crate::facts::{Agent, FactId, Place, Sink, Switch, Sym};
use crate::finding::{AgentLink, Confidence, Draft};
use crate::graph::Graph;

/// `audit/tracing-disabled`.
pub fn judge(graph: &Graph, out: &mut Vec<Draft>) {
    let mut lines: BTreeSet<(u32, u32)> = BTreeSet::new();
    let mut report = |id: FactId, at: Place, what: String, symbol: Sym, asked: bool| {
        // A line says it once, and so do an old and a new name of one variable that stand together.
        let alias = symbol.starts_with("LANG") && at.line > 1 && lines.contains(&(at.file.0, at.line - 1));
        if lines.insert((at.file.0, at.line)) && !alias {
            let mut draft = Draft::new(at, what);
            draft.about = vec![id];
            draft.agent = AgentLink::Linked;
            draft.contexts.push("logging-disabled");
            draft.symbol = symbol;
            draft.confidence = asked.then_some(Confidence::Low);
            out.push(draft);
        }
    };
    for (id, fact, switch) in graph.facts::<Switch>() {
        if switch.effect == "tracing-off" && switch.honoured != "no" {
            let what = format!("`{}` switches off the trace of {} agents", switch.key, switch.client);
            report(id, fact.at, what, switch.key, switch.honoured == "unknown");
        }
    }
    for (id, fact, sink) in graph.facts::<Sink>() {
        if sink.state == "off" {
            let whose = if sink.framework.is_empty() { "the process" } else { sink.framework.as_str() };
            report(id, fact.at, format!("`{}` is switched off for {whose}", sink.name), sink.name, false);
        }
    }
    for (id, fact, agent) in graph.facts::<Agent>() {
        let reported = graph.files[id.file.at()].facts.iter().any(|other| {
            other.get::<Switch>().is_some_and(|s| s.effect == "tracing-off")
                || other.get::<Sink>().is_some_and(|s| s.state == "off")
        });
        if agent.tracing == "off" && !reported {
            report(id, fact.at, format!("agent `{}` runs with its trace switched off", agent.name), agent.name, false);
        }
    }
}

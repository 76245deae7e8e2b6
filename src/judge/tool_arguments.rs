//! What tools are given, in the log. Input: log calls that show all arguments of a call, or the whole
//! environment. Output: one draft a place.

use crate::facts::Use;
use crate::finding::{AgentLink, Confidence, Draft};
use crate::graph::Graph;

use super::beside::declares;
use super::tools::in_tests;

/// `audit/tool-arguments-in-log`.
pub fn judge(graph: &Graph, out: &mut Vec<Draft>) {
    if graph.agents().is_empty() {
        return;
    }
    for (id, fact, used) in graph.facts::<Use>().filter(|(_, _, used)| used.form == "log") {
        let has = |what: &str| used.passes.iter().any(|p| *p == what);
        let shows = match (has("arguments"), has("environment")) {
            (true, _) => "all arguments of a tool call",
            (_, true) => "the whole environment",
            _ => continue,
        };
        if in_tests(graph, fact.at) || has("environment") && !declares(graph, id.file) {
            continue;
        }
        let place = if used.function.is_empty() { "this module".to_owned() } else { format!("`{}`", used.function) };
        let mut draft = Draft::new(fact.at, format!("`{}` writes {shows} to the log in {place}", used.call));
        // What goes to the console may be meant for the person in front of it, and what could not be read was of
        // no call that ran.
        draft.confidence = (used.service == "console" || used.service == "unreadable").then_some(Confidence::Low);
        draft.about = vec![id];
        draft.agent = AgentLink::Linked;
        draft.symbol = used.function;
        out.push(draft);
    }
}

//! Switches that approve an agent's actions before anybody is asked. Input: switches and tool servers.
//! Output: one draft a switch that its client honours, and one a server whose tools are all allowed.

use crate::facts::{FileId, Server, Switch, Tool};
use crate::finding::{AgentLink, Confidence, Draft};
use crate::graph::Graph;

use super::tools::in_tests;

/// `approval/auto-approve`.
pub fn judge(graph: &Graph, out: &mut Vec<Draft>) {
    for (id, fact, switch) in graph.facts::<Switch>() {
        if switch.effect != "auto-approve" || switch.honoured == "no" || in_tests(graph, fact.at) {
            continue;
        }
        if CONSENT.contains(&switch.key.as_str()) && !consent_is_asked(graph, id.file) {
            continue;
        }
        let mut draft = Draft::new(fact.at, what(switch));
        draft.confidence = (switch.honoured != "yes").then_some(Confidence::Medium);
        draft.agent = AgentLink::Linked;
        draft.about = vec![id];
        draft.symbol = switch.key;
        out.push(draft);
    }
    for (id, fact, server) in graph.facts::<Server>() {
        if !server.auto_approved.iter().any(|tool| *tool == "*") || in_tests(graph, fact.at) {
            continue;
        }
        let called = server.symbol.is_some() || server.client == "tool-loop";
        // In code, a server whose whole address stands there and that is handed nothing serves anybody.
        if called && !server.holds_credential && server.url.is_some_and(|url| !url.contains('…')) {
            continue;
        }
        let what = format!("every tool of server `{}` is called without a question", server.name);
        let mut draft = Draft::new(fact.at, what);
        draft.agent = AgentLink::Linked;
        draft.contexts.push("mcp");
        draft.about = vec![id];
        draft.symbol = server.name;
        draft.confidence = (called && !server.holds_credential).then_some(Confidence::Low);
        out.push(draft);
    }
}

/// Variables that take away the question which the tools of `strands_tools` ask on the console, and no other.
const CONSENT: [&str; 2] = ["BYPASS_TOOL_CONSENT", "STRANDS_NON_INTERACTIVE"];

/// Whether a tool of that package is used by the program of a file: in its folder, beside that or below.
fn consent_is_asked(graph: &Graph, file: FileId) -> bool {
    let (path, home) = (graph.path(file), graph.repository(file));
    let Some((folder, _)) = path.rsplit_once('/') else { return true };
    let around = folder.rsplit_once('/').map_or(folder, |(around, _)| around);
    graph.facts::<Tool>().any(|(id, _, tool)| {
        let near = || graph.path(id.file).strip_prefix(around).is_some_and(|rest| rest.starts_with('/'));
        tool.framework == "strands" && tool.builtin && graph.repository(id.file) == home && near()
    })
}

fn what(switch: &Switch) -> String {
    let covers = match switch.covers.as_str() {
        "" | "all" | "run" => "do everything".to_owned(),
        "shell" => "run shell commands".to_owned(),
        "edit" => "change files".to_owned(),
        "tools" => "use its tools".to_owned(),
        "servers" => "start tool servers".to_owned(),
        "browser" => "drive the browser".to_owned(),
        other => format!("use `{other}`"),
    };
    let set = if switch.value.is_empty() {
        format!("`{}`", switch.key)
    } else {
        format!("`{}` = `{}`", switch.key, switch.value)
    };
    format!("{set} lets {} {covers} without asking", switch.client)
}

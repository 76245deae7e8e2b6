//! Workflows of the NeMo Agent Toolkit. Input: the YAML document. Output: an [`Agent`] for the workflow and each
//! function that is one, with its tools, and the tool servers that function groups call.
//!
//! Shape: `workflow` and each of `functions` have a `_type`; those of agents end in `_agent` and name an `llm_name`
//! and `tool_names`; a function group of type `mcp_client` says in `server` what it calls.
//! <https://docs.nvidia.com/nemo/agent-toolkit/latest/> (2026-11-25), releases 1.0 to 1.4.

use super::{blank, give};
use crate::extract::{Reader, Sink};
use crate::facts::{Server, Setting, Sym};
use crate::parse::value::{Entry, Value};
use crate::parse::{Document, Kind};

/// The reader of the toolkit's workflows.
pub const NEMO: Reader = Reader { name: "nemo agent toolkit", reads, read };

const SLUG: &str = "nemo-agent-toolkit";

fn reads(document: &Document<'_>) -> bool {
    let text = &document.text;
    document.kind == Kind::Yaml && text.contains("workflow:") && text.contains("_agent") && text.contains("_type:")
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    for root in document.values() {
        let Some(workflow) = root.entry("workflow").filter(|w| kind(&w.value).is_some()) else { continue };
        let functions = root.get("functions").map(Value::entries).unwrap_or_default();
        for entry in functions.iter().chain([workflow]) {
            agent(root, entry, sink);
        }
        for group in root.get("function_groups").map(Value::entries).unwrap_or_default() {
            if kind(&group.value).is_some_and(|kind| kind.ends_with("mcp_client")) {
                server(group, sink);
            }
        }
    }
}

fn kind(value: &Value) -> Option<&str> {
    value.get("_type")?.as_str()
}

fn agent(root: &Value, entry: &Entry, sink: &mut Sink<'_>) {
    let value = &entry.value;
    let listed = value.get("tool_names").or_else(|| value.get("augmented_fn")).or_else(|| value.get("branches"));
    let (Some(kind), Some(listed)) = (kind(value).filter(|kind| kind.ends_with("_agent")), listed) else { return };
    let name = if &*entry.key == "workflow" { kind } else { &*entry.key };
    let mut agent = blank(name, SLUG);
    let model = value.get("llm_name").and_then(Value::as_str);
    agent.model = model
        .and_then(|llm| root.at(&["llms", llm])?.get("model_name")?.as_str().or(Some(llm)))
        .or(model)
        .map(Sym::new);
    agent.limited = Some(true);
    for limit in ["max_iterations", "max_tool_calls", "max_history"] {
        if let Some((found, written)) = value.get(limit).and_then(|v| Some((v, v.scalar()?))) {
            let at = sink.place(found.span);
            agent.limits.push(Setting { name: Sym::new(limit), value: Sym::new(written), at });
        }
    }
    for tool in listed.one_or_many() {
        if let Some(name) = tool.as_str() {
            give(&mut agent, name, tool.span, sink);
        }
    }
    sink.add(entry.key_span, agent);
}

fn server(group: &Entry, sink: &mut Sink<'_>) {
    let Some(server) = group.value.get("server") else { return };
    let text = |key: &str| server.get(key).and_then(Value::as_str).map(Sym::new);
    let command = text("command");
    let fact = Server {
        name: Sym::new(&group.key),
        client: Sym::new(SLUG),
        transport: text("transport").unwrap_or_else(|| Sym::new(if command.is_some() { "stdio" } else { "http" })),
        local: command.is_some(),
        command,
        url: text("url"),
        ..Server::default()
    };
    sink.add(group.key_span, fact);
}

#[cfg(test)]
mod tests {
    use super::super::tests::agents;
    use super::NEMO;
    use crate::extract::trial;
    use crate::facts::{Fact, Server};
    use crate::parse::Kind;

    #[test]
    fn workflows_functions_and_groups() {
        let text = "llms:\n  big:\n    _type: nim\n    model_name: nemotron\nfunction_groups:\n  clock:\n    _type: mcp_client\n    server:\n      transport: stdio\n      command: python\nfunctions:\n  wiki:\n    _type: wiki_search\n  maths:\n    _type: tool_calling_agent\n    tool_names: [wiki]\n    llm_name: big\nworkflow:\n  _type: react_agent\n  tool_names: [maths, clock]\n  llm_name: big\n";
        let found = trial::facts(&NEMO, "config.yml", Kind::Yaml, text);
        assert_eq!(
            agents(&found),
            ["nemo-agent-toolkit maths nemotron wiki", "nemo-agent-toolkit react_agent nemotron maths,clock"]
        );
        let servers: Vec<_> = found.iter().filter_map(Fact::get::<Server>).map(|s| s.name.to_string()).collect();
        assert_eq!(servers, ["clock"]);
        let other = "workflow:\n  name: release\n  agent: build_agent\n  _type: job\n";
        assert!(trial::facts(&NEMO, "ci.yml", Kind::Yaml, other).is_empty());
    }
}

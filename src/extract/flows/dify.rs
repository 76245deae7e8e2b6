//! Dify applications, exported as YAML. Input: the document. Output: an [`Agent`] for an application that is an
//! agent and for each agent node of a workflow, with the tools that are switched on.
//!
//! Shape of the export: `kind: app`, `app: {name, mode}`; `model_config.agent_mode` of an agent's application;
//! `workflow.graph.nodes[].data` with `agent_parameters` of an agent node.
//! <https://docs.dify.ai/en/guides/workflow/node/agent> (2026-11-25), DSL 0.1 to 0.5.

use super::{blank, give};
use crate::extract::{Reader, Sink};
use crate::facts::{Agent, Setting, Sym};
use crate::parse::value::Value;
use crate::parse::{Document, Kind};

/// The reader of Dify applications.
pub const DIFY: Reader = Reader { name: "dify", reads, read };

const SLUG: &str = "dify";

fn reads(document: &Document<'_>) -> bool {
    let text = &document.text;
    document.kind == Kind::Yaml
        && text.contains("kind: app")
        && (text.contains("agent_mode:") || text.contains("agent_parameters:"))
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    for root in document.values().iter().filter(|root| root.get("kind").and_then(Value::as_str) == Some("app")) {
        if root.at(&["app", "mode"]).and_then(Value::as_str) == Some("agent-chat") {
            application(root, sink);
        }
        for node in root.at(&["workflow", "graph", "nodes"]).map(Value::items).unwrap_or_default() {
            let data = node.get("data").filter(|data| data.get("type").and_then(Value::as_str) == Some("agent"));
            if let Some(data) = data {
                agent_node(data, sink);
            }
        }
    }
}

/// An application that is an agent as a whole.
fn application(root: &Value, sink: &mut Sink<'_>) {
    let (Some(name), Some(mode)) = (root.at(&["app", "name"]), root.at(&["model_config", "agent_mode"])) else {
        return;
    };
    let mut agent = blank(name.as_str().unwrap_or("app"), SLUG);
    agent.model = root.at(&["model_config", "model", "name"]).and_then(Value::as_str).map(Sym::new);
    bound(&mut agent, mode.get("max_iteration"), sink);
    tools(&mut agent, mode.get("tools"), sink);
    sink.add(name.span, agent);
}

fn agent_node(data: &Value, sink: &mut Sink<'_>) {
    let Some(title) = data.get("title") else { return };
    let given = |key: &str| data.at(&["agent_parameters", key, "value"]);
    let mut agent = blank(title.as_str().unwrap_or("agent"), SLUG);
    agent.model = given("model").and_then(|model| model.get("model")).and_then(Value::as_str).map(Sym::new);
    bound(&mut agent, given("max_iterations").or_else(|| given("maximum_iterations")), sink);
    tools(&mut agent, given("tools"), sink);
    sink.add(title.span, agent);
}

/// An agent of Dify ends after some rounds, whether the export says how many or not.
fn bound(agent: &mut Agent, rounds: Option<&Value>, sink: &Sink<'_>) {
    agent.limited = Some(true);
    if let Some((value, written)) = rounds.and_then(|value| Some((value, value.scalar()?))) {
        let at = sink.place(value.span);
        agent.limits.push(Setting { name: Sym::new("max_iteration"), value: Sym::new(written), at });
    }
}

fn tools(agent: &mut Agent, listed: Option<&Value>, sink: &Sink<'_>) {
    for tool in listed.map(Value::items).unwrap_or_default() {
        let off = tool.get("enabled").and_then(Value::as_bool) == Some(false);
        if let Some(name) = tool.get("tool_name").and_then(Value::as_str).filter(|_| !off) {
            give(agent, name, tool.span, sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::agents;
    use super::DIFY;
    use crate::extract::trial;
    use crate::parse::Kind;

    #[test]
    fn an_application_and_a_node_are_agents_and_other_modes_are_not() {
        let app = "app:\n  mode: agent-chat\n  name: Clerk\nkind: app\nmodel_config:\n  agent_mode:\n    enabled: true\n    max_iteration: 5\n    tools:\n    - enabled: true\n      tool_name: send_mail\n    - enabled: false\n      tool_name: drop_row\n  model:\n    name: gpt-4o\n";
        let found = trial::facts(&DIFY, "clerk.yml", Kind::Yaml, app);
        assert_eq!(agents(&found), ["dify Clerk gpt-4o send_mail"]);
        let flow = "app:\n  mode: workflow\n  name: Flow\nkind: app\nworkflow:\n  graph:\n    nodes:\n    - data:\n        type: llm\n        title: Writer\n    - data:\n        type: agent\n        title: Scout\n        agent_parameters:\n          model:\n            value:\n              model: gpt-4o\n          tools:\n            value:\n            - enabled: true\n              tool_name: web\n";
        let found = trial::facts(&DIFY, "flow.yml", Kind::Yaml, flow);
        assert_eq!(agents(&found), ["dify Scout gpt-4o web"]);
        let chat = app.replace("agent-chat", "chat");
        assert!(trial::facts(&DIFY, "chat.yml", Kind::Yaml, &chat).is_empty());
    }
}

//! Agents declared in data. Input: YAML and JSON. Output: [`Agent`] facts for CrewAI's `agents.yaml`,
//! ADK's agent configuration and AutoGen's components.

use crate::extract::{Reader, Sink};
use crate::facts::{Agent, Ref, RefKind, Server, Setting, Sym};
use crate::matcher::Topic;
use crate::parse::value::{Entry, Node, Value};
use crate::parse::{Document, Kind};
use crate::span::Span;

/// The reader of agents in data.
pub const DECLARED: Reader = Reader { name: "declared agents", reads, read };

/// How deep components lie in each other.
const DEPTH: u8 = 12;

fn reads(document: &Document<'_>) -> bool {
    let name = document.file_name();
    match document.kind {
        Kind::Yaml => {
            crew_file(name) && ["goal", "backstory"].iter().any(|key| document.text.contains(key))
                || document.text.contains("agent_class:")
                || document.text.contains("root_agent")
        }
        // The provider of a component is a class of AutoGen by its full name.
        Kind::Json => document.hits.has(Topic::Framework) && document.text.contains("\"autogen_"),
        _ => false,
    }
}

fn crew_file(name: &str) -> bool {
    let stem = name.trim_end_matches(".yaml").trim_end_matches(".yml");
    stem.ends_with("agents") || stem.ends_with("agents_config") || stem.starts_with("agents")
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    for value in document.values() {
        if document.kind == Kind::Json {
            components(value, sink, DEPTH);
        } else if value.get("agent_class").is_some() {
            adk(value, sink);
        } else if crew_file(document.file_name()) {
            value.entries().iter().for_each(|entry| crew(entry, sink));
        }
    }
}

/// `name: {role, goal, backstory, …}`.
fn crew(entry: &Entry, sink: &mut Sink<'_>) {
    let fields = ["role", "goal", "backstory"].iter().filter(|f| entry.value.get(f).is_some()).count();
    if fields < 2 {
        return;
    }
    let mut agent = blank(&entry.key, "crewai");
    agent.model = text(&entry.value, "llm");
    agent.limited = Some(true);
    for name in ["max_iter", "max_execution_time", "max_rpm"] {
        if let Some(value) = entry.value.get(name)
            && let Some(written) = value.scalar()
        {
            agent.limits.push(Setting { name: Sym::new(name), value: Sym::new(written), at: sink.place(value.span) });
        }
    }
    tools(entry.value.get("tools"), &mut agent, sink);
    sink.add(entry.key_span, agent);
}

/// ADK's configuration of one agent.
fn adk(value: &Value, sink: &mut Sink<'_>) {
    let Some(name) = value.get("name") else { return };
    let Some(written) = name.as_str() else { return };
    let mut agent = blank(written, "google-adk");
    agent.model = text(value, "model");
    agent.limited = Some(true);
    tools(value.get("tools"), &mut agent, sink);
    for sub in value.get("sub_agents").map(Value::items).unwrap_or_default() {
        let path = sub.get("config_path").and_then(Value::as_str).or_else(|| sub.as_str());
        if let Some(path) = path {
            let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".yaml").trim_end_matches(".yml");
            agent.handoffs.push(reference(RefKind::Name, stem, sub.span, sink));
        }
    }
    let span = value.entry("name").map_or(name.span, |e| e.key_span);
    sink.add(span, agent);
}

/// AutoGen's components, wherever they lie.
fn components(value: &Value, sink: &mut Sink<'_>, depth: u8) {
    if depth == 0 {
        return;
    }
    if let (Some(provider), Some(config)) = (value.get("provider").and_then(Value::as_str), value.get("config")) {
        let last = provider.rsplit('.').next().unwrap_or(provider);
        let agent = provider.starts_with("autogen_") && last.ends_with("Agent") && last != "UserProxyAgent";
        if agent && let Some(name) = config.get("name").and_then(Value::as_str) {
            let mut agent = blank(name, "autogen");
            agent.model = config.at(&["model_client", "config", "model"]).and_then(Value::as_str).map(Sym::new);
            agent.limited = Some(true);
            let listed = config.at(&["workbench", "config", "tools"]).or_else(|| config.get("tools"));
            for tool in listed.map(Value::items).unwrap_or_default() {
                let named = tool.at(&["config", "name"]).or_else(|| tool.get("label"));
                if let Some(name) = named.and_then(Value::as_str) {
                    give(&mut agent, name, tool.span, sink);
                }
            }
            let span = value.entry("provider").map_or(value.span, |e| e.key_span);
            sink.add(span, agent);
        }
        if last.ends_with("ServerParams") {
            server(last, config, value.span, sink);
        }
    }
    match &value.node {
        Node::List(items) => items.iter().for_each(|v| components(v, sink, depth - 1)),
        Node::Map(entries) => entries.iter().for_each(|e| components(&e.value, sink, depth - 1)),
        _ => {}
    }
}

fn server(kind: &str, config: &Value, span: Span, sink: &mut Sink<'_>) {
    let transport = match kind {
        "StdioServerParams" => "stdio",
        "SseServerParams" => "sse",
        _ => "http",
    };
    let command = text(config, "command");
    let server = Server {
        name: command.or_else(|| text(config, "url")).unwrap_or_default(),
        client: Sym::new("autogen"),
        transport: Sym::new(transport),
        command,
        url: text(config, "url"),
        local: transport == "stdio",
        ..Server::default()
    };
    sink.add(span, server);
}

fn tools(listed: Option<&Value>, agent: &mut Agent, sink: &Sink<'_>) {
    for tool in listed.map(Value::items).unwrap_or_default() {
        if let Some(name) = tool.as_str().or_else(|| tool.get("name").and_then(Value::as_str)) {
            give(agent, name, tool.span, sink);
        }
    }
}

fn give(agent: &mut Agent, name: &str, span: Span, sink: &Sink<'_>) {
    agent.tools.push(reference(RefKind::Name, name, span, sink));
    agent.tool_names.push(Sym::new(name));
}

fn reference(kind: RefKind, name: &str, span: Span, sink: &Sink<'_>) -> Ref {
    Ref { kind, name: Sym::new(name), at: sink.place(span) }
}

fn blank(name: &str, framework: &str) -> Agent {
    Agent { name: Sym::new(name), framework: Sym::new(framework), tracing: Sym::new("unknown"), ..Agent::default() }
}

fn text(value: &Value, key: &str) -> Option<Sym> {
    value.get(key).and_then(Value::as_str).map(|t| Sym::new(t.trim()))
}

#[cfg(test)]
mod tests {
    use crate::extract::trial;
    use crate::facts::{Agent, Fact};
    use crate::parse::Kind;

    fn agents(facts: &[Fact]) -> Vec<(String, String, Vec<String>)> {
        let tools = |a: &Agent| a.tool_names.iter().map(ToString::to_string).collect();
        facts
            .iter()
            .filter_map(Fact::get::<Agent>)
            .map(|a| (a.name.to_string(), a.framework.to_string(), tools(a)))
            .collect()
    }

    #[test]
    fn crews_and_configurations_are_read_and_other_lists_are_not() {
        let crew = "scout:\n  role: Scout\n  goal: look\n  backstory: old\n  max_iter: 3\nother:\n  url: x\n";
        let found = trial::facts(&super::DECLARED, "src/config/agents.yaml", Kind::Yaml, crew);
        assert_eq!(agents(&found), [("scout".into(), "crewai".into(), vec![])]);
        let adk = "agent_class: LlmAgent\nname: helper\nmodel: gemini-2.5-flash\ntools:\n  - name: google_search\n";
        let found = trial::facts(&super::DECLARED, "root_agent.yaml", Kind::Yaml, adk);
        assert_eq!(agents(&found), [("helper".into(), "google-adk".into(), vec!["google_search".into()])]);
    }

    #[test]
    fn components_lie_in_teams() {
        let team = r#"{"provider": "autogen_agentchat.teams.RoundRobinGroupChat", "config": {"participants": [
            {"provider": "autogen_agentchat.agents.AssistantAgent", "config": {"name": "a", "tools": [{"config": {"name": "calc"}}]}},
            {"provider": "autogen_agentchat.agents.UserProxyAgent", "config": {"name": "user"}}]}}"#;
        let found = trial::facts(&super::DECLARED, "team.json", Kind::Json, team);
        assert_eq!(agents(&found), [("a".into(), "autogen".into(), vec!["calc".into()])]);
    }
}

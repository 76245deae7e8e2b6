//! n8n workflows. Input: the exported JSON. Output: an [`Agent`] for each agent node, a [`Tool`] for each
//! node that is connected to it as a tool, gated when a review node lies between, an [`Endpoint`] for each
//! trigger that offers tools or starts an agent.
//!
//! Shape of the export: `nodes[]` with `name`, `type`, `parameters`, `credentials`; `connections` from the
//! name of a node to the nodes that it serves, by kind (`ai_tool`, `ai_languageModel`).

use std::collections::BTreeMap;

use crate::extract::{Reader, Sink};
use crate::facts::{Agent, Endpoint, Handoff, Ref, RefKind, Server, Setting, Sym, Tool};
use crate::matcher::Topic;
use crate::parse::code::query::each_part;
use crate::parse::value::Value;
use crate::parse::{Document, Kind};

/// The reader of n8n workflows.
pub const N8N: Reader = Reader { name: "n8n", reads, read };

const SLUG: &str = "n8n";
const PREFIX: &str = "@n8n/n8n-nodes-langchain.";

fn reads(document: &Document<'_>) -> bool {
    document.kind == Kind::Json && document.hits.has(Topic::Framework) && document.text.contains(PREFIX)
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    for root in document.values() {
        let flows = if root.items().is_empty() { vec![root] } else { root.items().iter().collect() };
        flows.into_iter().filter(|flow| flow.get("nodes").is_some()).for_each(|flow| workflow(flow, sink));
    }
}

/// Nodes by name, and what serves what.
struct Flow<'v> {
    nodes: BTreeMap<&'v str, &'v Value>,
    /// (kind, from, to)
    edges: Vec<(&'v str, &'v str, &'v str)>,
}

impl<'v> Flow<'v> {
    fn new(flow: &'v Value) -> Self {
        let nodes = flow.get("nodes").map(Value::items).unwrap_or_default();
        let nodes = nodes.iter().filter_map(|node| Some((node.get("name")?.as_str()?, node))).collect();
        let mut edges = Vec::new();
        for from in flow.get("connections").map(Value::entries).unwrap_or_default() {
            for kind in from.value.entries() {
                let targets = kind.value.items().iter().flat_map(Value::items);
                edges.extend(targets.filter_map(|t| Some((&*kind.key, &*from.key, t.get("node")?.as_str()?))));
            }
        }
        Self { nodes, edges }
    }

    /// Names of the nodes that serve `to` in a way.
    fn serving(&self, kind: &str, to: &str) -> Vec<&'v str> {
        self.edges.iter().filter(|(k, _, t)| *k == kind && *t == to).map(|(_, from, _)| *from).collect()
    }

    fn kind(&self, name: &str) -> &'v str {
        self.nodes.get(name).and_then(|n| n.get("type")).and_then(Value::as_str).unwrap_or("")
    }

    /// Whether a node is called from outside n8n: a webhook, or a chat that is published.
    /// <https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.webhook/>
    fn is_open(&self, name: &str, node: &Value) -> bool {
        let published = || node.at(&["parameters", "public"]).and_then(Value::as_bool) == Some(true);
        let kind = self.kind(name);
        let called = kind == "n8n-nodes-base.webhook" || kind == format!("{PREFIX}chatTrigger") && published();
        called && !disabled(node)
    }

    /// The agent that a trigger starts, unless a node between them looks at who calls.
    fn started(&self, trigger: &str) -> Option<&'v str> {
        let mut reached = vec![trigger];
        let mut at = 0;
        while let Some(&from) = reached.get(at) {
            let next = self.edges.iter().filter(|(kind, f, _)| *kind == "main" && *f == from).map(|&(_, _, to)| to);
            for to in next.collect::<Vec<_>>() {
                if self.is_agent(to) {
                    return Some(to);
                }
                let node = self.nodes.get(to).filter(|node| !disabled(node) && !asks_who(node));
                if node.is_some() && !reached.contains(&to) {
                    reached.push(to);
                }
            }
            at += 1;
        }
        None
    }

    fn is_agent(&self, name: &str) -> bool {
        matches!(self.kind(name).strip_prefix(PREFIX), Some("agent" | "agentTool" | "openAiAssistant"))
    }
}

fn workflow(flow: &Value, sink: &mut Sink<'_>) {
    let flow = Flow::new(flow);
    for (&name, node) in &flow.nodes {
        if flow.is_agent(name) && !disabled(node) {
            agent(&flow, name, node, sink);
        }
        if flow.kind(name).strip_prefix(PREFIX) == Some("mcpTrigger") && !disabled(node) {
            trigger("mcp", name, node, sink);
        }
        if flow.is_open(name, node)
            && let Some(agent) = flow.started(name)
        {
            trigger("agent-http", agent, node, sink);
        }
    }
}

/// Whether what a node is told speaks of a caller's credential: it may be the check.
fn asks_who(node: &Value) -> bool {
    const WORDS: [&str; 7] = ["headers", "authorization", "secret", "signature", "token", "password", "apikey"];
    let says = |text: &str| WORDS.iter().any(|word| text.to_ascii_lowercase().contains(word));
    let mut asks = false;
    if let Some(told) = node.get("parameters") {
        each_part(told, &mut |value| asks |= value.as_str().is_some_and(says));
    }
    asks
}

fn disabled(node: &Value) -> bool {
    node.get("disabled").and_then(Value::as_bool) == Some(true)
}

fn agent(flow: &Flow<'_>, name: &str, node: &Value, sink: &mut Sink<'_>) {
    let span = node.entry("name").map_or(node.span, |e| e.value.span);
    let symbol = Sym::new(name);
    let mut agent = Agent {
        name: Sym::new(name),
        framework: Sym::new(SLUG),
        symbol,
        tracing: Sym::new("unknown"),
        // The node ends after ten rounds unless it is told otherwise.
        limited: Some(true),
        ..Agent::default()
    };
    if let Some(limit) = node.at(&["parameters", "options", "maxIterations"])
        && let Some(written) = limit.scalar()
    {
        agent.limits.push(Setting {
            name: Sym::new("maxIterations"),
            value: Sym::new(written),
            at: sink.place(limit.span),
        });
    }
    for model in flow.serving("ai_languageModel", name) {
        let Some(model) = flow.nodes.get(model) else { continue };
        let named = model.at(&["parameters", "model", "value"]).or_else(|| model.at(&["parameters", "model"]));
        agent.model = agent.model.or(named.and_then(Value::as_str).map(Sym::new));
        credentials(model, &mut agent, sink);
    }
    for tool in flow.serving("ai_tool", name) {
        // A review node holds back the tools that are connected to it.
        if flow.kind(tool).ends_with("HitlTool") {
            for held in flow.serving("ai_tool", tool) {
                give(flow, held, Some("human review"), &mut agent, sink);
            }
        } else {
            give(flow, tool, None, &mut agent, sink);
        }
    }
    sink.add(span, agent);
}

fn credentials(node: &Value, agent: &mut Agent, sink: &Sink<'_>) {
    for entry in node.get("credentials").map(Value::entries).unwrap_or_default() {
        let Some(shown) = entry.value.get("name").or_else(|| entry.value.get("id")).and_then(Value::as_str) else {
            continue;
        };
        let name = Sym::from(format!("{} ({shown})", entry.key));
        if agent.credentials.iter().all(|c| c.name != name) {
            agent.credentials.push(Ref { kind: RefKind::Secret, name, at: sink.place(entry.key_span) });
        }
    }
}

/// Gives a node that is connected as a tool.
fn give(flow: &Flow<'_>, name: &str, gate: Option<&str>, agent: &mut Agent, sink: &mut Sink<'_>) {
    let Some(node) = flow.nodes.get(name).filter(|node| !disabled(node)) else { return };
    let span = node.entry("name").map_or(node.span, |e| e.value.span);
    let at = sink.place(span);
    let kind = flow.kind(name);
    if flow.is_agent(name) {
        let to = Ref { kind: RefKind::Symbol, name: Sym::new(name), at };
        let from = Ref { kind: RefKind::Symbol, name: agent.symbol, at };
        agent.handoffs.push(to);
        let handoff = Handoff {
            form: Sym::new("agent-as-tool"),
            passes: vec![Sym::new("context")],
            gate: gate.map(Sym::new),
            from: Some(from),
            to: Some(to),
            ..Handoff::default()
        };
        sink.add(span, handoff);
        return;
    }
    agent.tools.push(Ref { kind: RefKind::Symbol, name: Sym::new(name), at });
    agent.tool_names.push(Sym::new(name));
    credentials(node, agent, sink);
    if kind.ends_with("mcpClientTool") {
        let url =
            ["endpointUrl", "sseEndpoint"].iter().find_map(|k| node.at(&["parameters", k])).and_then(Value::as_str);
        let server = Server {
            name: Sym::new(name),
            client: Sym::new(SLUG),
            transport: Sym::new("http"),
            url: url.map(Sym::new),
            holds_credential: node.get("credentials").is_some(),
            symbol: Some(Sym::new(name)),
            ..Server::default()
        };
        sink.add(span, server);
        return;
    }
    let operation = node.at(&["parameters", "operation"]).and_then(Value::as_str);
    let asks = operation == Some("sendAndWait");
    let tool = Tool {
        name: Sym::new(name),
        framework: Sym::new(SLUG),
        symbol: Sym::new(name),
        effects: if asks { Vec::new() } else { effects(kind, operation, node).iter().map(|e| Sym::new(e)).collect() },
        gate: gate.map(Sym::new),
        builtin: true,
        ..Tool::default()
    };
    sink.add(span, tool);
}

/// What a node does, by its type and operation; the export leaves out what is the default.
fn effects(kind: &str, operation: Option<&str>, node: &Value) -> Vec<&'static str> {
    let last = kind.rsplit('.').next().unwrap_or(kind);
    let base = last.strip_suffix("Tool").unwrap_or(last);
    let lower = operation.unwrap_or("").to_ascii_lowercase();
    let free = |key: &str| node.at(&["parameters", key]).and_then(Value::as_str).is_some_and(|t| t.contains("$fromAI"));
    match base {
        "executeCommand" | "ssh" => vec!["execute"],
        "toolHttpRequest" | "httpRequest" => {
            let method = node.at(&["parameters", "method"]).and_then(Value::as_str).unwrap_or("GET");
            match method {
                "DELETE" => vec!["delete"],
                "GET" if free("url") => vec!["network"],
                "GET" => vec!["read"],
                _ => vec!["network"],
            }
        }
        "postgres" | "mySql" | "microsoftSql" | "snowflake" | "supabase" | "mongoDb" => match &*lower {
            "executequery" if !free("query") => vec!["read"],
            "executequery" => vec!["sql"],
            "select" | "get" | "getall" | "find" | "aggregate" => vec!["read"],
            "" => vec!["read"],
            _ if lower.contains("delete") => vec!["database", "delete"],
            _ => vec!["database"],
        },
        "gmail" | "slack" | "telegram" | "discord" | "emailSend" | "microsoftOutlook" | "microsoftTeams"
        | "whatsApp" | "twilio" | "sendGrid" => match &*lower {
            "" | "send" | "reply" | "sendmessage" | "post" | "sendmail" => vec!["send"],
            _ if lower.contains("delete") => vec!["delete"],
            _ => vec!["read"],
        },
        _ if lower.contains("delete") || lower.contains("remove") => vec!["delete"],
        _ if matches!(&*lower, "create" | "update" | "append" | "upsert" | "upload") => vec!["write"],
        _ => vec!["read"],
    }
}

/// A trigger that offers the workflow's tools to callers, or starts an agent for them.
fn trigger(form: &str, name: &str, node: &Value, sink: &mut Sink<'_>) {
    let given = node.at(&["parameters", "authentication"]).and_then(Value::as_str).filter(|a| *a != "none");
    let endpoint = Endpoint {
        form: Sym::new(form),
        framework: Sym::new(SLUG),
        symbol: Sym::new(name),
        transport: Sym::new("http"),
        reachable: Sym::new("yes"),
        authentication: given.map(Sym::new),
        route: node.at(&["parameters", "path"]).and_then(Value::as_str).map(Sym::new),
        ..Endpoint::default()
    };
    sink.add(node.entry("name").map_or(node.span, |e| e.value.span), endpoint);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::trial;
    use crate::facts::{AsRecord, Fact};

    const FLOW: &str = r#"{"nodes": [
        {"name": "Désk", "type": "@n8n/n8n-nodes-langchain.agent", "parameters": {"options": {"maxIterations": 4}}},
        {"name": "Model", "type": "@n8n/n8n-nodes-langchain.lmChatOpenAi", "parameters": {"model": {"__rl": true, "value": "gpt-4o", "mode": "list"}},
         "credentials": {"openAiApi": {"id": "a1", "name": "OpenAi account"}}},
        {"name": "Mail", "type": "n8n-nodes-base.gmailTool", "parameters": {"sendTo": "={{ $fromAI('to') }}"}, "credentials": {"gmailOAuth2": {"id": "b2", "name": "Desk mail"}}},
        {"name": "Review", "type": "@n8n/n8n-nodes-langchain.slackHitlTool", "parameters": {}},
        {"name": "Drop", "type": "n8n-nodes-base.postgresTool", "parameters": {"operation": "deleteTable"}},
        {"name": "Look", "type": "n8n-nodes-base.httpRequestTool", "parameters": {"url": "https://orders.internal.example"}},
        {"name": "Old", "type": "n8n-nodes-base.executeCommandTool", "disabled": true, "parameters": {}},
        {"name": "Helper", "type": "@n8n/n8n-nodes-langchain.agentTool", "parameters": {}},
        {"name": "Offer", "type": "@n8n/n8n-nodes-langchain.mcpTrigger", "parameters": {"path": "tools"}},
        {"name": "Note", "type": "n8n-nodes-base.stickyNote", "parameters": {}}],
        "connections": {
          "Model": {"ai_languageModel": [[{"node": "Désk", "type": "ai_languageModel", "index": 0}]]},
          "Mail": {"ai_tool": [[{"node": "Désk", "type": "ai_tool", "index": 0}]]},
          "Drop": {"ai_tool": [[{"node": "Review", "type": "ai_tool", "index": 0}]]},
          "Review": {"ai_tool": [[{"node": "Désk", "type": "ai_tool", "index": 0}]]},
          "Look": {"ai_tool": [[{"node": "Désk", "type": "ai_tool", "index": 0}]]},
          "Old": {"ai_tool": [[{"node": "Désk", "type": "ai_tool", "index": 0}]]},
          "Helper": {"ai_tool": [[{"node": "Désk", "type": "ai_tool", "index": 0}]]}}}"#;

    fn facts() -> Vec<Fact> {
        trial::facts(&N8N, "flows/desk.json", Kind::Json, FLOW)
    }

    #[test]
    fn an_agent_node_with_what_is_connected_to_it() {
        let facts = facts();
        let agents: Vec<&Agent> = facts.iter().filter_map(|f| Agent::of(&f.kind)).collect();
        let desk = agents.iter().find(|a| a.name == "Désk").unwrap();
        assert_eq!(agents.len(), 2);
        assert_eq!(desk.model.unwrap(), "gpt-4o");
        let tools: Vec<&str> = desk.tool_names.iter().map(|t| t.as_str()).collect();
        assert_eq!(tools, ["Mail", "Drop", "Look"]);
        assert_eq!(desk.handoffs[0].name, "Helper");
        assert_eq!(desk.limits[0].value, "4");
        let held: Vec<&str> = desk.credentials.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(held, ["openAiApi (OpenAi account)", "gmailOAuth2 (Desk mail)"]);
    }

    #[test]
    fn tools_by_operation_and_held_back_by_a_review_node() {
        let facts = facts();
        let tool = |name: &str| facts.iter().filter_map(|f| Tool::of(&f.kind)).find(|t| t.name == name).unwrap();
        let effects = |name: &str| tool(name).effects.iter().map(|e| e.as_str()).collect::<Vec<_>>().join("+");
        assert_eq!((effects("Mail"), tool("Mail").gate), ("send".into(), None));
        assert_eq!(
            (effects("Drop"), tool("Drop").gate.map(|g| g.as_str())),
            ("database+delete".into(), Some("human review"))
        );
        assert_eq!(effects("Look"), "read");
        let endpoint = facts.iter().find_map(|f| Endpoint::of(&f.kind)).unwrap();
        assert!(endpoint.authentication.is_none() && endpoint.route.unwrap() == "tools");
    }

    #[test]
    fn a_webhook_that_starts_an_agent_is_an_endpoint_unless_something_asks_who_calls() {
        let flow = |webhook: &str, between: &str| {
            let text = format!(
                r#"{{"nodes": [
                {{"name": "Hook", "type": "n8n-nodes-base.webhook", "parameters": {{"path": "desk"{webhook}}}}},
                {{"name": "Between", "type": "n8n-nodes-base.if", "parameters": {{"value": "{between}"}}}},
                {{"name": "Desk", "type": "@n8n/n8n-nodes-langchain.agent", "parameters": {{}}}}],
                "connections": {{
                  "Hook": {{"main": [[{{"node": "Between", "type": "main", "index": 0}}]]}},
                  "Between": {{"main": [[{{"node": "Desk", "type": "main", "index": 0}}]]}}}}}}"#
            );
            let facts = trial::facts(&N8N, "flows/desk.json", Kind::Json, &text);
            let endpoint = facts.iter().find_map(|f| Endpoint::of(&f.kind))?;
            Some((endpoint.symbol.as_str(), endpoint.authentication.map(|by| by.as_str())))
        };
        assert_eq!(flow("", "={{ $json.body.chatInput }}"), Some(("Desk", None)));
        assert_eq!(flow(", \"authentication\": \"headerAuth\"", ""), Some(("Desk", Some("headerAuth"))));
        assert_eq!(flow("", "={{ $json.headers['x-desk'] }}"), None);
    }

    #[test]
    fn other_json_is_none() {
        assert!(
            trial::facts(&N8N, "a.json", Kind::Json, r#"{"nodes": [{"name": "x", "type": "n8n-nodes-base.set"}]}"#)
                .is_empty()
        );
    }
}

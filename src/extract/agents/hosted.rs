//! Tool servers that a model's provider calls (`{"type": "mcp", …}` of a Responses API), where the request
//! says that nobody is asked. Input: the scene and its module. Output: [`Server`] facts.
//! <https://platform.openai.com/docs/guides/tools-connectors-mcp> (2026-11-25).

use super::args::says;
use super::names::At;
use super::scene::Scene;
use super::toolloop;
use crate::facts::{Server, Sym};
use crate::parse::code::ast::Module;
use crate::parse::value::{Node, Value};
use crate::span::Span;

/// Keys that say when a person is asked.
const ASKS: &[&str] = &["require_approval", "requireApproval"];

/// Whether a text may hold such a request.
pub(super) fn mentioned(text: &str) -> bool {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    has("never") && ASKS.iter().any(|key| has(key)) && has("mcp")
}

/// Finds every request that is written as a map, wherever it stands.
pub(super) fn read(scene: &mut Scene<'_, '_>, module: &Module) {
    let mut found: Vec<(Span, Server)> = Vec::new();
    toolloop::every(&module.body, &mut |value| {
        if let Some(server) = server(value)
            && !found.iter().any(|(span, _)| span.contains(value.span))
        {
            found.push((value.span, server));
        }
    });
    for (span, server) in found {
        // What a constructor of an SDK holds is known already.
        if scene.servers.iter().all(|(known, _)| !known.contains(span)) {
            let line = (scene.place)(span).line;
            scene.add_server(span, &format!("hosted#{line}"), server);
        }
    }
}

/// A key of a request, written as a map or as the client's own type (`Mcp(type="mcp", …)`).
fn part<'v>(request: &'v Value, key: &str) -> Option<&'v Value> {
    request.get(key).or_else(|| request.as_call()?.keyword(key))
}

fn server(value: &Value) -> Option<Server> {
    let request = matches!(value.node, Node::Map(_)) || value.as_call().is_some_and(|c| c.method() == Some("Mcp"));
    if !request || part(value, "type").and_then(Value::as_str) != Some("mcp") {
        return None;
    }
    let asks = ASKS.iter().find_map(|key| part(value, key))?;
    if !says(asks, &["never"]) {
        return None;
    }
    let text = |keys: &[&str]| keys.iter().find_map(|key| part(value, key)?.as_str()).map(str::to_owned);
    let url = text(&["server_url", "serverUrl", "connector_id", "connectorId"]);
    Some(Server {
        name: Sym::from(text(&["server_label", "serverLabel"]).unwrap_or_else(|| "mcp".to_owned())),
        client: Sym::new("tool-loop"),
        transport: Sym::new("http"),
        url: url.as_deref().map(|url| Sym::from(super::servers::without_query(url))),
        // An address with a query mostly says who calls.
        holds_credential: holds_credential(value) || url.as_deref().is_some_and(|url| url.contains('?')),
        auto_approved: approved(part(value, "allowed_tools").or_else(|| part(value, "allowedTools"))),
        ..Server::default()
    })
}

/// Whether a request hands the server a credential.
fn holds_credential(request: &Value) -> bool {
    ["authorization", "headers"].iter().filter_map(|key| part(request, key)).any(|given| match &given.node {
        Node::Null => false,
        Node::Map(entries) => !entries.is_empty(),
        _ => true,
    })
}

/// All tools, or those that are named.
fn approved(listed: Option<&Value>) -> Vec<Sym> {
    match listed.filter(|listed| listed.node != Node::Null) {
        None => vec![Sym::new("*")],
        Some(listed) => listed.items().iter().filter_map(Value::as_str).map(Sym::new).collect(),
    }
}

/// Whether a constructor's arguments say that nobody is asked, and for which tools.
pub(super) fn of_constructor<'m>(scene: &Scene<'_, 'm>, request: &'m Value, at: At) -> Vec<Sym> {
    let (request, _) = scene.names.constant(request, at);
    let asks = ASKS.iter().find_map(|key| part(request, key));
    if !asks.is_some_and(|asks| says(asks, &["never"])) {
        return Vec::new();
    }
    approved(part(request, "allowed_tools").or_else(|| part(request, "allowedTools")))
}

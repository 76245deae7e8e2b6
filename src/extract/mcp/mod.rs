//! Tool servers (MCP) in configuration. Input: documents of any structured format, and scripts that
//! write such configuration. Output: [`Server`](crate::facts::Server) facts.

mod server;
#[cfg(test)]
mod tests;
mod variables;

use server::Declared;
pub(crate) use variables::reference;

use super::{Reader, Sink, embedded};
use crate::catalogue::clients;
use crate::facts::{EnvVar, Place, Ref, RefKind, Sym};
use crate::matcher::Topic;
use crate::parse::{Document, Kind, Value};
use crate::span::Span;

/// Reads configuration that no client's file name announces, and fragments in scripts.
pub const READER: Reader = Reader { name: "mcp", reads, read };

/// Root keys that only tool servers stand under.
const ROOTS: &[&[&str]] = &[
    &["mcpServers"],
    &["mcp_servers"],
    &["mcp", "servers"],
    &["mcp", "mcpServers"],
    &["context_servers"],
    &["server", "mcp_config"],
];

/// The telling keys of [`ROOTS`].
const KEYS: [&str; 4] = ["mcpServers", "mcp_servers", "context_servers", "mcp_config"];

/// Fragments of one script that are read.
const MAX_FRAGMENTS: usize = 20;

fn reads(document: &Document<'_>) -> bool {
    let announced = document.hits.has(Topic::AgentConfig) || document.path.to_ascii_lowercase().contains("mcp");
    let mentions = |word: &str| memchr::memmem::find(document.text.as_bytes(), word.as_bytes()).is_some();
    if !announced || clients::files(document.path).next().is_some() {
        return false;
    }
    match document.kind {
        Kind::Json => {
            shallow_key(&document.text, &KEYS) || shallow_key(&document.text, &["mcp"]) && mentions("servers")
        }
        Kind::Toml | Kind::Yaml => KEYS.iter().any(|key| mentions(key)) || mentions("mcp") && mentions("servers"),
        Kind::Shell | Kind::Dockerfile => mentions("\"mcpServers\""),
        _ => false,
    }
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    match document.kind {
        Kind::Shell | Kind::Dockerfile => fragments(document, sink),
        _ => {
            for root in document.values() {
                for path in ROOTS {
                    if let Some(place) = root.at(path) {
                        let bundle = path[0] == "server";
                        servers(place, if bundle { "claude-desktop" } else { "unknown" }, None, document, sink);
                    }
                }
            }
            if document.kind == Kind::Yaml {
                fragments(document, sink);
            }
        }
    }
}

/// Whether one of `keys` stands where [`ROOTS`] look for it, in the two outermost maps of a JSON text:
/// schemas and recorded data mention servers deeper, and are large.
fn shallow_key(text: &str, keys: &[&str]) -> bool {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(&byte) = bytes.get(at) {
        let quoted = matches!(byte, b'"' | b'\'');
        let start = at + usize::from(quoted);
        let key = depth <= 2
            && keys.iter().any(|key| {
                let rest = bytes[start..].strip_prefix(key.as_bytes());
                rest.and_then(<[u8]>::first).is_some_and(|next| matches!(next, b'"' | b'\'' | b':' | b' '))
            });
        if key {
            return true;
        }
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'"' => at = string_end(bytes, start),
            _ => {}
        }
        at += 1;
    }
    false
}

/// Where the string that begins at `at` has its closing quote.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

/// What a place of servers gave, for the client that holds them.
pub(crate) struct Found {
    /// The server's name and where it stands.
    pub(crate) name: Sym,
    pub(crate) at: Place,
    /// What it is handed.
    pub(crate) env: Vec<EnvVar>,
}

/// Reads a map or list of servers (or one server alone) and adds their facts.
pub(crate) fn servers(
    place: &Value,
    client: &str,
    passwords: Option<&[String]>,
    document: &Document<'_>,
    sink: &mut Sink<'_>,
) -> Vec<Found> {
    let mut declared: Vec<Declared<'_>> = place
        .entries()
        .iter()
        .filter(|e| !e.value.entries().is_empty())
        .map(|e| Declared { name: &e.key, name_span: e.key_span, body: &e.value })
        .collect();
    for item in place.items() {
        let name = item.get("name");
        let span = name.map_or(item.span, |n| n.span);
        declared.push(Declared { name: name.and_then(Value::as_str).unwrap_or(""), name_span: span, body: item });
    }
    let alone = place.get("command").is_some_and(|c| c.entries().is_empty());
    if alone {
        declared = vec![Declared { name: "", name_span: place.span, body: place }];
    }
    let mut found = Vec::new();
    for one in declared {
        if let Some(server) = server::read(&one, client, passwords, document, sink) {
            found.push(Found { name: server.name, at: sink.place(one.name_span), env: server.env.clone() });
            sink.add(one.name_span, server);
        }
    }
    found
}

/// Ids of the inputs that a person is asked for as a password.
pub(crate) fn passwords(inputs: &Value) -> Vec<String> {
    let secret = |input: &&Value| input.get("password").and_then(Value::as_bool) == Some(true);
    inputs.items().iter().filter(secret).filter_map(|i| i.get("id")?.as_str()).map(str::to_owned).collect()
}

/// JSON with servers inside a script, a here-document or an argument.
fn fragments(document: &Document<'_>, sink: &mut Sink<'_>) {
    let text = &*document.text;
    let mut done = 0;
    for at in memchr::memmem::find_iter(text.as_bytes(), b"\"mcpServers\"").take(MAX_FRAGMENTS) {
        if at < done {
            continue;
        }
        let Some(open) = text[..at].rfind('{') else { continue };
        let Some(found) = embedded::object(&text[open..], open) else { continue };
        done = found.span.end as usize;
        if let Some(place) = found.get("mcpServers") {
            servers(place, named_before(&text[..open]), None, document, sink);
        }
    }
}

/// The client whose file a script writes, by the name that stands shortly before.
fn named_before(text: &str) -> &'static str {
    let from = text.len().saturating_sub(300);
    let from = (from..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let near = text[from..].to_ascii_lowercase();
    let known = [
        ("claude_desktop", "claude-desktop"),
        ("claude", "claude-code"),
        (".mcp.json", "claude-code"),
        ("cursor", "cursor"),
        ("gemini", "gemini-cli"),
        ("copilot", "copilot"),
        (".vscode", "vscode"),
    ];
    known
        .iter()
        .filter_map(|&(word, client)| near.rfind(word).map(|at| (at, client)))
        .max_by_key(|&(at, _)| at)
        .map_or("unknown", |(_, client)| client)
}

/// What an agent reads for its servers; what stands there itself is a variable of the server.
pub(crate) fn credentials(found: &[Found]) -> Vec<Ref> {
    let kept = |r: &Ref| matches!(r.kind, RefKind::Env | RefKind::Secret);
    found.iter().flat_map(|f| f.env.iter().filter_map(|e| e.from).filter(kept)).collect()
}

/// Where a server's name stands, as a reference of its agent.
pub(crate) fn references(found: &[Found]) -> Vec<Ref> {
    found.iter().map(|f| Ref { kind: RefKind::Server, name: f.name, at: f.at }).collect()
}

/// The values at a key path in which `*` stands for any key, with the last key's span.
pub(crate) fn every<'v>(root: &'v Value, path: &[&str], found: &mut Vec<(Span, &'v Value)>) {
    let Some((first, rest)) = path.split_first() else { return };
    for entry in root.entries().iter().filter(|e| *first == "*" || *e.key == **first) {
        if rest.is_empty() {
            found.push((entry.key_span, &entry.value));
        } else {
            every(&entry.value, rest, found);
        }
    }
}

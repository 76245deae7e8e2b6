//! Coding agents and desktop clients by their configuration. Input: a client's file. Output: the client
//! as an [`Agent`], its tool servers, switches and gates. A committed switch is not always obeyed:
//! `honoured` says what the client does with it.

mod argv;
mod command_lines;
mod frontmatter;
mod switches;
#[cfg(test)]
mod tests;

pub use argv::READER as ARGUMENT_LISTS;
pub use command_lines::READER as COMMAND_LINES;

use super::{Reader, Sink, mcp};
use crate::catalogue::clients::{self, Client, ConfigFile};
use crate::facts::{Agent, Credential, Ref, RefKind, Setting, Sym};
use crate::parse::{Document, Kind, Value};
use crate::span::Span;

/// Reads the files of coding agents and desktop clients.
pub const READER: Reader = Reader { name: "coding-agents", reads, read };

/// Settings of Claude Code whose value is a command that hands out a credential.
const HELPERS: &[(&str, &str, &str)] = &[
    ("apiKeyHelper", "anthropic", "Key from a helper command"),
    ("awsCredentialExport", "aws", "AWS credentials from a helper command"),
];

fn reads(document: &Document<'_>) -> bool {
    clients::reads(document.path)
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let header;
    let roots = if document.kind == Kind::Markdown {
        header = frontmatter::read(document);
        header.as_slice()
    } else {
        document.values()
    };
    for root in roots {
        let switched = switches::read(document, root, sink);
        let mut any = false;
        for (client, file) in clients::files(document.path) {
            any |= configured(document, root, client, file, switched > 0, sink);
        }
        if !any && switched > 0 && document.kind != Kind::Markdown {
            let client = clients::switches(document.path).next().map(|(client, _)| client);
            client.iter().for_each(|client| sink.add(start(root), plain(client)));
        }
    }
}

/// The client or sub-agent that `root` configures; whether there is one.
fn configured(
    document: &Document<'_>,
    root: &Value,
    client: &Client,
    file: &ConfigFile,
    switched: bool,
    sink: &mut Sink<'_>,
) -> bool {
    let inputs = root.at(file.inputs).filter(|_| !file.inputs.is_empty()).map(mcp::passwords);
    let mut places = Vec::new();
    for path in file.servers {
        mcp::every(root, path, &mut places);
    }
    let mut found = Vec::new();
    for (_, place) in places {
        found.extend(mcp::servers(place, client.slug, inputs.as_deref(), document, sink));
    }
    let gates = gates(root, file, sink);
    let helpers = helpers(root, sink);
    if found.is_empty() && gates.is_empty() && !switched && !file.agent && helpers.is_empty() {
        return false;
    }
    let mut agent = if file.agent { declared(document, root, client, file) } else { plain(client) };
    agent.tools = mcp::references(&found);
    agent.credentials = mcp::credentials(&found);
    agent.credentials.extend(environment(root, sink));
    agent.credentials.extend(helpers);
    agent.gates = gates;
    let at = root.get("name").filter(|_| file.agent).map_or_else(|| start(root), |name| name.span);
    sink.add(at, agent);
    true
}

/// The client itself.
fn plain(client: &Client) -> Agent {
    let unknown = Sym::new("unknown");
    Agent { name: Sym::new(client.slug), framework: Sym::new(client.slug), tracing: unknown, ..Agent::default() }
}

/// A sub-agent with its own name, model and tools.
fn declared(document: &Document<'_>, root: &Value, client: &Client, file: &ConfigFile) -> Agent {
    let text = |key: &str| root.get(key).and_then(Value::as_str).map(Sym::new);
    let stem = document.file_name().split('.').next().unwrap_or("");
    let listed = root.at(file.tools).filter(|_| !file.tools.is_empty());
    let mut names: Vec<Sym> = Vec::new();
    for item in listed.map_or(&[][..], Value::one_or_many) {
        names.extend(switches::rules(item.as_str().unwrap_or("")).into_iter().map(Sym::new));
    }
    // Without a list, sub-agents of these clients have every tool.
    if listed.is_none() && document.kind == Kind::Markdown {
        names.push(Sym::new("*"));
    }
    Agent { name: text("name").unwrap_or(Sym::new(stem)), model: text("model"), tool_names: names, ..plain(client) }
}

/// Hooks that see a call before it happens, and rules for which a person is asked.
fn gates(root: &Value, file: &ConfigFile, sink: &Sink<'_>) -> Vec<Setting> {
    let mut gates = Vec::new();
    let hooks = root.at(file.hooks).filter(|_| !file.hooks.is_empty());
    for event in hooks.map_or(&[][..], Value::entries) {
        let before = matches!(
            &*event.key,
            "PreToolUse" | "BeforeTool" | "beforeShellExecution" | "beforeMCPExecution" | "beforeReadFile"
        );
        for hook in event.value.items().iter().filter(|_| before) {
            let matcher = hook.get("matcher").and_then(Value::as_str).filter(|m| !m.is_empty()).unwrap_or("*");
            gates.push(setting(matcher, &format!("{} hook", event.key), event.key_span, sink));
        }
    }
    let asks = root.at(file.asks).filter(|_| !file.asks.is_empty());
    for rule in asks.map_or(&[][..], Value::items) {
        gates.extend(rule.as_str().map(|text| setting(text, "permissions.ask", rule.span, sink)));
    }
    gates
}

fn setting(name: &str, value: &str, at: Span, sink: &Sink<'_>) -> Setting {
    Setting { name: Sym::new(name), value: Sym::new(value), at: sink.place(at) }
}

/// Credentials that a command hands out: adds their facts.
fn helpers(root: &Value, sink: &mut Sink<'_>) -> Vec<Ref> {
    let mut references = Vec::new();
    for (key, provider, title) in HELPERS {
        let Some(entry) = root.entry(key).filter(|e| e.value.as_str().is_some()) else { continue };
        let credential = Credential {
            provider: Sym::new(provider),
            form: Sym::new("helper-command"),
            title: Sym::new(title),
            held: Sym::new("manager"),
            name: Sym::new(key),
            context: Sym::new("agent-config"),
            confidence: Sym::new("high"),
            ..Credential::default()
        };
        sink.add(entry.key_span, credential);
        references.push(Ref { kind: RefKind::Secret, name: Sym::new(key), at: sink.place(entry.key_span) });
    }
    references
}

/// Variables that the client sets for itself from others.
fn environment(root: &Value, sink: &Sink<'_>) -> Vec<Ref> {
    let entries = root.get("env").map_or(&[][..], Value::entries);
    let read = |value: &Value| {
        let (kind, name) = mcp::reference(value.as_str()?)?;
        Some(Ref { kind, name: Sym::from(name), at: sink.place(value.span) })
    };
    entries.iter().filter_map(|e| read(&e.value)).collect()
}

fn start(root: &Value) -> Span {
    let first = root.entries().first().map_or(root.span, |e| e.key_span);
    Span { start: first.start, end: first.end }
}

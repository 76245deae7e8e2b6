//! One tool server of a client's configuration. Input: its entry. Output: a [`Server`] fact.

use super::variables::{Collector, Handed};
use crate::extract::Sink;
use crate::extract::agents::credentials::names_credential;
use crate::extract::agents::servers::effects;
use crate::extract::launch;
use crate::extract::written::written;
use crate::facts::{RefKind, Server, Sym};
use crate::parse::{Document, Value};
use crate::span::Span;

const COMMAND: &[&str] = &["command", "cmd", "path"];
const URL: &[&str] = &["url", "serverUrl", "httpUrl", "uri", "endpoint"];
const ENV: &[&str] = &["env", "environment", "envs"];
const HEADERS: &[&str] = &["headers", "http_headers"];
const APPROVED: &[&str] = &["alwaysAllow", "autoApprove", "auto_approve"];

/// A server's entry: its name and what is configured under it.
pub(super) struct Declared<'v> {
    pub(super) name: &'v str,
    pub(super) name_span: Span,
    pub(super) body: &'v Value,
}

/// Reads one entry; none when it starts and reaches nothing.
pub(super) fn read(
    declared: &Declared<'_>,
    client: &str,
    passwords: Option<&[String]>,
    document: &Document<'_>,
    sink: &Sink<'_>,
) -> Option<Server> {
    // Zed: `command: { path, args, env }`. Bundles: the entry itself.
    let inner = declared.body.get("command").filter(|c| !c.entries().is_empty());
    let body = declared.body;
    let field = |keys: &[&str]| keys.iter().find_map(|k| body.get(k).or_else(|| inner.and_then(|i| i.get(k))));
    let off = body.get("disabled").and_then(Value::as_bool) == Some(true)
        || body.get("enabled").and_then(Value::as_bool) == Some(false);
    let words = words(body, inner);
    let url = field(URL);
    if off || (words.is_empty() && url.is_none()) {
        return None;
    }
    let mut collector = Collector { document, sink, passwords, handed: Handed::default() };
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|i| words[i].as_str());
        collector.argument(word, before);
    }
    url.iter().for_each(|url| collector.argument(url, None));
    ENV.iter().filter_map(|k| field(&[k])).for_each(|env| collector.map(env, false));
    HEADERS.iter().filter_map(|k| field(&[k])).for_each(|headers| collector.map(headers, true));
    body.at(&["requestInit", "headers"]).iter().for_each(|headers| collector.map(headers, true));
    for (key, kind) in [
        ("env_vars", RefKind::Env),
        ("env_http_headers", RefKind::Env),
        ("bearer_token_env_var", RefKind::Env),
        ("env_keys", RefKind::Secret),
        ("oauth_client_secret", RefKind::Name),
    ] {
        body.get(key).iter().for_each(|named| collector.names(named, kind));
    }
    let texts = shown(&words, document);
    let launch = launch::launch(&texts);
    let at = words.first().map_or(declared.name_span, |first| first.span);
    collector.handed_on(&launch.env, at);
    if let Some(file) = ["envFile", "env_file"].iter().find_map(|k| body.get(k)).and_then(Value::as_str) {
        let from = crate::facts::Ref { kind: RefKind::Path, name: Sym::new(file), at: sink.place(declared.name_span) };
        collector.handed.env.push(crate::facts::EnvVar { name: Sym::new("envFile"), from: Some(from), at: from.at });
        collector.handed.credential = true;
    }
    // A bundle's manifest names the publisher's own package: no third party comes in.
    let bundle = (document.file_name() == "manifest.json").then(|| document.values().first()?.get("name")?.as_str());
    let bundle = bundle.flatten();
    let own = bundle.is_some_and(|name| launch.package.as_deref() == Some(name));
    let url = url.map(|u| address(&written(u, &document.text))).or_else(|| proxied(&texts));
    Some(Server {
        name: Sym::new(if declared.name.is_empty() { bundle.unwrap_or("") } else { declared.name }),
        client: Sym::new(client),
        transport: Sym::new(transport(body, words.is_empty(), url.as_deref())),
        command: (!texts.is_empty()).then(|| line(&texts)),
        local: !words.is_empty() || url.as_deref().is_some_and(is_local),
        url: url.map(Sym::from),
        effects: effects(launch.package.as_deref()),
        package: launch.package.map(Sym::from),
        version: launch.version.map(Sym::from),
        unpinned: launch.pinned.filter(|_| !own).map(|pinned| !pinned),
        holds_credential: collector.handed.credential,
        auto_approved: approved(body),
        env: collector.handed.env,
        symbol: None,
    })
}

/// The words of the command: `command` as text or list, then `args`.
fn words<'v>(body: &'v Value, inner: Option<&'v Value>) -> Vec<&'v Value> {
    let mut words = Vec::new();
    for place in [inner, Some(body)].into_iter().flatten() {
        for key in COMMAND.iter().copied().chain(["args", "arguments"]) {
            let given = place.get(key).map_or(&[][..], Value::one_or_many);
            words.extend(given.iter().filter(|w| w.entries().is_empty()));
        }
        if !words.is_empty() {
            break;
        }
    }
    words
}

/// The words as text; a command in one text is split, credentials are covered.
fn shown(words: &[&Value], document: &Document<'_>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let alone = words.len() == 1;
    for (at, word) in words.iter().enumerate() {
        let text = written(word, &document.text);
        let secret = document.is_masked(word.span);
        let named = at > 0 && is_credential_flag(words[at - 1].as_str().unwrap_or(""));
        if alone && text.contains(' ') && !secret {
            texts.extend(text.split_whitespace().map(str::to_owned));
        } else if secret || (named && !text.starts_with(['$', '{'])) {
            texts.push("***".to_owned());
        } else {
            texts.push(covered(&text));
        }
    }
    texts
}

fn is_credential_flag(word: &str) -> bool {
    word.starts_with('-') && names_credential(word.trim_start_matches('-'))
}

/// `--api-key=x` and `TOKEN=x` without what they hold.
fn covered(word: &str) -> String {
    if word.contains("://") {
        return address(word);
    }
    match word.split_once(['=', ':']) {
        Some((name, value))
            if names_credential(name.trim_start_matches('-')) || name.eq_ignore_ascii_case("authorization") =>
        {
            let plain = value.trim_start().starts_with("${") || value.is_empty();
            if plain { word.to_owned() } else { format!("{name}=***") }
        }
        _ => word.to_owned(),
    }
}

fn line(words: &[String]) -> Sym {
    Sym::from(words.join(" ").chars().take(200).collect::<String>())
}

/// An address without user information, query and fragment.
fn address(url: &str) -> String {
    let url = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let host = rest[..end].rsplit_once('@').map_or(&rest[..end], |(_, host)| host);
    format!("{scheme}://{host}{}", &rest[end..])
}

/// What a local bridge (`mcp-remote URL`) reaches.
fn proxied(words: &[String]) -> Option<String> {
    words.iter().skip(1).find(|w| w.starts_with("https://") || w.starts_with("http://")).map(|w| address(w))
}

fn is_local(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    ["localhost", "127.", "[::1]", "0.0.0.0", "host.docker.internal"].iter().any(|local| host.starts_with(local))
}

fn transport(body: &Value, remote: bool, url: Option<&str>) -> &'static str {
    let said = ["type", "transport", "transportType"].iter().find_map(|k| body.get(k)).and_then(Value::as_str);
    match said.unwrap_or("").to_ascii_lowercase().replace(['-', '_'], "").as_str() {
        "stdio" | "local" => "stdio",
        "sse" => "sse",
        "http" | "streamablehttp" | "remote" => "http",
        "ws" | "websocket" => "websocket",
        _ if !remote => "stdio",
        _ if url.is_some_and(|u| u.trim_end_matches('/').ends_with("/sse")) => "sse",
        _ => "http",
    }
}

/// Tools that are called without a question.
fn approved(body: &Value) -> Vec<Sym> {
    let mut tools = Vec::new();
    for listed in APPROVED.iter().filter_map(|k| body.get(k)) {
        tools.extend(listed.items().iter().filter_map(Value::as_str).map(Sym::new));
        tools.extend((listed.as_bool() == Some(true)).then(|| Sym::new("*")));
    }
    let trusted = body.get("trust").and_then(Value::as_bool) == Some(true);
    let default = body.get("default_tools_approval_mode").and_then(Value::as_str) == Some("approve");
    tools.extend((trusted || default).then(|| Sym::new("*")));
    for tool in body.get("tools").map_or(&[][..], Value::entries) {
        if tool.value.get("approval_mode").and_then(Value::as_str) == Some("approve") {
            tools.push(Sym::new(&tool.key));
        }
    }
    tools
}

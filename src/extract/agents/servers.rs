//! Clients of tool servers in code. Input: the scene. Output: [`Server`] facts with their gates.

use std::collections::BTreeSet;

use super::args::{Args, Found};
use super::credentials::{environment, names_credential};
use super::gates::{self, Decision};
use super::hosted;
use super::model::{Framework, ServerForm};
use super::scene::Scene;
use super::sites::{Site, matches};
use super::walk;
use crate::extract::launch;
use crate::facts::{EnvVar, RefKind, Server, Sym};
use crate::parse::code::ast::StmtKind;
use crate::parse::value::{Entry, Node, Value};
use crate::span::Span;

/// Finds every client of a tool server.
pub(super) fn read(scene: &mut Scene<'_, '_>) {
    let inner = inner_sites(scene);
    for index in 0..scene.sites.len() {
        let site = &scene.sites[index];
        if matches!(site.stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) || inner.contains(&index) {
            continue;
        }
        let Some((framework, form)) = form_of(scene, site) else { continue };
        let args = site.args(&scene.names);
        let symbol = scene.symbol(site);
        let span = site.span;
        let decisions = gates::decisions(&args, form.gates, &scene.names);
        if let Some(many) = args.first(form.many, &scene.names).filter(|m| is_map(m, scene)) {
            let (value, _) = scene.names.constant(many.value, many.at);
            let value = value.get("mcpServers").unwrap_or(value);
            for entry in value.entries() {
                let one = Record { key: &entry.key, key_span: entry.key_span, value: &entry.value };
                one_of_many(scene, framework, one, &symbol);
            }
        } else {
            let mut server = server(scene, framework, form, &args, &symbol, span);
            // Servers that the provider calls: `HostedMCPTool(tool_config={…})`, `hostedMcpTool({…})`.
            if form.headers.iter().any(|path| path.ends_with("authorization")) {
                let request = site.call.keyword("tool_config").or_else(|| site.call.positional(0));
                server.auto_approved =
                    request.map(|request| hosted::of_constructor(scene, request, site.at)).unwrap_or_default();
            }
            scene.add_server(span, &symbol, server);
        }
        if !decisions.is_empty() {
            scene.server_gates.insert(symbol, approved(decisions));
        }
    }
}

/// Calls that only make the parameters of another client.
fn inner_sites(scene: &Scene<'_, '_>) -> BTreeSet<usize> {
    let mut inner = BTreeSet::new();
    for site in &scene.sites {
        let Some((_, form)) = form_of(scene, site) else { continue };
        let args = site.args(&scene.names);
        inner.extend(
            args.first(form.params, &scene.names).and_then(|found| parameters(scene, found)).map(|(.., index)| index),
        );
    }
    inner
}

/// An approver beside `require_approval` decides whether asking means anything.
fn approved(mut decisions: Vec<Decision>) -> Vec<Decision> {
    let hollow = decisions.iter().find(|d| d.void.as_deref().is_some_and(|w| w.ends_with("always approves"))).cloned();
    if let Some(hollow) = hollow {
        decisions.retain(|d| d.void.is_some());
        decisions.truncate(1);
        decisions[0].void = hollow.void;
    }
    decisions
}

fn form_of(scene: &Scene<'_, '_>, site: &Site<'_>) -> Option<(&'static Framework, &'static ServerForm)> {
    let name = site.name.as_ref()?;
    scene.sdks.iter().find_map(|(framework, sdk)| {
        sdk.server.iter().find(|form| !form.part && matches(name, sdk, form.call)).map(|form| (*framework, form))
    })
}

fn is_map(found: &Found<'_>, scene: &Scene<'_, '_>) -> bool {
    let direct = !found.value.entries().is_empty();
    direct
        || found.value.as_reference().is_some_and(|p| {
            scene.names.assign(p, found.at, found.value.span.start).is_some_and(|a| !a.value.entries().is_empty())
        })
}

fn server<'m>(
    scene: &Scene<'_, 'm>,
    framework: &Framework,
    form: &ServerForm,
    args: &Args<'m>,
    symbol: &str,
    span: Span,
) -> Server {
    // Parameters may be an object of their own: `MCPClient(lambda: stdio_client(StdioServerParameters(…)))`.
    let inner = args.first(form.params, &scene.names).and_then(|found| parameters(scene, found));
    let pick = |own: &'static [&'static str], theirs: fn(&ServerForm) -> &'static [&'static str]| {
        args.first(own, &scene.names).or_else(|| {
            let (inner_args, inner_form, _) = inner.as_ref()?;
            inner_args.first(theirs(inner_form), &scene.names)
        })
    };
    let command = pick(form.command, |f| f.command).and_then(|f| line(scene, f));
    let arguments = pick(form.args, |f| f.args).map(|f| words(scene, f)).unwrap_or_default();
    // The whole line may be one list.
    let whole = pick(form.command, |f| f.command).map(|f| words(scene, f)).filter(|words| !words.is_empty());
    let (command, arguments) = match whole {
        Some(words) => (Some(words.join(" ")), arguments),
        None => (command, arguments),
    };
    let url = pick(form.url, |f| f.url).and_then(|f| line(scene, f)).map(|u| without_query(&u));
    let transport = transport(form, inner.as_ref().map(|(_, f, _)| *f), command.is_some(), url.as_deref());
    let name = args.text(form.name, &scene.names).unwrap_or_else(|| {
        let last = symbol.rsplit('.').next().unwrap_or(symbol);
        last.split('#').next().unwrap_or(last).to_owned()
    });
    let mut server = blank(framework, &name, symbol);
    server.transport = Sym::new(transport);
    fill(&mut server, command.as_deref(), &arguments, url.as_deref());
    for found in [pick(form.env, |f| f.env), pick(form.headers, |f| f.headers)].into_iter().flatten() {
        environment_of(scene, found, &mut server, span);
    }
    server
}

/// Another object of the framework, anywhere inside a value, that holds the parameters.
fn parameters<'m>(scene: &Scene<'_, 'm>, found: Found<'m>) -> Option<(Args<'m>, &'static ServerForm, usize)> {
    let (value, _) = scene.names.constant(found.value, found.at);
    let mut inside = vec![value.span, found.value.span];
    // `lambda: stdio_client(params)`: what the names inside stand for counts too.
    walk::each(value, &mut |v| {
        if v.as_reference().is_some() {
            inside.push(scene.names.constant(v, found.at).0.span);
        }
    });
    if let Some(function) = super::gates::function(found, &scene.names) {
        super::names::own_statements(&function.body, &mut |stmt| {
            inside.push(stmt.span);
            for value in walk::values(stmt) {
                walk::each(value, &mut |v| {
                    if v.as_reference().is_some() {
                        inside.push(scene.names.constant(v, found.at).0.span);
                    }
                });
            }
        });
    }
    let within = |(_, site): &(usize, &Site<'m>)| inside.iter().any(|s| s.contains(site.span));
    scene.sites.iter().enumerate().filter(within).find_map(|(index, site)| {
        let name = site.name.as_ref()?;
        scene.sdks.iter().find_map(|(_, sdk)| {
            let form = sdk.server.iter().find(|f| matches(name, sdk, f.call) && f.params.is_empty())?;
            Some((site.args(&scene.names), form, index))
        })
    })
}

fn transport(form: &ServerForm, inner: Option<&ServerForm>, command: bool, url: Option<&str>) -> &'static str {
    let named = if form.transport.is_empty() { inner.map_or("", |f| f.transport) } else { form.transport };
    match (named, command, url) {
        ("", true, _) => "stdio",
        ("", false, Some(url)) if url.ends_with("/sse") => "sse",
        ("", false, Some(_)) => "http",
        ("", false, None) => "unknown",
        (named, ..) => named,
    }
}

/// A record of servers among an agent's arguments (`{"name": {"type": "http", "url": …}}`), or servers made
/// elsewhere.
pub(super) fn inline<'m>(
    scene: &mut Scene<'_, 'm>,
    agent: &mut crate::facts::Agent,
    framework: &'static Framework,
    found: Found<'m>,
) {
    let (value, at) = scene.names.constant(found.value, found.at);
    let records =
        value.entries().iter().map(|entry| (entry, scene.names.constant(&entry.value, at).0)).collect::<Vec<_>>();
    let record = |v: &Value| ["command", "url", "type", "transport"].iter().any(|key| v.get(key).is_some());
    if records.is_empty() || !records.iter().any(|(_, v)| record(v)) {
        for item in scene.items(found) {
            super::given::give(scene, agent, framework, item);
        }
        return;
    }
    for (entry, value) in records {
        if record(value) {
            let symbol = format!("{}.{}", agent.symbol, entry.key);
            one_of_many(scene, framework, Record { key: &entry.key, key_span: entry.key_span, value }, &symbol);
            agent.tools.push(scene.reference(RefKind::Symbol, &symbol, entry.key_span));
            agent.tool_names.push(Sym::new(&entry.key));
        } else {
            for item in scene.items(Found { value, at }) {
                super::given::give(scene, agent, framework, item);
            }
        }
    }
}

/// One server of a record, its value followed to where it is written.
struct Record<'v> {
    key: &'v str,
    key_span: Span,
    value: &'v Value,
}

fn one_of_many(scene: &mut Scene<'_, '_>, framework: &Framework, entry: Record<'_>, owner: &str) {
    let value = entry.value;
    let get = |key: &str| value.get(key).map(word).filter(|t| !t.is_empty() && t != "…");
    let command = get("command");
    let url = get("url").or_else(|| get("serverUrl")).map(|u| without_query(&u));
    let said = get("transport").or_else(|| get("type")).unwrap_or_default();
    let mut server = blank(framework, entry.key, owner);
    server.transport = Sym::new(match said.as_str() {
        "stdio" => "stdio",
        "sse" => "sse",
        "websocket" => "websocket",
        "" if command.is_some() => "stdio",
        "" if url.is_none() && value.get("url").is_none() => "unknown",
        _ => "http",
    });
    let arguments: Vec<String> = value.get("args").map(Value::items).unwrap_or_default().iter().map(word).collect();
    fill(&mut server, command.as_deref(), &arguments, url.as_deref());
    for key in ["env", "headers"] {
        for one in value.get(key).map(Value::entries).unwrap_or_default() {
            variable(scene, one, &mut server);
        }
    }
    scene.add_server(entry.key_span, owner, server);
}

fn blank(framework: &Framework, name: &str, symbol: &str) -> Server {
    Server {
        name: Sym::new(name),
        client: Sym::new(framework.slug),
        symbol: Some(Sym::new(symbol)),
        ..Server::default()
    }
}

/// Command, package and version, address.
fn fill(server: &mut Server, command: Option<&str>, arguments: &[String], url: Option<&str>) {
    if let Some(url) = url {
        server.local = ["://localhost", "://127.", "://[::1]", "://0.0.0.0"].iter().any(|l| url.contains(l));
        server.url = Some(Sym::new(url));
    }
    let Some(command) = command else { return };
    server.local = true;
    let mut all: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    all.extend(arguments.iter().cloned());
    server.command = Some(Sym::from(all.join(" ").chars().take(200).collect::<String>()));
    let launch = launch::launch(&all);
    server.effects = effects(launch.package.as_deref());
    server.package = launch.package.map(Sym::from);
    server.version = launch.version.map(Sym::from);
    server.unpinned = launch.pinned.map(|pinned| !pinned);
    server.holds_credential |= flagged(&all);
    server.holds_credential |= launch.env.iter().any(|v| names_credential(v.split('=').next().unwrap_or(v)));
}

/// What the tools of a published server can do where it is started.
pub(crate) fn effects(package: Option<&str>) -> Vec<Sym> {
    let known = super::model::EFFECTS.server.iter().find(|known| package.is_some_and(|p| known.packages.contains(&p)));
    known.map_or(&[][..], |known| known.effects).iter().map(|effect| Sym::new(effect)).collect()
}

/// Whether an argument is a credential by the flag before it: `--access-token <value>`, `--api-key=<value>`.
fn flagged(words: &[String]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let (flag, given) = word.split_once('=').map_or((word.as_str(), None), |(flag, given)| (flag, Some(given)));
        let named = flag.starts_with('-') && names_credential(flag.trim_start_matches('-'));
        let given = given.or_else(|| words.get(at + 1).map(String::as_str).filter(|next| !next.starts_with('-')));
        named && given.is_some_and(|given| !given.is_empty())
    })
}

/// Environment or headers.
fn environment_of<'m>(scene: &Scene<'_, 'm>, found: Found<'m>, server: &mut Server, span: Span) {
    let (value, at) = scene.names.constant(found.value, found.at);
    for entry in value.entries() {
        variable(scene, entry, server);
    }
    let mut reads = Vec::new();
    super::credentials::read(scene, Found { value, at }, super::scene::DEPTH, &mut reads);
    for (kind, name, _) in reads {
        if server.env.iter().all(|e| e.from.is_none_or(|r| r.name.as_str() != name)) {
            let from = scene.reference(kind, &name, span);
            server.env.push(EnvVar { name: from.name, from: Some(from), at: from.at });
            server.holds_credential = true;
        }
    }
}

fn variable(scene: &Scene<'_, '_>, entry: &Entry, server: &mut Server) {
    let mut from = None;
    walk::each(&entry.value, &mut |v| from = from.or_else(|| environment(v).map(|name| (name, v.span))));
    let from = from.map(|(name, span)| scene.reference(RefKind::Env, name, span));
    let literal = matches!(entry.value.node, Node::Text(ref t) if t.len() >= 8 && !t.starts_with('$'));
    let named = names_credential(&entry.key) || entry.key.eq_ignore_ascii_case("authorization");
    let mut header = false;
    // A variable may hold headers as one text: `{"Authorization": "Bearer …"}`.
    walk::each(&entry.value, &mut |v| {
        let lower = v.as_str().unwrap_or("").to_ascii_lowercase();
        header |= lower.contains("authorization") && lower.contains(':') || lower.contains("bearer ");
    });
    server.holds_credential |= header;
    if named && (from.is_some() || literal || entry.value.as_expr().is_some()) {
        server.holds_credential = true;
    }
    server.env.push(EnvVar { name: Sym::new(&entry.key), from, at: (scene.place)(entry.key_span) });
}

/// A text, its literal parts when it is computed.
fn line<'m>(scene: &Scene<'_, 'm>, found: Found<'m>) -> Option<String> {
    let (value, _) = scene.names.constant(found.value, found.at);
    if let Some(url) = value.as_call().filter(|c| c.path() == Some("URL")).and_then(|c| c.positional(0)) {
        return Some(word(url));
    }
    let text = word(value);
    (!text.is_empty()).then_some(text)
}

fn words<'m>(scene: &Scene<'_, 'm>, found: Found<'m>) -> Vec<String> {
    let (value, at) = scene.names.constant(found.value, found.at);
    let listed = value.as_call().filter(|c| matches!(c.method(), Some("of" | "asList" | "listOf" | "arrayOf")));
    let items: Vec<&Value> = match listed {
        Some(call) => call.args.iter().map(|arg| &arg.value).collect(),
        None => value.items().iter().collect(),
    };
    items.into_iter().map(|v| word(scene.names.constant(v, at).0)).collect()
}

/// A value as a word of a command line or address: `…` where it is computed.
fn word(value: &Value) -> String {
    use crate::parse::value::Expr;
    match &value.node {
        Node::Expr(expr) => match &**expr {
            Expr::Template(parts) => parts.iter().map(word).collect(),
            Expr::Choice { options, .. } => options.iter().rev().find_map(Value::scalar).unwrap_or("…").to_owned(),
            Expr::Reference(_) if environment(value).is_none() => "…".to_owned(),
            Expr::Call(call) if call.path().is_some_and(|p| p.ends_with("getenv") || p.ends_with("environ.get")) => {
                call.positional(1).and_then(Value::as_str).unwrap_or("…").to_owned()
            }
            _ => "…".to_owned(),
        },
        _ => value.scalar().unwrap_or("").to_owned(),
    }
}

/// An address without user information, query and fragment.
pub(super) fn without_query(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = &url[..end];
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host = rest.split('/').next().unwrap_or(rest);
    match host.rsplit_once('@') {
        Some((_, bare)) => format!("{scheme}://{bare}{}", &rest[host.len()..]),
        None => url.to_owned(),
    }
}

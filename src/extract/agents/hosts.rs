//! The address that a server binds. Input: the value that it is given. Output: the host or address as the
//! source says it: a literal, the default of an environment variable, of a command line option, of a
//! parameter or of a settings field.

use super::args::{Found, short};
use super::names::At;
use super::scene::Scene;
use crate::extract::listening;
use crate::parse::code::ast::{Call, Param};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// How many names, defaults and callers are followed.
const HOPS: u8 = 6;

/// The host that `found` is: what can be read of it, else how it is written. A function is no host:
/// `app.listen(port, ready)`.
pub(super) fn host(scene: &Scene<'_, '_>, found: Found<'_>) -> Option<String> {
    if super::gates::function(found, &scene.names).is_some() {
        return None;
    }
    text(scene, found.value, found.at, HOPS).or_else(|| short(scene.names.constant(found.value, found.at).0))
}

/// Settings of the file that are called like a host, with what they are by default: fields of classes and constants of
/// the module, which servers of other files may be handed.
pub(super) fn settings(scene: &Scene<'_, '_>) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    for assign in &scene.names.assigns {
        let name = assign.target.rsplit('.').next().unwrap_or(assign.target);
        let lower = name.to_ascii_lowercase();
        let speaks = lower == "host"
            || ["server_host", "api_host", "app_host", "http_host", "bind_host", "listen_host", "mcp_host"]
                .contains(&lower.as_str());
        let own = assign.field || assign.at == At::default() && !assign.target.contains('.');
        if !speaks || !own {
            continue;
        }
        if let Some(host) =
            text(scene, assign.value, assign.at, HOPS).filter(|host| !host.is_empty() && host.len() < 64)
        {
            found.push((assign.span, format!("{name}={host}")));
        }
    }
    found
}

fn text<'m>(scene: &Scene<'_, 'm>, value: &'m Value, at: At, hops: u8) -> Option<String> {
    let hops = hops.checked_sub(1).filter(|_| scene.names.step(0))?;
    match &value.node {
        Node::Expr(expr) => match &**expr {
            Expr::Reference(path) => named(scene, value, path, at, hops),
            Expr::Call(call) => called(scene, call, at, hops),
            Expr::Choice { options, .. } => chosen(options.iter().filter_map(|o| text(scene, o, at, hops)).collect()),
            // The beginning says which host it is: `":" + port`, `${host}:${port}`.
            Expr::Template(parts) => Some(with_port(text(scene, parts.first()?, at, hops)?, parts.len())),
            Expr::Operation(op, parts) if &**op == "+" => {
                Some(with_port(text(scene, parts.first()?, at, hops)?, parts.len()))
            }
            Expr::Operation(op, parts) if matches!(&**op, "*" | "&" | "as" | "!") && parts.len() == 1 => {
                text(scene, parts.first()?, at, hops)
            }
            _ => None,
        },
        _ => value.scalar().map(str::to_owned),
    }
}

/// One of several: the last, and both where one of them is for this machine only.
fn chosen(mut all: Vec<String>) -> Option<String> {
    let reach = |host: &String| listening::reachable("http", Some(listening::of_address(host)));
    let last = all.pop()?;
    let other = all.into_iter().find(|host| matches!((reach(host), reach(&last)), ("yes", "no") | ("no", "yes")));
    Some(other.map_or(last.clone(), |other| format!("{other} or {last}")))
}

fn with_port(host: String, parts: usize) -> String {
    if parts > 1 && !host.contains(':') { format!("{host}:") } else { host }
}

fn named<'m>(scene: &Scene<'_, 'm>, value: &'m Value, path: &str, at: At, hops: u8) -> Option<String> {
    let (held, place) = scene.names.constant(value, at);
    if held.span != value.span {
        return text(scene, held, place, hops);
    }
    let root = path.split('.').next().unwrap_or(path);
    if root == path {
        return parameter(scene, path, at, hops);
    }
    let member = path.rsplit('.').next()?;
    option(scene, member, hops).or_else(|| field(scene, path, at, value.span.start, hops))
}

/// What a parameter is by its default, by the command line option that fills it, or by its callers.
fn parameter<'m>(scene: &Scene<'_, 'm>, name: &str, at: At, hops: u8) -> Option<String> {
    let function = std::iter::successors(at.function, |&f| scene.names.functions[f].at.function)
        .find(|&f| scene.names.functions[f].function.params.iter().any(|p| p.binds(name)))?;
    let def = &scene.names.functions[function];
    let params: Vec<&Param> = def.function.params.iter().filter(|p| !matches!(&*p.name, "self" | "cls")).collect();
    let position = params.iter().position(|p| p.binds(name))?;
    let called = scene.callers(function).find_map(|site| {
        let given = site.call.keyword(name).or_else(|| site.call.positional(position))?;
        text(scene, given, site.at, hops)
    });
    let by_option = || {
        let mut options = def.function.decorators.iter().filter_map(Value::as_call);
        options.find_map(|call| text(scene, default_of_option(call, name)?, At::default(), hops))
    };
    // Whoever makes the object says which host it takes.
    let class = def.at.class.filter(|_| &*def.function.name == "__init__");
    let mut makers = scene.sites.iter().filter(|site| {
        let made = site.call.path().and_then(|path| scene.names.class(path));
        made.is_some() && made == class
    });
    let made = match (class, makers.next()) {
        (Some(_), None) => return None,
        (Some(_), Some(site)) => {
            let given = site.call.keyword(name).or_else(|| site.call.positional(position));
            given.and_then(|given| text(scene, given, site.at, hops))
        }
        (None, _) => None,
    };
    called.or(made).or_else(by_option).or_else(|| text(scene, params[position].default.as_ref()?, At::default(), hops))
}

/// The default of `parser.add_argument("--host", default=…)` anywhere in the file.
fn option(scene: &Scene<'_, '_>, member: &str, hops: u8) -> Option<String> {
    if !scene.names.step(scene.sites.len()) {
        return None;
    }
    scene.sites.iter().find_map(|site| {
        (site.call.method() == Some("add_argument")).then_some(())?;
        text(scene, default_of_option(site.call, member)?, site.at, hops)
    })
}

/// The default of an option of argparse or click that is called `name` in code.
fn default_of_option<'m>(call: &'m Call, name: &str) -> Option<&'m Value> {
    matches!(call.method(), Some("add_argument" | "option")).then_some(())?;
    let told = call.keyword("dest").and_then(Value::as_str) == Some(name);
    let mut flags = call.args.iter().filter(|a| a.name.is_none()).filter_map(|a| a.value.as_str());
    let fits = told || flags.any(|flag| flag.trim_start_matches('-').replace('-', "_") == name);
    fits.then(|| call.keyword("default"))?
}

/// The default of a field of a settings class of this file: `settings.host`.
fn field<'m>(scene: &Scene<'_, 'm>, path: &str, at: At, before: u32, hops: u8) -> Option<String> {
    let (owner, member) = path.rsplit_once('.')?;
    let class = scene.names.assign(owner, at, before)?.value.as_call()?.path()?;
    let field = scene.names.class_field(&format!("{class}.{member}"))?;
    text(scene, field.value, field.at, hops)
}

/// What a call gives when nothing else is said: `os.getenv("HOST", "0.0.0.0")`, `Field("0.0.0.0")`,
/// `typer.Option("0.0.0.0")`, `flag.String("addr", ":8080", "…")`, `fmt.Sprintf(":%d", port)`.
fn called<'m>(scene: &Scene<'_, 'm>, call: &'m Call, at: At, hops: u8) -> Option<String> {
    let default = match call.method()? {
        "Option" | "Argument" | "Field" | "Sprintf" | "str" | "String" | "trim"
            if call.path().is_none_or(|p| !p.starts_with("flag.")) =>
        {
            call.keyword("default").or_else(|| call.positional(0))
        }
        "String" | "getenv" | "get" | "pop" | "getEnv" | "getOrDefault" | "env" | "config" => {
            call.positional(1).or_else(|| call.keyword("default"))
        }
        _ => None,
    };
    let given = text(scene, default?, at, hops)?;
    // What a format fills in is not known.
    Some(["%d", "%s", "%v"].iter().fold(given, |text, hole| text.replace(hole, "…")))
}

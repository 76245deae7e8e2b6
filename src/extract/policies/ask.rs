//! Which calls ask a policy. Input: a call site. Output: the model's entry for it.

use crate::catalogue::policies::{ASKS, Ask};
use crate::extract::glob::glob;
use crate::extract::request;
use crate::parse::code::resolve::Resolved;
use crate::parse::code::{CallSite, Code};

/// The entry that describes `site`.
pub(super) fn of(code: &Code<'_>, site: &CallSite<'_>) -> Option<&'static Ask> {
    let method = site.call.method()?;
    let language = code.module.language.of_calls();
    let leads = code.callee(site);
    let verb = request::is_verb(leads.last()) || request::is_verb(method);
    ASKS.iter().filter(|ask| ask.languages.contains(&language)).find(|ask| {
        ask.calls.iter().any(|pattern| matches(pattern, ask, code, site, &leads))
            || verb && !ask.http.is_empty() && requested(ask, code, site, &leads)
    })
}

fn matches(pattern: &str, ask: &Ask, code: &Code<'_>, site: &CallSite<'_>, leads: &Resolved<'_>) -> bool {
    let Some((module, name)) = pattern.split_once(':') else { return false };
    if module == "?" {
        return hinted(name, ask, site, leads);
    }
    named(name, &leads.name) && leads.within(module) && served(ask, code, site, leads) && !is_answer(ask, leads)
}

/// Whether what is called belongs to an answer: `cerbos.checkResource(…).isAllowed("view")`.
fn is_answer(ask: &Ask, leads: &Resolved<'_>) -> bool {
    let (receiver, _) = leads.name.rsplit_once('.').unwrap_or(("", &leads.name));
    let methods = ask.calls.iter().filter_map(|pattern| pattern.rsplit_once('.')).map(|(_, method)| method);
    methods.into_iter().any(|method| receiver.split('.').any(|segment| segment == method))
}

/// Whether the client was made for the service, as far as that can be read.
fn served(ask: &Ask, code: &Code<'_>, site: &CallSite<'_>, leads: &Resolved<'_>) -> bool {
    let Some(service) = ask.service else { return true };
    let Some(made) = leads.made_by else { return false };
    let named = made.positional(0).or_else(|| made.keyword("service_name"));
    named.and_then(|value| code.text(value, site.scope)).is_some_and(|name| name == service)
}

/// A receiver that cannot be followed to a package must be named after the engine.
fn hinted(name: &str, ask: &Ask, site: &CallSite<'_>, leads: &Resolved<'_>) -> bool {
    let known = ["boto3", "requests", "httpx", "openai"].iter().any(|package| leads.within(package));
    let method = name.rsplit(['*', '.']).next().unwrap_or(name);
    let path = site.call.path().unwrap_or(&leads.name);
    let Some((receiver, last)) = path.rsplit_once('.') else { return false };
    if known || last != method {
        return false;
    }
    let holder = receiver.rsplit('.').next().unwrap_or(receiver).to_ascii_lowercase();
    let bare = holder.trim_end_matches("client").trim_matches('_');
    ask.hints.iter().any(|hint| bare == *hint || bare.split('_').any(|word| word == *hint))
}

/// A request to the engine's interface: by its path, or to an address that is named after the engine with
/// a question in its body.
fn requested(ask: &Ask, code: &Code<'_>, site: &CallSite<'_>, leads: &Resolved<'_>) -> bool {
    let Some((method, shape)) = request::http(code, site, leads) else { return false };
    let mut known = ask.http.iter().filter_map(|pattern| pattern.split_once(' '));
    if known.any(|(verb, path)| verb == method && request::holds_path(&shape, path)) {
        return true;
    }
    let named = site.call.args.first().and_then(|a| a.value.as_reference()).is_some_and(|path| {
        let last = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
        last.split('_').any(|word| word == ask.engine) || last.starts_with(ask.engine)
    });
    named && method == "POST" && super::question::body(code, site, "input").is_some()
}

/// A pattern for whatever receiver (`*.check`) is also met by the bare name.
fn named(pattern: &str, text: &str) -> bool {
    glob(pattern, text) || pattern.strip_prefix("*.") == Some(text)
}

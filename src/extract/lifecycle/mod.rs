//! Where credentials are issued in code, and how they end. Input: a module. Output: [`Issuance`]
//! facts, each with what the enclosing function does with what it was given.

mod claims;
mod duration;
mod ending;
mod flow;
mod pattern;
#[cfg(test)]
mod tests;

use self::ending::Ending;
use self::pattern::Calls;
use super::{Reader, Sink};
use crate::catalogue::lifecycles::{Ends, LIFECYCLES, Lifecycle};
use crate::facts::{Issuance, Ref, RefKind, Sym};
use crate::matcher::Topic;
use crate::parse::code::{CallSite, Code};
use crate::parse::{Document, Kind, Value};

/// Reads issuances out of source code and notebooks.
pub const READER: Reader = Reader { name: "lifecycle", reads, read };

fn reads(document: &Document<'_>) -> bool {
    matches!(document.kind, Kind::Code(_) | Kind::Notebook) && document.hits.has(Topic::Lifecycle)
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let Some(module) = document.module() else { return };
    let language = module.language.of_calls();
    let known: Vec<&Lifecycle> = LIFECYCLES.iter().filter(|l| l.languages.contains(&language)).collect();
    let code = Code::new(module);
    let calls = Calls::new(&code);
    for (site, leads) in calls.each() {
        if let Some(lifecycle) = known.iter().find(|l| calls.issues(l, site, leads))
            && !is_no_credential(&code, site)
        {
            let issuance = issuance(&calls, lifecycle, site, document, sink);
            sink.add(narrow(site), issuance);
        }
    }
}

/// A signed `state` or `nonce` of a login is a token that proves no identity, nor does one that anybody
/// is given without a login; one that a test signs with a secret of its own opens nothing.
fn is_no_credential(code: &Code<'_>, site: &CallSite<'_>) -> bool {
    let named = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["state", "nonce", "csrf", "cursor", "unsubscribe", "anonymous"].iter().any(|word| name.contains(word))
            || is_trial(&name)
    };
    let secret = site.call.keyword("key").or_else(|| site.call.positional(1)).is_some_and(|key| {
        let written = key.as_reference().or_else(|| key.as_str());
        written.is_some_and(is_trial) || code.text(key, site.scope).is_some_and(is_trial)
    });
    // `FakeCredential.__init__`
    let stand_in = crate::extract::vocabulary::words(&code.symbol(site.scope)).iter().any(|word| is_trial(word));
    secret || stand_in || site.held_in.is_some_and(named) || code.function(site.scope).is_some_and(|f| named(&f.name))
}

/// Whether a name or a secret says by one of its words that it is made up for a trial.
fn is_trial(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| matches!(word, "test" | "tests" | "testing" | "mock" | "fake" | "dummy"))
}

/// The callee: the narrowest place that shows the call.
fn narrow(site: &CallSite<'_>) -> crate::span::Span {
    site.call.callee.span
}

fn issuance(
    calls: &Calls<'_, '_>,
    lifecycle: &Lifecycle,
    site: &CallSite<'_>,
    document: &Document<'_>,
    sink: &Sink<'_>,
) -> Issuance {
    let code = calls.code;
    let end = ending::of(calls, lifecycle, site);
    let life = life(calls, lifecycle, site);
    let automatic = end.revocation == "none" && lifecycle.ends == Ends::Service;
    let at_module = code.function(site.scope).is_none();
    let Ending { revocation, reason, escapes, revoked_at, open_exits } = end;
    let note = (life.ends != Some(true)).then_some(life.note.unwrap_or(lifecycle.note)).filter(|n| !n.is_empty());
    Issuance {
        form: lifecycle.form.into(),
        title: lifecycle.title.into(),
        call: written(site.call.callee.span.text(&document.text)),
        held_in: site.held_in.map(Sym::from),
        lifetime: life.seconds,
        ends_itself: life.ends,
        revocation: if automatic { "automatic" } else { revocation }.into(),
        revocation_reason: reason.or(note.map(str::to_owned)).map(Sym::from),
        scope: if at_module { "module" } else { "function" }.into(),
        function: code.symbol(site.scope).into(),
        escapes,
        identity: subject(code, site).map(|(value, name)| Ref {
            kind: RefKind::Identity,
            name,
            at: sink.place(value.span),
        }),
        revoked_at: revoked_at.into_iter().map(|span| sink.place(span)).collect(),
        open_exits: open_exits.into_iter().map(|span| sink.place(span)).collect(),
    }
}

/// A callee as written, on one line.
fn written(text: &str) -> Sym {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Sym::from(line.chars().take(100).collect::<String>())
}

/// Who it is issued for, when that is a literal.
fn subject<'m>(code: &Code<'m>, site: &CallSite<'m>) -> Option<(&'m Value, Sym)> {
    let value = ["UserName", "RoleArn", "role_name", "display_name"].iter().find_map(|name| site.call.option(name))?;
    Some((value, code.text(value, site.scope)?.into()))
}

/// Whether it ends by itself, and after how long.
struct Life {
    ends: Option<bool>,
    seconds: Option<i64>,
    note: Option<&'static str>,
}

fn life(calls: &Calls<'_, '_>, lifecycle: &Lifecycle, site: &CallSite<'_>) -> Life {
    let given = calls.end_argument(lifecycle, site);
    let seconds = given.and_then(|value| duration::seconds(calls.code, value, site.scope));
    match lifecycle.ends {
        Ends::Service => Life { ends: Some(true), seconds, note: None },
        Ends::Never => Life { ends: Some(false), seconds: None, note: None },
        Ends::Claim => claims::life(calls, lifecycle, site),
        Ends::Argument => {
            let endless = lifecycle.endless_arguments.iter().any(|name| calls.argument(name, site).is_some());
            let void = seconds == Some(0) || given.is_some_and(|v| matches!(v.node, crate::parse::value::Node::Null));
            let spread = calls.has_spread(site);
            match given {
                _ if endless => Life { ends: Some(false), seconds: None, note: Some("it can be renewed without end") },
                Some(_) if !void => Life { ends: Some(true), seconds, note: None },
                None if spread => Life { ends: None, seconds: None, note: Some("its options are made elsewhere") },
                _ => Life { ends: Some(false), seconds: None, note: None },
            }
        }
    }
}

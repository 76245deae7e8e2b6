//! Credentials that are written to a log or printed.

use std::collections::BTreeSet;

use super::fresh;
use super::level::Floor;
use super::secret::{Secret, Secrets, shown};
use super::{Body, Seen};
use crate::extract::vocabulary;
use crate::parse::Value;
use crate::parse::code::CallSite;
use crate::parse::code::ast::{Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, parts_of};
use crate::parse::code::resolve::Resolved;
use crate::span::Span;

/// Finds every log call of `body` that shows a credential. What a program prints that an administrator runs by
/// hand, or because somebody asked to see it, is its answer and no log: a credential of its own environment is not
/// what was asked for.
pub(super) fn read<'m>(
    body: &Body<'_, 'm>,
    secrets: &Secrets<'_, 'm>,
    by_hand: bool,
    floor: Floor,
    add: &mut dyn FnMut(Seen),
) {
    let mut carriers = None;
    // What one function writes in several lines is one fault of it.
    let mut told = BTreeSet::new();
    for (site, leads) in
        body.calls.iter().filter(|(site, leads)| (logs(leads) || is_named(site)) && floor.writes(leads))
    {
        let carriers = carriers.get_or_insert_with(|| secrets.carriers(body));
        let mut parts = Vec::new();
        site.call.args.iter().for_each(|a| shown(&a.value, &mut parts));
        let found = parts.into_iter().find_map(|part| Some((part, secrets.is(part, site.scope, carriers)?)));
        let answers = |secret: &Secret| {
            let answer = secret.env.is_none() && prints(&leads.path());
            answer && (by_hand || on_request(body.stmts, site.value.span))
        };
        if let Some((part, secret)) = found.filter(|(_, secret)| !answers(secret)) {
            let passes = if fresh::is_fresh(body, part, site.value.span) { "generated-secret" } else { "secret" };
            if body.function.is_some() && !told.insert(passes) {
                continue;
            }
            add(Seen {
                form: "log",
                at: part.span,
                callee: site.call.callee.span,
                passes,
                service: String::new(),
                from: secret.from,
                env: secret.env.map(|name| (name, secret.from.unwrap_or(part.span))),
                base: None,
            });
        }
    }
}

/// Methods of loggers.
const LEVELS: &[&str] = &[
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "exception",
    "critical",
    "fatal",
    "trace",
    "log",
    "success",
    "notice",
];

/// Whether a call stands where somebody asked for what it prints: behind an option to show it, or where a module
/// is run by hand.
fn on_request(stmts: &[Stmt], call: Span) -> bool {
    stmts.iter().filter(|stmt| stmt.span.contains(call)).any(|stmt| {
        let asked = matches!(&stmt.kind, StmtKind::If { condition, .. } if asks_to_show(condition));
        asked || blocks_of(stmt).into_iter().any(|block| on_request(block, call))
    })
}

fn asks_to_show(condition: &Value) -> bool {
    let named = |value: &Value| {
        value.as_reference().is_some_and(|path| {
            let name = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
            name == "__name__" || name.starts_with("show") || name.starts_with("reveal")
        })
    };
    named(condition) || parts_of(condition).into_iter().any(asks_to_show)
}

fn prints(path: &str) -> bool {
    matches!(path, "print" | "pprint" | "pprint.pprint" | "rich.print" | "pprint.pp" | "console.log")
        || matches!(path.rsplit('.').next(), Some("echo" | "secho" | "print"))
}

pub(super) fn logs(leads: &Resolved<'_>) -> bool {
    let path = leads.path();
    let path = path.as_str();
    if matches!(path, "print" | "pprint" | "pprint.pprint" | "rich.print" | "pprint.pp") {
        return true;
    }
    let Some((_, method)) = path.rsplit_once('.') else { return false };
    let library = ["logging", "loguru", "structlog", "winston", "pino", "rich.console"].iter().any(|l| leads.within(l));
    is_leveled(method) && library || is_logger(path)
}

/// A logger by its name in this file, wherever it is imported from.
fn is_named(site: &CallSite<'_>) -> bool {
    site.call.path().is_some_and(is_logger)
}

fn is_logger(path: &str) -> bool {
    let Some((receiver, method)) = path.rsplit_once('.') else { return false };
    is_leveled(method) && vocabulary::is_logger(receiver)
}

fn is_leveled(method: &str) -> bool {
    LEVELS.contains(&method) || method == "print"
}

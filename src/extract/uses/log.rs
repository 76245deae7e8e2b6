//! Credentials that are written to a log or printed.

use super::secret::{Secrets, shown};
use super::{Body, Seen};
use crate::parse::code::resolve::Resolved;

/// Finds every log call of `body` that shows a credential.
pub(super) fn read<'m>(body: &Body<'_, 'm>, secrets: &Secrets<'_, 'm>, add: &mut dyn FnMut(Seen)) {
    let mut carriers = None;
    for (site, _) in body.calls.iter().filter(|(_, leads)| logs(leads)) {
        let carriers = carriers.get_or_insert_with(|| secrets.carriers(body));
        let mut parts = Vec::new();
        site.call.args.iter().for_each(|a| shown(&a.value, &mut parts));
        let found = parts.into_iter().find_map(|part| Some((part, secrets.is(part, site.scope, carriers)?)));
        if let Some((part, secret)) = found {
            add(Seen {
                form: "log",
                at: part.span,
                callee: site.call.callee.span,
                passes: "secret",
                service: String::new(),
                from: secret.from,
                env: secret.env.map(|name| (name, secret.from.unwrap_or(part.span))),
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

pub(super) fn logs(leads: &Resolved<'_>) -> bool {
    let path = leads.path();
    if matches!(path.as_str(), "print" | "pprint" | "pprint.pprint" | "rich.print" | "pprint.pp") {
        return true;
    }
    let Some((receiver, method)) = path.rsplit_once('.') else { return false };
    let library = ["logging", "loguru", "structlog", "winston", "pino", "rich.console"].iter().any(|l| leads.within(l));
    let last = receiver.rsplit('.').next().unwrap_or(receiver).trim_start_matches('_').to_ascii_lowercase();
    let named = matches!(last.as_str(), "log" | "logger" | "logging" | "console")
        || last.ends_with("_logger")
        || last.ends_with("logger");
    (LEVELS.contains(&method) || method == "print") && (library || named)
}

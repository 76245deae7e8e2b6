//! Credentials that are written to a log or printed.

use std::collections::{BTreeMap, BTreeSet};

use super::fresh;
use super::level::Floor;
use super::named::env_secret;
use super::secret::{Secret, Secrets};
use super::shown::shown;
use super::{Body, Seen};
use crate::extract::carries::Carriers;
use crate::extract::vocabulary;
use crate::parse::Value;
use crate::parse::code::CallSite;
use crate::parse::code::ast::{Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, each_part, parts_of};
use crate::parse::code::resolve::Resolved;
use crate::parse::value::{Expr, Node};
use crate::span::Span;

/// Finds every log call of `body` that shows a credential. What a program prints that an administrator runs by
/// hand, or because somebody asked to see it, is its answer and no log: a credential of its own environment is not
/// what was asked for.
pub(super) fn read<'m>(
    body: &Body<'_, 'm>,
    secrets: &Secrets<'_, 'm>,
    wrappers: &Wrappers,
    by_hand: bool,
    floor: Floor,
    add: &mut dyn FnMut(Seen),
) {
    let mut carriers = None;
    // What one function writes in several lines is one fault of it.
    let mut told = BTreeSet::new();
    for (site, leads) in body.calls.iter().filter(|(_, leads)| floor.writes(leads)) {
        let wrapper = wrappers.get(own_name(&leads.name)).filter(|_| leads.module.is_empty());
        let mut parts = Vec::new();
        match wrapper {
            _ if logs(site, leads) || is_named(site) => site.call.args.iter().for_each(|a| shown(&a.value, &mut parts)),
            Some(written) => written
                .iter()
                .filter_map(|(at, name)| site.call.keyword(name).or_else(|| site.call.positional(*at)))
                .for_each(|value| shown(value, &mut parts)),
            None => continue,
        }
        let carriers = carriers.get_or_insert_with(|| secrets.carriers(body));
        let found = parts.into_iter().find_map(|part| Some((part, secrets.is(part, site.scope, carriers)?)));
        // What is named after the credential may have been made where it was missing.
        let record = |part: &Value| part.as_reference().filter(|path| !env_secret(own_name(path))).map(str::to_owned);
        let at = site.value.span;
        let missing = |part: &Value| record(part).is_some_and(|of| is_missing(body.stmts, at, carriers, &of));
        let found = found.filter(|(part, _)| !missing(part));
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

/// The functions of a module that hand what they are given to a log, with the place and name of each parameter that
/// is written.
pub(super) type Wrappers = BTreeMap<String, Vec<(usize, Box<str>)>>;

/// The functions of a module that hand what they are given to a log, and say so by their names: `log(text)`.
pub(super) fn wrappers(bodies: &[Body<'_, '_>]) -> Wrappers {
    let mut found = Wrappers::new();
    for body in bodies {
        let symbol = body.code.symbol(body.scope);
        let name = own_name(&symbol);
        let Some(function) = body.function.filter(|_| vocabulary::words(name).iter().any(|word| word == "log")) else {
            continue;
        };
        let mut parts = Vec::new();
        for (site, _) in body.calls.iter().filter(|(site, leads)| logs(site, leads) || is_named(site)) {
            site.call.args.iter().for_each(|a| shown(&a.value, &mut parts));
        }
        let shows = |name: &str| parts.iter().any(|part| part.as_reference() == Some(name));
        let params = function.params.iter().filter(|p| !matches!(&*p.name, "self" | "cls")).enumerate();
        let written: Vec<_> = params.filter(|(_, p)| shows(&p.name)).map(|(at, p)| (at, p.name.clone())).collect();
        if !written.is_empty() {
            found.insert(name.to_owned(), written);
        }
    }
    found
}

/// The name of a function without what it belongs to.
fn own_name(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Whether a call stands where what was looked for in `record` is not there: `if not token: log.error(answer)`.
fn is_missing(stmts: &[Stmt], call: Span, carriers: &Carriers, record: &str) -> bool {
    stmts.iter().filter(|stmt| stmt.span.contains(call)).any(|stmt| {
        let inside = |block: &[Stmt]| block.iter().any(|stmt| stmt.span.contains(call));
        let asked = match &stmt.kind {
            StmtKind::If { condition, then, otherwise } => {
                inside(then) && asks_for_none(condition, carriers)
                    || inside(otherwise) && asks_about(condition, carriers, record)
            }
            _ => false,
        };
        asked || blocks_of(stmt).into_iter().any(|block| is_missing(block, call, carriers, record))
    })
}

/// Whether a condition asks what a record says, or for what was taken out of it.
fn asks_about(condition: &Value, carriers: &Carriers, record: &str) -> bool {
    let mut about = false;
    each_part(condition, &mut |part| {
        let path = part.as_reference().or_else(|| part.as_call()?.path());
        let rest = path.and_then(|path| path.strip_prefix(record));
        about |= carriers.carries(part) || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    });
    about && !asks_for_none(condition, carriers)
}

fn asks_for_none(condition: &Value, carriers: &Carriers) -> bool {
    let Some(Expr::Operation(op, parts)) = condition.as_expr() else { return false };
    // What was refused holds none either: `if (!answer.ok)`, `if answer.status_code != 200`.
    let status = |part: &Value| {
        let field = part.as_reference().and_then(|path| path.rsplit_once('.')).map(|(_, field)| field);
        matches!(field, Some("ok" | "is_success" | "status" | "status_code" | "statusCode"))
    };
    if matches!(&**op, "not" | "!" | "!=" | "!==" | ">=" | ">") && parts.iter().any(status) {
        return true;
    }
    match &**op {
        "not" | "!" => parts.iter().any(|part| carriers.carries(part)),
        "not in" => parts.last().is_some_and(|part| carriers.carries(part)),
        "is" | "==" | "===" => {
            let none = |part: &Value| matches!(part.node, Node::Null) || part.as_str() == Some("");
            parts.iter().any(none) && parts.iter().any(|part| carriers.carries(part))
        }
        "or" | "||" | "and" | "&&" => parts.iter().any(|part| asks_for_none(part, carriers)),
        _ => false,
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
    "information",
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

/// Whether a call writes to a log, by what it leads to or by the level in the name of its method.
pub(super) fn logs(site: &CallSite<'_>, leads: &Resolved<'_>) -> bool {
    leads_to_log(leads) || site.call.method().and_then(named_level).is_some()
}

/// The level in the name of a method that says what it does: `env.log_info(…)`, `logger.LogWarning(…)`.
pub(super) fn named_level(method: &str) -> Option<&'static str> {
    let rest = ["log_", "log", "Log"].iter().find_map(|begin| method.strip_prefix(begin))?;
    let apart = method.starts_with("log_") || rest.starts_with(|c: char| c.is_ascii_uppercase());
    let rest = rest.to_ascii_lowercase();
    LEVELS.iter().find(|level| apart && **level == rest && **level != "log").copied()
}

fn leads_to_log(leads: &Resolved<'_>) -> bool {
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

/// Methods of loggers of Go: `Infof`, `ErrorContext`, `Printf`.
fn is_leveled(method: &str) -> bool {
    if LEVELS.contains(&method) || method == "print" {
        return true;
    }
    let lower = method.to_ascii_lowercase();
    let plain = ["context", "ln", "f", "w"].iter().find_map(|end| lower.strip_suffix(end)).unwrap_or(&lower);
    method.starts_with(|c: char| c.is_ascii_uppercase())
        && (LEVELS.contains(&plain) || LEVELS.contains(&&*lower) || plain == "print" || lower == "print")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{python, uses};
    use super::named_level;
    use crate::parse::code::ast::Language;

    #[test]
    fn the_level_stands_in_the_name_of_the_method() {
        for name in ["log_info", "log_warn", "log_error", "logWarning", "LogInformation"] {
            assert!(named_level(name).is_some(), "{name}");
        }
        for name in ["login", "log_in", "logout", "log_level", "logerror", "log"] {
            assert!(named_level(name).is_none(), "{name}");
        }
        let source = "class A:\n  def start(self, config):\n    self.env.log_info(f'start {config.api_key}')\n";
        assert_eq!(python(source), ["log  -"]);
        assert!(python(&source.replace("log_info", "store")).is_empty());
    }

    #[test]
    fn loggers_of_go() {
        let source = "package main\nimport \"log/slog\"\nfunc start(apiKey string) {\n\tslog.Info(\"start\", \"key\", apiKey)\n}\n";
        assert_eq!(uses(Language::Go, source), ["log  -"]);
        assert!(uses(Language::Go, &source.replace("slog.Info", "store.Info")).is_empty());
    }

    #[test]
    fn a_function_that_hands_its_text_to_a_log() {
        let source = "import logging\nlogger = logging.getLogger(__name__)\ndef log_line(text):\n  logger.info(text)\ndef start(api_key):\n  log_line(f'key {api_key}')\n";
        assert_eq!(python(source), ["log  -"]);
        assert!(python(&source.replace("logger.info(text)", "return len(text)")).is_empty());
        // What is masked before it is written is not what was given.
        let masked = "import logging\nlogger = logging.getLogger(__name__)\ndef log_call(name, config):\n  safe = mask(config)\n  logger.info(f'{name}: {safe}')\ndef start(api_key):\n  log_call('start', api_key)\n";
        assert!(python(masked).is_empty());
        assert_eq!(python(&masked.replace("{safe}", "{config}")), ["log  -"]);
    }

    #[test]
    fn a_message_of_which_a_credential_is_picked() {
        let source = "import logging\nlog = logging.getLogger(__name__)\nasync def update(request):\n  data = await request.json()\n  log.info(f'got {data}')\n  return store(data.get('api_key'))\n";
        assert_eq!(python(source), ["log  -"]);
        assert!(python(&source.replace("api_key", "name")).is_empty());
        // What is not there is not shown.
        let missing = "import logging\nlog = logging.getLogger(__name__)\nasync def update(request):\n  data = await request.json()\n  key = data.get('api_key')\n  if not key:\n    log.error(f'no key: {data}')\n";
        assert!(python(missing).is_empty());
        assert_eq!(python(&missing.replace("if not key", "if key")), ["log  -"]);
        assert!(python(&missing.replace("if not key", "if 'api_key' not in data")).is_empty());
        assert!(python(&missing.replace("if not key", "if key:\n    pass\n  else")).is_empty());
        assert!(python(&missing.replace("if not key", "if request.status_code != 200")).is_empty());
    }
}

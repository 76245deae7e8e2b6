//! The level below which a Python module writes no log. Input: a module. Output: [`Floor`], which answers for a call.

use crate::parse::Value;
use crate::parse::code::ast::{Language, Stmt, StmtKind};
use crate::parse::code::resolve::Resolved;
use crate::parse::code::{CallSite, Code};
use crate::parse::value::Expr;

/// What the module sets the root logger to, where that is written once and for all of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Floor(u8);

impl Floor {
    /// Reads the levels that a module sets. A level that is worked out, one that is set in some cases alone, and
    /// one of a logger or handler under a name of the module's own leave the floor at the bottom.
    pub(super) fn of(code: &Code<'_>) -> Self {
        if code.module.language != Language::Python {
            return Self(0);
        }
        let mut floor = None;
        for site in &code.calls {
            let given = match sets(site) {
                Sets::Root(level) if always(&code.module.body, site) => level.and_then(rank),
                Sets::Root(_) | Sets::Own => None,
                Sets::Nothing => continue,
            };
            let Some(given) = given else { return Self(0) };
            floor = Some(floor.map_or(given, |known: u8| known.min(given)));
        }
        Self(floor.unwrap_or(0))
    }

    /// Whether a log call comes to be written.
    pub(super) fn writes(self, leads: &Resolved<'_>) -> bool {
        let level = match leads.last() {
            "debug" => 10,
            "info" => 20,
            "warning" | "warn" => 30,
            "error" | "exception" => 40,
            _ => return true,
        };
        level >= self.0 || !leads.within("logging")
    }
}

/// What a call sets the level of.
enum Sets<'m> {
    Root(Option<&'m Value>),
    /// A logger or handler that this module may write to.
    Own,
    Nothing,
}

fn sets<'m>(site: &CallSite<'m>) -> Sets<'m> {
    match (site.call.path(), site.call.method()) {
        (Some("logging.basicConfig"), _) => Sets::Root(site.call.keyword("level")),
        (Some("logging.root.setLevel"), _) => Sets::Root(site.call.positional(0)),
        (_, Some("setLevel")) => {
            let receiver = match site.call.callee.as_expr() {
                Some(Expr::Operation(_, operands)) => operands.first().and_then(Value::as_call),
                _ => None,
            };
            let Some(logger) = receiver.filter(|call| call.method() == Some("getLogger")) else { return Sets::Own };
            match logger.positional(0) {
                None => Sets::Root(site.call.positional(0)),
                // Another library's, kept quiet.
                Some(name) if name.as_str().is_some() => Sets::Nothing,
                Some(_) => Sets::Own,
            }
        }
        _ => Sets::Nothing,
    }
}

/// Whether a call stands among the statements of the module, in no branch of it.
fn always(stmts: &[Stmt], site: &CallSite<'_>) -> bool {
    stmts.iter().any(|stmt| matches!(stmt.kind, StmtKind::Expr(_)) && stmt.span.contains(site.value.span))
}

fn rank(level: &Value) -> Option<u8> {
    let name = level.as_str().or_else(|| level.as_reference()?.strip_prefix("logging."))?;
    match name {
        "WARNING" | "WARN" => Some(30),
        "ERROR" => Some(40),
        "CRITICAL" | "FATAL" => Some(50),
        "INFO" => Some(20),
        "DEBUG" => Some(10),
        _ => None,
    }
}

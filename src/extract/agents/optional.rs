//! Authentication that stands only while a setting is there: `if not settings.token: return await call_next(request)`,
//! `if secret: verify(…)` without an else that refuses. Input: the scene and what stands before its endpoints.
//! Output: [`Optional`], which says of a sign of authentication which setting it hangs on.

use rustc_hash::FxHashMap;

use super::before::Before;
use super::names::{At, own_statements};
use super::scene::Scene;
use super::sites::Site;
use super::walk;
use crate::parse::code::ast::{Call, Stmt, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// The setting without which nobody is asked who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unset {
    /// As it is written.
    pub(super) setting: String,
    /// The code itself goes on without it: it does not only leave the check out.
    pub(super) said: bool,
}

/// A condition on a setting.
struct Gate<'m> {
    setting: &'m str,
    /// Where the code goes on when the setting is there.
    set: Option<Span>,
    /// What runs when it is not.
    unset: &'m [Stmt],
    function: Option<usize>,
}

/// What hangs on settings in a file.
pub(super) struct Optional<'m> {
    gates: Vec<Gate<'m>>,
    /// Functions that let everybody pass while a setting is not there.
    passing: FxHashMap<usize, &'m str>,
}

impl<'m> Optional<'m> {
    pub(super) fn of(scene: &Scene<'_, 'm>, before: &Before) -> Self {
        let mut gates = Vec::new();
        let mut look = |body: &'m [Stmt], at: At| {
            own_statements(body, &mut |stmt| gates.extend(gate(scene, before, stmt, at)));
        };
        look(scene.names.body, At::default());
        for (index, def) in scene.names.functions.iter().enumerate() {
            look(&def.function.body, At { function: Some(index), class: def.at.class });
        }
        // Who refuses to start or to answer without it leaves nothing open.
        let refused: Vec<&str> = gates.iter().filter(|g| refuses(g.unset)).map(|g| last(g.setting)).collect();
        gates.retain(|g| !refused.contains(&last(g.setting)));
        let passing = gates.iter().filter(|g| passes(g.unset)).filter_map(|g| Some((g.function?, g.setting))).collect();
        Self { gates, passing }
    }

    /// Whether anything hangs on a setting at all.
    pub(super) fn is_empty(&self) -> bool {
        self.gates.is_empty()
    }

    /// What a check at a site hangs on.
    pub(super) fn at(&self, scene: &Scene<'_, 'm>, site: &Site<'m>) -> Option<Unset> {
        if self.is_empty() {
            return None;
        }
        let within = |function: Option<usize>| self.within(scene, function);
        let called = || {
            let function = site.at.function?;
            scene.callers(function).find_map(|s| within(s.at.function))
        };
        within(site.at.function).or_else(called).or_else(|| self.beside(site.span))
    }

    /// What a function or class of the file that stands for a check hangs on.
    pub(super) fn of_name(&self, scene: &Scene<'_, 'm>, path: &str, at: At) -> Option<Unset> {
        let function = scene.names.function(path, at);
        let class = scene.names.class(path);
        let inside = |&index: &usize| {
            let around = std::iter::successors(Some(index), |&f| scene.names.functions[f].at.function);
            let own = around.clone().any(|f| Some(f) == function);
            own || class.is_some() && around.into_iter().any(|f| scene.names.functions[f].at.class == class)
        };
        let mut all: Vec<usize> = self.passing.keys().copied().filter(inside).collect();
        all.sort_unstable();
        all.first().map(|f| Unset { setting: self.passing[f].to_owned(), said: true })
    }

    /// The first function whose name speaks of authentication and that lets everybody pass.
    pub(super) fn named(&self, scene: &Scene<'_, 'm>) -> Option<(&'m str, Unset)> {
        let mut all: Vec<usize> = self.passing.keys().copied().collect();
        all.sort_unstable();
        let found = all.into_iter().find_map(|f| {
            let around = std::iter::successors(Some(f), |&f| scene.names.functions[f].at.function);
            let named = around
                .into_iter()
                .find(|&f| scene.names.functions[f].function.name.to_ascii_lowercase().contains("auth"))?;
            Some((f, named))
        });
        found.map(|(f, named)| {
            (&*scene.names.functions[named].function.name, Unset { setting: self.passing[&f].to_owned(), said: true })
        })
    }

    /// What a function that is a check itself hangs on.
    pub(super) fn of_index(&self, scene: &Scene<'_, 'm>, function: usize) -> Option<Unset> {
        self.within(scene, Some(function))
    }

    fn within(&self, scene: &Scene<'_, 'm>, function: Option<usize>) -> Option<Unset> {
        let around = std::iter::successors(function, |&f| scene.names.functions[f].at.function);
        let setting = around.into_iter().find_map(|f| self.passing.get(&f).copied())?;
        Some(Unset { setting: setting.to_owned(), said: true })
    }

    /// The condition in whose branch a place lies.
    fn beside(&self, span: Span) -> Option<Unset> {
        let gate = self.gates.iter().find(|g| g.set.is_some_and(|set| set.contains(span)) && !leaves(g.unset))?;
        Some(Unset { setting: gate.setting.to_owned(), said: !gate.unset.is_empty() })
    }
}

fn gate<'m>(scene: &Scene<'_, 'm>, before: &Before, stmt: &'m Stmt, at: At) -> Option<Gate<'m>> {
    let StmtKind::If { condition, then, otherwise } = &stmt.kind else { return None };
    let whole =
        |block: &'m [Stmt]| Some(Span::new(block.first()?.span.start as usize, block.last()?.span.end as usize));
    if let Some(setting) = missing(scene, before, condition, at) {
        return Some(Gate { setting, set: whole(otherwise), unset: then, function: at.function });
    }
    let setting = present(scene, before, condition, at)?;
    Some(Gate { setting, set: whole(then), unset: otherwise, function: at.function })
}

/// The setting that a condition finds missing: `not token`, `token is None`, `token == ""`.
fn missing<'m>(scene: &Scene<'_, 'm>, before: &Before, condition: &'m Value, at: At) -> Option<&'m str> {
    let all = |parts: &'m [Value]| {
        let found = missing(scene, before, parts.first()?, at)?;
        parts.iter().all(|one| missing(scene, before, one, at) == Some(found)).then_some(found)
    };
    match condition.as_expr()? {
        Expr::Choice { condition: None, options } => all(options),
        Expr::Operation(op, parts) => match (&**op, parts.as_slice()) {
            ("not" | "!", [one]) => setting(scene, before, one, at),
            ("==" | "===" | "is", [one, other]) if empty(other) => setting(scene, before, one, at),
            ("or" | "||", parts) => all(parts),
            _ => None,
        },
        _ => None,
    }
}

/// The setting that a condition finds there: `token`, `token is not None`, `token != "" && …`.
fn present<'m>(scene: &Scene<'_, 'm>, before: &Before, condition: &'m Value, at: At) -> Option<&'m str> {
    match condition.as_expr()? {
        Expr::Reference(_) => setting(scene, before, condition, at),
        Expr::Operation(op, parts) => match (&**op, parts.as_slice()) {
            ("!=" | "!==" | "is not", [one, other]) if empty(other) => setting(scene, before, one, at),
            ("and" | "&&", [first, ..]) => present(scene, before, first, at),
            _ => None,
        },
        _ => None,
    }
}

fn empty(value: &Value) -> bool {
    matches!(value.node, Node::Null)
        || value.as_str() == Some("")
        || matches!(value.as_reference(), Some("undefined" | "nil" | "null"))
}

/// Words of what callers prove themselves by.
const PROOFS: &[&str] = &["token", "secret", "key", "password", "passwd", "credential"];

/// What is of one call and no setting.
const SENT: &[&str] =
    &["header", "request", "req", "cookie", "query", "body", "params", "session", "claims", "payload"];

/// The setting that a value is: it is called like a proof, and no caller sends it.
fn setting<'m>(scene: &Scene<'_, 'm>, before: &Before, value: &'m Value, at: At) -> Option<&'m str> {
    let path = value.as_reference()?;
    let lower = path.to_ascii_lowercase();
    let sent = |text: &str| text.to_ascii_lowercase().split(|c: char| !c.is_alphanumeric()).any(|w| SENT.contains(&w));
    if !PROOFS.iter().any(|word| last(&lower).contains(word)) || sent(path) {
        return None;
    }
    let root = path.split('.').next().unwrap_or(path);
    if let Some(param) = scene.names.parameter(root, at).filter(|_| root == path) {
        let filled = param.default.as_ref().is_some_and(|d| d.as_call().is_some());
        let typed = param.annotation.as_deref().is_some_and(|a| a.contains("Depends") || a.contains("Header"));
        return (!filled && !typed && !before.holds(at.function)).then_some(path);
    }
    let Some(assign) = scene.names.assign(path, at, value.span.start) else {
        // `settings.api_key`, a constant of another module.
        let constant =
            path.contains('.') || path.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit());
        return constant.then_some(path);
    };
    let mut given = true;
    walk::each(assign.value, &mut |part| {
        given &= !part.as_reference().is_some_and(sent);
        given &= part.as_call().is_none_or(|call| call.path().is_none_or(|p| !sent(p)));
    });
    // What must be there, or is there by default, is never missing.
    let must = match assign.value.as_expr() {
        Some(Expr::Index(base, _)) => base.as_reference().is_some_and(|p| p.ends_with("environ")),
        Some(Expr::Call(call)) if matches!(call.method(), Some("getenv" | "get")) => {
            call.positional(1).and_then(Value::as_str).is_some_and(|d| !d.is_empty())
        }
        None => assign.value.as_str().is_some_and(|d| !d.is_empty()),
        _ => false,
    };
    (given && !must).then_some(path)
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Whether a block lets the call go on as if it were known.
fn passes(block: &[Stmt]) -> bool {
    let mut goes_on = false;
    own_statements(block, &mut |stmt| match &stmt.kind {
        StmtKind::Return(None) => goes_on = true,
        StmtKind::Return(Some(value)) => goes_on |= lets_go(value),
        StmtKind::Expr(value) => goes_on |= value.as_call().is_some_and(|call| call.path() == Some("next")),
        _ => {}
    });
    goes_on && !refuses(block)
}

fn lets_go(value: &Value) -> bool {
    match value.as_expr() {
        None => matches!(value.node, Node::Null) || value.as_bool() == Some(true),
        Some(Expr::Reference(_)) => true,
        Some(Expr::Operation(op, parts)) if &**op == "await" => parts.first().is_some_and(lets_go),
        Some(Expr::Call(call)) => {
            matches!(
                call.method(),
                Some("next" | "call_next" | "handler" | "proceed" | "f" | "fn" | "func" | "wrapped")
            ) || matches!(call.method(), Some("app" | "ServeHTTP"))
        }
        _ => false,
    }
}

/// Whether a block turns the call away, or stops the program.
pub(super) fn refuses(block: &[Stmt]) -> bool {
    let mut found = false;
    own_statements(block, &mut |stmt| {
        found |= matches!(stmt.kind, StmtKind::Raise(_));
        for value in walk::values(stmt) {
            walk::each(value, &mut |part| {
                found |= matches!(part.scalar(), Some("400" | "401" | "403" | "500" | "503"));
                found |= part.as_call().is_some_and(stops);
                found |= part.as_reference().is_some_and(|p| p.contains("Unauthorized") || p.contains("FORBIDDEN"));
            });
        }
    });
    found
}

fn stops(call: &Call) -> bool {
    matches!(
        call.method(),
        Some(
            "exit" | "abort" | "_exit" | "Exit" | "Fatal" | "Fatalf" | "Fatalln" | "panic" | "Errorf" | "New" | "fail"
        )
    ) && !call.path().is_some_and(|p| p.starts_with("log.Error") || p.starts_with("logger."))
}

fn leaves(block: &[Stmt]) -> bool {
    refuses(block) || block.last().is_some_and(|stmt| matches!(stmt.kind, StmtKind::Return(_) | StmtKind::Jump))
}

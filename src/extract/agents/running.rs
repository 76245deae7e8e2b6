//! Whether a module runs what a model asks for by name, and what runs for which name. Input: the scene. Output: the
//! tables, branches and calls by which a request becomes a call.

use super::effects::{Doing, doing, doing_in};
use super::names::At;
use super::origin::is_own;
use super::rounds::Loop;
use super::scene::Scene;
use super::sites::Site;
use super::walk;
use crate::extract::vocabulary::runs_requests;
use crate::parse::code::ast::{Call, Function, Stmt, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// Methods by which an object that was looked up is run.
const RUN: &[&str] = &[
    "execute",
    "run",
    "invoke",
    "ainvoke",
    "call",
    "acall",
    "func",
    "function",
    "handler",
    "fn",
    "arun",
    "forward",
    "callback",
    "dispatch",
    "execute_async",
];

/// Whether something of the module is called by a name that is not fixed, or by a function that runs requests.
pub(super) fn runs(scene: &Scene<'_, '_>) -> bool {
    scene.sites.iter().any(|site| by_name(scene, site))
}

/// What other modules have that runs what is asked for by name: a table in which it is looked up, a function that is
/// handed the name. By the full names.
pub(super) fn elsewhere(scene: &Scene<'_, '_>) -> Vec<(String, Span)> {
    let brought = |path: &str, at: At, span: Span| {
        let name = scene.names.resolve(path.split('.').next().unwrap_or(path), at, span.start)?;
        let own = is_own(name.module, scene.names.language) && !scene.sdk_of(&name);
        own.then(|| scene.canonical(path, at, span.start)).flatten().map(|symbol| (symbol, span))
    };
    let base = |value: &Value, at: At| -> Vec<(String, Span)> {
        let Some(path) = looked_up(value).and_then(Value::as_reference) else { return Vec::new() };
        let path = path.strip_suffix(".get").or_else(|| path.strip_suffix(".find")).unwrap_or(path);
        // A list of this file whose elements are other modules'.
        let list = scene.names.assign(path, at, value.span.start).filter(|a| !a.value.items().is_empty());
        let Some(list) = list else { return brought(path, at, value.span).into_iter().collect() };
        let elements = list.value.items().iter().filter_map(Value::as_reference);
        elements.filter_map(|element| brought(element, list.at, list.value.span)).collect()
    };
    let looked = scene.names.assigns.iter().flat_map(|assign| base(assign.value, assign.at));
    let called = scene.sites.iter().flat_map(|site| match site.call.path() {
        Some(path) if runs_requests(path.rsplit('.').next().unwrap_or(path)) => {
            brought(path, site.at, site.span).into_iter().collect()
        }
        Some(_) => Vec::new(),
        None => match site.call.callee.as_expr() {
            Some(Expr::Operation(_, parts)) => parts.first().map_or_else(Vec::new, |first| base(first, site.at)),
            _ => base(&site.call.callee, site.at),
        },
    });
    let mut all: Vec<(String, Span)> = Vec::new();
    for (symbol, span) in looked.chain(called) {
        if all.len() < ELSEWHERE && all.iter().all(|(known, _)| *known != symbol) {
            all.push((symbol, span));
        }
    }
    all
}

/// Names of other modules that are followed from one.
const ELSEWHERE: usize = 40;

/// Functions that are looked into from where a model is asked.
const HOPS: usize = 3;

/// Whether what stands at `span`, or a function of the module that is called there, runs requests.
pub(super) fn runs_at(scene: &Scene<'_, '_>, span: Span) -> bool {
    let (mut open, mut seen) = (vec![span], Vec::new());
    for _ in 0..HOPS {
        let mut next = Vec::new();
        for site in scene.sites.iter().filter(|site| open.iter().any(|span| span.contains(site.span))) {
            if by_name(scene, site) {
                return true;
            }
            let called = site.call.path().and_then(|path| scene.names.function(path, site.at));
            if let Some(function) = called.filter(|f| !seen.contains(f)) {
                seen.push(function);
                next.push(scene.names.functions[function].function.span);
            }
        }
        open = next;
    }
    false
}

fn by_name(scene: &Scene<'_, '_>, site: &Site<'_>) -> bool {
    let Some(path) = site.call.path() else { return called_at_once(site.call) };
    let (owner, method) = path.rsplit_once('.').unwrap_or(("", path));
    if runs_requests(method) {
        return true;
    }
    let run = RUN.contains(&method);
    let of_tools = owner.rsplit('.').next().is_some_and(|o| {
        let lower = o.to_ascii_lowercase();
        lower.contains("tool") || lower.contains("registry") || lower.contains("executor")
    });
    if !owner.is_empty() && run && of_tools {
        return true;
    }
    let held = if owner.is_empty() { path } else { owner };
    (owner.is_empty() || run)
        && !held.contains('.')
        && scene.names.assign(held, site.at, site.span.start).is_some_and(|a| looked_up(a.value).is_some())
}

/// `tools[name](…)`, `getattr(self, name)(…)`, `tools[name].invoke(…)`.
fn called_at_once(call: &Call) -> bool {
    match call.callee.as_expr() {
        Some(Expr::Operation(op, parts)) if &**op == "." => {
            let method = parts.last().and_then(Value::as_reference);
            method.is_some_and(|m| RUN.contains(&m)) && parts.first().is_some_and(|base| looked_up(base).is_some())
        }
        _ => looked_up(&call.callee).is_some(),
    }
}

/// The table or object in which a value is looked up by a name that is not fixed.
fn looked_up(value: &Value) -> Option<&Value> {
    match value.as_expr()? {
        Expr::Index(base, key) => key.scalar().is_none().then_some(base),
        Expr::Choice { options, .. } => options.iter().find_map(looked_up),
        Expr::Call(call) => {
            let open = |at: usize| call.positional(at).is_some_and(|key| key.scalar().is_none());
            match call.method()? {
                "getattr" if open(1) => call.positional(0),
                "get" if open(0) => match call.callee.as_expr() {
                    Some(Expr::Operation(_, parts)) => parts.first(),
                    _ => Some(&call.callee),
                },
                "find" if call.path().is_some_and(|p| p.to_ascii_lowercase().contains("tool")) => Some(&call.callee),
                name if open(0) && ["get_tool", "getTool", "find_tool", "findTool"].contains(&name) => {
                    Some(&call.callee)
                }
                name if open(0) && (name.ends_with("_by_name") || name.ends_with("ByName")) => Some(&call.callee),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A name that a table has something to run for.
pub(super) struct Entry<'m> {
    pub(super) name: &'m str,
    pub(super) value: &'m Value,
    pub(super) at: At,
}

/// The names of the tables in which what is asked for is looked up.
pub(super) fn tables<'m>(scene: &Scene<'_, 'm>) -> Vec<Entry<'m>> {
    let mut all: Vec<Entry<'m>> = Vec::new();
    let mut seen: Vec<Span> = Vec::new();
    let looked = scene.names.assigns.iter().filter_map(|a| Some((looked_up(a.value)?, a.at)));
    let called = scene.sites.iter().filter_map(|site| {
        let base = match site.call.callee.as_expr()? {
            Expr::Operation(_, parts) => looked_up(parts.first()?)?,
            _ => looked_up(&site.call.callee)?,
        };
        Some((base, site.at))
    });
    for (base, at) in looked.chain(called) {
        let Some(path) = base.as_reference() else { continue };
        let path = path.strip_suffix(".get").unwrap_or(path);
        let Some(assign) = scene.names.assign(path, at, base.span.start) else { continue };
        if !matches!(assign.value.node, Node::Map(_)) || seen.contains(&assign.value.span) {
            continue;
        }
        seen.push(assign.value.span);
        let run = |value: &Value| match value.as_expr() {
            Some(Expr::Function(_)) => true,
            // What is brought in may as well be a constant: a function is called so.
            Some(Expr::Reference(path)) => {
                let small = path.rsplit('.').next().is_some_and(|last| last.starts_with(char::is_lowercase));
                scene.names.function(path, assign.at).is_some() || small && scene.names.import(root(path)).is_some()
            }
            _ => false,
        };
        let entries = assign.value.entries();
        if !entries.is_empty() && entries.iter().all(|entry| run(&entry.value)) {
            all.extend(entries.iter().map(|e| Entry { name: &e.key, value: &e.value, at: assign.at }));
        }
    }
    all
}

fn root(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// What a module has for a name.
pub(super) enum Runs<'m> {
    /// A function of it.
    Function(&'m Function, String, At),
    /// A branch.
    Branch(Doing),
    /// A function that it imports.
    Imported(String),
}

/// What runs for `name`: what a table has for it, the branch for it, a function called so.
pub(super) fn of<'m>(scene: &Scene<'_, 'm>, tables: &[Entry<'m>], name: &str) -> Option<Runs<'m>> {
    if let Some(entry) = tables.iter().find(|entry| entry.name == name) {
        match entry.value.as_expr() {
            Some(Expr::Function(function)) => {
                return Some(Runs::Branch(doing(function, entry.at, &scene.names, 2)));
            }
            Some(Expr::Reference(path)) => return named(scene, path, entry.at),
            _ => {}
        }
    }
    let own = scene.names.functions.iter().find(|d| *d.function.name == *name && d.function.name.len() > 2);
    if let Some(def) = own {
        return Some(Runs::Function(def.function, def.symbol.clone(), def.at));
    }
    if let Some(found) = branch(scene, name) {
        return Some(Runs::Branch(found));
    }
    // `getattr(self, f"tool_{name}")`: one function that is called so but for a verb before it.
    let mut near = scene.names.functions.iter().filter(|d| {
        let before = d.function.name.strip_suffix(name).map(|b| b.trim_matches('_'));
        before.is_some_and(|b| ["", "tool", "handle", "execute", "run", "do", "call", "exec", "on"].contains(&b))
    });
    match (near.next(), near.next()) {
        (Some(def), None) if name.len() > 2 => {
            return Some(Runs::Function(def.function, def.symbol.clone(), def.at));
        }
        _ => {}
    }
    scene.names.import(name).is_some().then(|| named(scene, name, At::default())).flatten()
}

fn named<'m>(scene: &Scene<'_, 'm>, path: &str, at: At) -> Option<Runs<'m>> {
    if let Some(index) = scene.names.function(path, at) {
        let def = &scene.names.functions[index];
        return Some(Runs::Function(def.function, def.symbol.clone(), def.at));
    }
    scene.canonical(path, at, u32::MAX).map(Runs::Imported)
}

/// What the branch does that is taken when a name is compared with `name`.
fn branch(scene: &Scene<'_, '_>, name: &str) -> Option<Doing> {
    scene.names.functions.iter().enumerate().find_map(|(index, def)| {
        let at = At { function: Some(index), class: def.at.class };
        let block = block(scene, &def.function.body, at, name)?;
        Some(doing_in(block, at, &scene.names, 2))
    })
}

fn block<'m>(scene: &Scene<'_, 'm>, body: &'m [Stmt], at: At, name: &str) -> Option<&'m [Stmt]> {
    body.iter().find_map(|stmt| {
        match &stmt.kind {
            StmtKind::Function(_) | StmtKind::Class(_) => return None,
            StmtKind::If { condition, then, .. } if super::dispatch::mentions(scene, condition, at, name) => {
                return Some(&**then);
            }
            StmtKind::Switch { cases, labels, .. } => {
                // A case without a body falls through to the next that has one.
                let first = labels.iter().position(|l| l.iter().any(|text| **text == *name));
                if let Some(case) = first.and_then(|first| cases.iter().skip(first).find(|case| !case.is_empty())) {
                    return Some(&**case);
                }
            }
            _ => {}
        }
        walk::blocks(stmt).into_iter().find_map(|inner| block(scene, inner, at, name))
    })
}

/// Whether some branch of the module is the one for `name`.
pub(super) fn branches(scene: &Scene<'_, '_>, name: &str) -> bool {
    scene.names.functions.iter().enumerate().any(|(index, def)| {
        block(scene, &def.function.body, At { function: Some(index), class: def.at.class }, name).is_some()
    })
}

/// What asks a person where a request is run: in the function that runs it, or, where that asks the model too, in the
/// loop over what is asked for.
pub(super) fn asked_before(scene: &Scene<'_, '_>, model: Span, loops: &[Loop<'_>]) -> Option<(String, Span)> {
    scene.sites.iter().filter(|site| by_name(scene, site)).find_map(|site| {
        let function = std::iter::successors(site.at.function, |&f| scene.names.functions[f].at.function)
            .find(|&f| !scene.names.functions[f].function.name.is_empty())?;
        let def = &scene.names.functions[function];
        let asks = if def.function.span.contains(model) {
            let around = loops.iter().filter(|l| l.span.contains(site.span)).min_by_key(|l| l.span.len())?;
            let own = !around.span.contains(model);
            doing_in(around.body, site.at, &scene.names, 1).asks.filter(|_| own)
        } else {
            doing(def.function, def.at, &scene.names, 1).asks
        };
        Some((asks?, site.span))
    })
}

//! Hand-written loops over a model API. Input: the scene. Output: an [`Agent`] for each function that
//! calls a model with tools again and again and dispatches what the model asks for.

use super::args::{Args, Found, short};
use super::model::{AgentForm, Framework};
use super::names::At;
use super::scene::{DEPTH, Scene};
use super::sites::{Site, matches, method_matches};
use super::walk;
use crate::extract::vocabulary::REQUESTS;
use crate::facts::{Agent, RefKind, Sym, Tool};
use crate::parse::code::ast::{Module, Stmt, StmtKind};
use crate::parse::value::{Expr, Value};
use crate::span::Span;

/// A loop around a statement, and how it ends.
struct Loop<'m> {
    span: Span,
    header: Option<&'m Value>,
    body: &'m [Stmt],
    counted: bool,
}

/// Finds every loop.
pub(super) fn read<'m>(scene: &mut Scene<'_, 'm>, module: &'m Module) {
    let mut loops = Vec::new();
    collect(&module.body, &mut loops);
    if loops.is_empty() || !dispatches(&module.body) {
        return;
    }
    for index in 0..scene.sites.len() {
        let site = &scene.sites[index];
        let Some((framework, form)) = form_of(scene, site) else { continue };
        let args = site.args(&scene.names);
        let Some(tools) = form.tools.iter().find_map(|p| args.get(p, &scene.names)) else { continue };
        let Some((function, around)) = repeated(scene, site, &loops) else { continue };
        add(scene, framework, form, &args, tools, function, around);
    }
}

fn form_of(scene: &Scene<'_, '_>, site: &Site<'_>) -> Option<(&'static Framework, &'static AgentForm)> {
    super::model::FRAMEWORKS.iter().filter(|f| f.slug == "tool-loop").find_map(|framework| {
        framework.sdk.iter().find_map(|sdk| {
            let form = sdk.agent.iter().find(|form| {
                let named = site.name.as_ref().is_some_and(|n| matches(n, sdk, form.call));
                named || (site.name.is_none() && method_matches(site.call, form.call))
            });
            form.filter(|_| scene.sdks.iter().any(|(f, _)| f.slug == "tool-loop")).map(|form| (framework, form))
        })
    })
}

/// The function whose loop calls the model: the call's own, or one that calls that.
fn repeated<'l, 'm>(scene: &Scene<'_, 'm>, site: &Site<'m>, loops: &'l [Loop<'m>]) -> Option<(usize, &'l Loop<'m>)> {
    let named = |at: At| {
        std::iter::successors(at.function, |&f| scene.names.functions[f].at.function)
            .find(|&f| !scene.names.functions[f].function.name.is_empty())
    };
    let around = |span: Span| loops.iter().filter(|l| l.span.contains(span)).min_by_key(|l| l.span.len());
    let own = named(site.at)?;
    if let Some(found) = around(site.span) {
        return Some((own, found));
    }
    let symbol = &scene.names.functions[own].symbol;
    scene.sites.iter().find_map(|caller| {
        let called = scene.names.function(caller.call.path()?, caller.at)?;
        let function = named(caller.at)?;
        (scene.names.functions[called].symbol == *symbol).then_some(())?;
        Some((function, around(caller.span)?))
    })
}

fn collect<'m>(body: &'m [Stmt], loops: &mut Vec<Loop<'m>>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Loop { target, header, body } => {
                loops.push(Loop { span: stmt.span, header: header.as_ref(), body, counted: target.is_some() });
            }
            StmtKind::Function(function) => collect(&function.body, loops),
            StmtKind::Class(class) => collect(&class.body, loops),
            _ => {}
        }
        for value in walk::values(stmt) {
            walk::each(value, &mut |v| {
                if let Some(Expr::Function(function)) = v.as_expr() {
                    collect(&function.body, loops);
                }
            });
        }
        for block in walk::blocks(stmt) {
            collect(block, loops);
        }
    }
}

/// Whether the module looks at what a model asks to be called.
fn dispatches(body: &[Stmt]) -> bool {
    let mut found = false;
    let mut look = |value: &Value| {
        let hit = match value.as_expr() {
            Some(Expr::Reference(path)) => path.split('.').any(|s| REQUESTS.contains(&s)),
            Some(Expr::Operation(op, parts)) if &**op == "." => {
                parts.last().and_then(Value::as_reference).is_some_and(|p| p.split('.').any(|s| REQUESTS.contains(&s)))
            }
            Some(Expr::Index(_, key)) => key.as_str().is_some_and(|k| REQUESTS.contains(&k)),
            _ => value.as_str().is_some_and(|t| REQUESTS.contains(&t)),
        };
        found |= hit;
    };
    every(body, &mut look);
    found
}

/// Shows every value of the statements, those of functions inside too.
pub(super) fn every<'m>(body: &'m [Stmt], look: &mut impl FnMut(&'m Value)) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Function(function) => every(&function.body, look),
            StmtKind::Class(class) => every(&class.body, look),
            StmtKind::Loop { target: Some(target), .. } => walk::each(target, look),
            _ => {}
        }
        let mut inner = Vec::new();
        for value in walk::values(stmt) {
            walk::each(value, &mut |v| {
                look(v);
                if let Some(Expr::Function(function)) = v.as_expr() {
                    inner.push(&function.body);
                }
            });
        }
        for function in inner {
            every(function, look);
        }
        for block in walk::blocks(stmt) {
            every(block, look);
        }
    }
}

fn add<'m>(
    scene: &mut Scene<'_, 'm>,
    framework: &'static Framework,
    form: &AgentForm,
    args: &Args<'m>,
    tools: Found<'m>,
    function: usize,
    around: &Loop<'m>,
) {
    let def = &scene.names.functions[function];
    let (symbol, name, span) = (def.symbol.clone(), def.function.name.to_string(), def.function.name_span);
    if scene.agent_by.contains_key(&symbol) {
        return;
    }
    let mut agent = Agent {
        name: Sym::new(&name),
        framework: Sym::new(framework.slug),
        symbol: Sym::new(&symbol),
        tracing: Sym::new("unknown"),
        ..Agent::default()
    };
    let model = args.first(form.model, &scene.names).map(|f| scene.names.constant(f.value, f.at).0);
    agent.model = model.and_then(short).map(Sym::from);
    if around.counted {
        let written = around.header.and_then(short).unwrap_or_else(|| "loop".into());
        agent.limits.push(scene.setting("loop", &written, around.span));
        agent.limited = Some(true);
    } else if let Some((span, written)) = bound(around) {
        agent.limits.push(scene.setting("loop", &written, span));
        agent.limited = Some(true);
    } else if asks_each_turn(scene, around, def.at) {
        // A person types before each turn, and can leave.
    } else if around.header.is_none_or(is_up_to_the_model) {
        agent.limited = Some(false);
    }
    let asked = super::effects::doing_in(around.body, def.at, &scene.names, 1).asks;
    if let Some(by) = asked.filter(|by| by.starts_with("policy (")) {
        agent.gates.push(scene.setting("*", &by, around.span));
    }
    for item in scene.items(tools) {
        let Some(schema) = schema_name(item.value) else { continue };
        let schema = schema.to_owned();
        // The function of the same name is what the dispatch runs, as a rule.
        let own = scene.names.functions.iter().find(|d| *d.function.name == *schema && d.function.name.len() > 2);
        let target = own.map(|d| (d.symbol.clone(), d.function, d.at));
        if let Some((target, function, at)) = target {
            let mut tool = Tool {
                name: Sym::new(&schema),
                framework: Sym::new(framework.slug),
                symbol: Sym::new(&target),
                ..Tool::default()
            };
            let body = super::effects::doing(function, at, &scene.names, 2);
            scene.fill(&mut tool, body);
            scene.add_tool(function.name_span, tool);
            agent.tools.push(scene.reference(RefKind::Symbol, &target, item.value.span));
        } else {
            agent.tools.push(scene.reference(RefKind::Name, &schema, item.value.span));
        }
        agent.tool_names.push(Sym::new(&schema));
    }
    let mut reads = Vec::new();
    if let Some(client) = args.receiver() {
        let root = client.value.as_reference().and_then(|p| p.split('.').next());
        let assign = root.and_then(|r| scene.names.assign(r, client.at, client.value.span.start));
        if let Some(assign) = assign {
            super::credentials::read(scene, Found { value: assign.value, at: assign.at }, DEPTH, &mut reads);
        }
    }
    for (kind, name, span) in reads {
        agent.credentials.push(scene.reference(kind, &name, span));
    }
    scene.add_agent(span, agent);
}

/// Whether a person is asked in each round of a loop.
fn asks_each_turn(scene: &Scene<'_, '_>, around: &Loop<'_>, at: At) -> bool {
    super::effects::doing_in(around.body, at, &scene.names, 1).asks.is_some()
}

/// Words of names that count or measure what a loop has used up.
const COUNTERS: &[&str] = &[
    "turn",
    "step",
    "iter",
    "round",
    "count",
    "attempt",
    "tries",
    "retries",
    "depth",
    "max",
    "limit",
    "budget",
    "cost",
    "token",
    "deadline",
    "elapsed",
    "timeout",
    "remaining",
    "spent",
    "expires",
    "loops",
    "cycles",
    "hops",
    "signal",
    "aborted",
];

/// What ends a loop that does not count by itself: a comparison of a counter, a clock or a budget.
fn bound(around: &Loop<'_>) -> Option<(Span, String)> {
    let header = around.header.filter(|h| counts(h)).map(|h| (h.span, written(h)));
    header.or_else(|| {
        let mut found = None;
        super::names::own_statements(around.body, &mut |stmt| {
            if let StmtKind::If { condition, then, otherwise } = &stmt.kind
                && counts(condition)
                && [then, otherwise].into_iter().any(|block| leaves(block))
            {
                found.get_or_insert_with(|| (condition.span, written(condition)));
            }
            if let StmtKind::With { items, .. } = &stmt.kind
                && items.iter().any(|(v, _)| v.as_call().is_some_and(|c| c.method().is_some_and(is_timeout)))
            {
                found.get_or_insert_with(|| (stmt.span, "timeout".into()));
            }
        });
        found
    })
}

fn is_timeout(method: &str) -> bool {
    matches!(method, "timeout" | "fail_after" | "move_on_after" | "timeout_at")
}

fn leaves(block: &[Stmt]) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::Return(_) | StmtKind::Raise(_) | StmtKind::Jump => true,
        _ => walk::blocks(stmt).into_iter().any(leaves),
    })
}

/// Whether a condition compares something that counts.
fn counts(condition: &Value) -> bool {
    let mut found = false;
    walk::each(condition, &mut |value| match value.as_expr() {
        Some(Expr::Operation(op, parts)) if matches!(&**op, "<" | "<=" | ">" | ">=" | "==" | "===" | "!=") => {
            found |= parts.iter().any(|part| {
                let mut named = false;
                walk::each(part, &mut |inner| {
                    let name = match inner.as_expr() {
                        Some(Expr::Reference(path)) => path.rsplit('.').next(),
                        Some(Expr::Call(call)) => call.method(),
                        _ => None,
                    };
                    named |= name.is_some_and(|name| {
                        let name = name.to_ascii_lowercase();
                        COUNTERS.iter().any(|c| name.contains(c))
                            || matches!(&*name, "time" | "now" | "monotonic" | "i" | "n")
                    });
                });
                named
            });
        }
        Some(Expr::Reference(path)) => found |= path.ends_with(".aborted"),
        _ => {}
    });
    found
}

fn written(condition: &Value) -> String {
    let mut names = Vec::new();
    walk::each(condition, &mut |value| {
        names.extend(value.as_reference().map(str::to_owned).or_else(|| value.scalar().map(str::to_owned)));
    });
    names.truncate(3);
    if names.is_empty() { "set".into() } else { names.join(" ") }
}

/// Whether a loop goes on for ever, or as long as the model asks for tools.
fn is_up_to_the_model(header: &Value) -> bool {
    if matches!(header.scalar(), Some("true" | "1")) {
        return true;
    }
    let mut found = false;
    walk::each(header, &mut |value| {
        let text = value.as_reference().or_else(|| value.as_str()).unwrap_or("");
        found |= text
            .split('.')
            .any(|s| REQUESTS.contains(&s) || matches!(s, "stop_reason" | "finish_reason" | "stopReason"));
    });
    found
}

/// The name in a tool's schema: `{"type": "function", "function": {"name": …}}`, `{"name": …}`.
fn schema_name(value: &Value) -> Option<&str> {
    let direct =
        value.get("name").or_else(|| value.at(&["function", "name"])).or_else(|| value.at(&["toolSpec", "name"]));
    direct.and_then(Value::as_str)
}

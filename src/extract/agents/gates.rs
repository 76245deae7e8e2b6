//! Gates of a declaration: among its arguments, in the middleware it is given, as decorators beside it. Input:
//! arguments or decorators and the model's gate forms. Output: decisions: what gates which tool, and which
//! gates are void.

use super::args::{Args, Found, inside, says};
use super::decorated::named;
use super::effects::doing;
use super::model::{ApprovalForm, GateArg};
use super::names::{At, Names, own_statements};
use super::scene::Scene;
use super::sites::matches;
use super::tools::BODY;
use crate::facts::{Sym, Tool};
use crate::parse::code::ast::{Function, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// What one gate argument decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decision {
    /// The tool it speaks of, or `*`.
    pub(super) tool: String,
    /// The argument, as written.
    pub(super) by: String,
    /// Why the gate is void; none when it holds.
    pub(super) void: Option<String>,
    /// Where it stands.
    pub(super) span: Span,
}

/// Every decision of `forms` over `args`.
pub(super) fn decisions<'m>(args: &Args<'m>, forms: &[GateArg], names: &Names<'m>) -> Vec<Decision> {
    let mut all = Vec::new();
    for form in forms {
        let given = form.arg.iter().find_map(|p| args.get(p, names).map(|f| (*p, f)));
        let Some((path, found)) = given.or_else(|| elsewhere(args, form, names)) else { continue };
        let by = path.rsplit('.').next().unwrap_or(path);
        decide(found, form, by, names, &mut all);
    }
    all
}

/// What asks by default: of `forms`, those whose arguments are left out. `span` is the declaration's.
pub(super) fn defaults<'m>(args: &Args<'m>, forms: &[GateArg], names: &Names<'m>, span: Span) -> Vec<Decision> {
    let left_out = |form: &&GateArg| form.default && form.arg.iter().all(|path| args.get(path, names).is_none());
    let asks = |form: &GateArg| {
        let by = format!("{} by default", form.arg.first().copied().unwrap_or("approval"));
        Decision { tool: "*".into(), by, void: None, span }
    };
    forms.iter().filter(left_out).map(asks).collect()
}

/// Hooks that are put together where this file does not show it may be the one that asks.
fn elsewhere<'m>(args: &Args<'m>, form: &GateArg, names: &Names<'m>) -> Option<(&'static str, Found<'m>)> {
    let path = form.arg.iter().filter(|_| form.first).find_map(|path| path.rsplit_once('.'))?.0;
    let found = args.get(path, names)?;
    let (value, _) = names.constant(found.value, found.at);
    value.as_expr().is_some().then_some((path, found))
}

pub(super) fn decide<'m>(found: Found<'m>, form: &GateArg, by: &str, names: &Names<'m>, all: &mut Vec<Decision>) {
    let (value, at) = names.usual(found.value, found.at);
    let span = found.value.span;
    // What the caller of the function says is not seen: it may ask, or not.
    let open = value.as_reference().is_some_and(|path| names.parameter(path, at).is_some());
    let by = &*if open { format!("{by}{SOMETIMES}") } else { by.to_owned() };
    let decision = |tool: &str, void: Option<String>| Decision { tool: tool.into(), by: by.into(), void, span };
    if says(value, form.void) {
        let written = value.scalar().unwrap_or("void");
        all.push(decision("*", Some(format!("{by} is {written}"))));
        return;
    }
    if says(value, form.off) || matches!(value.node, Node::Null) {
        return;
    }
    match form.shape {
        "by-tool" => {
            // One answer for all tools, or something made elsewhere that has one.
            if value.entries().is_empty() && (value.as_bool() == Some(true) || value.as_expr().is_some()) {
                all.push(decision("*", None));
            }
            if let Some(asks) = function(found, names) {
                all.push(decided(decision("*", None), asks, form, names, at));
            }
            for entry in value.entries() {
                if says(&entry.value, form.void) {
                    all.push(decision(&entry.key, Some(format!("{by} leaves it out"))));
                } else if let Some(asks) = function(Found { value: &entry.value, at }, names) {
                    all.push(decided(decision(&entry.key, None), asks, form, names, at));
                } else if !says(&entry.value, form.off) {
                    all.push(decision(&entry.key, None));
                }
            }
        }
        "names" => all.extend(value.one_or_many().iter().filter_map(Value::as_str).map(|tool| decision(tool, None))),
        "nodes" => {
            let nodes: Vec<&str> = value.one_or_many().iter().filter_map(Value::as_str).collect();
            let every = |n: &str| matches!(n, "*" | "tools" | "action" | "tool_node" | "tool");
            if nodes.is_empty() || nodes.iter().any(|n| every(n)) {
                all.push(decision("*", None));
            } else {
                all.extend(nodes.into_iter().map(|node| decision(node, None)));
            }
        }
        "by-decision" => by_decision(value, &decision, all),
        // A hook may as well only write a log: one that asks is a gate, for what it asks about.
        "asks" => {
            let asks = value.one_or_many().iter().filter_map(|value| function(Found { value, at }, names));
            if asks.into_iter().any(|f| doing(f, at, names, BODY).asks.is_some()) {
                all.push(Decision { by: format!("{by}{SOMETIMES}"), ..decision("*", None) });
            }
        }
        "approver" => {
            let void = function(found, names).is_some_and(|f| always_returns(f, form.always, names, at));
            all.push(decision("*", void.then(|| format!("{by} always approves"))));
        }
        _ => all.push(match function(found, names) {
            Some(asks) => decided(decision("*", None), asks, form, names, at),
            None => decision("*", None),
        }),
    }
}

/// What follows the name of a gate that a predicate opens for some calls.
pub(crate) const SOMETIMES: &str = " for some calls";

/// A gate that a function decides on: it asks always, never, or for some calls.
fn decided<'m>(decision: Decision, asks: &'m Function, form: &GateArg, names: &Names<'m>, at: At) -> Decision {
    let never: Vec<&str> = ["false", "null"].iter().chain(form.void).chain(form.always).copied().collect();
    if always_returns(asks, &never, names, at) {
        return Decision { void: Some(format!("{} never asks", decision.by)), ..decision };
    }
    let always = always_returns(asks, &["true", "user-approval", "type=user-approval"], names, at);
    if always { decision } else { Decision { by: format!("{}{SOMETIMES}", decision.by), ..decision } }
}

/// `{always: {tool_names: […]}, never: {tool_names: […]}}`, or a map from tool to decision.
fn by_decision(value: &Value, decision: &impl Fn(&str, Option<String>) -> Decision, all: &mut Vec<Decision>) {
    if value.entries().is_empty() {
        all.push(decision("*", None));
        return;
    }
    for entry in value.entries() {
        let listed = ["tool_names", "toolNames"].iter().find_map(|k| entry.value.get(k));
        let tools: Vec<&str> = listed.unwrap_or(&entry.value).items().iter().filter_map(Value::as_str).collect();
        match &*entry.key {
            "always" if listed.is_some() || !tools.is_empty() => {
                all.extend(tools.into_iter().map(|t| decision(t, None)))
            }
            "never" if listed.is_some() || !tools.is_empty() => {
                all.extend(tools.into_iter().map(|t| decision(t, Some("require_approval is never".into()))));
            }
            tool => match entry.value.as_str() {
                Some("always") => all.push(decision(tool, None)),
                Some("never") => all.push(decision(tool, Some("require_approval is never".into()))),
                _ => {}
            },
        }
    }
}

/// How many times a function may be wrapped: `f = partial(f, x)` names itself.
const WRAPPED: usize = 4;

/// The function that a value is or names.
pub(super) fn function<'m>(found: Found<'m>, names: &Names<'m>) -> Option<&'m Function> {
    let Found { mut value, mut at } = found;
    for _ in 0..WRAPPED {
        (value, at) = names.constant(value, at);
        match value.as_expr()? {
            Expr::Function(function) => return Some(function),
            Expr::Reference(path) => return names.function(path, at).map(|i| names.functions[i].function),
            Expr::Call(call) if call.method() == Some("partial") => value = call.positional(0)?,
            _ => return None,
        }
    }
    None
}

/// Whether every way out of a function returns one of `values` (`true`, `null`, a called name, or
/// `key=value` of a map or call).
fn always_returns<'m>(function: &'m Function, values: &[&str], names: &Names<'m>, at: At) -> bool {
    let mut returns: Vec<Option<&Value>> = Vec::new();
    let mut raises = false;
    own_statements(&function.body, &mut |stmt| match &stmt.kind {
        StmtKind::Return(Some(value)) => match value.as_expr() {
            Some(Expr::Choice { options, .. }) => returns.extend(options.iter().map(Some)),
            _ => returns.push(Some(value)),
        },
        StmtKind::Return(None) => returns.push(None),
        StmtKind::Raise(_) => raises = true,
        _ => {}
    });
    let says = |value: Option<&'m Value>| {
        value.is_some_and(|value| {
            let (value, at) = names.constant(value, at);
            values.iter().any(|wanted| match wanted.split_once('=') {
                Some((key, text)) => inside(Found { value, at }, key, names).is_some_and(|f| says(f.value, &[text])),
                None => says(value, &[wanted]),
            })
        })
    };
    !raises && !returns.is_empty() && returns.into_iter().all(says)
}

/// Writes a decision into a tool.
pub(super) fn apply(tool: &mut Tool, decision: &Decision) {
    match &decision.void {
        Some(why) => tool.void_gate = Some(Sym::new(why)),
        None => tool.gate = Some(Sym::new(&decision.by)),
    }
}

/// Gates that stand as decorators beside the tool's own.
pub(super) fn decorators_gate(scene: &Scene<'_, '_>, tool: &mut Tool, function: &Function, at: At) {
    for decorator in &function.decorators {
        let Some(name) = named(decorator, at, &scene.names) else { continue };
        let form =
            scene.sdks.iter().find_map(|(_, sdk)| sdk.approval.iter().find(|a| matches(&name, sdk, a.decorator)));
        if let Some(form) = form {
            tool.gate = Some(Sym::new(if form.gate.is_empty() { form.decorator[0] } else { form.gate }));
        }
    }
}

/// What asks in the methods of an object of this file that a tool is built with (an editor, an executor).
pub(super) fn asks_inside<'m>(scene: &Scene<'_, 'm>, args: &Args<'m>) -> Option<String> {
    args.all().find_map(|found| {
        let (value, at) = scene.names.constant(found.value, found.at);
        if let Some(function) = function(found, &scene.names) {
            return doing(function, at, &scene.names, BODY).asks;
        }
        let class = scene.names.class(value.as_call()?.path()?)?;
        scene.names.classes[class].class.body.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Function(method) => {
                doing(method, At { function: None, class: Some(class) }, &scene.names, BODY).asks
            }
            _ => None,
        })
    })
}

/// Gates of the run, the agent or middleware that a value holds, for `middleware=[…]` and the like.
pub(super) fn approvals<'m>(scene: &Scene<'_, 'm>, found: Found<'m>) -> Vec<Decision> {
    let mut all = Vec::new();
    for item in scene.items(found) {
        let (value, at) = scene.names.constant(item.value, item.at);
        let Some(call) = value.as_call() else { continue };
        let Some(name) = scene.names.call_of(call, at) else { continue };
        for (_, sdk) in &scene.sdks {
            for form in sdk.approval.iter().filter(|a| matches(&name, sdk, a.call)) {
                all.extend(approval(scene, form, &Args::of(call, at, &scene.names), value.span));
            }
        }
    }
    all
}

fn approval<'m>(scene: &Scene<'_, 'm>, form: &ApprovalForm, args: &Args<'m>, span: Span) -> Vec<Decision> {
    let named: &[GateArg] = form.gates;
    let mut found = decisions(args, named, &scene.names);
    for decision in &mut found {
        if decision.void.is_none() && !form.gate.is_empty() {
            decision.by = form.gate.to_owned();
        }
    }
    if found.is_empty() || !form.void.is_empty() {
        let void = (!form.void.is_empty()).then(|| form.void.to_owned());
        let by = if form.gate.is_empty() { "approval" } else { form.gate };
        found.push(Decision { tool: "*".into(), by: by.into(), void, span });
    }
    found
}

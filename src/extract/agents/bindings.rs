//! Names that other files may ask for. Input: the scene. Output: [`Binding`] facts: imports from the
//! repository, factories, aliases, constants, environment reads, and what plain functions do.

use super::credentials::environment;
use super::effects::{Doing, doing};
use super::items::Item;
use super::names::{At, own_statements};
use super::origin::{is_own, join};
use super::scene::{DEPTH, Scene, Seen};
use super::taking::{edits, takes_away};
use crate::facts::{Binding, Ref, RefKind, Sym};
use crate::parse::code::ast::{Module, Stmt};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// Longest literal that is kept.
const LITERAL: usize = 200;

/// Statements of a function that only leaves its work to others, at most, and how many it calls.
const SHORT: usize = 12;
const CALLS: usize = 4;

/// Words in the names of functions that say that they act.
const ACTS: &[&str] =
    &["exec", "run", "spawn", "command", "shell", "eval", "delete", "remove", "destroy", "drop", "kill", "uninstall"];

/// Packages of frameworks whose names modules of a repository have, too: where one is there, it is what is imported.
const COMMON: &[&str] = &["agent", "agents", "computer", "swarm"];

/// The bindings of a module. `masked` says whether a span holds a credential.
pub(super) fn read(scene: &Scene<'_, '_>, module: &Module, masked: &dyn Fn(Span) -> bool) -> Vec<Seen<Binding>> {
    let mut all = Vec::new();
    imports(scene, module, &mut all);
    functions(scene, &mut all);
    constants(scene, masked, &mut all);
    let hosts = super::hosts::settings(scene).into_iter();
    all.extend(hosts.map(|(span, host)| (span, binding("", "host", Some(&host), None))));
    if let Some(guard) = &scene.guard {
        all.push(match &guard.unset {
            None => {
                let from = guard.from.as_ref().map(|from| scene.reference(RefKind::Symbol, from, Span::default()));
                (Span::default(), binding("", "guard", Some(&guard.by), from))
            }
            Some(unset) => {
                let form = if unset.said { "guard-open" } else { "guard-if" };
                (Span::default(), binding("", form, Some(&unset.setting), None))
            }
        });
    }
    all
}

fn binding(symbol: &str, form: &str, literal: Option<&str>, to: Option<Ref>) -> Binding {
    Binding { symbol: Sym::new(symbol), form: Sym::new(form), literal: literal.map(Sym::new), to }
}

fn imports(scene: &Scene<'_, '_>, module: &Module, all: &mut Vec<Seen<Binding>>) {
    for import in &module.imports {
        let root = import.module.split('.').next().unwrap_or(&import.module);
        let framework =
            !COMMON.contains(&root) && scene.sdks.iter().any(|(_, sdk)| super::sites::belongs(&import.module, sdk));
        if framework || !is_own(&import.module, module.language) {
            continue;
        }
        let target = join(&import.module, import.name.as_deref().unwrap_or(""));
        let to = scene.reference(RefKind::Symbol, &target, import.span);
        all.push((import.span, binding(&import.local, "import", None, Some(to))));
    }
}

/// Lists of tools or agents that other files may be given by name.
fn list<'m>(scene: &Scene<'_, 'm>, items: Vec<Item<'m>>) -> Option<String> {
    let symbols: Vec<String> = items
        .into_iter()
        .take(40)
        .filter_map(|item| scene.behind(item.value, item.at, DEPTH))
        .filter(|s| !s.contains(','))
        .collect();
    let known = symbols.iter().any(|s| s.contains('.') || named_here(scene, s));
    (known && !symbols.is_empty()).then(|| symbols.join(","))
}

/// Whether a symbol is a tool, server, agent or function of this file.
fn named_here(scene: &Scene<'_, '_>, symbol: &str) -> bool {
    scene.known(symbol) || scene.names.function(symbol, At::default()).is_some()
}

/// Whether a value puts lists together or takes what a map holds.
fn many(value: &Value) -> bool {
    match value.as_expr() {
        Some(Expr::Operation(op, parts)) if matches!(&**op, "as" | "satisfies") => {
            parts.first().is_some_and(|v| matches!(v.node, Node::List(_) | Node::Map(_)) || many(v))
        }
        Some(Expr::Operation(op, _)) => matches!(&**op, "+" | "|" | "for"),
        Some(Expr::Call(call)) => {
            matches!(call.path(), Some("Object.values" | "Object.assign"))
                || matches!(call.method(), Some("concat" | "filter" | "flat"))
        }
        _ => false,
    }
}

/// What functions return when that is a tool, server or agent, and what plain functions do.
fn functions(scene: &Scene<'_, '_>, all: &mut Vec<Seen<Binding>>) {
    for (index, def) in scene.names.functions.iter().enumerate() {
        if def.at.function.is_some() || def.function.name.is_empty() {
            continue;
        }
        let span = def.function.name_span;
        if scene.known(&def.symbol) {
            continue;
        }
        // A decorator of one's own that passes on to a server's.
        if let Some(server) = super::decorated::server_of_decorator(scene, index) {
            let to = scene.reference(RefKind::Symbol, &server, span);
            all.push((span, binding(&def.symbol, "factory", None, Some(to))));
            continue;
        }
        if let Some(product) = scene.product(index, DEPTH).filter(|p| scene.known(p)) {
            let to = scene.reference(RefKind::Symbol, &product, span);
            all.push((span, binding(&def.symbol, "factory", None, Some(to))));
            continue;
        }
        let inside = At { function: Some(index), class: def.at.class };
        let lists = scene.returns(index).into_iter().find_map(|v| {
            let (v, at) = scene.names.constant(v, inside);
            let items = matches!(v.node, Node::List(_)).then(|| scene.items(super::args::Found { value: v, at }));
            items.and_then(|items| list(scene, items))
        });
        let doing = doing(def.function, def.at, &scene.names, 1);
        // What came of a command, in several parts, is no list of tools.
        let acts = |members: &str| !doing.effects.is_empty() && !members.split(',').any(|m| named_here(scene, m));
        if let Some(members) = lists.filter(|members| !acts(members)) {
            all.push((span, binding(&def.symbol, "list", Some(&members), None)));
            continue;
        }
        let mut effects: Vec<&str> = doing.effects.keys().copied().collect();
        if !effects.contains(&"delete") && takes_away(&def.function.name) {
            if edits(&def.function.name, scene.modules.iter().copied()) {
                effects.push("edits");
            } else if !doing.removes.is_empty() {
                effects.push("delete");
            }
        }
        if !effects.is_empty() {
            let mut list = effects.join(",");
            if let Some(asks) = doing.asks {
                list = format!("{list};{asks}");
            }
            all.push((span, binding(&def.symbol, "function", Some(&list), None)));
        } else if let Some(list) = forwards(&def.function.body, &doing) {
            all.push((span, binding(&def.symbol, "calls", Some(&list), None)));
        }
    }
}

/// What a function that does nothing itself leaves to others: `async (args) => manager.run(args.command)`. A long one
/// does much; of what it calls, that counts which says by its name what it does.
fn forwards(body: &[Stmt], doing: &Doing) -> Option<String> {
    let mut statements = 0;
    own_statements(body, &mut |_| statements += 1);
    let few = statements <= SHORT && doing.calls.len() <= CALLS;
    let acts = |name: &&str| {
        let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
        few || ACTS.iter().any(|word| last.contains(word))
    };
    let named = doing.calls.iter().map(|(name, _)| name.as_str()).filter(|n| !n.contains([',', ';']));
    let named = named.filter(|name| doing.open.iter().any(|open| open == name));
    let names: Vec<&str> = named.filter(acts).take(CALLS).collect();
    let asks = doing.asks.as_ref().map_or(String::new(), |asks| format!(";{asks}"));
    (!names.is_empty()).then(|| format!("{}{asks}", names.join(",")))
}

fn constants(scene: &Scene<'_, '_>, masked: &dyn Fn(Span) -> bool, all: &mut Vec<Seen<Binding>>) {
    for assign in &scene.names.assigns {
        if assign.at != At::default() || assign.target.contains('.') {
            continue;
        }
        let span = assign.span;
        if let Some(name) = environment(assign.value) {
            let to = scene.reference(RefKind::Env, name, assign.value.span);
            all.push((span, binding(assign.target, "environment", None, Some(to))));
            continue;
        }
        match &assign.value.node {
            Node::Text(text) => {
                let plain = text.len() <= LITERAL && !text.contains('\n') && !masked(assign.value.span);
                let secret = super::credentials::names_credential(assign.target);
                if plain && !secret {
                    all.push((span, binding(assign.target, "constant", Some(text), None)));
                }
            }
            Node::List(_) => {
                let items = scene.items(super::args::Found { value: assign.value, at: assign.at });
                if let Some(members) = list(scene, items) {
                    all.push((span, binding(assign.target, "list", Some(&members), None)));
                }
            }
            Node::Map(_) if !scene.objects.contains_key(&assign.value.span) => {
                let callable = |value: &Value| matches!(value.node, Node::Map(_) | Node::Expr(_));
                if assign.value.entries().iter().all(|entry| callable(&entry.value)) {
                    let items = scene.items(super::args::Found { value: assign.value, at: assign.at });
                    if let Some(members) = list(scene, items) {
                        all.push((span, binding(assign.target, "list", Some(&members), None)));
                    }
                }
            }
            Node::Expr(_) if !scene.known(assign.target) => {
                let items = many(assign.value)
                    .then(|| scene.items(super::args::Found { value: assign.value, at: assign.at }))
                    .and_then(|items| list(scene, items));
                if let Some(members) = items {
                    all.push((span, binding(assign.target, "list", Some(&members), None)));
                } else if let Some(target) = scene.behind(assign.value, assign.at, DEPTH).filter(|t| t != assign.target)
                {
                    let to = scene.reference(RefKind::Symbol, &target, assign.value.span);
                    all.push((span, binding(assign.target, "alias", None, Some(to))));
                }
            }
            _ => {}
        }
    }
}

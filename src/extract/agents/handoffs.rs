//! Who agents hand work to. Input: the scene and the arguments of one agent or team. Output:
//! [`Handoff`] facts, and agents that are written as members of a list.

use super::args::{Args, Found};
use super::declare::Declared;
use super::given::{arguments, give, model};
use super::items::Item;
use super::model::Framework;
use super::names::At;
use super::scene::{DEPTH, Scene};
use super::sites::{matches, owned};
use crate::facts::{Agent, Handoff, RefKind, Sym};
use crate::parse::value::{Expr, Value};
use crate::span::Span;

pub(super) fn hand_off(scene: &mut Scene<'_, '_>, from: &str, kind: RefKind, to: &str, form: &str, span: Span) {
    let handoff = Handoff {
        form: Sym::new(form),
        passes: vec![Sym::new("context")],
        from: Some(scene.reference(RefKind::Symbol, from, span)),
        to: Some(scene.reference(kind, to, span)),
        ..Handoff::default()
    };
    scene.handoffs.push((span, handoff));
}

pub(super) fn give_handoffs<'m>(scene: &mut Scene<'_, 'm>, agent: &mut Agent, one: &Declared, args: &Args<'m>) {
    for path in one.form.handoffs {
        let mut items = args.get(path, &scene.names).map(|found| scene.items(found)).unwrap_or_default();
        items.extend(added(scene, agent.symbol.as_str(), path));
        for item in items {
            let Some((kind, to)) = member(scene, one.framework, item) else { continue };
            let form = if one.form.handoff_form.is_empty() { "sub-agent" } else { one.form.handoff_form };
            let reference = scene.reference(kind, &to, item.value.span);
            if agent.handoffs.iter().all(|h| h.name != reference.name) {
                agent.handoffs.push(reference);
                hand_off(scene, agent.symbol.as_str(), kind, &to, form, item.value.span);
            }
        }
    }
}

/// What is put into a list of an agent after it was made: `triage.handoffs.append(billing)`.
fn added<'m>(scene: &Scene<'_, 'm>, agent: &str, list: &str) -> Vec<Item<'m>> {
    let mut all = Vec::new();
    for site in scene.sites.iter().filter(|s| matches!(s.call.method(), Some("append" | "extend" | "push"))) {
        let owner = site.call.path().and_then(|p| p.rsplit_once('.')).and_then(|(owner, _)| owner.rsplit_once('.'));
        let Some((owner, attribute)) = owner else { continue };
        if attribute == list && scene.canonical(owner, site.at, site.span.start).as_deref() == Some(agent) {
            for arg in &site.call.args {
                all.extend(scene.items(Found { value: &arg.value, at: site.at }));
            }
        }
    }
    all
}

/// The agent that an element of a list of members is.
fn member<'m>(scene: &mut Scene<'_, 'm>, framework: &'static Framework, item: Item<'m>) -> Option<(RefKind, String)> {
    unwrapped(scene, framework, item, DEPTH)
}

/// Behind at most `depth` wrappers: a name may be wrapped and keep it (`billing = handoff(billing)`).
fn unwrapped<'m>(
    scene: &mut Scene<'_, 'm>,
    framework: &'static Framework,
    item: Item<'m>,
    depth: u8,
) -> Option<(RefKind, String)> {
    let depth = depth.checked_sub(1).filter(|_| scene.names.step(0))?;
    let (value, at) = (item.value, item.at);
    if let Some(name) = value.as_str() {
        return Some((RefKind::Name, name.to_owned()));
    }
    let (held, _) = scene.names.constant(value, at);
    if let Some(&site) = scene.site_at.get(&held.span)
        && let Some(name) = &scene.sites[site].name
    {
        let wrapper = scene.sdks.iter().find_map(|(_, sdk)| sdk.handoff.iter().find(|h| matches(name, sdk, h.call)));
        if let Some(wrapper) = wrapper {
            let found = scene.sites[site].args(&scene.names).first(wrapper.to, &scene.names)?;
            return unwrapped(scene, framework, Item { value: found.value, at: found.at, key: None }, depth);
        }
    }
    let (behind, behind_at) = scene.names.constant(value, at);
    if behind.get("name").is_some() {
        return sub_agent(scene, framework, behind, behind_at);
    }
    scene.behind(value, at, DEPTH).map(|symbol| (RefKind::Symbol, symbol))
}

/// A sub-agent written as a map: `{"name": …, "description": …, "prompt": …, "tools": […]}`.
fn sub_agent<'m>(
    scene: &mut Scene<'_, 'm>,
    framework: &'static Framework,
    value: &'m Value,
    at: At,
) -> Option<(RefKind, String)> {
    let name = value.get("name")?.as_str()?.to_owned();
    let symbol =
        scene.names.assigns.iter().find(|a| std::ptr::eq(a.value, value)).map_or_else(
            || format!("{name}#{}", (scene.place)(value.span).line),
            |a| owned(a.target, a.at, &scene.names),
        );
    if scene.agent_by.contains_key(&symbol) {
        return Some((RefKind::Symbol, symbol));
    }
    let mut agent = Agent {
        name: Sym::new(&name),
        framework: Sym::new(framework.slug),
        symbol: Sym::new(&symbol),
        tracing: Sym::new("unknown"),
        limited: Some(true),
        ..Agent::default()
    };
    agent.model = value.get("model").and_then(|v| model(scene, Found { value: v, at }));
    if let Some(tools) = value.get("tools") {
        for item in scene.items(Found { value: tools, at }) {
            give(scene, &mut agent, framework, item);
        }
    }
    scene.add_agent(value.span, agent);
    Some((RefKind::Symbol, symbol))
}

pub(super) fn team<'m>(scene: &mut Scene<'_, 'm>, one: &Declared) {
    let args = arguments(scene, one);
    let mut members = Vec::new();
    for path in one.form.handoffs {
        let Some(found) = args.get(path, &scene.names) else { continue };
        for item in scene.items(found) {
            members.extend(member(scene, one.framework, item).map(|m| (m, item.value.span)));
        }
    }
    // Members of a team pass work on in order.
    pass_on(scene, one, &members);
    for path in one.form.flows {
        let Some(found) = args.get(path, &scene.names) else { continue };
        for chain in chains(scene, found) {
            let members: Vec<_> = chain
                .into_iter()
                .filter_map(|item| member(scene, one.framework, item).map(|m| (m, item.value.span)))
                .collect();
            pass_on(scene, one, &members);
        }
    }
}

/// Who hands off to whom in a list of flows: a pair, a chain, or either with the tool that carries the message.
fn chains<'m>(scene: &Scene<'_, 'm>, found: Found<'m>) -> Vec<Vec<Item<'m>>> {
    let (list, at) = scene.names.constant(found.value, found.at);
    let item = |value| Item { value, at, key: None };
    let chain = |value: &'m Value| match value.as_expr() {
        Some(Expr::Operation(op, parts)) if &**op == ">" => Some(parts.iter().map(item).collect::<Vec<_>>()),
        Some(Expr::Operation(op, parts)) if &**op == "<" => Some(parts.iter().rev().map(item).collect()),
        _ => None,
    };
    let flow = |value: &'m Value| {
        let parts = value.items();
        chain(value)
            .or_else(|| parts.first().and_then(chain))
            .unwrap_or_else(|| parts.iter().take(2).map(item).collect())
    };
    list.items().iter().map(flow).filter(|chain| chain.len() > 1).collect()
}

/// Each member hands off to the next.
fn pass_on(scene: &mut Scene<'_, '_>, one: &Declared, members: &[((RefKind, String), Span)]) {
    for pair in members.windows(2) {
        let ((from_kind, from), _) = &pair[0];
        let ((kind, to), span) = &pair[1];
        if *from_kind == RefKind::Symbol {
            hand_off(scene, from, *kind, to, one.form.handoff_form, *span);
        }
    }
}

//! Agents in code. Input: a [`Document`] of a language that can be lowered. Output: facts about agents,
//! their tools, gates, limits, handoffs, tool servers, endpoints and switches, and the bindings that
//! join them across files.
//!
//! What frameworks look like is data (`rules/models/frameworks/`); this is the one interpreter of it
//! for every language.

mod answers;
mod args;
mod argv;
mod before;
mod bindings;
mod checks;
mod commands;
pub(crate) mod credentials;
mod declare;
mod declared;
mod decorated;
mod dispatch;
mod effect_forms;
mod effects;
mod endpoints;
mod gates;
mod given;
mod guards;
mod handed;
mod handoffs;
mod hosted;
mod hosts;
mod items;
mod made;
pub mod model;
mod names;
mod nods;
mod objects;
mod optional;
mod origin;
mod paired;
mod passing;
mod policies;
mod references;
mod request;
mod requested;
mod rounds;
pub(crate) mod routes;
mod running;
mod runs;
mod scene;
pub(crate) mod servers;
pub(crate) mod settings;
mod sites;
mod sql;
mod suited;
mod symbols;
mod taking;
mod toolkits;
mod toolloop;
mod tools;
mod walk;

#[cfg(test)]
mod cases;

use rustc_hash::FxHashMap;

use super::{Reader, Sink};
use crate::error::{Notice, NoticeKind};
use crate::facts::{AsRecord, FactKind};
use crate::matcher::Topic;
use crate::parse::code::ast::{Language, Module};
use crate::parse::{Document, Kind, Part};
use crate::span::Span;
use scene::{Scene, Seen};

pub use declared::DECLARED;
pub(crate) use gates::SOMETIMES;

/// The reader of agents in code.
pub const AGENTS: Reader = Reader { name: "agents", reads, read };

fn reads(document: &Document<'_>) -> bool {
    let code =
        matches!(document.kind, Kind::Code(_)) && document.part != Part::ProseCells || document.part == Part::CodeCells;
    let announced = document.hits.has(Topic::Framework) || document.hits.has(Topic::Switch);
    code && (document.demanded
        || announced
            && (hosted::mentioned(&document.text)
                || answers::mentioned(&document.text)
                || toolloop::mentioned(&document.text)
                || suited::suits(&document.text, language_of(document.kind).slug())))
}

/// The language of code; a notebook's cells are Python.
fn language_of(kind: Kind) -> Language {
    match kind {
        Kind::Code(language) => language,
        _ => Language::Python,
    }
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let Some(module) = document.module() else { return };
    let policies =
        if document.hits.has(Topic::Policy) { super::policies::obeyed(module) } else { FxHashMap::default() };
    let masked = |span: Span| document.is_masked(span);
    let (found, whole) = understand(module, policies, &|span| sink.place(span), &masked);
    if !whole {
        let what = "its names lead on in too many ways; what they stand for was not followed to the end";
        sink.notice(Notice::file(document.path, NoticeKind::Budget, what));
    }
    let checked = checked_at_the_door(document);
    for (span, mut fact) in found {
        if let (Some(by), FactKind::Endpoint(endpoint)) = (checked, &mut fact) {
            endpoint.authentication = endpoint.authentication.or(Some(crate::facts::Sym::new(by)));
        }
        sink.add(span, fact);
    }
    if let Some((span, endpoint)) = routes::read(document.path, &document.text, module) {
        sink.add(span, endpoint);
    }
}

/// What asks callers for a token before they reach what a file starts: Cloud Run, where a notebook deploys it so
/// (<https://cloud.google.com/run/docs/authenticating/overview>, 2026-11-25); the runtime of AgentCore or SageMaker, where
/// an application answers on the paths by which those call it
/// (<https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-service-contract.html>, 2026-11-25).
fn checked_at_the_door(document: &Document<'_>) -> Option<&'static str> {
    let has = |word: &str| memchr::memmem::find(document.text.as_bytes(), word.as_bytes()).is_some();
    let route = |path: &str| has(&format!("'{path}'")) || has(&format!("\"{path}\""));
    if route("/ping") && route("/invocations") {
        return Some("the runtime's own check");
    }
    let deploys = document.part == Part::CodeCells
        && has("gcloud run deploy")
        && has("--no-allow-unauthenticated")
        && !has(" --allow-unauthenticated");
    deploys.then_some("Cloud Run")
}

/// The symbols of the tools that a module declares.
pub(crate) fn tool_symbols(module: &Module) -> Vec<String> {
    let (found, _) = understand(module, FxHashMap::default(), &|_| crate::facts::Place::default(), &|_| false);
    found.iter().filter_map(|(_, fact)| crate::facts::Tool::of(fact)).map(|tool| tool.symbol.to_string()).collect()
}

/// Every fact of a module, and whether its names were followed to the end. `policies` are the calls that ask a policy and obey it.
fn understand(
    module: &Module,
    policies: FxHashMap<Span, String>,
    place: &dyn Fn(Span) -> crate::facts::Place,
    masked: &dyn Fn(Span) -> bool,
) -> (Vec<Seen<FactKind>>, bool) {
    let mut scene = Scene::new(module, sites::active(module), place);
    scene.names.policies = policies;
    servers::read(&mut scene);
    hosted::read(&mut scene, module);
    objects::read(&mut scene);
    tools::read(&mut scene);
    objects::classes(&mut scene);
    dispatch::read(&mut scene);
    declare::read(&mut scene);
    policies::read(&mut scene);
    toolloop::read(&mut scene, module);
    runs::clocks(&mut scene);
    answers::read(&mut scene, module);
    nods::read(&mut scene, module);
    endpoints::read(&mut scene);
    settings::read(&mut scene, module);
    nods::bypassed(&mut scene);
    let bindings = bindings::read(&scene, module, masked);
    let whole = !scene.names.spent();
    let mut all = Vec::new();
    take(&mut all, scene.tools);
    take(&mut all, scene.servers);
    take(&mut all, scene.agents);
    take(&mut all, scene.handoffs);
    take(&mut all, scene.endpoints);
    take(&mut all, scene.switches);
    take(&mut all, scene.tracing);
    take(&mut all, scene.served);
    take(&mut all, bindings);
    (all, whole)
}

fn take<T: Into<FactKind>>(all: &mut Vec<Seen<FactKind>>, seen: Vec<Seen<T>>) {
    all.extend(seen.into_iter().map(|(span, fact)| (span, fact.into())));
}

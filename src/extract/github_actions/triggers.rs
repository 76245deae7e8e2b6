//! Who can start a job: the events of its workflow, and what narrows them.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::{Job, Step, agents, gates};
use crate::catalogue::cloud;
use crate::extract::Sink;
use crate::extract::written::{name, written};
use crate::facts::{Ref, RefKind, Sym, Trust};
use crate::parse::Value;
use crate::parse::value::Node;
use crate::span::Span;

/// Jobs that are asked for a gate on behalf of one.
const NEEDED: usize = 100;

/// One event that starts a workflow.
pub(super) struct Event {
    pub(super) name: Sym,
    span: Span,
    types: Vec<String>,
}

/// The events of `on`.
pub(super) fn events(on: &Value, text: &str) -> Vec<Event> {
    match &on.node {
        Node::Map(entries) => entries
            .iter()
            .map(|entry| Event {
                name: Sym::new(&entry.key),
                span: entry.key_span,
                types: entry
                    .value
                    .get("types")
                    .map_or(&[][..], Value::one_or_many)
                    .iter()
                    .map(|t| written(t, text))
                    .collect(),
            })
            .collect(),
        _ => on.one_or_many().iter().map(|e| Event { name: name(e, text), span: e.span, types: Vec::new() }).collect(),
    }
}

/// Types of an event that only somebody with rights in the repository can cause.
const PRIVILEGED: &[&str] = &[
    "labeled",
    "unlabeled",
    "assigned",
    "unassigned",
    "milestoned",
    "demilestoned",
    "pinned",
    "unpinned",
    "locked",
    "unlocked",
    "transferred",
    "answered",
    "unanswered",
];

impl Event {
    /// Whether it brings in text that somebody from outside writes.
    pub(super) fn outside(&self) -> bool {
        self.name == "pull_request" || cloud::stranger_event(self.name.as_str())
    }

    /// Whether anybody with an account can cause it in a public repository.
    fn strangers(&self) -> bool {
        let by_rights = !self.types.is_empty() && self.types.iter().all(|t| PRIVILEGED.contains(&t.as_str()));
        cloud::stranger_event(self.name.as_str()) && !by_rights
    }
}

/// A job that others may need, with what stands before it in itself, once that was asked.
pub(super) struct Needed<'v> {
    job: &'v Job<'v>,
    own_gate: OnceCell<Option<String>>,
}

impl<'v> Needed<'v> {
    pub(super) fn new(job: &'v Job<'v>) -> Self {
        Self { job, own_gate: OnceCell::new() }
    }

    fn own_gate(&self) -> Option<&str> {
        self.own_gate.get_or_init(|| own_gate(self.job, &self.job.steps())).as_deref()
    }
}

/// The trust of a job: who starts it.
pub(super) fn trust(job: &Job<'_>, jobs: &BTreeMap<&str, Needed<'_>>, events: &[Event], sink: &mut Sink<'_>) {
    let steps = job.steps();
    let condition = job.body.get("if").map(|v| full(v, job.text)).unwrap_or_default();
    let reached = |event: &&Event| gates::can_reach(&condition, event.name.as_str());
    let open: Vec<&Event> = events.iter().filter(|e| e.strangers()).filter(reached).collect();
    let opened = steps.iter().find_map(|step| agents::opened(job, step));
    let gate = if opened.is_some() { None } else { gate(job, jobs) };
    let anyone = !open.is_empty() && gate.is_none();
    let span = open.first().map(|e| e.span).or_else(|| events.first().map(|e| e.span)).unwrap_or(job.id_span);
    let mut principals: Vec<Sym> = events.iter().map(|e| e.name).collect();
    principals.extend(opened.map(|input| Sym::from(format!("{input}: *"))));
    let target = Some(Ref { kind: RefKind::Name, name: Sym::new(job.id), at: sink.place(job.id_span) });
    sink.add(span, Trust { form: Sym::new("trigger"), principals, anyone, gate: gate.map(Sym::from), target });
}

/// What stands between the event and the job: its own gate, or that of a job that it needs, directly or
/// through others. Jobs may need each other in many ways and in long chains, so each is asked once.
fn gate<'v>(job: &Job<'v>, jobs: &BTreeMap<&str, Needed<'v>>) -> Option<String> {
    if let Some(found) = jobs.get(job.id).and_then(Needed::own_gate) {
        return Some(found.to_owned());
    }
    let needs = |job: &Job<'v>| job.body.get("needs").map_or(&[][..], Value::one_or_many).iter().rev();
    let mut seen = BTreeSet::from([job.id]);
    let mut waiting: Vec<&Value> = needs(job).collect();
    while let Some(needed) = waiting.pop().filter(|_| seen.len() < NEEDED) {
        let Some(other) = needed.as_str().and_then(|id| jobs.get(id)).filter(|other| seen.insert(other.job.id)) else {
            continue;
        };
        if let Some(found) = other.own_gate() {
            return Some(format!("{found} in {}", other.job.id));
        }
        waiting.extend(needs(other.job));
    }
    None
}

/// What stands before a job in itself: its condition, its environment, a check in a step, or the agent
/// action's own check.
fn own_gate(job: &Job<'_>, steps: &[Step<'_>]) -> Option<String> {
    let condition = |value: &Value| value.get("if").and_then(|v| gates::of_condition(&full(v, job.text)));
    if let Some(found) = condition(job.body) {
        return Some(found);
    }
    if let Some(environment) = job.body.get("environment") {
        let named = environment.get("name").unwrap_or(environment);
        return Some(format!("environment {}", written(named, job.text)));
    }
    let mut agent_steps = steps.iter().filter(|s| agents::runs_one(s, job.text));
    if let Some(found) = agent_steps.find_map(|s| condition(s.body)) {
        return Some(found);
    }
    if let Some(found) = steps.iter().find_map(|s| gates::of_step(s, job.text)) {
        return Some(found.to_owned());
    }
    if let Some(action) = steps.iter().find_map(|s| agents::checks(s)) {
        return Some(format!("{action} asks for write access itself"));
    }
    None
}

/// The whole text of a condition; one that no person writes is none.
fn full(value: &Value, text: &str) -> String {
    let whole = value.as_str().map_or_else(|| written(value, text), str::to_owned);
    if whole.len() > 8000 { String::new() } else { whole }
}

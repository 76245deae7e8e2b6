//! Policies that are asked and decide nothing. Input: where policies are asked, and the agents beside them.
//! Output: one draft a place.

use std::collections::BTreeSet;

use crate::catalogue::effects::Weight;
use crate::catalogue::policies::ASKS;
use crate::facts::{Fact, FactId, FileId, Place, Policy, Sym};
use crate::finding::{AgentLink, Confidence, Draft, Step};
use crate::graph::{AgentNode, Graph, ToolUse};

use super::beside::{declares, near, near_agents};
use super::template::names;
use super::tools::in_tests;
use super::words;

/// `approval/policy-fails-open`.
pub fn fails_open(graph: &Graph, out: &mut Vec<Draft>) {
    let asked = Asked::new(graph);
    for (id, fact, policy) in asked.places(|policy| policy.fails_open) {
        let why = policy.why_open.map_or("", Sym::as_str);
        let at = policy.opens_at.unwrap_or(fact.at);
        let mut draft =
            asked.draft(id, policy, at, format!("when `{}` cannot be answered, the call goes on: {why}", policy.name));
        draft.evidence.push(Step { at: fact.at, says: Sym::from(format!("{} is asked here", title(policy))) });
        draft.evidence.push(Step { at, says: Sym::new(why) });
        out.push(draft);
    }
}

/// `approval/decision-ignored`.
pub fn ignored(graph: &Graph, out: &mut Vec<Draft>) {
    let asked = Asked::new(graph);
    for (id, fact, policy) in asked.places(|policy| !policy.decision_used) {
        let place =
            if policy.function.is_empty() { "this module".to_owned() } else { format!("`{}`", policy.function) };
        let what =
            format!("{place} asks {} with `{}` and does the same whatever it answers", title(policy), policy.name);
        out.push(asked.draft(id, policy, fact.at, what));
    }
}

/// `approval/incomplete-question`.
pub fn incomplete(graph: &Graph, out: &mut Vec<Draft>) {
    let asked = Asked::new(graph);
    for (id, fact, policy) in asked.places(|policy| policy.question_seen) {
        let has = |name: &str| policy.asks_about.iter().any(|about| *about == name);
        let mut missing = Vec::new();
        if !has("agent") && !has("user") {
            missing.push("who acts");
        }
        if !has("action") {
            missing.push("the action");
        }
        if !has("resource") {
            missing.push("the resource");
        }
        if missing.is_empty() || !asked.before_an_action(id, policy) {
            continue;
        }
        let what =
            format!("the question to {} in `{}` does not say {}", title(policy), policy.name, missing.join(" and "));
        out.push(asked.draft(id, policy, fact.at, what));
    }
}

/// `approval/policy-not-at-decision-time`.
pub fn not_at_decision_time(graph: &Graph, out: &mut Vec<Draft>) {
    let asked = Asked::new(graph);
    if asked.places.is_empty() {
        return;
    }
    let mut seen: BTreeSet<FactId> = BTreeSet::new();
    for node in graph.agents() {
        let agent = graph.agent(node);
        if in_tests(graph, graph.fact(node.fact).at) {
            continue;
        }
        let tools = ungated(graph, node);
        if tools.is_empty() {
            continue;
        }
        let near: BTreeSet<FileId> = near(graph, node.fact.file).collect();
        let policies: Vec<_> = asked.places.iter().copied().filter(|(id, ..)| near.contains(&id.file)).collect();
        let early = |policy: &Policy| matches!(&*policy.moment, "start-up" | "login");
        if policies.iter().any(|(.., policy)| !early(policy)) {
            continue;
        }
        for (id, fact, policy) in policies {
            if !seen.insert(id) {
                continue;
            }
            let when = if policy.moment == "login" { "when somebody logs in" } else { "when the program starts" };
            let can = names(tools.iter().map(|used| used.name.as_str()));
            let what =
                format!("{} is asked once, {when}, and not when agent `{}` calls {can}", title(policy), agent.name);
            let mut draft = asked.draft(id, policy, fact.at, what);
            draft.evidence = std::iter::once(Step { at: fact.at, says: Sym::from(format!("asked here, {when}")) })
                .chain(tools.iter().map(|used| Step {
                    at: used.at,
                    says: Sym::from(format!("agent `{}` is given `{}`, which asks nothing", agent.name, used.name)),
                }))
                .take(words::MAX_STEPS)
                .collect();
            draft.about.push(node.fact);
            draft.agent = AgentLink::Linked;
            draft.confidence = None;
            out.push(draft);
        }
    }
}

/// The places where policies are asked, tests left out, and what stands near agents.
struct Asked<'g> {
    graph: &'g Graph,
    places: Vec<(FactId, &'g Fact, &'g Policy)>,
    near_agents: BTreeSet<FileId>,
}

impl<'g> Asked<'g> {
    fn new(graph: &'g Graph) -> Self {
        let agents = graph.agents().iter().any(|node| !in_tests(graph, graph.fact(node.fact).at));
        let is_asked = |fact: &Fact, policy: &Policy| {
            (agents || policy.engine == "gateway") && policy.form == "asked" && !in_tests(graph, fact.at)
        };
        let places: Vec<_> = graph.facts::<Policy>().filter(|(_, fact, policy)| is_asked(fact, policy)).collect();
        let near_agents = if places.is_empty() { BTreeSet::new() } else { near_agents(graph) };
        Self { graph, places, near_agents }
    }

    fn places(&self, fits: impl Fn(&Policy) -> bool) -> impl Iterator<Item = (FactId, &'g Fact, &'g Policy)> {
        self.places.iter().copied().filter(move |(.., policy)| fits(policy))
    }

    /// Whether a question stands before an agent's action: at the call, or in code beside agents.
    fn before_an_action(&self, id: FactId, policy: &Policy) -> bool {
        policy.moment == "call" || declares(self.graph, id.file) || self.near_agents.contains(&id.file)
    }

    /// A draft; a policy that nothing shows to stand before an agent's action is a hint.
    fn draft(&self, id: FactId, policy: &Policy, at: Place, what: String) -> Draft {
        let mut draft = Draft::new(at, what);
        draft.about = vec![id];
        draft.symbol = if policy.function.is_empty() { policy.name } else { policy.function };
        if self.before_an_action(id, policy) {
            draft.agent = AgentLink::Linked;
        } else {
            draft.confidence = Some(Confidence::Low);
        }
        draft
    }
}

fn ungated<'g>(graph: &Graph, node: &'g AgentNode) -> Vec<&'g ToolUse> {
    node.tools.iter().filter(|used| used.weighs(Weight::Gated) && graph.is_open(used)).collect()
}

/// The name of what is asked, as the first of its models gives it.
fn title(policy: &Policy) -> &'static str {
    match policy.engine.as_str() {
        // Its models are of many makers.
        "guardrail" => "a guardrail",
        engine => ASKS.iter().find(|ask| ask.engine == engine).map_or("a policy", |ask| ask.title),
    }
}

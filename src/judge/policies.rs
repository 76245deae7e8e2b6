//! Policies that are asked and decide nothing. Input: where policies are asked, and the agents beside them.
//! Output: one draft a place.

use std::collections::BTreeSet;

use crate::facts::{Agent, Binding, Fact, FactId, FileId, Policy, Sym, Tool};
use crate::finding::{AgentLink, Confidence, Draft, Step};
use crate::graph::{AgentNode, Graph};

use super::template::names;
use super::tools::in_tests;
use super::words;

/// Effects that a decision is for.
const RISKY: [&str; 8] = ["execute", "delete", "pay", "send", "write", "cloud", "database", "sql"];

/// `approval/policy-fails-open`.
pub fn fails_open(graph: &Graph, out: &mut Vec<Draft>) {
    for (id, fact, policy) in asked(graph).filter(|(.., policy)| policy.fails_open) {
        let why = policy.why_open.map_or("", Sym::as_str);
        let at = policy.opens_at.unwrap_or(fact.at);
        let mut draft =
            draft(graph, id, policy, at, format!("when `{}` cannot be answered, the call goes on: {why}", policy.name));
        draft.evidence.push(Step { at: fact.at, says: Sym::from(format!("{} is asked here", title(policy))) });
        draft.evidence.push(Step { at, says: Sym::new(why) });
        out.push(draft);
    }
}

/// `approval/decision-ignored`.
pub fn ignored(graph: &Graph, out: &mut Vec<Draft>) {
    for (id, fact, policy) in asked(graph).filter(|(.., policy)| !policy.decision_used) {
        let place =
            if policy.function.is_empty() { "this module".to_owned() } else { format!("`{}`", policy.function) };
        let what =
            format!("{place} asks {} with `{}` and does the same whatever it answers", title(policy), policy.name);
        out.push(draft(graph, id, policy, fact.at, what));
    }
}

/// `approval/incomplete-question`.
pub fn incomplete(graph: &Graph, out: &mut Vec<Draft>) {
    for (id, fact, policy) in asked(graph).filter(|(.., policy)| policy.question_seen) {
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
        if missing.is_empty() || policy.moment != "call" && !beside_agents(graph, id.file) {
            continue;
        }
        let what =
            format!("the question to {} in `{}` does not say {}", title(policy), policy.name, missing.join(" and "));
        out.push(draft(graph, id, policy, fact.at, what));
    }
}

/// `approval/policy-not-at-decision-time`.
pub fn not_at_decision_time(graph: &Graph, out: &mut Vec<Draft>) {
    let mut seen: BTreeSet<FactId> = BTreeSet::new();
    for node in graph.agents() {
        let agent = graph.agent(node);
        if in_tests(graph, graph.fact(node.fact).at) {
            continue;
        }
        let tools = ungated(node);
        if tools.is_empty() {
            continue;
        }
        let near = near(graph, node.fact.file);
        let policies: Vec<(FactId, &Fact, &Policy)> = asked(graph).filter(|(id, ..)| near.contains(&id.file)).collect();
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
            let mut draft = draft(graph, id, policy, fact.at, what);
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

/// Every place where a policy is asked, tests left out.
fn asked(graph: &Graph) -> impl Iterator<Item = (FactId, &Fact, &Policy)> {
    let agents = graph.agents().iter().any(|node| !in_tests(graph, graph.fact(node.fact).at));
    graph.facts::<Policy>().filter(move |(_, fact, policy)| {
        (agents || policy.engine == "gateway") && policy.form == "asked" && !in_tests(graph, fact.at)
    })
}

fn ungated(node: &AgentNode) -> Vec<&crate::graph::ToolUse> {
    let risky = |used: &&crate::graph::ToolUse| {
        used.gate.is_none() && used.effects.iter().any(|effect| RISKY.contains(&effect.as_str()))
    };
    node.tools.iter().filter(risky).collect()
}

fn title(policy: &Policy) -> &'static str {
    match &*policy.engine {
        "opa" => "Open Policy Agent",
        "cedar" => "Cedar",
        "openfga" => "OpenFGA",
        "spicedb" => "SpiceDB",
        "casbin" => "Casbin",
        "permit" => "Permit.io",
        "oso" => "Oso",
        "cerbos" => "Cerbos",
        "guardrail" => "a guardrail",
        _ => "a policy",
    }
}

/// A draft; a policy that nothing shows to stand before an agent's action is a hint.
fn draft(graph: &Graph, id: FactId, policy: &Policy, at: crate::facts::Place, what: String) -> Draft {
    let mut draft = Draft::new(at, what);
    draft.about = vec![id];
    draft.symbol = if policy.function.is_empty() { policy.name } else { policy.function };
    if policy.moment == "call" || beside_agents(graph, id.file) {
        draft.agent = AgentLink::Linked;
    } else {
        draft.confidence = Some(Confidence::Low);
    }
    draft
}

/// Whether a file declares agents or tools, or code that does asks for what is in it.
fn beside_agents(graph: &Graph, file: FileId) -> bool {
    let declares = |file: FileId| {
        graph.files[file.at()].facts.iter().any(|fact| fact.get::<Agent>().is_some() || fact.get::<Tool>().is_some())
    };
    declares(file) || graph.agents().iter().any(|node| near(graph, node.fact.file).contains(&file))
}

/// A file, and those that it imports from or that import it, as far as imports name files.
fn near(graph: &Graph, file: FileId) -> BTreeSet<FileId> {
    let mut all = BTreeSet::from([file]);
    let own = graph.path(file);
    for (at, facts) in graph.files.iter().enumerate() {
        let other = FileId::new(at);
        if graph.repository(other) != graph.repository(file) || !facts.facts.iter().any(|f| f.get::<Policy>().is_some())
        {
            continue;
        }
        let path = graph.path(other);
        if imports(&graph.files[file.at()].facts, own, path) || imports(&facts.facts, path, own) {
            all.insert(other);
        }
    }
    all
}

/// Whether one of the imports of a file leads to the file at `target`.
fn imports(facts: &[Fact], from: Sym, target: Sym) -> bool {
    let stem = target.rsplit_once('.').map_or(target.as_str(), |(stem, _)| stem);
    let last = stem.rsplit('/').find(|s| !matches!(*s, "__init__" | "index")).unwrap_or(stem);
    let folder = |path: &'static str| path.rsplit_once('/').map_or("", |(folder, _)| folder);
    facts.iter().filter_map(Fact::get::<Binding>).filter(|b| b.form == "import").filter_map(|b| b.to).any(|to| {
        let parts: Vec<&str> = to.name.split(['.', '/']).filter(|p| !p.is_empty()).collect();
        let named = parts.iter().rev().take(3).any(|part| *part == last);
        named && (folder(from.as_str()) == folder(target.as_str()) || parts.len() > 1)
    })
}

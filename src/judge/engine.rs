//! Input: the graph. Output: the findings of every rule, in an order that no thread decides.

use std::sync::LazyLock;

use rayon::prelude::*;

use super::condition::{Condition, Row, Slot, Wrong, compile, field};
use super::template::Template;
use crate::catalogue::{Equal, Judge, RULES, Rule};
use crate::facts::schema::Datum;
use crate::facts::{Agent, Fact, FactId, FactKind, File, FileId, Sym};
use crate::finding::complete::complete;
use crate::finding::{AgentLink, Draft, Finding};
use crate::graph::Graph;

/// Judges `graph` by every rule.
#[must_use]
pub fn run(graph: &Graph) -> Vec<Finding> {
    let file = |id: FileId| graph.file(id);
    let findings: Vec<Vec<Finding>> = RULES
        .par_iter()
        .map(|rule| {
            let mut drafts = judge(rule, graph);
            for draft in &mut drafts {
                draft.agent = link(graph, draft);
                draft.contexts = contexts(rule, graph, draft);
            }
            let mut findings = complete(rule, drafts, &file);
            findings.iter_mut().for_each(|finding| finding.agents = agents(graph, &finding.draft.about));
            findings
        })
        .collect();
    let mut findings: Vec<Finding> = findings.into_iter().flatten().collect();
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.path, f.draft.at.start, f.draft.at.end, f.rule.id, f.ordinal);
        key(a).cmp(&key(b)).then_with(|| a.draft.what.cmp(&b.draft.what))
    });
    findings
}

fn judge(rule: &'static Rule, graph: &Graph) -> Vec<Draft> {
    let mut drafts = Vec::new();
    match rule.judge {
        Judge::Coded(judge) => judge(graph, &mut drafts),
        Judge::Match { .. } => {
            if let Some((_, declared)) = DECLARED.iter().find(|(id, _)| *id == rule.id) {
                declared.judge(graph, &mut drafts);
            }
        }
    }
    drafts
}

/// The declarative rules, compiled at first use. Pages of this crate are checked by a test; one that is
/// wrong all the same judges nothing.
static DECLARED: LazyLock<Vec<(&'static str, Declared)>> =
    LazyLock::new(|| RULES.iter().filter_map(|rule| Some((rule.id, Declared::compile(rule.judge).ok()??))).collect());

/// A compiled `[match]`.
#[derive(Debug)]
pub struct Declared {
    kind: &'static str,
    only: Vec<(Slot, Equal)>,
    when: Condition,
    message: Template,
    help: Template,
}

impl Declared {
    /// Compiles the `[match]` of a rule; none for a coded one.
    pub fn compile(judge: Judge) -> Result<Option<Self>, Wrong> {
        let Judge::Match { fact, only, when, message, help } = judge else { return Ok(None) };
        let when = compile(fact, when)?;
        let mut slots = Vec::with_capacity(only.len());
        for (name, value) in only {
            let Some((slot, field)) = field(fact, name) else {
                return Err(Wrong { at: 0, message: format!("`only` names `{name}`, which `{fact}` does not have") });
            };
            if !value.fits(field.ty) {
                return Err(Wrong { at: 0, message: format!("`only` gives `{name}` a value of another type") });
            }
            slots.push((slot, *value));
        }
        let (message, help) = (Template::compile(fact, message)?, Template::compile(fact, help)?);
        Ok(Some(Self { kind: fact, only: slots, when, message, help }))
    }

    fn judge(&self, graph: &Graph, drafts: &mut Vec<Draft>) {
        for (at, facts) in graph.files.iter().enumerate() {
            let file = FileId::new(at);
            for (index, fact) in facts.facts.iter().enumerate().filter(|(_, fact)| fact.kind.name() == self.kind) {
                let id = FactId { file, index: u32::try_from(index).unwrap_or(u32::MAX) };
                drafts.extend(self.draft(graph, id, fact));
            }
        }
    }

    fn draft(&self, graph: &Graph, id: FactId, fact: &Fact) -> Option<Draft> {
        let agents = agent_names(graph, id);
        let row = Row { fact: &fact.kind, common: common(graph, id), agents: &agents };
        let passes = self.only.iter().all(|(slot, value)| value.equals(row.datum(*slot)));
        if !passes || !self.when.holds(&row) {
            return None;
        }
        let mut draft = Draft::new(fact.at, self.message.fill(&row));
        draft.help = self.help.fill(&row);
        draft.about = vec![id];
        draft.symbol = symbol(&fact.kind);
        Some(draft)
    }
}

impl Equal {
    fn fits(self, ty: crate::facts::schema::Type) -> bool {
        use crate::facts::schema::Type;
        matches!((self, ty), (Self::Bool(_), Type::Bool) | (Self::Int(_), Type::Int) | (Self::Text(_), Type::Text))
    }

    fn equals(self, datum: Datum<'_>) -> bool {
        match (self, datum) {
            (Self::Bool(a), Datum::Bool(b)) => a == b,
            (Self::Int(a), Datum::Int(b)) => a == b,
            (Self::Text(a), Datum::Text(b)) => b == a,
            _ => false,
        }
    }
}

/// Whether an agent uses what a draft is about: linked when one fact is, none when no agent uses any.
fn link(graph: &Graph, draft: &Draft) -> AgentLink {
    if draft.agent != AgentLink::Unknown {
        return draft.agent;
    }
    draft.about.iter().map(|&id| graph.link(id)).max().unwrap_or_default()
}

fn agents(graph: &Graph, about: &[FactId]) -> Vec<usize> {
    let mut agents: Vec<usize> = about.iter().flat_map(|&id| graph.agents_of(id)).copied().collect();
    agents.sort_unstable();
    agents.dedup();
    agents
}

/// The names of the agents that a fact is linked with.
#[must_use]
pub fn agent_names(graph: &Graph, id: FactId) -> Vec<Sym> {
    let name = |at: &usize| graph.agent(&graph.agents()[*at]).name;
    let mut names: Vec<Sym> = graph.agents_of(id).iter().map(name).filter(|n| !n.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn common(graph: &Graph, id: FactId) -> [Sym; 4] {
    let link = match graph.link(id) {
        AgentLink::Linked => "linked",
        AgentLink::Unknown => "unknown",
        AgentLink::None => "none",
    };
    let file = graph.file(id.file);
    let environment = file.and_then(|f| f.environment).unwrap_or_default();
    [Sym::new(link), graph.role(id.file), graph.path(id.file), environment]
}

/// The name inside its file of what a fact is about, for the fingerprint.
fn symbol(kind: &FactKind) -> Sym {
    match kind {
        FactKind::Agent(f) => f.name,
        FactKind::Workload(f) => f.name,
        FactKind::Identity(f) => f.name,
        FactKind::Credential(f) => f.name,
        FactKind::Grant(f) => f.source,
        FactKind::Trust(f) => f.form,
        FactKind::Issuance(f) => Sym::from(format!("{} {}", f.function, f.call)),
        FactKind::Use(f) => Sym::from(format!("{} {}", f.function, f.call)),
        FactKind::Tool(f) => f.name,
        FactKind::Server(f) => f.name,
        FactKind::Switch(f) => f.key,
        FactKind::Policy(f) => f.name,
        FactKind::Endpoint(f) => f.symbol,
        FactKind::Sink(f) => f.name,
        FactKind::Binding(f) => f.symbol,
        FactKind::Handoff(f) => f.form,
        FactKind::File(_) | FactKind::Owner(_) => Sym::default(),
    }
}

/// The contexts of a draft: those of its rule, its own, and what its file shows.
fn contexts(rule: &Rule, graph: &Graph, draft: &Draft) -> Vec<&'static str> {
    let mut contexts: Vec<&'static str> = rule.contexts.iter().chain(&draft.contexts).copied().collect();
    let facts = graph.files.get(draft.at.file.at()).map_or(&[][..], |file| &file.facts);
    if draft.agent == AgentLink::Linked || facts.iter().any(|fact| fact.get::<Agent>().is_some()) {
        contexts.push("agent");
    }
    if graph.file(draft.at.file).is_some_and(is_pipeline) {
        contexts.push("pipeline");
    }
    contexts.sort_unstable();
    contexts.dedup();
    contexts
}

fn is_pipeline(file: &File) -> bool {
    const NAMES: [&str; 5] = ["jenkinsfile", "azure-pipelines", "cloudbuild.", ".gitlab-ci", "bitbucket-pipelines"];
    let path = file.path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    path.contains(".github/workflows/") || path.contains(".circleci/") || NAMES.iter().any(|n| name.starts_with(n))
}

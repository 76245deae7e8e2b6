//! What a judge says: findings with evidence, levels, fingerprints, suppression and baseline.

pub mod baseline;
pub mod complete;
pub mod suppression;

use serde::Serialize;

use crate::facts::{FactId, Place, Sym};

/// How bad the fault is when it is real. A constant of the rule, since hosts read it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Weakens a practice.
    Low,
    /// Breaks a practice; harm needs a second fault.
    Medium,
    /// Harm is one step away.
    High,
    /// Harm needs nothing more.
    Critical,
}

/// How sure the judge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A hint.
    Low,
    /// Usually right.
    Medium,
    /// Right unless the file is not what it seems.
    High,
}

/// The level that hosts show: severity, lowered one step (once) by low confidence or path role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Counted; shown on request.
    Note,
    /// Should be mended.
    Warning,
    /// Must be mended.
    Error,
}

/// Whether an agent uses what the finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum AgentLink {
    /// Agents are in sight and provably do not use it: one level down.
    None,
    /// No agent is in sight; judged as a non-human identity in its own right.
    #[default]
    Unknown,
    /// An agent uses it.
    Linked,
}

/// One step of the evidence, in order: it becomes a code-flow location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Step {
    /// Where.
    pub at: Place,
    /// What happens there.
    pub says: Sym,
}

/// A fault, as a judge hands it in; the engine completes it with the rule's constants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The narrowest single-line place that shows the fault.
    pub at: Place,
    /// What is wrong here, with names: one sentence, lower case, no full stop. The page's title says
    /// it in general, its help says why and what to do.
    pub what: String,
    /// The next step for this case; the page's general advice when empty.
    pub help: String,
    /// How it comes about, first to last. The primary place may stand in it.
    pub evidence: Vec<Step>,
    /// Other places of the same fault.
    pub related: Vec<Step>,
    /// The judge's own confidence, when it differs from the rule's.
    pub confidence: Option<Confidence>,
    /// Facts that the fault is about: the engine asks the graph which agents they belong to.
    pub about: Vec<FactId>,
    /// Whether an agent uses it; the engine sets it from `about` when the judge leaves it unknown.
    pub agent: AgentLink,
    /// Context that gates controls: `agent`, `mcp`, `pipeline`, `skill`, `shell`, `system-prompt`,
    /// `logging-disabled`.
    pub contexts: Vec<&'static str>,
    /// The enclosing symbol or key path, for the fingerprint; nothing derived from a secret value.
    pub symbol: Sym,
}

impl Draft {
    /// A draft at `at` that says `what`.
    #[must_use]
    pub fn new(at: Place, what: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            help: String::new(),
            evidence: Vec::new(),
            related: Vec::new(),
            confidence: None,
            about: Vec::new(),
            agent: AgentLink::Unknown,
            contexts: Vec::new(),
            symbol: Sym::default(),
        }
    }
}

/// A complete finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static crate::catalogue::Rule,
    /// What the judge said.
    pub draft: Draft,
    /// The path of `draft.at`, as shown.
    pub path: Sym,
    /// Confidence after the rule's default.
    pub confidence: Confidence,
    /// Level after confidence, path role and agent link.
    pub level: Level,
    /// Why the level is lower than the severity's; empty when it is not.
    pub lowered: Vec<Sym>,
    /// Which of several findings of one rule with one path and symbol it is, from 0.
    pub ordinal: u32,
    /// Stable identity, `nhiscan/v1`: rule, path, masked symbol and ordinal; nothing of a value.
    pub fingerprint: String,
    /// Controls that apply in this context, most direct first.
    pub controls: Vec<crate::catalogue::Mapping>,
    /// Agents that it concerns (positions in [`Graph::agents`](crate::graph::Graph::agents)).
    pub agents: Vec<usize>,
    /// Why it is suppressed, when it is.
    pub suppressed: Option<Sym>,
}

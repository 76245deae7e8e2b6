//! Rules and controls, compiled in from `rules/` by `rules/build.rs`.

pub mod clients;
pub mod cloud;
pub mod credential;
pub mod docs;
pub mod effects;
pub mod fake;
pub mod lifecycles;
pub mod policies;
pub mod shape;
mod tables;

pub use tables::{CATALOGUES, LABELS, NOT_VISIBLE, RULES};

use crate::facts::Place;
use crate::finding::{Confidence, Draft, Severity};
use crate::graph::Graph;

/// Where a rule's facts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One file is enough.
    File,
    /// The joined facts of one repository.
    Repo,
    /// Several repositories.
    Org,
}

/// A coded judge: reads the graph and hands in drafts.
pub type JudgeFn = fn(&Graph, &mut Vec<Draft>);

/// How a rule decides.
#[derive(Clone, Copy)]
pub enum Judge {
    /// A function of `crate::judge`.
    Coded(JudgeFn),
    /// A condition over one kind of fact.
    Match {
        /// The kind of fact.
        fact: &'static str,
        /// Fields that must have these values, asked before the condition.
        only: &'static [(&'static str, Equal)],
        /// Condition in the documented CEL subset.
        when: &'static str,
        /// What is wrong, with `{kind.field}` filled in.
        message: &'static str,
        /// The next step, likewise; empty for the page's general advice.
        help: &'static str,
    },
}

/// The value of a simple equality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equal {
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    Text(&'static str),
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Coded(_) => f.write_str("Coded"),
            Self::Match { fact, when, .. } => write!(f, "Match({fact}: {when})"),
        }
    }
}

/// A rule, from its page.
#[derive(Debug)]
pub struct Rule {
    /// `<family>/<fault>`.
    pub id: &'static str,
    /// The page's heading.
    pub title: &'static str,
    /// Severity.
    pub severity: Severity,
    /// Default confidence.
    pub confidence: Confidence,
    /// Scope.
    pub scope: Scope,
    /// `preview`, `stable` or `deprecated`.
    pub status: &'static str,
    /// Version it appeared in.
    pub since: &'static str,
    /// Former ids.
    pub aliases: &'static [&'static str],
    /// Contexts that every finding of the rule has.
    pub contexts: &'static [&'static str],
    /// Controls with their context gates.
    pub controls: &'static [Mapping],
    /// How it decides.
    pub judge: Judge,
    /// "Why it matters", Markdown.
    pub why: &'static str,
    /// "How to fix", Markdown.
    pub fix: &'static str,
    /// "When it is wrong", Markdown.
    pub limits: &'static str,
    /// The whole page below the front matter.
    pub page: &'static str,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

impl Rule {
    /// The family: the part of the id before the slash.
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.id.split('/').next().unwrap_or(self.id)
    }
}

/// A catalogue of controls (one taxonomy in SARIF).
#[derive(Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// File name without `.json`.
    pub id: &'static str,
    /// Published name.
    pub name: &'static str,
    /// Version or year.
    pub version: &'static str,
    /// Publisher.
    pub organization: &'static str,
    /// Its page.
    pub url: &'static str,
    /// Fixed GUID.
    pub guid: &'static str,
    /// Its controls.
    pub controls: &'static [Control],
}

/// One control or risk class.
#[derive(Debug, PartialEq, Eq)]
pub struct Control {
    /// Published id (`NHI7:2025`).
    pub id: &'static str,
    /// Published title.
    pub title: &'static str,
    /// In our own words.
    pub short: &'static str,
    /// Its page.
    pub url: &'static str,
    /// Fixed GUID.
    pub guid: &'static str,
}

/// A label that is no control id, and what it can honestly mean.
#[derive(Debug)]
pub struct Label {
    /// The framework it is written with.
    pub framework: &'static str,
    /// The label.
    pub label: &'static str,
    /// What is said under it.
    pub said: &'static str,
    /// Whether it is an id.
    pub status: &'static str,
    /// Why.
    pub why: &'static str,
    /// Controls that it can mean.
    pub means: &'static [Meaning],
    /// Controls that it is taken for and does not mean.
    pub does_not_mean: &'static [Meaning],
}

/// A control with a reason.
#[derive(Debug)]
pub struct Meaning {
    /// The catalogue.
    pub catalogue: &'static Catalogue,
    /// The control.
    pub control: &'static Control,
    /// The reason.
    pub reason: &'static str,
}

/// A rule's relation to a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    /// The catalogue.
    pub catalogue: &'static Catalogue,
    /// The control.
    pub control: &'static Control,
    /// `superset` (every such result falls into the class) or `relevant`.
    pub kind: &'static str,
    /// Context without which it does not apply (`agent`, `mcp` …).
    pub when: Option<&'static str>,
}

/// Something that stands at a place, for judges that report places.
pub trait At {
    /// Where.
    fn at(&self) -> Place;
}

/// The rule named `id`, or by one of its former ids.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id || rule.aliases.contains(&id))
}

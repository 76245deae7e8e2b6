//! Input: a baseline file, one JSON object a line, and findings. Output: findings of the baseline marked
//! as known, or the text of a new baseline. Lines are sorted and hold no line number, count or time, so
//! that a baseline changes only when findings come or go.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Finding;
use super::complete::fingerprint;
use crate::error::Error;
use crate::facts::Sym;

/// Why a finding of the baseline is held back.
pub const REASON: &str = "in the baseline";

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    path: String,
    fingerprint: String,
}

/// The findings that are known and accepted for now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeSet<Entry>,
}

impl Baseline {
    /// Reads the text of the baseline at `path`.
    pub fn read(path: &str, text: &str) -> Result<Self, Error> {
        let mut entries = BTreeSet::new();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let entry = serde_json::from_str(line).map_err(|error| Error::Config {
                path: path.to_owned(),
                line: u32::try_from(at + 1).unwrap_or(u32::MAX),
                column: u32::try_from(error.column()).unwrap_or(1),
                reason: error.to_string(),
                step: "write the baseline anew with `nhiscan baseline`".to_owned(),
            })?;
            entries.insert(entry);
        }
        Ok(Self { entries })
    }

    /// A baseline of `findings`, without those that a comment suppresses.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let accepted = findings.iter().filter(|f| f.suppressed.is_none_or(|reason| reason == REASON));
        Self { entries: accepted.map(entry).collect() }
    }

    /// Marks the findings that are in the baseline; those that a comment suppresses stay as they are.
    pub fn apply(&self, findings: &mut [Finding]) {
        for finding in findings.iter_mut().filter(|f| f.suppressed.is_none()) {
            if self.holds(finding) {
                finding.suppressed = Some(Sym::new(REASON));
            }
        }
    }

    /// The baseline without entries that no finding has any more.
    #[must_use]
    pub fn pruned(&self, findings: &[Finding]) -> Self {
        Self { entries: findings.iter().filter(|f| self.holds(f)).map(entry).collect() }
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        let line = |entry| serde_json::to_string(entry).expect("texts become JSON") + "\n";
        self.entries.iter().map(line).collect()
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the finding is in the baseline, under its rule's id or a former one.
    fn holds(&self, finding: &Finding) -> bool {
        std::iter::once(&finding.rule.id).chain(finding.rule.aliases).any(|rule| {
            let fingerprint = fingerprint(rule, finding.path, finding.draft.symbol, finding.ordinal);
            let path = finding.path.to_string();
            self.entries.contains(&Entry { rule: (*rule).to_owned(), path, fingerprint })
        })
    }
}

fn entry(finding: &Finding) -> Entry {
    Entry { rule: finding.rule.id.to_owned(), path: finding.path.to_string(), fingerprint: finding.fingerprint.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{RULES, Rule};
    use crate::facts::{File, FileId, Place};
    use crate::finding::Draft;
    use crate::finding::complete::complete;

    fn findings(lines: &[(u32, &str)]) -> Vec<Finding> {
        let file = File { path: "a.py".into(), ..File::default() };
        let draft = |&(line, symbol): &(u32, &str)| {
            let at = Place { line, start: line, end: line + 1, ..Place::default() };
            Draft { symbol: symbol.into(), ..Draft::new(at, symbol) }
        };
        complete(&RULES[0], lines.iter().map(draft).collect(), &|_: FileId| Some(&file))
    }

    #[test]
    fn a_baseline_knows_its_findings_when_lines_move() {
        let text = Baseline::of(&findings(&[(1, "one"), (2, "two")])).text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.is_sorted());
        let baseline = Baseline::read("b", &text).unwrap();
        let mut later = findings(&[(11, "one"), (12, "two"), (13, "three")]);
        baseline.apply(&mut later);
        let known: Vec<bool> = later.iter().map(|f| f.suppressed == Some(Sym::new(REASON))).collect();
        assert_eq!(known, [true, true, false]);
        assert_eq!(baseline.pruned(&findings(&[(1, "two")])).len(), 1);
    }

    #[test]
    fn a_finding_is_known_under_a_former_id_of_its_rule() {
        let former = Box::leak(Box::new(Rule { id: "desk/former", ..RULES[0] }));
        let renamed = Box::leak(Box::new(Rule { id: "desk/new", aliases: &["desk/former"], ..RULES[0] }));
        let of = |rule| complete(rule, vec![Draft::new(Place::default(), "x")], &|_: FileId| None);
        let baseline = Baseline::of(&of(former));
        let mut now = of(renamed);
        baseline.apply(&mut now);
        assert_eq!(now[0].suppressed, Some(Sym::new(REASON)));
        assert!(baseline.pruned(&now).text().contains("desk/new"), "the entry is written anew under the id of today");
    }

    #[test]
    fn a_broken_baseline_names_its_line() {
        let error = Baseline::read("b.jsonl", "\n{\"rule\": 3}\n").unwrap_err().to_string();
        assert!(error.starts_with("b.jsonl:2:"), "{error}");
    }
}

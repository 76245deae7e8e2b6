//! What a change brings in. Input: the findings of both sides and which lines of the new side the
//! change adds or edits. Output: the new side's findings that the change is answerable for, each with
//! a place inside the change in front where there is one.

use std::collections::BTreeMap;

use crate::facts::{Credential, FileId, Place, Sym};
use crate::finding::complete::settle;
use crate::finding::{Finding, Step};
use crate::graph::Graph;

/// Questions about a change, answered by whoever computed it.
pub struct Change<'c> {
    /// Whether a line of the new side was added or edited.
    pub touches: &'c dyn Fn(FileId, u32) -> bool,
    /// The path on the old side of a path of the new side (they differ when a file was moved).
    pub before: &'c dyn Fn(Sym) -> Sym,
}

/// One side of the change.
#[derive(Clone, Copy)]
pub struct Side<'s> {
    /// Its graph.
    pub graph: &'s Graph,
    /// Its findings.
    pub findings: &'s [Finding],
}

/// What makes two findings of the two sides the same fault: rule, path, symbol, and the credential
/// values that it is about (another key in the same variable is another leak). Never leaves memory.
type Same<'f> = (&'f str, Sym, Sym, Vec<Sym>);

/// Keeps what the change brings in: faults that the old side did not have (also when the change only
/// took a line away, such as a gate or a revocation), and old faults that get another place inside
/// the change.
#[must_use]
pub fn brought_in(new: Side<'_>, old: Side<'_>, change: &Change<'_>) -> Vec<Finding> {
    let mut known: BTreeMap<Same<'_>, Vec<&Finding>> = BTreeMap::new();
    for finding in old.findings.iter().filter(|f| f.suppressed.is_none()) {
        known.entry(same(old, finding, finding.path)).or_default().push(finding);
    }
    let mut kept = Vec::new();
    // Of several alike, those that the change does not touch are the old ones: they go first.
    let mut order: Vec<usize> = (0..new.findings.len()).collect();
    order.sort_by_key(|&at| (places(&new.findings[at]).any(|place| is_inside(place, change)), at));
    for at in order {
        let finding = &new.findings[at];
        let key = same(new, finding, (change.before)(finding.path));
        let before = known.get_mut(&key).and_then(Vec::pop);
        if before.is_none_or(|before| gains_a_place(finding, before, change)) {
            kept.push(at);
        }
    }
    kept.sort_unstable();
    kept.into_iter().map(|at| lead_with_change(new.findings[at].clone(), new.graph, change)).collect()
}

fn same<'f>(side: Side<'_>, finding: &'f Finding, path: Sym) -> Same<'f> {
    let about = finding.draft.about.iter();
    let mut values: Vec<Sym> = about.filter_map(|&id| side.graph.get::<Credential>(id)?.fingerprint).collect();
    values.sort_unstable();
    values.dedup();
    (finding.rule.id, path, finding.draft.symbol, values)
}

/// Whether an old fault stands in another place through the change: the same value pasted again.
fn gains_a_place(finding: &Finding, before: &Finding, change: &Change<'_>) -> bool {
    before.draft.related.len() < finding.draft.related.len() && places(finding).any(|at| is_inside(at, change))
}

fn places(finding: &Finding) -> impl Iterator<Item = Place> {
    let draft = &finding.draft;
    let others = draft.evidence.iter().chain(&draft.related).map(|step| step.at);
    std::iter::once(draft.at).chain(others)
}

fn is_inside(at: Place, change: &Change<'_>) -> bool {
    (at.line..=at.end_line.max(at.line)).any(|line| (change.touches)(at.file, line))
}

/// Moves the first place inside the change to the front; the old first place becomes a related one.
fn lead_with_change(mut finding: Finding, graph: &Graph, change: &Change<'_>) -> Finding {
    let first = finding.draft.at;
    if is_inside(first, change) {
        return finding;
    }
    let Some(inside) = places(&finding).find(|&at| is_inside(at, change)) else { return finding };
    finding.draft.at = inside;
    finding.draft.related.retain(|step| step.at != inside);
    finding.draft.related.insert(0, Step { at: first, says: Sym::new("the fault shows here") });
    finding.path = graph.path(inside.file);
    settle(&mut finding, &|id| graph.file(id));
    finding
}

//! `delegation/token-passthrough`. Input: where callers' tokens are sent on and where they are shown to
//! whoever issued them. Output: one draft for each place that sends one to somebody else.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{FileId, Place, Sym, Use};
use crate::finding::{Draft, Step};
use crate::graph::Graph;

/// Judges every forwarded token. A service that the repository asks to check its callers' tokens is the one
/// that they are for: a front of the same product passes them on inside one audience.
pub fn judge(graph: &Graph, out: &mut Vec<Draft>) {
    let mut issuers: BTreeSet<(usize, Sym)> = BTreeSet::new();
    for (id, _, seen) in graph.facts::<Use>().filter(|(_, _, seen)| seen.form == "token-check") {
        issuers.extend(address(seen).map(|address| (graph.repository(id.file), address)));
    }
    // Several places of one function that send it on are one fault.
    let mut told: BTreeMap<(FileId, Sym, Sym), usize> = BTreeMap::new();
    for (id, fact, seen) in graph.facts::<Use>() {
        let own = address(seen).is_some_and(|address| issuers.contains(&(graph.repository(id.file), address)));
        if own || seen.form != "token-forward" || !seen.passes.iter().any(|p| p == "user-token") {
            continue;
        }
        if let Some(&at) = told.get(&(id.file, seen.function, seen.service)).filter(|_| !seen.function.is_empty()) {
            let draft: &mut Draft = &mut out[at];
            draft.related.push(Step { at: fact.at, says: Sym::new("is sent on here too") });
            draft.about.push(id);
            continue;
        }
        told.insert((id.file, seen.function, seen.service), out.len());
        let or = |text: Sym, other: &'static str| if text.is_empty() { other } else { text.as_str() };
        let from = or(seen.function, "this module");
        let to = or(seen.service, "another service");
        let mut draft = Draft::new(fact.at, format!("`{from}` passes its caller's token on to `{to}`"));
        "exchange it for a token that names the agent too and is meant for that service".clone_into(&mut draft.help);
        draft.evidence = evidence(seen.from, fact.at);
        draft.about = vec![id];
        draft.symbol = seen.function;
        out.push(draft);
    }
}

/// The host that a token goes to, or the name that its address begins with.
fn address(seen: &Use) -> Option<Sym> {
    if seen.service.is_empty() { seen.base } else { Some(seen.service) }
}

fn evidence(from: Option<Place>, at: Place) -> Vec<Step> {
    let taken = from.filter(|from| *from != at).map(|at| Step { at, says: Sym::new("the caller's token") });
    taken.into_iter().chain([Step { at, says: Sym::new("is sent on here") }]).collect()
}

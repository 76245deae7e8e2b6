//! Credentials that outlive their task. Input: issuances. Output: one draft an issuance that does not end
//! by itself and is not revoked on every path.

use crate::facts::{Issuance, Sym};
use crate::finding::{Confidence, Draft, Step};
use crate::graph::Graph;

use super::words;

/// `lifecycle/token-never-revoked`.
pub fn judge(graph: &Graph, out: &mut Vec<Draft>) {
    for (id, fact, issuance) in graph.facts::<Issuance>() {
        if issuance.form == "jwt" || issuance.scope == "resource" || issuance.ends_itself == Some(true) {
            continue;
        }
        let Some(how) = how(issuance) else { continue };
        let title = if issuance.title.is_empty() { "credential" } else { &issuance.title };
        let place =
            if issuance.function.is_empty() { "this module".to_owned() } else { format!("`{}`", issuance.function) };
        let mut draft =
            Draft::new(fact.at, format!("{} {title} is issued in {place} and {how}", words::article(title)));
        draft.evidence.push(Step { at: fact.at, says: Sym::from(format!("{title} is issued here")) });
        let exits =
            issuance.open_exits.iter().map(|&at| Step { at, says: Sym::new("it is not revoked on this way out") });
        let ends = issuance.revoked_at.iter().map(|&at| Step { at, says: Sym::new("it is revoked here") });
        draft.evidence.extend(exits.chain(ends));
        draft.evidence.truncate(words::MAX_STEPS);
        draft.about = vec![id];
        draft.symbol = Sym::from(format!("{} {}", issuance.function, issuance.call));
        draft.confidence = confidence(issuance);
        out.push(draft);
    }
}

fn how(issuance: &Issuance) -> Option<&'static str> {
    match issuance.revocation.as_str() {
        "none" => Some("nothing was found that revokes it"),
        "some-paths" => Some("not revoked on every way out"),
        "escapes" if issuance.ends_itself == Some(false) => Some("handed on to where no revocation was found"),
        _ => None,
    }
}

/// Without a documented lifetime the credential may end by itself; handed on, it may be revoked there.
fn confidence(issuance: &Issuance) -> Option<Confidence> {
    let doubtful = issuance.revocation == "escapes" || issuance.ends_itself.is_none();
    doubtful.then_some(Confidence::Low)
}

//! Input: drafts of one rule and what is known of their files. Output: findings with level, controls and
//! fingerprint.

use std::collections::BTreeMap;

use super::{AgentLink, Confidence, Draft, Finding, Level, Severity, Step};
use crate::catalogue::Rule;
use crate::facts::{File, FileId, Place, Sym};

/// What is known of a file.
pub type FileOf<'a> = &'a (dyn Fn(FileId) -> Option<&'a File> + Sync);

/// Completes the drafts of `rule`, copies folded, in order of path and place.
#[must_use]
pub fn complete<'a>(rule: &'static Rule, drafts: Vec<Draft>, file: FileOf<'a>) -> Vec<Finding> {
    let mut drafts = fold(drafts, file);
    drafts.sort_by(|a, b| order(a.at, file).cmp(&order(b.at, file)).then_with(|| a.what.cmp(&b.what)));
    let mut ordinals: BTreeMap<(Sym, Sym), u32> = BTreeMap::new();
    let mut findings = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let path = path(draft.at, file);
        let next = ordinals.entry((path, draft.symbol)).or_default();
        let ordinal = *next;
        *next += 1;
        let mut finding = Finding {
            rule,
            confidence: draft.confidence.unwrap_or(rule.confidence),
            path,
            level: Level::Note,
            lowered: Vec::new(),
            ordinal,
            fingerprint: fingerprint(rule.id, path, draft.symbol, ordinal),
            controls: Vec::new(),
            agents: Vec::new(),
            suppressed: None,
            draft,
        };
        settle(&mut finding, file);
        finding.controls = controls(rule, &finding.draft.contexts);
        findings.push(finding);
    }
    findings
}

/// Sets the level from severity, confidence, path role, agent link and git state.
pub(super) fn settle<'a>(finding: &mut Finding, file: FileOf<'a>) {
    let known = file(finding.draft.at.file);
    let mut reasons = Vec::new();
    if finding.confidence == Confidence::Low {
        reasons.push(Sym::new("low confidence"));
    }
    if let Some(role) = known.map(|f| f.role).filter(|role| *role != "product" && !role.is_empty()) {
        reasons.push(Sym::from(format!("role of the file: {role}")));
    }
    if finding.draft.agent == AgentLink::None {
        reasons.push(Sym::new("no agent uses it"));
    }
    let full = level(finding.rule.severity);
    finding.level = if reasons.is_empty() { full } else { lower(full) };
    let held_here = matches!(finding.rule.family(), "secrets" | "sharing");
    if held_here && known.is_some_and(|f| f.git == "ignored") {
        reasons.push(Sym::new("git ignores the file"));
        finding.level = Level::Note;
    }
    finding.lowered = if finding.level == full { Vec::new() } else { reasons };
}

/// The level of a severity.
#[must_use]
pub fn level(severity: Severity) -> Level {
    match severity {
        Severity::Critical | Severity::High => Level::Error,
        Severity::Medium => Level::Warning,
        Severity::Low | Severity::Info => Level::Note,
    }
}

fn lower(level: Level) -> Level {
    match level {
        Level::Error => Level::Warning,
        Level::Warning | Level::Note => Level::Note,
    }
}

/// The stable identity `nhiscan/v1`: nothing of a value goes into it, and no line number.
#[must_use]
pub fn fingerprint(rule: &str, path: Sym, symbol: Sym, ordinal: u32) -> String {
    let text = format!("nhiscan/v1\0{rule}\0{path}\0{symbol}\0{ordinal}");
    blake3::hash(text.as_bytes()).to_hex().as_str()[..32].to_owned()
}

/// The rule's controls that apply in `contexts`.
fn controls(rule: &Rule, contexts: &[&'static str]) -> Vec<crate::catalogue::Mapping> {
    rule.controls.iter().filter(|m| m.when.is_none_or(|when| contexts.contains(&when))).copied().collect()
}

/// How serious a place is: product files first, then by path and offset.
pub(super) fn order<'a>(at: Place, file: FileOf<'a>) -> (bool, Sym, u32, u32) {
    let known = file(at.file);
    let product = known.is_none_or(|f| f.role == "product" || f.role.is_empty());
    (!product, known.map_or_else(Sym::default, |f| f.path), at.start, at.end)
}

fn path<'a>(at: Place, file: FileOf<'a>) -> Sym {
    file(at.file).map_or_else(Sym::default, |f| f.path)
}

/// Drafts that say the same of the same line (copies of a file, repeated statements) become one, the
/// most serious place first, the others behind it.
fn fold<'a>(drafts: Vec<Draft>, file: FileOf<'a>) -> Vec<Draft> {
    let mut groups: BTreeMap<(String, Sym), Vec<Draft>> = BTreeMap::new();
    for draft in drafts {
        groups.entry((draft.what.clone(), draft.at.excerpt)).or_default().push(draft);
    }
    let mut folded = Vec::with_capacity(groups.len());
    for (_, mut group) in groups {
        group.sort_by_key(|draft| order(draft.at, file));
        let mut drafts = group.into_iter();
        let Some(mut first) = drafts.next() else { continue };
        for copy in drafts {
            first.agent = first.agent.max(copy.agent);
            first.about.extend(copy.about);
            let known = |at: Place| first.at == at || first.related.iter().any(|step| step.at == at);
            if !known(copy.at) {
                first.related.push(Step { at: copy.at, says: Sym::new("the same here") });
            }
        }
        folded.push(first);
    }
    folded
}

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
    // Secrets come one a value, and two lines that differ only in a masked value look the same.
    let mut drafts = if rule.family() == "secrets" { drafts } else { fold(drafts, file) };
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
pub(crate) fn settle<'a>(finding: &mut Finding, file: FileOf<'a>) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::RULES;

    fn place(file: u32, line: u32, excerpt: &str) -> Place {
        Place {
            file: FileId(file),
            start: line * 10,
            end: line * 10 + 1,
            line,
            excerpt: excerpt.into(),
            ..Place::default()
        }
    }

    fn file(path: &str, role: &str, git: &str) -> File {
        File { path: path.into(), role: role.into(), git: git.into(), ..File::default() }
    }

    fn rule(id: &str) -> &'static Rule {
        RULES.iter().find(|rule| rule.id == id).expect(id)
    }

    fn completed(id: &str, drafts: Vec<Draft>) -> Vec<Finding> {
        let files = [
            file("a.py", "product", "tracked"),
            file("tests/b.py", "test", "tracked"),
            file(".env", "product", "ignored"),
            file("copy/a.py", "vendored", "tracked"),
        ];
        complete(rule(id), drafts, &|id: FileId| files.get(id.at()))
    }

    #[test]
    fn the_level_goes_one_step_down_and_only_once() {
        let at = |file| Draft::new(place(file, 1, "x"), "fault");
        let one = |draft: Draft| completed("secrets/key-in-source", vec![draft]).remove(0);
        assert_eq!(one(at(0)).level, Level::Error);
        assert!(one(at(0)).lowered.is_empty());
        let doubtful = Draft { confidence: Some(Confidence::Low), agent: AgentLink::None, ..at(1) };
        let finding = one(doubtful);
        assert_eq!((finding.level, finding.lowered.len()), (Level::Warning, 3));
        assert_eq!(one(at(2)).level, Level::Note, "what git ignores has not left the machine");
    }

    #[test]
    fn copies_stand_behind_the_most_serious_place() {
        let at = |file, line, excerpt| Draft::new(place(file, line, excerpt), "fault");
        let findings =
            completed("approval/auto-approve", vec![at(3, 4, "x = 1"), at(0, 9, "x = 1"), at(0, 2, "y = 1")]);
        let shown: Vec<(u32, u32, usize)> =
            findings.iter().map(|f| (f.draft.at.file.0, f.draft.at.line, f.draft.related.len())).collect();
        assert_eq!(shown, [(0, 2, 0), (0, 9, 1)]);
    }

    #[test]
    fn two_values_behind_the_same_masked_line_are_two_findings() {
        let at = |file| Draft::new(place(file, 1, "KEY=***"), "a key stands here as `KEY`");
        assert_eq!(completed("secrets/key-in-dotenv", vec![at(0), at(3)]).len(), 2);
    }

    #[test]
    fn the_fingerprint_holds_when_lines_move_and_tells_equal_symbols_apart() {
        let at = |line, excerpt| Draft { symbol: "key".into(), ..Draft::new(place(0, line, excerpt), "fault") };
        let prints = |drafts| completed("approval/auto-approve", drafts).into_iter().map(|f| f.fingerprint).collect();
        let before: Vec<String> = prints(vec![at(1, "a"), at(5, "b")]);
        let after: Vec<String> = prints(vec![at(31, "a"), at(35, "b")]);
        assert_eq!(before, after);
        assert_ne!(before[0], before[1]);
        assert_eq!(before[0].len(), 32);
    }

    #[test]
    fn a_gated_control_needs_its_context() {
        let has = |contexts: Vec<&'static str>, id: &str| {
            let draft = Draft { contexts, ..Draft::new(place(0, 1, "x"), "fault") };
            completed("secrets/key-in-source", vec![draft])[0].controls.iter().any(|m| m.control.id == id)
        };
        assert!(has(vec![], "NHI2:2025") && has(vec![], "L6"));
        assert!(!has(vec![], "ASI03:2026") && has(vec!["agent"], "ASI03:2026"));
        assert!(!has(vec!["agent"], "MCP01:2025") && has(vec!["mcp"], "MCP01:2025"));
    }
}

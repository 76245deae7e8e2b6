//! Input: findings and the suppression comments of their files. Output: findings marked as suppressed,
//! and notices about suppressions that have no reason, are out of date or have no effect.

use std::collections::BTreeSet;

use super::complete::{FileOf, fingerprint, order, settle};
use super::{Finding, Step};
use crate::error::{Notice, NoticeKind};
use crate::facts::{File, FileId, Place, Suppression, Sym};

/// Applies the suppressions of `files`. A finding with several places moves to the most serious one
/// that is not suppressed, and is suppressed itself when there is none. `today` is `YYYY-MM-DD`.
pub fn apply<'a>(findings: &mut [Finding], files: &[&'a File], file: FileOf<'a>, today: &str) -> Vec<Notice> {
    let mut used: BTreeSet<(Sym, u32)> = BTreeSet::new();
    for finding in findings.iter_mut() {
        let mut places: Vec<Place> = vec![finding.draft.at];
        places.extend(finding.draft.related.iter().map(|step| step.at));
        places[1..].sort_by_key(|&at| order(at, file));
        let mut reason = None;
        let mut free = None;
        for &at in &places {
            match covering(finding, at, file, today) {
                Some((path, suppression)) => {
                    used.insert((path, suppression.at.line));
                    reason = reason.or(Some(suppression.reason));
                }
                None => free = free.or(Some(at)),
            }
        }
        match free {
            Some(at) if at != finding.draft.at => promote(finding, at, file),
            Some(_) => {}
            None => finding.suppressed = reason,
        }
    }
    files.iter().flat_map(|file| complaints(file, &used, today)).collect()
}

fn covering<'a>(finding: &Finding, at: Place, file: FileOf<'a>, today: &str) -> Option<(Sym, &'a Suppression)> {
    let file: &'a File = file(at.file)?;
    let speaks = |s: &&Suppression| {
        s.line == at.line
            && !s.reason.is_empty()
            && !expired(s, today)
            && s.rules.iter().any(|name| *name == finding.rule.id || finding.rule.aliases.contains(&name.as_str()))
    };
    file.suppressions.iter().find(speaks).map(|s| (file.path, s))
}

/// Makes `at` the primary place; the one that was becomes a related place.
fn promote<'a>(finding: &mut Finding, at: Place, file: FileOf<'a>) {
    let before = std::mem::replace(&mut finding.draft.at, at);
    for step in &mut finding.draft.related {
        if step.at == at {
            *step = Step { at: before, says: Sym::new("suppressed here") };
        }
    }
    finding.path = file(at.file).map_or(finding.path, |f| f.path);
    finding.fingerprint = fingerprint(finding.rule.id, finding.path, finding.draft.symbol, finding.ordinal);
    settle(finding, file);
}

fn expired(suppression: &Suppression, today: &str) -> bool {
    suppression.until.is_some_and(|until| until.as_str() < today)
}

fn complaints(file: &File, used: &BTreeSet<(Sym, u32)>, today: &str) -> Vec<Notice> {
    let mut notices = Vec::new();
    for s in &file.suppressions {
        let names: Vec<&str> = s.rules.iter().map(|name| name.as_str()).collect();
        let what = names.join(", ");
        let unknown = names.iter().find(|name| crate::catalogue::rule(name).is_none());
        let message = if names.is_empty() {
            "a suppression names its rule: write `nhiscan: ignore[family/fault] reason`".to_owned()
        } else if let Some(name) = unknown {
            format!("a suppression names `{name}`, which is no rule; `nhiscan rules` lists them")
        } else if s.reason.is_empty() {
            format!("the suppression of {what} gives no reason and is not honoured; write the reason behind it")
        } else if expired(s, today) {
            let until = s.until.unwrap_or_default();
            format!("the suppression of {what} ended on {until}; mend the finding or set a new date")
        } else if !used.contains(&(file.path, s.at.line)) {
            format!("the suppression of {what} has no effect; remove it")
        } else {
            continue;
        };
        notices.push(Notice { path: file.path.to_string(), line: s.at.line, kind: NoticeKind::Suppression, message });
    }
    notices
}

/// Today in UTC, as suppressions write it.
#[must_use]
pub fn today() -> String {
    jiff::Timestamp::now().to_string().chars().take("YYYY-MM-DD".len()).collect()
}

/// A file by its id, for callers that hold them in order of id.
#[must_use]
pub fn by_id<'a>(files: &[Option<&'a File>], id: FileId) -> Option<&'a File> {
    files.get(id.at()).copied().flatten()
}

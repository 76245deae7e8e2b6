//! Input: findings and the suppression comments of their files. Output: findings marked as suppressed,
//! and notices about suppressions that have no reason, are out of date or have no effect.

use std::collections::BTreeSet;

use super::complete::{FileOf, fingerprint, order, settle};
use super::{Finding, Step};
use crate::error::{Notice, NoticeKind};
use crate::facts::{File, Place, Suppression, Sym};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{RULES, Rule};
    use crate::facts::FileId;
    use crate::finding::complete::complete;
    use crate::finding::{Draft, Level};

    const RULE: &str = "approval/auto-approve";

    fn place(file: u32, line: u32) -> Place {
        Place { file: FileId(file), start: line * 10, end: line * 10 + 1, line, ..Place::default() }
    }

    fn comment(line: u32, rule: &str, reason: &str, until: Option<&str>) -> Suppression {
        let at = place(0, line);
        Suppression { line, at, rules: vec![rule.into()], reason: reason.into(), until: until.map(Sym::new) }
    }

    /// A finding on line 3 of the first file, which is also on line 7 of the second.
    fn judged(comments: [Vec<Suppression>; 2]) -> (Finding, Vec<String>) {
        let [first, second] = comments;
        let file = |path: &str, role: &str, suppressions| File {
            path: path.into(),
            role: role.into(),
            suppressions,
            ..File::default()
        };
        let files = [file("a.json", "product", first), file("tests/b.json", "test", second)];
        let of = |id: FileId| files.get(id.at());
        let mut draft = Draft::new(place(0, 3), "fault");
        draft.related.push(Step { at: place(1, 7), says: "the same".into() });
        let rule = RULES.iter().find(|rule| rule.id == RULE).unwrap();
        let mut findings = complete(rule, vec![draft], &of);
        let all: Vec<&File> = files.iter().collect();
        let notices = apply(&mut findings, &all, &of, "2026-11-24");
        (findings.remove(0), notices.into_iter().map(|n| format!("{}: {}", n.line, n.message)).collect())
    }

    #[test]
    fn a_finding_moves_to_its_most_serious_place_that_is_not_suppressed() {
        let (finding, notices) = judged([vec![comment(3, RULE, "sandboxed", None)], vec![]]);
        assert_eq!((finding.path.as_str(), finding.suppressed), ("tests/b.json", None));
        assert_eq!(finding.level, Level::Warning, "the level is that of the new place");
        assert_eq!(notices, Vec::<String>::new());
        let both = [vec![comment(3, RULE, "sandboxed", None)], vec![comment(7, RULE, "a test", None)]];
        assert_eq!(judged(both).0.suppressed, Some("sandboxed".into()));
    }

    #[test]
    fn a_comment_may_name_a_former_id_of_the_rule() {
        let rule = RULES.iter().find(|rule| rule.id == RULE).unwrap();
        let rule = Box::leak(Box::new(Rule { id: "desk/new", aliases: &["desk/former"], ..*rule }));
        let file = File { suppressions: vec![comment(3, "desk/former", "sandboxed", None)], ..File::default() };
        let mut findings = complete(rule, vec![Draft::new(place(0, 3), "fault")], &|_| Some(&file));
        apply(&mut findings, &[&file], &|_| Some(&file), "2026-11-24");
        assert_eq!(findings[0].suppressed, Some("sandboxed".into()));
    }

    #[test]
    fn without_reason_out_of_date_unknown_or_unused_is_said() {
        let said = |comment: Suppression| {
            let (finding, mut notices) = judged([vec![comment], vec![]]);
            assert_eq!((finding.suppressed, finding.path.as_str()), (None, "a.json"));
            notices.remove(0)
        };
        assert!(said(comment(3, RULE, "", None)).contains("gives no reason"));
        assert!(said(comment(3, RULE, "soon", Some("2026-11-23"))).contains("ended on 2026-11-23"));
        assert!(said(comment(3, "approval/nothing", "why", None)).contains("is no rule"));
        assert!(said(comment(4, RULE, "why", None)).contains("no effect"));
        let (_, notices) = judged([vec![comment(3, RULE, "why", Some("2026-11-24"))], vec![]]);
        assert_eq!(notices, Vec::<String>::new(), "the last day counts");
    }
}

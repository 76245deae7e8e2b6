//! What a host accepts and keeps, so that the cut is ours, made by severity, and said.

use std::cmp::Reverse;

use super::super::Report;
use crate::error::{Notice, NoticeKind};
use crate::finding::Finding;

/// Results that a host shows for one run.
pub(in super::super) const RESULTS: usize = 5_000;
/// Places that a host keeps for one result.
pub(in super::super) const PLACES: usize = 100;
/// Notifications: enough to see what went wrong, few enough to keep the file small.
pub(in super::super) const NOTICES: usize = 2_000;

/// The findings that fit, in the report's order, and a notice for each limit that was met.
pub(in super::super) fn cut<'a>(report: &Report<'a>) -> (Vec<&'a Finding>, Vec<Notice>) {
    cut_to(report, RESULTS, PLACES)
}

fn cut_to<'a>(report: &Report<'a>, results: usize, places: usize) -> (Vec<&'a Finding>, Vec<Notice>) {
    let mut kept: Vec<(usize, &Finding)> = report.findings.iter().copied().enumerate().collect();
    let mut notices = Vec::new();
    if kept.len() > results {
        kept.sort_by_key(|(at, f)| (Reverse(f.level), Reverse(f.rule.severity), Reverse(f.confidence), *at));
        notices.push(limit(format!(
            "{} results are left out, the least severe ones, since a code-scanning host keeps {results}; \
             the json format holds all",
            kept.len() - results
        )));
        kept.truncate(results);
        kept.sort_by_key(|(at, _)| *at);
    }
    let kept: Vec<&Finding> = kept.into_iter().map(|(_, f)| f).collect();
    let lost: usize = kept.iter().map(|f| f.draft.related.len().saturating_sub(places)).sum();
    if lost > 0 {
        notices.push(limit(format!(
            "{lost} further places of results are left out, since a code-scanning host keeps {places} for each; \
             the json format holds all"
        )));
    }
    if report.notices.len() > NOTICES {
        let more = report.notices.len() - NOTICES;
        notices.insert(0, limit(format!("{more} notices are left out here; the json format holds all")));
    }
    (kept, notices)
}

fn limit(message: String) -> Notice {
    Notice::file("", NoticeKind::Limit, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::RULES;
    use crate::facts::{Place, Sym};
    use crate::finding::{Confidence, Draft, Level, Step};
    use crate::report::HeldBack;

    fn finding(line: u32, level: Level, places: u32) -> Finding {
        let at = Place { line, ..Place::default() };
        let mut draft = Draft::new(at, "something is wrong");
        draft.related = (0..places).map(|n| Step { at: Place { line: 100 + n, ..at }, says: Sym::default() }).collect();
        Finding {
            rule: &RULES[0],
            draft,
            path: Sym::new("a.py"),
            confidence: Confidence::High,
            level,
            lowered: Vec::new(),
            ordinal: 0,
            fingerprint: line.to_string(),
            controls: Vec::new(),
            agents: Vec::new(),
            suppressed: None,
        }
    }

    #[test]
    fn the_worst_are_kept_in_order_and_the_rest_is_said() {
        let levels = [Level::Note, Level::Error, Level::Warning, Level::Error, Level::Note];
        let all: Vec<Finding> = (1..).zip(levels).map(|(line, level)| finding(line, level, line)).collect();
        let report = Report {
            scope: "scan",
            roots: Vec::new(),
            files: &[],
            rules: &[],
            findings: all.iter().collect(),
            held_back: HeldBack::default(),
            notices: &[],
        };
        let (kept, notices) = cut_to(&report, 3, 2);
        let lines: Vec<u32> = kept.iter().map(|f| f.draft.at.line).collect();
        assert_eq!(lines, [2, 3, 4]);
        assert!(notices[0].message.starts_with("2 results are left out"), "{notices:?}");
        assert!(notices[1].message.starts_with("3 further places"), "{notices:?}");
        assert!(cut_to(&report, 5, 5).1.is_empty());
    }
}

//! Findings as `result`s.

use std::fmt::Write as _;

use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, CodeFlow, Location, LogicalLocation, Message, PhysicalLocation, PropertyBag, Region,
    Result as SarifResult, ResultLevel, ThreadFlow, ThreadFlowLocation,
};

use super::super::{Report, prose};
use super::{limits, taxonomies};
use crate::facts::{Place, Sym};
use crate::finding::{Finding, Level};

/// Related places that the message links to.
const LINKS: usize = 5;

pub(super) fn result(report: &Report<'_>, finding: &Finding) -> SarifResult {
    let level = match finding.level {
        Level::Error => ResultLevel::Error,
        Level::Warning => ResultLevel::Warning,
        Level::Note => ResultLevel::Note,
    };
    let index = report.rules.iter().position(|r| r.id == finding.rule.id);
    let related = related(report, finding);
    let fingerprint = [("nhiscan/v1".to_owned(), finding.fingerprint.clone())];
    let mut result = SarifResult::builder()
        .message(Message::builder().text(message(finding, &related)).build())
        .rule_id(finding.rule.id)
        .level(level)
        .locations(vec![primary(finding)])
        .partial_fingerprints(std::collections::BTreeMap::from(fingerprint))
        .taxa(finding.controls.iter().map(taxonomies::reference).collect::<Vec<_>>())
        .properties(properties(finding))
        .build();
    result.rule_index = index.and_then(|n| i64::try_from(n).ok());
    result.related_locations = (!related.is_empty()).then(|| related.into_iter().map(|r| r.location).collect());
    result.code_flows = code_flow(report, finding).map(|flow| vec![flow]);
    result
}

/// What is wrong here (hosts show the first sentence where space is short), why, and what to do.
fn message(finding: &Finding, related: &[Related]) -> String {
    let mut text = prose::sentence(&finding.draft.what);
    for more in [prose::first_sentence(finding.rule.why), prose::help(finding)] {
        if !more.is_empty() {
            text.push(' ');
            text.push_str(&more);
        }
    }
    // Only our own links may look like links.
    let mut text = text.replace("](", "] (");
    for (n, place) in related.iter().take(LINKS).enumerate() {
        let lead = if n == 0 { " See also" } else { "," };
        let _ = write!(text, "{lead} [{}]({})", place.shown.replace(['[', ']'], ""), n + 1);
    }
    match related.len() {
        0 => {}
        n if n > LINKS => {
            let _ = write!(text, " and {} more.", n - LINKS);
        }
        _ => text.push('.'),
    }
    text
}

struct Related {
    shown: String,
    location: Location,
}

/// Other places of the fault, and evidence that is too short for a flow but stands elsewhere.
fn related(report: &Report<'_>, finding: &Finding) -> Vec<Related> {
    let draft = &finding.draft;
    let lone = draft.evidence.iter().filter(|s| draft.evidence.len() == 1 && s.at != draft.at);
    let mut seen = vec![(draft.at.file, draft.at.start, draft.at.end)];
    let mut places = Vec::new();
    for step in draft.related.iter().chain(lone) {
        let spot = (step.at.file, step.at.start, step.at.end);
        if places.len() == limits::PLACES || seen.contains(&spot) {
            continue;
        }
        seen.push(spot);
        let mut location = location(report.path(step.at.file), &step.at, &step.says);
        location.id = i64::try_from(places.len() + 1).ok();
        let path = report.path(step.at.file);
        let shown = format!("{}:{}", super::super::clean(&path), step.at.line);
        places.push(Related { shown, location });
    }
    places
}

fn primary(finding: &Finding) -> Location {
    let symbol = finding.draft.symbol;
    let mut location = location(finding.path, &finding.draft.at, "");
    if !symbol.is_empty() {
        location.logical_locations =
            Some(vec![LogicalLocation::builder().fully_qualified_name(symbol.as_str()).build()]);
    }
    location
}

fn code_flow(report: &Report<'_>, finding: &Finding) -> Option<CodeFlow> {
    let steps = prose::steps(&finding.draft.evidence);
    if steps.len() < 2 {
        return None;
    }
    let step = |(at, says): &(Place, String)| {
        let place = location(report.path(at.file), at, says);
        let importance = if *at == finding.draft.at { "essential" } else { "important" };
        ThreadFlowLocation::builder().location(place).importance(json!(importance)).build()
    };
    let locations: Vec<ThreadFlowLocation> = steps.iter().take(limits::PLACES).map(step).collect();
    Some(CodeFlow::builder().thread_flows(vec![ThreadFlow::builder().locations(locations).build()]).build())
}

fn location(path: Sym, at: &Place, says: &str) -> Location {
    let physical = PhysicalLocation::builder().artifact_location(artifact(&path)).region(region(at)).build();
    let builder = Location::builder().physical_location(physical);
    if says.is_empty() {
        return builder.build();
    }
    builder.message(Message::builder().text(prose::sentence(says)).build()).build()
}

/// A whole file, or one line of it.
pub(super) fn file_location(path: &str, line: u32) -> Location {
    let mut physical = PhysicalLocation::builder().artifact_location(artifact(path)).build();
    if line > 0 {
        physical.region = Some(Region::builder().start_line(i64::from(line)).build());
    }
    Location::builder().physical_location(physical).build()
}

/// One line: a pull request shows an alert only when every line of its region is in the diff.
fn region(at: &Place) -> Region {
    let marked = at.excerpt.get(usize::from(at.mark.0)..usize::from(at.mark.1)).unwrap_or("");
    let width = u32::try_from(marked.encode_utf16().count()).unwrap_or(1);
    let end = if at.end_line == at.line { at.end_column } else { at.column + width };
    Region::builder()
        .start_line(i64::from(at.line.max(1)))
        .start_column(i64::from(at.column.max(1)))
        .end_line(i64::from(at.line.max(1)))
        .end_column(i64::from(end.max(at.column + 1)))
        .build()
}

fn artifact(path: &str) -> ArtifactLocation {
    ArtifactLocation::builder().uri(uri(path)).build()
}

/// A path as a URI: relative, or with the `file` scheme when it is absolute.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' | b'@' | b'+' | b',' | b'=' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn properties(finding: &Finding) -> PropertyBag {
    let mut more = vec![
        ("confidence".to_owned(), json!(finding.confidence)),
        ("severity".to_owned(), json!(finding.rule.severity)),
        ("agent".to_owned(), json!(finding.draft.agent)),
    ];
    if !finding.lowered.is_empty() {
        more.push(("lowered".to_owned(), json!(finding.lowered)));
    }
    PropertyBag::builder().additional_properties(more.into_iter().collect::<std::collections::BTreeMap<_, _>>()).build()
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_is_a_valid_uri() {
        assert_eq!(uri("a b/ü#1:[x].py"), "a%20b/%C3%BC%231%3A%5Bx%5D.py");
        assert_eq!(uri("/abs/a.py"), "file:///abs/a.py");
    }
}

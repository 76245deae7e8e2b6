//! Text for people, laid out as compilers do: what is wrong, where, how it comes about, what to do.

use std::io::{self, Write};

use annotate_snippets::{Annotation, AnnotationKind, Group, Level as Head, Renderer, Snippet};

use super::{Report, clean, prose};
use crate::facts::Place;
use crate::finding::{AgentLink, Finding, Level, Step};

/// Other places that are listed before the rest is only counted.
const PLACES: usize = 6;
/// Steps of evidence that are drawn.
const STEPS: usize = 8;
/// Controls that are named.
const CONTROLS: usize = 4;
/// Indentation that is given back to an excerpt; more is a cut line.
const INDENT: usize = 48;

/// Writes every finding and one line that sums up, with colours for `anstream` to keep or strip.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let renderer = Renderer::styled();
    for finding in &report.findings {
        let drawn = renderer.render(&[group(report, finding)]);
        writeln!(out, "{drawn}\n")?;
    }
    writeln!(out, "{}", summary(report))
}

fn group<'a>(report: &Report<'_>, finding: &'a Finding) -> Group<'a> {
    let draft = &finding.draft;
    let head = match finding.level {
        Level::Error => Head::ERROR,
        Level::Warning => Head::WARNING,
        Level::Note => Head::NOTE,
    };
    let what = clean(&draft.what).into_owned();
    let mut group = head.primary_title(clean(finding.rule.title)).id(finding.rule.id).element(snippet(
        report,
        &draft.at,
        AnnotationKind::Primary,
        what,
    ));
    for (n, (at, says)) in steps(finding).into_iter().enumerate() {
        let label = format!("{}: {}", n + 1, clean(&says));
        group = group.element(snippet(report, &at, AnnotationKind::Context, label));
    }
    if !draft.related.is_empty() {
        group = group.element(Head::NOTE.with_name("also at").message(also(report, &draft.related)));
    }
    group = group.element(Head::HELP.message(prose::help(finding)));
    if let Some(why) = context(finding) {
        group = group.element(Head::NOTE.message(why));
    }
    group.element(Head::NOTE.with_name("controls").message(controls(finding)))
}

/// The steps of evidence that stand elsewhere than the primary place, whose label says more.
fn steps(finding: &Finding) -> Vec<(Place, String)> {
    let spot = |at: Place| (at.file, at.start, at.end);
    let primary = spot(finding.draft.at);
    let mut steps = prose::steps(&finding.draft.evidence);
    steps.retain(|(at, _)| spot(*at) != primary);
    steps.truncate(STEPS);
    steps
}

fn snippet<'a>(report: &Report<'_>, at: &Place, kind: AnnotationKind, label: String) -> Snippet<'a, Annotation<'a>> {
    let excerpt = clean(&at.excerpt);
    // Escapes of the cleaner would move the mark: then the whole line is meant.
    let exact = excerpt.len() == at.excerpt.len();
    let (from, to) = (usize::from(at.mark.0), usize::from(at.mark.1));
    let usable = exact && from < to && excerpt.get(from..to).is_some();
    let (from, to) = if usable { (from, to) } else { (0, excerpt.len()) };
    // The excerpt lost the line's indentation, and with it the column: give it back.
    let before = excerpt.get(..from).unwrap_or("").encode_utf16().count();
    let indent = (at.column as usize).saturating_sub(1 + before);
    let indent = if indent <= INDENT { indent } else { 0 };
    let source = format!("{:indent$}{excerpt}", "");
    Snippet::source(source)
        .path(clean(&report.path(at.file)).into_owned())
        .line_start(at.line as usize)
        .annotation(kind.span(from + indent..to + indent).label(label))
}

fn also(report: &Report<'_>, related: &[Step]) -> String {
    let mut said: Vec<String> = related.iter().take(PLACES).map(|s| report.locus(&s.at)).collect();
    if related.len() > PLACES {
        said.push(format!("and {} more", related.len() - PLACES));
    }
    said.join(", ")
}

/// Why the level is not what the rule's severity says, and whether an agent is behind it.
fn context(finding: &Finding) -> Option<String> {
    let mut said: Vec<String> = Vec::new();
    match finding.draft.agent {
        AgentLink::Linked => said.push("an agent uses it".into()),
        AgentLink::None => said.push("no agent in this repository uses it".into()),
        AgentLink::Unknown => {}
    }
    if !finding.lowered.is_empty() {
        let why: Vec<String> = finding.lowered.iter().map(|r| clean(r).into_owned()).collect();
        said.push(format!("one level down: {}", why.join(", ")));
    }
    (!said.is_empty()).then(|| said.join("; "))
}

/// One control of each leading catalogue: `nhiscan explain` has the rest.
fn controls(finding: &Finding) -> String {
    let said = prose::leading(&finding.controls).take(CONTROLS).map(|m| prose::named(m.control));
    said.collect::<Vec<_>>().join(" · ")
}

/// One line: what was found, what is held back and how to see it, what could not be judged.
fn summary(report: &Report<'_>) -> String {
    let mut parts =
        vec![format!("{} in {}", prose::levels(&report.findings), prose::count(report.files.len(), "file"))];
    let held = &report.held_back;
    let below: Vec<String> = held.below_level.iter().rev().map(|(l, n)| prose::count(*n, prose::level(*l))).collect();
    if !below.is_empty() {
        parts.push(format!("held back {} (--min-level note shows them)", below.join(", ")));
    }
    if held.below_confidence > 0 {
        parts.push(format!("{} below the confidence asked for", held.below_confidence));
    }
    if held.suppressed > 0 {
        parts.push(format!("{} suppressed", held.suppressed));
    }
    if held.baseline > 0 {
        parts.push(format!("{} in the baseline", held.baseline));
    }
    if !report.notices.is_empty() {
        parts.push(format!("{} (see standard error)", prose::count(report.notices.len(), "notice")));
    }
    parts.join("; ")
}

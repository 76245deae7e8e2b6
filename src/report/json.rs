//! `nhiscan-findings/1`: one document, described by `docs/nhiscan-findings-1.schema.json`.

use std::io::{self, Write};

use serde::Serialize;

use super::{Report, prose};
use crate::error::Notice;
use crate::facts::{Place, Sym};
use crate::finding::{AgentLink, Confidence, Finding, Level, Severity, Step};

/// The version of the schema: fields may be added, never changed or removed.
const SCHEMA: &str = "nhiscan-findings/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: Tool,
    scope: &'a str,
    roots: &'a [String],
    findings: Vec<Item<'a>>,
    held_back: Held,
    notices: &'a [Notice],
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Item<'a> {
    rule: &'a str,
    title: &'a str,
    family: &'a str,
    severity: Severity,
    confidence: Confidence,
    level: Level,
    lowered: &'a [Sym],
    agent: AgentLink,
    message: String,
    help: String,
    place: Spot,
    symbol: Sym,
    evidence: Vec<Said>,
    related: Vec<Said>,
    controls: Vec<Control<'a>>,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct Spot {
    path: Sym,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    excerpt: Sym,
}

#[derive(Serialize)]
struct Said {
    #[serde(flatten)]
    place: Spot,
    says: Sym,
}

#[derive(Serialize)]
struct Control<'a> {
    catalogue: &'a str,
    id: &'a str,
    title: &'a str,
    url: &'a str,
    relation: &'a str,
}

#[derive(Serialize)]
struct Held {
    notes: usize,
    warnings: usize,
    below_confidence: usize,
    suppressed: usize,
    baseline: usize,
}

/// Writes the document and a line end.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let held = &report.held_back;
    let below = |level| held.below_level.get(&level).copied().unwrap_or(0);
    let document = Document {
        schema: SCHEMA,
        tool: Tool { name: "nhiscan", version: env!("CARGO_PKG_VERSION") },
        scope: report.scope,
        roots: &report.roots,
        findings: report.findings.iter().map(|finding| item(report, finding)).collect(),
        held_back: Held {
            notes: below(Level::Note),
            warnings: below(Level::Warning),
            below_confidence: held.below_confidence,
            suppressed: held.suppressed,
            baseline: held.baseline,
        },
        notices: report.notices,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}

fn item<'a>(report: &Report<'_>, finding: &'a Finding) -> Item<'a> {
    let draft = &finding.draft;
    let said = |steps: &[Step]| steps.iter().map(|s| Said { place: spot(report, &s.at), says: s.says }).collect();
    Item {
        rule: finding.rule.id,
        title: finding.rule.title,
        family: finding.rule.family(),
        severity: finding.rule.severity,
        confidence: finding.confidence,
        level: finding.level,
        lowered: &finding.lowered,
        agent: draft.agent,
        message: draft.what.clone(),
        help: prose::help(finding),
        place: Spot { path: finding.path, ..spot(report, &draft.at) },
        symbol: draft.symbol,
        evidence: said(&draft.evidence),
        related: said(&draft.related),
        controls: finding.controls.iter().map(control).collect(),
        fingerprint: &finding.fingerprint,
    }
}

fn spot(report: &Report<'_>, at: &Place) -> Spot {
    Spot {
        path: report.path(at.file),
        line: at.line,
        column: at.column,
        end_line: at.end_line,
        end_column: at.end_column,
        excerpt: at.excerpt,
    }
}

fn control(mapping: &crate::catalogue::Mapping) -> Control<'_> {
    Control {
        catalogue: mapping.catalogue.id,
        id: mapping.control.id,
        title: mapping.control.title,
        url: mapping.control.url,
        relation: mapping.kind,
    }
}

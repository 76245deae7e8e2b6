//! `nhiscan explain`: the page of a rule, what stands for a control, or what was thought of a place.

use std::io::{self, Write};
use std::process::ExitCode;

use nhiscan::catalogue::{CATALOGUES, Catalogue, Control, LABELS, Label, Mapping, NOT_VISIBLE, RULES, Rule, rule};
use nhiscan::cli::ExplainArgs;
use nhiscan::error::Error;

use super::{explain_match, say};

/// Explains what was asked for.
pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode, Error> {
    match (&args.rule, &args.control, &args.place) {
        (Some(name), ..) => {
            let rule = find_rule(name)?;
            say::stdout(|out| page(rule, out))?;
        }
        (None, Some(id), _) => control(id)?,
        (None, None, Some(place)) => explain_match::run(place)?,
        (None, None, None) => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// By id, former id, or the part after the slash when only one rule has it.
fn find_rule(name: &str) -> Result<&'static Rule, Error> {
    if let Some(rule) = rule(name) {
        return Ok(rule);
    }
    let by_fault: Vec<&Rule> = RULES.iter().filter(|r| r.id.split('/').nth(1) == Some(name)).collect();
    match by_fault.as_slice() {
        [only] => Ok(only),
        _ => Err(Error::Usage { what: format!("no rule is called `{name}`"), step: near(name) }),
    }
}

fn near(name: &str) -> String {
    let words: Vec<&str> = name.split(['/', '-', '_']).filter(|w| w.len() > 2).collect();
    let shared = |rule: &Rule| words.iter().filter(|w| rule.id.contains(**w)).count();
    match RULES.iter().filter(|r| shared(r) > 0).max_by_key(|r| shared(r)) {
        Some(rule) => format!("did you mean `{}`? `nhiscan rules` lists them all", rule.id),
        None => "`nhiscan rules` lists them all".into(),
    }
}

fn page(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    let (severity, confidence) = (format!("{:?}", rule.severity), format!("{:?}", rule.confidence));
    writeln!(out, "{}\n{}\n", rule.id, "=".repeat(rule.id.len()))?;
    writeln!(
        out,
        "severity {}, confidence {}, {} since {}\n",
        severity.to_lowercase(),
        confidence.to_lowercase(),
        rule.status,
        rule.since
    )?;
    writeln!(out, "{}\n\n## Controls\n", rule.page.trim())?;
    for mapping in rule.controls {
        writeln!(out, "- {}", said(mapping))?;
    }
    Ok(())
}

fn said(mapping: &Mapping) -> String {
    let (catalogue, control) = (mapping.catalogue, mapping.control);
    let when = mapping.when.map_or(String::new(), |when| format!(" (context: {when})"));
    format!("{} {}: {} {}{when}", catalogue.name, catalogue.version, control.id, control.title)
}

fn control(asked: &str) -> Result<(), Error> {
    let labels: Vec<&Label> = LABELS.iter().filter(|l| l.label.eq_ignore_ascii_case(asked)).collect();
    let found: Vec<(&Catalogue, &Control)> = CATALOGUES
        .iter()
        .flat_map(|catalogue| catalogue.controls.iter().map(move |control| (catalogue, control)))
        .filter(|(_, control)| names(control, asked))
        .collect();
    if labels.is_empty() && found.is_empty() {
        return Err(Error::Usage {
            what: format!("no catalogue has a control `{asked}`"),
            step: "write it as published, for example NHI7:2025, ASI03, IA-5(7) or CWE-798".into(),
        });
    }
    say::stdout(|out| {
        for label in labels {
            explain_label(label, out)?;
        }
        found.iter().try_for_each(|(catalogue, control)| explain_control(catalogue, control, out))
    })
}

/// By its id, or by the id without its year.
fn names(control: &Control, asked: &str) -> bool {
    let without_year = control.id.split(':').next().unwrap_or(control.id);
    control.id.eq_ignore_ascii_case(asked) || without_year.eq_ignore_ascii_case(asked)
}

fn explain_label(label: &Label, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({}): {}\n\n{}\n", label.label, label.framework, label.status, label.why)?;
    for (heading, meanings) in [("It can mean", label.means), ("It does not mean", label.does_not_mean)] {
        if !meanings.is_empty() {
            writeln!(out, "{heading}:")?;
        }
        for meaning in meanings {
            writeln!(out, "- {} {}: {}", meaning.control.id, meaning.control.title, meaning.reason)?;
        }
    }
    writeln!(out)
}

fn explain_control(catalogue: &Catalogue, control: &Control, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{} {}\n{} {}, {}",
        control.id, control.title, catalogue.name, catalogue.version, catalogue.organization
    )?;
    if !control.url.is_empty() {
        writeln!(out, "{}", control.url)?;
    }
    if !control.short.is_empty() {
        writeln!(out, "\n{}", control.short)?;
    }
    let mut rules = RULES
        .iter()
        .filter_map(|rule| rule.controls.iter().find(|m| m.control == control).map(|mapping| (rule, mapping)))
        .peekable();
    match (rules.peek(), NOT_VISIBLE.iter().find(|n| n.control == control)) {
        (None, Some(reason)) => writeln!(out, "\nNo rule: {}", reason.reason)?,
        (None, None) => writeln!(out, "\nNo rule stands for it yet.")?,
        (Some(_), _) => writeln!(out, "\nRules:")?,
    }
    for (rule, mapping) in rules {
        let when = mapping.when.map_or(String::new(), |when| format!(", in the context {when}"));
        writeln!(out, "- {} ({}{when}): {}", rule.id, mapping.kind, rule.title)?;
    }
    writeln!(out)
}

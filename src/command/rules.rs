//! `nhiscan rules`: what is asked of a repository.

use std::process::ExitCode;

use nhiscan::catalogue::{RULES, Rule, docs};
use nhiscan::cli::{RulesArgs, RulesFormat};
use nhiscan::error::Error;
use serde_json::{Value, json};

use super::say;

/// Lists the rules.
pub(crate) fn list(args: &RulesArgs) -> Result<ExitCode, Error> {
    say::stdout(|out| match args.format {
        RulesFormat::Text => {
            let width = RULES.iter().map(|r| r.id.len()).max().unwrap_or(0);
            for rule in RULES {
                let severity = format!("{:?}", rule.severity).to_lowercase();
                writeln!(out, "{:width$}  {severity:8}  {}", rule.id, rule.title)?;
            }
            Ok(())
        }
        RulesFormat::Markdown => writeln!(out, "{}\n{}", docs::index(), docs::coverage().trim_end()),
        RulesFormat::Json => {
            let rules: Vec<Value> = RULES.iter().map(object).collect();
            serde_json::to_writer_pretty(&mut *out, &json!({ "schema": "nhiscan-rules/1", "rules": rules }))?;
            writeln!(out)
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn object(rule: &Rule) -> Value {
    let controls: Vec<Value> = rule
        .controls
        .iter()
        .map(|m| json!({ "catalogue": m.catalogue.id, "id": m.control.id, "relation": m.kind, "when": m.when }))
        .collect();
    json!({
        "id": rule.id,
        "title": rule.title,
        "family": rule.family(),
        "severity": rule.severity,
        "confidence": rule.confidence,
        "scope": format!("{:?}", rule.scope).to_lowercase(),
        "status": rule.status,
        "since": rule.since,
        "aliases": rule.aliases,
        "controls": controls,
    })
}

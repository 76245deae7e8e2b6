//! The inventory: one card for every agent. Input: cards. Output: `nhiscan-inventory/1`, or cards,
//! a table or a tree for people.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::prose::clean;
use crate::facts::Sym;
use crate::graph::card::{Card, ToolCard};

/// The version of the JSON contract.
pub const SCHEMA: &str = "nhiscan-inventory/1";

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const PASS: Style = AnsiColor::Green.on_default();
const FAIL: Style = AnsiColor::Red.on_default().bold();
const UNKNOWN: Style = AnsiColor::Yellow.on_default();

#[derive(Serialize)]
struct Inventory<'a> {
    schema: &'static str,
    agents: &'a [Card],
}

/// Writes the contract's JSON.
///
/// # Errors
/// Whatever writing to `out` returns.
pub fn json(cards: &[Card], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Inventory { schema: SCHEMA, agents: cards })?;
    writeln!(out)
}

/// Writes one card after the other.
///
/// # Errors
/// Whatever writing to `out` returns.
pub fn text(cards: &[Card], out: &mut dyn Write) -> io::Result<()> {
    for card in cards {
        write_card(card, out)?;
    }
    let product = cards.iter().filter(|c| c.role == "product").count();
    match cards.len() {
        0 => writeln!(out, "no agents found: no declaration of a known framework, client or pipeline agent was seen"),
        1 => writeln!(out, "1 agent"),
        n if product == n => writeln!(out, "{n} agents"),
        n => writeln!(out, "{n} agents, {product} in product code; the rest in tests, examples and documentation"),
    }
}

fn write_card(card: &Card, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}  {}  {DIM}{}:{}{DIM:#}",
        clean(&card.name),
        card.framework,
        clean(&card.file),
        card.line
    )?;
    for run in &card.runs_as {
        let environment = run.environment.map_or_else(String::new, |e| format!(" in {e}"));
        row(out, "runs as", &format!("{}{environment} ({})", run.identity, run.proof))?;
    }
    if let Some(owner) = &card.owner {
        row(out, "owner", &join(owner.iter().map(|o| o.as_str())))?;
    }
    let credentials = card.credentials.iter().map(|c| match c.held {
        Some(held) => format!("{} ({held})", c.name),
        None => c.name.to_string(),
    });
    list(out, "credentials", credentials)?;
    list(out, "tools", card.tools.iter().map(shown_tool))?;
    list(
        out,
        "servers",
        card.servers.iter().map(|s| {
            let reached = s.reached.map_or_else(String::new, |reached| format!(" ({reached})"));
            format!("{}{reached}{}", s.name, shown_gate(s.gate, s.void_gate))
        }),
    )?;
    list(out, "hands over to", card.handoffs.iter().map(|h| h.to.to_string()))?;
    list(
        out,
        "limits",
        card.limits.iter().map(|(name, value)| format!("{name} = {}", value.as_str().unwrap_or_default())),
    )?;
    if let Some(permissions) = &card.permissions {
        list(
            out,
            "may",
            permissions.iter().map(|p| format!("{} on {}", p.verb, p.resource)).collect::<BTreeSet<_>>().into_iter(),
        )?;
    }
    write!(out, "  ")?;
    for (family, answer) in crate::graph::card::FAMILIES.iter().filter_map(|f| Some((f, card.answers.get(f)?))) {
        let (style, mark) = match answer.answer {
            "pass" => (PASS, "✓"),
            "fail" => (FAIL, "✗"),
            _ => (UNKNOWN, "?"),
        };
        write!(out, "{style}{mark} {family}{style:#}  ")?;
    }
    writeln!(out)?;
    for (family, answer) in &card.answers {
        if answer.answer == "fail" {
            for evidence in &answer.evidence {
                writeln!(out, "    {FAIL}{family}{FAIL:#} {}", clean(evidence))?;
            }
        }
    }
    writeln!(out)
}

/// `name [effects] gated by …`.
fn shown_tool(tool: &ToolCard) -> String {
    let mut shown = tool.name.to_string();
    if !tool.effects.is_empty() {
        shown += &format!(" [{}]", join(tool.effects.iter().map(|e| e.as_str())));
    }
    shown + &shown_gate(tool.gate, tool.void_gate)
}

fn shown_gate(gate: Option<Sym>, void: Option<Sym>) -> String {
    match (gate, void) {
        (Some(gate), _) => format!(" gated by {gate}"),
        (None, Some(gate)) => format!(" with a void gate ({gate})"),
        (None, None) => String::new(),
    }
}

fn row(out: &mut dyn Write, name: &str, value: &str) -> io::Result<()> {
    writeln!(out, "  {DIM}{name:<14}{DIM:#}{}", clean(value))
}

fn list(out: &mut dyn Write, name: &str, values: impl Iterator<Item = String>) -> io::Result<()> {
    let values: Vec<String> = values.collect();
    for (at, value) in values.iter().enumerate() {
        row(out, if at == 0 { name } else { "" }, value)?;
    }
    Ok(())
}

fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// Writes one line for every agent.
///
/// # Errors
/// Whatever writing to `out` returns.
pub fn table(cards: &[Card], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 6]> = cards
        .iter()
        .map(|card| {
            let ungated = card.tools.iter().filter(|t| t.gate.is_none() && !t.effects.is_empty()).count();
            [
                card.name.to_string(),
                card.framework.to_string(),
                format!("{}:{}", card.file, card.line),
                card.runs_as.first().map_or_else(|| "?".to_owned(), |r| r.identity.clone()),
                format!("{} ({ungated} ungated)", card.tools.len()),
                join(card.answers.iter().filter(|(_, a)| a.answer == "fail").map(|(f, _)| *f)),
            ]
        })
        .collect();
    let head = ["agent", "framework", "place", "runs as", "tools", "fails"].map(str::to_owned);
    let width = |column: usize| rows.iter().chain([&head]).map(|r| r[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    for row in [&head].into_iter().chain(&rows) {
        let line: Vec<String> = row.iter().zip(&widths).map(|(cell, &w)| format!("{:<w$}", clean(cell))).collect();
        writeln!(out, "{}", line.join("  ").trim_end())?;
    }
    Ok(())
}

/// Writes agents under the agents that hand work to them, tools below each.
///
/// # Errors
/// Whatever writing to `out` returns.
pub fn tree(cards: &[Card], out: &mut dyn Write) -> io::Result<()> {
    let below: BTreeSet<&str> = cards.iter().flat_map(|c| c.handoffs.iter().map(|h| h.to.as_str())).collect();
    let mut shown = BTreeSet::new();
    let roots = cards.iter().filter(|c| !below.contains(c.name.as_str()));
    for card in roots.chain(cards) {
        if !shown.contains(card.id.as_str()) {
            branch(cards, card, 0, &mut shown, out)?;
        }
    }
    Ok(())
}

fn branch<'a>(
    cards: &'a [Card],
    card: &'a Card,
    depth: usize,
    shown: &mut BTreeSet<&'a str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    let again = !shown.insert(&card.id);
    let note = if again { " (above)" } else { "" };
    writeln!(
        out,
        "{indent}{BOLD}{}{BOLD:#} {DIM}{} {}:{}{DIM:#}{note}",
        clean(&card.name),
        card.framework,
        clean(&card.file),
        card.line
    )?;
    if again {
        return Ok(());
    }
    for tool in &card.tools {
        writeln!(out, "{indent}  - {}", clean(&shown_tool(tool)))?;
    }
    for handoff in &card.handoffs {
        if let Some(next) =
            cards.iter().find(|c| c.name == handoff.to && (c.file == card.file || c.framework == card.framework))
        {
            branch(cards, next, depth + 1, shown, out)?;
        }
    }
    Ok(())
}

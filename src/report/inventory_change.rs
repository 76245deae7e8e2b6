//! What a change does to agents, for people and machines. Input: the changes of agents. Output: text, or
//! `nhiscan-inventory-change/1`.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::prose::clean;
use crate::graph::change::{AgentChange, Delta};

/// The version of the JSON contract.
pub const SCHEMA: &str = "nhiscan-inventory-change/1";

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const MORE: Style = AnsiColor::Red.on_default();
const LESS: Style = AnsiColor::Green.on_default();

#[derive(Serialize)]
struct Changes<'a> {
    schema: &'static str,
    base: &'a str,
    agents: &'a [AgentChange],
}

/// Writes the contract's JSON; `base` is what was typed, or `HEAD` for what is staged.
///
/// # Errors
/// Whatever writing to `out` returns.
pub fn json(base: &str, agents: &[AgentChange], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Changes { schema: SCHEMA, base, agents })?;
    writeln!(out)
}

/// Writes one paragraph for each agent: `!` before what gives it more power or less control.
///
/// # Errors
/// Whatever writing to `out` returns.
pub fn text(base: &str, agents: &[AgentChange], out: &mut dyn Write) -> io::Result<()> {
    for agent in agents {
        let AgentChange { name, framework, file, line, change, .. } = agent;
        let (name, file) = (clean(name), clean(file));
        writeln!(out, "{BOLD}{name}{BOLD:#}  {framework}  {DIM}{file}:{line}{DIM:#}  {change}")?;
        for delta in &agent.deltas {
            let (style, mark) = if delta.weakens { (MORE, '!') } else { (LESS, ' ') };
            writeln!(out, "  {style}{mark} {}{style:#}", clean(&sentence(delta)))?;
        }
        writeln!(out)?;
    }
    let weaker = agents.iter().filter(|a| a.deltas.iter().any(|d| d.weakens)).count();
    match agents.len() {
        0 => writeln!(out, "no agent is other than at {}", clean(base)),
        1 => writeln!(out, "1 agent is other than at {}; {weaker} with more power or less control", clean(base)),
        n => writeln!(out, "{n} agents are other than at {}; {weaker} with more power or less control", clean(base)),
    }
}

/// `gate lost: remove_file (was needs_approval)`.
fn sentence(delta: &Delta) -> String {
    let Delta { what, subject, before, after, .. } = delta;
    let said = match (before, after) {
        (Some(before), Some(after)) => format!(" ({before} → {after})"),
        (Some(before), None) => format!(" (was {before})"),
        (None, Some(after)) => format!(" ({after})"),
        (None, None) => String::new(),
    };
    format!("{}: {subject}{said}", what.replace('-', " "))
}

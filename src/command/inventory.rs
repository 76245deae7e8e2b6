//! `nhiscan inventory`: one card for each agent, or what a change does to agents.

use std::process::ExitCode;

use nhiscan::cli::request::Mode;
use nhiscan::cli::{InventoryArgs, InventoryFormat};
use nhiscan::error::Error;
use nhiscan::graph::card::cards;
use nhiscan::{Understanding, agent_changes, report, scan};

use super::{reading, say};

/// Prints the cards.
pub(crate) fn run(args: InventoryArgs) -> Result<ExitCode, Error> {
    let (progress, statistics) = (!args.read.no_progress, args.read.statistics);
    let request = reading::request(args.read)?;
    let counter = request.progress.clone();
    let base = match &request.mode {
        Mode::Tree => None,
        Mode::Staged => Some("HEAD".to_owned()),
        Mode::Diff(base) => Some(base.clone()),
    };
    if let Some(base) = base {
        if matches!(args.format, InventoryFormat::Table | InventoryFormat::Tree) {
            return Err(Error::Usage {
                what: "a change is written as text or json, not as a table or tree".into(),
                step: "use --format text or --format json, or leave out --diff and --staged".into(),
            });
        }
        let (understood, changes) = reading::with_progress(&counter, progress, || agent_changes(&request))?;
        say::stdout(|out| match args.format {
            InventoryFormat::Json => report::inventory_change::json(&base, &changes, out),
            _ => report::inventory_change::text(&base, &changes, out),
        })?;
        return Ok(ended(&understood, statistics));
    }
    let run = reading::with_progress(&counter, progress, || scan(&request))?;
    let cards = cards(&run.understood.graph, &run.findings);
    say::stdout(|out| match args.format {
        InventoryFormat::Text => report::inventory::text(&cards, out),
        InventoryFormat::Json => report::inventory::json(&cards, out),
        InventoryFormat::Table => report::inventory::table(&cards, out),
        InventoryFormat::Tree => report::inventory::tree(&cards, out),
    })?;
    Ok(ended(&run.understood, statistics))
}

fn ended(understood: &Understanding, statistics: bool) -> ExitCode {
    say::notices(&understood.notices);
    if statistics {
        reading::statistics(&understood.statistics);
    }
    ExitCode::SUCCESS
}

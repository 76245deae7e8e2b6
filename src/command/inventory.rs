//! `nhiscan inventory`: one card for each agent.

use std::process::ExitCode;

use nhiscan::cli::{InventoryArgs, InventoryFormat};
use nhiscan::error::Error;
use nhiscan::graph::card::cards;
use nhiscan::{report, scan};

use super::{reading, say};

/// Prints the cards.
pub(crate) fn run(args: InventoryArgs) -> Result<ExitCode, Error> {
    let (progress, statistics) = (!args.read.no_progress, args.read.statistics);
    let request = reading::request(args.read)?;
    let counter = request.progress.clone();
    let run = reading::with_progress(&counter, progress, || scan(&request))?;
    let cards = cards(&run.understood.graph, &run.findings);
    say::stdout(|out| match args.format {
        InventoryFormat::Text => report::inventory::text(&cards, out),
        InventoryFormat::Json => report::inventory::json(&cards, out),
        InventoryFormat::Table => report::inventory::table(&cards, out),
        InventoryFormat::Tree => report::inventory::tree(&cards, out),
    })?;
    say::notices(&run.understood.notices);
    if statistics {
        reading::statistics(&run.understood.statistics);
    }
    Ok(ExitCode::SUCCESS)
}

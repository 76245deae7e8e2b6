//! `nhiscan baseline`: what is there now, so that later runs report only what is new.

use std::process::ExitCode;

use nhiscan::cli::BaselineArgs;
use nhiscan::error::Error;
use nhiscan::finding::baseline::Baseline;
use nhiscan::scan;

use super::{reading, say};

/// Writes the baseline.
pub(crate) fn run(args: BaselineArgs) -> Result<ExitCode, Error> {
    let (progress, statistics) = (!args.read.no_progress, args.read.statistics);
    let request = reading::request(args.read)?;
    let counter = request.progress.clone();
    let run = reading::with_progress(&counter, progress, || scan(&request))?;
    let text = Baseline::of(&run.findings).text();
    match &args.output {
        Some(path) => say::file(path, |out| out.write_all(text.as_bytes()))?,
        None => say::stdout(|out| out.write_all(text.as_bytes()))?,
    }
    say::notices(&run.understood.notices);
    if statistics {
        reading::statistics(&run.understood.statistics);
    }
    Ok(ExitCode::SUCCESS)
}

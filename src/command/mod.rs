//! The commands: each calls the library and writes what it got.

pub(crate) mod baseline;
pub(crate) mod credentials;
pub(crate) mod demo;
pub(crate) mod explain;
mod explain_match;
pub(crate) mod facts;
pub(crate) mod inventory;
pub(crate) mod reading;
pub(crate) mod rules;
pub(crate) mod say;
pub(crate) mod scan;

use std::process::ExitCode;

use clap::CommandFactory as _;
use nhiscan::cli::{Cli, CompletionsArgs};
use nhiscan::error::Error;

/// `nhiscan completions`.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<ExitCode, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "nhiscan", &mut script);
    say::stdout(|out| out.write_all(&script))?;
    Ok(ExitCode::SUCCESS)
}

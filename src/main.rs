//! The `nhiscan` command: parse arguments, call the library, write, exit code.

mod command;

use std::process::ExitCode;

use clap::Parser as _;
use nhiscan::cli::{Cli, Command, When};
use nhiscan::error::Error;

fn main() -> ExitCode {
    // A panic's message may quote what was read: only its place is said.
    std::panic::set_hook(Box::new(|info| command::say::panic(info.location())));
    let cli = Cli::parse();
    match cli.color {
        When::Auto => anstream::ColorChoice::Auto,
        When::Always => anstream::ColorChoice::Always,
        When::Never => anstream::ColorChoice::Never,
    }
    .write_global();
    run(cli.command).unwrap_or_else(|error| {
        command::say::error(&error);
        ExitCode::from(2)
    })
}

fn run(command: Command) -> Result<ExitCode, Error> {
    match command {
        Command::Scan(args) => command::scan::run(args),
        Command::Inventory(args) => command::inventory::run(args),
        Command::Facts(args) => command::facts::run(args),
        Command::Rules(args) => command::rules::list(&args),
        Command::Credentials(args) => command::credentials::list(&args),
        Command::Explain(args) => command::explain::run(&args),
        Command::Baseline(args) => command::baseline::run(args),
        Command::Demo(args) => command::demo::run(args),
        Command::Completions(args) => command::completions(&args),
    }
}

//! The `nhiscan` command.

use clap::Parser as _;
use nhiscan::cli::Cli;

fn main() {
    let _cli = Cli::parse();
}

//! Writes a tree of known size to measure on: `cargo run --release --example generate-tree -- DIR FILES`.

use std::path::PathBuf;
use std::process::ExitCode;

#[path = "../benches/tree/mod.rs"]
mod tree;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(folder), Some(Ok(files))) = (args.next().map(PathBuf::from), args.next().map(|n| n.parse())) else {
        return ExitCode::from(2);
    };
    match tree::write(&folder, files) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

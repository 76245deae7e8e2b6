//! `nhiscan facts`: what was understood, one fact a line.

use std::io::{self, Write};
use std::process::ExitCode;

use nhiscan::Understanding;
use nhiscan::cli::FactsArgs;
use nhiscan::error::Error;
use nhiscan::facts::{Fact, SCHEMA, Sym};
use serde::Serialize;

use super::{reading, say};

#[derive(Serialize)]
struct Header<'a> {
    schema: &'static str,
    tool: &'static str,
    /// Names the key of value fingerprints: files under different keys cannot be compared.
    key: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "in")]
    path: Sym,
    #[serde(flatten)]
    fact: &'a Fact,
}

/// Prints the facts.
pub(crate) fn run(args: FactsArgs) -> Result<ExitCode, Error> {
    let (progress, statistics) = (!args.read.no_progress, args.read.statistics);
    let request = reading::request(args.read)?;
    let counter = request.progress.clone();
    let understood = reading::with_progress(&counter, progress, || nhiscan::understand(&request))?;
    say::stdout(|out| write(&understood, &request.key, out))?;
    say::notices(&understood.notices);
    if statistics {
        reading::statistics(&understood.statistics);
    }
    Ok(ExitCode::SUCCESS)
}

fn write(understood: &Understanding, key: &[u8; 32], out: &mut dyn Write) -> io::Result<()> {
    let id = blake3::derive_key("nhiscan value fingerprint key id v1", key);
    let id: String = id[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    line(out, &Header { schema: SCHEMA, tool: concat!("nhiscan ", env!("CARGO_PKG_VERSION")), key: &id })?;
    let graph = &understood.graph;
    for (facts, path) in graph.files.iter().zip(&graph.paths) {
        for fact in &facts.facts {
            line(out, &Line { path: *path, fact })?;
        }
    }
    Ok(())
}

fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

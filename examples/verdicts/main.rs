//! Verdicts on real repositories: draws seeded samples for a reader, and checks that what a reader
//! judged is still so.
//!
//! ```text
//! cargo run --release --example verdicts -- sample  CHECKOUTS SEED   findings to be judged
//! cargo run --release --example verdicts -- silent  CHECKOUTS SEED   files without finding, to be read for misses
//! cargo run --release --example verdicts -- check   CHECKOUTS        testdata/verdicts against today's findings
//! cargo run --release --example verdicts -- agents  CHECKOUTS [--list]   counted agents against the inventory
//! ```
//!
//! CHECKOUTS holds one folder for each repository, named `owner+name`, at the commit that the verdicts
//! name. Lines of a verdict file are JSON: repository, commit, path, line, rule, verdict (`right`,
//! `wrong`, `arguable`; for silent files `clean` or `missed`), why. No content is stored.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for the terminal")]

mod agents;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use nhiscan::cli::request::Request;
use nhiscan::facts::File;
use nhiscan::finding::Level;
use serde::{Deserialize, Serialize};

/// At most this many findings of one repository are drawn.
const A_REPOSITORY: usize = 10;
/// Silent files drawn from all repositories together.
const SILENT: usize = 100;
/// Where verdicts are kept.
const VERDICTS: &str = "testdata/verdicts";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Verdict {
    repository: String,
    commit: String,
    path: String,
    line: u32,
    rule: String,
    verdict: String,
    why: String,
}

struct Scanned {
    /// (path, line, rule) at warning or above, suppressed ones left out.
    found: Vec<(String, u32, &'static str, String)>,
    /// Product text files without any such finding.
    silent: Vec<String>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["sample", checkouts, seed] => sample(Path::new(checkouts), seed)?,
        ["silent", checkouts, seed] => silent(Path::new(checkouts), seed)?,
        ["check", checkouts] => return check(Path::new(checkouts)),
        ["agents", checkouts] => return agents::check(Path::new(checkouts), false),
        ["agents", checkouts, "--list"] => return agents::check(Path::new(checkouts), true),
        _ => {
            return Err("usage: verdicts sample|silent CHECKOUTS SEED, or verdicts check|agents CHECKOUTS".into());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn sample(checkouts: &Path, seed: &str) -> Result<(), Box<dyn Error>> {
    for (repository, folder) in repositories(checkouts)? {
        let mut found = scan(&folder)?.found;
        eprintln!("{repository}: {} findings at warning or above", found.len());
        found.sort_by_key(|(path, line, rule, _)| order(seed, &format!("{repository}\0{path}\0{line}\0{rule}")));
        for (path, line, rule, what) in found.into_iter().take(A_REPOSITORY) {
            print(&Verdict {
                repository: repository.clone(),
                commit: commit(&folder)?,
                path,
                line,
                rule: rule.into(),
                verdict: String::new(),
                why: what,
            })?;
        }
    }
    Ok(())
}

fn silent(checkouts: &Path, seed: &str) -> Result<(), Box<dyn Error>> {
    let mut files = Vec::new();
    for (repository, folder) in repositories(checkouts)? {
        let commit = commit(&folder)?;
        files.extend(scan(&folder)?.silent.into_iter().map(|path| (repository.clone(), commit.clone(), path)));
    }
    files.sort_by_key(|(repository, _, path)| order(seed, &format!("{repository}\0{path}")));
    for (repository, commit, path) in files.into_iter().take(SILENT) {
        print(&Verdict {
            repository,
            commit,
            path,
            line: 0,
            rule: String::new(),
            verdict: String::new(),
            why: String::new(),
        })?;
    }
    Ok(())
}

/// Every verdict whose repository is at hand: what is right must still be reported, what is wrong must
/// not. Prints the share of right ones among the judged findings that are reported today.
fn check(checkouts: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let mut by_repository: BTreeMap<String, Vec<Verdict>> = BTreeMap::new();
    for verdict in read_verdicts()? {
        by_repository.entry(verdict.repository.clone()).or_default().push(verdict);
    }
    let (mut right, mut wrong, mut broken, mut absent) = (0, 0, 0, 0);
    for (repository, verdicts) in by_repository {
        let folder = checkouts.join(repository.replace('/', "+"));
        if !folder.is_dir() {
            absent += verdicts.len();
            continue;
        }
        let at = commit(&folder)?;
        let found = scan(&folder)?.found;
        for v in verdicts {
            if v.commit != at {
                absent += 1;
                continue;
            }
            let reported =
                found.iter().any(|(path, line, rule, _)| *path == v.path && *line == v.line && *rule == v.rule);
            match (v.verdict.as_str(), reported) {
                ("right", true) => right += 1,
                ("wrong", true) => wrong += 1,
                ("right", false) | ("missed", false) => {
                    broken += 1;
                    println!("not reported: {repository} {}:{} {} ({})", v.path, v.line, v.rule, v.why);
                }
                _ => {}
            }
            if v.verdict == "wrong" && reported {
                println!("still wrong: {repository} {}:{} {} ({})", v.path, v.line, v.rule, v.why);
            }
        }
    }
    println!(
        "{right} right and {wrong} wrong of the judged findings are reported; {broken} right ones are not; {absent} verdicts have no checkout"
    );
    Ok(if broken == 0 && wrong * 4 <= right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read_verdicts() -> Result<Vec<Verdict>, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(VERDICTS);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.filter_map(|e| Some(e.ok()?.path())).collect();
    files.sort();
    let mut verdicts = Vec::new();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "jsonl") && !f.ends_with("agents.jsonl")) {
        for (at, line) in fs::read_to_string(file)?.lines().enumerate() {
            let read = serde_json::from_str(line);
            verdicts.push(read.map_err(|e| format!("{}:{}: {e}", file.display(), at + 1))?);
        }
    }
    Ok(verdicts)
}

/// (`owner/name`, folder) of every checkout, sorted.
fn repositories(checkouts: &Path) -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(checkouts)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().replacen('+', "/", 1);
        if path.join(".git").exists() {
            found.push((name, path));
        }
    }
    found.sort();
    Ok(found)
}

fn scan(folder: &Path) -> Result<Scanned, Box<dyn Error>> {
    // Findings do not depend on the key; a fixed one keeps the draw repeatable.
    let request = Request { roots: vec![folder.to_owned()], key: [7; 32], ..Request::default() };
    let run = nhiscan::scan(&request)?;
    let worth = run.findings.iter().filter(|f| f.level >= Level::Warning && f.suppressed.is_none());
    let found: Vec<_> = worth.map(|f| (f.path.to_string(), f.draft.at.line, f.rule.id, f.draft.what.clone())).collect();
    let files = run.understood.graph.facts::<File>();
    let silent = files
        .filter(|(.., file)| file.role == "product" && found.iter().all(|(path, ..)| *path != *file.path))
        .map(|(.., file)| file.path.to_string())
        .collect();
    Ok(Scanned { found, silent })
}

fn commit(folder: &Path) -> Result<String, Box<dyn Error>> {
    let out = Command::new("git").arg("-C").arg(folder).args(["rev-parse", "HEAD"]).output()?;
    Ok(String::from_utf8(out.stdout)?.trim().to_owned())
}

/// A place in the draw: a hash, so that the same seed draws the same from the same findings.
fn order(seed: &str, what: &str) -> [u8; 32] {
    *blake3::hash(format!("{seed}\0{what}").as_bytes()).as_bytes()
}

fn print(verdict: &Verdict) -> Result<(), Box<dyn Error>> {
    println!("{}", serde_json::to_string(verdict)?);
    Ok(())
}

//! How many of the documented credentials are found, and how much else is taken for one.
//!
//! ```text
//! cargo run --release --example credentials                  the numbers
//! cargo run --release --example credentials -- --seeds 5     more values a kind (2 unless told)
//! cargo run --release --example credentials -- --misses      every kind and placement that was missed
//! cargo run --release --example credentials -- --kind K      one kind
//! ```
//!
//! Values are made from the shapes in `testdata/credentials/documented.jsonl`, which come from the
//! vendors' own documents, and put into files in memory as people write them. What is found at any level
//! counts, on both sides. No value is printed.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for the terminal")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

#[path = "../tests/measure/mod.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared with the test, which reads more of it")]
mod measure;

use measure::negatives::{self, Negative};
use measure::{Cell, FALSE_ALARM_CEILING, Kind, RECALL_FLOOR, Share};

fn main() -> ExitCode {
    let Some(asked) = Asked::read(std::env::args().skip(1)) else {
        eprintln!("usage: credentials [--seeds N] [--kind KIND] [--misses]");
        return ExitCode::from(2);
    };
    let mut kinds = measure::documented();
    if let Some(kind) = &asked.kind {
        kinds.retain(|known| known.kind == *kind);
    }
    let cells = measure::recall(&kinds, asked.seeds, |_, _, _| true);
    let recall = found(&kinds, &cells, asked.misses);
    if asked.kind.is_some() {
        return ExitCode::SUCCESS;
    }
    let negatives = negatives::all();
    let alarms = false_alarms(&negatives, &negatives::alarms(&negatives, 1), asked.misses);
    if recall >= RECALL_FLOOR && alarms <= FALSE_ALARM_CEILING { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was typed.
struct Asked {
    seeds: u32,
    kind: Option<String>,
    misses: bool,
}

impl Asked {
    fn read(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut asked = Self { seeds: 2, kind: None, misses: false };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--seeds" => asked.seeds = args.next()?.parse().ok()?,
                "--kind" => asked.kind = Some(args.next()?),
                "--misses" => asked.misses = true,
                _ => return None,
            }
        }
        Some(asked)
    }
}

/// Prints recall and gives it in per cent.
fn found(kinds: &[Kind], cells: &[Cell], misses: bool) -> f64 {
    let all = total(measure::by(cells, |_| ()).into_values());
    println!("recall: {:.1} % ({} of {}; {} kinds)", all.percent(), all.hit, all.of, kinds.len());
    table("by placement", measure::by(cells, |cell| cell.placement.to_owned()));
    table("by how the form is known", measure::by(cells, |cell| kinds[cell.kind].form.clone()));
    let mut partly = measure::by(cells, |cell| kinds[cell.kind].kind.clone());
    partly.retain(|_, share| share.hit < share.of);
    table("kinds below 100 %", partly);
    if misses {
        println!("\nmisses");
        for ((kind, placement), share) in measure::by(cells, |cell| (cell.kind, cell.placement)) {
            if share.hit < share.of {
                println!("{}\t{placement}\t{}/{}", kinds[kind].kind, share.hit, share.of);
            }
        }
    }
    all.percent()
}

/// Prints false alarms and gives them in per cent.
fn false_alarms(negatives: &[Negative], alarms: &[negatives::Alarm], misses: bool) -> f64 {
    let shares = negatives::by_class(negatives, alarms);
    let all = total(shares.values().copied());
    let lines: BTreeSet<usize> = alarms.iter().filter(|alarm| alarm.alarm).map(|alarm| alarm.negative).collect();
    println!("\nfalse alarms: {:.2} % ({} of {} files)", all.percent(), all.hit, all.of);
    println!("{} of the {} lines of the set raise one somewhere", lines.len(), negatives.len());
    table("by class", shares);
    if misses {
        println!("\nalarms");
        for alarm in alarms.iter().filter(|alarm| alarm.alarm) {
            let negative = &negatives[alarm.negative];
            let name = negative.name.as_deref().unwrap_or_default();
            println!("line {}\t{}\t{name}\t{}", alarm.negative + 1, negative.class, alarm.path);
        }
    }
    all.percent()
}

fn total(shares: impl Iterator<Item = Share>) -> Share {
    shares.fold(Share::default(), |sum, share| Share { hit: sum.hit + share.hit, of: sum.of + share.of })
}

/// Prints shares, the least first.
fn table(title: &str, shares: BTreeMap<String, Share>) {
    println!("\n{title}");
    let mut rows: Vec<(String, Share)> = shares.into_iter().collect();
    rows.sort_by(|(a, one), (b, other)| one.percent().total_cmp(&other.percent()).then_with(|| a.cmp(b)));
    for (name, share) in rows {
        println!("{:6.1} %  {:>5}/{:<5} {name}", share.percent(), share.hit, share.of);
    }
}

//! Measures how many credentials are found and how often something else is taken for one. Input: the
//! sets in `testdata/credentials`, which are written from the vendors' own documents and hold shapes,
//! never values. Output: recall by placement and by kind, false alarms by class. Nothing here reads the
//! models or patterns of the detector, and no value is ever printed.

pub mod making;
pub mod negatives;
pub mod placing;
pub mod scanning;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rayon::prelude::*;
use serde::Deserialize;

use placing::{OWN_FILES, PLACEMENTS, Placed, Placement, Sample};

/// The least share of documented credentials that must be found, in per cent.
pub const RECALL_FLOOR: f64 = 95.0;
/// The largest share of what is none that may be reported, at any level, in per cent.
pub const FALSE_ALARM_CEILING: f64 = 1.0;

/// A kind of credential as its vendor documents it: one line of `documented.jsonl`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Its slug, unique in the set.
    pub kind: String,
    /// Whose it is.
    pub provider: String,
    /// Its documented form, in the language of [`making`].
    pub shape: String,
    /// The environment variable that the vendor documents, or the field's name.
    pub env: Option<String>,
    /// Where the form is known from.
    pub source: String,
    /// When that was read; none when it was not reached.
    #[allow(dead_code, reason = "kept for the reader of the set")]
    pub checked: Option<String>,
    /// `documented`: the vendor states the form; `sdk`: its code does; `example`: an example shows it.
    pub form: String,
    /// The placements that make sense, when not all do.
    #[serde(default)]
    pub only: Vec<String>,
    /// The files of its vendor that hold it, by the name of their placement.
    #[serde(default)]
    pub also: Vec<String>,
}

/// The set of documented kinds.
#[must_use]
pub fn documented() -> Vec<Kind> {
    lines("documented.jsonl")
}

/// Reads one of the sets; a line that is malformed is a mistake in the set.
fn lines<T: for<'a> Deserialize<'a>>(name: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/credentials").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let read =
        |(at, line): (usize, &str)| serde_json::from_str(line).unwrap_or_else(|e| panic!("{name}:{}: {e}", at + 1));
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(read).collect()
}

/// Found and looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// How many were reported.
    pub hit: usize,
    /// How many there were.
    pub of: usize,
}

impl Share {
    /// Counts one more.
    pub fn add(&mut self, hit: bool) {
        self.hit += usize::from(hit);
        self.of += 1;
    }

    /// In per cent; nothing looked for is 0.
    #[must_use]
    pub fn percent(self) -> f64 {
        if self.of == 0 { 0.0 } else { 100.0 * self.hit as f64 / self.of as f64 }
    }
}

/// One placed value and whether it was found.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Position of the kind in the set.
    pub kind: usize,
    /// The placement's name.
    pub placement: &'static str,
    /// Whether a finding or fact covers it.
    pub hit: bool,
}

/// Places every kind in every placement that `wanted` picks, once a seed, and scans them.
#[must_use]
pub fn recall(kinds: &[Kind], seeds: u32, wanted: impl Fn(usize, usize, u32) -> bool + Sync) -> Vec<Cell> {
    let one = |(number, kind): (usize, &Kind)| {
        let mut about: Vec<&'static str> = Vec::new();
        let mut files: Vec<Placed> = Vec::new();
        for seed in 1..=seeds {
            for (at, placement) in PLACEMENTS.iter().chain(OWN_FILES).enumerate() {
                if !wanted(number, at, seed) || !fits(kind, placement) {
                    continue;
                }
                if let Some(placed) = place(kind, placement, variant(seed, at)) {
                    about.push(placement.name);
                    files.push(placed);
                }
            }
        }
        let hits = scanning::covered(&files, scanning::Counts::AnyCredential);
        let cell = |(placement, hit)| Cell { kind: number, placement, hit };
        about.into_iter().zip(hits).map(cell).collect::<Vec<Cell>>()
    };
    kinds.par_iter().enumerate().flat_map(one).collect()
}

/// A value for each seed and placement, so that no two are equal.
fn variant(seed: u32, placement: usize) -> u32 {
    seed * 1000 + u32::try_from(placement).unwrap_or(0)
}

fn fits(kind: &Kind, placement: &Placement) -> bool {
    let names = |list: &[String]| list.iter().any(|name| name == placement.name);
    if OWN_FILES.iter().any(|own| own.name == placement.name) {
        return names(&kind.also);
    }
    kind.only.is_empty() || names(&kind.only)
}

fn place(kind: &Kind, placement: &Placement, variant: u32) -> Option<Placed> {
    let value = making::value(&kind.shape, &kind.kind, variant);
    let sample = Sample::new(&kind.provider, kind.env.as_deref(), value);
    placement.put(&sample)
}

/// Shares of `cells` by what `key` says of each.
pub fn by<K: Ord>(cells: &[Cell], key: impl Fn(&Cell) -> K) -> BTreeMap<K, Share> {
    let mut shares: BTreeMap<K, Share> = BTreeMap::new();
    for cell in cells {
        shares.entry(key(cell)).or_default().add(cell.hit);
    }
    shares
}

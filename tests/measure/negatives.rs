//! What looks like a credential and is none. Input: `negatives.jsonl`, where a line is a name with a
//! value, or a whole file. Output: how often something of each class is reported.

use std::collections::BTreeMap;

use nhiscan::catalogue::fake;
use rayon::prelude::*;
use serde::Deserialize;

use super::Share;
use super::placing::{PLACEMENTS, Placed, Sample};
use super::scanning::{Counts, covered};

/// Where a name with a value is put: each is a file that people keep settings in.
const PLACES: &[&str] =
    &["python-assign", "typescript-object", "dotenv", "yaml", "json", "mcp-json", "terraform-environment", "text"];

/// Something that is no credential: one line of the set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Negative {
    /// Why it is none: `placeholder`, `lookup`, `hash` …
    pub class: String,
    /// The variable that holds the value.
    #[serde(default)]
    pub name: Option<String>,
    /// The value; what has a real shape is written `{{fake:shape:…}}`.
    #[serde(default)]
    pub value: Option<String>,
    /// The path of a whole file.
    #[serde(default)]
    pub file: Option<String>,
    /// Its content.
    #[serde(default)]
    pub text: Option<String>,
}

/// The set of what is no credential.
#[must_use]
pub fn all() -> Vec<Negative> {
    super::lines("negatives.jsonl")
}

impl Negative {
    /// The files that it stands in, each wholly free of credentials.
    fn files(&self, seed: u32) -> Vec<Placed> {
        let made = |text: &str| expand(text, seed);
        let whole = |placed: Placed| Placed { value: 0..placed.text.len(), ..placed };
        match (&self.file, &self.text, &self.value) {
            (Some(path), Some(text), _) => {
                let text = made(text);
                vec![Placed { path: path.clone(), value: 0..text.len(), text }]
            }
            (_, _, Some(value)) => {
                let sample = Sample::named(self.name.as_deref().unwrap_or("API_KEY"), made(value));
                let places = PLACEMENTS.iter().filter(|placement| PLACES.contains(&placement.name));
                places.filter_map(|placement| placement.put(&sample)).map(whole).collect()
            }
            _ => panic!("a negative of class {} has neither a value nor a file", self.class),
        }
    }
}

/// `text` with its shapes made; `seed` decides which values.
fn expand(text: &str, seed: u32) -> String {
    let mut parts = text.split("{{fake:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (at, part) in parts.enumerate() {
        let (named, behind) = part.split_once("}}").unwrap_or((part, ""));
        out.push_str(&fake::expand(&format!("{{{{fake:{named}#{}}}}}", seed * 100 + u32::try_from(at).unwrap_or(0))));
        out.push_str(behind);
    }
    out
}

/// A file with what is no credential, and whether something in it is reported.
#[derive(Debug, Clone)]
pub struct Alarm {
    /// Position of the negative in the set.
    pub negative: usize,
    /// The file's path.
    pub path: String,
    /// Whether anything is reported in it.
    pub alarm: bool,
}

/// Scans all of `negatives`.
#[must_use]
pub fn alarms(negatives: &[Negative], seed: u32) -> Vec<Alarm> {
    let one = |(number, negative): (usize, &Negative)| {
        let files = negative.files(seed);
        let hits = covered(&files, Counts::Findings);
        let alarm = |(file, alarm): (Placed, bool)| Alarm { negative: number, path: file.path, alarm };
        files.into_iter().zip(hits).map(alarm).collect::<Vec<Alarm>>()
    };
    negatives.par_iter().enumerate().flat_map(one).collect()
}

/// Shares by class.
#[must_use]
pub fn by_class(negatives: &[Negative], alarms: &[Alarm]) -> BTreeMap<String, Share> {
    let mut shares: BTreeMap<String, Share> = BTreeMap::new();
    for alarm in alarms {
        shares.entry(negatives[alarm.negative].class.clone()).or_default().add(alarm.alarm);
    }
    shares
}

//! All literals of all models → the static tables of the match engine, `literals.rs` in the build's
//! output.
//!
//! Any model file under `rules/models/` may hold gates, the literals that decide whether a file is
//! parsed at all:
//!
//! ```toml
//! [[gate]]
//! topic = "framework"        # framework, lifecycle, identity, agent-config, switch or policy
//! literals = ["langgraph"]   # at least five bytes, compared without case
//! frequent = false           # true: its frequency was looked at and is worth its price
//! ```
//!
//! A literal that is too short, or that is a candidate too often in public code, stops the build.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Deserialize;

use super::credentials;
use super::fault::{Build, Fault, line_of};

#[path = "../../src/matcher/gram.rs"]
mod gram;

/// Candidates a megabyte above which a literal must say that it is frequent on purpose.
const TOO_OFTEN: f64 = 120.0;

/// The same for prefixes of three or four bytes, whose many 4-grams share slots with others.
const TOO_OFTEN_SHORT: f64 = 2000.0;

/// Candidates a megabyte that no literal may cause.
const FAR_TOO_OFTEN: f64 = 4000.0;

/// What must stand around a literal for it to count; `crate::matcher::Gate` at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// Nothing.
    Free,
    /// No token character before, eight after.
    Prefix,
    /// Token characters around it.
    Infix,
    /// A name, then an operator and a value.
    Name,
    /// User information of a URL follows.
    Url,
}

/// A literal that some model wants.
#[derive(Debug, Clone)]
pub struct Literal {
    /// The text, at least three bytes.
    pub text: String,
    /// Topic slug.
    pub topic: String,
    /// What must stand around it.
    pub gate: Gate,
    /// Compared with case.
    pub cased: bool,
    /// Allowed to be frequent.
    pub frequent: bool,
    /// Credential kinds that it may be, by index.
    pub models: Vec<u16>,
    /// The model that wants it.
    pub page: PathBuf,
    /// Its line there.
    pub line: usize,
}

#[derive(Deserialize)]
struct ModelFile {
    #[serde(default)]
    gate: Vec<GateEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GateEntry {
    topic: String,
    literals: Vec<String>,
    #[serde(default)]
    frequent: bool,
    #[serde(default)]
    cased: bool,
}

/// Writes the table of credential kinds, and the match engine's for them and for the gates of every
/// model file.
pub fn compile(build: &Build) -> Result<(), Fault> {
    let file = build.rules.join("models/grams.bin");
    let frequency = std::fs::read(&file).map_err(|error| Fault::new(&file, 0, error.to_string()))?;
    if frequency.len() != gram::SLOTS {
        return Err(Fault::new(&file, 0, "is not a table of this filter; make it anew with `--example grams`"));
    }
    let mut wanted = credentials::compile(build)?;
    wanted.extend(gates(build)?);
    let literals = merged(wanted);
    let mut grams = Vec::new();
    for (index, literal) in literals.iter().enumerate() {
        let window = window(literal, &frequency).map_err(|error| Fault::new(&literal.page, literal.line, error))?;
        grams.extend(window.into_iter().map(|w| (w, u16::try_from(index).unwrap_or(u16::MAX))));
    }
    build.write("literals.rs", &source(&literals, grams).map_err(|e| Fault::new(&build.out, 0, e.to_string()))?)
}

fn gates(build: &Build) -> Result<Vec<Literal>, Fault> {
    let mut all = Vec::new();
    for path in build.files("models", "toml")? {
        let text = build.read(&path)?;
        let file: ModelFile = toml::from_str(&text).map_err(|error| Fault::toml(&path, &text, 1, &error))?;
        for gate in file.gate {
            if !["framework", "lifecycle", "identity", "agent-config", "switch", "policy"]
                .contains(&gate.topic.as_str())
            {
                let line = line_of(&text, 0, &gate.topic);
                return Err(Fault::new(&path, line, format!("gate topic `{}` is not known", gate.topic)));
            }
            all.extend(gate.literals.into_iter().map(|literal| Literal {
                line: line_of(&text, 0, &literal),
                page: path.clone(),
                text: literal,
                topic: gate.topic.clone(),
                gate: Gate::Free,
                cased: gate.cased,
                frequent: gate.frequent,
                models: Vec::new(),
            }));
        }
    }
    Ok(all)
}

/// One literal for each (text, topic, gate): its models together, in a fixed order.
fn merged(wanted: Vec<Literal>) -> Vec<Literal> {
    let mut by_key: BTreeMap<(String, String, Gate), Literal> = BTreeMap::new();
    for mut literal in wanted {
        if !literal.cased {
            literal.text = literal.text.to_ascii_lowercase();
        }
        let key = (literal.text.clone(), literal.topic.clone(), literal.gate);
        match by_key.get_mut(&key) {
            Some(known) => {
                known.models.extend(literal.models);
                known.frequent |= literal.frequent;
                known.cased &= literal.cased;
            }
            None => {
                by_key.insert(key, literal);
            }
        }
    }
    by_key.into_values().collect()
}

/// A 4-gram that announces a literal.
#[derive(Clone, Copy)]
struct Gram {
    folded: u32,
    /// Offset of the gram in the literal; -1 when it begins one byte before.
    offset: i8,
    /// Looked at at offsets divisible by four only.
    every_fourth: bool,
}

fn folded(four: &[u8]) -> u32 {
    gram::fold(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

/// The rarest window of a literal as 4-grams, after the checks of length and frequency.
fn window(literal: &Literal, frequency: &[u8]) -> Result<Vec<Gram>, String> {
    let text = literal.text.as_bytes();
    let name = format!("literal `{}`", literal.text);
    let inside = literal.gate == Gate::Infix && text.len() == 3 && text[0] == b':';
    let short = literal.gate == Gate::Prefix && (3..5).contains(&text.len()) || inside;
    if text.len() < 5 && !short {
        return Err(format!(
            "{name}: has {} bytes; at least 5 are needed (3 for a prefix, or behind digits and a colon)",
            text.len()
        ));
    }
    let rate = |grams: &[Gram]| -> f64 {
        // Occurrences of the grams' slots a megabyte, by how often each is looked at.
        grams
            .iter()
            .map(|g| {
                let n = (f64::from(frequency[gram::slot(g.folded)]) / 8.0).exp2() - 1.0;
                n / 64.0 / if g.every_fourth { 4.0 } else { 2.0 }
            })
            .sum()
    };
    let mut choices: Vec<Vec<Gram>> = Vec::new();
    if short {
        choices.extend(short_windows(text, if inside { |b| b.is_ascii_digit() } else { gram::opens_token }));
    } else {
        for at in 0..=text.len() - 5 {
            choices.push(run(text, at, 2, false));
        }
        if text.len() >= 7 {
            for at in 0..=text.len() - 7 {
                choices.push(run(text, at, 4, true));
            }
        }
    }
    let best = choices.into_iter().min_by(|a, b| rate(a).total_cmp(&rate(b))).ok_or("no window")?;
    let often = rate(&best);
    let limit = if literal.frequent {
        FAR_TOO_OFTEN
    } else if short {
        TOO_OFTEN_SHORT
    } else {
        TOO_OFTEN
    };
    if often > limit {
        return Err(format!(
            "{name}: is a candidate {often:.0} times a megabyte of public code, more than {limit:.0}; make it longer, \
             or say `frequent = true` if it is worth its price"
        ));
    }
    Ok(best)
}

fn run(text: &[u8], at: usize, count: usize, every_fourth: bool) -> Vec<Gram> {
    (at..at + count)
        .map(|i| Gram { folded: folded(&text[i..i + 4]), offset: i8::try_from(i).unwrap_or(i8::MAX), every_fourth })
        .collect()
}

/// The windows of a literal of three or four bytes, widened by what must stand `before` or behind it.
fn short_windows(text: &[u8], before: fn(u8) -> bool) -> Vec<Vec<Gram>> {
    let gram = |four: &[u8], offset: i8| Gram { folded: folded(four), offset, every_fourth: false };
    let before = (0..=255u8).filter(|b| before(*b));
    let before: Vec<Gram> = before.map(|b| gram(&[b, text[0], text[1], text[2]], -1)).collect();
    let behind = || (0..128u8).filter(|b| gram::is_token(*b) && !b.is_ascii_uppercase());
    let mut windows = if text.len() == 3 {
        let behind = behind().map(|b| gram(&[text[0], text[1], text[2], b], 0));
        vec![before.into_iter().chain(behind).collect::<Vec<_>>()]
    } else {
        let whole = gram(text, 0);
        let behind = behind().map(|b| gram(&[text[1], text[2], text[3], b], 1));
        vec![before.into_iter().chain([whole]).collect(), behind.chain([whole]).collect()]
    };
    for window in &mut windows {
        // Folding makes some bytes equal.
        window.sort_by_key(|g| (g.offset, g.folded));
        window.dedup_by_key(|g| (g.offset, g.folded));
    }
    windows
}

/// Four more bytes of the literal and how far from the gram they stand: right beside it, nearer where the literal
/// is short, the gram itself where it hangs over the literal's edge.
fn beside(gram: Gram, text: &[u8]) -> (i8, u32) {
    let whole = usize::try_from(gram.offset).ok().filter(|at| at + 4 <= text.len());
    let Some(at) = whole else { return (0, gram.folded) };
    let behind = (text.len() - at - 4).min(4);
    let before = at.min(4);
    let start = if behind >= before { at + behind } else { at - before };
    let apart = i8::try_from(start).unwrap_or(i8::MAX) - gram.offset;
    (apart, folded(&text[start..start + 4]))
}

/// One bit for each 4-gram.
fn filter(grams: &[(Gram, u16)]) -> Vec<u32> {
    let mut table = vec![0u32; gram::WORDS];
    for (g, _) in grams {
        let bit = gram::bit(g.folded);
        table[(bit >> 5) as usize] |= 1 << (bit & 31);
    }
    table
}

fn source(literals: &[Literal], mut grams: Vec<(Gram, u16)>) -> Result<String, std::fmt::Error> {
    let mut code = String::from("/// Every literal.\npub(super) static LITERALS: &[Literal] = &[\n");
    for literal in literals {
        let topic: String = literal.topic.split('-').map(capital).collect();
        let text = if literal.cased { literal.text.clone() } else { literal.text.to_ascii_lowercase() };
        writeln!(
            code,
            "Literal {{ text: {text:?}, topic: Topic::{topic}, gate: Gate::{:?}, cased: {}, models: &{:?} }},",
            literal.gate, literal.cased, literal.models
        )?;
    }
    code.push_str("];\n\n");
    grams.sort_by_key(|(g, literal)| (gram::bucket(g.folded), g.folded, *literal, g.offset));
    let mut start = vec![0u16; gram::BUCKETS + 1];
    for (g, _) in &grams {
        start[gram::bucket(g.folded) + 1] += 1;
    }
    for i in 1..start.len() {
        start[i] += start[i - 1];
    }
    writeln!(code, "static FILTER: [u32; {}] = {:?};", gram::WORDS, filter(&grams))?;
    writeln!(code, "static START: [u16; {}] = {start:?};", start.len())?;
    writeln!(code, "static TAGS: [Tag; {}] = [", grams.len())?;
    for (g, literal) in &grams {
        let (apart, beside) = beside(*g, literals[usize::from(*literal)].text.as_bytes());
        writeln!(
            code,
            "Tag {{ gram: {:#x}, beside: {beside:#x}, apart: {apart}, literal: {literal}, offset: {}, every_fourth: {} }},",
            g.folded, g.offset, g.every_fourth
        )?;
    }
    code.push_str("];\n");
    Ok(code)
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

//! Input: a message with `{kind.field}` in it and a fact. Output: the message with the values filled in.
//! A list shows its first five; `{kind.field|otherwise}` says what stands for an absent or empty value.

use super::condition::{Row, Slot, Wrong, field};
use crate::facts::schema::Datum;

const SHOWN: usize = 5;

/// A message, checked against the schema of a kind of fact.
#[derive(Debug)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Field(Slot, String),
}

impl Template {
    /// Reads a message for facts of `kind`.
    pub fn compile(kind: &str, source: &str) -> Result<Self, Wrong> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((before, after)) = rest.split_once('{') {
            let at = source.len() - after.len();
            let wrong = |message: String| Wrong { at, message };
            let (inside, behind) = after.split_once('}').ok_or_else(|| wrong("`{` without `}`".to_owned()))?;
            let (name, otherwise) = inside.split_once('|').unwrap_or((inside, "unknown"));
            let slot = name
                .strip_prefix(kind)
                .and_then(|name| name.strip_prefix('.'))
                .and_then(|name| field(kind, name))
                .ok_or_else(|| wrong(format!("`{{{name}}}` is no field of `{kind}`")))?
                .0;
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Field(slot, otherwise.to_owned()));
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self { parts })
    }

    /// The message for `row`.
    #[must_use]
    pub fn fill(&self, row: &Row<'_>) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field(slot, otherwise) => match row.datum(*slot) {
                    Datum::Text(text) if !text.is_empty() => out.push_str(&text),
                    Datum::Texts(list) if !list.is_empty() => out.push_str(&names(list.iter().map(|s| s.as_str()))),
                    Datum::Int(n) => out.push_str(&n.to_string()),
                    Datum::Bool(b) => out.push_str(if b { "true" } else { "false" }),
                    _ => out.push_str(otherwise),
                },
            }
        }
        out
    }
}

/// Names as prose: `a`, `b` and `c`; after five, the number of the rest.
#[must_use]
pub fn names<'a>(list: impl Iterator<Item = &'a str>) -> String {
    let mut all: Vec<String> = list.map(|name| format!("`{name}`")).collect();
    if all.len() > SHOWN {
        let more = all.len() - SHOWN + 1;
        all.truncate(SHOWN - 1);
        all.push(format!("{more} more"));
    }
    match all.pop() {
        None => String::new(),
        Some(last) if all.is_empty() => last,
        Some(last) => format!("{} and {last}", all.join(", ")),
    }
}

//! `nhiscan explain --match PATH[:LINE]`: what was looked at there, and why it was or was not taken for a
//! credential. Output holds names and reasons, never a value.

use std::io::{self, Write};
use std::path::Path;

use nhiscan::error::Error;
use nhiscan::extract::secrets::{self, Considered};
use nhiscan::matcher::Matcher;
use nhiscan::parse::{self, decode};
use nhiscan::span::LineIndex;

use super::say;

/// One line of the answer.
struct Answer {
    line: u32,
    column: u32,
    what: Considered,
}

/// Explains a file, or one line of it.
pub(crate) fn run(place: &str) -> Result<(), Error> {
    let (path, line) = parts(place);
    let failed = |reason: String, step| Error::Path { path: path.into(), reason, step };
    let bytes = std::fs::read(path).map_err(|e| failed(e.to_string(), "write it as PATH or PATH:LINE"))?;
    let Some((text, _)) = decode::text(&bytes) else {
        return Err(failed("is no text".into(), "only text is searched"));
    };
    let answers = answers(path, &text);
    let wanted = answers.iter().filter(|answer| line.is_none_or(|line| answer.line == line));
    say::stdout(|out| write(path, line, wanted, out))
}

/// `src/app.py:12` is a path and a line, unless a file is called so.
fn parts(place: &str) -> (&str, Option<u32>) {
    match place.rsplit_once(':') {
        Some((path, line)) if !Path::new(place).exists() => line.parse().map_or((place, None), |n| (path, Some(n))),
        _ => (place, None),
    }
}

fn answers(path: &str, text: &str) -> Vec<Answer> {
    let lines = LineIndex::new(text);
    let scan = |part: &str| Matcher::scan(part.as_bytes());
    let kind = parse::kind::of(path, text);
    let (documents, _) = parse::documents(path, kind, text, &lines, scan(text), scan);
    let mut answers: Vec<Answer> = Vec::new();
    for document in &documents {
        for what in secrets::explain(document) {
            let at = lines.position(document.raw, document.to_raw(what.span.start));
            answers.push(Answer { line: at.line, column: at.column, what });
        }
    }
    answers.sort_by_key(|answer| (answer.line, answer.column, !answer.what.reported));
    answers
}

fn write<'a>(
    path: &str,
    line: Option<u32>,
    answers: impl Iterator<Item = &'a Answer>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut none = true;
    for Answer { line, column, what } in answers {
        none = false;
        let name = if what.name.is_empty() { "a value without a name" } else { &what.name };
        let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
        let said = if what.reported { "reported as" } else { "not reported as" };
        writeln!(out, "{path}:{line}:{column}: {name}: {said} {}: {}", what.kind, what.why)?;
    }
    if none {
        let place = line.map_or(path.to_owned(), |line| format!("{path}:{line}"));
        writeln!(
            out,
            "{place}: nothing was looked at: no form of a known kind, and no name with a word for a credential \
             that a value is bound to"
        )?;
    }
    Ok(())
}

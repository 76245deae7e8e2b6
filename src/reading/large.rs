//! A file that is too large for one buffer, from windows to facts: the text engine alone, nothing
//! parsed. Where a window begins is carried from one to the next, in the terms of the decoded file.

use super::{One, Reading, TEXT_READERS, run};
use crate::error::{Notice, NoticeKind};
use crate::extract::Sink;
use crate::facts::{Fact, Place};
use crate::matcher::Matcher;
use crate::parse::decode::{self, Encoding};
use crate::parse::{Document, Kind, Role, kind};
use crate::span::LineIndex;
use crate::walk::{LARGE, Window, Windows};

/// Where the next window's own part begins in the decoded file.
#[derive(Clone, Copy, Default)]
struct Reached {
    /// Bytes before it.
    bytes: u32,
    /// Lines ended before it.
    lines: u32,
    /// UTF-16 units before it on its line.
    column: u32,
}

impl Reached {
    /// Behind `text`, which begins here.
    fn after(self, text: &str) -> Self {
        let index = LineIndex::new(text);
        let lines = u32::try_from(index.len() - 1).unwrap_or(u32::MAX);
        let column = units(text.rsplit(['\n', '\r']).next().unwrap_or(""));
        let column = if lines == 0 { self.column.saturating_add(column) } else { column };
        Self { bytes: self.bytes.saturating_add(length(text)), lines: self.lines.saturating_add(lines), column }
    }

    /// Before `text`, which ends here.
    fn before(self, text: &str) -> Self {
        let lines = u32::try_from(LineIndex::new(text).len() - 1).unwrap_or(u32::MAX);
        // A text with a line end in it begins at a line: windows are cut there where they can be.
        let column = if lines == 0 { self.column.saturating_sub(units(text)) } else { 0 };
        Self { bytes: self.bytes.saturating_sub(length(text)), lines: self.lines.saturating_sub(lines), column }
    }
}

impl One<'_> {
    /// Reads every window.
    pub(super) fn large(&self, windows: &mut Windows<'_>, reading: &mut Reading) {
        let mut reached = Reached::default();
        let mut encoding = None;
        let mut structured = false;
        loop {
            match windows.next_window() {
                Ok(Some(window)) => {
                    encoding = encoding.or_else(|| decode::encoding_of(window.bytes));
                    let Some(encoding) = encoding else {
                        reading.cost.binary = 1;
                        return;
                    };
                    reading.cost.read += window.owns.len() as u64;
                    let (end, wants_parsing) = self.window(&window, encoding, reached, reading);
                    reached = end;
                    structured |= wants_parsing;
                }
                Ok(None) => break,
                Err(error) => {
                    reading.notices.push(self.unreadable(&error));
                    break;
                }
            }
        }
        reading.cost.files = 1;
        if encoding == Some(Encoding::Latin1) {
            reading.notices.push(self.latin1());
        }
        if structured && !self.plan.context.text_only {
            let message =
                format!("larger than {} MiB: its text was read, its structure was not; split it", LARGE >> 20);
            reading.notices.push(Notice::file(&self.source.path, NoticeKind::Budget, message));
        }
    }

    /// Takes the facts that begin in the window's own part; returns where it ends, and whether there
    /// is something that only parsing could judge.
    fn window(
        &self,
        window: &Window<'_>,
        encoding: Encoding,
        reached: Reached,
        reading: &mut Reading,
    ) -> (Reached, bool) {
        let text = decode::decode(window.bytes, encoding);
        let own_start = decode::decode(&window.bytes[..window.owns.start], encoding).len();
        let own_end = decode::decode(&window.bytes[..window.owns.end], encoding).len();
        let (repeated, own) = (&text[..own_start], &text[own_start..own_end]);
        let end = reached.after(own);
        let hits = Matcher::scan(text.as_bytes());
        if hits.found.is_empty() {
            return (end, self.loses_structure(false));
        }
        let start = reached.before(repeated);
        let index = LineIndex::new(&text);
        let path = self.plan.sources.path_in_repository(self.source);
        let (role, reason) = self.role(&path, &text);
        let structured =
            !matches!(role, Role::Generated | Role::Vendored) && self.loses_structure(hits.wants_parsing());
        let mut document = Document::whole(&self.source.path, Kind::Text, &text, &index, hits);
        document.role = role;
        document.role_reason = reason;
        let known = reading.considered.len();
        self.trace(&document, reading);
        let owned = own_start..own_end;
        let mut traced = reading.considered.split_off(known);
        traced.retain(|looked| owned.contains(&(looked.what.span.start as usize)));
        for looked in &mut traced {
            looked.column += if looked.line == 1 { start.column } else { 0 };
            looked.line += start.lines;
        }
        reading.considered.extend(traced);
        let mut sink = Sink::new(&document, self.file, &self.plan.context, (start.bytes, start.lines));
        run(TEXT_READERS, &document, &mut sink);
        let mut taken = sink.finish();
        taken.facts.retain(|fact| (reached.bytes..end.bytes).contains(&fact.at.start));
        for fact in &mut taken.facts {
            shift(fact, start);
        }
        if reading.facts.facts.is_empty() && !taken.facts.is_empty() {
            reading.facts.facts.push(self.file_fact(&path, kind::of(&path, ""), (role, reason), Vec::new()));
        }
        reading.facts.facts.extend(taken.facts);
        reading.notices.extend(taken.notices);
        (end, structured)
    }
}

impl One<'_> {
    /// Whether parsing would have told more: of a format that declares things, always; of code and
    /// data, where a word says so.
    fn loses_structure(&self, wants_parsing: bool) -> bool {
        match kind::of(&self.plan.sources.path_in_repository(self.source), "") {
            Kind::Yaml | Kind::Hcl | Kind::Notebook | Kind::Dockerfile => true,
            Kind::Text | Kind::Markdown | Kind::Dotenv | Kind::Shell | Kind::Xml => false,
            Kind::Code(_) | Kind::Json | Kind::Toml | Kind::Ini => wants_parsing,
        }
    }
}

/// Moves the columns of a fact on a line that began before the window.
fn shift(fact: &mut Fact, start: Reached) {
    let Place { line, column, end_line, end_column, .. } = &mut fact.at;
    let first = start.lines + 1;
    if *line == first {
        *column += start.column;
    }
    if *end_line == first {
        *end_column += start.column;
    }
}

fn units(text: &str) -> u32 {
    u32::try_from(text.chars().map(char::len_utf16).sum::<usize>()).unwrap_or(u32::MAX)
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_window_is_carried_over_lines_and_columns() {
        let start = Reached::default().after("one\r\ntwo é😀");
        assert_eq!((start.bytes, start.lines, start.column), (15, 1, 7));
        let next = start.after("three");
        assert_eq!((next.bytes, next.lines, next.column), (20, 1, 12));
        let back = next.before("three");
        assert_eq!((back.bytes, back.lines, back.column), (15, 1, 7));
    }
}

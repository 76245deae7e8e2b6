//! Text joined from places of a file. Input: strings with their spans. Output: one text and the map of
//! its offsets back into the file.

use super::document::OriginMap;
use super::value::{Node, Value};

/// Text put together from pieces of a file, with the way back.
pub(crate) struct Joiner<'a> {
    raw: &'a str,
    /// What was joined.
    pub(crate) text: String,
    /// From `text` to the file.
    pub(crate) origin: OriginMap,
}

impl<'a> Joiner<'a> {
    pub(crate) fn new(raw: &'a str) -> Self {
        Self { raw, text: String::new(), origin: OriginMap::new() }
    }

    /// Appends a string or a list of strings, and ends the line.
    pub(crate) fn add(&mut self, source: Option<&Value>) {
        let Some(source) = source else { return };
        let before = self.text.len();
        for line in source.one_or_many() {
            if let Node::Text(content) = &line.node {
                self.string(line, content);
            }
        }
        if self.text.len() > before && !self.text.ends_with('\n') {
            self.mark(source.span.end as usize);
            self.text.push('\n');
        }
    }

    /// Appends a string of any format, with an entry of the map wherever offsets stop running in parallel.
    pub(crate) fn string(&mut self, value: &Value, content: &str) {
        let start = value.span.start as usize;
        let token = value.span.text(self.raw);
        if token == content {
            self.mark(start);
            self.text.push_str(content);
            return;
        }
        let before = (self.text.len(), self.origin.len());
        self.escaped(start + 1, token.get(1..token.len().saturating_sub(1)).unwrap_or(""));
        if self.text[before.0..] != *content {
            self.text.truncate(before.0);
            self.origin.truncate(before.1);
            self.lines(start, token, content);
        }
    }

    /// Lines that lost their indentation (block scalars, dedented here-documents) are found again one
    /// after the other; what is not found stays where the last one was.
    fn lines(&mut self, start: usize, token: &str, content: &str) {
        let mut at = 0;
        for line in content.split_inclusive('\n') {
            let body = line.trim_end_matches('\n');
            let found = memchr::memmem::find(&token.as_bytes()[at..], body.as_bytes());
            self.mark(start + at + found.unwrap_or(0));
            self.text.push_str(line);
            at += found.map_or(0, |found| found + body.len());
        }
    }

    fn escaped(&mut self, start: usize, body: &str) {
        let mut at = 0;
        while at < body.len() {
            let next = memchr::memchr(b'\\', &body.as_bytes()[at..]).map_or(body.len(), |n| at + n);
            if next > at {
                self.mark(start + at);
                self.text.push_str(&body[at..next]);
            }
            if next == body.len() {
                break;
            }
            self.mark(start + next);
            let (c, length) = escape(&body[next..]);
            self.text.push(c);
            at = next + length;
        }
    }

    /// Says that the next byte stands at `raw` of the file.
    pub(crate) fn mark(&mut self, raw: usize) {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.origin.push((clamp(self.text.len()), clamp(raw)));
    }
}

/// The character that an escape at the start of `text` stands for, and the escape's length.
fn escape(text: &str) -> (char, usize) {
    let simple = match text.as_bytes().get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => return unicode_escape(text),
        _ => {
            let c = text[1..].chars().next().unwrap_or('\\');
            return (c, 1 + c.len_utf8());
        }
    };
    (simple, 2)
}

fn unicode_escape(text: &str) -> (char, usize) {
    let unit = |at: usize| text.get(at..at + 4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
    let Some(first) = unit(2) else { return ('\u{fffd}', 2) };
    let second = if text.get(6..8) == Some("\\u") { unit(8) } else { None };
    let units = [Some(first), second].into_iter().flatten();
    match char::decode_utf16(units).next() {
        Some(Ok(c)) => (c, if c.len_utf16() == 2 { 12 } else { 6 }),
        _ => ('\u{fffd}', 6),
    }
}

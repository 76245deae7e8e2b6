//! Where something stands. Spans are byte ranges into one decoded document; a [`LineIndex`] turns
//! them into lines and UTF-16 columns, the unit that SARIF hosts and editors count in.

use std::cell::OnceCell;

use serde::Serialize;

/// A half-open byte range into the decoded text of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`; offsets beyond 4 GiB are clamped, as no document is that long.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end) }
    }

    /// The same range as a `usize` range, to index text with.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(self) -> usize {
        self.range().len()
    }

    /// Whether the range holds no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether `other` lies wholly inside.
    #[must_use]
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two ranges share a byte.
    #[must_use]
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Those of `spans` (in order, none overlapping another) that share a byte with `within`; found by halving,
    /// since a file may hold very many.
    #[must_use]
    pub fn overlapping(spans: &[Self], within: Self) -> &[Self] {
        let from = spans.partition_point(|span| span.end <= within.start);
        let rest = &spans[from..];
        &rest[..rest.partition_point(|span| span.start < within.end)]
    }

    /// Whether one of `spans` (in order, none overlapping another) shares a byte with `within`.
    #[must_use]
    pub fn any_overlaps(spans: &[Self], within: Self) -> bool {
        Self::overlapping(spans, within).iter().any(|span| span.overlaps(within))
    }

    /// The smallest range that covers both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The text under the span; empty when the span does not lie on character boundaries of `text`.
    #[must_use]
    pub fn text(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or("")
    }
}

/// A line and column, both from 1; the column counts UTF-16 code units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in UTF-16 code units, from 1.
    pub column: u32,
}

/// Start offsets of the lines of one document. `\n`, `\r\n` and a lone `\r` end a line. Found at the
/// first question: most documents are asked none.
#[derive(Debug, Clone)]
pub struct LineIndex<'t> {
    text: &'t str,
    starts: OnceCell<Vec<u32>>,
}

impl<'t> LineIndex<'t> {
    /// The lines of `text`.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self { text, starts: OnceCell::new() }
    }

    fn starts(&self) -> &[u32] {
        self.starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let mut starts = vec![0];
            for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
                let crlf = bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n');
                if !crlf {
                    starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
                }
            }
            starts
        })
    }

    /// The line, from 1, that holds byte `offset`.
    #[must_use]
    pub fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.starts().partition_point(|&s| s <= offset)).unwrap_or(u32::MAX)
    }

    /// Line and UTF-16 column of byte `offset` in `text`.
    #[must_use]
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.starts()[line as usize - 1] as usize;
        let before = text.get(start..offset as usize).unwrap_or("");
        // Nearly every line is ASCII, and a file may be one line.
        let column = if before.is_ascii() {
            u32::try_from(before.len()).unwrap_or(u32::MAX - 1)
        } else {
            before.chars().map(|c| u32::try_from(c.len_utf16()).unwrap_or(1)).sum::<u32>()
        };
        Position { line, column: column + 1 }
    }

    /// The bytes of line `line` (from 1) without its line end.
    #[must_use]
    pub fn line_span(&self, text: &str, line: u32) -> Span {
        let at = (line as usize).saturating_sub(1);
        let Some(&start) = self.starts().get(at) else { return Span::default() };
        let end = self.starts().get(at + 1).map_or(text.len(), |&e| e as usize);
        let whole = text.get(start as usize..end).unwrap_or("");
        let body = whole.trim_end_matches(['\n', '\r']);
        Span::new(start as usize, start as usize + body.len())
    }

    /// Number of lines; an empty document has one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts().len()
    }

    /// Never true: even an empty document has a line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_in_order_are_found_by_halving() {
        let spans: Vec<Span> = (0..100).map(|n| Span::new(n * 10, n * 10 + 4)).collect();
        for start in 0..1000 {
            for length in [0, 1, 6, 7, 30] {
                let within = Span::new(start, start + length);
                let each: Vec<Span> = spans.iter().copied().filter(|span| span.overlaps(within)).collect();
                let found: Vec<Span> =
                    Span::overlapping(&spans, within).iter().copied().filter(|span| span.overlaps(within)).collect();
                assert_eq!(found, each, "{within:?}");
                assert_eq!(Span::any_overlaps(&spans, within), !each.is_empty(), "{within:?}");
            }
        }
    }

    #[test]
    fn columns_count_utf16_units_and_lines_end_three_ways() {
        let text = "a\r\n😀b\rc\n";
        let index = LineIndex::new(text);
        let at = |needle: &str| index.position(text, text.find(needle).unwrap() as u32);
        assert_eq!(at("b"), Position { line: 2, column: 3 });
        assert_eq!(at("c"), Position { line: 3, column: 1 });
        assert_eq!(index.line_span(text, 2).text(text), "😀b");
        assert_eq!(index.line_span(text, 4).text(text), "");
    }
}

//! Stage 3b, how we see it. Input: a [`Document`]. Output: [`FileFacts`]. One file per world; readers
//! never judge.

use crate::error::Notice;
use crate::facts::{Fact, FactKind, FileId, Place, Sym};
use crate::parse::Document;
use crate::span::Span;

/// What one file says.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct FileFacts {
    /// Its facts, in order of place.
    pub facts: Vec<Fact>,
}

/// A reader of one world.
pub struct Reader {
    /// Its name, for `--statistics`.
    pub name: &'static str,
    /// Whether the document concerns it; cheap, by path, kind and hits.
    pub reads: fn(&Document<'_>) -> bool,
    /// Reads it.
    pub read: fn(&Document<'_>, &mut Sink<'_>),
}

/// The readers. Secrets come first: they set the masks that every later excerpt respects.
pub const READERS: &[Reader] = &[];

/// Takes facts of one document.
pub struct Sink<'d> {
    document: &'d Document<'d>,
    file: FileId,
    facts: Vec<Fact>,
    notices: Vec<Notice>,
}

impl<'d> Sink<'d> {
    /// An empty sink.
    #[must_use]
    pub fn new(document: &'d Document<'d>, file: FileId) -> Self {
        Self { document, file, facts: Vec::new(), notices: Vec::new() }
    }

    /// Adds a fact seen at `span`.
    pub fn add(&mut self, span: Span, kind: impl Into<FactKind>) {
        let at = self.place(span);
        self.facts.push(Fact { at, kind: kind.into() });
    }

    /// Adds a notice.
    pub fn notice(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// A span as a place of the file, its line's excerpt masked. Offsets are those of the file.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        let document = self.document;
        let (start, end) = (document.to_raw(span.start), document.to_raw(span.end));
        let from = document.lines.position(document.raw, start);
        let to = document.lines.position(document.raw, end.max(start));
        Place {
            file: self.file,
            start,
            end,
            line: from.line,
            column: from.column,
            end_line: to.line,
            end_column: to.column,
            excerpt: self.excerpt(span),
        }
    }

    fn excerpt(&self, span: Span) -> Sym {
        mask::excerpt(&self.document.text, span, &self.document.masks.borrow())
    }

    /// The facts in order of place, and the notices.
    #[must_use]
    pub fn finish(mut self) -> (FileFacts, Vec<Notice>) {
        self.facts.sort_by_key(|fact| (fact.at.start, fact.at.end));
        (FileFacts { facts: self.facts }, self.notices)
    }
}

/// Excerpts that cannot hold a credential.
pub mod mask {
    use crate::facts::Sym;
    use crate::span::Span;

    /// The line of `text` that `span` starts on: trimmed, at most 200 characters, each span of
    /// `masks` replaced by `***`, control characters escaped.
    #[must_use]
    pub fn excerpt(text: &str, span: Span, masks: &[Span]) -> Sym {
        let at = (span.start as usize).min(text.len());
        let start = text.as_bytes()[..at].iter().rposition(|b| matches!(b, b'\n' | b'\r')).map_or(0, |i| i + 1);
        let end = text.as_bytes()[at..].iter().position(|b| matches!(b, b'\n' | b'\r')).map_or(text.len(), |i| at + i);
        let line = Span::new(start, end);
        let mut out = String::new();
        let mut from = line.start;
        let mut inside: Vec<Span> = masks.iter().copied().filter(|m| m.overlaps(line)).collect();
        inside.sort_unstable();
        for mask in inside {
            if mask.end <= from {
                continue;
            }
            out.push_str(Span { start: from, end: mask.start.max(from) }.text(text));
            out.push_str("***");
            from = mask.end.min(line.end);
        }
        out.push_str(Span { start: from, end: line.end }.text(text));
        let shown: String = out.trim().chars().take(200).flat_map(shown).collect();
        Sym::from(shown)
    }

    fn shown(c: char) -> impl Iterator<Item = char> {
        let plain = !c.is_control() || c == '\t';
        let escaped = (!plain).then(|| c.escape_default());
        plain.then_some(if c == '\t' { ' ' } else { c }).into_iter().chain(escaped.into_iter().flatten())
    }
}

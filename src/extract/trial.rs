//! For tests: the facts that one reader finds in a text.

use super::{Context, Reader, Sink};
use crate::facts::{Fact, FileId};
use crate::matcher::Matcher;
use crate::parse::{Document, Kind};
use crate::span::LineIndex;

/// Facts of `text`; none when the reader does not want the document.
pub(crate) fn facts(reader: &Reader, path: &str, kind: Kind, text: &str) -> Vec<Fact> {
    let lines = LineIndex::new(text);
    run(reader, &Document::whole(path, kind, text, &lines, Matcher::scan(text.as_bytes())))
}

/// Facts of a text that another reader had parsed before.
pub(crate) fn facts_of_parsed(reader: &Reader, path: &str, kind: Kind, text: &str) -> Vec<Fact> {
    let lines = LineIndex::new(text);
    let document = Document::whole(path, kind, text, &lines, Matcher::scan(text.as_bytes()));
    document.module();
    run(reader, &document)
}

fn run(reader: &Reader, document: &Document<'_>) -> Vec<Fact> {
    let context = Context::default();
    let mut sink = Sink::new(document, FileId(0), &context, (0, 0));
    if (reader.reads)(document) {
        (reader.read)(document, &mut sink);
    }
    sink.finish().facts
}

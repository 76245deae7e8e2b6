//! Stage 3b, how we see it. Input: a [`Document`]. Output: [`FileFacts`]. One file per world; readers
//! never judge.

pub mod agentcore;
pub mod agents;
pub mod aws_policy;
pub(crate) mod carries;
pub mod cloudformation;
pub mod coding_agents;
pub(crate) mod command_line;
pub mod compose;
pub mod deployed;
pub mod dockerfile;
pub mod dotenv;
pub(crate) mod embedded;
pub(crate) mod entry;
pub mod flows;
pub mod github_actions;
pub(crate) mod glob;
pub mod kubernetes;
pub(crate) mod launch;
pub mod lifecycle;
pub(crate) mod listening;
pub mod manifests;
pub mod mcp;
pub mod owners;
pub mod policies;
pub(crate) mod request;
pub mod secrets;
pub(crate) mod serving;
pub mod suppressions;
pub mod terraform;
pub mod tracing_env;
#[cfg(test)]
pub(crate) mod trial;
pub mod uses;
pub(crate) mod vocabulary;
pub(crate) mod workload;
pub(crate) mod written;

use crate::error::Notice;
use crate::facts::{Credential, Fact, FactKind, FileId, Place, Suppression, Sym};
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

/// What a run hands to every reader.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The key of value fingerprints: equality of values is a keyed hash, never the value.
    pub key: [u8; 32],
    /// The text engine alone: nothing is parsed.
    pub text_only: bool,
    /// Code of other files asks for what these files define: they are parsed whatever words they hold.
    pub demanded: bool,
    /// What was looked at is kept, for `explain`.
    pub trace: bool,
}

/// Readers of plain text, which need no parser. Secrets come first: they set the masks that every
/// later excerpt respects.
pub const TEXT_READERS: &[Reader] = &[secrets::READER, suppressions::SUPPRESSIONS];

/// Readers of code that no model's word admits.
pub const LOG_READERS: &[Reader] = &[uses::READER];

/// Readers of parsed documents.
pub const READERS: &[Reader] = &[
    agents::AGENTS,
    agents::DECLARED,
    flows::N8N,
    flows::DIFY,
    flows::NEMO,
    aws_policy::READER,
    aws_policy::in_code::READER,
    kubernetes::READER,
    github_actions::READER,
    terraform::READER,
    cloudformation::READER,
    agentcore::READER,
    coding_agents::READER,
    coding_agents::COMMAND_LINES,
    coding_agents::ARGUMENT_LISTS,
    mcp::READER,
    compose::READER,
    dockerfile::READER,
    deployed::READER,
    dotenv::READER,
    owners::READER,
    policies::READER,
    policies::FILES,
    manifests::READER,
    lifecycle::READER,
    uses::READER,
    tracing_env::READER,
];

/// Takes facts of one document.
pub struct Sink<'d> {
    document: &'d Document<'d>,
    file: FileId,
    /// What the run hands to readers.
    pub context: &'d Context,
    /// Bytes and lines of the file before this document's first (parts of large files).
    base: (u32, u32),
    facts: Vec<Fact>,
    suppressions: Vec<Suppression>,
    notices: Vec<Notice>,
}

/// What a sink took.
#[derive(Debug, Default)]
pub struct Taken {
    /// Facts in order of place.
    pub facts: Vec<Fact>,
    /// Inline suppressions in order of place.
    pub suppressions: Vec<Suppression>,
    /// Notices.
    pub notices: Vec<Notice>,
}

impl<'d> Sink<'d> {
    /// An empty sink for a document that begins `base` (bytes, lines) into its file.
    #[must_use]
    pub fn new(document: &'d Document<'d>, file: FileId, context: &'d Context, base: (u32, u32)) -> Self {
        Self { document, file, context, base, facts: Vec::new(), suppressions: Vec::new(), notices: Vec::new() }
    }

    /// Adds a fact seen at `span`.
    pub fn add(&mut self, span: Span, kind: impl Into<FactKind>) {
        let at = self.place(span);
        let mut kind = kind.into();
        redact(&mut kind, &self.document.text, &self.document.masks.borrow());
        self.facts.push(Fact { at, kind });
    }

    /// The fingerprint of the credential that was seen at `span`, when a reader before this one saw one.
    #[must_use]
    pub fn fingerprint_at(&self, span: Span) -> Option<Sym> {
        let (start, end) = (self.document.to_raw(span.start), self.document.to_raw(span.end));
        let (start, end) = (start.saturating_add(self.base.0), end.saturating_add(self.base.0));
        let overlaps = |fact: &&Fact| fact.at.start < end && start < fact.at.end;
        self.facts.iter().filter(overlaps).find_map(|fact| fact.get::<Credential>()?.fingerprint)
    }

    /// Adds an inline suppression.
    pub fn suppress(&mut self, suppression: Suppression) {
        self.suppressions.push(suppression);
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
        let (excerpt, mark) = mask::marked(&document.text, span, &document.masks.borrow());
        let from = document.lines.position(document.raw, start);
        let to = document.lines.position(document.raw, end.max(start));
        Place {
            file: self.file,
            start: start.saturating_add(self.base.0),
            end: end.saturating_add(self.base.0),
            line: from.line.saturating_add(self.base.1),
            column: from.column,
            end_line: to.line.saturating_add(self.base.1),
            end_column: to.column,
            excerpt,
            mark,
        }
    }

    /// Everything taken, in order of place.
    #[must_use]
    pub fn finish(mut self) -> Taken {
        self.facts.sort_by_key(|fact| (fact.at.start, fact.at.end));
        self.suppressions.sort_by_key(|s| s.at.start);
        Taken { facts: self.facts, suppressions: self.suppressions, notices: self.notices }
    }
}

/// Shorter values are words of their own, which say nothing when they stand elsewhere.
const SHORTEST_VALUE: usize = 6;

/// Covers what was seen as a credential in the texts that a fact takes over from the source whole.
fn redact(kind: &mut FactKind, text: &str, masks: &[Span]) {
    let texts: Vec<&mut Sym> = match kind {
        _ if masks.is_empty() => return,
        FactKind::Server(f) => {
            [f.command.as_mut(), f.url.as_mut(), f.package.as_mut(), f.version.as_mut()].into_iter().flatten().collect()
        }
        FactKind::Workload(f) => f.command.iter_mut().collect(),
        FactKind::Binding(f) => f.literal.iter_mut().collect(),
        FactKind::Switch(f) => vec![&mut f.value],
        FactKind::Use(f) => vec![&mut f.call],
        FactKind::Issuance(f) => vec![&mut f.call],
        FactKind::Policy(f) => vec![&mut f.name],
        _ => return,
    };
    for shown in texts {
        for value in masks.iter().map(|mask| mask.text(text)).filter(|value| value.len() >= SHORTEST_VALUE) {
            if shown.contains(value) {
                *shown = Sym::from(shown.replace(value, "***"));
            }
        }
    }
}

/// Excerpts that cannot hold a credential.
pub mod mask {
    use crate::facts::Sym;
    use crate::span::Span;

    const MASK: &str = "***";
    const MAX_CHARS: usize = 200;
    /// How far from the span a line is looked at: excerpts stay cheap in files that are one line.
    const REACH: usize = 1000;

    /// The line of `text` that `span` starts on: trimmed, at most 200 characters, each span of
    /// `masks` (in order, none overlapping another) replaced by `***`, control characters escaped.
    #[must_use]
    pub fn excerpt(text: &str, span: Span, masks: &[Span]) -> Sym {
        marked(text, span, masks).0
    }

    /// The [`excerpt`], and what of it `span` covers, in bytes.
    #[must_use]
    pub fn marked(text: &str, span: Span, masks: &[Span]) -> (Sym, (u16, u16)) {
        let (span_start, span_end) = (span.start as usize, span.end as usize);
        let (start, end) = window(text, span_start.min(text.len()));
        let masks = Span::overlapping(masks, Span::new(start, end));
        let mut out = String::new();
        let mut chars = 0;
        let mut mark = (None, None);
        let mut pos = start;
        while pos < end && chars + MASK.len() <= MAX_CHARS {
            let mask = masks.iter().find(|m| m.range().contains(&pos));
            let Some(c) = text[pos..].chars().next() else { break };
            let next = mask.map_or(pos + c.len_utf8(), |m| ceil(text, m.end as usize));
            if span_start < next && mark.0.is_none() {
                mark.0 = Some(out.len());
            }
            if span_end <= pos && mark.1.is_none() {
                mark.1 = Some(out.len());
            }
            match mask {
                Some(_) => out.push_str(MASK),
                None => out.extend(shown(c)),
            }
            chars += if mask.is_some() { MASK.len() } else { shown(c).count() };
            pos = next;
        }
        let short = |n: Option<usize>| u16::try_from(n.unwrap_or(out.len())).unwrap_or(u16::MAX);
        let from = short(mark.0);
        let to = short(mark.1).max(from);
        (Sym::from(out), (from, to))
    }

    /// The part of the line around byte `at` that is worth showing, without white space around it.
    fn window(text: &str, at: usize) -> (usize, usize) {
        let bytes = text.as_bytes();
        let (low, high) = (at.saturating_sub(REACH), at.saturating_add(REACH).min(bytes.len()));
        let newline = |b: &u8| matches!(b, b'\n' | b'\r');
        let start = bytes[low..at].iter().rposition(newline).map_or(low, |i| low + i + 1);
        let end = bytes[at..high].iter().position(newline).map_or(high, |i| at + i);
        let (start, end) = (ceil(text, start), floor(text, end));
        let line = text.get(start..end).unwrap_or("");
        let first = start + (line.len() - line.trim_start().len());
        let start = if at > first + MAX_CHARS / 2 { ceil(text, at - MAX_CHARS / 4) } else { first };
        (start.min(end), start.max(first) + text.get(start..end).unwrap_or("").trim_end().len())
    }

    fn ceil(text: &str, mut at: usize) -> usize {
        while at < text.len() && !text.is_char_boundary(at) {
            at += 1;
        }
        at.min(text.len())
    }

    fn floor(text: &str, mut at: usize) -> usize {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn shown(c: char) -> impl Iterator<Item = char> {
        let plain = !c.is_control() || c == '\t';
        let escaped = (!plain).then(|| c.escape_default());
        plain.then_some(if c == '\t' { ' ' } else { c }).into_iter().chain(escaped.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::mask::marked;
    use super::redact;
    use crate::facts::{FactKind, Server, Sym};
    use crate::span::Span;

    fn shown(text: &str, span: (usize, usize), masks: &[(usize, usize)]) -> (String, String) {
        let masks: Vec<Span> = masks.iter().map(|m| Span::new(m.0, m.1)).collect();
        let (excerpt, mark) = marked(text, Span::new(span.0, span.1), &masks);
        (excerpt.to_string(), excerpt[mark.0 as usize..mark.1 as usize].to_string())
    }

    #[test]
    fn a_command_line_in_a_fact_shows_no_value_that_was_masked() {
        let text = "run --key abcdefgh x";
        let mut kind = FactKind::from(Server { command: Some(Sym::new(text)), ..Server::default() });
        redact(&mut kind, text, &[Span::new(10, 18)]);
        assert!(matches!(kind, FactKind::Server(s) if s.command.unwrap() == "run --key *** x"));
    }

    #[test]
    fn an_excerpt_is_masked_trimmed_and_knows_what_is_meant() {
        let text = "x\n    key = 'abcdef' # note\ny";
        let at = text.find("abcdef").unwrap();
        let masked = shown(text, (at, at + 6), &[(at, at + 6)]);
        assert_eq!(masked, ("key = '***' # note".into(), "***".into()));
        let name = text.find("key").unwrap();
        assert_eq!(shown(text, (name, name + 3), &[(at, at + 6)]).1, "key");
        let bell = "a\u{1b}[31mb";
        assert_eq!(shown(bell, (0, 1), &[]), ("a\\u{1b}[31mb".into(), "a".into()));
    }

    #[test]
    fn a_masked_value_over_several_lines_stays_masked_on_each_of_them() {
        let text = "begin\nsecret line\nend";
        assert_eq!(shown(text, (6, 10), &[(0, 17)]).0, "***");
    }

    #[test]
    fn of_a_long_line_the_part_around_the_span_is_shown() {
        let text = format!("{}é needle {}", "a".repeat(5000), "b".repeat(5000));
        let at = text.find("needle").unwrap();
        let (excerpt, mark) = shown(&text, (at, at + 6), &[(0, 4990)]);
        assert_eq!(mark, "needle");
        assert!(excerpt.starts_with("***aaa") && excerpt.chars().count() <= 200, "{excerpt}");
    }
}

//! One document: the unit that extractors read.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};

use super::code::ast::{Language, Module};
use super::notebook::{self, Piece};
use super::structured::{self, Problem};
use super::value::{Entry, Expr};
use super::{Kind, Role, Value, code};
use crate::error::Notice;
use crate::matcher::Hits;
use crate::span::{LineIndex, Span};

/// Which part of a file a document is. A notebook gives three, every other file one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The whole file.
    Whole,
    /// A notebook's code cells, joined.
    CodeCells,
    /// A notebook's prose cells, joined.
    ProseCells,
    /// A notebook's outputs, joined.
    Outputs,
}

/// Maps offsets of a joined text back to the file: (offset in the text, offset in the file), sorted;
/// between two entries offsets run in parallel.
pub type OriginMap = Vec<(u32, u32)>;

/// A document to extract facts from.
#[derive(Debug)]
pub struct Document<'a> {
    /// Path as shown, relative to the root.
    pub path: &'a str,
    /// Format.
    pub kind: Kind,
    /// What the file is for.
    pub role: Role,
    /// Why.
    pub role_reason: &'static str,
    /// Which part of the file this is.
    pub part: Part,
    /// Whether git ignores the file and does not track it.
    pub ignored: bool,
    /// Whether code of another file asks for what this one defines.
    pub demanded: bool,
    /// The text that spans index into.
    pub text: Cow<'a, str>,
    /// The whole decoded file (the same as `text` for [`Part::Whole`]).
    pub raw: &'a str,
    /// From `text` to `raw`; none when they are the same.
    pub origin: Option<OriginMap>,
    /// Lines of `raw`.
    pub lines: &'a LineIndex<'a>,
    /// Literals of all models that the match engine saw in `text`.
    pub hits: Hits,
    /// Spans of credential values in `text`, in order and without overlaps, masked in every excerpt; written by the
    /// first reader.
    pub masks: RefCell<Vec<Span>>,
    /// What parsing cost: set when it was done.
    pub parsed: Cell<bool>,
    values: OnceCell<Vec<Value>>,
    anchors: OnceCell<Vec<(Box<str>, Span)>>,
    module: OnceCell<Option<Module>>,
    notices: RefCell<Vec<Notice>>,
}

impl<'a> Document<'a> {
    /// A document that is the whole of a file.
    #[must_use]
    pub fn whole(path: &'a str, kind: Kind, raw: &'a str, lines: &'a LineIndex<'a>, hits: Hits) -> Self {
        Self {
            path,
            kind,
            role: Role::Product,
            role_reason: "",
            part: Part::Whole,
            ignored: false,
            demanded: false,
            text: Cow::Borrowed(raw),
            raw,
            origin: None,
            lines,
            hits,
            masks: RefCell::default(),
            parsed: Cell::new(false),
            values: OnceCell::new(),
            anchors: OnceCell::new(),
            module: OnceCell::new(),
            notices: RefCell::default(),
        }
    }

    /// The structured content: one value a document of the stream. Empty for code and prose. Parsed
    /// at the first call; what could not be parsed becomes a notice.
    pub fn values(&self) -> &[Value] {
        self.values.get_or_init(|| {
            self.parsed.set(true);
            let parsed = structured::parse(self.kind, self.path, &self.text);
            let notices = parsed.problems.iter().map(|problem| self.notice(problem));
            self.notices.borrow_mut().extend(notices);
            // Set once, together with the values.
            let _ = self.anchors.set(parsed.anchors);
            parsed.values
        })
    }

    /// What an alias stands for, one step; any other value is itself. Anchors are never expanded in
    /// place: a caller that follows several bounds its steps.
    #[must_use]
    pub fn resolve<'v>(&'v self, value: &'v Value) -> &'v Value {
        let Some(Expr::Alias(name)) = value.as_expr() else { return value };
        let anchors = self.anchors.get().map_or(&[][..], Vec::as_slice);
        let before = anchors.partition_point(|(_, at)| at.start < value.span.start);
        let target = anchors[..before].iter().rev().find(|(anchor, _)| anchor == name);
        target.and_then(|&(_, at)| self.values().iter().find_map(|root| find(root, at))).unwrap_or(value)
    }

    /// The entries of a map, those that `<<` merges included unless the map has the key itself.
    #[must_use]
    pub fn merged<'v>(&'v self, value: &'v Value) -> Vec<&'v Entry> {
        let map = self.resolve(value);
        let mut all: Vec<&Entry> = map.entries().iter().filter(|e| &*e.key != "<<").collect();
        for merge in map.get_all("<<").flat_map(Value::one_or_many) {
            let inherited = self.resolve(merge).entries().iter().filter(|e| &*e.key != "<<");
            let news: Vec<&Entry> = inherited.filter(|e| all.iter().all(|own| own.key != e.key)).collect();
            all.extend(news);
        }
        all
    }

    /// Whether a credential value was seen in a part of `span`.
    #[must_use]
    pub fn is_masked(&self, span: Span) -> bool {
        Span::any_overlaps(&self.masks.borrow(), span)
    }

    fn notice(&self, problem: &Problem) -> Notice {
        notice(self.path, self.lines.line(self.to_raw(problem.offset)), problem)
    }

    /// The code, when the kind has a lowering. Parsed at the first call.
    pub fn module(&self) -> Option<&Module> {
        self.module
            .get_or_init(|| {
                let (module, notice) = self.lower()?;
                self.parsed.set(true);
                self.notices.borrow_mut().extend(notice);
                module
            })
            .as_ref()
    }

    /// Code of a file, or of a notebook's code cells (IPython commands blanked, offsets kept).
    fn lower(&self) -> Option<(Option<Module>, Option<Notice>)> {
        match (self.kind, self.part) {
            (Kind::Code(Language::Python), Part::CodeCells) => {
                Some(code::parse(Language::Python, self.path, &code::without_magics(&self.text)))
            }
            (Kind::Code(language), Part::Whole | Part::CodeCells) => Some(code::parse(language, self.path, &self.text)),
            _ => None,
        }
    }

    /// Takes the notices that parsing left.
    pub fn take_notices(&self) -> Vec<Notice> {
        self.notices.take()
    }

    /// The offset in the file of an offset in this document's text.
    #[must_use]
    pub fn to_raw(&self, offset: u32) -> u32 {
        let Some(map) = &self.origin else { return offset };
        let at = map.partition_point(|&(text, _)| text <= offset);
        let Some(&(text, raw)) = at.checked_sub(1).and_then(|i| map.get(i)) else { return 0 };
        let bound = map.get(at).map_or(u32::try_from(self.raw.len()).unwrap_or(u32::MAX), |&(_, next)| next);
        (raw + (offset - text)).min(bound)
    }

    /// The last segment of the path.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
}

/// The documents of a file: the parts of a notebook, of any other file the whole. `hits` are those of
/// the whole file, `scan` is the match engine for its parts. A notebook that cannot be read is text.
#[must_use]
pub fn documents<'a>(
    path: &'a str,
    kind: Kind,
    raw: &'a str,
    lines: &'a LineIndex<'a>,
    hits: Hits,
    scan: impl Fn(&str) -> Hits,
) -> (Vec<Document<'a>>, Vec<Notice>) {
    if kind != Kind::Notebook || hits.found.is_empty() {
        return (vec![Document::whole(path, kind, raw, lines, hits)], Vec::new());
    }
    match notebook::pieces(raw) {
        Ok(pieces) => {
            let part = |piece: Piece| Document {
                part: piece.part,
                origin: Some(piece.origin),
                hits: scan(&piece.text),
                text: Cow::Owned(piece.text),
                ..Document::whole(path, piece.kind, raw, lines, Hits::default())
            };
            (pieces.into_iter().map(part).collect(), Vec::new())
        }
        Err(problem) => {
            let notice = notice(path, lines.line(problem.offset), &problem);
            (vec![Document::whole(path, Kind::Text, raw, lines, hits)], vec![notice])
        }
    }
}

fn notice(path: &str, line: u32, problem: &Problem) -> Notice {
    let message = format!(
        "{}; its structure was not judged from here, its text was: mend the file, or ignore it",
        problem.reason
    );
    Notice { path: path.to_owned(), line, kind: problem.kind, message }
}

/// The outermost value that stands exactly at `at`.
fn find(value: &Value, at: Span) -> Option<&Value> {
    if !value.span.contains(at) {
        return None;
    }
    if value.span == at {
        return Some(value);
    }
    let children = value.items().iter().chain(value.entries().iter().map(|e| &e.value));
    children.into_iter().find_map(|child| find(child, at))
}

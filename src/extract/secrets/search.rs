//! From the literals that the match engine saw to credentials. Input: a document. Output: what was found
//! and, for `explain`, what was looked at: each hit goes to the code of its kinds ([`telling`], [`assigned`],
//! [`encoded`]), and where several answers overlap the most telling stays.
//!
//! [`telling`]: super::telling
//! [`assigned`]: super::assigned
//! [`encoded`]: super::encoded

use std::ops::Range;

use rustc_hash::FxHashSet;

use super::assign::{self, Bare};
use super::found::Found;
use super::standing;
use crate::catalogue::credential::{FoundBy, KINDS, Kind, by_id};
use crate::matcher::{self, Topic};
use crate::parse::{Document, Kind as Format};
use crate::span::Span;

/// Something that was looked at, and what came of it. Holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Considered {
    /// Where.
    pub span: Span,
    /// The kind of credential that was thought of.
    pub kind: &'static str,
    /// The name it is bound to, if any.
    pub name: String,
    /// Whether it was reported.
    pub reported: bool,
    /// Why, or why not.
    pub why: &'static str,
}

/// What a search gave.
#[derive(Default)]
pub(super) struct Search {
    pub(super) found: Vec<Found>,
    pub(super) considered: Vec<Considered>,
    /// Bytes of the values that were read, each as often as it was.
    pub(super) read: usize,
    /// Whether names were passed over because the values of others lie over theirs too often.
    pub(super) unfinished: bool,
}

/// How often the whole text may be read as the values of its names: a value that holds names is read again for
/// each, and a line that is nothing else would be read thousands of times.
const READINGS: usize = 16;
/// What a short text counts as.
const SHORT: usize = 64 << 10;

impl Search {
    /// Whether the values of another name may be read.
    pub(super) fn goes_on(&mut self, text: &str) -> bool {
        self.unfinished |= self.read > READINGS * text.len().max(SHORT);
        !self.unfinished
    }
}

/// Searches a document; with `trace`, everything that was considered is kept.
pub(super) fn search(document: &Document<'_>, trace: bool) -> Search {
    let text: &str = &document.text;
    let one = One { trace, text, document, bare: standing::bare(document), lock: standing::is_lock(document) };
    let mut out = Search::default();
    let mut names = FxHashSet::default();
    for &(literal, at) in &document.hits.found {
        let literal = matcher::literal(literal);
        let hit = at as usize..at as usize + literal.text.len();
        if literal.topic != Topic::Credential || !text.is_char_boundary(hit.start) || !text.is_char_boundary(hit.end) {
            continue;
        }
        let mut assigned = false;
        for &model in literal.models {
            let kind = &KINDS[usize::from(model)];
            let by_name = matches!(kind.found_by, FoundBy::Assignment | FoundBy::Name);
            if !by_name {
                one.form(kind, hit.clone(), &mut out);
            } else if !assigned && !one.lock {
                assigned = true;
                let name = assign::name_around(text, hit.clone());
                if names.insert(name.end) {
                    one.assignment(name, &mut out);
                }
            }
        }
    }
    if document.kind == Format::Yaml && text.contains("kind: Secret") {
        one.kubernetes(&mut out);
    }
    out.found = without_overlaps(out.found);
    for one in &mut out.considered {
        let stayed = |f: &Found| f.kind.id == one.kind && f.range.start <= one.span.range().end + 400;
        if one.reported && !out.found.iter().any(|f| stayed(f) && f.range.end > one.span.range().start) {
            (one.reported, one.why) = (false, "another kind tells more");
        }
    }
    out
}

/// The most telling of each group of overlapping answers, in order of place.
fn without_overlaps(mut found: Vec<Found>) -> Vec<Found> {
    let literal = |f: &Found| f.held == "literal";
    found.sort_by_key(|f| {
        let prefix = f.kind.prefixes.iter().map(|p| p.len()).max().unwrap_or(0);
        // Where kinds share a prefix, the one whose name stands beside the value is meant.
        let named = f.kind.found_by == FoundBy::Prefix && !f.kind.keywords.is_empty();
        (std::cmp::Reverse((f.rank, literal(f), named, prefix)), f.range.start, f.range.end)
    });
    let mut kept: Vec<Found> = Vec::new();
    let mut taken = std::collections::BTreeMap::<usize, usize>::new();
    for one in found {
        let before = taken.range(..one.mask.end).next_back();
        if before.is_none_or(|(_, &end)| end <= one.mask.start) {
            taken.insert(one.mask.start, one.mask.end);
            kept.push(one);
        }
    }
    kept.sort_by_key(|f| (f.range.start, f.range.end));
    kept
}

/// A document that is searched.
pub(super) struct One<'d> {
    pub(super) trace: bool,
    pub(super) text: &'d str,
    pub(super) document: &'d Document<'d>,
    /// What may stand for a value without quotes.
    pub(super) bare: Bare,
    /// Whether names bind nothing of interest here.
    lock: bool,
}

impl One<'_> {
    /// Keeps what came of a candidate.
    pub(super) fn consider(
        &self,
        out: &mut Search,
        kind: &'static Kind,
        range: &Range<usize>,
        name: &str,
        answer: Result<Found, &'static str>,
    ) {
        let (reported, why) = match &answer {
            Ok(found) => (true, found.doubts.first().copied().unwrap_or("the form is right")),
            Err(why) => (false, *why),
        };
        if self.trace {
            let span = Span::new(range.start, range.end);
            out.considered.push(Considered { span, kind: kind.id, name: name.to_owned(), reported, why });
        }
        out.found.extend(answer);
    }

    /// Keeps why a name was not looked at further.
    pub(super) fn passed_over(&self, name: &Range<usize>, why: &'static str, out: &mut Search) {
        let Some(kind) = self.trace.then(|| by_id("generic-secret")).flatten() else { return };
        let shown = self.text.get(name.clone()).unwrap_or_default().to_owned();
        let span = Span::new(name.start, name.end);
        out.considered.push(Considered { span, kind: kind.id, name: shown, reported: false, why });
    }
}

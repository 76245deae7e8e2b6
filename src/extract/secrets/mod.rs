//! Credentials in text. Input: a document with the hits of the match engine. Output: `Credential` facts,
//! at most one a place, and the masks that every later excerpt respects. Nothing is parsed.
//!
//! How it is decided; where two answers overlap the earlier one stays ([`found::Rank`]):
//!
//! 1. **A form that speaks for itself**: a provider's ([`forms`]: a telling prefix or infix, then alphabet,
//!    length, pattern, entropy floor and checksum of the model), a connection URL with a password ([`url`]), a
//!    PEM private key ([`pem`]), a JSON web token ([`jwt`]).
//! 2. **A name or a place that only a credential has**: a model that is known by name (`PINECONE_API_KEY` and
//!    a UUID; [`assign`] reads name and value, whatever the format), or an option of a command, an argument of
//!    a call, a field of a program's own file ([`line`]).
//! 3. **A header**: bearer and basic ([`header`]).
//! 4. **A credential-like name** ([`names`]) with a value that looks drawn at random ([`random`]) or, for
//!    passwords, one that is no plain word.
//!
//! What is no secret ([`value`]) is never reported: placeholders, templates, lookups, repeated
//! characters, published example keys. Doubt (failed checksum, local or reserved host, dictionary
//! password, sequence) lowers confidence and is named in the fact. Values that a manager or cipher
//! holds ([`sealed`]) give facts without a value. [`explain`] says all this of one document.

mod apart;
mod around;
mod assign;
mod assigned;
mod calls;
mod commands;
mod connection;
mod encoded;
mod files;
mod forms;
mod found;
mod header;
mod jwt;
mod line;
mod literal;
mod marks;
mod names;
mod operator;
mod pem;
mod published;
mod random;
mod sealed;
mod search;
mod sequence;
mod standing;
mod telling;
mod url;
mod value;
mod weigh;

use super::{Reader, Sink};
use crate::error::{Notice, NoticeKind};
use crate::matcher::Topic;
use crate::parse::Document;
use crate::span::Span;

pub use search::Considered;

/// The reader.
pub const READER: Reader = Reader { name: "secrets", reads, read };

fn reads(document: &Document<'_>) -> bool {
    document.hits.has(Topic::Credential) && !standing::is_of_a_scanner(document)
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let search::Search { mut found, unfinished, .. } = search::search(document, false);
    if unfinished {
        let what = "one value holds more names than are read: what stands behind some was not judged; split the line";
        sink.notice(Notice::file(document.path, NoticeKind::Budget, what));
    }
    if found.is_empty() {
        return;
    }
    {
        let mut masks = document.masks.borrow_mut();
        masks.extend(found.iter().map(|f| Span::new(f.mask.start, f.mask.end)));
        masks.sort_unstable_by_key(|mask| (mask.start, mask.end));
    }
    let context = standing::context(document);
    let tests = standing::tests_from(document);
    let of_detector = standing::looks_for_secrets(document.path);
    for mut one in found.drain(..) {
        let context = if tests.is_some_and(|from| one.range.start > from) { "test" } else { context };
        if of_detector && (context == "test" || standing::tries(document.path)) {
            one = one.doubting(["sample-of-a-detector"]);
        }
        if standing::is_shown(&document.text, &one.name, one.range.start) {
            one = one.doubting(["shown-as-example"]);
        }
        if one.kind.id == "azure-sas-token" && standing::is_link_to_read(&document.text, one.range.start) {
            one = one.doubting(["link-to-read-one-file"]);
        }
        if one.kind.id.ends_with("access-key-id") && standing::signs_a_link(&document.text, one.range.start) {
            one = one.doubting(["signed-link"]);
        }
        let fact = one.fact(document, context, &sink.context.key);
        sink.add(Span::new(one.range.start, one.range.end), fact);
    }
}

/// Everything that was looked at in `document` and why it was or was not reported. Holds no value.
#[must_use]
pub fn explain(document: &Document<'_>) -> Vec<Considered> {
    let mut all = search::search(document, true).considered;
    let read = (READER.reads)(document);
    for one in &mut all {
        if !read {
            (one.reported, one.why) = (false, "the file belongs to a scanner of secrets and is not searched");
        }
        // What reads like a name may be the inside of a value.
        if random::looks_random(&one.name) {
            one.name.clear();
        }
    }
    all
}

#[cfg(test)]
mod tests;

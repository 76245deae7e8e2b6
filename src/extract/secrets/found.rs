//! A credential that was found, and the fact that it becomes.

use std::ops::Range;

use super::standing;
use crate::catalogue::credential::Kind;
use crate::facts::{Credential, Sym};
use crate::parse::Document;

/// How telling the way is by which something was found: where two overlap, the higher wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// A name and a random value.
    Generic,
    /// A header.
    Header,
    /// A name that a model knows.
    Name,
    /// A form that speaks for itself.
    Form,
}

/// A credential that was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) kind: &'static Kind,
    /// The value.
    pub(super) range: Range<usize>,
    /// What excerpts must not show.
    pub(super) mask: Range<usize>,
    pub(super) rank: Rank,
    /// The name that it is bound to.
    pub(super) name: String,
    /// What is hashed; empty when there is no literal.
    pub(super) secret: String,
    pub(super) held: &'static str,
    pub(super) confidence: &'static str,
    pub(super) doubts: Vec<&'static str>,
    pub(super) public: bool,
    pub(super) host: Option<String>,
    pub(super) expires: Option<bool>,
    /// Provider and title that the value itself tells, when other than the kind's.
    pub(super) provider: Option<&'static str>,
}

impl Found {
    /// A literal of `kind` at `range` in `text`.
    pub(super) fn literal(kind: &'static Kind, text: &str, range: Range<usize>, rank: Rank) -> Self {
        Self {
            kind,
            mask: range.clone(),
            rank,
            name: String::new(),
            secret: text.get(range.clone()).unwrap_or_default().to_owned(),
            range,
            held: "literal",
            confidence: "high",
            doubts: Vec::new(),
            public: kind.public,
            host: None,
            expires: kind.expires,
            provider: None,
        }
    }

    /// Notes doubts; any of them makes the confidence low.
    pub(super) fn doubting(mut self, doubts: impl IntoIterator<Item = &'static str>) -> Self {
        self.doubts.extend(doubts);
        if !self.doubts.is_empty() {
            self.confidence = "low";
        }
        self
    }

    /// The fact.
    pub(super) fn fact(&self, document: &Document<'_>, context: &str, key: &[u8; 32]) -> Credential {
        let environment = standing::environment(&self.name).or_else(|| standing::environment(document.path));
        Credential {
            provider: Sym::new(self.provider.unwrap_or(self.kind.provider)),
            form: Sym::new(self.kind.id),
            title: Sym::new(self.kind.title),
            held: Sym::new(self.held),
            fingerprint: (!self.secret.is_empty()).then(|| fingerprint(&self.secret, key)),
            name: Sym::new(&self.name),
            context: Sym::new(context),
            confidence: Sym::new(self.confidence),
            doubts: self.doubts.iter().map(|d| Sym::new(d)).collect(),
            expires: self.expires,
            public: self.public,
            host: self.host.as_deref().map(Sym::new),
            environment: environment.map(Sym::new),
        }
    }
}

/// The keyed hash by which equal values are known; without the key it says nothing of the value.
fn fingerprint(secret: &str, key: &[u8; 32]) -> Sym {
    let hash = blake3::keyed_hash(key, secret.as_bytes()).to_hex();
    Sym::new(&hash.as_str()[..32])
}

//! Interned text: a fact's strings repeat (frameworks, actions, paths), so each distinct one is kept
//! once for the life of the process and compared by content.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::{LazyLock, Mutex, PoisonError};

use rustc_hash::{FxBuildHasher, FxHasher};
use serde::{Deserialize, Deserializer, Serialize};

const SHARDS: usize = 64;

type Shard = Mutex<HashSet<&'static str, FxBuildHasher>>;

static SHARD: LazyLock<Vec<Shard>> =
    LazyLock::new(|| (0..SHARDS).map(|_| Mutex::new(HashSet::with_hasher(FxBuildHasher))).collect());

/// An interned string. Order, equality and hash are those of the text, so nothing depends on which
/// thread interned first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sym(&'static str);

impl Sym {
    /// Interns `text`. The text stays in memory until the process ends: use it for what facts keep,
    /// never for whole documents.
    #[must_use]
    pub fn new(text: &str) -> Self {
        use std::hash::Hasher;
        let mut hasher = FxHasher::default();
        hasher.write(text.as_bytes());
        let shard = &SHARD[usize::try_from(hasher.finish() >> 32).unwrap_or(0) % SHARDS];
        let mut set = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = set.get(text) {
            return Self(known);
        }
        let kept: &'static str = Box::leak(text.into());
        set.insert(kept);
        Self(kept)
    }

    /// The text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl Deref for Sym {
    type Target = str;
    fn deref(&self) -> &str {
        self.0
    }
}

impl From<&str> for Sym {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<&String> for Sym {
    fn from(text: &String) -> Self {
        Self::new(text)
    }
}

impl From<String> for Sym {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl PartialEq<str> for Sym {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Sym {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl std::fmt::Display for Sym {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::fmt::Debug for Sym {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self.0, f)
    }
}

impl Serialize for Sym {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Sym {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&String::deserialize(deserializer)?))
    }
}

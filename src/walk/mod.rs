//! Stage 1, what to read. Input: a [`Request`](crate::cli::request::Request). Output: [`Source`]s
//! sorted by root and path (order is decided once, here) and notices about what was not read.

use std::path::PathBuf;

/// Where the bytes of a source come from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A file on disk, read when its turn comes.
    Disk(PathBuf),
    /// Bytes that are already here: a staged or historic blob, standard input.
    Memory(Vec<u8>),
}

/// What git says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GitState {
    /// In the index.
    Tracked,
    /// Neither in the index nor ignored.
    Untracked,
    /// Ignored and not in the index: facts for links, and no secret finding above note.
    Ignored,
    /// Not in a git checkout.
    Plain,
}

impl GitState {
    /// The slug in facts.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Tracked => "tracked",
            Self::Untracked => "untracked",
            Self::Ignored => "ignored",
            Self::Plain => "plain",
        }
    }
}

/// One thing to read.
#[derive(Debug, Clone)]
pub struct Source {
    /// Index of the root that it belongs to.
    pub root: usize,
    /// The path that is shown and that facts use: relative to the root, `/` as separator; with
    /// several roots it begins with the root as typed.
    pub path: String,
    /// What git says of it.
    pub git: GitState,
    /// Where its bytes are.
    pub origin: Origin,
}

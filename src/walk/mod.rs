//! Stage 1, what to read. Input: a [`Request`]. Output: [`Sources`]: what is to be read, sorted by
//! root and path (order is decided once, here), and notices about what was not.
//!
//! In a git checkout the index and the untracked files that no pattern ignores are read; a tracked
//! file is read even where a pattern matches it. Of the ignored files only dotenv files and the
//! configuration of agents are read, marked [`GitState::Ignored`]. Elsewhere `.gitignore` and
//! `.ignore` decide, and everywhere `.nhiscanignore` does.

mod changes;
mod git;
mod ignored;
mod index;
mod lines;
pub mod names;
mod objects;
mod plan;
mod read;
mod root;
mod shown;
mod tree;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use changes::{Changed, Changes};
pub use objects::Objects;
pub use plan::{Plan, plan};
pub use read::{Buffer, Content, LARGE, Window, Windows};
pub use root::Root;
pub use shown::{shown_name, shown_path};

use crate::cli::request::Request;
use crate::error::{Error, Notice};

/// Where the bytes of a source come from; [`Buffer::read`] reads any of them.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A file on disk, read when its turn comes.
    Disk(PathBuf),
    /// Bytes that are already here: standard input, a test.
    Memory(Vec<u8>),
    /// A blob in git, read when its turn comes.
    Blob {
        /// The repository's objects.
        objects: Arc<Objects>,
        /// The blob's name.
        object: String,
        /// Where it stands, or stood, on disk.
        place: PathBuf,
    },
}

impl Origin {
    /// Where it stands on disk, or would.
    #[must_use]
    pub fn place(&self) -> Option<&Path> {
        match self {
            Self::Disk(place) | Self::Blob { place, .. } => Some(place),
            Self::Memory(_) => None,
        }
    }
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
    /// Index into [`Sources::repositories`].
    pub repository: usize,
}

/// A repository, or a root that is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repository {
    /// What the shown paths of its files begin with: empty, or ending in `/`.
    pub shown: String,
    /// Where the root lies inside the repository: empty, or ending in `/`.
    pub inside: String,
    /// Its folder on disk (the root, where the root is a folder inside it).
    pub folder: PathBuf,
    /// Whether git knows it.
    pub git: bool,
}

/// What a run reads.
#[derive(Debug, Default)]
pub struct Sources {
    /// The roots, in the order typed.
    pub roots: Vec<Root>,
    /// The repositories met, sorted by root and shown path.
    pub repositories: Vec<Repository>,
    /// What to read, sorted by root and path.
    pub list: Vec<Source>,
    /// What will not be read and should have been.
    pub notices: Vec<Notice>,
}

impl Sources {
    /// The path of `source` inside its own repository: what its role is judged by, so that neither
    /// the name of a checkout nor the choice of a root decides.
    #[must_use]
    pub fn path_in_repository<'s>(&'s self, source: &'s Source) -> Cow<'s, str> {
        let Some(repository) = self.repositories.get(source.repository) else { return Cow::Borrowed(&source.path) };
        let below = source.path.strip_prefix(repository.shown.as_str()).unwrap_or(&source.path);
        if repository.inside.is_empty() {
            Cow::Borrowed(below)
        } else {
            Cow::Owned(format!("{}{below}", repository.inside))
        }
    }
}

/// Finds what `request` asks to read.
///
/// # Errors
/// When a root cannot be read at all.
pub fn sources(request: &Request) -> Result<Sources, Error> {
    let mut sources = Sources::default();
    for root in root::resolve(request)? {
        let number = sources.roots.len();
        root.collect(number, &mut sources)?;
        sources.roots.push(root);
    }
    settle(&mut sources);
    Ok(sources)
}

/// Sorts, and drops what overlapping roots name twice (the first root keeps it).
fn settle(sources: &mut Sources) {
    let roots = &sources.roots;
    let overlap = |one: &Root, others: &[Root]| others.iter().any(|other| one.overlaps(other));
    if (1..roots.len()).any(|at| overlap(&roots[at], &roots[..at])) {
        let mut seen = std::collections::HashSet::new();
        sources.list.retain(|source| source.origin.place().is_none_or(|path| seen.insert(path.to_owned())));
    }
    sources.list.sort_by(|a, b| (a.root, &a.path, a.origin.place()).cmp(&(b.root, &b.path, b.origin.place())));
    sources.notices.sort();
    sources.notices.dedup();
}

#[cfg(test)]
mod tests;

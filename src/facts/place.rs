//! Where a fact was seen, complete enough to be reported after the text is gone.

use serde::{Deserialize, Serialize};

use super::Sym;

/// Index of a file in the sorted list of sources of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileId(pub u32);

impl FileId {
    /// The file at position `at`.
    #[must_use]
    pub fn new(at: usize) -> Self {
        Self(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// Its position.
    #[must_use]
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

/// A fact by its file and its position in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FactId {
    /// The file.
    pub file: FileId,
    /// Position in the file's facts.
    pub index: u32,
}

/// A region of a file with its masked excerpt. Lines and columns count from 1, columns in UTF-16
/// code units; `end_column` is one past the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// Byte offset of the first byte in the decoded text.
    pub start: u32,
    /// Byte offset one past the last byte.
    pub end: u32,
    /// First line.
    pub line: u32,
    /// Column on the first line.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character on the last line.
    pub end_column: u32,
    /// The first line's text, trimmed, at most 200 characters, every credential on it masked.
    pub excerpt: Sym,
    /// What of the excerpt the region covers, in bytes, so that a report can underline it.
    #[serde(default)]
    pub mark: (u16, u16),
}

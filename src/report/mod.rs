//! Stage 6, how we say it. Input: a finished run, seen as a [`Report`]. Output: bytes in a format.
//! No format reads a file again: findings carry their own masked excerpts.

pub mod inventory;
pub mod inventory_change;
mod json;
mod markdown;
mod prose;
mod sarif;
mod text;
mod view;

use std::io::{self, Write};

use clap::ValueEnum;

use crate::catalogue::Rule;
use crate::error::Notice;
use crate::facts::{FileId, Place, Sym};
use crate::finding::Finding;

pub use prose::clean;
pub use view::{HeldBack, View};

/// A format of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people, in a terminal.
    #[default]
    Text,
    /// `nhiscan-findings/1`, one document.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// A summary for people, in a pull request or job page.
    Markdown,
}

impl Format {
    /// Its name on the command line.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Markdown => "markdown",
        }
    }
}

/// What every format writes: the findings of one view of a run, and what is not among them.
#[derive(Debug)]
pub struct Report<'a> {
    /// What was scanned, as a word for the SARIF category: `scan`, `staged`, `diff`.
    pub scope: &'a str,
    /// Roots as typed.
    pub roots: Vec<String>,
    /// Paths by [`FileId`].
    pub files: &'a [Sym],
    /// Every rule that was asked, whether it found something or not.
    pub rules: &'a [&'static Rule],
    /// The findings shown, in order of path and place.
    pub findings: Vec<&'a Finding>,
    /// What is not shown, counted.
    pub held_back: HeldBack,
    /// What could not be read or judged.
    pub notices: &'a [Notice],
}

impl Report<'_> {
    /// The path of a place.
    #[must_use]
    pub fn path(&self, file: FileId) -> Sym {
        self.files.get(file.0 as usize).copied().unwrap_or_default()
    }

    /// `path:line:column`.
    #[must_use]
    pub fn locus(&self, at: &Place) -> String {
        format!("{}:{}:{}", clean(&self.path(at.file)), at.line, at.column)
    }
}

/// Writes `report` in `format`.
///
/// # Errors
/// Whatever writing to `out` returns.
pub fn write(format: Format, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(report, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Markdown => markdown::write(report, out),
    }
}

/// What the host's limits make `format` leave out of `report`, for standard error.
#[must_use]
pub fn limits(format: Format, report: &Report<'_>) -> Vec<Notice> {
    match format {
        Format::Sarif => sarif::limits::cut(report).1,
        _ => Vec::new(),
    }
}

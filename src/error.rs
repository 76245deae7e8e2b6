//! What can go wrong: an [`Error`] stops the run, a [`Notice`] costs one file (or part of it) and is
//! reported in every format, counted, and never swallowed.

use std::path::PathBuf;

use serde::Serialize;

/// A failure that ends the run with exit code 2. Messages name the thing, the reason and the step.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path given on the command line cannot be read.
    #[error("{path}: {reason}; {step}")]
    Path {
        /// The path as typed.
        path: PathBuf,
        /// Why it cannot be used.
        reason: String,
        /// What the user can do.
        step: &'static str,
    },
    /// Configuration, baseline or a rule page is malformed.
    #[error("{path}:{line}:{column}: {reason}; {step}")]
    Config {
        /// The file at fault.
        path: String,
        /// Line, from 1; 0 when the whole file is meant.
        line: u32,
        /// Column, from 1.
        column: u32,
        /// What is wrong there.
        reason: String,
        /// What the user can do.
        step: String,
    },
    /// `git` is missing or refused.
    #[error("git: {reason}; {step}")]
    Git {
        /// What git said, or why it could not be run.
        reason: String,
        /// What the user can do.
        step: &'static str,
    },
    /// An output cannot be written.
    #[error("{path}: {reason}; check that the folder exists and may be written")]
    Write {
        /// The file that was being written.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// What was asked for does not exist (a rule, a control, a format).
    #[error("{what}; {step}")]
    Usage {
        /// What was asked for and why it is not there.
        what: String,
        /// What the user can do.
        step: String,
    },
}

/// What kind of thing was lost. The slug is stable: it is `descriptor.id` in SARIF notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// The file could not be opened or read.
    Unreadable,
    /// The bytes are no text in a known encoding; they were read as Latin-1.
    Encoding,
    /// The parser refused the file or a part of it; raw-text facts were still taken.
    Parse,
    /// A budget (bytes, depth, nodes, line length) ended the reading early.
    Budget,
    /// A link leads out of the root and was not followed.
    Link,
    /// Not a regular file (FIFO, socket, device): not opened.
    Special,
    /// A panic in one file was caught: a bug in nhiscan, and the file was not judged.
    Crash,
    /// An output limit of the host was reached.
    Limit,
    /// Git, configuration or the base revision could not be used as asked.
    Setup,
    /// A suppression is without reason, out of date or without effect.
    Suppression,
}

impl NoticeKind {
    /// The stable slug.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Encoding => "encoding",
            Self::Parse => "parse",
            Self::Budget => "budget",
            Self::Link => "link",
            Self::Special => "special",
            Self::Crash => "crash",
            Self::Limit => "limit",
            Self::Setup => "setup",
            Self::Suppression => "suppression",
        }
    }
}

/// A file, or a part of one, that could not be judged, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Notice {
    /// Path relative to the root; empty when the notice is about the run.
    pub path: String,
    /// Line, from 1; 0 when the whole file is meant.
    pub line: u32,
    /// What was lost.
    pub kind: NoticeKind,
    /// Lower case: what, why, and the step to take.
    pub message: String,
}

impl Notice {
    /// A notice about a whole file.
    #[must_use]
    pub fn file(path: impl Into<String>, kind: NoticeKind, message: impl Into<String>) -> Self {
        Self { path: path.into(), line: 0, kind, message: message.into() }
    }
}

//! What the command line means: everything resolved, nothing left to decide.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::ValueEnum;

use crate::finding::Level;

/// A resolved request to read and judge.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Roots as typed; the current folder when none. `-` is standard input.
    pub roots: Vec<PathBuf>,
    /// Which state of the roots to read.
    pub mode: Mode,
    /// The path to assume for standard input.
    pub stdin_name: Option<String>,
    /// The text engine alone: nothing is parsed.
    pub text_only: bool,
    /// Configuration file, when not the root's own.
    pub config: Option<PathBuf>,
    /// Baseline: findings in it are left out.
    pub baseline: Option<PathBuf>,
    /// Threads; 0 for one a core.
    pub threads: usize,
    /// The key of value fingerprints.
    pub key: [u8; 32],
    /// Counts files for whoever shows progress; costs two atomic additions a file.
    pub progress: Progress,
}

/// Which state of the roots to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mode {
    /// The files on disk (in a git checkout: the index plus untracked files that are not ignored).
    #[default]
    Tree,
    /// The content staged in git.
    Staged,
    /// The files on disk, reporting only what the change since this revision brings in.
    Diff(String),
}

/// From which level on a run exits with 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FailOn {
    /// Errors.
    #[default]
    Error,
    /// Warnings and errors.
    Warning,
    /// Anything.
    Note,
    /// Nothing: findings never fail the run.
    None,
}

impl FailOn {
    /// The level from which on a finding fails the run.
    #[must_use]
    pub fn level(self) -> Option<Level> {
        match self {
            Self::Error => Some(Level::Error),
            Self::Warning => Some(Level::Warning),
            Self::Note => Some(Level::Note),
            Self::None => None,
        }
    }
}

/// Files done out of files known, shared between the pipeline (which counts) and a progress bar
/// (which looks).
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<(AtomicU64, AtomicU64)>);

impl Progress {
    /// `n` more files are to be read.
    pub fn expect(&self, n: usize) {
        self.0.1.fetch_add(n as u64, Ordering::Relaxed);
    }

    /// A file is done.
    pub fn done(&self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Files done, files known.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.0.0.load(Ordering::Relaxed), self.0.1.load(Ordering::Relaxed))
    }
}

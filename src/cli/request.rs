//! What the command line means: everything resolved, nothing left to decide.

use std::path::PathBuf;

/// A resolved request to read and judge.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Roots as typed; the current folder when none.
    pub roots: Vec<PathBuf>,
    /// Threads; 0 for one a core.
    pub threads: usize,
}

//! Stage 4, how it hangs together. Input: the facts of all files of one repository. Output: the
//! identity graph: agents with their workloads, identities, credentials, grants, tools and servers.

use crate::extract::FileFacts;

/// The joined facts of one repository.
#[derive(Debug, Default)]
pub struct Graph {
    /// Facts by file, in the order of sources.
    pub files: Vec<FileFacts>,
}

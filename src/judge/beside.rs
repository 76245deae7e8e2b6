//! Which files have to do with agents. Input: the graph. Output: files that declare agents or what agents
//! are given, and those one import away from an agent.

use std::collections::BTreeSet;

use crate::facts::{Agent, FileId, Server, Tool};
use crate::graph::Graph;

/// Whether a file declares an agent, a tool or a tool server.
pub(super) fn declares(graph: &Graph, file: FileId) -> bool {
    let is_part = |fact: &crate::facts::Fact| {
        fact.get::<Agent>().is_some() || fact.get::<Tool>().is_some() || fact.get::<Server>().is_some()
    };
    graph.files[file.at()].facts.iter().any(is_part)
}

/// A file, and those of its repository that it imports or that import it.
pub(super) fn near(graph: &Graph, file: FileId) -> impl Iterator<Item = FileId> {
    graph.beside(file).filter(move |&other| graph.repository(other) == graph.repository(file))
}

/// The files of agents and those near them.
pub(super) fn near_agents(graph: &Graph) -> BTreeSet<FileId> {
    let files: BTreeSet<FileId> = graph.agents().iter().map(|node| node.fact.file).collect();
    files.into_iter().flat_map(|file| near(graph, file)).collect()
}

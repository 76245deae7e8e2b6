//! A coding agent that is configured in several files of one folder (`.mcp.json`,
//! `.claude/settings.json`) is one agent. Input: the facts. Output: the same, with what the later files
//! say added to the first declaration.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Graph;
use crate::catalogue::clients;
use crate::facts::{Agent, FactKind, FileId, Sym};

/// Joins the declarations of one client in one folder.
pub(super) fn merge(graph: &mut Graph) {
    let mut first: BTreeMap<(usize, Sym, &str), (usize, usize)> = BTreeMap::new();
    let mut later: Vec<(usize, usize, (usize, usize))> = Vec::new();
    for file in 0..graph.files.len() {
        let repository = graph.repositories.get(file).copied().unwrap_or(0);
        for (at, fact) in graph.files[file].facts.iter().enumerate() {
            let Some(agent) = fact.get::<Agent>().filter(|agent| is_client(agent)) else { continue };
            // Asked last: a path is compared with every file that any client reads.
            let Some(base) = clients::base(graph.paths[file].as_str()) else { break };
            let own = (file, at);
            let known = *first.entry((repository, agent.framework, base)).or_insert(own);
            if known != own {
                later.push((file, at, known));
            }
        }
    }
    // From the end, so that positions stay true while facts are taken out.
    for (file, at, (target, index)) in later.into_iter().rev() {
        let FactKind::Agent(more) = graph.files[file].facts.remove(at).kind else { continue };
        let FactKind::Agent(agent) = &mut graph.files[target].facts[index].kind else { continue };
        agent.tools.extend(more.tools);
        agent.credentials.extend(more.credentials);
        agent.gates.extend(more.gates);
        agent.void_gates.extend(more.void_gates);
        agent.tool_names.extend(more.tool_names);
    }
}

/// The client itself, and no agent that it is told to be.
fn is_client(agent: &Agent) -> bool {
    agent.symbol.is_empty() && agent.name == agent.framework
}

/// The folders that files configure clients of, each looked up once: a path is compared with every file that any
/// client reads.
#[derive(Default)]
pub(super) struct Folders {
    known: FxHashMap<FileId, Option<&'static str>>,
}

impl Folders {
    /// Whether two files configure clients of one folder.
    pub(super) fn same(&mut self, graph: &Graph, one: FileId, other: FileId) -> bool {
        one == other || self.of(graph, one).is_some_and(|folder| self.of(graph, other) == Some(folder))
    }

    fn of(&mut self, graph: &Graph, file: FileId) -> Option<&'static str> {
        *self.known.entry(file).or_insert_with(|| clients::base(graph.path(file).as_str()))
    }
}

//! What servers serve, joined over files: a server's module imports the agent, or a command line starts
//! the module. Input: endpoints, imports, agents and workloads. Output: one [`Served`] an endpoint.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::imports::Imports;
use super::{AgentNode, Graph, WorkloadNode};
use crate::facts::{Agent, Binding, Endpoint, FactId, FileId, Sym};

/// How many imports lie between a server and the agent that it serves, at most.
const DEPTH: usize = 4;

/// What an endpoint serves.
#[derive(Debug, Clone, Default)]
pub struct Served {
    /// Whether it is an agent's or a tool server's at all.
    pub any: bool,
    /// Agents that it serves from other files (positions in [`Graph::agents`]).
    pub agents: Vec<usize>,
    /// How callers are authenticated in what it imports.
    pub authentication: Option<Sym>,
    /// Another endpoint says the same of what it serves.
    pub elsewhere: bool,
}

/// One entry for every endpoint that is not the standard input.
pub(super) fn endpoints(
    graph: &Graph,
    imports: &Imports,
    agents: &[AgentNode],
    workloads: &[WorkloadNode],
) -> FxHashMap<FactId, Served> {
    let joiner = Joiner { graph, imports, agents, workloads };
    let all: Vec<(FactId, &Endpoint)> =
        graph.facts::<Endpoint>().filter(|(.., e)| e.transport != "stdio").map(|(id, _, e)| (id, e)).collect();
    let mut found: FxHashMap<FactId, Served> = FxHashMap::default();
    let mut elsewhere: BTreeSet<FactId> = BTreeSet::new();
    let mut started: BTreeSet<FileId> = BTreeSet::new();
    for &(id, endpoint) in &all {
        let roots = joiner.roots(id, endpoint);
        let reach: Vec<FileId> = joiner.reach(&roots);
        let mut served = joiner.served(id, endpoint, &reach);
        if matches!(&*endpoint.form, "http" | "command") && served.any {
            let inner = |e: &Endpoint| !matches!(&*e.form, "http" | "command") || endpoint.form == "command";
            let mut same = all
                .iter()
                .filter(|(other, e)| *other != id && e.form != "command" && reach.contains(&other.file) && inner(e));
            let open = same.clone().any(|(_, e)| e.reachable == "yes" && e.authentication.is_none());
            // The code says it already; or it leaves open where it listens, and this says it.
            if open {
                served.elsewhere = true;
            } else {
                elsewhere.extend(same.by_ref().filter(|(_, e)| e.reachable != "yes").map(|(other, _)| *other));
            }
            let again = endpoint.form == "command" && roots.iter().any(|&root| !started.insert(root));
            served.elsewhere |= again;
        }
        found.insert(id, served);
    }
    for id in elsewhere {
        if let Some(served) = found.get_mut(&id) {
            served.elsewhere = true;
        }
    }
    found
}

struct Joiner<'g> {
    graph: &'g Graph,
    imports: &'g Imports,
    agents: &'g [AgentNode],
    workloads: &'g [WorkloadNode],
}

impl Joiner<'_> {
    /// The files that an endpoint begins with: its own, or what its command line starts.
    fn roots(&self, id: FactId, endpoint: &Endpoint) -> Vec<FileId> {
        if endpoint.form != "command" {
            return vec![id.file];
        }
        let Some(workload) = self.workload(id) else { return Vec::new() };
        let by_path = |path: &Sym| self.graph.paths.iter().position(|p| p == path).map(FileId::new);
        self.graph.workload(workload).entry.iter().filter_map(by_path).take(1).collect()
    }

    /// The workload whose command line an endpoint is.
    fn workload(&self, id: FactId) -> Option<&WorkloadNode> {
        let at = self.graph.fact(id).at.start;
        let before = self.workloads.iter().filter(|w| w.fact.file == id.file && self.graph.fact(w.fact).at.start <= at);
        before.max_by_key(|w| self.graph.fact(w.fact).at.start)
    }

    fn reach(&self, roots: &[FileId]) -> Vec<FileId> {
        let mut all = Vec::new();
        for &root in roots {
            for (file, _) in self.imports.reach(root, DEPTH) {
                if !all.contains(&file) {
                    all.push(file);
                }
            }
        }
        all
    }

    fn served(&self, id: FactId, endpoint: &Endpoint, reach: &[FileId]) -> Served {
        let general = matches!(&*endpoint.form, "http" | "command");
        let mut served = Served { any: !general, authentication: self.guard(reach), ..Served::default() };
        if !general {
            return served;
        }
        let model = |agent: &Agent| agent.framework != "mcp-server" && !agent.symbol.is_empty();
        for &file in reach {
            let here = self.agents.iter().enumerate().filter(|(_, node)| node.fact.file == file);
            served.agents.extend(
                here.filter(|(_, node)| self.graph.get::<Agent>(node.fact).is_some_and(model)).map(|(at, _)| at),
            );
        }
        let inner = |fact: &crate::facts::Fact| {
            fact.get::<Endpoint>().is_some_and(|e| e.transport != "stdio" && !matches!(&*e.form, "http" | "command"))
        };
        let others = reach.iter().filter(|&&file| file != id.file);
        let listens = others.into_iter().any(|file| self.graph.files[file.at()].facts.iter().any(inner));
        served.any = listens || !served.agents.is_empty();
        served
    }

    /// The first sign, in files where servers are put together, of how callers are authenticated.
    fn guard(&self, reach: &[FileId]) -> Option<Sym> {
        reach.iter().find_map(|file| {
            let bindings = self.graph.files[file.at()].facts.iter().filter_map(crate::facts::Fact::get::<Binding>);
            bindings.filter(|b| b.form == "guard").find_map(|b| b.literal)
        })
    }
}

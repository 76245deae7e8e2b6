//! What servers serve, joined over files: a server's module imports the agent, or a command line starts
//! the module. Input: endpoints, imports, agents and workloads. Output: one [`Served`] an endpoint.

use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::imports::Imports;
use super::index::Index;
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
    /// Where the server that it starts was told to listen, when this place does not say it.
    pub host: Option<Sym>,
    /// Whether other machines reach that.
    pub reachable: Option<Sym>,
    /// Another endpoint says the same of what it serves.
    pub elsewhere: bool,
}

/// One entry for every endpoint that is not the standard input.
pub(super) fn endpoints(
    graph: &Graph,
    index: &Index,
    imports: &Imports,
    agents: &[AgentNode],
    workloads: &[WorkloadNode],
) -> FxHashMap<FactId, Served> {
    let (bound, all): (Vec<_>, Vec<_>) = graph
        .facts::<Endpoint>()
        .filter(|(_, _, e)| e.transport != "stdio")
        .map(|(id, _, e)| (id, e))
        .partition(|(_, e)| e.form == "bound");
    let mut joiner = Joiner::new(graph, imports, agents, workloads, &all);
    let mut found: FxHashMap<FactId, Served> = FxHashMap::default();
    let mut elsewhere: BTreeSet<FactId> = BTreeSet::new();
    let mut started: BTreeSet<FileId> = BTreeSet::new();
    for &(id, endpoint) in &all {
        let root = joiner.root(id, endpoint);
        let reach = joiner.reach(root);
        let mut served = joiner.served(id, endpoint, &reach);
        if endpoint.form == "started" {
            start(graph, index, agents, &bound, (id, endpoint), &mut served);
        }
        if is_general(endpoint) && served.any {
            let inner = |e: &Endpoint| !is_general(e) || endpoint.form == "command";
            let same: Vec<(FactId, &Endpoint)> = reach
                .iter()
                .flat_map(|file| joiner.endpoints.get(file).into_iter().flatten().copied())
                .filter(|(other, e)| *other != id && e.form != "command" && inner(e))
                .collect();
            // The code says it already; or it leaves open where it listens, and this says it.
            if same.iter().any(|(_, e)| e.reachable == "yes" && e.authentication.is_none()) {
                served.elsewhere = true;
            } else {
                elsewhere.extend(same.iter().filter(|(_, e)| e.reachable != "yes").map(|(other, _)| *other));
            }
            served.elsewhere |= endpoint.form == "command" && root.is_some_and(|root| !started.insert(root));
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

/// What an endpoint that starts the server of another module serves: nothing unless that is one.
fn start(
    graph: &Graph,
    index: &Index,
    agents: &[AgentNode],
    bound: &[(FactId, &Endpoint)],
    (id, endpoint): (FactId, &Endpoint),
    served: &mut Served,
) {
    let named = index.symbol(graph, id.file, endpoint.symbol);
    let is = |node: &AgentNode| {
        named.contains(&node.fact) && graph.get::<Agent>(node.fact).is_some_and(|a| a.framework == "mcp-server")
    };
    let Some(at) = agents.iter().position(is) else {
        served.any = false;
        return;
    };
    served.agents = vec![at];
    let server = agents[at].fact;
    let symbol = graph.get::<Agent>(server).map(|agent| agent.symbol);
    let Some((_, told)) = bound.iter().find(|(of, e)| of.file == server.file && Some(e.symbol) == symbol) else {
        return;
    };
    served.authentication = told.authentication.or(served.authentication);
    if endpoint.host.is_none() {
        served.host = told.host;
        served.reachable = told.host.map(|_| told.reachable);
    }
}

/// Whether an endpoint may serve anything: the code or command that starts it does not say what.
fn is_general(endpoint: &Endpoint) -> bool {
    matches!(&*endpoint.form, "http" | "command")
}

struct Joiner<'g> {
    graph: &'g Graph,
    imports: &'g Imports,
    files: FxHashMap<Sym, FileId>,
    endpoints: FxHashMap<FileId, Vec<(FactId, &'g Endpoint)>>,
    /// Agents of code that answer by a model, by file.
    agents: FxHashMap<FileId, Vec<usize>>,
    workloads: FxHashMap<FileId, Vec<&'g WorkloadNode>>,
    reached: FxHashMap<FileId, Rc<[FileId]>>,
}

impl<'g> Joiner<'g> {
    fn new(
        graph: &'g Graph,
        imports: &'g Imports,
        agents: &[AgentNode],
        workloads: &'g [WorkloadNode],
        endpoints: &[(FactId, &'g Endpoint)],
    ) -> Self {
        let model = |agent: &Agent| agent.framework != "mcp-server" && !agent.symbol.is_empty();
        let answers = agents.iter().enumerate().filter(|(_, node)| graph.get::<Agent>(node.fact).is_some_and(model));
        Self {
            graph,
            imports,
            files: graph.by_path(),
            endpoints: by_file(endpoints.iter().map(|&(id, endpoint)| (id.file, (id, endpoint)))),
            agents: by_file(answers.map(|(at, node)| (node.fact.file, at))),
            workloads: by_file(workloads.iter().map(|node| (node.fact.file, node))),
            reached: FxHashMap::default(),
        }
    }

    /// The file that an endpoint begins with: its own, or what its command line starts.
    fn root(&self, id: FactId, endpoint: &Endpoint) -> Option<FileId> {
        if endpoint.form != "command" {
            return Some(id.file);
        }
        self.graph.workload(self.workload(id)?).entry.iter().find_map(|path| self.files.get(path).copied())
    }

    /// The workload whose command line an endpoint is.
    fn workload(&self, id: FactId) -> Option<&'g WorkloadNode> {
        let at = self.graph.fact(id).at.start;
        let before = self.workloads.get(&id.file)?.iter().copied().filter(|w| self.graph.fact(w.fact).at.start <= at);
        before.max_by_key(|w| self.graph.fact(w.fact).at.start)
    }

    /// The file that an endpoint begins with and what that imports.
    fn reach(&mut self, root: Option<FileId>) -> Rc<[FileId]> {
        let Some(root) = root else { return Rc::default() };
        let imports = self.imports;
        let reached = self.reached.entry(root);
        Rc::clone(reached.or_insert_with(|| imports.reach(root, DEPTH).into_iter().map(|(file, _)| file).collect()))
    }

    fn served(&self, id: FactId, endpoint: &Endpoint, reach: &[FileId]) -> Served {
        let general = is_general(endpoint);
        let mut served = Served { any: !general, authentication: self.guard(reach), ..Served::default() };
        if !general {
            return served;
        }
        served.agents = reach.iter().flat_map(|file| self.agents.get(file).into_iter().flatten().copied()).collect();
        let others = reach.iter().filter(|&&file| file != id.file);
        let inner = |file: &FileId| self.endpoints.get(file).is_some_and(|all| all.iter().any(|(_, e)| !is_general(e)));
        served.any = !served.agents.is_empty() || others.into_iter().any(inner);
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

fn by_file<T>(all: impl Iterator<Item = (FileId, T)>) -> FxHashMap<FileId, Vec<T>> {
    let mut found: FxHashMap<FileId, Vec<T>> = FxHashMap::default();
    for (file, one) in all {
        found.entry(file).or_default().push(one);
    }
    found
}

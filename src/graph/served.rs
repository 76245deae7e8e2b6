//! What servers serve, joined over files: a server's module imports the agent, or a command line starts
//! the module. Input: endpoints, imports, agents and workloads. Output: one [`Served`] an endpoint.

use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::imports::Imports;
use super::index::Index;
use super::{AgentNode, Graph, WorkloadNode};
use crate::extract::agents::routes;
use crate::extract::listening;
use crate::facts::{Agent, Binding, Endpoint, FactId, FileId, Ref, Sym};

/// How many imports lie between a server and the agent that it serves, at most.
const DEPTH: usize = 4;

/// How many imports lie between a handler of a route and the agent that it starts, at most.
const HANDLER_DEPTH: usize = 1;

/// What an endpoint serves.
#[derive(Debug, Clone, Default)]
pub struct Served {
    /// Whether it is an agent's or a tool server's at all.
    pub any: bool,
    /// Agents that it serves from other files (positions in [`Graph::agents`]).
    pub agents: Vec<usize>,
    /// How callers are authenticated in what it imports.
    pub authentication: Option<Sym>,
    /// The setting that all authentication hangs on.
    pub only_if: Option<Sym>,
    /// Whether the code says that it goes on without that setting.
    pub goes_on: bool,
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
    let mut joiner = Joiner::new(graph, index, imports, agents, workloads, &all);
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
        if endpoint.form == "mcp" && endpoint.symbol.is_empty() && joiner.workload(id).is_some() {
            joiner.beside(id, &all, &mut served);
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
    index: &'g Index,
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
        index: &'g Index,
        imports: &'g Imports,
        agents: &[AgentNode],
        workloads: &'g [WorkloadNode],
        endpoints: &[(FactId, &'g Endpoint)],
    ) -> Self {
        let model = |agent: &Agent| agent.framework != "mcp-server" && !agent.symbol.is_empty();
        let answers = agents.iter().enumerate().filter(|(_, node)| graph.get::<Agent>(node.fact).is_some_and(model));
        Self {
            graph,
            index,
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
        let mut served = Served { any: !general, ..Served::default() };
        self.known(id, endpoint, reach, &mut served);
        self.told(endpoint, reach, &mut served);
        if !general {
            return served;
        }
        // A handler starts what it imports itself; what that has from elsewhere may be anything.
        let near: Vec<FileId>;
        let reach = if endpoint.framework == routes::FRAMEWORK {
            near = self.imports.reach(id.file, HANDLER_DEPTH).into_iter().map(|(file, _)| file).collect();
            if served.authentication.is_none() && self.fronted(id) {
                served.reachable = Some(Sym::new("unknown"));
            }
            &near
        } else {
            reach
        };
        served.agents = reach.iter().flat_map(|file| self.agents.get(file).into_iter().flatten().copied()).collect();
        let others = reach.iter().filter(|&&file| file != id.file);
        let inner = |file: &FileId| self.endpoints.get(file).is_some_and(|all| all.iter().any(|(_, e)| !is_general(e)));
        served.any = !served.agents.is_empty() || others.into_iter().any(inner);
        served
    }

    /// Whether Next.js asks another file before the handler: what that lets through is not known.
    fn fronted(&self, id: FactId) -> bool {
        routes::fronts(&self.graph.path(id.file)).iter().any(|path| self.files.contains_key(&Sym::new(path)))
    }

    /// Where an endpoint listens that is handed a setting of another file: `host=settings.host`.
    fn told(&self, endpoint: &Endpoint, reach: &[FileId], served: &mut Served) {
        let Some(host) = endpoint.host.filter(|_| endpoint.reachable == "unknown") else { return };
        let name = host.as_str().rsplit('.').next().unwrap_or("");
        let facts = reach.iter().flat_map(|file| &self.graph.files[file.at()].facts);
        let bindings = facts.filter_map(crate::facts::Fact::get::<Binding>).filter(|b| b.form == "host");
        let mut found: Vec<&str> = bindings
            .filter_map(|b| b.literal?.as_str().split_once('='))
            .filter(|(setting, _)| *setting == name)
            .map(|(_, host)| host)
            .collect();
        found.sort_unstable();
        found.dedup();
        if let [one] = found.as_slice() {
            served.host = Some(Sym::new(one));
            served.reachable = Some(Sym::new(listening::reachable("http", Some(listening::of_address(one)))));
        }
    }

    /// Whom an endpoint answers, by its own file and by the signs in files where servers are put together.
    fn known(&self, id: FactId, endpoint: &Endpoint, reach: &[FileId], served: &mut Served) {
        let mut guards: Vec<(FileId, &Binding)> = Vec::new();
        for &file in reach {
            let bindings = self.graph.files[file.at()].facts.iter().filter_map(crate::facts::Fact::get::<Binding>);
            guards.extend(bindings.filter(|b| b.form.starts_with("guard")).map(|b| (file, b)));
        }
        // A check of another module hangs on a setting where that module says so.
        let hangs = |from: Option<Ref>, file: FileId| {
            let module = from.and_then(|from| self.module(file, from.name));
            guards.iter().find(|(at, b)| Some(*at) == module && &*b.form != "guard").map(|(_, b)| *b)
        };
        let mut open = endpoint.only_if.map(|setting| (setting, endpoint.goes_on));
        let own = endpoint.authentication.is_some();
        let binding = |b: &Binding| (b.literal.unwrap_or_default(), &*b.form == "guard-open");
        if own {
            open = hangs(endpoint.guard, id.file).map(binding);
        } else {
            let firm = guards.iter().filter(|(_, b)| &*b.form == "guard");
            let firm = firm.filter(|(file, b)| hangs(b.to, *file).is_none()).find_map(|(_, b)| b.literal);
            served.authentication = firm;
            if firm.is_some() {
                open = None;
            } else if open.is_none() {
                open = guards.iter().find(|(_, b)| &*b.form != "guard").map(|(_, b)| binding(b));
            }
        }
        (served.only_if, served.goes_on) = open.map_or((None, false), |(setting, goes_on)| (Some(setting), goes_on));
    }

    /// Whom a server answers that a command line starts by its name: what the code of the repository says of its
    /// tool servers.
    fn beside(&self, id: FactId, all: &[(FactId, &Endpoint)], served: &mut Served) {
        let graph = self.graph;
        let near = |of: FactId| {
            of.file != id.file
                && graph.repository(of.file) == graph.repository(id.file)
                && graph.role(of.file) == "product"
        };
        let servers: Vec<&Endpoint> = all
            .iter()
            .filter(|(of, e)| e.framework == "mcp-server" && e.form != "command" && near(*of))
            .map(|(_, e)| *e)
            .collect();
        served.authentication = served.authentication.or_else(|| servers.iter().find_map(|e| e.authentication));
        if served.authentication.is_none()
            && let Some(open) = servers.iter().find(|e| e.only_if.is_some())
        {
            (served.only_if, served.goes_on) = (open.only_if, open.goes_on);
        }
    }

    /// The file that a qualified name stands in.
    fn module(&self, file: FileId, name: Sym) -> Option<FileId> {
        super::modules::prefixes(&name).find_map(|module| self.index.modules.file(&self.graph.path(file), module))
    }
}

fn by_file<T>(all: impl Iterator<Item = (FileId, T)>) -> FxHashMap<FileId, Vec<T>> {
    let mut found: FxHashMap<FileId, Vec<T>> = FxHashMap::default();
    for (file, one) in all {
        found.entry(file).or_default().push(one);
    }
    found
}

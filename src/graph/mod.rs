//! Stage 4, how it hangs together. Input: the facts of all files of one repository. Output: the
//! identity graph: agents with their tools, workloads, identities, credentials and grants, every
//! link with how it was made.

mod agents;
mod answers;
pub mod card;
pub mod change;
mod clients;
mod credentials;
mod demand;
mod holding;
mod identities;
mod imports;
mod index;
mod modules;
mod runs;
mod served;

pub use demand::{Asked, demanded};
pub use served::Served;
use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::catalogue::cloud::is_strong;
use crate::catalogue::effects::{Weight, weighs};
use crate::extract::FileFacts;
use crate::facts::{Agent, AsRecord, Fact, FactId, File, FileId, Grant, Place, Switch, Sym, Tool, Workload};
use crate::finding::{AgentLink, Step};

/// A link with how it was made, in the words that a finding shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge<T> {
    /// Where it leads.
    pub to: T,
    /// How it is written, for a handoff that is one ([`Handoff`](crate::facts::Handoff)); empty for every other link.
    pub form: Sym,
    /// The places that make the link, first to last.
    pub steps: Vec<Step>,
    /// Whether the link rests on names that could mean something else: shown, never raised on.
    pub candidate: bool,
}

/// A tool in the hands of an agent, with what the graph adds to the tool's own fact.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolUse {
    /// The [`Tool`] fact; none when only its name is known.
    pub tool: Option<FactId>,
    /// Where the plain function of another file that it is is defined ([`Binding`](crate::facts::Binding) fact).
    pub function: Option<FactId>,
    /// Its name.
    pub name: Sym,
    /// Effects of its body and of what that calls in the repository.
    pub effects: Vec<Sym>,
    /// What gates it, wherever the gate lives.
    pub gate: Option<Sym>,
    /// The gate that is void, if there is one.
    pub void_gate: Option<Sym>,
    /// Where the agent is given it.
    pub at: Place,
}

/// An agent with everything it is linked to.
#[derive(Debug, Clone)]
pub struct AgentNode {
    /// Its [`Agent`] fact.
    pub fact: FactId,
    /// Its tools.
    pub tools: Vec<ToolUse>,
    /// Its tool servers ([`Server`](crate::facts::Server) facts).
    pub servers: Vec<Edge<FactId>>,
    /// Agents it can hand work to (positions in [`Graph::agents`]).
    pub handoffs: Vec<Edge<usize>>,
    /// What runs it (positions in [`Graph::workloads`]).
    pub workloads: Vec<Edge<usize>>,
    /// What it runs as (positions in [`Graph::identities`]).
    pub identities: Vec<Edge<usize>>,
    /// Credentials it holds ([`Credential`](crate::facts::Credential) facts).
    pub credentials: Vec<Edge<FactId>>,
    /// Names that its credentials are read from (environment variables, secrets).
    pub credential_names: Vec<Sym>,
}

/// A workload with its links.
#[derive(Debug, Clone)]
pub struct WorkloadNode {
    /// Its [`Workload`] fact.
    pub fact: FactId,
    /// The identity it runs as (position in [`Graph::identities`]).
    pub identity: Option<usize>,
    /// Agents it runs (positions in [`Graph::agents`]).
    pub agents: Vec<usize>,
    /// Whether the files that it runs are known.
    pub entry_known: bool,
}

/// The key of an identity. Equal keys are the same identity inside one repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Form (`aws-role`, `kubernetes-service-account` …).
    pub form: Sym,
    /// Realm: account, cluster, namespace; empty when unknown.
    pub realm: Sym,
    /// Name.
    pub name: Sym,
    /// The repository, while the realm is not known; none for a known realm.
    pub repository: Option<usize>,
    /// Environment or overlay that separates equal names; empty when there is no sign of one.
    pub environment: Sym,
}

/// An identity with everything that names it.
#[derive(Debug, Clone)]
pub struct IdentityNode {
    /// Its key.
    pub key: Key,
    /// [`Identity`](crate::facts::Identity) facts that declare or mention it.
    pub facts: Vec<FactId>,
    /// What it may do ([`Grant`] facts).
    pub grants: Vec<FactId>,
    /// Who may become it ([`Trust`](crate::facts::Trust) facts).
    pub trusts: Vec<FactId>,
    /// Workloads that run as it.
    pub workloads: Vec<usize>,
    /// Agents that run as it.
    pub agents: Vec<usize>,
    /// A person's.
    pub human: bool,
    /// The platform's default.
    pub default: bool,
}

/// One distinct credential value with every place that it stands in.
#[derive(Debug, Clone)]
pub struct ValueNode {
    /// Keyed fingerprint.
    pub fingerprint: Sym,
    /// Its places ([`Credential`](crate::facts::Credential) facts), in order of file and place.
    pub places: Vec<FactId>,
    /// Agents that hold it.
    pub agents: Vec<usize>,
}

/// The joined facts of one repository.
#[derive(Debug, Default)]
pub struct Graph {
    /// Facts by file, in the order of sources.
    pub files: Vec<FileFacts>,
    /// Paths by file.
    pub paths: Vec<Sym>,
    /// Repository by file: equal names in an unknown realm are one identity only inside one.
    pub repositories: Vec<usize>,
    agents: Vec<AgentNode>,
    workloads: Vec<WorkloadNode>,
    identities: Vec<IdentityNode>,
    values: Vec<ValueNode>,
    served: FxHashMap<FactId, Served>,
    imports: imports::Imports,
    holding: holding::Holding,
    links: FxHashMap<FactId, AgentLink>,
    by_fact: FxHashMap<FactId, Vec<usize>>,
}

impl ToolUse {
    /// Whether one of its effects weighs as much as `weight`.
    #[must_use]
    pub fn weighs(&self, weight: Weight) -> bool {
        self.effects.iter().any(|effect| weighs(effect, weight))
    }
}

impl Graph {
    /// Links the facts of `files`, whose paths and repositories are given in the same order.
    #[must_use]
    pub fn build(files: Vec<FileFacts>, paths: Vec<Sym>, repositories: Vec<usize>) -> Self {
        let mut graph = Self { files, paths, repositories, ..Self::default() };
        clients::merge(&mut graph);
        let index = index::Index::new(&graph);
        let mut agents = agents::nodes(&graph, &index);
        let imports = imports::Imports::new(&graph, &index);
        let mut workloads = runs::workloads(&graph, &imports, &mut agents);
        let served = served::endpoints(&graph, &index, &imports, &agents, &workloads);
        let identities = identities::nodes(&graph, &mut workloads, &mut agents);
        let values = credentials::link(&graph, &workloads, &mut agents);
        drop(index);
        graph.agents = agents;
        graph.workloads = workloads;
        graph.identities = identities;
        graph.values = values;
        graph.served = served;
        graph.imports = imports;
        graph.holding = holding::Holding::of(&graph);
        graph.mark_links();
        graph
    }

    /// The fact behind an id.
    #[must_use]
    pub fn fact(&self, id: FactId) -> &Fact {
        &self.files[id.file.at()].facts[id.index as usize]
    }

    /// The record behind an id, when it is of kind `T`.
    #[must_use]
    pub fn get<T: AsRecord>(&self, id: FactId) -> Option<&T> {
        self.fact(id).get()
    }

    /// Every fact of kind `T`, in order of file and place.
    pub fn facts<T: AsRecord>(&self) -> impl Iterator<Item = (FactId, &Fact, &T)> {
        self.files.iter().enumerate().flat_map(|(file, facts)| {
            facts.facts.iter().enumerate().filter_map(move |(index, fact)| {
                let id = FactId { file: FileId::new(file), index: u32::try_from(index).unwrap_or(u32::MAX) };
                fact.get::<T>().map(|record| (id, fact, record))
            })
        })
    }

    /// Files by path.
    fn by_path(&self) -> FxHashMap<Sym, FileId> {
        let named = self.paths.iter().enumerate().filter(|(_, path)| !path.is_empty());
        named.map(|(at, &path)| (path, FileId::new(at))).collect()
    }

    /// The path of a file.
    #[must_use]
    pub fn path(&self, file: FileId) -> Sym {
        self.paths.get(file.at()).copied().unwrap_or_default()
    }

    /// The repository of a file.
    #[must_use]
    pub fn repository(&self, file: FileId) -> usize {
        self.repositories.get(file.at()).copied().unwrap_or(0)
    }

    /// The file fact of a file: role, format, environment.
    #[must_use]
    pub fn file(&self, file: FileId) -> Option<&File> {
        self.files.get(file.at())?.facts.iter().find_map(Fact::get::<File>)
    }

    /// The role of a file (`product` when it is not known).
    #[must_use]
    pub fn role(&self, file: FileId) -> Sym {
        self.file(file).map_or_else(|| Sym::new("product"), |f| f.role)
    }

    /// The agents.
    #[must_use]
    pub fn agents(&self) -> &[AgentNode] {
        &self.agents
    }

    /// The workloads.
    #[must_use]
    pub fn workloads(&self) -> &[WorkloadNode] {
        &self.workloads
    }

    /// The identities.
    #[must_use]
    pub fn identities(&self) -> &[IdentityNode] {
        &self.identities
    }

    /// The distinct credential values.
    #[must_use]
    pub fn values(&self) -> &[ValueNode] {
        &self.values
    }

    /// What an [`Endpoint`](crate::facts::Endpoint) serves.
    #[must_use]
    pub fn served(&self, id: FactId) -> Option<&Served> {
        self.served.get(&id)
    }

    /// The endpoints that start the server of an agent (a position in [`Self::agents`]) from another module, in order.
    pub fn started(&self, agent: usize) -> impl Iterator<Item = FactId> {
        let starts = |id: &FactId| self.get::<crate::facts::Endpoint>(*id).is_some_and(|e| e.form == "started");
        let served = self.served.iter().filter(|(_, served)| served.agents == [agent]);
        let mut all: Vec<FactId> = served.map(|(&id, _)| id).filter(starts).collect();
        all.sort_by_key(|id| (id.file.at(), id.index));
        all.into_iter()
    }

    /// Every fact of kind `T` of a file, in order of place.
    fn facts_of<T: AsRecord>(&self, file: FileId) -> impl Iterator<Item = (FactId, &T)> {
        let facts = &self.files[file.at()].facts;
        let id = move |index| FactId { file, index: u32::try_from(index).unwrap_or(u32::MAX) };
        facts.iter().enumerate().filter_map(move |(index, fact)| Some((id(index), fact.get::<T>()?)))
    }

    /// A file with those that it imports and those that import it, in no order.
    pub fn beside(&self, file: FileId) -> impl Iterator<Item = FileId> {
        self.imports.beside(file)
    }

    /// The agent record of a node.
    #[must_use]
    pub fn agent(&self, node: &AgentNode) -> &Agent {
        self.get(node.fact).expect("an agent node is made from an agent fact")
    }

    /// The workload record of a node.
    #[must_use]
    pub fn workload(&self, node: &WorkloadNode) -> &Workload {
        self.get(node.fact).expect("a workload node is made from a workload fact")
    }

    /// Whether an agent uses what a fact is about.
    #[must_use]
    pub fn link(&self, id: FactId) -> AgentLink {
        self.links.get(&id).copied().unwrap_or_default()
    }

    /// Agents that a fact belongs to or is linked with (positions in [`Self::agents`]).
    #[must_use]
    pub fn agents_of(&self, id: FactId) -> &[usize] {
        self.by_fact.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Records, for every fact that an agent is linked with, the agents; and for facts of workloads
    /// that provably run something else, that no agent uses them.
    fn mark_links(&mut self) {
        let mut by_fact: FxHashMap<FactId, BTreeSet<usize>> = FxHashMap::default();
        for (at, agent) in self.agents.iter().enumerate() {
            let mut note = |id: FactId| {
                by_fact.entry(id).or_default().insert(at);
            };
            note(agent.fact);
            agent.tools.iter().filter_map(|t| t.tool).for_each(&mut note);
            agent.servers.iter().for_each(|e| note(e.to));
            agent.credentials.iter().filter(|e| !e.candidate).for_each(|e| note(e.to));
            for edge in &agent.workloads {
                note(self.workloads[edge.to].fact);
            }
            for edge in agent.identities.iter().filter(|e| !e.candidate) {
                let identity = &self.identities[edge.to];
                for &id in identity.facts.iter().chain(&identity.grants).chain(&identity.trusts) {
                    note(id);
                }
            }
        }
        // A setting of a client belongs to the one agent of that client which its file declares.
        let mut folders = clients::Folders::default();
        for (id, _, switch) in self.facts::<Switch>() {
            let mut own = |agent: &AgentNode| {
                self.agent(agent).framework == switch.client && folders.same(self, id.file, agent.fact.file)
            };
            let mut same = self.agents.iter().enumerate().filter(|(_, agent)| own(agent));
            if let (Some((at, _)), None) = (same.next(), same.next()) {
                by_fact.entry(id).or_default().insert(at);
            }
        }
        let mut links: FxHashMap<FactId, AgentLink> = by_fact.keys().map(|&id| (id, AgentLink::Linked)).collect();
        if !self.agents.is_empty() {
            for identity in &self.identities {
                let elsewhere = !identity.workloads.is_empty()
                    && identity.workloads.iter().all(|&w| {
                        let node = &self.workloads[w];
                        node.entry_known && node.agents.is_empty() && self.workload(node).agent_hint.is_none()
                    });
                // Who may ask models does so somewhere, if not in a form that is known as an agent.
                let grants = || identity.grants.iter().filter_map(|&g| self.get::<Grant>(g));
                let asks = || grants().flat_map(|grant| &grant.actions).any(|action| action.starts_with("bedrock"));
                if elsewhere && identity.agents.is_empty() && !asks() {
                    for &id in identity.facts.iter().chain(&identity.grants).chain(&identity.trusts) {
                        links.entry(id).or_insert(AgentLink::None);
                    }
                }
            }
        }
        for (id, _, grant) in self.facts::<Grant>() {
            if grant.agent_hint.is_some_and(|hint| is_strong(&hint)) {
                links.insert(id, AgentLink::Linked);
            }
        }
        for (id, _, workload) in self.facts::<Workload>() {
            if workload.agent_hint.is_some_and(|hint| is_strong(&hint)) {
                links.insert(id, AgentLink::Linked);
            }
        }
        self.links = links;
        self.by_fact = by_fact.into_iter().map(|(id, set)| (id, set.into_iter().collect())).collect();
    }

    /// Whether nothing asks before a tool is used, and no sandbox holds what it does.
    #[must_use]
    pub fn is_open(&self, used: &ToolUse) -> bool {
        used.gate.is_none() && !self.is_sandboxed(used)
    }

    /// Whether a sandbox holds what a tool does.
    #[must_use]
    pub fn is_sandboxed(&self, used: &ToolUse) -> bool {
        self.tool(used).is_some_and(|tool| tool.sandboxed)
    }

    /// The tool record behind a use, when it was found.
    #[must_use]
    pub fn tool(&self, used: &ToolUse) -> Option<&Tool> {
        self.get(used.tool?)
    }
}

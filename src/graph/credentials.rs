//! Which agent holds which credential: by environment variable through its workload or the dotenv file of
//! its folder, by tool server, by the name of a secret.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{AgentNode, Edge, Graph, ValueNode, WorkloadNode};
use crate::facts::{Agent, Binding, Credential, EnvVar, FactId, FileId, Place, Ref, RefKind, Server, Sym, Workload};
use crate::finding::Step;

/// Links agents with credentials and groups literals by value.
pub(super) fn link(graph: &Graph, workloads: &[WorkloadNode], agents: &mut [AgentNode]) -> Vec<ValueNode> {
    let book = Book::new(graph);
    for agent in agents.iter_mut() {
        let record = graph.get::<Agent>(agent.fact).expect("an agent node is made from an agent fact");
        let mut edges: BTreeMap<FactId, Edge<FactId>> = BTreeMap::new();
        for reference in &record.credentials {
            agent
                .credential_names
                .extend(matches!(reference.kind, RefKind::Env | RefKind::Secret).then_some(reference.name));
            book.follow(agent, reference, workloads, graph, &mut edges);
        }
        for server in agent.servers.iter().map(|e| e.to).collect::<Vec<_>>() {
            let Some(record) = graph.get::<Server>(server) else { continue };
            for var in &record.env {
                agent.credential_names.extend(var.from.filter(|f| f.kind != RefKind::Value).map(|f| f.name));
                book.variable(server.file, var, &mut edges);
            }
        }
        agent.credential_names.sort_unstable();
        agent.credential_names.dedup();
        agent.credentials = edges.into_values().collect();
    }
    values(graph, agents)
}

struct Book {
    by_value: FxHashMap<(FileId, Sym), Vec<(FactId, Place)>>,
    by_name: FxHashMap<(FileId, Sym), Vec<(FactId, Place)>>,
    /// Values of Kubernetes Secrets by repository and by the name that pods refer to (`secret/key`).
    secrets: FxHashMap<(usize, Sym), Vec<(FileId, Sym)>>,
    dotenv: Vec<(FileId, &'static str)>,
    by_path: FxHashMap<Sym, FileId>,
}

impl Book {
    fn new(graph: &Graph) -> Self {
        let mut by_value: FxHashMap<_, Vec<_>> = FxHashMap::default();
        let mut by_name: FxHashMap<_, Vec<_>> = FxHashMap::default();
        let mut dotenv = Vec::new();
        for (id, fact, credential) in graph.facts::<Credential>() {
            if let Some(fingerprint) = credential.fingerprint {
                by_value.entry((id.file, fingerprint)).or_default().push((id, fact.at));
            }
            by_name.entry((id.file, credential.name)).or_default().push((id, fact.at));
            if credential.context == "dotenv" && dotenv.last().is_none_or(|&(file, _)| file != id.file) {
                let path = graph.path(id.file).as_str();
                dotenv.push((id.file, path.rsplit_once('/').map_or("", |(folder, _)| folder)));
            }
        }
        let mut secrets: FxHashMap<_, Vec<_>> = FxHashMap::default();
        for (id, _, binding) in graph.facts::<Binding>().filter(|(.., binding)| binding.form == "secret") {
            let value = binding.to.filter(|to| to.kind == RefKind::Value).map(|to| (id.file, to.name));
            secrets.entry((graph.repository(id.file), binding.symbol)).or_default().extend(value);
        }
        let by_path = graph.by_path();
        Self { by_value, by_name, secrets, dotenv, by_path }
    }

    /// From what an agent's code reads to the credentials behind it.
    fn follow(
        &self,
        agent: &AgentNode,
        reference: &Ref,
        workloads: &[WorkloadNode],
        graph: &Graph,
        edges: &mut BTreeMap<FactId, Edge<FactId>>,
    ) {
        let read = Step { at: reference.at, says: Sym::new("the agent reads it here") };
        match reference.kind {
            RefKind::Env => {
                for edge in &agent.workloads {
                    let Some(workload) = graph.get::<Workload>(workloads[edge.to].fact) else { continue };
                    self.in_workload(graph, workloads[edge.to].fact.file, workload, reference.name, &read, edges);
                }
                for file in self.dotenv_of(graph.path(agent.fact.file).as_str()) {
                    self.take(&self.by_name, file, reference.name, &[read], edges);
                }
            }
            RefKind::Secret | RefKind::Name => {
                self.take(&self.by_name, reference.at.file, reference.name, &[read], edges)
            }
            _ => {}
        }
    }

    fn in_workload(
        &self,
        graph: &Graph,
        file: FileId,
        workload: &Workload,
        name: Sym,
        read: &Step,
        edges: &mut BTreeMap<FactId, Edge<FactId>>,
    ) {
        for var in workload.env.iter().filter(|v| v.name == name) {
            let set = Step { at: var.at, says: Sym::new("the workload sets it here") };
            self.take(&self.by_name, file, name, &[*read, set], edges);
            match var.from {
                Some(from) if from.kind == RefKind::Value => {
                    self.take(&self.by_value, file, from.name, &[*read, set], edges);
                }
                Some(from) if from.kind == RefKind::Secret => {
                    self.take(&self.by_name, file, from.name, &[*read, set], edges);
                    self.of_secret(graph, file, from.name, &[*read, set], edges);
                }
                // Another name for what the dotenv file beside the workload sets.
                Some(from) if from.kind == RefKind::Env => {
                    for dotenv in self.dotenv_of(graph.path(file).as_str()) {
                        self.take(&self.by_name, dotenv, from.name, &[*read, set], edges);
                    }
                }
                _ => {}
            }
        }
        for source in workload.env_from.iter().filter(|s| s.kind == RefKind::Secret) {
            let set = Step { at: source.at, says: Sym::new("the workload is handed this secret") };
            self.of_secret(graph, file, Sym::from(format!("{}/{name}", source.name)), &[*read, set], edges);
        }
        for source in workload.env_from.iter().filter(|s| s.kind == RefKind::Path) {
            if let Some(&file) = self.by_path.get(&source.name) {
                let set = Step { at: source.at, says: Sym::new("the workload reads this env file") };
                self.take(&self.by_name, file, name, &[*read, set], edges);
            }
        }
    }

    /// The credential that stands in the Secret of a pod's own repository and environment.
    fn of_secret(
        &self,
        graph: &Graph,
        file: FileId,
        name: Sym,
        steps: &[Step],
        edges: &mut BTreeMap<FactId, Edge<FactId>>,
    ) {
        let environment = |file: FileId| graph.file(file).and_then(|f| f.environment);
        let same = |other: FileId| match (environment(file), environment(other)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let found = self.secrets.get(&(graph.repository(file), name)).map_or(&[][..], Vec::as_slice);
        for &(other, value) in found.iter().filter(|&&(other, _)| same(other)) {
            self.take(&self.by_value, other, value, steps, edges);
        }
    }

    /// A variable of a tool server: the credential that stands in it or that it refers to.
    fn variable(&self, file: FileId, var: &EnvVar, edges: &mut BTreeMap<FactId, Edge<FactId>>) {
        let set = Step { at: var.at, says: Sym::new("the tool server is handed it here") };
        match var.from {
            Some(from) if from.kind == RefKind::Value => self.take(&self.by_value, file, from.name, &[set], edges),
            _ => self.take(&self.by_name, file, var.name, &[set], edges),
        }
    }

    /// dotenv files of the folder of `path` and of the folders above it, nearest first.
    fn dotenv_of<'a>(&'a self, path: &'a str) -> impl Iterator<Item = FileId> + 'a {
        self.dotenv
            .iter()
            .filter(move |(_, folder)| {
                folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
            })
            .map(|&(file, _)| file)
    }

    fn take(
        &self,
        map: &FxHashMap<(FileId, Sym), Vec<(FactId, Place)>>,
        file: FileId,
        name: Sym,
        steps: &[Step],
        edges: &mut BTreeMap<FactId, Edge<FactId>>,
    ) {
        for &(id, at) in map.get(&(file, name)).map_or(&[][..], Vec::as_slice) {
            let mut steps = steps.to_vec();
            steps.push(Step { at, says: Sym::new("the credential stands here") });
            edges.entry(id).or_insert(Edge { to: id, form: Sym::default(), steps, candidate: false });
        }
    }
}

/// Literals by value, in order of first place.
fn values(graph: &Graph, agents: &[AgentNode]) -> Vec<ValueNode> {
    let mut at: FxHashMap<Sym, usize> = FxHashMap::default();
    let mut values: Vec<ValueNode> = Vec::new();
    for (id, _, credential) in graph.facts::<Credential>() {
        let Some(fingerprint) = credential.fingerprint else { continue };
        let index = *at.entry(fingerprint).or_insert_with(|| {
            values.push(ValueNode { fingerprint, places: Vec::new(), agents: Vec::new() });
            values.len() - 1
        });
        values[index].places.push(id);
    }
    for (agent, node) in agents.iter().enumerate() {
        for edge in &node.credentials {
            let fingerprint = graph.get::<Credential>(edge.to).and_then(|c| c.fingerprint);
            if let Some(&index) = fingerprint.and_then(|f| at.get(&f))
                && !values[index].agents.contains(&agent)
            {
                values[index].agents.push(agent);
            }
        }
    }
    values
}

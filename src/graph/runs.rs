//! What runs an agent: workloads joined with agents by entry points, imports, build contexts and
//! images.

use rustc_hash::FxHashMap;

use super::agents::push_edge;
use super::imports::Imports;
use super::{AgentNode, Graph, WorkloadNode};
use crate::facts::{Agent, FactId, FileId, Place, Sym, Workload};

/// Imports followed from an entry point; a program that needs more is linked by its folder.
const IMPORT_DEPTH: usize = 6;

/// One node for every workload fact; writes the links into `agents` too.
pub(super) fn workloads(graph: &Graph, imports: &Imports, agents: &mut [AgentNode]) -> Vec<WorkloadNode> {
    let runs = Runs::new(graph, imports, agents);
    let mut nodes = Vec::new();
    for (id, fact, workload) in graph.facts::<Workload>() {
        let found = runs.agents_of(id, workload);
        let at = nodes.len();
        for (&agent, &(place, says)) in found.agents.iter() {
            push_edge(&mut agents[agent].workloads, at, place.unwrap_or(fact.at), says);
        }
        nodes.push(WorkloadNode {
            fact: id,
            identity: None,
            agents: found.agents.into_keys().collect(),
            entry_known: found.entry_known,
        });
    }
    nodes
}

struct Runs<'g> {
    graph: &'g Graph,
    by_path: FxHashMap<Sym, FileId>,
    imports: &'g Imports,
    agents_in: FxHashMap<FileId, Vec<usize>>,
    agent_fact: Vec<FactId>,
    agent_place: Vec<Place>,
    images: Vec<(FactId, &'g Workload)>,
}

#[derive(Default)]
struct Found {
    agents: std::collections::BTreeMap<usize, (Option<Place>, &'static str)>,
    entry_known: bool,
}

impl<'g> Runs<'g> {
    fn new(graph: &'g Graph, imports: &'g Imports, agents: &[AgentNode]) -> Self {
        let by_path = graph.by_path();
        let mut agents_in: FxHashMap<FileId, Vec<usize>> = FxHashMap::default();
        for (at, agent) in agents.iter().enumerate() {
            agents_in.entry(agent.fact.file).or_default().push(at);
        }
        let agent_fact = agents.iter().map(|a| a.fact).collect();
        let agent_place = agents.iter().map(|a| graph.fact(a.fact).at).collect();
        let images = graph.facts::<Workload>().filter(|(.., w)| w.form == "image").map(|(id, _, w)| (id, w)).collect();
        Self { graph, by_path, imports, agents_in, agent_fact, agent_place, images }
    }

    fn agents_of(&self, id: FactId, workload: &Workload) -> Found {
        let mut found = Found::default();
        self.same_file(id, &mut found);
        self.entries(workload, &mut found);
        if !found.entry_known {
            for image in self.images_of(id, workload) {
                self.entries(image, &mut found);
            }
        }
        if found.agents.is_empty()
            && !found.entry_known
            && let Some(context) = workload.build_context
        {
            self.folder(context, &mut found);
        }
        found
    }

    /// Agents declared inside the workload's own text: a pipeline job with an agent step, an agent
    /// resource. They belong to the last workload at or before them.
    fn same_file(&self, id: FactId, found: &mut Found) {
        let Some(agents) = self.agents_in.get(&id.file) else { return };
        let starts: Vec<u32> = self.graph.files[id.file.at()]
            .facts
            .iter()
            .filter(|f| f.get::<Workload>().is_some())
            .map(|f| f.at.start)
            .collect();
        let own = self.graph.fact(id).at.start;
        for &agent in agents {
            let place = self.agent_place[agent];
            let configured = self.graph.get::<Agent>(self.agent_fact[agent]).is_some_and(|a| a.symbol.is_empty());
            if configured && starts.iter().copied().filter(|&s| s <= place.start).max() == Some(own) {
                found.agents.insert(agent, (Some(place), "runs in this workload"));
                found.entry_known = true;
            }
        }
    }

    /// Agents in the files that the workload starts, or in what those import.
    fn entries(&self, workload: &Workload, found: &mut Found) {
        for entry in &workload.entry {
            let Some(&file) = self.by_path.get(entry) else { continue };
            found.entry_known = true;
            for (reached, far) in self.imports.reach(file, IMPORT_DEPTH) {
                for &agent in self.agents_in.get(&reached).map_or(&[][..], Vec::as_slice) {
                    let says = if far == 0 {
                        "is started by this workload"
                    } else {
                        "is imported by what this workload starts"
                    };
                    found.agents.entry(agent).or_insert((None, says));
                }
            }
        }
    }

    /// The image definitions that a workload runs: the Dockerfile of its build context, or the one
    /// whose folder or service is called like its image.
    fn images_of(&self, id: FactId, workload: &Workload) -> Vec<&'g Workload> {
        let by_file = workload.dockerfile.and_then(|file| {
            self.images.iter().find(|(_, image)| image.dockerfile == Some(file)).map(|&(_, image)| image)
        });
        let by_context = || {
            let mut built = self
                .images
                .iter()
                .filter(|(_, image)| image.build_context.is_some() && image.build_context == workload.build_context);
            let first = built.next()?;
            built.next().is_none().then_some(first.1)
        };
        let by_name = || {
            let name = image_name(workload.image?.as_str());
            let mut same = self.images.iter().filter(|(image, w)| {
                *image != id && (w.build_context.is_some_and(|c| c.rsplit('/').next() == Some(name)) || w.name == name)
            });
            let first = same.next()?;
            same.next().is_none().then_some(first.1)
        };
        by_file.or_else(by_context).or_else(by_name).into_iter().collect()
    }

    fn folder(&self, context: Sym, found: &mut Found) {
        if context.is_empty() || context == "." {
            return;
        }
        for (at, place) in self.agent_place.iter().enumerate() {
            let path = self.graph.path(place.file);
            if path.strip_prefix(context.as_str()).is_some_and(|rest| rest.starts_with('/')) {
                found.agents.insert(at, (Some(*place), "is built into this workload's image"));
            }
        }
    }
}

/// `registry.example/team/agent:1.2@sha256:…` → `agent`.
fn image_name(image: &str) -> &str {
    let last = image.split('@').next().unwrap_or(image).rsplit('/').next().unwrap_or(image);
    last.split(':').next().unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_known_by_its_last_segment() {
        assert_eq!(image_name("registry.example:5000/team/agent:1.2@sha256:00"), "agent");
        assert_eq!(image_name("agent"), "agent");
    }
}

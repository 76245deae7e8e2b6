//! Agents in a pipeline that strangers can start. Input: triggers, grants and agents of one workflow.
//! Output: one draft a workflow whose agent job can write and that anybody can trigger.

use crate::catalogue::cloud::is_strong;
use crate::facts::{Fact, FactId, FileId, Grant, Sym, Trust};
use crate::finding::{AgentLink, Confidence, Draft, Step};
use crate::graph::{Graph, WorkloadNode};

use super::template::names;
use super::words;

/// `exposure/untrusted-trigger`.
pub fn judge(graph: &Graph, out: &mut Vec<Draft>) {
    let mut last: Option<FileId> = None;
    for (id, fact, trust) in graph.facts::<Trust>() {
        if trust.form != "trigger" || !trust.anyone || last == Some(id.file) {
            continue;
        }
        let Some(job) = trust.target.map(|target| target.name) else { continue };
        let agents = agents_in(graph, id.file, job);
        let writes = writes(graph, id.file, job);
        if agents.is_empty() || writes.is_empty() {
            continue;
        }
        last = Some(id.file);
        out.push(draft(graph, id, fact, trust, &agents, &writes));
    }
}

/// The agents of a job: names and facts; the job itself where it shows one without a name.
fn agents_in(graph: &Graph, file: FileId, job: Sym) -> Vec<(Sym, FactId)> {
    let own = |node: &&WorkloadNode| node.fact.file == file && graph.workload(node).name == job;
    let Some(node) = graph.workloads().iter().find(own) else { return Vec::new() };
    let agents = node.agents.iter().map(|&at| &graph.agents()[at]).map(|agent| (graph.agent(agent).name, agent.fact));
    let agents: Vec<(Sym, FactId)> = agents.collect();
    let hint = graph.workload(node).agent_hint.filter(|hint| is_strong(hint));
    if agents.is_empty() && hint.is_some() { vec![(job, node.fact)] } else { agents }
}

/// Grants of the job's own token that change something.
fn writes(graph: &Graph, file: FileId, job: Sym) -> Vec<(FactId, &Fact, &Grant)> {
    let token = format!("#{job})");
    let own = |(id, _, grant): &(FactId, &Fact, &Grant)| {
        let holder = grant.holder.is_some_and(|holder| holder.name.ends_with(&token));
        id.file == file && grant.system == "github" && grant.writes && holder
    };
    graph.facts::<Grant>().filter(own).collect()
}

fn draft(
    graph: &Graph,
    id: FactId,
    fact: &Fact,
    trust: &Trust,
    agents: &[(Sym, FactId)],
    writes: &[(FactId, &Fact, &Grant)],
) -> Draft {
    let mut scopes: Vec<Sym> = writes.iter().flat_map(|(_, _, grant)| grant.actions.iter().copied()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let what = format!(
        "anybody can start agent {} by {}, and its token may do {}",
        names(agents.iter().map(|(name, _)| name.as_str())),
        names(trust.principals.iter().map(|p| p.as_str())),
        names(scopes.iter().map(|s| s.as_str()))
    );
    let mut draft = Draft::new(fact.at, what);
    draft.evidence.push(Step { at: fact.at, says: Sym::new("anybody can cause this event") });
    for &(name, agent) in agents {
        draft.evidence.push(Step { at: graph.fact(agent).at, says: Sym::from(format!("agent `{name}` runs then")) });
    }
    for (_, fact, _) in writes {
        draft.evidence.push(Step { at: fact.at, says: Sym::new("its token may write") });
    }
    draft.evidence.truncate(words::MAX_STEPS);
    draft.about = std::iter::once(id).chain(agents.iter().map(|(_, agent)| *agent)).collect();
    draft.agent = AgentLink::Linked;
    if trust.gate.is_some() {
        draft.confidence = Some(Confidence::Low);
    }
    draft
}

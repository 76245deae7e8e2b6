//! Roles that may do more than anybody listed. Input: grants. Output: one draft a holder, over the union
//! of what its statements allow.

use std::collections::BTreeMap;

use crate::facts::{Fact, FactId, FileId, Grant, Sym};
use crate::finding::{AgentLink, Draft, Step};
use crate::graph::Graph;

use super::template::names;
use super::{agent_names, words};

/// What an agent's run-time does on its own account: logs, metrics, traces, model calls, image pulls.
const ORDINARY: [&str; 11] = [
    "logs:",
    "cloudwatch:putmetricdata",
    "xray:",
    "bedrock:invokemodel",
    "bedrock:converse",
    "bedrock:applyguardrail",
    "ecr:getauthorizationtoken",
    "ssmmessages:",
    "ec2messages:",
    "bedrock-agentcore:getworkloadaccesstoken",
    "sts:getcalleridentity",
];

/// `privilege/wildcard-policy`.
pub fn judge(graph: &Graph, out: &mut Vec<Draft>) {
    let mut holders: BTreeMap<(FileId, Sym), Vec<(FactId, &Fact, &Grant)>> = BTreeMap::new();
    for (id, fact, grant) in graph.facts::<Grant>() {
        let holder = grant.holder.map_or(grant.source, |holder| holder.name);
        if wide(grant) {
            holders.entry((id.file, holder)).or_default().push((id, fact, grant));
        }
    }
    for ((_, holder), grants) in holders {
        out.push(draft(graph, holder, &grants));
    }
}

/// Actions that change something on any resource although they could name one. What an administrator
/// policy grants is another rule's, and every agent may write its own telemetry and call models.
fn wide(grant: &Grant) -> bool {
    let open = grant.effect != "deny" && !grant.administrator && grant.any_resource && !grant.conditional;
    open && grant.writes && grant.actions.iter().any(|action| !ordinary(action))
}

fn ordinary(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    ORDINARY.iter().any(|start| action.starts_with(start))
}

fn draft(graph: &Graph, holder: Sym, grants: &[(FactId, &Fact, &Grant)]) -> Draft {
    let mut actions: Vec<Sym> = grants
        .iter()
        .flat_map(
            |(_, _, grant)| if grant.wildcard_actions.is_empty() { &grant.actions } else { &grant.wildcard_actions },
        )
        .copied()
        .collect();
    actions.sort_unstable();
    actions.dedup();
    let about: Vec<FactId> = grants.iter().map(|(id, ..)| *id).collect();
    let mut agents: Vec<Sym> = about.iter().flat_map(|&id| agent_names(graph, id)).collect();
    agents.sort_unstable();
    agents.dedup();
    let who = if holder.is_empty() { "a policy".to_owned() } else { format!("`{holder}`") };
    let mut what = format!("{who} may do {} on any resource", names(actions.iter().map(|a| a.as_str())));
    if !agents.is_empty() {
        what.push_str(&format!("; it is what agent {} runs as", names(agents.iter().map(|a| a.as_str()))));
    }
    let mut draft = Draft::new(grants[0].1.at, what);
    let step = |(_, fact, grant): &(FactId, &Fact, &Grant)| Step {
        at: fact.at,
        says: Sym::from(format!("allows {}", names(grant.actions.iter().map(|a| a.as_str())))),
    };
    draft.evidence = grants.iter().map(step).take(words::MAX_STEPS).collect();
    draft.related = grants[1..].iter().map(step).collect();
    draft.about = about;
    draft.symbol = holder;
    if grants.iter().any(|(_, _, grant)| grant.agent_hint.is_some()) {
        draft.agent = AgentLink::Linked;
    }
    draft
}

//! Whose rights a grant gives. Input: the graph. Output: how a holder is known to be an agent, what else
//! it does for a living, and whether a grant is open at all.

use crate::catalogue::cloud::{Trade, asks_model, deploying_principal, is_strong, trade, whole_service};
use crate::facts::{Fact, FactId, Grant, Sym, Trust};
use crate::graph::Graph;

use super::agent_names;
use super::template::names;

/// What is known of the holders of grants.
pub(super) struct Holders<'g> {
    graph: &'g Graph,
}

/// Services that keep a cluster or a fleet with their own role, in which no program of anybody's runs.
const KEEPERS: [&str; 5] = [
    "ecs.amazonaws.com",
    "eks.amazonaws.com",
    "autoscaling.amazonaws.com",
    "application-autoscaling.amazonaws.com",
    "spotfleet.amazonaws.com",
];

/// How a holder is known to be an agent's.
pub(super) struct Evidence {
    /// In words that go on with a message.
    pub(super) says: String,
    /// Whether it is more than a name.
    pub(super) sure: bool,
}

impl<'g> Holders<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        Self { graph }
    }

    /// How the holder of `grants` is known to be an agent's.
    pub(super) fn agent(&self, grants: &[(FactId, &Fact)]) -> Option<Evidence> {
        let mut agents: Vec<Sym> = grants.iter().flat_map(|(id, _)| agent_names(self.graph, *id)).collect();
        agents.sort_unstable();
        agents.dedup();
        if !agents.is_empty() {
            let noun = if agents.len() == 1 { "agent" } else { "agents" };
            let says = format!("{noun} {} run as it", names(agents.iter().map(|a| a.as_str())));
            return Some(Evidence { says, sure: true });
        }
        let hints = || grants.iter().filter_map(|(_, fact)| fact.get::<Grant>()?.agent_hint);
        if let Some(trust) = hints().find_map(|hint| hint.as_str().strip_prefix("trusted by ")) {
            return Some(Evidence { says: format!("an agent's, since it trusts `{trust}`"), sure: true });
        }
        if let Some(says) = grants.iter().find_map(|(id, _)| self.workload(*id)) {
            return Some(Evidence { says, sure: true });
        }
        if grants.iter().any(|(id, _)| self.asks_model(*id)) {
            return Some(Evidence { says: "the same role may ask models".to_owned(), sure: true });
        }
        let named = hints().find(|hint| is_strong(hint))?;
        Some(Evidence { says: format!("an agent's by its {}", named.as_str().replace(": ", " `") + "`"), sure: false })
    }

    /// The workload of an agent that runs as the holder.
    fn workload(&self, id: FactId) -> Option<String> {
        let node = self.graph.holder(id)?;
        let mut workloads = node.workloads.iter().map(|&at| self.graph.workload(&self.graph.workloads()[at]));
        let (found, hint) = workloads.find_map(|w| Some((w, w.agent_hint.filter(|hint| is_strong(hint))?)))?;
        let by = hint.as_str().replace(": ", " `");
        Some(format!("{} `{}` runs as it, an agent's by its {by}`", found.form, found.name))
    }

    /// Whether the holder may call a model or an agent, as more than a part of everything.
    fn asks_model(&self, id: FactId) -> bool {
        let Some(identity) = self.graph.holder(id) else { return false };
        let grants = identity.grants.iter().filter_map(|&g| self.graph.get::<Grant>(g));
        grants.flat_map(|grant| &grant.actions).any(|action| asks_model(action) && !whole_service(action))
    }

    /// What the holder does for a living, when that is something else than to be an agent.
    pub(super) fn trade(&self, holder: Sym, grants: &[(FactId, &Fact)]) -> Option<Trade> {
        let (id, fact) = grants.first()?;
        let grant = fact.get::<Grant>()?;
        let own = trade(&holder).or_else(|| trade(&grant.source));
        let identity = self.graph.holder(*id);
        let named = || identity.and_then(|node| trade(&node.key.name));
        let trusted = || {
            let trusts = identity?.trusts.iter().filter_map(|&t| self.graph.get::<Trust>(t));
            let principals: Vec<Sym> = trusts.flat_map(|trust| trust.principals.iter().copied()).collect();
            // A service that runs other programs as the role makes it more than a deployment's.
            let other = principals.iter().any(|p| p.ends_with(".amazonaws.com") && !deploying_principal(p));
            let deploys = !other && principals.iter().any(|p| deploying_principal(p));
            let keeps = !principals.is_empty() && principals.iter().all(|p| KEEPERS.contains(&p.as_str()));
            if keeps { Some(Trade::Controller) } else { deploys.then_some(Trade::Deployer) }
        };
        own.or_else(named).or_else(trusted).or_else(|| self.filed(*id).filter(|_| grant.holder.is_none()))
    }

    /// Whether all that runs as a holder is what a stack calls to make resources while it is deployed.
    pub(super) fn serves_stack(&self, id: FactId) -> bool {
        let workloads = self.graph.holder(id).map_or(&[][..], |node| &node.workloads);
        let form = |at: usize| self.graph.workload(&self.graph.workloads()[at]).form;
        !workloads.is_empty() && workloads.iter().all(|&at| form(at) == "custom-resource")
    }

    /// Whether rights are no more than what AWS gives the notebooks of people, to a role that they run as by its name
    /// or that of its file.
    /// <https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html> (2026-11-25)
    pub(super) fn is_workbench(&self, grants: &[(FactId, &Fact)]) -> bool {
        let policy = |fact: &Fact| fact.get::<Grant>().and_then(|grant| grant.managed_policy);
        let personal = |text: &str| {
            let lower = text.to_ascii_lowercase();
            ["notebook", "studio", "jupyter", "userprofile"].iter().any(|word| lower.contains(word))
        };
        grants.iter().all(|(id, fact)| {
            let named = self.graph.holder(*id).is_some_and(|node| personal(&node.key.name));
            if !named && !personal(&self.graph.path(id.file)) {
                return false;
            }
            let trusts = self.graph.holder(*id).map_or(&[][..], |node| &node.trusts);
            let principals = || trusts.iter().filter_map(|&t| self.graph.get::<Trust>(t)).flat_map(|t| &t.principals);
            policy(fact).is_some_and(|name| name.ends_with("AmazonSageMakerFullAccess"))
                && principals().any(|principal| *principal == "sagemaker.amazonaws.com")
        })
    }

    /// The trade that the file of a policy and its folder are called after.
    fn filed(&self, id: FactId) -> Option<Trade> {
        let path = self.graph.path(id.file);
        let mut parts = path.as_str().rsplit('/');
        let stem = parts.next().map_or("", |name| name.split('.').next().unwrap_or(name));
        trade(stem).or_else(|| trade(parts.next().unwrap_or("")))
    }

    /// Whether a policy that no identity here holds lies among those with which an account is set up for deployments.
    pub(super) fn sets_up(&self, id: FactId) -> bool {
        let path = self.graph.path(id.file);
        let near = path.as_str().rsplit('/').skip(1).take(2);
        self.graph.holder(id).is_none() && near.flat_map(|folder| folder.split(['-', '_'])).any(|w| w == "bootstrap")
    }

    /// Whether a policy is written into data that is no template of a cloud, and nothing is seen to grant it.
    pub(super) fn unheld(&self, id: FactId, grant: &Grant) -> bool {
        let path = self.graph.path(id.file);
        let data = path.ends_with(".yaml") || path.ends_with(".yml");
        data && grant.system == "aws"
            && grant.holder.is_none()
            && self.graph.holder(id).is_none()
            && path.rsplit('/').next().is_some_and(|name| name.contains("values"))
    }
}

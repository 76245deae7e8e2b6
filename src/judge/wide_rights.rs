//! Roles that may do more than anybody listed. Input: grants. Output: one draft a holder and kind of
//! excess, over the union of what its statements allow.

use std::collections::BTreeMap;

use crate::catalogue::cloud::{
    Access, Trade, access, bounds, harmless, no_action, reads_secrets, star_only, whole_service,
};
use crate::facts::{Fact, FactId, FileId, Grant, Sym};
use crate::finding::{AgentLink, Confidence, Draft, Step};
use crate::graph::Graph;

use super::holders::Holders;
use super::template::names;
use super::tools::in_tests;
use super::words;

/// Cluster rights by which a holder becomes anybody else: also by the node's own interface, which runs commands
/// in every pod of the node. Those of every controller (to create pods) are not among them.
const CLUSTER_STEPS: [&str; 6] =
    ["impersonate/", "escalate/", "bind/", "approve/", "get/nodes/proxy", "create/nodes/proxy"];

/// Rights to run commands in a pod: in every pod of the cluster they are those of every account that a pod runs as.
const POD_STEPS: [&str; 2] = ["create/pods/exec", "create/pods/attach"];

/// `privilege/wildcard-policy`.
pub fn wildcard(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, out, Excess { may: "may do", on: "on any resource", by_trade: true }, |grant| {
        if !grant.any_resource || !grant.writes {
            return Vec::new();
        }
        let mut excess: Vec<Sym> = grant.actions.iter().copied().filter(|action| changes(grant, action)).collect();
        excess.sort_by_key(|action| std::cmp::Reverse(access(action)));
        excess
    });
}

/// `privilege/escalation-path`.
pub fn escalation(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, out, Excess { may: "can widen its own rights by", on: "", by_trade: false }, |grant| {
        let step = |action: &&Sym| {
            // Who writes bindings gives no more than it holds, unless it may `bind` or `escalate` as well:
            // the API server refuses the rest.
            let token = action.ends_with("serviceaccounts/token");
            let in_cluster = grant.source.starts_with("ClusterRole/");
            let in_pods = in_cluster && POD_STEPS.contains(&action.as_str());
            // A role of one namespace gives nothing of what belongs to none.
            let of_nodes = action.contains("/nodes/") && !in_cluster && grant.source.starts_with("Role/");
            let step = token || in_pods || CLUSTER_STEPS.iter().any(|start| action.starts_with(start)) && !of_nodes;
            grant.system != "kubernetes" || step
        };
        if grant.escalation.iter().all(|action| *action == "iam:passrole") && !hands_on(graph, grant) {
            return Vec::new();
        }
        grant.escalation.iter().filter(step).copied().collect()
    });
}

/// `privilege/every-secret`.
pub fn every_secret(graph: &Graph, out: &mut Vec<Draft>) {
    let secrets = "may read secrets that are not named one by one, by";
    report(graph, out, Excess { may: secrets, on: "", by_trade: true }, |grant| {
        if !grant.reads_secrets {
            return Vec::new();
        }
        let cluster = grant.system == "kubernetes";
        // A service that is granted as a whole is what `privilege/wildcard-policy` says.
        let reads = |action: &Sym| match cluster {
            true => matches!(action.as_str(), "get" | "list" | "watch" | "*"),
            false => !action.contains(':') || (reads_secrets(action) && !whole_service(action)),
        };
        let found: Vec<Sym> = grant.actions.iter().copied().filter(reads).collect();
        // A key opens what is read, and reads nothing itself.
        let opens = |action: &Sym| action.eq_ignore_ascii_case("kms:Decrypt");
        if found.iter().all(opens) { Vec::new() } else { found }
    });
}

/// `privilege/administrator-policy`.
pub fn administrator(graph: &Graph, out: &mut Vec<Draft>) {
    everything(graph, out, |system| !matches!(system, "kubernetes" | "github"));
}

/// `privilege/cluster-admin`.
pub fn cluster_admin(graph: &Graph, out: &mut Vec<Draft>) {
    everything(graph, out, |system| system == "kubernetes");
}

/// One draft for every holder that may do everything in a system.
fn everything(graph: &Graph, out: &mut Vec<Draft>, of: impl Fn(&str) -> bool) {
    let known = Holders::new(graph);
    let mut holders: BTreeMap<(FileId, Sym), Vec<(FactId, &Fact, &Grant)>> = BTreeMap::new();
    for (id, fact, grant) in graph.facts::<Grant>() {
        let real = !in_tests(graph, fact.at) && !graph.closed(id, grant) && !bounds(&grant.source);
        if real && grant.administrator && grant.effect != "deny" && !grant.conditional && of(&grant.system) {
            holders.entry((id.file, holder_of(grant))).or_default().push((id, fact, grant));
        }
    }
    for ((_, holder), grants) in holders {
        let grant = grants[0].2;
        let who = match holder.as_str() {
            "" => "a policy".to_owned(),
            name if grant.system == "kubernetes" => format!("ServiceAccount `{name}`"),
            _ => who(holder, Some(grant)),
        };
        let by = match grant.managed_policy {
            Some(policy) if let Some(parameter) = grant.unless => {
                format!(", by `{policy}`, which `{parameter}` is by default")
            }
            Some(policy) if policy == holder => String::new(),
            Some(policy) => format!(", by `{policy}`"),
            None => ", by a wildcard on every action and resource".to_owned(),
        };
        let scope = if grant.system == "kubernetes" { "in the cluster" } else { "in its account" };
        let facts: Vec<(FactId, &Fact)> = grants.iter().map(|(id, fact, _)| (*id, *fact)).collect();
        out.push(draft(graph, &known, holder, &format!("{who} may do everything {scope}{by}"), &facts));
    }
}

/// Whether a grant that passes a role on may also start or change something that runs as it, by itself or with the
/// other statements of its holder.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html> (2026-11-25)
fn hands_on(graph: &Graph, grant: &Grant) -> bool {
    let holder = holder_of(grant);
    let file = graph.facts::<Grant>().find(|(.., other)| std::ptr::eq(*other, grant)).map(|(id, ..)| id.file);
    let same = graph.facts::<Grant>().filter(|(id, _, other)| Some(id.file) == file && holder_of(other) == holder);
    same.map(|(.., other)| other).filter(|other| other.effect != "deny").flat_map(|other| &other.actions).any(
        |action| {
            let other_service = !action.to_ascii_lowercase().starts_with("iam:");
            let starts = access(action) > Access::Read && !harmless(action);
            *action == "*" || other_service && (whole_service(action) || starts)
        },
    )
}

/// Whom a grant is judged with: the identity that it names, else its policy, of which a statement is a part.
fn holder_of(grant: &Grant) -> Sym {
    if let Some(holder) = grant.holder {
        return holder.name;
    }
    let statement = grant.source.rsplit_once('/').filter(|(_, sid)| sid.bytes().all(|b| b.is_ascii_alphanumeric()));
    statement.filter(|_| grant.system == "aws").map_or(grant.source, |(policy, _)| Sym::new(policy))
}

/// How a message calls a holder: an identity by its name; a policy that names none as what it is.
fn who(holder: Sym, grant: Option<&Grant>) -> String {
    let policy = grant.is_some_and(|grant| grant.system == "aws" && grant.holder.is_none());
    match holder.as_str() {
        "" => "a policy".to_owned(),
        name if policy => format!("a policy (`{name}`)"),
        name => format!("`{name}`"),
    }
}

/// Whether an action of a grant on any resource changes something that could have been named. Every
/// agent may write its own telemetry and call models.
fn changes(grant: &Grant, action: &str) -> bool {
    if grant.system == "kubernetes" {
        return !matches!(action, "get" | "list" | "watch");
    }
    // The token of the workload's own identity.
    let own = action.to_ascii_lowercase().starts_with("bedrock-agentcore:getworkloadaccesstoken");
    access(action) > Access::Read && !harmless(action) && !star_only(action) && !no_action(action) && !own
}

/// What a rule about excess says, and of whom.
#[derive(Clone, Copy)]
struct Excess {
    may: &'static str,
    on: &'static str,
    /// Whether it is said, as a note, of those whose trade needs wide rights: controllers of the
    /// infrastructure, and roles that build and deploy.
    by_trade: bool,
}

/// A statement that gives too much, after how much that is.
type Excessive<'g> = (std::cmp::Reverse<(Option<Access>, usize)>, FactId, &'g Fact);

/// One draft for every holder of which `excess` gives something, over all its statements.
fn report(graph: &Graph, out: &mut Vec<Draft>, says: Excess, excess: impl Fn(&Grant) -> Vec<Sym>) {
    let known = Holders::new(graph);
    let mut holders: BTreeMap<(FileId, Sym), (Vec<Excessive<'_>>, Vec<Sym>)> = BTreeMap::new();
    for (id, fact, grant) in graph.facts::<Grant>() {
        let counts = !grant.administrator && !grant.conditional && !bounds(&grant.source);
        if grant.effect == "deny" || !counts || in_tests(graph, fact.at) {
            continue;
        }
        let actions = excess(grant);
        if !actions.is_empty() && !graph.closed(id, grant) {
            let (facts, all) = holders.entry((id.file, holder_of(grant))).or_default();
            let worst = actions.iter().map(|action| access(action)).max();
            facts.push((std::cmp::Reverse((worst, actions.len())), id, fact));
            for action in actions {
                if !all.iter().any(|known| known.eq_ignore_ascii_case(&action)) {
                    all.push(action);
                }
            }
        }
    }
    for ((_, holder), (mut facts, mut actions)) in holders {
        // What weighs most is named, whichever statement it stands in.
        actions.sort_by_key(|action| std::cmp::Reverse(access(action)));
        // The place of the finding is the statement that gives most.
        facts.sort_by_key(|(weight, ..)| *weight);
        let facts: Vec<(FactId, &Fact)> = facts.into_iter().map(|(_, id, fact)| (id, fact)).collect();
        let agent = known.agent(&facts).filter(|evidence| evidence.sure);
        // A name says less of whom a policy is for than the folder of those that deployments run with.
        let sets_up = facts.iter().all(|(id, _)| known.sets_up(*id)).then_some(Trade::Deployer);
        let trade = sets_up.or_else(|| known.trade(holder, &facts).filter(|_| agent.is_none()));
        if trade.is_some() && !says.by_trade {
            continue;
        }
        let narrow = !actions.iter().any(|action| whole_service(action));
        let stack = agent.is_none() && narrow && says.by_trade && facts.iter().all(|(id, _)| known.serves_stack(*id));
        let actions = names(actions.iter().map(|action| action.as_str()));
        let who = who(holder, facts[0].1.get::<Grant>());
        let what = format!("{who} {} {actions} {}", says.may, says.on);
        let mut draft = draft(graph, &known, holder, what.trim_end(), &facts);
        let aside = match trade {
            Some(Trade::Controller) => Some("; by its name it belongs to a controller with a published policy"),
            Some(Trade::Deployer) => Some("; by its name or trust it builds and deploys"),
            None if stack => Some("; only what its stack calls at deployment runs as it"),
            None if agent.is_none() && known.is_workbench(&facts) => Some("; it is what AWS gives notebooks of people"),
            None if facts.iter().all(|(id, f)| f.get::<Grant>().is_some_and(|g| known.unheld(*id, g))) => {
                Some("; nothing here is seen to grant it")
            }
            None => None,
        };
        if let Some(aside) = aside {
            draft.what.push_str(aside);
            draft.confidence = Some(Confidence::Low);
        }
        out.push(draft);
    }
}

fn draft(graph: &Graph, known: &Holders<'_>, holder: Sym, what: &str, facts: &[(FactId, &Fact)]) -> Draft {
    let mut what = what.to_owned();
    let agent = known.agent(facts);
    if let Some(evidence) = &agent {
        what.push_str("; ");
        what.push_str(&evidence.says);
    }
    let mut draft = Draft::new(facts[0].1.at, what);
    let step = |(_, fact): &(FactId, &Fact)| {
        let actions = fact.get::<Grant>().map_or(&[][..], |grant| &grant.actions);
        Step { at: fact.at, says: Sym::from(format!("allows {}", names(actions.iter().map(|a| a.as_str())))) }
    };
    draft.evidence = facts.iter().map(step).take(words::MAX_STEPS).collect();
    draft.related = facts[1..].iter().map(step).collect();
    draft.about = facts.iter().map(|(id, _)| *id).collect();
    draft.symbol = holder;
    if agent.as_ref().is_some_and(|evidence| evidence.sure) {
        draft.confidence = Some(Confidence::High);
    }
    if facts.iter().any(|(_, fact)| fact.get::<Grant>().is_some_and(|grant| grant.agent_hint.is_some())) {
        draft.agent = AgentLink::Linked;
    }
    // Every chart of an operator brings such a role; it weighs when an agent is seen to hold it.
    let ordinary = |grant: &Grant| grant.system == "kubernetes" && !grant.administrator;
    let cluster = facts.iter().any(|(_, fact)| fact.get::<Grant>().is_some_and(ordinary));
    if cluster && draft.agent != AgentLink::Linked && facts.iter().all(|(id, _)| graph.link(*id) != AgentLink::Linked) {
        draft.confidence = Some(Confidence::Low);
    }
    draft
}

//! One platform identity for several workloads. Input: identities and workloads of the graph. Output: one
//! draft an identity (or env file) that two different workloads, an agent's among them, run as.

use std::collections::BTreeMap;

use crate::catalogue::cloud::{agent_word, is_strong, is_subject};
use crate::facts::{Binding, FactId, Place, RefKind, Sym, Trust, Workload};
use crate::finding::{AgentLink, Confidence, Draft, Step};
use crate::graph::{Graph, IdentityNode};

use super::template::names;
use super::tools::in_tests;

/// Forms that a platform mints anew for each run or process: nothing is shared by their name.
const OWN_BY_NATURE: [&str; 3] = ["github-token", "process-user", "person"];

/// `sharing/shared-identity`.
pub fn shared_identity(graph: &Graph, out: &mut Vec<Draft>) {
    // Where agents are in sight and what runs them is too, an identity of other programs is no agent's.
    let homes_known = !graph.agents().is_empty() && (0..graph.workloads().len()).any(|at| runs_agent(graph, at));
    for identity in graph.identities() {
        if identity.default || identity.human || OWN_BY_NATURE.contains(&identity.key.form.as_str()) {
            continue;
        }
        let users = by_name(graph, identity);
        if users.len() < 2 || is_placeholder(&identity.key.name) && !in_one_folder(graph, &users) {
            continue;
        }
        let with_agent = users.values().filter(|&&at| runs_agent(graph, at) && !manages(graph, at)).count();
        if with_agent == 0 && homes_known {
            continue;
        }
        out.push(shared(graph, identity, &users, with_agent));
    }
    federated(graph, out);
    federated_apart(graph, out);
}

/// Whether a name is put in when a manifest is applied, as `envsubst` or a script does: equal ones in two folders
/// need not become one name.
fn is_placeholder(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    let shouted = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    name.starts_with('$') && !name.contains("{{") || name.strip_prefix("V_").is_some_and(shouted) || shouted(name)
}

fn in_one_folder(graph: &Graph, users: &BTreeMap<Sym, usize>) -> bool {
    let folder = |at: usize| {
        let path = graph.path(graph.workloads()[at].fact.file);
        path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
    };
    let mut folders = users.values().map(|&at| folder(at));
    folders.next().is_none_or(|first| folders.all(|other| other == first))
}

/// Managed identities of Azure that several ServiceAccounts may become: each of them stands in a credential of its
/// own, of one folder.
fn federated_apart(graph: &Graph, out: &mut Vec<Draft>) {
    let mut by: BTreeMap<(usize, &str, Sym), Vec<(FactId, Place, &str)>> = BTreeMap::new();
    for (id, fact, trust) in graph.facts::<Trust>().filter(|(.., trust)| trust.form == "federated-credential") {
        let folder = graph.path(id.file).as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
        let (Some(target), Some(gate)) = (trust.target, trust.gate) else { continue };
        for subject in service_accounts(gate.as_str()).into_iter().filter(|_| !in_tests(graph, fact.at)) {
            by.entry((graph.repository(id.file), folder, target.name)).or_default().push((id, fact.at, subject));
        }
    }
    for ((.., identity), mut all) in by {
        all.sort_by_key(|(_, at, _)| *at);
        let mut subjects: Vec<&str> = all.iter().map(|(.., subject)| *subject).collect();
        subjects.sort_unstable();
        subjects.dedup();
        if subjects.len() < 2 {
            continue;
        }
        let list = names(subjects.iter().copied());
        let what = format!("the ServiceAccounts {list} may all run as the managed identity `{identity}`");
        let mut draft = Draft::new(all[0].1, what);
        let step = |(_, at, subject): &(FactId, Place, &str)| Step {
            at: *at,
            says: Sym::from(format!("its federated credential names `{subject}`")),
        };
        draft.evidence = all.iter().map(step).collect();
        draft.related = draft.evidence[1..].to_vec();
        draft.about = all.iter().map(|(id, ..)| *id).collect();
        draft.symbol = identity;
        let agents = subjects.iter().any(|s| agent_word(s).is_some()) || agent_word(&identity).is_some();
        draft.confidence = Some(if agents { Confidence::Medium } else { Confidence::Low });
        out.push(draft);
    }
}

/// Roles that several ServiceAccounts may become by web identity, by what their trust says alone.
fn federated(graph: &Graph, out: &mut Vec<Draft>) {
    for (id, fact, trust) in graph.facts::<Trust>() {
        let subjects = service_accounts(trust.gate.map_or("", Sym::as_str));
        let wild = subjects.iter().any(|subject| subject.contains(['*', '?']));
        if in_tests(graph, fact.at) || trust.form != "oidc" || (subjects.len() < 2 && !wild) {
            continue;
        }
        let list = names(subjects.iter().copied());
        let role = trust.target.map_or_else(|| "this role".to_owned(), |target| format!("IAM role `{}`", target.name));
        let what = match (subjects.as_slice(), wild) {
            ([only], true) => format!("every ServiceAccount called like `{only}` may run as {role}"),
            _ => format!("the ServiceAccounts {list} may all run as {role}"),
        };
        let named = |name: &str| agent_word(name).is_some();
        let agents = subjects.iter().any(|s| named(s)) || trust.target.is_some_and(|t| named(&t.name));
        let mut draft = Draft::new(fact.at, what);
        draft.evidence.push(Step { at: fact.at, says: Sym::from(format!("its trust names {list}")) });
        draft.about = vec![id];
        draft.symbol = trust.target.map_or(Sym::new("trust"), |target| target.name);
        draft.confidence = Some(if agents { Confidence::Medium } else { Confidence::Low });
        out.push(draft);
    }
}

/// `namespace:name` of the ServiceAccounts that the subject condition of a trust lets in, each once.
fn service_accounts(gate: &str) -> Vec<&str> {
    let Some((_, values)) = gate.split_once(" = ") else { return Vec::new() };
    let mut out: Vec<&str> =
        values.split(", ").filter_map(|value| value.trim().strip_prefix("system:serviceaccount:")).collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// `sharing/default-service-account`.
pub fn default_service_account(graph: &Graph, out: &mut Vec<Draft>) {
    for identity in graph.identities().iter().filter(|identity| identity.default) {
        for &at in &identity.workloads {
            let workload = graph.workload(&graph.workloads()[at]);
            if workload.automount == Some(false) && identity.grants.is_empty() {
                continue;
            }
            if !runs_agent(graph, at) && identity.grants.is_empty() {
                continue;
            }
            out.push(default(graph, identity, at));
        }
    }
}

/// `sharing/one-env-file`.
pub fn one_env_file(graph: &Graph, out: &mut Vec<Draft>) {
    let mut users: BTreeMap<Sym, BTreeMap<Sym, (usize, Place)>> = BTreeMap::new();
    for (at, node) in graph.workloads().iter().enumerate() {
        let workload = graph.workload(node);
        if workload.form != "compose-service" || !runs_agent(graph, at) {
            continue;
        }
        for file in workload.env_from.iter().filter(|file| matches!(file.kind, RefKind::Path | RefKind::Secret)) {
            users.entry(file.name).or_default().entry(workload.name).or_insert((at, file.at));
        }
    }
    for (file, services) in users.into_iter().filter(|(_, services)| services.len() > 1) {
        let list = names(services.keys().map(|name| name.as_str()));
        let what = format!("the agent services {list} all read their credentials from `{file}`");
        let mut places: Vec<(usize, Place)> = services.into_values().collect();
        places.sort_by_key(|(_, at)| *at);
        let mut draft = Draft::new(places[0].1, what);
        let step = |&(at, place): &(usize, Place)| {
            let name = graph.workload(&graph.workloads()[at]).name;
            Step { at: place, says: Sym::from(format!("service `{name}` reads it")) }
        };
        draft.evidence = places.iter().map(step).collect();
        draft.related = draft.evidence[1..].to_vec();
        draft.about = places.iter().map(|&(at, _)| graph.workloads()[at].fact).collect();
        draft.agent = AgentLink::Linked;
        draft.symbol = file;
        out.push(draft);
    }
}

/// The workloads of an identity that are different programs: replicas and overlays have one name.
fn by_name(graph: &Graph, identity: &IdentityNode) -> BTreeMap<Sym, usize> {
    let mut users = BTreeMap::new();
    for &at in &identity.workloads {
        users.entry(graph.workload(&graph.workloads()[at]).name).or_insert(at);
    }
    users
}

/// Whether an agent is seen, or said by its own text, to run in a workload.
pub(super) fn runs_agent(graph: &Graph, at: usize) -> bool {
    let node = &graph.workloads()[at];
    !node.agents.is_empty() || graph.workload(node).agent_hint.is_some()
}

/// Whether more than a word in a name says that the workload runs an agent.
pub(super) fn surely_agent(graph: &Graph, at: usize) -> bool {
    let node = &graph.workloads()[at];
    !node.agents.is_empty() || graph.workload(node).agent_hint.is_some_and(|hint| is_strong(&hint))
}

/// Whether a workload that no agent is seen in manages agents by its name: a control plane, an operator.
fn manages(graph: &Graph, at: usize) -> bool {
    let node = &graph.workloads()[at];
    let workload = graph.workload(node);
    let sure = !node.agents.is_empty() || workload.agent_hint.is_some_and(|hint| hint.starts_with("environment"));
    !sure && manager_name(&workload.name)
}

fn manager_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric());
    words().any(|word| matches!(word, "operator" | "controller" | "controlplane"))
        || words().zip(words().skip(1)).any(|pair| pair == ("control", "plane"))
}

/// Whether nothing usable is shared: no workload is given the account's token, nothing binds rights to it,
/// and no annotation makes it an identity of a cloud.
fn idle(graph: &Graph, identity: &IdentityNode, users: &BTreeMap<Sym, usize>) -> bool {
    let unmounted = |&at: &usize| graph.workload(&graph.workloads()[at]).automount == Some(false);
    identity.key.form == "kubernetes-service-account"
        && identity.grants.is_empty()
        && identity.trusts.is_empty()
        && users.values().all(unmounted)
        && !stands_for_role(graph, identity, users)
}

/// Whether an annotation of the account, in the repository of its workloads, makes it a role of a cloud,
/// whose token is mounted whatever the account's own is.
fn stands_for_role(graph: &Graph, identity: &IdentityNode, users: &BTreeMap<Sym, usize>) -> bool {
    let home = |file| graph.repository(file);
    let homes: Vec<usize> = users.values().map(|&at| home(graph.workloads()[at].fact.file)).collect();
    let own = identity.key.name.as_str();
    let name = own.rsplit('/').next().unwrap_or(own);
    graph.facts::<Binding>().any(|(id, _, binding)| {
        binding.form == "alias"
            && homes.contains(&home(id.file))
            && (binding.symbol == own || binding.symbol.rsplit('/').next() == Some(name))
    })
}

fn shared(graph: &Graph, identity: &IdentityNode, users: &BTreeMap<Sym, usize>, with_agent: usize) -> Draft {
    let list = names(users.keys().map(|name| name.as_str()));
    let who = if with_agent == users.len() { "the agents" } else { "the workloads" };
    let what = format!("{who} {list} all run as {} `{}`", form(identity.key.form), identity.key.name);
    let mut places: Vec<(&Workload, Place)> = users
        .values()
        .map(|&at| {
            let node = &graph.workloads()[at];
            let workload = graph.workload(node);
            (workload, workload.runs_as.map_or(graph.fact(node.fact).at, |runs_as| runs_as.at))
        })
        .collect();
    places.sort_by_key(|(_, at)| *at);
    let mut draft = Draft::new(places[0].1, what);
    let step = |(workload, at): &(&Workload, Place)| Step {
        at: *at,
        says: Sym::from(format!("{} `{}` runs as it", workload.form, workload.name)),
    };
    draft.evidence = places.iter().map(step).collect();
    draft.related = draft.evidence[1..].to_vec();
    draft.about = users.values().map(|&at| graph.workloads()[at].fact).collect();
    draft.symbol = Sym::from(format!("{} {}", identity.key.form, identity.key.name));
    if idle(graph, identity, users) {
        draft.what.push_str(", whose token none of them is given");
        draft.confidence = Some(Confidence::Low);
        return draft;
    }
    draft.confidence = match (with_agent, users.values().any(|&at| surely_agent(graph, at))) {
        (0, _) => Some(Confidence::Low),
        (1, _) | (_, false) => Some(Confidence::Medium),
        _ => None,
    };
    draft
}

fn default(graph: &Graph, identity: &IdentityNode, at: usize) -> Draft {
    let node = &graph.workloads()[at];
    let workload = graph.workload(node);
    let place = workload.runs_as.map_or(graph.fact(node.fact).at, |runs_as| runs_as.at);
    let mut what = format!("{} `{}` runs as the default ServiceAccount of its namespace", workload.form, workload.name);
    if !identity.grants.is_empty() {
        what.push_str(", which a binding gives rights to");
    }
    let mut draft = Draft::new(place, what);
    draft.about = vec![node.fact];
    draft.symbol = Sym::from(format!("{} {}", workload.form, workload.name));
    let named = node.agents.is_empty() && workload.agent_hint.is_some_and(|hint| is_subject(&hint));
    if named && identity.grants.is_empty() {
        draft.confidence = Some(Confidence::Low);
    }
    draft.evidence.push(Step { at: place, says: Sym::new("names no account of its own") });
    for &grant in &identity.grants {
        draft.evidence.push(Step { at: graph.fact(grant).at, says: Sym::new("the default account may do this") });
    }
    draft
}

/// A form of identity as prose.
fn form(form: Sym) -> String {
    match form.as_str() {
        "kubernetes-service-account" => "ServiceAccount".to_owned(),
        "aws-role" => "IAM role".to_owned(),
        "aws-user" => "IAM user".to_owned(),
        "gcp-service-account" => "Google service account".to_owned(),
        "azure-managed-identity" => "managed identity".to_owned(),
        other => other.replace('-', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_planes_and_operators_manage() {
        assert!(manager_name("{{ include \"llama-agents.controlplane.name\" . }}") && manager_name("agents-operator"));
        assert!(manager_name("agent-control-plane") && !manager_name("research-agent") && !manager_name("planes"));
    }

    #[test]
    fn subjects_of_a_trust_are_accounts() {
        let gate = "${issuer}:sub = system:serviceaccount:default:a-sa, system:serviceaccount:default:b-sa";
        assert_eq!(service_accounts(gate), ["default:a-sa", "default:b-sa"]);
        assert_eq!(service_accounts("token:sub = repo:acme/x:ref:refs/heads/main"), Vec::<&str>::new());
        assert_eq!(service_accounts("x:sub = system:serviceaccount:default:*agent-sa"), ["default:*agent-sa"]);
    }
}

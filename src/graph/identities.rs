//! Identities by key, with their grants, trusts and what runs as them.

use std::collections::BTreeMap;

use super::agents::push_edge;
use super::{AgentNode, Edge, Graph, IdentityNode, Key, WorkloadNode};
use crate::facts::{Agent, Binding, FileId, Grant, Identity, Ref, RefKind, Sym, Trust, Workload};
use crate::finding::Step;

/// One node for every distinct key; writes the links into `workloads` and `agents`.
pub(super) fn nodes(graph: &Graph, workloads: &mut [WorkloadNode], agents: &mut [AgentNode]) -> Vec<IdentityNode> {
    let mut known = Known::new(graph);
    for (at, node) in workloads.iter_mut().enumerate() {
        let workload = graph.get::<Workload>(node.fact).expect("a workload node is made from a workload fact");
        let Some(runs_as) = workload.runs_as else { continue };
        let identity = known.of(graph, node.fact.file, &runs_as, form_of(workload), workload.namespace);
        node.identity = Some(identity);
        known.nodes[identity].workloads.push(at);
        for &agent in &node.agents {
            if known.nodes[identity].agents.contains(&agent) {
                continue;
            }
            known.nodes[identity].agents.push(agent);
            let mut steps =
                agents[agent].workloads.iter().find(|e| e.to == at).map_or_else(Vec::new, |e| e.steps.clone());
            steps.push(Step { at: runs_as.at, says: Sym::new("which runs as this identity") });
            agents[agent].identities.push(Edge { to: identity, form: Sym::default(), steps, candidate: false });
        }
    }
    let attachments = Attachments::new(graph);
    for (id, _, grant) in graph.facts::<Grant>() {
        let form = grant_form(grant.system);
        for (file, holder) in attachments.holders(graph, id.file, grant) {
            let identity = known.of(graph, file, &holder, form, None);
            // Grants come one after the other, so a grant that is held already is the last.
            if known.nodes[identity].grants.last() != Some(&id) {
                known.nodes[identity].grants.push(id);
            }
        }
    }
    for (id, _, trust) in graph.facts::<Trust>() {
        if let Some(target) = trust.target.filter(|t| matches!(t.kind, RefKind::Identity | RefKind::Address)) {
            let identity = known.of(graph, id.file, &target, "aws-role", None);
            known.nodes[identity].trusts.push(id);
        }
    }
    known.follow_aliases(graph, agents);
    known.persons(graph, agents);
    known.nodes
}

/// Forms of identity that a workload of a form runs as.
fn form_of(workload: &Workload) -> &'static str {
    match workload.form.as_str() {
        "lambda" | "custom-resource" | "ecs-task" | "agent-resource" => "aws-role",
        // A job whose agent is handed a token of its own acts as that.
        "ci-job" if workload.runs_as.is_some_and(|r| r.name.starts_with("secrets.")) => "github-pat",
        "ci-job" => "github-token",
        "compose-service" | "image" | "process" => "process-user",
        "cloud-run" | "cloud-function" | "reasoning-engine" => "gcp-service-account",
        _ => "kubernetes-service-account",
    }
}

fn grant_form(system: Sym) -> &'static str {
    match system.as_str() {
        "kubernetes" => "kubernetes-service-account",
        "github" => "github-token",
        "gcp" => "gcp-service-account",
        "azure" => "azure-managed-identity",
        "database" => "database-user",
        "docker" => "process-user",
        _ => "aws-role",
    }
}

/// Policies and roles by name, with whom other files attach them to.
struct Attachments(BTreeMap<Sym, Vec<(FileId, Ref)>>);

impl Attachments {
    fn new(graph: &Graph) -> Self {
        let mut by_name: BTreeMap<Sym, Vec<(FileId, Ref)>> = BTreeMap::new();
        for (id, _, binding) in graph.facts::<Binding>() {
            if let Some(to) = binding.to.filter(|_| binding.form == "attachment") {
                by_name.entry(binding.symbol).or_default().push((id.file, to));
            }
        }
        Self(by_name)
    }

    /// Who holds a grant: whom it names itself, else whom its policy is attached to. A name that is no
    /// Terraform address or is computed means the same only inside its folder.
    fn holders(&self, graph: &Graph, file: FileId, grant: &Grant) -> Vec<(FileId, Ref)> {
        if let Some(holder) = grant.holder {
            return vec![(file, holder)];
        }
        let source = grant.source.as_str();
        let whole = self.0.get(&grant.source);
        let found = whole.or_else(|| self.0.get(&Sym::new(source.rsplit_once('/')?.0)));
        let near = |other: FileId| {
            graph.repository(file) == graph.repository(other)
                && (folder(graph, other) == folder(graph, file)
                    || (grant.system == "kubernetes" && !source.contains(['{', '$'])))
        };
        found.map_or(&[][..], Vec::as_slice).iter().copied().filter(|&(other, _)| near(other)).collect()
    }
}

#[derive(Default)]
struct Known {
    nodes: Vec<IdentityNode>,
    /// (form, name) → nodes by key: a reference knows no more than these two for certain.
    by_name: BTreeMap<(Sym, Sym), BTreeMap<Key, usize>>,
    /// (folder of the file, Terraform address or logical id) → node.
    by_address: BTreeMap<(String, Sym), usize>,
}

impl Known {
    fn new(graph: &Graph) -> Self {
        let mut known = Self::default();
        for (id, _, identity) in graph.facts::<Identity>() {
            let key = Key {
                form: identity.form,
                realm: identity.realm,
                name: identity.name,
                repository: repository(graph, id.file, identity.form, identity.realm),
                environment: identity.environment.unwrap_or_else(|| environment(graph, id.file)),
            };
            let at = known.node(key);
            let node = &mut known.nodes[at];
            node.facts.push(id);
            node.human |= identity.human;
            node.default |= identity.default;
            if let Some(address) = identity.address {
                known.by_address.insert((namespace(graph, id.file), address), at);
            }
        }
        known
    }

    fn node(&mut self, key: Key) -> usize {
        let same = self.by_name.entry((key.form, key.name)).or_default();
        if let Some(&at) = same.get(&key) {
            return at;
        }
        let at = self.nodes.len();
        same.insert(key.clone(), at);
        self.nodes.push(IdentityNode {
            key,
            facts: Vec::new(),
            grants: Vec::new(),
            trusts: Vec::new(),
            workloads: Vec::new(),
            agents: Vec::new(),
            human: false,
            default: false,
        });
        at
    }

    /// The node that a reference means, made when nothing declares it.
    fn of(&mut self, graph: &Graph, file: FileId, reference: &Ref, form: &'static str, realm: Option<Sym>) -> usize {
        let environment = environment(graph, file);
        if reference.kind == RefKind::Address {
            let address = address(reference.name.as_str());
            let folder = namespace(graph, file);
            let local = self.by_address.get(&(folder.clone(), address)).copied();
            if let Some(at) = local {
                return at;
            }
            let repository = Some(graph.repository(file));
            return self.node(Key {
                form: Sym::new(form),
                realm: Sym::from(folder),
                name: address,
                repository,
                environment,
            });
        }
        let (named_realm, name) = split(form, reference.name.as_str());
        let realm = realm.or(named_realm);
        let here = graph.repository(file);
        let fits = |key: &Key| {
            key.repository.is_none_or(|r| r == here)
                && realm.is_none_or(|r| key.realm.is_empty() || key.realm == r)
                && (key.environment == environment || key.environment.is_empty() || environment.is_empty())
        };
        let mut same = self.by_name.get(&(Sym::new(form), name)).into_iter().flatten();
        if let Some(at) = same.find(|(key, _)| fits(key)).map(|(_, &at)| at) {
            if reference.name == "default" && form == "kubernetes-service-account" {
                self.nodes[at].default = true;
            }
            return at;
        }
        let realm = realm.unwrap_or_default();
        let form = Sym::new(form);
        let at = self.node(Key { form, realm, name, repository: repository(graph, file, form, realm), environment });
        self.nodes[at].default = form == "kubernetes-service-account" && name == "default";
        at
    }

    /// A person whose token an agent is handed is one of its identities.
    fn persons(&mut self, graph: &Graph, agents: &mut [AgentNode]) {
        let humans: Vec<usize> = (0..self.nodes.len()).filter(|&at| self.nodes[at].human).collect();
        for (at, agent) in agents.iter_mut().enumerate() {
            let file = agent.fact.file;
            let handed = graph.get::<Agent>(agent.fact).map_or(&[][..], |a| &a.credentials);
            for secret in handed.iter().filter(|c| c.kind == RefKind::Secret) {
                let person = |node: &IdentityNode| {
                    node.human && node.key.name == secret.name && node.facts.iter().any(|f| f.file == file)
                };
                let Some(found) = humans.iter().copied().find(|&at| person(&self.nodes[at])) else { continue };
                if !self.nodes[found].agents.contains(&at) {
                    self.nodes[found].agents.push(at);
                    push_edge(&mut agent.identities, found, secret.at, "is handed this person's token");
                }
            }
        }
    }

    /// An identity that stands for another (a ServiceAccount annotated with a role) brings the
    /// other's agents and grants into reach.
    fn follow_aliases(&mut self, graph: &Graph, agents: &mut [AgentNode]) {
        for (id, fact, binding) in graph.facts::<Binding>() {
            let Some(to) = binding.to.filter(|t| binding.form == "alias" && t.kind == RefKind::Identity) else {
                continue;
            };
            let from = self.of(
                graph,
                id.file,
                &Ref { kind: RefKind::Identity, name: binding.symbol, at: fact.at },
                "kubernetes-service-account",
                None,
            );
            let form = if to.name.contains("iam.gserviceaccount.com") { "gcp-service-account" } else { "aws-role" };
            let target = self.of(graph, id.file, &to, form, None);
            for agent in self.nodes[from].agents.clone() {
                if !self.nodes[target].agents.contains(&agent) {
                    self.nodes[target].agents.push(agent);
                    push_edge(
                        &mut agents[agent].identities,
                        target,
                        fact.at,
                        "whose ServiceAccount stands for this role",
                    );
                }
            }
        }
    }
}

/// The repository that an identity is bound to; none in a known realm, which is the same everywhere.
/// A Kubernetes namespace is no realm: the cluster is not known.
fn repository(graph: &Graph, file: FileId, form: Sym, realm: Sym) -> Option<usize> {
    // A folder stands for the account, which its computed names do not tell.
    let known = !realm.is_empty() && !realm.starts_with("./") && form != "kubernetes-service-account";
    (!known).then(|| graph.repository(file))
}

/// The environment that the file's path names; empty when none.
fn environment(graph: &Graph, file: FileId) -> Sym {
    graph.file(file).and_then(|f| f.environment).unwrap_or_default()
}

/// Where an address means the same: the folder for Terraform, whose files are one module, the file for
/// templates and code.
fn namespace(graph: &Graph, file: FileId) -> String {
    let path = graph.path(file);
    if path.ends_with(".tf") || path.ends_with(".tf.json") || path.ends_with(".tofu") {
        folder(graph, file)
    } else {
        path.as_str().to_owned()
    }
}

fn folder(graph: &Graph, file: FileId) -> String {
    graph.path(file).rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned())
}

/// `aws_iam_role.agent.arn` → `aws_iam_role.agent`; `data.` addresses keep their prefix.
fn address(written: &str) -> Sym {
    let keep = if written.starts_with("data.") || written.starts_with("module.") { 3 } else { 2 };
    let cut: Vec<&str> = written.split('.').take(keep).collect();
    Sym::from(cut.join(".").split('[').next().unwrap_or_default().to_owned())
}

/// Realm and name of an identity as written: an ARN, a service account address, `namespace/name`.
fn split(form: &str, written: &str) -> (Option<Sym>, Sym) {
    if written.starts_with("arn:") {
        let parts: Vec<&str> = written.splitn(6, ':').collect();
        let account = parts.get(4).copied().filter(|a| !a.is_empty() && !a.starts_with('$')).map(Sym::new);
        let name = parts.get(5).map_or(written, |p| p.rsplit('/').next().unwrap_or(p));
        return (account, Sym::new(name));
    }
    if form == "kubernetes-service-account"
        && let Some((namespace, name)) = written.split_once('/')
    {
        return (Some(Sym::new(namespace)), Sym::new(name));
    }
    (None, Sym::new(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_as_platforms_write_them() {
        assert_eq!(address("aws_iam_role.agent.arn"), "aws_iam_role.agent");
        assert_eq!(address("data.aws_iam_role.shared.name"), "data.aws_iam_role.shared");
        assert_eq!(address("aws_iam_role.agent[0].arn"), "aws_iam_role.agent");
        let (realm, name) = split("aws-role", "arn:aws:iam::111122223333:role/team/agent");
        assert_eq!((realm, name), (Some(Sym::new("111122223333")), Sym::new("agent")));
        assert_eq!(split("kubernetes-service-account", "prod/agent"), (Some(Sym::new("prod")), Sym::new("agent")));
    }

    #[test]
    fn a_policy_belongs_to_whom_another_file_attaches_it_to() {
        let at = crate::facts::Place { file: FileId(1), ..Default::default() };
        let holder = Ref { kind: RefKind::Address, name: Sym::new("aws_iam_role.agent"), at };
        let grant = Grant { source: Sym::new("aws_iam_policy.wide/Sid"), system: Sym::new("aws"), ..Grant::default() };
        let binding = Binding {
            symbol: Sym::new("aws_iam_policy.wide"),
            form: Sym::new("attachment"),
            literal: None,
            to: Some(holder),
        };
        let file = |kind: crate::facts::FactKind, file: u32| crate::extract::FileFacts {
            facts: vec![crate::facts::Fact { at: crate::facts::Place { file: FileId(file), ..at }, kind }],
        };
        let files = vec![file(grant.clone().into(), 0), file(binding.clone().into(), 1), file(grant.into(), 2)];
        let paths = ["infra/a.tf", "infra/b.tf", "other/a.tf"].map(Sym::new).to_vec();
        let graph = Graph::build(files, paths, vec![0, 0, 0]);
        let held: Vec<usize> = graph.identities().iter().map(|i| i.grants.len()).collect();
        assert_eq!(held, [1]);
    }
}

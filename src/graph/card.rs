//! One card for every agent: what the graph knows of it, and the eight questions answered. Input:
//! the graph and the findings. Output: plain data in the shape of the inventory contract
//! (`nhiscan-inventory/1`); a field that is not known is `None`, never guessed.

use serde::Serialize;

use super::agents::setting_for;
pub use super::answers::FAMILIES;
use super::answers::{self, Answer};
use super::{AgentNode, Graph, IdentityNode};
use crate::facts::{Agent, Credential, Endpoint, FileId, Grant, Owner, Server, Sink, Sym};
use crate::finding::Finding;

/// What is known of one agent.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    /// Stable id: file, framework and name.
    pub id: String,
    /// Name as written in the source.
    pub name: Sym,
    /// Framework slug.
    pub framework: Sym,
    /// File, relative to the root.
    pub file: Sym,
    /// First line of the declaration.
    pub line: u32,
    /// Role of the file (`product`, `example` …).
    pub role: Sym,
    /// Model named in its declaration.
    pub model: Option<Sym>,
    /// Identities that it runs as.
    pub runs_as: Vec<RunsAs>,
    /// `own-identity`, `shared-identity`, `default-identity` or `person`.
    pub managed_as: Option<&'static str>,
    /// Who answers for it.
    pub owner: Option<Vec<Sym>>,
    /// What its identities may do.
    pub permissions: Option<Vec<Permission>>,
    /// Its tools.
    pub tools: Vec<ToolCard>,
    /// Its tool servers.
    pub servers: Vec<ServerCard>,
    /// Its credentials, and the names that it reads them from.
    pub credentials: Vec<CredentialCard>,
    /// Where it listens.
    pub endpoints: Vec<EndpointCard>,
    /// Agents that it can hand work to.
    pub handoffs: Vec<HandoffCard>,
    /// Where its actions are logged.
    pub sinks: Vec<SinkCard>,
    /// Run limits, by name.
    pub limits: serde_json::Map<String, serde_json::Value>,
    /// The eight questions, in the order of the families.
    pub answers: std::collections::BTreeMap<&'static str, Answer>,
}

/// An identity that an agent runs as.
#[derive(Debug, Clone, Serialize)]
pub struct RunsAs {
    /// Form, realm and name.
    pub identity: String,
    /// Environment, when the source says so.
    pub environment: Option<Sym>,
    /// How the link was made.
    pub via: String,
    /// `attested`, `bearer`, `static`, `human` or `unknown`.
    pub proof: &'static str,
}

/// One thing that an identity may do.
#[derive(Debug, Clone, Serialize)]
pub struct Permission {
    /// Action or verb as written.
    pub verb: Sym,
    /// Resources as written.
    pub resource: String,
    /// Policy or role that grants it, with its place.
    pub source: String,
}

/// A tool.
#[derive(Debug, Clone, Serialize)]
pub struct ToolCard {
    /// Its name.
    pub name: Sym,
    /// What it can do.
    pub effects: Vec<Sym>,
    /// What gates it; none when there is none, none was found, or it is void.
    pub gate: Option<Sym>,
    /// The void gate.
    pub void_gate: Option<Sym>,
}

/// A tool server.
#[derive(Debug, Clone, Serialize)]
pub struct ServerCard {
    /// Its name.
    pub name: Sym,
    /// Package, command or URL.
    pub reached: Option<Sym>,
    /// Exact version, if it is pinned to one.
    pub version: Option<Sym>,
    /// Whether it is handed a credential.
    pub holds_credential: bool,
    /// What gates its tools, as in [`ToolCard`].
    pub gate: Option<Sym>,
    /// The void gate.
    pub void_gate: Option<Sym>,
}

/// A credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CredentialCard {
    /// The name that it is read from.
    pub name: Sym,
    /// What kind it is, when that is known.
    pub kind: Option<Sym>,
    /// `literal`, `environment`, `manager`, `encrypted`, `workload-identity`; none when only the
    /// name is known.
    pub held: Option<Sym>,
    /// `path:line` where it stands.
    pub place: Option<String>,
}

/// Where an agent listens.
#[derive(Debug, Clone, Serialize)]
pub struct EndpointCard {
    /// Transport.
    pub transport: Sym,
    /// Address.
    pub host: Option<Sym>,
    /// How callers are authenticated.
    pub authentication: Option<Sym>,
}

/// A handoff.
#[derive(Debug, Clone, Serialize)]
pub struct HandoffCard {
    /// Name of the other agent.
    pub to: Sym,
    /// `path:line` of the handoff.
    pub place: String,
}

/// A log or trace.
#[derive(Debug, Clone, Serialize)]
pub struct SinkCard {
    /// Form.
    pub form: Sym,
    /// Name.
    pub name: Sym,
    /// `on` or `off`.
    pub state: Sym,
}

/// The cards of all agents of `graph`, in order of file and place.
#[must_use]
pub fn cards(graph: &Graph, findings: &[Finding]) -> Vec<Card> {
    graph.agents().iter().enumerate().map(|(at, node)| card(graph, findings, at, node)).collect()
}

fn card(graph: &Graph, findings: &[Finding], at: usize, node: &AgentNode) -> Card {
    let agent = graph.agent(node);
    let place = graph.fact(node.fact).at;
    let file = graph.path(place.file);
    let mut card = Card {
        id: format!("{file}#{}:{}", agent.framework, agent.name),
        name: agent.name,
        framework: agent.framework,
        file,
        line: place.line,
        role: graph.role(place.file),
        model: agent.model,
        runs_as: runs_as(graph, node),
        managed_as: managed_as(graph, node),
        owner: owner(graph, file),
        permissions: permissions(graph, node),
        tools: node
            .tools
            .iter()
            .map(|t| ToolCard { name: t.name, effects: t.effects.clone(), gate: t.gate, void_gate: t.void_gate })
            .collect(),
        servers: node.servers.iter().filter_map(|e| graph.get::<Server>(e.to)).map(|s| server(agent, s)).collect(),
        credentials: credentials(graph, node),
        endpoints: endpoints(graph, at, node),
        handoffs: node
            .handoffs
            .iter()
            .map(|e| HandoffCard {
                to: graph.agent(&graph.agents()[e.to]).name,
                place: e.steps.first().map_or_else(String::new, |s| shown(graph, s.at)),
            })
            .collect(),
        sinks: sinks(graph, place.file),
        limits: agent.limits.iter().map(|l| (l.name.to_string(), l.value.as_str().into())).collect(),
        answers: std::collections::BTreeMap::new(),
    };
    card.answers = answers::answers(graph, node, &card, findings.iter().filter(|f| f.agents.contains(&at)));
    card
}

/// `path:line` of a place.
pub(super) fn shown(graph: &Graph, at: crate::facts::Place) -> String {
    format!("{}:{}", graph.path(at.file), at.line)
}

fn runs_as(graph: &Graph, node: &AgentNode) -> Vec<RunsAs> {
    node.identities
        .iter()
        .map(|edge| {
            let identity = &graph.identities()[edge.to];
            let key = &identity.key;
            let realm = if key.realm.is_empty() { String::new() } else { format!("{}/", key.realm) };
            RunsAs {
                identity: format!("{}:{realm}{}", key.form, key.name),
                environment: (!key.environment.is_empty()).then_some(key.environment),
                via: edge
                    .steps
                    .iter()
                    .map(|s| format!("{} {}", shown(graph, s.at), s.says))
                    .collect::<Vec<_>>()
                    .join("; "),
                proof: proof(identity),
            }
        })
        .collect()
}

/// How a form of identity is proven, by what the platform does.
fn proof(identity: &IdentityNode) -> &'static str {
    if identity.human {
        return "human";
    }
    match identity.key.form.as_str() {
        "kubernetes-service-account" | "aws-role" | "gcp-service-account" | "azure-managed-identity" | "spiffe" => {
            "attested"
        }
        "github-token" | "github-app" | "oauth-client" => "bearer",
        "aws-user" | "database-user" | "github-pat" => "static",
        _ => "unknown",
    }
}

fn managed_as(graph: &Graph, node: &AgentNode) -> Option<&'static str> {
    let identities: Vec<&IdentityNode> = node.identities.iter().map(|e| &graph.identities()[e.to]).collect();
    let any = |test: fn(&&IdentityNode) -> bool| identities.iter().any(&test);
    if identities.is_empty() {
        None
    } else if any(|i| i.human) {
        Some("person")
    } else if any(|i| i.default) {
        Some("default-identity")
    } else if any(|i| i.agents.len() > 1) {
        Some("shared-identity")
    } else {
        Some("own-identity")
    }
}

/// CODEOWNERS: the last pattern that matches wins.
fn owner(graph: &Graph, file: Sym) -> Option<Vec<Sym>> {
    graph
        .facts::<Owner>()
        .filter(|(.., o)| o.source == "codeowners" && owns(&o.pattern, &file))
        .last()
        .map(|(.., o)| o.owners.clone())
}

/// Whether a CODEOWNERS pattern (gitignore syntax) covers `path`.
fn owns(pattern: &str, path: &str) -> bool {
    let mut rules = ignore::gitignore::GitignoreBuilder::new("");
    let line = rules.add_line(None, pattern).is_ok();
    line && rules
        .build()
        .is_ok_and(|rules| rules.matched_path_or_any_parents(path.trim_start_matches('/'), false).is_ignore())
}

fn permissions(graph: &Graph, node: &AgentNode) -> Option<Vec<Permission>> {
    if node.identities.is_empty() {
        return None;
    }
    let grants = node.identities.iter().flat_map(|e| &graph.identities()[e.to].grants);
    let mut out = Vec::new();
    for &id in grants {
        let Some(grant) = graph.get::<Grant>(id).filter(|g| g.effect != "deny") else { continue };
        let resource = grant.resources.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(", ");
        let source = format!("{} ({})", grant.source, shown(graph, graph.fact(id).at));
        let verbs = if grant.actions.is_empty() { grant.managed_policy.as_slice() } else { &grant.actions };
        out.extend(verbs.iter().map(|&verb| Permission { verb, resource: resource.clone(), source: source.clone() }));
    }
    Some(out)
}

fn server(agent: &Agent, server: &Server) -> ServerCard {
    let void_gate = setting_for(&agent.void_gates, server.name);
    let gate = setting_for(&agent.gates, server.name).filter(|_| void_gate.is_none());
    ServerCard {
        gate,
        void_gate,
        name: server.name,
        reached: server.package.or(server.url).or(server.command),
        version: server.version,
        holds_credential: server.holds_credential,
    }
}

fn credentials(graph: &Graph, node: &AgentNode) -> Vec<CredentialCard> {
    let mut out: Vec<CredentialCard> = node
        .credentials
        .iter()
        .filter_map(|edge| {
            let credential = graph.get::<Credential>(edge.to)?;
            Some(CredentialCard {
                name: credential.name,
                kind: Some(credential.title),
                held: Some(credential.held),
                place: Some(shown(graph, graph.fact(edge.to).at)),
            })
        })
        .collect();
    for &name in &node.credential_names {
        if out.iter().all(|c| c.name != name) {
            out.push(CredentialCard { name, kind: None, held: None, place: None });
        }
    }
    out.sort();
    out
}

fn endpoints(graph: &Graph, at: usize, node: &AgentNode) -> Vec<EndpointCard> {
    let symbol = graph.agent(node).symbol;
    let own = graph.facts_of::<Endpoint>(node.fact.file);
    let own =
        own.filter(|(_, e)| (e.symbol == symbol || symbol.is_empty()) && !matches!(&*e.form, "bound" | "started"));
    let started = graph.started(at).filter_map(|id| Some((id, graph.get::<Endpoint>(id)?)));
    own.chain(started)
        .map(|(id, e)| {
            let served = graph.served(id);
            let of_started = served.filter(|_| &*e.form == "started");
            let authentication = e.authentication.or_else(|| of_started?.authentication);
            let authentication = authentication.filter(|_| served.is_none_or(|s| s.only_if.is_none()));
            EndpointCard { transport: e.transport, host: e.host.or_else(|| of_started?.host), authentication }
        })
        .collect()
}

fn sinks(graph: &Graph, file: FileId) -> Vec<SinkCard> {
    in_file::<Sink>(graph, file).map(|s| SinkCard { form: s.form, name: s.name, state: s.state }).collect()
}

fn in_file<T: crate::facts::AsRecord>(graph: &Graph, file: FileId) -> impl Iterator<Item = &T> {
    graph.files[file.at()].facts.iter().filter_map(crate::facts::Fact::get::<T>)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_follow_gitignore_patterns() {
        assert!(owns("/agents/", "agents/triage.py"));
        assert!(owns("*.py", "agents/triage.py"));
        assert!(owns("*", "agents/triage.py"));
        assert!(!owns("/web/", "agents/triage.py"));
    }
}

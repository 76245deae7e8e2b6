//! Credentials that stand in the repository. Input: the distinct values of the graph. Output: one draft a
//! value, with every place it stands in; the most serious place decides which rule reports it.

use crate::catalogue::credential::{FoundBy, Kind, by_id};
use crate::facts::{Credential, FactId, Place, Sym};
use crate::finding::{AgentLink, Confidence, Draft, Step};
use crate::graph::{Graph, ValueNode};

use super::template::names;
use super::{agent_names, words};

/// `secrets/key-in-source`.
pub fn key_in_source(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::Source, out);
}

/// `secrets/key-in-config`.
pub fn key_in_config(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::Config, out);
}

/// `secrets/key-in-agent-config`.
pub fn key_in_agent_config(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::AgentConfig, out);
}

/// `secrets/key-in-instructions`.
pub fn key_in_instructions(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::Instructions, out);
}

/// `secrets/key-in-notebook`.
pub fn key_in_notebook(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::Notebook, out);
}

/// `secrets/key-in-image`.
pub fn key_in_image(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::Image, out);
}

/// `secrets/key-in-pipeline`.
pub fn key_in_pipeline(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::Pipeline, out);
}

/// `secrets/key-in-dotenv`.
pub fn key_in_dotenv(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::Dotenv, out);
}

/// `secrets/key-in-terraform`.
pub fn key_in_terraform(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::Terraform, out);
}

/// `secrets/key-in-manifest`.
pub fn key_in_manifest(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::Manifest, out);
}

/// `secrets/key-on-command-line`.
pub fn key_on_command_line(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::CommandLine, out);
}

/// `secrets/key-in-documentation`.
pub fn key_in_documentation(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::Documentation, out);
}

/// `secrets/key-in-test`.
pub fn key_in_test(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::Test, out);
}

/// `secrets/possible-key`.
pub fn possible_key(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::Possible, out);
}

/// `secrets/database-url`.
pub fn database_url(graph: &Graph, out: &mut Vec<Draft>) {
    report(graph, Rule::DatabaseUrl, out);
}

/// The rules, the most serious kind of place first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    AgentConfig,
    Instructions,
    Source,
    Config,
    Pipeline,
    Manifest,
    Terraform,
    Image,
    CommandLine,
    Notebook,
    Dotenv,
    DatabaseUrl,
    Documentation,
    Test,
    Possible,
}

/// A place of a value.
struct Held<'g> {
    id: FactId,
    at: Place,
    credential: &'g Credential,
    rule: Rule,
    /// Product files before examples and the like, tracked before ignored.
    rank: (bool, bool, Rule, bool),
}

fn report(graph: &Graph, rule: Rule, out: &mut Vec<Draft>) {
    for value in graph.values() {
        let places = places(graph, value);
        if let Some(first) = places.first()
            && decide(first, &places) == rule
        {
            out.push(draft(graph, rule, &places));
        }
    }
}

/// The places of a value, the most serious first. A recorded exchange of a test run (a cassette) holds
/// what a provider answered once, and is no place where somebody keeps a credential.
fn places<'g>(graph: &'g Graph, value: &ValueNode) -> Vec<Held<'g>> {
    let mut places = Vec::new();
    for &id in &value.places {
        let Some(credential) = graph.get::<Credential>(id) else { continue };
        let role = graph.role(id.file);
        if credential.public || credential.held != "literal" || role == "cassette" {
            continue;
        }
        let at = graph.fact(id).at;
        let rule = rule_of(credential, role);
        let ignored = graph.file(id.file).is_some_and(|f| f.git == "ignored");
        let rank = (ignored, rule >= Rule::Documentation, rule, role != "product");
        places.push(Held { id, at, credential, rule, rank });
    }
    places.sort_by_key(|held| (held.rank, graph.path(held.at.file), held.at.start));
    places
}

fn rule_of(credential: &Credential, role: Sym) -> Rule {
    // Keys in a copy of somebody else's package are those of its tests, and published.
    if matches!(role.as_str(), "test" | "fixture" | "lab" | "vendored") {
        return Rule::Test;
    }
    match credential.context.as_str() {
        "test" => Rule::Test,
        "agent-config" => Rule::AgentConfig,
        "instructions" => Rule::Instructions,
        "notebook" => Rule::Notebook,
        "image" => Rule::Image,
        "pipeline" => Rule::Pipeline,
        "dotenv" => Rule::Dotenv,
        "terraform" => Rule::Terraform,
        "manifest" => Rule::Manifest,
        "command-line" => Rule::CommandLine,
        "documentation" | "text" | "log" => Rule::Documentation,
        "config" => Rule::Config,
        _ => Rule::Source,
    }
}

/// The rule of a value: that of its most serious place, unless nothing makes sure that it is live, or
/// it is a connection URL.
fn decide(first: &Held<'_>, places: &[Held<'_>]) -> Rule {
    let found_by = by_id(&first.credential.form).map(|kind| kind.found_by);
    let sure = confidence(places);
    if sure == Confidence::Low || (found_by == Some(FoundBy::Assignment) && sure != Confidence::High) {
        return Rule::Possible;
    }
    let url = found_by == Some(FoundBy::Url);
    if url && first.rule != Rule::Test { Rule::DatabaseUrl } else { first.rule }
}

fn confidence(places: &[Held<'_>]) -> Confidence {
    let one = |held: &Held<'_>| match held.credential.confidence.as_str() {
        "high" => Confidence::High,
        "medium" => Confidence::Medium,
        _ => Confidence::Low,
    };
    places.iter().map(one).max().unwrap_or(Confidence::Low)
}

fn draft(graph: &Graph, rule: Rule, places: &[Held<'_>]) -> Draft {
    let first = &places[0];
    let kind = by_id(&first.credential.form);
    let mut draft = Draft::new(first.at, what(graph, rule, places));
    draft.help = help(kind);
    draft.confidence = Some(confidence(places));
    draft.symbol = Sym::from(format!("{} {}", first.credential.form, first.credential.name));
    draft.about = places.iter().map(|held| held.id).collect();
    draft.related = places[1..].iter().map(|held| Step { at: held.at, says: Sym::from(says(held)) }).collect();
    draft.evidence = evidence(graph, places);
    if places.iter().any(|held| held.credential.context == "agent-config") {
        draft.contexts.extend(["agent", "mcp"]);
    }
    if places.iter().any(|held| held.credential.context == "instructions") {
        draft.contexts.extend(["agent", "system-prompt"]);
    }
    if draft.contexts.contains(&"agent") {
        draft.agent = AgentLink::Linked;
    }
    draft
}

fn what(graph: &Graph, rule: Rule, places: &[Held<'_>]) -> String {
    let first = &places[0];
    let credential = first.credential;
    let title = if credential.title.is_empty() { "credential" } else { &credential.title };
    let mut what = match (rule, credential.host) {
        (Rule::DatabaseUrl, Some(host)) => {
            format!("{} {title}, for the host `{host}`, stands here", words::article(title))
        }
        (Rule::Possible, _) => format!("a literal that may be a {title} stands here"),
        _ => format!("{} {title} stands here", words::article(title)),
    };
    if !credential.name.is_empty() {
        what.push_str(&format!(" as `{}`", credential.name));
    }
    if places.len() > 1 {
        let files: std::collections::BTreeSet<Sym> = places.iter().map(|held| graph.path(held.at.file)).collect();
        what.push_str(&format!(", {} times in {}", places.len(), words::count(files.len(), "file")));
    }
    let mut agents: Vec<Sym> = places.iter().flat_map(|held| agent_names(graph, held.id)).collect();
    agents.sort_unstable();
    agents.dedup();
    if !agents.is_empty() {
        let noun = if agents.len() == 1 { "agent" } else { "agents" };
        what.push_str(&format!(
            "; {noun} {} {} it",
            names(agents.iter().map(|a| a.as_str())),
            if agents.len() == 1 { "uses" } else { "use" }
        ));
    }
    what
}

fn help(kind: Option<&Kind>) -> String {
    let Some(kind) = kind else { return String::new() };
    let mut steps = Vec::new();
    match kind.revoke.split(' ').next().unwrap_or_default() {
        "" => {}
        "change" | "delete" | "log" | "make" | "move" | "rotate" => steps.push(kind.revoke.to_owned()),
        "consul" | "dotenv-vault" | "fly" | "nomad" | "npm" | "oci" | "vault" | "yc" => {
            steps.push(format!("revoke it with `{}`", kind.revoke));
        }
        _ => steps.push(format!("revoke it at {}", kind.revoke)),
    }
    if !kind.instead.is_empty() {
        steps.push(format!("then use {} in its place", kind.instead.trim_end_matches('.')));
    } else if !steps.is_empty() {
        steps.push("then read a new one from the environment or a secret store".to_owned());
    }
    steps.join(", ")
}

fn says(held: &Held<'_>) -> String {
    match held.credential.name.as_str() {
        "" => "the same value".to_owned(),
        name => format!("the same value as `{name}`"),
    }
}

/// From the literal to the agents that read it.
fn evidence(graph: &Graph, places: &[Held<'_>]) -> Vec<Step> {
    let mut steps = vec![Step { at: places[0].at, says: Sym::new("the credential stands here") }];
    for held in places {
        for &at in graph.agents_of(held.id) {
            let node = &graph.agents()[at];
            for edge in node.credentials.iter().filter(|edge| edge.to == held.id) {
                steps.extend(edge.steps.iter().copied());
            }
            let name = graph.agent(node).name;
            steps.push(Step { at: graph.fact(node.fact).at, says: Sym::from(format!("agent `{name}`")) });
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    steps.retain(|step| seen.insert(*step));
    steps.truncate(words::MAX_STEPS);
    steps
}

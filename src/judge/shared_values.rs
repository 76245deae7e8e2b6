//! One credential value under several names or in several environments: equal values are how a shared
//! identity shows in a repository. Input: the distinct values of the graph. Output: one draft a value.

use std::collections::BTreeMap;

use crate::facts::{Credential, FactId, Place, Sym};
use crate::finding::{Confidence, Draft, Step};
use crate::graph::{Graph, ValueNode};

use super::template::names;
use super::words;

/// Words of a credential's name that say what it is, and not what it is for.
const PLAIN: [&str; 16] = [
    "api",
    "apikey",
    "key",
    "keys",
    "token",
    "secret",
    "access",
    "auth",
    "password",
    "pass",
    "pwd",
    "url",
    "uri",
    "dsn",
    "value",
    "credential",
];
/// Contexts in which a name is given to a consumer, as a variable or a setting.
const NAMED: [&str; 7] = ["dotenv", "manifest", "config", "pipeline", "terraform", "agent-config", "image"];

/// `sharing/one-value-many-names`.
pub fn many_names(graph: &Graph, out: &mut Vec<Draft>) {
    for value in graph.values() {
        let held = held(graph, value);
        let mut purposes: BTreeMap<String, (Sym, Place)> = BTreeMap::new();
        for one in held.iter().filter(|one| NAMED.contains(&one.credential.context.as_str())) {
            if let Some(purpose) = purpose(one.credential) {
                purposes.entry(purpose).or_insert((one.credential.name, one.at));
            }
        }
        if purposes.len() > 1 {
            let all: Vec<(Sym, Place)> = purposes.into_values().collect();
            let title = held[0].credential.title;
            let what = format!(
                "one value of {} {title} is used under {} names: {}",
                words::article(&title),
                all.len(),
                names(all.iter().map(|(name, _)| name.as_str()))
            );
            out.push(draft(&held, what, all.iter().map(|(name, at)| (*at, format!("as `{name}`"))).collect()));
        }
    }
}

/// `sharing/one-value-many-environments`.
pub fn many_environments(graph: &Graph, out: &mut Vec<Draft>) {
    for value in graph.values() {
        let held = held(graph, value);
        let mut environments: BTreeMap<&'static str, Place> = BTreeMap::new();
        for one in &held {
            if let Some(environment) = environment(graph, one) {
                environments.entry(environment).or_insert(one.at);
            }
        }
        if environments.len() > 1 {
            let title = held[0].credential.title;
            let what = format!(
                "one value of {} {title} is used in {} environments: {}",
                words::article(&title),
                environments.len(),
                names(environments.keys().copied())
            );
            let places = environments.into_iter().map(|(name, at)| (at, format!("in `{name}`"))).collect();
            out.push(draft(&held, what, places));
        }
    }
}

struct Held<'g> {
    id: FactId,
    at: Place,
    credential: &'g Credential,
}

/// The places of a value that somebody deploys or runs, when it is surely a credential.
fn held<'g>(graph: &'g Graph, value: &ValueNode) -> Vec<Held<'g>> {
    let deployed = |id: FactId| matches!(graph.role(id.file).as_str(), "product" | "example");
    let all: Vec<Held<'g>> = value
        .places
        .iter()
        .filter(|id| deployed(**id))
        .filter_map(|&id| Some(Held { id, at: graph.fact(id).at, credential: graph.get(id)? }))
        .filter(|one| !one.credential.public && one.credential.held == "literal")
        .collect();
    if all.iter().any(|one| one.credential.confidence == "high" || one.credential.confidence == "medium") {
        all
    } else {
        Vec::new()
    }
}

/// What a name says beyond "the key of this provider": `INTERNAL_OPENAI_API_KEY` is for `internal`. A name such as
/// `password` leaves that to the section that it stands in, which others write in other words.
fn purpose(credential: &Credential) -> Option<String> {
    let leaf = credential.name.rsplit(['.', '/', '[']).next().unwrap_or("");
    let mut words: Vec<String> = Vec::new();
    for c in leaf.chars() {
        match words.last_mut() {
            Some(word) if c.is_ascii_alphanumeric() => word.push(c.to_ascii_lowercase()),
            _ if c.is_ascii_alphanumeric() => words.push(c.to_ascii_lowercase().to_string()),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty() && !PLAIN.contains(&word.as_str()));
    let says_nothing = words.is_empty();
    words.retain(|word| *word != *credential.provider);
    (!says_nothing).then(|| words.join("-"))
}

/// The environment of a place, spellings of one environment taken together.
fn environment(graph: &Graph, held: &Held<'_>) -> Option<&'static str> {
    let named = held.credential.environment.or_else(|| graph.file(held.id.file)?.environment)?;
    Some(match named.to_ascii_lowercase().as_str() {
        "prod" | "production" | "prd" | "live" => "production",
        "dev" | "development" | "local" => "development",
        "stage" | "staging" | "stg" | "preprod" | "pre-prod" => "staging",
        "test" | "testing" | "qa" | "uat" => "test",
        _ => named.as_str(),
    })
}

fn draft(held: &[Held<'_>], what: String, places: Vec<(Place, String)>) -> Draft {
    let mut places = places.into_iter();
    let (at, first) = places.next().unwrap_or((held[0].at, String::new()));
    let mut draft = Draft::new(at, what);
    draft.evidence.push(Step { at, says: Sym::from(first) });
    draft.related = places.map(|(at, says)| Step { at, says: Sym::from(says) }).collect();
    draft.evidence.extend(draft.related.iter().copied());
    draft.about = held.iter().map(|one| one.id).collect();
    draft.symbol = held[0].credential.name;
    if !held.iter().any(|one| one.credential.confidence == "high") {
        draft.confidence = Some(Confidence::Medium);
    }
    draft
}

//! Every framework model is tested by a true case and by one that is gated or only looks alike, in each of
//! its languages that a case can be written for, and says which versions it holds for and what changed.

use std::collections::BTreeSet;

use serde::Deserialize;

#[derive(Deserialize)]
struct Model {
    slug: String,
    #[serde(default)]
    sdk: Vec<Sdk>,
    #[serde(default)]
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Sdk {
    #[serde(default)]
    agent: Vec<toml::Value>,
    languages: Vec<String>,
    versions: String,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
struct Case {
    file: String,
    #[serde(default)]
    facts: Vec<String>,
    #[serde(default)]
    absent: Vec<String>,
}

/// The models that describe agents; others say only where something listens.
fn models() -> Vec<Model> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/models/frameworks");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| toml::from_str::<Model>(&std::fs::read_to_string(path).unwrap()).unwrap();
    paths.iter().map(read).filter(|model| model.sdk.iter().any(|sdk| !sdk.agent.is_empty())).collect()
}

/// Whether a case shows something that holds an agent back, or that is none.
fn is_look_alike(case: &Case) -> bool {
    let holds = |fact: &String| {
        fact.split_whitespace().filter_map(|word| word.split_once('=')).any(|(key, value)| match key {
            "gate" | "gates" | "void" | "auth" => value != "-",
            "sandboxed" => value == "true",
            _ => false,
        })
    };
    !case.absent.is_empty() || case.facts.iter().any(holds)
}

#[test]
fn each_has_a_true_case_and_a_gated_one_or_a_look_alike() {
    let mut lacking = Vec::new();
    for model in models() {
        if !model.case.iter().any(|case| !case.facts.is_empty()) {
            lacking.push(format!("{}: no case with facts", model.slug));
        }
        if !model.case.iter().any(is_look_alike) {
            lacking.push(format!("{}: no case that is gated or only looks alike", model.slug));
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
}

#[test]
fn each_says_its_versions_and_what_changed() {
    let mut lacking = Vec::new();
    for model in models() {
        for sdk in model.sdk.iter().filter(|sdk| sdk.versions.is_empty() || sdk.note.is_empty()) {
            lacking.push(format!("{} ({})", model.slug, sdk.languages.join(", ")));
        }
    }
    assert!(lacking.is_empty(), "without versions or a note: {lacking:#?}");
}

/// The language of a case, as the models name families of them.
fn family(file: &str) -> &'static str {
    match file.rsplit('.').next() {
        Some("py") => "python",
        Some("go") => "go",
        Some("java" | "kt") => "java",
        Some("cs") => "csharp",
        _ => "typescript",
    }
}

#[test]
fn each_language_has_a_case() {
    // The same package under the same names in another language: one case shows both.
    const TWINS: &[(&str, &str)] = &[("mcp-use", "python"), ("tool-loop", "typescript")];
    let mut lacking = Vec::new();
    for model in models() {
        let shown: BTreeSet<&str> = model.case.iter().map(|case| family(&case.file)).collect();
        for sdk in &model.sdk {
            let named = sdk
                .languages
                .iter()
                .any(|l| shown.contains(l.as_str()) || l == "javascript" && shown.contains("typescript"));
            let twin =
                TWINS.iter().any(|(slug, language)| *slug == model.slug && sdk.languages.iter().any(|l| l == language));
            if !named && !twin {
                lacking.push(format!("{} ({})", model.slug, sdk.languages.join(", ")));
            }
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
}

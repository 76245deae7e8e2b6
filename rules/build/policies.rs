//! Compiles `rules/models/policies/`: the calls that ask a policy for a decision, as a static table that
//! `src/catalogue/policies.rs` includes.

use std::fmt::Write;

use serde::Deserialize;

use crate::fault::{Build, Fault};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    ask: Vec<Ask>,
    /// Read by the compiler of literals.
    #[serde(default)]
    #[allow(dead_code)]
    gate: Vec<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    engine: String,
    title: String,
    source: String,
    checked: String,
    languages: Vec<String>,
    #[serde(default)]
    calls: Vec<String>,
    #[serde(default)]
    hints: Vec<String>,
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    http: Vec<String>,
    #[serde(default)]
    who: Vec<String>,
    #[serde(default)]
    action: Vec<String>,
    #[serde(default)]
    resource: Vec<String>,
    #[serde(default)]
    input: Vec<String>,
    #[serde(default)]
    raises: bool,
}

/// Writes `policies.rs`.
pub fn compile(build: &Build) -> Result<(), Fault> {
    let mut out = String::from("/// Every call that asks a policy.\npub static ASKS: &[Ask] = &[\n");
    for path in build.files("models/policies", "toml")? {
        let text = build.read(&path)?;
        let file: File = toml::from_str(&text).map_err(|error| Fault::toml(&path, &text, 1, &error))?;
        for ask in &file.ask {
            check(ask).map_err(|message| Fault::new(&path, 0, message))?;
            write(&mut out, ask);
        }
    }
    out.push_str("];\n");
    build.write("policies.rs", &out)
}

fn check(ask: &Ask) -> Result<(), String> {
    if ask.calls.is_empty() && ask.http.is_empty() {
        return Err(format!("nothing asks `{}`: give `calls` or `http`", ask.engine));
    }
    if !ask.source.starts_with("https://") || ask.checked.len() != 10 {
        return Err(format!("`{}` needs a public `source` and the date it was `checked`", ask.engine));
    }
    for language in &ask.languages {
        if !["python", "typescript", "go", "java", "csharp", "kotlin"].contains(&language.as_str()) {
            return Err(format!("language `{language}` is not known"));
        }
    }
    for call in &ask.calls {
        if !call.contains(':') {
            return Err(format!("`{call}` is not written as `module:name`"));
        }
        if call.starts_with("?:") && ask.hints.is_empty() {
            return Err(format!("`{call}` needs `hints` that name its receiver"));
        }
    }
    if let Some(request) = ask.http.iter().find(|r| !r.contains(" /")) {
        return Err(format!("`{request}` is not written as `METHOD /path`"));
    }
    Ok(())
}

fn write(out: &mut String, a: &Ask) {
    let _ = writeln!(
        out,
        "Ask {{ engine: {:?}, title: {:?}, languages: &{:?}, calls: &{:?}, hints: &{:?}, service: {:?}, http: &{:?}, who: &{:?}, \
         action: &{:?}, resource: &{:?}, input: &{:?}, raises: {:?}, source: {:?} }},",
        a.engine,
        a.title,
        a.languages,
        a.calls,
        a.hints,
        a.service,
        a.http,
        a.who,
        a.action,
        a.resource,
        a.input,
        a.raises,
        a.source,
    );
}

//! Compiles `rules/models/policies/`: the calls that ask a policy for a decision, as a static table that
//! `src/catalogue/policies.rs` includes.

use std::fmt::Write;

use serde::Deserialize;
use toml::Spanned;

use crate::calls;
use crate::fault::{Build, Fault};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    ask: Vec<Spanned<Ask>>,
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
            check(ask.as_ref()).map_err(|message| Fault::at(&path, &text, ask.span().start, message))?;
            write(&mut out, ask.as_ref());
        }
    }
    out.push_str("];\n");
    build.write("policies.rs", &out)
}

fn check(ask: &Ask) -> Result<(), String> {
    if ask.calls.is_empty() && ask.http.is_empty() {
        return Err(format!("nothing asks `{}`: give `calls` or `http`", ask.engine));
    }
    calls::read(&ask.source, &ask.checked)?;
    calls::languages(&ask.languages)?;
    calls::calls(ask.calls.iter())?;
    calls::requests(ask.http.iter())?;
    match ask.calls.iter().find(|call| call.starts_with("?:") && ask.hints.is_empty()) {
        Some(call) => Err(format!("`{call}` needs `hints` that name its receiver")),
        None => Ok(()),
    }
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

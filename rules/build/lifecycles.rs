//! Compiles `rules/models/lifecycles/`: how credentials are issued and ended, as a static table that
//! `src/catalogue/lifecycles.rs` includes.

use std::fmt::Write;

use serde::Deserialize;
use toml::Spanned;

use crate::calls;
use crate::fault::{Build, Fault};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    issuance: Vec<Spanned<Issuance>>,
    /// Read by the compiler of literals.
    #[serde(default)]
    #[allow(dead_code)]
    gate: Vec<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Issuance {
    form: String,
    title: String,
    source: String,
    checked: String,
    languages: Vec<String>,
    #[serde(default)]
    modules: Vec<String>,
    #[serde(default)]
    hints: Vec<String>,
    service: Option<String>,
    #[serde(default)]
    issue: Vec<String>,
    #[serde(default)]
    http: Vec<String>,
    #[serde(default)]
    sql: Vec<String>,
    #[serde(default)]
    sql_needs: Vec<String>,
    ends: String,
    #[serde(default)]
    end_arguments: Vec<String>,
    #[serde(default)]
    endless_arguments: Vec<String>,
    #[serde(default)]
    payload: usize,
    #[serde(default)]
    revoke: Vec<String>,
    #[serde(default)]
    revoke_receiver: Vec<String>,
    #[serde(default)]
    revoke_subject: Vec<String>,
    #[serde(default)]
    revoke_http: Vec<String>,
    #[serde(default)]
    revoke_sql: Vec<String>,
    #[serde(default)]
    note: String,
}

/// Writes `lifecycles.rs`.
pub fn compile(build: &Build) -> Result<(), Fault> {
    let mut out = String::from("/// Every kind of issuance.\npub static LIFECYCLES: &[Lifecycle] = &[\n");
    for path in build.files("models/lifecycles", "toml")? {
        let text = build.read(&path)?;
        let file: File = toml::from_str(&text).map_err(|error| Fault::toml(&path, &text, 1, &error))?;
        for issuance in &file.issuance {
            check(issuance.as_ref()).map_err(|message| Fault::at(&path, &text, issuance.span().start, message))?;
            write(&mut out, issuance.as_ref());
        }
    }
    out.push_str("];\n");
    build.write("lifecycles.rs", &out)
}

fn check(issuance: &Issuance) -> Result<(), String> {
    if !["service", "argument", "claim", "never"].contains(&issuance.ends.as_str()) {
        return Err(format!("`ends = {:?}` is not one of service, argument, claim, never", issuance.ends));
    }
    if issuance.issue.is_empty() && issuance.http.is_empty() && issuance.sql.is_empty() {
        return Err("nothing issues it: give `issue`, `http` or `sql`".into());
    }
    calls::read(&issuance.source, &issuance.checked)?;
    if issuance.ends != "service" && issuance.note.is_empty() {
        return Err("needs a `note` that says why it does not end by itself".into());
    }
    calls::languages(&issuance.languages)?;
    let named = [&issuance.issue, &issuance.revoke, &issuance.revoke_receiver, &issuance.revoke_subject];
    calls::calls(named.into_iter().flatten())?;
    calls::requests(issuance.http.iter().chain(&issuance.revoke_http))
}

fn write(out: &mut String, i: &Issuance) {
    let _ = writeln!(
        out,
        "Lifecycle {{ form: {:?}, title: {:?}, languages: &{:?}, modules: &{:?}, hints: &{:?}, service: {:?}, issue: &{:?}, http: &{:?}, \
         sql: &{:?}, sql_needs: &{:?}, ends: Ends::{}, end_arguments: &{:?}, endless_arguments: &{:?}, payload: {}, revoke: &{:?}, revoke_receiver: &{:?}, \
         revoke_subject: &{:?}, revoke_http: &{:?}, revoke_sql: &{:?}, note: {:?}, source: {:?} }},",
        i.form,
        i.title,
        i.languages,
        i.modules,
        i.hints,
        i.service,
        i.issue,
        i.http,
        i.sql,
        i.sql_needs,
        match i.ends.as_str() {
            "service" => "Service",
            "argument" => "Argument",
            "claim" => "Claim",
            _ => "Never",
        },
        i.end_arguments,
        i.endless_arguments,
        i.payload,
        i.revoke,
        i.revoke_receiver,
        i.revoke_subject,
        i.revoke_http,
        i.revoke_sql,
        i.note,
        i.source,
    );
}

//! Compiles `rules/models/clients/`: which files configure which client of tool servers, and what its
//! switches mean, as static tables that `src/catalogue/clients.rs` includes.

use std::fmt::Write;

use serde::Deserialize;

use crate::fault::{Build, Fault};

const EFFECTS: &[&str] = &["auto-approve", "sandbox-off", "tracing-off", "tracing-on", "gate", "harden"];
const HONOURED: &[&str] = &["yes", "no", "unknown"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Client {
    slug: String,
    name: String,
    source: String,
    checked: String,
    /// Read by the compiler of literals.
    #[serde(default)]
    #[expect(dead_code)]
    gate: Vec<toml::Value>,
    #[serde(default)]
    file: Vec<File>,
    #[serde(default)]
    switch: Vec<Switch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    paths: Vec<String>,
    #[serde(default)]
    servers: Vec<Vec<String>>,
    #[serde(default)]
    inputs: Vec<String>,
    #[serde(default)]
    hooks: Vec<String>,
    #[serde(default)]
    asks: Vec<String>,
    #[serde(default)]
    tools: Vec<String>,
    #[serde(default)]
    agent: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    paths: Vec<String>,
    key: Vec<String>,
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    env: Vec<String>,
    values: Vec<String>,
    #[serde(default)]
    exact: bool,
    #[serde(default)]
    words: bool,
    #[serde(default)]
    unless: Unless,
    effect: String,
    covers: String,
    honoured: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Unless {
    key: Vec<String>,
    values: Vec<String>,
}

/// Writes `clients.rs`.
pub fn compile(build: &Build) -> Result<(), Fault> {
    let mut out = String::from("static CLIENTS: &[Client] = &[\n");
    for path in build.files("models/clients", "toml")? {
        let text = build.read(&path)?;
        let client: Client = toml::from_str(&text).map_err(|error| Fault::toml(&path, &text, 1, &error))?;
        if !client.source.starts_with("https://") || client.checked.len() != 10 {
            return Err(Fault::new(&path, 0, "needs `source` as a URL and `checked` as a date"));
        }
        let _ = write!(out, "Client {{ slug: {:?}, name: {:?}, files: &[", client.slug, client.name);
        for file in &client.file {
            let servers: Vec<String> = file.servers.iter().map(|keys| format!("&{keys:?}")).collect();
            let _ = write!(
                out,
                "ConfigFile {{ paths: &{:?}, servers: &[{}], inputs: &{:?}, hooks: &{:?}, asks: &{:?}, tools: &{:?}, agent: {} }}, ",
                file.paths,
                servers.join(", "),
                file.inputs,
                file.hooks,
                file.asks,
                file.tools,
                file.agent
            );
        }
        out.push_str("], switches: &[");
        for switch in &client.switch {
            out.push_str(&row(switch).map_err(|message| Fault::new(&path, 0, message))?);
        }
        out.push_str("] },\n");
    }
    out.push_str("];\n");
    build.write("clients.rs", &out)
}

fn row(switch: &Switch) -> Result<String, String> {
    let key = switch.key.join(".");
    if !EFFECTS.contains(&switch.effect.as_str()) {
        return Err(format!("switch `{key}`: effect `{}` is not known", switch.effect));
    }
    if !HONOURED.contains(&switch.honoured.as_str()) {
        return Err(format!("switch `{key}`: honoured `{}` is not known", switch.honoured));
    }
    Ok(format!(
        "ClientSwitch {{ paths: &{:?}, key: &{:?}, keys: &{:?}, env: &{:?}, values: &{:?}, exact: {}, words: {}, unless_key: &{:?}, \
         unless_values: &{:?}, effect: {:?}, covers: {:?}, honoured: {:?} }}, ",
        switch.paths,
        switch.key,
        switch.keys,
        switch.env,
        switch.values,
        switch.exact,
        switch.words,
        switch.unless.key,
        switch.unless.values,
        switch.effect,
        switch.covers,
        switch.honoured
    ))
}

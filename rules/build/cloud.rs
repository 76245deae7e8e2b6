//! Compiles `rules/models/cloud/`: the clouds' permissions, roles and pipelines, as static tables that
//! `src/catalogue/cloud.rs` includes.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::fault::{Build, Fault};

const FOLDER: &str = "models/cloud";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Actions {
    service: BTreeMap<String, Service>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Service {
    star_only: Vec<String>,
    reads: Vec<String>,
    writes: Vec<String>,
    permissions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Aws {
    harmless: Vec<String>,
    escalation: Vec<String>,
    secrets: Vec<String>,
    agent_principals: Vec<String>,
    managed: Vec<Managed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Managed {
    width: String,
    names: Vec<String>,
    actions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    strong: Vec<String>,
    weak: Vec<String>,
    subjects: Vec<String>,
    other_agents: Vec<String>,
    stand_ins: Vec<String>,
    controllers: Vec<String>,
    deployers: Vec<String>,
    deployer_principals: Vec<String>,
    env: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pipelines {
    strangers: Vec<String>,
    action: Vec<Action>,
    program: Vec<Program>,
    switch: Vec<Switch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    uses: String,
    framework: String,
    keys: Vec<String>,
    #[serde(default)]
    person: Vec<String>,
    #[serde(default)]
    github: Vec<String>,
    #[serde(default)]
    federation: Vec<String>,
    args: Vec<String>,
    #[serde(default)]
    open: Vec<String>,
    always: Option<String>,
    checks: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Program {
    words: Vec<String>,
    framework: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    flag: String,
    framework: String,
    effect: String,
    covers: String,
}

/// Writes `cloud.rs`.
pub fn compile(build: &Build) -> Result<(), Fault> {
    let mut out = String::new();
    services(&mut out, &load::<Actions>(build, "aws-actions.toml")?);
    aws(&mut out, &load::<Aws>(build, "aws.toml")?);
    let names: Names = load(build, "names.toml")?;
    list(&mut out, "STRONG_WORDS", &names.strong);
    list(&mut out, "WEAK_WORDS", &names.weak);
    list(&mut out, "SUBJECT_WORDS", &names.subjects);
    list(&mut out, "OTHER_AGENTS", &names.other_agents);
    list(&mut out, "STAND_INS", &names.stand_ins);
    list(&mut out, "CONTROLLERS", &names.controllers);
    list(&mut out, "DEPLOYERS", &names.deployers);
    list(&mut out, "DEPLOYER_PRINCIPALS", &names.deployer_principals);
    list(&mut out, "AGENT_ENV", &names.env);
    for (system, lists) in &load::<BTreeMap<String, BTreeMap<String, Vec<String>>>>(build, "roles.toml")? {
        for (width, roles) in lists {
            list(&mut out, &format!("{}_{}", system.to_uppercase(), width.to_uppercase()), roles);
        }
    }
    pipelines(&mut out, &load::<Pipelines>(build, "pipelines.toml")?);
    build.write("cloud.rs", &out)
}

fn load<T: DeserializeOwned>(build: &Build, name: &str) -> Result<T, Fault> {
    let path = build.rules.join(FOLDER).join(name);
    let text = build.read(&path)?;
    toml::from_str(&text).map_err(|error| Fault::toml(&path, &text, 1, &error))
}

fn list(out: &mut String, name: &str, items: &[String]) {
    let _ = writeln!(out, "static {name}: &[&str] = &{items:?};");
}

fn lower(items: &[String]) -> Vec<String> {
    items.iter().map(|item| item.to_lowercase()).collect()
}

fn services(out: &mut String, actions: &Actions) {
    out.push_str("static SERVICES: &[Service] = &[\n");
    for (prefix, s) in &actions.service {
        let [star, reads, writes, permissions] = [&s.star_only, &s.reads, &s.writes, &s.permissions].map(|l| lower(l));
        let _ = writeln!(
            out,
            "Service {{ prefix: {prefix:?}, star_only: &{star:?}, reads: &{reads:?}, writes: &{writes:?}, permissions: &{permissions:?} }},"
        );
    }
    out.push_str("];\n");
}

fn aws(out: &mut String, aws: &Aws) {
    list(out, "HARMLESS", &lower(&aws.harmless));
    list(out, "ESCALATION", &lower(&aws.escalation));
    list(out, "SECRETS", &lower(&aws.secrets));
    list(out, "AGENT_PRINCIPALS", &aws.agent_principals);
    out.push_str("static MANAGED: &[Managed] = &[\n");
    for managed in &aws.managed {
        for name in &managed.names {
            let _ = writeln!(
                out,
                "Managed {{ name: {name:?}, width: {:?}, actions: &{:?} }},",
                managed.width, managed.actions
            );
        }
    }
    out.push_str("];\n");
}

fn pipelines(out: &mut String, p: &Pipelines) {
    list(out, "STRANGERS", &p.strangers);
    out.push_str("/// Pipeline actions that run an agent.\npub static AGENT_ACTIONS: &[AgentAction] = &[\n");
    for a in &p.action {
        let _ = writeln!(
            out,
            "AgentAction {{ uses: {:?}, framework: {:?}, keys: &{:?}, person: &{:?}, github: &{:?}, federation: &{:?}, \
             args: &{:?}, open: &{:?}, always: {:?}, checks: {} }},",
            a.uses.to_lowercase(),
            a.framework,
            a.keys,
            a.person,
            a.github,
            a.federation,
            a.args,
            a.open,
            a.always,
            a.checks
        );
    }
    out.push_str("];\n/// Programs that are agents.\npub static AGENT_PROGRAMS: &[AgentProgram] = &[\n");
    for p in &p.program {
        let _ = writeln!(out, "AgentProgram {{ words: &{:?}, framework: {:?} }},", p.words, p.framework);
    }
    out.push_str(
        "];\n/// Flags that switch approval or a sandbox off.\npub static COMMAND_SWITCHES: &[CommandSwitch] = &[\n",
    );
    for s in &p.switch {
        let _ = writeln!(
            out,
            "CommandSwitch {{ flag: {:?}, framework: {:?}, effect: {:?}, covers: {:?} }},",
            s.flag, s.framework, s.effect, s.covers
        );
    }
    out.push_str("];\n");
}

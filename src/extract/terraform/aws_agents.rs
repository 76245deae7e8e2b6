//! What runs agents on AWS: functions, tasks, Bedrock agents, AgentCore.

use super::{Block, Module, hint, named, owner, source, variables};
use crate::catalogue::cloud;
use crate::extract::Sink;
use crate::extract::policies::gateway_policy;
use crate::extract::written::{name, written};
use crate::facts::{Agent, Binding, Endpoint, EnvVar, Ref, RefKind, Setting, Sym, Workload};
use crate::parse::Value;
use crate::parse::value::Node;

/// Facts of one block.
pub(super) fn read(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    if block.address.starts_with("data.") {
        return;
    }
    match block.kind {
        "aws_lambda_function" => function(module, block, sink),
        "aws_ecs_task_definition" => task(module, block, sink),
        "aws_bedrockagent_agent" => bedrock_agent(module, block, sink),
        "aws_bedrockagentcore_agent_runtime" => resource(module, block, ("agent_runtime_name", "role_arn"), sink),
        "aws_bedrockagentcore_gateway" => gateway(module, block, sink),
        "aws_bedrockagentcore_code_interpreter" | "aws_bedrockagentcore_browser" => {
            resource(module, block, ("name", "execution_role_arn"), sink);
        }
        "aws_secretsmanager_secret" => {
            let (literal, span) = named(module, block, "name");
            let symbol = Sym::from(block.address.as_str());
            sink.add(span, Binding { symbol, form: Sym::new("secret-name"), literal: Some(literal), to: None });
        }
        _ => {}
    }
}

/// A workload with the parts that all of them share.
fn base(
    module: &Module<'_>,
    block: &Block<'_>,
    form: &str,
    keys: (&str, &str),
    sink: &mut Sink<'_>,
) -> (Workload, crate::span::Span) {
    let (name, span) = named(module, block, keys.0);
    let workload = Workload {
        name,
        form: Sym::new(form),
        runs_as: block.body.get(keys.1).filter(|v| v.node != Node::Null).and_then(|v| module.identity(v, sink)),
        ..Workload::default()
    };
    owner(module, block, name, sink);
    (workload, span)
}

fn function(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let (mut workload, span) = base(module, block, "lambda", ("function_name", "role"), sink);
    for map in block.body.get_all("environment").filter_map(|e| e.get("variables")) {
        workload.env.extend(variables(map, module, sink));
    }
    workload.image = block.body.get("image_uri").map(|v| name(v, module.text));
    workload.build_context = archive(module, block);
    workload.entry.extend(entry(module, block, workload.build_context));
    workload.agent_hint = workload_hint(block, &workload).map(Sym::from);
    sink.add(span, workload);
}

/// The folder that a function's archive is made from; for one that a script packs, where it puts it.
fn archive(module: &Module<'_>, block: &Block<'_>) -> Option<Sym> {
    let file = block.body.get("filename")?;
    let Some(address) = super::address(file) else {
        let path = module.path(&written(module.resolved(file), module.text))?;
        return path.ends_with(".zip").then(|| Sym::new(path.rsplit_once('/').map_or("", |(folder, _)| folder)));
    };
    let archive = module.block(&address).filter(|b| b.kind == "archive_file")?;
    let folder = archive.body.get("source_dir").or_else(|| archive.body.get("source_file"))?;
    let path = module.path(&written(module.resolved(folder), module.text))?;
    let file = archive.body.get("source_dir").is_none();
    Some(if file { Sym::new(path.rsplit_once('/').map_or("", |(folder, _)| folder)) } else { path })
}

/// `app.handler` in its folder: `app.py`, `app.js` or `app.ts`, as the runtime says.
fn entry(module: &Module<'_>, block: &Block<'_>, folder: Option<Sym>) -> Option<Sym> {
    let handler = module.text_of(block.body, "handler");
    let file = handler.rsplit_once('.')?.0.replace('.', "/");
    let ext = if module.text_of(block.body, "runtime").contains("node") { "js" } else { "py" };
    let folder = folder?;
    Some(Sym::from(if folder.is_empty() { format!("{file}.{ext}") } else { format!("{folder}/{file}.{ext}") }))
}

fn workload_hint(block: &Block<'_>, workload: &Workload) -> Option<String> {
    if let Some(variable) = workload.env.iter().find(|v| cloud::agent_env(v.name.as_str())) {
        return Some(format!("environment: {}", variable.name));
    }
    hint("name", block, workload.name.as_str())
}

fn task(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let (mut workload, span) = base(module, block, "ecs-task", ("family", "task_role_arn"), sink);
    if let Some(definitions) = block.body.get("container_definitions") {
        for container in containers(module.resolved(definitions), module) {
            container_facts(container, module, sink, &mut workload);
        }
    }
    workload.agent_hint = workload_hint(block, &workload).map(Sym::from);
    sink.add(span, workload);
}

/// The containers of `jsonencode([…])`.
fn containers<'v>(value: &'v Value, module: &'v Module<'_>) -> Vec<&'v Value> {
    let list = value.as_call().and_then(|c| c.args.first()).map_or(value, |a| module.resolved(&a.value));
    list.items().iter().map(|c| module.resolved(c)).collect()
}

fn container_facts(container: &Value, module: &Module<'_>, sink: &Sink<'_>, workload: &mut Workload) {
    if workload.image.is_none() {
        workload.image = container.get("image").map(|i| name(i, module.text));
    }
    for (key, value) in [("environment", "value"), ("secrets", "valueFrom")] {
        let list = container.get(key).map(|v| module.resolved(v)).map_or(&[][..], Value::items);
        for variable in list {
            let Some(named) = variable.get("name") else { continue };
            let from = variable.get(value).and_then(|v| {
                source(v, sink).or_else(|| {
                    (key == "secrets").then(|| Ref {
                        kind: RefKind::Secret,
                        name: name(v, module.text),
                        at: sink.place(v.span),
                    })
                })
            });
            workload.env.push(EnvVar { name: name(named, module.text), from, at: sink.place(named.span) });
        }
    }
}

fn bedrock_agent(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let (mut workload, span) = base(module, block, "agent-resource", ("agent_name", "agent_resource_role_arn"), sink);
    workload.agent_hint = Some(Sym::new("resource: aws_bedrockagent_agent"));
    let mut agent = Agent {
        name: workload.name,
        framework: Sym::new("bedrock-agents"),
        model: block.body.get("foundation_model").map(|m| name(m, module.text)),
        tracing: Sym::new("unknown"),
        unattended: false,
        ..Agent::default()
    };
    for group in module.blocks.iter().filter(|b| b.kind == "aws_bedrockagent_agent_action_group") {
        if group.body.get("agent_id").and_then(super::address).as_deref() != Some(&block.address) {
            continue;
        }
        let (tool, at) = named(module, group, "action_group_name");
        agent.tool_names.push(tool);
        let control = group.body.at(&["action_group_executor", "custom_control"]);
        if control.is_some_and(|c| written(c, module.text) == "RETURN_CONTROL") {
            agent.gates.push(Setting { name: tool, value: Sym::new("RETURN_CONTROL"), at: sink.place(at) });
        }
    }
    for other in module.blocks.iter().filter(|b| b.kind == "aws_bedrockagent_agent_collaborator") {
        if other.body.get("agent_id").and_then(super::address).as_deref() == Some(&block.address) {
            let (name, at) = named(module, other, "collaborator_name");
            agent.handoffs.push(Ref { kind: RefKind::Name, name, at: sink.place(at) });
        }
    }
    sink.add(span, workload);
    sink.add(span, agent);
}

/// A resource of AgentCore that runs under a role.
fn resource(module: &Module<'_>, block: &Block<'_>, keys: (&str, &str), sink: &mut Sink<'_>) {
    let (mut workload, span) = base(module, block, "agent-resource", keys, sink);
    if let Some(map) = block.body.get("environment_variables") {
        workload.env.extend(variables(map, module, sink));
    }
    let image = block.body.at(&["agent_runtime_artifact", "container_configuration", "container_uri"]);
    workload.image = image.map(|i| name(i, module.text));
    workload.agent_hint = Some(Sym::from(format!("resource: {}", block.kind)));
    sink.add(span, workload);
}

fn gateway(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    resource(module, block, ("name", "role_arn"), sink);
    let authorizer = block.body.get("authorizer_type");
    let kind = authorizer.map(|a| written(module.resolved(a), module.text)).unwrap_or_default();
    let endpoint = Endpoint {
        form: Sym::new("mcp"),
        framework: Sym::new("bedrock-agentcore"),
        symbol: Sym::from(block.address.as_str()),
        transport: Sym::new("http"),
        reachable: Sym::new("yes"),
        authentication: (kind != "NONE" && !kind.is_empty()).then(|| Sym::from(kind)),
        ..Endpoint::default()
    };
    sink.add(authorizer.map_or(block.label_span, |a| a.span), endpoint);
    for mode in block.body.get_all("policy_engine_configuration").filter_map(|c| c.get("mode")) {
        sink.add(mode.span, gateway_policy(&block.address, module.resolved(mode).as_str()));
    }
}

//! What runs agents in a template: functions, tasks, Bedrock agents, AgentCore.

use super::{Resource, Template, hint, identities, identity, logical_id, variables};
use crate::catalogue::cloud;
use crate::extract::Sink;
use crate::extract::policies::gateway_policy;
use crate::extract::written::{name, written};
use crate::facts::{Agent, Endpoint, EnvVar, Ref, RefKind, Setting, Sym, Workload};
use crate::parse::Value;
use crate::span::Span;

/// Facts of one resource.
pub(super) fn read(template: &Template<'_>, resource: &Resource<'_>, sink: &mut Sink<'_>) {
    match resource.kind {
        "AWS::Lambda::Function" | "AWS::Serverless::Function" => function(template, resource, sink),
        "AWS::ECS::TaskDefinition" => task(template, resource, sink),
        "AWS::Bedrock::Agent" => bedrock_agent(template, resource, sink),
        "AWS::BedrockAgentCore::Runtime" => agentcore(template, resource, ("AgentRuntimeName", "RoleArn"), sink),
        "AWS::BedrockAgentCore::Gateway" => gateway(template, resource, sink),
        "AWS::BedrockAgentCore::CodeInterpreterCustom" | "AWS::BedrockAgentCore::BrowserCustom" => {
            agentcore(template, resource, ("Name", "ExecutionRoleArn"), sink);
        }
        "AWS::SecretsManager::Secret" => identities::secret(template, resource, sink),
        _ => {}
    }
}

fn base(
    template: &Template<'_>,
    resource: &Resource<'_>,
    form: &str,
    keys: (&str, &str),
    sink: &mut Sink<'_>,
) -> (Workload, Span) {
    let (name, span) = resource.named(keys.0, template.text);
    resource.owner(template, name, sink);
    let runs_as = resource.properties.get(keys.1).and_then(|r| identity(r, template.text, sink));
    (Workload { name, form: Sym::new(form), runs_as, ..Workload::default() }, span)
}

fn function(template: &Template<'_>, resource: &Resource<'_>, sink: &mut Sink<'_>) {
    let (mut workload, span) = base(template, resource, "lambda", ("FunctionName", "Role"), sink);
    let serverless = resource.kind == "AWS::Serverless::Function";
    if serverless && workload.runs_as.is_none() {
        let own = Sym::from(format!("{}Role", resource.id));
        workload.runs_as = Some(Ref { kind: RefKind::Address, name: own, at: sink.place(resource.id_span) });
    }
    let properties = resource.properties;
    workload.env = variables(properties.at(&["Environment", "Variables"]), template.text, sink);
    if let Some(shared) = template.globals.filter(|_| serverless) {
        let inherited = variables(shared.at(&["Environment", "Variables"]), template.text, sink);
        let news: Vec<EnvVar> =
            inherited.into_iter().filter(|v| workload.env.iter().all(|own| own.name != v.name)).collect();
        workload.env.extend(news);
    }
    code(template, resource, &mut workload);
    if serves_stack(template, resource) {
        workload.form = Sym::new("custom-resource");
    } else {
        workload.agent_hint = workload_hint(resource, &workload).map(Sym::from);
    }
    sink.add(span, workload);
}

/// Whether a function answers the stack itself, which calls it to make or remove a resource that CloudFormation
/// does not know (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html>,
/// 2026-11-25). It sets agents up and is none.
fn serves_stack(template: &Template<'_>, resource: &Resource<'_>) -> bool {
    let named = |token: &Value| logical_id(token).is_some_and(|id| id == resource.id);
    let asked = template.resources.iter().any(|other| other.properties.get("ServiceToken").is_some_and(named));
    let inline = resource.properties.at(&["Code", "ZipFile"]).or_else(|| resource.properties.get("InlineCode"));
    asked || inline.is_some_and(|code| code.span.text(template.text).contains("cfnresponse"))
}

/// Where a function's code stands: `CodeUri` with its handler.
fn code(template: &Template<'_>, resource: &Resource<'_>, workload: &mut Workload) {
    let Some(uri) = resource.properties.get("CodeUri").and_then(Value::as_str) else { return };
    if uri.contains(':') {
        return;
    }
    let relative = uri.trim_start_matches("./").trim_end_matches('/');
    let folder = match (template.folder, relative) {
        ("", _) => relative.to_owned(),
        (folder, "" | ".") => folder.to_owned(),
        (folder, _) => format!("{folder}/{relative}"),
    };
    let get = |key: &str| {
        let own = resource.properties.get(key).or_else(|| template.globals?.get(key));
        own.map(|v| written(v, template.text)).unwrap_or_default()
    };
    if let Some((file, _)) = get("Handler").rsplit_once('.') {
        let ext = if get("Runtime").contains("node") { "js" } else { "py" };
        workload
            .entry
            .push(Sym::from(format!("{folder}/{}.{ext}", file.replace('.', "/")).trim_start_matches('/').to_owned()));
    }
    workload.build_context = Some(Sym::from(folder));
}

fn workload_hint(resource: &Resource<'_>, workload: &Workload) -> Option<String> {
    if let Some(variable) = workload.env.iter().find(|v| cloud::agent_env(v.name.as_str())) {
        return Some(format!("environment: {}", variable.name));
    }
    hint("name", resource, workload.name.as_str())
}

fn task(template: &Template<'_>, resource: &Resource<'_>, sink: &mut Sink<'_>) {
    let (mut workload, span) = base(template, resource, "ecs-task", ("Family", "TaskRoleArn"), sink);
    for container in resource.properties.get("ContainerDefinitions").map_or(&[][..], Value::items) {
        workload.image = workload.image.or_else(|| container.get("Image").map(|i| name(i, template.text)));
        for (list, from) in [("Environment", "Value"), ("Secrets", "ValueFrom")] {
            for variable in container.get(list).map_or(&[][..], Value::items) {
                let Some(named) = variable.get("Name") else { continue };
                let secret = variable.get(from).filter(|_| list == "Secrets");
                let from =
                    secret.map(|v| Ref { kind: RefKind::Secret, name: name(v, template.text), at: sink.place(v.span) });
                workload.env.push(EnvVar { name: name(named, template.text), from, at: sink.place(named.span) });
            }
        }
    }
    workload.agent_hint = workload_hint(resource, &workload).map(Sym::from);
    sink.add(span, workload);
}

fn bedrock_agent(template: &Template<'_>, resource: &Resource<'_>, sink: &mut Sink<'_>) {
    let text = template.text;
    let (mut workload, span) = base(template, resource, "agent-resource", ("AgentName", "AgentResourceRoleArn"), sink);
    workload.agent_hint = Some(Sym::new("resource: AWS::Bedrock::Agent"));
    let mut agent = Agent {
        name: workload.name,
        framework: Sym::new("bedrock-agents"),
        model: resource.properties.get("FoundationModel").map(|m| name(m, text)),
        tracing: Sym::new("unknown"),
        ..Agent::default()
    };
    for group in resource.properties.get("ActionGroups").map_or(&[][..], Value::items) {
        let Some(named) = group.get("ActionGroupName") else { continue };
        let tool = name(named, text);
        agent.tool_names.push(tool);
        let control = group.at(&["ActionGroupExecutor", "CustomControl"]).and_then(Value::as_str);
        let functions = group.at(&["FunctionSchema", "Functions"]).map_or(&[][..], Value::items);
        let asked = |f: &Value| f.get("RequireConfirmation").and_then(Value::as_str) == Some("ENABLED");
        let gate = if control == Some("RETURN_CONTROL") {
            Some("RETURN_CONTROL")
        } else {
            (!functions.is_empty() && functions.iter().all(asked)).then_some("RequireConfirmation")
        };
        agent.gates.extend(gate.map(|g| Setting { name: tool, value: Sym::new(g), at: sink.place(named.span) }));
    }
    for other in resource.properties.get("AgentCollaborators").map_or(&[][..], Value::items) {
        if let Some(named) = other.get("CollaboratorName") {
            agent.handoffs.push(Ref { kind: RefKind::Name, name: name(named, text), at: sink.place(named.span) });
        }
    }
    sink.add(span, workload);
    sink.add(span, agent);
}

fn agentcore(template: &Template<'_>, resource: &Resource<'_>, keys: (&str, &str), sink: &mut Sink<'_>) {
    let (mut workload, span) = base(template, resource, "agent-resource", keys, sink);
    workload.env = variables(resource.properties.get("EnvironmentVariables"), template.text, sink);
    let image = resource.properties.at(&["AgentRuntimeArtifact", "ContainerConfiguration", "ContainerUri"]);
    workload.image = image.map(|i| name(i, template.text));
    workload.agent_hint = Some(Sym::from(format!("resource: {}", resource.kind)));
    sink.add(span, workload);
}

fn gateway(template: &Template<'_>, resource: &Resource<'_>, sink: &mut Sink<'_>) {
    agentcore(template, resource, ("Name", "RoleArn"), sink);
    let authorizer = resource.properties.get("AuthorizerType");
    let kind = authorizer.map(|a| written(a, template.text)).unwrap_or_default();
    let endpoint = Endpoint {
        form: Sym::new("mcp"),
        framework: Sym::new("bedrock-agentcore"),
        symbol: Sym::new(resource.id),
        transport: Sym::new("http"),
        reachable: Sym::new("yes"),
        authentication: (kind != "NONE" && !kind.is_empty()).then(|| Sym::from(kind)),
        ..Endpoint::default()
    };
    sink.add(authorizer.map_or(resource.id_span, |a| a.span), endpoint);
    if let Some(mode) = resource.properties.at(&["PolicyEngineConfiguration", "Mode"]) {
        sink.add(mode.span, gateway_policy(resource.id, mode.as_str()));
    }
}

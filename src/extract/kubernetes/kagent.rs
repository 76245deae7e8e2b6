//! kagent's resources: agents, tool servers and model configurations.

use super::{Resource, name_hint, qualified};
use crate::extract::Sink;
use crate::extract::written::{name, written};
use crate::facts::{Agent, EnvVar, Ref, RefKind, Server, Setting, Sym, Workload};
use crate::parse::Value;
use crate::parse::value::Node;

/// Facts of one kagent resource; `found` are the resources of the same file.
pub(super) fn read(resource: &Resource<'_>, found: &[Resource<'_>], text: &str, sink: &mut Sink<'_>) {
    match resource.kind {
        "Agent" | "SandboxAgent" => agent(resource, found, text, sink),
        "ToolServer" | "RemoteMCPServer" | "MCPServer" => server(resource, text, sink),
        _ => {}
    }
}

fn agent(resource: &Resource<'_>, found: &[Resource<'_>], text: &str, sink: &mut Sink<'_>) {
    let spec = resource.value.get("spec");
    // v1alpha2 has `declarative`, v1alpha1 had its fields at the top.
    let body = spec.and_then(|s| s.get("declarative")).or(spec);
    let deployment = body.and_then(|b| b.get("deployment")).or_else(|| spec.and_then(|s| s.at(&["byo", "deployment"])));
    sink.add(resource.name_span, workload(resource, spec, deployment, text, sink));
    let mut agent = Agent {
        name: Sym::from(resource.name.as_str()),
        framework: Sym::new("kagent"),
        tracing: Sym::new("unknown"),
        ..Agent::default()
    };
    if let Some(config) = body.and_then(|b| b.get("modelConfig")) {
        agent.credentials.extend(model_key(config, found, text, sink));
    }
    for tool in body.and_then(|b| b.get("tools")).map_or(&[][..], Value::items) {
        take_tool(tool, text, sink, &mut agent);
    }
    sink.add(resource.name_span, agent);
}

/// kagent makes a Deployment for each agent, with a ServiceAccount of its own unless one is named.
fn workload(
    resource: &Resource<'_>,
    spec: Option<&Value>,
    deployment: Option<&Value>,
    text: &str,
    sink: &Sink<'_>,
) -> Workload {
    let named =
        deployment.and_then(|d| d.get("serviceAccountName")).or_else(|| spec.and_then(|s| s.get("serviceAccountName")));
    let named = named.filter(|n| n.node != Node::Null);
    let own =
        Ref { kind: RefKind::Identity, name: Sym::from(resource.name.as_str()), at: sink.place(resource.name_span) };
    let runs_as = named.map_or(own, |n| Ref { kind: RefKind::Identity, name: name(n, text), at: sink.place(n.span) });
    let mut workload = Workload {
        name: Sym::from(resource.name.as_str()),
        form: Sym::new("deployment"),
        namespace: resource.namespace,
        image: deployment.and_then(|d| d.get("image")).map(|i| name(i, text)),
        agent_hint: Some(Sym::from(format!("kind: {}", resource.kind))),
        runs_as: Some(runs_as),
        ..Workload::default()
    };
    for variable in deployment.and_then(|d| d.get("env")).map_or(&[][..], Value::items) {
        workload.env.extend(env(variable, text, sink));
    }
    workload
}

fn env(variable: &Value, text: &str, sink: &Sink<'_>) -> Option<EnvVar> {
    let named = variable.get("name")?;
    let secret = variable.at(&["valueFrom", "secretKeyRef"]);
    Some(EnvVar {
        name: name(named, text),
        from: secret.map(|s| secret_key(s, text, sink)),
        at: sink.place(named.span),
    })
}

fn secret_key(secret: &Value, text: &str, sink: &Sink<'_>) -> Ref {
    let part = |key: &str| secret.get(key).map(|v| written(v, text)).unwrap_or_default();
    let at = secret.get("name").map_or(secret.span, |n| n.span);
    Ref { kind: RefKind::Secret, name: Sym::from(format!("{}/{}", part("name"), part("key"))), at: sink.place(at) }
}

/// The key of the agent's model, where its configuration stands in the same file.
fn model_key(config: &Value, found: &[Resource<'_>], text: &str, sink: &Sink<'_>) -> Option<Ref> {
    let wanted = written(config, text);
    let model = found.iter().find(|r| r.kind == "ModelConfig" && r.name == wanted)?.value;
    let spec = model.get("spec")?;
    let secret = ["apiKeySecret", "apiKeySecretRef"].iter().find_map(|k| spec.get(k))?;
    let key = spec.get("apiKeySecretKey").map(|k| written(k, text)).unwrap_or_default();
    let named = secret.get("name").unwrap_or(secret);
    let label = if key.is_empty() { name(named, text) } else { Sym::from(format!("{}/{key}", written(named, text))) };
    Some(Ref { kind: RefKind::Secret, name: label, at: sink.place(named.span) })
}

fn take_tool(tool: &Value, text: &str, sink: &Sink<'_>, agent: &mut Agent) {
    if let Some(other) = tool.at(&["agent", "name"]).or_else(|| tool.at(&["agent", "ref"])) {
        agent.handoffs.push(Ref { kind: RefKind::Name, name: name(other, text), at: sink.place(other.span) });
    }
    let Some(server) = tool.get("mcpServer") else { return };
    if let Some(named) = server.get("name").or_else(|| server.get("toolServer")) {
        agent.tools.push(Ref { kind: RefKind::Server, name: name(named, text), at: sink.place(named.span) });
    }
    let list = |key: &str| server.get(key).map_or(&[][..], Value::items).iter();
    agent.tool_names.extend(list("toolNames").map(|t| name(t, text)));
    agent.gates.extend(list("requireApproval").map(|t| Setting {
        name: name(t, text),
        value: Sym::new("requireApproval"),
        at: sink.place(t.span),
    }));
}

fn server(resource: &Resource<'_>, text: &str, sink: &mut Sink<'_>) {
    let Some(spec) = resource.value.get("spec") else { return };
    let url = spec.get("url").or_else(|| ["sse", "streamableHttp"].iter().find_map(|k| spec.at(&["config", k, "url"])));
    let stdio = spec.at(&["config", "stdio"]).or_else(|| spec.at(&["deployment"]));
    let headers = spec.get("headersFrom").map_or(&[][..], Value::items);
    let secrets = headers
        .iter()
        .filter_map(|h| h.at(&["valueFrom"]).filter(|v| v.get("type").is_some_and(|t| t.as_str() == Some("Secret"))));
    let mut env: Vec<EnvVar> = Vec::new();
    for header in headers {
        let Some(named) = header.get("name") else { continue };
        let from = header.get("valueFrom").map(|v| secret_key(v, text, sink));
        env.push(EnvVar { name: name(named, text), from, at: sink.place(named.span) });
    }
    let command = stdio.and_then(|s| s.get("cmd").or_else(|| s.get("command"))).map(|c| name(c, text));
    let address = url.map(|u| written(u, text));
    let server = Server {
        name: qualified(None, &resource.name),
        client: Sym::new("kagent"),
        transport: Sym::new(if url.is_some() { "http" } else { "stdio" }),
        command,
        local: address.as_deref().is_some_and(|u| u.contains(".svc") || u.contains("localhost") || !u.contains('.')),
        url: address.map(|u| Sym::new(u.split('?').next().unwrap_or(&u))),
        holds_credential: secrets.count() > 0,
        env,
        ..Server::default()
    };
    sink.add(resource.name_span, server);
    if let Some(named) = spec.at(&["deployment", "serviceAccountName"]) {
        let runs_as = Ref { kind: RefKind::Identity, name: name(named, text), at: sink.place(named.span) };
        let workload = Workload {
            name: Sym::from(resource.name.as_str()),
            form: Sym::new("deployment"),
            namespace: resource.namespace,
            agent_hint: name_hint(resource).map(Sym::from),
            runs_as: Some(runs_as),
            ..Workload::default()
        };
        sink.add(resource.name_span, workload);
    }
}

//! Kubernetes resources written in Terraform.

use super::{Block, Module, address};
use crate::catalogue::cloud;
use crate::extract::Sink;
use crate::extract::written::{name, written};
use crate::facts::{EnvVar, Grant, Identity, Ref, RefKind, Sym, Workload};
use crate::parse::Value;
use crate::span::Span;

/// Facts of one block.
pub(super) fn read(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let kind = block.kind.trim_end_matches("_v1");
    if block.address.starts_with("data.") {
        return;
    }
    match kind {
        "kubernetes_service_account" => account(module, block, sink),
        "kubernetes_deployment" => workload(module, block, "deployment", sink),
        "kubernetes_stateful_set" => workload(module, block, "statefulset", sink),
        "kubernetes_daemonset" => workload(module, block, "daemonset", sink),
        "kubernetes_cluster_role_binding" => binding(module, block, true, sink),
        "kubernetes_role_binding" => binding(module, block, false, sink),
        _ => {}
    }
}

fn metadata(module: &Module<'_>, block: &Block<'_>) -> (Sym, Span, Option<Sym>) {
    let named = block.body.at(&["metadata", "name"]);
    let namespace = block.body.at(&["metadata", "namespace"]).map(|n| name(module.resolved(n), module.text));
    match named {
        Some(value) => (name(module.resolved(value), module.text), value.span, namespace),
        None => (Sym::from(block.address.as_str()), block.label_span, namespace),
    }
}

fn account(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let (name, span, namespace) = metadata(module, block);
    let identity = Identity {
        form: Sym::new("kubernetes-service-account"),
        realm: namespace.unwrap_or_default(),
        name,
        address: Some(Sym::from(block.address.as_str())),
        declared: true,
        ..Identity::default()
    };
    sink.add(span, identity);
}

fn workload(module: &Module<'_>, block: &Block<'_>, form: &str, sink: &mut Sink<'_>) {
    let (workload_name, span, namespace) = metadata(module, block);
    let Some(spec) = block.body.at(&["spec", "template", "spec"]) else { return };
    let mut workload = Workload { name: workload_name, form: Sym::new(form), namespace, ..Workload::default() };
    for container in spec.get_all("container").flat_map(Value::one_or_many) {
        workload.image = workload.image.or_else(|| container.get("image").map(|i| name(i, module.text)));
        for variable in container.get_all("env").flat_map(Value::one_or_many) {
            let Some(named) = variable.get("name") else { continue };
            let secret = variable.at(&["value_from", "secret_key_ref"]);
            let from =
                secret.map(|s| Ref { kind: RefKind::Secret, name: secret_name(s, module), at: sink.place(s.span) });
            workload.env.push(EnvVar { name: name(named, module.text), from, at: sink.place(named.span) });
        }
    }
    workload.automount = spec.get("automount_service_account_token").and_then(Value::as_bool);
    workload.runs_as = match spec.get("service_account_name") {
        Some(account) => module.identity(account, sink),
        None => Some(Ref { kind: RefKind::Identity, name: Sym::new("default"), at: sink.place(span) }),
    };
    let variable = workload.env.iter().find(|v| cloud::agent_env(v.name.as_str()));
    let found = variable
        .map(|v| format!("environment: {}", v.name))
        .or_else(|| super::hint("name", block, workload_name.as_str()));
    workload.agent_hint = found.map(Sym::from);
    sink.add(span, workload);
}

fn secret_name(secret: &Value, module: &Module<'_>) -> Sym {
    let part = |key: &str| secret.get(key).map(|v| written(v, module.text)).unwrap_or_default();
    Sym::from(format!("{}/{}", part("name"), part("key")))
}

fn binding(module: &Module<'_>, block: &Block<'_>, cluster_wide: bool, sink: &mut Sink<'_>) {
    let Some(role) = block.body.at(&["role_ref", "name"]) else { return };
    let role_name = written(module.resolved(role), module.text);
    if !cloud::administrator_role("kubernetes", &role_name) && !cloud::escalation_role("kubernetes", &role_name) {
        return;
    }
    let administrator = cloud::administrator_role("kubernetes", &role_name);
    for subject in block.body.get_all("subject").flat_map(Value::one_or_many) {
        let account = subject.get("kind").and_then(Value::as_str) == Some("ServiceAccount");
        let Some(named) = subject.get("name").filter(|_| account) else { continue };
        let namespace = subject.get("namespace").map(|n| written(n, module.text));
        let label = written(module.resolved(named), module.text);
        let holder = address(named).map_or_else(
            || Ref {
                kind: RefKind::Identity,
                name: Sym::from(namespace.as_ref().map_or(label.clone(), |n| format!("{n}/{label}"))),
                at: sink.place(named.span),
            },
            |found| Ref { kind: RefKind::Address, name: Sym::from(found), at: sink.place(named.span) },
        );
        let star = || if administrator { vec![Sym::new("*")] } else { Vec::new() };
        let grant = Grant {
            system: Sym::new("kubernetes"),
            effect: Sym::new("allow"),
            source: Sym::from(format!("ClusterRole/{role_name}")),
            actions: star(),
            resources: star(),
            wildcard_actions: star(),
            any_resource: administrator,
            administrator: administrator && cluster_wide,
            writes: true,
            reads_secrets: true,
            managed_policy: Some(Sym::from(role_name.as_str())),
            agent_hint: cloud::agent_hint("account name", &label).map(Sym::from),
            holder: Some(holder),
            ..Grant::default()
        };
        sink.add(role.span, grant);
    }
}

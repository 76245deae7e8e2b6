//! What pods run, as whom, and with which secrets.

use super::{Accounts, Resource, automount, name_hint, qualified};
use crate::catalogue::cloud;
use crate::extract::Sink;
use crate::extract::command_line;
use crate::extract::workload::{engine_socket, socket_grant};
use crate::extract::written::{name, written};
use crate::facts::{EnvVar, Ref, RefKind, Sym, Workload};
use crate::parse::Value;
use crate::parse::value::Node;
use crate::span::Span;

/// The workload fact of a resource that has a pod.
pub(super) fn workload(resource: &Resource<'_>, accounts: &Accounts, text: &str, sink: &mut Sink<'_>) {
    let Some((form, spec)) = pod(resource).filter(|_| !tests_release(resource)) else { return };
    let containers: Vec<&Value> = spec.get("containers").map_or(&[][..], Value::items).iter().collect();
    let inits = spec.get("initContainers").map_or(&[][..], Value::items);
    let mut workload = Workload {
        name: Sym::from(resource.name.as_str()),
        form: Sym::new(form),
        namespace: resource.namespace,
        ..Workload::default()
    };
    for container in containers.iter().copied().chain(inits) {
        environment(container, text, sink, &mut workload);
    }
    volumes(spec, text, sink, &mut workload);
    if let Some(main) = main_container(&containers) {
        workload.image = main.get("image").map(|i| image(&written(i, text)));
        workload.command = command(main, text);
    }
    workload.runs_as = runs_as(resource, spec, &containers, text, sink);
    let account = workload.runs_as.map(|r| qualified(resource.namespace, r.name.as_str()));
    workload.automount = automount(spec).or_else(|| accounts.automount(account?));
    let stock = !containers.is_empty()
        && containers.iter().all(|c| c.get("image").is_some_and(|i| cloud::stock_image(&written(i, text))));
    workload.agent_hint = hint(resource, &workload, stock).map(Sym::from);
    sockets(spec, &workload, resource.name_span, text, sink);
    resource.owner(text, sink);
    sink.add(resource.name_span, workload);
}

/// Whether a pod only tests a release of a chart, and is gone when it has: a program of nobody's.
fn tests_release(resource: &Resource<'_>) -> bool {
    let hook = resource.metadata("annotations").iter().find(|entry| &*entry.key == "helm.sh/hook");
    hook.and_then(|entry| entry.value.as_str()).is_some_and(|hook| hook.starts_with("test"))
}

/// The kind of workload and its pod's specification.
fn pod<'v>(resource: &Resource<'v>) -> Option<(&'static str, &'v Value)> {
    let template: &[&str] = &["spec", "template", "spec"];
    let (form, path) = match resource.kind {
        "Deployment" => ("deployment", template),
        "StatefulSet" => ("statefulset", template),
        "DaemonSet" => ("daemonset", template),
        "ReplicaSet" | "Rollout" => ("deployment", template),
        "Job" => ("job", template),
        "Service" if resource.api.starts_with("serving.knative.dev") => ("knative-service", template),
        "CronJob" => ("cronjob", &["spec", "jobTemplate", "spec", "template", "spec"][..]),
        "Pod" => ("pod", &["spec"][..]),
        _ => return None,
    };
    resource.value.at(path).map(|spec| (form, spec))
}

/// The first container that is no known side-car.
fn main_container<'v>(containers: &[&'v Value]) -> Option<&'v Value> {
    const SIDECARS: &[&str] =
        &["istio-proxy", "linkerd-proxy", "envoy", "cloud-sql-proxy", "oauth2-proxy", "kube-rbac-proxy"];
    let side = |c: &&&Value| c.get("name").and_then(Value::as_str).is_some_and(|n| SIDECARS.contains(&n));
    containers.iter().find(|c| !side(c)).or(containers.first()).copied()
}

fn image(written: &str) -> Sym {
    Sym::new(written.split("@sha256:").next().unwrap_or(written))
}

fn command(container: &Value, text: &str) -> Option<Sym> {
    let words: Vec<String> = ["command", "args"]
        .iter()
        .filter_map(|key| container.get(key))
        .flat_map(Value::one_or_many)
        .map(|word| written(word, text))
        .collect();
    let line = words.join(" ");
    let first = line.lines().next().unwrap_or("");
    (!first.is_empty()).then(|| Sym::from(first.chars().take(200).collect::<String>()))
}

fn environment(container: &Value, text: &str, sink: &Sink<'_>, workload: &mut Workload) {
    for variable in container.get("env").map_or(&[][..], Value::items) {
        let Some(named) = variable.get("name") else { continue };
        let secret = variable.at(&["valueFrom", "secretKeyRef"]);
        let from = secret.map(|secret| {
            let part = |key: &str| secret.get(key).map(|v| written(v, text)).unwrap_or_default();
            let at = secret.get("name").map_or(secret.span, |n| n.span);
            Ref {
                kind: RefKind::Secret,
                name: Sym::from(format!("{}/{}", part("name"), part("key"))),
                at: sink.place(at),
            }
        });
        workload.env.push(EnvVar { name: name(named, text), from, at: sink.place(named.span) });
    }
    for source in container.get("envFrom").map_or(&[][..], Value::items) {
        if let Some(named) = source.at(&["secretRef", "name"]) {
            workload.env_from.push(Ref { kind: RefKind::Secret, name: name(named, text), at: sink.place(named.span) });
        }
    }
}

fn volumes(spec: &Value, text: &str, sink: &Sink<'_>, workload: &mut Workload) {
    for volume in spec.get("volumes").map_or(&[][..], Value::items) {
        let projected = volume.at(&["projected", "sources"]).map_or(&[][..], Value::items);
        let mounted = volume.at(&["secret", "secretName"]);
        for named in mounted.into_iter().chain(projected.iter().filter_map(|s| s.at(&["secret", "name"]))) {
            workload.env_from.push(Ref { kind: RefKind::Secret, name: name(named, text), at: sink.place(named.span) });
        }
    }
}

/// Sockets of the node's container engine among the volumes.
fn sockets(spec: &Value, workload: &Workload, named: Span, text: &str, sink: &mut Sink<'_>) {
    for path in spec.get("volumes").map_or(&[][..], Value::items).iter().filter_map(|v| v.at(&["hostPath", "path"])) {
        if let Some(socket) = engine_socket(&written(path, text)) {
            let holder = Ref { kind: RefKind::Name, name: workload.name, at: sink.place(named) };
            sink.add(path.span, socket_grant(socket, holder));
        }
    }
}

/// The account that is named, else the default one; none where the text cannot tell: a patch, or a
/// template action that may write the account.
fn runs_as(resource: &Resource<'_>, spec: &Value, containers: &[&Value], text: &str, sink: &Sink<'_>) -> Option<Ref> {
    let named =
        ["serviceAccountName", "serviceAccount"].iter().filter_map(|k| spec.get(k)).find(|v| v.node != Node::Null);
    if let Some(named) = named.filter(|n| n.scalar() != Some("")) {
        return Some(Ref { kind: RefKind::Identity, name: name(named, text), at: sink.place(named.span) });
    }
    let source = spec.span.text(text);
    let whole = containers.iter().any(|c| c.get("image").is_some());
    let selects = resource.value.at(&["spec", "selector"]).is_some()
        || !matches!(resource.kind, "Deployment" | "StatefulSet" | "DaemonSet");
    let open = source.contains("serviceAccount") || templated_account(source);
    (whole && selects && !open).then(|| Ref {
        kind: RefKind::Identity,
        name: Sym::new("default"),
        at: sink.place(resource.name_span),
    })
}

/// Whether a template action could write the account's name into the specification.
fn templated_account(source: &str) -> bool {
    source.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()).any(|action| {
        let lower = action.to_lowercase();
        lower.contains("serviceaccount") || lower.contains("podspec") || lower.contains("extraspec")
    })
}

/// Strong signs first: a variable, the image, the command line; then names, which say nothing of `stock`
/// programs.
fn hint(resource: &Resource<'_>, workload: &Workload, stock: bool) -> Option<String> {
    if cloud::model_gateway(&resource.name) {
        return None;
    }
    if let Some(variable) = workload.env.iter().find(|v| cloud::agent_env(v.name.as_str())) {
        return Some(format!("environment: {}", variable.name));
    }
    let image = workload.image.and_then(|i| {
        let last = i.as_str().rsplit('/').next().unwrap_or("");
        cloud::agent_hint("image", last.split(':').next().unwrap_or(last))
    });
    let program = workload.command.and_then(|c| command_line::agent_program(c.as_str()));
    let program = program.map(|found| format!("command: {}", found.words[0]));
    let found = [image, program, name_hint(resource).filter(|_| !stock)];
    cloud::strongest(found)
}

//! What the readers of images and compose files share: environment variables with what they are set
//! from, command lines that show no credential, and signs of an agent. Input: values. Output: parts of a
//! [`Workload`].

use super::Sink;
use super::agents::settings::set_outside;
use super::command_line;
use super::mcp;
use super::written::written;
use crate::catalogue::{clients, cloud};
use crate::facts::{EnvVar, Grant, Ref, RefKind, Sym, Workload};
use crate::parse::{Document, Value};
use crate::span::Span;

/// The variable `name`, set to `value` at `at`.
pub(crate) fn variable(name: &str, at: Span, value: Option<&Value>, sink: &Sink<'_>) -> EnvVar {
    let from = value.and_then(|value| source(name, value, sink));
    EnvVar { name: Sym::new(name), from, at: sink.place(at) }
}

/// What a variable is set from: a credential that stands there, another variable, a secret's file.
fn source(name: &str, value: &Value, sink: &Sink<'_>) -> Option<Ref> {
    let place = |kind, name: Sym| Ref { kind, name, at: sink.place(value.span) };
    if let Some(print) = sink.fingerprint_at(value.span) {
        return Some(place(RefKind::Value, print));
    }
    let text = value.as_str()?;
    let text = text.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).unwrap_or(text);
    if let Some(secret) = text.strip_prefix("/run/secrets/") {
        return Some(place(RefKind::Secret, Sym::new(secret)));
    }
    mcp::reference(text).map(|(kind, name)| place(kind, Sym::from(name)))
}

/// Adds the switches that a variable is, when it is set to `text` at `at`.
pub(crate) fn switched(name: &str, text: &str, at: Span, sink: &mut Sink<'_>) {
    for switch in set_outside(name, text.trim_matches(['"', '\''])) {
        sink.add(at, switch);
    }
    for switch in clients::environment(name, text) {
        sink.add(at, switch);
    }
}

/// A value as one word that shows no credential.
pub(crate) fn shown(value: &Value, document: &Document<'_>) -> String {
    let secret = document.is_masked(value.span);
    if secret { "***".to_owned() } else { written(value, &document.text) }
}

/// The first line of a command, at most 200 characters.
pub(crate) fn command(words: &[String]) -> Option<Sym> {
    let line = words.join(" ");
    let first: String = line.lines().next().unwrap_or("").chars().take(200).collect();
    (!first.is_empty()).then(|| Sym::from(first))
}

/// Why a workload is taken for an agent's: strong signs first (a variable, the image, the command), then
/// names.
pub(crate) fn agent_hint(workload: &Workload) -> Option<Sym> {
    if cloud::model_gateway(workload.name.as_str()) {
        return None;
    }
    if let Some(variable) = workload.env.iter().find(|v| cloud::agent_env(v.name.as_str())) {
        return Some(Sym::from(format!("environment: {}", variable.name)));
    }
    let image = workload.image.and_then(|image| {
        let last = image.as_str().rsplit('/').next().unwrap_or("");
        cloud::agent_hint("image", last.split(':').next().unwrap_or(last))
    });
    let program = workload.command.and_then(|line| command_line::agent_program(line.as_str()));
    let program = program.map(|found| format!("command: {}", found.words[0]));
    let stock = workload.image.is_some_and(|image| cloud::stock_image(&image));
    let name = cloud::agent_hint("name", workload.name.as_str()).filter(|_| !stock);
    let found = [image, program, name];
    cloud::strongest(found).map(Sym::from)
}

/// The socket of a container engine that a path is.
pub(crate) fn engine_socket(path: &str) -> Option<&'static str> {
    ["docker.sock", "containerd.sock", "crio.sock", "podman.sock"].into_iter().find(|socket| path.contains(socket))
}

/// What a mounted socket permits: whoever can talk to the engine can do anything on the host.
pub(crate) fn socket_grant(socket: &'static str, holder: Ref) -> Grant {
    Grant {
        system: Sym::new("docker"),
        effect: Sym::new("allow"),
        source: Sym::new(socket),
        actions: vec![Sym::new("docker:*")],
        resources: vec![Sym::new("host")],
        writes: true,
        holder: Some(holder),
        ..Grant::default()
    }
}

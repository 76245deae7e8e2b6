//! Docker compose. Input: a compose file. Output: a [`Workload`] for each service, and what a mounted
//! Docker socket permits.

use super::agents::credentials::names_credential;
use super::entry::{self, Surroundings};
use super::workload::{agent_hint, command, engine_socket, shown, socket_grant, switched, variable};
use super::{Reader, Sink, launch, serving};
use crate::facts::{Endpoint, Ref, RefKind, Server, Sym, Workload};
use crate::parse::value::Entry;
use crate::parse::{Document, Kind, Value};
use crate::span::Span;

/// Variables with what a server of tools asks of those who call it.
const INBOUND: [&str; 5] = ["AUTH_TOKEN", "BEARER_TOKEN", "MCP_API_KEY", "MCP_AUTH_TOKEN", "MCP_BEARER_TOKEN"];

/// Reads compose files.
pub const READER: Reader = Reader { name: "compose", reads, read };

fn reads(document: &Document<'_>) -> bool {
    let name = document.file_name().to_ascii_lowercase();
    document.kind == Kind::Yaml && (name.contains("compose") || name.starts_with("docker-stack"))
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    for root in document.values() {
        for service in root.get("services").map_or(&[][..], Value::entries) {
            let fields = document.merged(&service.value);
            let runs =
                fields.iter().any(|f| matches!(&*f.key, "image" | "build" | "extends" | "command" | "environment"));
            if runs {
                Service { document, fields, name: service }.read(sink);
            }
        }
    }
}

struct Service<'a, 'd> {
    document: &'a Document<'d>,
    fields: Vec<&'a Entry>,
    name: &'a Entry,
}

impl<'a> Service<'a, '_> {
    fn read(&self, sink: &mut Sink<'_>) {
        let folder = entry::folder(self.document.path);
        let mut workload = Workload {
            name: Sym::new(&self.name.key),
            form: Sym::new("compose-service"),
            image: self.get("image").map(|image| image_name(&shown(image, self.document))),
            ..Workload::default()
        };
        if let Some((context, dockerfile)) = self.build(&folder) {
            workload.build_context = Some(Sym::from(context));
            workload.dockerfile = Some(Sym::from(dockerfile));
        }
        let words = self.words();
        workload.command = command(&words);
        let context = workload.build_context.map_or_else(|| folder.clone(), |c| c.to_string());
        let around =
            Surroundings { context, workdir: self.text("working_dir").unwrap_or_default(), copies: self.mounts() };
        workload.entry = entry::entries(&words, &around);
        self.environment(&mut workload, sink);
        self.sources(&folder, &mut workload, sink);
        workload.agent_hint = agent_hint(&workload);
        let server = self.server(&workload);
        sink.add(self.name.key_span, workload);
        if let Some(endpoint) = serving::endpoint(&words) {
            let at = ["command", "entrypoint"].iter().find_map(|key| self.fields.iter().find(|f| &*f.key == *key));
            sink.add(at.map_or(self.name.key_span, |field| field.key_span), self.published(endpoint));
        }
        if let Some(server) = server {
            sink.add(self.name.key_span, server);
        }
        self.sockets(sink);
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        let found = self.fields.iter().find(|f| &*f.key == key)?;
        Some(self.document.resolve(&found.value))
    }

    fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.scalar().map(str::to_owned)
    }

    /// The folder that is built from, and the Dockerfile.
    fn build(&self, folder: &str) -> Option<(String, String)> {
        let build = self.get("build")?;
        let given = match build.get("context") {
            Some(context) => context.scalar()?,
            None => build.scalar().unwrap_or("."),
        };
        if given.contains("://") || given.contains('$') {
            return None;
        }
        let context = entry::joined(folder, given);
        let dockerfile = build.get("dockerfile").and_then(Value::scalar).unwrap_or("Dockerfile");
        let file = entry::joined(&context, dockerfile);
        Some((context, file))
    }

    /// Whether other machines reach what the service listens on: only by ports that are published.
    fn published(&self, endpoint: Endpoint) -> Endpoint {
        let loopback = |port: &Value| match port.get("host_ip") {
            Some(host) => host.as_str().is_some_and(|h| h.starts_with("127.")),
            None => port.as_str().is_some_and(|text| text.starts_with("127.") || text.starts_with("localhost:")),
        };
        let ports = self.get("ports").map_or(&[][..], Value::items);
        let host = self.get("network_mode").and_then(Value::as_str) == Some("host");
        let reachable = match ports {
            [] if host => "yes",
            [] => "unknown",
            ports if ports.iter().all(loopback) => "no",
            _ => "yes",
        };
        Endpoint { reachable: Sym::new(reachable), ..endpoint }
    }

    /// A tool server, or a gateway to some, that is run as an image of somebody else.
    fn server(&self, workload: &Workload) -> Option<Server> {
        let written = self.get("image")?.as_str()?;
        let last = written.rsplit('/').next()?;
        let named = last.split('@').next()?.split(':').next()?.split(['-', '_']).any(|word| word == "mcp");
        if !(named || written.starts_with("mcp/")) || self.get("build").is_some() {
            return None;
        }
        let image = launch::image(written);
        // What a server asks of its own callers reaches nothing of others.
        let asked = |name: &str| INBOUND.contains(&name) && self.get("ports").is_some();
        let held = |name: &str| names_credential(name) && !name.ends_with("_FILE") && !asked(name);
        let secret = workload.env_from.iter().any(|from| from.kind == RefKind::Secret);
        Some(Server {
            name: Sym::new(&self.name.key),
            client: Sym::new("compose"),
            transport: Sym::new("unknown"),
            command: workload.command,
            package: image.package.map(Sym::from),
            version: image.version.map(Sym::from),
            unpinned: image.pinned.map(|pinned| !pinned),
            holds_credential: secret || workload.env.iter().any(|v| held(&v.name)),
            env: workload.env.clone(),
            ..Server::default()
        })
    }

    fn words(&self) -> Vec<String> {
        ["entrypoint", "command"]
            .iter()
            .filter_map(|key| self.get(key))
            .flat_map(Value::one_or_many)
            .map(|word| shown(word, self.document))
            .collect()
    }

    /// Folders that are mounted into the container, as copies.
    fn mounts(&self) -> Vec<(String, String)> {
        let volumes = self.get("volumes").map_or(&[][..], Value::items);
        let pair = |value: &Value| {
            let (source, rest) = value.as_str()?.split_once(':')?;
            let target = rest.split(':').next().unwrap_or(rest);
            source.starts_with('.').then(|| (source.trim_start_matches("./").to_owned(), target.to_owned()))
        };
        volumes.iter().filter_map(pair).collect()
    }

    fn environment(&self, workload: &mut Workload, sink: &mut Sink<'_>) {
        let Some(environment) = self.get("environment") else { return };
        for entry in self.document.merged(environment) {
            let value = self.document.resolve(&entry.value);
            workload.env.push(variable(&entry.key, entry.key_span, Some(value), sink));
            switched(&entry.key, value.scalar().unwrap_or(""), entry.key_span, sink);
        }
        for item in environment.items() {
            let Some(text) = item.as_str() else { continue };
            match text.split_once('=') {
                Some((name, value)) => {
                    workload.env.push(variable(name, head(item.span, name), Some(item), sink));
                    switched(name, value, head(item.span, name), sink);
                }
                None => {
                    // Handed on from whoever starts it.
                    let from = Ref { kind: RefKind::Env, name: Sym::new(text), at: sink.place(item.span) };
                    workload.env.push(crate::facts::EnvVar { name: from.name, from: Some(from), at: from.at });
                }
            }
        }
    }

    /// Env files, and secrets that are mounted whole.
    fn sources(&self, folder: &str, workload: &mut Workload, sink: &Sink<'_>) {
        for file in self.get("env_file").map_or(&[][..], Value::one_or_many) {
            let path = file.get("path").unwrap_or(file);
            if let Some(text) = path.as_str() {
                let name = Sym::from(entry::joined(folder, text));
                workload.env_from.push(Ref { kind: RefKind::Path, name, at: sink.place(path.span) });
            }
        }
        for secret in self.get("secrets").map_or(&[][..], Value::items) {
            let source = secret.get("source").unwrap_or(secret);
            if let Some(name) = source.as_str() {
                workload.env_from.push(Ref {
                    kind: RefKind::Secret,
                    name: Sym::new(name),
                    at: sink.place(source.span),
                });
            }
        }
    }

    /// Sockets of the host's container engine among the volumes.
    fn sockets(&self, sink: &mut Sink<'_>) {
        for volume in self.get("volumes").map_or(&[][..], Value::items) {
            let source = volume.get("source").unwrap_or(volume);
            if let Some(socket) = source.as_str().and_then(engine_socket) {
                let name = Sym::new(&self.name.key);
                let holder = Ref { kind: RefKind::Name, name, at: sink.place(self.name.key_span) };
                sink.add(source.span, socket_grant(socket, holder));
            }
        }
    }
}

/// The name's part of `NAME=value`.
fn head(span: Span, name: &str) -> Span {
    Span::new(span.start as usize, (span.start as usize + name.len()).min(span.end as usize))
}

fn image_name(image: &str) -> Sym {
    Sym::new(image.split("@sha256:").next().unwrap_or(image))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::trial;
    use crate::facts::{AsRecord, Grant};

    const TEXT: &str = "\
x-env: &env
  environment:
    OPENAI_API_KEY: ${OPENAI_API_KEY:?}
services:
  research-agent:
    <<: *env
    build:
      context: ./apps/research
    command: python -m research.main
    env_file:
      - .env
      - path: ../shared.env
    secrets: [db]
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
  api:
    image: registry.example/api:1.0@sha256:00
    environment:
      - PASSWORD_FILE=/run/secrets/api
      - TOKEN
      - PORT=80
networks:
  a: {}
";

    #[test]
    fn services_with_their_environment() {
        let facts = trial::facts(&READER, "deploy/docker-compose.yml", Kind::Yaml, TEXT);
        let workloads: Vec<&Workload> = facts.iter().filter_map(|f| Workload::of(&f.kind)).collect();
        let agent = workloads[0];
        assert_eq!((&*agent.name, agent.build_context.as_deref()), ("research-agent", Some("deploy/apps/research")));
        assert_eq!(&*agent.entry[0], "deploy/apps/research/research/main.py");
        let from = agent.env[0].from.unwrap();
        assert_eq!((from.kind, &*from.name), (RefKind::Env, "OPENAI_API_KEY"));
        let sources: Vec<_> = agent.env_from.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(sources, ["deploy/.env", "shared.env", "db"]);
        assert!(agent.agent_hint.is_some());
        let api = workloads[1];
        assert_eq!(api.image.as_deref(), Some("registry.example/api:1.0"));
        let kinds: Vec<_> = api.env.iter().map(|e| (e.name.as_str(), e.from.map(|r| r.kind))).collect();
        assert_eq!(kinds, [("PASSWORD_FILE", Some(RefKind::Secret)), ("TOKEN", Some(RefKind::Env)), ("PORT", None)]);
        assert_eq!(facts.iter().filter_map(|f| Grant::of(&f.kind)).count(), 1);
    }

    #[test]
    fn what_a_server_asks_of_its_callers_is_none_that_it_holds() {
        let holds = |variable: &str, ports: &str| {
            let text = format!(
                "services:\n  desk:\n    image: registry.example/desk-mcp:latest\n    environment:\n      {variable}: x\n{ports}"
            );
            let facts = trial::facts(&READER, "compose.yaml", Kind::Yaml, &text);
            facts.iter().find_map(|f| Server::of(&f.kind)).map(|server| server.holds_credential)
        };
        let ports = "    ports: [\"3000:3000\"]\n";
        assert_eq!(holds("AUTH_TOKEN", ports), Some(false));
        assert_eq!(holds("AUTH_TOKEN", ""), Some(true));
        assert_eq!(holds("DESK_API_TOKEN", ports), Some(true));
    }
}

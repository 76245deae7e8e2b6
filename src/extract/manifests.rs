//! Files by which agent platforms and hosts are told what to run: `langgraph.json`,
//! `.bedrock_agentcore.yaml`, `Procfile`. Input: such a file. Output: a [`Workload`] for what each entry
//! starts, with its env file, variables and the role that it runs as.
//!
//! Sources, checked 2026-11-24: langgraph.json of <https://docs.langchain.com/langgraph-platform/cli>,
//! `.bedrock_agentcore.yaml` of <https://github.com/aws/bedrock-agentcore-starter-toolkit>.

use super::entry::{self, Surroundings};
use super::workload::{agent_hint, command, variable};
use super::{Reader, Sink};
use crate::facts::{Ref, RefKind, Sym, Workload};
use crate::parse::{Document, Value};
use crate::span::Span;

/// Reads them.
pub const READER: Reader = Reader { name: "manifests", reads, read };

fn reads(document: &Document<'_>) -> bool {
    matches!(document.file_name(), "langgraph.json" | ".bedrock_agentcore.yaml" | ".bedrock_agentcore.yml" | "Procfile")
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let folder = entry::folder(document.path);
    match document.file_name() {
        "langgraph.json" => document.values().iter().for_each(|root| langgraph(root, &folder, sink)),
        "Procfile" => procfile(&document.text, &folder, sink),
        _ => document.values().iter().for_each(|root| agentcore(root, &folder, sink)),
    }
}

/// `graphs`: a name for each `./file.py:variable`; `env`: a file or a map.
fn langgraph(root: &Value, folder: &str, sink: &mut Sink<'_>) {
    let Some(graphs) = root.entry("graphs").filter(|g| !g.value.entries().is_empty()) else { return };
    let mut workload = Workload {
        name: Sym::from(last(folder, "langgraph")),
        form: Sym::new("process"),
        build_context: Some(Sym::new(folder)),
        agent_hint: Some(Sym::new("langgraph.json")),
        ..Workload::default()
    };
    for graph in graphs.value.entries() {
        let path = graph.value.get("path").unwrap_or(&graph.value).as_str().unwrap_or("");
        let file = path.rsplit_once(':').map_or(path, |(file, _)| file);
        workload.entry.push(Sym::from(entry::joined(folder, file)));
    }
    let env = root.get("env");
    if let Some(path) = env.and_then(Value::as_str) {
        let at = env.map_or(graphs.key_span, |e| e.span);
        let name = Sym::from(entry::joined(folder, path));
        workload.env_from.push(Ref { kind: RefKind::Path, name, at: sink.place(at) });
    }
    for entry in env.map_or(&[][..], Value::entries) {
        workload.env.push(variable(&entry.key, entry.key_span, Some(&entry.value), sink));
    }
    sink.add(graphs.key_span, workload);
}

/// `agents.<name>`: entry point and the role that the runtime assumes.
fn agentcore(root: &Value, folder: &str, sink: &mut Sink<'_>) {
    for agent in root.get("agents").map_or(&[][..], Value::entries) {
        let text = |path: &[&str]| agent.value.at(path).and_then(Value::as_str);
        let mut workload = Workload {
            name: Sym::new(&agent.key),
            form: Sym::new("agent-resource"),
            build_context: Some(Sym::new(folder)),
            agent_hint: Some(Sym::new("bedrock-agentcore")),
            ..Workload::default()
        };
        if let Some(entrypoint) = text(&["entrypoint"]) {
            workload.entry = candidates(entrypoint.split(':').next().unwrap_or(entrypoint), folder);
        }
        workload.runs_as = agent.value.at(&["aws", "execution_role"]).and_then(|role| {
            let name = role.as_str().filter(|name| !name.is_empty())?;
            Some(Ref { kind: RefKind::Identity, name: Sym::new(name), at: sink.place(role.span) })
        });
        sink.add(agent.key_span, workload);
    }
}

/// A path relative to the file, or the absolute path of whoever wrote it: then its ends, longest first.
fn candidates(path: &str, folder: &str) -> Vec<Sym> {
    if !path.starts_with('/') {
        return vec![Sym::from(entry::joined(folder, path))];
    }
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    let from = segments.len().saturating_sub(4);
    (from..segments.len()).map(|at| Sym::from(entry::joined(folder, &segments[at..].join("/")))).collect()
}

/// `web: uvicorn app.main:app`
fn procfile(text: &str, folder: &str, sink: &mut Sink<'_>) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((name, rest)) = line.split_once(':').filter(|(name, _)| is_name(name)) else { continue };
        let words = vec![rest.trim().to_owned()];
        let around = Surroundings { context: folder.to_owned(), ..Surroundings::default() };
        let mut workload = Workload {
            name: Sym::new(name),
            form: Sym::new("process"),
            build_context: Some(Sym::new(folder)),
            entry: entry::entries(&words, &around),
            command: command(&words),
            ..Workload::default()
        };
        workload.agent_hint = agent_hint(&workload);
        sink.add(Span::new(start, start + name.len()), workload);
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

fn last(folder: &str, otherwise: &str) -> String {
    let name = folder.rsplit('/').next().unwrap_or(folder);
    if name == "." { otherwise.to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::trial;
    use crate::facts::AsRecord;
    use crate::parse::Kind;

    fn workloads(path: &str, kind: Kind, text: &str) -> Vec<Workload> {
        trial::facts(&READER, path, kind, text).iter().filter_map(|f| Workload::of(&f.kind)).cloned().collect()
    }

    #[test]
    fn graphs_with_their_env_file() {
        let text = r#"{"graphs": {"a": "./src/a.py:graph", "b": {"path": "b.ts:g"}}, "env": "../.env"}"#;
        let workload = workloads("apps/x/langgraph.json", Kind::Json, text).remove(0);
        assert_eq!(workload.entry.iter().map(|e| e.as_str()).collect::<Vec<_>>(), ["apps/x/src/a.py", "apps/x/b.ts"]);
        assert_eq!((workload.env_from[0].kind, &*workload.env_from[0].name), (RefKind::Path, "apps/.env"));
    }

    #[test]
    fn a_runtime_with_its_role() {
        let role = format!("arn:aws:iam::{}:role/research", "1".repeat(12));
        let text = format!(
            "default_agent: r\nagents:\n  r:\n    name: r\n    entrypoint: /Users/me/x/src/main.py\n    aws:\n      execution_role: {role}\n"
        );
        let workload = workloads(".bedrock_agentcore.yaml", Kind::Yaml, &text).remove(0);
        assert!(workload.entry.iter().any(|e| *e == "src/main.py"));
        assert_eq!(&*workload.runs_as.unwrap().name, role);
    }

    #[test]
    fn processes() {
        let found = workloads("Procfile", Kind::Text, "web: uvicorn app.main:app\nworker: python -m bot.run\n# x: y\n");
        assert_eq!(found.len(), 2);
        assert_eq!(&*found[1].entry[0], "bot/run.py");
    }
}

//! `.bedrock_agentcore.yaml` of AgentCore's starter toolkit. Input: the file. Output: what runs each
//! agent, from which entry point, under which role.

use super::written::name;
use super::{Reader, Sink};
use crate::facts::{Ref, RefKind, Sym, Workload};
use crate::parse::value::Node;
use crate::parse::{Document, Kind, Value};

/// Reads the toolkit's configuration.
pub const READER: Reader = Reader { name: "agentcore", reads, read };

fn reads(document: &Document<'_>) -> bool {
    document.kind == Kind::Yaml && document.file_name().ends_with("bedrock_agentcore.yaml")
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    for entry in document.values().iter().filter_map(|root| root.get("agents")).flat_map(Value::entries) {
        let agent = &entry.value;
        let given = |path: &[&str]| agent.at(path).filter(|v| v.node != Node::Null);
        let mut workload = Workload {
            name: Sym::new(&entry.key),
            form: Sym::new("agent-resource"),
            agent_hint: Some(Sym::new("configuration: bedrock_agentcore.yaml")),
            runs_as: given(&["aws", "execution_role"]).map(|role| Ref {
                kind: RefKind::Identity,
                name: name(role, &document.text),
                at: sink.place(role.span),
            }),
            ..Workload::default()
        };
        // The toolkit writes absolute paths of the machine that it ran on: the file's name is what counts.
        let start = given(&["entrypoint"]).and_then(Value::as_str).map(|e| e.split(':').next().unwrap_or(e));
        workload.entry.extend(start.map(|file| {
            let file = if file.starts_with('/') { file.rsplit('/').next().unwrap_or(file) } else { file };
            Sym::from(if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") })
        }));
        sink.add(entry.key_span, workload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::trial;

    #[test]
    fn an_agent_runs_its_entry_point_under_its_role() {
        let text = "default_agent: desk\nagents:\n  desk:\n    name: desk\n    entrypoint: src/main.py\n    aws:\n      execution_role: arn:aws:iam::111122223333:role/desk\n      network_configuration:\n        network_mode: PUBLIC\n  other:\n    entrypoint: /home/x/agent.py\n    aws:\n      execution_role: null\n";
        let facts = trial::facts(&READER, "app/.bedrock_agentcore.yaml", Kind::Yaml, text);
        let workloads: Vec<&Workload> = facts.iter().filter_map(|f| f.get()).collect();
        assert_eq!(workloads[0].entry, [Sym::new("app/src/main.py")]);
        assert_eq!(workloads[0].runs_as.unwrap().name, "arn:aws:iam::111122223333:role/desk");
        assert_eq!(workloads[1].entry, [Sym::new("app/agent.py")]);
        assert!(workloads[1].runs_as.is_none());
    }
}

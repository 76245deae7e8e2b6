//! What a job's own token may do: `permissions` of the job, else of the workflow. Nothing is said of a
//! job without any, since the default is a setting of the repository.

use super::Job;
use crate::extract::Sink;
use crate::extract::written::written;
use crate::facts::{Grant, Ref, RefKind, Sym};
use crate::parse::Value;
use crate::parse::value::Node;

/// The grant of a job's token.
pub(super) fn grants(job: &Job<'_>, workflow: Option<&Value>, hint: Option<Sym>, sink: &mut Sink<'_>) {
    let Some(permissions) = job.body.get("permissions").or(workflow) else { return };
    let holder = Some(Ref { kind: RefKind::Identity, name: job.token(), at: sink.place(job.id_span) });
    let grant = Grant {
        system: Sym::new("github"),
        effect: Sym::new("allow"),
        source: Sym::new("permissions"),
        resources: vec![Sym::new("repository")],
        agent_hint: hint,
        holder,
        ..Grant::default()
    };
    match &permissions.node {
        Node::Text(all) => {
            let every = &**all == "write-all";
            let wildcard_actions = if every { vec![Sym::new("write-all")] } else { Vec::new() };
            let actions = vec![Sym::new(all)];
            sink.add(
                permissions.span,
                Grant { actions, wildcard_actions, writes: every, administrator: every, ..grant },
            );
        }
        Node::Map(entries) => {
            // `id-token: write` lets the job ask for an identity elsewhere and writes nothing here.
            let writes = |scope: &str, level: &str| level == "write" && scope != "id-token";
            let levels: Vec<(&str, String)> = entries.iter().map(|e| (&*e.key, written(&e.value, job.text))).collect();
            let actions = levels.iter().map(|(scope, level)| Sym::from(format!("{scope}: {level}"))).collect();
            let shown = ["contents", "actions", "packages", "pull-requests", "issues"]
                .iter()
                .find_map(|scope| entries.iter().find(|e| &*e.key == *scope && e.value.as_str() == Some("write")))
                .or_else(|| entries.iter().find(|e| e.value.as_str() == Some("write")))
                .or(entries.first());
            let span = shown.map_or(permissions.span, |e| e.key_span.to(e.value.span));
            let writes = levels.iter().any(|(scope, level)| writes(scope, level));
            sink.add(span, Grant { actions, writes, ..grant });
        }
        _ => {}
    }
}

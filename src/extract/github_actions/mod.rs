//! GitHub Actions: workflows and composite actions. Input: their YAML. Output: jobs as workloads, the
//! events that start them as trusts, their tokens as identities with grants, and the agents that run
//! in their steps.

mod agents;
mod credentials;
mod gates;
mod permissions;
mod triggers;

use memchr::memmem;

use super::listening::INTERPRETERS;
use super::written::{name, written};
use super::{Reader, Sink};
use crate::catalogue::cloud;
use crate::facts::{EnvVar, Identity, Ref, RefKind, Sym, Workload};
use crate::parse::value::Node;
use crate::parse::{Document, Kind, Value};
use crate::span::Span;

/// Reads workflows and composite actions.
pub const READER: Reader = Reader { name: "github-actions", reads, read };

fn reads(document: &Document<'_>) -> bool {
    if document.kind != Kind::Yaml {
        return false;
    }
    let has = |needle: &str| memmem::find(document.text.as_bytes(), needle.as_bytes()).is_some();
    let workflow =
        (document.text.starts_with("jobs:") || has("\njobs:")) && (has("runs-on") || has("uses:")) && has("on");
    let action = matches!(document.file_name(), "action.yml" | "action.yaml") && has("using:") && has("composite");
    (workflow && !has("apiVersion:")) || action
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    for root in document.values() {
        if root.at(&["runs", "steps"]).is_some() {
            composite(root, document, sink);
        } else if let Some(jobs) = root.get("jobs").filter(|_| root.get("on").or_else(|| root.get("true")).is_some()) {
            workflow(root, jobs, document, sink);
        }
    }
}

/// One job with what it takes from its workflow.
struct Job<'v> {
    id: &'v str,
    id_span: Span,
    body: &'v Value,
    path: &'v str,
    /// `env` of the workflow and of the job.
    env: Vec<&'v Value>,
    text: &'v str,
    composite: bool,
    /// Whether an event starts it whose text somebody from outside writes.
    outside: bool,
}

/// One step: a map of `steps`, or the job itself where it calls another workflow.
struct Step<'v> {
    body: &'v Value,
    /// `uses` without its ref, and the ref.
    uses: Option<(&'v str, Option<&'v str>, Span)>,
}

impl<'v> Step<'v> {
    fn of(body: &'v Value) -> Self {
        let uses = body.get("uses").and_then(|u| u.as_str().map(|text| (text, u.span)));
        let uses = uses.map(|(text, span)| match text.split_once('@') {
            Some((action, reference)) => (action, Some(reference), span),
            None => (text, None, span),
        });
        Self { body, uses }
    }

    fn input(&self, key: &str) -> Option<&'v Value> {
        self.body.at(&["with", key]).or_else(|| self.body.at(&["secrets", key]))
    }

    fn inputs(&self) -> impl Iterator<Item = &'v crate::parse::value::Entry> {
        let of = |key: &str| self.body.get(key).map_or(&[][..], Value::entries);
        of("with").iter().chain(of("secrets"))
    }
}

impl<'v> Job<'v> {
    fn steps(&self) -> Vec<Step<'v>> {
        if self.body.get("uses").is_some() {
            return vec![Step::of(self.body)];
        }
        self.body.get("steps").map_or(&[][..], Value::items).iter().map(Step::of).collect()
    }

    /// The name of the token that the host makes for this job.
    fn token(&self) -> Sym {
        Sym::from(format!("GITHUB_TOKEN ({}#{})", self.path, self.id))
    }
}

fn workflow(root: &Value, jobs: &Value, document: &Document<'_>, sink: &mut Sink<'_>) {
    let Some(on) = root.get("on").or_else(|| root.get("true")) else { return };
    let events = triggers::events(on, &document.text);
    let outside = events.iter().any(triggers::Event::outside);
    let jobs: Vec<Job<'_>> = jobs
        .entries()
        .iter()
        .filter(|entry| matches!(entry.value.node, Node::Map(_)))
        .map(|entry| Job {
            id: &entry.key,
            id_span: entry.key_span,
            body: &entry.value,
            path: document.path,
            env: [root.get("env"), entry.value.get("env")].into_iter().flatten().collect(),
            text: &document.text,
            composite: false,
            outside,
        })
        .collect();
    let by_id = jobs.iter().map(|job| (job.id, triggers::Needed::new(job))).collect();
    for job in &jobs {
        let agents = read_job(job, sink);
        let hint = agents.first().map(|framework| Sym::from(format!("agent step: {framework}")));
        permissions::grants(job, root.get("permissions"), hint, sink);
        triggers::trust(job, &by_id, &events, sink);
    }
}

/// A composite action: steps that run inside somebody's job.
fn composite(root: &Value, document: &Document<'_>, sink: &mut Sink<'_>) {
    let Some(runs) = root.get("runs") else { return };
    let id = root.get("name").and_then(Value::as_str).unwrap_or("action");
    let span = root.get("name").map_or(runs.span, |n| n.span);
    let job = Job {
        id,
        id_span: span,
        body: runs,
        path: document.path,
        env: Vec::new(),
        text: &document.text,
        composite: true,
        outside: false,
    };
    read_job(&job, sink);
}

/// Workload, agents and credentials of a job; returns the frameworks of its agents.
fn read_job(job: &Job<'_>, sink: &mut Sink<'_>) -> Vec<&'static str> {
    let steps = job.steps();
    let mut workload = Workload {
        name: Sym::new(job.id),
        form: Sym::new("ci-job"),
        image: job
            .body
            .get("container")
            .and_then(|c| c.get("image").or(Some(c)))
            .filter(|i| i.as_str().is_some())
            .map(|i| Sym::new(written(i, job.text).split("@sha256:").next().unwrap_or_default())),
        // A composite action runs with the token of whoever calls it.
        runs_as: (!job.composite).then(|| Ref {
            kind: RefKind::Identity,
            name: job.token(),
            at: sink.place(job.id_span),
        }),
        ..Workload::default()
    };
    for block in job.env.iter().copied().chain(steps.iter().filter_map(|s| s.body.get("env"))) {
        environment(block, job, sink, &mut workload);
    }
    for step in &steps {
        workload.entry.extend(entries(step, job.text));
    }
    if let Some((local, ..)) = steps.iter().find_map(|s| s.uses).filter(|_| job.body.get("uses").is_some()) {
        // A workflow of this repository that the job calls: its agents run here too.
        workload.entry.extend(local.strip_prefix("./").map(Sym::new));
    }
    workload.entry.sort_unstable();
    workload.entry.dedup();
    let mut frameworks = Vec::new();
    for step in &steps {
        frameworks.extend(agents::read(job, step, sink));
        credentials::read(job, step, sink);
    }
    if let Some(pat) = steps.iter().find_map(|step| agents::own_token(job, step, sink)) {
        workload.runs_as = Some(pat);
    }
    workload.agent_hint = hint(&workload, &frameworks);
    if !job.composite {
        identity(job, sink);
    }
    sink.add(job.id_span, workload);
    frameworks
}

fn hint(workload: &Workload, frameworks: &[&str]) -> Option<Sym> {
    if let Some(framework) = frameworks.first() {
        return Some(Sym::from(format!("agent step: {framework}")));
    }
    // A job that holds a model's key asks a model, and is often a test of one.
    let model = workload.env.iter().find(|v| cloud::agent_env(v.name.as_str()))?;
    Some(Sym::from(format!("environment: {}{}", model.name, cloud::WEAK)))
}

fn identity(job: &Job<'_>, sink: &mut Sink<'_>) {
    let token = Identity { form: Sym::new("github-token"), name: job.token(), declared: true, ..Identity::default() };
    sink.add(job.id_span, token);
}

fn environment(block: &Value, job: &Job<'_>, sink: &Sink<'_>, workload: &mut Workload) {
    for entry in block.entries() {
        if workload.env.iter().any(|known| *known.name == *entry.key) {
            continue;
        }
        let from = secret(&entry.value, job.text).map(|secret| Ref {
            kind: RefKind::Secret,
            name: Sym::from(secret),
            at: sink.place(entry.value.span),
        });
        workload.env.push(EnvVar { name: Sym::new(&entry.key), from, at: sink.place(entry.key_span) });
    }
}

/// The secret that an expression names: `secrets.X`; the job's own token as `secrets.GITHUB_TOKEN`.
fn secret(value: &Value, text: &str) -> Option<String> {
    let written = written(value, text);
    for expression in expressions(&written) {
        if let Some(at) = expression.find("secrets.") {
            let rest = &expression[at + 8..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
            if end > 0 {
                return Some(format!("secrets.{}", &rest[..end]));
            }
        }
        if expression.contains("github.token") {
            return Some("secrets.GITHUB_TOKEN".to_owned());
        }
    }
    None
}

/// The insides of `${{ … }}`.
fn expressions(text: &str) -> impl Iterator<Item = &str> {
    text.split("${{").skip(1).filter_map(|rest| rest.split("}}").next())
}

/// Programs of the repository that a step starts.
fn entries(step: &Step<'_>, text: &str) -> Vec<Sym> {
    let Some(run) = step.body.get("run") else { return Vec::new() };
    let folder = step.body.get("working-directory").map(|w| written(w, text)).unwrap_or_default();
    let mut out = Vec::new();
    for line in run.span.text(text).lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        for pair in words.windows(2) {
            let file = pair[1].trim_matches(['"', '\'', ')', ';']).trim_start_matches("./");
            let source = [".py", ".ts", ".js", ".mjs", ".mts"].iter().any(|ext| file.ends_with(ext));
            if source
                && (INTERPRETERS.contains(&pair[0]) || matches!(pair[0], "run" | "-m"))
                && !file.contains(['$', '*', '{'])
            {
                let folder = folder.trim_start_matches("./").trim_end_matches('/');
                let path = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
                out.push(Sym::from(path));
            }
        }
    }
    out
}

/// How a `uses:` is pinned: `digest`, `tag`, `branch` or `local`.
fn pin(action: &str, reference: Option<&str>) -> &'static str {
    if action.starts_with("./") || action.starts_with("../") {
        return "local";
    }
    let Some(reference) = reference else { return if action.starts_with("docker://") { "tag" } else { "branch" } };
    let hex = reference.strip_prefix("sha256:").unwrap_or(reference);
    if hex.len() >= 40 && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return "digest";
    }
    let version = reference.trim_start_matches(['v', 'V']);
    if version.starts_with(|c: char| c.is_ascii_digit()) { "tag" } else { "branch" }
}

/// A name of an input or step, for facts.
fn label(value: Option<&Value>, text: &str, otherwise: &str) -> Sym {
    value.map_or_else(|| Sym::new(otherwise), |v| name(v, text))
}

#[cfg(test)]
mod tests;

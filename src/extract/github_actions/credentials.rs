//! Secrets, federation and issued tokens in the steps of a job.

use super::{Job, Step, pin, secret};
use crate::catalogue::cloud::AgentAction;
use crate::extract::Sink;
use crate::extract::written::written;
use crate::facts::{Agent, Credential, Identity, Issuance, Place, Ref, RefKind, Sym, Use};
use crate::parse::Value;
use crate::span::Span;

/// What every step says of credentials, agent or not: third-party actions that are handed a secret,
/// tokens that are issued, federation.
pub(super) fn read(job: &Job<'_>, step: &Step<'_>, sink: &mut Sink<'_>) {
    if let Some((action, reference, span)) = step.uses {
        third_party(job, step, (action, reference, span), sink);
        app_token(job, step, action, span, sink);
        cloud_login(job, step, action, sink);
    }
    if let Some(run) = step.body.get("run") {
        scripted_token(job, run, sink);
    }
}

/// A use of an action of somebody else's that is handed a secret, with how it is pinned.
fn third_party(
    job: &Job<'_>,
    step: &Step<'_>,
    (action, reference, span): (&str, Option<&str>, Span),
    sink: &mut Sink<'_>,
) {
    let pinned = pin(action, reference);
    if pinned == "local" || action.starts_with("actions/") || action.starts_with("github/") {
        return;
    }
    let inherits = step.body.get("secrets").is_some_and(|s| s.as_str() == Some("inherit"));
    let environment = step.body.get("env").map_or(&[][..], Value::entries);
    let handed = step.inputs().chain(environment).find_map(|entry| {
        let name = secret(&entry.value, job.text)?;
        (name != "secrets.GITHUB_TOKEN").then_some((name, entry.value.span))
    });
    if handed.is_none() && !inherits {
        return;
    }
    let passes = if inherits { "all-secrets" } else { "secret" };
    let credential = handed.map(|(name, at)| Ref { kind: RefKind::Secret, name: Sym::from(name), at: sink.place(at) });
    let call = reference.map_or_else(|| action.to_owned(), |r| format!("{action}@{r}"));
    sink.add(
        span,
        Use {
            call: Sym::from(call),
            form: Sym::new("pipeline-action"),
            service: Sym::new(action),
            action: reference.map(Sym::new),
            passes: vec![Sym::new(passes), Sym::from(format!("pinned-by-{pinned}"))],
            function: Sym::new(job.id),
            credential,
            from: None,
            base: None,
        },
    );
}

/// A token of a GitHub App: ends within the hour, and is revoked when the job ends unless told not to.
fn app_token(job: &Job<'_>, step: &Step<'_>, action: &str, span: Span, sink: &mut Sink<'_>) {
    const ISSUERS: &[&str] = &[
        "actions/create-github-app-token",
        "tibdex/github-app-token",
        "peter-murray/workflow-application-token-action",
        "getsentry/action-github-app-token",
    ];
    let lower = action.to_lowercase();
    if !ISSUERS.contains(&lower.as_str()) {
        return;
    }
    let skips = step.input("skip-token-revoke").filter(|v| matches!(written(v, job.text).as_str(), "true" | "'true'"));
    let kept = skips.is_some() || step.input("revoke").is_some_and(|v| v.scalar() == Some("false"));
    let automatic = lower.starts_with("actions/") || lower.starts_with("tibdex/");
    let revocation = if automatic && !kept { "automatic" } else { "none" };
    let reason = if kept { "the step is told not to revoke it" } else { "the action revokes it when the job ends" };
    let app = ["app-id", "client-id", "app_id", "application_id"].iter().find_map(|k| step.input(k)).map(|v| Ref {
        kind: RefKind::Identity,
        name: Sym::from(written(v, job.text)),
        at: sink.place(v.span),
    });
    sink.add(
        skips.map_or(span, |v| v.span),
        Issuance {
            form: Sym::new("github-app-token"),
            title: Sym::new("GitHub App installation token"),
            call: Sym::new(action),
            held_in: step.body.get("id").map(|v| Sym::from(written(v, job.text))),
            lifetime: Some(3600),
            ends_itself: Some(true),
            revocation: Sym::new(revocation),
            revocation_reason: (automatic || kept).then(|| Sym::new(reason)),
            scope: Sym::new("task"),
            function: Sym::new(job.id),
            identity: app,
            ..Issuance::default()
        },
    );
}

/// An installation token fetched by a script, and the steps that delete it.
fn scripted_token(job: &Job<'_>, run: &Value, sink: &mut Sink<'_>) {
    let source = run.span.text(job.text);
    let Some(at) = source.find("/access_tokens").filter(|_| source.contains("app/installations")) else { return };
    let mut places: Vec<Place> = Vec::new();
    let mut always = false;
    for step in job.steps() {
        let Some(other) = step.body.get("run") else { continue };
        let script = other.span.text(job.text);
        if script.contains("DELETE") && script.contains("installation/token") {
            always |= step.body.get("if").is_some_and(|c| written(c, job.text).contains("always()"));
            places.push(sink.place(other.span));
        }
    }
    let revocation = match (places.is_empty(), always) {
        (true, _) => "none",
        (false, true) => "all-paths",
        (false, false) => "some-paths",
    };
    let start = run.span.start as usize + at;
    sink.add(
        Span::new(start, start + "/access_tokens".len()),
        Issuance {
            form: Sym::new("github-app-token"),
            title: Sym::new("GitHub App installation token"),
            call: Sym::new("POST /app/installations/…/access_tokens"),
            lifetime: Some(3600),
            ends_itself: Some(true),
            revocation: Sym::new(revocation),
            scope: Sym::new("task"),
            function: Sym::new(job.id),
            revoked_at: places,
            ..Issuance::default()
        },
    );
}

/// Logging in to a cloud: by federation, or with a static key.
fn cloud_login(job: &Job<'_>, step: &Step<'_>, action: &str, sink: &mut Sink<'_>) {
    let (provider, federated, fixed): (&str, &[&str], &[&str]) = match action {
        "aws-actions/configure-aws-credentials" => {
            ("aws", &["role-to-assume"], &["aws-access-key-id", "aws-secret-access-key"])
        }
        "google-github-actions/auth" => ("gcp", &["workload_identity_provider"], &["credentials_json"]),
        "azure/login" | "Azure/login" => ("azure", &["client-id"], &["creds"]),
        _ => return,
    };
    if let Some(value) = fixed.iter().find_map(|k| step.input(k)).filter(|v| secret(v, job.text).is_some()) {
        held(provider, &format!("{provider}-static-key"), "manager", value, job, sink);
    } else if let Some(value) = federated.iter().find_map(|k| step.input(k)) {
        held(provider, &format!("{provider}-federation"), "workload-identity", value, job, sink);
    }
}

/// What an agent's action is handed through its inputs.
pub(super) fn of_inputs(job: &Job<'_>, step: &Step<'_>, action: &AgentAction, sink: &mut Sink<'_>, agent: &mut Agent) {
    for entry in step.inputs() {
        let key = &*entry.key;
        if action.federation.contains(&key) && !matches!(entry.value.scalar(), Some("false" | "")) {
            held(action.framework, "workload-identity", "workload-identity", &entry.value, job, sink);
            continue;
        }
        let Some(found) = secret(&entry.value, job.text) else { continue };
        let reference =
            Ref { kind: RefKind::Secret, name: Sym::from(found.as_str()), at: sink.place(entry.value.span) };
        agent.credentials.push(reference);
        if action.keys.contains(&key) {
            held(provider(action.framework), "provider-key", "manager", &entry.value, job, sink);
        }
        if action.person.contains(&key) {
            let identity =
                Identity { form: Sym::new("person"), name: Sym::from(found), human: true, ..Identity::default() };
            sink.add(entry.value.span, identity);
        }
    }
}

/// What an agent's step reads from its environment.
pub(super) fn of_environment(job: &Job<'_>, step: &Step<'_>, sink: &mut Sink<'_>, agent: &mut Agent) {
    let blocks = step.body.get("env").into_iter().chain(job.env.iter().copied());
    for entry in blocks.flat_map(Value::entries) {
        let Some(found) = secret(&entry.value, job.text) else { continue };
        if found == "secrets.GITHUB_TOKEN" {
            continue;
        }
        agent.credentials.push(Ref {
            kind: RefKind::Secret,
            name: Sym::from(found.as_str()),
            at: sink.place(entry.value.span),
        });
        if matches!(&*entry.key, "CLAUDE_CODE_OAUTH_TOKEN" | "CODEX_AUTH_JSON") {
            let identity =
                Identity { form: Sym::new("person"), name: Sym::from(found), human: true, ..Identity::default() };
            sink.add(entry.value.span, identity);
        }
    }
}

fn provider(framework: &str) -> &str {
    match framework {
        "claude-code" => "anthropic",
        "codex" => "openai",
        "gemini-cli" => "google",
        _ => "generic",
    }
}

fn held(provider: &str, form: &str, held: &str, value: &Value, job: &Job<'_>, sink: &mut Sink<'_>) {
    let name = secret(value, job.text).unwrap_or_else(|| written(value, job.text));
    let title = if held == "manager" { "pipeline secret" } else { "workload identity" };
    sink.add(
        value.span,
        Credential {
            provider: Sym::new(provider),
            form: Sym::new(form),
            title: Sym::new(title),
            held: Sym::new(held),
            name: Sym::from(name),
            context: Sym::new("pipeline"),
            confidence: Sym::new("high"),
            ..Credential::default()
        },
    );
}

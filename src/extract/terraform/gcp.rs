//! Google Cloud: service accounts, roles, keys, and what runs as them.

use super::{Block, Module, address, endless, environment, hint, named, realm, variables};
use crate::catalogue::cloud;
use crate::extract::Sink;
use crate::extract::aws_policy::statement;
use crate::extract::written::{name, written};
use crate::facts::{EnvVar, Grant, Identity, Ref, RefKind, Sym, Trust, Workload};
use crate::parse::Value;

/// Facts of one block.
pub(super) fn read(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    if block.address.starts_with("data.") || !block.kind.starts_with("google_") {
        return;
    }
    match block.kind {
        "google_service_account" => account(module, block, sink),
        "google_service_account_key" => {
            endless(
                module,
                block,
                ("gcp-service-account-key", "Google service-account key"),
                "service_account_id",
                sink,
            );
        }
        "google_project_iam_member"
        | "google_project_iam_binding"
        | "google_folder_iam_member"
        | "google_folder_iam_binding"
        | "google_organization_iam_member"
        | "google_organization_iam_binding" => {
            grants(module, block, sink);
        }
        "google_service_account_iam_member" | "google_service_account_iam_binding" => {
            impersonation(module, block, sink)
        }
        "google_cloud_run_v2_service" | "google_cloud_run_v2_job" | "google_cloud_run_service" => {
            run(module, block, sink)
        }
        "google_cloudfunctions2_function" => function(module, block, sink),
        "google_vertex_ai_reasoning_engine" => engine(module, block, sink),
        _ => {}
    }
}

fn account(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let (name, span) = named(module, block, "account_id");
    let identity = Identity {
        form: Sym::new("gcp-service-account"),
        realm: realm(module, name.as_str()),
        name,
        address: Some(Sym::from(block.address.as_str())),
        environment: environment(block.body),
        declared: true,
        ..Identity::default()
    };
    sink.add(span, identity);
}

fn members<'v>(block: &Block<'v>) -> Vec<&'v Value> {
    let one = block.body.get("member").into_iter();
    one.chain(block.body.get("members").map_or(&[][..], Value::items)).collect()
}

/// Who a member is: `serviceAccount:` with a reference or an address.
fn holder(module: &Module<'_>, member: &Value, sink: &Sink<'_>) -> Option<Ref> {
    let member = module.resolved(member);
    let at = sink.place(member.span);
    if let Some(found) = address(member).filter(|a| a.contains("service_account") || a.contains("service_identity")) {
        return Some(Ref { kind: RefKind::Address, name: Sym::from(found), at });
    }
    let text = written(member, module.text);
    let mail = text.strip_prefix("serviceAccount:")?;
    Some(Ref { kind: RefKind::Identity, name: Sym::new(mail), at })
}

fn grants(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let Some(role) = block.body.get("role") else { return };
    let roles = roles(module, block, role);
    let scope = ["project", "folder", "org_id"]
        .iter()
        .map(|k| module.text_of(block.body, k))
        .find(|s| !s.is_empty())
        .unwrap_or_default();
    for member in members(block) {
        let holder = holder(module, member, sink);
        let label = holder.map(|h| h.name).unwrap_or_default();
        let hint = cloud::agent_hint("account name", label.rsplit('.').next().unwrap_or(""))
            .or_else(|| hint("label", block, ""));
        for item in &roles {
            let role = item.text.as_str();
            let administrator = cloud::administrator_role("gcp", role);
            let escalates = cloud::escalation_role("gcp", role);
            let grant = Grant {
                system: Sym::new("gcp"),
                effect: Sym::new("allow"),
                source: Sym::from(block.address.as_str()),
                actions: vec![Sym::new(role)],
                resources: vec![Sym::from(scope.as_str())],
                wildcard_actions: if administrator { vec![Sym::new(role)] } else { Vec::new() },
                any_resource: administrator || escalates,
                administrator,
                writes: !role.to_lowercase().contains("viewer") && !role.to_lowercase().contains("reader"),
                conditional: block.body.get("condition").is_some(),
                escalation: if escalates { vec![Sym::new(role)] } else { Vec::new() },
                reads_secrets: cloud::secrets_role("gcp", role),
                managed_policy: Some(Sym::new(role)),
                agent_hint: hint.as_deref().map(Sym::new),
                unless: None,
                holder,
            };
            sink.add(item.span, grant);
        }
    }
}

/// The roles that are given; those of `for_each` where the role is `each.value`.
fn roles(module: &Module<'_>, block: &Block<'_>, role: &Value) -> Vec<statement::Item> {
    if role.as_reference().is_some_and(|path| path.starts_with("each."))
        && let Some(each) = block.body.get("for_each")
    {
        let found = statement::items(module.resolved(each), module.text);
        return found.into_iter().filter(|i| i.text.starts_with("roles/")).collect();
    }
    statement::items(module.resolved(role), module.text)
}

/// Who may act as an account.
fn impersonation(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    const ROLES: &[&str] =
        &["roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser", "roles/iam.workloadIdentityUser"];
    let role = module.text_of(block.body, "role");
    let Some(account) = block.body.get("service_account_id").filter(|_| ROLES.contains(&role.as_str())) else { return };
    let target = module.identity(account, sink);
    for member in members(block) {
        let written = written(module.resolved(member), module.text);
        let anyone = matches!(written.as_str(), "allUsers" | "allAuthenticatedUsers");
        let principals = vec![Sym::from(written)];
        let gate = (!anyone).then(|| Sym::from(role.as_str()));
        sink.add(member.span, Trust { form: Sym::new("impersonation"), principals, anyone, gate, target });
    }
}

fn environment_blocks(container: &Value, module: &Module<'_>, sink: &Sink<'_>) -> Vec<EnvVar> {
    let mut out = Vec::new();
    for block in container.get_all("env").flat_map(Value::one_or_many) {
        let Some(named) = block.get("name") else { continue };
        let secret =
            block.at(&["value_source", "secret_key_ref", "secret"]).or_else(|| block.at(&["secret_ref", "secret"]));
        let from = secret.map(|s| Ref {
            kind: RefKind::Secret,
            name: address(s).map_or_else(|| name(s, module.text), Sym::from),
            at: sink.place(s.span),
        });
        out.push(EnvVar { name: name(named, module.text), from, at: sink.place(named.span) });
    }
    out
}

fn workload(module: &Module<'_>, block: &Block<'_>, form: &str, account: Option<&Value>, sink: &Sink<'_>) -> Workload {
    Workload {
        name: named(module, block, if form == "reasoning-engine" { "display_name" } else { "name" }).0,
        form: Sym::new(form),
        runs_as: account.and_then(|a| module.identity(a, sink)),
        ..Workload::default()
    }
}

fn run(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let Some(template) = block.body.get("template") else { return };
    let spec = template.get("template").or_else(|| template.get("spec")).unwrap_or(template);
    let account = spec.get("service_account").or_else(|| spec.get("service_account_name"));
    let mut workload = workload(module, block, "cloud-run", account, sink);
    for container in spec.get_all("containers").flat_map(Value::one_or_many) {
        workload.env.extend(environment_blocks(container, module, sink));
        workload.image = workload.image.or_else(|| container.get("image").map(|i| name(i, module.text)));
    }
    finish(module, block, workload, sink);
}

fn function(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let config = block.body.get("service_config");
    let account = config.and_then(|c| c.get("service_account_email"));
    let mut workload = workload(module, block, "cloud-function", account, sink);
    if let Some(map) = config.and_then(|c| c.get("environment_variables")) {
        workload.env.extend(variables(map, module, sink));
    }
    finish(module, block, workload, sink);
}

fn finish(module: &Module<'_>, block: &Block<'_>, mut workload: Workload, sink: &mut Sink<'_>) {
    let variable = workload.env.iter().find(|v| cloud::agent_env(v.name.as_str()));
    let found =
        variable.map(|v| format!("environment: {}", v.name)).or_else(|| hint("name", block, workload.name.as_str()));
    workload.agent_hint = found.map(Sym::from);
    super::owner(module, block, workload.name, sink);
    sink.add(named(module, block, "name").1, workload);
}

/// Agent Engine: without an account of its own it runs as the project's shared service agent.
fn engine(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let spec = block.body.get("spec");
    let account = spec.and_then(|s| s.get("service_account"));
    let own =
        spec.and_then(|s| s.get("identity_type")).is_some_and(|i| written(i, module.text).contains("AGENT_IDENTITY"));
    let mut workload = workload(module, block, "reasoning-engine", account, sink);
    workload.agent_hint = Some(Sym::new("resource: google_vertex_ai_reasoning_engine"));
    if let Some(deployment) = spec.and_then(|s| s.get("deployment_spec")) {
        workload.env.extend(environment_blocks(deployment, module, sink));
    }
    let span = named(module, block, "display_name").1;
    if workload.runs_as.is_none() && !own {
        let name = Sym::new("reasoning engine service agent");
        workload.runs_as = Some(Ref { kind: RefKind::Identity, name, at: sink.place(span) });
        let shared = Identity { form: Sym::new("gcp-service-account"), name, default: true, ..Identity::default() };
        sink.add(span, shared);
    }
    super::owner(module, block, workload.name, sink);
    sink.add(span, workload);
}

//! Azure: role assignments, managed identities, passwords of applications.

use super::{Block, Module, endless, named, realm};
use crate::catalogue::cloud;
use crate::extract::Sink;
use crate::facts::{Grant, Identity, RefKind, Sym, Trust};
use crate::parse::value::Node;

/// Facts of one block.
pub(super) fn read(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    if block.address.starts_with("data.") {
        return;
    }
    match block.kind {
        "azurerm_role_assignment" => assignment(module, block, sink),
        "azurerm_user_assigned_identity" => {
            let (name, span) = named(module, block, "name");
            let identity = Identity {
                form: Sym::new("azure-managed-identity"),
                realm: realm(module, name.as_str()),
                name,
                address: Some(Sym::from(block.address.as_str())),
                declared: true,
                ..Identity::default()
            };
            sink.add(span, identity);
        }
        "azurerm_federated_identity_credential" => federated(module, block, sink),
        "azuread_application_password" => password(module, block, "application_id", sink),
        "azuread_service_principal_password" => password(module, block, "service_principal_id", sink),
        _ => {}
    }
}

/// Whose token of another platform is taken for an identity's: one subject a block. The identity was `parent_id`
/// before release 5 of the provider.
/// <https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/federated_identity_credential>
/// (2026-11-25)
fn federated(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let identity = ["user_assigned_identity_id", "parent_id"].iter().find_map(|key| block.body.get(key));
    let Some((identity, subject)) = identity.zip(block.body.get("subject")) else { return };
    let target = module.identity(identity, sink).filter(|target| target.kind == RefKind::Address);
    let trust = Trust {
        form: Sym::new("federated-credential"),
        principals: vec![Sym::from(module.text_of(block.body, "issuer"))],
        anyone: false,
        gate: Some(Sym::from(format!("subject = {}", module.text_of(block.body, "subject")))),
        target,
    };
    sink.add(subject.span, trust);
}

/// A password whose end is not set here lives for years by default.
fn password(module: &Module<'_>, block: &Block<'_>, holder: &str, sink: &mut Sink<'_>) {
    let ends =
        ["end_date", "end_date_relative"].iter().any(|k| block.body.get(k).is_some_and(|v| v.node != Node::Null));
    if !ends {
        endless(module, block, ("azure-client-secret", "Microsoft Entra client secret"), holder, sink);
    }
}

fn assignment(module: &Module<'_>, block: &Block<'_>, sink: &mut Sink<'_>) {
    let Some(role) = block.body.get("role_definition_name").or_else(|| block.body.get("role_definition_id")) else {
        return;
    };
    let written = crate::extract::written::written(module.resolved(role), module.text);
    let role_name = written.rsplit('/').next().unwrap_or(&written);
    let scope = module.text_of(block.body, "scope");
    let wide =
        scope.contains("subscription") && !scope.contains("resourceGroups") || scope.contains("management_group");
    let holder = block.body.get("principal_id").and_then(|p| module.identity(p, sink));
    let administrator = cloud::administrator_role("azure", role_name) && wide;
    let escalates = cloud::escalation_role("azure", role_name);
    let label = holder.map(|h| h.name).unwrap_or_default();
    let hint = cloud::agent_hint("identity name", label.split('.').nth(1).unwrap_or(""))
        .or_else(|| cloud::agent_hint("label", block.label));
    let grant = Grant {
        system: Sym::new("azure"),
        effect: Sym::new("allow"),
        source: Sym::from(block.address.as_str()),
        actions: vec![Sym::new(role_name)],
        resources: vec![Sym::from(scope)],
        wildcard_actions: if cloud::administrator_role("azure", role_name) {
            vec![Sym::new(role_name)]
        } else {
            Vec::new()
        },
        any_resource: wide,
        administrator,
        writes: !role_name.ends_with("Reader") && !role_name.ends_with("User"),
        conditional: block.body.get("condition").is_some(),
        escalation: if escalates { vec![Sym::new(role_name)] } else { Vec::new() },
        reads_secrets: cloud::secrets_role("azure", role_name) && wide,
        managed_policy: Some(Sym::new(role_name)),
        agent_hint: hint.map(Sym::from),
        unless: None,
        holder,
    };
    sink.add(role.span, grant);
}

//! Terraform and OpenTofu. Input: HCL files (and their JSON form). Output: identities, grants, trusts,
//! keys without an end, and what runs as which identity. References to other files of the module stay
//! references by address; the graph joins them.

mod aws;
mod aws_agents;
mod azure;
mod gcp;
mod kubernetes;
mod policies;

use memchr::memmem;

use super::written::{name, written};
use super::{Reader, Sink};
use crate::catalogue::cloud;
use crate::facts::{Binding, EnvVar, Issuance, Owner, Ref, RefKind, Sym};
use crate::parse::value::{Expr, Node};
use crate::parse::{Document, Kind, Value};
use crate::span::Span;

/// Reads Terraform.
pub const READER: Reader = Reader { name: "terraform", reads, read };

fn reads(document: &Document<'_>) -> bool {
    const WORDS: &[&str] = &[
        "aws_iam_",
        "aws_lambda_function",
        "aws_ecs_task",
        "aws_bedrock",
        "aws_secretsmanager_secret",
        "google_service_account",
        "google_project_iam",
        "google_organization_iam",
        "google_folder_iam",
        "google_vertex_ai",
        "google_cloud_run",
        "google_cloudfunctions",
        "azurerm_role_assignment",
        "azurerm_user_assigned_identity",
        "azuread_",
        "kubernetes_service_account",
        "kubernetes_deployment",
        "kubernetes_cluster_role",
        "kubernetes_role_binding",
        "kubernetes_stateful_set",
        "module \"",
    ];
    let hcl = document.kind == Kind::Hcl || (document.kind == Kind::Json && document.path.ends_with(".tf.json"));
    hcl && WORDS.iter().any(|w| memmem::find(document.text.as_bytes(), w.as_bytes()).is_some())
}

/// One `resource` or `data` block.
struct Block<'v> {
    kind: &'v str,
    /// `aws_iam_role.agent`; `data.` in front for data.
    address: String,
    label: &'v str,
    label_span: Span,
    body: &'v Value,
}

/// One file.
struct Module<'v> {
    blocks: Vec<Block<'v>>,
    locals: Vec<(&'v str, &'v Value)>,
    text: &'v str,
    /// Folder of the file, without a slash at the end.
    folder: &'v str,
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    for root in document.values() {
        let module = Module::of(root, document);
        module_calls(root, &module, sink);
        aws::read(&module, sink);
        for block in &module.blocks {
            aws_agents::read(&module, block, sink);
            gcp::read(&module, block, sink);
            azure::read(&module, block, sink);
            kubernetes::read(&module, block, sink);
        }
    }
}

impl<'v> Module<'v> {
    fn of(root: &'v Value, document: &'v Document<'_>) -> Self {
        let mut blocks = Vec::new();
        for (key, prefix) in [("resource", ""), ("data", "data.")] {
            let types = root.get_all(key).flat_map(Value::one_or_many).flat_map(Value::entries);
            for (kind, named) in types.flat_map(|t| t.value.one_or_many().iter().map(move |v| (t, v))) {
                blocks.extend(named.entries().iter().map(|entry| Block {
                    kind: &kind.key,
                    address: format!("{prefix}{}.{}", kind.key, entry.key),
                    label: &entry.key,
                    label_span: entry.key_span,
                    body: &entry.value,
                }));
            }
        }
        let locals = root.get_all("locals").flat_map(Value::entries).map(|e| (&*e.key, &e.value)).collect();
        let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        Self { blocks, locals, text: &document.text, folder }
    }

    fn block(&self, address: &str) -> Option<&Block<'v>> {
        self.blocks.iter().find(|b| b.address == address)
    }

    /// A value with a lone `local.x` replaced by what the file says it is.
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let local = value.as_reference().and_then(|path| path.strip_prefix("local."));
        local.and_then(|name| self.locals.iter().find(|(known, _)| *known == name)).map_or(value, |(_, v)| v)
    }

    /// The text of an attribute; empty when it is absent.
    fn text_of(&self, body: &Value, key: &str) -> String {
        body.get(key).map(|v| written(self.resolved(v), self.text)).unwrap_or_default()
    }

    /// A reference to an identity: by address when the value refers to a resource, else by name.
    fn identity(&self, value: &Value, sink: &Sink<'_>) -> Option<Ref> {
        let value = self.resolved(value);
        let at = sink.place(value.span);
        if let Some(address) = address(value) {
            return Some(Ref { kind: RefKind::Address, name: Sym::from(address), at });
        }
        let name = name(value, self.text);
        (!name.is_empty() && value.node != Node::Null).then_some(Ref { kind: RefKind::Identity, name, at })
    }

    /// A path of the repository from one written with `${path.module}`.
    fn path(&self, written: &str) -> Option<Sym> {
        let relative =
            written.trim_start_matches("${path.module}").trim_start_matches("${path.root}").trim_start_matches('/');
        let expression = ["var.", "local.", "data.", "each.", "module."].iter().any(|e| relative.starts_with(e));
        if written.starts_with('/') || relative.contains(['$', '(']) || expression {
            return None;
        }
        let mut parts: Vec<&str> = self.folder.split('/').filter(|p| !p.is_empty()).collect();
        for part in relative.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        Some(Sym::from(parts.join("/")))
    }
}

/// The address that a value refers to: through a lone reference, a template with one hole, an index or
/// a function of one argument.
fn address(value: &Value) -> Option<String> {
    match &value.node {
        Node::Expr(expr) => match &**expr {
            Expr::Reference(path) => cut(path),
            Expr::Template(parts) => parts.iter().find_map(address),
            Expr::Index(base, _) => address(base),
            Expr::Call(call) => call.args.iter().find_map(|a| address(&a.value)),
            Expr::Choice { options, .. } => options.iter().find_map(address),
            Expr::Operation(_, operands) => operands.iter().find_map(address),
            _ => None,
        },
        Node::List(items) => items.first().and_then(address),
        _ => None,
    }
}

/// `aws_iam_role.agent.arn` → `aws_iam_role.agent`; variables and locals are no addresses.
fn cut(path: &str) -> Option<String> {
    let path = path.strip_prefix("resource.").unwrap_or(path);
    let keep = match path.split('.').next()? {
        "data" | "module" => 3,
        kind if kind.contains('_') => 2,
        _ => return None,
    };
    let parts: Vec<&str> = path.split('.').take(keep).collect();
    (parts.len() >= 2).then(|| parts.join("."))
}

/// The name of a resource as its attribute says, else its address.
fn named(module: &Module<'_>, block: &Block<'_>, key: &str) -> (Sym, Span) {
    match block.body.get(key).filter(|v| v.node != Node::Null) {
        Some(value) => (Sym::from(written(module.resolved(value), module.text)), value.span),
        None => (Sym::from(block.address.as_str()), block.label_span),
    }
}

/// The realm of an identity: none for a plain name; for one that is computed the module's folder, since
/// the same expression means another name in another module.
fn realm(module: &Module<'_>, name: &str) -> Sym {
    let computed = name.contains("${") || ["var.", "local.", "each.", "data."].iter().any(|e| name.starts_with(e));
    if computed { Sym::from(format!("./{}", module.folder)) } else { Sym::default() }
}

/// Why a resource is taken for an agent's by its name or its label; a strong word of either counts
/// before a weak one.
fn hint(what: &str, block: &Block<'_>, name: &str) -> Option<String> {
    let found = [cloud::agent_hint(what, name), cloud::agent_hint("label", block.label)];
    cloud::strongest(found)
}

/// The environment that a provider alias names.
fn environment(body: &Value) -> Option<Sym> {
    let alias = body.get("provider")?.as_reference()?.split_once('.')?.1;
    let known = ["dev", "development", "test", "staging", "stage", "prod", "production", "qa", "uat", "sandbox"];
    known.contains(&alias).then(|| Sym::new(alias))
}

/// `environment { variables = { … } }`, `environment_variables = { … }`.
fn variables(map: &Value, module: &Module<'_>, sink: &Sink<'_>) -> Vec<EnvVar> {
    let mut out = Vec::new();
    let maps: Vec<&Value> = match module.resolved(map).as_call() {
        // `merge({ … }, var.extra)`
        Some(call) => call.args.iter().map(|a| module.resolved(&a.value)).collect(),
        None => vec![module.resolved(map)],
    };
    for entry in maps.into_iter().flat_map(Value::entries) {
        out.push(EnvVar {
            name: Sym::new(&entry.key),
            from: source(&entry.value, sink),
            at: sink.place(entry.key_span),
        });
    }
    out
}

/// The secret that a variable's value comes from.
fn source(value: &Value, sink: &Sink<'_>) -> Option<Ref> {
    let address = address(value)?;
    let secret = address.contains("secretsmanager_secret")
        || address.contains("secret_manager")
        || address.contains("ssm_parameter");
    secret.then(|| Ref { kind: RefKind::Secret, name: Sym::from(address), at: sink.place(value.span) })
}

/// Who answers for a resource, by tag.
fn owner(module: &Module<'_>, block: &Block<'_>, workload: Sym, sink: &mut Sink<'_>) {
    let tags = ["tags", "labels"].iter().filter_map(|k| block.body.get(k)).flat_map(Value::entries);
    for tag in tags {
        if matches!(tag.key.to_lowercase().as_str(), "owner" | "team" | "squad" | "contact" | "ownedby") {
            let owners = vec![name(&tag.value, module.text)];
            sink.add(tag.value.span, Owner { pattern: workload, owners, source: Sym::new("tag") });
        }
    }
}

/// A key that lives until somebody destroys its resource.
fn endless(module: &Module<'_>, block: &Block<'_>, (form, title): (&str, &str), holder: &str, sink: &mut Sink<'_>) {
    let identity = block.body.get(holder).and_then(|v| module.identity(v, sink));
    // `keepers`, `rotate_when_changed`, `replace_triggered_by` with a clock make a new one in its place.
    let rotated = block.body.span.text(module.text).contains("time_rotating");
    let reason = if rotated { "a clock replaces it" } else { "it is valid until its resource is destroyed" };
    sink.add(
        block.label_span,
        Issuance {
            form: Sym::new(form),
            title: Sym::new(title),
            call: Sym::new(block.kind),
            held_in: Some(Sym::from(block.address.as_str())),
            ends_itself: Some(rotated),
            revocation: Sym::new(if rotated { "automatic" } else { "none" }),
            revocation_reason: Some(Sym::new(reason)),
            scope: Sym::new("resource"),
            identity,
            ..Issuance::default()
        },
    );
}

/// Calls of modules of this repository.
fn module_calls(root: &Value, module: &Module<'_>, sink: &mut Sink<'_>) {
    for entry in root.get_all("module").flat_map(Value::entries) {
        let Some(source) = entry.value.get("source") else { continue };
        let written = written(source, module.text);
        let local = written.starts_with('.').then(|| module.path(&written)).flatten();
        let to = local.map(|path| Ref { kind: RefKind::Path, name: path, at: sink.place(source.span) });
        let symbol = Sym::from(format!("module.{}", entry.key));
        if let Some(to) = to {
            arguments(&entry.key, &entry.value, to, sink);
        }
        sink.add(entry.key_span, Binding { symbol, form: Sym::new("import"), literal: Some(Sym::from(written)), to });
    }
}

/// The variables that a call of a module sets to something.
fn arguments(call: &str, body: &Value, to: Ref, sink: &mut Sink<'_>) {
    const OWN: &[&str] = &["source", "version", "providers", "count", "for_each", "depends_on"];
    for argument in body.entries().iter().filter(|a| !OWN.contains(&&*a.key)) {
        let empty = match &argument.value.node {
            Node::Null => true,
            Node::List(items) => items.is_empty(),
            _ => argument.value.scalar() == Some(""),
        };
        if !empty {
            let symbol = Sym::from(format!("module.{call}.{}", argument.key));
            let literal = Some(Sym::new(&argument.key));
            let form = Sym::new("module-argument");
            sink.add(argument.key_span, Binding { symbol, form, literal, to: Some(to) });
        }
    }
}

#[cfg(test)]
mod tests;

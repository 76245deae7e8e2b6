//! Kubernetes manifests: plain YAML, several documents, Helm templates with their actions covered.
//! Input: documents with `apiVersion` and `kind`. Output: workloads, identities, grants, issuances and
//! the agents and tool servers of kagent.

mod kagent;
mod pods;
mod rbac;

use memchr::memmem;

use super::written::{name, written};
use super::{Reader, Sink};
use crate::catalogue::cloud;
use crate::facts::{Binding, Identity, Issuance, Owner, Ref, RefKind, Sym};
use crate::parse::value::Node;
use crate::parse::{Document, Kind, Value};
use crate::span::Span;

/// Reads manifests.
pub const READER: Reader = Reader { name: "kubernetes", reads, read };

fn reads(document: &Document<'_>) -> bool {
    let has = |needle: &str| memmem::find(document.text.as_bytes(), needle.as_bytes()).is_some();
    matches!(document.kind, Kind::Yaml | Kind::Json)
        && has("apiVersion")
        && has("kind")
        && wanted(&document.text)
        && !only_schemas(&document.text)
}

/// Whether a stream holds nothing but schemas of resources, which are large and name no identity.
fn only_schemas(text: &str) -> bool {
    let mut kinds = text.lines().filter_map(|line| line.strip_prefix("kind:")).peekable();
    kinds.peek().is_some() && kinds.all(|kind| kind.trim() == "CustomResourceDefinition")
}

/// Kinds that say something of identities. A schema names them too and is told apart once parsed.
const KINDS: &[&str] = &[
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Job",
    "CronJob",
    "Pod",
    "Service",
    "Rollout",
    "ServiceAccount",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "Secret",
    "Agent",
    "SandboxAgent",
    "ModelConfig",
    "ToolServer",
    "RemoteMCPServer",
    "MCPServer",
];

fn wanted(text: &str) -> bool {
    memmem::find_iter(text.as_bytes(), b"kind").any(|at| {
        let rest = text[at + 4..].trim_start_matches(['"', ' ', ':', '\'']);
        let word = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        KINDS.contains(&word) && word != "Service" || (word == "Service" && text.contains("serving.knative.dev"))
    })
}

/// One resource.
struct Resource<'v> {
    value: &'v Value,
    api: String,
    kind: &'v str,
    name: String,
    name_span: Span,
    namespace: Option<Sym>,
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let text = &document.text;
    let mut found = Vec::new();
    for root in document.values() {
        resources(root, text, &mut found);
    }
    let accounts = Accounts::of(&found);
    let rules = rbac::Rules::of(&found, document.values(), text);
    for resource in &found {
        match resource.kind {
            "ServiceAccount" => service_account(resource, text, sink),
            "Secret" => secret(resource, text, sink),
            "Role" | "ClusterRole" => rules.role(resource, sink),
            "RoleBinding" | "ClusterRoleBinding" => rules.binding(resource, text, sink),
            _ if resource.api.starts_with("kagent.dev") => kagent::read(resource, &found, text, sink),
            _ => pods::workload(resource, &accounts, text, sink),
        }
    }
}

/// The resources of a document: itself, or the items of a `List`.
fn resources<'v>(root: &'v Value, text: &str, out: &mut Vec<Resource<'v>>) {
    let (Some(api), Some(kind)) = (root.get("apiVersion"), root.get("kind").and_then(Value::as_str)) else { return };
    if kind == "List" {
        root.get("items").map_or(&[][..], Value::items).iter().for_each(|item| resources(item, text, out));
        return;
    }
    let metadata = root.get("metadata");
    let named = metadata.and_then(|m| m.get("name").or_else(|| m.get("generateName")));
    if !KINDS.contains(&kind) {
        return;
    }
    let namespace = metadata.and_then(|m| m.get("namespace")).filter(|n| n.node != Node::Null).map(|n| name(n, text));
    out.push(Resource {
        value: root,
        api: written(api, text),
        kind,
        name: named.map_or_else(String::new, |n| written(n, text)),
        name_span: named.map_or(root.span, |n| n.span),
        namespace,
    });
}

impl Resource<'_> {
    /// `namespace/name`, or the name alone where no namespace stands.
    fn full(&self, name: &str) -> Sym {
        qualified(self.namespace, name)
    }

    fn metadata(&self, key: &str) -> &[crate::parse::value::Entry] {
        self.value.at(&["metadata", key]).map_or(&[], Value::entries)
    }

    /// Who answers for it, by label or annotation.
    fn owner(&self, text: &str, sink: &mut Sink<'_>) {
        const WORDS: &[&str] = &["owner", "team", "owned-by", "owner-team", "squad", "contact"];
        for entry in self.metadata("labels").iter().chain(self.metadata("annotations")) {
            let word = entry.key.rsplit('/').next().unwrap_or(&entry.key).to_lowercase();
            if WORDS.contains(&word.as_str()) {
                let owner = Owner {
                    pattern: Sym::from(self.name.as_str()),
                    owners: vec![name(&entry.value, text)],
                    source: Sym::new("label"),
                };
                sink.add(entry.value.span, owner);
            }
        }
    }
}

/// A name with its namespace in front, where there is one.
fn qualified(namespace: Option<Sym>, name: &str) -> Sym {
    match namespace {
        Some(namespace) if !name.is_empty() => Sym::from(format!("{namespace}/{name}")),
        _ => Sym::new(name),
    }
}

/// What the file says of service accounts.
struct Accounts(Vec<(Sym, Option<bool>)>);

impl Accounts {
    fn of(found: &[Resource<'_>]) -> Self {
        let accounts = found.iter().filter(|r| r.kind == "ServiceAccount");
        Self(accounts.map(|r| (r.full(&r.name), automount(r.value))).collect())
    }

    /// Whether the account's token is mounted, when the account says so.
    fn automount(&self, account: Sym) -> Option<bool> {
        self.0.iter().find(|(known, _)| *known == account)?.1
    }
}

fn automount(value: &Value) -> Option<bool> {
    value.get("automountServiceAccountToken").and_then(Value::as_bool)
}

fn service_account(resource: &Resource<'_>, text: &str, sink: &mut Sink<'_>) {
    const ALIASES: &[&str] =
        &["eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id"];
    let identity = Identity {
        form: Sym::new("kubernetes-service-account"),
        realm: resource.namespace.unwrap_or_default(),
        name: Sym::from(resource.name.as_str()),
        declared: true,
        default: resource.name == "default",
        ..Identity::default()
    };
    sink.add(resource.name_span, identity);
    resource.owner(text, sink);
    for entry in resource.metadata("annotations") {
        if ALIASES.contains(&&*entry.key) && entry.value.node != Node::Null {
            let to = Ref { kind: RefKind::Identity, name: name(&entry.value, text), at: sink.place(entry.value.span) };
            let binding =
                Binding { symbol: resource.full(&resource.name), form: Sym::new("alias"), literal: None, to: Some(to) };
            sink.add(entry.value.span, binding);
        }
    }
}

/// A Secret: the credentials that stand in it, under the names that pods refer to; one that holds a
/// ServiceAccount's token has no end.
fn secret(resource: &Resource<'_>, text: &str, sink: &mut Sink<'_>) {
    let parts = ["data", "stringData"].iter().filter_map(|part| resource.value.get(part));
    for entry in parts.flat_map(Value::entries) {
        let Some(print) = sink.fingerprint_at(entry.value.span) else { continue };
        let to = Ref { kind: RefKind::Value, name: print, at: sink.place(entry.value.span) };
        let symbol = Sym::from(format!("{}/{}", resource.name, entry.key));
        sink.add(entry.key_span, Binding { symbol, form: Sym::new("secret"), literal: None, to: Some(to) });
    }
    let Some(kind) = resource.value.get("type").filter(|t| t.as_str() == Some("kubernetes.io/service-account-token"))
    else {
        return;
    };
    let mut annotations = resource.metadata("annotations").iter();
    let account = annotations.find(|e| &*e.key == "kubernetes.io/service-account.name");
    let identity = account.map(|entry| Ref {
        kind: RefKind::Identity,
        name: resource.full(&written(&entry.value, text)),
        at: sink.place(entry.value.span),
    });
    sink.add(
        kind.span,
        Issuance {
            form: Sym::new("kubernetes-service-account-token"),
            title: Sym::new("Kubernetes ServiceAccount token"),
            call: Sym::new("type: kubernetes.io/service-account-token"),
            held_in: Some(Sym::from(resource.name.as_str())),
            ends_itself: Some(false),
            revocation: Sym::new("none"),
            revocation_reason: Some(Sym::new("a token Secret is valid until it is deleted")),
            scope: Sym::new("resource"),
            identity,
            ..Issuance::default()
        },
    );
}

/// Why a resource is taken for an agent's, by its own words.
fn name_hint(resource: &Resource<'_>) -> Option<String> {
    cloud::agent_hint("name", &resource.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::trial;
    use crate::facts::{Fact, Grant, Workload};

    fn facts(text: &str) -> Vec<Fact> {
        trial::facts(&READER, "deploy/agent.yaml", Kind::Yaml, text)
    }

    fn all<T: crate::facts::AsRecord + Clone>(facts: &[Fact]) -> Vec<T> {
        facts.iter().filter_map(|f| f.get::<T>().cloned()).collect()
    }

    const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: triage
  namespace: support
  labels:
    team: helpdesk
spec:
  selector: {matchLabels: {app: triage}}
  template:
    metadata: {labels: {app: triage}}
    spec:
      serviceAccountName: triage-sa
      containers:
      - name: main
        image: registry.example/triage:1.2@sha256:0000
        command: [python, -m, triage]
        envFrom: [{secretRef: {name: triage-env}}]
        env:
        - name: OPENAI_API_KEY
          valueFrom: {secretKeyRef: {name: llm, key: openai}}
        - name: LOG_LEVEL
          value: debug
";

    #[test]
    fn a_deployment_says_what_it_runs_as_and_what_it_reads() {
        let facts = facts(DEPLOYMENT);
        let workload = all::<Workload>(&facts).remove(0);
        assert_eq!((workload.form.as_str(), workload.name.as_str()), ("deployment", "triage"));
        assert_eq!(workload.runs_as.unwrap().name, "triage-sa");
        assert_eq!(workload.namespace, Some(Sym::new("support")));
        assert_eq!(workload.image, Some(Sym::new("registry.example/triage:1.2")));
        assert_eq!(workload.env[0].from.unwrap().name, "llm/openai");
        assert!(workload.env[1].from.is_none());
        assert_eq!(workload.env_from[0].name, "triage-env");
        assert_eq!(workload.agent_hint, Some(Sym::new("environment: OPENAI_API_KEY")));
        assert_eq!(all::<Owner>(&facts)[0].owners, [Sym::new("helpdesk")]);
    }

    #[test]
    fn a_test_of_a_release_and_a_gateway_to_models_are_no_agents() {
        let hint = |text: &str| all::<Workload>(&facts(text))[0].agent_hint;
        let hook = DEPLOYMENT.replacen("metadata:", "metadata:\n  annotations: {helm.sh/hook: test}", 1);
        assert!(all::<Workload>(&facts(&hook)).is_empty());
        assert_eq!(hint(&DEPLOYMENT.replacen("name: triage", "name: llm-proxy", 1)), None);
        assert!(hint(&DEPLOYMENT.replacen("name: triage", "name: llm-worker", 1)).is_some());
    }

    #[test]
    fn no_account_is_the_default_account_and_a_patch_says_nothing() {
        let without = DEPLOYMENT.replace("      serviceAccountName: triage-sa\n", "");
        assert_eq!(all::<Workload>(&facts(&without))[0].runs_as.unwrap().name, "default");
        let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: triage}\nspec:\n  template:\n    spec:\n      containers:\n      - name: main\n        env: [{name: A, value: b}]\n";
        assert!(all::<Workload>(&facts(patch))[0].runs_as.is_none());
        let templated = DEPLOYMENT.replace(
            "serviceAccountName: triage-sa",
            "{{- if .Values.sa }}\n      serviceAccountName: {{ .Values.sa }}\n      {{- end }}",
        );
        assert_eq!(all::<Workload>(&facts(&templated))[0].runs_as.unwrap().name, "{{ .Values.sa }}");
    }

    #[test]
    fn bindings_give_accounts_what_their_roles_allow() {
        let text = "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ops}
rules:
- apiGroups: ['*']
  resources: ['*']
  verbs: ['*']
- apiGroups: ['']
  resources: [pods, pods/exec]
  verbs: [create]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ops}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ops}
subjects:
- {kind: ServiceAccount, name: mcp-server, namespace: tools}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: admin}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects:
- {kind: ServiceAccount, name: worker, namespace: tools}
";
        let grants = all::<Grant>(&facts(text));
        assert_eq!(grants.len(), 3);
        assert!(grants[0].administrator && grants[0].reads_secrets);
        assert_eq!(grants[0].holder.unwrap().name, "tools/mcp-server");
        assert_eq!(grants[0].agent_hint, Some(Sym::new("account name: mcp")));
        assert_eq!(grants[1].escalation, [Sym::new("create/pods"), Sym::new("create/pods/exec")]);
        assert!(!grants[1].administrator);
        assert_eq!(grants[2].managed_policy, Some(Sym::new("cluster-admin")));
        assert!(grants[2].administrator && grants[2].agent_hint.is_none());
    }

    #[test]
    fn a_token_secret_has_no_end_and_a_schema_says_nothing() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: bot-token\n  annotations:\n    kubernetes.io/service-account.name: bot\ntype: kubernetes.io/service-account-token\n";
        let issued = all::<Issuance>(&facts(text)).remove(0);
        assert_eq!((issued.ends_itself, issued.identity.unwrap().name.as_str()), (Some(false), "bot"));
        let schema = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\nspec:\n  names: {kind: Agent}\n";
        assert!(facts(schema).is_empty());
    }

    #[test]
    fn an_account_can_stand_for_a_role() {
        let text = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: desk\n  namespace: a\n  annotations:\n    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/desk\n";
        let binding = all::<Binding>(&facts(text)).remove(0);
        assert_eq!((binding.symbol.as_str(), binding.form.as_str()), ("a/desk", "alias"));
        assert_eq!(binding.to.unwrap().name, "arn:aws:iam::111122223333:role/desk");
    }
}

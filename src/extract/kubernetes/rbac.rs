//! Roles and whom they are bound to.

use super::{Resource, qualified};
use crate::catalogue::cloud;
use crate::extract::Sink;
use crate::extract::written::written;
use crate::facts::{Binding, Grant, Ref, RefKind, Sym};
use crate::parse::Value;
use crate::parse::value::Node;
use crate::span::Span;

/// Groups that every program in the cluster, or anybody at all, is in.
const EVERYBODY: &[&str] =
    &["system:serviceaccounts", "system:authenticated", "system:unauthenticated", "system:anonymous"];

/// One rule of a role.
struct Rule {
    span: Span,
    verbs: Vec<String>,
    resources: Vec<String>,
    groups: Vec<String>,
    named: bool,
}

/// The roles of one file and the bindings to them.
pub(super) struct Rules {
    /// `Kind/name`, its rules.
    roles: Vec<(String, Vec<Rule>)>,
    bound: Vec<String>,
}

impl Rules {
    pub(super) fn of(found: &[Resource<'_>], roots: &[Value], text: &str) -> Self {
        // Helm: `{{ define }}` holds a list of rules, and the roles of the file include it.
        let defined: Vec<&Value> = roots.iter().flat_map(Value::items).filter(|r| r.get("verbs").is_some()).collect();
        let rules = |role: &Value| {
            let own = role.get("rules").map_or(&[][..], Value::items);
            let included = role.get("rules").is_some_and(|r| matches!(r.node, Node::Unknown(_) | Node::Expr(_)));
            let list: Vec<&Value> = if included { defined.clone() } else { own.iter().collect() };
            list.into_iter().filter(|r| r.get("verbs").is_some()).map(|r| rule(r, text)).collect::<Vec<_>>()
        };
        let roles = found.iter().filter(|r| matches!(r.kind, "Role" | "ClusterRole"));
        let bound =
            found.iter().filter(|r| r.kind.ends_with("RoleBinding")).filter_map(|r| role_ref(r, text)).map(|(r, _)| r);
        Self {
            roles: roles.map(|r| (format!("{}/{}", r.kind, r.name), rules(r.value))).collect(),
            bound: bound.collect(),
        }
    }

    /// A role that nothing in the file binds: its grants have no holder here, another file's binding
    /// may name it.
    pub(super) fn role(&self, resource: &Resource<'_>, sink: &mut Sink<'_>) {
        let key = format!("{}/{}", resource.kind, resource.name);
        if self.bound.contains(&key) {
            return;
        }
        let hint = cloud::agent_hint("role name", &resource.name).map(Sym::from);
        for rule in self.roles.iter().filter(|(known, _)| *known == key).flat_map(|(_, rules)| rules) {
            sink.add(rule.span, grant(rule, &key, None, hint));
        }
    }

    /// What the subjects of a binding may do.
    pub(super) fn binding(&self, resource: &Resource<'_>, text: &str, sink: &mut Sink<'_>) {
        let Some((key, role_span)) = role_ref(resource, text) else { return };
        for subject in resource.value.get("subjects").map_or(&[][..], Value::items) {
            let Some(named) = subject.get("name") else { continue };
            let name = written(named, text);
            let account = subject.get("kind").and_then(Value::as_str) == Some("ServiceAccount");
            // People and groups of people are another matter.
            if !account && !EVERYBODY.contains(&name.as_str()) {
                continue;
            }
            let namespace = subject.get("namespace").map(|n| Sym::from(written(n, text))).or(resource.namespace);
            let holder = account.then(|| Ref {
                kind: RefKind::Identity,
                name: qualified(namespace, &name),
                at: sink.place(named.span),
            });
            let hint = cloud::agent_hint("account name", &name).map(Sym::from);
            self.give(&key, role_span, resource, holder, hint, sink);
        }
    }

    fn give(
        &self,
        key: &str,
        role_span: Span,
        binding: &Resource<'_>,
        holder: Option<Ref>,
        hint: Option<Sym>,
        sink: &mut Sink<'_>,
    ) {
        let role = key.split_once('/').map_or(key, |(_, name)| name);
        if let Some((_, rules)) = self.roles.iter().find(|(known, _)| known == key) {
            rules.iter().for_each(|rule| sink.add(rule.span, grant(rule, key, holder, hint)));
        } else if let Some(grant) = shipped(role, binding.kind == "ClusterRoleBinding") {
            sink.add(role_span, Grant { source: Sym::new(key), holder, agent_hint: hint, ..grant });
        } else if let Some(holder) = holder {
            // The role is written in another file: the graph joins the two by the role's name.
            let to = Some(holder);
            sink.add(role_span, Binding { symbol: Sym::new(key), form: Sym::new("attachment"), literal: None, to });
        }
    }
}

/// `Kind/name` of the role that a binding binds, and where it stands.
fn role_ref(binding: &Resource<'_>, text: &str) -> Option<(String, Span)> {
    let role = binding.value.get("roleRef")?;
    let named = role.get("name")?;
    let kind = role.get("kind").and_then(Value::as_str).unwrap_or("ClusterRole");
    Some((format!("{kind}/{}", written(named, text)), named.span))
}

fn rule(value: &Value, text: &str) -> Rule {
    let names = |key: &str| -> Vec<String> {
        value.get(key).map_or(&[][..], Value::one_or_many).iter().map(|v| written(v, text)).collect()
    };
    let star = |key: &str| value.get(key)?.one_or_many().iter().find(|v| v.as_str() == Some("*")).map(|v| v.span);
    let first = |key: &str| value.get(key)?.one_or_many().first().map(|v| v.span);
    let span = star("verbs").or_else(|| star("resources")).or_else(|| first("verbs")).unwrap_or(value.span);
    Rule {
        span,
        verbs: names("verbs"),
        resources: names("resources"),
        groups: names("apiGroups"),
        named: value.get("resourceNames").is_some_and(|n| !n.one_or_many().is_empty()),
    }
}

impl Rule {
    fn allows(&self, verb: &str) -> bool {
        self.verbs.iter().any(|v| v == verb || v == "*")
    }

    fn reaches(&self, resource: &str) -> bool {
        self.resources
            .iter()
            .any(|r| r == resource || r == "*" || r.strip_suffix("/*").is_some_and(|p| resource.starts_with(p)))
    }

    /// Whether the rule is for an API group; the core group has no name.
    fn in_group(&self, group: &str) -> bool {
        (self.groups.is_empty() && group.is_empty()) || self.groups.iter().any(|g| g == group || g == "*")
    }

    fn star(names: &[String]) -> bool {
        names.iter().any(|n| n == "*")
    }

    /// `verb/resource` pairs by which the holder widens its own rights.
    fn escalations(&self) -> Vec<Sym> {
        if self.named {
            return Vec::new();
        }
        let meets = |pair: &'static str| {
            let (what, group) = pair.split_once('@')?;
            let (verb, resource) = what.split_once('/')?;
            (self.in_group(group) && self.allows(verb) && self.reaches(resource)).then(|| Sym::new(what))
        };
        let mut found: Vec<Sym> = cloud::cluster_escalations().iter().filter_map(|pair| meets(pair)).collect();
        found.sort_unstable();
        found
    }
}

fn grant(rule: &Rule, source: &str, holder: Option<Ref>, hint: Option<Sym>) -> Grant {
    const READING: &[&str] = &["get", "list", "watch"];
    let reads_secrets =
        !rule.named && rule.in_group("") && rule.reaches("secrets") && READING.iter().any(|v| rule.allows(v));
    // Everything of one operator's own group is little.
    let any_resource = Rule::star(&rule.resources) && rule.in_group("");
    Grant {
        system: Sym::new("kubernetes"),
        effect: Sym::new("allow"),
        source: Sym::new(source),
        actions: rule.verbs.iter().map(Sym::from).collect(),
        resources: rule.resources.iter().map(Sym::from).collect(),
        wildcard_actions: rule.verbs.iter().filter(|v| *v == "*").map(Sym::from).collect(),
        any_resource,
        administrator: any_resource && Rule::star(&rule.verbs) && Rule::star(&rule.groups) && !rule.named,
        writes: rule.verbs.iter().any(|v| !READING.contains(&v.as_str())),
        conditional: rule.named,
        escalation: rule.escalations(),
        reads_secrets,
        managed_policy: None,
        agent_hint: hint,
        holder,
        ..Grant::default()
    }
}

/// What a role shipped with Kubernetes gives; none for one that it does not ship.
fn shipped(role: &str, cluster_wide: bool) -> Option<Grant> {
    let administrator = cloud::administrator_role("kubernetes", role);
    let wide = cloud::escalation_role("kubernetes", role);
    if !administrator && !wide && !cloud::reading_cluster_role(role) {
        return None;
    }
    Some(Grant {
        system: Sym::new("kubernetes"),
        effect: Sym::new("allow"),
        actions: if administrator { vec![Sym::new("*")] } else { Vec::new() },
        resources: if administrator { vec![Sym::new("*")] } else { Vec::new() },
        wildcard_actions: if administrator { vec![Sym::new("*")] } else { Vec::new() },
        any_resource: administrator,
        administrator: administrator && cluster_wide,
        writes: administrator || wide,
        reads_secrets: administrator || wide,
        managed_policy: Some(Sym::new(role)),
        ..Grant::default()
    })
}

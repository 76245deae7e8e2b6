//! Constructs of the CDK: roles, statements and policies that are added to them. Input: the calls of a module.
//! Output: roles, grants and trusts.

use super::{CodeReader, function_name, is_call};
use crate::extract::Sink;
use crate::extract::aws_policy::facts::{self, Holder};
use crate::extract::aws_policy::statement::{self, Statement};
use crate::extract::written::written;
use crate::facts::{Identity, Ref, RefKind, Sym, Trust};
use crate::parse::Value;
use crate::parse::code::CallSite;
use crate::parse::code::ast::Call;
use crate::parse::code::query::parts_of;
use crate::parse::value::{Entry, Node};
use crate::span::Span;

/// CDK's constructor of one of AWS's own policies.
const MANAGED: &[&str] = &["fromAwsManagedPolicyName", "from_aws_managed_policy_name"];

/// CDK's construct that makes fixed calls of the SDK while a stack is deployed.
pub(super) const CUSTOM_RESOURCE: &str = "AwsCustomResource";

impl<'m> CodeReader<'_, 'm> {
    /// CDK: roles, statements added to them, managed policies.
    pub(super) fn constructs(&mut self, sink: &mut Sink<'_>) {
        for site in &self.code.calls {
            if is_role_construct(site) {
                self.construct(site, sink);
            } else if is_build_project(site) {
                self.build_project(site, sink);
            }
        }
        for site in &self.code.calls {
            if self.is_taken(site.value.span) {
                continue;
            }
            if is_call(site.call, &["PolicyStatement"]) {
                self.added(site, sink);
            } else if is_call(site.call, MANAGED) {
                let holder = self.receiver(site, &["addManagedPolicy", "add_managed_policy"], sink);
                for (name, span) in managed_names(site.value) {
                    facts::managed(sink, span, &format!("arn:aws:iam::aws:policy/{name}"), &holder);
                }
            }
        }
    }

    /// The role or function that a call around `site` adds it to.
    fn receiver(&self, site: &CallSite<'m>, adding: &[&str], sink: &Sink<'_>) -> Holder {
        let around = |outer: &&CallSite<'m>| is_call(outer.call, adding) && outer.value.span.contains(site.value.span);
        let outer = self.code.calls.iter().find(around);
        let found = outer.and_then(|outer| Some((outer, outer.call.path()?.rsplit_once('.')?.0)));
        let reference = found.map(|(outer, receiver)| Ref {
            kind: RefKind::Address,
            name: Sym::from(receiver.replace('.', "_")),
            at: sink.place(outer.call.callee.span),
        });
        let hint = self.hint(found.map_or("", |(_, receiver)| receiver), site);
        let source = if reference.is_some() {
            Sym::default()
        } else if self.is_custom_resource(site) {
            Sym::new(CUSTOM_RESOURCE)
        } else {
            function_name(self.code.function(site.scope).map_or("", |f| &*f.name))
        };
        Holder { reference, hint, source }
    }

    /// Whether a statement is one of the policy of CDK's custom resource: in its list, or a variable of it.
    fn is_custom_resource(&self, site: &CallSite<'m>) -> bool {
        self.code.calls.iter().any(|outer| {
            let of_policy = || outer.call.path().is_some_and(|path| path.contains("AwsCustomResourcePolicy"));
            let given = || outer.call.positional(0).or_else(|| outer.call.keyword("statements"));
            if !is_call(outer.call, &["fromStatements", "from_statements"]) || !of_policy() {
                return false;
            }
            given().is_some_and(|list| {
                let list = self.code.literal(list, outer.scope);
                let holds = |value: &'m Value| self.code.literal(value, outer.scope).span.contains(site.value.span);
                list.span.contains(site.value.span) || list.items().iter().any(holds)
            })
        })
    }

    fn construct(&mut self, site: &CallSite<'m>, sink: &mut Sink<'_>) {
        let held = site.held_in.unwrap_or("");
        let id = construct_id(site.call).unwrap_or(held);
        let address = (!held.is_empty()).then(|| Sym::from(held.replace('.', "_")));
        let identity = Identity {
            form: Sym::new("aws-role"),
            realm: self.realm(),
            name: Sym::new(id),
            address,
            declared: true,
            ..Identity::default()
        };
        sink.add(site.call.callee.span, identity);
        let reference = address.map(|name| Ref { kind: RefKind::Address, name, at: sink.place(site.call.callee.span) });
        let services: Vec<Sym> = assumed_by(site.call, self.text)
            .iter()
            .filter(|principal| principal.ends_with(".amazonaws.com"))
            .map(|principal| Sym::new(principal))
            .collect();
        if reference.is_some() && !services.is_empty() {
            let form = Sym::new("assume-role");
            let trust = Trust { form, principals: services, anyone: false, gate: None, target: reference };
            sink.add(site.call.callee.span, trust);
        }
        for (issuer, span) in guests_of(site.call, self.text) {
            let form = Sym::new("oidc");
            let principals = vec![facts::guest_of(&issuer)];
            sink.add(span, Trust { form, principals, anyone: true, gate: None, target: reference });
        }
        let holder = Holder { reference, hint: self.hint(held, site), source: Sym::default() };
        for managed in managed_names(site.value) {
            facts::managed(sink, managed.1, &format!("arn:aws:iam::aws:policy/{}", managed.0), &holder);
        }
        self.taken.push(site.value.span);
        // Statements inside `inlinePolicies` are the role's own.
        for inner in &self.code.calls {
            if is_call(inner.call, &["PolicyStatement"]) && site.value.span.contains(inner.value.span) {
                facts::grants(sink, &[statement_of(inner.call, inner.value.span, self.text)], &holder);
                self.taken.push(inner.value.span);
            }
        }
    }

    /// The role that a project of CodeBuild makes for itself.
    /// <https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_codebuild.PipelineProject.html> (2026-11-25)
    fn build_project(&self, site: &CallSite<'m>, sink: &mut Sink<'_>) {
        let Some(held) = site.held_in else { return };
        let at = site.call.callee.span;
        let address = Some(Sym::from(held.replace('.', "_")));
        let name = Sym::new(construct_id(site.call).unwrap_or(held));
        let form = Sym::new("aws-role");
        sink.add(at, Identity { form, realm: self.realm(), name, address, declared: true, ..Identity::default() });
        let target = address.map(|name| Ref { kind: RefKind::Address, name, at: sink.place(at) });
        let principals = vec![Sym::new("codebuild.amazonaws.com")];
        sink.add(at, Trust { form: Sym::new("assume-role"), principals, anyone: false, gate: None, target });
    }

    /// A statement that some call adds to a role or function.
    fn added(&self, site: &CallSite<'m>, sink: &mut Sink<'_>) {
        const ADDING: &[&str] = &[
            "addToPolicy",
            "add_to_policy",
            "addToRolePolicy",
            "add_to_role_policy",
            "addToPrincipalPolicy",
            "add_to_principal_policy",
            "addToTaskRolePolicy",
            "add_to_task_role_policy",
            "addToExecutionRolePolicy",
            "add_to_execution_role_policy",
            "attachInlinePolicy",
            "attach_inline_policy",
        ];
        let statement = statement_of(site.call, site.value.span, self.text);
        let holder = self.receiver(site, ADDING, sink);
        facts::grants(sink, &[statement], &holder);
    }
}

/// `new iam.Role(this, "Id", {assumedBy: …})`, `iam.Role(self, "Id", assumed_by=…)`.
pub(super) fn is_role_construct(site: &CallSite<'_>) -> bool {
    is_call(site.call, &["Role"]) && ["assumedBy", "assumed_by"].iter().any(|k| site.call.option(k).is_some())
}

fn is_build_project(site: &CallSite<'_>) -> bool {
    is_call(site.call, &["PipelineProject"])
        || is_call(site.call, &["Project"]) && site.call.path().is_some_and(|path| path.contains("codebuild"))
}

pub(super) fn construct_id(call: &Call) -> Option<&str> {
    call.positional(1).and_then(Value::as_str)
}

/// What a role is assumed by.
fn trusted(call: &Call) -> Option<&Value> {
    ["assumedBy", "assumed_by"].iter().find_map(|key| call.option(key))
}

/// Every call in a value, with those in their arguments.
fn calls_in(value: &Value) -> Vec<&Call> {
    let mut out = Vec::new();
    let mut todo = vec![value];
    while let Some(value) = todo.pop() {
        out.extend(value.as_call());
        todo.extend(parts_of(value));
    }
    out
}

/// The service principals that a role is assumed by.
pub(super) fn assumed_by(call: &Call, text: &str) -> Vec<String> {
    let named = trusted(call).map(calls_in).unwrap_or_default().into_iter().filter_map(|inner| inner.positional(0));
    named.filter(|value| value.as_str().is_some()).map(|value| written(value, text)).collect()
}

/// Issuers whose guests a role is assumed by, with their places: `new FederatedPrincipal(issuer, conditions, …)`.
fn guests_of(call: &Call, text: &str) -> Vec<(String, Span)> {
    let principals = trusted(call).map(calls_in).unwrap_or_default();
    let guests = principals.into_iter().filter(|inner| {
        let conditions = statement::conditions_of(inner.args.iter().skip(1).map(|a| &a.value), text);
        let subject = conditions.iter().any(|(key, _)| key.ends_with(":sub"));
        is_call(inner, &["FederatedPrincipal", "WebIdentityPrincipal"]) && facts::guests(&conditions) && !subject
    });
    guests.filter_map(|inner| inner.positional(0)).map(|issuer| (written(issuer, text), issuer.span)).collect()
}

/// AWS's policies that a construct is given, with their places.
fn managed_names(value: &Value) -> Vec<(String, Span)> {
    let managed = calls_in(value).into_iter().filter(|call| is_call(call, MANAGED));
    let names = managed.filter_map(|call| call.positional(0).or_else(|| call.keyword("managed_policy_name")));
    let mut out: Vec<_> = names.filter_map(|name| Some((name.as_str()?.to_owned(), name.span))).collect();
    out.sort_by_key(|(_, span)| span.start);
    out
}

/// A statement from the arguments of `PolicyStatement`.
fn statement_of(call: &Call, span: Span, text: &str) -> Statement {
    let object = call.args.iter().map(|a| &a.value).find(|v| matches!(v.node, Node::Map(_)));
    if let Some(object) = object {
        return statement::statement(object, text);
    }
    let entries = call.args.iter().filter_map(|arg| {
        let key = arg.name.clone()?;
        Some(Entry { key, key_span: arg.value.span, value: arg.value.clone() })
    });
    statement::statement(&Value::new(span, Node::Map(entries.collect())), text)
}

//! AWS policies in source code: dicts and JSON texts handed to an IAM client, CDK statements, and
//! policies that stand in a variable. Input: a module. Output: roles, grants and trusts.

use super::facts::{self, Holder};
use super::statement::{self, Statement};
use crate::catalogue::cloud;
use crate::extract::written::written;
use crate::extract::{Reader, Sink, embedded};
use crate::facts::{Identity, Ref, RefKind, Sym, Trust};
use crate::matcher::Topic;
use crate::parse::code::ast::{Call, Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, parts_of, values_of};
use crate::parse::code::{CallSite, Code};
use crate::parse::value::{Entry, Expr, Node};
use crate::parse::{Document, Kind, Part, Value};
use crate::span::Span;

/// Reads policies in code.
pub const READER: Reader = Reader { name: "aws-policy-in-code", reads, read };

fn reads(document: &Document<'_>) -> bool {
    let code =
        matches!(document.kind, Kind::Code(_)) && document.part != Part::ProseCells || document.part == Part::CodeCells;
    code && document.hits.has(Topic::Identity)
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let Some(module) = document.module() else { return };
    let code = Code::new(module);
    let mut reader =
        CodeReader { code: &code, text: &document.text, path: document.path, roles: Vec::new(), taken: Vec::new() };
    reader.roles = reader.roles();
    for site in &code.calls {
        reader.call(site, sink);
    }
    reader.constructs(sink);
    reader.strays(&module.body, "", "", sink);
}

/// CDK's constructor of one of AWS's own policies.
const MANAGED: &[&str] = &["fromAwsManagedPolicyName", "from_aws_managed_policy_name"];

/// CDK's construct that makes fixed calls of the SDK while a stack is deployed.
const CUSTOM_RESOURCE: &str = "AwsCustomResource";

/// A role that the file creates.
struct Role {
    /// The name as written, or the construct's variable.
    key: String,
    /// Why it is taken for an agent's.
    hint: Option<Sym>,
}

struct CodeReader<'c, 'm> {
    code: &'c Code<'m>,
    text: &'c str,
    path: &'c str,
    roles: Vec<Role>,
    /// Policies and statements that a call has read already.
    taken: Vec<Span>,
}

impl<'m> CodeReader<'_, 'm> {
    /// Roles of `create_role` and of CDK's `Role`, with what their trust says of them.
    fn roles(&self) -> Vec<Role> {
        let mut roles = Vec::new();
        for site in &self.code.calls {
            if is_call(site.call, &["create_role", "createRole", "CreateRoleCommand"])
                && let Some(name) = site.call.option("RoleName")
            {
                let key = self.name(name, site);
                let trust = site.call.option("AssumeRolePolicyDocument").and_then(|d| self.policy(d, site));
                let hint = trust.and_then(|(_, statements)| facts::trust_hint(&statements));
                let hint = hint.or_else(|| self.name_hint(&key, site));
                roles.push(Role { key, hint });
            }
            if is_role_construct(site)
                && let Some(held) = site.held_in
            {
                let trusting = assumed_by(site.call, self.text);
                let trusts = trusting.iter().any(|t| cloud::agent_principal(t));
                let by =
                    trusting.iter().find(|t| cloud::agent_principal(t)).map(|t| Sym::from(format!("trusted by {t}")));
                let named = || construct_id(site.call).and_then(|id| cloud::agent_hint("role name", id)).map(Sym::from);
                let hint = if trusts { by } else { named().or_else(|| self.name_hint(held, site)) };
                roles.push(Role { key: held.to_owned(), hint });
            }
        }
        roles
    }

    /// The name that a value stands for: a literal of the file, else the expression.
    fn name(&self, value: &'m Value, site: &CallSite<'m>) -> String {
        written(self.code.literal(value, site.scope), self.text)
    }

    fn name_hint(&self, name: &str, site: &CallSite<'m>) -> Option<Sym> {
        let function = self.code.function(site.scope).map_or("", |f| &*f.name);
        let found = [cloud::agent_hint("role name", name), cloud::agent_hint("function name", function)];
        cloud::strongest(found).map(Sym::from)
    }

    /// The policy that an argument stands for: a dict, `json.dumps` of one, a JSON text.
    fn policy(&self, value: &'m Value, site: &CallSite<'m>) -> Option<(Span, Vec<Statement>)> {
        let mut value = self.code.literal(value, site.scope);
        if let Some(call) = value.as_call()
            && matches!(call.method(), Some("dumps" | "stringify"))
        {
            value = self.code.literal(&call.args.first()?.value, site.scope);
        }
        if statement::is_policy(value) {
            return Some((value.span, statement::statements(value, self.text)));
        }
        let json = embedded::json(value, self.text).filter(statement::is_policy)?;
        Some((value.span, statement::statements(&json, self.text)))
    }

    /// A reference to a role: by name, or by file and name where the name is computed.
    fn reference(&self, value: &'m Value, site: &CallSite<'m>, sink: &Sink<'_>) -> Ref {
        let key = self.name(value, site);
        let at = sink.place(value.span);
        match local_address(&key) {
            Some(address) => Ref { kind: RefKind::Address, name: address, at },
            None => Ref { kind: RefKind::Identity, name: Sym::from(key), at },
        }
    }

    fn hint(&self, key: &str, site: &CallSite<'m>) -> Option<Sym> {
        let known = self.roles.iter().find(|r| r.key == key);
        known.map_or_else(|| self.name_hint(key, site), |r| r.hint)
    }

    /// Calls of an IAM client that give something.
    fn call(&mut self, site: &CallSite<'m>, sink: &mut Sink<'_>) {
        let call = site.call;
        let role = ["RoleName", "UserName"].iter().find_map(|k| call.option(k));
        let holder = role.map(|role| {
            let key = self.name(role, site);
            (self.reference(role, site, sink), self.hint(&key, site))
        });
        let (reference, hint) = holder.map_or((None, None), |(r, h)| (Some(r), h));
        let source = call.option("PolicyName").map(|n| Sym::from(self.name(n, site))).unwrap_or_default();
        if is_call(call, &["create_role", "createRole", "CreateRoleCommand"]) {
            let Some(role) = role else { return };
            self.declare(role, site, sink);
            if let Some((span, statements)) = call.option("AssumeRolePolicyDocument").and_then(|d| self.policy(d, site))
            {
                facts::trusts(sink, &statements, reference);
                self.taken.push(span);
            }
        } else if is_call(
            call,
            &["put_role_policy", "putRolePolicy", "PutRolePolicyCommand", "put_user_policy", "PutUserPolicyCommand"],
        ) {
            if let Some((span, statements)) = call.option("PolicyDocument").and_then(|d| self.policy(d, site)) {
                facts::grants(sink, &statements, &Holder { reference, hint, source });
                self.taken.push(span);
            }
        } else if is_call(call, &["create_policy", "createPolicy", "CreatePolicyCommand"]) {
            let Some((span, statements)) = call.option("PolicyDocument").and_then(|d| self.policy(d, site)) else {
                return;
            };
            let (reference, hint) = self.attached(site, sink).map_or((None, None), |(r, h)| (Some(r), h));
            let hint = hint.or_else(|| cloud::agent_hint("policy name", source.as_str()).map(Sym::from));
            facts::grants(sink, &statements, &Holder { reference, hint, source });
            self.taken.push(span);
        } else if is_call(
            call,
            &[
                "attach_role_policy",
                "attachRolePolicy",
                "AttachRolePolicyCommand",
                "attach_user_policy",
                "AttachUserPolicyCommand",
            ],
        ) {
            let Some(arn) = call.option("PolicyArn") else { return };
            for (text, span) in self.arns(arn, site) {
                facts::managed(sink, span, &text, &Holder { reference, hint, source: Sym::default() });
            }
        }
    }

    /// The role that `attach_role_policy` gives the policy of a `create_policy` to.
    fn attached(&self, created: &CallSite<'m>, sink: &Sink<'_>) -> Option<(Ref, Option<Sym>)> {
        let held = created.held_in?;
        self.code.calls.iter().find_map(|site| {
            let arn = site
                .call
                .option("PolicyArn")
                .filter(|_| is_call(site.call, &["attach_role_policy", "attachRolePolicy"]))?;
            let role = site.call.option("RoleName")?;
            let base = base_of(self.code.literal(arn, site.scope))?;
            (base == held).then(|| (self.reference(role, site, sink), self.hint(&self.name(role, site), site)))
        })
    }

    /// The ARNs that an argument can be: a literal, or the elements of the list that a loop runs over.
    fn arns(&self, value: &'m Value, site: &CallSite<'m>) -> Vec<(String, Span)> {
        let literal = self.code.literal(value, site.scope);
        if let Some(name) = literal.as_reference()
            && let Some(list) = self.looped(&self.code.module.body, name, literal.span)
        {
            let list = self.code.literal(list, site.scope);
            return list.items().iter().map(|i| (written(i, self.text), i.span)).collect();
        }
        vec![(written(literal, self.text), literal.span)]
    }

    /// What the loop around `at` whose variable is `name` runs over.
    fn looped(&self, body: &'m [Stmt], name: &str, at: Span) -> Option<&'m Value> {
        body.iter().filter(|s| s.span.contains(at)).find_map(|stmt| {
            if let StmtKind::Loop { target: Some(target), header: Some(header), .. } = &stmt.kind
                && target.as_reference() == Some(name)
            {
                return Some(header);
            }
            blocks_of(stmt).into_iter().find_map(|block| self.looped(block, name, at))
        })
    }

    fn declare(&self, role: &'m Value, site: &CallSite<'m>, sink: &mut Sink<'_>) {
        let key = self.name(role, site);
        let address = local_address(&key);
        let identity = Identity {
            form: Sym::new("aws-role"),
            realm: if address.is_some() { self.realm() } else { Sym::default() },
            name: Sym::from(key),
            address,
            declared: true,
            ..Identity::default()
        };
        sink.add(role.span, identity);
    }

    /// The file, for names that say nothing outside it.
    fn realm(&self) -> Sym {
        Sym::from(format!("./{}", self.path))
    }

    /// CDK: roles, statements added to them, managed policies.
    fn constructs(&mut self, sink: &mut Sink<'_>) {
        for site in &self.code.calls {
            if is_role_construct(site) {
                self.construct(site, sink);
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

    fn is_taken(&self, span: Span) -> bool {
        self.taken.iter().any(|t| t.contains(span) || span.contains(*t))
    }

    /// Policies in variables, returned, or handed to functions of the repository: whose they are is not
    /// seen, their words may hint.
    fn strays(&self, body: &[Stmt], function: &str, variable: &str, sink: &mut Sink<'_>) {
        for stmt in body {
            let function = if let StmtKind::Function(f) = &stmt.kind { &*f.name } else { function };
            let assigned = match &stmt.kind {
                StmtKind::Assign { targets, .. } => targets.first().and_then(Value::as_reference).unwrap_or(""),
                _ => variable,
            };
            for value in values_of(stmt) {
                self.stray(value, function, assigned, sink, 0);
            }
            for block in blocks_of(stmt) {
                self.strays(block, function, variable, sink);
            }
        }
    }

    fn stray(&self, value: &Value, function: &str, variable: &str, sink: &mut Sink<'_>, depth: usize) {
        if depth > 24 {
            return;
        }
        let embedded = value.as_str().filter(|t| t.contains("Statement") && t.contains("Effect"));
        let json = embedded.and_then(|_| embedded::json(value, self.text)).filter(statement::is_policy);
        let policy = if statement::is_policy(value) { Some(value) } else { json.as_ref() };
        if let Some(policy) = policy {
            if self.is_taken(value.span) {
                return;
            }
            let statements = statement::statements(policy, self.text);
            let names = [("variable", variable), ("function name", function)];
            let hint = names.iter().find_map(|(what, name)| cloud::agent_hint(what, name)).map(Sym::from);
            facts::trusts(sink, &statements, None);
            let source = if variable.is_empty() { function_name(function) } else { Sym::new(variable) };
            facts::grants(sink, &statements, &Holder { reference: None, hint, source });
            return;
        }
        for part in parts_of(value) {
            self.stray(part, function, variable, sink, depth + 1);
        }
    }
}

/// What a policy is called after the function that makes it. A constructor's name says nothing, and that a function
/// deploys says nothing of who holds what it writes.
fn function_name(name: &str) -> Sym {
    let silent = matches!(name, "constructor" | "__init__") || cloud::trade(name).is_some();
    if silent { Sym::default() } else { Sym::new(name) }
}

/// A name with a hole in it is known inside its file only.
fn local_address(key: &str) -> Option<Sym> {
    (key.contains("${") || key.contains('(') || key.contains('[')).then(|| Sym::from(key.replace('.', "_")))
}

fn is_call(call: &Call, names: &[&str]) -> bool {
    call.method().is_some_and(|m| names.contains(&m))
}

/// `new iam.Role(this, "Id", {assumedBy: …})`, `iam.Role(self, "Id", assumed_by=…)`.
fn is_role_construct(site: &CallSite<'_>) -> bool {
    is_call(site.call, &["Role"]) && ["assumedBy", "assumed_by"].iter().any(|k| site.call.option(k).is_some())
}

fn construct_id(call: &Call) -> Option<&str> {
    call.positional(1).and_then(Value::as_str)
}

/// The service principals that a role is assumed by.
fn assumed_by(call: &Call, text: &str) -> Vec<String> {
    let trusted = ["assumedBy", "assumed_by"].iter().find_map(|k| call.option(k));
    let mut out = Vec::new();
    let mut todo: Vec<&Value> = trusted.into_iter().collect();
    while let Some(value) = todo.pop() {
        if let Some(inner) = value.as_call() {
            out.extend(inner.positional(0).filter(|v| v.as_str().is_some()).map(|v| written(v, text)));
        }
        todo.extend(parts_of(value));
    }
    out
}

/// Issuers whose guests a role is assumed by, with their places: `new FederatedPrincipal(issuer, conditions, …)`.
fn guests_of(call: &Call, text: &str) -> Vec<(String, Span)> {
    let trusted = ["assumedBy", "assumed_by"].iter().find_map(|k| call.option(k));
    let mut out = Vec::new();
    let mut todo: Vec<&Value> = trusted.into_iter().collect();
    while let Some(value) = todo.pop() {
        if let Some(inner) = value.as_call()
            && is_call(inner, &["FederatedPrincipal", "WebIdentityPrincipal"])
            && let Some(issuer) = inner.positional(0)
        {
            let conditions = statement::conditions_of(inner.args.iter().skip(1).map(|a| &a.value), text);
            let subject = conditions.iter().any(|(key, _)| key.ends_with(":sub"));
            if facts::guests(&conditions) && !subject {
                out.push((written(issuer, text), issuer.span));
            }
        }
        todo.extend(parts_of(value));
    }
    out
}

/// AWS's policies that a construct is given, with their places.
fn managed_names(value: &Value) -> Vec<(String, Span)> {
    let mut out = Vec::new();
    let mut todo = vec![value];
    while let Some(value) = todo.pop() {
        if let Some(call) = value.as_call()
            && is_call(call, MANAGED)
            && let Some(name) = call.positional(0).or_else(|| call.keyword("managed_policy_name"))
        {
            out.extend(name.as_str().map(|n| (n.to_owned(), name.span)));
        }
        todo.extend(parts_of(value));
    }
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

/// `policy` of `policy["Policy"]["Arn"]` and of `policy.Policy.Arn`.
fn base_of(value: &Value) -> Option<&str> {
    match value.as_expr()? {
        Expr::Index(base, _) => base_of(base).or_else(|| base.as_reference()),
        Expr::Reference(path) => path.split('.').next(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

//! AWS policies in source code: dicts and JSON texts handed to an IAM client, CDK statements, and
//! policies that stand in a variable. Input: a module. Output: roles, grants and trusts.

mod constructs;

use self::constructs::{assumed_by, construct_id, is_role_construct};
use super::facts::{self, Holder};
use super::statement::{self, Statement};
use crate::catalogue::cloud;
use crate::extract::written::written;
use crate::extract::{Reader, Sink, embedded};
use crate::facts::{Identity, Ref, RefKind, Sym};
use crate::matcher::Topic;
use crate::parse::code::ast::{Call, Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, parts_of, values_of};
use crate::parse::code::{CallSite, Code};
use crate::parse::value::Expr;
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

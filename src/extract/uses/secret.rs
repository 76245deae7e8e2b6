//! Which values are credentials: read from an environment variable named after one, taken from a field
//! or parameter named after one. Labels, identifiers, counts and masked parts are not.

use std::collections::BTreeSet;

use crate::extract::carries::Carriers;
use crate::parse::Value;
use crate::parse::code::Code;
use crate::parse::code::ScopeId;
use crate::parse::code::ast::{Call, Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, each_part, parts_of, values_of};
use crate::parse::code::resolve::{EnvRead, Resolved};
use crate::parse::value::{Expr, Node};
use crate::span::Span;

use super::answers;
use super::fields::Fields;
use super::named::{env_secret, is_lookup_name, names_secret};
use super::objects::Objects;
use super::{Body, incoming};

/// Types that show asterisks for what they hold.
const MASKS: [&str; 2] = ["SecretStr", "SecretBytes"];

/// Names that stand between the brackets of a subscript, in `body` and inside.
fn looked_up<'m>(body: &'m [Stmt], out: &mut BTreeSet<&'m str>) {
    for stmt in body {
        let mut see = |value: &'m Value| {
            if let Some(Expr::Index(_, key)) = value.as_expr() {
                out.extend(key.as_reference());
            }
        };
        values_of(stmt).into_iter().for_each(|value| each_part(value, &mut see));
        blocks_of(stmt).into_iter().for_each(|block| looked_up(block, out));
    }
}

/// Names that are declared as, or set to, a type which masks itself.
fn masking(body: &[Stmt], masks: &dyn Fn(&Option<Box<str>>) -> bool, out: &mut BTreeSet<String>) {
    for stmt in body {
        if let StmtKind::Assign { targets, value, annotation } = &stmt.kind {
            let made = value.as_call().and_then(Call::method).is_some_and(|method| MASKS.contains(&method));
            if made || masks(annotation) {
                let names = targets.iter().filter_map(Value::as_reference);
                out.extend(names.map(|path| path.rsplit('.').next().unwrap_or(path).to_owned()));
            }
        }
        if !matches!(stmt.kind, StmtKind::Function(_)) {
            blocks_of(stmt).into_iter().for_each(|block| masking(block, masks, out));
        }
    }
}

/// Answers whether a value is a credential.
pub(super) struct Secrets<'c, 'm> {
    code: &'c Code<'m>,
    /// Names, without their owners, that hold a type which masks itself when it is shown (`SecretStr`).
    masked: BTreeSet<String>,
    /// Names of files that are opened: `open(TLS_KEY)` says that the variable holds a path.
    opened: BTreeSet<&'m str>,
    /// Names that something is looked up under: `settings[ref_key]`.
    lookups: BTreeSet<&'m str>,
    fields: Fields<'m>,
    objects: Objects<'m>,
}

/// A credential that was recognised.
#[derive(Debug, Clone)]
pub(super) struct Secret {
    /// Where it comes from, when that is elsewhere.
    pub(super) from: Option<Span>,
    /// The environment variable.
    pub(super) env: Option<String>,
}

impl<'c, 'm> Secrets<'c, 'm> {
    pub(super) fn new(code: &'c Code<'m>) -> Self {
        let mut masked = BTreeSet::new();
        let masks = |annotation: &Option<Box<str>>| {
            annotation.as_deref().is_some_and(|ty| MASKS.iter().any(|m| ty.contains(m)))
        };
        for (function, _) in code.functions() {
            masked.extend(function.params.iter().filter(|p| masks(&p.annotation)).map(|p| p.name.to_string()));
            masking(&function.body, &masks, &mut masked);
        }
        masking(&code.module.body, &masks, &mut masked);
        let opens = |method: &str| {
            matches!(method, "open" | "Path" | "exists" | "isfile" | "readFile" | "readFileSync" | "existsSync")
        };
        let opened = code.calls.iter().filter(|site| site.call.method().is_some_and(opens));
        let opened = opened.filter_map(|site| site.call.positional(0)?.as_reference()).collect();
        let mut lookups = BTreeSet::new();
        looked_up(&code.module.body, &mut lookups);
        let fields = Fields::of(&code.module.body);
        Self { code, masked, opened, lookups, fields, objects: Objects::of(code) }
    }

    /// Whether a path is a field of the object at hand that is named after a credential, or goes out as one.
    fn is_own_field(&self, path: &str) -> bool {
        let own = path.strip_prefix("self.").or_else(|| path.strip_prefix("this."));
        let last = path.rsplit('.').next().unwrap_or(path);
        own.is_some() && (names_secret(last) && !is_upper(last) || self.fields.hold(path))
    }

    /// Whether a value is a name under which something is looked up, and called a key for that.
    fn is_lookup(&self, value: &'m Value, scope: ScopeId) -> bool {
        let path = value.as_reference().filter(|path| self.lookups.contains(path));
        path.is_some_and(|path| {
            let variable = self.code.env_read(value, scope).map(|read| read.name);
            is_lookup_name(path) && variable.is_none_or(|name| is_lookup_name(&name))
        })
    }

    /// Whether a value masks itself when it is shown.
    fn masks_itself(&self, value: &Value) -> bool {
        let name = value.as_reference().map(|path| path.rsplit('.').next().unwrap_or(path));
        // A plain name is one function's own; a field is the same in all of them.
        let field = value.as_reference().is_some_and(|path| path.contains('.'));
        field && name.is_some_and(|name| self.masked.contains(name))
            || value.as_call().and_then(Call::method).is_some_and(|method| MASKS.contains(&method))
    }

    /// Names in `body` that hold a credential, or a record or text that one was put into: taken from a
    /// field or an environment variable named after one, handed in as a parameter so named, or written
    /// into the environment.
    pub(super) fn carriers(&self, body: &Body<'_, 'm>) -> Carriers {
        let lacking = incoming::lacking(body.stmts);
        let (spans, names, plain) = (Vec::new(), Vec::new(), Vec::new());
        let mut found = Sources { secrets: self, scope: body.scope, spans, names, lacking, plain };
        found.block(body.stmts);
        let Sources { mut spans, mut names, .. } = found;
        spans.extend(answers::read(body));
        // A script that makes a token at its top level shows it to who asked for one.
        if let Some(function) = body.function.filter(|function| !function.params.is_empty()) {
            // What is kept under the name of a parameter came in as something else, and is shown as that before.
            let given = |name: &str| function.params.iter().any(|param| param.binds(name));
            let made = body.calls.iter().filter(|(site, leads)| gives_token(site.call, leads));
            spans.extend(made.map(|(site, _)| site.value.span).filter(|at| !kept_as(body.stmts, *at, &given)));
        }
        let params = body.function.map_or(&[][..], |f| &f.params);
        let credential = |name: &String| names_secret(name) || incoming::is_named(name);
        names.extend(params.iter().map(|p| p.name.to_string()).filter(credential));
        Carriers::shown(body.stmts, spans, names, holds_secret)
    }

    /// Whether the module reads an environment variable of the name that `field` holds:
    /// `os.getenv(config["api_key"])`.
    fn names_variable(&self, field: &Value) -> bool {
        let part = |value: &Value| match value.as_expr() {
            Some(Expr::Index(base, key)) => Some((base.as_reference()?.to_owned(), key.as_str()?.to_owned())),
            _ => None,
        };
        let Some(own) = part(field) else { return false };
        self.code.calls.iter().any(|site| {
            let reads = site.call.path().is_some_and(|p| p.ends_with("getenv") || p.ends_with("environ.get"));
            reads && site.call.positional(0).and_then(part) == Some(own.clone())
        })
    }

    /// A call of a function that reads an environment variable named after a credential:
    /// `getEnvVariable("API_KEY")`.
    fn wrapped_env(&self, value: &'m Value, scope: ScopeId) -> Option<String> {
        let call = value.as_call()?;
        let method = call.method()?.to_ascii_lowercase();
        let name = self.code.text(call.positional(0)?, scope)?;
        let variable = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        let reads = method.contains("env")
            && !["set", "has", "is", "require_set", "delete"].iter().any(|s| method.starts_with(s));
        (variable && reads && env_secret(name)).then(|| name.to_owned())
    }

    /// Whether `value` is a credential, seen from `scope`.
    pub(super) fn is(&self, value: &'m Value, scope: ScopeId, carriers: &Carriers) -> Option<Secret> {
        let opened = value.as_reference().is_some_and(|path| self.opened.contains(path));
        if opened || self.masks_itself(value) || self.is_lookup(value, scope) {
            return None;
        }
        if let Some(EnvRead { name, span, .. }) = self.code.env_read(value, scope) {
            return env_secret(&name).then_some(Secret { from: (span != value.span).then_some(span), env: Some(name) });
        }
        if let Some(name) = self.wrapped_env(value, scope) {
            return Some(Secret { from: None, env: Some(name) });
        }
        if self.objects.shows(value) {
            return Some(Secret { from: None, env: None });
        }
        if is_part(value) {
            return None;
        }
        let path = value.as_reference();
        // A name for a text literal is a label, or a matter of the secrets family.
        if path.is_some() && self.code.text(value, scope).is_some() {
            return None;
        }
        let last = path.map(|p| p.rsplit('.').next().unwrap_or(p));
        let own = match path {
            _ if incoming::shows(value) => true,
            Some(path) if self.fields.hold(path) => true,
            Some(path) if path.contains('.') => last.is_some_and(names_secret) && !is_upper(last.unwrap_or("")),
            Some(path) => names_secret(path) && self.code.resolve(path, scope, value.span.start).parameter,
            None => is_field(value) && !self.names_variable(value),
        };
        (own || carriers.carries(value)).then_some(Secret { from: None, env: None })
    }
}

/// Calls that give a signed token, or the answer of a server of OAuth with tokens in it: module, method.
/// <https://pyjwt.readthedocs.io/en/stable/api.html>, <https://github.com/auth0/node-jsonwebtoken>,
/// <https://docs.authlib.org/en/latest/client/frameworks.html>,
/// <https://requests-oauthlib.readthedocs.io/en/latest/api.html>,
/// <https://learn.microsoft.com/python/api/msal/msal.application.clientapplication> (2026-11-25).
const GIVE_TOKENS: &[(&[&str], &[&str])] = &[
    (&["jwt", "jose", "joserfc", "authlib.jose"], &["encode"]),
    (&["jsonwebtoken"], &["sign"]),
    (
        &["authlib", "requests_oauthlib"],
        &["authorize_access_token", "fetch_token", "fetch_access_token", "refresh_token"],
    ),
    (&["msal"], &["acquire_token_for_client", "acquire_token_by_authorization_code", "acquire_token_on_behalf_of"]),
];

/// Whether what stands at `at` is assigned to a name of which `is` says yes.
fn kept_as(stmts: &[Stmt], at: Span, is: &dyn Fn(&str) -> bool) -> bool {
    stmts.iter().filter(|stmt| stmt.span.contains(at)).any(|stmt| match &stmt.kind {
        StmtKind::Assign { targets, .. } => targets.iter().filter_map(Value::as_reference).any(is),
        _ => blocks_of(stmt).into_iter().any(|block| kept_as(block, at, is)),
    })
}

/// Whether a call gives a token to whoever makes it.
fn gives_token(call: &Call, leads: &Resolved<'_>) -> bool {
    let Some(method) = call.method() else { return false };
    GIVE_TOKENS.iter().any(|(modules, methods)| methods.contains(&method) && modules.iter().any(|m| leads.within(m)))
}

/// `CONSTANT` of a class or enumeration names something and is not it.
fn is_upper(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// `token[:8]` shows less than the credential.
pub(super) fn is_part(value: &Value) -> bool {
    match value.as_expr() {
        Some(Expr::Index(_, index)) => matches!(index.as_expr(), Some(Expr::Operation(op, _)) if &**op == "slice"),
        Some(Expr::Call(call)) => {
            !matches!(call.method(), Some("strip" | "trim" | "get" | "get_secret_value" | "decode" | "json"))
        }
        _ => false,
    }
}

/// `response["AccessToken"]`, `data.get("client_secret")`.
fn is_field(value: &Value) -> bool {
    let key = match value.as_expr() {
        Some(Expr::Index(_, key)) => key.as_str(),
        Some(Expr::Call(call))
            if call.method() == Some("get") && call.callee.as_reference().is_none_or(|p| p.contains('.')) =>
        {
            call.positional(0).and_then(Value::as_str)
        }
        _ => None,
    };
    key.is_some_and(names_secret)
}

/// Whether a field or key of a record with a credential in it is the credential.
pub(super) fn holds_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    names_secret(name)
        || env_secret(name)
        || lower == "authorization"
        || matches!(lower.as_str(), "token" | "secret" | "headers")
}

/// Where credentials come from in one body.
struct Sources<'s, 'c, 'm> {
    secrets: &'s Secrets<'c, 'm>,
    scope: ScopeId,
    spans: Vec<Span>,
    names: Vec<String>,
    /// Records of which the body asks whether the credential is missing: what it says then shows none.
    lacking: Vec<&'m str>,
    /// Names that go through the keys of a table written here, none of them a credential's.
    plain: Vec<&'m str>,
}

impl<'m> Sources<'_, '_, 'm> {
    fn block(&mut self, body: &'m [Stmt]) {
        for stmt in body {
            match &stmt.kind {
                StmtKind::Function(_) | StmtKind::Class(_) => continue,
                StmtKind::Assign { targets, value, .. } => {
                    if targets.iter().any(|t| self.is_environment(t)) {
                        self.names.extend(named(value));
                    }
                    // `const { authToken } = await request.json()`
                    let taken = targets.iter().filter(|t| matches!(t.node, Node::Map(_))).flat_map(parts_of);
                    let known = taken.filter_map(Value::as_reference).filter(|name| names_secret(name));
                    self.names.extend(known.map(str::to_owned));
                }
                StmtKind::Loop { target: Some(target), header: Some(header), .. } => {
                    let key = target.items().first().and_then(Value::as_reference);
                    self.plain.extend(key.filter(|_| self.is_plain_table(header)));
                }
                _ => {}
            }
            values_of(stmt).into_iter().for_each(|v| self.value(v));
            blocks_of(stmt).into_iter().for_each(|b| self.block(b));
        }
    }

    /// The name of a header that is picked from those of a request by a constant: what it holds, or what it is
    /// called where it is another module's.
    fn picked(&self, value: &'m Value) -> Option<&'m str> {
        let key = incoming::picks(value)?;
        let constant = || key.as_reference().map(|path| path.rsplit('.').next().unwrap_or(path));
        let own = key.as_reference().and_then(|_| self.secrets.code.text(key, self.scope));
        own.or_else(|| constant().filter(|name| incoming::is_session(name)))
    }

    fn value(&mut self, value: &'m Value) {
        if let Some(header) = self.picked(value) {
            if incoming::is_credential(header) {
                self.spans.push(value.span);
            }
            return;
        }
        let read = || {
            let direct = matches!(value.as_expr(), Some(Expr::Call(_) | Expr::Index(..)))
                || value.as_reference().is_some_and(|path| path.contains("env."));
            let env = self.secrets.code.env_read(value, self.scope).filter(|read| direct && read.span == value.span);
            env.is_some_and(|read| env_secret(&read.name)) || self.secrets.wrapped_env(value, self.scope).is_some()
        };
        if is_field(value) && !self.secrets.names_variable(value) || incoming::shows(value) || read() {
            self.spans.push(value.span);
        }
        // A message of which a credential is read holds it as a whole too.
        let record = is_field(value).then(|| incoming::record(value)).flatten();
        let kept = |record: &str| self.secrets.code.assigned(record, self.scope, value.span.start);
        if let Some(record) = record
            && !self.lacking.contains(&record)
            && kept(record).is_some_and(|(of, home)| incoming::is_message(self.secrets.code.literal(of, home)))
        {
            self.names.push(record.to_owned());
        }
        // A field of an object that is named after a credential, or goes out as one.
        if value.as_reference().is_some_and(|path| self.secrets.is_own_field(path)) && !self.secrets.masks_itself(value)
        {
            self.spans.push(value.span);
        }
        // `set_env("OPENAI_API_KEY", key)`, `add_env_var(name, value)`
        if let Some(call) = value.as_call()
            && call.method().is_some_and(writes_environment)
            && call.positional(0).is_some_and(|name| self.may_name_secret(name))
            && !call.positional(1).is_some_and(|value| self.is_choice(value))
        {
            self.names.extend(call.positional(1).and_then(named));
        }
        parts_of(value).into_iter().for_each(|part| self.value(part));
    }

    /// Whether a variable of the environment may hold a credential, by what names it. A constant of another
    /// module names it by its own name; a name that comes in may be any.
    fn may_name_secret(&self, key: &'m Value) -> bool {
        if let Some(name) = self.secrets.code.text(key, self.scope) {
            return env_secret(name);
        }
        if key.as_reference().is_some_and(|name| self.plain.contains(&name)) {
            return false;
        }
        let constant = key.as_reference().map(|path| path.rsplit('.').next().unwrap_or(path));
        constant.filter(|name| is_upper(name)).is_none_or(|name| env_secret(without_env(name)))
    }

    /// Whether pairs come from a table that is written here, with no credential's name among its keys.
    fn is_plain_table(&self, pairs: &'m Value) -> bool {
        let table = pairs.as_call().and_then(Call::path).and_then(|path| path.strip_suffix(".items"));
        let code = self.secrets.code;
        let table = table.and_then(|name| code.assigned(name, self.scope, pairs.span.start));
        table.is_some_and(|(table, _)| {
            let entries = table.entries();
            !entries.is_empty() && entries.iter().all(|entry| &*entry.key != "**" && !env_secret(&entry.key))
        })
    }

    /// Whether a name stands for one of the entries of a list that is written here, picked by a number
    /// that is worked out: a choice of the user among what the program offers.
    fn is_choice(&self, value: &'m Value) -> bool {
        match self.secrets.code.literal(value, self.scope).as_expr() {
            Some(Expr::Index(base, key)) => {
                let list = matches!(self.secrets.code.literal(base, self.scope).node, Node::List(_));
                list && key.as_str().is_none()
            }
            _ => false,
        }
    }

    /// `os.environ[…]`, `process.env.X` as what is written to, unless its name is of no credential.
    fn is_environment(&self, target: &'m Value) -> bool {
        match target.as_expr() {
            Some(Expr::Index(base, key)) => {
                let environment = base.as_reference().is_some_and(|p| p.ends_with("environ") || p == "process.env");
                environment && self.may_name_secret(key)
            }
            Some(Expr::Reference(path)) => path.strip_prefix("process.env.").is_some_and(env_secret),
            _ => false,
        }
    }
}

/// A constant that holds the name of a variable, without the words that say so: `API_KEY_ENV_VAR`.
fn without_env(constant: &str) -> &str {
    let mut name = constant;
    while let Some(rest) = ["_NAME", "_VARIABLE", "_VAR", "_ENV"].iter().find_map(|end| name.strip_suffix(end)) {
        name = rest;
    }
    name
}

/// The name that a value is, through a conversion.
fn named(value: &Value) -> Option<String> {
    let inner = value.as_call().filter(|c| matches!(c.method(), Some("str" | "String" | "strip" | "trim")));
    let value = inner.and_then(|c| c.positional(0)).unwrap_or(value);
    value.as_reference().map(str::to_owned)
}

fn writes_environment(method: &str) -> bool {
    let lower = method.to_ascii_lowercase();
    matches!(lower.as_str(), "putenv" | "setenv" | "set_env")
        || ["env_var", "envvar", "environment_variable"].iter().any(|noun| lower.contains(noun))
            && ["set", "add", "save", "update", "write"].iter().any(|verb| lower.starts_with(verb))
}

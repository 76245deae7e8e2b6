//! What a name means: through imports, aliases, constructors and attributes of the same file.

use super::ast::Call;
use super::index::{Bound, CallSite, Code, ScopeId, What};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// How deep one question may go; a chain of aliases is never this long.
const MAX_STEPS: u32 = 12;

/// Steps that one question may take in all: choices and returns lead on in several ways each.
const MAX_WORK: u32 = 4000;

/// Where a name leads.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resolved<'m> {
    /// The module that it comes from; empty when it leads nowhere outside this file.
    pub module: String,
    /// The name there, with what is reached through it: for `client = hvac.Client()`,
    /// `client.auth.token.create` is `Client.auth.token.create` of `hvac`.
    pub name: String,
    /// The constructor or factory call that made the object in between (`boto3.client("iam")`).
    pub made_by: Option<&'m Call>,
    /// Whether the name leads to a parameter whose type is not declared.
    pub parameter: bool,
}

impl Resolved<'_> {
    /// Module and name with a dot between them.
    #[must_use]
    pub fn path(&self) -> String {
        match (self.module.is_empty(), self.name.is_empty()) {
            (true, _) => self.name.clone(),
            (_, true) => self.module.clone(),
            _ => format!("{}.{}", self.module, self.name),
        }
    }

    /// Whether the module is `package` or lies inside it.
    #[must_use]
    pub fn within(&self, package: &str) -> bool {
        self.module.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
    }

    /// The last segment of the name, or of the module when it is a whole module.
    #[must_use]
    pub fn last(&self) -> &str {
        let path = if self.name.is_empty() { &self.module } else { &self.name };
        path.rsplit('.').next().unwrap_or(path)
    }

    fn plain(path: &str) -> Self {
        Self { name: path.to_owned(), ..Self::default() }
    }
}

/// An environment variable that is read.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvRead<'m> {
    /// Its name.
    pub name: String,
    /// The value taken when it is not set.
    pub default: Option<&'m Value>,
    /// Where it is read.
    pub span: Span,
}

impl<'m> Code<'m> {
    /// Where the callee of a call leads.
    #[must_use]
    pub fn callee(&self, site: &CallSite<'m>) -> Resolved<'m> {
        self.work.set(MAX_WORK);
        self.lead(&site.call.callee, "", site.scope, site.value.span.start, 0).unwrap_or_default()
    }

    /// Where a dotted path leads, seen from `scope` at offset `at`.
    #[must_use]
    pub fn resolve(&self, path: &str, scope: ScopeId, at: u32) -> Resolved<'m> {
        self.work.set(MAX_WORK);
        self.path(path, scope, at, 0).unwrap_or_else(|| Resolved::plain(path))
    }

    /// Where a value leads: a reference, the result of a call, an element of either.
    #[must_use]
    pub fn resolve_value(&self, value: &'m Value, scope: ScopeId) -> Option<Resolved<'m>> {
        self.work.set(MAX_WORK);
        self.lead(value, "", scope, value.span.start, 0)
    }

    /// The value that `path` was last given before offset `at`, with the scope of the assignment.
    #[must_use]
    pub fn assigned(&self, path: &str, scope: ScopeId, at: u32) -> Option<(&'m Value, ScopeId)> {
        let (bound, rest) = self.bound(path, scope, at)?;
        match bound.what {
            What::Value(value) if rest.is_empty() => Some((value, bound.scope)),
            _ => None,
        }
    }

    /// Follows references of the same file to what they stand for; the value itself when it is none.
    #[must_use]
    pub fn literal(&self, value: &'m Value, scope: ScopeId) -> &'m Value {
        let (mut value, mut scope) = (value, scope);
        for _ in 0..MAX_STEPS {
            let next = value.as_reference().and_then(|path| self.assigned(path, scope, value.span.start));
            match next {
                Some((to, home)) if !std::ptr::eq(to, value) => (value, scope) = (to, home),
                _ => break,
            }
        }
        value
    }

    /// The text that a value stands for in this file.
    #[must_use]
    pub fn text(&self, value: &'m Value, scope: ScopeId) -> Option<&'m str> {
        self.literal(value, scope).as_str()
    }

    /// The environment variable that a value is read from, through names of the same file.
    #[must_use]
    pub fn env_read(&self, value: &'m Value, scope: ScopeId) -> Option<EnvRead<'m>> {
        self.work.set(MAX_WORK);
        self.env(value, scope, 0)
    }

    /// Takes a step of the question's work: a name may lead on in many ways at each of its steps.
    fn step(&self) -> bool {
        let left = self.work.get();
        self.work.set(left.saturating_sub(1));
        left > 0
    }

    fn env(&self, value: &'m Value, scope: ScopeId, steps: u32) -> Option<EnvRead<'m>> {
        if steps > MAX_STEPS || !self.step() {
            return None;
        }
        let span = value.span;
        match value.as_expr()? {
            Expr::Call(call) => {
                let callee = self.lead(&call.callee, "", scope, span.start, 0)?;
                if is_env_getter(&callee.path()) {
                    let name = self.text(call.positional(0).or_else(|| call.keyword("key"))?, scope)?;
                    let default = call.positional(1).or_else(|| call.keyword("default"));
                    return Some(EnvRead { name: name.to_owned(), default, span });
                }
                // Wrappers that keep the value: `str(x)`, `SecretStr(x)`, `x.strip()`.
                match (callee.last(), call.callee.as_expr()) {
                    ("str" | "String" | "SecretStr" | "cast", _) => {
                        self.env(&call.args.last()?.value, scope, steps + 1)
                    }
                    ("strip" | "trim" | "get_secret_value", Some(Expr::Operation(_, operands))) => {
                        self.env(operands.first()?, scope, steps + 1)
                    }
                    _ => None,
                }
            }
            Expr::Index(base, key) => {
                let base = self.lead(base, "", scope, span.start, 0)?;
                let name = self.text(key, scope).filter(|_| is_env(&base.path()))?;
                Some(EnvRead { name: name.to_owned(), default: None, span })
            }
            Expr::Choice { options, .. } => {
                let (index, mut read) =
                    options.iter().enumerate().find_map(|(i, o)| Some((i, self.env(o, scope, steps + 1)?)))?;
                read.default = read.default.or_else(|| options.get(index + 1));
                Some(read)
            }
            Expr::Reference(path) => {
                let leads =
                    self.path(path, scope, span.start, steps + 1).unwrap_or_else(|| Resolved::plain(path)).path();
                let member = ENVS.iter().find_map(|env| leads.strip_prefix(env)?.strip_prefix('.'));
                if let Some(name) = member.filter(|name| is_variable(name)) {
                    return Some(EnvRead { name: name.to_owned(), default: None, span });
                }
                let (to, home) = self.assigned(path, scope, span.start)?;
                if std::ptr::eq(to, value) { None } else { self.env(to, home, steps + 1) }
            }
            _ => None,
        }
    }

    /// The binding that `path` begins with, and the rest of the path.
    fn bound<'p>(&self, path: &'p str, scope: ScopeId, at: u32) -> Option<(Bound<'m>, &'p str)> {
        if let Some(attribute) = path.strip_prefix("self.").or_else(|| path.strip_prefix("this.")) {
            let class = self.class_scope(scope)?;
            return self.longest(attribute, class, u32::MAX);
        }
        self.outwards(scope).enumerate().find_map(|(distance, s)| {
            let is_class = matches!(self.scopes[s].kind, super::index::ScopeKind::Class(_));
            if is_class && distance > 0 {
                return None;
            }
            // Inside one scope order counts; an outer scope has been run through before.
            self.longest(path, s, if distance == 0 { at } else { u32::MAX })
        })
    }

    /// The longest prefix of `path` that `scope` binds: its last binding before `at`, or its first.
    fn longest<'p>(&self, path: &'p str, scope: ScopeId, at: u32) -> Option<(Bound<'m>, &'p str)> {
        let names = &self.scopes[scope].names;
        prefixes(path).find_map(|(prefix, rest)| {
            let bounds = names.get(prefix)?;
            let before = bounds.iter().rev().find(|b| b.at < at);
            // A value that reads the name which it is given to reads what was there before.
            let first = || bounds.iter().find(|b| !b.is_read_from(at));
            Some((*before.or_else(first)?, rest))
        })
    }

    fn path(&self, path: &str, scope: ScopeId, at: u32, steps: u32) -> Option<Resolved<'m>> {
        if steps > MAX_STEPS || !self.step() {
            return None;
        }
        if let Some((bound, rest)) = self.bound(path, scope, at)
            && let Some(leads) = self.follow(bound, path, rest, steps)
        {
            return Some(leads);
        }
        let (import, rest) = prefixes(path).find_map(|(prefix, rest)| Some((*self.imports.get(prefix)?, rest)))?;
        let name = import.name.as_deref().unwrap_or("");
        let name = [name, rest].iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join(".");
        Some(Resolved { module: import.module.to_string(), name, made_by: None, parameter: false })
    }

    fn follow(&self, bound: Bound<'m>, path: &str, rest: &str, steps: u32) -> Option<Resolved<'m>> {
        let Bound { at, scope, what } = bound;
        match what {
            What::Value(value) => self.lead(value, rest, scope, value.span.start, steps + 1),
            What::Member(value, key) => {
                let rest = if rest.is_empty() { key.to_owned() } else { format!("{key}.{rest}") };
                self.lead(value, &rest, scope, value.span.start, steps + 1)
            }
            What::Typed(ty) => self.typed(ty, rest, scope, at, steps),
            What::Param(param) => {
                let ty = param.annotation.as_deref().filter(|_| param.pattern.is_empty());
                let leads = ty.and_then(|ty| self.typed(ty, rest, scope, at, steps));
                leads.or_else(|| Some(Resolved { parameter: true, ..Resolved::plain(path) }))
            }
            What::Function(..) | What::Class => Some(Resolved::plain(path)),
            What::Other => Some(Resolved::plain(path)),
        }
    }

    /// A declared type leads to the class that it names, when that comes from elsewhere.
    fn typed(&self, ty: &str, rest: &str, scope: ScopeId, at: u32, steps: u32) -> Option<Resolved<'m>> {
        let inner = ty.trim().trim_matches(['"', '\'']);
        let inner = inner.strip_prefix("Optional[").and_then(|t| t.strip_suffix(']')).unwrap_or(inner);
        let class = inner.split(['[', '<', '|', ' ']).next().unwrap_or(inner);
        let leads = self.path(class, scope, at, steps + 1)?;
        (!leads.module.is_empty()).then(|| append(leads, rest))
    }

    /// Where `value` leads when `rest` is reached through it.
    fn lead(&self, value: &'m Value, rest: &str, scope: ScopeId, at: u32, steps: u32) -> Option<Resolved<'m>> {
        if steps > MAX_STEPS || !self.step() {
            return None;
        }
        match &value.node {
            Node::Text(_) => Some(append(Resolved::plain("text"), rest)),
            Node::Expr(expr) => match &**expr {
                Expr::Reference(path) => {
                    let whole = if rest.is_empty() { path.to_string() } else { format!("{path}.{rest}") };
                    Some(self.path(&whole, scope, at, steps + 1).unwrap_or_else(|| Resolved::plain(&whole)))
                }
                Expr::Call(call) => self.made(call, rest, scope, at, steps),
                Expr::Choice { options, .. } => {
                    let all = options.iter().filter_map(|o| self.lead(o, rest, scope, at, steps + 1));
                    let mut first = None;
                    for leads in all {
                        if !leads.module.is_empty() {
                            return Some(leads);
                        }
                        first.get_or_insert(leads);
                    }
                    first
                }
                Expr::Operation(op, operands) if &**op == "." => {
                    let [base, name] = operands.as_slice() else { return None };
                    let name = name.as_reference()?;
                    let rest = if rest.is_empty() { name.to_owned() } else { format!("{name}.{rest}") };
                    self.lead(base, &rest, scope, at, steps + 1)
                }
                Expr::Index(base, _) => Some(append(self.lead(base, "[]", scope, at, steps + 1)?, rest)),
                _ => None,
            },
            _ => None,
        }
    }

    /// What a call gives: what a function of this file returns, else an object of the callee.
    fn made(&self, call: &'m Call, rest: &str, scope: ScopeId, at: u32, steps: u32) -> Option<Resolved<'m>> {
        let callee = self.lead(&call.callee, "", scope, at, steps + 1)?;
        if matches!(callee.path().as_str(), "require" | "import") || callee.path() == "importlib.import_module" {
            let module = call.positional(0)?.as_str()?.to_owned();
            return Some(Resolved { module, name: rest.to_owned(), made_by: None, parameter: false });
        }
        if callee.module.is_empty()
            && let Some(path) = call.callee.as_reference()
            && let Some((Bound { what: What::Function(function, inner), .. }, "")) = self.bound(path, scope, at)
            && let Some(leads) = self.returned(&function.body, rest, inner, steps)
        {
            return Some(leads);
        }
        let mut leads = append(callee, rest);
        leads.made_by = leads.made_by.filter(|_| !rest.is_empty()).or(Some(call));
        Some(Resolved { made_by: Some(call), ..leads })
    }

    /// Where the first return that leads out of this file leads.
    fn returned(&self, body: &'m [super::ast::Stmt], rest: &str, scope: ScopeId, steps: u32) -> Option<Resolved<'m>> {
        body.iter().find_map(|stmt| match &stmt.kind {
            super::ast::StmtKind::Return(Some(value)) => {
                let leads = self.lead(value, rest, scope, value.span.start, steps + 1)?;
                (!leads.module.is_empty()).then_some(leads)
            }
            super::ast::StmtKind::Function(_) | super::ast::StmtKind::Class(_) => None,
            _ => super::query::blocks_of(stmt).into_iter().find_map(|b| self.returned(b, rest, scope, steps + 1)),
        })
    }
}

/// Environment objects, as [`Resolved::path`] gives them.
const ENVS: &[&str] = &["os.environ", "process.env", "import.meta.env", "Bun.env"];

fn is_env(path: &str) -> bool {
    ENVS.contains(&path)
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn is_env_getter(path: &str) -> bool {
    matches!(
        path,
        "os.getenv"
            | "os.Getenv"
            | "os.LookupEnv"
            | "os.environ.get"
            | "os.environ.pop"
            | "os.environ.setdefault"
            | "Deno.env.get"
    )
}

fn append<'m>(mut leads: Resolved<'m>, rest: &str) -> Resolved<'m> {
    if !rest.is_empty() {
        if !leads.name.is_empty() {
            leads.name.push('.');
        }
        leads.name.push_str(rest);
    }
    leads
}

/// The prefixes of a dotted path at its dots, longest first, each with the rest.
fn prefixes(path: &str) -> impl Iterator<Item = (&str, &str)> {
    std::iter::once((path, "")).chain(path.rmatch_indices('.').map(|(at, _)| (&path[..at], &path[at + 1..])))
}

#[cfg(test)]
mod tests {
    use crate::parse::code::Code;
    use crate::parse::code::ast::Language;
    use crate::parse::code::show;

    /// Where the callee of each call in `source` leads.
    fn callees(path: &str, source: &str) -> Vec<String> {
        let language = if path.ends_with(".py") { Language::Python } else { Language::TypeScript };
        let module = show::parsed(language, path, source);
        let code = Code::new(&module);
        code.calls
            .iter()
            .map(|site| {
                let leads = code.callee(site);
                format!("{}:{}", leads.module, leads.name)
            })
            .collect()
    }

    #[test]
    fn imports_and_aliases() {
        let source = "import hvac as h, google.cloud.storage\nfrom . import tools\nfrom agents import Agent as A\n\
            c = h.Client()\nc.auth.token.create()\ngoogle.cloud.storage.Client()\ntools.run()\nB = A\nB()\nprint()";
        assert_eq!(
            callees("a.py", source),
            [
                "hvac:Client",
                "hvac:Client.auth.token.create",
                "google.cloud.storage:Client",
                ".:tools.run",
                "agents:Agent",
                ":print"
            ]
        );
    }

    #[test]
    fn attributes_parameters_factories_and_choices() {
        let source = "import hvac\nclass V:\n  def __init__(self, c: hvac.Client, d=None):\n    self.c = c\n    self.d = d or hvac.Client()\n\
            \x20 def m(self):\n    self.c.read()\n    self.d.write()\n    self.e.x()\n\
            def make():\n  return hvac.Client()\ndef f(p, q: 'hvac.Client | None' = None):\n  make().seal()\n  v = make()\n  v.list()\n  p.x()\n  q.y()\n\
            with hvac.Client() as w:\n  w.z()";
        let all = callees("a.py", source);
        let methods: Vec<&str> = all.iter().map(String::as_str).filter(|c| *c != "hvac:Client").collect();
        assert_eq!(
            methods,
            [
                "hvac:Client.read",
                "hvac:Client.write",
                ":self.e.x",
                ":make",
                "hvac:Client.seal",
                ":make",
                "hvac:Client.list",
                ":p.x",
                "hvac:Client.y",
                "hvac:Client.z"
            ]
        );
    }

    #[test]
    fn clients_keep_the_call_that_made_them() {
        let source = "import boto3\niam = boto3.client('iam')\niam.create_access_key()\nboto3.Session().client('sts').assume_role()";
        let module = show::parsed(Language::Python, "a.py", source);
        let code = Code::new(&module);
        let made: Vec<_> = code.calls.iter().filter_map(|s| code.callee(s).made_by?.positional(0)?.as_str()).collect();
        assert_eq!(made, ["iam", "sts"]);
        assert_eq!(
            callees("a.py", source),
            [
                "boto3:client",
                "boto3:client.create_access_key",
                "boto3:Session",
                "boto3:Session.client",
                "boto3:Session.client.assume_role"
            ]
        );
    }

    #[test]
    fn scripts_resolve_require_and_destructuring() {
        let source = "import OpenAI, { x as y } from 'openai'; const { tool: t } = require('ai'); const o = new OpenAI(); \
            class K { a = new OpenAI(); m() { this.a.chat.create(); o.b(); t(); y() } }";
        assert_eq!(
            callees("a.ts", source),
            [
                ":require",
                "openai:default",
                "openai:default",
                "openai:default.chat.create",
                "openai:default.b",
                "ai:tool",
                "openai:x"
            ]
        );
    }

    #[test]
    fn environment_reads() {
        let reads = |path: &str, source: &str| {
            let language = if path.ends_with(".py") { Language::Python } else { Language::TypeScript };
            let module = show::parsed(language, path, source);
            let code = Code::new(&module);
            let calls = code.calls.iter().filter(|s| s.call.method() == Some("f"));
            let args = calls.map(|s| (s, &s.call.args[0].value));
            args.map(|(s, a)| {
                let read = code.env_read(a, s.scope).expect("an environment read");
                format!("{}|{}", read.name, read.default.and_then(|d| code.text(d, s.scope)).unwrap_or("-"))
            })
            .collect::<Vec<_>>()
        };
        let python = "import os\nfrom os import environ as e, getenv\nN = 'NAME'\nK = os.environ['K']\n\
            f(os.getenv('A', 'd'))\nf(e.get('B'))\nf(getenv(N) or 'x')\nf(K)\ndef g():\n  k = K\n  f(k)";
        assert_eq!(reads("a.py", python), ["A|d", "B|-", "NAME|x", "K|-", "K|-"]);
        let script = "const { SECRET } = process.env; const env = process.env; f(process.env.A ?? 'd'); f(process.env['B']); f(SECRET); f(env.C!)";
        assert_eq!(reads("a.ts", script), ["A|d", "B|-", "SECRET|-", "C|-"]);
    }

    #[test]
    fn self_reference_ends() {
        assert_eq!(callees("a.py", "x = x\nx.y()\na = b\nb = a\na.z()"), [":x.y", ":a.z"]);
    }
}

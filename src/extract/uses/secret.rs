//! Which values are credentials: read from an environment variable named after one, taken from a field
//! or parameter named after one. Labels, identifiers, counts and masked parts are not.

use crate::extract::carries::Carriers;
use crate::parse::Value;
use crate::parse::code::Code;
use crate::parse::code::ScopeId;
use crate::parse::code::ast::Stmt;
use crate::parse::code::query::{blocks_of, parts_of, values_of};
use crate::parse::code::resolve::EnvRead;
use crate::parse::value::{Expr, Node};
use crate::span::Span;

use super::Body;

/// Endings of names that hold a credential and nothing else, lower case without separators.
const ENDINGS: &[&str] = &[
    "apikey",
    "accesstoken",
    "refreshtoken",
    "bearertoken",
    "clientsecret",
    "secretaccesskey",
    "secretkey",
    "authtoken",
    "privatekey",
    "password",
    "apitoken",
    "jwttoken",
    "secretstring",
    "connectionstring",
    "clienttoken",
    "signingkey",
    "webhooksecret",
];

/// Beginnings that make a name a question or a count.
const PREFIXES: &[&str] = &[
    "has", "is", "no", "num", "max", "min", "missing", "mask", "hide", "redact", "use", "require", "valid", "new",
    "forgot", "reset",
];

/// Whether a variable, field or parameter of this name holds a credential.
pub(super) fn names_secret(name: &str) -> bool {
    let first = name.split(['_', '-']).next().unwrap_or(name).to_ascii_lowercase();
    let flat: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let asks =
        PREFIXES.iter().any(|p| first == *p || name.strip_prefix(p).is_some_and(|r| r.starts_with(char::is_uppercase)));
    !asks && ENDINGS.iter().any(|ending| flat.ends_with(ending))
}

/// Whether an environment variable of this name holds a credential.
fn env_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let words: Vec<&str> = upper.split('_').collect();
    let last = words.last().copied().unwrap_or("");
    names_secret(name)
        || matches!(last, "KEY" | "TOKEN" | "SECRET" | "PASSWORD" | "PAT" | "PASSWD")
            && !upper.contains("PUBLIC")
            && !upper.contains("MAX")
}

/// Answers whether a value is a credential.
pub(super) struct Secrets<'c, 'm> {
    code: &'c Code<'m>,
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
        Self { code }
    }

    /// Names in `body` that hold a credential taken from a field named after one.
    pub(super) fn carriers(&self, body: &Body<'_, 'm>) -> Carriers {
        let mut sources = Vec::new();
        fields(body.stmts, &mut sources);
        Carriers::given(body.stmts, sources, std::iter::empty())
    }

    /// Whether `value` is a credential, seen from `scope`.
    pub(super) fn is(&self, value: &'m Value, scope: ScopeId, carriers: &Carriers) -> Option<Secret> {
        if let Some(EnvRead { name, span, .. }) = self.code.env_read(value, scope) {
            return env_secret(&name).then_some(Secret { from: (span != value.span).then_some(span), env: Some(name) });
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
            Some(path) if path.contains('.') => last.is_some_and(names_secret) && !is_upper(last.unwrap_or("")),
            Some(path) => names_secret(path) && self.code.resolve(path, scope, value.span.start).parameter,
            None => is_field(value),
        };
        (own || carriers.carries(value)).then_some(Secret { from: None, env: None })
    }
}

/// `CONSTANT` of a class or enumeration names something and is not it.
fn is_upper(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// `token[:8]` shows less than the credential.
fn is_part(value: &Value) -> bool {
    match value.as_expr() {
        Some(Expr::Index(_, index)) => matches!(index.as_expr(), Some(Expr::Operation(op, _)) if &**op == "slice"),
        Some(Expr::Call(call)) => {
            !matches!(call.method(), Some("strip" | "trim" | "get" | "get_secret_value" | "decode"))
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

fn fields(body: &[Stmt], out: &mut Vec<Span>) {
    for stmt in body {
        if matches!(
            stmt.kind,
            crate::parse::code::ast::StmtKind::Function(_) | crate::parse::code::ast::StmtKind::Class(_)
        ) {
            continue;
        }
        values_of(stmt).into_iter().for_each(|v| field_values(v, out));
        blocks_of(stmt).into_iter().for_each(|b| fields(b, out));
    }
}

fn field_values(value: &Value, out: &mut Vec<Span>) {
    if is_field(value) {
        out.push(value.span);
    }
    parts_of(value).into_iter().for_each(|part| field_values(part, out));
}

/// The values that a text, list or object shows as they are: parts of templates, sums, maps, and what
/// conversions are given.
pub(super) fn shown<'m>(value: &'m Value, out: &mut Vec<&'m Value>) {
    match &value.node {
        Node::Text(_) | Node::Number(_) | Node::Bool(_) | Node::Null | Node::Unknown(_) => {}
        Node::List(_) | Node::Map(_) => parts_of(value).into_iter().for_each(|v| shown(v, out)),
        Node::Expr(expr) => match &**expr {
            Expr::Template(parts) => parts.iter().for_each(|v| shown(v, out)),
            Expr::Operation(op, parts) if matches!(&**op, "+" | "%") => parts.iter().for_each(|v| shown(v, out)),
            Expr::Choice { options, .. } => options.iter().for_each(|v| shown(v, out)),
            Expr::Spread(inner) => shown(inner, out),
            Expr::Call(call)
                if matches!(
                    call.method(),
                    Some("str" | "repr" | "dumps" | "format" | "stringify" | "String" | "join")
                ) =>
            {
                call.args.iter().for_each(|a| shown(&a.value, out));
            }
            Expr::Operation(..) | Expr::Function(_) | Expr::Alias(_) => {}
            Expr::Reference(_) | Expr::Index(..) | Expr::Call(_) => out.push(value),
        },
    }
}

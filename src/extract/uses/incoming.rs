//! Credentials of whoever calls: in the headers of a request, or in the message that came with it. Input: a value.
//! Output: whether it shows one.

use crate::parse::Value;
use crate::parse::code::ast::{Call, Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, each_part, values_of};
use crate::parse::value::Expr;

/// Names that hold a request in a handler.
const REQUESTS: [&str; 6] = ["request", "req", "event", "ctx", "context", "raw_request"];

/// Whether a header of this name carries a credential.
pub(super) fn is_credential(header: &str) -> bool {
    let lower = header.to_ascii_lowercase();
    let whole = matches!(&*lower, "authorization" | "proxy-authorization" | "cookie" | "apikey" | "x-auth");
    whole || ["api-key", "-token", "-secret", "-password"].iter().any(|end| lower.ends_with(end))
}

/// Whether a name is of the id of a session, which the Model Context Protocol forbids to authenticate with.
pub(super) fn is_session(name: &str) -> bool {
    let flat: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    flat.to_ascii_lowercase().contains("sessionid")
}

/// What picks one header from those of a request.
pub(super) fn picks(value: &Value) -> Option<&Value> {
    match value.as_expr() {
        Some(Expr::Index(base, key)) if base.as_reference().is_some_and(is_headers) => Some(key),
        _ => None,
    }
}

/// Whether a parameter is named after such a header, as frameworks fill them in.
pub(super) fn is_named(name: &str) -> bool {
    name == "authorization"
}

/// Whether a value is a credential in the headers of a request, or all of them.
pub(super) fn shows(value: &Value) -> bool {
    match value.as_expr() {
        Some(Expr::Reference(path)) => {
            is_headers(path) || path.rsplit_once('.').is_some_and(|(of, last)| is_headers(of) && is_credential(last))
        }
        Some(Expr::Index(base, key)) => {
            base.as_reference().is_some_and(is_headers) && key.as_str().is_some_and(is_credential)
        }
        Some(Expr::Call(call)) => given(call),
        _ => false,
    }
}

fn given(call: &Call) -> bool {
    let key = call.positional(0);
    let whole = key.and_then(Value::as_reference).is_some_and(is_headers);
    let credential = key.and_then(Value::as_str).is_some_and(is_credential);
    let Some(path) = call.path() else { return false };
    if matches!(path, "dict" | "Object.fromEntries") {
        return whole;
    }
    let Some((owner, method)) = path.rsplit_once('.') else { return false };
    match method {
        "get" => is_headers(owner) && credential,
        // Of Express and Hono.
        "header" => REQUESTS.contains(&owner.rsplit('.').next().unwrap_or(owner)) && credential,
        _ => false,
    }
}

/// `request.headers`, `ctx.req.headers`.
fn is_headers(path: &str) -> bool {
    let mut segments = path.rsplit('.');
    segments.next() == Some("headers") && segments.next().is_some_and(|owner| REQUESTS.contains(&owner))
}

/// The record that a field is read from, when that is a plain name: `data["api_key"]`, `data.get("api_key")`.
pub(super) fn record(field: &Value) -> Option<&str> {
    let record = match field.as_expr()? {
        Expr::Index(base, _) => base.as_reference()?,
        Expr::Call(call) => call.path()?.strip_suffix(".get")?,
        _ => return None,
    };
    (!record.contains('.')).then_some(record)
}

/// Records that a body asks for a key that is not there: `if "access_token" not in data`.
pub(super) fn lacking(body: &[Stmt]) -> Vec<&str> {
    let mut found = Vec::new();
    for stmt in body {
        for value in values_of(stmt) {
            each_part(value, &mut |value| {
                if let Some(Expr::Operation(op, parts)) = value.as_expr()
                    && &**op == "not in"
                {
                    found.extend(parts.last().and_then(Value::as_reference));
                }
            });
        }
        if !matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) {
            blocks_of(stmt).into_iter().for_each(|block| found.extend(lacking(block)));
        }
    }
    found
}

/// Whether a value is the content of a message: `await request.json()`, `json.loads(body)`.
pub(super) fn is_message(value: &Value) -> bool {
    let mut value = value;
    while let Some(Expr::Operation(op, parts)) = value.as_expr()
        && &**op == "await"
        && let Some(inner) = parts.first()
    {
        value = inner;
    }
    value.as_call().is_some_and(|call| matches!(call.method(), Some("json" | "get_json" | "loads" | "parse")))
}

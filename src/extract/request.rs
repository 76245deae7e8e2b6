//! HTTP requests and SQL statements in code: the method, and the text with `{}` for what is filled in.

use crate::parse::Value;
use crate::parse::code::resolve::Resolved;
use crate::parse::code::{CallSite, Code, ScopeId};
use crate::parse::value::{Expr, Node};

/// Whether a call of this name can be a request: the cheap question before [`http`].
pub(crate) fn is_verb(last: &str) -> bool {
    matches!(
        last,
        "get"
            | "post"
            | "put"
            | "patch"
            | "delete"
            | "fetch"
            | "$fetch"
            | "request"
            | "urlopen"
            | "api_call"
            | "fetch_json"
            | "axios"
            | "got"
            | "ky"
            | "default"
    )
}

/// The method (upper case) and shape of the URL of a request.
pub(crate) fn http<'m>(code: &Code<'m>, site: &CallSite<'m>, leads: &Resolved<'m>) -> Option<(String, String)> {
    let last = leads.last();
    let call = site.call;
    let text = |value: &'m Value| code.text(value, site.scope).map(str::to_ascii_uppercase);
    let (method, url) = match last {
        "get" | "post" | "put" | "patch" | "delete" => {
            (last.to_ascii_uppercase(), call.positional(0).or_else(|| call.keyword("url"))?)
        }
        "fetch" | "$fetch" => {
            let method = call.option("method").and_then(text).unwrap_or_else(|| "GET".into());
            (method, call.positional(0)?)
        }
        "request" | "urlopen" | "api_call" | "fetch_json" => match call.positional(0).and_then(text) {
            // Octokit: `request("POST /path/{x}")`.
            Some(route) if route.contains(" /") => {
                let (method, _) = route.split_once(' ')?;
                let (_, path) = call.positional(0).and_then(|v| code.text(v, site.scope))?.split_once(' ')?;
                return Some((method.to_owned(), braces(path)));
            }
            Some(method) => (method, call.positional(1).or_else(|| call.keyword("url"))?),
            None => (call.option("method").and_then(text)?, call.option("url")?),
        },
        "axios" | "got" | "ky" | "default" => {
            (call.option("method").and_then(text)?, call.option("url").or_else(|| call.positional(0))?)
        }
        _ => return None,
    };
    Some((method, shape(code, url, site.scope, 0)))
}

/// The statement that a call hands to a database, lower case, white space collapsed.
pub(crate) fn sql<'m>(code: &Code<'m>, site: &CallSite<'m>, leads: &Resolved<'m>) -> Option<String> {
    if !matches!(
        leads.last(),
        "execute" | "executemany" | "query" | "raw" | "run" | "$executeRaw" | "$executeRawUnsafe" | "unsafe"
    ) {
        return None;
    }
    let shape = shape(code, call_text(site)?, site.scope, 0);
    Some(shape.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase())
}

fn call_text<'m>(site: &CallSite<'m>) -> Option<&'m Value> {
    site.call.positional(0)
}

/// Whether `shape` holds the path pattern, `{}` standing for one segment.
pub(crate) fn holds_path(shape: &str, path: &str) -> bool {
    shape.match_indices(path.split("{}").next().unwrap_or(path)).any(|(at, _)| follows(&shape[at..], path))
}

fn follows(mut text: &str, path: &str) -> bool {
    let mut pieces = path.split("{}");
    let first = pieces.next().unwrap_or("");
    let Some(rest) = text.strip_prefix(first) else { return false };
    text = rest;
    for piece in pieces {
        let filled = text.find('/').unwrap_or(text.len());
        let filled = if piece.starts_with('/') || piece.is_empty() { filled } else { text.find(piece).unwrap_or(0) };
        if filled == 0 {
            return false;
        }
        let Some(rest) = text[filled..].strip_prefix(piece) else { return false };
        text = rest;
    }
    text.is_empty() || text.starts_with(['/', '?', '#', ' '])
}

/// Text with `{}` for everything that is not literal.
pub(crate) fn shape<'m>(code: &Code<'m>, value: &'m Value, scope: ScopeId, depth: u32) -> String {
    let hole = || "{}".to_owned();
    if depth > 8 {
        return hole();
    }
    let all = |parts: &'m [Value]| parts.iter().map(|part| shape(code, part, scope, depth + 1)).collect::<String>();
    match &value.node {
        Node::Text(text) => braces(text),
        Node::Number(number) => number.to_string(),
        Node::Expr(expr) => match &**expr {
            Expr::Template(parts) => all(parts),
            Expr::Operation(op, parts) if &**op == "+" => all(parts),
            Expr::Operation(op, parts) if &**op == "%" => {
                parts.first().map_or_else(hole, |p| percent(&shape(code, p, scope, depth + 1)))
            }
            Expr::Reference(_) => {
                let literal = code.literal(value, scope);
                if std::ptr::eq(literal, value) { hole() } else { shape(code, literal, scope, depth + 1) }
            }
            Expr::Call(call) => match (call.callee.as_expr(), call.method()) {
                (Some(Expr::Operation(_, operands)), Some("format")) => {
                    operands.first().map_or_else(hole, |p| shape(code, p, scope, depth + 1))
                }
                (_, Some("Sprintf")) => {
                    call.positional(0).map_or_else(hole, |p| percent(&shape(code, p, scope, depth + 1)))
                }
                (_, Some("urljoin" | "URL" | "text" | "sql" | "SQL" | "join")) => {
                    let parts: String = call.args.iter().map(|a| shape(code, &a.value, scope, depth + 1)).collect();
                    if parts.is_empty() { hole() } else { parts }
                }
                _ => hole(),
            },
            _ => hole(),
        },
        _ => hole(),
    }
}

/// `{name}`, `:name` in a path → `{}`.
fn braces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else { break };
        out.push_str(&rest[..open]);
        out.push_str("{}");
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}

fn percent(text: &str) -> String {
    text.replace("%s", "{}").replace("%d", "{}").replace("%v", "{}")
}

#[cfg(test)]
mod tests {
    use super::holds_path;

    #[test]
    fn paths_hold_segment_by_segment() {
        let path = "/app/installations/{}/access_tokens";
        assert!(holds_path("https://api.github.com/app/installations/{}/access_tokens", path));
        assert!(holds_path("{}/app/installations/42/access_tokens?x", path));
        assert!(!holds_path("{}/app/installations/{}/suspended/access_tokens", path));
        assert!(!holds_path("{}/v1/auth/token/create-orphan", "/v1/auth/token/create"));
        assert!(holds_path("{}/v1/auth/token/create/role", "/v1/auth/token/create"));
        assert!(!holds_path("{}/installation/tokens", "/installation/token"));
        assert!(holds_path(
            "{}/organization/projects/{}/service_accounts/{}",
            "/organization/projects/{}/service_accounts/{}"
        ));
    }
}

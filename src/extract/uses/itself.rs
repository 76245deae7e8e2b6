//! A service that asks itself. Input: a call with an address. Output: whether the address begins with the host at
//! which the incoming request arrived: the same service, and no other audience of the caller's token.

use super::Body;
use crate::parse::Value;
use crate::parse::code::ast::{Call, Stmt, StmtKind};
use crate::parse::code::query::blocks_of;
use crate::parse::code::{CallSite, ScopeId};
use crate::parse::value::{Expr, Node};

/// How many names and conversions an address is followed through.
const DEPTH: u32 = 8;

/// Whether `site` sends to the host of the request.
pub(super) fn is_asked<'m>(body: &Body<'_, 'm>, site: &CallSite<'m>) -> bool {
    site.call.positional(0).or_else(|| site.call.option("url")).is_some_and(|url| begins(body, url, site.scope, 0))
}

fn begins<'m>(body: &Body<'_, 'm>, value: &'m Value, scope: ScopeId, depth: u32) -> bool {
    if depth > DEPTH {
        return false;
    }
    match value.as_expr() {
        Some(Expr::Reference(path)) if is_host(path) => true,
        Some(Expr::Reference(path)) => {
            let (root, part) = path.split_once('.').unwrap_or((path, ""));
            let whole = matches!(part, "" | "host" | "hostname" | "origin" | "href" | "netloc");
            let from = body.code.assigned(root, scope, value.span.start).filter(|(to, _)| !std::ptr::eq(*to, value));
            whole && !moved(body.stmts, root) && from.is_some_and(|(to, home)| begins(body, to, home, depth + 1))
        }
        Some(Expr::Template(parts)) => first(parts).is_some_and(|part| begins(body, part, scope, depth + 1)),
        Some(Expr::Operation(op, parts)) if &**op == "+" => {
            first(parts).is_some_and(|part| begins(body, part, scope, depth + 1))
        }
        Some(Expr::Index(base, key)) => {
            base.as_reference().is_some_and(|path| is_request(path.strip_suffix(".headers").unwrap_or("")))
                && names_host(key)
        }
        Some(Expr::Call(call)) => {
            if call.path().is_some_and(|path| asks_host(path, call)) {
                return true;
            }
            match call.method() {
                // `new URL("/mcp", request.url)`: what comes second is the base.
                Some("URL") => {
                    call.positional(1).or(call.positional(0)).is_some_and(|of| begins(body, of, scope, depth + 1))
                }
                Some("str" | "String" | "urljoin") => {
                    call.positional(0).is_some_and(|of| begins(body, of, scope, depth + 1))
                }
                Some("rstrip" | "strip" | "toString") => match call.callee.as_expr() {
                    Some(Expr::Reference(path)) => path.rsplit_once('.').is_some_and(|(of, _)| is_host(of)),
                    Some(Expr::Operation(_, of)) => of.first().is_some_and(|of| begins(body, of, scope, depth + 1)),
                    _ => false,
                },
                _ => false,
            }
        }
        _ => false,
    }
}

/// The part of a text that its host begins with.
fn first(parts: &[Value]) -> Option<&Value> {
    parts.iter().find(|part| {
        let scheme = matches!(&part.node, Node::Text(_))
            && part.as_str().is_some_and(|t| matches!(t, "://" | "//" | "http://" | "https://"));
        let protocol = part.as_reference().is_some_and(|p| p.ends_with(".protocol") || p.ends_with(".scheme"));
        !scheme && !protocol
    })
}

/// `request.base_url`, `req.headers.host`, `c.req.url`.
fn is_host(path: &str) -> bool {
    [
        "url",
        "base_url",
        "url_root",
        "host_url",
        "host",
        "hostname",
        "headers.host",
        "nextUrl",
        "url.netloc",
        "url.hostname",
        "nextUrl.origin",
        "nextUrl.host",
    ]
    .iter()
    .any(|part| path.strip_suffix(part).and_then(|of| of.strip_suffix('.')).is_some_and(is_request))
}

fn is_request(path: &str) -> bool {
    matches!(path.rsplit('.').next(), Some("request" | "req"))
}

fn names_host(key: &Value) -> bool {
    key.as_str().is_some_and(|name| name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case("x-forwarded-host"))
}

/// `request.headers.get("host")`, `req.get("host")`, `c.req.header("host")`, `request.url_for("mcp")`.
fn asks_host(path: &str, call: &Call) -> bool {
    let Some((owner, method)) = path.rsplit_once('.') else { return false };
    let request = is_request(owner.strip_suffix(".headers").unwrap_or(owner));
    match method {
        "get" | "header" => request && call.positional(0).is_some_and(names_host),
        "url_for" => is_request(owner),
        _ => false,
    }
}

/// Whether an address is sent elsewhere after it was read: `url.hostname = "api.example.com"`.
fn moved(stmts: &[Stmt], name: &str) -> bool {
    stmts.iter().any(|stmt| {
        let set = |target: &Value| {
            let part = target.as_reference().and_then(|path| path.strip_prefix(name)?.strip_prefix('.'));
            part.is_some_and(|part| matches!(part, "host" | "hostname" | "href" | "port"))
        };
        matches!(&stmt.kind, StmtKind::Assign { targets, .. } if targets.iter().any(set))
            || blocks_of(stmt).into_iter().any(|block| moved(block, name))
    })
}

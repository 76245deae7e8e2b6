//! The caller's own token, read from the incoming request and sent on to another service unchanged.

use std::collections::BTreeMap;

use super::{Body, Seen, itself};
use crate::extract::carries::Carriers;
use crate::extract::request;
use crate::parse::Value;
use crate::parse::code::ast::{Language, Param, Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, each_part, parts_of, values_of};
use crate::parse::code::resolve::Resolved;
use crate::parse::code::{CallSite, Code, ScopeId};
use crate::parse::value::Expr;
use crate::span::Span;

/// Tokens of callers that a function is handed by another of its module, or finds in a field of its
/// object, by scope.
pub(super) type Handed = BTreeMap<ScopeId, Vec<String>>;

/// What the functions of a module hand one another: one call far, and through the fields of an object.
pub(super) fn handed_on(bodies: &[Body<'_, '_>]) -> Handed {
    let mut out = Handed::new();
    for body in bodies {
        let Some(taken) = taken(body, &[]) else { continue };
        let class = body.code.symbol(body.scope);
        let class = class.rsplit_once('.').map_or("", |(class, _)| class);
        for carriers in &taken.carriers {
            let kept: Vec<String> = carriers.kept().map(str::to_owned).collect();
            let methods = bodies.iter().filter(|other| {
                !class.is_empty() && body.code.symbol(other.scope).rsplit_once('.').is_some_and(|(own, _)| own == class)
            });
            methods
                .filter(|_| !kept.is_empty())
                .for_each(|other| out.entry(other.scope).or_default().extend(kept.clone()));
            for (site, leads) in body.calls.iter().filter(|(_, leads)| leads.module.is_empty()) {
                let name = leads.name.rsplit('.').next().unwrap_or(&leads.name);
                let called = bodies.iter().find(|other| other.function.is_some_and(|f| &*f.name == name));
                let Some((called, function)) = called.and_then(|other| Some((other, other.function?))) else {
                    continue;
                };
                let own = function.params.first().is_some_and(|p| matches!(&*p.name, "self" | "cls"));
                let given = site.call.args.iter().enumerate().filter(|(_, arg)| carriers.carries(&arg.value));
                let params = given.filter_map(|(at, arg)| match &arg.name {
                    Some(name) => function.params.iter().find(|p| *p.name == **name),
                    None => function.params.get(at + usize::from(own)),
                });
                out.entry(called.scope).or_default().extend(params.map(|p| p.name.to_string()));
            }
        }
    }
    out
}

/// Where a body has its caller's token from.
struct Taken {
    carriers: [Carriers; 2],
    /// A session of the caller at this service, which tells a server of tools who it may act as.
    cookies: Option<Carriers>,
    from: Option<Span>,
}

fn taken(body: &Body<'_, '_>, handed: &[String]) -> Option<Taken> {
    let mut sources = Vec::new();
    incoming(body, body.stmts, &mut sources);
    let (all, sources): (Vec<_>, Vec<_>) = sources.into_iter().partition(|(_, whole)| *whole);
    let (all, sources) = (spans(all), spans(sources));
    let mut names: Vec<String> =
        body.function.map_or_else(Vec::new, |f| f.params.iter().filter_map(credential_param).collect());
    names.extend(handed.iter().cloned());
    let mut cookies = Vec::new();
    sessions(body.stmts, &mut cookies);
    if all.is_empty() && sources.is_empty() && names.is_empty() && cookies.is_empty() {
        return None;
    }
    let cookies = (!cookies.is_empty()).then(|| Carriers::given(body.stmts, cookies, []));
    let from = sources.first().or(all.first()).copied();
    let carriers = [Carriers::given(body.stmts, sources, names), Carriers::whole(body.stmts, all)];
    Some(Taken { carriers, cookies, from })
}

/// Finds every place of `body` that passes the caller's token on, and every one that shows it to its issuer.
pub(super) fn read<'m>(body: &Body<'_, 'm>, handed: &Handed, add: &mut dyn FnMut(Seen)) {
    if checks_callers(body) {
        let shows = |site: &CallSite<'m>, leads: &Resolved<'m>| {
            site.call.option("headers").is_some() && request::http(body.code, site, leads).is_some()
        };
        for (site, leads) in body.calls.iter().filter(|(site, leads)| shows(site, leads)) {
            let service = destination(body, site, leads);
            add(seen("token-check", site, service, None));
        }
        return;
    }
    let sends: Vec<_> = body.calls.iter().filter(|(site, leads)| sends(body.code, site, leads)).collect();
    if sends.is_empty() {
        return;
    }
    if exchanges(body) {
        return;
    }
    let Some(taken) = taken(body, handed.get(&body.scope).map_or(&[], Vec::as_slice)) else { return };
    for (site, leads) in sends {
        if itself::is_asked(body, site) {
            continue;
        }
        let service = destination(body, site, leads);
        let cookie = || self::handed(site, taken.cookies.as_ref().filter(|_| is_tool_client(leads))?);
        let Some(given) = taken.carriers.iter().find_map(|c| self::handed(site, c)).or_else(cookie) else { continue };
        if service.checks {
            add(seen("token-check", site, service, None));
            continue;
        }
        if body.code.module.language != Language::Python && service.host.is_none() && !is_tool_client(leads) {
            continue;
        }
        add(seen("token-forward", site, service, taken.from.or(Some(given.span))));
    }
}

fn seen(form: &'static str, site: &CallSite<'_>, service: Destination, from: Option<Span>) -> Seen {
    Seen {
        form,
        at: site.call.callee.span,
        callee: site.call.callee.span,
        passes: "user-token",
        service: service.host.unwrap_or_default(),
        from,
        env: None,
        base: service.base,
    }
}

fn spans(of: Vec<(Span, bool)>) -> Vec<Span> {
    of.into_iter().map(|(span, _)| span).collect()
}

/// The argument that carries the token: headers, or an authentication object.
fn handed<'m>(site: &CallSite<'m>, carriers: &Carriers) -> Option<&'m Value> {
    let names = ["headers", "auth", "token", "default_headers", "additional_headers", "authorization"];
    let direct = names.iter().filter_map(|name| site.call.option(name)).find(|value| carriers.carries(value));
    let nested = || {
        let values = site.call.args.iter().map(|a| &a.value);
        let mut inner = values.flat_map(|v| v.entries().iter().map(|e| &e.value));
        inner.find_map(|v| v.get("headers")).filter(|value| carriers.carries(value))
    };
    direct.or_else(nested)
}

/// Clients of tool servers and other agents.
fn is_tool_client(leads: &Resolved<'_>) -> bool {
    matches!(
        leads.last(),
        "streamablehttp_client"
            | "streamable_http_client"
            | "sse_client"
            | "MCPServerStreamableHttp"
            | "MCPServerSse"
            | "MCPServerHTTP"
            | "MultiServerMCPClient"
            | "StreamableHTTPClientTransport"
            | "SSEClientTransport"
            | "RemoteA2aAgent"
            | "StreamableHttpTransport"
            | "createMCPClient"
            | "experimental_createMCPClient"
    )
}

fn sends<'m>(code: &Code<'m>, site: &CallSite<'m>, leads: &Resolved<'m>) -> bool {
    let http = || {
        let library =
            ["requests", "httpx", "aiohttp", "axios", "got", "ky", "undici", "urllib", "urllib3", "node-fetch"];
        let known = library.iter().any(|l| leads.within(l));
        let receiver = leads.name.rsplit_once('.').map_or("", |(receiver, _)| receiver).to_ascii_lowercase();
        let named = ["client", "session", "http", "requests", "axios"].iter().any(|word| receiver.contains(word));
        let bare = matches!(leads.name.as_str(), "fetch" | "$fetch");
        (known || named && leads.module.is_empty() || bare) && request::http(code, site, leads).is_some()
    };
    let client = || {
        matches!(leads.last(), "AsyncClient" | "ClientSession") && (leads.within("httpx") || leads.within("aiohttp"))
    };
    is_tool_client(leads) || client() || http()
}

struct Destination {
    host: Option<String>,
    /// What the address begins with, when that is a name.
    base: Option<String>,
    /// The token's own issuer is asked about it.
    checks: bool,
}

fn destination<'m>(body: &Body<'_, 'm>, site: &CallSite<'m>, leads: &Resolved<'m>) -> Destination {
    let shape = request::http(body.code, site, leads).map(|(_, shape)| shape);
    let shape =
        shape.or_else(|| Some(request::shape(body.code, site.call.positional(0)?, site.scope, 0))).unwrap_or_default();
    let host = shape.split_once("://").map(|(_, rest)| rest.split(['/', ':', '?']).next().unwrap_or(rest).to_owned());
    let host = host.filter(|h| h.contains('.') && !h.contains("{}"));
    let written = site.call.positional(0).and_then(Value::as_reference).unwrap_or("");
    let about = format!("{shape} {written}").to_ascii_lowercase();
    let checks = [
        "userinfo",
        "introspect",
        "tokeninfo",
        "/verify",
        "/me",
        "oauth",
        "jwks",
        "/auth",
        "login",
        "whoami",
        "userinfo_url",
        "auth_url",
        "verify_url",
    ];
    let url = site.call.positional(0).or_else(|| site.call.option("url"));
    let base = url.filter(|_| host.is_none()).and_then(|url| base(body.code, url, site.scope, 0));
    Destination { host, base, checks: checks.iter().any(|word| about.contains(word)) }
}

/// The name that an address begins with: of a constant, a setting or a function.
fn base<'m>(code: &Code<'m>, value: &'m Value, scope: ScopeId, depth: u32) -> Option<String> {
    if depth > 4 {
        return None;
    }
    match value.as_expr()? {
        Expr::Reference(path) => {
            let local = code.assigned(path, scope, value.span.start).filter(|(to, _)| !std::ptr::eq(*to, value));
            let inner = local.and_then(|(to, home)| base(code, to, home, depth + 1));
            Some(inner.unwrap_or_else(|| path.rsplit('.').next().unwrap_or(path).to_owned()))
        }
        Expr::Template(parts) => parts.first().and_then(|part| base(code, part, scope, depth + 1)),
        Expr::Operation(op, parts) if &**op == "+" => parts.first().and_then(|part| base(code, part, scope, depth + 1)),
        Expr::Call(call) => match (call.method()?, call.positional(0)) {
            ("urljoin" | "str" | "URL" | "rstrip" | "getenv", Some(first)) => {
                first.as_str().map(str::to_owned).or_else(|| base(code, first, scope, depth + 1))
            }
            ("format" | "get", _) => None,
            (method, _) => Some(method.to_owned()),
        },
        _ => None,
    }
}

/// A function that authenticates its callers asks their issuer with their token.
fn checks_callers(body: &Body<'_, '_>) -> bool {
    let name = body.code.symbol(body.scope).to_ascii_lowercase();
    [
        "verify",
        "validate",
        "authenticate",
        "current_user",
        "introspect",
        "userinfo",
        "user_info",
        "login",
        "logout",
        "whoami",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// A proper exchange (RFC 8693, on-behalf-of) gives a token of its own.
fn exchanges(body: &Body<'_, '_>) -> bool {
    let by_call = body.calls.iter().any(|(_, leads)| {
        matches!(
            leads.last(),
            "acquire_token_on_behalf_of"
                | "OnBehalfOfCredential"
                | "get_workload_access_token_for_jwt"
                | "exchange_token"
                | "exchangeToken"
                | "token_exchange"
        )
    });
    by_call || mentions(body.stmts, &["token-exchange", "jwt-bearer", "subject_token", "on_behalf_of"])
}

fn mentions(stmts: &[Stmt], words: &[&str]) -> bool {
    let has = |text: &str| words.iter().any(|word| text.contains(word));
    stmts.iter().any(|stmt| {
        values_of(stmt).into_iter().any(|v| value_mentions(v, &has))
            || blocks_of(stmt).into_iter().any(|b| mentions(b, words))
    })
}

fn value_mentions(value: &Value, has: &dyn Fn(&str) -> bool) -> bool {
    value.as_str().is_some_and(has)
        || value.entries().iter().any(|e| has(&e.key))
        || parts_of(value).into_iter().any(|v| value_mentions(v, has))
}

/// A parameter that the web framework fills with the caller's token.
fn credential_param(param: &Param) -> Option<String> {
    let by_type = param
        .annotation
        .as_deref()
        .is_some_and(|ty| ty.contains("HTTPAuthorizationCredentials") || ty.contains("AccessToken"));
    let default = param.default.as_ref().and_then(Value::as_call);
    let header = default.is_some_and(|c| matches!(c.method(), Some("Header")))
        && param.name.to_ascii_lowercase().contains("authorization");
    let annotated = param.annotation.as_deref().is_some_and(|ty| ty.contains("Header("))
        && param.name.to_ascii_lowercase().contains("authorization");
    let depends = default.filter(|c| c.method() == Some("Depends")).and_then(|c| c.positional(0)?.as_reference());
    let scheme = depends.is_some_and(|path| {
        let name = path.to_ascii_lowercase();
        name.contains("oauth2") || name.contains("bearer")
    });
    (by_type || header || annotated || scheme).then(|| param.name.to_string())
}

/// Where the cookie header of the incoming request is read.
fn sessions(stmts: &[Stmt], out: &mut Vec<Span>) {
    let is = |key: Option<&Value>| key.and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case("cookie"));
    let headers = |path: &str| {
        let lower = path.to_ascii_lowercase();
        lower.strip_suffix(".headers").is_some_and(is_request)
    };
    for stmt in stmts.iter().filter(|stmt| !matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_))) {
        for value in values_of(stmt) {
            each_part(value, &mut |part| {
                let cookie = match part.as_expr() {
                    Some(Expr::Reference(path)) => path.strip_suffix(".cookie").is_some_and(headers),
                    Some(Expr::Index(base, key)) => is(Some(key)) && base.as_reference().is_some_and(headers),
                    Some(Expr::Call(call)) => {
                        let owner = call.path().and_then(|path| path.strip_suffix(".get"));
                        is(call.positional(0)) && owner.is_some_and(headers)
                    }
                    _ => false,
                };
                out.extend(cookie.then_some(part.span));
            });
        }
        blocks_of(stmt).into_iter().for_each(|block| sessions(block, out));
    }
}

fn incoming<'m>(body: &Body<'_, 'm>, stmts: &'m [Stmt], out: &mut Vec<(Span, bool)>) {
    for stmt in stmts {
        if matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) {
            continue;
        }
        values_of(stmt).into_iter().for_each(|v| incoming_values(body, v, out));
        blocks_of(stmt).into_iter().for_each(|b| incoming(body, b, out));
    }
}

fn incoming_values<'m>(body: &Body<'_, 'm>, value: &'m Value, out: &mut Vec<(Span, bool)>) {
    if is_incoming(body, value) {
        out.push((value.span, is_all(value)));
    } else {
        parts_of(value).into_iter().for_each(|part| incoming_values(body, part, out));
    }
}

/// Whether it is every header at once, and not the one.
fn is_all(value: &Value) -> bool {
    match value.as_expr() {
        Some(Expr::Reference(path)) => path.to_ascii_lowercase().ends_with(".headers"),
        Some(Expr::Call(call)) => call.method() == Some("get_http_headers"),
        _ => false,
    }
}

/// `request.headers.get("authorization")` and its like, all headers at once, or the framework's own
/// accessor.
fn is_incoming<'m>(body: &Body<'_, 'm>, value: &'m Value) -> bool {
    match value.as_expr() {
        Some(Expr::Index(base, key)) => is_authorization(key) && is_headers(body, base),
        Some(Expr::Reference(path)) => {
            let lower = path.to_ascii_lowercase();
            let own = |receiver: &str| is_request(receiver) && !is_made_here(body, path, value.span.start);
            lower.strip_suffix(".headers.authorization").is_some_and(own)
                || lower.strip_suffix(".headers").is_some_and(own)
        }
        Some(Expr::Call(call)) => {
            let by_name = call.positional(0).is_some_and(is_authorization);
            match (call.method(), call.callee.as_expr()) {
                (Some("get" | "header" | "getHeader"), Some(Expr::Reference(path))) if by_name => {
                    let receiver = path.rsplit_once('.').map_or("", |(receiver, _)| receiver);
                    is_header_path(body, receiver, value.span.start)
                        || path.ends_with("req.header")
                        || path.ends_with("request.header")
                }
                (Some("get"), Some(Expr::Operation(_, operands))) if by_name => {
                    operands.first().is_some_and(|base| is_headers(body, base))
                }
                (Some("get_http_headers"), _) => call.keyword("include_all").and_then(Value::as_bool) == Some(true),
                (Some("get_access_token"), Some(Expr::Reference(path))) => {
                    let leads = body.code.resolve(path, body.scope, value.span.start);
                    leads.within("fastmcp") || leads.within("mcp.server.auth")
                }
                _ => false,
            }
        }
        _ => false,
    }
}

fn is_authorization(key: &Value) -> bool {
    key.as_str().is_some_and(|name| {
        name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("x-forwarded-access-token")
    })
}

/// Whether a value is the headers of the incoming request.
fn is_headers(body: &Body<'_, '_>, value: &Value) -> bool {
    match value.as_expr() {
        Some(Expr::Reference(path)) => is_header_path(body, path, value.span.start),
        // `event["headers"]["Authorization"]`, `(await headers()).get(…)`.
        Some(Expr::Index(base, key)) => {
            key.as_str() == Some("headers") && base.as_reference().is_some_and(|p| is_request(&p.to_ascii_lowercase()))
        }
        Some(Expr::Call(call)) => {
            matches!(call.method(), Some("headers" | "get_http_headers"))
                || call.positional(0).is_some_and(|v| is_headers(body, v))
        }
        _ => false,
    }
}

fn is_header_path(body: &Body<'_, '_>, path: &str, at: u32) -> bool {
    let lower = path.to_ascii_lowercase();
    if let Some(receiver) = lower.strip_suffix(".headers") {
        return is_request(receiver) && !is_made_here(body, path, at);
    }
    // A dictionary of the incoming headers under a name of its own.
    if !matches!(lower.as_str(), "headers" | "request_headers" | "req_headers" | "incoming_headers") {
        return false;
    }
    match body.code.assigned(path, body.scope, at) {
        Some((value, _)) => is_headers_source(body, value),
        None => body.function.is_some_and(|f| f.params.iter().any(|p| p.binds(path))),
    }
}

/// A class of the module with no base that a web framework could bring, as the type of a parameter.
fn is_own_class(body: &Body<'_, '_>, name: &str) -> bool {
    let param = body.function.and_then(|f| f.params.iter().find(|p| p.binds(name)));
    let Some(annotation) = param.and_then(|p| p.annotation.as_deref()) else { return false };
    let annotation = annotation.trim().trim_matches(['"', '\'']);
    body.code.module.body.iter().any(|stmt| {
        let StmtKind::Class(class) = &stmt.kind else { return false };
        let web = |base: &Value| {
            let last = base.as_reference().map_or("", |path| path.rsplit('.').next().unwrap_or(path));
            ["Request", "Connection", "WebSocket"].iter().any(|word| last.contains(word))
        };
        *class.name == *annotation && !class.bases.iter().any(web)
    })
}

/// An outgoing request that this function makes itself, or is given as an object of the module's own,
/// goes by the same names.
fn is_made_here(body: &Body<'_, '_>, path: &str, at: u32) -> bool {
    let root = path.split('.').next().unwrap_or(path);
    if is_own_class(body, root) {
        return true;
    }
    body.code.assigned(root, body.scope, at).is_some_and(|(value, _)| value.as_call().is_some())
}

fn is_headers_source(body: &Body<'_, '_>, value: &Value) -> bool {
    match value.as_expr() {
        Some(Expr::Reference(path)) => path.to_ascii_lowercase().strip_suffix(".headers").is_some_and(is_request),
        Some(Expr::Call(call)) => {
            matches!(call.method(), Some("get_http_headers" | "headers"))
                || call.args.iter().any(|a| is_headers_source(body, &a.value))
        }
        _ => false,
    }
}

/// Names that an incoming request goes by.
fn is_request(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path).trim_start_matches('_');
    matches!(
        last,
        "request"
            | "req"
            | "http_request"
            | "httprequest"
            | "raw_request"
            | "websocket"
            | "event"
            | "request_context"
            | "http_req"
            | "incoming"
    )
}

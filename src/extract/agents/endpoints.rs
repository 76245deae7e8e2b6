//! Where agents and tool servers listen. Input: the scene, with agents. Output: [`Endpoint`] facts.

use super::args::{Args, short};
use super::model::{EndpointForm, Framework};
use super::scene::{DEPTH, Scene};
use super::sites::{Site, matches};
use crate::facts::{Endpoint, Sym};
use crate::parse::code::ast::{Call, Module, StmtKind};
use crate::parse::value::{Expr, Node, Value};

/// Finds every endpoint of the frameworks, and HTTP servers beside an agent.
pub(super) fn read(scene: &mut Scene<'_, '_>, module: &Module) {
    let guard = guard(scene, module);
    for index in 0..scene.sites.len() {
        let site = &scene.sites[index];
        let Some((framework, form)) = form_of(scene, site) else { continue };
        let endpoint = endpoint(scene, framework, form, site, guard.as_deref());
        let span = site.span;
        let same = |e: &Endpoint| e.symbol == endpoint.symbol && e.transport == endpoint.transport;
        if !scene.endpoints.iter().any(|(_, e)| same(e)) {
            scene.endpoints.push((span, endpoint));
        }
    }
    if !scene.agents.is_empty() {
        http(scene, guard.as_deref());
    }
}

fn form_of(scene: &Scene<'_, '_>, site: &Site<'_>) -> Option<(&'static Framework, &'static EndpointForm)> {
    let name = site.name.as_ref()?;
    if matches!(site.stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) {
        return None;
    }
    scene.sdks.iter().find_map(|(framework, sdk)| {
        sdk.endpoint.iter().find(|form| matches(name, sdk, form.call)).map(|form| (*framework, form))
    })
}

fn endpoint<'m>(
    scene: &Scene<'_, 'm>,
    framework: &Framework,
    form: &EndpointForm,
    site: &Site<'m>,
    guard: Option<&str>,
) -> Endpoint {
    let args = site.args(&scene.names);
    let owner =
        args.receiver().and_then(|r| r.value.as_reference()).and_then(|p| p.rsplit_once('.')).map(|(owner, _)| owner);
    // The receiver, else what is handed over, else the only server of the file.
    let received = owner.and_then(|o| scene.canonical(o, site.at, site.span.start));
    let handed = || args.get("0", &scene.names).and_then(|f| scene.behind(f.value, f.at, DEPTH));
    let served = |s: &String| scene.agent_by.contains_key(s);
    let symbol = received
        .clone()
        .filter(served)
        .or_else(|| handed().filter(served))
        .or_else(|| only_server(scene))
        .or_else(|| received.filter(|r| !r.contains('/')))
        .unwrap_or_default();
    let built = scene.agent_site.get(&symbol).map(|&s| scene.sites[s].args(&scene.names));
    // Only keywords are looked for where the server was built: its positions mean other things.
    let keyword = |path: &&&str| path.starts_with(|c: char| c.is_ascii_alphabetic());
    let said = |paths: &[&str]| {
        let built = || paths.iter().filter(keyword).find_map(|p| built.as_ref()?.get(p, &scene.names));
        args.first(paths, &scene.names).or_else(built)
    };
    let transport = match said(form.transport_arg).map(|f| scene.names.constant(f.value, f.at).0) {
        None => form.transport,
        Some(value) => transport(value),
    };
    let host =
        said(form.host).and_then(|f| short(scene.names.constant(f.value, f.at).0).or_else(|| default_of(f.value)));
    let authentication = said(form.auth)
        .filter(|f| !matches!(scene.names.constant(f.value, f.at).0.node, Node::Null))
        .and_then(|f| {
            let value = scene.names.constant(f.value, f.at).0;
            value.as_call().and_then(Call::method).map(str::to_owned).or_else(|| short(f.value))
        })
        .or_else(|| (!form.authenticated.is_empty()).then(|| form.authenticated.to_owned()))
        .or_else(|| guard.filter(|_| transport != "stdio").map(str::to_owned));
    let route = args.first(form.route, &scene.names).and_then(|f| short(f.value));
    let shown = host.clone().or_else(|| (!form.host_default.is_empty()).then(|| form.host_default.to_owned()));
    Endpoint {
        form: Sym::new(form.form),
        framework: Sym::new(framework.slug),
        symbol: Sym::new(&symbol),
        transport: Sym::new(transport),
        reachable: Sym::new(reachable(transport, shown.as_deref())),
        host: host.map(Sym::from),
        authentication: authentication.map(Sym::from),
        route: route.map(Sym::from),
    }
}

/// The server of the file when it has one.
fn only_server(scene: &Scene<'_, '_>) -> Option<String> {
    let mut servers = scene.agents.iter().filter(|(_, a)| a.framework.as_str() == "mcp-server").map(|(_, a)| a.symbol);
    let first = servers.next()?;
    servers.next().is_none().then(|| first.to_string())
}

fn transport(value: &Value) -> &'static str {
    match value.scalar().map(|t| t.trim().to_ascii_lowercase()).as_deref() {
        Some("stdio") => "stdio",
        Some("sse") => "sse",
        Some("websocket" | "ws") => "websocket",
        Some(text) if text.contains("http") => "http",
        _ => "unknown",
    }
}

/// The default of `os.getenv("HOST", "0.0.0.0")`.
fn default_of(value: &Value) -> Option<String> {
    value.as_call()?.positional(1)?.as_str().map(str::to_owned)
}

fn reachable(transport: &str, host: Option<&str>) -> &'static str {
    match (transport, host) {
        ("stdio", _) | (_, Some("localhost" | "127.0.0.1" | "::1")) => "no",
        (_, Some("0.0.0.0" | "::" | "")) => "yes",
        _ => "unknown",
    }
}

/// A sign in the file that callers are authenticated: middleware, dependency, verifier, or a look at
/// the authorization header.
fn guard(scene: &Scene<'_, '_>, module: &Module) -> Option<String> {
    let sign = |name: &str| {
        let lower = name.to_ascii_lowercase();
        let about = lower.contains("auth")
            || lower.contains("bearer")
            || lower.contains("apikey")
            || lower.contains("api_key")
            || lower.contains("jwt");
        let acts = [
            "middleware",
            "require",
            "verify",
            "validate",
            "check",
            "guard",
            "header",
            "httpbearer",
            "provider",
            "protect",
            "credentials",
            "decode",
            "authenticate",
        ];
        about
            && acts.iter().any(|w| lower.contains(w))
            && !lower.contains("author_")
            && !lower.contains("authorization_url")
    };
    for site in &scene.sites {
        let Some(method) = site.call.method() else { continue };
        if sign(method) && !matches!(method, "get_credentials" | "default_credentials") {
            return Some(method.to_owned());
        }
        let wires = matches!(
            method,
            "add_middleware" | "use" | "Depends" | "Security" | "Middleware" | "before_request" | "all" | "post"
        );
        let wired = wires.then(|| {
            site.call.args.iter().filter_map(|a| a.value.as_reference()).find(|p| {
                let lower = p.to_ascii_lowercase();
                lower.contains("auth")
                    || lower.contains("apikey")
                    || lower.contains("api_key")
                    || lower.contains("token")
            })
        });
        if let Some(Some(path)) = wired {
            return Some(path.to_owned());
        }
        if matches!(method, "get" | "header")
            && site.call.positional(0).and_then(Value::as_str).is_some_and(header)
            && site.call.path().is_some_and(|p| p.to_ascii_lowercase().contains("header") || p.contains("req"))
        {
            return Some("authorization header".into());
        }
    }
    let mut found = None;
    super::names::own_statements(&module.body, &mut |stmt| {
        for value in super::walk::values(stmt) {
            super::walk::each(value, &mut |v| {
                if let Some(Expr::Index(base, key)) = v.as_expr()
                    && base.as_reference().is_some_and(|b| b.ends_with("headers"))
                    && key.as_str().is_some_and(header)
                {
                    found = Some("authorization header".to_owned());
                }
                if v.as_reference().is_some_and(|p| p.ends_with("headers.authorization")) {
                    found = Some("authorization header".to_owned());
                }
            });
        }
    });
    found
}

fn header(name: &str) -> bool {
    matches!(name.to_ascii_lowercase().as_str(), "authorization" | "x-api-key" | "x-auth-token" | "x-signature")
}

/// HTTP servers of general frameworks in a file with an agent.
fn http(scene: &mut Scene<'_, '_>, guard: Option<&str>) {
    for index in 0..scene.sites.len() {
        let site = &scene.sites[index];
        let path = site.call.path().unwrap_or("");
        let serves = path == "uvicorn.run"
            || path == "web.run_app"
            || (site.call.method() == Some("run") && is_flask(scene, site));
        if !serves {
            continue;
        }
        let args = Args::of(site.call, site.at, &scene.names);
        let host = args
            .get("host", &scene.names)
            .and_then(|f| short(scene.names.constant(f.value, f.at).0).or_else(|| default_of(f.value)));
        let framework = scene.agents[0].1.framework;
        let served = args.get("0", &scene.names).and_then(|f| scene.behind(f.value, f.at, DEPTH));
        // What a framework's own endpoint serves is known already.
        if scene.endpoints.iter().any(|(_, e)| e.transport.as_str() != "stdio") {
            if let (Some(host), Some((_, endpoint))) =
                (&host, scene.endpoints.iter_mut().find(|(_, e)| e.transport.as_str() != "stdio" && e.host.is_none()))
            {
                endpoint.host = Some(Sym::new(host));
                endpoint.reachable = Sym::new(reachable("http", Some(host)));
            }
            continue;
        }
        let endpoint = Endpoint {
            form: Sym::new("agent-http"),
            framework,
            symbol: Sym::new(served.as_deref().unwrap_or("app")),
            transport: Sym::new("http"),
            reachable: Sym::new(reachable("http", Some(host.as_deref().unwrap_or("127.0.0.1")))),
            host: host.map(Sym::from),
            authentication: guard.map(Sym::new),
            route: None,
        };
        scene.endpoints.push((site.span, endpoint));
    }
}

fn is_flask(scene: &Scene<'_, '_>, site: &Site<'_>) -> bool {
    site.call.args.iter().any(|a| matches!(a.name.as_deref(), Some("host" | "port")))
        && scene.modules.iter().any(|m| matches!(*m, "flask" | "quart" | "aiohttp" | "fastapi"))
        && site.name.as_ref().is_some_and(|n| n.module.starts_with("flask") || n.module.starts_with("quart"))
}

//! Where agents and tool servers listen. Input: the scene, with agents. Output: [`Endpoint`] facts.

use super::args::{Args, Found, says, short};
use super::guards::Guard;
use super::model::{EndpointForm, FRAMEWORKS, Framework};
use super::origin::{is_own, join};
use super::scene::{DEPTH, Scene};
use super::sites::{Site, matches};
use super::{guards, hosts};
use crate::extract::listening;
use crate::facts::{Agent, Endpoint, RefKind, Sym};
use crate::parse::code::ast::{Call, Language};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// Form of a server that is no agent's by itself: the graph knows what it serves.
const GENERAL: &str = "http";

/// Form of a tool server that another module may make, which the symbol names.
const STARTED: &str = "started";

/// Form of what a tool server that is started elsewhere is told of it.
const BOUND: &str = "bound";

/// Finds every endpoint of the frameworks, and HTTP servers in front of them.
pub(super) fn read(scene: &mut Scene<'_, '_>) {
    let guard = guards::of(scene);
    // Nobody acts through texts that are the same for everybody.
    if only_prompts(scene) {
        scene.guard = guard.filter(|guard| guard.wired);
        return;
    }
    let mut general = Vec::new();
    for index in 0..scene.sites.len() {
        let site = &scene.sites[index];
        let started = started(scene, site);
        let found = form_of(scene, site).or_else(|| started.as_ref().map(|(framework, form, _)| (*framework, *form)));
        let Some((framework, form)) = found else { continue };
        if form.form == GENERAL {
            general.push((index, form));
            continue;
        }
        let mut endpoint = endpoint(scene, framework, form, site, guard.as_ref());
        if let Some((.., server)) = started.filter(|_| !scene.agent_by.contains_key(endpoint.symbol.as_str())) {
            endpoint.form = Sym::new(STARTED);
            endpoint.symbol = Sym::new(&server);
        }
        let span = site.span;
        let same = |e: &Endpoint| e.symbol == endpoint.symbol && e.transport == endpoint.transport;
        match scene.endpoints.iter_mut().find(|(_, e)| same(e)) {
            // Where it starts says where it listens.
            Some((_, known)) if known.host.is_none() && endpoint.host.is_some() => {
                known.host = endpoint.host;
                known.reachable = endpoint.reachable;
            }
            Some(_) => {}
            None => scene.endpoints.push((span, endpoint)),
        }
    }
    let own = !scene.endpoints.iter().all(|(_, e)| e.transport.as_str() == "stdio");
    bound(scene);
    // A server of the standard input that also listens mostly waits for a login of its own.
    let apart = !own && scene.endpoints.iter().any(|(_, e)| e.form.as_str() != BOUND);
    let login = apart && scene.agents.iter().all(|(_, a)| a.framework.as_str() == "mcp-server");
    for (index, form) in general {
        if !login {
            serves(scene, index, form, own, guard.as_ref());
        }
    }
    scene.guard = guard.filter(|guard| guard.wired);
}

/// Where a tool server that another module may make is started: what it is called here, with the form that the
/// call would have if this file made it.
fn started(scene: &Scene<'_, '_>, site: &Site<'_>) -> Option<(&'static Framework, &'static EndpointForm, String)> {
    let name = site.name.as_ref()?;
    let (server, method) = name.path.rsplit_once('.')?;
    let language = scene.names.language;
    if language != Language::Python || !is_own(name.module, language) || scene.sdk_of(name) {
        return None;
    }
    let (framework, form) = server_form(method)?;
    // Much is run that is no server of tools.
    let says = |text: &str| text.to_ascii_lowercase().contains("mcp");
    let written = site.call.path().and_then(|p| p.rsplit_once('.')).map_or("", |(owner, _)| owner);
    let plain = matches!(method, "run" | "run_async");
    let named =
        says(written.rsplit('.').next().unwrap_or(written)) || says(server.rsplit('.').next().unwrap_or(server));
    let told = site.call.keyword("transport").is_some();
    (!plain || named || told).then(|| (framework, form, join(name.module, server)))
}

/// The form of what starts a tool server by a method called `method`.
fn server_form(method: &str) -> Option<(&'static Framework, &'static EndpointForm)> {
    let framework = FRAMEWORKS.iter().find(|f| f.slug == "mcp-server")?;
    let forms = framework.sdk.iter().filter(|sdk| sdk.languages.contains(&"python")).flat_map(|sdk| sdk.endpoint);
    let is = |form: &&EndpointForm| form.call.iter().any(|call| call.strip_prefix("FastMCP.") == Some(method));
    forms.into_iter().find(is).map(|form| (framework, form))
}

/// What servers that this file makes and does not start say of where they will listen and whom they answer.
fn bound(scene: &mut Scene<'_, '_>) {
    let Some((framework, form)) = server_form("run") else { return };
    let mut found = Vec::new();
    for (_, agent) in scene.agents.iter().filter(|(_, agent)| agent.framework.as_str() == "mcp-server") {
        let Some(&site) = scene.agent_site.get(agent.symbol.as_str()) else { continue };
        if scene.names.language != Language::Python || scene.endpoints.iter().any(|(_, e)| e.symbol == agent.symbol) {
            continue;
        }
        let args = scene.sites[site].args(&scene.names);
        let said = |paths: &[&str]| {
            paths.iter().filter(|path| path.starts_with(char::is_alphabetic)).find_map(|p| args.get(p, &scene.names))
        };
        let (host, reachable) = listens(scene, form, "unknown", agent.symbol.as_str(), &said);
        let authentication = authentication(scene, form, &said);
        if host.is_some() || authentication.is_some() {
            let endpoint = Endpoint {
                form: Sym::new(BOUND),
                framework: Sym::new(framework.slug),
                symbol: agent.symbol,
                transport: Sym::new("unknown"),
                reachable: Sym::new(reachable),
                host: host.map(Sym::from),
                authentication: authentication.map(Sym::from),
                ..Endpoint::default()
            };
            found.push((scene.sites[site].span, endpoint));
        }
    }
    scene.endpoints.extend(found);
}

/// Whether the servers of the file offer prompts written there and nothing else: no tool, no resource, nothing
/// read from the environment, a file or another service, and nobody else is handed the server.
fn only_prompts(scene: &Scene<'_, '_>) -> bool {
    let decorated = |last: &str| {
        scene.names.functions.iter().flat_map(|def| &def.function.decorators).any(|decorator| {
            let path = decorator.as_reference().or_else(|| decorator.as_call()?.path());
            path.is_some_and(|p| p.rsplit_once('.').is_some_and(|(_, name)| name == last))
        })
    };
    let bare = |agent: &Agent| {
        agent.framework.as_str() == "mcp-server" && agent.tools.is_empty() && agent.credentials.is_empty()
    };
    let served = |path: &str| scene.agent_by.contains_key(path);
    let more = scene.sites.iter().any(|site| {
        let handed = site.call.args.iter().any(|a| a.value.as_reference().is_some_and(served));
        let reads = site.call.path().is_some_and(|p| p.contains("environ"))
            || matches!(
                site.call.method(),
                Some("getenv" | "open" | "read_text" | "get" | "post" | "add_tool" | "mount")
            );
        handed || reads
    });
    decorated("prompt")
        && !["tool", "resource", "custom_route"].iter().any(|other| decorated(other))
        && !scene.agents.is_empty()
        && scene.agents.iter().all(|(_, agent)| bare(agent))
        && scene.tools.is_empty()
        && !more
}

fn form_of(scene: &Scene<'_, '_>, site: &Site<'_>) -> Option<(&'static Framework, &'static EndpointForm)> {
    let name = site.name.as_ref()?;
    if site.decorates(scene.names.language) {
        return None;
    }
    if name.path.ends_with("createServer.listen") && !hands_app(scene) {
        return None;
    }
    scene.sdks.iter().find_map(|(framework, sdk)| {
        sdk.endpoint.iter().find(|form| matches(name, sdk, form.call)).map(|form| (*framework, form))
    })
}

/// Whether a server of Node is handed an application by its name.
fn hands_app(scene: &Scene<'_, '_>) -> bool {
    let makes = |site: &&Site<'_>| site.call.method() == Some("createServer");
    scene.sites.iter().filter(makes).any(|site| site.call.args.iter().any(|arg| arg.value.as_reference().is_some()))
}

fn endpoint<'m>(
    scene: &Scene<'_, 'm>,
    framework: &Framework,
    form: &EndpointForm,
    site: &Site<'m>,
    guard: Option<&Guard>,
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
        None if hidden(site.call) && !form.transport_arg.is_empty() => "unknown",
        None => form.transport,
        Some(value) => transport(value),
    };
    let (host, mut reachable) = listens(scene, form, transport, owner.unwrap_or(&symbol), &said);
    if host.is_none() && transport != "stdio" && hidden(site.call) {
        reachable = "unknown";
    }
    let authentication = authentication(scene, form, &said)
        .or_else(|| (!form.authenticated.is_empty()).then(|| form.authenticated.to_owned()));
    let route = args.first(form.route, &scene.names).and_then(|f| short(f.value));
    let mut endpoint = Endpoint {
        form: Sym::new(form.form),
        framework: Sym::new(framework.slug),
        symbol: Sym::new(&symbol),
        transport: Sym::new(transport),
        reachable: Sym::new(reachable),
        host: host.map(Sym::from),
        authentication: authentication.map(Sym::from),
        route: route.map(Sym::from),
        ..Endpoint::default()
    };
    if transport != "stdio" {
        stand(scene, &mut endpoint, guard, site.span);
    }
    endpoint
}

/// Puts what stands before the endpoints of the file before one of them.
fn stand(scene: &Scene<'_, '_>, endpoint: &mut Endpoint, guard: Option<&Guard>, span: Span) {
    let Some(guard) = guard.filter(|_| endpoint.authentication.is_none()) else { return };
    match &guard.unset {
        Some(unset) => {
            endpoint.only_if = Some(Sym::new(&unset.setting));
            endpoint.goes_on = unset.said;
        }
        None => {
            endpoint.authentication = Some(Sym::new(&guard.by));
            endpoint.guard = guard.from.as_ref().map(|from| scene.reference(RefKind::Symbol, from, span));
        }
    }
}

/// What a server is told to authenticate its callers by.
fn authentication<'m>(
    scene: &Scene<'_, 'm>,
    form: &EndpointForm,
    said: &dyn Fn(&[&str]) -> Option<Found<'m>>,
) -> Option<String> {
    let found = said(form.auth).filter(|f| !matches!(scene.names.constant(f.value, f.at).0.node, Node::Null))?;
    let value = scene.names.constant(found.value, found.at).0;
    value.as_call().and_then(Call::method).map(str::to_owned).or_else(|| short(found.value))
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

/// The host that is bound, as written, and whether other machines reach it.
fn listens<'m>(
    scene: &Scene<'_, 'm>,
    form: &EndpointForm,
    transport: &str,
    server: &str,
    said: &dyn Fn(&[&str]) -> Option<Found<'m>>,
) -> (Option<String>, &'static str) {
    let public = form
        .public
        .iter()
        .any(|public| said(&[public.arg]).is_some_and(|f| says(scene.names.constant(f.value, f.at).0, public.values)));
    if public {
        return (None, "yes");
    }
    if let Some(address) = said(form.address).and_then(|f| hosts::host(scene, f)) {
        // A flag without a default: it does not listen until it is given one.
        if address.is_empty() {
            return (None, "unknown");
        }
        let reachable = listening::reachable(transport, Some(listening::of_address(&address)));
        return (Some(address), reachable);
    }
    // What is set later goes before what the server was made with: `mcp.settings.host = …`.
    let set = || {
        let set = scene.names.assigned(&format!("{server}.settings.host")).last()?;
        hosts::host(scene, Found { value: set.value, at: set.at })
    };
    let host = Some(server).filter(|s| !s.is_empty()).and_then(|_| set());
    let host = host.or_else(|| said(form.host).and_then(|f| hosts::host(scene, f)));
    let bound = host.as_deref().or(Some(form.host_default).filter(|default| !default.is_empty()));
    let reachable = listening::reachable(transport, bound);
    (host, reachable)
}

/// Whether what is handed over as a whole may hold the host.
fn hidden(call: &Call) -> bool {
    call.args.iter().any(|a| matches!(a.value.as_expr(), Some(Expr::Spread(_))))
}

/// A general HTTP server: it is where the frameworks' own endpoints of the file listen (`own`), or serves
/// the agents of the file, or what the file imports.
fn serves(scene: &mut Scene<'_, '_>, index: usize, form: &EndpointForm, own: bool, guard: Option<&Guard>) {
    let site = &scene.sites[index];
    let args = Args::of(site.call, site.at, &scene.names);
    let (host, reachable) = listens(scene, form, form.transport, "", &|paths: &[&str]| args.first(paths, &scene.names));
    let reachable = if host.is_none() && hidden(site.call) { "unknown" } else { reachable };
    if own {
        for (_, endpoint) in scene.endpoints.iter_mut().filter(|(_, e)| e.transport.as_str() != "stdio") {
            if endpoint.host.is_none() {
                endpoint.host = host.as_deref().map(Sym::new);
                endpoint.reachable = Sym::new(reachable);
            }
        }
        return;
    }
    // `app.listen(PORT)` is handed where it listens, `uvicorn.run(app)` what it serves.
    let listens = matches!(site.call.method(), Some("listen" | "Listen"));
    let served = args.get("0", &scene.names).filter(|_| !listens).and_then(|f| scene.behind(f.value, f.at, DEPTH));
    let authentication = args
        .first(form.auth, &scene.names)
        .filter(|f| !matches!(scene.names.constant(f.value, f.at).0.node, Node::Null))
        .and_then(|f| short(f.value).or_else(|| Some("auth".to_owned())));
    let first = scene.agents.first().map(|(_, agent)| agent.framework);
    let mut endpoint = Endpoint {
        form: Sym::new(if first.is_some() { "agent-http" } else { GENERAL }),
        framework: first.unwrap_or(Sym::new("http-server")),
        symbol: if first.is_some() { Sym::new(served.as_deref().unwrap_or("app")) } else { Sym::default() },
        transport: Sym::new(form.transport),
        reachable: Sym::new(reachable),
        host: host.map(Sym::from),
        authentication: authentication.map(Sym::from),
        ..Endpoint::default()
    };
    let span = site.span;
    stand(scene, &mut endpoint, guard, span);
    scene.endpoints.push((span, endpoint));
}

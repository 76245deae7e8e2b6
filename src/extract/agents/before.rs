//! Which functions of a file stand before what its servers answer with. Input: the scene. Output:
//! [`Before`]: handlers, dependencies, middleware and decorators, and what they call one level below.

use super::names::Def;
use super::scene::Scene;
use crate::parse::code::ast::{Call, Function};
use crate::parse::value::{Expr, Value};

/// Calls that put something in front of routes, or name a handler.
pub(super) const WIRES: &[&str] = &[
    "add_middleware",
    "use",
    "Use",
    "Depends",
    "Security",
    "Middleware",
    "before_request",
    "all",
    "post",
    "get",
    "put",
    "include_router",
    "APIRouter",
    "FastAPI",
    "Router",
    "route",
    "addHook",
    "register",
    "ListenAndServe",
];

/// More calls that name a handler.
const HANDLED: &[&str] = &[
    "add_route",
    "add_api_route",
    "add_url_rule",
    "delete",
    "patch",
    "Route",
    "Handle",
    "HandleFunc",
    "HandlerFunc",
    "createServer",
    "serve",
    "POST",
    "GET",
    "PUT",
    "DELETE",
    "Group",
    "MapPost",
    "MapGet",
];

/// Decorators of handlers and hooks.
const ROUTES: &[&str] = &[
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "route",
    "api_route",
    "websocket",
    "custom_route",
    "middleware",
    "before_request",
    "before_app_request",
];

/// Methods that frameworks call with what a caller sent.
const METHODS: &[&str] = &[
    "dispatch",
    "canActivate",
    "intercept",
    "doFilter",
    "doFilterInternal",
    "verify_token",
    "verifyToken",
    "do_POST",
    "do_GET",
    "ServeHTTP",
    "fetch",
    "GET",
    "POST",
    "InvokeAsync",
    "Invoke",
];

/// Names and types of what a handler or a dependency is given.
const GIVEN: &[&str] = &["request", "req", "websocket", "event", "scope", "credentials", "authorization", "x_api_key"];
const TYPES: &[&str] = &[
    "Request",
    "WebSocket",
    "HTTPAuthorizationCredentials",
    "Header",
    "Depends(",
    "Security(",
    "gin.Context",
    "echo.Context",
    "fiber.Ctx",
    "HttpContext",
    "ServerCall",
];

/// What stands before the endpoints of a file.
pub(super) struct Before {
    functions: Vec<bool>,
    /// Handlers that take something in: more than one, and what one of them looks at is not before the others.
    taking: usize,
}

impl Before {
    pub(super) fn of(scene: &Scene<'_, '_>) -> Self {
        let all = &scene.names.functions;
        let mut functions: Vec<bool> = all.iter().map(|def| shaped(scene, def)).collect();
        let mut taking = all.iter().filter(|def| decorators(def.function).any(takes_in)).count();
        for site in &scene.sites {
            let Some(method) = site.call.method() else { continue };
            if !WIRES.contains(&method) && !HANDLED.contains(&method) {
                continue;
            }
            let named: Vec<usize> =
                site.call.args.iter().filter_map(|arg| handed(scene, &arg.value, site.at)).collect();
            let route = site.call.positional(0).and_then(Value::as_str).is_some_and(|path| path.starts_with('/'));
            taking += usize::from(!named.is_empty() && route && takes_in(method));
            named.into_iter().filter(|&at| !is_tool(all[at].function)).for_each(|at| functions[at] = true);
        }
        let called: Vec<usize> = scene
            .sites
            .iter()
            .filter(|site| site.at.function.is_some_and(|f| within(all, &functions, f)))
            .filter_map(|site| scene.names.function(site.call.path()?, site.at))
            .collect();
        let inner: Vec<usize> = (0..all.len()).filter(|&f| within(all, &functions, f)).collect();
        inner.into_iter().chain(called).filter(|&at| !is_tool(all[at].function)).for_each(|at| functions[at] = true);
        Self { functions, taking }
    }

    /// Whether the function with this index stands before an endpoint.
    pub(super) fn holds(&self, function: Option<usize>) -> bool {
        function.is_some_and(|f| self.functions[f])
    }

    /// Whether one handler alone takes something in: what it looks at is asked of every caller.
    pub(super) fn one_takes_in(&self) -> bool {
        self.taking < 2
    }
}

/// Whether a function or one around it stands before.
fn within(all: &[Def<'_>], functions: &[bool], at: usize) -> bool {
    std::iter::successors(Some(at), |&f| all[f].at.function).any(|f| functions[f])
}

/// The function of the file that a value is.
fn handed(scene: &Scene<'_, '_>, value: &Value, at: super::names::At) -> Option<usize> {
    match value.as_expr()? {
        Expr::Function(function) => scene.names.index(function),
        Expr::Reference(path) => scene.names.function(path, at),
        _ => None,
    }
}

fn takes_in(method: &str) -> bool {
    matches!(method, "post" | "put" | "route" | "api_route" | "all" | "websocket" | "custom_route" | "POST" | "MapPost")
}

fn shaped(scene: &Scene<'_, '_>, def: &Def<'_>) -> bool {
    let function = def.function;
    if is_tool(function) {
        return false;
    }
    let routed = decorators(function).any(|last| ROUTES.contains(&last));
    let method = METHODS.contains(&&*function.name) || &*function.name == "__call__" && def.at.class.is_some();
    let given = function.params.iter().any(|param| {
        let typed = param.annotation.as_deref().is_some_and(|written| TYPES.iter().any(|t| written.contains(t)));
        let filled = param.default.as_ref().and_then(Value::as_call).and_then(Call::method);
        let filled = filled.is_some_and(|m| matches!(m, "Header" | "Depends" | "Security" | "Cookie" | "Query"));
        typed || filled || GIVEN.iter().any(|name| param.binds(name))
    });
    let hook = def.at.class.is_some_and(|class| {
        let bases = &scene.names.classes[class].class.bases;
        let named = |base: &Value| base.as_reference().or_else(|| base.as_call()?.path()).map(str::to_owned);
        bases.iter().filter_map(named).any(|base| {
            ["Middleware", "Guard", "Filter", "TokenVerifier", "AuthenticationBackend"].iter().any(|w| base.contains(w))
        })
    });
    routed || method || given || hook
}

/// The last name of every decorator.
fn decorators(function: &Function) -> impl Iterator<Item = &str> {
    function.decorators.iter().filter_map(|decorator| {
        let path = decorator.as_reference().or_else(|| decorator.as_call()?.path())?;
        path.rsplit('.').next()
    })
}

/// A tool that reads what the caller sent passes it on: nobody has checked it.
pub(super) fn is_tool(function: &Function) -> bool {
    decorators(function).any(|last| last.contains("tool"))
}

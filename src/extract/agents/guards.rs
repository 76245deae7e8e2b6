//! Signs that callers are authenticated. Input: the scene and its module. Output: the first [`Guard`] of
//! the file: middleware, a dependency, a decorator, a verifier, or a look at what the caller sent.

use super::names::own_statements;
use super::scene::Scene;
use super::walk;
use crate::parse::code::ast::{Call, Function, Module, Stmt, StmtKind};
use crate::parse::value::{Expr, Value};

/// A sign of authentication.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    /// As it is written.
    pub(super) by: String,
    /// It stands where a server is put together, and cannot be the login of a client: it counts for
    /// every server that imports the file.
    pub(super) wired: bool,
}

/// Words that speak of who somebody is.
const ABOUT: &[&str] = &[
    "auth",
    "bearer",
    "apikey",
    "api_key",
    "jwt",
    "clerk",
    "passport",
    "keycloak",
    "cognito",
    "oidc",
    "login_required",
    "logged_in",
    "supertokens",
    "workos",
    "kinde",
];

/// Words that say that something is done about it.
const ACTS: &[&str] = &[
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
    "ensure",
    "passport",
    "withauth",
    "authorizer",
];

/// Classes and functions of web frameworks that read a credential of the caller, and adapters of chat
/// platforms that verify every request.
const KNOWN: &[&str] = &[
    "OAuth2PasswordBearer",
    "OAuth2AuthorizationCodeBearer",
    "HTTPBearer",
    "HTTPBasic",
    "HTTPDigest",
    "APIKeyHeader",
    "APIKeyQuery",
    "APIKeyCookie",
    "JWTBearer",
    "AuthenticationMiddleware",
    "HTTPBasicAuth",
    "HTTPTokenAuth",
    "LoginManager",
    "JWTManager",
    "BotFrameworkAdapter",
    "CloudAdapter",
    "SlackRequestHandler",
    "clerkMiddleware",
    "expressjwt",
    "expressJwt",
    "basicAuth",
    "toNodeHandler",
    "compare_digest",
    "timingSafeEqual",
    "constructEvent",
    "construct_event",
    "is_valid_request",
    "verifyKeyMiddleware",
    "mcpAuthRouter",
    "requireBearerAuth",
    "getServerSession",
];

/// Calls that put something in front of routes.
const WIRES: &[&str] = &[
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
];

/// The first sign of `module`, one that is wired before others.
pub(super) fn of(scene: &Scene<'_, '_>, module: &Module) -> Option<Guard> {
    let mut found: Option<Guard> = None;
    let mut add = |by: &str, wired: bool| {
        if found.as_ref().is_none_or(|known| wired && !known.wired) {
            found = Some(Guard { by: by.to_owned(), wired });
        }
    };
    for site in &scene.sites {
        let Some(method) = site.call.method() else { continue };
        if KNOWN.contains(&method) {
            add(method, true);
        } else if is_sign(method) && !is_client(method, site.call) {
            add(method, false);
        }
        if WIRES.contains(&method)
            && let Some(path) = wired(site.call)
        {
            add(path, true);
        }
        let tool = site.at.function.is_some_and(|f| is_tool(scene.names.functions[f].function));
        if reads_header(site.call) && !tool {
            add("authorization header", true);
        }
    }
    for def in &scene.names.functions {
        if let Some(by) = declared(def.function) {
            add(by, true);
        }
    }
    // A function without a name that refuses whom it does not know: `app.use((req, res, next) => …)`.
    let refused = |f: &Function| f.name.is_empty() && looks(&f.body) && refuses(&f.body);
    if looks(&module.body) || scene.names.functions.iter().any(|def| refused(def.function)) {
        add("authorization header", true);
    }
    found
}

fn is_sign(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ABOUT.iter().any(|w| lower.contains(w))
        && ACTS.iter().any(|w| lower.contains(w))
        && !lower.contains("author_")
        && !lower.contains("authorization_url")
}

/// Calls by which a program proves itself to others, or looks whether its own key is there.
fn is_client(method: &str, call: &Call) -> bool {
    let lower = method.to_ascii_lowercase();
    matches!(method, "get_credentials" | "default_credentials")
        || (lower.contains("api_key") || lower.contains("apikey")) && (call.args.is_empty() || lower.ends_with('s'))
}

/// What a wiring call is handed that speaks of authentication.
fn wired(call: &Call) -> Option<&str> {
    let mut found = None;
    for arg in &call.args {
        let by_name = arg.name.as_deref().is_none_or(|n| {
            matches!(n, "dependencies" | "middleware" | "auth" | "preHandler" | "dependency" | "onRequest")
        });
        if !by_name {
            continue;
        }
        walk::each(&arg.value, &mut |value| {
            let path = match value.as_expr() {
                Some(Expr::Reference(path)) => Some(&**path),
                Some(Expr::Call(call)) => call.method(),
                _ => None,
            };
            found = found.or(path.filter(|p| is_person(p)));
        });
    }
    found
}

/// Whether a name is that of a dependency or middleware that finds out who calls.
fn is_person(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let last = lower.rsplit('.').next().unwrap_or(&lower);
    let words = [
        "auth",
        "apikey",
        "api_key",
        "current_user",
        "currentuser",
        "jwt",
        "clerk",
        "passport",
        "login",
        "verify_",
        "session_user",
        "principal",
    ];
    words.iter().any(|w| last.contains(w)) && !last.contains("author_")
        || last.ends_with("token")
        || last.contains("token_")
}

/// `request.headers.get("authorization")`, `req.header("x-api-key")`, `r.Header.Get("Authorization")`.
fn reads_header(call: &Call) -> bool {
    matches!(call.method(), Some("get" | "header" | "Get" | "GetHeader" | "getHeader"))
        && call.positional(0).and_then(Value::as_str).is_some_and(header)
        && call.path().is_none_or(|p| {
            let lower = p.to_ascii_lowercase();
            lower.contains("header") || lower.contains("req") || lower.starts_with("c.")
        })
}

fn header(name: &str) -> bool {
    let known = [
        "authorization",
        "x-api-key",
        "x-auth-token",
        "api-key",
        "x-goog-iap-jwt-assertion",
        "cf-access-jwt-assertion",
    ];
    let lower = name.to_ascii_lowercase();
    known.contains(&lower.as_str()) || lower.contains("signature")
}

/// `@login_required`, `user: CurrentUser`, `Annotated[User, Depends(get_current_user)]`.
fn declared(function: &Function) -> Option<&str> {
    let decorated = function.decorators.iter().find_map(|decorator| {
        let path = decorator.as_reference().or_else(|| decorator.as_call()?.method())?;
        let lower = path.to_ascii_lowercase();
        let last = lower.rsplit('.').next().unwrap_or(&lower);
        let words = [
            "login_required",
            "auth",
            "jwt",
            "token_required",
            "permission",
            "api_key",
            "preauthorize",
            "secured",
            "rolesallowed",
        ];
        (words.iter().any(|w| last.contains(w)) && !last.contains("author_")).then_some(path)
    });
    let hooked = || {
        let hooks = function.decorators.iter().any(|decorator| {
            let path = decorator.as_reference().or_else(|| decorator.as_call()?.path());
            path.is_some_and(|p| p.ends_with(".before_request") || p.ends_with(".middleware"))
        });
        (hooks && is_person(&function.name)).then_some(&*function.name)
    };
    let typed = || {
        function.params.iter().find_map(|param| {
            let annotation = param.annotation.as_deref()?;
            let depends = annotation.contains("Depends(") || annotation.contains("Security(");
            let alias = ["CurrentUser", "AuthUser", "CurrentActiveUser", "AuthenticatedUser", "UserDep"];
            let named = alias.iter().any(|a| annotation.contains(a))
                || depends && is_person(annotation.trim_end_matches(['\'', '"', ']', ')']));
            named.then_some(annotation)
        })
    };
    decorated.or_else(hooked).or_else(typed)
}

/// A tool that reads what the caller sent passes it on: nobody has checked it.
fn is_tool(function: &Function) -> bool {
    function.decorators.iter().any(|decorator| {
        let path = decorator.as_reference().or_else(|| decorator.as_call()?.path());
        path.is_some_and(|p| p.rsplit('.').next().is_some_and(|last| last.contains("tool")))
    })
}

/// Whether a body answers that the caller is not known or not allowed.
fn refuses(body: &[Stmt]) -> bool {
    let mut found = false;
    own_statements(body, &mut |stmt| {
        for value in walk::values(stmt) {
            walk::each(value, &mut |v| {
                found |= v.scalar().is_some_and(|s| matches!(s, "401" | "403" | "Unauthorized"))
            });
        }
    });
    found
}

/// Whether the module looks at a header by which callers prove themselves: what is assigned to belongs to
/// a request of its own.
fn looks(body: &[Stmt]) -> bool {
    let mut found = false;
    own_statements(body, &mut |stmt| {
        let values = match &stmt.kind {
            StmtKind::Assign { value, .. } => vec![value],
            _ => walk::values(stmt),
        };
        for value in values {
            walk::each(value, &mut |v| {
                if let Some(Expr::Index(base, key)) = v.as_expr()
                    && base.as_reference().is_some_and(|b| b.ends_with("headers"))
                    && key.as_str().is_some_and(header)
                {
                    found = true;
                }
                found |= v.as_reference().is_some_and(|p| p.ends_with("headers.authorization"));
            });
        }
        found |= matches!(&stmt.kind, StmtKind::Function(f) if !is_tool(f) && looks(&f.body));
        found |= matches!(&stmt.kind, StmtKind::Class(c) if looks(&c.body));
    });
    found
}

//! Signs that callers are authenticated. Input: the scene. Output: the first [`Guard`] of the file:
//! middleware, a dependency, a decorator, a verifier, or a look at what the caller sent. Only what stands
//! before an endpoint counts: what is built and never used guards nothing.

use super::before::{Before, WIRES};
use super::names::{At, own_statements};
use super::optional::{Optional, Unset};
use super::origin::{is_own, join};
use super::scene::Scene;
use super::sites::Site;
use super::walk;
use crate::parse::code::ast::{Call, Function, Stmt, StmtKind};
use crate::parse::value::{Expr, Value};

/// A sign of authentication.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    /// As it is written.
    pub(super) by: String,
    /// It stands where a server is put together, and cannot be the login of a client: it counts for
    /// every server that imports the file.
    pub(super) wired: bool,
    /// The setting that it hangs on.
    pub(super) unset: Option<Unset>,
    /// The function of another module that it is.
    pub(super) from: Option<String>,
}

impl Guard {
    /// What says more of whom the file answers: a check of every caller before one that hangs on a setting.
    fn rank(&self) -> (bool, bool) {
        (self.unset.is_none(), self.wired)
    }
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
    "verifyKeyMiddleware",
    "mcpAuthRouter",
    "requireBearerAuth",
    "getServerSession",
];

/// Checks of a signature: they tell who sent one message, and guard the handler that makes them.
const SIGNED: &[&str] = &["constructEvent", "construct_event", "is_valid_request"];

/// The first sign of the file, one that is wired before others.
pub(super) fn of(scene: &Scene<'_, '_>) -> Option<Guard> {
    let before = Before::of(scene);
    let optional = Optional::of(scene, &before);
    let mut found: Option<Guard> = None;
    let mut put = |by: &str, wired: bool, unset: Option<Unset>, from: Option<String>| {
        let guard = Guard { by: by.to_owned(), wired, unset, from };
        if found.as_ref().is_none_or(|known| guard.rank() > known.rank()) {
            found = Some(guard);
        }
    };
    for site in &scene.sites {
        let Some(method) = site.call.method() else { continue };
        let stands = before.holds(site.at.function);
        let asked = || stands || used(scene, site, &before);
        let unset = || {
            let named = || optional.of_name(scene, site.call.path()?, site.at);
            optional.at(scene, site).or_else(named)
        };
        if KNOWN.contains(&method) && asked() {
            put(method, true, unset(), None);
        } else if SIGNED.contains(&method) && stands && before.one_takes_in() {
            put(method, true, unset(), None);
        } else if is_sign(method) && !is_client(method, site.call) && !harmless(scene, site) && asked() {
            put(method, false, unset(), None);
        }
        if WIRES.contains(&method)
            && let Some(path) = wired(site.call)
        {
            let unset = optional.at(scene, site).or_else(|| optional.of_name(scene, path, site.at));
            put(path, true, unset, foreign(scene, path, site));
        }
        if method == "useGlobalGuards"
            && let Some(by) = site.call.args.iter().find_map(|a| guard_class(&a.value))
        {
            put(by, true, unset(), None);
        }
        if stands && reads_header(site.call).is_some_and(|name| asks(name, &before)) {
            put("authorization header", true, unset(), None);
        }
    }
    for def in &scene.names.classes {
        if let Some(by) = def.class.decorators.iter().find_map(nest_guard) {
            put(by, true, None, None);
        }
    }
    for (index, def) in scene.names.functions.iter().enumerate() {
        let at = At { function: Some(index), class: def.at.class };
        if let Some(by) = declared(def.function).or_else(|| def.function.decorators.iter().find_map(nest_guard)) {
            put(by, true, optional.of_name(scene, by, at), None);
        }
        if before.holds(Some(index)) && looks(&def.function.body, &before) {
            let unset = optional.of_name(scene, &def.symbol, def.at).or_else(|| optional.of_index(scene, index));
            put("authorization header", true, unset, None);
        }
    }
    if let Some((by, unset)) = optional.named(scene) {
        put(by, true, Some(unset), None);
    }
    found
}

/// What NestJS asks before a handler: `@UseGuards(SessionGuard)`, `app.useGlobalGuards(…)`, or a module's
/// `{ provide: APP_GUARD, useClass: … }`. What only counts calls asks nobody who they are.
fn nest_guard(value: &Value) -> Option<&str> {
    let call = value.as_call()?;
    match call.method()? {
        "UseGuards" | "useGlobalGuards" => call.args.iter().find_map(|a| guard_class(&a.value)),
        "Module" => {
            let provided =
                call.positional(0).and_then(|map| map.get("providers")).map(Value::items).unwrap_or_default();
            provided.iter().find_map(|one| {
                (one.get("provide")?.as_reference()? == "APP_GUARD").then_some(())?;
                ["useClass", "useExisting"].iter().find_map(|key| guard_class(one.get(key)?))
            })
        }
        _ => None,
    }
}

fn guard_class(value: &Value) -> Option<&str> {
    let inner = match value.as_expr()? {
        Expr::Operation(op, parts) if &**op == "new" => parts.first()?,
        _ => value,
    };
    let path = inner.as_reference().or_else(|| inner.as_call()?.path())?;
    let last = path.rsplit('.').next().unwrap_or(path);
    (last.ends_with("Guard") && !last.contains("Throttler")).then_some(last)
}

/// The function of another module of the repository that `path` is: whether it asks everybody, that module knows.
fn foreign(scene: &Scene<'_, '_>, path: &str, site: &Site<'_>) -> Option<String> {
    let name = scene.names.resolve(path, site.at, site.span.start)?;
    let own = is_own(name.module, scene.names.language) && !scene.sdk_of(&name);
    own.then(|| join(name.module, &name.path))
}

/// Whether a call is of a function of this file that turns nobody away: it gives nothing back and stops nothing.
fn harmless(scene: &Scene<'_, '_>, site: &Site<'_>) -> bool {
    let Some(function) = site.call.path().and_then(|p| scene.names.function(p, site.at)) else { return false };
    let mut acts = false;
    own_statements(&scene.names.functions[function].function.body, &mut |stmt| {
        acts |= matches!(stmt.kind, StmtKind::Raise(_) | StmtKind::Return(Some(_)) | StmtKind::Function(_));
    });
    !acts && !super::optional::refuses(&scene.names.functions[function].function.body)
}

/// Whether what a call builds or does is put before an endpoint: it stands by itself as a statement that is
/// handed the server, it is handed to what wires it, or what holds it is.
fn used(scene: &Scene<'_, '_>, site: &Site<'_>, before: &Before) -> bool {
    let method = site.call.method().unwrap_or("");
    let handed_on = !site.call.args.is_empty();
    let alone = match &site.stmt.kind {
        StmtKind::Expr(value) => handed_on || chained(site.call) && value.span == site.span,
        // What wraps a server is the server from there on.
        StmtKind::Return(Some(value)) => handed_on && value.span == site.span && wraps(method),
        _ => false,
    };
    if alone && site.symbol.rsplit('.').next().is_none_or(|name| name.is_empty() || wraps(method)) && is_sign(method) {
        return true;
    }
    let name = site.symbol.rsplit('.').next().unwrap_or("");
    let holds = |path: &str| !name.is_empty() && path.split('.').any(|segment| segment == name);
    let handed = |value: &Value| {
        let mut found = false;
        walk::each(value, &mut |part| {
            found |= part.span == site.span || part.as_reference().is_some_and(holds);
        });
        found
    };
    let wired = scene.sites.iter().filter(|other| other.span != site.span).any(|other| {
        let wires = other.call.method().is_some_and(|method| WIRES.contains(&method));
        let asked = before.holds(other.at.function) && other.call.path().is_some_and(holds);
        let by_name = |name: &str| {
            let lower = name.to_ascii_lowercase();
            lower.contains("auth") || lower == "handler" || WIRED.contains(&name)
        };
        asked || other.call.args.iter().any(|a| (wires || a.name.as_deref().is_some_and(by_name)) && handed(&a.value))
    });
    let written = |text: &str| {
        !name.is_empty() && text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
    };
    let declared = scene.names.functions.iter().any(|def| {
        def.function.decorators.iter().any(handed)
            || def.function.decorators.iter().filter_map(Value::as_call).any(|c| c.path().is_some_and(holds))
            || def.function.params.iter().any(|p| p.annotation.as_deref().is_some_and(written))
    });
    wired || declared
}

/// Whether a call gives back what it is handed with a login in front.
fn wraps(method: &str) -> bool {
    let lower = method.to_ascii_lowercase();
    ["middleware", "protect", "require", "withauth"].iter().any(|word| lower.contains(word))
}

/// A step of a chain: `app.MapPost("/ask", ask).RequireAuthorization()`.
fn chained(call: &Call) -> bool {
    call.callee.as_reference().is_none_or(|path| path.contains('.'))
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

/// Arguments by which a wiring call is handed what stands before.
const WIRED: &[&str] = &["dependencies", "middleware", "auth", "preHandler", "dependency", "onRequest"];

/// What a wiring call is handed that speaks of authentication.
fn wired(call: &Call) -> Option<&str> {
    let mut found = None;
    for arg in &call.args {
        let by_name = arg.name.as_deref().is_none_or(|name| WIRED.contains(&name));
        if !by_name {
            continue;
        }
        walk::each(&arg.value, &mut |value| {
            let path = match value.as_expr() {
                Some(Expr::Reference(path)) => Some(&**path),
                Some(Expr::Call(call)) => call.method(),
                _ => None,
            };
            found = found.or(path.filter(|p| is_person(p) || KNOWN.contains(p)));
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
        "bearer",
        "security",
        "session_user",
        "principal",
    ];
    words.iter().any(|w| last.contains(w)) && !last.contains("author_")
        || last.ends_with("token")
        || last.contains("token_")
}

/// `request.headers.get("authorization")`, `req.header("x-api-key")`, `r.Header.Get("Authorization")`.
fn reads_header(call: &Call) -> Option<&str> {
    matches!(call.method(), Some("get" | "header" | "Get" | "GetHeader" | "getHeader")).then_some(())?;
    let name = call.positional(0).and_then(Value::as_str).filter(|name| header(name))?;
    let sent = call.path().is_none_or(|p| {
        let lower = p.to_ascii_lowercase();
        lower.contains("header") || lower.contains("req") || lower.starts_with("c.")
    });
    sent.then_some(name)
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

/// Whether a header asks every caller: a signature is of one message, and of the handler that takes it in.
fn asks(name: &str, before: &Before) -> bool {
    !name.to_ascii_lowercase().contains("signature") || before.one_takes_in()
}

/// Whether a body looks at a header by which callers prove themselves: what is assigned to belongs to
/// a request of its own.
fn looks(body: &[Stmt], before: &Before) -> bool {
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
                    && key.as_str().is_some_and(|name| header(name) && asks(name, before))
                {
                    found = true;
                }
                found |= v.as_reference().is_some_and(|p| p.ends_with("headers.authorization"));
            });
        }
    });
    found
}

//! Route handlers of Next.js: every file of a name that the framework knows answers callers, without a call that
//! starts a server. Input: a document's path, text and module. Output: an [`Endpoint`] of form `http`, of which the
//! graph knows what it serves. <https://nextjs.org/docs/app/api-reference/file-conventions/route>,
//! <https://nextjs.org/docs/pages/building-your-application/routing/api-routes>,
//! <https://nextjs.org/docs/app/api-reference/cli/next> (2026-11-25).

use crate::facts::{Endpoint, Sym};
use crate::parse::code::ast::{Function, Language, Module, StmtKind};
use crate::parse::value::Expr;
use crate::span::Span;

/// Slug of what serves them.
pub(crate) const FRAMEWORK: &str = "nextjs";

/// Methods that bring something in.
const METHODS: &[&str] = &["POST", "PUT", "PATCH"];

/// Calls that find out who asks, as the libraries of the field name them.
const ASKS: &[&str] = &[
    "getserversession",
    "getsession(",
    "currentuser(",
    "getcurrentuser",
    "auth.getuser",
    "auth(",
    "auth.api.",
    "auth.protect",
    "getauth(",
    "withauth",
    "requireauth",
    "requireuser",
    "verifytoken",
    "verifyidtoken",
    "jwtverify",
    "jwt.verify",
    "authenticate",
    "getkindeserversession",
    "validatesession",
    "timingsafeequal",
];

/// Words by which a file may speak of who asks, or of a key that the caller brings: what is not known is not said.
const SPEAKS: &[&str] = &[
    "auth",
    "unauthorized",
    "bearer",
    "x-api-key",
    "signature",
    "cron_secret",
    "session.user",
    "session?.user",
    "getuser",
    "cookies(",
    "verify",
    "captcha",
    "botid",
    "status: 401",
    "status(401",
    "node_env",
];

/// The endpoint that a file is, and where its handler begins.
pub(super) fn read(path: &str, text: &str, module: &Module) -> Option<(Span, Endpoint)> {
    if module.language != Language::TypeScript && module.language != Language::JavaScript {
        return None;
    }
    let (route, app) = route(path)?;
    let span = module.body.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Function(function) if handles(function, &function.name, app) => Some(stmt.span),
        StmtKind::Assign { targets, value, .. } => {
            let name = targets.first()?.as_reference()?;
            let Some(Expr::Function(function)) = value.as_expr() else { return None };
            handles(function, name, app).then_some(stmt.span)
        }
        _ => None,
    })?;
    let lower = text.to_ascii_lowercase();
    let asks = ASKS.iter().find(|call| lower.contains(**call)).map(|call| call.trim_end_matches(['(', '.']));
    if asks.is_none() && (SPEAKS.iter().any(|word| lower.contains(word)) || brings_key(text)) {
        return None;
    }
    Some((
        span,
        Endpoint {
            form: Sym::new("http"),
            framework: Sym::new(FRAMEWORK),
            transport: Sym::new("http"),
            reachable: Sym::new("yes"),
            authentication: asks.map(Sym::new),
            route: Some(Sym::new(&route)),
            ..Endpoint::default()
        },
    ))
}

/// Whether a function is a handler: by its name below `app`, by what it is given below `pages/api`.
fn handles(function: &Function, name: &str, app: bool) -> bool {
    if app {
        return METHODS.contains(&name);
    }
    let given = |at: usize, names: [&str; 2]| function.params.get(at).is_some_and(|p| names.contains(&&*p.name));
    given(0, ["req", "request"]) && given(1, ["res", "response"])
}

/// Whether the caller hands over the key that the model is asked with: it pays for itself.
fn brings_key(text: &str) -> bool {
    let own = ["apiKey", "api_key", "openaiKey"];
    own.iter().any(|name| {
        text.match_indices(name).any(|(at, _)| {
            let before = text[..at].trim_end();
            let after = text[at + name.len()..].trim_start();
            // `{ messages, apiKey } = await req.json()`, `body.apiKey`; `apiKey: process.env.X` is the server's own.
            (before.ends_with([',', '{', '.']) && !after.starts_with(':')) || after.starts_with("} =")
        })
    })
}

/// The route that a path stands for, and whether it is below `app`.
fn route(path: &str) -> Option<(String, bool)> {
    let (folders, file) = path.rsplit_once('/')?;
    let (name, ext) = file.rsplit_once('.')?;
    if !matches!(ext, "ts" | "tsx" | "js" | "jsx") || name.ends_with(".test") || name.ends_with(".spec") {
        return None;
    }
    let parts: Vec<&str> = folders.split('/').collect();
    // Groups and slots are no part of the address.
    let shown = |parts: &[&str]| -> String {
        parts.iter().filter(|p| !p.starts_with(['(', '@'])).fold(String::new(), |all, part| all + "/" + part)
    };
    if name == "route" {
        let app = parts.iter().position(|part| *part == "app")?;
        let below = parts.iter().rposition(|part| *part == "app").filter(|&last| parts[last..].contains(&"api"));
        return Some((shown(&parts[below.unwrap_or(app) + 1..]), true));
    }
    let pages = parts.iter().rposition(|part| *part == "pages").filter(|&at| parts.get(at + 1) == Some(&"api"))?;
    let last = if name == "index" { String::new() } else { format!("/{name}") };
    Some((shown(&parts[pages + 1..]) + &last, false))
}

/// The files that Next.js asks before the route of `path`: beside `app` or `pages`, by both of their names.
/// <https://nextjs.org/docs/app/api-reference/file-conventions/proxy> (2026-11-25).
pub(crate) fn fronts(path: &str) -> Vec<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let mut found = Vec::new();
    for (at, _) in parts.iter().enumerate().filter(|(_, part)| matches!(**part, "app" | "pages")) {
        let mut root = parts[..at].join("/");
        if at > 0 {
            root.push('/');
        }
        for name in ["middleware", "proxy"] {
            found.extend(["ts", "js", "tsx", "mjs"].map(|ext| format!("{root}{name}.{ext}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{agents, trial};
    use crate::facts::Fact;
    use crate::parse::Kind;

    fn shown(path: &str, handler: &str) -> String {
        let text = format!("import {{ generateText, tool }} from 'ai';\n{handler}\n");
        let facts = trial::facts(&agents::AGENTS, path, Kind::Code(Language::TypeScript), &text);
        let found = facts.iter().filter_map(Fact::get::<Endpoint>).next();
        found.map_or_else(
            || "-".to_owned(),
            |e| format!("{} {}", e.route.map_or("", Sym::as_str), e.authentication.map_or("open", Sym::as_str)),
        )
    }

    #[test]
    fn handlers_of_next() {
        let open = "export async function POST(req: Request) { return generateText({ model, tools: { run } }); }";
        assert_eq!(shown("web/app/(chat)/api/agent/route.ts", open), "/api/agent open");
        assert_eq!(shown("src/app/api/route.ts", open), "/api open");
        assert_eq!(shown("lib/route.ts", open), "-");
        assert_eq!(shown("app/api/agent/helper.ts", open), "-");
        let arrow = "export const POST = async (req) => generateText({ model, tools: { run } });";
        assert_eq!(shown("app/api/agent/route.ts", arrow), "/api/agent open");
        let wrapped = "export const POST = guarded(async (req) => generateText({ model, tools: { run } }));";
        assert_eq!(shown("app/api/agent/route.ts", wrapped), "-");
        let get = "export async function GET() { return Response.json({ ok: true }); }";
        assert_eq!(shown("app/api/agent/route.ts", get), "-");
        let pages =
            "export default async function handler(req, res) { res.json(await generateText({ model, tools })); }";
        assert_eq!(shown("pages/api/agent.ts", pages), "/api/agent open");
    }

    #[test]
    fn handlers_that_ask_who_calls_or_may() {
        for (body, is) in [
            ("const session = await auth(); if (!session) return new Response();", "/api/agent auth"),
            ("const { data } = await supabase.auth.getUser();", "/api/agent auth.getuser"),
            ("const { messages, apiKey } = await req.json();", "-"),
            ("if (req.headers.get('x-api-key') !== process.env.KEY) throw 1;", "-"),
            ("const openai = createOpenAI({ apiKey: process.env.OPENAI_API_KEY });", "/api/agent open"),
        ] {
            let handler =
                format!("export async function POST(req) {{ {body} return generateText({{ model, tools }}); }}");
            assert_eq!(shown("app/api/agent/route.ts", &handler), is, "{body}");
        }
    }

    #[test]
    fn what_stands_in_front() {
        let fronts = fronts("web/src/app/api/agent/route.ts");
        assert!(
            fronts.contains(&"web/src/middleware.ts".to_owned()) && fronts.contains(&"web/src/proxy.ts".to_owned())
        );
        assert!(super::fronts("app/api/route.ts").contains(&"middleware.ts".to_owned()));
    }
}

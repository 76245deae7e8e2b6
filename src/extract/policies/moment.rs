//! When a policy is asked. Input: a module with the symbols of its tools. Output: for a call in it whether
//! it happens at each action of an agent (`call`), once when the program starts (`start-up`), when somebody
//! logs in (`login`), or at a time that cannot be told (`unknown`).

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::extract::vocabulary::dispatches;
use crate::parse::code::ast::Function;
use crate::parse::code::index::ScopeKind;
use crate::parse::code::query::is_looped;
use crate::parse::code::{CallSite, Code, ScopeId};

/// How far callers are followed.
const DEPTH: u8 = 4;

/// Words of functions that are run for a call of a tool.
const CALLS: &[&str] = &[
    "tool_call",
    "toolcall",
    "can_use",
    "canuse",
    "needs_approval",
    "guardrail",
    "dispatch",
    "handle_call",
    "on_call",
    "intercept",
    "authorize_call",
    "authorize_tool",
    "check_tool",
    "tool_hook",
];

/// Functions that run once, when a program or an agent is put together.
const STARTS: &[&str] = &[
    "main",
    "startup",
    "start_up",
    "on_startup",
    "lifespan",
    "setup",
    "set_up",
    "bootstrap",
    "initialize",
    "init",
    "__init__",
    "constructor",
    "__post_init__",
    "boot",
    "configure",
    "onmoduleinit",
    "on_start",
    "register_tools",
    "load_tools",
];

/// What is made at start-up, behind `create_`, `build_`, `make_`, `get_` or `init_`.
const MADE: &[&str] = &[
    "agent",
    "agents",
    "app",
    "application",
    "server",
    "graph",
    "crew",
    "toolset",
    "tools",
    "client",
    "assistant",
    "team",
    "bot",
];

/// Functions that run when a person arrives.
const LOGINS: &[&str] = &[
    "login",
    "log_in",
    "signin",
    "sign_in",
    "authenticate",
    "on_login",
    "auth_callback",
    "oauth_callback",
    "on_chat_start",
    "on_connect",
    "on_session_start",
    "start_session",
    "create_session",
    "session_start",
    "open_session",
    "new_session",
];

/// Answers for the calls of one module.
pub(super) struct Moments<'c, 'm> {
    code: &'c Code<'m>,
    tools: &'c [String],
    known: RefCell<FxHashMap<ScopeId, &'static str>>,
}

impl<'c, 'm> Moments<'c, 'm> {
    pub(super) fn new(code: &'c Code<'m>, tools: &'c [String]) -> Self {
        Self { code, tools, known: RefCell::default() }
    }

    /// When `site` happens.
    pub(super) fn of(&self, site: &CallSite<'m>) -> &'static str {
        self.at(site, DEPTH)
    }

    fn at(&self, site: &CallSite<'m>, depth: u8) -> &'static str {
        let within = |s: ScopeId| match self.code.kind(s) {
            ScopeKind::Function(function) => Some((function, s)),
            _ => None,
        };
        let named = self.code.outwards(site.scope).filter_map(within);
        let mut first = None;
        for (function, scope) in named {
            let symbol = self.code.symbol(scope);
            if self.tools.iter().any(|tool| *tool == symbol || tool.starts_with(&format!("{symbol}#")))
                || is_call(function)
            {
                return "call";
            }
            if !function.name.is_empty() {
                first = first.or(Some((function, scope)));
            } else if first.is_none() {
                // A lambda: given to something that calls it, nobody knows when.
                return self.lambda(site, function);
            }
        }
        match first {
            None if is_looped(&self.code.module.body, site.value.span) => "unknown",
            None => "start-up",
            Some((function, _)) if is_looped(&function.body, site.value.span) => "call",
            Some((function, scope)) => self.function(function, scope, depth),
        }
    }

    /// Functions without a name are bodies of tools and handlers.
    fn lambda(&self, site: &CallSite<'m>, function: &Function) -> &'static str {
        let given = self
            .code
            .calls
            .iter()
            .filter(|call| call.value.span.contains(function.span) && call.value.span.contains(site.value.span));
        let tool = given.into_iter().any(|call| {
            matches!(
                call.call.method(),
                Some(
                    "tool"
                        | "registerTool"
                        | "createTool"
                        | "setRequestHandler"
                        | "dynamicTool"
                        | "addTool"
                        | "defineTool"
                )
            )
        });
        if tool { "call" } else { "unknown" }
    }

    fn function(&self, function: &Function, scope: ScopeId, depth: u8) -> &'static str {
        if let Some(known) = self.known.borrow().get(&scope) {
            return known;
        }
        // A function that calls itself is not asked again.
        self.known.borrow_mut().insert(scope, "unknown");
        let name = function.name.to_ascii_lowercase();
        let moment = if LOGINS.contains(&&*name) {
            "login"
        } else if STARTS.contains(&&*name) || makes(&name) {
            "start-up"
        } else if depth == 0 {
            "unknown"
        } else {
            self.callers(function, depth)
        };
        self.known.borrow_mut().insert(scope, moment);
        moment
    }

    fn callers(&self, function: &Function, depth: u8) -> &'static str {
        let calls = self.code.calls.iter().filter(|c| {
            c.call.method() == Some(&*function.name)
                && self.code.callee(c).module.is_empty()
                && !function.span.contains(c.value.span)
        });
        let moments: Vec<&str> = calls.map(|c| self.at(c, depth - 1)).collect();
        // What is handed over as a value may be called at any time.
        let last = |moment: &str| moments.contains(&moment);
        if moments.is_empty() || last("unknown") && !last("call") || self.is_handed_over(function) {
            if last("call") { "call" } else { "unknown" }
        } else if last("call") {
            "call"
        } else if last("login") {
            "login"
        } else {
            "start-up"
        }
    }

    fn is_handed_over(&self, function: &Function) -> bool {
        let name = &*function.name;
        self.code.calls.iter().any(|c| c.call.args.iter().any(|a| a.value.as_reference() == Some(name)))
    }
}

fn is_call(function: &Function) -> bool {
    let name = function.name.to_ascii_lowercase();
    let by_decorator = function.decorators.iter().any(|d| {
        let path = d.as_call().map_or_else(|| d.as_reference(), |c| c.path());
        path.is_some_and(|p| {
            let last = p.rsplit('.').next().unwrap_or(p).to_ascii_lowercase();
            ["tool", "guardrail", "hook", "middleware", "before_model"].iter().any(|w| last.contains(w))
        })
    });
    by_decorator || dispatches(&function.name) || CALLS.iter().any(|word| name.contains(word))
}

fn makes(name: &str) -> bool {
    ["create_", "build_", "make_", "get_", "init_", "setup_", "new_", "create", "build", "make"]
        .iter()
        .filter_map(|verb| name.strip_prefix(verb))
        .any(|rest| MADE.contains(&rest.trim_start_matches('_').rsplit('_').next().unwrap_or(rest)))
}

//! Credentials that a model gets to see: in a message, in instructions, in what a tool returns.

use super::secret::Secrets;
use super::shown::shown;
use super::{Body, Seen};
use crate::extract::carries::Carriers;
use crate::parse::Value;
use crate::parse::code::ast::{Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, parts_of, values_of};
use crate::parse::code::resolve::Resolved;
use crate::span::Span;

/// Arguments that become part of what a model reads.
const ARGUMENTS: &[&str] = &[
    "instructions",
    "prompt",
    "system_prompt",
    "systemPrompt",
    "system",
    "system_message",
    "backstory",
    "goal",
    "user_prompt",
];

/// Constructors of messages.
const MESSAGES: &[&str] =
    &["SystemMessage", "HumanMessage", "UserMessage", "AIMessage", "ToolMessage", "ChatMessage", "TextContent"];

/// Finds every prompt or tool result of `body` that shows a credential.
pub(super) fn read<'m>(body: &Body<'_, 'm>, secrets: &Secrets<'_, 'm>, add: &mut dyn FnMut(Seen)) {
    let mut places: Vec<(&'m Value, Span)> = Vec::new();
    for (site, leads) in &body.calls {
        for arg in &site.call.args {
            let named = arg.name.as_deref().is_some_and(|name| ARGUMENTS.contains(&name));
            if named && reaches_model(leads) || MESSAGES.contains(&leads.last()) {
                places.push((&arg.value, site.call.callee.span));
            }
            for entry in arg.value.entries() {
                if ARGUMENTS.contains(&&*entry.key) && reaches_model(leads) {
                    places.push((&entry.value, site.call.callee.span));
                }
            }
        }
    }
    messages(body.stmts, &mut places);
    if body.function.is_some_and(|f| f.decorators.iter().any(is_tool)) {
        results(body.stmts, &mut places);
    }
    let mut carriers: Option<Carriers> = None;
    for (place, callee) in places {
        let carriers = carriers.get_or_insert_with(|| secrets.carriers(body));
        let mut parts = Vec::new();
        shown(place, &mut parts);
        let found = parts.into_iter().find_map(|part| Some((part, secrets.is(part, body.scope, carriers)?)));
        if let Some((part, secret)) = found {
            add(Seen {
                form: "prompt",
                at: part.span,
                callee,
                passes: "secret",
                service: String::new(),
                from: secret.from,
                env: secret.env.map(|name| (name, secret.from.unwrap_or(part.span))),
                base: None,
            });
        }
    }
}

/// Whether a call hands its text to a model: an agent, a task, a generation.
fn reaches_model(leads: &Resolved<'_>) -> bool {
    let last = leads.last();
    last.ends_with("Agent")
        || matches!(
            last,
            "Task"
                | "Crew"
                | "create"
                | "generateText"
                | "streamText"
                | "generateObject"
                | "create_react_agent"
                | "create_agent"
                | "query"
                | "ClaudeAgentOptions"
        )
}

/// `{"role": "system", "content": …}` anywhere in the function.
fn messages<'m>(stmts: &'m [Stmt], out: &mut Vec<(&'m Value, Span)>) {
    for stmt in stmts {
        if matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) {
            continue;
        }
        values_of(stmt).into_iter().for_each(|v| message_values(v, out));
        blocks_of(stmt).into_iter().for_each(|b| messages(b, out));
    }
}

fn message_values<'m>(value: &'m Value, out: &mut Vec<(&'m Value, Span)>) {
    if let (Some(_), Some(content)) = (value.get("role").and_then(Value::as_str), value.entry("content")) {
        out.push((&content.value, content.key_span));
    }
    parts_of(value).into_iter().for_each(|part| message_values(part, out));
}

fn is_tool(decorator: &Value) -> bool {
    let path = decorator.as_reference().or_else(|| decorator.as_call().and_then(|c| c.path())).unwrap_or("");
    matches!(
        path.rsplit('.').next().unwrap_or(path),
        "tool" | "function_tool" | "resource" | "kernel_function" | "ai_callable"
    )
}

fn results<'m>(stmts: &'m [Stmt], out: &mut Vec<(&'m Value, Span)>) {
    for stmt in stmts {
        match &stmt.kind {
            StmtKind::Return(Some(value)) => out.push((value, stmt.span)),
            StmtKind::Function(_) | StmtKind::Class(_) => {}
            _ => blocks_of(stmt).into_iter().for_each(|b| results(b, out)),
        }
    }
}

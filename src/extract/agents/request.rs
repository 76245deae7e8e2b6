//! Requests that a program's own client sends. Input: a call. Output: whether it asks a service to delete
//! something: by the method that it names, or as a resource of Google's clients.

use super::names::Names;
use crate::parse::code::ast::{Call, Language};
use crate::parse::value::{Expr, Value};

/// Parts of the names of what sends requests.
const SENDS: [&str; 8] = ["request", "fetch", "http", "api", "call", "axios", "send", "rest"];

/// Resources of Google's clients whose things can be deleted.
const RESOURCES: [&str; 24] = [
    "events",
    "files",
    "messages",
    "calendars",
    "calendarList",
    "drafts",
    "threads",
    "permissions",
    "labels",
    "people",
    "tasks",
    "tasklists",
    "spaces",
    "filters",
    "users",
    "groups",
    "members",
    "acl",
    "objects",
    "buckets",
    "instances",
    "comments",
    "revisions",
    "drives",
];

/// Whether a call deletes something at a service.
pub(super) fn deletes(call: &Call, names: &Names<'_>) -> bool {
    by_method(call, names.language) || by_action(call) || of_google(call)
}

/// `request("DELETE", …)`, `fetch(url, { method: "DELETE" })`, `http.NewRequest(http.MethodDelete, …)`.
fn by_method(call: &Call, language: Language) -> bool {
    let Some(name) = call.method().map(str::to_ascii_lowercase) else { return false };
    if !SENDS.iter().any(|part| name.contains(part)) {
        return false;
    }
    let says = |value: &Value| match value.as_str() {
        Some(text) => text == "DELETE",
        None => language == Language::Go && value.as_reference() == Some("http.MethodDelete"),
    };
    let first = (0..2).filter_map(|index| call.positional(index)).any(says);
    first || call.option("method").is_some_and(says)
}

/// `client.call({ Action: "DeleteInstance", … })`: how the clouds that have one address for all actions are asked.
/// <https://www.tencentcloud.com/document/api/213/30654>
fn by_action(call: &Call) -> bool {
    let asks = matches!(call.method(), Some("call" | "request" | "invoke" | "send" | "doAction" | "rpc"));
    let action = call.option("Action").or_else(|| call.option("action")).and_then(Value::as_str);
    let takes = |action: &str| ["Delete", "Terminate", "Destroy", "Remove"].iter().any(|verb| action.starts_with(verb));
    asks && action.is_some_and(takes)
}

/// `service.events().delete(eventId=…)`, executed there or handed on: nobody makes such a request for nothing.
fn of_google(call: &Call) -> bool {
    if !matches!(call.method(), Some("delete" | "trash" | "batchDelete")) || call.args.is_empty() {
        return false;
    }
    let Some(Expr::Operation(_, parts)) = call.callee.as_expr() else { return false };
    let resource = parts.first().and_then(Value::as_call).filter(|resource| resource.args.is_empty());
    let named = |name: &str| name.ends_with("Id") || name.ends_with("Name") || matches!(name, "id" | "body" | "userId");
    let ids = call.args.iter().all(|arg| arg.name.as_deref().is_some_and(named));
    resource.and_then(Call::method).is_some_and(|method| RESOURCES.contains(&method)) && ids
}

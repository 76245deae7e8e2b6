//! Names by which tools and clients say that they take something away. Input: a name or a call. Output: whether
//! it does.

use super::names::{At, Names};
use super::origin::{is_own, is_standard, join};
use crate::parse::code::ast::{Call, Language};
use crate::parse::value::Expr;

/// Verbs by which a name says that something is taken away for good.
pub(super) const TAKING: [&str; 6] = ["delete", "remove", "destroy", "purge", "terminate", "erase"];

/// Whether a name begins a word with a verb that takes something away.
pub(super) fn takes_away(name: &str) -> bool {
    TAKING.iter().any(|verb| {
        let title = format!("{}{}", verb[..1].to_ascii_uppercase(), &verb[1..]);
        name.starts_with(verb) || name.contains(&format!("_{verb}")) || name.contains(&title)
    })
}

/// Packages by which the parts of a document are changed in memory.
const DOCUMENTS: [&str; 12] = [
    "openpyxl",
    "xlwings",
    "docx",
    "pptx",
    "odf",
    "pypdf",
    "PyPDF2",
    "fitz",
    "exceljs",
    "xlsx",
    "pdf-lib",
    "python_docx",
];

/// What is no part of a document, but one or most of it.
const WHOLE: [&str; 6] = ["sheet", "workbook", "file", "document", "folder", "presentation"];

/// Whether a function by its name takes a part out of a document, in a module that has one in memory.
pub(super) fn edits<'m>(name: &str, mut modules: impl Iterator<Item = &'m str>) -> bool {
    let lower = name.to_ascii_lowercase();
    let rest = TAKING.iter().find_map(|verb| lower.split_once(verb)).map_or("", |(_, rest)| rest);
    // `delete_sheet_rows` takes rows, `delete_footnote_from_document` a footnote.
    let noun = rest.split("_from").next().unwrap_or(rest).trim_matches('_');
    let whole = WHOLE.iter().any(|word| noun.ends_with(word) || noun.ends_with(&format!("{word}s")));
    takes_away(name) && !whole && modules.any(|m| DOCUMENTS.contains(&m.split(['.', '/']).next().unwrap_or(m)))
}

/// Whether a tool only prepares a message, by its name.
pub(super) fn drafts(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let prepares = lower.starts_with("draft") || lower.contains("_draft") || lower.contains("createdraft");
    prepares && !lower.contains("send")
}

/// A call that by its name takes something away.
#[derive(Debug, Clone)]
pub(super) struct Removing {
    /// The call as it is written.
    pub(super) shown: String,
    /// The function by its full name, where another module of the repository may have it.
    pub(super) name: Option<String>,
}

/// The call, when it is one of somebody else's that takes something away by its name. A bare `remove`
/// is what lists have. What this repository's own functions do is seen in them.
pub(super) fn removing(call: &Call, full: Option<&str>, at: At, names: &Names<'_>) -> Option<Removing> {
    let path = call.path()?;
    let method = call.method()?;
    let verb = TAKING.iter().find(|verb| method.starts_with(**verb))?;
    let noun = method[verb.len()..].starts_with(|c: char| c == '_' || c.is_ascii_uppercase());
    let bare = method.len() == verb.len() && *verb == "delete";
    if names.function(path, at).is_some() || !(noun || bare) {
        return None;
    }
    let root = path.split('.').next().unwrap_or(path);
    let module = names.resolve(root, at, call.callee.span.start).map(|n| n.module);
    let standard = module.is_some_and(|m| is_standard(m) && !m.starts_with("boto"));
    let others =
        full.is_some_and(|full| !full.starts_with("builtins.")) && module.is_some_and(|m| !own_package(m, names));
    let owner = path.rsplit('.').nth(1).map(|o| o.trim_matches('_').to_ascii_lowercase());
    let service = owner.is_some_and(|o| {
        ["client", "api", "sdk", "service", "repo", "repository", "gateway"].iter().any(|word| o.ends_with(word))
    });
    // What a function gives that by its name gets or makes a client.
    let given = noun && made(root, at, names, call.callee.span.start);
    if !(others && !standard && (noun || path.contains('.')) || service || given && !standard) {
        return None;
    }
    // A function that is brought in, and no method of an object.
    let function = names.import(root).is_some() && path.matches('.').count() < 2;
    let own =
        names.resolve(path, at, call.callee.span.start).filter(|name| function && is_own(name.module, names.language));
    Some(Removing { shown: path.to_owned(), name: own.map(|name| join(name.module, &name.path)) })
}

/// Whether a name holds what a function gave that by its name gets or makes something.
fn made(root: &str, at: At, names: &Names<'_>, before: u32) -> bool {
    let Some(assign) = names.assign(root, at, before) else { return false };
    let mut value = assign.value;
    while let Some(Expr::Operation(op, parts)) = value.as_expr()
        && &**op == "await"
        && let Some(inner) = parts.first()
    {
        value = inner;
    }
    let Some(maker) = value.as_call().and_then(Call::method) else { return false };
    let lower = maker.trim_start_matches('_').to_ascii_lowercase();
    let gets =
        ["get", "create", "make", "build", "connect", "init", "new", "open"].iter().any(|v| lower.starts_with(v));
    gets && ["client", "manager", "api", "sdk", "service", "session", "connection", "driver"]
        .iter()
        .any(|n| lower.contains(n))
}

/// Whether a module is surely one of this repository: relative.
fn own_package(module: &str, names: &Names<'_>) -> bool {
    match names.language {
        Language::Python => module.starts_with('.') || module.split('.').next().is_some_and(|r| OWN.contains(&r)),
        language => is_own(module, language),
    }
}

/// Packages that repositories call their own.
const OWN: [&str; 12] =
    ["src", "app", "backend", "server", "agent", "agents", "tools", "utils", "core", "lib", "services", "api"];

//! Where a name comes from. Input: a module, or a call with the names of its file. Output: whether the module may
//! be one of the repository, and the name as facts and models write it.

use super::model::EFFECTS;
use super::names::{At, Names};
use crate::parse::code::ast::{Call, Language};
use crate::parse::value::Expr;

/// Whether a module may be one of this repository.
pub(super) fn is_own(module: &str, language: Language) -> bool {
    match language {
        Language::Python => !is_standard(module),
        Language::TypeScript | Language::JavaScript => module.starts_with(['.', '~', '#']) || module.starts_with("@/"),
        // Go's own packages have no host in front.
        Language::Go => module.split('/').next().is_some_and(|host| host.contains('.')),
        _ => true,
    }
}

/// Whether a Python module is of the standard library, or of a client that is imported everywhere.
pub(super) fn is_standard(module: &str) -> bool {
    EFFECTS.standard.contains(&module.split('.').next().unwrap_or(module))
}

/// A module and a path in it, as facts name them.
pub(super) fn join(module: &str, path: &str) -> String {
    match (module, path) {
        (module, "") => module.to_owned(),
        (module, path) if module.ends_with('.') => format!("{module}{path}"),
        (module, path) => format!("{module}.{path}"),
    }
}

/// What the language has for all and is called in a chain: `Runtime.getRuntime().exec(…)`.
fn of_language(call: &Call, names: &Names<'_>) -> Option<String> {
    let jvm = matches!(names.language, Language::Java | Language::Kotlin);
    let Some(Expr::Operation(_, parts)) = call.callee.as_expr().filter(|_| jvm) else { return None };
    let before = parts.first()?.as_call()?.path()?;
    let root = before.split('.').next().unwrap_or(before);
    let class = root.starts_with(|c: char| c.is_ascii_uppercase()) && names.import(root).is_none();
    class.then(|| Some(format!("builtins.{before}.{}", parts.last()?.as_reference()?))).flatten()
}

/// What is called, by its full name: `module.path` (`module:path` in the languages whose modules are no
/// dotted names), `builtins.name` for what nobody defines or imports.
pub(super) fn full_name(call: &Call, at: At, names: &Names<'_>) -> Option<String> {
    if let Some(name) = names.call_of(call, at) {
        let module = name.module.strip_prefix("node:").unwrap_or(name.module);
        return Some(match names.language {
            Language::Python => join(module, &name.path),
            _ => format!("{module}:{}", if name.path.is_empty() { "default" } else { &name.path }),
        });
    }
    let Some(path) = call.path() else { return of_language(call, names) };
    let root = path.split('.').next().unwrap_or(path);
    let known = names.function(path, at).is_some()
        || names.parameter(root, at).is_some()
        || names.assign(root, at, u32::MAX).is_some();
    (!known && names.import(root).is_none()).then(|| format!("builtins.{path}"))
}

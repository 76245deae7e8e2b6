//! Code that a body hands on whole to where it is not seen. Input: a call of the body, or the name of a tool. Output:
//! what the code goes to, where that runs it by its name and no sandbox is named, and whether the tool says so too.

use super::names::{At, Names};
use super::origin::{is_own, join};
use crate::extract::vocabulary::words;
use crate::parse::code::ast::Call;
use crate::parse::value::{Expr, Node, Value};

/// Names of parameters that hold a program or a command.
const CODE: [&str; 14] = [
    "code",
    "source_code",
    "python_code",
    "pythoncode",
    "js_code",
    "script",
    "python_script",
    "shell_script",
    "command",
    "cmd",
    "command_line",
    "shell_command",
    "bash_command",
    "javascript",
];

/// Words by which a call says that it runs, or has somebody else run, what it is handed.
const RUNS: [&str; 9] = ["run", "exec", "eval", "send", "call", "invoke", "dispatch", "request", "submit"];

/// Words by which something says that what runs there reaches nothing of the caller's: a sandbox, a page.
const BOXED: [&str; 18] = [
    "sandbox",
    "e2b",
    "daytona",
    "docker",
    "container",
    "wasm",
    "pyodide",
    "isolat",
    "page",
    "browser",
    "frame",
    "cdp",
    "driver",
    "codebox",
    "interpreter",
    "secure",
    "dry_run",
    "dryrun",
];

/// What a call of another module is called that is handed a parameter named as code, whole, and that by its name runs
/// it or has it run. A field of one's own is as often a session elsewhere: only what a module gives counts.
pub(super) fn hands_code<'m>(call: &'m Call, at: At, names: &Names<'m>) -> Option<String> {
    let path = call.path()?;
    let method = call.method()?.to_ascii_lowercase();
    let whole = || call.args.iter().any(|arg| whole(&arg.value, at, names));
    if !RUNS.iter().any(|word| method.contains(word)) || !whole() || names.function(path, at).is_some() {
        return None;
    }
    let before = call.callee.span.start;
    let name = match names.resolve(path, at, before) {
        Some(name) => is_own(name.module, names.language).then(|| join(name.module, &name.path))?,
        // What a function of this file connects to is as far away as what another module gives.
        None => {
            let made = names.assign(path.split_once('.')?.0, at, before)?.value.as_call()?;
            names.function(made.path()?, at)?;
            path.to_owned()
        }
    };
    let said = at.function.and_then(|f| names.functions[f].function.doc.as_deref()).unwrap_or("");
    let held = boxed(path) || boxed(&name) || boxed(said);
    (!held).then_some(name)
}

/// Whether a tool says by its name that it runs code or a shell, and not in a box.
pub(super) fn runs_code(name: &str) -> bool {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    has(&["run", "exec", "execute", "eval", "evaluate"])
        && has(&["code", "script", "python", "shell", "bash", "terminal", "powershell"])
        && !boxed(name)
}

/// Whether a text speaks of what holds the code that it runs.
fn boxed(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    BOXED.iter().any(|word| text.contains(word))
}

/// Whether a value is a parameter named as code, or a map that holds one.
fn whole<'m>(value: &'m Value, at: At, names: &Names<'m>) -> bool {
    let parameter = |root: &str| {
        !matches!(root, "self" | "this" | "cls" | "ctx" | "context" | "config") && names.parameter(root, at).is_some()
    };
    match &value.node {
        Node::Map(entries) => entries.iter().any(|entry| whole(&entry.value, at, names)),
        Node::Expr(_) => match value.as_expr() {
            Some(Expr::Reference(path)) => {
                let (root, last) = (path.split('.').next().unwrap_or(path), path.rsplit('.').next().unwrap_or(path));
                parameter(root) && is_code(last)
            }
            Some(Expr::Index(base, key)) => {
                base.as_reference().is_some_and(parameter) && key.as_str().is_some_and(is_code)
            }
            _ => false,
        },
        _ => false,
    }
}

fn is_code(name: &str) -> bool {
    CODE.contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_runs_and_where() {
        for name in ["execute_scene_code", "runPython", "run-shell", "evalScript"] {
            assert!(runs_code(name), "{name}");
        }
        for name in ["explain_code", "run_tests", "run_code_in_sandbox", "execute_page_script", "recode_run"] {
            assert!(!runs_code(name), "{name}");
        }
    }
}

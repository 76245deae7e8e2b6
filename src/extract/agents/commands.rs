//! Commands that a body starts. Input: the value of a command. Output: whether somebody else decides what
//! runs, and which program it is.

use super::effects::leading;
use super::names::{At, Names};
use crate::parse::value::{Expr, Node, Value};

/// Programs that run what they are told.
const INTERPRETERS: &[&str] = &[
    "sh",
    "bash",
    "zsh",
    "dash",
    "fish",
    "cmd",
    "cmd.exe",
    "powershell",
    "pwsh",
    "python",
    "python3",
    "node",
    "deno",
    "bun",
    "ruby",
    "perl",
    "php",
    "ssh",
    "sudo",
    "env",
    "xargs",
    "docker",
    "osascript",
    "Rscript",
    "npx",
    "uvx",
];

/// Programs that change a cloud or cluster.
pub(super) const CLOUD_PROGRAMS: &[&str] = &[
    "kubectl",
    "helm",
    "terraform",
    "tofu",
    "aws",
    "gcloud",
    "az",
    "pulumi",
    "oc",
    "flyctl",
    "doctl",
    "ansible-playbook",
];

/// Whether a command is not fixed: computed as a whole, put together from text and values, or given to
/// a program that runs what it is told. A fixed program with computed arguments is none.
pub(super) fn open_command<'m>(value: &'m Value, names: &Names<'m>, at: At) -> bool {
    open(value, names, at, 4)
}

fn open<'m>(value: &'m Value, names: &Names<'m>, at: At, depth: u8) -> bool {
    if depth == 0 {
        return true;
    }
    match &value.node {
        Node::Text(text) => {
            let mut words = text.split_whitespace();
            words.next().is_some_and(|w| INTERPRETERS.contains(&w)) && words.next().is_none()
        }
        Node::List(items) => list(items, names, at, depth),
        Node::Expr(expr) => match &**expr {
            // `command + [argument]` begins with what `command` begins with; a text put together is open.
            Expr::Operation(op, parts) if &**op == "+" => match parts.first().and_then(|f| listed(f, names, at)) {
                Some((first, at)) => open(first, names, at, depth - 1),
                None => true,
            },
            Expr::Spread(inner) => match listed(inner, names, at) {
                Some((inner, at)) => open(inner, names, at, depth - 1),
                None => true,
            },
            // The last of several steps that make a list: `command += [argument]`.
            Expr::Operation(op, parts) if &**op == "+=" => {
                let first = parts.first().and_then(|target| {
                    let path = target.as_reference()?;
                    names.assigned(path).find(|a| a.at.function == at.function && matches!(a.value.node, Node::List(_)))
                });
                first.is_none_or(|a| open(a.value, names, a.at, depth - 1))
            }
            _ => true,
        },
        _ => false,
    }
}

/// The list that a value is or names.
fn listed<'m>(value: &'m Value, names: &Names<'m>, at: At) -> Option<(&'m Value, At)> {
    let (value, at) = names.constant(value, at);
    let made = value.as_expr().is_some_and(|e| matches!(e, Expr::Operation(op, _) if matches!(&**op, "+" | "+=")));
    (made || matches!(value.node, Node::List(_))).then_some((value, at))
}

fn list<'m>(items: &'m [Value], names: &Names<'m>, at: At, depth: u8) -> bool {
    let Some(first) = items.first() else { return false };
    if let Some(Expr::Spread(inner)) = first.as_expr() {
        return listed(inner, names, at).is_none_or(|(inner, at)| open(inner, names, at, depth - 1));
    }
    let computed = items.iter().skip(1).any(|i| names.constant(i, at).0.scalar().is_none());
    let (program, _) = names.constant(first, at);
    match program.as_str() {
        Some(program) => computed && INTERPRETERS.contains(&program.rsplit(['/', '\\']).next().unwrap_or(program)),
        // `[sys.executable, path]` runs the file it is given.
        None => match program.as_reference() {
            Some("sys.executable") => computed,
            // A program that the configuration names is fixed for the model.
            Some(path) => !["self.", "this.", "settings.", "config."].iter().any(|owner| path.starts_with(owner)),
            None => program.as_call().and_then(|c| c.path()) != Some("shutil.which"),
        },
    }
}

/// The program that a command starts.
pub(super) fn program<'v>(value: &'v Value, names: &Names<'_>, at: At) -> Option<&'v str> {
    let text = match &value.node {
        Node::List(items) => items.first()?.as_str()?,
        Node::Expr(expr) => match &**expr {
            Expr::Operation(op, parts) if &**op == "+" => return program(parts.first()?, names, at),
            _ => leading(value)?,
        },
        _ => value.as_str()?,
    };
    text.split_whitespace().next().map(|w| w.rsplit('/').next().unwrap_or(w))
}

//! Which environment variables and secrets the arguments of a declaration read. Input: a value.
//! Output: references by kind and name.

use super::args::Found;
use super::scene::Scene;
use super::walk;
use crate::facts::RefKind;
use crate::parse::code::ast::Call;
use crate::parse::value::{Expr, Value};
use crate::span::Span;

/// Words in the name of a variable that holds a credential.
const WORDS: &[&str] =
    &["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASS", "CREDENTIAL", "CREDENTIALS", "DSN", "PAT", "AUTH", "JWT"];

/// Whether a variable's name says that it holds a credential.
pub(crate) fn names_credential(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    upper.split(['_', '-', '.']).any(|word| WORDS.contains(&word) || word.ends_with("KEY") || word.ends_with("TOKEN"))
        || ["DATABASE_URL", "DB_URL", "POSTGRES_URL", "REDIS_URL", "MONGO_URI", "MONGODB_URI", "CONNECTION_STRING"]
            .iter()
            .any(|name| upper.ends_with(name))
}

/// Collects what `found` reads.
pub(super) fn read<'m>(scene: &Scene<'_, 'm>, found: Found<'m>, depth: u8, out: &mut Vec<(RefKind, String, Span)>) {
    if depth == 0 || out.len() > 64 || !scene.names.step(0) {
        return;
    }
    let mut follow = Vec::new();
    walk::each(found.value, &mut |value| {
        if let Some(name) = environment(value) {
            if names_credential(name) {
                out.push((RefKind::Env, name.to_owned(), value.span));
            }
        } else if let Some(path) = value.as_reference() {
            follow.push((path, value));
        }
    });
    for (path, value) in follow {
        let root = path.split('.').next().unwrap_or(path);
        if let Some(assign) = scene.names.assign(path, found.at, value.span.start) {
            if assign.value.span != found.value.span {
                read(scene, Found { value: assign.value, at: assign.at }, depth - 1, out);
            }
        } else if names_credential(path.rsplit('.').next().unwrap_or(path))
            && scene.names.import(root).is_some()
            && let Some(symbol) = scene.canonical(path, found.at, value.span.start)
        {
            out.push((RefKind::Symbol, symbol, value.span));
        }
    }
}

/// The environment variable that a value reads.
pub(super) fn environment(value: &Value) -> Option<&str> {
    match value.as_expr()? {
        Expr::Index(base, key) => matches!(
            base.as_reference()?,
            "os.environ" | "environ" | "process.env" | "import.meta.env" | "Deno.env" | "Bun.env"
        )
        .then(|| key.as_str())?,
        Expr::Reference(path) => ["process.env.", "import.meta.env.", "Bun.env."]
            .iter()
            .find_map(|p| path.strip_prefix(p))
            .filter(|n| !n.contains('.')),
        Expr::Call(call) => environment_call(call),
        _ => None,
    }
}

fn environment_call(call: &Call) -> Option<&str> {
    let reads = matches!(
        call.path()?,
        "os.getenv"
            | "getenv"
            | "os.environ.get"
            | "environ.get"
            | "os.environ.pop"
            | "os.Getenv"
            | "os.LookupEnv"
            | "System.getenv"
            | "Environment.GetEnvironmentVariable"
            | "Deno.env.get"
            | "config"
            | "decouple.config"
            | "env"
            | "userdata.get"
    );
    reads.then(|| call.positional(0)?.as_str())?
}

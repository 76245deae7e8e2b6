//! Credentials that were just made and are shown to whoever sets the program up. Input: a body and what it shows.
//! Output: whether the same run of statements made it.

use super::Body;
use crate::parse::Value;
use crate::parse::code::ast::{Call, Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, each_part};
use crate::parse::value::Expr;
use crate::span::Span;

/// Whether `shown` was made at random before the call at `at`, on the way to it: no other way leads there with a
/// credential that somebody keeps elsewhere.
pub(super) fn is_fresh(body: &Body<'_, '_>, shown: &Value, at: Span) -> bool {
    shown.as_reference().is_some_and(|name| born(body.stmts, name, at, None))
}

/// Where a name comes from, as far as the statements before say.
#[derive(Clone, Copy, PartialEq)]
enum Birth {
    /// It is made at random.
    Made,
    /// It is made at random unless it was given.
    Else,
}

fn born(stmts: &[Stmt], name: &str, at: Span, mut birth: Option<Birth>) -> bool {
    for stmt in stmts {
        if stmt.span.contains(at) {
            let absent = matches!(&stmt.kind, StmtKind::If { condition, .. } if asks_for_absence(condition));
            let inside = if absent && birth == Some(Birth::Else) { Some(Birth::Made) } else { birth };
            return inside == Some(Birth::Made)
                || blocks_of(stmt).into_iter().any(|block| born(block, name, at, inside));
        }
        if let StmtKind::Assign { targets, value, .. } = &stmt.kind
            && targets.iter().any(|target| target.as_reference() == Some(name))
        {
            birth = birth_of(value);
        }
    }
    false
}

fn birth_of(value: &Value) -> Option<Birth> {
    let mut made = false;
    each_part(value, &mut |part| made |= part.as_call().is_some_and(makes));
    let given = match value.as_expr() {
        Some(Expr::Choice { .. }) => true,
        // `os.getenv("ADMIN_PASSWORD", secrets.token_urlsafe(12))`
        Some(Expr::Call(call)) => call.path().is_some_and(|path| path.ends_with("getenv") || path.ends_with(".get")),
        _ => false,
    };
    made.then_some(if given { Birth::Else } else { Birth::Made })
}

/// `secrets.token_urlsafe(32)`, `crypto.randomBytes(32)`, `generate_password()`.
fn makes(call: &Call) -> bool {
    let Some(path) = call.path() else { return false };
    let method = path.rsplit('.').next().unwrap_or(path);
    let flat: String = method.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
    matches!(flat.as_str(), "tokenurlsafe" | "tokenhex" | "tokenbytes" | "randombytes" | "randomuuid" | "uuid4")
        || flat.starts_with("generate") && ["password", "secret", "token"].iter().any(|noun| flat.ends_with(noun))
}

/// `if not os.getenv("ADMIN_PASSWORD")`, `if (!process.env.TOKEN)`.
fn asks_for_absence(condition: &Value) -> bool {
    matches!(condition.as_expr(), Some(Expr::Operation(op, _)) if matches!(&**op, "not" | "!"))
}

//! Statements that somebody else writes. Input: a call and its statement. Output: whether it runs on a database
//! and is named as one.

use crate::parse::code::ast::Call;
use crate::parse::value::{Expr, Value};

/// Last words of what holds a connection to a database.
const CONNECTIONS: [&str; 20] = [
    "cursor",
    "cur",
    "conn",
    "connection",
    "con",
    "session",
    "db",
    "database",
    "engine",
    "tx",
    "transaction",
    "pool",
    "client",
    "spark",
    "stmt",
    "statement",
    "jdbctemplate",
    "jdbc",
    "sqlclient",
    "connect",
];

/// Whether the receiver of a method is a connection to a database.
pub(super) fn on_connection(call: &Call) -> bool {
    let owner = match call.callee.as_expr() {
        Some(Expr::Reference(path)) => path.rsplit('.').nth(1),
        Some(Expr::Operation(op, parts)) if &**op == "." => {
            parts.first().and_then(Value::as_call).and_then(Call::method)
        }
        _ => None,
    };
    owner.is_some_and(|owner| {
        let owner = owner.trim_matches('_').to_ascii_lowercase();
        CONNECTIONS.iter().any(|name| owner == *name || owner.ends_with(&format!("_{name}")))
    })
}

/// Whether a value is named as a statement: `sql`, `args.query`, `arguments["statement"]`, `text(sql_query)`.
pub(super) fn names_sql(value: &Value) -> Option<()> {
    let name = match value.as_expr()? {
        Expr::Reference(path) => path.rsplit('.').next()?,
        Expr::Index(_, key) => key.as_str()?,
        Expr::Operation(op, parts) if matches!(&**op, "as" | ".") => return names_sql(parts.first()?),
        Expr::Call(call) => return names_sql(call.positional(0)?),
        _ => return None,
    };
    let lower = name.to_ascii_lowercase();
    ["sql", "query", "stmt", "statement", "cypher"].iter().any(|word| lower.contains(word)).then_some(())
}

//! What a text, list or object shows as it is. Input: a value that is written out. Output: the values in it.

use super::secret::{holds_secret, is_part};
use crate::extract::carries::masks;
use crate::parse::Value;
use crate::parse::code::query::parts_of;
use crate::parse::value::{Expr, Node};

/// Whether a text begins with a part of something.
fn cuts(value: &Value) -> bool {
    let joined = matches!(value.as_expr(), Some(Expr::Template(_)))
        || matches!(value.as_expr(), Some(Expr::Operation(op, _)) if &**op == "+");
    let cut = |value: &Value| matches!(value.as_expr(), Some(Expr::Index(..))) && is_part(value);
    cut(value) || joined && parts_of(value).into_iter().any(cut)
}

/// The values that a text, list or object shows as they are: parts of templates, sums, maps, and what
/// conversions are given.
pub(super) fn shown<'m>(value: &'m Value, out: &mut Vec<&'m Value>) {
    match &value.node {
        Node::Text(_) | Node::Number(_) | Node::Bool(_) | Node::Null | Node::Unknown(_) => {}
        // What overwrites the credential in a copy overwrites it in what the copy was made of.
        Node::Map(_) if masks(value, holds_secret) => {
            let own = parts_of(value).into_iter().filter(|v| !matches!(v.as_expr(), Some(Expr::Spread(_))));
            own.for_each(|v| shown(v, out));
        }
        Node::List(_) | Node::Map(_) => parts_of(value).into_iter().for_each(|v| shown(v, out)),
        Node::Expr(expr) => match &**expr {
            Expr::Template(parts) => parts.iter().for_each(|v| shown(v, out)),
            Expr::Operation(op, parts) if matches!(&**op, "+" | "%") => parts.iter().for_each(|v| shown(v, out)),
            // Of a credential that is long enough, a part; `key[:4] + "…" if len(key) > 4 else key`.
            Expr::Choice { options, .. } if options.iter().any(cuts) => {}
            Expr::Choice { options, .. } => options.iter().for_each(|v| shown(v, out)),
            Expr::Spread(inner) => shown(inner, out),
            Expr::Call(call)
                if matches!(
                    call.method(),
                    Some("str" | "repr" | "dumps" | "format" | "stringify" | "String" | "join")
                ) =>
            {
                call.args.iter().for_each(|a| shown(&a.value, out));
            }
            Expr::Operation(..) | Expr::Function(_) | Expr::Alias(_) => {}
            Expr::Reference(_) | Expr::Index(..) | Expr::Call(_) => out.push(value),
        },
    }
}

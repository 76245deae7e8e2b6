//! How long: `"1h"`, `3600`, `timedelta(hours=1)`.

use crate::parse::Value;
use crate::parse::code::{Code, ScopeId};
use crate::parse::value::{Expr, Node};

/// How deep a duration is put together of others.
const DEPTH: u8 = 6;

/// Seconds, when the value is a literal or a name for one in the same file.
pub(super) fn seconds<'m>(code: &Code<'m>, value: &'m Value, scope: ScopeId) -> Option<i64> {
    within(code, value, scope, DEPTH)
}

/// A name may be made of itself (`ttl = ttl or 3600`), so the depth is counted.
fn within<'m>(code: &Code<'m>, value: &'m Value, scope: ScopeId, depth: u8) -> Option<i64> {
    let depth = depth.checked_sub(1)?;
    let value = code.literal(value, scope);
    match &value.node {
        Node::Number(number) => number.replace('_', "").parse().ok(),
        Node::Text(text) => written(text),
        Node::Expr(expr) => match &**expr {
            Expr::Call(call) => delta(code, call, scope, depth),
            Expr::Operation(op, operands) if &**op == "*" => {
                operands.iter().map(|o| within(code, o, scope, depth)).try_fold(1i64, |all, one| all.checked_mul(one?))
            }
            // `now + timedelta(…)`: the part that is a duration.
            Expr::Operation(op, operands) if &**op == "+" => {
                operands.iter().rev().find_map(|o| within(code, o, scope, depth))
            }
            Expr::Choice { options, .. } => options.iter().find_map(|o| within(code, o, scope, depth)),
            _ => None,
        },
        _ => None,
    }
}

fn delta<'m>(code: &Code<'m>, call: &'m crate::parse::code::ast::Call, scope: ScopeId, depth: u8) -> Option<i64> {
    if call.method() != Some("timedelta") {
        return None;
    }
    let units = [("weeks", 604_800), ("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1)];
    let named = units.iter().filter_map(|&(unit, size)| Some((call.keyword(unit)?, size)));
    let first = call.positional(0).map(|value| (value, 86_400));
    let mut total = None;
    for (value, size) in named.chain(first) {
        let count = within(code, value, scope, depth)?.checked_mul(size)?;
        total = Some(total.unwrap_or(0i64).checked_add(count)?);
    }
    total
}

/// `30s`, `15m`, `1h`, `7d`, `2 days`, `3600`, also several in a row (`1h30m`).
pub(super) fn written(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total = 0i64;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let count: i64 = rest.get(..digits)?.parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        total = total.checked_add(count.checked_mul(unit(&rest[..letters])?)?)?;
        rest = rest[letters..].trim_start();
    }
    (!text.trim().is_empty()).then_some(total)
}

fn unit(name: &str) -> Option<i64> {
    match name.to_ascii_lowercase().as_str() {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => Some(1),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(3_600),
        "d" | "day" | "days" => Some(86_400),
        "w" | "week" | "weeks" => Some(604_800),
        "y" | "yr" | "year" | "years" => Some(31_557_600),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn durations_as_people_write_them() {
        assert_eq!(written("1h"), Some(3_600));
        assert_eq!(written("1h30m"), Some(5_400));
        assert_eq!(written("2 days"), Some(172_800));
        assert_eq!(written("0"), Some(0));
        assert_eq!(written("soon"), None);
        assert_eq!(written(""), None);
        assert_eq!(written("9999999999999999999d"), None);
    }
}

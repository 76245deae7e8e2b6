//! Text literals: escapes, and the joining of neighbouring literals.

use super::lowering::{expression, operation};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// A text value.
pub(super) fn text(span: Span, content: impl Into<Box<str>>) -> Value {
    Value::new(span, Node::Text(content.into()))
}

/// Joins `parts` of an interpolated string: plain text when all of them are.
pub(super) fn template(span: Span, parts: Vec<Value>) -> Value {
    match all_text(&parts) {
        Some(joined) => text(span, joined),
        None => expression(span, Expr::Template(parts)),
    }
}

/// Implicit concatenation: text, or one template of all parts.
pub(super) fn concatenated(span: Span, strings: Vec<Value>) -> Value {
    let parts = strings.into_iter().flat_map(|string| match string.node {
        Node::Expr(expr) => match *expr {
            Expr::Template(parts) => parts,
            other => vec![expression(string.span, other)],
        },
        node => vec![Value::new(string.span, node)],
    });
    template(span, parts.collect())
}

/// `a + b + c`: text when all of them are.
pub(super) fn sum(span: Span, operands: Vec<Value>) -> Value {
    match all_text(&operands) {
        Some(joined) => text(span, joined),
        None => operation(span, "+", operands),
    }
}

fn all_text(parts: &[Value]) -> Option<String> {
    parts.iter().map(Value::as_str).collect()
}

/// Replaces the escapes that Python and JavaScript share; unknown ones stay as written.
pub(super) fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let (replacement, used) = escape(tail);
        match replacement {
            Some(c) => out.push(c),
            None if used == 0 => out.push('\\'),
            None => {}
        }
        rest = &tail[used..];
    }
    out.push_str(rest);
    out
}

/// The character that the escape after a backslash stands for, and the bytes it takes. A line
/// continuation takes bytes and gives none.
fn escape(tail: &str) -> (Option<char>, usize) {
    let Some(first) = tail.chars().next() else { return (None, 0) };
    match first {
        'n' => (Some('\n'), 1),
        't' => (Some('\t'), 1),
        'r' => (Some('\r'), 1),
        'b' => (Some('\u{8}'), 1),
        'f' => (Some('\u{c}'), 1),
        'v' => (Some('\u{b}'), 1),
        '0' => (Some('\0'), 1),
        '\r' if tail.starts_with("\r\n") => (None, 2),
        '\n' | '\r' => (None, 1),
        '\\' | '\'' | '"' | '`' | '$' | '/' => (Some(first), 1),
        'x' => hex(tail, 2),
        'u' if tail.starts_with("u{") => {
            let digits = tail[2..].bytes().take_while(u8::is_ascii_hexdigit).count();
            let closed = tail.as_bytes().get(2 + digits) == Some(&b'}');
            let code = u32::from_str_radix(&tail[2..2 + digits], 16).ok().and_then(char::from_u32);
            if closed && code.is_some() { (code, digits + 3) } else { (None, 0) }
        }
        'u' => hex(tail, 4),
        'U' => hex(tail, 8),
        _ => (None, 0),
    }
}

fn hex(tail: &str, digits: usize) -> (Option<char>, usize) {
    let code = tail.get(1..=digits).and_then(|d| u32::from_str_radix(d, 16).ok()).and_then(char::from_u32);
    (code, if code.is_some() { digits + 1 } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn escapes_are_replaced_and_unknown_ones_stay() {
        assert_eq!(unescape(r"a\nb\x41é\u{1F600}\d"), "a\nbAé😀\\d");
        assert_eq!(unescape("one \\\n two\\"), "one  two\\");
        assert_eq!(unescape(r"\u{zz}\x4"), r"\u{zz}\x4");
    }
}

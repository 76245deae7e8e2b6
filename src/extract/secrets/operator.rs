//! Where the value of a name begins. Input: the bytes and the place of a name. Output: the place behind
//! the operator, comma, bracket or word that binds the value to it, and what may stand there without
//! quotes.

use std::ops::Range;

use super::apart;
use super::assign::Bare;
use super::marks::{GAP, after, blank, quote, skip};

/// Where the value of a name begins, and what it may be without quotes.
pub(super) fn value_at(bytes: &[u8], name: Range<usize>, bare: Bare) -> Option<(usize, Bare)> {
    let mut at = name.end;
    let quoted = quote(bytes, at);
    if let Some(end) = quoted {
        at = end;
    }
    // `redis://:<password>@host` leaves a place for one.
    let beside = name.start > 1 && matches!(bytes[name.start - 2], b':' | b'=' | b'/' | b'@');
    let element = name.start > 0 && matches!(bytes[name.start - 1], b'<') && quoted.is_none() && !beside;
    if element && bytes.get(at) == Some(&b'>') {
        return Some((at + 1, Bare::Line));
    }
    // `config["name"] = `, `environ.get("name")`.
    let closed = skip(bytes, at, |b| matches!(b, b']' | b' ' | b'\t'));
    let at_operator = if quoted.is_some() { closed } else { skip(bytes, at, blank) };
    let rest = &bytes[at_operator..];
    let flag = bytes[name.start..].starts_with(b"--");
    if let Some(value) = otherwise(bytes, at_operator) {
        return Some((value, Bare::Never));
    }
    match rest {
        [b'=', b'=' | b'~', ..] | [b'!' | b'<', ..] if !rest.starts_with(b"</") => None,
        [b'=', b'>', ..] | [b':', b'=', ..] => Some((after(bytes, at_operator + 2), bare)),
        [b'=', ..] if bare == Bare::Colon => Some((after(bytes, at_operator + 1), Bare::Word)),
        [b'=', ..] => Some((after(bytes, at_operator + 1), bare)),
        [b':', b':', ..] => None,
        [b':', ..] => {
            let value = after(bytes, at_operator + 1);
            Some((annotated(bytes, value).unwrap_or(value), bare))
        }
        [b',' | b'\n' | b'\r' | b'<' | b'/', ..] | [b')', ..] => {
            if let Some(value) = apart::value_at(bytes, name.start, at_operator) {
                return Some((value, if bare == Bare::Never { Bare::Never } else { Bare::Line }));
            }
            // A second argument or list element: both in quotes.
            (quoted.is_some() && rest.starts_with(b",")).then(|| (argument(bytes, at_operator + 1), Bare::Never))
        }
        // `.apiKey("value")`, `WithToken("value")`.
        [b'(', ..] if quoted.is_none() && quote(bytes, at_operator + 1).is_some() => {
            Some((at_operator + 1, Bare::Never))
        }
        // Prose: set `NAME` to `value`.
        [b't', b'o', b' ', ..] | [b'i', b's', b' ', ..] if quoted.is_some() && at_operator > at => {
            let value = skip(bytes, at_operator + 2, blank);
            quote(bytes, value).map(|_| (value, Bare::Never))
        }
        // Prose: password `value`.
        [b'`' | b'"', ..] if bare == Bare::Word && quoted.is_none() && at_operator > at => Some((at_operator, bare)),
        _ if flag && at_operator > at => Some((at_operator, Bare::Word)),
        _ if at_operator > at && quoted.is_none() && line_starts_with_env(bytes, name.start) => {
            Some((at_operator, Bare::Word))
        }
        [b'{', ..] if quoted.is_some() => {
            default_of_variable(bytes, name, at_operator).map(|value| (value, Bare::Never))
        }
        _ if quoted.is_some() && at_operator > at => {
            // XML attributes: key="X" value="Y".
            apart::value_at(bytes, name.start, at_operator).map(|value| (value, Bare::Never))
        }
        _ => None,
    }
}

/// The text that holds when a look-up gives nothing: `env.NAME || "value"`, `ENV["NAME"] ||= "value"`,
/// `get("NAME") or "value"`.
fn otherwise(bytes: &[u8], from: usize) -> Option<usize> {
    let at = skip(bytes, from, |b| blank(b) || b == b')');
    let operator = [&b"||="[..], b"??=", b"||", b"??", b"or "].into_iter().find(|o| bytes[at..].starts_with(o))?;
    if operator == b"or " && at == from {
        return None;
    }
    let value = after(bytes, at + operator.len());
    quote(bytes, value).map(|_| value)
}

/// The value of a second argument, which may have a name: `get("NAME", default="value")`.
fn argument(bytes: &[u8], from: usize) -> usize {
    let at = after(bytes, from);
    let named = [&b"default="[..], b"default_value=", b"fallback=", b"default: ", b"value=", b"value: "];
    named.iter().find(|n| bytes[at..].starts_with(n)).map_or(at, |n| after(bytes, at + n.len()))
}

/// `name: str = "value"`: the value after a type annotation.
fn annotated(bytes: &[u8], at: usize) -> Option<usize> {
    let len =
        bytes[at..].iter().take(60).take_while(|b| b.is_ascii_alphanumeric() || b" _.[]|<>?&'".contains(b)).count();
    if len == 0 || bytes[at..at + len].iter().all(|b| blank(*b)) || quote(bytes, at).is_some() {
        return None;
    }
    let rest = &bytes[at + len..];
    (rest.first() == Some(&b'=') && rest.get(1) != Some(&b'='))
        .then(|| after(bytes, at + len + 1))
        .filter(|&value| quote(bytes, value).is_some())
}

fn line_starts_with_env(bytes: &[u8], at: usize) -> bool {
    let start = bytes[..at].iter().rev().take(GAP).take_while(|b| !matches!(b, b'\n' | b'\r')).count();
    let line = &bytes[at - start..at];
    let word = line.iter().position(|b| !blank(*b)).map_or(line, |i| &line[i..]);
    [&b"ENV "[..], b"env ", b"ARG ", b"setx ", b"SETX "]
        .iter()
        .any(|w| word.starts_with(w) && word[w.len()..].iter().all(|b| blank(*b)))
}

/// The default of a Terraform variable whose name ends at `from`.
fn default_of_variable(bytes: &[u8], name: Range<usize>, from: usize) -> Option<usize> {
    let before = &bytes[name.start.saturating_sub(10)..name.start];
    if !before.ends_with(b"variable \"") {
        return None;
    }
    let body = &bytes[from..bytes.len().min(from + 400)];
    let end = memchr::memchr(b'}', body).unwrap_or(body.len());
    let found = memchr::memmem::find(&body[..end], b"default")? + 7;
    let at = skip(bytes, from + found, blank);
    (bytes.get(at) == Some(&b'=')).then(|| after(bytes, at + 1))
}

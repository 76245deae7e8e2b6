//! dotenv under any name. Input: text. Output: one map of name to text, in source order. Quotes are
//! taken off and escapes in double quotes undone; `$X` is never expanded.

use super::structured::Parsed;
use super::value::{Entry, Node, Value};
use crate::span::Span;

/// A quoted value longer than this has lost its closing quote.
const MAX_QUOTED: usize = 64 * 1024;

/// Reads `text`.
pub(crate) fn parse(text: &str) -> Parsed {
    let mut entries = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while at < text.len() {
        let end = line_end(text, at);
        let next = match assignment(text, at, end) {
            Some((entry, next)) => {
                entries.push(entry);
                next
            }
            None => end,
        };
        at = next + text[next..].chars().next().map_or(0, char::len_utf8);
    }
    let root = Value::new(Span::new(0, text.len()), Node::Map(entries));
    Parsed { values: vec![root], ..Parsed::default() }
}

fn line_end(text: &str, from: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &text.as_bytes()[from..]).map_or(text.len(), |n| from + n)
}

/// `NAME=value` on the line `at..end`, and where the value ends.
fn assignment(text: &str, at: usize, end: usize) -> Option<(Entry, usize)> {
    let line = &text[at..end];
    let body = line.trim_start();
    let mut start = end - body.len();
    for word in ["export ", "set ", "env "] {
        if let Some(rest) = text[start..end].strip_prefix(word) {
            start = end - rest.trim_start().len();
        }
    }
    let length = text[start..end].find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')))?;
    if length == 0 || text.as_bytes()[start].is_ascii_digit() {
        return None;
    }
    let key_span = Span::new(start, start + length);
    let after = &text[key_span.end as usize..end];
    let sign = after.trim_start();
    // A colon needs a blank after it: `NAME: value`, but no URL.
    let rest = sign.strip_prefix('=').or_else(|| sign.strip_prefix(": "))?;
    let value_at = end - rest.trim_start_matches([' ', '\t']).len();
    let (value, stop) = value(text, value_at, end);
    Some((Entry { key: key_span.text(text).into(), key_span, value }, stop))
}

fn value(text: &str, at: usize, end: usize) -> (Value, usize) {
    if let Some(quote @ (b'"' | b'\'' | b'`')) = text.as_bytes().get(at).copied().filter(|_| at < end)
        && let Some(close) = closing(text, at + 1, quote)
    {
        let inner = Span::new(at + 1, close);
        let content = inner.text(text);
        let stop = line_end(text, close);
        if quote == b'"' && content.contains('\\') {
            let span = Span::new(at, close + 1);
            return (Value::new(span, Node::Text(unescape(content).into())), stop);
        }
        return (Value::new(inner, Node::Text(content.into())), stop);
    }
    let raw = &text[at..end];
    let comment = if raw.starts_with('#') { Some(0) } else { raw.find(" #").or_else(|| raw.find("\t#")) };
    let content = raw[..comment.unwrap_or(raw.len())].trim_end();
    (Value::new(Span::new(at, at + content.len()), Node::Text(content.into())), end)
}

fn closing(text: &str, from: usize, quote: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(from + MAX_QUOTED);
    let mut at = from;
    while at < limit {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 2,
            b if b == quote => return Some(at),
            // A line that looks like the next assignment: the quote was never closed.
            b'\n' if opens_assignment(&bytes[at + 1..limit]) => return None,
            _ => at += 1,
        }
    }
    None
}

fn opens_assignment(bytes: &[u8]) -> bool {
    let name =
        bytes.iter().take(64).take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_').count();
    name > 1
        && bytes.get(name) == Some(&b'=')
        && bytes.get(name + 1).is_some_and(|b| !matches!(b, b'=' | b'\r' | b'\n'))
}

fn unescape(content: &str) -> String {
    let mut out = String::with_capacity(content.len());
    let mut chars = content.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some(other @ ('"' | '\\' | '$' | '`' | '\'')) => out.push(other),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_people_write() {
        let text = "\u{feff}# c\nA=1\nexport B='two words' # c\r\nC = \"x\\ny\"\nD=url#frag # note\nE=\nF: yaml\nK=\"-----BEGIN\nabc\n-----END\"\nG=\"open\nH=${A}\nnot an assignment\nI=#\n";
        let root = parse(text).values.remove(0);
        let get = |key: &str| root.get(key).unwrap().as_str().unwrap();
        assert_eq!([get("A"), get("B"), get("C")], ["1", "two words", "x\ny"]);
        assert_eq!([get("D"), get("E"), get("F"), get("I")], ["url#frag", "", "yaml", ""]);
        assert_eq!(get("K"), "-----BEGIN\nabc\n-----END");
        assert_eq!([get("G"), get("H")], ["\"open", "${A}"]);
        assert_eq!(root.get("B").unwrap().span.text(text), "two words");
        assert_eq!(root.entries().len(), 10);
    }

    #[test]
    fn many_open_quotes_take_linear_time() {
        let text = "A=\"\n".repeat(200_000);
        assert!(!parse(&text).values[0].entries().is_empty());
    }
}

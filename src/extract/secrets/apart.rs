//! Names and values that stand apart: `name: X` and `value: Y`, `<key>X</key>` and `<string>Y</string>`.
//! Input: a text and the place of one of the two. Output: the other.

use super::marks::{GAP, after, blank, is_name, quote, skip, space};

/// The value that belongs to a name which is itself a value: `name: X`, then `value: Y`.
pub(super) fn value_at(bytes: &[u8], name: usize, from: usize) -> Option<usize> {
    if !is_name_of_pair(bytes, name) {
        return None;
    }
    value_behind(bytes, from).or_else(|| value_before(bytes, name))
}

/// The value on the line above a name: `- value: Y`, then `name: X`.
fn value_before(bytes: &[u8], name: usize) -> Option<usize> {
    let floor = name.saturating_sub(GAP * 2);
    let line = bytes[floor..name].iter().rposition(|b| *b == b'\n')? + floor;
    let above = bytes[floor..line].iter().rposition(|b| *b == b'\n')? + floor + 1;
    let skipped = bytes[above..line].iter().take_while(|b| b" \t-\"{".contains(b)).count();
    let rest = bytes[above + skipped..line].strip_prefix(b"value")?;
    let mark = rest.iter().take_while(|b| b"\": \t=".contains(b)).count();
    let quotes = rest[..mark].iter().rev().take_while(|b| **b == b'"').count();
    (mark > 0).then(|| line - rest.len() + mark - quotes)
}

/// The value behind a name that ends at `from`.
fn value_behind(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    if bytes[at..].starts_with(b"</") {
        at += bytes[at..].iter().take(60).position(|b| *b == b'>')? + 1;
    }
    at = skip(bytes, at, |b| space(b) || matches!(b, b',' | b'/' | b'>'));
    let element = bytes.get(at) == Some(&b'<');
    at += usize::from(element);
    if let Some(end) = quote(bytes, at) {
        at = end;
    }
    let len = bytes[at..].iter().take(20).take_while(|b| b.is_ascii_alphabetic()).count();
    let word = bytes[at..at + len].to_ascii_lowercase();
    if ![&b"value"[..], b"val", b"string", b"stringvalue", b"content", b"default", b"defaultvalue"].contains(&&word[..])
    {
        return None;
    }
    at += len;
    if let Some(end) = quote(bytes, at) {
        at = end;
    }
    at = skip(bytes, at, blank);
    match bytes.get(at) {
        Some(b'=' | b':') => Some(after(bytes, at + 1)),
        Some(b'>') if element => Some(at + 1),
        _ => None,
    }
}

/// Whether the text before `at` says that a name stands there: `name: `, `"key": "`, `<name>`.
fn is_name_of_pair(bytes: &[u8], at: usize) -> bool {
    let before = &bytes[at.saturating_sub(40)..at];
    let mark = |b: &u8| matches!(b, b'"' | b'\'' | b'\\' | b'`' | b' ' | b':' | b'=' | b'>' | b'\t');
    let end = before.len() - before.iter().rev().take_while(|b| mark(b)).count();
    let len = before[..end].iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let word = &before[end - len..end];
    [&b"name"[..], b"key", b"variable", b"parameter", b"envname", b"env_name", b"option", b"field"]
        .iter()
        .any(|one| word.eq_ignore_ascii_case(one))
}

/// The X of `name: X` that stands before a `value:` at `at`.
pub(super) fn name_before(text: &str, at: usize) -> Option<&str> {
    let from = (at.saturating_sub(GAP * 2)..at).find(|i| text.is_char_boundary(*i))?;
    let before = &text[from..at];
    let lower = before.to_ascii_lowercase();
    let (word, place) = ["name", "key", "variable"]
        .iter()
        .filter_map(|word| {
            let place = ['"', ':', '=', ' ', '>'].iter().find_map(|mark| lower.rfind(&format!("{word}{mark}")));
            place.map(|at| (*word, at))
        })
        .max_by_key(|(_, i)| *i)?;
    let rest = before[place + word.len()..].trim_start_matches(['"', '\'', '\\', ' ', ':', '=', '>', '\t']);
    let len = rest.bytes().take_while(|b| is_name(*b)).count();
    (len > 0).then(|| &rest[..len])
}

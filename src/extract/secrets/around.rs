//! What stands around a value and says what it is. Input: a text and the place of the value. Output: the
//! name that it is bound to, the line before it, the block that it stands in.

use super::apart;
use super::marks::{GAP, blank, is_name};

/// The name that the value at `at` is bound to, on its line; empty when there is none.
pub(super) fn name_of(text: &str, at: usize) -> &str {
    let bytes = text.as_bytes();
    let mut end = at.min(bytes.len());
    let floor = end.saturating_sub(GAP * 2);
    let back = |mut end: usize, what: &dyn Fn(u8) -> bool| {
        while end > floor && what(bytes[end - 1]) {
            end -= 1;
        }
        end
    };
    end = back(end, &|b| matches!(b, b'"' | b'\'' | b'`' | b'\\' | b'(' | b' ' | b'\t' | b'[' | b'@' | b'$'));
    for scheme in ["Bearer", "bearer", "Basic", "token", "Token"] {
        if text.get(..end).is_some_and(|t| t.ends_with(scheme)) && end < at {
            end -= scheme.len();
            end = back(end, &|b| matches!(b, b'"' | b'\'' | b'`' | b'\\' | b' ' | b'f'));
            break;
        }
    }
    let operator = back(end, &|b| matches!(b, b'=' | b':' | b'>' | b',' | b' ' | b'\t' | b'|' | b'?' | b'('));
    let bare = bytes[operator..end].iter().all(|b| blank(*b));
    end = back(operator, &|b| matches!(b, b'"' | b'\'' | b'`' | b'\\' | b']' | b'*'));
    let start = back(end, &is_name);
    let written = text.get(start..end).unwrap_or("");
    // Without an operator only an option names what follows it.
    if bare && !written.starts_with("--") {
        return "";
    }
    let name = written.trim_matches(['.', '-', '$']);
    if matches!(name.to_ascii_lowercase().as_str(), "value" | "val" | "string" | "default") {
        return apart::name_before(text, start).unwrap_or(name);
    }
    // `os.environ.get("NAME", "value")`: the name is the text before the comma.
    name
}

/// The text on the line before `at`, and the line above when that opens something.
pub(super) fn line_before(text: &str, at: usize) -> &str {
    let bytes = text.as_bytes();
    let floor = at.saturating_sub(240);
    let line = bytes[floor..at].iter().rposition(|b| *b == b'\n').map_or(floor, |i| floor + i);
    let above = bytes[floor..line].iter().rposition(|b| *b == b'\n').map_or(floor, |i| floor + i);
    let opens = bytes[above..line].iter().rev().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| b"({[:".contains(b));
    text.get(if opens { above } else { line }..at).unwrap_or("")
}

/// The name of the block of a YAML document or the table of an object that `at` stands in.
pub(super) fn block_of(text: &str, at: usize) -> &str {
    let before = &text[..at];
    let line = before.rfind('\n').map_or(0, |i| i + 1);
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let own = indent(&text[line..at]);
    let opened = before[..line].lines().rev().take(20).find(|l| !l.trim().is_empty() && indent(l) < own);
    opened.map_or("", |l| {
        let name = l.trim_matches([' ', '\t', '{', ':', '=', '"', '\'', '(']);
        if name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-. ".contains(&b)) {
            name
        } else {
            ""
        }
    })
}

/// Whether one of `words` stands within a few hundred bytes of `at`.
pub(super) fn is_near(text: &str, at: usize, words: &[&str]) -> bool {
    let bytes = text.as_bytes();
    let window = &bytes[at.saturating_sub(300)..bytes.len().min(at + 400)];
    words.iter().any(|w| memchr::memmem::find(window, w.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_knows_its_name() {
        for (text, value, name) in [
            ("OPENAI_API_KEY=VAL", "VAL", "OPENAI_API_KEY"),
            ("\"apiKey\": \"VAL\"", "VAL", "apiKey"),
            ("headers = {\"Authorization\": f\"Bearer VAL\"}", "VAL", "Authorization"),
            ("  - name: MY_TOKEN\n    value: VAL", "VAL", "MY_TOKEN"),
            ("os.environ[\"KEY\"] = \"VAL\"", "VAL", "KEY"),
            ("just text VAL", "VAL", ""),
            ("run --api-key VAL", "VAL", "api-key"),
        ] {
            let at = text.rfind(value).unwrap();
            assert_eq!(name_of(text, at), name, "{text}");
        }
    }
}

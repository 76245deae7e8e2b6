//! The assignment reader. Input: a text and a place in a name. Output: the name with the value bound
//! to it, whatever the format: `name = "value"`, `"name": "value"`, `NAME=value`, `--name value`,
//! `<name>value</name>`, `f("name", "value")`, and pairs that stand apart (`name: X` / `value: Y`).
//! One reader serves all kinds; it knows no format but looks at the characters, so that escaped JSON,
//! here-documents and pasted snippets read alike: [`operator`] says where the value begins, [`literal`]
//! reads it. The way from a value to its name is in [`around`](super::around).

use std::borrow::Cow;
use std::ops::Range;

use super::literal::{self, Read};
use super::marks::{blank, is_name, quote, skip, space};
use super::{connection, operator};

/// How far a name may reach.
const NAME: usize = 80;

/// What a text lets stand for a value without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bare {
    /// Nothing: an unquoted word is an expression.
    Never,
    /// A word.
    Word,
    /// The rest of the line, up to a comment.
    Line,
    /// The rest of the line after a colon, a word after an equals sign (YAML with scripts in it).
    Colon,
}

/// A name with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound<'t> {
    /// The name as written.
    pub(super) name: &'t str,
    /// Where the name begins.
    pub(super) at: usize,
    /// Where the value stands, from its first to its last byte (over all pieces of a concatenation).
    pub(super) range: Range<usize>,
    /// The value, pieces joined, escapes of quotes undone.
    pub(super) value: Cow<'t, str>,
    /// Whether it stands in quotes.
    pub(super) quoted: bool,
}

/// The name around `hit`.
pub(super) fn name_around(text: &str, hit: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    // A literal may begin with what parts the name from the value before it (`UID=sa;PWD=`).
    let hit = if bytes[hit.start] == b';' { hit.start + 1..hit.end } else { hit };
    let parted = hit.start > 0 && bytes[hit.start - 1] == b';';
    let before = bytes[..hit.start].iter().rev().take(NAME).take_while(|b| !parted && is_name(**b)).count();
    let mut start = hit.start - before;
    // `\n` before a name in an escaped text is no part of it.
    if start > 0 && bytes[start - 1] == b'\\' && matches!(bytes[start], b'n' | b't' | b'r') && start < hit.start {
        start += 1;
    }
    // Nor is the indentation that a literal begins with.
    start += bytes[start..hit.end].iter().take_while(|b| blank(**b)).count();
    let mut end = hit.end;
    if bytes[hit.end - 1].is_ascii_alphanumeric() || is_name(bytes[hit.end - 1]) {
        end += bytes[hit.end..].iter().take(NAME).take_while(|b| is_name(**b)).count();
    } else {
        // The literal ends with an operator or a quote: the name ends before.
        let inside = bytes[hit.start..hit.end].iter().rev().take_while(|b| !b.is_ascii_alphanumeric()).count();
        end -= inside;
    }
    while end > hit.start && matches!(bytes[end - 1], b'.' | b'-') {
        end -= 1;
    }
    // Nor what else stands before the name.
    start += bytes[start..end.max(start)].iter().take_while(|b| !is_name(**b)).count();
    start..end.max(start)
}

/// The value bound to the name at `name`.
pub(super) fn bound<'t>(text: &'t str, name: Range<usize>, bare: Bare) -> Option<Bound<'t>> {
    let bytes = text.as_bytes();
    let shown = text.get(name.clone())?;
    let (value_at, bare) = operator::value_at(bytes, name.clone(), bare)?;
    let read = in_string(text, &name, value_at).or_else(|| literal::value(text, value_at, bare))?;
    Some(Bound {
        name: shown.trim_start_matches('.'),
        at: name.start,
        range: read.range,
        value: read.value,
        quoted: read.quoted,
    })
}

/// The value of `name=value` inside a text: connection strings (`;Password=value;`) and queries of URLs
/// (`?key=value&`).
fn in_string<'t>(text: &'t str, name: &Range<usize>, at: usize) -> Option<Read<'t>> {
    let bytes = text.as_bytes();
    let before = name.start.checked_sub(1).map(|i| bytes[i])?;
    if bytes.get(name.end) != Some(&b'=') || at != name.end + 1 || !b";?&\"' ".contains(&before) {
        return None;
    }
    let len = bytes[at..].iter().take(512).take_while(|b| **b > b' ' && !b";&\"'`<>\\".contains(b)).count();
    let ends = matches!(bytes.get(at + len), Some(b';' | b'&' | b'"' | b'\'' | b'\\' | b' '));
    // Keywords of libpq are parted by spaces, like much else: only beside a host.
    let spaced = before == b' ' || bytes.get(at + len) == Some(&b' ');
    let whole = !spaced || connection::host(text, name.start, &(at..at + len)).is_some();
    (len > 0 && ends && whole).then(|| Read {
        range: at..at + len,
        value: Cow::Borrowed(&text[at..at + len]),
        quoted: true,
    })
}

/// Whether the value of the name at `name` is looked up in a Kubernetes Secret: `valueFrom` with
/// `secretKeyRef` stands behind it.
pub(super) fn looked_up(text: &str, name: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let behind = quote(bytes, name.end).unwrap_or(name.end);
    let at = skip(bytes, behind, |b| space(b) || matches!(b, b',' | b'"'));
    let rest = &bytes[at..bytes.len().min(at + 120)];
    rest.starts_with(b"valueFrom") && memchr::memmem::find(rest, b"secretKeyRef").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, hit: &str, bare: Bare) -> Option<(String, String)> {
        let at = text.find(hit).unwrap();
        let bound = bound(text, name_around(text, at..at + hit.len()), bare)?;
        Some((bound.name.to_owned(), bound.value.into_owned()))
    }

    #[test]
    fn one_reader_for_every_form() {
        let cases: &[(&str, &str, Bare, &str, &str)] = &[
            ("OPENAI_API_KEY=abc123 # note", "API_KEY", Bare::Line, "OPENAI_API_KEY", "abc123"),
            ("  \"apiKey\": \"abc\",", "apiKey", Bare::Never, "apiKey", "abc"),
            ("api_key: str = \"abc\"", "api_key", Bare::Never, "api_key", "abc"),
            ("const apiKey: string = 'abc';", "apiKey", Bare::Never, "apiKey", "abc"),
            ("os.environ[\"OPENAI_API_KEY\"] = \"abc\"", "API_KEY", Bare::Never, "OPENAI_API_KEY", "abc"),
            ("os.environ.setdefault(\"MY_TOKEN\", \"abc\")", "TOKEN", Bare::Never, "MY_TOKEN", "abc"),
            ("- name: MY_TOKEN\n  value: abc", "TOKEN", Bare::Line, "MY_TOKEN", "abc"),
            ("{\"name\": \"MY_TOKEN\", \"value\": \"abc\"}", "TOKEN", Bare::Never, "MY_TOKEN", "abc"),
            ("{ name = \"MY_TOKEN\", value = \"abc\" }", "TOKEN", Bare::Never, "MY_TOKEN", "abc"),
            ("<add key=\"MyToken\" value=\"abc\" />", "Token", Bare::Never, "MyToken", "abc"),
            ("<password>abc</password>", "password", Bare::Never, "password", "abc"),
            ("<key>MyToken</key>\n<string>abc</string>", "Token", Bare::Line, "MyToken", "abc"),
            ("{\\\"api_key\\\": \\\"abc\\\"}", "api_key", Bare::Never, "api_key", "abc"),
            ("run --api-key abc --x", "api-key", Bare::Word, "--api-key", "abc"),
            ("ENV MY_TOKEN abc", "TOKEN", Bare::Word, "MY_TOKEN", "abc"),
            ("set MY_TOKEN=abc", "TOKEN", Bare::Word, "MY_TOKEN", "abc"),
            ("$env:MY_TOKEN = \"abc\"", "TOKEN", Bare::Word, "MY_TOKEN", "abc"),
            ("docker run -e MY_TOKEN=abc image", "TOKEN", Bare::Word, "MY_TOKEN", "abc"),
            ("token = (\n    \"ab\"\n    \"c\"\n)", "token", Bare::Never, "token", "abc"),
            ("token = \"ab\" + \"c\"", "token", Bare::Never, "token", "abc"),
            ("export MY_TOKEN='abc'", "TOKEN", Bare::Word, "MY_TOKEN", "abc"),
            ("builder().apiKey(\"abc\").build()", "apiKey", Bare::Never, "apiKey", "abc"),
            ("Server=x;Password=abc;Encrypt=True", "Password", Bare::Never, "Password", "abc"),
            ("get(\"https://x.net/v1?api_key=abc&q=1\")", "api_key", Bare::Never, "api_key", "abc"),
            ("process.env.MY_TOKEN || \"abc\"", "TOKEN", Bare::Never, "process.env.MY_TOKEN", "abc"),
            ("ENV[\"MY_TOKEN\"] ||= \"abc\"", "TOKEN", Bare::Never, "MY_TOKEN", "abc"),
            ("os.getenv(\"MY_TOKEN\") or \"abc\"", "TOKEN", Bare::Never, "MY_TOKEN", "abc"),
            ("os.getenv(\"MY_TOKEN\", default=\"abc\")", "TOKEN", Bare::Never, "MY_TOKEN", "abc"),
            ("Set `MY_TOKEN` to `abc` first.", "TOKEN", Bare::Word, "MY_TOKEN", "abc"),
            ("const MY_TOKEN: &'static str = \"abc\";", "TOKEN", Bare::Never, "MY_TOKEN", "abc"),
            ("the password `abc` opens it", "password", Bare::Word, "password", "abc"),
            (
                "variable \"my_token\" {\n  type = string\n  default = \"abc\"\n}",
                "token",
                Bare::Never,
                "my_token",
                "abc",
            ),
            ("env:\n- value: \"abc\"\n  name: MY_TOKEN\n", "TOKEN", Bare::Line, "MY_TOKEN", "abc"),
            ("$p = ConvertTo-SecureString \"abc\" -AsPlainText", "$p", Bare::Word, "$p", "abc"),
        ];
        for (text, hit, bare, name, value) in cases {
            assert_eq!(read(text, hit, *bare), Some(((*name).to_owned(), (*value).to_owned())), "{text}");
        }
    }

    #[test]
    fn expressions_and_comparisons_bind_nothing() {
        for text in
            ["api_key = get_key()", "if token == \"abc\":", "token: string;", "def f(token, other):", "# the token"]
        {
            let hit = if text.contains("api_key") { "api_key" } else { "token" };
            assert_eq!(read(text, hit, Bare::Never), None, "{text}");
        }
    }
}

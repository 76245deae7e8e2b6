//! The assignment reader. Input: a text and a place in a name. Output: the name with the value bound
//! to it, whatever the format: `name = "value"`, `"name": "value"`, `NAME=value`, `--name value`,
//! `<name>value</name>`, `f("name", "value")`, and pairs that stand apart (`name: X` / `value: Y`).
//! Also the other way, from a value to its name. One reader serves all kinds; it knows no format but
//! looks at the characters, so that escaped JSON, here-documents and pasted snippets read alike.

use std::borrow::Cow;
use std::ops::Range;

use super::connection;

/// How far a name, a gap or a value may reach.
const NAME: usize = 80;
const GAP: usize = 120;
const VALUE: usize = 6000;

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

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$')
}

fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The name around `hit`.
pub(super) fn name_around(text: &str, hit: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let before = bytes[..hit.start].iter().rev().take(NAME).take_while(|b| is_name(**b)).count();
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
    // A literal may begin with what stands before the name (`;pwd=`).
    start += bytes[start..end.max(start)].iter().take_while(|b| !is_name(**b)).count();
    start..end.max(start)
}

/// The value bound to the name at `name`.
pub(super) fn bound<'t>(text: &'t str, name: Range<usize>, bare: Bare) -> Option<Bound<'t>> {
    let bytes = text.as_bytes();
    let shown = text.get(name.clone())?;
    let (value_at, bare) = operator(bytes, name.clone(), bare)?;
    let read = in_string(text, &name, value_at).or_else(|| value(text, value_at, bare))?;
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

/// Skips one quote mark (plain, escaped, or an XML entity); its end.
fn quote(bytes: &[u8], at: usize) -> Option<usize> {
    let slashes = bytes[at..].iter().take(8).take_while(|b| **b == b'\\').count();
    match bytes.get(at + slashes) {
        Some(b'"' | b'\'' | b'`') => Some(at + slashes + 1),
        _ if bytes[at..].starts_with(b"&quot;") => Some(at + 6),
        _ => None,
    }
}

fn skip(bytes: &[u8], at: usize, what: fn(u8) -> bool) -> usize {
    at + bytes[at..].iter().take(GAP).take_while(|b| what(**b)).count()
}

/// Where the value of a name begins, and what it may be without quotes.
fn operator(bytes: &[u8], name: Range<usize>, bare: Bare) -> Option<(usize, Bare)> {
    let mut at = name.end;
    let quoted = quote(bytes, at);
    if let Some(end) = quoted {
        at = end;
    }
    let element = name.start > 0 && matches!(bytes[name.start - 1], b'<') && quoted.is_none();
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
            if let Some(value) = pair(bytes, name, at_operator) {
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
            pair(bytes, name, at_operator).map(|value| (value, Bare::Never))
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

/// The first byte after an operator and the spaces, brackets and line ends behind it.
fn after(bytes: &[u8], at: usize) -> usize {
    let near = skip(bytes, at, |b| matches!(b, b' ' | b'\t' | b'('));
    let far = skip(bytes, near, |b| space(b) || b == b'(');
    // A value on the next line counts only in quotes.
    if far > near && quote(bytes, far).is_some() { far } else { near }
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

/// The value that belongs to a name which is itself a value: `name: X`, then `value: Y`.
fn pair(bytes: &[u8], name: Range<usize>, from: usize) -> Option<usize> {
    apart(bytes, name.clone(), from).or_else(|| value_before(bytes, name))
}

/// The value on the line above a name: `- value: Y`, then `name: X`.
fn value_before(bytes: &[u8], name: Range<usize>) -> Option<usize> {
    if !is_name_of_pair(bytes, name.start) {
        return None;
    }
    let floor = name.start.saturating_sub(GAP * 2);
    let line = bytes[floor..name.start].iter().rposition(|b| *b == b'\n')? + floor;
    let above = bytes[floor..line].iter().rposition(|b| *b == b'\n')? + floor + 1;
    let skipped = bytes[above..line].iter().take_while(|b| b" \t-\"{".contains(b)).count();
    let rest = bytes[above + skipped..line].strip_prefix(b"value")?;
    let mark = rest.iter().take_while(|b| b"\": \t=".contains(b)).count();
    let quotes = rest[..mark].iter().rev().take_while(|b| **b == b'"').count();
    (mark > 0).then(|| line - rest.len() + mark - quotes)
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

fn apart(bytes: &[u8], name: Range<usize>, from: usize) -> Option<usize> {
    if !is_name_of_pair(bytes, name.start) {
        return None;
    }
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
    let word: Vec<u8> = before
        .iter()
        .rev()
        .skip_while(|b| matches!(b, b'"' | b'\'' | b'\\' | b'`' | b' ' | b':' | b'=' | b'>' | b'\t'))
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
        .map(u8::to_ascii_lowercase)
        .collect();
    let word: Vec<u8> = word.into_iter().rev().collect();
    [&b"name"[..], b"key", b"variable", b"parameter", b"envname", b"env_name", b"option", b"field"].contains(&&word[..])
}

/// A value that was read.
pub(super) struct Read<'t> {
    pub(super) range: Range<usize>,
    pub(super) value: Cow<'t, str>,
    pub(super) quoted: bool,
}

/// The value at `at`: a quoted text with the pieces joined to it, or a bare one.
pub(super) fn value(text: &str, at: usize, bare: Bare) -> Option<Read<'_>> {
    let bytes = text.as_bytes();
    let at = if bytes.get(at..)?.starts_with(b"ConvertTo-SecureString ") {
        at + bytes[at..].iter().take(60).position(|b| matches!(b, b'"' | b'\''))?
    } else {
        at
    };
    let letters = bytes
        .get(at..)?
        .iter()
        .take(2)
        .take_while(|b| matches!(b, b'r' | b'b' | b'u' | b'f' | b'R' | b'B' | b'F' | b'@' | b'$' | b'L'))
        .count();
    let open = if quote(bytes, at + letters).is_some() { at + letters } else { at };
    if quote(bytes, open).is_none() {
        return bare_value(text, at, bare);
    }
    let first = quoted(text, open)?;
    let mut range = first.clone();
    let mut value = Cow::Borrowed(text.get(first.clone())?);
    let mut end = quote(bytes, first.end)?;
    while let Some(piece) = continued(bytes, end).and_then(|at| quoted(text, at)) {
        value.to_mut().push_str(text.get(piece.clone())?);
        range.end = piece.end;
        let Some(next) = quote(bytes, piece.end) else { break };
        end = next;
        if value.len() > VALUE {
            break;
        }
    }
    Some(Read { range, value, quoted: true })
}

/// What stands inside the quotes that open at `open`; never over a line end, save in triple quotes.
pub(super) fn quoted(text: &str, open: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = quote(bytes, open)?;
    let mark = &bytes[open..start];
    if mark.len() == 1 && bytes[start..].starts_with(&[mark[0], mark[0]]) && mark[0] != b'`' {
        let inner = start + 2;
        let end = memchr::memmem::find(&bytes[inner..bytes.len().min(inner + VALUE)], &[mark[0]; 3])?;
        return Some(inner..inner + end);
    }
    let mut at = start;
    while at < bytes.len().min(start + VALUE) {
        match bytes[at] {
            b'\n' | b'\r' => return None,
            _ if bytes[at..].starts_with(mark) => return Some(start..at),
            b'\\' if mark.len() == 1 => at += 2,
            _ => at += 1,
        }
    }
    None
}

/// Where the next piece opens, when the text goes on after a closing quote: by an operator, a line
/// end in brackets (Python), or a backslash.
fn continued(bytes: &[u8], end: usize) -> Option<usize> {
    let gap = skip(bytes, end, |b| space(b) || matches!(b, b'+' | b'\\' | b'.' | b'&'));
    let between = bytes.get(end..gap)?;
    let operators = between.iter().filter(|b| !space(**b) && **b != b'\\').count();
    let lines = between.contains(&b'\n');
    let joined = operators > 0 || (lines && !between.is_empty());
    let quote_there = matches!(bytes.get(gap), Some(b'"' | b'\''));
    // Two lines of quoted text may be two elements of a list: only an operator joins those, or
    // brackets, which the caller's name has already opened.
    (joined && quote_there && operators <= 2 && (operators > 0 || lines)).then_some(gap)
}

fn bare_value(text: &str, at: usize, bare: Bare) -> Option<Read<'_>> {
    let bytes = text.as_bytes();
    let rest = bytes.get(at..)?;
    let line = rest.iter().take(VALUE).take_while(|b| !matches!(b, b'\n' | b'\r')).count();
    let len = match bare {
        Bare::Never => return None,
        Bare::Word => rest[..line].iter().take_while(|b| !b" \t;\"'`<>)|,".contains(b)).count(),
        Bare::Line | Bare::Colon => {
            let cut = [&b" #"[..], b"\t#", b" //", b"</", b"\\n", b"\\\""]
                .iter()
                .filter_map(|c| memchr::memmem::find(&rest[..line], c))
                .min();
            cut.unwrap_or(line)
        }
    };
    let value = text.get(at..at + len)?.trim_end_matches([' ', '\t', ',', ';', '"', '\'', '`']);
    (!value.is_empty()).then(|| Read { range: at..at + value.len(), value: Cow::Borrowed(value), quoted: false })
}

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
        return pair_name(text, start).unwrap_or(name);
    }
    // `os.environ.get("NAME", "value")`: the name is the text before the comma.
    name
}

/// The X of `name: X` that stands before a `value:` at `at`.
fn pair_name(text: &str, at: usize) -> Option<&str> {
    let from = (at.saturating_sub(GAP * 2)..at).find(|i| text.is_char_boundary(*i))?;
    let before = &text[from..at];
    let (word, place) = ["name", "key", "variable"]
        .iter()
        .filter_map(|w| {
            before
                .to_ascii_lowercase()
                .rfind(&format!("{w}\""))
                .or_else(|| before.to_ascii_lowercase().rfind(&format!("{w}:")))
                .or_else(|| before.to_ascii_lowercase().rfind(&format!("{w}=")))
                .or_else(|| before.to_ascii_lowercase().rfind(&format!("{w} ")))
                .or_else(|| before.to_ascii_lowercase().rfind(&format!("{w}>")))
                .map(|i| (*w, i))
        })
        .max_by_key(|(_, i)| *i)?;
    let rest = before[place + word.len()..].trim_start_matches(['"', '\'', '\\', ' ', ':', '=', '>', '\t']);
    let len = rest.bytes().take_while(|b| is_name(*b)).count();
    (len > 0).then(|| &rest[..len])
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

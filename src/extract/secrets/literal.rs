//! The literal that stands for a value. Input: a text and the place where the value begins. Output: its
//! text, in quotes with the pieces that are joined to it, or bare.

use std::borrow::Cow;
use std::ops::Range;

use super::assign::Bare;
use super::marks::{quote, skip, space};

/// How far a value may reach.
const VALUE: usize = 6000;

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

//! The characters between a name and its value: blanks, quote marks, what may be part of a name. Input: a
//! text and a place. Output: the place behind them. Every reader of assignments steps over them alike.

pub(super) use crate::matcher::is_name;

/// How far a gap may reach.
pub(super) const GAP: usize = 120;

pub(super) fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

pub(super) fn space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Skips one quote mark (plain, escaped, or an XML entity); its end.
pub(super) fn quote(bytes: &[u8], at: usize) -> Option<usize> {
    let slashes = bytes[at..].iter().take(8).take_while(|b| **b == b'\\').count();
    match bytes.get(at + slashes) {
        Some(b'"' | b'\'' | b'`') => Some(at + slashes + 1),
        _ if bytes[at..].starts_with(b"&quot;") => Some(at + 6),
        _ => None,
    }
}

pub(super) fn skip(bytes: &[u8], at: usize, what: fn(u8) -> bool) -> usize {
    at + bytes[at..].iter().take(GAP).take_while(|b| what(**b)).count()
}

/// The first byte after an operator and the spaces, brackets and line ends behind it.
pub(super) fn after(bytes: &[u8], at: usize) -> usize {
    let near = skip(bytes, at, |b| matches!(b, b' ' | b'\t' | b'('));
    let far = skip(bytes, near, |b| space(b) || b == b'(');
    // A value on the next line counts only in quotes.
    if far > near && quote(bytes, far).is_some() { far } else { near }
}

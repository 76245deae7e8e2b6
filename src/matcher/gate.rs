//! What must stand around a literal before anybody looks at it. Gates cost nanoseconds and drop most
//! candidates; they may let through what is nothing, never drop what is something.

use super::gram::{is_token, opens_token};

/// The condition on the bytes around a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// None.
    Free,
    /// The prefix of a value: no token character before it, eight after it.
    Prefix,
    /// The inside of a value: eight token characters on both sides.
    Infix,
    /// A word of a name: the name ends soon, and something follows that may bind a value to it.
    Name,
    /// The scheme of a URL: user information follows.
    Url,
}

/// Longest rest of a name after a keyword.
const NAME: usize = 48;

/// Longest user information of a URL.
const USER: usize = 400;

impl Gate {
    /// Whether a literal at `start..end` of `text` passes.
    #[inline]
    #[must_use]
    pub fn passes(self, text: &[u8], start: usize, end: usize) -> bool {
        match self {
            Self::Free => true,
            Self::Prefix => opens(text, start) && text.get(end).is_some_and(|b| is_token(*b)) && run(text, end) >= 8,
            Self::Infix => {
                // The engine is told of an infix of three bytes by the digit before it or the token behind it.
                let between =
                    text[..start].last().is_some_and(u8::is_ascii_digit) && text.get(end).is_some_and(|b| is_token(*b));
                let told = end - start >= 5 || between;
                told && run(text, end) >= 8 && text[..start].iter().rev().take_while(|b| is_token(**b)).count() >= 8
            }
            Self::Name => binds(text, start, end),
            Self::Url => text[end..].iter().take(USER).find(|b| ends_user(**b)) == Some(&b'@'),
        }
    }
}

/// Whether a token may begin at `start`. The letter of an escape (`\n`) before a value is no part of
/// it; any other letter, digit or byte beyond ASCII is.
fn opens(text: &[u8], start: usize) -> bool {
    match text[..start] {
        [.., b'\\', b'n' | b't' | b'r'] | [] => true,
        [.., before] => !before.is_ascii_alphanumeric() && opens_token(before),
    }
}

/// Token characters from `from`, counted up to eight.
fn run(text: &[u8], from: usize) -> usize {
    text[from..].iter().take(8).take_while(|b| is_token(**b) || matches!(b, b'.' | b'/' | b'+')).count()
}

fn ends_user(byte: u8) -> bool {
    byte <= b' ' || matches!(byte, b'@' | b'/' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b')' | b'?' | b'#')
}

/// Whether a byte may be part of a name that a value is bound to.
#[inline]
#[must_use]
pub fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$')
}

/// Whether a value may be bound to the name around `start..end`: by an operator with at least five
/// characters behind it, or in one of the forms where name and value stand apart.
fn binds(text: &[u8], start: usize, end: usize) -> bool {
    let Some(rest) = text[end..].iter().take(NAME).position(|b| !is_name(*b)) else { return false };
    let quotes = text[end + rest..].iter().take(8).take_while(|b| b"\\\"'`&".contains(b)).count();
    let mut at = end + rest + quotes;
    let gap = text[at..].iter().take(NAME).take_while(|b| matches!(b, b' ' | b'\t' | b']')).count();
    at += gap;
    match text.get(at) {
        Some(b'=' | b':') => value_follows(&text[at + 1..]),
        Some(b'|' | b'?') => text.get(at + 1) == text.get(at) && value_follows(&text[at + 2..]),
        Some(b',') if quotes > 0 => true,
        Some(b')') if quotes > 0 && otherwise(text, at + 1) => true,
        Some(b't' | b'i') if quotes > 0 && gap > 0 => {
            matches!(text[at + 1..], [b'o' | b's', b' ', ..]) && value_follows(&text[at + 3..])
        }
        Some(b'>') => quotes == 0,
        Some(b',' | b'\n' | b'\r' | b'<' | b'/' | b')') => is_a_value(text, start),
        Some(b'(' | b'`' | b'"') if quotes == 0 => value_follows(&text[at..]),
        Some(b'{') => quotes > 0 && gap > 0,
        Some(b'q') => quotes > 0,
        Some(b'v' | b'V') if quotes > 0 && gap > 0 => true,
        Some(_) if gap > 0 && quotes == 0 => is_option(text, start),
        Some(_) | None => false,
    }
}

/// Whether five characters of a value stand behind an operator, or a line end from which it may go on.
fn value_follows(rest: &[u8]) -> bool {
    value_begins(rest) || behind_type(rest).is_some_and(value_begins)
}

fn value_begins(rest: &[u8]) -> bool {
    let skipped = rest.iter().take(24).take_while(|b| b" \t\"'`\\(=:>".contains(b)).count();
    let value = &rest[skipped..];
    if matches!(value.first(), Some(b'\n' | b'\r' | b'$' | b'{' | b'!')) {
        return true;
    }
    value.len() >= 5 && value[..5].iter().all(|b| *b > b' ' && !b"\"'`,;)".contains(b))
}

/// What stands behind a short type annotation: `str = "…"`, `&'static str = "…"`.
fn behind_type(rest: &[u8]) -> Option<&[u8]> {
    let len = rest.iter().take(NAME).take_while(|b| b.is_ascii_alphanumeric() || b" _.[]|<>?&'".contains(b)).count();
    rest[len..].strip_prefix(b"=")
}

/// Whether `from` goes on with what holds when a look-up gives nothing: `or "…"`, `|| "…"`, `?? "…"`.
fn otherwise(text: &[u8], from: usize) -> bool {
    let gap = text[from..].iter().take(8).take_while(|b| **b == b' ').count();
    matches!(text[from + gap..], [b'o', b'r', b' ', b'"' | b'\'', ..] | [b'|', b'|', ..] | [b'?', b'?', ..])
}

/// Whether the name is itself bound to something (`name: X`), so that its value may stand apart.
fn is_a_value(text: &[u8], start: usize) -> bool {
    let before = text[..start].iter().rev().take(NAME).find(|b| !(is_name(**b) || b" \t\"'`\\".contains(b)));
    matches!(before, Some(b':' | b'=' | b'>'))
}

/// Whether the name is an option (`--name value`) or follows `ENV`, `ARG`, `setx`.
fn is_option(text: &[u8], start: usize) -> bool {
    let name = text[..start].iter().rev().take(NAME).take_while(|b| is_name(**b)).count();
    let name = start - name;
    text[name..].starts_with(b"--") || matches!(text[..name], [.., b'V' | b'v' | b'G' | b'g' | b'x' | b'X', b' '])
}

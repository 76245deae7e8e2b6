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
            Self::Infix => run(text, end) >= 8 && text[..start].iter().rev().take_while(|b| is_token(**b)).count() >= 8,
            Self::Name => binds(text, end),
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

/// Whether the name that goes on at `from` is followed by an operator, a quote or a space: anything
/// that a value may stand behind.
fn binds(text: &[u8], from: usize) -> bool {
    let rest =
        text[from..].iter().take(NAME).position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')));
    match rest.map(|n| text[from + n]) {
        Some(
            b'=' | b':' | b'"' | b'\'' | b'`' | b' ' | b'\t' | b'>' | b'<' | b'\\' | b']' | b')' | b',' | b'\n' | b'\r'
            | b'(',
        ) => true,
        Some(_) | None => false,
    }
}

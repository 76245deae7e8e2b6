//! Bytes → text. Input: the bytes of a file, or of one window of it. Output: its text in UTF-8, or
//! the word that it is none.

use std::borrow::Cow;

/// How the bytes were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Text, but not in UTF-8: each byte one character. Worth a notice.
    Latin1,
}

/// A NUL in the first bytes says that a file is no text, as git and others have it.
const HEAD: usize = 8 << 10;

/// The encoding of a file that begins with `bytes`; none when it is no text.
#[must_use]
pub fn encoding_of(bytes: &[u8]) -> Option<Encoding> {
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return Some(if is_utf8(&bytes[3..]) { Encoding::Utf8 } else { Encoding::Latin1 });
    }
    // UTF-32 begins like UTF-16 and goes on with NULs; nobody writes it.
    match bytes {
        [0xFF, 0xFE, rest @ ..] => return (!rest.starts_with(&[0, 0])).then_some(Encoding::Utf16Le),
        [0xFE, 0xFF, ..] => return Some(Encoding::Utf16Be),
        _ => {}
    }
    let head = &bytes[..bytes.len().min(HEAD)];
    if memchr::memchr(0, head).is_some() {
        return wide(head);
    }
    if is_utf8(bytes) {
        return Some(Encoding::Utf8);
    }
    looks_like_text(head).then_some(Encoding::Latin1)
}

/// The text of a whole file and how it was read; none when it is no text. Ordinary text is checked
/// once and borrowed.
#[must_use]
pub fn text(bytes: &[u8]) -> Option<(Cow<'_, str>, Encoding)> {
    let marked = matches!(bytes, [0xEF, 0xBB, 0xBF, ..] | [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..]);
    if !marked
        && memchr::memchr(0, &bytes[..bytes.len().min(HEAD)]).is_none()
        && let Ok(text) = simdutf8::basic::from_utf8(bytes)
    {
        return Some((Cow::Borrowed(text), Encoding::Utf8));
    }
    let encoding = encoding_of(bytes)?;
    Some((decode(bytes, encoding), encoding))
}

/// Decodes `bytes` as text in `encoding`. A mark at the beginning is left out; offsets count from
/// behind it. What the encoding does not know becomes U+FFFD.
#[must_use]
pub fn decode(bytes: &[u8], encoding: Encoding) -> Cow<'_, str> {
    match encoding {
        Encoding::Utf8 => {
            let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
            // The strict check takes many bytes at a time, the lossy one does not.
            std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
        }
        Encoding::Utf16Le => Cow::Owned(utf16(bytes, u16::from_le_bytes)),
        Encoding::Utf16Be => Cow::Owned(utf16(bytes, u16::from_be_bytes)),
        Encoding::Latin1 => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}

/// Whether `bytes` are UTF-8; a character cut off at the end does not count against them.
fn is_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// UTF-16 without a mark: most characters of any source are ASCII, so every other byte is NUL.
fn wide(head: &[u8]) -> Option<Encoding> {
    let pairs = head.len() / 2;
    let nul = |side: usize| head.as_chunks::<2>().0.iter().filter(|pair| pair[side] == 0).count();
    let (first, second) = (nul(0), nul(1));
    let mostly = |nuls: usize, others: usize| nuls * 10 >= pairs * 7 && others * 20 <= pairs;
    let (le, be) = (mostly(second, first), mostly(first, second));
    let encoding = match (le, be) {
        (true, _) => Encoding::Utf16Le,
        (_, true) => Encoding::Utf16Be,
        _ => return None,
    };
    let text = decode(head, encoding);
    let strange = text.chars().filter(|&c| is_strange(c)).count();
    (pairs >= 4 && strange * 100 <= text.chars().count()).then_some(encoding)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|&pair| unit(pair));
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned)
}

/// Whether bytes that are no UTF-8 may still be text in an older encoding: no more than one control
/// character in a hundred, and some letters.
fn looks_like_text(head: &[u8]) -> bool {
    let strange = head.iter().filter(|&&byte| is_strange(char::from(byte)) && byte < 0x80).count();
    let ascii = head.iter().filter(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')).count();
    strange * 100 <= head.len() && ascii * 10 >= head.len() * 3
}

fn is_strange(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}' | '\u{8}'))
        || c == char::REPLACEMENT_CHARACTER
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<(Encoding, String)> {
        let read = encoding_of(bytes).map(|encoding| (encoding, decode(bytes, encoding).into_owned()));
        assert_eq!(text(bytes).map(|(text, encoding)| (encoding, text.into_owned())), read);
        read
    }

    fn wide(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn utf8_is_borrowed_and_its_mark_left_out() {
        assert_eq!(read("naïve".as_bytes()), Some((Encoding::Utf8, "naïve".to_owned())));
        assert_eq!(read(b"\xEF\xBB\xBF{}"), Some((Encoding::Utf8, "{}".to_owned())));
        assert_eq!(read(b""), Some((Encoding::Utf8, String::new())));
        assert!(matches!(decode(b"plain", Encoding::Utf8), Cow::Borrowed("plain")));
    }

    #[test]
    fn utf16_is_read_with_and_without_its_mark() {
        let text = "KEY=värde 😀\r\nOTHER=1\r\n";
        assert_eq!(read(&wide(text, u16::to_le_bytes)), Some((Encoding::Utf16Le, text.to_owned())));
        assert_eq!(read(&wide(text, u16::to_be_bytes)), Some((Encoding::Utf16Be, text.to_owned())));
        let marked = format!("\u{feff}{text}");
        assert_eq!(read(&wide(&marked, u16::to_le_bytes)), Some((Encoding::Utf16Le, text.to_owned())));
        assert_eq!(read(&wide(&marked, u16::to_be_bytes)), Some((Encoding::Utf16Be, text.to_owned())));
    }

    #[test]
    fn older_text_is_latin1_and_no_text_is_nothing() {
        assert_eq!(read(b"caf\xe9 = 1\n"), Some((Encoding::Latin1, "café = 1\n".to_owned())));
        assert_eq!(read(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0"), None);
        assert_eq!(read(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), None);
        let noise: Vec<u8> = (0..4096u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 | 1).collect();
        assert_eq!(read(&noise), None, "compressed data without a NUL");
    }

    #[test]
    fn a_character_cut_at_the_end_is_no_other_encoding() {
        let cut = &"text in UTF-8 … €".as_bytes()[..19];
        assert!(std::str::from_utf8(cut).is_err());
        assert_eq!(encoding_of(cut), Some(Encoding::Utf8));
    }
}

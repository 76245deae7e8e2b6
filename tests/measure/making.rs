//! Makes values. Input: a shape as `documented.jsonl` writes it. Output: a value that belongs to nobody.
//!
//! The shapes are those of [`nhiscan::catalogue::shape`]; around them stand, in double brackets, what is
//! encoded or checked: `[[base64:S]]` and `[[base64url:S]]` are the text of the shape `S` encoded (the
//! latter without padding), `[[crc32-hex:S]]` the text, an underscore and its CRC-32 in hexadecimal,
//! `[[crc32-base36:S]]` the text and its CRC-32 in seven digits of base 36. They may be nested.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use nhiscan::catalogue::fake::from_shape;

/// A value of `shape`; `seed` and `variant` decide which.
///
/// # Panics
/// When the shape is malformed: the set is at fault then.
#[must_use]
pub fn value(shape: &str, seed: &str, variant: u32) -> String {
    let mut text = shape.to_owned();
    let mut depth = 0;
    while let Some(open) = text.rfind("[[") {
        let close = open + text[open..].find("]]").unwrap_or_else(|| panic!("{seed}: `[[` without `]]`"));
        let (how, inner) =
            text[open + 2..close].split_once(':').unwrap_or_else(|| panic!("{seed}: `[[` names nothing"));
        depth += 1;
        let inner = from_shape(inner, &format!("{seed} {depth}"), variant);
        let made = match how {
            "base64" => STANDARD.encode(inner),
            "base64url" => URL_SAFE_NO_PAD.encode(inner),
            "crc32-hex" => format!("{inner}_{:08x}", crc32fast::hash(inner.as_bytes())),
            "crc32-base36" => format!("{inner}{}", base36(crc32fast::hash(inner.as_bytes()))),
            _ => panic!("{seed}: `[[{how}:` is none of the known"),
        };
        text.replace_range(open..close + 2, &made);
    }
    from_shape(&text, seed, variant)
}

fn base36(mut number: u32) -> String {
    let mut digits = [b'0'; 7];
    for place in digits.iter_mut().rev() {
        *place = b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize];
        number /= 36;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

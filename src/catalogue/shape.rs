//! The documented shape of a credential, in a small language of its own. The build script includes
//! this file too, so that a malformed shape stops the build.
//!
//! `ghp_<alnum:30><crc32-base62:6>`: text stands for itself, `<class:n>` for `n` characters of a
//! class, `<class:n..m>` for `n` to `m`, `<a|b|c>` for one of several texts, `<uuid>` and `<jwt>` for
//! what they say, `<basic>` for a user and a password in base 64, `<pem64>` for a PEM key in it. `\n` is
//! a line end.

/// One part of a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Text that stands for itself.
    Text(String),
    /// Characters of a class, fewest and most.
    Class(u128, usize, usize),
    /// One of several texts.
    Choice(Vec<String>),
    /// A computed part.
    Computed(Computed),
}

/// A part that follows from the others or has an inner form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Computed {
    /// CRC-32 of the random part before it, in base 62, six characters.
    Crc32Base62,
    /// CRC-32 of all before it but a last `_`, its bytes from the lowest up, in hexadecimal.
    Crc32Hex,
    /// A version 4 UUID.
    Uuid,
    /// A signed JSON web token with issuer, subject and expiry.
    Jwt,
    /// `user:password` in base 64.
    Basic,
    /// A PEM private key in base 64.
    Pem64,
}

/// The classes of characters, by name. The names are those that shapes and models use.
pub const CLASSES: &[(&str, &str)] = &[
    ("digit", "0-9"),
    ("lower", "a-z"),
    ("upper", "A-Z"),
    ("alpha", "a-zA-Z"),
    ("alnum", "a-zA-Z0-9"),
    ("base36", "a-z0-9"),
    ("BASE36", "A-Z0-9"),
    ("hex", "0-9a-f"),
    ("HEX", "0-9A-F"),
    ("xdigit", "0-9a-fA-F"),
    ("base32", "A-Z2-7"),
    ("word", "a-zA-Z0-9_"),
    ("base64url", "a-zA-Z0-9_-"),
    ("base64", "a-zA-Z0-9+/"),
    ("base64pad", "a-zA-Z0-9+/="),
    ("token", "a-zA-Z0-9_.-"),
    ("uuid", "0-9a-fA-F-"),
    ("jwt", "a-zA-Z0-9_.=-"),
    ("dotted64", "a-zA-Z0-9+/=_.:-"),
    ("graphic", "!-~"),
];

/// The set of characters of the class called `name`, as bits.
#[must_use]
pub fn class(name: &str) -> Option<u128> {
    CLASSES.iter().find(|(known, _)| *known == name).map(|(_, ranges)| bits(ranges))
}

fn bits(ranges: &str) -> u128 {
    let bytes = ranges.as_bytes();
    let mut set = 0u128;
    let mut at = 0;
    while at < bytes.len() {
        let last = if bytes.get(at + 1) == Some(&b'-') && at + 2 < bytes.len() { bytes[at + 2] } else { bytes[at] };
        for byte in bytes[at]..=last {
            set |= 1 << byte;
        }
        at += if last == bytes[at] { 1 } else { 3 };
    }
    set
}

/// Whether `byte` is in the class `set`.
#[inline]
#[must_use]
pub fn holds(set: u128, byte: u8) -> bool {
    byte < 128 && set >> byte & 1 == 1
}

/// Reads a shape; the error says which part is wrong.
///
/// # Errors
/// When a part is not closed, or names an unknown class or length.
pub fn parse(shape: &str) -> Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    let mut rest = shape;
    while !rest.is_empty() {
        let open = rest.find('<').unwrap_or(rest.len());
        if open > 0 {
            segments.push(Segment::Text(rest[..open].replace("\\n", "\n")));
        }
        rest = &rest[open..];
        if let Some(inner) = rest.strip_prefix('<') {
            let close = inner.find('>').ok_or_else(|| format!("shape `{shape}`: `<` without `>`"))?;
            segments.push(part(&inner[..close]).ok_or_else(|| {
                format!("shape `{shape}`: `<{}>` is neither a class with a length nor a choice", &inner[..close])
            })?);
            rest = &inner[close + 1..];
        }
    }
    Ok(segments)
}

fn part(inner: &str) -> Option<Segment> {
    match inner {
        "uuid" => return Some(Segment::Computed(Computed::Uuid)),
        "jwt" => return Some(Segment::Computed(Computed::Jwt)),
        "basic" => return Some(Segment::Computed(Computed::Basic)),
        "pem64" => return Some(Segment::Computed(Computed::Pem64)),
        "crc32-hex:8" => return Some(Segment::Computed(Computed::Crc32Hex)),
        "crc32-base62:6" => return Some(Segment::Computed(Computed::Crc32Base62)),
        _ if inner.contains('|') => return Some(Segment::Choice(inner.split('|').map(str::to_owned).collect())),
        _ => {}
    }
    let (name, length) = inner.split_once(':')?;
    let (low, high) = length.split_once("..").unwrap_or((length, length));
    let (low, high) = (low.parse().ok()?, high.parse().ok()?);
    (low <= high && high > 0).then_some(Segment::Class(class(name)?, low, high))
}

/// The shortest and longest text of a shape.
#[must_use]
pub fn length(segments: &[Segment]) -> (usize, usize) {
    segments.iter().fold((0, 0), |(low, high), segment| {
        let (a, b) = match segment {
            Segment::Text(text) => (text.len(), text.len()),
            Segment::Class(_, a, b) => (*a, *b),
            Segment::Choice(texts) => {
                (texts.iter().map(String::len).min().unwrap_or(0), texts.iter().map(String::len).max().unwrap_or(0))
            }
            Segment::Computed(Computed::Crc32Base62) => (6, 6),
            Segment::Computed(Computed::Crc32Hex) => (8, 8),
            Segment::Computed(Computed::Uuid) => (36, 36),
            Segment::Computed(Computed::Jwt | Computed::Pem64) => (100, 400),
            Segment::Computed(Computed::Basic) => (32, 32),
        };
        (low + a, high + b)
    })
}

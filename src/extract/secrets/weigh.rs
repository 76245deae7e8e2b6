//! Whether a value bound to a name is a credential. Input: the value, what it is bound to, what the name
//! promises. Output: confidence with a doubt, or why it is none.

use std::ops::Range;

use super::assign::Bound;
use super::names::{self, Sort};
use super::{random, url};
use crate::parse::Kind as Format;

/// Words of names that only made-up values have.
pub(super) const MADE_UP: &[&str] =
    &["mock", "fake", "dummy", "example", "sample", "expected", "stub", "bogus", "invalid", "wrong", "test", "testing"];

/// The value without an authentication scheme before it.
pub(super) fn stripped(value: &str, range: Range<usize>) -> (&str, Range<usize>) {
    for scheme in ["Bearer ", "bearer ", "Basic ", "Token ", "token ", "ApiKey "] {
        if let Some(rest) = value.strip_prefix(scheme) {
            return (rest, range.start + scheme.len()..range.end);
        }
    }
    (value, range)
}

/// What no value of a credential looks like, whatever its name.
pub(super) fn plain(value: &str, bound: &Bound<'_>) -> Result<(), &'static str> {
    let bytes = value.as_bytes();
    if value.len() > 2048 {
        return Err("too long");
    }
    if bytes.iter().any(u8::is_ascii_whitespace) {
        return Err("several words");
    }
    if !value.is_ascii() {
        return Err("not ASCII");
    }
    if value.contains("://") {
        return Err("a URL");
    }
    if value.starts_with("eyJ") && value.contains('.') {
        return Err("a web token, judged as one");
    }
    if !bound.quoted && (bytes.iter().any(|b| b"()[]{};<>".contains(b)) || value.contains("=>")) {
        return Err("an expression");
    }
    let (name, word) = (names::squashed(bound.name), names::squashed(value));
    if name == word || (name.len() >= 6 && word.contains(&name)) || (word.len() >= 6 && name.contains(&word)) {
        return Err("its own name");
    }
    let digest = [
        "sha1-",
        "sha256-",
        "sha384-",
        "sha512-",
        "sha256:",
        "sha512:",
        "md5:",
        "ssh-rsa",
        "ssh-ed25519",
        "ecdsa-",
        "MIIBIj",
        "MIICIj",
        "MFkw",
        "MCow",
        "$2a$",
        "$2b$",
        "$2y$",
        "$argon2",
        "pbkdf2",
        "scrypt:",
        "{SSHA}",
        "data:",
    ];
    if digest.iter().any(|d| value.starts_with(d)) {
        return Err("a digest or a public key");
    }
    if bytes.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':' | b'_' | b',')) && value.len() < 24 {
        return Err("a number");
    }
    Ok(())
}

/// Confidence, and the doubt that lowers it.
pub(super) type Weighed = (&'static str, Option<&'static str>);

/// A token, key or secret: drawn at random.
pub(super) fn secret(value: &str, sort: Sort) -> Result<Weighed, &'static str> {
    let bytes = value.as_bytes();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = bytes.iter().filter(|b| b.is_ascii_alphabetic()).count();
    if bytes.iter().any(|b| b"(){}[]<>|;,\\\"'` *".contains(b)) {
        return Err("an expression");
    }
    let (least, surest) = if sort == Sort::Secret { (16, 20) } else { (24, 200) };
    if value.len() < least {
        return Err("too short");
    }
    if digits == 0 || letters == 0 || !random::looks_random(value) {
        return Err("looks like a name");
    }
    let pieces = value.split(['-', '_', '.', '/', ':']).filter(|p| p.len() >= 3).count();
    if pieces >= 3 && random::surprise(value) < 5.6 && !is_uuid(value) {
        return Err("looks like a name");
    }
    if sort == Sort::Maybe && is_uuid(value) {
        return Err("an identifier");
    }
    Ok((if value.len() >= surest { "medium" } else { "low" }, None))
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value
            .bytes()
            .enumerate()
            .all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}

/// A password: may be a word where deployments put passwords, must be more than one in code and prose.
pub(super) fn password(value: &str, bound: &Bound<'_>, format: Format) -> Result<Weighed, &'static str> {
    let bytes = value.as_bytes();
    if !(5..=128).contains(&value.len()) {
        return Err("too short or too long");
    }
    let has = |f: fn(&u8) -> bool| bytes.iter().any(f);
    let (digit, lower, upper) = (has(u8::is_ascii_digit), has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase));
    let special = bytes.iter().any(|b| b.is_ascii_punctuation() && !b"-_./:".contains(b));
    let kinds = u8::from(digit) + u8::from(lower) + u8::from(upper) + u8::from(special);
    let plain_word = !digit && !special;
    if plain_word {
        let env_name = bound.name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        let deployed = matches!(format, Format::Dotenv | Format::Dockerfile | Format::Hcl)
            || (matches!(format, Format::Yaml | Format::Shell) && env_name);
        return if deployed && !upper && value.len() >= 6 && !value.contains(['/', '.', ':']) {
            Ok(("low", Some("dictionary-password")))
        } else {
            Err("a plain word")
        };
    }
    if bytes.iter().any(|b| b"(){}[]<>\\\"'`".contains(b)) && !bound.quoted {
        return Err("an expression");
    }
    if !bound.quoted && matches!(format, Format::Markdown | Format::Text) && kinds < 3 {
        return Err("prose");
    }
    if value.contains(['/', '\\']) && !random::looks_random(value) {
        return Err("a path");
    }
    if url::is_words(value) {
        return Ok(("low", Some("dictionary-password")));
    }
    let strong = kinds >= 3 && value.len() >= 8 || value.len() >= 12 && random::looks_random(value);
    Ok(if strong { ("medium", None) } else { ("low", Some("dictionary-password")) })
}

//! Private keys in PEM armour. Input: a text and the place of `PRIVATE KEY…-----`. Output: [`Key`], or
//! why it is none: a constant that names the header, a truncated example, the END line.

use std::ops::Range;

use super::found::{Found, Rank};
use super::{random, value};
use crate::catalogue::credential::Kind;

/// A private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// From BEGIN to the end of END.
    pub(super) range: Range<usize>,
    /// The key material.
    pub(super) body: Range<usize>,
    /// Whether it is encrypted with a passphrase.
    pub(super) encrypted: bool,
    /// Whether it is part of a Google service account key file.
    pub(super) service_account: bool,
}

/// Longest armour that is looked at.
const LONGEST: usize = 24 * 1024;

/// The key whose header holds `hit`.
pub(super) fn key(text: &str, hit: Range<usize>) -> Result<Key, &'static str> {
    let bytes = text.as_bytes();
    let from = hit.start.saturating_sub(40);
    let begin = memchr::memmem::rfind(&bytes[from..hit.start], b"-----BEGIN").ok_or("not a BEGIN line")? + from;
    if bytes[begin..hit.start].windows(8).any(|w| w == b"-----END") {
        return Err("the END line");
    }
    let limit = bytes.len().min(hit.end + LONGEST);
    let end = memchr::memmem::find(&bytes[hit.end..limit], b"-----END").map(|i| hit.end + i).ok_or("no END line")?;
    let armour = text.get(hit.end..end).ok_or("no text")?;
    let encrypted = text[begin..hit.end].contains("ENCRYPTED") || armour.contains("4,ENCRYPTED");
    let material: String = material(armour);
    if material.len() < 60 || armour.contains("...") || armour.contains('…') || armour.contains("${") {
        return Err("no key between the lines");
    }
    if random::entropy(&material) < 4.0 || value::no_secret(&material) == Some("repeated characters") {
        return Err("too regular");
    }
    let close = bytes[end + 5..bytes.len().min(end + 60)]
        .windows(5)
        .position(|w| w == b"-----")
        .map_or(end + 8, |i| end + 10 + i);
    let around = &bytes[begin.saturating_sub(1500)..bytes.len().min(close + 1500)];
    let service_account = memchr::memmem::find(around, b"service_account").is_some()
        && memchr::memmem::find(around, b"client_email").is_some();
    Ok(Key { range: begin..close, body: hit.end..end, encrypted, service_account })
}

/// The kind of the key whose `PRIVATE KEY` stands at `at`: what the words before it say.
fn id(text: &str, at: usize, service_account: bool) -> &'static str {
    let before = text.get(at.saturating_sub(8)..at).unwrap_or("");
    [
        ("RSA ", "rsa-private-key"),
        ("EC ", "ec-private-key"),
        ("DSA ", "dsa-private-key"),
        ("OPENSSH ", "openssh-private-key"),
        ("PGP ", "pgp-private-key"),
    ]
    .iter()
    .find(|(words, _)| before.ends_with(words))
    .map_or(if service_account { "gcp-service-account-key" } else { "private-key" }, |(_, kind)| kind)
}

/// The base64 of an armour, without line ends in whatever notation and without its headers.
pub(super) fn material(armour: &str) -> String {
    armour
        .replace("\\r", "")
        .replace("\\n", "\n")
        .lines()
        .filter(|line| !line.contains(": "))
        .flat_map(str::chars)
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))
        .collect()
}

/// The credential of `kind` whose header stands at `hit`.
pub(super) fn found(kind: &'static Kind, text: &str, hit: Range<usize>) -> Result<Found, &'static str> {
    let plain = id(text, hit.start, false);
    if plain != kind.id && !(plain == "private-key" && kind.id == id(text, hit.start, true)) {
        return Err("another kind of key");
    }
    let key = key(text, hit.clone())?;
    if kind.id != id(text, hit.start, key.service_account) {
        return Err("another kind of key");
    }
    let mut found = Found::literal(kind, text, key.range.clone(), Rank::Form);
    found.secret = material(&text[key.body.clone()]);
    found.mask = key.range;
    if key.encrypted {
        found.held = "encrypted";
        found.secret.clear();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{credential::by_id, fake};

    fn of(text: &str) -> Result<Key, &'static str> {
        let at = text.find("PRIVATE KEY-----").unwrap();
        key(text, at..at + 16)
    }

    #[test]
    fn a_header_alone_is_no_key() {
        for text in [
            "HEADER = \"-----BEGIN PRIVATE KEY-----\"",
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA...\n-----END RSA PRIVATE KEY-----",
        ] {
            assert!(of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_is_found_with_real_and_with_escaped_line_ends() {
        let text = fake::value(by_id("private-key").unwrap(), 1);
        let key = of(&text).unwrap();
        assert_eq!(key.range, 0..text.len());
        assert!(of(&text.replace('\n', "\\n")).is_ok());
    }
}

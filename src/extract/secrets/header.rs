//! `Authorization` headers, bearer and basic, and logins on command lines. Input: a text and the place
//! behind the scheme or command. Output: the value, or why it is none.

use std::ops::Range;

use base64::Engine as _;

use super::found::{Found, Rank};
use super::line::host_doubts;
use super::{random, sequence, url, value};
use crate::catalogue::credential::Kind;

/// The token behind `Bearer `.
pub(super) fn bearer(text: &str, at: usize) -> Result<Range<usize>, &'static str> {
    let rest = &text.as_bytes()[at..];
    let token = |b: &u8| b.is_ascii_alphanumeric() || b"._~+/=-".contains(b);
    let len = rest.iter().take(4096).take_while(|b| token(b)).count();
    let range = at..at + len;
    let value = text[range.clone()].trim_end_matches('.');
    let range = at..at + value.len();
    if value::cut_short(&text[range.end..]) {
        return Err("cut short");
    }
    if value.len() < 20 {
        return Err("too short");
    }
    if let Some(reason) = value::no_secret(value) {
        return Err(reason);
    }
    if !random::looks_random(value) || !value.bytes().any(|b| b.is_ascii_digit()) {
        return Err("looks like a name");
    }
    Ok(range)
}

/// User and password behind `Basic `.
pub(super) fn basic(text: &str, at: usize) -> Result<Range<usize>, &'static str> {
    let rest = &text.as_bytes()[at..];
    let start = at + rest.iter().take_while(|b| **b == b' ').count();
    let len = text.as_bytes()[start..]
        .iter()
        .take(512)
        .take_while(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b))
        .count();
    let range = start..start + len;
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(&text[range.clone()])
        .ok()
        .and_then(|b| String::from_utf8(b).ok());
    let decoded = decoded.ok_or("not base64")?;
    let (user, password) = decoded.split_once(':').ok_or("no user and password inside")?;
    if password.len() < 6 || decoded.chars().any(char::is_control) {
        return Err("too short");
    }
    if user == password {
        return Err("placeholder");
    }
    match value::no_secret(password) {
        Some(reason) => Err(reason),
        None => Ok(range),
    }
}

/// The password of `curl … -u user:password`, with the user before it.
pub(super) fn command_line(text: &str, at: usize) -> Result<(Range<usize>, Range<usize>), &'static str> {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let line = &rest[..rest.iter().take(400).take_while(|b| !matches!(b, b'\n' | b'|' | b';')).count()];
    let option = [&b" -u "[..], b" --user ", b" -u", b" --user="]
        .iter()
        .find_map(|o| memchr::memmem::find(line, o).map(|i| i + o.len()))
        .ok_or("no login")?;
    let quotes = line[option..].iter().take_while(|b| matches!(b, b'"' | b'\'' | b'\\')).count();
    let start = option + quotes;
    let len = line[start..].iter().take_while(|b| **b > b' ' && !b"\"'\\`)".contains(b)).count();
    let colon = line[start..start + len].iter().position(|b| *b == b':').ok_or("no password")?;
    let (user, password) = (at + start..at + start + colon, at + start + colon + 1..at + start + len);
    let secret = text.get(password.clone()).ok_or("no text")?;
    if secret.len() < 6 {
        return Err("too short");
    }
    match value::no_secret(secret) {
        Some(reason) => Err(reason),
        None => Ok((user, password)),
    }
}

/// The credential of `kind` behind the scheme or command at `hit`.
pub(super) fn found(kind: &'static Kind, text: &str, hit: Range<usize>) -> Result<Found, &'static str> {
    if kind.id == "command-line-login" {
        let (user, password) = command_line(text, hit.start + 4)?;
        let word = text[password.clone()].to_ascii_lowercase();
        let weak = word == text[user].to_ascii_lowercase() || url::is_words(&word);
        let mut found = Found::literal(kind, text, password, Rank::Header);
        found.confidence = "medium";
        return Ok(found.doubting(weak.then_some("dictionary-password")));
    }
    let is_basic = text[hit.clone()].to_ascii_lowercase().ends_with("basic");
    let range = if is_basic { basic(text, hit.end)? } else { bearer(text, hit.end)? };
    let mut found = Found::literal(kind, text, range, Rank::Header);
    found.confidence = "medium";
    found.doubts.extend(sequence::doubt(&found.secret));
    let doubts = called(text, hit.start).map(host_doubts).unwrap_or_default();
    let inside = called(text, hit.start).is_some_and(is_private).then_some("private-host");
    Ok(found.doubting(doubts.into_iter().chain(inside)))
}

/// The host of the URL on the line of a header, as command lines have them.
fn called(text: &str, at: usize) -> Option<&str> {
    let line = at - text[..at].bytes().rev().take(400).take_while(|b| *b != b'\n').count();
    let line = text.get(line..)?.lines().next()?;
    let host = line.split_once("://")?.1;
    let end = host.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_')).unwrap_or(host.len());
    host.get(..end)
}

/// Whether a host is an address of a private network (RFC 1918).
fn is_private(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_private())
}

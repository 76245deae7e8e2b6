//! `Authorization` headers, bearer and basic. Input: a text and the place behind the scheme. Output: the
//! value, or why it is none.

use std::ops::Range;

use base64::Engine as _;

use super::{random, value};

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

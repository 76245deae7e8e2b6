//! Values of Kubernetes Secrets, which are only encoded. Input: a document. Output: the credentials among
//! its decoded values.

use std::ops::Range;

use base64::Engine as _;

use super::assign::Bound;
use super::found::{Found, Rank};
use super::names::Sort;
use super::search::{One, Search, search};
use super::weigh::{password, plain};
use super::{forms, names, random, value};
use crate::catalogue::credential::{Kind, by_id};
use crate::matcher::Matcher;
use crate::parse::{Document, Kind as Format};
use crate::span::LineIndex;

/// A value of a Kubernetes Secret.
struct Encoded<'t> {
    /// Its key.
    name: &'t str,
    /// Where the encoded value stands.
    range: Range<usize>,
    /// Decoded.
    value: String,
}

/// The decoded `data` of the Kubernetes Secrets in `text`.
fn values(text: &str) -> Vec<Encoded<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for document in text.split_inclusive("\n---") {
        if document.lines().any(|line| line.trim_end() == "kind: Secret") {
            data(document, at, &mut found);
        }
        at += document.len();
    }
    found
}

fn data<'t>(document: &'t str, base: usize, found: &mut Vec<Encoded<'t>>) {
    let mut at = base;
    let mut inside = false;
    for line in document.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim_end();
        if !body.starts_with([' ', '\t', '#', '-']) && !body.is_empty() {
            inside = body == "data:";
            continue;
        }
        let Some((key, value)) = body.trim_start().split_once(':').filter(|_| inside) else { continue };
        let value = value.split(" #").next().unwrap_or(value);
        let trimmed = value.trim().trim_matches(['"', '\'']);
        let code = base64::engine::general_purpose::STANDARD;
        let decoded = code.decode(trimmed).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let (Some(decoded), Some(offset)) = (decoded, line.find(trimmed).filter(|_| !trimmed.is_empty())) {
            let range = start + offset..start + offset + trimmed.len();
            found.push(Encoded { name: key.trim(), range, value: decoded.trim_end().to_owned() });
        }
    }
}

impl One<'_> {
    /// The decoded values of Kubernetes Secrets.
    pub(super) fn kubernetes(&self, out: &mut Search) {
        for encoded in values(self.text) {
            let Some(generic) = by_id("generic-secret") else { return };
            // What is only encoded looks random: nobody but this may judge it.
            let (start, end) = (encoded.range.start, encoded.range.end);
            out.found.retain(|f| f.range.end <= start || f.range.start >= end);
            let answer = self.encoded(&encoded, generic);
            self.consider(out, answer.as_ref().map_or(generic, |f| f.kind), &encoded.range, encoded.name, answer);
        }
    }

    fn encoded(&self, encoded: &Encoded<'_>, generic: &'static Kind) -> Result<Found, &'static str> {
        let value = encoded.value.as_str();
        let literal = |kind, rank| {
            let mut found = Found::literal(kind, self.text, encoded.range.clone(), rank);
            found.name = encoded.name.to_owned();
            found.secret = value.to_owned();
            found
        };
        if let Some(form) = forms::of_value(value) {
            return Ok(literal(form.kind, Rank::Form).doubting(form.doubts));
        }
        if value.starts_with("eyJ") || value.contains("://") || value.contains(['\n', '{', ';', ' ']) {
            // A key, a token, a file of its own: read like any other text.
            let lines = LineIndex::new(value);
            let hits = Matcher::scan(value.as_bytes());
            let inner = Document::whole("", Format::Ini, value, &lines, hits);
            let found = search(&inner, false).found.into_iter().find(|f| f.held == "literal");
            if let Some(inner) = found {
                let mut found = literal(inner.kind, inner.rank);
                found.confidence = inner.confidence;
                found.secret = inner.secret;
                found.host = inner.host;
                found.expires = inner.expires;
                found.public = inner.public;
                return Ok(found.doubting(inner.doubts));
            }
        }
        if let Some(reason) = value::no_secret(value) {
            return Err(reason);
        }
        if let Some((form, _)) = forms::by_name(value, encoded.name, "") {
            return Ok(literal(form.kind, Rank::Name).doubting(form.doubts));
        }
        let bound = Bound { name: encoded.name, at: 0, range: 0..value.len(), value: value.into(), quoted: true };
        plain(value, &bound)?;
        let random = value.len() >= 16 && random::looks_random(value);
        let sort = names::sort(encoded.name);
        let weighed = match sort {
            _ if random => ("medium", None),
            Sort::Password => password(value, &bound, Format::Dotenv)?,
            Sort::Secret if value.len() >= 6 && value.bytes().any(|b| b.is_ascii_digit()) => {
                ("low", Some("dictionary-password"))
            }
            _ => return Err("neither name nor value speak of a credential"),
        };
        let mut found = literal(generic, Rank::Name);
        found.confidence = weighed.0;
        Ok(found.doubting(weighed.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_kubernetes_secrets_are_decoded() {
        let encoded = base64::engine::general_purpose::STANDARD.encode("kT9wZq31xB");
        let text = format!(
            "kind: ConfigMap\ndata:\n  a: b\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  password: {encoded} # note\n"
        );
        let found = values(&text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name, found[0].value.as_str()), ("password", "kT9wZq31xB"));
        assert_eq!(&text[found[0].range.clone()], encoded);
    }
}

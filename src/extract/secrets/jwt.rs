//! JSON web tokens. Input: a text and the place of a header. Output: [`Token`] with what its claims say,
//! or why it is none. Claims are decoded, never verified.

use std::ops::Range;

use base64::Engine as _;
use serde_json::Value;

use super::found::{Found, Rank};
use crate::catalogue::credential::{Kind, by_id};

/// A token and its claims.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    /// Where it stands.
    pub(super) range: Range<usize>,
    /// `iss`.
    pub(super) issuer: Option<String>,
    /// `role`, as database platforms put it.
    pub(super) role: Option<String>,
    /// Whether it has an expiry.
    pub(super) expires: bool,
    /// What speaks against it.
    pub(super) doubts: Vec<&'static str>,
}

/// Seconds of a life so short that a token is over before it is committed.
const BRIEF: i64 = 3600;

/// Tokens that ended before this are no use to anybody (2026-01-01); fixed, so that the same input
/// always gives the same output, and moved with releases.
const LONG_AGO: i64 = 1_767_225_600;

/// The token that begins at `at`.
pub(super) fn token(text: &str, at: usize) -> Result<Token, &'static str> {
    let bytes = text.as_bytes();
    let run = |from: usize| {
        bytes[from..]
            .iter()
            .take(8192)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'='))
            .count()
    };
    let header_end = at + run(at);
    if bytes.get(header_end) != Some(&b'.') {
        return Err("no payload");
    }
    let payload_end = header_end + 1 + run(header_end + 1);
    let signed = bytes.get(payload_end) == Some(&b'.');
    let end = if signed { payload_end + 1 + run(payload_end + 1) } else { payload_end };
    let header = decode(&text[at..header_end]).ok_or("the header is no JSON")?;
    if header.get("alg").is_none() {
        return Err("the header names no algorithm");
    }
    let Some(claims) = decode(&text[header_end + 1..payload_end]) else { return Err("the payload is no JSON") };
    let signature = end.saturating_sub(payload_end + 1);
    if signature < 16 {
        return Err("no signature");
    }
    let text_of = |key: &str| claims.get(key).and_then(Value::as_str).map(str::to_owned);
    if text_of("sub").is_some_and(|s| s == "1234567890") || text_of("name").is_some_and(|s| s == "John Doe") {
        return Err("example of public documentation");
    }
    if claims.as_object().is_some_and(serde_json::Map::is_empty) {
        return Err("the claims name nobody");
    }
    // Hugging Face's evaluator signs the results on a model's public card so: `{"hash": …, "version": 1}`
    // (<https://huggingface.co/docs/hub/model-cards>, seen on public cards 2026-11-25).
    let signed =
        |claims: &serde_json::Map<String, Value>| claims.keys().all(|key| matches!(&**key, "hash" | "version"));
    if claims.as_object().is_some_and(signed) {
        return Err("the signature of a published result");
    }
    // What makes it may put the name of its stage before the token: `state=prod_…`.
    let before = text[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if ["?state=", "&state=", "&amp;state="].iter().any(|key| before.ends_with(key)) {
        return Err("the state of a login that is over");
    }
    if is_signed_link(&text[..at]) {
        return Err("a signed link to one file");
    }
    let exp = claims.get("exp").and_then(Value::as_i64);
    let mut doubts = Vec::new();
    let from = ["iat", "nbf"].iter().find_map(|key| claims.get(*key).and_then(Value::as_i64));
    let brief = exp.zip(from).is_some_and(|(exp, from)| exp.saturating_sub(from) <= BRIEF);
    if brief || exp.is_some_and(|exp| exp < LONG_AGO) {
        doubts.push("expired");
    }
    if text_of("iss").is_some_and(|iss| iss.contains("example") || iss == "supabase-demo" || iss.contains("localhost"))
    {
        doubts.push("example-issuer");
    }
    if end < bytes.len() && super::value::cut_short(&text[end..]) {
        return Err("cut short");
    }
    let role = text_of("role").filter(|r| !r.is_empty());
    Ok(Token { range: at..end, issuer: text_of("iss"), role, expires: exp.is_some(), doubts })
}

/// Whether a value is a whole encrypted token in compact form (RFC 7516): five parts, of which the key is empty where
/// one shared key encrypts (`dir`), so that two dots stand side by side.
pub(super) fn is_encrypted(value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    let [header, key, vector, text, tag] = parts.as_slice() else { return false };
    let coded = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let Some(header) = decode(header) else { return false };
    let direct = header.get("alg").and_then(Value::as_str) == Some("dir");
    direct
        && header.get("enc").is_some()
        && key.is_empty()
        && vector.len() >= 16
        && text.len() >= 32
        && tag.len() >= 21
        && [vector, text, tag].iter().all(|part| coded(part))
        && super::value::no_secret(text).is_none()
}

/// Whether `before` is the beginning of a link that GitHub signs for one file of a page, for minutes.
fn is_signed_link(before: &str) -> bool {
    let from = before.rfind(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | '<')).map_or(0, |at| at + 1);
    let link = before.get(from..).unwrap_or("");
    link.contains("://private-user-images.githubusercontent.com/") && link.ends_with("jwt=")
}

/// Whether an issuer is the service account controller or the API server of a Kubernetes cluster.
fn is_cluster(issuer: &str) -> bool {
    issuer.starts_with("kubernetes/serviceaccount") || issuer.starts_with("https://kubernetes.default")
}

fn decode(part: &str) -> Option<Value> {
    let code = base64::engine::GeneralPurpose::new(
        &base64::alphabet::URL_SAFE,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let bytes = code.decode(part).ok()?;
    serde_json::from_slice::<Value>(&bytes).ok().filter(Value::is_object)
}

/// The credential that a token is: of `kind`, unless its issuer tells more.
pub(super) fn found(kind: &'static Kind, text: &str, token: Token) -> Found {
    let handed_out = in_public_attribute(&text[..token.range.start]);
    let cluster = token.issuer.as_deref().is_some_and(is_cluster);
    let kind = by_id("kubernetes-service-account-token").filter(|_| cluster).unwrap_or(kind);
    let mut found = Found::literal(kind, text, token.range, Rank::Form);
    found.expires = Some(token.expires);
    found.confidence = "medium";
    let anonymous = token.role.as_deref() == Some("anon");
    found.public = anonymous || handed_out;
    if token.issuer.as_deref() == Some("supabase") || anonymous {
        found.provider = Some("supabase");
        found.confidence = "high";
    }
    found.host = token.issuer.filter(|iss| iss.len() < 120 && !iss.contains(char::is_whitespace));
    found.doubting(token.doubts)
}

/// Whether what follows `before` is the value of an attribute of a page (`data-config="…"`,
/// `setAttribute('data-config', '…')`, `dataset.config = '…'`): every visitor is sent it.
fn in_public_attribute(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or(before);
    let line = line.get(line.len().saturating_sub(120)..).unwrap_or(line).trim_end_matches(['"', '\'', '`', ' ', '{']);
    let Some(line) = line.strip_suffix(['=', ',', ':']) else { return false };
    let line = line.trim_end().trim_end_matches(['"', '\'', '`']);
    let start =
        line.rfind(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')).map_or(0, |at| at + 1);
    let name = &line[start..];
    name.starts_with("data-") || name.contains(".dataset.") || name.starts_with("dataset.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{credential::by_id, fake};

    #[test]
    fn claims_are_decoded() {
        let text = fake::value(by_id("json-web-token").unwrap(), 1);
        let token = token(&text, 0).unwrap();
        assert_eq!(token.range, 0..text.len());
        assert_eq!(token.issuer.as_deref(), Some("https://login.acme-internal.net"));
        assert!(token.expires && token.doubts.is_empty());
    }

    #[test]
    fn encrypted_tokens_have_five_parts_and_no_key_of_their_own() {
        let code = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let header = code.encode(r#"{"alg":"dir","enc":"A256GCM"}"#);
        let hash = blake3::hash(b"one");
        let drawn = code.encode(hash.as_bytes());
        let (vector, text, tag) = (&drawn[..16], drawn.repeat(3), &drawn[..22]);
        assert!(is_encrypted(&format!("{header}..{vector}.{text}.{tag}")));
        assert!(!is_encrypted(&format!("{header}..{vector}.{text}")), "a part is missing");
        assert!(!is_encrypted(&format!("{header}...")), "cut short");
        let signed = code.encode(r#"{"alg":"HS256"}"#);
        assert!(!is_encrypted(&format!("{signed}..{vector}.{text}.{tag}")));
    }

    #[test]
    fn headers_alone_and_the_example_of_every_tutorial_are_none() {
        let code = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let header = code.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let claims = code.encode(r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#);
        assert!(token(&header, 0).is_err());
        assert!(token(&format!("{header}.{claims}.{}", "a1B2".repeat(10)), 0).is_err());
    }

    #[test]
    fn a_life_of_minutes_is_over_and_a_signed_link_is_no_credential() {
        let code = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let of = |claims: &str| {
            let header = code.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
            format!("{header}.{}.{}", code.encode(claims), "a1B2".repeat(10))
        };
        let result = of(r#"{"hash":"00aa","version":1}"#);
        assert_eq!(token(&result, 0), Err("the signature of a published result"));
        let brief = of(r#"{"iss":"a","nbf":1900000000,"exp":1900000300}"#);
        let long = of(r#"{"iss":"a","iat":1900000000,"exp":1990000000}"#);
        assert_eq!(token(&brief, 0).unwrap().doubts, ["expired"]);
        assert!(token(&long, 0).unwrap().doubts.is_empty());
        let link = "<img src=\"https://private-user-images.githubusercontent.com/1/2.png?jwt=";
        assert!(token(&format!("{link}{long}"), link.len()).is_err());
        let login = "https://id.example.org/authorize?client_id=1&state=";
        assert!(token(&format!("{login}{long}"), login.len()).is_err());
        assert!(token(&format!("{login}prod_{long}"), login.len() + 5).is_err());
        assert!(token(&of("{}"), 0).is_err());
        let link = "see https://private-user-images.githubusercontent.com/1/2.png and jwt=";
        assert!(token(&format!("{link}{long}"), link.len()).is_ok());
    }
}

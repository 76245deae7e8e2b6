//! Literal secrets in calls whose arguments have no names. Input: a text and the place of the call.
//! Output: the literal that stands where the secret goes: `HTTPBasicAuth("user", "…")`,
//! `auth=("user", "…")`, `jwt.sign(payload, "…")`, `hmac.new(b"…")`.

use std::ops::Range;

use super::line::{self, Not, Spot};
use super::{literal, random};

/// Longest list of arguments.
const LONGEST: usize = 600;

/// User and password, both of them literals.
pub(super) fn basic(text: &str, hit: Range<usize>) -> Result<Spot, Not> {
    let bytes = text.as_bytes();
    let quoted = matches!(bytes[hit.end - 1], b'"' | b'\'');
    let arguments = arguments(text, if quoted { hit.end - 1 } else { hit.end });
    let [user, secret, ..] = &arguments[..] else { return Err("no password") };
    let user = literal(text, user.clone()).ok_or("the user is computed")?;
    let secret = literal(text, secret.clone()).ok_or("computed or fetched")?;
    let (name, word) = (&text[user], &text[secret.clone()]);
    if name.contains(' ') || name.is_empty() {
        return Err("no login");
    }
    if name.eq_ignore_ascii_case(word) {
        return Err("placeholder");
    }
    let doubt = line::password(word)?;
    // `.login("email", "password")` of a form, `Credential("kind", "label")`: words there are no secrets.
    let strong = word.bytes().any(|b| b.is_ascii_digit()) && word.len() >= 8;
    let call = text[hit].to_ascii_lowercase();
    if !strong && (call.starts_with(".login") || call.starts_with("credential")) {
        return Err("a plain word");
    }
    Ok(Spot::new(secret).doubting(doubt))
}

/// The key of a signature: second argument of `jwt.…` and `createHmac`, first of `hmac.new` and
/// `HMAC256`, any of `signWith`.
pub(super) fn signing(text: &str, hit: Range<usize>) -> Result<Spot, Not> {
    let call = text[hit.clone()].to_ascii_lowercase();
    let quoted = call.ends_with('"');
    let arguments = arguments(text, if quoted { hit.end - 1 } else { hit.end });
    let place = match call.as_str() {
        "hmac.new(" | "hmac256(\"" | "hmac512(\"" => 0,
        _ => 1,
    };
    let argument = arguments.get(place).cloned().ok_or("no key")?;
    let key = literal(text, argument).ok_or("computed or fetched")?;
    let word = &text[key.clone()];
    if word.len() < 8 {
        return Err("too short");
    }
    if word.starts_with("-----BEGIN") || word.starts_with("eyJ") {
        return Err("judged as what it is");
    }
    let doubt = line::password(word)?;
    let words = (!random::looks_random(word)).then_some("dictionary-password");
    Ok(Spot::new(key).doubting(doubt.or(words)))
}

/// The arguments from `at` to the bracket that closes the list.
fn arguments(text: &str, at: usize) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(at + LONGEST);
    let (mut found, mut depth, mut start, mut i) = (Vec::new(), 0usize, at, at);
    while i < limit {
        let opens = matches!(bytes[i], b'"' | b'\'' | b'`')
            || bytes[i] == b'\\' && matches!(bytes.get(i + 1), Some(b'"' | b'\''));
        if opens {
            let Some(inside) = literal::quoted(text, i) else { return found };
            // The closing mark is as long as the opening one.
            i = inside.end + (inside.start - i);
            continue;
        }
        match bytes[i] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => {
                found.push(start..i);
                return found;
            }
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                found.push(start..i);
                start = i + 1;
            }
            _ => {}
        }
        i += 1;
    }
    found
}

/// The inside of an argument that is one literal, with or without its name.
fn literal(text: &str, argument: Range<usize>) -> Option<Range<usize>> {
    let whole = text.get(argument.clone())?;
    let body = whole.trim();
    let start = argument.start + whole.find(body)?;
    let value = match body.split_once('=') {
        Some((name, rest)) if name.trim().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => {
            start + body.len() - rest.trim_start().len()
        }
        _ => start,
    };
    let prefix = usize::from(matches!(text.as_bytes().get(value), Some(b'b' | b'r' | b'u' | b'B' | b'@')));
    let inside = literal::quoted(text, value + prefix)?;
    let mark = inside.start - value - prefix;
    // Nothing may follow the literal: `"a" + key`, `"a".getBytes()` is a key all the same.
    let rest = text.get(inside.end + mark..argument.end)?.trim();
    (rest.is_empty() || rest.starts_with(".getBytes") || rest.starts_with(".encode") || rest.starts_with(".to_vec"))
        .then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, call: &str, find: fn(&str, Range<usize>) -> Result<Spot, Not>) -> Result<String, Not> {
        let at = text.find(call).unwrap();
        find(text, at..at + call.len()).map(|spot| text[spot.range].to_owned())
    }

    #[test]
    fn the_literal_in_the_place_of_the_secret_is_found() {
        let word = format!("{}{}", "kT9w", "Zq31xB7");
        let (dq, sq) = (format!("\"{word}\""), format!("'{word}'"));
        for (text, call) in [
            (format!("HTTPBasicAuth(\"agent\", {dq})"), "BasicAuth("),
            (format!("HTTPBasicAuth(\n    'agent',\n    {sq},\n)"), "BasicAuth("),
            (format!("HTTPBasicAuth(username=\"agent\", password={dq})"), "BasicAuth("),
            (format!("get(url, auth=(\"agent\", {dq}))"), "auth=(\""),
            (format!("req.SetBasicAuth(\"agent\", {dq})"), "BasicAuth("),
            (format!("server.login(\"a@acme.net\", {dq})"), ".login(\""),
        ] {
            assert_eq!(of(&text, call, basic), Ok(word.clone()), "{text}");
        }
        for (text, call) in [
            (format!("jwt.encode({{\"sub\": 1, \"x\": [1, 2]}}, {dq}, algorithm=\"HS256\")"), "jwt.encode("),
            (format!("jwt.encode(payload, key={dq})"), "jwt.encode("),
            (format!("jwt.sign({{ id }}, {sq}, {{ expiresIn: '1h' }})"), "jwt.sign("),
            (format!("createHmac('sha256', {sq})"), "createHmac("),
            (format!("hmac.new(b{dq}, body, sha256)"), "hmac.new("),
            (format!("Algorithm.HMAC256({dq})"), "HMAC256(\""),
            (format!("signWith(SignatureAlgorithm.HS256, {dq}.getBytes())"), "signWith("),
        ] {
            assert_eq!(of(&text, call, signing), Ok(word.clone()), "{text}");
        }
    }

    #[test]
    fn names_prompts_and_placeholders_are_none() {
        for (text, call) in [
            ("HTTPBasicAuth(user, password)", "BasicAuth("),
            ("HTTPBasicAuth(\"agent\", os.environ[\"X\"])", "BasicAuth("),
            ("get(url, auth=(\"user\", \"password\"))", "auth=(\""),
            ("get(url, auth=(\"user\", \"<password>\"))", "auth=(\""),
            ("page.login(\"button\", \"continue\")", ".login(\""),
            ("Credential(\"api-key\", \"description\")", "Credential(\""),
        ] {
            assert!(of(text, call, basic).is_err(), "{text}");
        }
        for (text, call) in [
            ("jwt.encode(payload, SECRET, algorithm=\"HS256\")", "jwt.encode("),
            ("jwt.sign(payload, process.env.JWT_SECRET)", "jwt.sign("),
            ("jwt.sign(payload, 'secret')", "jwt.sign("),
            ("createHmac('sha256', secret)", "createHmac("),
            ("hmac.new(key, b\"message-to-be-signed\")", "hmac.new("),
        ] {
            assert!(of(text, call, signing).is_err(), "{text}");
        }
    }
}

//! Credentials in the forms that programs write: netrc and pgpass, Docker's logins, encoded and PuTTY
//! keys, JSON web keys, shared access signatures, Oracle's JDBC URLs, DSNs. Input: a text and the
//! place of a telling literal. Output: the value.

use std::ops::Range;

use base64::Engine as _;

use super::line::{self, Not, Spot};
use super::{pem, random, value};
use crate::parse::Document;

fn run(text: &str, from: usize, most: usize, what: fn(u8) -> bool) -> Range<usize> {
    let len = text.as_bytes()[from..].iter().take(most).take_while(|b| what(**b)).count();
    from..from + len
}

/// The end of the part of `text` that begins at `from` and has at most `most` bytes.
fn end(text: &str, from: usize, most: usize) -> usize {
    let mut end = text.len().min(from + most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

fn decoded(text: &str) -> Option<String> {
    let code = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    String::from_utf8(code.decode(text.trim_end_matches('=')).ok()?).ok()
}

/// `machine HOST login USER password VALUE`, on one line or several.
pub(super) fn netrc(text: &str, hit: Range<usize>) -> Result<Spot, Not> {
    let opens = text[..hit.start].bytes().next_back().is_none_or(|b| b.is_ascii_whitespace() || b"\"'`".contains(&b));
    let mut words = words(text, hit.end..end(text, hit.end, 300));
    let host = words.next().filter(|_| opens).ok_or("no machine")?;
    if !text[host.clone()].contains('.') && !text.contains("netrc") {
        return Err("prose");
    }
    let mut login = false;
    while let Some(word) = words.next() {
        match &text[word] {
            "login" | "account" => {
                words.next().ok_or("no login")?;
                login = true;
            }
            "password" if login => {
                let found = words.next().ok_or("no password")?;
                let shown = text[found.clone()].trim_end_matches(['"', '\'', '`', '\\']);
                let found = found.start..found.start + shown.len();
                let doubt = line::password(&text[found.clone()])?;
                return Ok(Spot::new(found).doubting(doubt).at_host(text, host));
            }
            _ => break,
        }
    }
    Err("no password")
}

/// The words of a part of a text; a written `\n` parts them too.
fn words(text: &str, part: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let base = part.start;
    let shown = &text[part];
    let start = shown.as_ptr() as usize;
    shown.split_whitespace().flat_map(|w| w.split("\\n")).filter(|w| !w.is_empty()).map(move |word| {
        let at = base + (word.as_ptr() as usize - start);
        at..at + word.len()
    })
}

/// `HOST:5432:DATABASE:USER:PASSWORD`, where the file or the text speaks of pgpass.
pub(super) fn pgpass(document: &Document<'_>, hit: Range<usize>) -> Result<Spot, Not> {
    let text: &str = &document.text;
    if !document.path.to_ascii_lowercase().contains("pgpass") && !text.contains("pgpass") {
        return Err("nothing speaks of pgpass");
    }
    let host = text.as_bytes()[..hit.start]
        .iter()
        .rev()
        .take(120)
        .take_while(|b| b.is_ascii_alphanumeric() || b".-*_".contains(b));
    let host = hit.start - host.count()..hit.start;
    let rest = run(text, hit.end, 300, |b| b > b' ' && !b"\"'`>|;".contains(&b));
    let mut colons = text[rest.clone()].match_indices(':').map(|(i, _)| rest.start + i);
    let (Some(_), Some(second)) = (colons.next(), colons.next()) else { return Err("too few fields") };
    let word = second + 1..rest.end;
    let doubt = line::password(text.get(word.clone()).ok_or("no text")?)?;
    Ok(Spot::new(word).doubting(doubt).at_host(text, host))
}

/// The `auth` entries of a Docker configuration.
pub(super) fn registry_logins(text: &str, hit: Range<usize>) -> Result<Vec<Spot>, Not> {
    let body = &text[hit.end..end(text, hit.end, 4000)];
    let mut found = Vec::new();
    for (at, _) in body.match_indices("\"auth") {
        let behind = hit.end + at + 5;
        let mark = run(text, behind, 24, |b| b"\\\": \t".contains(&b));
        // `"auths"` and `"authorization"` go on with a letter.
        if mark.len() < 3 {
            continue;
        }
        let word = run(text, mark.end, 2048, |b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
        let Some(login) = decoded(&text[word.clone()]) else { continue };
        let Some((user, secret)) = login.split_once(':') else { continue };
        if user.is_empty() || user.chars().any(char::is_control) {
            continue;
        }
        if let Ok(doubt) = line::password(secret) {
            let mut spot = Spot::new(word).doubting(doubt);
            spot.secret = Some(secret.to_owned());
            found.push(spot);
        }
    }
    if found.is_empty() { Err("no user and password inside") } else { Ok(found) }
}

/// A PEM private key in base 64.
pub(super) fn encoded_key(text: &str, hit: Range<usize>) -> Result<Spot, Not> {
    let word = run(text, hit.start, 24 * 1024, |b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    let armour = decoded(&text[word.clone()]).ok_or("not base64")?;
    let at = armour.find("PRIVATE KEY").ok_or("a certificate or a public key")?;
    let mark = at + armour[at..].find("-----").ok_or("no header")? + 5;
    let key = pem::key(&armour, at..mark)?;
    if key.encrypted {
        return Err("encrypted");
    }
    let mut spot = Spot::new(word);
    spot.secret = Some(pem::material(&armour[key.body]));
    Ok(spot)
}

/// The private lines of an unencrypted PuTTY key.
pub(super) fn putty(text: &str, hit: Range<usize>) -> Result<Spot, Not> {
    let file = &text[hit.end..end(text, hit.end, 8000)];
    if !file.get(..file.len().min(300)).unwrap_or(file).contains("Encryption: none") {
        return Err("encrypted");
    }
    let lines = file.find("Private-Lines:").ok_or("no private lines")? + "Private-Lines:".len();
    let mac = lines + file[lines..].find("Private-MAC").ok_or("cut short")?;
    let material: String = file[lines..mac].replace("\\n", "\n").chars().filter(char::is_ascii_alphanumeric).collect();
    if material.len() < 32 || random::entropy(&material) < 3.8 {
        return Err("no key between the lines");
    }
    let mut spot = Spot::new(hit.end + lines..hit.end + mac);
    spot.secret = Some(material);
    Ok(spot)
}

/// The private member of a JSON web key: `d`, or `k` of a symmetric one.
pub(super) fn web_key(text: &str, hit: Range<usize>) -> Result<Spot, Not> {
    let bytes = text.as_bytes();
    let open = bytes[hit.start.saturating_sub(4000)..hit.start].iter().rposition(|b| *b == b'{').ok_or("no object")?;
    let open = hit.start.saturating_sub(4000) + open;
    let close = memchr::memchr(b'}', &bytes[hit.end..bytes.len().min(hit.end + 6000)]).ok_or("no object")? + hit.end;
    let body = text.get(open..close).ok_or("no text")?;
    let symmetric = body.contains("oct\"") || body.contains("oct'") || body.contains("oct\\\"");
    let member = if symmetric { 'k' } else { 'd' };
    for quote in ["\"", "'", "\\\""] {
        for (at, mark) in body.match_indices(&format!("{quote}{member}{quote}")) {
            let gap = run(text, open + at + mark.len(), 12, |b| b": \t\n\"'\\".contains(&b));
            let word = run(text, gap.end, 2048, |b| b.is_ascii_alphanumeric() || b"_-=".contains(&b));
            let shown = &text[word.clone()];
            if shown.len() >= 20 && value::no_secret(shown).is_none() && random::looks_random(shown) {
                return Ok(Spot::new(word));
            }
        }
    }
    Err("a public key")
}

/// The signature of a shared access signature, with the parameters that it signs before it.
pub(super) fn shared_access_signature(text: &str, hit: Range<usize>) -> Result<Spot, Not> {
    let spot = signature(text, hit.clone())?;
    let bytes = text.as_bytes();
    let before = bytes[..hit.start].iter().rev().take(700).take_while(|b| **b > b' ' && !b"\"'`<>".contains(b)).count();
    let query = text.get(hit.start - before..hit.start).ok_or("no text")?.to_ascii_lowercase();
    if query.contains("logic.azure.com") {
        return Err("judged as the URL that it is");
    }
    let signed = ["sv=", "sr=", "sv%3d"].iter().any(|p| query.contains(p));
    if !signed {
        return Err("no shared access signature");
    }
    let ended = query.split("se=").nth(1).and_then(|e| e.get(..4)).and_then(|y| y.parse::<u16>().ok());
    Ok(spot.doubting(ended.is_some_and(|year| (2000..2026).contains(&year)).then_some("expired")))
}

/// The signature in the URL of a workflow's trigger.
pub(super) fn trigger_url(text: &str, hit: Range<usize>) -> Result<Spot, Not> {
    let rest = run(text, hit.end, 500, |b| b > b' ' && !b"\"'`<>".contains(&b));
    let at = text[rest.clone()].find("sig=").ok_or("no signature")?;
    let mark = rest.start + at;
    signature(text, mark..mark + 4)
}

fn signature(text: &str, mark: Range<usize>) -> Result<Spot, Not> {
    let word = run(text, mark.end, 200, |b| b.is_ascii_alphanumeric() || b"%+/=_-".contains(&b));
    let shown = &text[word.clone()];
    if shown.len() < 40 {
        return Err("too short");
    }
    if let Some(reason) = value::no_secret(shown) {
        return Err(reason);
    }
    if !random::looks_random(shown) {
        return Err("looks like a name");
    }
    Ok(Spot::new(word))
}

/// The path of an incoming webhook of Teams: the host's name before it is not part of what is secret.
pub(super) fn teams(text: &str, hit: Range<usize>) -> Result<Spot, Not> {
    let word = run(text, hit.end, 260, |b| b.is_ascii_alphanumeric() || b"@/-_".contains(&b));
    let shown = &text[word.clone()];
    let (ids, key) = shown.split_once("/IncomingWebhook/").ok_or("no webhook")?;
    if ids.len() < 60 || key.len() < 30 || random::entropy(key) < 3.0 {
        return Err("too short");
    }
    match value::no_secret(key) {
        Some(reason) => Err(reason),
        None => Ok(Spot::new(word)),
    }
}

/// `jdbc:oracle:thin:USER/PASSWORD@…`.
pub(super) fn oracle(text: &str, hit: Range<usize>) -> Result<Spot, Not> {
    let rest = run(text, hit.end, 300, |b| b > b' ' && !b"\"'`<>".contains(&b));
    let shown = &text[rest.clone()];
    let at = shown.rfind('@').ok_or("no login")?;
    let slash = shown[..at].find('/').ok_or("no password")?;
    let word = rest.start + slash + 1..rest.start + at;
    let doubt = line::password(&text[word.clone()])?;
    let host = rest.start + at + 1;
    let slashes = run(text, host, 2, |b| b == b'/').end;
    let host = run(text, slashes, 120, |b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
    Ok(Spot::new(word).doubting(doubt).at_host(text, host))
}

/// The key of a DSN.
pub(super) fn dsn(text: &str, hit: Range<usize>) -> Result<Spot, Not> {
    let bytes = text.as_bytes();
    let host = bytes[..hit.start].iter().rev().take(24).take_while(|b| b.is_ascii_alphanumeric()).count();
    let at = hit.start - host;
    if bytes[..at].last() != Some(&b'@') {
        return Err("no key");
    }
    let key = bytes[..at - 1].iter().rev().take(64).take_while(|b| b.is_ascii_hexdigit()).count();
    if key != 32 {
        return Err("no key");
    }
    let word = at - 1 - key..at - 1;
    match value::no_secret(&text[word.clone()]) {
        Some(reason) => Err(reason),
        None => Ok(Spot::new(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORD: &str = "kT9wZq31xB";

    fn of(text: &str, mark: &str, find: fn(&str, Range<usize>) -> Result<Spot, Not>) -> Result<String, Not> {
        let at = text.find(mark).unwrap();
        find(text, at..at + mark.len()).map(|spot| text[spot.range].to_owned())
    }

    #[test]
    fn netrc_and_jdbc_logins_are_read() {
        for text in [
            format!("machine api.acme-internal.net login agent password {WORD}"),
            format!("machine api.acme-internal.net\n  login agent\n  password {WORD}\n"),
            format!("printf \"machine x.acme.net login a password {WORD}\\n\" > ~/.netrc"),
        ] {
            assert_eq!(of(&text, "machine ", netrc), Ok(WORD.to_owned()), "{text}");
        }
        for text in [
            "machine learning login with password protection",
            "machine x login y password $TOKEN",
            "machine x login y",
        ] {
            assert!(of(text, "machine ", netrc).is_err(), "{text}");
        }
        let text = format!("jdbc:oracle:thin:app/{WORD}@//db.acme-internal.net:1521/x");
        assert_eq!(of(&text, "jdbc:oracle:thin:", oracle), Ok(WORD.to_owned()));
        assert!(of("jdbc:oracle:thin:@db:1521/x", "jdbc:oracle:thin:", oracle).is_err());
    }

    #[test]
    fn every_login_of_a_docker_configuration_is_read() {
        let auth = |user: &str, word: &str| base64::engine::general_purpose::STANDARD.encode(format!("{user}:{word}"));
        let text = format!(
            "{{\"auths\": {{\"a.net\": {{\"auth\": \"{}\"}}, \"b.net\": {{\"auth\": \"{}\"}}, \"c.net\": {{}}}}}}",
            auth("ci", WORD),
            auth("ci", "zR7pLm20vC")
        );
        let at = text.find("\"auths\"").unwrap();
        let found = registry_logins(&text, at..at + 7).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].secret.as_deref(), Some(WORD));
        let empty = format!("{{\"auths\": {{\"a.net\": {{\"auth\": \"{}\"}}}}}}", auth("user", "password"));
        assert!(registry_logins(&empty, 1..8).is_err());
    }

    #[test]
    fn a_public_web_key_and_an_encrypted_putty_key_are_none() {
        assert!(of("{\"kty\": \"RSA\", \"n\": \"abc\", \"e\": \"AQAB\"}", "\"kty\"", web_key).is_err());
        let file = "PuTTY-User-Key-File-3: x\nEncryption: aes256-cbc\nPrivate-Lines: 1\nabc\nPrivate-MAC: x";
        assert!(of(file, "PuTTY-User-Key-File-", putty).is_err());
    }
}

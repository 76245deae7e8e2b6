//! From the literals that the match engine saw to credentials: each hit goes to the code of its kinds,
//! and where several answers overlap the most telling stays.

use std::ops::Range;

use rustc_hash::FxHashSet;

use super::assign::{self, Bare, Bound};
use super::found::{Found, Rank};
use super::names::Sort;
use super::{forms, header, jwt, names, pem, random, sealed, standing, url, value};
use crate::catalogue::credential::{FoundBy, KINDS, Kind, by_id};
use crate::matcher::{self, Topic};
use crate::parse::{Document, Kind as Format};
use crate::span::Span;

/// Something that was looked at, and what came of it. Holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Considered {
    /// Where.
    pub span: Span,
    /// The kind of credential that was thought of.
    pub kind: &'static str,
    /// The name it is bound to, if any.
    pub name: String,
    /// Whether it was reported.
    pub reported: bool,
    /// Why, or why not.
    pub why: &'static str,
}

/// What a search gave.
#[derive(Default)]
pub(super) struct Search {
    pub(super) found: Vec<Found>,
    pub(super) considered: Vec<Considered>,
}

/// Searches a document; with `trace`, everything that was considered is kept.
pub(super) fn search(document: &Document<'_>, trace: bool) -> Search {
    let text: &str = &document.text;
    let one = One { trace, text, document, bare: standing::bare(document), lock: standing::is_lock(document) };
    let mut out = Search::default();
    let mut names = FxHashSet::default();
    for &(literal, at) in &document.hits.found {
        let literal = matcher::literal(literal);
        let hit = at as usize..at as usize + literal.text.len();
        if literal.topic != Topic::Credential || !text.is_char_boundary(hit.start) || !text.is_char_boundary(hit.end) {
            continue;
        }
        let mut assigned = false;
        for &model in literal.models {
            let kind = &KINDS[usize::from(model)];
            if kind.found_by != FoundBy::Assignment {
                one.form(kind, hit.clone(), &mut out);
            } else if !assigned && !one.lock {
                assigned = true;
                let name = assign::name_around(text, hit.clone());
                if names.insert(name.end) {
                    one.assignment(name, &mut out);
                }
            }
        }
    }
    if document.kind == Format::Yaml && text.contains("kind: Secret") {
        one.kubernetes(&mut out);
    }
    out.found = without_overlaps(out.found);
    out
}

/// The most telling of each group of overlapping answers, in order of place.
fn without_overlaps(mut found: Vec<Found>) -> Vec<Found> {
    let literal = |f: &Found| f.held == "literal";
    found.sort_by_key(|f| {
        let prefix = f.kind.prefixes.iter().map(|p| p.len()).max().unwrap_or(0);
        (std::cmp::Reverse((f.rank, literal(f), prefix)), f.range.start, f.range.end)
    });
    let mut kept: Vec<Found> = Vec::new();
    let mut taken = std::collections::BTreeMap::<usize, usize>::new();
    for one in found {
        let before = taken.range(..one.mask.end).next_back();
        if before.is_none_or(|(_, &end)| end <= one.mask.start) {
            taken.insert(one.mask.start, one.mask.end);
            kept.push(one);
        }
    }
    kept.sort_by_key(|f| (f.range.start, f.range.end));
    kept
}

/// Words of names that only made-up values have.
const MADE_UP: &[&str] =
    &["mock", "fake", "dummy", "example", "sample", "expected", "stub", "bogus", "invalid", "wrong", "test", "testing"];

struct One<'d> {
    trace: bool,
    text: &'d str,
    document: &'d Document<'d>,
    bare: Bare,
    lock: bool,
}

impl One<'_> {
    fn consider(
        &self,
        out: &mut Search,
        kind: &'static Kind,
        range: &Range<usize>,
        name: &str,
        answer: Result<Found, &'static str>,
    ) {
        let (reported, why) = match &answer {
            Ok(found) => (true, found.doubts.first().copied().unwrap_or("the form is right")),
            Err(why) => (false, *why),
        };
        if self.trace {
            let span = Span::new(range.start, range.end);
            out.considered.push(Considered { span, kind: kind.id, name: name.to_owned(), reported, why });
        }
        out.found.extend(answer);
    }

    /// A literal that speaks for itself.
    fn form(&self, kind: &'static Kind, hit: Range<usize>, out: &mut Search) {
        let text = self.text;
        let answer = match kind.found_by {
            FoundBy::Prefix | FoundBy::Infix => self.provider(kind, hit.clone()),
            FoundBy::Url => url::login(text, hit.start).map(|login| {
                let mut found = Found::literal(kind, text, login.password.clone(), Rank::Form);
                found.secret = text[login.whole].to_owned();
                found.host = Some(text[login.host].to_owned());
                found.provider = url::system(&text[hit.clone()]);
                found.doubting(login.doubts)
            }),
            FoundBy::Pem => pem::key(text, hit.clone()).and_then(|key| pem_found(kind, text, key)),
            FoundBy::Jwt => jwt::token(text, hit.start).map(|token| jwt_found(kind, text, token)),
            FoundBy::Header => header_found(kind, text, hit.clone()),
            FoundBy::Name | FoundBy::Assignment => return,
        };
        let answer = answer.map(|mut found| {
            let from = if kind.found_by == FoundBy::Url { hit.start } else { found.range.start };
            found.name = assign::name_of(text, from).to_owned();
            found
        });
        let name = answer.as_ref().map_or(String::new(), |f| f.name.clone());
        let quiet = matches!(kind.found_by, FoundBy::Url | FoundBy::Header) && answer.is_err();
        let key_id = kind.id == "aws-access-key-id" && answer.is_ok();
        if !quiet {
            self.consider(out, kind, &hit, &name, answer);
        }
        if key_id && let Some(found) = self.aws_secret(hit.end + 16) {
            let range = found.range.clone();
            self.consider(out, found.kind, &range, "", Ok(found));
        }
    }

    /// The secret key that stands nameless behind an AWS key id: in notes, tables and CSV.
    fn aws_secret(&self, at: usize) -> Option<Found> {
        let kind = by_id("aws-secret-access-key")?;
        let window = self.text.get(at..self.text.len().min(at + 160)).or_else(|| self.text.get(at..))?;
        let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
        let bytes = window.as_bytes();
        let mut from = 0;
        while from < bytes.len().min(160) {
            let len = bytes[from..].iter().take_while(|b| inside(**b)).count();
            if len == 40
                && random::looks_random(&window[from..from + 40])
                && random::entropy(&window[from..from + 40]) >= 4.0
            {
                return Some(Found::literal(kind, self.text, at + from..at + from + 40, Rank::Name));
            }
            from += len + 1;
        }
        None
    }

    fn provider(&self, kind: &'static Kind, hit: Range<usize>) -> Result<Found, &'static str> {
        let form = self.whole_or_joined(kind, hit)?;
        if !kind.keywords.is_empty() {
            let context = names::squashed(&format!(
                "{} {}",
                assign::name_of(self.text, form.range.start),
                self.hint(form.range.start)
            ));
            if !kind.keywords.iter().any(|k| context.contains(k)) {
                return Err("the name does not speak of the provider");
            }
        }
        let found = Found::literal(kind, self.text, form.range.clone(), Rank::Form);
        let browser = kind.id == "google-api-key"
            && self.near(form.range.start, &["authDomain", "messagingSenderId", "firebase", "maps.googleapis"]);
        Ok(found.doubting(form.doubts).doubting(browser.then_some("browser-key")))
    }

    fn whole_or_joined(&self, kind: &'static Kind, hit: Range<usize>) -> Result<forms::Form, &'static str> {
        let text = self.text;
        forms::at(text, hit, kind)
    }

    /// The text on the line before `at`, and the line above when that opens something.
    fn hint(&self, at: usize) -> &str {
        let bytes = self.text.as_bytes();
        let floor = at.saturating_sub(240);
        let line = bytes[floor..at].iter().rposition(|b| *b == b'\n').map_or(floor, |i| floor + i);
        let above = bytes[floor..line].iter().rposition(|b| *b == b'\n').map_or(floor, |i| floor + i);
        let opens =
            bytes[above..line].iter().rev().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| b"({[:".contains(b));
        self.text.get(if opens { above } else { line }..at).unwrap_or("")
    }

    fn near(&self, at: usize, words: &[&str]) -> bool {
        let bytes = self.text.as_bytes();
        let window = &bytes[at.saturating_sub(300)..bytes.len().min(at + 400)];
        words.iter().any(|w| memchr::memmem::find(window, w.as_bytes()).is_some())
    }

    /// A name with whatever is bound to it.
    fn assignment(&self, name: Range<usize>, out: &mut Search) {
        // Most names bind nothing here, and to see that is cheaper than to understand the name.
        let Some(bound) = assign::bound(self.text, name, self.bare) else { return };
        if bound.value.len() < 5 {
            return;
        }
        let sort = names::sort(bound.name);
        if sort == Sort::Other {
            return;
        }
        let generic = by_id(if sort == Sort::Password { "generic-password" } else { "generic-secret" });
        let Some(generic) = generic else { return };
        let answer = self.judge(&bound, sort, generic);
        let kind = answer.as_ref().map_or(generic, |f| f.kind);
        self.consider(out, kind, &bound.range, bound.name, answer);
    }

    fn judge(&self, bound: &Bound<'_>, sort: Sort, generic: &'static Kind) -> Result<Found, &'static str> {
        let (value, range) = stripped(&bound.value, bound.range.clone());
        let literal = |kind, rank| {
            let mut found = Found::literal(kind, self.text, range.clone(), rank);
            found.name = bound.name.trim_start_matches(['-', '$']).to_owned();
            found.secret = value.to_owned();
            found
        };
        if let Some(held) = sealed::held(&bound.value) {
            let structured = self.bare != Bare::Never
                || !matches!(self.document.kind, Format::Code(_) | Format::Markdown | Format::Text);
            if !structured {
                return Err("computed or fetched");
            }
            let mut found = literal(generic, Rank::Generic);
            found.held = held;
            found.secret.clear();
            found.mask = range.start..range.start;
            return Ok(found);
        }
        if bound.range.len() > bound.value.len()
            && let Some(form) = forms::of_value(value)
        {
            // Stands in pieces, so the hits of the match engine saw it in part at most.
            return Ok(literal(form.kind, Rank::Form).doubting(form.doubts));
        }
        if let Some(reason) = value::no_secret(value) {
            return Err(reason);
        }
        plain(value, bound)?;
        if self.text.get(bound.range.end..).is_some_and(value::cut_short) {
            return Err("cut short");
        }
        if let Some((form, sure)) = forms::by_name(value, bound.name, self.hint(bound.at)) {
            let mut found = literal(form.kind, Rank::Name);
            found.confidence = if sure { "high" } else { "medium" };
            return Ok(found.doubting(form.doubts));
        }
        let weighed = match sort {
            Sort::Password => password(value, bound, self.document.kind)?,
            _ => secret(value, sort)?,
        };
        let mut found = literal(generic, Rank::Generic);
        found.confidence = weighed.0;
        let made_up = names::words(bound.name).iter().any(|w| MADE_UP.contains(&w.as_str())).then_some("test-name");
        let api = self.is_api_description().then_some("api-description");
        Ok(found.doubting(weighed.1).doubting(value::doubt(value)).doubting(made_up).doubting(api))
    }

    /// Whether the document describes an API: its values are examples.
    fn is_api_description(&self) -> bool {
        let head = self.text.get(..self.text.len().min(400)).unwrap_or("");
        matches!(self.document.kind, Format::Yaml | Format::Json)
            && (head.contains("openapi") || head.contains("swagger"))
    }

    /// The decoded values of Kubernetes Secrets.
    fn kubernetes(&self, out: &mut Search) {
        for encoded in sealed::kubernetes(self.text) {
            let Some(generic) = by_id("generic-secret") else { return };
            // What is only encoded looks random: nobody but this may judge it.
            let (start, end) = (encoded.range.start, encoded.range.end);
            out.found.retain(|f| f.range.end <= start || f.range.start >= end);
            let answer = self.encoded(&encoded, generic);
            self.consider(out, answer.as_ref().map_or(generic, |f| f.kind), &encoded.range, encoded.name, answer);
        }
    }

    fn encoded(&self, encoded: &sealed::Encoded<'_>, generic: &'static Kind) -> Result<Found, &'static str> {
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
        if let Some(login) = value.contains("://").then(|| url::login(value, 0)).and_then(Result::ok) {
            let kind = by_id("database-url").unwrap_or(generic);
            let mut found = literal(kind, Rank::Form);
            found.host = value.get(login.host).map(str::to_owned);
            return Ok(found.doubting(login.doubts));
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

/// The value without an authentication scheme before it.
fn stripped(value: &str, range: Range<usize>) -> (&str, Range<usize>) {
    for scheme in ["Bearer ", "bearer ", "Basic ", "Token ", "token ", "ApiKey "] {
        if let Some(rest) = value.strip_prefix(scheme) {
            return (rest, range.start + scheme.len()..range.end);
        }
    }
    (value, range)
}

/// What no value of a credential looks like, whatever its name.
fn plain(value: &str, bound: &Bound<'_>) -> Result<(), &'static str> {
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

type Weighed = (&'static str, Option<&'static str>);

/// A token, key or secret: drawn at random.
fn secret(value: &str, sort: Sort) -> Result<Weighed, &'static str> {
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
fn password(value: &str, bound: &Bound<'_>, format: Format) -> Result<Weighed, &'static str> {
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

fn pem_found(kind: &'static Kind, text: &str, key: pem::Key) -> Result<Found, &'static str> {
    if key.service_account != (kind.id == "gcp-service-account-key") {
        return Err("another kind of key");
    }
    let mut found = Found::literal(kind, text, key.range.clone(), Rank::Form);
    found.secret = pem::material(&text[key.body.clone()]);
    found.mask = key.range;
    if key.encrypted {
        found.held = "encrypted";
        found.secret.clear();
    }
    Ok(found)
}

fn jwt_found(kind: &'static Kind, text: &str, token: jwt::Token) -> Found {
    let mut found = Found::literal(kind, text, token.range, Rank::Form);
    found.expires = Some(token.expires);
    found.confidence = "medium";
    found.public = token.role.as_deref() == Some("anon");
    if token.issuer.as_deref() == Some("supabase") || found.public {
        found.provider = Some("supabase");
        found.confidence = "high";
    }
    found.host = token.issuer.filter(|iss| iss.len() < 120 && !iss.contains(char::is_whitespace));
    found.doubting(token.doubts)
}

fn header_found(kind: &'static Kind, text: &str, hit: Range<usize>) -> Result<Found, &'static str> {
    if kind.id == "command-line-login" {
        let (user, password) = header::command_line(text, hit.start + 4)?;
        let word = text[password.clone()].to_ascii_lowercase();
        let weak = word == text[user].to_ascii_lowercase() || url::is_words(&word);
        let mut found = Found::literal(kind, text, password, Rank::Header);
        found.confidence = "medium";
        return Ok(found.doubting(weak.then_some("dictionary-password")));
    }
    let basic = text[hit.clone()].to_ascii_lowercase().ends_with("basic");
    let range = if basic { header::basic(text, hit.end)? } else { header::bearer(text, hit.end)? };
    let mut found = Found::literal(kind, text, range, Rank::Header);
    found.confidence = "medium";
    found.doubts.extend(value::doubt(&found.secret));
    Ok(found.doubting(None))
}

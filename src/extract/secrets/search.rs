//! From the literals that the match engine saw to credentials: each hit goes to the code of its kinds,
//! and where several answers overlap the most telling stays.

use std::ops::Range;

use rustc_hash::FxHashSet;

use super::assign::{self, Bare, Bound};
use super::found::{Found, Rank};
use super::names::Sort;
use super::weigh::{MADE_UP, password, plain, secret, stripped};
use super::{connection, forms, header, jwt, line, names, pem, random, sealed, standing, url, value};
use crate::catalogue::credential::{FoundBy, KINDS, Kind, by_id};
use crate::matcher::{self, Matcher, Topic};
use crate::parse::{Document, Kind as Format};
use crate::span::{LineIndex, Span};

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
            let by_name = matches!(kind.found_by, FoundBy::Assignment | FoundBy::Name);
            if !by_name {
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
    for one in &mut out.considered {
        let stayed = |f: &Found| f.kind.id == one.kind && f.range.start <= one.span.range().end + 400;
        if one.reported && !out.found.iter().any(|f| stayed(f) && f.range.end > one.span.range().start) {
            (one.reported, one.why) = (false, "another kind tells more");
        }
    }
    out
}

/// The most telling of each group of overlapping answers, in order of place.
fn without_overlaps(mut found: Vec<Found>) -> Vec<Found> {
    let literal = |f: &Found| f.held == "literal";
    found.sort_by_key(|f| {
        let prefix = f.kind.prefixes.iter().map(|p| p.len()).max().unwrap_or(0);
        // Where kinds share a prefix, the one whose name stands beside the value is meant.
        let named = f.kind.found_by == FoundBy::Prefix && !f.kind.keywords.is_empty();
        (std::cmp::Reverse((f.rank, literal(f), named, prefix)), f.range.start, f.range.end)
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
        if kind.found_by == FoundBy::Line {
            return self.line(kind, &hit, out);
        }
        let answer = match kind.found_by {
            FoundBy::Prefix | FoundBy::Infix => self.provider(kind, hit.clone()),
            FoundBy::Url => url::login(text, hit.start).map(|login| {
                let mut found = Found::literal(kind, text, login.password.clone(), Rank::Form);
                found.secret = text[login.whole].to_owned();
                found.host = Some(text[login.host].to_owned());
                found.provider = url::system(&text[hit.clone()]);
                found.doubting(login.doubts)
            }),
            FoundBy::Pem => pem_found(kind, text, hit.clone()),
            FoundBy::Jwt if kind.id != "json-web-token" => Err("judged with all web tokens"),
            FoundBy::Jwt => jwt::token(text, hit.start).map(|token| jwt_found(kind, text, token)),
            FoundBy::Header => header_found(kind, text, hit.clone()),
            FoundBy::Name | FoundBy::Line | FoundBy::Assignment => return,
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

    /// What stands around the literal says that there is a credential.
    fn line(&self, kind: &'static Kind, hit: &Range<usize>, out: &mut Search) {
        match line::find(self.document, kind, hit.clone()) {
            Ok(spots) => {
                for spot in spots {
                    let range = spot.range.clone();
                    let mut found = Found::literal(kind, self.text, range.clone(), Rank::Name);
                    found.confidence = "medium";
                    found.host = spot.host.and_then(|h| self.text.get(h)).map(str::to_owned);
                    found.secret = spot.secret.unwrap_or(found.secret);
                    self.consider(out, kind, &range, "", Ok(found.doubting(spot.doubts)));
                }
            }
            Err(why) => self.consider(out, kind, hit, "", Err(why)),
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
        let Some(bound) = assign::bound(self.text, name.clone(), self.bare) else {
            let before = out.considered.len();
            self.looked_up(name.clone(), out);
            if out.considered.len() == before {
                self.passed_over(&name, "no value is bound to the name", out);
            }
            return;
        };
        if bound.value.len() < 5 {
            return self.passed_over(&name, "too short", out);
        }
        let sort = names::sort(bound.name);
        if sort == Sort::Other {
            let before = out.considered.len();
            self.joined(&bound, out);
            self.known_name(&bound, out);
            if out.considered.len() == before {
                self.passed_over(&name, "the name speaks of no credential", out);
            }
            return;
        }
        let generic = by_id(if sort == Sort::Password { "generic-password" } else { "generic-secret" });
        let Some(generic) = generic else { return };
        let answer = self.judge(&bound, sort, generic);
        let kind = answer.as_ref().map_or(generic, |f| f.kind);
        self.consider(out, kind, &bound.range, bound.name, answer);
    }

    /// A value in pieces under a name that says nothing: the form alone decides (`access_key_id`).
    fn joined(&self, bound: &Bound<'_>, out: &mut Search) {
        if bound.range.len() > bound.value.len()
            && let Some(form) = forms::of_value(&bound.value)
        {
            let mut found = Found::literal(form.kind, self.text, bound.range.clone(), Rank::Form);
            found.name = bound.name.to_owned();
            found.secret = bound.value.clone().into_owned();
            self.consider(out, form.kind, &bound.range, bound.name, Ok(found.doubting(form.doubts)));
        }
    }

    /// A name whose value comes out of a Kubernetes Secret: a fact, and no secret.
    fn looked_up(&self, name: Range<usize>, out: &mut Search) {
        if assign::looked_up(self.text, &name)
            && names::sort(&self.text[name.clone()]) != Sort::Other
            && let Some(generic) = by_id("generic-secret")
        {
            let mut found = Found::literal(generic, self.text, name.clone(), Rank::Generic);
            found.name = self.text[name.clone()].to_owned();
            found.held = "manager";
            found.secret.clear();
            found.mask = name.start..name.start;
            self.consider(out, generic, &name, &self.text[name.clone()], Ok(found));
        }
    }

    /// A password in a string that also names the host that it opens.
    fn connection(&self, bound: &Bound<'_>, value: &str) -> Option<Result<Found, &'static str>> {
        let host = connection::host(self.text, bound.at, &bound.range)?;
        let kind = by_id("database-connection-string")?;
        Some(password(value, bound, self.document.kind).map(|(confidence, doubt)| {
            let mut found = Found::literal(kind, self.text, bound.range.clone(), Rank::Name);
            found.name = bound.name.to_owned();
            found.confidence = confidence;
            let doubts = line::host_doubts(&self.text[host.clone()]);
            found.host = Some(self.text[host].to_owned());
            found.doubting(doubt).doubting(value::doubt(value)).doubting(doubts)
        }))
    }

    /// Keeps why a name was not looked at further.
    fn passed_over(&self, name: &Range<usize>, why: &'static str, out: &mut Search) {
        let Some(kind) = self.trace.then(|| by_id("generic-secret")).flatten() else { return };
        let shown = self.text.get(name.clone()).unwrap_or_default().to_owned();
        let span = Span::new(name.start, name.end);
        out.considered.push(Considered { span, kind: kind.id, name: shown, reported: false, why });
    }

    /// A name that says nothing of a credential unless a provider's kind knows it: `CLARIFAI_PAT`, or
    /// `key` under the provider's name.
    fn known_name(&self, bound: &Bound<'_>, out: &mut Search) {
        let name = match bound.name {
            "key" | "Key" | "KEY" => format!("{}_key", self.parent(bound.at)),
            name if forms::has_kind(name) => name.to_owned(),
            _ => return,
        };
        let (value, range) = stripped(&bound.value, bound.range.clone());
        if value::no_secret(value).is_some() || plain(value, bound).is_err() {
            return;
        }
        let Some((form, true)) = forms::by_name(value, &name, "") else { return };
        let mut found = Found::literal(form.kind, self.text, range, Rank::Name);
        found.name = name;
        found.secret = value.to_owned();
        let found = found.doubting(form.doubts);
        let (kind, range) = (found.kind, found.range.clone());
        self.consider(out, kind, &range, bound.name, Ok(found));
    }

    /// The name of the block of a YAML document or the table of an object that `at` stands in.
    fn parent(&self, at: usize) -> &str {
        let before = &self.text[..at];
        let line = before.rfind('\n').map_or(0, |i| i + 1);
        let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
        let own = indent(&self.text[line..at]);
        let opened = before[..line].lines().rev().take(20).find(|l| !l.trim().is_empty() && indent(l) < own);
        opened.map_or("", |l| {
            let name = l.trim_matches([' ', '\t', '{', ':', '=', '"', '\'', '(']);
            if name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-. ".contains(&b)) {
                name
            } else {
                ""
            }
        })
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
        if bound.range.len() > bound.value.len()
            && value.starts_with("eyJ")
            && let Ok(token) = jwt::token(value, 0)
            && let Some(kind) = by_id("json-web-token")
        {
            let mut found = jwt_found(kind, value, token);
            found.range = range.clone();
            found.mask = range;
            found.name = bound.name.to_owned();
            return Ok(found);
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
        if sort == Sort::Password
            && let Some(answer) = self.connection(bound, value)
        {
            return answer;
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

fn pem_found(kind: &'static Kind, text: &str, hit: Range<usize>) -> Result<Found, &'static str> {
    let plain = pem::kind(text, hit.start, false);
    if plain != kind.id && !(plain == "private-key" && kind.id == pem::kind(text, hit.start, true)) {
        return Err("another kind of key");
    }
    let key = pem::key(text, hit.clone())?;
    if kind.id != pem::kind(text, hit.start, key.service_account) {
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
    let handed_out = in_public_attribute(&text[..token.range.start]);
    let cluster = token.issuer.as_deref().is_some_and(jwt::is_cluster);
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

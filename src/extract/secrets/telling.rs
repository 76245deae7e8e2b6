//! Literals that speak for themselves. Input: a kind and the place of a literal that announces it: a
//! prefix, a header, a command. Output: what it says there, or why it says nothing.

use std::ops::Range;

use super::found::{Found, Rank};
use super::search::{One, Search};
use super::{around, forms, header, jwt, line, names, pem, random, url};
use crate::catalogue::credential::{FoundBy, Kind, by_id};

impl One<'_> {
    /// A literal that speaks for itself.
    pub(super) fn form(&self, kind: &'static Kind, hit: Range<usize>, out: &mut Search) {
        let text = self.text;
        if kind.found_by == FoundBy::Line {
            return self.line(kind, &hit, out);
        }
        let answer = match kind.found_by {
            FoundBy::Prefix | FoundBy::Infix => self.provider(kind, hit.clone()),
            FoundBy::Url => url::found(kind, text, hit.clone()),
            FoundBy::Pem => pem::found(kind, text, hit.clone()),
            FoundBy::Jwt if kind.id != "json-web-token" => Err("judged with all web tokens"),
            FoundBy::Jwt => jwt::token(text, hit.start).map(|token| jwt::found(kind, text, token)),
            FoundBy::Header => header::found(kind, text, hit.clone()),
            FoundBy::Name | FoundBy::Line | FoundBy::Assignment => return,
        };
        let answer = answer.map(|mut found| {
            let from = if kind.found_by == FoundBy::Url { hit.start } else { found.range.start };
            found.name = around::name_of(text, from).to_owned();
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
        let form = forms::at(self.text, hit, kind)?;
        if !kind.keywords.is_empty() {
            let context = names::squashed(&format!(
                "{} {}",
                around::name_of(self.text, form.range.start),
                around::line_before(self.text, form.range.start)
            ));
            if !kind.keywords.iter().any(|k| context.contains(k)) {
                return Err("the name does not speak of the provider");
            }
        }
        let found = Found::literal(kind, self.text, form.range.clone(), Rank::Form);
        let browser = kind.id == "google-api-key"
            && around::is_near(
                self.text,
                form.range.start,
                &["authDomain", "messagingSenderId", "firebase", "maps.googleapis"],
            );
        Ok(found.doubting(form.doubts).doubting(browser.then_some("browser-key")))
    }
}

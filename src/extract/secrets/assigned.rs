//! Values bound to a name. Input: the place of a name that may speak of a credential. Output: the value
//! as a credential of the kind that name and value tell, or why it is none.

use std::ops::Range;

use super::assign::{self, Bare, Bound};
use super::found::{Found, Rank};
use super::names::Sort;
use super::search::{One, Search};
use super::weigh::{MADE_UP, password, plain, secret, stripped};
use super::{around, connection, forms, jwt, line, names, sealed, sequence, value};
use crate::catalogue::credential::{Kind, by_id};
use crate::parse::Kind as Format;

impl One<'_> {
    /// A name with whatever is bound to it.
    pub(super) fn assignment(&self, name: Range<usize>, out: &mut Search) {
        if !out.goes_on(self.text) {
            return self.passed_over(&name, "too many names in one value", out);
        }
        // Most names bind nothing here, and to see that is cheaper than to understand the name.
        let Some(bound) = assign::bound(self.text, name.clone(), self.bare) else {
            let before = out.considered.len();
            self.looked_up(name.clone(), out);
            if out.considered.len() == before {
                self.passed_over(&name, "no value is bound to the name", out);
            }
            return;
        };
        out.read += bound.value.len();
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
            found.doubting(doubt).doubting(sequence::doubt(value)).doubting(doubts)
        }))
    }

    /// A name that says nothing of a credential unless a provider's kind knows it: `CLARIFAI_PAT`, or
    /// `key` under the provider's name.
    fn known_name(&self, bound: &Bound<'_>, out: &mut Search) {
        let name = match bound.name {
            "key" | "Key" | "KEY" => format!("{}_key", around::block_of(self.text, bound.at)),
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
            let mut found = jwt::found(kind, value, token);
            found.range = range.clone();
            found.mask = range;
            found.name = bound.name.to_owned();
            return Ok(found);
        }
        // Whoever holds the session that a site has encrypted is its user.
        if jwt::is_encrypted(value) {
            let mut found = literal(generic, Rank::Generic);
            found.confidence = "high";
            return Ok(found);
        }
        if let Some(reason) = value::no_secret(value) {
            return Err(reason);
        }
        plain(value, bound)?;
        if self.text.get(bound.range.end..).is_some_and(value::cut_short) {
            return Err("cut short");
        }
        if let Some((form, sure)) = forms::by_name(value, bound.name, around::line_before(self.text, bound.at)) {
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
        Ok(found.doubting(weighed.1).doubting(sequence::doubt(value)).doubting(made_up).doubting(api))
    }

    /// Whether the document describes an API: its values are examples.
    fn is_api_description(&self) -> bool {
        let head = self.text.get(..self.text.len().min(400)).unwrap_or("");
        matches!(self.document.kind, Format::Yaml | Format::Json)
            && (head.contains("openapi") || head.contains("swagger"))
    }
}

//! Variables, headers and arguments of a tool server. Input: values of its configuration. Output:
//! [`EnvVar`]s with what they are set from, and whether a credential is among them.

use crate::extract::Sink;
use crate::extract::agents::credentials::names_credential;
use crate::facts::{EnvVar, Ref, RefKind, Sym};
use crate::parse::value::Expr;
use crate::parse::{Document, Value};
use crate::span::Span;

/// Variables that say which of the credentials stored on the machine a program acts with.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html>,
/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html> (2026-11-25).
const STORED: &[&str] = &["AWS_PROFILE"];

/// What a server is handed.
#[derive(Default)]
pub(super) struct Handed {
    pub(super) env: Vec<EnvVar>,
    pub(super) credential: bool,
}

/// Collects what one server is handed.
pub(super) struct Collector<'a, 's, 'd> {
    pub(super) document: &'a Document<'d>,
    pub(super) sink: &'a Sink<'s>,
    /// Ids of inputs that the user is asked for as a password; none when the file lists no inputs.
    pub(super) passwords: Option<&'a [String]>,
    pub(super) handed: Handed,
}

impl Collector<'_, '_, '_> {
    /// A map of names to values, or a list of `NAME=value` texts and `{name, value}` maps.
    pub(super) fn map(&mut self, value: &Value, headers: bool) {
        for entry in value.entries() {
            self.variable(&entry.key, entry.key_span, &entry.value, headers);
        }
        for item in value.items() {
            if let Some(name) = item.get("name").or_else(|| item.get("key")) {
                let given = item.get("value").unwrap_or(name);
                self.variable(name.as_str().unwrap_or(""), name.span, given, headers);
            } else if let Some((name, _)) = item.as_str().and_then(|text| text.split_once('=')) {
                self.variable(name, item.span, item, headers);
            } else if let Some(name) = item.as_str() {
                self.by_name(name, item.span, RefKind::Env);
            }
        }
    }

    /// Names of variables that are handed on from the surroundings, or from a key store.
    pub(super) fn names(&mut self, value: &Value, kind: RefKind) {
        for item in value.one_or_many() {
            let named = item.get("name").unwrap_or(item);
            if let Some(name) = named.as_str() {
                self.by_name(name, named.span, kind);
            }
        }
        for entry in value.entries() {
            if let Some(name) = entry.value.as_str() {
                self.by_name(name, entry.value.span, kind);
            }
        }
    }

    /// `docker run -e NAME`, `-e NAME=value`.
    pub(super) fn handed_on(&mut self, words: &[String], at: Span) {
        for word in words {
            match word.split_once('=') {
                None => self.by_name(word, at, RefKind::Env),
                Some((name, value)) if names_credential(name) && !value.is_empty() => {
                    let from = reference(value).map(|(kind, name)| self.reference(kind, &name, at));
                    self.push(name, from, at);
                    self.handed.credential = true;
                }
                Some((name, _)) => self.push(name, None, at),
            }
        }
    }

    /// An argument or address: a credential in it, or a reference to one.
    pub(super) fn argument(&mut self, value: &Value, after: Option<&str>) {
        let text = value.scalar().unwrap_or("");
        let flag = |word: &str| word.starts_with('-') && names_credential(word.trim_start_matches('-'));
        let own_flag = text.split_once('=').is_some_and(|(word, rest)| flag(word) && !rest.is_empty());
        let named = after.is_some_and(flag) && !text.starts_with('-') && !text.is_empty();
        let header = text.to_ascii_lowercase().starts_with("authorization:");
        let in_query = text.split_once('?').is_some_and(|(_, query)| {
            query.split('&').any(|pair| pair.split_once('=').is_some_and(|(k, v)| names_credential(k) && !v.is_empty()))
        });
        let found = reference(text).filter(|(kind, name)| *kind == RefKind::Secret || names_credential(name));
        if let Some((kind, name)) = &found {
            let from = self.reference(*kind, name, value.span);
            self.push(name, Some(from), value.span);
        }
        self.handed.credential |=
            own_flag || named || header || in_query || found.is_some() || self.is_masked(value.span);
    }

    fn variable(&mut self, name: &str, at: Span, value: &Value, header: bool) {
        let text = value.scalar().unwrap_or("");
        let from = reference(text).map(|(kind, name)| self.reference(kind, &name, value.span));
        let literal = self.sink.fingerprint_at(value.span).map(|print| Ref {
            kind: RefKind::Value,
            name: print,
            at: self.sink.place(value.span),
        });
        let asked = from.is_some_and(|r| r.kind == RefKind::Secret && self.is_password(&r));
        let computed = matches!(value.as_expr(), Some(Expr::Template(_) | Expr::Reference(_)));
        let named = if header { names_header(name) } else { names_credential(name) || STORED.contains(&name) };
        self.handed.credential |= literal.is_some() || asked || self.is_masked(value.span);
        self.handed.credential |= named && (!text.trim().is_empty() || computed);
        // A variable may hold headers as one text: `{"Authorization": "Bearer …"}`.
        let lower = text.to_ascii_lowercase();
        self.handed.credential |= lower.contains("authorization") && lower.contains(':') || lower.contains("bearer ");
        self.handed.env.push(EnvVar { name: Sym::new(name), from: literal.or(from), at: self.sink.place(at) });
    }

    fn by_name(&mut self, name: &str, at: Span, kind: RefKind) {
        self.handed.credential |= kind == RefKind::Secret || names_credential(name);
        let from = self.reference(kind, name, at);
        self.push(name, Some(from), at);
    }

    fn push(&mut self, name: &str, from: Option<Ref>, at: Span) {
        self.handed.env.push(EnvVar { name: Sym::new(name), from, at: self.sink.place(at) });
    }

    fn reference(&self, kind: RefKind, name: &str, at: Span) -> Ref {
        Ref { kind, name: Sym::new(name), at: self.sink.place(at) }
    }

    fn is_password(&self, reference: &Ref) -> bool {
        let id = reference.name.as_str().strip_prefix("input:");
        match (id, self.passwords) {
            (Some(id), Some(known)) => known.iter().any(|p| p == id) || names_credential(id),
            (Some(id), None) => names_credential(id),
            (None, _) => true,
        }
    }

    fn is_masked(&self, span: Span) -> bool {
        self.document.is_masked(span)
    }
}

fn names_header(name: &str) -> bool {
    names_credential(name) || ["authorization", "cookie"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// What a text refers to: `${VAR}`, `${env:VAR}`, `{env:VAR}`, `$VAR`, `%VAR%`, `${input:id}`,
/// `${{ secrets.X }}`, `op://vault/item`.
pub(crate) fn reference(text: &str) -> Option<(RefKind, String)> {
    if let Some(at) = text.find("op://") {
        let path = text[at..].split(['"', '\'', ' ']).next().unwrap_or("");
        return Some((RefKind::Secret, path.to_owned()));
    }
    if let Some((_, rest)) = text.split_once("${{") {
        let inner = rest.split("}}").next().unwrap_or("").trim();
        return inner.starts_with("secrets.").then(|| (RefKind::Secret, inner.to_owned()));
    }
    if let Some((_, rest)) =
        text.split_once("${").or_else(|| text.split_once("{env:").map(|(a, _)| (a, &text[a.len() + 1..])))
    {
        let inner = rest.split(['}', ':']).next().unwrap_or("").trim();
        let behind = rest.split('}').next().unwrap_or("").split_once(':').map_or("", |(_, b)| b);
        return match inner {
            "env" | "localEnv" => variable(behind.split(':').next().unwrap_or("")),
            "input" | "promptString" => Some((RefKind::Secret, format!("input:{behind}"))),
            _ if inner.starts_with("user_config.") => Some((RefKind::Secret, inner.to_owned())),
            // Folders that clients fill in: no variable of the environment.
            "workspaceFolder" | "userHome" | "CLAUDE_PLUGIN_ROOT" | "CLAUDE_PROJECT_DIR" | "extensionPath"
            | "__dirname" | "HOME" | "pathSeparator" | "/" => None,
            name => variable(name),
        };
    }
    if let Some(rest) = text.strip_prefix('$').or_else(|| text.strip_prefix("Bearer $")) {
        return variable(rest);
    }
    text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')).and_then(variable)
}

fn variable(name: &str) -> Option<(RefKind, String)> {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (plain && !name.starts_with(|c: char| c.is_ascii_digit())).then(|| (RefKind::Env, name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_every_client() {
        let shown = |text: &str| reference(text).map(|(kind, name)| format!("{kind:?} {name}"));
        for (text, expected) in [
            ("${TOKEN}", Some("Env TOKEN")),
            ("Bearer ${API_KEY:-x}", Some("Env API_KEY")),
            ("${env:A}", Some("Env A")),
            ("{env:B}", Some("Env B")),
            ("$C", Some("Env C")),
            ("%D%", Some("Env D")),
            ("${input:gh}", Some("Secret input:gh")),
            ("${{ secrets.X }}", Some("Secret secrets.X")),
            ("op://v/i/f", Some("Secret op://v/i/f")),
            ("${workspaceFolder}/a", None),
            ("plain", None),
            ("$5 a day", None),
        ] {
            assert_eq!(shown(text).as_deref(), expected, "{text}");
        }
    }
}

//! dotenv files. Input: the assignments. Output: a [`Binding`] for each variable; what a credential is
//! made of is the secrets reader's. No value that could be one is kept.

use super::agents::credentials::names_credential;
use super::workload::switched;
use super::{Reader, Sink, mcp};
use crate::facts::{Binding, Ref, Sym};
use crate::parse::{Document, Kind, Value};

/// Reads dotenv files.
pub const READER: Reader = Reader { name: "dotenv", reads, read };

fn reads(document: &Document<'_>) -> bool {
    document.kind == Kind::Dotenv
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    for entry in document.values().iter().flat_map(Value::entries) {
        let text = entry.value.as_str().unwrap_or("");
        let masked = document.is_masked(entry.value.span);
        let to = mcp::reference(text).map(|(kind, name)| Ref {
            kind,
            name: Sym::from(name),
            at: sink.place(entry.value.span),
        });
        let plain = to.is_none() && !masked && !names_credential(&entry.key) && is_plain(text);
        let binding = Binding {
            symbol: Sym::new(&entry.key),
            form: Sym::new("environment"),
            literal: plain.then(|| Sym::new(text)),
            to,
        };
        sink.add(entry.key_span, binding);
        switched(&entry.key, text, entry.key_span, sink);
    }
}

/// Text that cannot be a credential: short or made of words, and no address with user information.
fn is_plain(text: &str) -> bool {
    let random = text.split(['/', '.', '-', '_', ' ', ',', ':']).any(|part| {
        part.len() >= 16 && part.bytes().any(|b| b.is_ascii_digit()) && part.bytes().any(|b| b.is_ascii_alphabetic())
    });
    text.len() <= 200 && !text.is_empty() && !text.contains('@') && !random
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::trial;
    use crate::facts::AsRecord;

    #[test]
    fn names_are_kept_and_values_that_could_be_credentials_are_not() {
        let text = format!("MODEL=gpt-x\nAPI_KEY=abc\nURL=${{BASE_URL}}\nDB=postgres://a:{}@h/d\n", "b".repeat(9));
        let facts = trial::facts(&READER, ".env", Kind::Dotenv, &text);
        let shown: Vec<_> = facts
            .iter()
            .filter_map(|f| Binding::of(&f.kind))
            .map(|b| (b.symbol.as_str(), b.literal.as_deref(), b.to.map(|t| t.name.as_str())))
            .collect();
        assert_eq!(
            shown,
            [
                ("MODEL", Some("gpt-x"), None),
                ("API_KEY", None, None),
                ("URL", None, Some("BASE_URL")),
                ("DB", None, None)
            ]
        );
    }
}

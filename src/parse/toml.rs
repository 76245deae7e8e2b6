//! TOML. Input: text. Output: one map in source order, with what could be read of a broken file.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mask_templates;
use super::structured::{MAX_DEPTH, Parsed, Problem};
use super::value::{Entry, Node, Unknown, Value};
use crate::span::Span;

/// Broken places of one file that are reported.
const MAX_ERRORS: usize = 5;

/// Reads `text`.
pub(crate) fn parse(text: &str) -> Parsed {
    mask_templates::or_masked(text, b'1', table)
}

fn table(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let reader = Reader { text, base: text.len() - body.len() };
    let (table, errors) = DeTable::parse_recoverable(body);
    for error in errors.iter().take(MAX_ERRORS) {
        let offset = reader.base + error.span().map_or(0, |s| s.start);
        parsed.problems.push(match error.message() {
            "recursion limit" => Problem::budget(offset, "nested too deep for TOML"),
            message => Problem::malformed(offset, "TOML", message),
        });
    }
    let span = Span::new(reader.base, text.len());
    parsed.values.push(Value::new(span, Node::Map(reader.entries(table.into_inner(), 0))));
    parsed
}

struct Reader<'a> {
    text: &'a str,
    base: usize,
}

impl Reader<'_> {
    fn entries(&self, table: DeTable<'_>, depth: usize) -> Vec<Entry> {
        let mut entries: Vec<Entry> = table
            .into_iter()
            .map(|(key, value)| {
                let token = self.span(key.span());
                let name = key.into_inner();
                Entry { key_span: self.content(token, &name), key: name.into(), value: self.value(value, depth + 1) }
            })
            .collect();
        entries.sort_by_key(|e| e.key_span);
        entries
    }

    fn value(&self, value: Spanned<DeValue<'_>>, depth: usize) -> Value {
        let token = self.span(value.span());
        if depth > MAX_DEPTH {
            return Value::new(token, Node::Unknown(Unknown::Budget));
        }
        match value.into_inner() {
            DeValue::String(s) => Value::new(self.content(token, &s), Node::Text(s.into())),
            DeValue::Integer(_) | DeValue::Float(_) => Value::new(token, Node::Number(token.text(self.text).into())),
            DeValue::Boolean(b) => Value::new(token, Node::Bool(b)),
            DeValue::Datetime(_) => Value::new(token, Node::Text(token.text(self.text).into())),
            DeValue::Array(a) => {
                Value::new(token, Node::List(a.into_iter().map(|v| self.value(v, depth + 1)).collect()))
            }
            DeValue::Table(t) => {
                let entries = self.entries(t, depth);
                let whole = entries.iter().fold(token, |span, e| span.to(e.key_span).to(e.value.span));
                Value::new(whole, Node::Map(entries))
            }
        }
    }

    /// The span without quotes when the content stands there as it is.
    fn content(&self, token: Span, content: &str) -> Span {
        let source = token.text(self.text);
        for quote in [3, 1, 0] {
            let inner = source.len().checked_sub(quote).and_then(|end| source.get(quote..end));
            if inner == Some(content) {
                return Span::new(token.start as usize + quote, token.end as usize - quote);
            }
        }
        token
    }

    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.base + range.start, self.base + range.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_keep_their_order_and_scalars_their_place() {
        let text = "z = 1\na = \"b\"\n[mcp_servers.x]\ncommand = 'npx'\nargs = [\"-y\", \"\"\"p\"\"\"]\n[[t]]\nn = true\n[[t]]\n";
        let root = parse(text).values.remove(0);
        assert_eq!(root.entries().iter().map(|e| &*e.key).collect::<Vec<_>>(), ["z", "a", "mcp_servers", "t"]);
        let command = root.at(&["mcp_servers", "x", "command"]).unwrap();
        assert_eq!((command.as_str(), command.span.text(text)), (Some("npx"), "npx"));
        assert_eq!(root.at(&["mcp_servers", "x", "args"]).unwrap().items()[1].span.text(text), "p");
        assert_eq!(root.get("t").unwrap().items().len(), 2);
    }

    #[test]
    fn a_broken_line_costs_itself_and_says_nothing_of_the_text() {
        let parsed = parse("a = 1\nb = @secret\nc = 3\n");
        assert!(!parsed.problems.is_empty());
        assert!(parsed.problems.iter().all(|p| !p.reason.contains("secret")));
        assert_eq!(parsed.values[0].get("a").unwrap().scalar(), Some("1"));
    }

    #[test]
    fn deep_nesting_is_a_notice() {
        for text in ["a = ".to_owned() + &"[".repeat(100_000), "a.".repeat(100_000) + "b = 1", {
            "[".to_owned() + &"a.".repeat(100_000) + "b]"
        }] {
            assert!(!parse(&text).problems.is_empty());
        }
        let dotted = parse(&("a.".repeat(1_000) + "b = 1\n"));
        assert_eq!(dotted.problems, [Problem::budget(0, "nested too deep for TOML")]);
    }
}

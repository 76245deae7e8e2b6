//! JSON with what people add to it: comments, trailing commas, single quotes, a byte order mark,
//! several values in one file (JSON Lines), template actions. Input: text. Output: one value a root.

use jsonc_parser::ast;
use jsonc_parser::errors::{ParseError, ParseErrorKind};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::mask_templates;
use super::structured::{Parsed, Problem};
use super::value::{Entry, Node, Value};
use crate::span::Span;

/// Roots of one file that are read; more is a data set, not configuration.
const MAX_ROOTS: usize = 50_000;

/// Reads every root value of `text`.
pub(crate) fn parse(text: &str) -> Parsed {
    mask_templates::or_masked(text, b'1', roots)
}

fn roots(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut end = text.len();
    while at < text.len() {
        if parsed.values.len() >= MAX_ROOTS {
            parsed.problems.push(Problem::budget(at, "more JSON values than are read"));
            break;
        }
        match parse_to_ast(&text[at..end], &CollectOptions::default(), &ParseOptions::default()) {
            Ok(result) => {
                if let Some(root) = result.value {
                    parsed.values.push(Reader { text, base: at }.value(root));
                }
                (at, end) = (end, text.len());
            }
            // The second root begins here: read the first alone, then go on.
            Err(error) if several_roots(&error) && error.range().start > 0 && end == text.len() => {
                end = at + error.range().start;
            }
            Err(error) => {
                parsed.problems.push(problem(&error, at));
                break;
            }
        }
    }
    parsed
}

fn several_roots(error: &ParseError) -> bool {
    matches!(error.kind(), ParseErrorKind::MultipleRootJsonValues)
}

fn problem(error: &ParseError, base: usize) -> Problem {
    let offset = base + error.range().start;
    match error.kind() {
        ParseErrorKind::NestingDepthExceeded => Problem::budget(offset, "nested too deep for JSON"),
        ParseErrorKind::String(_) => Problem::malformed(offset, "JSON", "broken string"),
        kind => Problem::malformed(offset, "JSON", &kind.to_string()),
    }
}

struct Reader<'a> {
    text: &'a str,
    base: usize,
}

impl Reader<'_> {
    // The parser stops at 512 levels, so this recursion is bounded.
    fn value(&self, value: ast::Value<'_>) -> Value {
        match value {
            ast::Value::StringLit(s) => self.string(&s),
            ast::Value::NumberLit(n) => Value::new(self.span(n.range), Node::Number(n.value.into())),
            ast::Value::BooleanLit(b) => Value::new(self.span(b.range), Node::Bool(b.value)),
            ast::Value::NullKeyword(n) => Value::new(self.span(n.range), Node::Null),
            ast::Value::Array(a) => {
                let span = self.span(a.range);
                Value::new(span, Node::List(a.elements.into_iter().map(|e| self.value(e)).collect()))
            }
            ast::Value::Object(o) => {
                let span = self.span(o.range);
                Value::new(span, Node::Map(o.properties.into_iter().map(|p| self.entry(p)).collect()))
            }
        }
    }

    fn entry(&self, property: ast::ObjectProp<'_>) -> Entry {
        let (key, key_span) = match property.name {
            ast::ObjectPropName::String(s) => (s.value.as_ref().into(), self.content(&s)),
            ast::ObjectPropName::Word(w) => (w.value.into(), self.span(w.range)),
        };
        Entry { key, key_span, value: self.value(property.value) }
    }

    fn string(&self, string: &ast::StringLit<'_>) -> Value {
        let span = self.content(string);
        Value::new(span, Node::Text(string.value.as_ref().into()))
    }

    /// The span without quotes when the content stands there as it is.
    fn content(&self, string: &ast::StringLit<'_>) -> Span {
        let whole = self.span(string.range);
        let inner = Span { start: whole.start + 1, end: whole.end.saturating_sub(1) };
        if inner.end >= inner.start && inner.text(self.text) == string.value { inner } else { whole }
    }

    fn span(&self, range: jsonc_parser::common::Range) -> Span {
        Span::new(self.base + range.start, self.base + range.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::value::Unknown;

    #[test]
    fn more_values_than_are_read_are_a_notice() {
        let parsed = parse(&"1\n".repeat(MAX_ROOTS + 1));
        assert_eq!(parsed.values.len(), MAX_ROOTS);
        assert_eq!(parsed.problems[0], Problem::budget(2 * MAX_ROOTS, "more JSON values than are read"));
    }

    #[test]
    fn loose_forms_are_read_with_the_spans_of_their_content() {
        let text = "\u{feff}{ // note\n \"a\": \"b\", 'k': [1, true, null,], \"esc\": \"x\\ty\", }\n";
        let parsed = parse(text);
        assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
        let root = &parsed.values[0];
        assert_eq!(root.get("a").unwrap().span.text(text), "b");
        assert_eq!(root.entry("k").unwrap().key_span.text(text), "k");
        assert_eq!(root.get("k").unwrap().items().len(), 3);
        assert_eq!(root.get("esc").unwrap().as_str(), Some("x\ty"));
        assert_eq!(root.get("esc").unwrap().span.text(text), r#""x\ty""#);
    }

    #[test]
    fn lines_are_several_roots_and_a_broken_one_keeps_those_before_it() {
        let text = "{\"a\":1}\n{\"a\":2}\n[3]\n";
        let values = parse(text).values;
        assert_eq!(values.len(), 3);
        assert_eq!(values[2].span.text(text), "[3]");
        let broken = parse("{\"a\":1}\n{\"a\":\n");
        assert_eq!((broken.values.len(), broken.problems.len()), (1, 1));
    }

    #[test]
    fn deep_nesting_is_a_budget_and_no_crash() {
        let parsed = parse(&"[".repeat(100_000));
        assert!(parsed.values.is_empty());
        assert_eq!(parsed.problems[0].kind, crate::error::NoticeKind::Budget);
    }

    #[test]
    fn template_actions_are_neither_literal_nor_absent() {
        let parsed = parse("{\"name\": \"{{ cookiecutter.name }}\", \"n\": {{ count }}, \"b\": \"c\"}");
        assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
        assert_eq!(parsed.values[0].get("name").unwrap().node, Node::Unknown(Unknown::Templated));
        assert_eq!(parsed.values[0].get("b").unwrap().as_str(), Some("c"));
    }
}

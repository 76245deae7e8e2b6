//! JSON inside a string. Input: a document's text and a text or template value of it. Output: the value
//! that the string describes; spans lead into the document, interpolated parts stay expressions.

use super::joiner::Joiner;
use super::json;
use super::value::{Expr, Node, Value};
use crate::span::Span;

/// A string longer than this is data.
const MAX_BYTES: usize = 1 << 20;

/// An interpolated part, and where its stand-in is in the joined text.
struct Hole<'v> {
    at: Span,
    part: &'v Value,
}

/// The JSON object or list in `value`, when it holds one.
#[must_use]
pub fn embedded(text: &str, value: &Value) -> Option<Value> {
    let mut joiner = Joiner::new(text);
    let mut holes = Vec::new();
    let parts = match (&value.node, value.as_expr()) {
        (Node::Text(_), _) => std::slice::from_ref(value),
        (_, Some(Expr::Template(parts))) => parts.as_slice(),
        _ => return None,
    };
    if !parts.first()?.as_str()?.trim_start().starts_with(['{', '[']) {
        return None;
    }
    for part in parts {
        match &part.node {
            Node::Text(content) => joiner.string(part, content),
            _ => {
                let start = joiner.text.len();
                joiner.mark(part.span.start as usize);
                // Digits are a scalar inside quotes and without them.
                joiner.text.extend(std::iter::repeat_n('1', part.span.len().max(1)));
                holes.push(Hole { at: Span::new(start, joiner.text.len()), part });
            }
        }
        if joiner.text.len() > MAX_BYTES {
            return None;
        }
    }
    let parsed = json::parse(&joiner.text);
    let mut root = parsed.values.into_iter().next()?;
    if !parsed.problems.is_empty() {
        return None;
    }
    Way { joiner: &joiner, holes: &holes, whole: value.span }.back(&mut root);
    Some(root)
}

/// The way back from the joined text into the document.
struct Way<'a, 'v> {
    joiner: &'a Joiner<'a>,
    holes: &'a [Hole<'v>],
    whole: Span,
}

impl Way<'_, '_> {
    // As deep as the values, which their reader bounds.
    fn back(&self, value: &mut Value) {
        match &mut value.node {
            Node::List(items) => items.iter_mut().for_each(|item| self.back(item)),
            Node::Map(entries) => {
                for entry in entries {
                    entry.key_span = self.span(entry.key_span);
                    self.back(&mut entry.value);
                }
            }
            _ => self.fill(value),
        }
        value.span = self.span(value.span);
    }

    /// Puts expressions back where their stand-ins were.
    fn fill(&self, value: &mut Value) {
        let inside: Vec<&Hole<'_>> = self.holes.iter().filter(|hole| hole.at.overlaps(value.span)).collect();
        match inside[..] {
            [] => {}
            [only] if only.at.contains(value.span) => value.node = only.part.node.clone(),
            _ => {
                let mut parts = Vec::new();
                let mut at = value.span.start;
                for hole in inside {
                    self.literal(&mut parts, at, hole.at.start);
                    parts.push(hole.part.clone());
                    at = hole.at.end;
                }
                self.literal(&mut parts, at, value.span.end);
                value.node = Node::Expr(Box::new(Expr::Template(parts)));
            }
        }
    }

    fn literal(&self, parts: &mut Vec<Value>, start: u32, end: u32) {
        let joined = Span { start, end };
        if start < end {
            parts.push(Value::new(self.span(joined), Node::Text(joined.text(&self.joiner.text).into())));
        }
    }

    fn span(&self, joined: Span) -> Span {
        let start = self.offset(joined.start);
        let end = if joined.is_empty() { start } else { self.offset(joined.end - 1) + 1 };
        let span = Span { start, end: end.max(start) };
        if self.whole.contains(span) { span } else { self.whole }
    }

    fn offset(&self, joined: u32) -> u32 {
        let map = &self.joiner.origin;
        let at = map.partition_point(|&(text, _)| text <= joined);
        at.checked_sub(1).and_then(|i| map.get(i)).map_or(self.whole.start, |&(text, raw)| raw + (joined - text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Kind, structured};

    fn policy(kind: Kind, text: &str, path: &[&str]) -> Value {
        let root = structured::parse(kind, "a", text).values.remove(0);
        embedded(text, root.at(path).unwrap()).unwrap()
    }

    #[test]
    fn escaped_json_in_json() {
        let text = r#"{"p": "{\"Action\": [\"s3:*\"], \"n\": 1}"}"#;
        let policy = policy(Kind::Json, text, &["p"]);
        let action = &policy.get("Action").unwrap().items()[0];
        assert_eq!((action.as_str(), action.span.text(text)), (Some("s3:*"), "s3:*"));
    }

    #[test]
    fn a_policy_in_an_indented_block() {
        let text = "p: |\n  {\n    \"Action\": \"*\"\n  }\n";
        let policy = policy(Kind::Yaml, text, &["p"]);
        assert_eq!(policy.entry("Action").unwrap().key_span.text(text), "Action");
        assert_eq!(policy.get("Action").unwrap().span.text(text), "*");
    }

    #[test]
    fn a_here_document_with_interpolations() {
        let text =
            "p = <<EOF\n{\"Resource\": [\"${aws_s3_bucket.b.arn}\", \"${var.x}/*\"], \"Action\": \"s3:Get*\"}\nEOF\n";
        let policy = policy(Kind::Hcl, text, &["p"]);
        let resources = policy.get("Resource").unwrap().items();
        assert_eq!(resources[0].as_reference(), Some("aws_s3_bucket.b.arn"));
        assert!(matches!(resources[1].as_expr(), Some(Expr::Template(parts)) if parts[1].as_str() == Some("/*")));
        assert_eq!(policy.get("Action").unwrap().span.text(text), "s3:Get*");
    }

    #[test]
    fn other_text_is_no_json() {
        assert!(embedded("abc", &Value::new(Span::new(0, 3), Node::Text("abc".into()))).is_none());
    }
}

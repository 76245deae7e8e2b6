//! JSON inside other text: a heredoc, an escaped string, an argument of a shell command. Input: a
//! [`Value`] or text. Output: the JSON as a [`Value`] whose spans lie in the outer text.

use crate::parse::structured;
use crate::parse::value::{Entry, Node};
use crate::parse::{Kind, Value};
use crate::span::Span;

/// Embedded JSON longer than this is not read.
const LONGEST: usize = 256 * 1024;

/// The JSON object that a text value holds; none when it holds none. Spans lead into the outer text.
pub(crate) fn json(value: &Value, text: &str) -> Option<Value> {
    let source = value.span.text(text);
    if let Some(found) = object(source, value.span.start as usize) {
        return Some(found);
    }
    crate::parse::embedded(text, value)
}

/// The first JSON object of `source`, which begins at `base` of the outer text.
pub(crate) fn object(source: &str, base: usize) -> Option<Value> {
    let start = source.find('{')?;
    let end = start + closing(&source[start..])?;
    let parsed = structured::parse(Kind::Json, "", &source[start..end]);
    if !parsed.problems.is_empty() {
        return None;
    }
    let mut value = parsed.values.into_iter().next()?;
    place(&mut value, &|span| Span::new(span.start as usize + base + start, span.end as usize + base + start));
    Some(value)
}

/// One past the brace that closes the first one; braces in JSON strings do not count.
fn closing(source: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    for (at, byte) in source.bytes().enumerate().take(LONGEST) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn place(value: &mut Value, to: &dyn Fn(Span) -> Span) {
    value.span = to(value.span);
    match &mut value.node {
        Node::List(items) => items.iter_mut().for_each(|item| place(item, to)),
        Node::Map(entries) => {
            for Entry { key_span, value, .. } in entries {
                *key_span = to(*key_span);
                place(value, to);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_embedded_json_lie_in_the_outer_text() {
        let text = "aws put --policy '{\"Action\": [\"s3:{*}\"]}' --x";
        let value = object(text, 0).unwrap();
        assert_eq!(value.get("Action").unwrap().items()[0].span.text(text), "s3:{*}");
    }

    #[test]
    fn escaped_json_leads_back_to_its_place() {
        let text = r#"p = "{\"Effect\": \"Allow\"}""#;
        let value = Value::new(Span::new(4, text.len()), Node::Text("{\"Effect\": \"Allow\"}".into()));
        assert_eq!(json(&value, text).unwrap().get("Effect").unwrap().span.text(text), "Allow");
    }
}

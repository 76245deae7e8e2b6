//! XML. Input: text. Output: one map; an element without attributes and children is its text, any other
//! a map of `@attribute`, child and `#text`.

use roxmltree::{Document, Error, Node as Element, ParsingOptions};

use super::structured::{MAX_DEPTH, Parsed, Problem};
use super::value::{Entry, Node, Unknown, Value};
use crate::span::{LineIndex, Span};

/// Nodes of one file that are read.
const MAX_NODES: u32 = 1_000_000;

/// Reads `text`.
pub(crate) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let base = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    match Document::parse_with_options(&text[base..], options) {
        Ok(document) => {
            let root = document.root_element();
            let reader = Reader { text, base };
            let entry = reader.entry(root, 0);
            parsed.values.push(Value::new(entry.value.span, Node::Map(vec![entry])));
        }
        Err(Error::NodesLimitReached) => parsed.problems.push(Problem::budget(0, "more XML nodes than are read")),
        Err(error) => {
            let line = error.pos().row;
            let at = LineIndex::new(text).line_span(text, line).start as usize;
            parsed.problems.push(Problem::malformed(at, "XML", &error.to_string()));
        }
    }
    parsed
}

struct Reader<'a> {
    text: &'a str,
    base: usize,
}

impl Reader<'_> {
    fn entry(&self, element: Element<'_, '_>, depth: usize) -> Entry {
        let start = element.range().start + 1;
        let name = element.tag_name().name();
        let key_span = self.span(start..start + name.len());
        Entry { key: name.into(), key_span, value: self.element(element, depth) }
    }

    fn element(&self, element: Element<'_, '_>, depth: usize) -> Value {
        let span = self.span(element.range());
        if depth > MAX_DEPTH {
            return Value::new(span, Node::Unknown(Unknown::Budget));
        }
        let mut entries: Vec<Entry> = element
            .attributes()
            .map(|attribute| {
                let key = format!("@{}", attribute.name()).into();
                let value = self.scalar(attribute.range_value(), attribute.value());
                Entry { key, key_span: self.span(attribute.range_qname()), value }
            })
            .collect();
        entries.extend(element.children().filter(Element::is_element).map(|child| self.entry(child, depth + 1)));
        let text = element.children().find(|c| c.is_text() && c.text().is_some_and(|t| !t.trim().is_empty()));
        match text {
            Some(text) if entries.is_empty() => self.scalar(text.range(), text.text().unwrap_or("")),
            None if entries.is_empty() => Value::new(span, Node::Text("".into())),
            Some(text) => {
                let value = self.scalar(text.range(), text.text().unwrap_or(""));
                entries.push(Entry { key: "#text".into(), key_span: value.span, value });
                Value::new(span, Node::Map(entries))
            }
            None => Value::new(span, Node::Map(entries)),
        }
    }

    /// Text without the blanks around it.
    fn scalar(&self, range: std::ops::Range<usize>, content: &str) -> Value {
        let token = self.span(range);
        let content = content.trim();
        let at = token.text(self.text).find(content).filter(|_| !content.is_empty());
        let span = at.map_or(token, |at| {
            let start = token.start as usize + at;
            Span::new(start, start + content.len())
        });
        Value::new(span, Node::Text(content.into()))
    }

    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.base + range.start, self.base + range.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_attributes_and_text() {
        let text = "<?xml version=\"1.0\"?>\n<c><add key=\"a\" value='b'/><add key=\"x\"/><n> t </n></c>";
        let root = parse(text).values.remove(0);
        let c = root.get("c").unwrap();
        assert_eq!(c.get_all("add").count(), 2);
        assert_eq!(c.get("n").unwrap().span.text(text), "t");
        let first = c.get_all("add").next().unwrap();
        assert_eq!(first.get("@value").unwrap().span.text(text), "b");
    }

    #[test]
    fn depth_and_entity_bombs_are_bounded() {
        let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
        let parsed = parse(&deep);
        assert!(!parsed.values.is_empty() || !parsed.problems.is_empty());
        let mut bomb = String::from("<!DOCTYPE a [<!ENTITY e0 \"xxxxxxxxxx\">");
        for i in 1..30 {
            bomb += &format!("<!ENTITY e{i} \"&e{p};&e{p};&e{p};\">", p = i - 1);
        }
        let parsed = parse(&(bomb + "]><a>&e29;</a>"));
        assert_eq!(parsed.problems.len(), 1);
    }
}

//! Dockerfile and Containerfile. Input: text. Output: one list of instructions, each a map of
//! `instruction` (upper case) and `text` (what follows, as written), and where they apply: `form` (`exec`
//! or `shell`), `args` (the exec array, or the image, paths and words), `pairs` (ENV, ARG, LABEL), `as`
//! (a stage's name), `flags` (`--from`, `--mount`).

use tree_sitter::Node as Syntax;

use super::grammar;
use super::mask_templates;
use super::structured::{Parsed, Problem};
use super::value::{Entry, Node, Value};
use crate::span::Span;

/// Reads `text`.
pub(crate) fn parse(text: &str) -> Parsed {
    mask_templates::or_masked(text, b'x', instructions)
}

fn instructions(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let Some(tree) = grammar::parse(&tree_sitter_containerfile::LANGUAGE.into(), text) else {
        parsed.problems.push(Problem::budget(0, "too much work for the Dockerfile grammar"));
        return parsed;
    };
    let root = tree.root_node();
    let mut cursor = root.walk();
    let mut items = Vec::new();
    for node in root.named_children(&mut cursor) {
        match node.kind() {
            "ERROR" => parsed.problems.push(Problem::malformed(node.start_byte(), "Dockerfile", "unknown instruction")),
            kind if kind.ends_with("_instruction") => items.extend(Instruction { text, node }.value()),
            _ => {}
        }
    }
    parsed.problems.truncate(1);
    parsed.values.push(Value::new(Span::new(0, text.len()), Node::List(items)));
    parsed
}

struct Instruction<'a, 't> {
    text: &'a str,
    node: Syntax<'t>,
}

impl<'t> Instruction<'_, 't> {
    fn value(&self) -> Option<Value> {
        let whole = span(self.node);
        let source = whole.text(self.text);
        let length = source.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(source.len());
        let keyword = Span { start: whole.start, end: whole.start + u32::try_from(length).ok()? };
        let rest = source[length..].trim();
        let rest_at = whole.start as usize + source[length..].find(rest)? + length;
        let mut entries = vec![
            Entry {
                key: "instruction".into(),
                key_span: keyword,
                value: text_at(keyword, keyword.text(self.text).to_ascii_uppercase()),
            },
            Entry {
                key: "text".into(),
                key_span: keyword,
                value: text_at(Span::new(rest_at, rest_at + rest.len()), rest.to_owned()),
            },
        ];
        self.details(&mut entries, keyword);
        Some(Value::new(whole, Node::Map(entries)))
    }

    fn details(&self, entries: &mut Vec<Entry>, keyword: Span) {
        let (mut args, mut pairs, mut flags) = (Vec::new(), Vec::new(), Vec::new());
        let mut form = None;
        for child in self.children(self.node) {
            match child.kind() {
                "json_string_array" => {
                    form = Some("exec");
                    args.extend(self.children(child).into_iter().map(|item| self.scalar(item)));
                }
                "shell_command" => form = Some("shell"),
                "env_pair" | "arg_pair" | "label_pair" => pairs.extend(self.pair(child)),
                "param" | "mount_param" => flags.extend(self.flag(child)),
                "image_spec" | "path" | "expose_port" | "unquoted_string" => args.push(self.scalar(child)),
                "image_alias" => entries.push(entry("as", keyword, self.scalar(child))),
                _ => {}
            }
        }
        let whole = span(self.node);
        if let Some(form) = form {
            entries.push(entry("form", keyword, text_at(keyword, form.to_owned())));
        }
        for (key, node) in [("args", Node::List(args)), ("pairs", Node::Map(pairs)), ("flags", Node::Map(flags))] {
            let empty = matches!(&node, Node::List(l) if l.is_empty()) || matches!(&node, Node::Map(m) if m.is_empty());
            if !empty {
                entries.push(entry(key, keyword, Value::new(whole, node)));
            }
        }
    }

    fn pair(&self, node: Syntax<'t>) -> Option<Entry> {
        let name = node.child_by_field_name("name").or_else(|| node.child_by_field_name("key"))?;
        let key = self.scalar(name);
        let value = node.child_by_field_name("value").or_else(|| node.child_by_field_name("default"));
        let value = value.map_or_else(
            || Value::new(Span { start: key.span.end, end: key.span.end }, Node::Null),
            |value| self.scalar(value),
        );
        Some(Entry { key: key.as_str().unwrap_or("").into(), key_span: key.span, value })
    }

    /// `--name=value`; a mount's value is everything behind the first sign.
    fn flag(&self, node: Syntax<'t>) -> Option<Entry> {
        let whole = span(node);
        let (name, value) = whole.text(self.text).trim_start_matches('-').split_once('=')?;
        let value_at = Span { start: whole.end - u32::try_from(value.len()).ok()?, end: whole.end };
        let name_end = value_at.start - 1;
        let key_span = Span { start: name_end - u32::try_from(name.len()).ok()?, end: name_end };
        Some(Entry { key: name.into(), key_span, value: text_at(value_at, value.to_owned()) })
    }

    /// The text without quotes; with escapes or continued lines undone.
    fn scalar(&self, node: Syntax<'t>) -> Value {
        let token = span(node);
        let source = token.text(self.text);
        let quoted = source.len() >= 2 && source.starts_with(['"', '\'']) && source.ends_with(&source[..1]);
        let inner = if quoted { Span { start: token.start + 1, end: token.end - 1 } } else { token };
        let content = inner.text(self.text);
        if !content.contains('\\') || source.starts_with('\'') {
            return text_at(inner, content.to_owned());
        }
        let mut plain = String::with_capacity(content.len());
        let mut chars = content.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '\\' {
                plain.push(c);
            } else if chars.peek().is_some_and(|c| matches!(c, '\n' | '\r')) {
                while chars.next_if(|c| matches!(c, '\n' | '\r')).is_some() {}
            } else {
                plain.extend(chars.next());
            }
        }
        text_at(token, plain)
    }

    fn children(&self, node: Syntax<'t>) -> Vec<Syntax<'t>> {
        let mut cursor = node.walk();
        node.named_children(&mut cursor).collect()
    }
}

fn entry(key: &str, key_span: Span, value: Value) -> Entry {
    Entry { key: key.into(), key_span, value }
}

fn text_at(span: Span, text: String) -> Value {
    Value::new(span, Node::Text(text.into()))
}

fn span(node: Syntax<'_>) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_with_their_parts() {
        let text = "FROM --platform=linux/amd64 python:3.12-slim AS base\nARG KEY\nENV A=1 B=\"x y\"\n\
                    run --mount=type=secret,id=k pip install \\\n  x\nENTRYPOINT [\"python\", \"-m\", \"app\"]\nCMD python main.py\n";
        let parsed = parse(text);
        assert!(parsed.problems.is_empty());
        let all = parsed.values[0].items();
        let word = |i: usize, key: &str| all[i].get(key).and_then(Value::as_str);
        assert_eq!((word(0, "instruction"), word(0, "as")), (Some("FROM"), Some("base")));
        assert_eq!(all[0].get("args").unwrap().items()[0].as_str(), Some("python:3.12-slim"));
        assert_eq!(all[1].at(&["pairs", "KEY"]).unwrap().node, Node::Null);
        assert_eq!(all[2].at(&["pairs", "B"]).unwrap().span.text(text), "x y");
        assert_eq!((word(3, "instruction"), word(3, "form")), (Some("RUN"), Some("shell")));
        assert_eq!(all[3].at(&["flags", "mount"]).unwrap().as_str(), Some("type=secret,id=k"));
        assert_eq!(all[4].get("args").unwrap().items()[2].as_str(), Some("app"));
        assert_eq!((word(5, "form"), word(5, "text")), (Some("shell"), Some("python main.py")));
    }

    #[test]
    fn hostile_text_ends() {
        for text in
            ["ENV A=\"".repeat(50_000), "[".repeat(100_000), "FROM a\nCMD [".to_owned() + &"\"a\",".repeat(100_000)]
        {
            let _ = parse(&text).values;
        }
    }
}

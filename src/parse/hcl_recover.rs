//! HCL that the parser refuses as a whole: each top-level block is tried alone, and for one that fails
//! the recovering grammar gives the attributes around the broken place. Input: text and the first
//! problem. Output: as of `hcl`, with that problem.

use tree_sitter::Node as Syntax;

use super::grammar;
use super::hcl::{self, nest};
use super::hcl_expr::Reader;
use super::structured::{MAX_DEPTH, Parsed, Problem};
use super::value::{Entry, Node, Unknown, Value};
use crate::span::Span;

/// A block longer than this is not recovered: error recovery takes time by the square of the length.
const MAX_BLOCK: usize = 8 * 1024;
/// What is recovered of one file.
const MAX_RECOVERED: usize = 64 * 1024;

/// Recovers what it can.
pub(crate) fn parse(text: &str, problem: Problem) -> Parsed {
    let mut parsed = Parsed { problems: vec![problem], ..Parsed::default() };
    let mut entries = Vec::new();
    let mut recovered = 0;
    for chunk in chunks(text) {
        let source = chunk.text(text);
        let base = chunk.start as usize;
        if let Ok(read) = hcl_edit::parser::parse_body(source) {
            entries.extend(hcl::entries(&Reader { text, base }, &read));
            continue;
        }
        recovered += source.len();
        if source.len() > MAX_BLOCK || recovered > MAX_RECOVERED {
            if parsed.problems.len() == 1 {
                parsed.problems.push(Problem::budget(base, "too much broken HCL to recover"));
            }
            continue;
        }
        if let Some(tree) = grammar::parse(&tree_sitter_hcl::LANGUAGE.into(), source) {
            entries.extend(body(&Chunk { text, base }, tree.root_node(), 0));
        } else {
            parsed.problems.push(Problem::budget(base, "too much work for the HCL grammar"));
        }
    }
    if !entries.is_empty() {
        parsed.values.push(Value::new(Span::new(0, text.len()), Node::Map(entries)));
    }
    parsed
}

/// The text cut after each line that closes a top-level block.
fn chunks(text: &str) -> Vec<Span> {
    let mut chunks = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        at += line.len();
        if line.starts_with('}') {
            chunks.push(Span::new(start, at));
            start = at;
        }
    }
    if start < text.len() {
        chunks.push(Span::new(start, text.len()));
    }
    chunks
}

struct Chunk<'a> {
    text: &'a str,
    base: usize,
}

impl Chunk<'_> {
    fn span(&self, node: Syntax<'_>) -> Span {
        Span::new(self.base + node.start_byte(), self.base + node.end_byte())
    }
}

fn body(chunk: &Chunk<'_>, node: Syntax<'_>, depth: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    if depth > MAX_DEPTH {
        return entries;
    }
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        match child.kind() {
            "attribute" => entries.extend(attribute(chunk, child)),
            "block" => entries.extend(block(chunk, child, depth)),
            "body" | "ERROR" => entries.extend(body(chunk, child, depth + 1)),
            _ => {}
        }
    }
    entries
}

fn attribute(chunk: &Chunk<'_>, node: Syntax<'_>) -> Option<Entry> {
    let key = node.named_child(0)?;
    let value = node.named_child(1)?;
    let span = chunk.span(value);
    let value = match hcl_edit::parser::parse_expr(span.text(chunk.text)) {
        Ok(expression) => Reader { text: chunk.text, base: span.start as usize }.expression(&expression, span),
        Err(_) => Value::new(span, Node::Unknown(Unknown::Malformed)),
    };
    let key_span = chunk.span(key);
    Some(Entry { key: key_span.text(chunk.text).into(), key_span, value })
}

fn block(chunk: &Chunk<'_>, node: Syntax<'_>, depth: usize) -> Option<Entry> {
    let mut cursor = node.walk();
    let mut names = Vec::new();
    let mut entries = Vec::new();
    for child in node.named_children(&mut cursor) {
        let span = chunk.span(child);
        match child.kind() {
            "identifier" => names.push((span.text(chunk.text).into(), span)),
            "string_lit" => {
                let inner = Span { start: span.start + 1, end: span.end.saturating_sub(1).max(span.start + 1) };
                names.push((inner.text(chunk.text).into(), inner));
            }
            "body" => entries = body(chunk, child, depth + 1),
            _ => {}
        }
    }
    let whole = chunk.span(node);
    let mut names = names.into_iter();
    let (key, key_span): (Box<str>, Span) = names.next()?;
    Some(nest(key, key_span, names.collect(), whole, Value::new(whole, Node::Map(entries))))
}

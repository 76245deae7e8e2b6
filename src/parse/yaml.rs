//! YAML from parser events: several documents, tags, duplicate and merge keys kept, aliases never
//! expanded, template actions covered before parsing. Input: text and path. Output: one value a
//! document; a broken document costs itself and not those after it.

use std::borrow::Cow;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Tag};

use super::mask_templates::{self, Mask, Masked};
use super::structured::{Parsed, Problem};
use super::value::{Entry, Expr, Node, Unknown, Value};
use crate::span::Span;

/// Nodes of one file that are read.
const MAX_NODES: usize = 1_000_000;
/// Broken documents of one file that are reported.
const MAX_ERRORS: usize = 20;

/// Reads every document of `text`.
pub(crate) fn parse(text: &str, path: &str) -> Parsed {
    let masked = if is_workflow(path) { unmasked(text) } else { mask_templates::mask(text, b'x') };
    let parsed = Reader::new(text, &masked).read();
    if parsed.problems.is_empty() {
        return parsed;
    }
    // A workflow whose scripts hold template actions parses plain; one that is itself a template does
    // not. The reverse: braces that were no action.
    let other = if masked.masks.is_empty() { mask_templates::mask(text, b'x') } else { unmasked(text) };
    let retried = Reader::new(text, &other).read();
    if retried.problems.len() < parsed.problems.len() { retried } else { parsed }
}

fn is_workflow(path: &str) -> bool {
    path.contains(".github/") || path.ends_with("action.yml") || path.ends_with("action.yaml")
}

fn unmasked(text: &str) -> Masked<'_> {
    Masked { text: Cow::Borrowed(text), masks: Vec::new() }
}

/// A container whose end has not been seen.
enum Open {
    List { span: Span, tag: Option<Box<str>>, items: Vec<Value> },
    Map { span: Span, tag: Option<Box<str>>, entries: Vec<Entry>, key: Option<(Box<str>, Span)> },
}

struct Reader<'a> {
    text: &'a str,
    masked: &'a str,
    masks: &'a [Mask],
    templated: bool,
    open: Vec<Open>,
    nodes: usize,
    last: Span,
    parsed: Parsed,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, masked: &'a Masked<'_>) -> Self {
        Self {
            text,
            masked: &masked.text,
            masks: &masked.masks,
            templated: masked.masks.iter().any(|m| m.alone),
            open: Vec::new(),
            nodes: 0,
            last: Span::default(),
            parsed: Parsed::default(),
        }
    }

    fn read(mut self) -> Parsed {
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            emit_comments: false,
            bom_inside_document_as_content: true,
            simple_key_max_lookahead: 4096,
            flow_nesting_limit: super::structured::MAX_DEPTH,
            block_nesting_limit: super::structured::MAX_DEPTH,
        };
        let mut parser = Parser::new_from_str_with_options(self.masked, options);
        loop {
            match parser.next() {
                None => break,
                Some(Ok((event, span))) => {
                    let range = span.byte_range().unwrap_or(0..0);
                    self.event(event, Span::new(range.start, range.end));
                    if self.nodes > MAX_NODES {
                        self.parsed.problems.push(Problem::budget(range.start, "more YAML nodes than are read"));
                        break;
                    }
                }
                Some(Err(error)) => {
                    self.open.clear();
                    self.parsed.problems.push(problem(&error));
                    let more = self.parsed.problems.len() < MAX_ERRORS;
                    if !more || !parser.proceed_next_document().unwrap_or(false) {
                        break;
                    }
                }
            }
        }
        self.parsed
    }

    fn event(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::Scalar(text, style, _, tag) => {
                let value = self.scalar(&text, style, tag.as_deref(), span);
                self.take(value);
            }
            Event::Alias(_) => {
                let name = span.text(self.text).trim_start_matches('*').trim_end();
                self.take(Value::new(span, Node::Expr(Box::new(Expr::Alias(name.into())))));
            }
            Event::UnresolvedAlias(name) => {
                self.take(Value::new(span, Node::Expr(Box::new(Expr::Alias(name.as_ref().into())))));
            }
            Event::SequenceStart(_, _, tag) => {
                self.last = span;
                self.open.push(Open::List { span, tag: name_of(tag.as_deref()), items: Vec::new() });
            }
            Event::MappingStart(_, _, tag) => {
                self.last = span;
                self.open.push(Open::Map { span, tag: name_of(tag.as_deref()), entries: Vec::new(), key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Anchor(_, name) => self.parsed.anchors.push((name.as_ref().into(), self.last)),
            _ => {}
        }
    }

    fn close(&mut self, end: Span) {
        let Some(open) = self.open.pop() else { return };
        let value = match open {
            Open::List { span, tag, items } => {
                let last = items.last().map(|v| v.span);
                Value { span: extent(span, last, end), node: Node::List(items), tag }
            }
            Open::Map { span, tag, entries, .. } => {
                let last = entries.last().map(|e| e.key_span.to(e.value.span));
                Value { span: extent(span, last, end), node: Node::Map(entries), tag }
            }
        };
        // The anchor of a container was noted when only its start was known.
        for (_, at) in self.parsed.anchors.iter_mut().rev().take(64) {
            if at.start == value.span.start && at.len() <= 1 && value.span.contains(*at) {
                *at = value.span;
            }
        }
        self.take(value);
    }

    /// Puts a finished node where it belongs.
    fn take(&mut self, value: Value) {
        self.nodes += 1;
        self.last = value.span;
        match self.open.last_mut() {
            None => self.parsed.values.push(value),
            Some(Open::List { items, .. }) => items.push(value),
            Some(Open::Map { key, entries, .. }) => match key.take() {
                None => *key = Some((key_text(self.text, &value), value.span)),
                Some((name, key_span)) => {
                    let value = absent_or_templated(value, key_span, self.text, self.masks);
                    entries.push(Entry { key: name, key_span, value });
                }
            },
        }
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>, token: Span) -> Value {
        let span = content(self.masked, token, style, text);
        let plain = style == ScalarStyle::Plain;
        let mut masks = mask_templates::overlapping(self.masks, span).peekable();
        let node = if masks.peek().is_some() {
            drop(masks);
            self.with_masks(span, plain)
        } else if plain && tag.is_none_or(|t| t.core_suffix() != Some("str")) {
            resolve(text)
        } else {
            Node::Text(text.into())
        };
        Value { span, node, tag: name_of(tag) }
    }

    /// A scalar that covers template actions: in quotes and blocks of a file that is no template it is
    /// text of another system's (a query, a prompt), else it is computed.
    fn with_masks(&self, span: Span, plain: bool) -> Node {
        let whole = mask_templates::overlapping(self.masks, span).any(|m| m.span.contains(span));
        if !plain && !self.templated && !whole {
            return Node::Text(span.text(self.text).into());
        }
        mask_templates::uncover(self.text, span, self.masks)
    }
}

fn problem(error: &ScanError) -> Problem {
    let offset = error.marker().byte_offset().unwrap_or(0);
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => Problem::budget(offset, "nested too deep for YAML"),
        kind => Problem::malformed(offset, "YAML", &kind.to_string()),
    }
}

/// From a container's first byte to the end of its last child; a flow container up to its bracket.
fn extent(start: Span, last: Option<Span>, end: Span) -> Span {
    let end = if end.is_empty() { last.map_or(start.end, |l| l.end) } else { end.end };
    Span { start: start.start, end: end.max(start.end) }
}

fn name_of(tag: Option<&Tag>) -> Option<Box<str>> {
    let tag = tag?;
    match tag.core_suffix() {
        Some(_) => None,
        None => Some(tag.suffix().into()),
    }
}

fn key_text(text: &str, value: &Value) -> Box<str> {
    match value.scalar() {
        Some(scalar) => scalar.into(),
        None => value.span.text(text).into(),
    }
}

/// The span of the content without quotes when it stands there as it is, else that of the token.
fn content(text: &str, token: Span, style: ScalarStyle, content: &str) -> Span {
    let source = token.text(text);
    let inner = match style {
        ScalarStyle::Plain => source.find(content).map(|at| (at, content.len())),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            let quoted = source.len() >= 2 && &source[1..source.len() - 1] == content;
            quoted.then_some((1, content.len()))
        }
        // One line of a block stands there as it is, more lose their indentation.
        ScalarStyle::Literal | ScalarStyle::Folded => {
            let line = content.trim_end_matches('\n');
            (!line.contains('\n')).then(|| source.find(content).map(|at| (at, content.len()))).flatten()
        }
    };
    match inner {
        Some((at, length)) => {
            let start = token.start as usize + at;
            Span::new(start, start + length)
        }
        None => token,
    }
}

/// A key without value whose value a template action on the next lines writes is not absent.
fn absent_or_templated(mut value: Value, key: Span, text: &str, masks: &[Mask]) -> Value {
    if value.node != Node::Null || !value.span.is_empty() || masks.is_empty() {
        return value;
    }
    let next = masks.partition_point(|m| m.span.start < key.end);
    let Some(mask) = masks.get(next) else { return value };
    let between = Span { start: key.end, end: mask.span.start }.text(text);
    let action = mask.span.text(text).trim_start_matches(['{', '%', '-', ' ', '\t']);
    let control = action.starts_with("end") || action.starts_with("else") || action.starts_with('#');
    if !control && between.chars().all(|c| c.is_whitespace() || matches!(c, ':' | '"' | '\'')) {
        value.node = Node::Unknown(Unknown::Templated);
        value.span = mask.span;
    }
    value
}

/// A plain scalar by the core schema.
fn resolve(text: &str) -> Node {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Node::Null,
        "true" | "True" | "TRUE" => Node::Bool(true),
        "false" | "False" | "FALSE" => Node::Bool(false),
        _ if is_number(text) => Node::Number(text.into()),
        _ => Node::Text(text.into()),
    }
}

fn is_number(text: &str) -> bool {
    if let Some(hex) = text.strip_prefix("0x") {
        return !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit());
    }
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    body.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && body.bytes().any(|b| b.is_ascii_digit())
        && body.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'))
        && body.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::NoticeKind;

    fn one(text: &str) -> Value {
        let parsed = parse(text, "a.yaml");
        assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
        parsed.values.into_iter().next().unwrap()
    }

    #[test]
    fn spans_cover_the_content_without_quotes() {
        let text = "a: plain\nb: 'quoted'\nc: \"x\\ty\"\nd: |\n  line\ne: [1, true, ~]\nf:\n- x\n";
        let root = one(text);
        let shown = |key: &str| root.get(key).unwrap().span.text(text);
        assert_eq!((shown("a"), shown("b"), shown("c")), ("plain", "quoted", "\"x\\ty\""));
        assert_eq!(shown("d"), "line\n");
        assert_eq!(shown("e"), "[1, true, ~]");
        assert_eq!(root.get("e").unwrap().items()[1].as_bool(), Some(true));
        assert_eq!(root.entry("f").unwrap().key_span.text(text), "f");
        assert_eq!(root.span.text(text).lines().count(), 8);
    }

    #[test]
    fn documents_tags_aliases_and_duplicates_are_kept() {
        let text = "a: &x {k: 1}\nb: *x\nb: !Ref Role\n<<: *x\n---\nc: 2\n";
        let parsed = parse(text, "a.yaml");
        assert_eq!(parsed.values.len(), 2);
        let root = &parsed.values[0];
        assert_eq!(root.get_all("b").count(), 2);
        assert_eq!(root.get("b").unwrap().tag.as_deref(), Some("Ref"));
        assert!(matches!(root.get("<<").unwrap().as_expr(), Some(Expr::Alias(name)) if &**name == "x"));
        let (name, at) = &parsed.anchors[0];
        assert_eq!((&**name, at.text(text)), ("x", "{k: 1}"));
    }

    #[test]
    fn a_broken_document_costs_only_itself() {
        let parsed = parse("a: [1,\n---\nb: 1\n", "a.yaml");
        assert_eq!(parsed.problems.len(), 1);
        assert_eq!(parsed.values.len(), 1);
        assert_eq!(parsed.values[0].get("b").unwrap().scalar(), Some("1"));
    }

    #[test]
    fn helm_charts_parse_and_their_values_are_templated() {
        let text = "metadata:\n  name: {{ .Release.Name }}-agent\n  labels:\n    {{- include \"x\" . | nindent 4 }}\n\
                    {{- if .Values.sa }}\nserviceAccountName: {{ .Values.sa.name | quote }}\n{{- end }}\nimage: nginx\n";
        let root = one(text);
        let name = root.at(&["metadata", "name"]).unwrap();
        let Some(Expr::Template(parts)) = name.as_expr() else { panic!("{name:?}") };
        assert_eq!(parts[1].as_str(), Some("-agent"));
        assert_eq!(root.at(&["metadata", "labels"]).unwrap().node, Node::Unknown(Unknown::Templated));
        assert_eq!(root.get("serviceAccountName").unwrap().node, Node::Unknown(Unknown::Templated));
        assert_eq!(root.get("image").unwrap().as_str(), Some("nginx"));
    }

    #[test]
    fn workflow_expressions_stay_text() {
        let text = "env:\n  KEY: ${{ secrets.KEY }}\nrun: |\n  docker ps --format '{{.ID}}'\n";
        let root = parse(text, ".github/workflows/a.yml").values.remove(0);
        assert_eq!(root.at(&["env", "KEY"]).unwrap().as_str(), Some("${{ secrets.KEY }}"));
        assert!(root.get("run").unwrap().as_str().unwrap().contains("{{.ID}}"));
    }

    #[test]
    fn more_nodes_than_are_read_are_a_notice() {
        let parsed = parse(&format!("[{}]", "a,".repeat(MAX_NODES + 2)), "a.yaml");
        assert_eq!(
            parsed.problems[0],
            Problem::budget(parsed.problems[0].offset as usize, "more YAML nodes than are read")
        );
    }

    #[test]
    fn hostile_nesting_and_alias_bombs_end_in_a_notice_or_quickly() {
        for text in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
            let parsed = parse(&text, "a.yaml");
            assert_eq!(parsed.problems[0].kind, NoticeKind::Budget, "{:?}", parsed.problems[0]);
        }
        let mut bomb = String::from("a0: &a0 [x, x]\n");
        for i in 1..60 {
            bomb += &format!("a{i}: &a{i} [*a{p}, *a{p}]\n", p = i - 1);
        }
        assert_eq!(one(&bomb).entries().len(), 60);
    }
}

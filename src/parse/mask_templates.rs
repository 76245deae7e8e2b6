//! Template actions (`{{ … }}`, `{% … %}`, `{# … #}` of Helm, Jinja and cookiecutter) covered byte for
//! byte, so that structured text around them parses and spans stay true. `${{ … }}` of workflows is
//! text and stays.

use std::borrow::Cow;

use super::structured::Parsed;
use super::value::{Expr, Node, Unknown, Value};
use crate::span::Span;

/// One covered action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mask {
    /// The action with its braces.
    pub(crate) span: Span,
    /// Whether its lines held nothing else, so that they were blanked.
    pub(crate) alone: bool,
}

/// A text with its actions covered.
#[derive(Debug)]
pub(crate) struct Masked<'a> {
    /// The text, of the same length.
    pub(crate) text: Cow<'a, str>,
    /// What was covered, in order.
    pub(crate) masks: Vec<Mask>,
}

/// An action longer than this is no action.
const MAX_ACTION: usize = 16 * 1024;
/// Quotes are respected this far into an action; what opens and never closes costs no more.
const MAX_QUOTING: usize = 1024;
/// Openings without an end, after which the text is taken for something else.
const MAX_OPEN: usize = 1000;

/// Covers the actions of `text`: those that have their lines for themselves with line ends (blank
/// lines are valid everywhere, comments are not), the others with `filler`: what a scalar may consist of.
pub(crate) fn mask(text: &str, filler: u8) -> Masked<'_> {
    let spans = actions(text);
    if spans.is_empty() {
        return Masked { text: Cow::Borrowed(text), masks: Vec::new() };
    }
    let mut bytes = text.as_bytes().to_vec();
    let mut masks = Vec::with_capacity(spans.len());
    for group in neighbours(text, &spans) {
        let alone = has_lines_alone(text, group);
        for &span in group {
            bytes[span.range()].fill(if alone { b'\n' } else { filler });
            masks.push(Mask { span, alone });
        }
    }
    let masked = String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned());
    Masked { text: Cow::Owned(masked), masks }
}

/// Reads `text` as it is, and, when that leaves problems, with its actions covered by `filler`: a
/// template of another program's file, whose computed scalars are then neither literal nor absent.
pub(crate) fn or_masked(text: &str, filler: u8, read: fn(&str) -> Parsed) -> Parsed {
    let plain = read(text);
    if plain.problems.is_empty() {
        return plain;
    }
    let masked = mask(text, filler);
    if masked.masks.is_empty() {
        return plain;
    }
    let mut retried = read(&masked.text);
    let got_to = |parsed: &Parsed| (usize::MAX - parsed.problems.len(), parsed.problems.first().map(|p| p.offset));
    if !retried.problems.is_empty() && got_to(&retried) <= got_to(&plain) {
        return plain;
    }
    for value in &mut retried.values {
        restore(value, text, &masked.masks);
    }
    retried
}

// As deep as the values, whose readers bound it.
fn restore(value: &mut Value, text: &str, masks: &[Mask]) {
    let computed = match &mut value.node {
        Node::List(items) => return items.iter_mut().for_each(|item| restore(item, text, masks)),
        Node::Map(entries) => {
            for entry in entries {
                if overlapping(masks, entry.key_span).next().is_some() {
                    entry.key = entry.key_span.text(text).into();
                }
                restore(&mut entry.value, text, masks);
            }
            return;
        }
        Node::Expr(expr) => match &mut **expr {
            Expr::Template(parts) | Expr::Operation(_, parts) => {
                return parts.iter_mut().for_each(|part| restore(part, text, masks));
            }
            Expr::Call(call) => return call.args.iter_mut().for_each(|arg| restore(&mut arg.value, text, masks)),
            _ => true,
        },
        _ => false,
    };
    if overlapping(masks, value.span).next().is_none() {
        return;
    }
    value.node = if computed { Node::Unknown(Unknown::Templated) } else { uncover(text, value.span, masks) };
}

/// A scalar that covers actions: unknown when it is nothing else, else a template with its literal parts.
pub(crate) fn uncover(text: &str, span: Span, masks: &[Mask]) -> Node {
    let mut parts = Vec::new();
    let mut at = span.start;
    for mask in overlapping(masks, span) {
        if mask.span.contains(span) {
            return Node::Unknown(Unknown::Templated);
        }
        push_literal(&mut parts, text, Span { start: at, end: mask.span.start.max(at) });
        parts.push(Value::new(mask.span, Node::Unknown(Unknown::Templated)));
        at = mask.span.end.min(span.end);
    }
    push_literal(&mut parts, text, Span { start: at, end: span.end });
    Node::Expr(Box::new(Expr::Template(parts)))
}

fn push_literal(parts: &mut Vec<Value>, text: &str, literal: Span) {
    if !literal.is_empty() {
        parts.push(Value::new(literal, Node::Text(literal.text(text).into())));
    }
}

/// The masks that share a byte with `span`, in order.
pub(crate) fn overlapping(masks: &[Mask], span: Span) -> impl Iterator<Item = Mask> + '_ {
    let from = masks.partition_point(|m| m.span.end <= span.start);
    masks[from..].iter().copied().take_while(move |m| m.span.start < span.end)
}

fn actions(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut spans = Vec::new();
    let (mut at, mut open) = (0, 0);
    while open < MAX_OPEN
        && let Some(found) = memchr::memchr(b'{', &bytes[at..])
    {
        let start = at + found;
        at = start + 1;
        let closing: &[u8; 2] = match bytes.get(start + 1) {
            Some(b'{') if start == 0 || bytes[start - 1] != b'$' => b"}}",
            Some(b'{') => {
                at = start + 2;
                continue;
            }
            Some(b'%') => b"%}",
            Some(b'#') => b"#}",
            _ => continue,
        };
        if let Some(end) = action_end(bytes, start + 2, closing) {
            spans.push(Span::new(start, end));
            at = end;
        } else {
            open += 1;
        }
    }
    spans
}

/// One past the closing braces; quoted strings inside the action may hold braces.
fn action_end(bytes: &[u8], from: usize, closing: &[u8; 2]) -> Option<usize> {
    let body = &bytes[from..bytes.len().min(from + MAX_ACTION)];
    let plain = memchr::memmem::find(body, closing)?;
    let body = &body[..body.len().min(MAX_QUOTING)];
    let mut at = 0;
    while at < body.len() {
        match body[at] {
            quote @ (b'"' | b'`') => match body[at + 1..].iter().position(|&b| b == quote) {
                Some(length) => at += length + 2,
                None => break,
            },
            _ if body[at..].starts_with(closing) => return Some(from + at + 2),
            _ => at += 1,
        }
    }
    Some(from + plain + 2)
}

/// Runs of actions with nothing but blanks between them.
fn neighbours<'s>(text: &str, spans: &'s [Span]) -> impl Iterator<Item = &'s [Span]> {
    let bytes = text.as_bytes();
    spans.chunk_by(|a, b| bytes[a.end as usize..b.start as usize].iter().all(|b| matches!(b, b' ' | b'\t')))
}

/// Whether only blanks share the lines of a run of actions.
fn has_lines_alone(text: &str, group: &[Span]) -> bool {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return false };
    let (before, after) = (&text.as_bytes()[..first.start as usize], &text.as_bytes()[last.end as usize..]);
    let blank = |b: &&u8| !matches!(b, b' ' | b'\t');
    let left = before.iter().rev().find(blank).is_none_or(|b| matches!(b, b'\n' | b'\r'));
    left && after.iter().find(blank).is_none_or(|b| matches!(b, b'\n' | b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_stay_and_lines_of_their_own_become_blank() {
        let text = "{{- if .Values.a }}\nimage: {{ .Values.image | default \"}}\" }}:v1\nrun: ${{ secrets.X }}\n";
        let masked = mask(text, b'x');
        assert_eq!(masked.text.len(), text.len());
        assert!(masked.masks[0].alone && !masked.masks[1].alone);
        assert_eq!(masked.masks.len(), 2);
        assert!(masked.text.contains("x:v1\nrun: ${{ secrets.X }}\n"), "{:?}", masked.text);
    }

    #[test]
    fn many_actions_on_one_line_take_linear_time() {
        let text = "{{a}}".repeat(100_000) + "b";
        assert_eq!(mask(&text, b'x').masks.len(), 100_000);
    }
}

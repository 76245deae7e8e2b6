//! HCL of Terraform, OpenTofu and Packer. Input: text. Output: one map. `resource "t" "n" { … }`
//! becomes nested maps `resource` → `t` → `n` → body, and repeated blocks become repeated keys, so that
//! a file reads like its JSON form.
//!
//! References are dotted paths without instance keys: `aws_iam_role.a[0].arn` and
//! `aws_iam_role.a[count.index].arn` are `aws_iam_role.a.arn`, `var.keys["x"]` is `var.keys.x`.

use hcl_edit::Span as _;
use hcl_edit::structure::{Block, Body, Structure};

use super::hcl_expr::Reader;
use super::hcl_recover;
use super::mask_templates;
use super::structured::{Parsed, Problem};
use super::value::{Entry, Node, Value};
use crate::span::Span;

/// Reads `text`.
pub(crate) fn parse(text: &str) -> Parsed {
    mask_templates::or_masked(text, b'x', body)
}

fn body(text: &str) -> Parsed {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let reader = Reader { text, base: start };
    match hcl_edit::parser::parse_body(&text[start..]) {
        Ok(body) => {
            let root = Value::new(Span::new(start, text.len()), Node::Map(entries(&reader, &body)));
            Parsed { values: vec![root], ..Parsed::default() }
        }
        Err(error) => {
            let offset = start + error.location().offset();
            hcl_recover::parse(text, Problem::malformed(offset, "HCL", error.message()))
        }
    }
}

/// The entries of one body.
pub(crate) fn entries(reader: &Reader<'_>, body: &Body) -> Vec<Entry> {
    body.iter()
        .map(|structure| match structure {
            Structure::Attribute(attribute) => {
                let key_span = reader.span(attribute.key.span(), Span::default());
                let value = reader.expression(&attribute.value, key_span);
                Entry { key: attribute.key.as_str().into(), key_span, value }
            }
            Structure::Block(block) => block_entry(reader, block),
        })
        .collect()
}

// The parser bounds how deep blocks nest, so this recursion is bounded.
fn block_entry(reader: &Reader<'_>, block: &Block) -> Entry {
    let key_span = reader.span(block.ident.span(), Span::default());
    let labels = block.labels.iter().map(|label| {
        let name: Box<str> = label.as_str().into();
        let at = reader.content(reader.span(label.span(), key_span), &name);
        (name, at)
    });
    let whole = reader.span(block.span(), key_span);
    let body_span = reader.span(block.body.span(), whole);
    let body = Value::new(body_span, Node::Map(entries(reader, &block.body)));
    nest(block.ident.as_str().into(), key_span, labels.collect(), whole, body)
}

/// Wraps a block's body in one map for each label.
pub(crate) fn nest(key: Box<str>, key_span: Span, labels: Vec<(Box<str>, Span)>, whole: Span, body: Value) -> Entry {
    let value = labels.into_iter().rev().fold(body, |inner, (label, at)| {
        Value::new(whole, Node::Map(vec![Entry { key: label, key_span: at, value: inner }]))
    });
    Entry { key, key_span, value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::value::Expr;

    fn one(text: &str) -> Value {
        let parsed = parse(text);
        assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
        parsed.values.into_iter().next().unwrap()
    }

    #[test]
    fn blocks_are_nested_maps_and_repeat() {
        let text = "resource \"aws_iam_role\" \"a\" {\n  name = \"agent\"\n  tag {\n    k = 1\n  }\n  tag {\n    k = 2\n  }\n}\n";
        let root = one(text);
        let body = root.at(&["resource", "aws_iam_role", "a"]).unwrap();
        assert_eq!(body.get("name").unwrap().span.text(text), "agent");
        assert_eq!(body.get_all("tag").count(), 2);
        assert_eq!(root.get("resource").unwrap().entry("aws_iam_role").unwrap().key_span.text(text), "aws_iam_role");
    }

    #[test]
    fn expressions_are_kept_as_such() {
        let text = "a = aws_iam_role.x[0].arn\nb = \"${var.name}\"\nc = \"pre-${var.name}\"\nd = jsonencode({ Action = [\"s3:*\"], \"k\" : -1 })\n\
                    e = var.p ? \"x\" : local.y\nf = var.keys[\"openai\"]\ng = [for k in var.l : upper(k)]\n";
        let root = one(text);
        let reference = |key: &str| root.get(key).unwrap().as_reference();
        assert_eq!(reference("a"), Some("aws_iam_role.x.arn"));
        assert_eq!(reference("b"), Some("var.name"));
        assert_eq!(reference("f"), Some("var.keys.openai"));
        let Some(Expr::Template(parts)) = root.get("c").unwrap().as_expr() else { panic!() };
        assert_eq!((parts[0].as_str(), parts[1].as_reference()), (Some("pre-"), Some("var.name")));
        let call = root.get("d").unwrap().as_call().unwrap();
        assert_eq!(call.path(), Some("jsonencode"));
        assert_eq!(call.args[0].value.get("Action").unwrap().items()[0].span.text(text), "s3:*");
        assert_eq!(call.args[0].value.get("k").unwrap().scalar(), Some("-1"));
        assert!(matches!(root.get("e").unwrap().as_expr(), Some(Expr::Choice { condition: Some(_), .. })));
        assert!(matches!(root.get("g").unwrap().as_expr(), Some(Expr::Operation(op, _)) if &**op == "for"));
    }

    #[test]
    fn heredocs_are_text_or_templates() {
        let text = "a = <<EOF\n{\"x\": 1}\nEOF\nb = <<-EOT\n  {\"r\": \"${aws_s3_bucket.b.arn}\"}\n  EOT\n";
        let root = one(text);
        assert_eq!(root.get("a").unwrap().as_str(), Some("{\"x\": 1}\n"));
        assert_eq!(root.get("a").unwrap().span.text(text), "{\"x\": 1}\n");
        let Some(Expr::Template(parts)) = root.get("b").unwrap().as_expr() else { panic!() };
        assert!(parts.iter().any(|p| p.as_reference() == Some("aws_s3_bucket.b.arn")));
    }

    #[test]
    fn a_broken_block_costs_itself() {
        let text = "resource \"a\" \"b\" {\n  x = = 3\n}\nresource \"c\" \"d\" {\n  y = var.z\n}\n";
        let parsed = parse(text);
        assert_eq!(parsed.problems.len(), 1);
        let root = &parsed.values[0];
        let second = root.get_all("resource").find_map(|r| r.at(&["c", "d", "y"])).unwrap();
        assert_eq!((second.as_reference(), second.span.text(text)), (Some("var.z"), "var.z"));
    }

    #[test]
    fn deep_nesting_is_a_notice() {
        for text in [
            "a = ".to_owned() + &"[".repeat(100_000),
            "a {\n".repeat(100_000),
            "a = ".to_owned() + &"!".repeat(100_000),
        ] {
            assert!(!parse(&text).problems.is_empty());
        }
    }
}

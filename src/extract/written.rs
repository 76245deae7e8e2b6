//! A value as text. Input: a [`Value`] and the text that it stands in. Output: what a reader would call
//! it, with references and template actions kept as written, so that equal names stay equal.

use crate::facts::Sym;
use crate::parse::Value;
use crate::parse::value::{Expr, Node};

/// Longer names are cut: a fact holds names, not documents.
const LONGEST: usize = 200;

/// The text of a scalar; a template with its holes as `${reference}`; a lone reference as its path;
/// anything else as its source. At most 200 characters.
pub(crate) fn written(value: &Value, text: &str) -> String {
    let mut out = String::new();
    write(value, text, &mut out);
    match out.char_indices().nth(LONGEST) {
        Some((at, _)) => out[..at].to_owned(),
        None => out,
    }
}

/// [`written`], interned.
pub(crate) fn name(value: &Value, text: &str) -> Sym {
    Sym::from(written(value, text))
}

fn write(value: &Value, text: &str, out: &mut String) {
    if let Some((function, argument)) = intrinsic(value) {
        write_intrinsic(function, argument, text, out);
        return;
    }
    if let Some(scalar) = value.scalar() {
        out.push_str(scalar);
        return;
    }
    match &value.node {
        Node::Expr(expr) => match &**expr {
            Expr::Reference(path) => out.push_str(path),
            Expr::Template(parts) => parts.iter().for_each(|part| hole(part, text, out)),
            _ => source(value, text, out),
        },
        Node::Null => {}
        _ => source(value, text, out),
    }
}

/// The intrinsic function of CloudFormation that a value is, with its argument: `!Ref X`,
/// `{"Fn::Sub": "…"}`.
pub(crate) fn intrinsic(value: &Value) -> Option<(&str, &Value)> {
    const TAGS: &[&str] = &["Ref", "Sub", "GetAtt", "Join", "If", "ImportValue", "Select", "FindInMap", "Split"];
    if let Some(tag) = value.tag.as_deref().filter(|t| TAGS.contains(t)) {
        return Some((tag, value));
    }
    untagged(value)
}

/// The intrinsic function that a map is, whatever its tag.
fn untagged(value: &Value) -> Option<(&str, &Value)> {
    let [only] = value.entries() else { return None };
    let function = if &*only.key == "Ref" { "Ref" } else { only.key.strip_prefix("Fn::")? };
    Some((function, &only.value))
}

fn write_intrinsic(function: &str, argument: &Value, text: &str, out: &mut String) {
    let parts: Vec<&str> = argument.items().iter().filter_map(Value::scalar).collect();
    match function {
        "Ref" | "ImportValue" | "GetAtt" => {
            // `ImportValue` of a name that is put together: the name. A tagged argument is the value
            // itself, so its tag must not be taken twice.
            if let Some((function, argument)) = untagged(argument) {
                write_intrinsic(function, argument, text, out);
                return;
            }
            out.push_str("${");
            out.push_str(&argument.scalar().map_or_else(|| parts.join("."), str::to_owned));
            out.push('}');
        }
        "Sub" => out.push_str(argument.scalar().or_else(|| argument.items().first()?.scalar()).unwrap_or("")),
        "Join" => {
            let [delimiter, list] = argument.items() else { return };
            for (at, part) in list.items().iter().enumerate() {
                if at > 0 {
                    out.push_str(delimiter.scalar().unwrap_or(""));
                }
                write(part, text, out);
            }
        }
        _ => source(argument, text, out),
    }
}

fn hole(part: &Value, text: &str, out: &mut String) {
    if let Some(scalar) = part.scalar() {
        out.push_str(scalar);
    } else if let Some(path) = part.as_reference() {
        out.push_str("${");
        out.push_str(path);
        out.push('}');
    } else {
        source(part, text, out);
    }
}

/// The source with runs of white space as one blank.
fn source(value: &Value, text: &str, out: &mut String) {
    for (at, word) in value.span.text(text).split_whitespace().take(40).enumerate() {
        if at > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::value::Unknown;
    use crate::span::Span;

    #[test]
    fn holes_keep_what_fills_them() {
        let text = "{{ include \"x\" . }}-agent";
        let parts = vec![
            Value::new(Span::new(0, 19), Node::Unknown(Unknown::Templated)),
            Value::new(Span::new(19, 25), Node::Text("-agent".into())),
        ];
        let value = Value::new(Span::new(0, 25), Node::Expr(Box::new(Expr::Template(parts))));
        assert_eq!(written(&value, text), "{{ include \"x\" . }}-agent");
        let reference = Value::new(Span::new(0, 3), Node::Expr(Box::new(Expr::Reference("var.name".into()))));
        assert_eq!(written(&reference, text), "var.name");
    }
}

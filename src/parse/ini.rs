//! INI, Java properties, `.npmrc`, `.pypirc`, AWS credentials, systemd units. Input: text and path.
//! Output: one map; a section is a map in it, keys before the first section stand at the root.

use super::structured::Parsed;
use super::value::{Entry, Node, Value};
use crate::span::Span;

/// Reads `text`.
pub(crate) fn parse(text: &str, path: &str) -> Parsed {
    let npm = path.ends_with("npmrc");
    let mut root: Vec<Entry> = Vec::new();
    let mut section: Option<Entry> = None;
    let mut at = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let (start, body) = (at, line.trim_end_matches(['\n', '\r']));
        at += line.len();
        let trimmed = body.trim_start_matches(['\u{feff}', ' ', '\t']);
        let from = start + body.len() - trimmed.len();
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name) {
            root.extend(section.take());
            let key_span = Span::new(from + 1, from + 1 + name.len());
            let value = Value::new(Span::new(from, start + body.len()), Node::Map(Vec::new()));
            section = Some(Entry { key: name.trim().into(), key_span, value });
        } else if let Some(entry) = entry(trimmed, from, npm) {
            match section.as_mut() {
                Some(Entry { value: Value { span, node: Node::Map(entries), .. }, .. }) => {
                    *span = span.to(entry.value.span);
                    entries.push(entry);
                }
                _ => root.push(entry),
            }
        }
    }
    root.extend(section);
    Parsed { values: vec![Value::new(Span::new(0, text.len()), Node::Map(root))], ..Parsed::default() }
}

/// `key = value`, `key: value`; npm's keys hold colons.
fn entry(line: &str, from: usize, npm: bool) -> Option<Entry> {
    if line.starts_with(['#', ';', '!']) {
        return None;
    }
    let sign = if npm || line.starts_with("//") { line.find('=') } else { line.find(['=', ':']) }?;
    let key = line[..sign].trim_end();
    let raw = &line[sign + 1..];
    let value = raw.trim();
    let at = from + sign + 1 + (raw.len() - raw.trim_start().len());
    let unquoted = ["\"", "'"].iter().find_map(|q| value.strip_prefix(q)?.strip_suffix(q));
    let (content, at) = unquoted.map_or((value, at), |inner| (inner, at + 1));
    (!key.is_empty()).then(|| Entry {
        key: key.into(),
        key_span: Span::new(from, from + key.len()),
        value: Value::new(Span::new(at, at + content.len()), Node::Text(content.into())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_maps_and_values_keep_their_place() {
        let text = "top=1\r\n[default]\naws_access_key_id = ABC\n; note\nurl: http://x?a=b\n[b]\nk=\"v w\"\n";
        let root = parse(text, "credentials").values.remove(0);
        assert_eq!(root.get("top").unwrap().as_str(), Some("1"));
        assert_eq!(root.at(&["default", "url"]).unwrap().as_str(), Some("http://x?a=b"));
        let quoted = root.at(&["b", "k"]).unwrap();
        assert_eq!((quoted.as_str(), quoted.span.text(text)), (Some("v w"), "v w"));
    }

    #[test]
    fn npm_keys_hold_colons() {
        let root = parse("//registry.example/:_authToken=${T}\n@a:registry=https://x\n", ".npmrc").values.remove(0);
        assert_eq!(root.get("//registry.example/:_authToken").unwrap().as_str(), Some("${T}"));
        assert_eq!(root.get("@a:registry").unwrap().as_str(), Some("https://x"));
    }
}

//! Settings that open or close something. Input: a client's settings. Output: [`Switch`] facts.

use crate::catalogue::clients::{self, ClientSwitch};
use crate::extract::Sink;
use crate::facts::{Switch, Sym};
use crate::parse::value::Node;
use crate::parse::{Document, Value};
use crate::span::Span;

/// Adds a fact for each switch that is set in `root`; how many there are.
pub(super) fn read(document: &Document<'_>, root: &Value, sink: &mut Sink<'_>) -> usize {
    let mut seen = 0;
    for (client, switch) in clients::switches(document.path) {
        let mut found = Vec::new();
        follow(root, switch.key, switch, &mut found);
        if found.is_empty() || is_excused(root, switch) {
            continue;
        }
        for (key, span, value) in found {
            seen += 1;
            let fact = Switch {
                client: Sym::new(client.slug),
                key: Sym::from(key),
                value: Sym::from(value.chars().take(100).collect::<String>()),
                effect: Sym::new(switch.effect),
                covers: Sym::new(switch.covers),
                honoured: Sym::new(switch.honoured),
            };
            sink.add(span, fact);
        }
    }
    seen
}

/// The values at the switch's key path that are dangerous (or hard), with their key as written.
fn follow(value: &Value, path: &[&str], switch: &ClientSwitch, found: &mut Vec<(String, Span, String)>) {
    walk(value, path, switch, &mut Vec::new(), found);
}

fn walk<'v>(
    value: &'v Value,
    path: &[&str],
    switch: &ClientSwitch,
    keys: &mut Vec<&'v str>,
    found: &mut Vec<(String, Span, String)>,
) {
    match path {
        [] => {
            for (span, text) in candidates(value, switch) {
                if switch.is(text) {
                    found.push((keys.join("."), span, text.to_owned()));
                }
            }
        }
        ["[]", rest @ ..] => value.one_or_many().iter().for_each(|item| walk(item, rest, switch, keys, found)),
        [first, rest @ ..] => {
            for entry in value.entries() {
                let named = if *first == "*" {
                    switch.keys.is_empty() || switch.keys.contains(&&*entry.key)
                } else {
                    *entry.key == **first
                };
                if named {
                    keys.push(&entry.key);
                    walk(&entry.value, rest, switch, keys, found);
                    keys.pop();
                }
            }
        }
    }
}

/// The scalar, or each word of a list that is written as one text (`Bash(git:*), Read`).
fn candidates<'v>(value: &'v Value, switch: &ClientSwitch) -> Vec<(Span, &'v str)> {
    if !switch.words {
        return value.scalar().map(|text| (value.span, text)).into_iter().collect();
    }
    if let Node::List(items) = &value.node {
        return items.iter().filter_map(|item| Some((item.span, item.as_str()?))).collect();
    }
    let Some(text) = value.as_str() else { return Vec::new() };
    let words = rules(text);
    words.into_iter().map(|word| (value.span, word)).collect()
}

/// Rules separated by commas or blanks, parentheses kept together.
pub(super) fn rules(text: &str) -> Vec<&str> {
    let (mut depth, mut start) = (0_i32, 0);
    let mut words = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' | ' ' | '\n' if depth <= 0 => {
                words.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(text[start..].trim());
    words.retain(|word| !word.is_empty());
    words
}

fn is_excused(root: &Value, switch: &ClientSwitch) -> bool {
    !switch.unless_key.is_empty()
        && root.at(switch.unless_key).and_then(Value::scalar).is_some_and(|v| switch.unless_values.contains(&v))
}

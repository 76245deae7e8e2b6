//! Structured text: whatever the format, spans lie in the file on character boundaries, and cover the
//! scalar's own text wherever it stands there as it is.

use nhiscan::parse::value::{Expr, Node};
use nhiscan::parse::{Kind, Value, embedded, notebook, structured};
use proptest::prelude::*;

const KINDS: [Kind; 7] = [Kind::Yaml, Kind::Json, Kind::Toml, Kind::Hcl, Kind::Dotenv, Kind::Ini, Kind::Dockerfile];

fn every(value: &Value, visit: &mut impl FnMut(&Value)) {
    visit(value);
    let parts: &[Value] = match value.as_expr() {
        Some(Expr::Template(parts) | Expr::Operation(_, parts)) => parts,
        _ => &[],
    };
    for child in value.items().iter().chain(parts).chain(value.entries().iter().map(|e| &e.value)) {
        every(child, visit);
    }
}

fn check(kind: Kind, text: &str) {
    let parsed = structured::parse(kind, "a", text);
    for root in &parsed.values {
        every(root, &mut |value| {
            assert!(text.get(value.span.range()).is_some(), "{kind:?}: {:?} in {text:?}", value.span);
            for entry in value.entries() {
                assert!(text.get(entry.key_span.range()).is_some(), "{kind:?}: key {:?} in {text:?}", entry.key_span);
            }
            if let Some(inner) = embedded(text, value) {
                every(&inner, &mut |value| assert!(text.get(value.span.range()).is_some(), "{:?}", value.span));
            }
        });
    }
    for problem in &parsed.problems {
        assert!(problem.offset as usize <= text.len());
    }
    if let Ok(pieces) = notebook::pieces(text) {
        for piece in pieces {
            assert!(piece.origin.iter().all(|&(from, to)| {
                piece.text.is_char_boundary(from as usize) && text.is_char_boundary(to as usize)
            }));
        }
    }
}

/// Text that is made of what the formats are made of, so that it gets past their first character.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ": ",
        ",",
        "\"",
        "'",
        "\n",
        "\r\n",
        "  ",
        "- ",
        "a",
        "key",
        "=",
        " = ",
        "é",
        "😀",
        "\\",
        "\\n",
        "\\u00e9",
        "# ",
        "|",
        "|\n",
        ">-\n  ",
        "&x ",
        "*x",
        "!Ref ",
        "<<",
        "<<EOF\n",
        "EOF\n",
        "---\n",
        "{{ x }}",
        "{{",
        "}}",
        "{% if %}",
        "${",
        "${{ y }}",
        "FROM ",
        "ENV ",
        "CMD ",
        "<a>",
        "</a>",
        "<a b='",
        "&lt;",
        "1",
        "true",
        "null",
        "\t",
        "export ",
        "[t]\n",
        "\"\"\"",
        "//",
        "\u{feff}",
        "%{ if x }",
        "?",
        "for x in y : z",
        "jsonencode(",
        ")",
        "{\"cells\":[{\"cell_type\":\"code\",\"source\":\"",
    ]);
    prop::collection::vec(scrap, 0..40).prop_map(|scraps| scraps.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_lie_in_the_text_whatever_it_is(text in scraps()) {
        for kind in KINDS {
            check(kind, &text);
        }
    }

    #[test]
    fn a_scalar_that_stands_there_is_covered_exactly(word in "[a-zA-Zé😀][a-zA-Z0-9é😀_-]{0,12}", key in "[A-Z][A-Z_]{1,9}") {
        let forms = [
            (Kind::Yaml, format!("x:\n  - k: 1\n{key}: '{word}'\n")),
            (Kind::Yaml, format!("# é\n{key}: |\n  {word}\n")),
            (Kind::Yaml, format!("{{ {{ a }} }}\n{{{{- if b }}}}\n{key}: \"{word}\"\n{{{{- end }}}}\n").replace("{ { a } }\n", "")),
            (Kind::Json, format!("\u{feff}{{\"é\": 1, \"{key}\": \"{word}\"}}")),
            (Kind::Toml, format!("a = 'é'\n{key} = \"{word}\"\n")),
            (Kind::Hcl, format!("# é\n{key} = \"{word}\"\n")),
            (Kind::Dotenv, format!("# é\nexport {key}='{word}'\n")),
            (Kind::Ini, format!("; é\n{key} = {word}\n")),
        ];
        for (kind, text) in forms {
            let parsed = structured::parse(kind, "a", &text);
            let value = parsed.values[0].get(&key).expect(&text);
            let shown = value.as_str().expect(&text).trim_end().to_owned();
            prop_assert_eq!(&shown, &word, "{}", text);
            prop_assert_eq!(value.span.text(&text).trim_end(), &word, "{}", text);
        }
    }
}

#[test]
fn nesting_and_long_lines_end_in_a_notice_and_not_in_a_crash() {
    for kind in KINDS {
        for open in ["[", "{", "{\"a\":", "<a>", "a: {", "- ", "((", "a.", "\"", "${", "? "] {
            for start in ["", "a = "] {
                let times = if open.len() == 1 { 100_000 } else { 20_000 };
                let text = start.to_owned() + &open.repeat(times);
                let parsed = structured::parse(kind, "a", &text);
                assert!(parsed.values.iter().all(|v| depth(v) <= 600), "{kind:?} {open}");
            }
        }
        let _ = structured::parse(kind, "a", &("k = \"".to_owned() + &"x".repeat(1 << 20) + "\"\n"));
    }
}

fn depth(value: &Value) -> usize {
    let below = match &value.node {
        Node::List(items) => items.iter().map(depth).max(),
        Node::Map(entries) => entries.iter().map(|e| depth(&e.value)).max(),
        _ => None,
    };
    1 + below.unwrap_or(0)
}

//! One way to run a tree-sitter grammar: with a bound on its work. Input: grammar and text. Output: a
//! tree, or nothing when the bound ended it.

use std::ops::ControlFlow;

use tree_sitter::{Language, ParseOptions, Parser, Tree};

/// Calls of the progress callback that one parse may make: ten times what real files take. The parser
/// calls it after a fixed number of steps, so the same text ends at the same place on every machine.
const MAX_STEPS_PER_KIB: usize = 300;
/// What any text may use.
const MIN_STEPS: usize = 1_000;

/// Brackets open at once beyond which a parser takes memory by the hundred MiB; written code stays
/// under fifty.
const MAX_OPEN: usize = 2_000;

/// Whether `text` has more brackets open at once than any that was written to be read.
pub(crate) fn is_bottomless(text: &str) -> bool {
    let mut open = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => continue,
        }
        if open > MAX_OPEN {
            return true;
        }
    }
    false
}

/// Parses `text`, or gives up when it costs out of all proportion to its length.
pub(crate) fn parse(language: &Language, text: &str) -> Option<Tree> {
    if is_bottomless(text) {
        return None;
    }
    within(language, text, MIN_STEPS + text.len() / 1024 * MAX_STEPS_PER_KIB)
}

fn within(language: &Language, text: &str, limit: usize) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    let mut steps = 0_usize;
    let mut progress = |_: &tree_sitter::ParseState| {
        steps += 1;
        if steps > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = text.as_bytes();
    let options = ParseOptions::new().progress_callback(&mut progress);
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or(&[]), None, Some(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_beyond_the_limit_ends_the_reading() {
        let docker = tree_sitter_containerfile::LANGUAGE.into();
        let text = "RUN make all\n".repeat(5_000);
        assert!(within(&docker, &text, 3).is_none());
        assert!(parse(&docker, &text).is_some());
        assert!(parse(&docker, &("RUN ".to_owned() + &"(".repeat(MAX_OPEN + 1))).is_none());
    }

    #[test]
    fn brackets_that_are_never_closed_are_told_from_many_that_are() {
        assert!(is_bottomless(&"{a: [b, ".repeat(2_000)));
        assert!(!is_bottomless(&"f(a[0], {b: 1});\n".repeat(10_000)));
    }
}

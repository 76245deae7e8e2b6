//! One way to run a tree-sitter grammar: with a bound on its work. Input: grammar and text. Output: a
//! tree, or nothing when the bound ended it.

use std::ops::ControlFlow;

use tree_sitter::{Language, ParseOptions, Parser, Tree};

/// Calls of the progress callback that one parse may make: ten times what real files take. The parser
/// calls it after a fixed number of steps, so the same text ends at the same place on every machine.
const MAX_STEPS_PER_KIB: usize = 300;
/// What any text may use.
const MIN_STEPS: usize = 1_000;

/// Parses `text`, or gives up when it costs out of all proportion to its length.
pub(crate) fn parse(language: &Language, text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    let limit = MIN_STEPS + text.len() / 1024 * MAX_STEPS_PER_KIB;
    let mut steps = 0_usize;
    let mut progress = |_: &tree_sitter::ParseState| {
        steps += 1;
        if steps > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = text.as_bytes();
    let options = ParseOptions::new().progress_callback(&mut progress);
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or(&[]), None, Some(options))
}

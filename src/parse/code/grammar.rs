//! Which grammar and which lowering read a language: a table, and the one place that parses.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::{Node, ParseOptions, Parser, Tree};

use super::ast::{Language, Module, Stmt};
use super::lowering::Lowering;
use super::{python, script};
use crate::error::{Notice, NoticeKind};
use crate::span::Span;

type Lower = for<'t> fn(&mut Lowering<'t>, Node<'t>) -> Vec<Stmt>;

/// One row of the table.
struct Grammar {
    language: Language,
    /// Last characters of the path that choose this row; the row with none is the language's default.
    suffixes: &'static [&'static str],
    load: fn() -> tree_sitter::Language,
    lower: Lower,
}

const GRAMMARS: &[Grammar] = &[
    Grammar {
        language: Language::Python,
        suffixes: &[],
        load: || tree_sitter_python::LANGUAGE.into(),
        lower: python::module,
    },
    Grammar {
        language: Language::TypeScript,
        suffixes: &[".tsx"],
        load: || tree_sitter_typescript::LANGUAGE_TSX.into(),
        lower: script::module,
    },
    Grammar {
        language: Language::TypeScript,
        suffixes: &[],
        load: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        lower: script::module,
    },
    Grammar {
        language: Language::JavaScript,
        suffixes: &[],
        load: || tree_sitter_javascript::LANGUAGE.into(),
        lower: script::module,
    },
    #[cfg(feature = "languages")]
    Grammar {
        language: Language::Go,
        suffixes: &[],
        load: || tree_sitter_go::LANGUAGE.into(),
        lower: super::go::module,
    },
    #[cfg(feature = "languages")]
    Grammar {
        language: Language::Java,
        suffixes: &[],
        load: || tree_sitter_java::LANGUAGE.into(),
        lower: super::java::module,
    },
    #[cfg(feature = "languages")]
    Grammar {
        language: Language::CSharp,
        suffixes: &[],
        load: || tree_sitter_c_sharp::LANGUAGE.into(),
        lower: super::csharp::module,
    },
    #[cfg(feature = "languages")]
    Grammar {
        language: Language::Kotlin,
        suffixes: &[],
        load: || tree_sitter_kotlin_ng::LANGUAGE.into(),
        lower: super::kotlin::module,
    },
];

/// Longer texts are not parsed: no one writes such a file by hand, and a tree takes a hundred times
/// the memory of its text.
const MAX_BYTES: usize = 1 << 20;
/// Parser steps (in hundreds) that every text may take, and one more for so many bytes. Ordinary code
/// takes one for 90 to 150 bytes; counting work and not time keeps the result the same on a busy machine.
const BASE_STEPS: usize = 2_000;
const BYTES_PER_STEP: usize = 16;
/// The last resort. Recovering from errors in a row takes the square of their number and few steps: 100 KB of
/// `; <- ` in Go took minutes. The longest text that was written takes a third of a second, so that no busy machine
/// comes near this and only such texts are outside the promise of the same result in every run.
const LAST_RESORT: Duration = Duration::from_secs(10);

thread_local! {
    static PARSERS: RefCell<BTreeMap<usize, Parser>> = const { RefCell::new(BTreeMap::new()) };
}

/// Whether code in `language` can be read by this build.
#[must_use]
pub fn has_lowering(language: Language) -> bool {
    GRAMMARS.iter().any(|g| g.language == language)
}

/// Reads `text` as `language`. A notice says what was lost; none of it is an error of the run.
#[must_use]
pub fn parse(language: Language, path: &str, text: &str) -> (Option<Module>, Option<Notice>) {
    let Some(row) = row(language, path) else { return (None, None) };
    if text.len() > MAX_BYTES {
        let notice = Notice::file(path, NoticeKind::Budget, "too long to be parsed as code; only its text was read");
        return (None, Some(notice));
    }
    if crate::parse::grammar::is_bottomless(text) {
        let notice = Notice::file(path, NoticeKind::Budget, "nested too deeply to be parsed; only its text was read");
        return (None, Some(notice));
    }
    let Some(tree) = tree(row, text, BASE_STEPS + text.len() / BYTES_PER_STEP, LAST_RESORT) else {
        let what = "the parser used up its budget; only the text was read, split or exclude the file";
        return (None, Some(Notice::file(path, NoticeKind::Budget, what)));
    };
    let root = tree.root_node();
    let mut lowering = Lowering::new(text, root);
    let body = (GRAMMARS[row].lower)(&mut lowering, root);
    let errors = errors(root);
    let notice = if mostly(&errors, text.len()) {
        let what = format!("could not be read as {language:?}; only its text and what could be recovered was judged");
        Some(Notice::file(path, NoticeKind::Parse, what))
    } else {
        lowering.exhausted.then(|| {
            Notice::file(path, NoticeKind::Budget, "nested too deeply; what lies deeper than the limit was not judged")
        })
    };
    (Some(Module { language, imports: lowering.imports, body, errors }), notice)
}

fn row(language: Language, path: &str) -> Option<usize> {
    let fits = |g: &Grammar| g.language == language && g.suffixes.iter().any(|s| path.ends_with(s));
    let default = |g: &Grammar| g.language == language && g.suffixes.is_empty();
    GRAMMARS.iter().position(fits).or_else(|| GRAMMARS.iter().position(default))
}

fn tree(row: usize, text: &str, limit: usize, longest: Duration) -> Option<Tree> {
    PARSERS.with_borrow_mut(|parsers| {
        let parser = match parsers.entry(row) {
            std::collections::btree_map::Entry::Occupied(slot) => slot.into_mut(),
            std::collections::btree_map::Entry::Vacant(slot) => {
                let mut parser = Parser::new();
                parser.set_language(&(GRAMMARS[row].load)()).ok()?;
                slot.insert(parser)
            }
        };
        let start = Instant::now();
        let mut steps = 0usize;
        let mut watch = |_: &tree_sitter::ParseState| {
            steps += 1;
            let late = start.elapsed() > longest;
            if steps > limit || late { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = ParseOptions::new().progress_callback(&mut watch);
        let bytes = text.as_bytes();
        let tree = parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or(&[]), None, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree
    })
}

/// Places that the grammar could not read: descends only where the tree says there is one.
fn errors(root: Node<'_>) -> Vec<Span> {
    let mut found = Vec::new();
    let mut cursor = root.walk();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        if node.is_error() || node.is_missing() {
            found.push(Span::new(node.start_byte(), node.end_byte()));
        } else if node.has_error() {
            open.extend(node.children(&mut cursor).filter(|n| n.has_error() || n.is_missing()));
        }
    }
    found.sort_unstable();
    found
}

fn mostly(errors: &[Span], len: usize) -> bool {
    errors.iter().map(|s| s.len()).sum::<usize>() * 2 > len
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_of_code_is_said() {
        let nested = |n: usize| format!("x = {}1{}\n", "[".repeat(n), "]".repeat(n));
        for (text, said) in [
            ("x = 1\n".repeat(MAX_BYTES / 6 + 1), "too long to be parsed as code"),
            (nested(2_001), "nested too deeply to be parsed"),
            (nested(300), "what lies deeper than the limit was not judged"),
            ("= = )\n".repeat(200), "could not be read as Python"),
        ] {
            let notice = parse(Language::Python, "a.py", &text).1.unwrap_or_else(|| panic!("{said}"));
            assert!(notice.message.contains(said), "{said}: {notice:?}");
        }
        assert!(parse(Language::Python, "a.py", &nested(20)).1.is_none());
    }

    #[test]
    fn work_beyond_the_limit_ends_the_reading_and_not_the_next() {
        let row = row(Language::Python, "a.py").unwrap();
        let text = "x = f(1)\n".repeat(5_000);
        assert!(tree(row, &text, 3, LAST_RESORT).is_none());
        assert!(tree(row, &text, usize::MAX, Duration::ZERO).is_none());
        assert_eq!(tree(row, "y = 1\n", 3, LAST_RESORT).unwrap().root_node().end_byte(), 6);
    }
}

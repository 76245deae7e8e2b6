//! Source code: tree-sitter grammars lowered to the one [`ast`]. Input: text and its language.
//! Output: a [`Module`](ast::Module) and, when something was lost, a notice.

pub mod ast;
#[cfg(feature = "languages")]
mod csharp;
#[cfg(feature = "languages")]
mod go;
mod grammar;
pub mod index;
#[cfg(feature = "languages")]
mod java;
#[cfg(feature = "languages")]
mod kotlin;
mod literal;
mod lowering;
mod notebook;
mod python;
pub mod query;
pub mod resolve;
mod script;
#[cfg(test)]
mod show;

pub use grammar::{has_lowering, parse};
pub use index::{CallSite, Code, ScopeId};
pub use notebook::without_magics;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::ast::Language;
    use super::has_lowering;

    const LANGUAGES: &[(Language, &str)] = &[
        (Language::Python, "a.py"),
        (Language::TypeScript, "a.tsx"),
        (Language::TypeScript, "a.ts"),
        (Language::JavaScript, "a.js"),
        (Language::Go, "a.go"),
        (Language::Java, "A.java"),
        (Language::CSharp, "A.cs"),
        (Language::Kotlin, "A.kt"),
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// Pieces of real syntax in any order, with letters of several bytes between them.
        #[test]
        fn spans_lie_on_character_boundaries(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "def f(a):\n  ", "class X(Y):\n ", "return ", "x = ", "'é\\u00e9'", "f'{ü}😀'", "`${a}ß`", "f(", ")", "{", "}", "[", "]",
                ": ", ", ", "=> ", "if ", "\n", "import a from 'b'\n", "from a import b\n", "with a as b:\n  ", "try:\n ", "finally", "é",
                "<A b={c}>", "</A>", "// ü\n", "lambda x: ", "await ", "new A()", "@d\n", "**", "...", " for x in y", "\u{0}", "a?.b!", " as T",
            ]), 0..40),
        ) {
            let source = pieces.concat();
            for &(language, path) in LANGUAGES.iter().filter(|(language, _)| has_lowering(*language)) {
                let (module, _) = super::parse(language, path, &source);
                for span in super::show::spans(&module.expect("short enough to be parsed")) {
                    prop_assert!(source.get(span.range()).is_some(), "{span:?} in {source:?}");
                }
            }
        }
    }

    #[test]
    fn hostile_nesting_ends_in_a_notice() {
        for (open, close) in [("(", ")"), ("[", "]"), ("{1:", "}"), ("f(", ")"), ("not ", ""), ("a.b().", "c")] {
            let source = format!("x = {}1{}", open.repeat(20_000), close.repeat(20_000));
            for &(language, path) in LANGUAGES.iter().filter(|(language, _)| has_lowering(*language)) {
                let (module, notice) = super::parse(language, path, &source);
                assert!(module.is_none_or(|m| !m.body.is_empty()) || notice.is_some(), "{language:?} {open}");
            }
        }
    }
}

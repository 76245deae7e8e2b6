//! Source code: tree-sitter grammars lowered to the one [`ast`].

pub mod ast;

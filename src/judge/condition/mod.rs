//! Rule conditions. Input: text in a subset of CEL and the schema of a kind of fact. Output: a typed
//! predicate, or what is wrong and where. The subset: fields (`grant.effect`), text, whole numbers, truth
//! values, `null`, list literals of texts; `&& || ! == != < <= > >= in`; `size()`, `startsWith`,
//! `endsWith`, `contains`, `matches` with a literal pattern; `exists`, `all` and `has`.

mod compile;
mod eval;

pub use compile::{Wrong, compile, field};
pub use eval::{Row, Slot};

use crate::facts::Sym;

/// Longest condition, in bytes.
pub const MAX_SOURCE: usize = 4096;
/// Deepest nesting of `exists` and `all`.
pub const MAX_NESTING: usize = 2;
/// Longest list literal.
pub const MAX_LIST: usize = 64;

/// A compiled condition.
#[derive(Debug)]
pub enum Condition {
    /// Always or never.
    Always(bool),
    /// A truth field; an absent one is false.
    Field(Slot),
    /// Negation.
    Not(Box<Condition>),
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// Either.
    Or(Box<Condition>, Box<Condition>),
    /// A field that is absent.
    Null(Slot),
    /// A truth field with this value.
    IsBool(Slot, bool),
    /// A comparison of numbers; false when one is absent, save for `!=`.
    Compare(Relation, Number, Number),
    /// Two texts are equal; an absent text equals none.
    Same(Text, Text),
    /// A text begins with, ends with or contains another.
    Part(Part, Text, Text),
    /// A text matches a pattern.
    Matches(Text, Box<regex::bytes::Regex>),
    /// A text is in a list.
    In(Text, List),
    /// Some element of a list fulfils the condition.
    Exists(List, Box<Condition>),
    /// Every element of a list fulfils the condition.
    All(List, Box<Condition>),
}

/// How two numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `==`
    Equal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
}

/// Where a text is looked for in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `startsWith`
    Start,
    /// `endsWith`
    End,
    /// `contains`
    Anywhere,
}

/// A number.
#[derive(Debug)]
pub enum Number {
    /// As written.
    Literal(i64),
    /// A field.
    Field(Slot),
    /// `size()` of a list.
    Size(List),
    /// `size()` of a text, in bytes.
    Length(Text),
}

/// A text.
#[derive(Debug)]
pub enum Text {
    /// As written.
    Literal(Sym),
    /// A field.
    Field(Slot),
    /// The variable of the enclosing `exists` or `all`, by nesting depth.
    Variable(usize),
}

/// A list of texts.
#[derive(Debug)]
pub enum List {
    /// As written.
    Literal(Vec<Sym>),
    /// A field.
    Field(Slot),
}

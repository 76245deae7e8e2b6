//! The one type for everything structured: an IAM policy is the same in JSON, YAML, HCL, a Python
//! dict and a TypeScript object, so extractors read all of them through [`Value`].

use super::code::ast::{Call, Function};
use crate::span::Span;

/// A structured value and where it stands.
///
/// The span of a text scalar covers its content without quotes when the content stands there
/// verbatim, and the whole token (with quotes) when escapes or folding make it differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub node: Node,
    /// Explicit YAML tag or CloudFormation intrinsic (`!Ref`), without the exclamation mark.
    pub tag: Option<Box<str>>,
}

/// What a [`Value`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Absent or `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number, as written.
    Number(Box<str>),
    /// Text, unescaped.
    Text(Box<str>),
    /// A sequence.
    List(Vec<Value>),
    /// A mapping in source order; duplicate keys are kept.
    Map(Vec<Entry>),
    /// Something computed: reference, call, template, conditional.
    Expr(Box<Expr>),
    /// Not known, with the reason: neither a literal nor absent.
    Unknown(Unknown),
}

/// One key of a map with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's text (the source text for a computed key).
    pub key: Box<str>,
    /// Where the key stands, without quotes.
    pub key_span: Span,
    /// Its value.
    pub value: Value,
}

/// A computed value.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A dotted path: `settings.api_key`, `this.client`, `aws_iam_role.agent.arn`, `var.key`.
    Reference(Box<str>),
    /// A call or constructor.
    Call(Call),
    /// `base[index]`, also `process.env["X"]`.
    Index(Value, Value),
    /// An interpolated string; literal parts are text values.
    Template(Vec<Value>),
    /// Alternatives, the first that applies wins: `a or b`, `a ?? b`, `c ? a : b` (condition first
    /// in `condition`).
    Choice {
        /// The condition of a ternary; none for `or`, `||` and `??`.
        condition: Option<Value>,
        /// The alternatives in source order.
        options: Vec<Value>,
    },
    /// Any other operator with its operands: `+`, `==`, `not`, `in`, comprehension (`for`).
    Operation(Box<str>, Vec<Value>),
    /// A lambda or arrow function.
    Function(Function),
    /// `*args`, `**kwargs`, `...rest`.
    Spread(Value),
    /// A YAML alias: the anchor's name. Never expanded in place (alias bombs).
    Alias(Box<str>),
}

/// Why a value is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// A template action (`{{ … }}`) covers it.
    Templated,
    /// The parser could not make sense of it.
    Malformed,
    /// A budget (depth, nodes) ended the reading here.
    Budget,
    /// A construct that the reader does not model.
    Unsupported,
}

impl Value {
    /// A value without tag.
    #[must_use]
    pub fn new(span: Span, node: Node) -> Self {
        Self { span, node, tag: None }
    }

    /// The text of a text scalar.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.node {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of any plain scalar as written: text, number, truth value.
    #[must_use]
    pub fn scalar(&self) -> Option<&str> {
        match &self.node {
            Node::Text(text) | Node::Number(text) => Some(text),
            Node::Bool(true) => Some("true"),
            Node::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// The truth value of a boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.node {
            Node::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// The elements of a list; empty for anything else.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        match &self.node {
            Node::List(items) => items,
            _ => &[],
        }
    }

    /// A list's elements, or the value itself as the only one (`Action: "x"` and `Action: ["x"]`).
    #[must_use]
    pub fn one_or_many(&self) -> &[Value] {
        match &self.node {
            Node::List(items) => items,
            Node::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The entries of a map; empty for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.node {
            Node::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The last value under `key` (later duplicates win, as in every format that allows them).
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entry(key).map(|e| &e.value)
    }

    /// The last entry under `key`.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().rev().find(|e| &*e.key == key)
    }

    /// Every value under `key`, duplicates included (HCL blocks of one type repeat).
    pub fn get_all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Value> {
        self.entries().iter().filter(move |e| &*e.key == key).map(|e| &e.value)
    }

    /// Follows `keys` through nested maps.
    #[must_use]
    pub fn at(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The dotted path when this is a reference.
    #[must_use]
    pub fn as_reference(&self) -> Option<&str> {
        match &self.node {
            Node::Expr(expr) => match &**expr {
                Expr::Reference(path) => Some(path),
                _ => None,
            },
            _ => None,
        }
    }

    /// The call when this is one.
    #[must_use]
    pub fn as_call(&self) -> Option<&Call> {
        match &self.node {
            Node::Expr(expr) => match &**expr {
                Expr::Call(call) => Some(call),
                _ => None,
            },
            _ => None,
        }
    }

    /// The expression when this is computed.
    #[must_use]
    pub fn as_expr(&self) -> Option<&Expr> {
        match &self.node {
            Node::Expr(expr) => Some(expr),
            _ => None,
        }
    }
}

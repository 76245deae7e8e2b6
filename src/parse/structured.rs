//! Structured text of any format. Input: the text of a document and its [`Kind`]. Output: its
//! [`Value`]s with what went wrong; every offset is one of that text.

use super::{Kind, Value, dockerfile, dotenv, hcl, ini, json, toml, yaml};
use crate::error::NoticeKind;
use crate::span::Span;

/// How deep any reader descends before it stops with a [`NoticeKind::Budget`].
pub(crate) const MAX_DEPTH: usize = 128;

/// What reading a structured text gave.
#[derive(Debug, Default)]
pub struct Parsed {
    /// One value a document of the stream.
    pub values: Vec<Value>,
    /// YAML anchors in source order: name, and the span of the value they stand on.
    pub anchors: Vec<(Box<str>, Span)>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// A part of a text that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// [`NoticeKind::Parse`] or [`NoticeKind::Budget`].
    pub kind: NoticeKind,
    /// Where in the text.
    pub offset: u32,
    /// Lower case: what and why; never holds text of the file.
    pub reason: String,
}

impl Problem {
    /// A place that the grammar refuses. Of `reason` only the part before any quotation is kept, since
    /// parsers like to quote the source, and the source may hold a credential.
    pub(crate) fn malformed(offset: usize, what: &str, reason: &str) -> Self {
        Self {
            kind: NoticeKind::Parse,
            offset: clamp(offset),
            reason: format!("not valid {what}: {}", unquoted(reason)),
        }
    }

    /// A place where a budget ended the reading.
    pub(crate) fn budget(offset: usize, what: &str) -> Self {
        Self { kind: NoticeKind::Budget, offset: clamp(offset), reason: what.to_owned() }
    }
}

fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn unquoted(reason: &str) -> String {
    let end = reason.find(['\'', '"', '`', '\n', ':']).unwrap_or(reason.len());
    let words = reason[..end].trim().trim_end_matches(['.', ',']);
    let mut chars = words.chars();
    chars.next().map_or_else(|| "unreadable".to_owned(), |first| first.to_lowercase().chain(chars).collect())
}

/// Reads `text` as `kind`; nothing for code and prose.
#[must_use]
pub fn parse(kind: Kind, path: &str, text: &str) -> Parsed {
    match kind {
        Kind::Yaml => yaml::parse(text, path),
        Kind::Json => json::parse(text),
        Kind::Toml => toml::parse(text),
        Kind::Hcl => hcl::parse(text),
        Kind::Dotenv => dotenv::parse(text),
        Kind::Ini => ini::parse(text, path),
        Kind::Dockerfile => dockerfile::parse(text),
        _ => Parsed::default(),
    }
}

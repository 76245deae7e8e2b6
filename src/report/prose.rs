//! Small things about text that several formats need.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::catalogue::{Control, Mapping, Rule};
use crate::facts::Place;
use crate::finding::{Finding, Level, Step};

/// `text` with everything escaped that could move a terminal's cursor, recolour it or reorder what
/// is read: control characters and bidirectional overrides.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            let _ = write!(out, "{}", c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// `text` as a sentence: capital letter, full stop. A name in code at the start stays as it is.
pub(super) fn sentence(text: &str) -> String {
    let text = clean(text.trim()).into_owned();
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return text };
    let mut out: String = first.to_uppercase().chain(chars).collect();
    if !out.ends_with(['.', '!', '?', ':']) {
        out.push('.');
    }
    out
}

/// The first sentence of Markdown prose, as plain text on one line.
pub(super) fn first_sentence(markdown: &str) -> String {
    let paragraph = entry(markdown.trim()).split("\n\n").next().unwrap_or("");
    let first = paragraph.split("\n- ").flat_map(|p| p.split("\n2. ")).next().unwrap_or("");
    let flat = plain(first);
    let end = flat.match_indices(". ").map(|(at, _)| at + 1).find(|&at| !is_abbreviation(&flat[..at]));
    sentence(&flat[..end.unwrap_or(flat.len())])
}

fn is_abbreviation(text: &str) -> bool {
    ["e.g.", "i.e.", "etc.", "vs.", "cf."].iter().any(|a| text.ends_with(a))
}

/// Without the mark of a list entry.
fn entry(text: &str) -> &str {
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let marks = if number.len() < text.len() { [". ", ") "] } else { ["- ", "* "] };
    marks.iter().find_map(|mark| number.strip_prefix(mark)).unwrap_or(text)
}

/// Catalogues whose controls are named first.
const LEADING: [&str; 6] = [
    "owasp-nhi-top10-2025",
    "owasp-agentic-top10-2026",
    "csa-maestro-2025",
    "nist-sp-800-53-r5",
    "nist-ai-rmf-1.0",
    "cwe",
];

/// The most direct control of each leading catalogue, in the order of those.
pub(super) fn leading(controls: &[Mapping]) -> impl Iterator<Item = &Mapping> {
    LEADING.iter().filter_map(|id| controls.iter().find(|m| m.catalogue.id == *id))
}

/// A control's id and title, said once where they are the same.
pub(super) fn named(control: &Control) -> String {
    if control.id.starts_with(control.title) {
        control.id.to_owned()
    } else {
        format!("{} {}", control.id, control.title)
    }
}

/// Markdown as plain text on one line: link targets, emphasis and code marks dropped.
pub(super) fn plain(markdown: &str) -> String {
    let flat = markdown.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::with_capacity(flat.len());
    let mut rest = flat.as_str();
    while let Some(at) = rest.find("](") {
        out.push_str(&rest[..at]);
        rest = rest[at + 2..].split_once(')').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.replace(['`', '['], "").replace("**", "")
}

/// Steps with what follows at the same place said in one.
pub(super) fn steps(evidence: &[Step]) -> Vec<(Place, String)> {
    let spot = |at: Place| (at.file, at.start, at.end);
    let mut joined: Vec<(Place, String)> = Vec::new();
    for step in evidence {
        match joined.last_mut() {
            Some((at, said)) if spot(*at) == spot(step.at) => {
                said.push_str("; ");
                said.push_str(&step.says);
            }
            _ => joined.push((step.at, step.says.to_string())),
        }
    }
    joined
}

/// What to do about a finding: the judge's own step, or the rule's general advice.
pub(super) fn help(finding: &Finding) -> String {
    match finding.draft.help.as_str() {
        "" => first_sentence(finding.rule.fix),
        own => sentence(own),
    }
}

/// Cut to at most `max` characters, with an ellipsis when something is lost.
pub(super) fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    text.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}

/// `1 error`, `2 errors`.
pub(super) fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// The level's name, as in SARIF.
pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

/// How many findings have each level, worst first, levels that do not occur left out.
pub(super) fn levels(findings: &[&Finding]) -> String {
    let of = |wanted| findings.iter().filter(|f| f.level == wanted).count();
    let said: Vec<String> = [Level::Error, Level::Warning, Level::Note]
        .into_iter()
        .map(|l| (of(l), level(l)))
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| count(n, word))
        .collect();
    if said.is_empty() { "no findings".into() } else { said.join(", ") }
}

/// The rule's help page in Markdown, with its controls as a table: hosts show only this of them.
pub(super) fn help_page(rule: &Rule) -> String {
    let mut page = String::new();
    for (heading, body) in [("Why it matters", rule.why), ("How to fix", rule.fix), ("When it is wrong", rule.limits)] {
        if !body.trim().is_empty() {
            let _ = write!(page, "## {heading}\n\n{}\n\n", body.trim());
        }
    }
    page.push_str("## Controls\n\n| Catalogue | Control | Title |\n|---|---|---|\n");
    for mapping in rule.controls {
        let (catalogue, control) = (mapping.catalogue, mapping.control);
        let _ = writeln!(
            page,
            "| {} {} | [{}]({}) | {}{} |",
            catalogue.name,
            catalogue.version,
            control.id,
            control.url,
            control.title,
            mapping.when.map_or(String::new(), |when| format!(" (context: {when})"))
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_survives() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\r\n"), "a\\u{1b}[31mb\\u{202e}c\\u{d}\\u{a}");
        assert!(matches!(clean("plain é 😀"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_first_sentence_is_plain_text() {
        let why =
            "A key in the **tree** is read by [everyone](https://e.org/a.b) (e.g. `git clone`). It stays.\n\nMore.";
        assert_eq!(first_sentence(why), "A key in the tree is read by everyone (e.g. git clone).");
        assert_eq!(first_sentence("1. Take it out. Then\n   more.\n2. Put it in."), "Take it out.");
        assert_eq!(sentence("`x` is a token"), "`x` is a token.");
        assert_eq!(sentence(""), "");
    }
}

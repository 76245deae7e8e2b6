//! Inline suppressions. Input: text with comments `nhiscan: ignore[family/fault] reason until=DATE`.
//! Output: what they say and the line they speak of. Only comments count: text in a string literal
//! does not suppress, since a value can come from elsewhere.

use super::{Reader, Sink};
use crate::facts::{Suppression, Sym};
use crate::parse::{Document, Kind};
use crate::span::Span;

/// The reader.
pub const SUPPRESSIONS: Reader = Reader { name: "suppressions", reads, read };

const MARK: &str = "nhiscan:";

fn reads(document: &Document<'_>) -> bool {
    memchr::memmem::find(document.text.as_bytes(), MARK.as_bytes()).is_some()
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let text: &str = &document.text;
    let mut strings = Strings::new(document.kind);
    let mut from = 0;
    while let Some(found) = text[from..].find(MARK) {
        let at = from + found;
        from = at + MARK.len();
        if let Some(comment) = comment(document.kind, text, at, &mut strings) {
            sink.suppress(suppression(text, comment, sink));
        }
    }
}

struct Comment<'t> {
    span: Span,
    rules: &'t str,
    rest: &'t str,
    alone: bool,
}

/// The suppression whose mark stands at `at`, when that is the beginning of a comment.
fn comment<'t>(kind: Kind, text: &'t str, at: usize, strings: &mut Strings) -> Option<Comment<'t>> {
    let line_start = text[..at].rfind(['\n', '\r']).map_or(0, |i| i + 1);
    let line_end = text[at..].find(['\n', '\r']).map_or(text.len(), |i| at + i);
    let before = text[line_start..at].trim_end();
    let opener = openers(kind).iter().find(|opener| before.ends_with(**opener))?;
    let code = &before[..before.len() - opener.len()];
    if !balanced(code) || strings.open_at(text, line_start) {
        return None;
    }
    let (rules, rest) = text[at + MARK.len()..line_end].trim_start().strip_prefix("ignore[")?.split_once(']')?;
    let rest = rest.trim().trim_end_matches("*/").trim_end_matches("-->").trim_end();
    let span = Span::new(line_start + code.len(), line_end);
    Some(Comment { span, rules, rest, alone: code.trim().is_empty() })
}

fn suppression(text: &str, comment: Comment<'_>, sink: &Sink<'_>) -> Suppression {
    let is_until = |word: &&str| word.starts_with("until=");
    let until = comment.rest.split_whitespace().find(is_until).and_then(|word| word.strip_prefix("until="));
    let reason: Vec<&str> = comment.rest.split_whitespace().filter(|word| !is_until(word)).collect();
    let rules = comment.rules.split(',').map(str::trim).filter(|rule| !rule.is_empty());
    let at = sink.place(comment.span);
    let line = if comment.alone { at.line + below(&text[comment.span.range().end..]) } else { at.line };
    Suppression {
        line,
        at,
        rules: rules.map(Sym::new).collect(),
        reason: Sym::from(reason.join(" ").trim_start_matches([':', '-', '–', ' ']).to_owned()),
        until: until.map(Sym::new),
    }
}

/// Comments that may stand one below the other before the line that they speak of.
const STACKED: usize = 50;

/// How many lines below a comment that stands alone the line is that it speaks of: the next, or the one
/// below further comments of its kind.
fn below(rest: &str) -> u32 {
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r'])).unwrap_or(rest);
    let more = rest.lines().take(STACKED).take_while(|line| {
        let line = line.trim_start();
        line.contains("nhiscan: ignore[") && !line.starts_with(|c: char| c.is_alphanumeric() || c == '"' || c == '\'')
    });
    1 + u32::try_from(more.count()).unwrap_or(0)
}

fn openers(kind: Kind) -> &'static [&'static str] {
    use crate::parse::code::ast::Language;
    match kind {
        Kind::Code(Language::Python) | Kind::Yaml | Kind::Toml | Kind::Dotenv | Kind::Dockerfile => &["#"],
        Kind::Code(_) | Kind::Json => &["//", "/*"],
        Kind::Hcl => &["#", "//", "/*"],
        Kind::Shell => &["#", "::", "rem", "REM"],
        Kind::Ini => &["#", ";"],
        Kind::Xml | Kind::Markdown => &["<!--"],
        Kind::Notebook => &[],
        Kind::Text => &["#", "//", "/*", "--", ";", "<!--"],
    }
}

/// Whether every quote that opens in `code` closes in it.
fn balanced(code: &str) -> bool {
    let mut open: Option<char> = None;
    let mut escaped = false;
    for c in code.chars() {
        match open {
            _ if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(quote) if c == quote => open = None,
            None if matches!(c, '"' | '\'' | '`') => open = Some(c),
            _ => {}
        }
    }
    open.is_none()
}

/// Strings over several lines, followed from mark to mark, so that each line is read once.
struct Strings {
    /// What opens and closes one, with how often it stood there.
    delimiters: Vec<(&'static str, usize)>,
    /// How far the text was read: to the beginning of a line.
    read: usize,
}

impl Strings {
    fn new(kind: Kind) -> Self {
        use crate::parse::code::ast::Language;
        let delimiters: &[&str] = match kind {
            Kind::Code(Language::Python) => &["\"\"\"", "'''"],
            Kind::Code(Language::TypeScript | Language::JavaScript | Language::Go) => &["`"],
            Kind::Code(_) | Kind::Toml => &["\"\"\""],
            _ => &[],
        };
        Self { delimiters: delimiters.iter().map(|&delimiter| (delimiter, 0)).collect(), read: 0 }
    }

    /// Whether one is open where the line at `line` begins; lines are asked for in order.
    fn open_at(&mut self, text: &str, line: usize) -> bool {
        let more = text.get(self.read..line).unwrap_or("");
        self.read = line;
        for (delimiter, count) in &mut self.delimiters {
            *count += more.matches(*delimiter).count();
        }
        self.delimiters.iter().any(|(_, count)| count % 2 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Context;
    use crate::facts::FileId;
    use crate::matcher::Hits;
    use crate::parse::code::ast::Language;
    use crate::span::LineIndex;

    fn found(kind: Kind, text: &str) -> Vec<(u32, String, String, Option<String>)> {
        let lines = LineIndex::new(text);
        let document = Document::whole("x", kind, text, &lines, Hits::default());
        let context = Context::default();
        let mut sink = Sink::new(&document, FileId::new(0), &context, (0, 0));
        read(&document, &mut sink);
        let shown = |s: Suppression| {
            let rules: Vec<&str> = s.rules.iter().map(|r| r.as_str()).collect();
            (s.line, rules.join(" "), s.reason.to_string(), s.until.map(|u| u.to_string()))
        };
        sink.finish().suppressions.into_iter().map(shown).collect()
    }

    #[test]
    fn a_comment_speaks_of_its_line_or_of_the_one_below() {
        let text = "a = 1  # nhiscan: ignore[secrets/x] known dummy until=2026-12-31\n\
                    # nhiscan: ignore[approval/y, audit/z] asked by hand\n\
                    # nhiscan: ignore[audit/w] logged upstream\n\
                    b = 2\n";
        let python = found(Kind::Code(Language::Python), text);
        assert_eq!(python[0], (1, "secrets/x".into(), "known dummy".into(), Some("2026-12-31".into())));
        assert_eq!(python[1], (4, "approval/y audit/z".into(), "asked by hand".into(), None));
        assert_eq!(python[2].0, 4);
    }

    #[test]
    fn each_format_has_its_own_comments() {
        assert_eq!(found(Kind::Markdown, "x <!-- nhiscan: ignore[a/b] sample -->")[0].2, "sample");
        assert_eq!(found(Kind::Json, "{} /* nhiscan: ignore[a/b] sample */")[0].2, "sample");
        assert_eq!(found(Kind::Yaml, "// nhiscan: ignore[a/b] sample"), []);
        assert_eq!(found(Kind::Code(Language::Go), "x() // nhiscan: ignore[a/b]")[0].2, "");
    }

    #[test]
    fn text_in_a_literal_is_no_comment() {
        let python = Kind::Code(Language::Python);
        assert_eq!(found(python, "a = '# nhiscan: ignore[a/b] reason'"), []);
        assert_eq!(found(python, "a = \"\"\"\n# nhiscan: ignore[a/b] reason\n\"\"\"\n"), []);
        assert_eq!(found(Kind::Code(Language::TypeScript), "a = `\n// nhiscan: ignore[a/b] reason\n`"), []);
        assert_eq!(found(python, "say nhiscan: ignore[a/b] reason"), []);
    }
}

//! Input: the text of a rule page. Output: [`Page`] with its front matter, sections and example cases,
//! or the line on which it is wrong.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The headings that every page has, in this order.
pub const SECTIONS: [&str; 6] =
    ["Why it matters", "How to fix", "When it is wrong", "Flagged", "Not flagged", "References"];

/// What a page says before its prose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Front {
    pub severity: String,
    pub confidence: String,
    pub scope: String,
    pub status: String,
    pub since: String,
    /// The MAESTRO layer of the artefact that its findings stand in.
    pub maestro: String,
    /// A family of the finding map.
    pub map: Option<String>,
    /// Controls of that family that do not fit this rule.
    #[serde(default)]
    pub without: Vec<String>,
    /// Controls beside those of the family.
    #[serde(default)]
    pub controls: Vec<String>,
    /// Whether the family's classes only bear on this rule's findings, which may be outside of them.
    #[serde(default)]
    pub doubtful: bool,
    /// Contexts that every finding of the rule has.
    #[serde(default)]
    pub contexts: Vec<String>,
    #[serde(default)]
    pub aliases: Vec<String>,
    pub judge: Option<String>,
    #[serde(rename = "match")]
    pub condition: Option<Condition>,
}

/// A declarative judge.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    pub fact: String,
    /// Fields that must equal these values before `when` is asked.
    #[serde(default)]
    pub only: BTreeMap<String, toml::Value>,
    #[serde(default)]
    pub when: String,
    pub message: String,
    #[serde(default)]
    pub help: String,
}

/// A rule page.
pub struct Page {
    pub front: Front,
    pub title: String,
    /// Text of each of [`SECTIONS`].
    pub sections: Vec<String>,
    /// Everything below the front matter.
    pub body: String,
    pub cases: Vec<Case>,
    /// The line of each front matter key, for faults.
    keys: BTreeMap<String, usize>,
}

/// A small repository that is a test of the rule.
pub struct Case {
    pub name: String,
    pub line: usize,
    pub flagged: bool,
    /// Path, info string's language, text with its markers.
    pub files: Vec<(String, String, String)>,
}

/// What is wrong on which line.
pub type Wrong = (usize, String);

impl Page {
    /// The line of a front matter key.
    pub fn line_of(&self, key: &str) -> usize {
        self.keys.get(key).copied().unwrap_or(1)
    }

    /// Reads a page; `rule` is its id.
    pub fn parse(rule: &str, text: &str) -> Result<Page, Wrong> {
        let rest = text.strip_prefix("+++\n").ok_or((1, "a page begins with `+++` and its front matter".to_owned()))?;
        let end = rest.find("\n+++\n").ok_or((1, "the front matter has no closing `+++` line".to_owned()))?;
        let (matter, body) = (&rest[..=end], &rest[end + "\n+++\n".len()..]);
        let front: Front = toml::from_str(matter).map_err(|error| {
            let before = error.span().map_or(0, |span| matter[..span.start.min(matter.len())].matches('\n').count());
            (before + 2, error.message().replace('\n', " "))
        })?;
        let mut keys = BTreeMap::new();
        for (at, line) in matter.lines().enumerate() {
            let key = line.split(['=', ']']).next().unwrap_or("").trim_start_matches('[').trim();
            keys.entry(key.to_owned()).or_insert(at + 2);
        }
        let first = matter.matches('\n').count() + 3;
        let mut reader = Reader { rule, title: String::new(), sections: Vec::new(), cases: Vec::new() };
        reader.read(body, first)?;
        if reader.sections.len() < SECTIONS.len() {
            let missing = SECTIONS[reader.sections.len()];
            return Err((text.lines().count(), format!("the section `## {missing}` is missing")));
        }
        let Reader { title, sections, cases, .. } = reader;
        Ok(Page { front, title, sections, body: body.to_owned(), cases, keys })
    }
}

struct Reader<'a> {
    rule: &'a str,
    title: String,
    sections: Vec<String>,
    cases: Vec<Case>,
}

impl Reader<'_> {
    fn read(&mut self, body: &str, first: usize) -> Result<(), Wrong> {
        let lines: Vec<&str> = body.lines().collect();
        let mut at = 0;
        let mut fresh = true;
        while at < lines.len() {
            let (line, number) = (lines[at], first + at);
            if let Some(fence) = fence(line) {
                let close = (at + 1..lines.len())
                    .find(|&i| {
                        lines[i].trim_end().len() >= fence.len() && lines[i].trim_end().chars().all(|c| c == '`')
                    })
                    .ok_or((number, "the code block is not closed".to_owned()))?;
                self.block(&line[fence.len()..], &lines[at + 1..close], number, &mut fresh)?;
                self.keep(&lines[at..=close].join("\n"));
                at = close + 1;
                continue;
            }
            if let Some(heading) = line.strip_prefix("## ") {
                self.section(heading, number)?;
                fresh = true;
            } else if let Some(title) = line.strip_prefix("# ") {
                if !self.title.is_empty() {
                    return Err((number, "a page has one `# ` title".to_owned()));
                }
                title.trim().clone_into(&mut self.title);
            } else {
                fresh |= line.starts_with("### ");
                self.keep(line);
            }
            at += 1;
        }
        self.finished(first + lines.len())
    }

    fn section(&mut self, heading: &str, line: usize) -> Result<(), Wrong> {
        if self.title.is_empty() {
            return Err((line, "the `# ` title stands before the first section".to_owned()));
        }
        let expected = SECTIONS.get(self.sections.len()).copied().unwrap_or("nothing more");
        if heading.trim() != expected {
            return Err((line, format!("section `{}`: expected `{expected}`", heading.trim())));
        }
        self.sections.push(String::new());
        Ok(())
    }

    fn keep(&mut self, line: &str) {
        if let Some(section) = self.sections.last_mut() {
            section.push_str(line);
            section.push('\n');
        }
    }

    fn block(&mut self, info: &str, lines: &[&str], number: usize, fresh: &mut bool) -> Result<(), Wrong> {
        let flagged = match self.sections.len().checked_sub(1).map(|at| SECTIONS[at]) {
            Some("Flagged") => true,
            Some("Not flagged") => false,
            _ => return Ok(()),
        };
        let mut words = info.split_whitespace();
        let language = words.next().unwrap_or("");
        let Some(path) = words.find_map(|word| word.strip_prefix("file=")) else {
            return Err((number, "an example block names its file: ```python file=agent.py".to_owned()));
        };
        if path.starts_with('/') || path.split('/').any(|part| part == ".." || part.is_empty()) {
            return Err((number, format!("`{path}` is no relative path")));
        }
        let again = self.cases.last().is_none_or(|case| case.files.iter().any(|(known, ..)| known == path));
        if *fresh || again {
            let count = self.cases.iter().filter(|case| case.flagged == flagged).count() + 1;
            let name = format!("{}flagged_{count}", if flagged { "" } else { "not_" });
            self.cases.push(Case { name, line: number, flagged, files: Vec::new() });
            *fresh = false;
        }
        for (at, line) in lines.iter().enumerate() {
            if let Some(named) = marker(line)
                && named != self.rule
                && Some(named) != self.rule.split('/').nth(1)
            {
                return Err((number + 1 + at, format!("the marker names `{named}`, the page is `{}`", self.rule)));
            }
        }
        let case = self.cases.last_mut().expect("a case was just pushed");
        case.files.push((path.to_owned(), language.to_owned(), lines.join("\n") + "\n"));
        Ok(())
    }

    fn finished(&self, last: usize) -> Result<(), Wrong> {
        for flagged in [true, false] {
            if !self.cases.iter().any(|case| case.flagged == flagged) {
                let section = if flagged { "Flagged" } else { "Not flagged" };
                return Err((last, format!("the section `## {section}` has no example")));
            }
        }
        for case in &self.cases {
            let marked = case.files.iter().any(|(_, _, text)| text.lines().any(|line| marker(line).is_some()));
            match (case.flagged, marked) {
                (true, false) => {
                    let rule = self.rule.split('/').nth(1).unwrap_or(self.rule);
                    return Err((case.line, format!("a flagged example marks its line: `#! {rule}`")));
                }
                (false, true) => return Err((case.line, "an example that is not flagged has no marker".to_owned())),
                _ => {}
            }
        }
        Ok(())
    }
}

fn fence(line: &str) -> Option<&str> {
    let ticks = line.len() - line.trim_start_matches('`').len();
    (ticks >= 3).then(|| &line[..ticks])
}

/// The rule that a marker at the end of `line` names.
pub fn marker(line: &str) -> Option<&str> {
    let (_, named) = line.rsplit_once("#! ")?;
    let named = named.trim_end();
    let plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    named.split('/').all(plain).then_some(named)
}

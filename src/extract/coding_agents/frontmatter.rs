//! The header of a Markdown file: YAML between two lines of dashes. Input: the document. Output: its
//! map, offsets as in the document.

use crate::parse::{Document, Kind, Value, structured};

/// A header longer than this is none.
const LONGEST: usize = 16 * 1024;

/// The header's map; where it is not valid YAML (a colon in a description), its lines one by one.
pub(super) fn read(document: &Document<'_>) -> Option<Value> {
    let text = &*document.text;
    let start = text.find("---").filter(|at| text[..*at].trim_matches(['\u{feff}', '\n', '\r', ' ']).is_empty())?;
    let body = start + text[start..].find('\n')? + 1;
    let length = text[body..].find("\n---")?;
    if length > LONGEST {
        return None;
    }
    let header = &text[..body + length + 1];
    let parsed = structured::parse(Kind::Yaml, document.path, header);
    let map = parsed.values.into_iter().find(|v| !v.entries().is_empty());
    map.filter(|_| parsed.problems.is_empty())
        .or_else(|| structured::parse(Kind::Dotenv, document.path, header).values.into_iter().next())
}

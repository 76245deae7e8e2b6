//! Jupyter notebooks. Input: the JSON text. Output: its parts as texts of their own (code cells joined,
//! prose, outputs), each with a map of offsets back into the file.

use super::code::ast::Language;
use super::document::{OriginMap, Part};
use super::joiner::Joiner;
use super::structured::{Parsed, Problem};
use super::value::Value;
use super::{Kind, json};

/// One part of a notebook.
#[derive(Debug)]
pub struct Piece {
    /// Which.
    pub part: Part,
    /// The language of the kernel for code cells, text for the others.
    pub kind: Kind,
    /// Its cells, each ended by a line feed.
    pub text: String,
    /// From `text` to the file.
    pub origin: OriginMap,
}

/// Cell magics whose cell is still in the kernel's language.
const SAME_LANGUAGE: &[&str] = &["time", "timeit", "capture", "prun", "writefile", "skip", "ai"];

/// The parts of a notebook that hold text, code first.
///
/// # Errors
/// When the text is no JSON; nothing is read then.
pub fn pieces(raw: &str) -> Result<Vec<Piece>, Problem> {
    let Parsed { values, problems, .. } = json::parse(raw);
    if let Some(problem) = problems.into_iter().next() {
        return Err(problem);
    }
    let Some(root) = values.first() else { return Ok(Vec::new()) };
    let kernel = kernel(root);
    let mut code = Joiner::new(raw);
    let mut prose = Joiner::new(raw);
    let mut outputs = Joiner::new(raw);
    for cell in cells(root) {
        let source = cell.get("source").or_else(|| cell.get("input"));
        let is_code = cell.get("cell_type").and_then(Value::as_str) == Some("code");
        let target = if is_code && !is_other_language(source) { &mut code } else { &mut prose };
        target.add(source);
        for output in cell.get("outputs").map_or(&[][..], Value::items) {
            let data = output.get("data");
            let texts = ["text/plain", "text/markdown", "text/html"].map(|mime| data.and_then(|d| d.get(mime)));
            for text in [output.get("text"), output.get("evalue"), output.get("traceback")].into_iter().chain(texts) {
                outputs.add(text);
            }
        }
    }
    let pieces = [
        (Part::CodeCells, kernel, code),
        (Part::ProseCells, Kind::Markdown, prose),
        (Part::Outputs, Kind::Text, outputs),
    ];
    Ok(pieces
        .into_iter()
        .filter(|(.., joiner)| !joiner.text.is_empty())
        .map(|(part, kind, joiner)| Piece { part, kind, text: joiner.text, origin: joiner.origin })
        .collect())
}

/// Cells of format 4, and of the worksheets of format 3.
fn cells(root: &Value) -> impl Iterator<Item = &Value> {
    let sheets = root.get("worksheets").map_or(&[][..], Value::items);
    let groups = root.get("cells").into_iter().chain(sheets.iter().filter_map(|sheet| sheet.get("cells")));
    groups.flat_map(Value::items)
}

fn kernel(root: &Value) -> Kind {
    let named = root
        .at(&["metadata", "kernelspec", "language"])
        .or_else(|| root.at(&["metadata", "language_info", "name"]))
        .and_then(Value::as_str);
    match named.unwrap_or("python").to_ascii_lowercase().as_str() {
        "python" => Kind::Code(Language::Python),
        "typescript" => Kind::Code(Language::TypeScript),
        "javascript" => Kind::Code(Language::JavaScript),
        "c#" => Kind::Code(Language::CSharp),
        "java" => Kind::Code(Language::Java),
        "kotlin" => Kind::Code(Language::Kotlin),
        "go" => Kind::Code(Language::Go),
        _ => Kind::Text,
    }
}

/// Whether a cell begins with a magic of another language (`%%bash`, `%%html`).
fn is_other_language(source: Option<&Value>) -> bool {
    let first = source.and_then(|s| s.one_or_many().first()).and_then(Value::as_str).unwrap_or("");
    let Some(magic) = first.trim_start().strip_prefix("%%") else { return false };
    let line = magic.lines().next().unwrap_or("");
    let name = line.split_whitespace().next().unwrap_or("");
    let other_file = name == "writefile" && !line.trim_end().ends_with(".py");
    other_file || !SAME_LANGUAGE.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::{Hits, Topic};
    use crate::parse::documents;
    use crate::span::LineIndex;

    const NOTEBOOK: &str = r##"{"cells": [
      {"cell_type": "markdown", "source": ["# T\n", "see x"]},
      {"cell_type": "code", "source": "a = \"k\u00e9y\" # \ud83d\ude00\nb = 1", "outputs": [
        {"output_type": "stream", "text": ["out\n"]}, {"data": {"image/png": "AAAA", "text/plain": "p"}}]},
      {"cell_type": "code", "source": ["%%bash\n", "export A=1"]},
      {"cell_type": "code", "source": ["c = 2\n"]}],
      "metadata": {"kernelspec": {"language": "python"}}}"##;

    fn hit() -> Hits {
        let mut hits = Hits::default();
        hits.push(0, Topic::Framework, 0);
        hits
    }

    #[test]
    fn cells_are_joined_and_every_offset_finds_its_way_back() {
        let lines = LineIndex::new(NOTEBOOK);
        let (documents, notices) = documents("a.ipynb", Kind::Notebook, NOTEBOOK, &lines, hit(), |_| Hits::default());
        assert!(notices.is_empty());
        let code = &documents[0];
        assert_eq!(code.text, "a = \"kéy\" # 😀\nb = 1\nc = 2\n");
        for needle in ["b = 1", "c = 2", "a ="] {
            let at = u32::try_from(code.text.find(needle).unwrap()).unwrap();
            assert!(NOTEBOOK[code.to_raw(at) as usize..].starts_with(needle), "{needle}");
        }
        assert!(documents[1].text.contains("export A=1") && documents[1].text.starts_with("# T\nsee x\n"));
        assert_eq!(documents[2].text, "out\np\n");
        assert_eq!(documents[2].part, Part::Outputs);
    }

    #[test]
    fn a_broken_notebook_is_read_as_text_with_a_notice() {
        let raw = "{\"cells\": [";
        let lines = LineIndex::new(raw);
        let (documents, notices) = documents("a.ipynb", Kind::Notebook, raw, &lines, hit(), |_| Hits::default());
        assert_eq!((documents.len(), documents[0].kind, notices.len()), (1, Kind::Text, 1));
    }
}

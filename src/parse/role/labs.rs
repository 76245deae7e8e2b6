//! Folders that are vulnerable on purpose. Input: the sources. Output: the folders whose README says
//! so; everything below is [`Role::Lab`].

use super::Role;
use crate::parse::decode;
use crate::walk::{Buffer, Content, Source, Sources};

/// How far below the top of a repository a README speaks of a lab of its own.
const DEEPEST: usize = 3;
/// How much of a README is its introduction.
const INTRODUCTION: usize = 2 << 10;

/// One of these stands in each of [`WORDS`]; few texts have any.
const STEMS: [&str; 2] = ["insecure", "vulnerable"];

const WORDS: &[&str] = &[
    "damn vulnerable",
    "deliberately insecure",
    "deliberately vulnerable",
    "insecure by design",
    "intentionally insecure",
    "intentionally vulnerable",
    "purposefully vulnerable",
    "purposely vulnerable",
    "vulnerable by design",
    "vulnerable-by-design",
];

/// The labs of a run.
#[derive(Debug, Clone, Default)]
pub struct Labs {
    /// Shown paths of folders, empty or ending in `/`, with the repository they lie in.
    folders: Vec<(usize, String)>,
}

impl Labs {
    /// Reads the READMEs near the top of each repository.
    #[must_use]
    pub fn find(sources: &Sources) -> Self {
        let mut buffer = Buffer::new();
        let mut folders = Vec::new();
        let near_top = |source: &&Source| is_near_top(&sources.path_in_repository(source));
        for source in sources.list.iter().filter(|source| is_readme(&source.path)).filter(near_top) {
            if introduction(source, &mut buffer).is_some_and(|text| says_vulnerable(&text)) {
                let end = source.path.rfind('/').map_or(0, |at| at + 1);
                folders.push((source.repository, source.path[..end].to_owned()));
            }
        }
        Self { folders }
    }

    /// The role of `source`, when it lies in a lab.
    #[must_use]
    pub fn role(&self, source: &Source) -> Option<(Role, &'static str)> {
        let within =
            self.folders.iter().any(|(number, folder)| *number == source.repository && source.path.starts_with(folder));
        within.then_some((Role::Lab, "the README says that this is vulnerable on purpose"))
    }
}

fn is_readme(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.len() <= 12 && name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("readme"))
}

fn is_near_top(path: &str) -> bool {
    path.bytes().filter(|&byte| byte == b'/').count() <= DEEPEST
}

fn introduction(source: &Source, buffer: &mut Buffer) -> Option<String> {
    let Ok(Content::Whole(bytes)) = buffer.read(source) else { return None };
    let encoding = decode::encoding_of(bytes)?;
    let text = decode::decode(bytes, encoding);
    Some(text[..text.floor_char_boundary(INTRODUCTION)].to_lowercase())
}

/// Whether a README's introduction says of the project itself that it is vulnerable: in a heading,
/// or as what something is.
fn says_vulnerable(text: &str) -> bool {
    STEMS.iter().any(|stem| text.contains(stem))
        && text.lines().any(|line| {
            WORDS.iter().filter_map(|words| line.find(words)).any(|at| {
                let before = &line[..at];
                let heading = before.trim_start().starts_with(['#', '<'])
                    || before.trim_matches([' ', '*', '_', '>', '-']).is_empty();
                heading
                    || [" is a", " is an", " are ", " is "]
                        .iter()
                        .any(|verb| before.ends_with(verb) || before.trim_end().ends_with(verb.trim_end()))
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_stem() {
        for words in WORDS {
            assert!(STEMS.iter().any(|stem| words.contains(stem)), "{words}");
        }
    }

    #[test]
    fn a_readme_speaks_of_its_own_project() {
        for text in [
            "# damn vulnerable agent",
            "this is a deliberately vulnerable agent",
            "**intentionally vulnerable** app",
            "the apps here are intentionally vulnerable",
        ] {
            assert!(says_vulnerable(text), "{text}");
        }
        for text in
            ["scans deliberately vulnerable apps", "not for production", "we tested on intentionally vulnerable labs"]
        {
            assert!(!says_vulnerable(text), "{text}");
        }
    }

    #[test]
    fn what_lies_below_the_readme_is_the_lab() {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in [
            ("lab/README.md", "# Damn Vulnerable MCP\n"),
            ("lab/x/a.py", ""),
            ("app/b.py", ""),
            ("README.md", "A real one.\n"),
        ] {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().expect("a parent")).expect("created");
            std::fs::write(file, text).expect("written");
        }
        let request = crate::cli::request::Request { roots: vec![folder.path().into()], ..Default::default() };
        let sources = crate::walk::sources(&request).expect("walked");
        let labs = Labs::find(&sources);
        let within: Vec<&str> = sources
            .list
            .iter()
            .filter(|source| labs.role(source).is_some())
            .map(|source| source.path.as_str())
            .collect();
        assert_eq!(within, ["lab/README.md", "lab/x/a.py"]);
    }
}

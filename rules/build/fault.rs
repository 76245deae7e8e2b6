//! What every compiler of `rules/` shares: where it reads and writes, and how it says what is wrong.

use std::fmt;
use std::path::{Path, PathBuf};

/// The folders of one build.
pub struct Build {
    /// The folder `rules/`.
    pub rules: PathBuf,
    /// `OUT_DIR`.
    pub out: PathBuf,
}

impl Build {
    /// Every file below `rules/<folder>` with extension `ext`, sorted, as absolute paths.
    pub fn files(&self, folder: &str, ext: &str) -> Result<Vec<PathBuf>, Fault> {
        let mut found = Vec::new();
        collect(&self.rules.join(folder), ext, &mut found)?;
        found.sort();
        Ok(found)
    }

    /// The text of a file, line ends as `\n`.
    pub fn read(&self, path: &Path) -> Result<String, Fault> {
        let text = std::fs::read_to_string(path).map_err(|error| Fault::new(path, 0, error.to_string()))?;
        Ok(text.replace("\r\n", "\n"))
    }

    /// Writes `OUT_DIR/<name>`.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Fault> {
        let path = self.out.join(name);
        std::fs::write(&path, text).map_err(|error| Fault::new(&path, 0, error.to_string()))
    }
}

fn collect(folder: &Path, ext: &str, found: &mut Vec<PathBuf>) -> Result<(), Fault> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.map_err(|error| Fault::new(folder, 0, error.to_string()))?.path();
        if path.is_dir() {
            collect(&path, ext, found)?;
        } else if path.extension().is_some_and(|e| e == ext) {
            found.push(path);
        }
    }
    Ok(())
}

/// The line (from 1) on which `word` stands in quotes, from byte `from` of `text` on; 0 when it does not.
pub fn line_of(text: &str, from: usize, word: &str) -> usize {
    let found = text[from..].find(&format!("\"{word}\""));
    found.map_or(0, |at| 1 + text[..from + at].matches('\n').count())
}

/// What is wrong, and where.
#[derive(Debug)]
pub struct Fault {
    path: PathBuf,
    line: usize,
    message: String,
}

impl Fault {
    /// A fault on `line` (from 1; 0 for the whole file).
    pub fn new(path: &Path, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_path_buf(), line, message: message.into() }
    }

    /// A fault of what begins at byte `start` of `text`.
    pub fn at(path: &Path, text: &str, start: usize, message: impl Into<String>) -> Self {
        Self::new(path, 1 + text[..start.min(text.len())].matches('\n').count(), message)
    }

    /// A TOML error in a text that begins on line `first` of `path`.
    pub fn toml(path: &Path, text: &str, first: usize, error: &toml::de::Error) -> Self {
        let before = error.span().map_or("", |span| &text[..span.start.min(text.len())]);
        Self::new(path, first + before.matches('\n').count(), error.message())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.to_string_lossy().replace('\\', "/");
        let shown = path.rsplit_once("/rules/").map_or(path.clone(), |(_, rest)| format!("rules/{rest}"));
        let message = self.message.replace('\n', " ");
        match self.line {
            0 => write!(f, "{shown}: {message}"),
            line => write!(f, "{shown}:{line}: {message}"),
        }
    }
}

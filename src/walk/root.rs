//! What was typed: a folder, a file or standard input, each with the way its paths are shown.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::ignored::Own;
use super::{GitState, Origin, Repository, Source, Sources, names, shown_name, shown_path, tree};
use crate::cli::request::Request;
use crate::error::{Error, Notice, NoticeKind};

/// Standard input is held in memory, so it has an end.
const LARGEST_INPUT: u64 = 128 << 20;

/// One root of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// As typed.
    pub typed: PathBuf,
    /// What the shown paths of its files begin with: empty, or ending in `/` for a folder.
    pub shown: String,
    /// The real place on disk; empty for standard input.
    pub path: PathBuf,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Folder,
    File,
    Input(String),
}

/// The roots of `request`, in the order typed.
pub(super) fn resolve(request: &Request) -> Result<Vec<Root>, Error> {
    let current = [PathBuf::from(".")];
    let typed: &[PathBuf] = if request.roots.is_empty() { &current } else { &request.roots };
    typed.iter().map(|path| Root::new(path, typed.len() == 1, request.stdin_name.as_deref())).collect()
}

impl Root {
    fn new(typed: &Path, alone: bool, stdin_name: Option<&str>) -> Result<Self, Error> {
        if typed == Path::new("-") {
            let name =
                stdin_name.map_or_else(|| "stdin".to_owned(), |name| shown_path(Path::new(&name.replace('\\', "/"))));
            return Ok(Self {
                typed: typed.into(),
                shown: String::new(),
                path: PathBuf::new(),
                what: What::Input(name),
            });
        }
        let fault = |reason: String| Error::Path {
            path: typed.into(),
            reason,
            step: "name a folder or file that exists and may be read, or `-` for standard input",
        };
        let path = std::fs::canonicalize(typed).map_err(|e| fault(reason(&e)))?;
        let about = std::fs::metadata(&path).map_err(|e| fault(reason(&e)))?;
        if !about.is_dir() && !about.is_file() {
            return Err(fault("neither a folder nor a regular file".to_owned()));
        }
        let mut shown = shown_path(typed);
        if about.is_file() {
            // A single file keeps the path it was typed with, so that its folders still speak of
            // its role; one from elsewhere has only its name.
            if alone && (typed.is_absolute() || shown.starts_with("../")) {
                shown = path.file_name().map(|name| shown_name(name).into_owned()).unwrap_or_default();
            }
            return Ok(Self { typed: typed.into(), shown, path, what: What::File });
        }
        if alone || shown.is_empty() {
            shown.clear();
        } else if !shown.ends_with('/') {
            shown.push('/');
        }
        Ok(Self { typed: typed.into(), shown, path, what: What::Folder })
    }

    /// Whether this root is a folder.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.what == What::Folder
    }

    /// Whether one of the two roots may hold a file of the other.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.path.starts_with(&other.path) || other.path.starts_with(&self.path)
    }

    /// Adds what this root holds.
    pub(super) fn collect(&self, number: usize, sources: &mut Sources) -> Result<(), Error> {
        match &self.what {
            What::Folder => tree::walk(self, number, &Own::Disk, sources),
            What::File => {
                let file = Origin::Disk(self.path.clone());
                self.add_single(number, self.shown.clone(), file, sources);
                Ok(())
            }
            What::Input(name) => {
                let (bytes, whole) = input().map_err(|e| Error::Path {
                    path: self.typed.clone(),
                    reason: reason(&e),
                    step: "pipe text into the command, or name a file instead of `-`",
                })?;
                if !whole {
                    let message = format!(
                        "only the first {} MiB of standard input were read; name a file instead",
                        LARGEST_INPUT >> 20
                    );
                    sources.notices.push(Notice::file(name.clone(), NoticeKind::Budget, message));
                }
                self.add_single(number, name.clone(), Origin::Memory(bytes), sources);
                Ok(())
            }
        }
    }

    fn add_single(&self, number: usize, path: String, origin: Origin, sources: &mut Sources) {
        let repository = sources.repositories.len();
        sources.repositories.push(Repository { folder: self.path.clone(), ..Repository::default() });
        sources.list.push(Source { root: number, path, git: GitState::Plain, origin, repository });
    }
}

fn input() -> std::io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(LARGEST_INPUT).read_to_end(&mut bytes)?;
    let whole = (bytes.len() as u64) < LARGEST_INPUT;
    Ok((bytes, whole))
}

/// The system's reason in lower case and without its number.
pub(super) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let plain = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = plain.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// Whether an ignored file is read all the same, for what it links.
pub(super) fn read_though_ignored(path: &str) -> bool {
    names::is_dotenv(path.rsplit('/').next().unwrap_or(path)) || names::is_agent_config(path)
}

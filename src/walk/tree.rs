//! Walks one folder in parallel. Input: a root. Output: its files, and notices about links, special
//! files and folders that cannot be read. Nothing is opened and no file is asked for its details:
//! a folder's listing already says what each entry is.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::ignored::{Present, Rules, Verdict};
use super::root::{Root, read_though_ignored, reason};
use super::{GitState, Origin, Repository, Source, Sources, names, shown_name};
use crate::error::{Error, Notice, NoticeKind};

/// More links out of the root than this are named in one notice.
const LINKS_NAMED: usize = 3;

/// Adds what the folder `root` holds.
pub(super) fn walk(root: &Root, number: usize, sources: &mut Sources) -> Result<(), Error> {
    let walk = Walk { root, number, first: sources.repositories.len(), found: Mutex::default() };
    let top = Folder {
        path: root.path.clone(),
        shown: root.shown.clone(),
        rules: None,
        ignored: false,
        repository: walk.repository(Repository {
            shown: root.shown.clone(),
            folder: root.path.clone(),
            ..Repository::default()
        }),
    };
    if let Err(error) = std::fs::read_dir(&root.path) {
        return Err(Error::Path { path: root.typed.clone(), reason: reason(&error), step: "allow reading the folder" });
    }
    rayon::scope(|scope| walk.folder(scope, top));
    let found = walk.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.hand_over(sources);
    Ok(())
}

struct Walk<'r> {
    root: &'r Root,
    number: usize,
    /// Index of this root's first repository.
    first: usize,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    list: Vec<Source>,
    notices: Vec<Notice>,
    /// Shown paths of links that lead out of the root.
    links: Vec<String>,
    repositories: Vec<Repository>,
}

struct Folder {
    path: PathBuf,
    /// Its shown path, empty or ending in `/`.
    shown: String,
    rules: Option<Arc<Rules>>,
    /// Whether it, or a folder above, is ignored.
    ignored: bool,
    /// Index of the repository that it belongs to.
    repository: usize,
}

struct Entry {
    path: PathBuf,
    name: String,
    kind: EntryKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EntryKind {
    File,
    Folder,
    Link,
    Special,
}

impl Walk<'_> {
    fn folder<'s>(&'s self, scope: &rayon::Scope<'s>, folder: Folder) {
        let mut found = Found::default();
        let entries = match list(&folder.path) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("folder cannot be listed: {}; allow reading it", reason(&error));
                let shown = folder.shown.trim_end_matches('/');
                found.notices.push(Notice::file(shown, NoticeKind::Unreadable, message));
                Vec::new()
            }
        };
        let rules = Rules::inside(folder.rules.clone(), &folder.path, present(&entries), None);
        let folder = Folder { rules, ..folder };
        for entry in entries {
            self.entry(scope, &folder, entry, &mut found);
        }
        self.found.lock().unwrap_or_else(PoisonError::into_inner).take(found);
    }

    fn entry<'s>(&'s self, scope: &rayon::Scope<'s>, folder: &Folder, entry: Entry, found: &mut Found) {
        let shown = format!("{}{}", folder.shown, entry.name);
        match entry.kind {
            EntryKind::Folder => self.subfolder(scope, folder, entry, shown),
            EntryKind::File => self.file(folder, entry, shown, found),
            EntryKind::Link if self.leads_out(&entry.path) && !self.left_out(folder, &entry.path) => {
                found.links.push(shown)
            }
            EntryKind::Link => {}
            EntryKind::Special if self.left_out(folder, &entry.path) => {}
            EntryKind::Special => {
                let message =
                    "not a regular file (FIFO, socket or device): not opened; remove it, or name it in .nhiscanignore";
                found.notices.push(Notice::file(shown, NoticeKind::Special, message));
            }
        }
    }

    fn subfolder<'s>(&'s self, scope: &rayon::Scope<'s>, folder: &Folder, entry: Entry, shown: String) {
        if matches!(entry.name.as_str(), ".git" | ".hg" | ".svn" | ".jj") {
            return;
        }
        let ignored = match verdict(folder, &entry.path, true) {
            Verdict::Excluded => return,
            Verdict::Ignored => true,
            Verdict::Kept => folder.ignored,
        };
        if ignored && !names::is_agent_folder(&entry.name) {
            return;
        }
        let below = Folder {
            path: entry.path,
            shown: shown + "/",
            rules: folder.rules.clone(),
            ignored,
            repository: folder.repository,
        };
        scope.spawn(move |scope| self.folder(scope, below));
    }

    fn file(&self, folder: &Folder, entry: Entry, shown: String, found: &mut Found) {
        let verdict = verdict(folder, &entry.path, false);
        if verdict == Verdict::Excluded || (verdict == Verdict::Ignored && !read_though_ignored(&shown)) {
            return;
        }
        let git = if verdict == Verdict::Ignored { GitState::Ignored } else { GitState::Plain };
        found.list.push(Source {
            root: self.number,
            path: shown,
            git,
            origin: Origin::Disk(entry.path),
            repository: folder.repository,
        });
    }

    fn left_out(&self, folder: &Folder, path: &Path) -> bool {
        verdict(folder, path, false) != Verdict::Kept
    }

    /// Whether a link's target exists and lies outside the root. What lies inside is met anyway.
    fn leads_out(&self, link: &Path) -> bool {
        std::fs::canonicalize(link).is_ok_and(|target| !target.starts_with(&self.root.path))
    }

    fn repository(&self, repository: Repository) -> usize {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.repositories.push(repository);
        self.first + found.repositories.len() - 1
    }
}

fn verdict(folder: &Folder, path: &Path, is_folder: bool) -> Verdict {
    let verdict = folder.rules.as_ref().map_or(Verdict::Kept, |rules| rules.verdict(path, is_folder));
    if verdict == Verdict::Kept && folder.ignored { Verdict::Ignored } else { verdict }
}

fn list(folder: &Path) -> std::io::Result<Vec<Entry>> {
    std::fs::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            let kind = entry.file_type()?;
            let kind = match () {
                () if kind.is_dir() => EntryKind::Folder,
                () if kind.is_file() => EntryKind::File,
                () if kind.is_symlink() => EntryKind::Link,
                () => EntryKind::Special,
            };
            Ok(Entry { path: entry.path(), name: shown_name(&entry.file_name()).into_owned(), kind })
        })
        .collect()
}

fn present(entries: &[Entry]) -> Present {
    let mut present = Present::default();
    for entry in entries.iter().filter(|entry| entry.kind == EntryKind::File) {
        match entry.name.as_str() {
            ".nhiscanignore" => present.own = true,
            ".ignore" => present.general = true,
            ".gitignore" => present.git = true,
            _ => {}
        }
    }
    present
}

impl Found {
    fn take(&mut self, mut other: Found) {
        self.list.append(&mut other.list);
        self.notices.append(&mut other.notices);
        self.links.append(&mut other.links);
    }

    fn hand_over(mut self, sources: &mut Sources) {
        self.links.sort();
        let message = |what: &str| {
            format!("{what} out of the scanned folder: not followed; scan the target as a root of its own")
        };
        match self.links.as_slice() {
            [first, .., _] if self.links.len() > LINKS_NAMED => {
                let more = self.links.len() - 1;
                let message = message(&format!("this link and {more} others lead"));
                sources.notices.push(Notice::file(first, NoticeKind::Link, message));
            }
            few => {
                sources
                    .notices
                    .extend(few.iter().map(|path| Notice::file(path, NoticeKind::Link, message("link leads"))));
            }
        }
        sources.list.append(&mut self.list);
        sources.notices.append(&mut self.notices);
        sources.repositories.append(&mut self.repositories);
    }
}

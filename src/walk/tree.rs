//! Walks one folder in parallel. Input: a root. Output: its files, and notices about links, special
//! files and folders that cannot be read. Nothing is opened and no file is asked for its details:
//! a folder's listing already says what each entry is. Each checkout met (the one that the root
//! lies in, submodules, nested ones) is asked for its index once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::git::Git;
use super::ignored::{Own, Present, Rules, Verdict};
use super::index::Index;
use super::root::{Root, read_though_ignored, reason};
use super::{GitState, Origin, Repository, Source, Sources, names, shown_name, shown_path};
use crate::error::{Error, Notice, NoticeKind};

/// More links out of the root than this are named in one notice.
const LINKS_NAMED: usize = 3;

/// Adds what the folder `root` holds.
pub(super) fn walk(root: &Root, number: usize, own: &Own, sources: &mut Sources) -> Result<(), Error> {
    let walk = Walk { root, number, own, first: sources.repositories.len(), found: Mutex::default() };
    let top = walk.top();
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
    own: &'r Own,
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
    checkout: Arc<Checkout>,
    /// Its path below the checkout's folder: empty, or ending in `/`.
    inside: Vec<u8>,
}

/// The repository, or plain tree, that a folder belongs to.
struct Checkout {
    /// Its index among the repositories.
    number: usize,
    /// Its top.
    folder: PathBuf,
    /// What git tracks; none outside git, and where git could not be asked.
    index: Option<Index>,
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
        let folder = self.entered(folder, &entries, &mut found);
        for entry in entries {
            self.entry(scope, &folder, entry, &mut found);
        }
        self.found.lock().unwrap_or_else(PoisonError::into_inner).take(found);
    }

    fn entry<'s>(&'s self, scope: &rayon::Scope<'s>, folder: &Folder, entry: Entry, found: &mut Found) {
        if matches!(entry.name.as_str(), ".git" | ".hg" | ".svn" | ".jj") {
            return;
        }
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
        let inside = folder.below(&entry, "/");
        let ignored = match folder.verdict(&entry.path, true) {
            Verdict::Excluded => return,
            Verdict::Ignored => true,
            Verdict::Kept => false,
        };
        let tracked = folder.checkout.index.as_ref().is_some_and(|index| index.has_folder(&inside));
        if ignored && !tracked && !names::is_agent_folder(&entry.name) {
            return;
        }
        let (rules, checkout) = (folder.rules.clone(), folder.checkout.clone());
        let below = Folder { path: entry.path, shown: shown + "/", rules, ignored, checkout, inside };
        scope.spawn(move |scope| self.folder(scope, below));
    }

    fn file(&self, folder: &Folder, entry: Entry, shown: String, found: &mut Found) {
        let index = folder.checkout.index.as_ref();
        let tracked = index.is_some_and(|index| index.has_file(&folder.below(&entry, "")));
        // Of a tracked file, git's patterns are not asked.
        let excluded = tracked && folder.rules.as_ref().is_some_and(|rules| rules.excludes(&entry.path));
        let verdict = if tracked { Verdict::Kept } else { folder.verdict(&entry.path, false) };
        let git = match (verdict, index) {
            _ if excluded => return,
            _ if tracked => GitState::Tracked,
            (Verdict::Excluded, _) => return,
            (Verdict::Ignored, _) if read_though_ignored(&shown) => GitState::Ignored,
            (Verdict::Ignored, _) => return,
            (Verdict::Kept, Some(_)) => GitState::Untracked,
            (Verdict::Kept, None) => GitState::Plain,
        };
        let (path, origin) = (shown, Origin::Disk(entry.path));
        found.list.push(Source { root: self.number, path, git, origin, repository: folder.checkout.number });
    }

    fn left_out(&self, folder: &Folder, path: &Path) -> bool {
        folder.verdict(path, false) != Verdict::Kept
    }

    /// Whether a link's target exists and lies outside the root. What lies inside is met anyway.
    fn leads_out(&self, link: &Path) -> bool {
        std::fs::canonicalize(link).is_ok_and(|target| !target.starts_with(&self.root.path))
    }

    /// The root as the first folder, in the checkout that it lies in.
    fn top(&self) -> Folder {
        let root = self.root;
        let mut found = Found::default();
        let (mut rules, mut inside) = (None, String::new());
        let git = self.git(Git::above(&root.path), &root.shown, &mut found);
        if let Some(git) = &git
            && let Ok(below) = root.path.strip_prefix(&git.top)
            && !below.as_os_str().is_empty()
        {
            inside = shown_path(below) + "/";
            rules = above(git, below, self.own);
        }
        let checkout = self.checkout(git, root.shown.clone(), &root.path, inside, &mut found);
        self.found.lock().unwrap_or_else(PoisonError::into_inner).take(found);
        Folder {
            path: root.path.clone(),
            shown: root.shown.clone(),
            rules,
            ignored: false,
            checkout,
            inside: Vec::new(),
        }
    }

    /// `folder` with its own ignore files, and with the checkout whose top it may be.
    fn entered(&self, mut folder: Folder, entries: &[Entry], found: &mut Found) -> Folder {
        let mut exclude = None;
        if entries.iter().any(|entry| entry.name == ".git") {
            let git = self.git(Git::at(&folder.path), &folder.shown, found);
            exclude = git.as_ref().map(Git::common);
            if let Some(git) = git
                && folder.checkout.folder != folder.path
            {
                folder.checkout = self.checkout(Some(git), folder.shown.clone(), &folder.path, String::new(), found);
                folder.inside.clear();
                folder.ignored = false;
            }
        }
        folder.rules = Rules::inside(folder.rules.take(), &folder.path, present(entries), exclude.as_deref(), self.own);
        folder
    }

    fn git(&self, git: Result<Option<Git>, String>, shown: &str, found: &mut Found) -> Option<Git> {
        git.unwrap_or_else(|reason| {
            found.notices.push(no_index(shown, &reason));
            None
        })
    }

    /// Asks `git` for its index, and takes the checkout into the list.
    fn checkout(
        &self,
        git: Option<Git>,
        shown: String,
        folder: &Path,
        inside: String,
        found: &mut Found,
    ) -> Arc<Checkout> {
        let index = git.and_then(|git| {
            Index::read(&git).map_err(|reason| found.notices.push(no_index(&shown, &format!("git {reason}")))).ok()
        });
        let repository = Repository { shown, inside, folder: folder.into(), git: index.is_some() };
        let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.repositories.push(repository);
        Arc::new(Checkout { number: self.first + all.repositories.len() - 1, folder: folder.into(), index })
    }
}

impl Folder {
    fn verdict(&self, path: &Path, is_folder: bool) -> Verdict {
        let verdict = self.rules.as_ref().map_or(Verdict::Kept, |rules| rules.verdict(path, is_folder));
        if verdict == Verdict::Kept && self.ignored { Verdict::Ignored } else { verdict }
    }

    /// The path of `entry` below the checkout's folder, with `end`.
    fn below(&self, entry: &Entry, end: &str) -> Vec<u8> {
        let name = entry.path.file_name().unwrap_or_default().as_encoded_bytes();
        [&self.inside, name, end.as_bytes()].concat()
    }
}

/// The ignore files of the folders from the top of `git` down to above the root, `below` the top.
fn above(git: &Git, below: &Path, own: &Own) -> Option<Arc<Rules>> {
    let every = Present { own: true, general: true, git: true };
    let mut folder = git.top.clone();
    let mut rules = Rules::inside(None, &folder, every, Some(&git.common()), own);
    for name in below.parent()?.components() {
        folder.push(name);
        rules = Rules::inside(rules, &folder, every, None, own);
    }
    rules
}

fn no_index(shown: &str, reason: &str) -> Notice {
    let message = format!("{reason}; which files are tracked is not known, so ignore files alone decide what is read");
    Notice::file(shown.trim_end_matches('/'), NoticeKind::Setup, message)
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
        self.number_repositories(sources.repositories.len());
        sources.list.append(&mut self.list);
        sources.notices.append(&mut self.notices);
        sources.repositories.append(&mut self.repositories);
    }

    /// Numbers repositories by their paths, not by which thread met one first; `first` is the
    /// number of the first of them.
    fn number_repositories(&mut self, first: usize) {
        let mut order: Vec<usize> = (0..self.repositories.len()).collect();
        order.sort_by(|&a, &b| self.repositories[a].shown.cmp(&self.repositories[b].shown));
        let mut number = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            number[old] = first + new;
        }
        for source in &mut self.list {
            source.repository = number[source.repository - first];
        }
        self.repositories.sort_by(|a, b| a.shown.cmp(&b.shown));
    }
}

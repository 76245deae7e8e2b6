//! Both sides of a change. Input: a [`Request`]. Output: a [`Plan`]: what is read on the new side,
//! what on the old, which of it is the same, and which lines are new.
//!
//! `--staged` compares the index (the one that `GIT_INDEX_FILE` names, when a hook is given one) with
//! `HEAD`, or with nothing before the first commit; content comes from the index, never from a
//! working tree that differs from it. `--diff BASE` compares the files on disk with the common
//! ancestor of `BASE` and `HEAD`, as `git diff BASE...` does, so that what others did on `BASE` since
//! then is not part of the change. What is to be left out (`.nhiscanignore`) is then as it was on
//! `BASE`: a change cannot hide itself.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::changes::{Changed, Changes};
use super::git::Git;
use super::ignored::Own;
use super::index::{Entry, Index};
use super::objects::Objects;
use super::root::{self, Root};
use super::{Buffer, Content, GitState, LARGE, Origin, Repository, Source, Sources, lines, settle, shown_path, tree};
use crate::cli::request::{Mode, Request};
use crate::error::{Error, Notice, NoticeKind};

/// What a run reads, on both sides of a change when it is about one.
#[derive(Debug, Default)]
pub struct Plan {
    /// The new side, or the only one.
    pub head: Sources,
    /// The old side.
    pub base: Option<Sources>,
    /// For each source of `base`, the index of the source of `head` with the same path and content:
    /// its facts need not be read twice.
    pub same: Vec<Option<usize>>,
    /// What the change touches.
    pub changes: Option<Changes>,
}

/// Finds what `request` asks to read, on both sides when it is about a change.
///
/// # Errors
/// When a root cannot be read, or git cannot tell the sides of the change.
pub fn plan(request: &Request) -> Result<Plan, Error> {
    plan_with(request, std::env::var_os("GIT_INDEX_FILE").map(PathBuf::from))
}

/// As [`plan`], with the index file that a hook was given.
pub(super) fn plan_with(request: &Request, index_file: Option<PathBuf>) -> Result<Plan, Error> {
    if request.mode == Mode::Tree {
        return Ok(Plan { head: super::sources(request)?, ..Plan::default() });
    }
    let mut head = Sources::default();
    let mut sides = Vec::new();
    for root in root::resolve(request)? {
        let number = head.roots.len();
        let side = Side::open(&root, number, &request.mode, index_file.as_deref(), &mut head.notices)?;
        side.collect(&mut head)?;
        head.roots.push(root);
        sides.push(side);
    }
    settle(&mut head);
    let mut base: Vec<(Source, Option<usize>)> = Vec::new();
    let mut changes = Changes::default();
    for side in &sides {
        let (list, changed) = side.compare(&head);
        base.extend(list);
        changes.extend(changed);
    }
    base.sort_by(|(a, _), (b, _)| (a.root, &a.path).cmp(&(b.root, &b.path)));
    let (list, same) = base.into_iter().unzip();
    let base =
        Sources { roots: head.roots.clone(), repositories: head.repositories.clone(), list, notices: Vec::new() };
    Ok(Plan { head, base: Some(base), same, changes: Some(changes) })
}

/// One root and the two states of it.
struct Side {
    root: Root,
    number: usize,
    git: Git,
    objects: Arc<Objects>,
    index: Index,
    base: Index,
    /// Files on disk that differ from the index, or may.
    stale: HashSet<Vec<u8>>,
    own: Own,
    staged: bool,
    /// The one file that is asked for, when the root is a file.
    only: Option<Vec<u8>>,
}

impl Side {
    fn open(
        root: &Root,
        number: usize,
        mode: &Mode,
        index: Option<&Path>,
        notices: &mut Vec<Notice>,
    ) -> Result<Self, Error> {
        let folder = if root.is_folder() { root.path.clone() } else { root.path.parent().unwrap_or(&root.path).into() };
        let outside = || format!("{} is not in a git checkout", root.typed.display());
        let git = if root.path.as_os_str().is_empty() { Ok(None) } else { Git::above(&folder) };
        let mut git = git.map_err(fault)?.ok_or_else(|| fault(outside()))?;
        git.calm_filters().map_err(fault)?;
        let staged = *mode == Mode::Staged;
        if staged {
            git.index = index.and_then(|file| git.index_of_hook(file));
        }
        let objects = Arc::new(Objects::new(git.clone()));
        let listing = git.start(&["ls-files", "-z", "--stage"]).map_err(fault)?;
        let stale = git.start(STALE).map_err(fault)?;
        let (commit, base) = base(&git, mode, root, notices)?;
        let index = Index::parse(super::git::finish(listing).map_err(fault)?);
        let stale = super::git::finish(stale).map_err(fault)?;
        let stale =
            stale.split(|&b| b == 0).filter(|part| !part.is_empty() && part[0] != b':').map(<[u8]>::to_vec).collect();
        let rules = if staged { &index } else { &base };
        let own = given(&git, &objects, rules, if staged { "" } else { &commit });
        let only = (!root.is_folder()).then(|| root.path.file_name().unwrap_or_default().as_encoded_bytes().to_vec());
        Ok(Self { root: root.clone(), number, git, objects, index, base, stale, own, staged, only })
    }

    /// Adds the new side.
    fn collect(&self, head: &mut Sources) -> Result<(), Error> {
        if !self.staged {
            return match self.only {
                Some(_) => self.root.collect(self.number, head),
                None => tree::walk(&self.root, self.number, &self.own, head),
            };
        }
        let inside = self.git.folder.strip_prefix(&self.git.top).map(shown_path).unwrap_or_default();
        let inside = if inside.is_empty() { inside } else { inside + "/" };
        let shown = if self.only.is_some() { String::new() } else { self.root.shown.clone() };
        let repository = head.repositories.len();
        head.repositories.push(Repository { shown, inside, folder: self.git.folder.clone(), git: true });
        for entry in self.index.files() {
            let path = self.index.path(entry);
            if let Some(mut source) = self.source(path, repository) {
                let unlike_head =
                    self.base.get(path).is_none_or(|old| self.base.object(old) != self.index.object(entry));
                if unlike_head || self.stale.contains(path) {
                    source.origin = self.blob(&self.index, entry);
                }
                head.list.push(source);
            }
        }
        Ok(())
    }

    /// The file at `path`, when it is asked for.
    fn source(&self, path: &[u8], repository: usize) -> Option<Source> {
        let name = super::index::os_path(path)?;
        let place = self.git.folder.join(&name);
        let asked = self.only.as_ref().is_none_or(|only| only == path);
        if !asked || self.own.excludes(&self.git.top, &place) {
            return None;
        }
        let shown = if self.only.is_some() {
            self.root.shown.clone()
        } else {
            format!("{}{}", self.root.shown, shown_path(&name))
        };
        Some(Source { root: self.number, path: shown, git: GitState::Tracked, origin: Origin::Disk(place), repository })
    }

    fn blob(&self, tree: &Index, entry: Entry) -> Origin {
        let place = self.git.folder.join(super::index::os_path(tree.path(entry)).unwrap_or_default());
        Origin::Blob { objects: self.objects.clone(), object: tree.object(entry).to_owned(), place }
    }

    /// The old side of this root, with what of it is the same on the new, and the change.
    fn compare(&self, head: &Sources) -> (Vec<(Source, Option<usize>)>, Changes) {
        let mut list = Vec::new();
        let mut changes = Changes::default();
        let mut kept = HashSet::new();
        let mut added = Vec::new();
        let mut repository = None;
        for (at, source) in head.list.iter().enumerate().filter(|(_, source)| source.root == self.number) {
            let Some(path) = self.path_of(head, source) else {
                list.push((source.clone(), Some(at)));
                continue;
            };
            repository = Some(source.repository);
            let Some(old) = self.base.get(&path) else {
                added.push((source, path));
                continue;
            };
            let was = Source { origin: self.blob(&self.base, old), ..source.clone() };
            match self.changed(&path, old, &was, source) {
                None => list.push((source.clone(), Some(at))),
                Some(changed) => {
                    changes.insert(source.path.clone(), changed);
                    list.push((was, None));
                }
            }
            kept.insert(path);
        }
        let mut gone: HashMap<&str, String> = HashMap::new();
        let repository =
            repository.or_else(|| head.repositories.iter().position(|known| known.folder == self.git.folder));
        for entry in self.base.files().filter(|entry| !kept.contains(self.base.path(*entry))) {
            if let Some(source) = self.source(self.base.path(entry), repository.unwrap_or(0)) {
                gone.entry(self.base.object(entry)).or_insert_with(|| source.path.clone());
                changes.insert(source.path.clone(), Changed::Removed);
                list.push((Source { origin: self.blob(&self.base, entry), ..source }, None));
            }
        }
        for (source, path) in added {
            let moved = self.known_object(&path).and_then(|object| gone.get(object));
            let changed = moved.map_or(Changed::Whole, |from| Changed::Moved { from: from.clone() });
            changes.insert(source.path.clone(), changed);
        }
        (list, changes)
    }

    /// The path of `source` below the checkout's folder; none when it is no part of the change
    /// (another repository, or a file that git ignores).
    fn path_of(&self, head: &Sources, source: &Source) -> Option<Vec<u8>> {
        let ours = head.repositories.get(source.repository).is_some_and(|known| known.folder == self.git.folder)
            || self.only.is_some();
        if !ours || source.git == GitState::Ignored {
            return None;
        }
        let below = source.origin.place()?.strip_prefix(&self.git.folder).ok()?;
        Some(super::index::git_path(below))
    }

    /// What the content at `path` is known to be without reading it.
    fn known_object(&self, path: &[u8]) -> Option<&str> {
        let entry = self.index.get(path).filter(|_| self.staged || !self.stale.contains(path))?;
        Some(self.index.object(entry))
    }

    /// What happened from `was` to `is`; none when nothing did.
    fn changed(&self, path: &[u8], old: Entry, was: &Source, is: &Source) -> Option<Changed> {
        if self.known_object(path) == Some(self.base.object(old)) {
            return None;
        }
        let (mut before, mut after) = (Buffer::new(), Buffer::new());
        match (before.read(was), after.read(is)) {
            (Ok(Content::Whole(old)), Ok(Content::Whole(new))) if old == new => None,
            (Ok(Content::Whole(old)), Ok(Content::Whole(new))) if !wide(old) && !wide(new) => {
                Some(Changed::Lines(lines::changed(old, new)))
            }
            _ => Some(Changed::Whole),
        }
    }
}

/// Whether lines of `bytes` cannot be told by single bytes.
fn wide(bytes: &[u8]) -> bool {
    memchr::memchr(0, &bytes[..bytes.len().min(8 << 10)]).is_some() || bytes.len() >= LARGE
}

/// Asks which files on disk differ from the index, by their dates and sizes.
const STALE: &[&str] = &[
    "diff-files",
    "--raw",
    "-z",
    "--relative",
    "--no-renames",
    "--ignore-submodules=all",
    "--no-ext-diff",
    "--no-textconv",
];

/// The commit that is the old side, and its tree. Before the first commit there is nothing.
fn base(git: &Git, mode: &Mode, root: &Root, notices: &mut Vec<Notice>) -> Result<(String, Index), Error> {
    let commit = match mode {
        Mode::Diff(base) => ancestor(git, base, root, notices)?,
        _ if resolved(git, "HEAD").is_none() => return Ok((String::new(), Index::default())),
        _ => "HEAD".to_owned(),
    };
    let tree = Index::tree(git, &commit).map_err(fault)?;
    Ok((commit, tree))
}

/// The common ancestor of `base` and `HEAD`; `base` itself, with a notice, where git has none.
fn ancestor(git: &Git, base: &str, root: &Root, notices: &mut Vec<Notice>) -> Result<String, Error> {
    let commit = resolved(git, base).ok_or_else(|| Error::Git {
        reason: format!("{} is no revision of this checkout", super::shown_name(base.as_ref())),
        step: "fetch it (in CI with a deeper checkout), or name another revision",
    })?;
    let common =
        git.run(&["merge-base", &commit, "HEAD"]).ok().map(|text| String::from_utf8_lossy(&text).trim().to_owned());
    Ok(common.filter(|found| !found.is_empty()).unwrap_or_else(|| {
        let message = format!("no common ancestor of {base} and HEAD is in this checkout, so the change is taken from {base} itself; fetch more history");
        notices.push(Notice::file(root.shown.trim_end_matches('/'), NoticeKind::Setup, message));
        commit
    }))
}

fn resolved(git: &Git, revision: &str) -> Option<String> {
    let wanted = format!("{revision}^{{commit}}");
    let text = git.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]).ok()?;
    Some(String::from_utf8_lossy(&text).trim().to_owned()).filter(|commit| !commit.is_empty())
}

/// The `.nhiscanignore` files of `tree` and of the folders above it.
fn given(git: &Git, objects: &Objects, tree: &Index, commit: &str) -> Own {
    let mut own = Own::given();
    let mut above = PathBuf::new();
    let below = git.folder.strip_prefix(&git.top).unwrap_or(Path::new(""));
    for name in below.components() {
        let file = super::index::git_path(&above.join(".nhiscanignore"));
        if let (Ok(file), false) = (std::str::from_utf8(&file), file.contains(&b'\n'))
            && let Ok(bytes) = objects.read(&format!("{commit}:{file}"))
        {
            own.add(&git.top.join(&above), &bytes);
        }
        above.push(name);
    }
    for entry in tree.files() {
        let path = tree.path(entry);
        if path.ends_with(b".nhiscanignore")
            && let Some(place) = super::index::os_path(path).map(|name| git.folder.join(name))
            && place.file_name().is_some_and(|name| name == ".nhiscanignore")
            && let (Ok(bytes), Some(folder)) = (objects.read(tree.object(entry)), place.parent())
        {
            own.add(folder, &bytes);
        }
    }
    own
}

fn fault(reason: String) -> Error {
    Error::Git { reason, step: "run inside a git checkout with git installed, or scan without --staged and --diff" }
}

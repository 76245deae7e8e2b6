//! Ignore files. Input: the folders from a root down. Output: whether a path is left out.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Patterns beyond this size are not read: no real ignore file comes near it.
const LARGEST: u64 = 1 << 20;

/// What the ignore files say of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// `.nhiscanignore` leaves it out, tracked or not.
    Excluded,
    /// `.ignore` or git's patterns match it.
    Ignored,
    /// Nothing matches it.
    Kept,
}

/// The ignore files of one folder, linked to those of the folder above.
#[derive(Debug, Default)]
pub(super) struct Rules {
    above: Option<Arc<Rules>>,
    own: Option<Gitignore>,
    general: Option<Gitignore>,
    git: Option<Gitignore>,
    exclude: Option<Gitignore>,
    /// Git's patterns of the folders above speak of another repository.
    top: bool,
}

/// What a folder's listing says about its ignore files.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Present {
    pub own: bool,
    pub general: bool,
    pub git: bool,
}

impl Rules {
    /// The rules inside `folder`: those above, and its own where it has any.
    pub(super) fn inside(
        above: Option<Arc<Rules>>,
        folder: &Path,
        present: Present,
        git_dir: Option<&Path>,
        own: &Own,
    ) -> Option<Arc<Rules>> {
        let exclude = git_dir.and_then(|dir| patterns(folder, &dir.join("info/exclude")));
        let own = own.of(folder, present.own);
        if !(own.is_some() || present.general || present.git || git_dir.is_some()) {
            return above;
        }
        let read = |there: bool, name: &str| there.then(|| patterns(folder, &folder.join(name))).flatten();
        Some(Arc::new(Rules {
            own,
            general: read(present.general, ".ignore"),
            git: read(present.git, ".gitignore"),
            exclude,
            top: git_dir.is_some(),
            above,
        }))
    }

    /// What is to be done with `path`, whose folder these rules are of.
    pub(super) fn verdict(&self, path: &Path, folder: bool) -> Verdict {
        match self.own(path, folder) {
            Some(true) => return Verdict::Excluded,
            Some(false) => return Verdict::Kept,
            None => {}
        }
        let general = self.first(path, folder, |rules| rules.general.as_ref(), false);
        let decided = general.or_else(|| self.first(path, folder, |rules| rules.git.as_ref(), true));
        match decided.or_else(|| self.first(path, folder, |rules| rules.exclude.as_ref(), true)) {
            Some(true) => Verdict::Ignored,
            _ => Verdict::Kept,
        }
    }

    /// Whether `.nhiscanignore` leaves out the file at `path`.
    pub(super) fn excludes(&self, path: &Path) -> bool {
        self.own(path, false) == Some(true)
    }

    fn own(&self, path: &Path, folder: bool) -> Option<bool> {
        self.first(path, folder, |rules| rules.own.as_ref(), false)
    }

    /// The deepest pattern that speaks of `path`: whether it ignores it.
    fn first(&self, path: &Path, folder: bool, pick: fn(&Rules) -> Option<&Gitignore>, stop: bool) -> Option<bool> {
        let mut next = Some(self);
        while let Some(rules) = next {
            match pick(rules).map_or(Match::None, |patterns| patterns.matched(path, folder)) {
                Match::Ignore(_) => return Some(true),
                Match::Whitelist(_) => return Some(false),
                Match::None => {}
            }
            next = if stop && rules.top { None } else { rules.above.as_deref() };
        }
        None
    }
}

/// Where `.nhiscanignore` files are taken from.
#[derive(Debug)]
pub(super) enum Own {
    /// The folders walked.
    Disk,
    /// A state in git, by folder.
    Given(HashMap<PathBuf, Gitignore>),
}

impl Own {
    /// A state in git that holds none yet.
    pub(super) fn given() -> Self {
        Self::Given(HashMap::new())
    }

    /// Adds the file of `folder`.
    pub(super) fn add(&mut self, folder: &Path, bytes: &[u8]) {
        if let (Self::Given(all), Some(compiled)) = (self, compiled(folder, bytes)) {
            all.insert(folder.into(), compiled);
        }
    }

    fn of(&self, folder: &Path, present: bool) -> Option<Gitignore> {
        match self {
            Self::Disk => present.then(|| patterns(folder, &folder.join(".nhiscanignore"))).flatten(),
            Self::Given(all) => all.get(folder).cloned(),
        }
    }

    /// Whether a file of the state in git is left out; `file` lies below `top`.
    pub(super) fn excludes(&self, top: &Path, file: &Path) -> bool {
        let Self::Given(all) = self else { return false };
        if all.is_empty() {
            return false;
        }
        let folders = file.ancestors().skip(1).take_while(|folder| folder.starts_with(top));
        let mut said =
            folders.filter_map(|folder| all.get(folder)).map(|rules| rules.matched_path_or_any_parents(file, false));
        said.find(|said| !said.is_none()).is_some_and(|said| said.is_ignore())
    }
}

/// Compiles the patterns of `file`, which speak of paths below `folder`.
fn patterns(folder: &Path, file: &Path) -> Option<Gitignore> {
    if !std::fs::symlink_metadata(file).is_ok_and(|about| about.is_file()) {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(file).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    compiled(folder, &bytes)
}

/// Patterns that speak of paths below `folder`. One that cannot be understood is passed over, as git
/// does.
fn compiled(folder: &Path, bytes: &[u8]) -> Option<Gitignore> {
    let text = String::from_utf8_lossy(bytes);
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.trim_start_matches('\u{feff}').lines() {
        let _passed_over = builder.add_line(None, line);
    }
    builder.build().ok().filter(|patterns| !patterns.is_empty())
}

//! The index of one checkout: which files git tracks.

use std::path::{Component, Path, PathBuf};

use super::git::Git;

/// What a checkout's index holds below the folder looked at, by path relative to that folder.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// What git printed; entries point into it.
    text: Vec<u8>,
    /// In the order of their paths.
    entries: Vec<Entry>,
}

/// One tracked file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    mode: u32,
    object: (usize, usize),
    path: (usize, usize),
}

/// A submodule's mode.
const LINK_TO_COMMIT: u32 = 0o160_000;
/// A symbolic link's mode.
const SYMLINK: u32 = 0o120_000;

impl Index {
    /// Asks git for the index below `git.folder`.
    pub(super) fn read(git: &Git) -> Result<Self, String> {
        Ok(Self::parse(git.run(&["ls-files", "-z", "--stage"])?))
    }

    /// The tree of `commit` in the same form.
    pub(super) fn tree(git: &Git, commit: &str) -> Result<Self, String> {
        let mut index = Self::parse(git.run(&["ls-tree", "-r", "-z", commit])?);
        let Self { text, entries } = &mut index;
        entries.sort_by(|a, b| text[a.path.0..a.path.1].cmp(&text[b.path.0..b.path.1]));
        Ok(index)
    }

    /// Reads `mode object stage\tpath\0` (`ls-files`) and `mode type object\tpath\0` (`ls-tree`).
    pub(super) fn parse(text: Vec<u8>) -> Self {
        let mut entries = Vec::new();
        let mut at = 0;
        while let Some(end) = memchr::memchr(0, &text[at..]).map(|n| at + n) {
            entries.extend(Entry::parse(&text, at, end));
            at = end + 1;
        }
        Self { text, entries }
    }

    /// The entry of `path`.
    pub(super) fn get(&self, path: &[u8]) -> Option<Entry> {
        let at = self.entries.partition_point(|entry| self.path(*entry) < path);
        self.entries.get(at).copied().filter(|entry| self.path(*entry) == path)
    }

    /// Whether `path` is a tracked file.
    pub(super) fn has_file(&self, path: &[u8]) -> bool {
        self.get(path).is_some_and(|entry| entry.mode != LINK_TO_COMMIT)
    }

    /// Whether a tracked file or a submodule lies in the folder `path`, which ends in `/`.
    pub(super) fn has_folder(&self, path: &[u8]) -> bool {
        let at = self.entries.partition_point(|entry| self.path(*entry) < path);
        let below = self.entries.get(at).is_some_and(|entry| self.path(*entry).starts_with(path));
        below || self.get(&path[..path.len() - 1]).is_some_and(|entry| entry.mode == LINK_TO_COMMIT)
    }

    /// Every regular file, in the order of paths.
    pub(super) fn files(&self) -> impl Iterator<Item = Entry> {
        self.entries.iter().copied().filter(|entry| entry.mode != LINK_TO_COMMIT && entry.mode != SYMLINK)
    }

    /// The path of `entry`.
    pub(super) fn path(&self, entry: Entry) -> &[u8] {
        &self.text[entry.path.0..entry.path.1]
    }

    /// The object of `entry`.
    pub(super) fn object(&self, entry: Entry) -> &str {
        std::str::from_utf8(&self.text[entry.object.0..entry.object.1]).unwrap_or("")
    }
}

impl Entry {
    fn parse(text: &[u8], start: usize, end: usize) -> Option<Self> {
        let tab = start + memchr::memchr(b'\t', &text[start..end])?;
        let mut words = text[start..tab].split(|&b| b == b' ');
        let mode = words.next()?;
        let second = words.next()?;
        let third = words.next()?;
        let mode_value = u32::from_str_radix(std::str::from_utf8(mode).ok()?, 8).ok()?;
        let second_at = start + mode.len() + 1;
        let object = if second.len() >= 40 {
            (second_at, second_at + second.len())
        } else {
            let third_at = second_at + second.len() + 1;
            (third_at, third_at + third.len())
        };
        Some(Self { mode: mode_value, object, path: (tab + 1, end) })
    }
}

/// A path of git as the system writes it; none when it would leave the folder.
pub(super) fn os_path(path: &[u8]) -> Option<PathBuf> {
    #[cfg(unix)]
    let path = PathBuf::from(std::os::unix::ffi::OsStrExt::from_bytes(path) as &std::ffi::OsStr);
    #[cfg(not(unix))]
    let path = PathBuf::from(String::from_utf8_lossy(path).into_owned());
    path.components().all(|component| matches!(component, Component::Normal(_))).then_some(path)
}

/// A relative path as git writes it.
pub(super) fn git_path(path: &Path) -> Vec<u8> {
    let names: Vec<&[u8]> = path.components().map(|component| component.as_os_str().as_encoded_bytes()).collect();
    names.join(&b'/')
}

//! Runs the `git` program. A checkout may come from anywhere, and its configuration can name
//! commands: every call switches off what would run them, waits for nobody, fetches nothing and
//! leaves no lock.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::root::reason;

/// Settings that name commands, or that let the host decide.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.gitProxy=false",
    "core.alternateRefsCommand=false",
    "core.quotePath=false",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "credential.helper=",
    "diff.external=",
    "diff.ignoreSubmodules=all",
    "diff.renames=false",
    "protocol.allow=never",
    "submodule.recurse=false",
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("GIT_ALLOW_PROTOCOL", ""),
    ("GIT_ASKPASS", "true"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_LFS_SKIP_SMUDGE", "1"),
    ("GIT_LITERAL_PATHSPECS", "1"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_PROTOCOL_FROM_USER", "0"),
    ("GIT_SSH_COMMAND", "false"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("LC_ALL", "C"),
];

/// What the caller's environment (a hook's, say) must not decide.
const CLEARED: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIFF_OPTS",
    "GIT_EXTERNAL_DIFF",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_TRACE2_PERF",
];

/// One repository on disk, and the folder inside it that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Git {
    /// The top of the working tree.
    pub top: PathBuf,
    /// Where git keeps it; for a linked worktree or a submodule, elsewhere.
    pub directory: PathBuf,
    /// The folder that paths are relative to: the top, or below it.
    pub folder: PathBuf,
    /// Another index than the repository's own, as a commit hook may be given.
    pub index: Option<PathBuf>,
    /// Names of the filters that the repository's configuration defines.
    filters: Vec<String>,
}

impl Git {
    /// The repository whose top is `top`; none when `.git` there is none. The error says that there
    /// should be one.
    pub(super) fn at(top: &Path) -> Result<Option<Self>, String> {
        let entry = top.join(".git");
        let Ok(about) = std::fs::metadata(&entry) else { return Ok(None) };
        let directory = if about.is_dir() {
            entry
        } else if about.is_file() {
            let Some(named) = pointer(&entry) else { return Ok(None) };
            let directory = top.join(&named);
            if !directory.is_dir() {
                return Err(format!("`.git` names a folder that does not exist: {}", super::shown_path(&named)));
            }
            directory
        } else {
            return Ok(None);
        };
        if !directory.join("HEAD").exists() {
            return Ok(None);
        }
        Ok(Some(Self { top: top.into(), directory, folder: top.into(), index: None, filters: Vec::new() }))
    }

    /// The repository that `folder` lies in, looked for upwards.
    pub(super) fn above(folder: &Path) -> Result<Option<Self>, String> {
        for top in folder.ancestors() {
            if let Some(git) = Self::at(top)? {
                return Ok(Some(Self { folder: folder.into(), ..git }));
            }
        }
        Ok(None)
    }

    /// Where what linked worktrees share is kept.
    pub(super) fn common(&self) -> PathBuf {
        let named = pointer_text(&self.directory.join("commondir")).map(|text| self.directory.join(text));
        named.unwrap_or_else(|| self.directory.clone())
    }

    /// Switches off the filters that the repository defines: a comparison with the files on disk
    /// would run them.
    pub(super) fn calm_filters(&mut self) -> Result<(), String> {
        let config = |file: PathBuf| std::fs::read(file).unwrap_or_default().to_ascii_lowercase();
        let text = [config(self.common().join("config")), config(self.directory.join("config.worktree"))].concat();
        let has = |word: &[u8]| memchr::memmem::find(&text, word).is_some();
        if !has(b"filter") && !has(b"include") {
            return Ok(());
        }
        let keys = self.run(&["config", "-z", "--name-only", "--list"])?;
        let keys = String::from_utf8_lossy(&keys);
        let names = keys.split('\0').filter_map(|key| key.strip_prefix("filter.")?.rsplit_once('.'));
        self.filters = names.map(|(name, _)| name.to_owned()).collect();
        self.filters.sort();
        self.filters.dedup();
        Ok(())
    }

    /// The index file that a hook was given, when it is one of this repository.
    pub(super) fn index_of_hook(&self, file: &Path) -> Option<PathBuf> {
        let current = std::env::current_dir().and_then(std::fs::canonicalize).ok()?;
        if file.is_absolute() {
            let file = std::fs::canonicalize(file).ok()?;
            let ours = [&self.directory, &self.top].into_iter().filter_map(|folder| std::fs::canonicalize(folder).ok());
            return ours.into_iter().any(|folder| file.starts_with(folder)).then_some(file);
        }
        let within = current.starts_with(&self.top);
        let named = [self.top.join(file), current.join(file)].into_iter().find(|named| named.exists());
        named.filter(|_| within)
    }

    /// `git` with `arguments`, ready to run; its output is piped.
    pub(super) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new("git");
        for name in CLEARED {
            command.env_remove(name);
        }
        command.envs(ENVIRONMENT.iter().copied());
        if let Some(index) = &self.index {
            command.env("GIT_INDEX_FILE", index);
        }
        // Naming both folders leaves no discovery to be led astray, by owner or by `core.worktree`.
        command.env("GIT_DIR", &self.directory).env("GIT_WORK_TREE", &self.top);
        command.arg("-C").arg(&self.folder);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let off = self.filters.iter().flat_map(|name| {
            [("clean", ""), ("smudge", ""), ("process", ""), ("required", "false")]
                .map(|(key, value)| (format!("filter.{name}.{key}"), value))
        });
        let mut count = 0;
        for (key, value) in off {
            command.env(format!("GIT_CONFIG_KEY_{count}"), key).env(format!("GIT_CONFIG_VALUE_{count}"), value);
            count += 1;
        }
        if count > 0 {
            command.env("GIT_CONFIG_COUNT", count.to_string());
        }
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What `git` with `arguments` prints.
    pub(super) fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Vec<u8>, String> {
        finish(self.start(arguments)?)
    }

    /// Starts `git` with `arguments`.
    pub(super) fn start<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Child, String> {
        self.command(arguments).spawn().map_err(|error| format!("cannot be run: {}", reason(&error)))
    }
}

/// Waits for `child` and takes what it printed.
pub(super) fn finish(child: Child) -> Result<Vec<u8>, String> {
    let output = child.wait_with_output().map_err(|error| reason(&error))?;
    if output.status.success() { Ok(output.stdout) } else { Err(complaint(&output.stderr)) }
}

/// The first line of what git complained of, safe to show.
fn complaint(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("failed without a word");
    let line = line.trim_start_matches("fatal: ").trim_start_matches("error: ");
    line.chars()
        .flat_map(|c| if c.is_control() { '?' } else { c }.to_string().chars().collect::<Vec<_>>())
        .take(200)
        .collect()
}

/// The path in a `.git` file.
fn pointer(file: &Path) -> Option<PathBuf> {
    pointer_text(file)?.strip_prefix("gitdir:").map(|path| PathBuf::from(path.trim()))
}

fn pointer_text(file: &Path) -> Option<String> {
    let mut text = String::new();
    std::fs::File::open(file).ok()?.take(4096).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned())
}

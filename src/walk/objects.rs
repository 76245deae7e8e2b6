//! Blobs of a repository, read through one `git cat-file --batch` that stays open.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};

use super::git::Git;

/// A blob beyond this is not read: it is held in memory as a whole.
const LARGEST: usize = 128 << 20;

/// The objects of one repository.
pub struct Objects {
    git: Git,
    open: Mutex<Option<Open>>,
}

struct Open {
    child: Child,
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").field("repository", &self.git.directory).finish_non_exhaustive()
    }
}

impl Objects {
    /// The objects of `git`; nothing is started before the first is asked for.
    pub(super) fn new(git: Git) -> Self {
        Self { git, open: Mutex::new(None) }
    }

    /// The content of blob `object`.
    ///
    /// # Errors
    /// When git cannot be run, or does not have it.
    pub fn read(&self, object: &str) -> Result<Vec<u8>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() {
            *open = Some(Open::start(&self.git)?);
        }
        let answer = open.as_mut().map_or_else(|| Err(Error::from(ErrorKind::NotConnected)), |open| open.ask(object));
        if answer.as_ref().is_err_and(|error| error.kind() != ErrorKind::NotFound) {
            // What is left in the pipe answers another question.
            *open = None;
        }
        answer
    }
}

impl Open {
    fn start(git: &Git) -> Result<Self> {
        let mut command = git.command(&["cat-file", "--batch"]);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let asks = child.stdin.take();
        let answers = child.stdout.take().ok_or(ErrorKind::BrokenPipe)?;
        Ok(Self { child, asks, answers: BufReader::new(answers) })
    }

    fn ask(&mut self, object: &str) -> Result<Vec<u8>> {
        let asks = self.asks.as_mut().ok_or(ErrorKind::BrokenPipe)?;
        writeln!(asks, "{object}")?;
        asks.flush()?;
        let mut header = String::new();
        self.answers.read_line(&mut header)?;
        let mut words = header.split_whitespace();
        let (_, kind, size) = (words.next(), words.next(), words.next());
        let (Some("blob"), Some(Ok(size))) = (kind, size.map(str::parse::<usize>)) else {
            return Err(Error::new(ErrorKind::NotFound, "git does not have this blob"));
        };
        if size > LARGEST {
            return Err(Error::new(ErrorKind::FileTooLarge, "the blob is too large to be read from git"));
        }
        let mut bytes = vec![0; size];
        self.answers.read_exact(&mut bytes)?;
        self.answers.read_exact(&mut [0])?;
        Ok(bytes)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // Without questions left to come it ends by itself; one that does not is ended.
        self.asks = None;
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

//! Writing: findings to standard output or files, notices and errors to standard error. A reader who
//! goes away (broken pipe) is no error.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use nhiscan::error::{Error, Notice};
use nhiscan::report::clean;

/// Notices that are printed before the rest is only counted.
const NOTICES: usize = 20;

/// Runs `write` on standard output, colours kept or stripped as the user and the terminal want.
pub(crate) fn stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => {
            // What is still buffered would fail again, and aloud, when it is dropped.
            let _ = out.into_parts();
            Ok(())
        }
        Err(e) => Err(Error::Write { path: "standard output".into(), reason: e.to_string() }),
        Ok(()) => Ok(()),
    }
}

/// Runs `write` on a file under a temporary name beside `path`, then renames it: whoever looks at
/// `path` sees a whole file or none.
pub(crate) fn file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    let special = fs::metadata(path).is_ok_and(|m| !m.is_file());
    let target = if special { path.to_owned() } else { temporary(path) };
    let done = File::create(&target).and_then(|file| {
        let mut out = BufWriter::new(anstream::AutoStream::never(file));
        write(&mut out)?;
        out.flush()?;
        if special { Ok(()) } else { fs::rename(&target, path) }
    });
    done.map_err(|e| {
        if !special {
            let _ = fs::remove_file(&target);
        }
        Error::Write { path: path.to_owned(), reason: e.to_string() }
    })
}

fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

/// An error, and what to do about it.
pub(crate) fn error(error: &Error) {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let text = error.to_string();
    let _ = writeln!(anstream::stderr(), "{red}error{red:#}: {}", lines(&text));
}

/// A bug of ours, by its place alone.
pub(crate) fn panic(at: Option<&std::panic::Location<'_>>) {
    let place = at.map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    stderr([format!("nhiscan crashed at {place}: this is a bug; please report it")]);
}

/// Lines for people that are no findings.
pub(crate) fn stderr(lines: impl IntoIterator<Item = String>) {
    let mut err = BufWriter::new(anstream::stderr().lock());
    for line in lines {
        let _ = writeln!(err, "{line}");
    }
}

/// Keeps line ends of a message and neutralises everything else that steers a terminal.
fn lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

/// What could not be judged, the first of it at length.
pub(crate) fn notices(notices: &[Notice]) {
    let yellow = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
    let mut err = BufWriter::new(anstream::stderr().lock());
    for notice in notices.iter().take(NOTICES) {
        let place = match (notice.path.as_str(), notice.line) {
            ("", _) => String::new(),
            (path, 0) => format!("{}: ", clean(path)),
            (path, line) => format!("{}:{line}: ", clean(path)),
        };
        let message = clean(&notice.message);
        let _ = writeln!(err, "{yellow}notice{yellow:#}[{}]: {place}{message}", notice.kind.slug());
    }
    if notices.len() > NOTICES {
        let more = notices.len() - NOTICES;
        let _ = writeln!(err, "{yellow}notice{yellow:#}: {more} more; --output json=FILE holds them all");
    }
}

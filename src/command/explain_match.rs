//! `nhiscan explain --match PATH[:LINE]`: what a scan looks at there, and why it was or was not taken for a
//! credential. Output holds names and reasons, never a value.

use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use nhiscan::cli::request::Request;
use nhiscan::error::Error;
use nhiscan::reading::Looked;
use nhiscan::report::clean;

use super::say;

/// Explains a file, or one line of it.
pub(crate) fn run(place: &str) -> Result<(), Error> {
    let (path, line) = parts(place);
    let failed = |reason: String, step| Error::Path { path: path.into(), reason, step };
    let about = std::fs::symlink_metadata(path).map_err(|e| failed(e.to_string(), "write it as PATH or PATH:LINE"))?;
    if about.is_dir() {
        return Err(failed("is a folder".into(), "name a file in it"));
    }
    let request = Request { roots: vec![root(Path::new(path))], ..Request::default() };
    let Some(mut reading) = nhiscan::explain(&request, Path::new(path))? else {
        return say::stdout(|out| writeln!(out, "{}: {}", clean(path), left_out(&about)));
    };
    say::notices(&reading.notices);
    if reading.cost.binary > 0 {
        return Err(failed("is no text".into(), "only text is searched"));
    }
    reading.considered.sort_by_key(|looked| (looked.line, looked.column, !looked.what.reported));
    let wanted = reading.considered.iter().filter(|looked| line.is_none_or(|line| looked.line == line));
    say::stdout(|out| write(&clean(path), line, wanted, out))
}

/// `src/app.py:12` is a path and a line, unless a file is called so.
fn parts(place: &str) -> (&str, Option<u32>) {
    match place.rsplit_once(':') {
        Some((path, line)) if !Path::new(place).exists() => line.parse().map_or((place, None), |n| (path, Some(n))),
        _ => (place, None),
    }
}

/// What a scan that reads `path` is asked for: the current folder, or the file's own.
fn root(path: &Path) -> PathBuf {
    let below = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let folder = path.parent().filter(|folder| !below && !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

/// Why a scan does not read a file.
fn left_out(about: &std::fs::Metadata) -> &'static str {
    if about.is_symlink() {
        "a scan does not follow links; name the file that it points to"
    } else if about.is_file() {
        "a scan does not read it: an ignore pattern or nhiscan.toml leaves it out, or no format of its name is read"
    } else {
        "a scan does not read it: it is no regular file"
    }
}

fn write<'a>(
    path: &str,
    line: Option<u32>,
    answers: impl Iterator<Item = &'a Looked>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut none = true;
    for Looked { line, column, what } in answers {
        none = false;
        let name = if what.name.is_empty() { "a value without a name" } else { &what.name };
        let name: String = clean(name).chars().take(80).collect();
        let said = if what.reported { "reported as" } else { "not reported as" };
        writeln!(out, "{path}:{line}:{column}: {name}: {said} {}: {}", what.kind, what.why)?;
    }
    if none {
        let place = line.map_or(path.to_owned(), |line| format!("{path}:{line}"));
        writeln!(
            out,
            "{place}: nothing was looked at: no form of a known kind, and no name with a word for a credential \
             that a value is bound to"
        )?;
    }
    Ok(())
}

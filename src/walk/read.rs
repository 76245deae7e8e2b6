//! Reads sources. One read into a buffer that is used again for the next file; what does not fit is
//! read in overlapping windows, so that memory stays bounded however large a file is.

use std::fs::File;
use std::io::{Cursor, ErrorKind, Read, Result};

use super::{Origin, Source};

/// Files of this size and above are read in windows and not parsed.
pub const LARGE: usize = 8 << 20;

/// What a window repeats before its own bytes, so that a match sees what it follows.
const BEFORE: usize = 16 << 10;
/// What a window adds after its own bytes, so that a match that begins inside is whole.
const AFTER: usize = 64 << 10;

/// A buffer that files are read into, one after the other.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
}

/// The bytes of a source.
#[derive(Debug)]
pub enum Content<'b> {
    /// All of them.
    Whole(&'b [u8]),
    /// Too many for one buffer.
    Large(Windows<'b>),
}

impl Buffer {
    /// An empty buffer; its memory comes with the first file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `source` from its beginning.
    ///
    /// # Errors
    /// When it cannot be opened or read.
    pub fn read<'b>(&'b mut self, source: &'b Source) -> Result<Content<'b>> {
        match &source.origin {
            Origin::Memory(bytes) if bytes.len() < LARGE => Ok(Content::Whole(bytes)),
            Origin::Memory(bytes) => self.begin(Box::new(Cursor::new(bytes))),
            Origin::Disk(path) => self.begin(Box::new(File::open(path)?)),
            Origin::Blob { objects, object, .. } => self.begin(Box::new(Cursor::new(objects.read(object)?))),
        }
    }

    fn begin<'b>(&'b mut self, mut from: Box<dyn Read + Send + 'b>) -> Result<Content<'b>> {
        if self.bytes.is_empty() {
            // Zeroed memory costs nothing until it is written to.
            self.bytes = vec![0; LARGE];
        }
        // A regular file gives all that was asked for, so a short read is its end.
        let n = read_once(&mut from, &mut self.bytes)?;
        if n < LARGE {
            return Ok(Content::Whole(&self.bytes[..n]));
        }
        let wide = matches!(self.bytes[..2], [0xFF, 0xFE] | [0xFE, 0xFF]);
        Ok(Content::Large(Windows { from, buffer: &mut self.bytes, filled: n, start: 0, done: 0, over: false, wide }))
    }
}

fn read_once(from: &mut dyn Read, into: &mut [u8]) -> Result<usize> {
    loop {
        match from.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// The windows of one large source, first to last.
pub struct Windows<'b> {
    from: Box<dyn Read + Send + 'b>,
    buffer: &'b mut Vec<u8>,
    /// Bytes of the buffer that are filled.
    filled: usize,
    /// Offset in the source of the buffer's first byte.
    start: u64,
    /// Offset in the source up to which windows have owned it.
    done: u64,
    over: bool,
    /// Whether a mark says that characters have two bytes.
    wide: bool,
}

impl std::fmt::Debug for Windows<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Windows").field("start", &self.start).finish_non_exhaustive()
    }
}

/// A part of a large source. A match belongs to the window that owns its first byte: the windows'
/// own parts follow one another without gap or overlap.
#[derive(Debug)]
pub struct Window<'w> {
    /// The bytes, with some before and after the window's own.
    pub bytes: &'w [u8],
    /// Offset of the first of `bytes` in the source.
    pub offset: u64,
    /// The part of `bytes` that is the window's own.
    pub owns: std::ops::Range<usize>,
}

impl Windows<'_> {
    /// The next window, or none after the last.
    ///
    /// # Errors
    /// When reading fails.
    pub fn next_window(&mut self) -> Result<Option<Window<'_>>> {
        if self.over {
            return Ok(None);
        }
        if self.done > 0 {
            self.slide();
        }
        while self.filled < self.buffer.len() {
            match read_once(&mut self.from, &mut self.buffer[self.filled..])? {
                0 => {
                    self.over = true;
                    break;
                }
                n => self.filled += n,
            }
        }
        let from = usize::try_from(self.done - self.start).unwrap_or(0);
        let to = if self.over { self.filled } else { self.own_end() };
        self.done = self.start + to as u64;
        Ok(Some(Window { bytes: &self.buffer[..self.filled], offset: self.start, owns: from..to }))
    }

    /// Where the window's own part ends: at a line end where one is near, else between two
    /// characters.
    fn own_end(&self) -> usize {
        let latest = self.filled - AFTER;
        if self.wide {
            return latest - latest % 2;
        }
        let near = &self.buffer[latest - AFTER..latest];
        if let Some(at) = memchr::memrchr(b'\n', near) {
            return latest - AFTER + at + 1;
        }
        (latest - 3..=latest).rev().find(|&at| self.buffer[at] & 0xC0 != 0x80).unwrap_or(latest)
    }

    /// Drops what is done, all but the part that the next window repeats; that begins after a line
    /// end where one is near, else between two characters.
    fn slide(&mut self) {
        let done = usize::try_from(self.done - self.start).unwrap_or(self.filled);
        let earliest = done.saturating_sub(BEFORE);
        let line = memchr::memchr(b'\n', &self.buffer[earliest..done]).map(|at| earliest + at + 1);
        let cut = match line.filter(|&at| at < done) {
            _ if self.wide => earliest - earliest % 2,
            Some(at) => at,
            None => (earliest..done).find(|&at| self.buffer[at] & 0xC0 != 0x80).unwrap_or(done),
        };
        self.buffer.copy_within(cut..self.filled, 0);
        self.filled -= cut;
        self.start += cut as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::walk::GitState;

    fn source(bytes: Vec<u8>) -> Source {
        Source { root: 0, path: "x".into(), git: GitState::Plain, origin: Origin::Memory(bytes), repository: 0 }
    }

    /// The windows' own parts put together, and the largest window.
    fn rejoined(bytes: &[u8]) -> (Vec<u8>, usize) {
        let source = source(bytes.to_vec());
        let mut buffer = Buffer::new();
        let Content::Large(mut windows) = buffer.read(&source).unwrap() else { panic!("fits one buffer") };
        let (mut joined, mut largest) = (Vec::new(), 0);
        while let Some(window) = windows.next_window().unwrap() {
            let at = usize::try_from(window.offset).unwrap();
            assert_eq!(window.bytes, &bytes[at..at + window.bytes.len()]);
            assert_eq!(at + window.owns.start, joined.len(), "no gap, no overlap");
            assert!(
                std::str::from_utf8(window.bytes.get(..window.owns.end).unwrap()).is_ok(),
                "cut inside a character"
            );
            joined.extend_from_slice(&window.bytes[window.owns.clone()]);
            largest = largest.max(window.bytes.len());
        }
        (joined, largest)
    }

    #[test]
    fn windows_of_one_long_line_cover_it_once_in_bounded_memory() {
        let line = "é€x".repeat(5_000_000).into_bytes();
        let (joined, largest) = rejoined(&line);
        assert!(joined == line, "not the same bytes");
        assert!(largest <= LARGE);
    }

    #[test]
    fn windows_begin_and_end_at_lines_where_there_are_any() {
        let text = "a line of some text, as files have them\n".repeat(500_000);
        let source = source(text.clone().into_bytes());
        let mut buffer = Buffer::new();
        let Content::Large(mut windows) = buffer.read(&source).unwrap() else { panic!("fits one buffer") };
        let mut count = 0;
        while let Some(window) = windows.next_window().unwrap() {
            assert!(window.bytes.starts_with(b"a line"));
            assert_eq!(window.bytes[window.owns.end - 1], b'\n');
            assert!(count == 0 || window.owns.start > 1000, "the window before is repeated");
            count += 1;
        }
        assert_eq!(count, text.len().div_ceil(LARGE - 2 * AFTER));
    }

    #[test]
    fn the_buffer_is_used_again() {
        let (long, short) = (source(vec![b'x'; 1000]), source(b"short".to_vec()));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "on disk").unwrap();
        let disk = Source { origin: Origin::Disk(path), ..short.clone() };
        let mut buffer = Buffer::new();
        for (source, expected) in [(&long, 1000), (&disk, 7), (&short, 5)] {
            let Content::Whole(bytes) = buffer.read(source).unwrap() else { panic!("small") };
            assert_eq!(bytes.len(), expected);
        }
    }
}

//! Which lines of a text are new. Input: two contents. Output: ranges of lines of the second.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

/// The lines of `new` (from 1, end excluded) that `old` has not, in order. A line that differs only
/// in how it ends is the same.
pub(super) fn changed(old: &[u8], new: &[u8]) -> Vec<Range<u32>> {
    let mut input: InternedInput<&[u8]> = InternedInput::default();
    input.update_before(Lines(old));
    input.update_after(Lines(new));
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    diff.hunks().filter(|hunk| !hunk.after.is_empty()).map(|hunk| hunk.after.start + 1..hunk.after.end + 1).collect()
}

/// Lines as [`LineIndex`](crate::span::LineIndex) counts them: `\n`, `\r\n` and a lone `\r` end one.
struct Lines<'t>(&'t [u8]);

impl<'t> Iterator for Lines<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let at = memchr::memchr2(b'\n', b'\r', self.0);
        let (line, rest) = self.0.split_at(at.unwrap_or(self.0.len()));
        let ending = if rest.starts_with(b"\r\n") { 2 } else { rest.len().min(1) };
        self.0 = &rest[ending..];
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_and_edited_lines_are_new_and_removed_ones_are_not() {
        assert_eq!(changed(b"a\nb\nc\n", b"a\nx\nb\nc\ny\n"), [2..3, 5..6]);
        assert_eq!(changed(b"a\nb\nc\n", b"a\nB\nc\n"), [2..3]);
        assert_eq!(changed(b"a\nb\nc\n", b"a\nc\n"), []);
        assert_eq!(changed(b"", b"a\nb"), [1..3]);
        assert_eq!(changed(b"a\nb\n", b"a\r\nb\r\n"), []);
        assert_eq!(changed(b"a\rb", b"a\rx\rb"), [2..3]);
    }

    #[test]
    fn two_large_texts_without_a_common_line_end_soon() {
        let text = |word: &str| (0..100_000).map(|n| format!("{word}{n}\n")).collect::<String>().into_bytes();
        assert_eq!(changed(&text("a"), &text("b")), [1..100_001]);
    }
}

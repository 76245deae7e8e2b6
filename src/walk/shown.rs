//! File names as they are shown. Names come from a repository, which may be hostile: what is no
//! text, and what a terminal would obey or hide, becomes an escape.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{Component, Path};

/// One name, safe to show: invalid bytes as `\xFF`, control and bidirectional characters as
/// `\u{1b}`.
#[must_use]
pub fn shown_name(name: &OsStr) -> Cow<'_, str> {
    match name.to_str() {
        Some(text) if !text.chars().any(unsafe_to_show) => Cow::Borrowed(text),
        _ => Cow::Owned(escaped(name.as_encoded_bytes())),
    }
}

/// A path, safe to show, with `/` between its names.
#[must_use]
pub fn shown_path(path: &Path) -> String {
    let mut out = String::new();
    for component in path.components() {
        match component {
            Component::CurDir => continue,
            Component::RootDir => out.push('/'),
            Component::Prefix(prefix) => out.push_str(&shown_name(prefix.as_os_str())),
            Component::ParentDir | Component::Normal(_) => {
                if !out.is_empty() && !out.ends_with('/') {
                    out.push('/');
                }
                out.push_str(&shown_name(component.as_os_str()));
            }
        }
    }
    out
}

fn escaped(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if unsafe_to_show(c) {
                out.extend(c.escape_unicode());
            } else {
                out.push(c);
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// Control characters, and the marks that reorder or hide the text around them.
fn unsafe_to_show(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_terminal_obeys_are_escaped() {
        assert_eq!(shown_name(OsStr::new("a\u{1b}[31m\n.py")), "a\\u{1b}[31m\\u{a}.py");
        assert_eq!(shown_name(OsStr::new("gpj.\u{202e}exe")), "gpj.\\u{202e}exe");
        assert_eq!(shown_name(OsStr::new("naïve 漢字.py")), "naïve 漢字.py");
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_keep_their_bytes() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(shown_name(OsStr::from_bytes(b"caf\xe9.txt")), "caf\\xe9.txt");
    }

    #[test]
    fn paths_are_shown_without_needless_parts() {
        assert_eq!(shown_path(Path::new("./a/./b/")), "a/b");
        assert_eq!(shown_path(Path::new("/x/y")), "/x/y");
        assert_eq!(shown_path(Path::new("../x")), "../x");
        assert_eq!(shown_path(Path::new(".")), "");
    }
}

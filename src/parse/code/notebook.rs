//! Notebook code is Python with IPython's commands in it.

use std::borrow::Cow;

/// Blanks lines that are commands of IPython (`!pip install …`, `%env X`, `%%bash` and its cell's first
/// line), byte for byte, so that spans stay valid.
#[must_use]
pub fn without_magics(text: &str) -> Cow<'_, str> {
    let is_command = |line: &str| line.trim_start().starts_with(['!', '%']);
    if !text.lines().any(is_command) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    // A command that ends in a backslash goes on in the next line.
    let mut goes_on = false;
    for line in text.split_inclusive('\n') {
        let blank = goes_on || is_command(line);
        goes_on = blank && line.trim_end().ends_with('\\');
        if blank {
            out.extend(line.bytes().map(|b| if matches!(b, b'\n' | b'\r') { char::from(b) } else { ' ' }));
        } else {
            out.push_str(line);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::without_magics;

    #[test]
    fn commands_are_blanked_and_offsets_kept() {
        let text = "!pip install é \\\n  more\nx = 1 % 2\n%env KEY=1\n";
        let code = without_magics(text);
        assert_eq!(code.len(), text.len());
        assert_eq!(code.trim(), "x = 1 % 2");
        assert_eq!(code.find("x ="), text.find("x ="));
    }
}

//! How a service is deployed where that says who may call it. Input: scripts, build files and pipelines. Output: a
//! [`Binding`] of form `door`, whose literal is `closed` or `open`.
//! <https://cloud.google.com/run/docs/authenticating/overview>,
//! <https://cloud.google.com/run/docs/securing/identity-aware-proxy-cloud-run> (2026-11-25).

use super::{Reader, Sink};
use crate::facts::{Binding, Sym};
use crate::parse::{Document, Kind};
use crate::span::Span;

/// Reads deployments to Cloud Run.
pub const READER: Reader = Reader { name: "deployed", reads, read };

/// Flags by which Cloud Run asks every caller for a token or a login.
const CLOSED: [&str; 2] = ["--no-allow-unauthenticated", "--iap"];

/// The flag by which it asks nobody.
const OPEN: &str = "--allow-unauthenticated";

/// Whether a path is of a file of commands that has no kind of its own.
pub(crate) fn is_build_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, "Makefile" | "GNUmakefile" | "makefile" | "justfile" | "Justfile")
}

fn reads(document: &Document<'_>) -> bool {
    let script = matches!(document.kind, Kind::Shell | Kind::Yaml) || is_build_file(document.path);
    script && (flag(&document.text, OPEN).is_some() || closed(&document.text).is_some())
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let text = &document.text;
    let (at, flag, is) = match (flag(text, OPEN), closed(text)) {
        (Some(at), _) => (at, OPEN, "open"),
        (None, Some((at, flag))) => (at, flag, "closed"),
        (None, None) => return,
    };
    let fact = Binding { form: Sym::new("door"), literal: Some(Sym::new(is)), ..Binding::default() };
    sink.add(Span::new(at, at + flag.len()), fact);
}

fn closed(text: &str) -> Option<(usize, &'static str)> {
    let deploys = memchr::memmem::find(text.as_bytes(), b"deploy").is_some();
    CLOSED.iter().filter(|_| deploys).find_map(|one| Some((flag(text, one)?, *one)))
}

/// Where a flag stands as a word of its own, on a line that is no comment.
fn flag(text: &str, flag: &str) -> Option<usize> {
    memchr::memmem::find_iter(text.as_bytes(), flag.as_bytes()).find(|&at| {
        let word = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
        let bytes = text.as_bytes();
        let apart = at.checked_sub(1).is_none_or(|before| !word(bytes[before]))
            && bytes.get(at + flag.len()).is_none_or(|after| !word(*after));
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        apart && !text[line..at].trim_start().starts_with('#')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::trial;
    use crate::facts::Fact;

    fn shown(path: &str, kind: Kind, text: &str) -> Vec<String> {
        let facts = trial::facts(&READER, path, kind, text);
        facts.iter().filter_map(Fact::get::<Binding>).filter_map(|b| b.literal).map(|is| is.to_string()).collect()
    }

    #[test]
    fn who_may_call_what_is_deployed() {
        let line = "gcloud run deploy desk --source . --no-allow-unauthenticated\n";
        assert_eq!(shown("deploy.sh", Kind::Shell, line), ["closed"]);
        assert_eq!(shown("Makefile", Kind::Text, &format!("deploy:\n\t{line}")), ["closed"]);
        assert_eq!(shown("deploy.sh", Kind::Shell, &line.replace("no-allow-unauthenticated", "iap")), ["closed"]);
        assert_eq!(shown("deploy.sh", Kind::Shell, &line.replace("no-allow", "allow")), ["open"]);
        let both = format!("{line}{}", line.replace("no-allow", "allow"));
        assert_eq!(shown("deploy.sh", Kind::Shell, &both), ["open"]);
        assert!(shown("deploy.sh", Kind::Shell, &format!("# {line}")).is_empty());
        assert!(shown("deploy.sh", Kind::Shell, &line.replace("no-allow-unauthenticated", "iaps")).is_empty());
        assert!(shown("deploy.md", Kind::Markdown, line).is_empty());
    }
}

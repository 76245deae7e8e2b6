//! CODEOWNERS. Input: its lines. Output: an [`Owner`] for each pattern, in order: the last that fits a
//! path decides, as on the hosts.

use super::{Reader, Sink};
use crate::facts::{Owner, Sym};
use crate::parse::Document;
use crate::span::Span;

/// Reads CODEOWNERS.
pub const READER: Reader = Reader { name: "owners", reads, read };

fn reads(document: &Document<'_>) -> bool {
    matches!(
        document.path,
        "CODEOWNERS" | ".github/CODEOWNERS" | "docs/CODEOWNERS" | ".gitlab/CODEOWNERS" | ".gitea/CODEOWNERS"
    ) || document.path.ends_with("/CODEOWNERS")
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut at = 0;
    // A section of GitLab names owners for the patterns below that have none.
    let mut section: Vec<Sym> = Vec::new();
    for line in document.text.split_inclusive('\n') {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let body = line.split(" #").next().unwrap_or(line).trim();
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        if let Some((_, owners)) = body.strip_prefix(['[', '^']).and_then(|rest| rest.rsplit_once(']')) {
            section = owners.split_whitespace().filter(|w| is_owner(w)).map(Sym::new).collect();
            continue;
        }
        let mut words = body.split_whitespace();
        let Some(pattern) = words.next() else { continue };
        let named: Vec<Sym> = words.filter(|w| is_owner(w)).map(Sym::new).collect();
        let owners = if named.is_empty() { section.clone() } else { named };
        let fact = Owner { pattern: Sym::new(pattern), owners, source: Sym::new("codeowners") };
        sink.add(Span::new(start, start + pattern.len()), fact);
    }
}

fn is_owner(word: &str) -> bool {
    word.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::trial;
    use crate::facts::AsRecord;
    use crate::parse::Kind;

    #[test]
    fn patterns_with_their_owners() {
        let text = "# all\n*  @a/b me@x.io # note\n/docs/\n[Section] @c\n/src/\n";
        let facts = trial::facts(&READER, ".github/CODEOWNERS", Kind::Text, text);
        let owners: Vec<_> = facts.iter().filter_map(|f| Owner::of(&f.kind)).collect();
        assert_eq!((&*owners[0].pattern, owners[0].owners.len()), ("*", 2));
        assert!(owners[1].owners.is_empty());
        assert_eq!(&*owners[2].owners[0], "@c");
    }
}

//! Values whose form a provider documents. Input: a text and the place where a telling prefix or infix
//! stands, or a value with its name. Output: [`Form`]: which kind, where the value ends, what to doubt.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use super::{names, published, random, sequence, value};
use crate::catalogue::credential::{Checksum, FoundBy, KINDS, Kind, Known};
use crate::catalogue::fake::{crc32_base62, crc32_hex};
use crate::catalogue::shape::holds;

/// A value in the form of a kind.
#[derive(Debug, Clone)]
pub(super) struct Form {
    /// The kind.
    pub(super) kind: &'static Kind,
    /// Where the value stands.
    pub(super) range: Range<usize>,
    /// What speaks against it.
    pub(super) doubts: Vec<&'static str>,
}

/// Why a value is not of a kind.
pub(super) type Not = &'static str;

/// The value of `kind` whose prefix or infix stands at `hit`.
pub(super) fn at(text: &str, hit: Range<usize>, kind: &'static Kind) -> Result<Form, Not> {
    let bytes = text.as_bytes();
    let start = match kind.found_by {
        FoundBy::Infix => {
            let before = bytes[..hit.start].iter().rev().take(256).take_while(|b| holds(kind.alphabet, **b)).count();
            hit.start - before
        }
        _ => hit.start,
    };
    let body = if kind.found_by == FoundBy::Infix { start } else { hit.end };
    let end = match kind.pattern {
        Some(_) => start + matched(kind, &bytes[start..]).ok_or("pattern")?,
        None => body + bytes[body..].iter().take(4096).take_while(|b| holds(kind.alphabet, **b)).count(),
    };
    check(text, start..end, body, kind)
}

/// The kinds that `value`, bound to `name` with `hint` around it, has the form of; the best first.
pub(super) fn by_name(value: &str, name: &str, hint: &str) -> Option<(Form, bool)> {
    let named = known_in(&names::squashed(name));
    let hinted = known_in(&names::squashed(hint));
    let mut best: Option<(usize, Form, bool)> = None;
    for &at in named.keys().chain(hinted.keys().filter(|at| !named.contains_key(at))) {
        let kind = &KINDS[usize::from(at)];
        let (weight, sure) = match (named.get(&at), hinted.get(&at)) {
            (Some(n), _) => (n + 100, true),
            (None, Some(&n)) if n >= 5 => (n, false),
            _ => continue,
        };
        if best.as_ref().is_some_and(|(w, ..)| *w >= weight) {
            continue;
        }
        let whole = kind.pattern.is_none() || matched(kind, value.as_bytes()) == Some(value.len());
        let alphabet = value.bytes().all(|b| holds(kind.alphabet, b));
        // Where no page gives the form the name alone decides, so the value must look drawn at random.
        let stated = kind.known != Known::Unstated || kind.pattern.is_some() || random::looks_random(value);
        if whole
            && alphabet
            && stated
            && let Ok(form) = check(value, 0..value.len(), 0, kind)
        {
            best = Some((weight, form, sure));
        }
    }
    best.map(|(_, form, sure)| (form, sure))
}

/// Whether a telling keyword of a kind is in `name`.
pub(super) fn has_kind(name: &str) -> bool {
    KEYWORDS.any.find_overlapping_iter(&names::squashed(name)).any(|hit| hit.len() >= 6)
}

/// The kind whose prefix `value` begins with, or whose infix it holds: for values that do not stand in
/// the text as one piece.
pub(super) fn of_value(value: &str) -> Option<Form> {
    let mut best: Option<(usize, Form)> = None;
    for kind in KINDS.iter().filter(|k| matches!(k.found_by, FoundBy::Prefix | FoundBy::Infix)) {
        for prefix in kind.prefixes {
            let Some(found) = value.find(prefix) else { continue };
            let opens = found == 0 || !value.as_bytes()[found - 1].is_ascii_alphanumeric();
            let fits = kind.found_by == FoundBy::Infix || opens;
            if fits
                && kind.keywords.is_empty()
                && best.as_ref().is_none_or(|(n, _)| *n < prefix.len())
                && let Ok(form) = at(value, found..found + prefix.len(), kind)
            {
                best = Some((prefix.len(), form));
            }
        }
    }
    best.map(|(_, form)| form)
}

/// The keywords of all kinds that are known by name, with the kinds of each.
struct Keywords {
    any: AhoCorasick,
    kinds: Vec<Vec<u16>>,
}

static KEYWORDS: LazyLock<Keywords> = LazyLock::new(|| {
    let mut words: BTreeMap<&'static str, Vec<u16>> = BTreeMap::new();
    for (at, kind) in (0..).zip(KINDS).filter(|(_, kind)| kind.found_by == FoundBy::Name) {
        for word in kind.keywords {
            words.entry(word).or_default().push(at);
        }
    }
    let any = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(words.keys());
    Keywords { any: any.expect("a few short words make an automaton"), kinds: words.into_values().collect() }
});

/// The kinds of which a keyword is in `text`, by position, with the length of the longest.
fn known_in(text: &str) -> BTreeMap<u16, usize> {
    let mut found = BTreeMap::new();
    for hit in KEYWORDS.any.find_overlapping_iter(text) {
        for &kind in &KEYWORDS.kinds[hit.pattern().as_usize()] {
            let longest = found.entry(kind).or_insert(0);
            *longest = hit.len().max(*longest);
        }
    }
    found
}

/// Length, boundary, entropy, placeholders, checksum of the value at `range` whose part behind the
/// prefix begins at `body`.
fn check(text: &str, range: Range<usize>, body: usize, kind: &'static Kind) -> Result<Form, Not> {
    let bytes = text.as_bytes();
    let rest = text.get(body..range.end).ok_or("no text")?;
    let (low, high) = kind.length;
    if kind.pattern.is_none() && rest.len() < usize::from(low) {
        return Err("too short");
    }
    if kind.pattern.is_none() && rest.len() > usize::from(high) {
        return Err("too long");
    }
    if bytes.get(range.end).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return Err("goes on");
    }
    if text.get(range.end..).is_some_and(value::cut_short) {
        return Err("cut short");
    }
    if let Some(reason) = value::no_secret(rest) {
        return Err(reason);
    }
    if text.get(range.clone()).is_some_and(published::is_known) {
        return Err("known to everybody");
    }
    if random::entropy(rest) < kind.entropy.min(entropy_of_length(rest.len())) {
        return Err("too regular");
    }
    let words = random::surprise(rest) < 4.4 && rest.len() >= 12;
    if words {
        return Err("made of words");
    }
    let mut doubts = Vec::new();
    let wrong = match kind.checksum {
        Checksum::None => false,
        Checksum::Crc32Base62 => !checksum_holds(rest),
        Checksum::Crc32Hex => text[range.clone()].rsplit_once('_').is_none_or(|(all, sum)| crc32_hex(all) != sum),
    };
    if wrong {
        doubts.push("checksum");
    }
    doubts.extend(sequence::doubt(rest));
    Ok(Form { kind, range, doubts })
}

/// The most that a floor may ask of a text so short that it cannot hold more.
fn entropy_of_length(length: usize) -> f32 {
    (length.max(2) as f32).log2() * 0.8
}

fn checksum_holds(body: &str) -> bool {
    body.len()
        .checked_sub(6)
        .and_then(|at| Some((body.get(..at)?, body.get(at..)?)))
        .is_some_and(|(random, sum)| crc32_base62(random) == sum)
}

/// The end of the match of the kind's pattern at the beginning of `bytes`.
fn matched(kind: &'static Kind, bytes: &[u8]) -> Option<usize> {
    static REGEXES: LazyLock<BTreeMap<&'static str, OnceLock<Regex>>> =
        LazyLock::new(|| KINDS.iter().filter_map(|k| k.pattern).map(|pattern| (pattern, OnceLock::new())).collect());
    let pattern = kind.pattern?;
    let regex = REGEXES.get(pattern)?.get_or_init(|| {
        let syntax = syntax::Config::new().unicode(false).utf8(false);
        Regex::builder().syntax(syntax).build(pattern).expect("a test builds the pattern of every kind")
    });
    let window = &bytes[..bytes.len().min(4096)];
    regex.find(Input::new(window).anchored(Anchored::Yes)).map(|found| found.end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::fake;

    #[test]
    fn every_pattern_can_be_built() {
        for kind in KINDS {
            assert!(kind.pattern.is_none() || matched(kind, b"").is_none(), "{}", kind.id);
        }
    }

    #[test]
    fn a_wrong_checksum_is_a_doubt() {
        let kind = crate::catalogue::credential::by_id("npm-access-token").unwrap();
        let good = fake::value(kind, 1);
        assert!(of_value(&good).unwrap().doubts.is_empty());
        let mut bad = good.into_bytes();
        let last = bad.len() - 1;
        bad[last] = if bad[last] == b'a' { b'b' } else { b'a' };
        assert_eq!(of_value(std::str::from_utf8(&bad).unwrap()).unwrap().doubts, ["checksum"]);
    }
}

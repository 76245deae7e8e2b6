//! The scan itself: filter, candidates, comparison, gates.

use super::gram::{self, fold};
use super::{Gate, Hits, Literal, Topic};

/// A 4-gram that announces a literal.
struct Tag {
    /// Folded.
    gram: u32,
    /// Four more bytes of the literal, folded: few of the places where the gram stands have them too.
    beside: u32,
    /// How far behind the gram they stand.
    apart: i8,
    literal: u16,
    /// Offset of the gram in the literal; -1 when it begins one byte before.
    offset: i8,
    /// Valid at offsets divisible by four only.
    every_fourth: bool,
}

impl Tag {
    /// Whether the other four bytes stand where they must, with the gram at `at`.
    #[inline]
    fn is_beside(&self, text: &[u8], at: usize) -> bool {
        let start = at.checked_add_signed(isize::from(self.apart));
        let four = start.and_then(|start| text.get(start..)).and_then(|rest| rest.first_chunk::<4>());
        four.is_some_and(|four| fold(u32::from_le_bytes(*four)) == self.beside)
    }
}

include!(concat!(env!("OUT_DIR"), "/literals.rs"));

/// Bytes that one probe mask covers.
const BLOCK: usize = 32;

/// A block and the bytes that its last probe reads beyond it.
const READ: usize = BLOCK + 4;

/// The match engine. It has no state: every table is compiled in.
pub struct Matcher;

impl Matcher {
    /// All literals of all models in `text` that pass their gates, in order of offset. `text` may be
    /// a window of a larger file: nothing depends on where it is cut, save for literals that the cut
    /// goes through.
    #[must_use]
    pub fn scan(text: &[u8]) -> Hits {
        let mut hits = Hits::default();
        let mut at = 0;
        while let Some(block) = text[at..].first_chunk::<READ>() {
            let mask = probe(block);
            if mask != 0 {
                candidates(text, at, mask, &mut hits);
            }
            at += BLOCK;
        }
        let mut last = [0u8; 2 * READ];
        let rest = &text[at..];
        last[..rest.len()].copy_from_slice(rest);
        for from in [0, BLOCK] {
            if let Some(block) = last[from..].first_chunk::<READ>() {
                candidates(text, at + from, probe(block), &mut hits);
            }
        }
        hits.found.sort_unstable_by_key(|&(literal, at)| (at, literal));
        hits
    }
}

/// One bit for each even offset of the block whose 4-gram is in the filter.
#[inline]
fn probe(block: &[u8; READ]) -> u32 {
    let mut mask = 0;
    for i in 0..BLOCK / 2 {
        let four = [block[2 * i], block[2 * i + 1], block[2 * i + 2], block[2 * i + 3]];
        let bit = gram::bit(fold(u32::from_le_bytes(four)));
        mask |= (FILTER[(bit >> 5) as usize] >> (bit & 31) & 1) << i;
    }
    mask
}

#[inline(never)]
fn candidates(text: &[u8], block: usize, mut mask: u32, hits: &mut Hits) {
    while mask != 0 {
        let at = block + 2 * mask.trailing_zeros() as usize;
        mask &= mask - 1;
        // The padding behind the end may look like a candidate.
        let Some(four) = text.get(at..).and_then(|t| t.first_chunk::<4>()) else { return };
        let folded = fold(u32::from_le_bytes(*four));
        let bucket = gram::bucket(folded);
        for tag in &TAGS[usize::from(START[bucket])..usize::from(START[bucket + 1])] {
            if tag.gram == folded && (!tag.every_fourth || at.is_multiple_of(4)) && tag.is_beside(text, at) {
                verify(text, at, tag, hits);
            }
        }
    }
}

fn verify(text: &[u8], at: usize, tag: &Tag, hits: &mut Hits) {
    let literal = &LITERALS[usize::from(tag.literal)];
    let Some(start) = at.checked_add_signed(-isize::from(tag.offset)) else { return };
    let end = start + literal.text.len();
    let Some(found) = text.get(start..end) else { return };
    let wanted = literal.text.as_bytes();
    let same = if literal.cased { found == wanted } else { found.eq_ignore_ascii_case(wanted) };
    if same && literal.gate.passes(text, start, end) {
        // A short prefix may be announced twice: from before and from behind.
        let new = (tag.literal, u32::try_from(start).unwrap_or(u32::MAX));
        if wanted.len() >= 5 || !hits.found.iter().rev().take(4).any(|&old| old == new) {
            hits.push(new.0, literal.topic, new.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use aho_corasick::{AhoCorasick, MatchKind};
    use proptest::prelude::*;

    use super::*;

    /// What the engine must find, by an automaton that knows nothing of 4-grams.
    fn reference(text: &[u8]) -> Vec<(u16, u32)> {
        static AUTOMATON: LazyLock<AhoCorasick> = LazyLock::new(|| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .build(LITERALS.iter().map(|l| l.text))
                .unwrap()
        });
        let mut found: Vec<(u16, u32)> = AUTOMATON
            .find_overlapping_iter(text)
            .filter(|m| {
                let literal = &LITERALS[m.pattern().as_usize()];
                let cased = !literal.cased || &text[m.range()] == literal.text.as_bytes();
                cased && literal.gate.passes(text, m.start(), m.end())
            })
            .map(|m| (m.pattern().as_u32() as u16, m.start() as u32))
            .collect();
        found.sort_unstable_by_key(|&(literal, at)| (at, literal));
        found
    }

    /// Pieces of which texts are made: literals, what gates want around them, and noise.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            3 => (0..LITERALS.len()).prop_map(|i| LITERALS[i].text.as_bytes().to_vec()),
            1 => (0..LITERALS.len()).prop_map(|i| LITERALS[i].text.to_ascii_uppercase().into_bytes()),
            2 => "[ =:\"'(,\n/.@\\\\-]{1,3}".prop_map(String::into_bytes),
            2 => "[A-Za-z0-9_-]{1,20}".prop_map(String::into_bytes),
            1 => proptest::collection::vec(any::<u8>(), 0..40),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn no_literal_is_lost_at_any_offset(pieces in proptest::collection::vec(piece(), 0..40)) {
            let text = pieces.concat();
            prop_assert_eq!(Matcher::scan(&text).found, reference(&text));
        }
    }

    #[test]
    fn every_literal_is_found_at_every_alignment_and_at_the_end() {
        for (index, literal) in LITERALS.iter().enumerate() {
            for pad in 0..40 {
                let mut text = vec![b'.'; pad];
                text.extend(literal.text.as_bytes());
                let after: &[u8] = match literal.gate {
                    Gate::Free => b"",
                    Gate::Prefix => b"a1b2c3d4",
                    Gate::Infix => {
                        text.truncate(pad);
                        text.extend(b"a1b2c3d4");
                        text.extend(literal.text.as_bytes());
                        b"a1b2c3d4"
                    }
                    Gate::Name => b"=a1b2c",
                    Gate::Url => b"u:p@",
                };
                text.extend(after);
                let found = Matcher::scan(&text).found;
                assert!(found.iter().any(|&(l, _)| usize::from(l) == index), "{} at {pad}", literal.text);
                assert_eq!(found, reference(&text), "{} at {pad}", literal.text);
            }
        }
    }

    #[test]
    fn the_engine_agrees_with_the_reference_on_its_own_source() {
        for text in [include_bytes!("scan.rs").as_slice(), include_bytes!("../catalogue/credential.rs")] {
            assert_eq!(Matcher::scan(text).found, reference(text));
        }
    }

    #[test]
    fn topics_say_what_wants_parsing() {
        let quiet = Matcher::scan(b"nothing to see here, move along please");
        assert!(quiet.found.is_empty() && !quiet.wants_parsing());
        let mut hits = Hits::default();
        hits.push(0, Topic::Framework, 0);
        assert!(hits.has(Topic::Framework) && hits.wants_parsing());
    }
}

//! Whether a text looks random. Input: a text. Output: bits a character under a small model of
//! identifiers, and Shannon entropy.
//!
//! The model is a table of letter pairs of the identifiers and words in public code: a name costs
//! 3.5 bits a character (99 % of names below 5), a random text of any alphabet more than 5
//! (99 % above 5.2 at 16 characters, above 5.4 at 32).

/// Pairs of letters and digits (and one class for all else), sixteenths of a bit each.
static PAIRS: &[u8; 37 * 37] = include_bytes!("../../../rules/models/bigrams.bin");

const OTHER: usize = 36;

fn class(byte: u8) -> usize {
    match byte.to_ascii_lowercase() {
        letter @ b'a'..=b'z' => usize::from(letter - b'a'),
        digit @ b'0'..=b'9' => usize::from(digit - b'0') + 26,
        _ => OTHER,
    }
}

/// Bits a character that `text` costs as an identifier.
pub(super) fn surprise(text: &str) -> f32 {
    let mut before = OTHER;
    let mut bits = 0u32;
    for byte in text.bytes() {
        let this = class(byte);
        bits += u32::from(PAIRS[before * 37 + this]);
        before = this;
    }
    bits as f32 / 16.0 / text.len().max(1) as f32
}

/// Shannon entropy in bits a character.
pub(super) fn entropy(text: &str) -> f32 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let n = text.len().max(1) as f32;
    counts.iter().filter(|&&c| c > 0).map(|&c| c as f32 / n).map(|p| -p * p.log2()).sum()
}

/// Whether `text` looks drawn at random: too surprising for a name, of many different characters.
pub(super) fn looks_random(text: &str) -> bool {
    let longest_word = text.split(|c: char| !c.is_ascii_alphabetic()).map(str::len).max().unwrap_or(0);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let wanted = if digits == 0 && longest_word == text.len() { 5.6 } else { 5.0 };
    surprise(text) >= wanted && entropy(text) >= if text.len() < 20 { 2.9 } else { 3.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::fake;

    #[test]
    fn random_texts_of_every_alphabet_look_random_and_names_do_not() {
        for class in ["hex", "alnum", "base36", "base64url", "xdigit"] {
            for variant in 0..200 {
                let text = fake::from_shape(&format!("<{class}:32>"), "random", variant);
                assert!(looks_random(&text), "{class} {variant}: {} {}", surprise(&text), entropy(&text));
            }
        }
        for name in [
            "get_default_credentials",
            "MyAwesomeServiceAccount",
            "research-agent-production",
            "text-embedding-3-large",
        ] {
            assert!(!looks_random(name), "{name}: {}", surprise(name));
        }
    }
}

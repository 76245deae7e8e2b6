//! Whether a value of the right form was typed and not drawn. Input: a value. Output: the doubt, or none.

/// A reason to doubt a value of the right form: a run through the alphabet or the digits, a keyboard
/// row, a word repeated.
pub(super) fn doubt(body: &str) -> Option<&'static str> {
    let bytes = body.as_bytes();
    let mut run = 1usize;
    let mut inside = 0usize;
    for pair in bytes.windows(2) {
        let step = i16::from(pair[1].to_ascii_lowercase()) - i16::from(pair[0].to_ascii_lowercase());
        let wraps = matches!((pair[0], pair[1]), (b'9', b'0') | (b'9', b'a' | b'A') | (b'z' | b'Z', b'0' | b'1'));
        if step == 1 || step == -1 || wraps {
            run += 1;
            if run >= 4 {
                inside += if run == 4 { 4 } else { 1 };
            }
        } else {
            run = 1;
        }
    }
    let lower = body.to_ascii_lowercase();
    let rises = |keep: fn(&u8) -> bool| {
        let kept: Vec<u8> = bytes.iter().map(u8::to_ascii_lowercase).filter(keep).collect();
        kept.len() >= 5 && kept.windows(2).all(|p| p[1] == p[0] + 1 || (p[0], p[1]) == (b'9', b'0'))
    };
    let interleaved = rises(u8::is_ascii_digit) || rises(u8::is_ascii_lowercase);
    let keyboard = interleaved
        || ["qwert", "asdfg", "zxcvb", "12345678", "a1b2c3", "1a2b3c"].iter().any(|row| lower.contains(row));
    let period = (2..=10).any(|n| bytes.len() >= 3 * n && bytes[n..].iter().zip(bytes).all(|(a, b)| a == b));
    (keyboard || period || inside * 3 > bytes.len()).then_some("sequence")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_through_the_alphabet_is_a_doubt_and_a_random_text_is_none() {
        assert_eq!(doubt("abcdefghijklmnopqrstuvwxyz123456"), Some("sequence"));
        assert_eq!(doubt("0123456789abcdef0123456789abcdef"), Some("sequence"));
        for variant in 0..300 {
            assert_eq!(doubt(&crate::catalogue::fake::from_shape("<hex:32>", "doubt", variant)), None);
        }
    }
}

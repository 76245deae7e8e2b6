//! Fakes: values in the documented shape of a kind, which belong to nobody. Made from the shape with a
//! fixed seed, so that the same id gives the same value everywhere, and never stored: pages, test
//! data and docs write `{{fake:openai-project-key}}` (a second value: `{{fake:openai-project-key#2}}`)
//! and have it expanded in memory. What has no model is written by its shape:
//! `{{fake:shape:<alnum:20>}}`.

use super::credential::{Kind, by_id};
use super::shape::{self, Computed, Segment};

/// `text` with every `{{fake:ID}}` expanded. An id that no model has stays as it is.
#[must_use]
pub fn expand(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{fake:") {
        out.push_str(before);
        let made = after.split_once("}}").and_then(|(name, behind)| {
            let (id, variant) = name.split_once('#').unwrap_or((name, "1"));
            Some((named(id, variant.parse().ok()?)?, behind))
        });
        match made {
            Some((fake, behind)) => {
                out.push_str(&fake);
                rest = behind;
            }
            None => {
                out.push_str("{{fake:");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn named(id: &str, variant: u32) -> Option<String> {
    match id.strip_prefix("shape:") {
        Some(shape) => shape::parse(shape).is_ok().then(|| from_shape(shape, "shape", variant)),
        None => Some(value(by_id(id)?, variant)),
    }
}

/// A value in the documented shape of `kind`; each `variant` gives another.
#[must_use]
pub fn value(kind: &Kind, variant: u32) -> String {
    from_shape(kind.shape, kind.id, variant)
}

/// Values that look like `kind` and are none: its near misses.
#[must_use]
pub fn near_misses(kind: &Kind, variant: u32) -> Vec<String> {
    kind.near.iter().map(|shape| from_shape(shape, kind.id, variant)).collect()
}

/// A value of any shape; `seed` and `variant` decide which.
///
/// # Panics
/// When the shape is malformed: those of models were checked when they were compiled in.
#[must_use]
pub fn from_shape(shape: &str, seed: &str, variant: u32) -> String {
    let segments = shape::parse(shape).expect("shapes are checked by the build script");
    let mut dice = Dice::new(seed, variant);
    let mut out = String::new();
    let mut body = 0;
    for segment in &segments {
        match segment {
            Segment::Text(text) => out.push_str(text),
            Segment::Choice(texts) => out.push_str(&texts[dice.below(texts.len())]),
            Segment::Class(set, low, high) => {
                body = out.len();
                let length = low + dice.below(high - low + 1);
                dice.class(*set, length, &mut out);
            }
            Segment::Computed(Computed::Crc32Base62) => {
                let sum = crc32_base62(&out[body..]);
                out.push_str(&sum);
            }
            Segment::Computed(Computed::Crc32Hex) => {
                let sum = crc32_hex(out.trim_end_matches('_'));
                out.push_str(&sum);
            }
            Segment::Computed(Computed::Uuid) => out.push_str(&dice.uuid()),
            Segment::Computed(Computed::Jwt) => out.push_str(&dice.jwt()),
            Segment::Computed(Computed::Basic) => out.push_str(&dice.encoded("ci-bot:", "alnum", 17, "")),
            Segment::Computed(Computed::Pem64) => {
                let (open, close) = ("-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----\n");
                out.push_str(&dice.encoded(open, "base64", 160, close));
            }
        }
    }
    out
}

/// The CRC-32 of `text` in base 62 (digits, upper, lower case), six characters.
#[must_use]
pub fn crc32_base62(text: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut sum = crc32fast::hash(text.as_bytes());
    let mut out = [b'0'; 6];
    for place in out.iter_mut().rev() {
        *place = DIGITS[(sum % 62) as usize];
        sum /= 62;
    }
    out.iter().map(|b| char::from(*b)).collect()
}

/// The CRC-32 of `text` in hexadecimal, its bytes from the lowest up.
#[must_use]
pub fn crc32_hex(text: &str) -> String {
    crc32fast::hash(text.as_bytes()).to_le_bytes().iter().map(|b| format!("{b:02x}")).collect()
}

/// A small generator (xorshift) whose results depend on the seed alone.
struct Dice(u64);

impl Dice {
    fn new(seed: &str, variant: u32) -> Self {
        let start = 0xcbf2_9ce4_8422_2325 ^ (u64::from(variant) << 32);
        let hash = seed.bytes().fold(start, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        let mut dice = Self(hash | 1);
        for _ in 0..8 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from((self.next() >> 20) % n.max(1) as u64).unwrap_or(0)
    }

    /// `length` characters of a class; longer ones hold at least one digit, small and capital letter
    /// where the class has them, and begin and end with a letter or digit where it has those.
    fn class(&mut self, set: u128, length: usize, out: &mut String) {
        let all: Vec<u8> = (0..128u8).filter(|b| shape::holds(set, *b)).collect();
        let plain: Vec<u8> = all.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
        let edge = if plain.is_empty() { &all } else { &plain };
        let mut made: Vec<u8> = (0..length)
            .map(|i| if i == 0 || i + 1 == length { edge[self.below(edge.len())] } else { all[self.below(all.len())] })
            .collect();
        let kinds: [fn(&u8) -> bool; 3] = [u8::is_ascii_digit, u8::is_ascii_lowercase, u8::is_ascii_uppercase];
        for (i, kind) in kinds.iter().enumerate() {
            let of_kind: Vec<u8> = all.iter().copied().filter(kind).collect();
            if length >= 8 && !of_kind.is_empty() {
                made[2 + 2 * i] = of_kind[self.below(of_kind.len())];
            }
        }
        out.extend(made.iter().map(|b| char::from(*b)));
    }

    fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
            a >> 32,
            a >> 16 & 0xffff,
            a & 0xfff,
            8 + (b >> 62),
            b >> 48 & 0xfff,
            b & 0xffff_ffff_ffff
        )
    }

    /// Random characters of a class between two texts, all in base 64.
    fn encoded(&mut self, before: &str, class: &str, length: usize, behind: &str) -> String {
        use base64::Engine as _;
        let mut text = before.to_owned();
        self.class(shape::class(class).unwrap_or_default(), length, &mut text);
        text.push_str(behind);
        base64::engine::general_purpose::STANDARD.encode(text)
    }

    fn jwt(&mut self) -> String {
        use base64::Engine as _;
        let code = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let header = code.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let claims = code.encode(format!(
            r#"{{"iss":"https://login.acme-internal.net","sub":"agent-{:x}","iat":1760000000,"exp":1923456789}}"#,
            self.next() >> 40
        ));
        let mut signature = String::new();
        self.class(shape::class("base64url").unwrap_or_default(), 43, &mut signature);
        format!("{header}.{claims}.{signature}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::credential::KINDS;
    use super::*;

    #[test]
    fn fakes_are_the_same_each_time_and_differ_by_variant_and_kind() {
        let kind = by_id("openai-project-key").unwrap();
        assert_eq!(value(kind, 1), value(kind, 1));
        assert_ne!(value(kind, 1), value(kind, 2));
        assert!(KINDS.iter().all(|k| !value(k, 1).is_empty()));
    }

    #[test]
    fn pages_name_a_fake_and_get_it() {
        let kind = by_id("openai-project-key").unwrap();
        assert_eq!(expand("a {{fake:openai-project-key}} b"), format!("a {} b", value(kind, 1)));
        assert_eq!(expand("{{fake:openai-project-key#2}}"), value(kind, 2));
        assert_eq!(expand("{{fake:no-such-kind}} {{fake:"), "{{fake:no-such-kind}} {{fake:");
    }

    #[test]
    fn the_checksum_is_that_of_the_published_algorithm() {
        // CRC-32 of "123456789" is 0xCBF43926.
        assert_eq!(crc32_hex("123456789"), "2639f4cb");
        assert_eq!(crc32_base62("123456789"), {
            let mut sum = 0xCBF4_3926_u64;
            let digits: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
            let mut out = Vec::new();
            for _ in 0..6 {
                out.push(digits[(sum % 62) as usize]);
                sum /= 62;
            }
            out.iter().rev().collect::<String>()
        });
    }
}

//! Folded 4-grams and their hash. The build script includes this file too, so that the tables it
//! writes and the scan that reads them agree.

/// Bits of the hash that say which bit of the filter stands for a 4-gram: 32 KiB of bits, which fit in
/// a first-level cache.
pub const BITS: u32 = 18;

/// Words of the filter.
pub const WORDS: usize = 1 << (BITS - 5);

/// Number of buckets of the tag table, by the top bits of the hash.
pub const BUCKETS: usize = 1 << 12;

/// Slots of the table of frequencies in public code, by the top bits of the hash.
pub const SLOTS: usize = 1 << 15;

/// The four bytes of `x` with upper-case letters made lower case (and some punctuation confused,
/// which the comparison that follows sorts out).
#[inline]
#[must_use]
pub fn fold(x: u32) -> u32 {
    x | 0x2020_2020
}

#[inline]
fn hash(folded: u32) -> u32 {
    folded.wrapping_mul(0x9E37_79B1)
}

/// The bit of the filter that stands for a folded 4-gram.
#[inline]
#[must_use]
pub fn bit(folded: u32) -> u32 {
    hash(folded) >> (32 - BITS)
}

/// The bucket of the tag table that holds a folded 4-gram.
#[inline]
#[must_use]
pub fn bucket(folded: u32) -> usize {
    hash(folded) as usize / (1 << 20)
}

/// The slot of the table of frequencies that a folded 4-gram falls into.
#[inline]
#[must_use]
pub fn slot(folded: u32) -> usize {
    hash(folded) as usize / (1 << 17)
}

/// Whether `byte` may be part of a token: what must follow a literal shorter than five bytes.
#[inline]
#[must_use]
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Whether a token may begin after `byte`. Besides punctuation and space: the last byte of
/// typographic quotes and the wide colon, and the letters of the escapes `\n`, `\r`, `\t`.
#[inline]
#[must_use]
pub fn opens_token(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t'
            | b'\n'
            | b'\r'
            | b'"'
            | b'\''
            | b'`'
            | b'='
            | b':'
            | b'('
            | b'['
            | b'{'
            | b'<'
            | b'>'
            | b','
            | b';'
            | b'/'
            | b'@'
            | b'|'
            | b'\\'
            | b'-'
            | b'_'
            | b'.'
            | b'*'
            | b'#'
            | 0x98
            | 0x9a
            | 0x9c
            | b'n'
            | b'r'
            | b't'
    )
}

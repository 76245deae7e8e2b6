//! Folded 4-grams and their hash. The build script includes this file too, so that the tables it
//! writes and the scan that reads them agree.

/// Bits of the hash: the filter has one byte for each value and fits in a first-level cache.
pub const BITS: u32 = 15;

/// Number of slots of the filter.
pub const SLOTS: usize = 1 << BITS;

/// Low bits of the hash that a bucket of the tag table leaves out.
pub const BUCKET_SHIFT: u32 = 3;

/// Number of buckets of the tag table.
pub const BUCKETS: usize = SLOTS >> BUCKET_SHIFT;

/// The four bytes of `x` with upper-case letters made lower case (and some punctuation confused,
/// which the comparison that follows sorts out).
#[inline]
#[must_use]
pub fn fold(x: u32) -> u32 {
    x | 0x2020_2020
}

/// The slot of a folded 4-gram.
#[inline]
#[must_use]
pub fn slot(folded: u32) -> usize {
    (folded.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
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
    byte.is_ascii_punctuation()
        || matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x98 | 0x9a | 0x9c | b'n' | b'r' | b't')
}

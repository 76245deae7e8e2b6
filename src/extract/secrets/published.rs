//! Keys that everybody knows, by their hashes. Input: a value. Output: whether it is one.

/// Unkeyed BLAKE3 hashes (first 8 bytes) of example keys in vendors' public documentation and of the
/// fixed keys of local emulators and public pages: known to everybody, so no secrets.
const PUBLISHED: &[u64] = &[
    // Azure Cosmos DB emulator.
    0x6640_942f_2a8a_10d4,
    // Azurite and the Azure storage emulator before it.
    0xa30a_3efa_e12b_32e8,
    // The keys of the test mode that Stripe's documentation has in its examples, today's and the older one.
    // <https://docs.stripe.com/api/authentication>
    0xbebd_0ef0_913a_6e28,
    0x48b6_b7fc_38ab_4b86,
    // The key that YouTube's own pages send with every request of a visitor.
    0x2c17_7e1c_fb3a_82e6,
    // The default user of QStash's development server. <https://upstash.com/docs/workflow/howto/local-development>
    0x0f05_a65b_3475_9edd,
    // A made-up key of a Google kind, for the test of what begins with a prefix.
    #[cfg(test)]
    0xa0a6_2ce5_69c3_7b20,
];

/// Whether a value, or the key in a connection string, is known to everybody.
pub(super) fn is_known(value: &str) -> bool {
    is_listed(value, PUBLISHED)
}

/// Whether a value, or the key in a connection string, has one of the hashes.
fn is_listed(value: &str, hashes: &[u64]) -> bool {
    let keys = value.split(';').filter_map(|part| part.trim().split_once("AccountKey=")).map(|(_, key)| key);
    std::iter::once(value).chain(keys).any(|one| hashes.contains(&short_hash(one)))
}

fn short_hash(value: &str) -> u64 {
    let hash = blake3::hash(value.as_bytes());
    hash.as_bytes().first_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_key_is_known_alone_and_in_a_connection_string() {
        let key = crate::catalogue::fake::from_shape("<base64:86>==", "listed", 1);
        let other = crate::catalogue::fake::from_shape("<base64:86>==", "listed", 2);
        let hashes = [short_hash(&key)];
        let string = |key: &str| format!("AccountName=dev;AccountKey={key};BlobEndpoint=http://127.0.0.1:10000/dev");
        assert!(is_listed(&key, &hashes) && is_listed(&string(&key), &hashes));
        assert!(!is_listed(&other, &hashes) && !is_listed(&string(&other), &hashes));
    }
}

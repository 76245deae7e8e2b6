//! Kinds of credential, from `rules/models/credentials/*.toml`: one file a provider, one `[[kind]]`
//! a kind. The documented shape makes fakes and near misses; prefix, alphabet and length find it;
//! neither is made from the other, so that each tests the other.

/// One kind of credential.
#[derive(Debug)]
pub struct Kind {
    /// Stable id (`openai-project-key`).
    pub id: &'static str,
    /// Provider slug (`openai`).
    pub provider: &'static str,
    /// The provider's name ("OpenAI").
    pub provider_name: &'static str,
    /// Human name of the kind.
    pub title: &'static str,
    /// How it is found.
    pub found_by: FoundBy,
    /// Texts that it starts with (`FoundBy::Prefix`), or one of which it holds (`FoundBy::Infix`).
    pub prefixes: &'static [&'static str],
    /// Words one of which the name bound to it must hold, without `_`, `-`, `.` and case; empty when
    /// the value speaks for itself.
    pub keywords: &'static [&'static str],
    /// Environment variables that the provider's documentation puts it in.
    pub env: &'static [&'static str],
    /// Characters of the value after the prefix, as bits.
    pub alphabet: u128,
    /// Fewest and most characters after the prefix (of the whole value without one).
    pub length: (u16, u16),
    /// A regular expression that the whole value must match, for forms that alphabet and length do
    /// not tell from others.
    pub pattern: Option<&'static str>,
    /// The checksum that the format carries.
    pub checksum: Checksum,
    /// Least Shannon entropy, in bits a character, of the part after the prefix.
    pub entropy: f32,
    /// Meant to be public: an ingestion, publishable or client id.
    pub public: bool,
    /// Whether it ends by itself; none when it depends or is not documented.
    pub expires: Option<bool>,
    /// Where it is revoked.
    pub revoke: &'static str,
    /// What to use in place of a stored secret, if the provider has it.
    pub instead: &'static str,
    /// Public page that should document the form.
    pub source: &'static str,
    /// When that page was read against the entry; `not yet` until somebody does.
    pub checked: &'static str,
    /// How the form is known.
    pub known: Known,
    /// The documented shape, in the language of [`shape`](super::shape).
    pub shape: &'static str,
    /// Shapes that look alike and are none.
    pub near: &'static [&'static str],
}

/// How the form of a kind is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// The vendor's documentation states or shows it.
    Documented,
    /// The vendor's own source code (SDK, command line, validation) states it.
    Source,
    /// Only others' public documentation or code shows it.
    Seen,
    /// No public page gives it: the entry bounds what a random token may be, and the name decides.
    Unstated,
    /// Written from general knowledge, not looked up yet.
    Unchecked,
}

impl Known {
    /// The word that models and tables use.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Source => "source",
            Self::Seen => "seen",
            Self::Unstated => "unstated",
            Self::Unchecked => "not yet",
        }
    }
}

/// How a kind is found in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// It starts with a telling text.
    Prefix,
    /// It holds a telling text.
    Infix,
    /// The name that it is bound to holds a keyword.
    Name,
    /// Code of the reader: connection URL with a password.
    Url,
    /// Code of the reader: PEM block.
    Pem,
    /// Code of the reader: JSON web token.
    Jwt,
    /// Code of the reader: `Authorization` header, basic or bearer.
    Header,
    /// Code of the reader: what stands around it says what it is (`mysql -p…`, `auth=("user", "…")`).
    Line,
    /// Code of the reader: a random-looking literal bound to a credential-like name.
    Assignment,
}

/// Checksums that formats carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// None that is public.
    None,
    /// The last six characters are the CRC-32 of what stands between them and the prefix, in base 62.
    Crc32Base62,
    /// Behind the last `_` stands the CRC-32 of all before it, bytes from the lowest up, in hexadecimal.
    Crc32Hex,
}

include!(concat!(env!("OUT_DIR"), "/credentials.rs"));

/// The kind called `id`.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.id == id)
}

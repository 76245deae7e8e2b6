//! What a file is for: a fact with its reason, which lowers confidence and never hides. Input: the
//! path inside the repository and the beginning of the text. Output: a [`Role`] and why.

mod environment;
mod exhibits;
mod labs;
mod purpose;
mod signs;
#[cfg(test)]
mod tests;

pub use environment::environment_of;
pub use exhibits::Exhibits;
pub use labs::Labs;

/// The role of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Part of what is shipped or deployed.
    Product,
    /// A test.
    Test,
    /// An example, sample or tutorial.
    Example,
    /// Documentation.
    Documentation,
    /// Data that tests read.
    Fixture,
    /// A recorded HTTP exchange or snapshot.
    Cassette,
    /// Somebody else's code, copied in.
    Vendored,
    /// Written by a program.
    Generated,
    /// A deliberately vulnerable training ground, a scanner's own rules or test data.
    Lab,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::Product,
        Self::Test,
        Self::Example,
        Self::Documentation,
        Self::Fixture,
        Self::Cassette,
        Self::Vendored,
        Self::Generated,
        Self::Lab,
    ];

    /// The slug in facts.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Test => "test",
            Self::Example => "example",
            Self::Documentation => "documentation",
            Self::Fixture => "fixture",
            Self::Cassette => "cassette",
            Self::Vendored => "vendored",
            Self::Generated => "generated",
            Self::Lab => "lab",
        }
    }
}

/// How much of a file its content marks are looked for in.
const HEAD: usize = 4 << 10;

/// The role of the file at `path` (relative to the top of its repository) whose text begins with
/// `head`, and why. The most specific sign wins: whose code it is, then what kind of data, then what
/// it is for.
#[must_use]
pub fn of(path: &str, head: &str) -> (Role, &'static str) {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let head = &head[..head.floor_char_boundary(HEAD)];
    let file = Seen { folders, name, original: path.rsplit('/').next().unwrap_or(path), head };
    SIGNS.iter().find_map(|sign| sign(&file)).unwrap_or((Role::Product, "nothing says otherwise"))
}

/// What is known of a file when its role is asked.
struct Seen<'a> {
    /// The folders, in lower case.
    folders: &'a str,
    /// The name, in lower case.
    name: &'a str,
    /// The name as written.
    original: &'a str,
    head: &'a str,
}

type Sign = fn(&Seen<'_>) -> Option<(Role, &'static str)>;

/// The signs, most specific first.
const SIGNS: &[Sign] = &[
    signs::vendored,
    signs::scanner,
    signs::cassette,
    signs::generated_name,
    signs::fixture,
    purpose::test,
    signs::generated_text,
    purpose::instruction,
    purpose::documentation,
    purpose::example,
];

//! What a file is for: a fact with its reason, which lowers confidence and never hides.

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

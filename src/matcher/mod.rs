//! The match engine: one pass over the raw bytes for the literals of every model (prefixes,
//! keywords, SDK names, role words), for the text of all families and as the gate before parsing.
//!
//! Input: bytes. Output: [`Hits`]. The scan looks at the four bytes at every second offset only and
//! asks a table of 32 KiB whether any literal could be near; what remains is compared and must pass
//! its [`Gate`]. Each literal is known by 4-grams for every alignment, so none is missed whatever the
//! offset; the build script chooses the rarest ones of each.

mod gate;
pub mod gram;
mod scan;

pub use gate::{Gate, is_name};
pub use scan::Matcher;

/// What a literal is for. Several literals share a topic; files without a topic that wants parsing
/// are never parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Topic {
    /// A credential's prefix or keyword: decided on the text, nothing is parsed for it.
    Credential,
    /// The name of an agent framework's package or class.
    Framework,
    /// A call that issues or revokes a credential.
    Lifecycle,
    /// Words of roles, policies and identities (`serviceAccountName`, `AdministratorAccess`).
    Identity,
    /// Configuration of agents and tool servers (`mcpServers`).
    AgentConfig,
    /// Switches that approve, bypass or stop tracing.
    Switch,
    /// The name of a policy engine's package or interface.
    Policy,
}

/// A text that some model looks for.
#[derive(Debug)]
pub struct Literal {
    /// The text; lower case unless `cased`.
    pub text: &'static str,
    /// What it is for.
    pub topic: Topic,
    /// What must stand around it.
    pub gate: Gate,
    /// Whether it is compared with case.
    pub cased: bool,
    /// Kinds of credential that it announces, as indices of
    /// [`KINDS`](crate::catalogue::credential::KINDS).
    pub models: &'static [u16],
}

/// The literal that a hit is of.
#[must_use]
pub fn literal(index: u16) -> &'static Literal {
    &scan::LITERALS[usize::from(index)]
}

/// The literals seen in one document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// (literal, byte offset), in order of offset.
    pub found: Vec<(u16, u32)>,
    topics: u8,
}

impl Hits {
    /// Notes a literal.
    pub fn push(&mut self, literal: u16, topic: Topic, at: u32) {
        self.found.push((literal, at));
        self.topics |= 1 << topic as u8;
    }

    /// Whether a literal of `topic` was seen.
    #[must_use]
    pub fn has(&self, topic: Topic) -> bool {
        self.topics & (1 << topic as u8) != 0
    }

    /// Whether anything was seen that only parsing can judge.
    #[must_use]
    pub fn wants_parsing(&self) -> bool {
        self.topics & !(1 << Topic::Credential as u8) != 0
    }
}

//! The match engine: one pass over the raw bytes for the literals of every model (prefixes,
//! keywords, SDK names, role words), for the text of all families and as the gate before parsing.

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
}

/// The literals seen in one document.
#[derive(Debug, Clone, Default)]
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

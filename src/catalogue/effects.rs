//! What tools can do: the one table of effects that models may name and judges speak of.

/// How much of a question an effect is before it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Nothing that anybody would be asked about.
    Light,
    /// It changes something, and wants a gate.
    Gated,
    /// It cannot be taken back, and once too often does harm.
    Irreversible,
    /// Such a power besides that who may not use it may not hand work to who may.
    Grave,
}

/// What a tool can do.
#[derive(Debug)]
pub struct Effect {
    /// Its name in models and facts.
    pub slug: &'static str,
    /// What a tool does that has it.
    pub does: &'static str,
    /// What an agent can do that has such a tool.
    pub can: &'static str,
    /// How much it weighs.
    pub weight: Weight,
}

/// Every effect.
pub static EFFECTS: [Effect; 12] = [
    effect("execute", "runs commands or code", "run commands or code", Weight::Grave),
    effect("delete", "deletes", "delete", Weight::Grave),
    effect("pay", "moves money", "move money", Weight::Grave),
    effect("cloud", "changes the cloud", "change the cloud", Weight::Grave),
    effect("database", "writes a database", "write a database", Weight::Grave),
    effect("sql", "runs whatever SQL it is given", "run any SQL", Weight::Grave),
    effect("send", "sends messages", "send messages", Weight::Irreversible),
    effect("edits", "takes parts out of a document", "take parts out of documents", Weight::Gated),
    effect("write", "writes files", "write files", Weight::Gated),
    effect("network", "asks other machines", "ask other machines", Weight::Light),
    effect("read", "reads files", "read files", Weight::Light),
    effect("secrets", "reads secrets", "read secrets", Weight::Light),
];

const fn effect(slug: &'static str, does: &'static str, can: &'static str, weight: Weight) -> Effect {
    Effect { slug, does, can, weight }
}

/// The effect of a name.
#[must_use]
pub fn effect_of(slug: &str) -> Option<&'static Effect> {
    EFFECTS.iter().find(|effect| effect.slug == slug)
}

/// Whether the effect of a name weighs as much as `weight`.
#[must_use]
pub fn weighs(slug: &str, weight: Weight) -> bool {
    effect_of(slug).is_some_and(|effect| effect.weight >= weight)
}

//! Workflows of low-code builders, exported as JSON or YAML. Input: the document. Output: agents with their
//! tools, gates, credentials and handoffs, and where they listen.

mod dify;
mod n8n;
mod nemo;

pub use dify::DIFY;
pub use n8n::N8N;
pub use nemo::NEMO;

use super::Sink;
use crate::facts::{Agent, Ref, RefKind, Sym};
use crate::span::Span;

/// An agent of which only its name is known.
fn blank(name: &str, framework: &str) -> Agent {
    Agent { name: Sym::new(name), framework: Sym::new(framework), tracing: Sym::new("unknown"), ..Agent::default() }
}

/// Gives an agent a tool by its name.
fn give(agent: &mut Agent, name: &str, span: Span, sink: &Sink<'_>) {
    agent.tools.push(Ref { kind: RefKind::Name, name: Sym::new(name), at: sink.place(span) });
    agent.tool_names.push(Sym::new(name));
}

#[cfg(test)]
mod tests {
    use crate::facts::{Agent, Fact};

    /// Agents as framework, name, model and tools.
    pub(super) fn agents(facts: &[Fact]) -> Vec<String> {
        let shown = |a: &Agent| {
            let tools: Vec<&str> = a.tool_names.iter().map(|name| name.as_str()).collect();
            format!("{} {} {} {}", a.framework, a.name, a.model.map_or("-", |m| m.as_str()), tools.join(","))
        };
        facts.iter().filter_map(Fact::get::<Agent>).map(shown).collect()
    }
}

//! Stage 2, what it says. Input: the decoded text of a source with the match engine's hits. Output:
//! [`Document`]s with spans everywhere, parsed at most once and only on demand.

pub mod code;
mod document;
pub mod kind;
pub mod role;
pub mod value;

pub use document::{Document, OriginMap, Part};
pub use kind::Kind;
pub use role::Role;
pub use value::Value;

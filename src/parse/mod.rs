//! Stage 2, what it says. Input: the decoded text of a source with the match engine's hits. Output:
//! [`Document`]s with spans everywhere, parsed at most once and only on demand.

pub mod code;
pub mod decode;
mod dockerfile;
mod document;
mod dotenv;
mod embedded;
mod grammar;
mod hcl;
mod hcl_expr;
mod hcl_recover;
mod ini;
mod joiner;
mod json;
pub mod kind;
mod mask_templates;
pub mod notebook;
pub mod role;
pub mod structured;
mod toml;
pub mod value;
mod yaml;

pub use document::{Document, OriginMap, Part, documents};
pub use embedded::embedded;
pub use kind::Kind;
pub use role::Role;
pub use value::Value;

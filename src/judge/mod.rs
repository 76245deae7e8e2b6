//! Stage 5, what is wrong. Input: a [`Graph`](crate::graph::Graph). Output: findings. A coded judge is one
//! file; its rule's page names it.

pub mod auto_approve;
mod beside;
pub mod change;
pub mod condition;
mod engine;
pub mod engine_socket;
pub mod handoffs;
mod holders;
pub mod never_revoked;
pub mod policies;
pub mod run_limit;
pub mod secrets;
pub mod shared_identity;
pub mod shared_values;
pub mod template;
pub mod token_passthrough;
pub mod tool_arguments;
pub mod tools;
pub mod tracing_disabled;
pub mod unauthenticated_endpoint;
pub mod untrusted_trigger;
pub mod wide_rights;
pub mod words;

pub use engine::{Declared, agent_names, run};

//! Stage 5, what is wrong. Input: a [`Graph`](crate::graph::Graph). Output: findings. A coded judge is one
//! file; its rule's page names it.

pub mod change;
pub mod condition;
mod engine;
pub mod secrets;
pub mod template;
pub mod words;

pub use engine::{Declared, agent_names, run};

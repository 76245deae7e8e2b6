//! nhiscan: every AI agent is a non-human identity. From a repository alone it tells which identity
//! each agent runs as, what that identity may do, how its credentials end, and which control each
//! fault breaks.
//!
//! ```text
//! Request → Sources → Document → Facts → Graph → Findings → Report → bytes
//!           1 walk    2 parse   3 extract 4 graph 5 judge   6 report
//! ```

pub mod catalogue;
pub mod cli;
pub mod error;
pub mod extract;
pub mod facts;
pub mod finding;
pub mod graph;
pub mod judge;
pub mod matcher;
pub mod parse;
pub mod report;
pub mod span;
pub mod walk;

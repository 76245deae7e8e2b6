//! All integration tests in one binary: a theme is a module in `tests/all/`.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "all/command.rs"]
mod command;

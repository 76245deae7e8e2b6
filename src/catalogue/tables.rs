//! The tables that `rules/build.rs` compiles from `rules/`.

use super::{Catalogue, Control, Equal, Judge, Label, Mapping, Meaning, Rule, Scope};

include!(concat!(env!("OUT_DIR"), "/controls.rs"));
include!(concat!(env!("OUT_DIR"), "/rules.rs"));

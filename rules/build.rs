//! Compiles `rules/` into static tables. Input: rule pages, controls and models. Output: one Rust file
//! for each compiler, in `OUT_DIR`. A fault stops the build and names file and line.
//!
//! A compiler is a module of `rules/build/` with `pub fn compile(&Build) -> Result<(), Fault>` and one
//! line in [`COMPILERS`].

#![allow(unreachable_pub, dead_code, reason = "a build script has no outside, and not every compiler uses all of it")]

use std::path::PathBuf;

#[path = "build/calls.rs"]
mod calls;
#[path = "build/clients.rs"]
mod clients;
#[path = "build/cloud.rs"]
mod cloud;
#[path = "build/controls.rs"]
mod controls;
#[path = "build/credentials.rs"]
mod credentials;
#[path = "build/fault.rs"]
mod fault;
#[path = "build/frameworks.rs"]
mod frameworks;
#[path = "build/lifecycles.rs"]
mod lifecycles;
#[path = "build/literals.rs"]
mod literals;
#[path = "build/page.rs"]
mod page;
#[path = "build/pages.rs"]
mod pages;
#[path = "build/planted.rs"]
mod planted;
#[path = "build/policies.rs"]
mod policies;

use fault::{Build, Fault};

type Compiler = fn(&Build) -> Result<(), Fault>;

/// What is compiled, by name.
const COMPILERS: &[(&str, Compiler)] = &[
    ("clients", clients::compile),
    ("cloud", cloud::compile),
    ("controls", controls::compile),
    ("frameworks", frameworks::compile),
    ("lifecycles", lifecycles::compile),
    ("literals", literals::compile),
    ("pages", pages::compile),
    ("planted", planted::compile),
    ("policies", policies::compile),
];

fn main() {
    let folder = |name: &str| PathBuf::from(std::env::var_os(name).expect("cargo sets the folders of a build script"));
    let build = Build { rules: folder("CARGO_MANIFEST_DIR").join("rules"), out: folder("OUT_DIR") };
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=src/judge");
    println!("cargo::rerun-if-changed=src/extract/agents/schema.rs");
    println!("cargo::rerun-if-changed=src/catalogue/effects.rs");
    let mut failed = false;
    for (name, compile) in COMPILERS {
        if let Err(fault) = compile(&build) {
            println!("cargo::error={name}: {fault}");
            failed = true;
        }
    }
    if failed {
        std::process::exit(1);
    }
}

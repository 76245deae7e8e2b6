//! Facts about files as such: their role, the suppressions written in them, the names their code binds.

use serde::{Deserialize, Serialize};

use super::schema::record;
use super::{Place, Ref, Sym};

record! {
    /// A file that was read.
    pub struct File: "file" {
        /// Path relative to the root, with `/`.
        pub path: Sym,
        /// Format, as a slug (`python`, `yaml`, `dotenv`, `text` …).
        pub format: Sym,
        /// `product`, `test`, `example`, `documentation`, `fixture`, `cassette`, `vendored`,
        /// `generated` or `lab`.
        pub role: Sym,
        /// Why it has that role.
        pub role_reason: Sym,
        /// `tracked`, `untracked`, `ignored` (git), or `plain` (no git).
        pub git: Sym,
        /// Environment that the path names (`dev`, `staging`, `prod` …).
        pub environment: Option<Sym>,
        also {
            /// Inline suppressions: `nhiscan: ignore[rule] reason until=DATE`, by line.
            pub suppressions: Vec<Suppression>,
        }
    }
}

/// An inline suppression comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The line it speaks of: its own, or the next when it stands alone.
    pub line: u32,
    /// Where the comment stands.
    pub at: Place,
    /// Rule ids named.
    pub rules: Vec<Sym>,
    /// The reason given.
    pub reason: Sym,
    /// `until=YYYY-MM-DD`, if given.
    pub until: Option<Sym>,
}

record! {
    /// A name that is bound to something, for links across files after the text is gone.
    pub struct Binding: "binding" {
        /// Name in this file (`API_KEY`, `Settings.key`, `create_agent`).
        pub symbol: Sym,
        /// `constant`, `import`, `export`, `environment`, `parameter`, `factory`, `secret-name`,
        /// `secret` (an entry of a Kubernetes Secret, `secret/key`), `alias`, `module-argument` (a variable that a call of a Terraform module sets), `list` (the
        /// literal holds the symbols of its members, comma separated), `function` (a plain function that does something: then the literal holds its
        /// effects, and after a semicolon what asks a person before), `guard` (the literal says how
        /// servers of this file authenticate callers), `door` (the literal says whether what is deployed here is
        /// `open` or `closed` to callers that nobody knows), `host` (the literal is the default of a setting that
        /// is called like a host: `HOST=0.0.0.0`).
        pub form: Sym,
        /// The literal for a constant that is no credential (at most 200 characters).
        pub literal: Option<Sym>,
        also {
            /// What it is bound to.
            pub to: Option<Ref>,
        }
    }
}

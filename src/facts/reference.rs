//! What facts refer to, and the small parts that records share. Plain data: strings interned, places
//! complete, no parser types, so that facts can be printed, stored, shipped and merged.

use serde::{Deserialize, Serialize};

use super::{Place, Sym};

/// What a reference points at; the graph joins references with what declares them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefKind {
    /// A name in code: `module.symbol` of this repository, as the file sees it (`researcher`,
    /// `self.researcher()`, or qualified through an import: `app.tools.delete_file`).
    Symbol,
    /// An environment variable.
    Env,
    /// A secret in a store: `secrets.X` of a pipeline, `secret/key` of Kubernetes, a Vault path, a
    /// Secrets Manager name.
    Secret,
    /// A credential literal: the fingerprint of its value.
    Value,
    /// A file of the repository, relative to its root.
    Path,
    /// An identity by name: a ServiceAccount, a role ARN, a user.
    Identity,
    /// A Terraform address (`aws_iam_role.agent`) or CloudFormation logical id.
    Address,
    /// A container image, without its digest.
    Image,
    /// A tool server by its configured name, command or URL.
    Server,
    /// A name given in data (a sub-agent's name in YAML, a tool's name in a hook).
    Name,
}

/// A reference made by a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ref {
    /// What kind of thing is named.
    pub kind: RefKind,
    /// The name.
    pub name: Sym,
    /// Where the reference stands.
    pub at: Place,
}

/// One environment variable of a workload or tool server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EnvVar {
    /// Its name.
    pub name: Sym,
    /// What it is set from, when that is a reference (a secret, a literal credential, another
    /// variable); none for a plain literal that is no credential.
    pub from: Option<Ref>,
    /// Where it is set.
    pub at: Place,
}

/// A named option with its value as written, for limits and the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Setting {
    /// The option.
    pub name: Sym,
    /// Its value.
    pub value: Sym,
    /// Where it is set.
    pub at: Place,
}

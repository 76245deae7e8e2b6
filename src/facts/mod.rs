//! Stage 3a, the vocabulary. Input: nothing. Output: the kinds of fact that extractors write and the
//! graph links, with their schema for rule conditions.

mod agent;
mod file;
mod identity;
pub mod place;
mod reference;
pub mod schema;
mod sym;

pub use agent::*;
pub use file::*;
pub use identity::*;
pub use place::{FactId, FileId, Place};
pub use reference::*;
pub use sym::Sym;

use schema::{Datum, Field, Record};
use serde::{Deserialize, Serialize};

/// The version of the facts' schema: unstable until users may write rules against it.
pub const SCHEMA: &str = "facts/0";

/// One thing that was understood, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Where it was seen.
    pub at: Place,
    /// What was seen.
    #[serde(flatten)]
    pub kind: FactKind,
}

macro_rules! fact_kinds {
    ($($variant:ident),+ $(,)?) => {
        /// The kinds of fact.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "fact", rename_all = "kebab-case")]
        pub enum FactKind {
            $(
                #[doc = concat!("See [`", stringify!($variant), "`].")]
                $variant(Box<$variant>),
            )+
        }

        impl FactKind {
            /// The kind's name, as in conditions and JSON.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => <$variant as Record>::KIND,)+ }
            }

            /// The value of field `index` of the kind's schema.
            #[must_use]
            pub fn field(&self, index: usize) -> Datum<'_> {
                match self { $(Self::$variant(record) => record.field(index),)+ }
            }
        }

        /// Every kind with its fields.
        pub const KINDS: &[(&str, &[Field])] = &[
            $((<$variant as Record>::KIND, <$variant as Record>::FIELDS),)+
        ];

        $(
            impl From<$variant> for FactKind {
                fn from(record: $variant) -> Self {
                    Self::$variant(Box::new(record))
                }
            }

            impl AsRecord for $variant {
                fn of(kind: &FactKind) -> Option<&Self> {
                    match kind {
                        FactKind::$variant(record) => Some(record),
                        _ => None,
                    }
                }
            }
        )+
    };
}

/// Picks the facts of one kind out of a mixed list.
pub trait AsRecord: Sized + 'static {
    /// The record when `kind` is of this kind.
    fn of(kind: &FactKind) -> Option<&Self>;
}

fact_kinds!(
    File, Agent, Workload, Identity, Credential, Grant, Trust, Issuance, Use, Tool, Server, Switch, Policy, Handoff,
    Endpoint, Sink, Owner, Binding,
);

impl Fact {
    /// The record when the fact is of kind `T`.
    #[must_use]
    pub fn get<T: AsRecord>(&self) -> Option<&T> {
        T::of(&self.kind)
    }
}

//! The framework models, compiled in. Input: `rules/models/frameworks/*.toml` by way of the build.
//! Output: [`FRAMEWORKS`].

/// Text of a model.
pub type Text = &'static str;
/// A list of a model.
pub type List<T> = &'static [T];

macro_rules! model {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident { $( $(#[$fmeta:meta])* pub $field:ident : $ty:ty, )* }
    )+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name { $( $(#[$fmeta])* pub $field: $ty, )* }
    )+ };
}

#[path = "schema.rs"]
mod schema;

pub use schema::*;

include!(concat!(env!("OUT_DIR"), "/frameworks.rs"));

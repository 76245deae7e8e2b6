//! What was typed ([`clap`] types) and, in [`request`], what it means.

pub mod request;

//! Which calls ask a policy for a decision, compiled in from `rules/models/policies/` (its README
//! explains each field).

include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// A call, or a family of calls, that asks a policy.
#[derive(Debug)]
#[allow(missing_docs, reason = "documented once, beside the data")]
pub struct Ask {
    pub engine: &'static str,
    pub title: &'static str,
    pub languages: &'static [&'static str],
    pub calls: &'static [&'static str],
    pub hints: &'static [&'static str],
    pub service: Option<&'static str>,
    pub http: &'static [&'static str],
    pub who: &'static [&'static str],
    pub action: &'static [&'static str],
    pub resource: &'static [&'static str],
    pub input: &'static [&'static str],
    pub raises: bool,
    pub source: &'static str,
}

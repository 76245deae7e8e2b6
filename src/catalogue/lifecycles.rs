//! How credentials are issued and ended, compiled in from `rules/models/lifecycles/` (its README
//! explains each field).

include!(concat!(env!("OUT_DIR"), "/lifecycles.rs"));

/// What ends a credential when nobody revokes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// The service always does.
    Service,
    /// An argument of the issuing call says when.
    Argument,
    /// A claim of the signed payload says when.
    Claim,
    /// Nothing.
    Never,
}

/// One kind of credential with the calls that issue and end it.
#[derive(Debug)]
#[allow(missing_docs, reason = "documented once, beside the data")]
pub struct Lifecycle {
    pub form: &'static str,
    pub title: &'static str,
    pub languages: &'static [&'static str],
    pub modules: &'static [&'static str],
    pub hints: &'static [&'static str],
    pub service: Option<&'static str>,
    pub issue: &'static [&'static str],
    pub http: &'static [&'static str],
    pub sql: &'static [&'static str],
    pub sql_needs: &'static [&'static str],
    pub ends: Ends,
    pub end_arguments: &'static [&'static str],
    pub endless_arguments: &'static [&'static str],
    pub payload: usize,
    pub revoke: &'static [&'static str],
    pub revoke_receiver: &'static [&'static str],
    pub revoke_subject: &'static [&'static str],
    pub revoke_http: &'static [&'static str],
    pub revoke_sql: &'static [&'static str],
    pub note: &'static str,
    pub source: &'static str,
}

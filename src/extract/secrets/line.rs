//! Values that what stands around them makes a credential: commands, calls, files of programs. Input: a
//! document and the place of a telling literal. Output: [`Spot`]s, or why there is none. Each kind with
//! `reader = "line"` has its function here; nothing else knows about it.

use std::ops::Range;

use super::{calls, commands, files, random, sequence, url, value};
use crate::catalogue::credential::Kind;
use crate::parse::Document;

/// A value that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    /// Where the value stands.
    pub(super) range: Range<usize>,
    /// The host that it opens, if it is said.
    pub(super) host: Option<Range<usize>>,
    /// What is equal where the value is, when that is not the text itself (decoded, joined).
    pub(super) secret: Option<String>,
    /// What speaks against it.
    pub(super) doubts: Vec<&'static str>,
}

impl Spot {
    /// A value as it stands.
    pub(super) fn new(range: Range<usize>) -> Self {
        Self { range, host: None, secret: None, doubts: Vec::new() }
    }

    /// With doubts.
    pub(super) fn doubting(mut self, doubts: impl IntoIterator<Item = &'static str>) -> Self {
        self.doubts.extend(doubts);
        self
    }

    /// For a host, with the doubts that a local or reserved one brings.
    pub(super) fn at_host(mut self, text: &str, host: Range<usize>) -> Self {
        self.doubts.extend(text.get(host.clone()).map(host_doubts).unwrap_or_default());
        self.host = Some(host);
        self
    }
}

/// What speaks against a value that opens `host`.
pub(super) fn host_doubts(host: &str) -> Vec<&'static str> {
    let host = host.to_ascii_lowercase();
    let local =
        (url::is_local(&host) || matches!(host.as_str(), "(local)" | "(localdb)" | ".")).then_some("local-host");
    local.into_iter().chain(url::is_reserved(&host).then_some("reserved-host")).collect()
}

/// Why there is no value.
pub(super) type Not = &'static str;

/// The values of `kind` at the literal that stands at `hit`.
pub(super) fn find(document: &Document<'_>, kind: &Kind, hit: Range<usize>) -> Result<Vec<Spot>, Not> {
    let text: &str = &document.text;
    let one = |spot: Result<Spot, Not>| spot.map(|spot| vec![spot]);
    match kind.id {
        "mysql-command-password" => {
            let long = commands::equated(text, hit.clone(), "--password");
            one(long.or_else(|_| commands::glued(text, hit, "-p")))
        }
        "sshpass-password" => one(commands::glued_or_behind(text, hit, "-p")),
        "registry-command-password" => one(commands::behind(text, hit, &["-p", "--password"])),
        "database-command-password" => one(commands::database(text, hit)),
        "cloud-command-secret" => one(commands::cloud(text, hit)),
        "basic-auth-call" => one(calls::basic(text, hit)),
        "jwt-signing-secret" => one(calls::signing(text, hit)),
        "netrc-login" => one(files::netrc(text, hit)),
        "pgpass-line" => one(files::pgpass(document, hit)),
        "docker-registry-login" => files::registry_logins(text, hit),
        "kubeconfig-client-key" => one(files::encoded_key(text, hit)),
        "putty-private-key" => one(files::putty(text, hit)),
        "json-web-key" => one(files::web_key(text, hit)),
        "azure-sas-token" => one(files::shared_access_signature(text, hit)),
        "azure-logic-app-url" => one(files::trigger_url(text, hit)),
        "teams-webhook" => one(files::teams(text, hit)),
        "oracle-jdbc-login" => one(files::oracle(text, hit)),
        "sentry-dsn" => one(files::dsn(text, hit)),
        _ => Err("no reader for this kind"),
    }
}

/// Doubts about a word in the place of a password; why it is none.
pub(super) fn password(word: &str) -> Result<Option<&'static str>, Not> {
    if word.len() < 5 {
        return Err("too short");
    }
    if word.len() > 512 || word.bytes().any(|b| b.is_ascii_whitespace()) || !word.is_ascii() {
        return Err("several words");
    }
    if word.starts_with(['$', '-', '<', '%', '{', '@', '(']) || word.contains("$(") {
        return Err("computed or fetched");
    }
    if let Some(reason) = value::no_secret(word) {
        return Err(reason);
    }
    if word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
        return Err("the name of a variable");
    }
    let plain = !word.bytes().any(|b| b.is_ascii_digit()) && random::surprise(word) < 4.4;
    Ok((url::is_words(word) || plain).then_some("dictionary-password").or_else(|| sequence::doubt(word)))
}

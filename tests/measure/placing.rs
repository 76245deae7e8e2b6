//! Puts values where people put them. Input: a value with its provider and the name that its vendor
//! documents. Output: a file that holds it, and the place where it stands.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A value with what it is called.
#[derive(Debug, Clone)]
pub struct Sample {
    provider: String,
    variable: String,
    /// What an argument or field for it is called, in words: `api`, `key`.
    name: Vec<String>,
    value: String,
}

/// A file that holds a value.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Its path.
    pub path: String,
    /// Its content.
    pub text: String,
    /// Where the value stands in it.
    pub value: Range<usize>,
}

/// How a value is written in a placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// As it is, where it needs no quoting.
    Bare,
    /// As it is, whatever it holds.
    Raw,
    /// Between double quotes, with what must be escaped.
    Quoted,
    /// Twice: as JSON inside a string of JSON.
    Nested,
    /// Between double quotes, in two halves that are joined with this.
    Split(&'static str),
    /// In base64.
    Base64,
    /// As the text of an XML attribute.
    Xml,
    /// As a scalar of YAML: bare, or a block indented by so many spaces.
    Yaml(usize),
}

/// A place where a credential is put.
#[derive(Debug, Clone, Copy)]
pub struct Placement {
    /// Its name in the report.
    pub name: &'static str,
    /// The path of the file.
    pub path: &'static str,
    /// How the value is written there.
    pub writing: Writing,
    /// The file. `§` is the value; `{ENV}` is the documented variable, `{name}` `{camel}` `{Pascal}`
    /// `{dashed}` `{words}` what an argument is called, `{provider}` and `{Provider}` whose it is.
    pub text: &'static str,
}

/// What names end in, longest first where one ends in another.
const ENDINGS: &[&str] = &[
    "secret_access_key",
    "connection_string",
    "service_account_key",
    "service_role_key",
    "personal_access_token",
    "session_token",
    "access_key_id",
    "access_key",
    "access_token",
    "refresh_token",
    "account_key",
    "admin_api_key",
    "api_secret",
    "api_token",
    "api_key",
    "app_key",
    "app_password",
    "app_secret",
    "app_token",
    "auth_token",
    "bot_token",
    "client_secret",
    "consumer_secret",
    "database_url",
    "encryption_key",
    "license_key",
    "master_key",
    "private_key",
    "sas_token",
    "secret_id",
    "secret_key",
    "service_token",
    "signing_key",
    "signing_secret",
    "storage_key",
    "webhook_secret",
    "webhook_url",
    "password",
    "apikey",
    "secret",
    "token",
    "dsn",
    "url",
    "uri",
];

impl Sample {
    /// `value`, which `provider` calls `variable`.
    #[must_use]
    pub fn new(provider: &str, variable: Option<&str>, value: String) -> Self {
        let plain = provider.replace(['-', '.', ' '], "_");
        let variable = variable.map_or_else(|| format!("{}_API_KEY", plain.to_uppercase()), str::to_owned);
        let lower = variable.to_lowercase();
        let name = ENDINGS.iter().find(|ending| lower.ends_with(*ending)).copied().unwrap_or(&lower);
        let name = name.split(['_', '-', '.']).map(str::to_owned).collect();
        Self { provider: plain, variable, name, value }
    }

    /// `value` under exactly the name `variable`: what a value is not shows in the whole of its name.
    #[must_use]
    pub fn named(variable: &str, value: String) -> Self {
        let name = variable.to_lowercase().split('_').map(str::to_owned).collect();
        Self { provider: "agent".into(), variable: variable.into(), name, value }
    }

    fn fill(&self, template: &str) -> String {
        let pascal: String = self.name.iter().map(|word| capital(word)).collect();
        let camel: String =
            self.name[0].chars().chain(self.name[1..].iter().map(|w| capital(w)).collect::<String>().chars()).collect();
        template
            .replace("{ENV}", &self.variable)
            .replace("{name}", &self.name.join("_"))
            .replace("{camel}", &camel)
            .replace("{Pascal}", &pascal)
            .replace("{words}", &self.name.join(" "))
            .replace("{dashed}", &self.name.join("-"))
            .replace("{provider}", &self.provider)
            .replace("{Provider}", &self.provider.split('_').map(capital).collect::<String>())
    }

    fn is_password(&self) -> bool {
        self.variable.ends_with("PASSWORD") || self.variable.ends_with("PASS")
    }

    /// The value as `writing` has it; none where it cannot stand there.
    fn written(&self, writing: Writing) -> Option<String> {
        let value = self.value.as_str();
        let bare =
            !value.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | '#' | '&' | ';' | '$'));
        Some(match writing {
            Writing::Bare => bare.then(|| value.to_owned())?,
            Writing::Raw => value.to_owned(),
            Writing::Quoted => escape(value),
            Writing::Nested => escape(&escape(value)),
            Writing::Split(joint) => {
                if !bare || value.contains("://") {
                    return None;
                }
                let (first, second) = value.split_at(value.len() / 2);
                format!("{first}{joint}{second}")
            }
            Writing::Base64 => STANDARD.encode(value),
            Writing::Xml => {
                value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\n', "&#10;")
            }
            Writing::Yaml(indent) if !bare || value.starts_with(['-', '{']) => {
                let margin = format!("\n{}", " ".repeat(indent));
                format!("|{margin}{}", value.trim_end().replace('\n', &margin))
            }
            Writing::Yaml(_) => value.to_owned(),
        })
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

impl Placement {
    /// The file with the value in it; none where such a value cannot stand.
    #[must_use]
    pub fn put(&self, sample: &Sample) -> Option<Placed> {
        // Nobody sends the password of an account, a URL or a whole header as a key.
        let header = ["curl", "curl-key-header", "python-headers"].contains(&self.name);
        let url = sample.value.contains("://") || sample.value.contains(' ');
        if header && (sample.is_password() || (url && self.name != "curl")) {
            return None;
        }
        let written = sample.written(self.writing)?;
        let template = match self.name {
            "curl" if sample.value.contains("://") => CURL_URL,
            "curl" if sample.value.starts_with("Basic ") || sample.value.starts_with("Bearer ") => CURL_HEADER,
            _ => self.text,
        };
        let text = sample.fill(template);
        let start = text.find('§')?;
        let value = start..start + written.len();
        Some(Placed { path: self.path.to_owned(), text: text.replacen('§', &written, 1), value })
    }
}

const CURL_URL: &str = "#!/bin/sh\nset -eu\ncurl --fail --silent -X POST \"§\" -d @payload.json\n";
const CURL_HEADER: &str =
    "#!/bin/sh\nset -eu\ncurl --fail --silent https://api.{provider}.com/v1/jobs -H \"Authorization: §\"\n";

/// The places that are measured for every kind.
pub const PLACEMENTS: &[Placement] = &include!("placements.rs");

/// The files that single vendors have for their credentials, for the kinds that name them.
pub const OWN_FILES: &[Placement] = &include!("own_files.rs");

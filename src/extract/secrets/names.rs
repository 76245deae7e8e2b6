//! What a name says about the value bound to it. Input: a name as written. Output: [`Sort`].
//!
//! The name is cut into words (`openaiApiKey`, `OPENAI_API_KEY`, `openai.api-key` → openai, api, key);
//! the last word that is no ordinal, environment or filler decides, and a word before it may turn it
//! into something else: a primary key, a page token, a public key are no credentials.

/// What is expected under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// A password: may be a word.
    Password,
    /// A secret, token or key of which the name leaves no doubt: looks random.
    Secret,
    /// A key or token of some kind: looks random, and the name alone proves nothing.
    Maybe,
    /// No credential.
    Other,
}

const FILLERS: &[&str] = &[
    "value",
    "val",
    "base",
    "text",
    "string",
    "str",
    "raw",
    "plain",
    "b64",
    "base64",
    "prod",
    "production",
    "dev",
    "development",
    "staging",
    "stage",
    "test",
    "live",
    "default",
    "old",
    "new",
    "current",
    "primary",
    "secondary",
    "main",
    "backup",
    "local",
    "internal",
    "external",
    "v1",
    "v2",
    "v3",
    "const",
    "env",
    "literal",
    "override",
];

const NO_KEYS: &[&str] = &[
    "public",
    "publishable",
    "primary",
    "foreign",
    "sort",
    "partition",
    "cache",
    "row",
    "hot",
    "map",
    "dict",
    "lookup",
    "translation",
    "i18n",
    "message",
    "object",
    "s3",
    "metric",
    "feature",
    "route",
    "group",
    "state",
    "config",
    "index",
    "sorting",
    "unique",
    "composite",
    "idempotency",
    "dedup",
    "dedupe",
    "redis",
    "data",
    "json",
    "attribute",
    "attr",
    "property",
    "field",
    "column",
    "registry",
    "event",
    "context",
    "ctx",
    "input",
    "output",
    "result",
    "session",
    "thread",
    "memory",
    "shortcut",
    "arrow",
    "query",
    "param",
    "header",
    "label",
    "tag",
    "item",
    "node",
    "file",
    "ssh",
    "path",
    "host",
    "known",
    "title",
    "name",
    "option",
    "setting",
    "settings",
    "artifact",
    "bucket",
    "hash",
    "trace",
    "span",
    "prompt",
    "model",
    "tool",
    "agent",
    "user",
    "locale",
    "lang",
    "react",
    "menu",
    "press",
    "up",
    "down",
    "left",
    "right",
    "enter",
    "any",
    "each",
    "join",
    "match",
    "search",
    "license",
    "routing",
    "measurement",
    "kv",
    "store",
    "local",
    "task",
    "job",
    "run",
    "workflow",
    "step",
    "resource",
    "entity",
    "record",
    "queue",
    "lock",
    "rate",
    "limit",
    "test",
    "this",
    "first",
    "last",
    "next",
    "prev",
    "tab",
    "pub",
    "sub",
    "rsa",
    "gpg",
    "pgp",
    "fingerprint",
    "issue",
    "project",
    "jira",
    "board",
    "instrumentation",
    "site",
    "integration",
    "recaptcha",
    "write",
    "ingestion",
    "display",
    "ordering",
    "order",
    "doc",
    "document",
    "image",
    "video",
    "audio",
    "blob",
    "checkpoint",
    "secret",
    "env",
    "variable",
    "var",
    "i",
    "dictionary",
    "nested",
    "parent",
    "child",
    "alias",
    "annotation",
];

const NO_TOKENS: &[&str] = &[
    "page",
    "next",
    "sync",
    "continuation",
    "cancel",
    "cancellation",
    "pad",
    "bos",
    "eos",
    "unk",
    "sep",
    "cls",
    "mask",
    "stop",
    "end",
    "start",
    "special",
    "image",
    "audio",
    "video",
    "max",
    "min",
    "total",
    "prompt",
    "completion",
    "input",
    "output",
    "cached",
    "reasoning",
    "resume",
    "previous",
    "csrf",
    "xsrf",
    "request",
    "idempotency",
    "begin",
    "first",
    "last",
    "think",
    "tool",
    "text",
    "word",
    "lex",
    "syntax",
    "parse",
    "design",
    "color",
    "per",
    "pagination",
    "final",
    "vision",
    "authenticity",
    "publickey",
    "key",
    "eot",
    "role",
    "nextpage",
    "starting",
    "skip",
    "invalidation",
];

const LAST_SECRET: &[&str] =
    &["secret", "secrets", "credential", "credentials", "creds", "bearer", "apikey", "authkey"];
const LAST_PASSWORD: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passwort",
    "pass",
    "userpassword",
    "dbpassword",
    "adminpassword",
    "sshpass",
];
const SURE_KEYS: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "auth",
    "signing",
    "encryption",
    "master",
    "account",
    "shared",
    "service",
    "admin",
    "subscription",
    "app",
    "application",
    "functions",
    "consumer",
    "client",
    "webhook",
    "jwt",
    "cookie",
    "hmac",
    "role",
    "deploy",
    "root",
    "sas",
    "bearer",
    "session",
    "sharedaccess",
    "decryption",
    "crypto",
    "aes",
    "signature",
];

/// The words of a name, lower case.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).map(|j| chars[j]);
        let after = chars.get(i + 1);
        let starts = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || (b.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if (starts || !c.is_ascii_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The letters and digits of a name, lower case: what keywords are compared with.
pub(super) fn squashed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// What is expected under `name`.
pub(super) fn sort(name: &str) -> Sort {
    let mut words = words(name);
    while words.len() > 1
        && words.last().is_some_and(|w| FILLERS.contains(&w.as_str()) || w.bytes().all(|b| b.is_ascii_digit()))
    {
        words.pop();
    }
    let Some(last) = words.last() else { return Sort::Other };
    let last = last.trim_end_matches(|c: char| c.is_ascii_digit());
    let before = words.len().checked_sub(2).map_or("", |i| words[i].as_str());
    if LAST_PASSWORD.contains(&last) {
        return if matches!(before, "no" | "forgot" | "reset" | "show" | "by" | "first" | "second" | "is" | "has") {
            Sort::Other
        } else {
            Sort::Password
        };
    }
    match last {
        _ if LAST_SECRET.contains(&last) || last.ends_with("apikey") || last.ends_with("secretkey") => Sort::Secret,
        "token" | "jwt" | "pat" if NO_TOKENS.contains(&before) => Sort::Other,
        "token" | "jwt" => Sort::Secret,
        "pat" if !before.is_empty() => Sort::Secret,
        "key" if SURE_KEYS.contains(&before) => {
            let third = words.len().checked_sub(3).map_or("", |i| words[i].as_str());
            if matches!(third, "public" | "publishable" | "anon") { Sort::Other } else { Sort::Secret }
        }
        "key" if before.is_empty() || NO_KEYS.contains(&before) => Sort::Other,
        "key" => Sort::Maybe,
        "accesskey" | "privatekey" | "accountkey" | "sharedaccesskey" | "signingkey" | "encryptionkey"
        | "masterkey" | "subscriptionkey" | "authtoken" | "accesstoken" | "bottoken" => Sort::Secret,
        "authorization" | "auth" | "cookie" | "authentication" | "webhook" => Sort::Maybe,
        _ if last.ends_with("password") || last.ends_with("passwd") => Sort::Password,
        _ if last.ends_with("token") && last.len() > 7 => Sort::Maybe,
        _ => Sort::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_into_words_in_every_style() {
        assert_eq!(words("openaiApiKey"), ["openai", "api", "key"]);
        assert_eq!(words("OPENAI_API_KEY"), ["openai", "api", "key"]);
        assert_eq!(words("config.openai.api-key"), ["config", "openai", "api", "key"]);
        assert_eq!(words("XMLHttpToken"), ["xml", "http", "token"]);
    }

    #[test]
    fn credential_names_are_told_from_their_look_alikes() {
        for name in [
            "OPENAI_API_KEY",
            "clientSecret",
            "TELEGRAM_BOT_TOKEN",
            "auth_token",
            "SECRET_KEY_BASE",
            "api_key_2",
            "AZURE_ACCOUNT_KEY",
        ] {
            assert_eq!(sort(name), Sort::Secret, "{name}");
        }
        for name in ["DB_PASSWORD", "userPassword", "smtp.pass", "PGPASSWORD"] {
            assert_eq!(sort(name), Sort::Password, "{name}");
        }
        assert_eq!(sort("OPENAI_KEY"), Sort::Maybe);
        for name in [
            "max_tokens",
            "next_page_token",
            "authenticity_token",
            "PublicKeyToken",
            "pad_token",
            "primary_key",
            "public_key",
            "api_key_name",
            "secret_name",
            "password_field",
            "token_url",
            "tokenizer",
            "key",
            "cache_key",
            "SECRET_ARN",
            "credential_path",
            "revokeObjectURL",
            "sortKey",
            "API_KEY_HEADER",
            "token_type",
        ] {
            assert_eq!(sort(name), Sort::Other, "{name}");
        }
    }
}

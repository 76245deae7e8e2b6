//! Connection URLs with a password. Input: a text and the place of a scheme. Output: [`Login`], or why
//! it is none. Placeholders are dropped; a local or reserved host and a password out of a dictionary
//! are doubts, since such a value often opens something all the same.

use std::ops::Range;

use super::found::{Found, Rank};
use super::{sequence, value};
use crate::catalogue::credential::Kind;

/// User, password and host of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Login {
    /// Where the password stands.
    pub(super) password: Range<usize>,
    /// `user:password@host`: what is equal where the login is.
    pub(super) whole: Range<usize>,
    /// Host without port.
    pub(super) host: Range<usize>,
    /// What speaks against it.
    pub(super) doubts: Vec<&'static str>,
}

const DICTIONARY: &[&str] = &[
    "password",
    "postgres",
    "root",
    "admin",
    "secret",
    "pass",
    "test",
    "guest",
    "mysql",
    "redis",
    "mongo",
    "changeme",
    "user",
    "pwd",
    "passwd",
    "example",
    "rabbitmq",
    "neo4j",
    "letmein",
    "dev",
    "local",
    "app",
    "default",
    "qwerty",
    "welcome",
    "demo",
    "temp",
    "docker",
    "mongodb",
    "clickhouse",
    "postgresql",
    "sa",
    "elastic",
    "minio",
    "minioadmin",
    "langfuse",
    "litellm",
    "airflow",
    "temporal",
    "n8n",
    "dify",
    "supabase",
    "prisma",
    "django",
    "flask",
    "hunter2",
];

/// The login in the URL whose scheme stands at `at`.
pub(super) fn login(text: &str, at: usize) -> Result<Login, &'static str> {
    let bytes = text.as_bytes();
    let authority = at + memchr::memmem::find(&bytes[at..bytes.len().min(at + 40)], b"://").ok_or("no authority")? + 3;
    let stop = |b: &u8| *b <= b' ' || b"\"'`<>\\|^".contains(b);
    let length =
        bytes[authority..].iter().take(600).position(stop).unwrap_or(bytes.len().min(authority + 600) - authority);
    let rest = &bytes[authority..authority + length];
    // A password may hold `@`, `/` and `#` although it should not: the last `@` before the path wins.
    let first = rest.iter().position(|b| *b == b'@').ok_or("no user information")?;
    let path = rest.iter().skip(first).position(|b| matches!(b, b'/' | b'?')).map_or(rest.len(), |i| first + i);
    let last = rest[..path].iter().rposition(|b| *b == b'@').unwrap_or(first);
    let colon = rest[..last].iter().position(|b| *b == b':');
    // `nats://TOKEN@host`: a token stands where a user would.
    let alone = text[at..].starts_with("nats://") && is_token(&rest[..last]);
    let (colon, first) = match colon {
        Some(colon) => (colon, colon + 1),
        None if alone => (0, 0),
        None => return Err("no password"),
    };
    let password = authority + first..authority + last;
    let host_at = authority + last + 1;
    let host_len =
        rest[last + 1..].iter().take_while(|b| b.is_ascii_alphanumeric() || b"-._[%$({*".contains(b)).count();
    let host = host_at..host_at + host_len;
    let (user, secret) = (text.get(authority..authority + colon), text.get(password.clone()));
    let (Some(user), Some(secret), Some(name)) = (user, secret, text.get(host.clone())) else { return Err("no text") };
    if rest[..colon].contains(&b'/') {
        return Err("the @ stands in the path");
    }
    let mut doubts = judge(user, secret, name)?;
    // Where an account is named, no host is.
    if text[at..].starts_with("snowflake://") && name != "localhost" {
        doubts.retain(|doubt| *doubt != "local-host");
    }
    Ok(Login { password, whole: authority..host.end, host, doubts })
}

/// Whether user information without a colon is a token: long, of letters and digits.
fn is_token(word: &[u8]) -> bool {
    word.len() >= 20
        && word.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.~%".contains(b))
        && word.iter().any(u8::is_ascii_digit)
        && word.iter().any(u8::is_ascii_alphabetic)
}

fn judge(user: &str, secret: &str, host: &str) -> Result<Vec<&'static str>, &'static str> {
    let lower = |s: &str| s.to_ascii_lowercase();
    let (user, word, host) = (lower(user), lower(secret), lower(host));
    if secret.is_empty() || host.is_empty() {
        return Err("no password or host");
    }
    let slot = |s: &str| {
        s.contains(['{', '$', '<', '%', '(', '*']) && !s.bytes().any(|b| b == b'%' && !s.contains("%s") && percent(s))
    };
    if slot(&word)
        && (word.starts_with(['$', '{', '<', '(', '*']) || word.ends_with(['}', '>', ')', '*']) || word == "%s")
    {
        return Err("the password is computed");
    }
    if host.starts_with(['$', '{', '<', '%', '(', '*'])
        || matches!(host.as_str(), "host" | "hostname" | "server" | "dbhost" | "db_host" | "your-host" | "hostport")
        || host.starts_with("your")
    {
        return Err("the host is a placeholder");
    }
    let dictionary = DICTIONARY.contains(&word.as_str()) || word == user || word.len() < 4;
    let generic_user = matches!(
        user.as_str(),
        "user"
            | "username"
            | "usr"
            | "login"
            | "name"
            | "u"
            | "foo"
            | "<user>"
            | "db_user"
            | "dbuser"
            | "myuser"
            | "your_user"
            | "youruser"
    );
    let generic_word = matches!(
        word.as_str(),
        "pass"
            | "password"
            | "passwd"
            | "pwd"
            | "pw"
            | "p"
            | "secret"
            | "bar"
            | "token"
            | "x"
            | "xxx"
            | "pass123"
            | "password123"
            | "mypassword"
            | "mypass"
            | "db_password"
            | "dbpass"
    );
    if generic_user && generic_word || word.bytes().all(|b| matches!(b, b'x' | b'*' | b'.' | b'-' | b'_' | b'?')) {
        return Err("placeholder");
    }
    if !dictionary && let Some(reason) = value::no_secret(secret) {
        return Err(reason);
    }
    if secret.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') && secret.len() >= 4 {
        return Err("the name of a variable");
    }
    let mut doubts = Vec::new();
    if is_local(&host) {
        doubts.push("local-host");
    }
    if is_reserved(&host) {
        doubts.push("reserved-host");
    }
    let a_name = !secret.bytes().any(|b| b.is_ascii_digit()) && word.len() >= 8 && super::random::surprise(&word) < 4.4;
    if dictionary || a_name || sequence::doubt(&word).is_some() || is_words(&word) {
        doubts.push("dictionary-password");
    }
    Ok(doubts)
}

/// Whether every `%` begins a percent-encoded byte.
fn percent(s: &str) -> bool {
    s.match_indices('%')
        .all(|(i, _)| s.as_bytes().get(i + 1..i + 3).is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit)))
}

/// `user_password`, `testpass`, `dev-secret-1`: made of dictionary words and digits.
pub(super) fn is_words(word: &str) -> bool {
    let mut rest = word.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphabetic(), "");
    let mut known: Vec<&str> = DICTIONARY.iter().copied().filter(|k| k.len() >= 3).collect();
    known.sort_by_key(|k| std::cmp::Reverse(k.len()));
    for word in known {
        rest = rest.replace(word, "");
    }
    rest.len() <= 2
}

/// The system that a scheme speaks of.
pub(super) fn system(scheme: &str) -> Option<&'static str> {
    const SYSTEMS: &[(&str, &str)] = &[
        ("postgres", "postgres"),
        ("cockroach", "postgres"),
        ("mysql", "mysql"),
        ("mariadb", "mysql"),
        ("mongodb", "mongodb"),
        ("redis", "redis"),
        ("amqp", "rabbitmq"),
        ("clickhouse", "clickhouse"),
        ("sqlserver", "sqlserver"),
        ("mssql", "sqlserver"),
        ("oracle", "oracle"),
        ("neo4j", "neo4j"),
        ("bolt", "neo4j"),
        ("snowflake", "snowflake"),
        ("elasticsearch", "elasticsearch"),
        ("nats", "nats"),
        ("kafka", "kafka"),
        ("mqtt", "mqtt"),
    ];
    SYSTEMS.iter().find(|(start, _)| scheme.starts_with(start)).map(|(_, system)| *system)
}

/// This machine, a container network's service, a private name.
pub(super) fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches('[');
    host == "localhost"
        || host.starts_with("127.")
        || host.starts_with("0.0.0.0")
        || host.starts_with("::1")
        || host.ends_with(".localhost")
        || host.ends_with(".local")
        || host == "host.docker.internal"
        || !host.contains('.')
}

/// Names that nobody can own.
pub(super) fn is_reserved(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    [
        ".example",
        ".test",
        ".invalid",
        "example.com",
        "example.org",
        "example.net",
        "example.io",
        "domain.com",
        "mycompany.com",
        "company.com",
        "acme.com",
        "foo.com",
        "bar.com",
    ]
    .iter()
    .any(|end| host.ends_with(end))
}

/// The credential of `kind` in the URL whose scheme stands at `hit`.
pub(super) fn found(kind: &'static Kind, text: &str, hit: Range<usize>) -> Result<Found, &'static str> {
    let login = login(text, hit.start)?;
    let mut found = Found::literal(kind, text, login.password, Rank::Form);
    found.secret = text[login.whole].to_owned();
    found.host = Some(text[login.host].to_owned());
    found.provider = system(&text[hit]);
    Ok(found.doubting(login.doubts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubts(url: &str) -> Result<Vec<&'static str>, &'static str> {
        login(url, 0).map(|l| l.doubts)
    }

    #[test]
    fn placeholders_are_none_and_local_hosts_are_doubts() {
        let word = format!("{}{}", "kT9w", "Zq31x");
        let url = |user: &str, password: &str, host: &str| format!("postgresql://{user}:{password}@{host}:5432/app");
        assert_eq!(doubts(&url("app", &word, "db.acme-internal.net")), Ok(vec![]));
        assert_eq!(doubts(&url("app", &word, "localhost")), Ok(vec!["local-host"]));
        assert_eq!(doubts(&url("postgres", "postgres", "db")), Ok(vec!["local-host", "dictionary-password"]));
        assert_eq!(doubts(&url("app", &word, "db.example.com")), Ok(vec!["reserved-host"]));
        for (user, password, host) in [
            ("user", "password", "db.acme.net"),
            ("app", "${PASSWORD}", "db"),
            ("app", "{password}", "db"),
            ("app", "<password>", "db"),
            ("app", "your-password", "db"),
            ("app", "****", "db"),
            ("app", "x1y2z3", "{host}"),
            ("app", "PASSWORD", "db.acme.net"),
            ("user", "pass", "host"),
        ] {
            assert!(doubts(&url(user, password, host)).is_err(), "{user} {password} {host}");
        }
    }

    #[test]
    fn an_account_of_snowflake_is_no_local_host() {
        let word = format!("{}{}", "kT9w", "Zq31x");
        assert_eq!(doubts(&format!("snowflake://app:{word}@acme-analytics/db")), Ok(vec![]));
        assert_eq!(doubts(&format!("mysql://app:{word}@acme-analytics/db")), Ok(vec!["local-host"]));
    }

    #[test]
    fn a_nats_token_stands_alone() {
        let token = format!("{}{}", "kT9wZq31xL", "v7Bn2Rd8Hs");
        let text = format!("nats://{token}@nats.acme-internal.net:4222");
        assert_eq!(login(&text, 0).map(|l| text[l.password].to_owned()), Ok(token.clone()));
        for none in ["nats://gateway@nats.acme-internal.net".to_owned(), format!("ssh://{token}@acme-internal.net")] {
            assert_eq!(doubts(&none), Err("no password"), "{none}");
        }
    }

    #[test]
    fn a_password_may_hold_an_at_sign() {
        let text = format!("mysql://app:{}@db.acme-internal.net/x", "kT9@wZq1");
        let login = login(&text, 0).unwrap();
        assert_eq!(&text[login.password], "kT9@wZq1");
        assert_eq!(&text[login.host], "db.acme-internal.net");
    }

    #[test]
    fn an_at_sign_in_the_path_is_no_login() {
        assert!(login("https://host.net/a:b@c", 0).is_err());
    }
}

//! Connection strings: ADO.NET, ODBC, JDBC, libpq. Input: a text and a password inside it. Output: the
//! host that the string around it names, which is what makes it a connection string.

use std::ops::Range;

use super::url;

/// How far a string reaches to either side of its password.
const REACH: usize = 400;

/// Names under which such strings give the host.
const HOSTS: &[&str] =
    &["server", "source", "datasource", "host", "hostname", "addr", "address", "hostaddr", "endpoint"];

/// The host in the string around `value`, whose name begins at `name`.
pub(super) fn host(text: &str, name: usize, value: &Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let stop = |b: &u8| matches!(b, b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'<' | b'>');
    let before = bytes[..name].iter().rev().take(REACH).take_while(|b| !stop(b)).count();
    let behind = bytes[value.end..].iter().take(REACH).take_while(|b| !stop(b)).count();
    let whole = name - before..value.end + behind;
    let shown = text.get(whole.clone())?;
    let parted = shown.contains(';') || shown.contains("://") || shown.contains("dbname=") || shown.contains("user=");
    let mut at = whole.start;
    for piece in shown.split_inclusive([';', '?', '&', ' ']).filter(|_| parted) {
        let start = at;
        at += piece.len();
        // The first name may stand behind the variable's: `DATABASE=Server=db`.
        for (equals, _) in piece.match_indices('=').take(2) {
            let key = piece[..equals].rsplit('=').next().unwrap_or("");
            if HOSTS.contains(&key.trim().to_ascii_lowercase().as_str()) {
                return named(text, start + equals + 1);
            }
        }
    }
    let slashes = shown.find("://")?;
    let scheme = shown[..slashes].rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '+').next().unwrap_or("");
    (shown[..slashes].contains("jdbc:") || url::system(scheme).is_some()).then_some(())?;
    named(text, whole.start + slashes + 3)
}

/// The host at `at`, without protocol, instance and port.
fn named(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let at = at + bytes[at..].iter().take_while(|b| **b == b' ').count();
    let at = if bytes[at..].starts_with(b"tcp:") { at + 4 } else { at };
    let len = bytes[at..].iter().take(120).take_while(|b| b.is_ascii_alphanumeric() || b".-_()[".contains(b)).count();
    (len > 0).then_some(at..at + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_in_every_dialect() {
        for (text, expected) in [
            ("Server=tcp:db.acme.net,1433;User Id=a;Password=VALUE;Encrypt=true", Some("db.acme.net")),
            ("Data Source=db.acme.net;Initial Catalog=x;Password=VALUE", Some("db.acme.net")),
            ("Password=VALUE;User=a;Host=db.acme.net", Some("db.acme.net")),
            ("jdbc:postgresql://db.acme.net:5432/x?user=a&Password=VALUE", Some("db.acme.net")),
            ("jdbc:sqlserver://db.acme.net:1433;user=a;Password=VALUE;", Some("db.acme.net")),
            ("postgresql://db.acme.net/x?user=a&Password=VALUE", Some("db.acme.net")),
            ("https://api.acme.net/x?user=a&Password=VALUE", None),
            ("host=db.acme.net dbname=x user=a Password=VALUE", Some("db.acme.net")),
            ("DB=Server=db.acme.net;uid=a;Password=VALUE", Some("db.acme.net")),
            ("Driver={ODBC Driver 18};SERVER=db.acme.net;UID=a;Password=VALUE", Some("db.acme.net")),
            ("User=a;Password=VALUE", None),
            ("Password=VALUE", None),
        ] {
            let name = text.find("Password").unwrap();
            let value = text.find("VALUE").unwrap();
            let found = host(text, name, &(value..value + 5));
            assert_eq!(found.map(|h| &text[h]), expected, "{text}");
        }
    }
}

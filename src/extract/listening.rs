//! Where servers listen and which programs serve. Input: an address or a host as it is written. Output: the
//! host's part of it, and whether other machines reach it.

/// Programs that serve a module over HTTP: `uvicorn app.main:app`.
pub(crate) const SERVERS: &[&str] = &["uvicorn", "gunicorn", "hypercorn", "granian", "daphne"];

/// Interpreters whose program may be a server itself: `python server.py --host 0.0.0.0`.
pub(crate) const INTERPRETERS: &[&str] = &["python", "python3", "node", "tsx", "ts-node", "bun", "deno"];

/// The host's part of `host:port`; empty for `:port`, which is every interface. An address of version 6 has
/// colons of its own, and its port only behind brackets.
pub(crate) fn of_address(address: &str) -> &str {
    let address = address.trim();
    if let Some(rest) = address.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    match address.split_once(':') {
        Some((host, port)) if !port.contains(':') => host,
        _ => address,
    }
}

/// Whether other machines reach what listens on `host` by `transport`.
pub(crate) fn reachable(transport: &str, host: Option<&str>) -> &'static str {
    match (transport, host.map(str::trim)) {
        ("stdio", _) => "no",
        (_, Some("0.0.0.0" | "::" | "" | "*")) => "yes",
        (_, Some(host)) if host == "localhost" || host == "::1" || host.starts_with("127.") => "no",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_machines_reach() {
        assert_eq!(reachable("http", Some("0.0.0.0")), "yes");
        assert_eq!(reachable("http", Some(of_address(":8080"))), "yes");
        assert_eq!(reachable("http", Some(of_address("[::]:80"))), "yes");
        assert_eq!(reachable("http", Some(of_address("::"))), "yes");
        assert_eq!(reachable("http", Some(of_address("::1"))), "no");
        assert_eq!(reachable("http", Some(of_address("localhost:80"))), "no");
        assert_eq!(reachable("http", Some("127.0.0.2")), "no");
        assert_eq!(reachable("http", Some("args.host")), "unknown");
        assert_eq!(reachable("stdio", Some("0.0.0.0")), "no");
    }
}

//! Servers that a command line starts for other machines. Input: the words of a command. Output: an
//! [`Endpoint`] of form `command`, which the graph joins with what the command's module serves, or of the
//! form of a program that serves agents or tool servers by itself.

use super::listening::{INTERPRETERS, SERVERS, of_address, reachable};
use crate::facts::{Endpoint, Sym};

/// Flags that hold a host or an address.
const HOSTS: &[&str] = &["--host", "--bind", "-b", "--server.address", "--server-name", "--sse-host", "--address"];

/// What programs serve by themselves: program, subcommands, framework, form.
/// <https://google.github.io/adk-docs/api-reference/cli/>, <https://gofastmcp.com/deployment/running-server>,
/// <https://docs.langchain.com/langsmith/cli>, <https://github.com/sparfenyuk/mcp-proxy> (2026-11-25).
const OWN: &[(&str, &[&str], &str, &str)] = &[
    ("adk", &["web", "api_server"], "google-adk", "agent-http"),
    ("langgraph", &["dev"], "langgraph", "agent-http"),
    ("fastmcp", &["run"], "mcp-server", "mcp"),
    ("mcp-proxy", &[], "mcp-server", "mcp"),
];

/// The server that `words` start, when they say that it listens on more than loopback.
pub(crate) fn endpoint(words: &[String]) -> Option<Endpoint> {
    let all: Vec<&str> =
        words.iter().flat_map(|word| word.split_whitespace()).map(unwrapped).filter(|word| !word.is_empty()).collect();
    all.split(|word| matches!(*word, "&&" | "||" | "|" | ";" | "&")).find_map(one)
}

/// A word without the marks of a list of words around it; the brackets of an address are its own.
fn unwrapped(word: &str) -> &str {
    let bare = word.trim_matches(['"', '\'', ',']);
    if bare.starts_with('[') && bare.contains("]:") { bare } else { bare.trim_matches(['"', '\'', '[', ']', ',']) }
}

fn one(command: &[&str]) -> Option<Endpoint> {
    let base = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let bare: Vec<&&str> = command.iter().filter(|word| !word.starts_with('-')).collect();
    let has = |name: &str| bare.iter().position(|word| base(word) == name);
    let own = OWN.iter().find(|(program, subcommands, ..)| {
        has(program)
            .is_some_and(|at| subcommands.is_empty() || bare.get(at + 1).is_some_and(|w| subcommands.contains(w)))
    });
    let host = host(command);
    let (framework, form, host) = match own {
        Some((_, _, framework, form)) => (*framework, *form, host?),
        // `fastapi run` listens on every interface unless it is told otherwise.
        None if has("fastapi").is_some_and(|at| bare.get(at + 1) == Some(&&"run")) => {
            ("http-server", "command", host.unwrap_or_else(|| "0.0.0.0".to_owned()))
        }
        None if SERVERS.iter().any(|server| has(server).is_some()) => ("http-server", "command", host?),
        None if INTERPRETERS.iter().chain(&["uv"]).any(|program| has(program).is_some()) => {
            ("http-server", "command", host?)
        }
        None if speaks_mcp(command, &bare) => ("mcp-server", "mcp", host?),
        None => return None,
    };
    let transport = transport(command);
    if framework == "mcp-server" && transport == "stdio" {
        return None;
    }
    let open = reachable("http", Some(of_address(&host))) == "yes";
    open.then(|| Endpoint {
        form: Sym::new(form),
        framework: Sym::new(framework),
        transport: Sym::new(if framework == "mcp-server" { transport } else { "http" }),
        reachable: Sym::new("yes"),
        host: Some(Sym::from(host)),
        ..Endpoint::default()
    })
}

/// Whether a program of whatever name is told to be a tool server for others: only those speak by these transports.
fn speaks_mcp(command: &[&str], bare: &[&&str]) -> bool {
    match ["--transport", "-t"].iter().find_map(|flag| value(command, flag)) {
        Some("sse" | "streamable-http" | "streamable_http" | "streamablehttp") => true,
        Some("http") => bare.iter().any(|word| word.contains("mcp")),
        _ => false,
    }
}

/// The value of a flag for a host, `${HOST:-0.0.0.0}` as its default.
fn host(command: &[&str]) -> Option<String> {
    let given = HOSTS.iter().find_map(|flag| value(command, flag))?;
    let default = given.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')?.split_once(":-"));
    Some(default.map_or(given, |(_, default)| default).to_owned())
}

fn value<'w>(command: &[&'w str], flag: &str) -> Option<&'w str> {
    command.iter().enumerate().find_map(|(at, word)| {
        if *word == flag {
            return command.get(at + 1).copied();
        }
        word.strip_prefix(flag)?.strip_prefix('=')
    })
}

fn transport(command: &[&str]) -> &'static str {
    match ["--transport", "-t"].iter().find_map(|flag| value(command, flag)) {
        Some("http" | "streamable-http" | "streamable_http" | "streamablehttp") => "http",
        Some("sse") => "sse",
        Some("stdio") => "stdio",
        // The proxy listens for server-sent events, FastMCP speaks to its standard input.
        _ if command.iter().any(|word| word.ends_with("mcp-proxy")) => "sse",
        _ => "stdio",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        endpoint(&[line.to_owned()]).map_or_else(
            || "-".to_owned(),
            |e| format!("{} {} {} {}", e.framework, e.form, e.transport, e.host.map_or("-", Sym::as_str)),
        )
    }

    #[test]
    fn servers_on_every_interface() {
        assert_eq!(shown("uvicorn agent:app --host 0.0.0.0 --port 80"), "http-server command http 0.0.0.0");
        assert_eq!(
            shown("sh -c \"alembic upgrade head && uvicorn a:b --host=0.0.0.0\""),
            "http-server command http 0.0.0.0"
        );
        assert_eq!(shown("uv run gunicorn -b 0.0.0.0:8000 a:b"), "http-server command http 0.0.0.0:8000");
        assert_eq!(shown("uvicorn a:b --host ::"), "http-server command http ::");
        assert_eq!(shown("gunicorn -b [::]:8000 a:b"), "http-server command http [::]:8000");
        assert_eq!(shown("fastapi run main.py"), "http-server command http 0.0.0.0");
        assert_eq!(shown("exec adk web --host 0.0.0.0 --port 8080"), "google-adk agent-http http 0.0.0.0");
        assert_eq!(shown("fastmcp run s.py --transport http --host 0.0.0.0"), "mcp-server mcp http 0.0.0.0");
        assert_eq!(shown("python server.py --host ${HOST:-0.0.0.0}"), "http-server command http 0.0.0.0");
        assert_eq!(shown("/app/tools --transport sse --address 0.0.0.0:8000"), "mcp-server mcp sse 0.0.0.0:8000");
        assert_eq!(shown("orders-mcp --transport=http --host=0.0.0.0"), "mcp-server mcp http 0.0.0.0");
    }

    #[test]
    fn what_listens_on_loopback_or_not_at_all() {
        for line in [
            "uvicorn a:b",
            "uvicorn a:b --host 127.0.0.1",
            "uvicorn a:b --host ::1",
            "adk web",
            "adk deploy cloud_run --host 0.0.0.0",
            "fastapi dev main.py",
            "fastmcp run s.py --host 0.0.0.0",
            "redis-server --bind 0.0.0.0",
            "python -m worker",
            "sender --transport http --host 0.0.0.0",
            "/app/tools --transport sse --address localhost:8000",
        ] {
            assert_eq!(shown(line), "-", "{line}");
        }
    }
}

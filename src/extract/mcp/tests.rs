use super::READER;
use crate::extract::{coding_agents, trial};
use crate::facts::{AsRecord, Fact, RefKind, Server};
use crate::parse::Kind;

fn servers(path: &str, kind: Kind, text: &str) -> Vec<Server> {
    let mut facts: Vec<Fact> = trial::facts(&coding_agents::READER, path, kind, text);
    facts.extend(trial::facts(&READER, path, kind, text));
    facts.iter().filter_map(|f| Server::of(&f.kind)).cloned().collect()
}

#[test]
fn a_project_server_with_its_environment() {
    let text = r#"{"mcpServers": {"gh": {"command": "npx", "args": ["-y", "@a/server-github"],
        "env": {"GITHUB_TOKEN": "${GITHUB_TOKEN}", "LOG": "1"}}}}"#;
    let server = servers(".mcp.json", Kind::Json, text).remove(0);
    assert_eq!((&*server.name, &*server.client, &*server.transport), ("gh", "claude-code", "stdio"));
    assert_eq!((server.package.as_deref(), server.unpinned), (Some("@a/server-github"), Some(true)));
    assert!(server.holds_credential);
    let from = server.env[0].from.unwrap();
    assert_eq!((from.kind, &*from.name), (RefKind::Env, "GITHUB_TOKEN"));
    assert_eq!(server.command.as_deref(), Some("npx -y @a/server-github"));
}

#[test]
fn every_client_has_its_own_shape() {
    let cases: &[(&str, Kind, &str, &str)] = &[
        (
            ".vscode/mcp.json",
            Kind::Json,
            r#"{"inputs":[{"type":"promptString","id":"k","password":true}],"servers":{"a":{"type":"http","url":"https://u:p@x.io/mcp?key=1","headers":{"Authorization":"Bearer ${input:k}"}}}}"#,
            "a vscode http https://x.io/mcp true",
        ),
        (
            ".codex/config.toml",
            Kind::Toml,
            "[mcp_servers.b]\nurl = 'https://x.io/mcp'\nbearer_token_env_var = 'B_TOKEN'\n",
            "b codex http https://x.io/mcp true",
        ),
        (
            "opencode.json",
            Kind::Json,
            r#"{"mcp":{"c":{"type":"local","command":["bunx","c-mcp@1.0.0"],"environment":{"A":"b"}},"off":{"command":["x"],"enabled":false}}}"#,
            "c opencode stdio - false",
        ),
        (
            ".gemini/settings.json",
            Kind::Json,
            r#"{"mcpServers":{"d":{"httpUrl":"http://localhost:8080/mcp","trust":true}}}"#,
            "d gemini-cli http http://localhost:8080/mcp false",
        ),
        (
            ".continue/mcpServers/e.yaml",
            Kind::Yaml,
            "mcpServers:\n  - name: e\n    command: uvx\n    args: [e-mcp]\n",
            "e continue stdio - false",
        ),
        (
            "goose/config.yaml",
            Kind::Yaml,
            "extensions:\n  f:\n    type: stdio\n    cmd: uvx\n    args: [f]\n    env_keys: [F_API_KEY]\n",
            "f goose stdio - true",
        ),
        (
            ".zed/settings.json",
            Kind::Json,
            r#"{"context_servers":{"g":{"command":{"path":"npx","args":["g@2.0.0"],"env":{}}}}}"#,
            "g zed stdio - false",
        ),
        (
            "conf/mcp_agent.config.yaml",
            Kind::Yaml,
            "mcp:\n  servers:\n    h:\n      command: npx\n      args: [h]\n",
            "h unknown stdio - false",
        ),
        (
            "manifest.json",
            Kind::Json,
            r#"{"server":{"mcp_config":{"command":"node","args":["a.js"],"env":{"API_KEY":"${user_config.api_key}"}}}}"#,
            " claude-desktop stdio - true",
        ),
        (
            "setup.sh",
            Kind::Shell,
            "cat > ~/.cursor/mcp.json <<EOF\n{\"mcpServers\": {\"i\": {\"url\": \"https://x.io/sse\"}}}\nEOF\n",
            "i cursor sse https://x.io/sse false",
        ),
        (
            ".cursor/mcp.json",
            Kind::Json,
            r#"{"mcpServers":{"j":{"command":"docker","args":["run","-i","-e","J_TOKEN","ghcr.io/j/j"]}}}"#,
            "j cursor stdio - true",
        ),
    ];
    for (path, kind, text, expected) in cases {
        let found = servers(path, *kind, text);
        assert_eq!(found.len(), 1, "{path}");
        let s = &found[0];
        let url = s.url.map_or("-", |u| u.as_str());
        assert_eq!(
            &format!("{} {} {} {url} {}", s.name, s.client, s.transport, s.holds_credential),
            expected,
            "{path}"
        );
    }
}

#[test]
fn approvals_and_credentials_in_arguments() {
    let text = format!(
        r#"{{"mcpServers":{{"a":{{"command":"npx","args":["-y","x","--api-key","{}"],"alwaysAllow":["read","*"]}},
        "b":{{"command":"npx x --port 1","autoApprove":["t"]}}}}}}"#,
        "v".repeat(12)
    );
    let found = servers(".roo/mcp.json", Kind::Json, &text);
    assert_eq!(found[0].auto_approved.iter().map(|s| s.as_str()).collect::<Vec<_>>(), ["read", "*"]);
    assert!(found[0].holds_credential);
    assert_eq!(found[0].command.as_deref(), Some("npx -y x --api-key ***"));
    assert_eq!((found[1].package.as_deref(), found[1].holds_credential), (Some("x"), false));
}

#[test]
fn a_schema_that_describes_servers_declares_none() {
    let schema =
        r#"{"properties":{"mcpServers":{"type":"object","additionalProperties":{"command":{"type":"string"}}}}}"#;
    assert!(servers("schema.json", Kind::Json, schema).is_empty());
    assert!(servers("package.json", Kind::Json, r#"{"mcp":{"x":1},"servers":2}"#).is_empty());
}

#[test]
fn servers_deep_in_schemas_and_recordings_are_not_parsed_for() {
    let key = |text: &str| super::shallow_key(text, &super::KEYS);
    assert!(key(r#"{"a": "}{", "mcpServers": {}}"#));
    assert!(key(r#"{"server": {"mcp_config": {"command": "x"}}}"#));
    assert!(key("{ mcpServers: {} }") && key("{ 'mcpServers' : {} }"));
    assert!(!key(r#"{"tables": {"public.t": {"mcp_servers": {"name": "mcp_servers"}}}}"#));
    assert!(!key(r#"{"text": "say \"mcpServers\" to me"}"#));
    assert!(!key(r#"{"open"#));
}

use super::{COMMAND_LINES, READER};
use crate::extract::trial;
use crate::facts::{Agent, AsRecord, Switch};
use crate::parse::Kind;

fn switches(path: &str, kind: Kind, text: &str) -> Vec<String> {
    let mut facts = trial::facts(&READER, path, kind, text);
    facts.extend(trial::facts(&COMMAND_LINES, path, kind, text));
    let shown = |s: &Switch| format!("{} {}={} {} {} {}", s.client, s.key, s.value, s.effect, s.covers, s.honoured);
    facts.iter().filter_map(|f| Switch::of(&f.kind)).map(shown).collect()
}

fn agents(path: &str, kind: Kind, text: &str) -> Vec<Agent> {
    trial::facts(&READER, path, kind, text).iter().filter_map(|f| Agent::of(&f.kind)).cloned().collect()
}

#[test]
fn switches_of_the_clients() {
    let cases: &[(&str, Kind, &str, &[&str])] = &[
        (
            ".claude/settings.json",
            Kind::Json,
            r#"{"permissions":{"defaultMode":"bypassPermissions","allow":["Bash","Read(./docs/**)"]}}"#,
            &[
                "claude-code permissions.defaultMode=bypassPermissions auto-approve all unknown",
                "claude-code permissions.allow=Bash auto-approve shell yes",
            ],
        ),
        (
            ".vscode/settings.json",
            Kind::Json,
            "{\"chat.tools.global.autoApprove\": true, // x\n}",
            &["vscode chat.tools.global.autoApprove=true auto-approve all yes"],
        ),
        (
            ".codex/config.toml",
            Kind::Toml,
            "approval_policy = \"never\"\n",
            &["codex approval_policy=never auto-approve all yes"],
        ),
        (".codex/config.toml", Kind::Toml, "approval_policy = \"never\"\nsandbox_mode = \"read-only\"\n", &[]),
        (
            "opencode.json",
            Kind::Json,
            r#"{"permission":{"bash":{"*":"allow","rm":"deny"},"edit":"ask"}}"#,
            &["opencode permission.bash.*=allow auto-approve shell yes"],
        ),
        (
            ".cursor/permissions.json",
            Kind::Json,
            r#"{"mcpAllowlist":["*:*"],"terminalAllowlist":["git"]}"#,
            &["cursor mcpAllowlist=*:* auto-approve servers yes"],
        ),
        (
            ".claude/commands/x.md",
            Kind::Markdown,
            "---\nallowed-tools: Bash(git:*), Bash\n---\nhi\n",
            &["claude-code allowed-tools=Bash auto-approve shell unknown"],
        ),
        (
            "run.sh",
            Kind::Shell,
            "claude --dangerously-skip-permissions \\\n  -p \"x\"\necho --yolo\n",
            &["claude-code --dangerously-skip-permissions= auto-approve all yes"],
        ),
        (
            "package.json",
            Kind::Json,
            r#"{"scripts":{"fix":"codex exec --full-auto 'x'"}}"#,
            &["codex --full-auto= auto-approve edit yes"],
        ),
        ("docs.md", Kind::Markdown, "claude --dangerously-skip-permissions -p\n", &[]),
    ];
    for (path, kind, text, expected) in cases {
        assert_eq!(&switches(path, *kind, text), expected, "{path}");
    }
}

#[test]
fn narrow_permissions_are_no_switch() {
    let text = r#"{"permissions":{"allow":["Bash(npm run test:*)","Bash(git *)","mcp__github__get_issue","WebFetch(domain:x.io)"]}}"#;
    assert!(switches(".claude/settings.json", Kind::Json, text).is_empty());
    assert!(agents(".claude/settings.json", Kind::Json, text).is_empty());
}

#[test]
fn hooks_and_questions_are_gates() {
    let text = r#"{"hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[{"type":"command","command":"check"}]}],
        "PostToolUse":[{"hooks":[]}]},"permissions":{"ask":["Bash(git push:*)"]},"apiKeyHelper":"vault read"}"#;
    let agent = agents(".claude/settings.json", Kind::Json, text).remove(0);
    let gates: Vec<_> = agent.gates.iter().map(|g| (g.name.as_str(), g.value.as_str())).collect();
    assert_eq!(gates, [("Bash", "PreToolUse hook"), ("Bash(git push:*)", "permissions.ask")]);
    assert_eq!(&*agent.credentials[0].name, "apiKeyHelper");
}

#[test]
fn sub_agents_have_names_models_and_tools() {
    let text = "---\nname: reviewer\ndescription: Use this: always\ntools: Read, Bash(git diff:*)\nmodel: opus\n---\nYou review.\n";
    let agent = agents(".claude/agents/reviewer.md", Kind::Markdown, text).remove(0);
    assert_eq!((&*agent.name, &*agent.framework, agent.model.as_deref()), ("reviewer", "claude-code", Some("opus")));
    assert_eq!(agent.tool_names.iter().map(|t| t.as_str()).collect::<Vec<_>>(), ["Read", "Bash(git diff:*)"]);
    let all = agents(".claude/agents/a.md", Kind::Markdown, "---\nname: a\n---\n").remove(0);
    assert_eq!(all.tool_names.iter().map(|t| t.as_str()).collect::<Vec<_>>(), ["*"]);
}

#[test]
fn scripts_write_the_settings_of_agents() {
    let image = "FROM x\nRUN mkdir -p ~/.claude && \\\n    echo '{\"permissions\": {\"defaultMode\": \"bypassPermissions\"}}' > ~/.claude/settings.json\n";
    let found = super::super::trial::facts(&super::COMMAND_LINES, "Dockerfile", Kind::Dockerfile, image);
    let keys: Vec<_> =
        found.iter().filter_map(crate::facts::Fact::get::<Switch>).map(|s| s.value.to_string()).collect();
    assert_eq!(keys, ["bypassPermissions"]);
    let looks = "grep -q bypassPermissions ~/.claude/settings.json\n# defaultMode bypassPermissions\n";
    let found = super::super::trial::facts(&super::COMMAND_LINES, "check.sh", Kind::Shell, looks);
    assert!(found.is_empty());
}

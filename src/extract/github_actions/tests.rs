use super::*;
use crate::extract::trial;
use crate::facts::{Agent, AsRecord, Credential, Fact, Grant, Issuance, Switch, Trust, Use};

fn facts(text: &str) -> Vec<Fact> {
    trial::facts(&READER, ".github/workflows/desk.yml", Kind::Yaml, text)
}

fn all<T: AsRecord + Clone>(facts: &[Fact]) -> Vec<T> {
    facts.iter().filter_map(|f| f.get::<T>().cloned()).collect()
}

const ASSISTANT: &str = "name: desk
on:
  issue_comment:
    types: [created]
jobs:
  answer:
    if: contains(github.event.comment.body, '@desk')
    runs-on: ubuntu-latest
    permissions:
      contents: write
      id-token: write
    steps:
      - uses: actions/checkout@v4
      - name: Answer
        uses: anthropics/claude-code-action@v1
        with:
          anthropic_api_key: ${{ secrets.MODEL_KEY }}
          claude_args: |
            --allowedTools \"Bash,Edit,mcp__docs__search\"
            --max-turns 8
";

#[test]
fn an_agent_action_is_an_agent_in_a_job_with_a_token() {
    let facts = facts(ASSISTANT);
    let agent = all::<Agent>(&facts).remove(0);
    assert_eq!((agent.name.as_str(), agent.framework.as_str()), ("Answer", "claude-code"));
    assert_eq!(agent.tool_names, ["Bash", "Edit", "mcp__docs__search"].map(Sym::new));
    assert_eq!(agent.limited, Some(true));
    assert_eq!(agent.credentials[0].name, "secrets.MODEL_KEY");
    let workload = all::<Workload>(&facts).remove(0);
    assert_eq!(workload.agent_hint, Some(Sym::new("agent step: claude-code")));
    let grant = all::<Grant>(&facts).remove(0);
    assert!(grant.writes && !grant.administrator);
    assert_eq!(grant.holder.unwrap().name, workload.runs_as.unwrap().name);
    let held = all::<Credential>(&facts).remove(0);
    assert_eq!((held.provider.as_str(), held.held.as_str()), ("anthropic", "manager"));
}

#[test]
fn the_vendors_own_check_is_a_gate_until_an_input_opens_it() {
    let trust = all::<Trust>(&facts(ASSISTANT)).remove(0);
    assert!(!trust.anyone && trust.gate.unwrap().contains("asks for write access"));
    let opened =
        ASSISTANT.replace("          claude_args", "          allowed_non_write_users: \"*\"\n          claude_args");
    let trust = all::<Trust>(&facts(&opened)).remove(0);
    assert!(trust.anyone && trust.gate.is_none());
    assert_eq!(trust.principals, ["issue_comment", "allowed_non_write_users: *"].map(Sym::new));
}

#[test]
fn gemini_always_runs_unasked_and_without_a_check() {
    let text = ASSISTANT.replace("anthropics/claude-code-action@v1", "google-github-actions/run-gemini-cli@v0");
    let facts = facts(&text);
    let switch = all::<Switch>(&facts).remove(0);
    assert_eq!((switch.effect.as_str(), switch.covers.as_str()), ("auto-approve", "all"));
    assert!(all::<Trust>(&facts)[0].anyone);
}

#[test]
fn programs_in_scripts_are_agents_and_their_flags_are_switches() {
    let text = "on: [push]\njobs:\n  fix:\n    runs-on: x\n    permissions: write-all\n    env:\n      ANTHROPIC_API_KEY: ${{ secrets.K }}\n    steps:\n      - run: |\n          npm i -g @anthropic-ai/claude-code\n          claude -p \"go\" --dangerously-skip-permissions\n";
    let facts = facts(text);
    let agent = all::<Agent>(&facts).remove(0);
    assert_eq!(agent.framework, "claude-code");
    assert_eq!(agent.credentials[0].name, "secrets.K");
    let switch = facts.iter().find(|f| f.get::<Switch>().is_some()).unwrap();
    assert_eq!(switch.at.line, 11);
    let grant = all::<Grant>(&facts).remove(0);
    assert!(grant.administrator);
    assert!(!all::<Trust>(&facts)[0].anyone);
}

#[test]
fn a_job_that_needs_a_gated_one_is_gated() {
    let text = "on: issue_comment\njobs:\n  ask:\n    runs-on: x\n    if: github.event.comment.author_association == 'MEMBER'\n    steps: []\n  act:\n    needs: ask\n    runs-on: x\n    steps:\n      - run: codex exec \"x\"\n";
    let trusts = all::<Trust>(&facts(text));
    assert!(trusts.iter().all(|t| !t.anyone));
    assert_eq!(trusts[1].gate, Some(Sym::new("author association in ask")));
}

#[test]
fn persons_tokens_are_persons() {
    let text = ASSISTANT
        .replace("anthropic_api_key: ${{ secrets.MODEL_KEY }}", "claude_code_oauth_token: ${{ secrets.CLAUDE_CODE_OAUTH_TOKEN }}\n          github_token: ${{ secrets.ANNA_PAT }}");
    let people: Vec<Identity> = all::<Identity>(&facts(&text)).into_iter().filter(|i| i.human).collect();
    assert_eq!(people.iter().map(|i| i.form.as_str()).collect::<Vec<_>>(), ["person", "github-pat"]);
    let workload = all::<Workload>(&facts(&text)).remove(0);
    assert_eq!(workload.runs_as.unwrap().name, "secrets.ANNA_PAT");
}

#[test]
fn app_tokens_are_revoked_unless_told_not_to() {
    let step = |extra: &str| {
        format!(
            "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/create-github-app-token@v2\n        with:\n          app-id: 1\n          private-key: ${{{{ secrets.KEY }}}}\n{extra}"
        )
    };
    let read = |text: String| all::<Issuance>(&facts(&text)).remove(0).revocation;
    assert_eq!(read(step("")), "automatic");
    assert_eq!(read(step("          skip-token-revoke: true\n")), "none");
}

#[test]
fn third_party_actions_with_secrets_say_how_they_are_pinned() {
    let text = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: acme/notify@main\n        with: {token: \"${{ secrets.T }}\"}\n      - uses: acme/notify@0123456789012345678901234567890123456789\n        with: {token: \"${{ secrets.T }}\"}\n      - uses: acme/lint@main\n";
    let uses = all::<Use>(&facts(text));
    assert_eq!(uses.iter().map(|u| u.passes[1].as_str()).collect::<Vec<_>>(), ["pinned-by-branch", "pinned-by-digest"]);
}

#[test]
fn a_workflow_without_permissions_says_nothing_of_its_token() {
    let text = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: python ./scripts/desk.py\n        working-directory: tools\n";
    let facts = facts(text);
    assert!(all::<Grant>(&facts).is_empty());
    assert_eq!(all::<Workload>(&facts)[0].entry, [Sym::new("tools/scripts/desk.py")]);
}

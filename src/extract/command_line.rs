//! Agents on command lines: a program that is one, and the flags that switch its approval or sandbox
//! off. Input: a script or an argument string. Output: programs and switches with their offsets.

use crate::catalogue::cloud::{AGENT_PROGRAMS, AgentProgram, COMMAND_SWITCHES, CommandSwitch};

/// Commands longer than this are no commands.
const LONGEST: usize = 16 * 1024;

/// Switches of one kind that are read.
const MOST: usize = 50;

/// The first program of a script that is an agent.
pub(crate) fn agent_program(script: &str) -> Option<&'static AgentProgram> {
    agent_programs(script).into_iter().next().map(|(_, program)| program)
}

/// The programs of a script that are agents, one a line, with the offset of the program's word.
pub(crate) fn agent_programs(script: &str) -> Vec<(usize, &'static AgentProgram)> {
    let mut out = Vec::new();
    for (start, line) in logical_lines(script) {
        if line.len() > LONGEST || line.trim_start().starts_with('#') {
            continue;
        }
        let found = AGENT_PROGRAMS.iter().find_map(|p| program_at(line, p).map(|at| (start + at, p)));
        out.extend(found);
    }
    out
}

/// Lines with those that a backslash continues joined to them, as (offset, text).
fn logical_lines(script: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= script.len() {
            return None;
        }
        let mut end = start;
        loop {
            let rest = &script[end..];
            let line = rest.find('\n').map_or(rest.len(), |at| at + 1);
            end += line;
            let body = rest[..line].trim_end();
            if !body.ends_with('\\') || end >= script.len() {
                break;
            }
        }
        let found = (start, &script[start..end]);
        start = end;
        Some(found)
    })
}

/// Where the program's first word stands as a command, with its other words behind it in order.
fn program_at(line: &str, program: &AgentProgram) -> Option<usize> {
    let (first, rest) = program.words.split_first()?;
    let mut from = 0;
    while let Some(found) = line[from..].find(first) {
        let at = from + found;
        from = at + first.len();
        if is_command(line, at, first.len()) && follow(&line[from..], rest) {
            return Some(at);
        }
    }
    None
}

/// Words behind which a command begins.
const LAUNCHERS: &[&str] = &[
    "",
    "&&",
    "||",
    "|",
    ";",
    "then",
    "do",
    "else",
    "if",
    "!",
    "time",
    "exec",
    "npx",
    "bunx",
    "uvx",
    "env",
    "sudo",
    "nohup",
    "timeout",
    "-y",
    "--yes",
    "run",
    "pnpm",
    "-m",
    "{",
    "dlx",
    "while",
    "-c",
    "xargs",
    "--",
    "RUN",
    "CMD",
    "ENTRYPOINT",
];

/// Programs that start the one named behind their own options: other users, sandboxes, terminals, containers, and
/// what hands out an environment.
const WRAPPERS: &[&str] = &[
    "srt",
    "sudo",
    "gosu",
    "su-exec",
    "runuser",
    "doas",
    "docker",
    "podman",
    "nerdctl",
    "docker-compose",
    "devcontainer",
    "tmux",
    "nice",
    "ionice",
    "stdbuf",
    "unbuffer",
    "xvfb-run",
    "timeout",
    "firejail",
    "bwrap",
    "caffeinate",
    "doppler",
    "op",
    "infisical",
    "dotenvx",
    "mise",
    "winpty",
    "setsid",
    "systemd-run",
];

/// Options of such programs that stand right before a command: they take no value.
const BARE_OPTIONS: &[&str] = &["-E", "-H", "-n", "-i", "-oL"];

/// Shells and terminals that run a text in quotes.
const TEXT_RUNNERS: &[&str] =
    &["bash", "sh", "zsh", "tmux", "su", "ssh", "script", "screen", "docker", "sudo", "watch"];

/// Whether the word at `at` is what the shell runs: alone between blanks, behind nothing, an operator,
/// an assignment or a launcher. `npm install -g claude` and `echo "codex exec"` are none.
fn is_command(line: &str, at: usize, length: usize) -> bool {
    let mut after = line[at + length..].chars();
    let before = &line[..at];
    let path = before.rsplit(|c: char| c.is_whitespace()).next().unwrap_or("");
    match after.next() {
        None => {}
        Some(c) if c.is_whitespace() => {}
        // `CMD ["claude", "-p"]`
        Some(quote @ ('"' | '\'')) => {
            let listed = path.ends_with(quote) && path[..path.len() - 1].ends_with('[');
            return listed && after.next() == Some(',');
        }
        // A package with its version: `npx @openai/codex@latest exec`.
        Some('@') if line[at..].starts_with('@') => {}
        Some(_) => return false,
    }
    // Inside `$(…)` or backquotes a command begins; inside plain quotes a text does.
    if let Some((_, inner)) = path.rsplit_once(['(', '`']) {
        return inner.is_empty() || inner.ends_with('/');
    }
    let command = before[..before.len() - path.len()].trim_end();
    if matches!(path, "\"" | "'") {
        return simple(command).split_whitespace().next().is_some_and(|word| TEXT_RUNNERS.contains(&base(word)));
    }
    if !path.is_empty() && (!path.ends_with('/') || path.starts_with(['"', '\''])) {
        return false;
    }
    let last = command.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or("");
    LAUNCHERS.contains(&last)
        || last.ends_with(';')
        || last.ends_with("&&")
        || is_assignment(last)
        || is_duration(command)
        || is_wrapped(simple(command), last)
}

/// The last simple command of what stands before: behind the last operator, without assignments.
fn simple(before: &str) -> &str {
    let start = before.rfind([';', '|', '&', '(', '`']).map_or(0, |at| at + 1);
    let mut rest = before[start..].trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '@' | '-'));
    while let Some((word, behind)) = rest.split_once(char::is_whitespace)
        && (is_assignment(word) || matches!(word, "RUN" | "CMD" | "exec" | "then" | "do" | "else" | "if" | "!"))
    {
        rest = behind.trim_start();
    }
    rest
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// Whether a wrapper's command begins behind `last`, which is no option that would take the word as its value.
fn is_wrapped(command: &str, last: &str) -> bool {
    let wrapper = command.split_whitespace().next().map(base);
    let takes = last.starts_with('-') && !BARE_OPTIONS.contains(&last) && !last.contains('=');
    // An image is built, pulled and removed under a name; what stands in it runs by `run` and `exec`.
    let container = wrapper.is_some_and(|w| matches!(w, "docker" | "podman" | "nerdctl" | "docker-compose"));
    let starts = || command.split_whitespace().any(|w| matches!(w, "run" | "exec"));
    wrapper.is_some_and(|w| WRAPPERS.contains(&w)) && !takes && (!container || starts())
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

/// `timeout 60 claude …`
fn is_duration(command: &str) -> bool {
    let mut words = command.split_whitespace().rev();
    let last = words.next().is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit()));
    last && words.next() == Some("timeout")
}

fn follow(rest: &str, words: &[&str]) -> bool {
    let end = rest.find(['|', ';']).unwrap_or(rest.len());
    let bare = |word| str::trim_matches(word, ['"', '\'', ',', '[', ']']);
    let mut given = rest[..end].split_whitespace().map(bare);
    words.iter().all(|word| given.any(|g| g == *word || g.split('=').next() == Some(word)))
}

/// The switches of an argument string, with their offsets. The longest flag at a place wins, a flag
/// inside a longer word is none.
pub(crate) fn switches(arguments: &str) -> Vec<(usize, &'static CommandSwitch)> {
    let mut out: Vec<(usize, &'static CommandSwitch)> = Vec::new();
    for switch in COMMAND_SWITCHES {
        for (at, _) in arguments.match_indices(switch.flag).take(MOST) {
            let end = at + switch.flag.len();
            let edge = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '-' || c == '_'));
            let own = edge(arguments[..at].chars().next_back()) && edge(arguments[end..].chars().next());
            let commented = arguments[..at].rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with('#'));
            if own && !commented {
                out.push((at, switch));
            }
        }
    }
    out.sort_by_key(|&(at, switch)| (at, std::cmp::Reverse(switch.flag.len())));
    out.dedup_by_key(|(at, _)| *at);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(script: &str) -> Option<&'static str> {
        agent_program(script).map(|p| p.framework)
    }

    #[test]
    fn a_program_is_one_where_a_command_stands() {
        assert_eq!(program("claude -p \"fix it\" --output-format json"), Some("claude-code"));
        assert_eq!(program("cd x && npx claude \\\n  -p \"fix\""), Some("claude-code"));
        assert_eq!(program("RESULT=$(codex exec --json \"x\")"), Some("codex"));
        assert_eq!(program("OUT=1 timeout 60 gemini --yolo -p x"), Some("gemini-cli"));
        assert_eq!(program("cat p.txt | claude -p"), Some("claude-code"));
    }

    #[test]
    fn launchers_start_the_program_that_stands_behind_them() {
        for script in [
            "srt claude --output-format=stream-json --dangerously-skip-permissions",
            "sudo -E -u node claude --dangerously-skip-permissions",
            "docker run --rm -v \"$PWD:/w\" agent-image claude --dangerously-skip-permissions",
            "docker compose exec app claude -p 'fix'",
            "doppler run -- claude -p x",
            "tmux new-session -d \"claude --dangerously-skip-permissions\"",
            "bash -c 'claude -p x'",
            "CMD [\"claude\", \"--dangerously-skip-permissions\"]",
            "npx -y @anthropic-ai/claude-code@latest -p x",
            "bunx @anthropic-ai/claude-code --dangerously-skip-permissions",
        ] {
            assert_eq!(program(script), Some("claude-code"), "{script}");
        }
        assert_eq!(program("npx @openai/codex@0.46 exec --full-auto x"), Some("codex"));
        assert_eq!(program("codex --dangerously-bypass-approvals-and-sandbox x"), Some("codex"));
    }

    #[test]
    fn a_container_or_a_session_may_be_called_like_one() {
        for script in [
            "docker run -d --name claude -p 8080:8080 image",
            "docker build -t claude -p .",
            "docker logs claude -p",
            "tmux kill-session -t claude -p",
            "ssh claude -p 22",
            "echo \"claude -p does it\"",
            "pip install claude -p",
        ] {
            assert_eq!(program(script), None, "{script}");
        }
    }

    #[test]
    fn installing_naming_or_mentioning_one_runs_none() {
        for script in [
            "npm install -g @anthropic-ai/claude-code",
            "npm install -g claude -p",
            "echo \"claude -p does it\"",
            "# claude -p",
            "grep -r claude -p .",
            "claude --version",
        ] {
            assert_eq!(program(script), None, "{script}");
        }
    }

    #[test]
    fn switches_are_whole_words_and_the_longest_wins() {
        let found = |text: &str| switches(text).into_iter().map(|(_, s)| s.flag).collect::<Vec<_>>();
        assert_eq!(found("--allow-all-tools --x"), ["--allow-all-tools"]);
        assert_eq!(found("codex --yolo\n# --full-auto"), ["--yolo"]);
        assert!(found("--yolo-not --no-dangerously-skip-permissions-at-all").is_empty());
    }
}

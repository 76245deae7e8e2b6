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

/// Whether the word at `at` is what the shell runs: alone between blanks, behind nothing, an operator,
/// an assignment or a launcher. `npm install -g claude` and `echo "codex exec"` are none.
fn is_command(line: &str, at: usize, length: usize) -> bool {
    let after = line[at + length..].chars().next();
    if after.is_some_and(|c| !c.is_whitespace()) {
        return false;
    }
    let before = &line[..at];
    let path = before.rsplit(|c: char| c.is_whitespace()).next().unwrap_or("");
    // Inside `$(…)` or backquotes a command begins; inside plain quotes a text does.
    if let Some((_, inner)) = path.rsplit_once(['(', '`']) {
        return inner.is_empty() || inner.ends_with('/');
    }
    if !path.is_empty() && (!path.ends_with('/') || path.starts_with(['"', '\''])) {
        return false;
    }
    let command = before[..before.len() - path.len()].trim_end();
    let last = command.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or("");
    const LAUNCHERS: &[&str] = &[
        "", "&&", "||", "|", ";", "then", "do", "else", "if", "!", "time", "exec", "npx", "bunx", "uvx", "env", "sudo",
        "nohup", "timeout", "-y", "--yes", "run", "pnpm", "-m", "{", "dlx", "while", "-c", "xargs",
    ];
    LAUNCHERS.contains(&last)
        || last.ends_with(';')
        || last.ends_with("&&")
        || is_assignment(last)
        || is_duration(command)
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
    let mut given = rest[..end].split_whitespace();
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

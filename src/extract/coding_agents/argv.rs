//! Agents that code starts as programs. Input: code with lists of arguments and command texts. Output: [`Switch`]
//! facts for the flags that take a question or a sandbox away. What the user of the program asks for by an option
//! of the same meaning is that user's choice, and left out.

use crate::catalogue::cloud::{AGENT_PROGRAMS, COMMAND_SWITCHES, CommandSwitch};
use crate::extract::command_line::{self, agent_programs};
use crate::extract::{Reader, Sink};
use crate::facts::Switch;
use crate::parse::code::ast::{Call, Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, values_of};
use crate::parse::value::{Expr, Node, Value};
use crate::parse::{Document, Kind, Part};
use crate::span::Span;

/// Reads the commands in code.
pub const READER: Reader = Reader { name: "argument-lists", reads, read };

/// Flags that no other program has.
const OWN: [&str; 2] = ["--dangerously-skip-permissions", "--dangerously-bypass-approvals-and-sandbox"];

/// Ways to start a program.
const STARTS: [&str; 12] = [
    "subprocess",
    "spawn",
    "child_process",
    "execa",
    "exec.Command",
    "execFile",
    "pexpect",
    "Popen",
    "ProcessBuilder",
    "Deno.Command",
    "ptyprocess",
    "docker",
];

/// Words of options by which a user asks for it, in conditions; of lists that forbid, in names.
const ASKED: [&str; 12] =
    ["skip", "danger", "yolo", "bypass", "auto", "permission", "approv", "force", "unsafe", "sandbox", "trust", "mode"];
const FORBIDS: [&str; 9] = ["block", "forbid", "deny", "denied", "danger", "unsafe", "disallow", "risky", "known"];

/// Calls whose argument is a list that grows.
const GROWS: [&str; 6] = ["extend", "push", "append", "concat", "insert", "unshift"];

/// Calls that run a text.
const RUNS: [&str; 16] = [
    "exec",
    "execSync",
    "execAsync",
    "spawn",
    "run",
    "system",
    "popen",
    "Popen",
    "check_output",
    "check_call",
    "call",
    "getoutput",
    "create_subprocess_shell",
    "send_keys",
    "sendText",
    "Command",
];

fn has(text: &str, word: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

fn reads(document: &Document<'_>) -> bool {
    let code = matches!(document.kind, Kind::Code(_)) && document.part == Part::Whole;
    code && COMMAND_SWITCHES.iter().any(|s| has(&document.text, s.flag.rsplit(' ').next().unwrap_or(s.flag)))
        && STARTS.iter().any(|s| has(&document.text, s))
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let Some(module) = document.module() else { return };
    let mut look = Look { text: &document.text, found: Vec::new() };
    look.block(&module.body);
    look.found.sort_by_key(|(span, _)| *span);
    look.found.dedup_by_key(|(span, _)| *span);
    for (span, switch) in look.found {
        let fact = Switch::obeyed(switch.framework, switch.flag, "", (switch.effect, switch.covers));
        sink.add(span, fact);
    }
}

struct Look<'d> {
    text: &'d str,
    found: Vec<(Span, &'static CommandSwitch)>,
}

impl Look<'_> {
    fn block(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            let chosen = match &stmt.kind {
                StmtKind::If { condition, .. } => asks(condition),
                StmtKind::Switch { subject, .. } => asks(subject),
                _ => false,
            };
            if chosen {
                continue;
            }
            let command = match &stmt.kind {
                StmtKind::Assign { targets, .. } => {
                    let name = targets.first().and_then(name_of).unwrap_or_default();
                    if FORBIDS.iter().any(|word| name.contains(word)) {
                        continue;
                    }
                    name.contains("cmd") || name.contains("command")
                }
                _ => false,
            };
            for value in values_of(stmt) {
                if command {
                    self.line(value);
                }
                self.value(value, false);
            }
            blocks_of(stmt).into_iter().for_each(|block| self.block(block));
        }
    }

    /// `named` says that the program stands before the list.
    fn value(&mut self, value: &Value, named: bool) {
        match &value.node {
            Node::List(items) => self.list(items, named),
            Node::Map(entries) => entries.iter().for_each(|entry| self.value(&entry.value, false)),
            Node::Expr(expr) => match &**expr {
                Expr::Call(call) => self.call(call),
                Expr::Function(function) => self.block(&function.body),
                Expr::Choice { condition, options } => {
                    if !condition.as_ref().is_some_and(asks) {
                        options.iter().for_each(|option| self.value(option, named));
                    }
                }
                // `flag in ["--yolo", …]` looks for it; `skip && "--yolo"` is chosen.
                Expr::Operation(op, _) if matches!(&**op, "in" | "not in" | "==" | "===" | "!=" | "!==") => {}
                Expr::Operation(op, parts) if matches!(&**op, "&&" | "and") && parts.first().is_some_and(asks) => {}
                Expr::Operation(_, parts) | Expr::Template(parts) => {
                    parts.iter().for_each(|part| self.value(part, named));
                }
                Expr::Spread(inner) => self.value(inner, named),
                Expr::Index(base, _) => self.value(base, false),
                Expr::Reference(_) | Expr::Alias(_) => {}
            },
            _ => {}
        }
    }

    fn call(&mut self, call: &Call) {
        self.value(&call.callee, false);
        let method = call.method().unwrap_or("");
        let program = call.positional(0).is_some_and(is_program);
        if GROWS.contains(&method) {
            let given: Vec<&Value> = call.args.iter().map(|arg| &arg.value).collect();
            given.iter().filter(|v| v.as_str().is_some()).for_each(|v| self.flag(v, None, false));
        }
        if RUNS.contains(&method) {
            call.positional(0).into_iter().for_each(|value| self.line(value));
        }
        // Go hands the arguments over one by one.
        if program {
            let flags: Vec<&Value> = call.args.iter().map(|arg| &arg.value).filter(|v| v.as_str().is_some()).collect();
            flags.windows(2).for_each(|pair| self.flag(pair[1], Some(pair[0]), true));
        }
        call.args.iter().for_each(|arg| self.value(&arg.value, program));
    }

    fn list(&mut self, items: &[Value], named: bool) {
        let named = named || items.iter().take(3).any(is_program);
        for (at, item) in items.iter().enumerate() {
            match item.as_str() {
                Some(_) => self.flag(item, at.checked_sub(1).map(|before| &items[before]), named),
                None => self.value(item, named),
            }
        }
    }

    /// An argument that is a flag, or the value of the one before it.
    fn flag(&mut self, item: &Value, before: Option<&Value>, named: bool) {
        let Some(written) = item.as_str() else { return };
        let pair = before.and_then(Value::as_str).map(|before| format!("{before} {written}"));
        let is = |switch: &&CommandSwitch| switch.flag == written || pair.as_deref() == Some(switch.flag);
        let found = COMMAND_SWITCHES.iter().find(is);
        self.found.extend(found.filter(|s| named || OWN.contains(&s.flag)).map(|switch| (item.span, switch)));
    }

    /// A whole command in one text.
    fn line(&mut self, value: &Value) {
        let template = matches!(value.as_expr(), Some(Expr::Template(_) | Expr::Operation(..)));
        if value.as_str().is_none() && !template {
            return;
        }
        let source = value.span.text(self.text);
        let start = source.find(|c: char| !matches!(c, 'f' | 'r' | 'b' | '"' | '\'' | '`')).unwrap_or(0);
        let start = if source[..start].contains(['"', '\'', '`']) { start } else { return };
        let command = &source[start..];
        if agent_programs(command).is_empty() {
            return;
        }
        for (at, switch) in command_line::switches(command) {
            let at = value.span.start as usize + start + at;
            self.found.push((Span::new(at, at + switch.flag.len()), switch));
        }
    }
}

/// Whether a value is the program of an agent by its name.
fn is_program(value: &Value) -> bool {
    let of = |word: &str| {
        let word = word.rsplit('/').next().unwrap_or(word);
        AGENT_PROGRAMS.iter().any(|p| p.words[0].rsplit('/').next() == Some(word))
    };
    let name = name_of(value).unwrap_or_default();
    value.as_str().is_some_and(of) || ["claude", "codex", "gemini", "cursor_agent"].iter().any(|w| name.contains(w))
}

/// The last name of a reference, in small letters.
fn name_of(value: &Value) -> Option<String> {
    value.as_reference().map(|path| path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase())
}

/// Whether a condition is about an option by which the user asks for it.
fn asks(condition: &Value) -> bool {
    let mut found = false;
    crate::parse::code::query::each_part(condition, &mut |value| {
        let word = value.as_reference().or_else(|| value.as_str());
        found |= word.is_some_and(|word| {
            let word = word.to_ascii_lowercase();
            ASKED.iter().any(|asked| word.contains(asked))
        });
    });
    found
}

#[cfg(test)]
mod tests {
    use super::READER;
    use crate::extract::trial;
    use crate::facts::{Fact, Switch};
    use crate::parse::Kind;
    use crate::parse::code::ast::Language;

    fn keys(path: &str, language: Language, text: &str) -> Vec<String> {
        let found = trial::facts(&READER, path, Kind::Code(language), text);
        found.iter().filter_map(Fact::get::<Switch>).map(|s| s.key.to_string()).collect()
    }

    #[test]
    fn lists_of_arguments_and_commands_start_agents() {
        for (text, key) in [
            (
                "import subprocess\nsubprocess.run(['claude', '-p', p, '--dangerously-skip-permissions'])\n",
                "--dangerously-skip-permissions",
            ),
            (
                "import subprocess\ncmd = [exe, p]\nif quiet:\n    cmd.extend(['--dangerously-skip-permissions'])\nsubprocess.run(cmd)\n",
                "--dangerously-skip-permissions",
            ),
            ("import subprocess\nsubprocess.run(['gemini', '--yolo', '-p', p])\n", "--yolo"),
            ("import subprocess\nsubprocess.run([codex_bin, 'exec', '--full-auto', p])\n", "--full-auto"),
            (
                "import subprocess\ncmd = f'claude -p {p} --dangerously-skip-permissions'\n",
                "--dangerously-skip-permissions",
            ),
            (
                "import subprocess\nsubprocess.run(['claude', '--permission-mode', 'bypassPermissions'])\n",
                "--permission-mode bypassPermissions",
            ),
        ] {
            assert_eq!(keys("run.py", Language::Python, text), [key], "{text}");
        }
        let text = "import { spawn } from 'child_process';\nspawn('gemini', ['--yolo', '-p', p]);\n";
        assert_eq!(keys("run.ts", Language::TypeScript, text), ["--yolo"]);
    }

    #[test]
    fn options_of_ones_own_and_lists_that_forbid_start_none() {
        for text in [
            "import subprocess\nparser.add_argument('--yolo')\n",
            "import subprocess\nif args.yolo:\n    cmd.append('--dangerously-skip-permissions')\n",
            "import subprocess\nBLOCKED = ['--dangerously-skip-permissions']\n",
            "import subprocess\nif '--yolo' in ['--yolo', x]:\n    pass\n",
            "import subprocess\nprint('run claude -p x --dangerously-skip-permissions')\n",
            "import subprocess\nsubprocess.run(['downloader', '--yolo'])\n",
            "import subprocess\ncmd = ['claude', '-p', p] + (['--dangerously-skip-permissions'] if skip_permissions else [])\n",
        ] {
            assert!(keys("run.py", Language::Python, text).is_empty(), "{text}");
        }
    }
}

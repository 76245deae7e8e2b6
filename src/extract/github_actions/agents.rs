//! Agents in the steps of a job: actions that run one, and programs on command lines, with their
//! tools, switches and credentials.

use super::{Job, Step, credentials, secret};
use crate::catalogue::cloud::{self, AgentAction};
use crate::extract::Sink;
use crate::extract::command_line;
use crate::extract::written::{name, written};
use crate::facts::{Agent, Identity, Ref, RefKind, Setting, Switch, Sym};
use crate::parse::Value;
use crate::span::Span;

/// The action of a step when it runs an agent.
fn action(step: &Step<'_>) -> Option<&'static AgentAction> {
    cloud::agent_action(step.uses?.0)
}

/// Whether a step runs an agent.
pub(super) fn runs_one(step: &Step<'_>, text: &str) -> bool {
    action(step).is_some() || script(step).is_some_and(|s| command_line::agent_program(s.span.text(text)).is_some())
}

fn script<'v>(step: &Step<'v>) -> Option<&'v Value> {
    step.body.get("run")
}

/// The action's name when it asks for write access itself and nothing opens it.
pub(super) fn checks(step: &Step<'_>) -> Option<&'static str> {
    action(step).filter(|a| a.checks).map(|a| a.uses)
}

/// The input by which a step lets strangers in.
pub(super) fn opened<'v>(job: &Job<'v>, step: &Step<'v>) -> Option<&'static str> {
    let action = action(step)?;
    // Bots are let in without people: what opens the door to strangers is the users' input.
    let open =
        |input: &&&str| !input.contains("bot") && step.input(input).is_some_and(|v| written(v, job.text).trim() == "*");
    action.open.iter().find(open).copied()
}

/// Facts of the agents of a step; returns their frameworks.
pub(super) fn read(job: &Job<'_>, step: &Step<'_>, sink: &mut Sink<'_>) -> Vec<&'static str> {
    if let (Some(action), Some((.., span))) = (action(step), step.uses) {
        from_action(job, step, action, span, sink);
        return vec![action.framework];
    }
    let Some(run) = script(step) else { return Vec::new() };
    let source = run.span.text(job.text);
    let programs = command_line::agent_programs(source);
    let mut frameworks = Vec::new();
    for &(at, program) in &programs {
        let start = run.span.start as usize + at;
        let span = Span::new(start, start + program.words[0].len());
        let command = &source[at..source[at..].find("\n\n").map_or(source.len(), |end| at + end)];
        if frameworks.is_empty() {
            let mut agent = new(job, step, program.framework);
            tools(command, &mut agent);
            limits(job, command, span, sink, &mut agent);
            credentials::of_environment(job, step, sink, &mut agent);
            sink.add(span, agent);
        }
        frameworks.push(program.framework);
    }
    if !programs.is_empty() {
        switches(source, run.span, "", sink);
    }
    frameworks
}

fn new(job: &Job<'_>, step: &Step<'_>, framework: &'static str) -> Agent {
    Agent {
        name: super::label(step.body.get("name"), job.text, job.id),
        framework: Sym::new(framework),
        tracing: Sym::new("unknown"),
        unattended: true,
        ..Agent::default()
    }
}

fn from_action(job: &Job<'_>, step: &Step<'_>, action: &AgentAction, span: Span, sink: &mut Sink<'_>) {
    let mut agent = new(job, step, action.framework);
    agent.model = ["model", "anthropic_model", "gemini_model", "LLM_MODEL"]
        .iter()
        .find_map(|k| step.input(k))
        .map(|m| name(m, job.text));
    for key in action.args {
        let Some(input) = step.input(key) else { continue };
        let source = input.as_str().map_or_else(|| written(input, job.text), str::to_owned);
        match *key {
            "allowed_tools" => agent.tool_names.extend(list(&source)),
            "settings" | "settings_json" => settings(&source, &mut agent),
            _ => tools(&source, &mut agent),
        }
        if !matches!(*key, "sandbox" | "safety-strategy") {
            switches(input.span.text(job.text), input.span, "", sink);
        }
        limits(job, &source, input.span, sink, &mut agent);
    }
    for key in ["max_turns", "timeout_minutes"] {
        if let Some(value) = step.input(key) {
            agent.limits.push(Setting {
                name: Sym::new(key),
                value: name(value, job.text),
                at: sink.place(value.span),
            });
        }
    }
    agent.limited = (!agent.limits.is_empty()).then_some(true);
    codex(job, step, action, sink);
    open_shell(job, step, action, sink);
    if let Some(flag) = action.always.filter(|_| agent.tool_names.is_empty() || has_shell(&agent)) {
        always(flag, action, &agent, span, sink);
    }
    credentials::of_inputs(job, step, action, sink, &mut agent);
    credentials::of_environment(job, step, sink, &mut agent);
    sink.add(span, agent);
}

/// Inputs of `openai/codex-action` that take its sandbox away.
fn codex(job: &Job<'_>, step: &Step<'_>, action: &AgentAction, sink: &mut Sink<'_>) {
    for (key, value) in [("sandbox", "danger-full-access"), ("safety-strategy", "unsafe")] {
        let Some(input) = step.input(key).filter(|_| action.framework == "codex") else { continue };
        if written(input, job.text) == value {
            add_switch(action.framework, key, value, ("sandbox-off", "all"), input.span, sink);
        }
    }
}

/// Whether a list of tools gives a shell without bounds.
fn has_shell(agent: &Agent) -> bool {
    agent.tool_names.iter().any(|t| matches!(t.as_str(), "run_shell_command" | "ShellTool" | "Bash"))
}

/// A shell without bounds among the tools that Claude Code's action runs unasked, where what it reads comes
/// from outside.
fn open_shell(job: &Job<'_>, step: &Step<'_>, action: &AgentAction, sink: &mut Sink<'_>) {
    if action.framework != "claude-code" || !job.outside {
        return;
    }
    for key in ["allowed_tools", "claude_args"] {
        let Some(input) = step.input(key) else { continue };
        let source = input.as_str().map_or_else(|| written(input, job.text), str::to_owned);
        let mut named = Agent::default();
        match key {
            "allowed_tools" => named.tool_names = list(&source),
            _ => tools(&source, &mut named),
        }
        if let Some(shell) =
            named.tool_names.iter().find(|t| matches!(t.as_str(), "Bash" | "Bash(*)" | "Bash(*:*)" | "Bash(:*)"))
        {
            add_switch(action.framework, key, shell, ("auto-approve", "shell"), input.span, sink);
        }
    }
}

/// A switch that the action sets itself. Where its settings name the tools, only these run unasked, and
/// nothing is said unless a shell is among them.
fn always(flag: &str, action: &AgentAction, agent: &Agent, span: Span, sink: &mut Sink<'_>) {
    let covers = if agent.tool_names.is_empty() { "all" } else { "shell" };
    let key = format!("{flag} (set by the action itself)");
    add_switch(action.framework, &key, "", ("auto-approve", covers), span, sink);
}

fn add_switch(client: &str, key: &str, value: &str, (effect, covers): (&str, &str), span: Span, sink: &mut Sink<'_>) {
    let switch = Switch::obeyed(client, key, value, (effect, covers));
    sink.add(span, switch);
}

fn switches(source: &str, base: Span, value: &str, sink: &mut Sink<'_>) {
    for (at, found) in command_line::switches(source) {
        let start = base.start as usize + at;
        let span = Span::new(start, start + found.flag.len());
        add_switch(found.framework, found.flag, value, (found.effect, found.covers), span, sink);
    }
}

/// `--allowedTools "A,B(x:*)"`, `--allow-tool 'shell(git)'`.
fn tools(arguments: &str, agent: &mut Agent) {
    for flag in ["--allowedTools", "--allowed-tools", "--allow-tool"] {
        for (at, _) in arguments.match_indices(flag) {
            let rest = arguments[at + flag.len()..].trim_start_matches(['=', ' ']);
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
            let value = match quote {
                Some(quote) => rest[1..].split(quote).next().unwrap_or(""),
                None => rest.split([' ', '\n']).next().unwrap_or(""),
            };
            agent.tool_names.extend(list(value));
        }
    }
}

/// Names between commas or line ends, commas inside parentheses left alone.
fn list(text: &str) -> Vec<Sym> {
    let mut depth = 0_i32;
    text.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth <= 0 && (c == ',' || c == '\n')
    })
    .map(str::trim)
    .filter(|t| !t.is_empty() && !t.starts_with('#'))
    .take(100)
    .map(Sym::new)
    .collect()
}

/// The tools that inline settings name: Claude Code's `permissions.allow`, Gemini's `coreTools` and
/// `tools.core`.
fn settings(source: &str, agent: &mut Agent) {
    let Some(json) = crate::extract::embedded::object(source, 0) else { return };
    let lists = [&["permissions", "allow"][..], &["coreTools"], &["tools", "core"], &["tools", "allowed"]];
    for tools in lists.iter().filter_map(|path| json.at(path)) {
        agent.tool_names.extend(tools.items().iter().filter_map(Value::as_str).map(Sym::new));
    }
}

fn limits(job: &Job<'_>, arguments: &str, span: Span, sink: &Sink<'_>, agent: &mut Agent) {
    for flag in ["--max-turns", "--max-budget-usd"] {
        if let Some(at) = arguments.find(flag) {
            let value =
                arguments[at + flag.len()..].trim_start_matches(['=', ' ']).split_whitespace().next().unwrap_or("");
            agent.limits.push(Setting { name: Sym::new(flag), value: Sym::new(value), at: sink.place(span) });
        }
    }
    if let Some(timeout) = job.body.get("timeout-minutes")
        && agent.limits.iter().all(|l| l.name != "timeout-minutes")
    {
        let value = name(timeout, job.text);
        agent.limits.push(Setting { name: Sym::new("timeout-minutes"), value, at: sink.place(timeout.span) });
    }
    agent.limited = (!agent.limits.is_empty()).then_some(true);
}

/// The identity that an agent's step acts as on the source host, when it is handed a token other than
/// the job's own; a person's, by its name.
pub(super) fn own_token(job: &Job<'_>, step: &Step<'_>, sink: &mut Sink<'_>) -> Option<Ref> {
    let inputs: Vec<&Value> = match action(step) {
        Some(action) => action.github.iter().filter_map(|key| step.input(key)).collect(),
        None if runs_one(step, job.text) => {
            ["GITHUB_TOKEN", "GH_TOKEN"].iter().filter_map(|key| step.body.at(&["env", key])).collect()
        }
        None => return None,
    };
    let (value, found) = inputs
        .into_iter()
        .find_map(|value| secret(value, job.text).filter(|s| s != "secrets.GITHUB_TOKEN").map(|s| (value, s)))?;
    let human = personal(&found);
    let identity =
        Identity { form: Sym::new("github-pat"), name: Sym::from(found.as_str()), human, ..Identity::default() };
    sink.add(value.span, identity);
    Some(Ref { kind: RefKind::Identity, name: Sym::from(found), at: sink.place(value.span) })
}

/// Whether a secret's name says that it is a person's token.
fn personal(secret: &str) -> bool {
    let upper = secret.to_uppercase();
    let words: Vec<&str> = upper.split(['.', '_', '-']).collect();
    words.contains(&"PAT") || words.contains(&"PERSONAL") || (words.contains(&"USER") && words.contains(&"TOKEN"))
}

//! Switches on command lines in scripts, images, package scripts and development containers. Input: the
//! document. Output: [`Switch`] facts. Pipelines are read by `github_actions`; prose is not read.

use crate::catalogue::clients;
use crate::extract::command_line::{self, agent_programs};
use crate::extract::{Reader, Sink};
use crate::facts::Switch;
use crate::parse::{Document, Kind, Value};
use crate::span::Span;

/// Reads scripts and the commands in configuration.
pub const READER: Reader = Reader { name: "command-lines", reads, read };

fn reads(document: &Document<'_>) -> bool {
    let name = document.file_name();
    let scripts = matches!(document.kind, Kind::Shell | Kind::Dockerfile)
        || matches!(name, "Makefile" | "GNUmakefile" | "makefile" | "justfile" | "Justfile" | "Procfile");
    scripts || matches!(name, "package.json" | "devcontainer.json" | "Taskfile.yml" | "Taskfile.yaml")
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    match document.file_name() {
        "package.json" => commands(document, &[&["scripts"]], sink),
        "devcontainer.json" => {
            let keys: &[&[&str]] = &[
                &["postCreateCommand"],
                &["postStartCommand"],
                &["postAttachCommand"],
                &["onCreateCommand"],
                &["updateContentCommand"],
            ];
            commands(document, keys, sink);
        }
        _ => script(&document.text, 0, sink),
    }
}

/// Every text below the key paths.
fn commands(document: &Document<'_>, paths: &[&[&str]], sink: &mut Sink<'_>) {
    for value in document.values().iter().flat_map(|root| paths.iter().filter_map(|path| root.at(path))) {
        below(document, value, sink);
    }
}

fn below(document: &Document<'_>, value: &Value, sink: &mut Sink<'_>) {
    if value.as_str().is_some() {
        script(value.span.text(&document.text), value.span.start, sink);
    }
    value.items().iter().for_each(|item| below(document, item, sink));
    value.entries().iter().for_each(|entry| below(document, &entry.value, sink));
}

/// Bytes between a key and its value, and between a setting and the name of the file that it is written to.
const NEAR: usize = 12;
const AROUND: usize = 1500;

/// Settings that a script writes into the file of an agent, which obeys its own folder.
fn written(text: &str, base: u32, sink: &mut Sink<'_>) {
    let mut seen = Vec::new();
    let settings = clients::in_folders().flat_map(|(folder, client, switch)| {
        switch
            .spoken()
            .flat_map(move |value| text.match_indices(value))
            .map(move |found| (folder, client, switch, found))
    });
    for (folder, client, switch, (at, value)) in settings {
        let Some(key) = switch.key.last().filter(|key| sets(text, key, at) && !seen.contains(&at)) else { continue };
        let from = text.floor_char_boundary(at.saturating_sub(AROUND));
        let around = &text[from..text.ceil_char_boundary((at + AROUND).min(text.len()))];
        let bounded = switch.unless_values.iter().any(|bound| around.contains(bound));
        if around.contains(folder) && !bounded {
            seen.push(at);
            let start = base as usize + at;
            let fact = Switch::obeyed(client.slug, key, value, (switch.effect, switch.covers));
            sink.add(Span::new(start, start + value.len()), fact);
        }
    }
}

/// Whether the word at `at` is what `key` is set to, on a line that is no comment.
fn sets(text: &str, key: &str, at: usize) -> bool {
    let before = &text[..at];
    let gap = before.rfind(key).map(|start| &before[start + key.len()..]);
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    gap.is_some_and(|gap| gap.len() <= NEAR && !gap.contains(char::is_alphanumeric))
        && !text[line..].trim_start().starts_with('#')
}

/// A switch counts on the line of a program that knows it.
fn script(text: &str, base: u32, sink: &mut Sink<'_>) {
    written(text, base, sink);
    let programs = agent_programs(text);
    for (at, switch) in command_line::switches(text) {
        let same = |start: usize| start <= at && !ends_command(&text[start..at]);
        let Some((_, program)) = programs.iter().rev().find(|(start, _)| same(*start)) else { continue };
        let start = base as usize + at;
        let fact = Switch::obeyed(program.framework, switch.flag, "", (switch.effect, switch.covers));
        sink.add(Span::new(start, start + switch.flag.len()), fact);
    }
}

/// Whether another command begins in between: an operator, or a line end that no backslash escapes.
fn ends_command(between: &str) -> bool {
    let mut escaped = false;
    let mut quote = None;
    for c in between.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                continue;
            }
            '\\' => escaped = true,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            _ if quote == Some(c) => quote = None,
            '\n' | ';' | '|' | '&' if quote.is_none() => return true,
            _ => {}
        }
    }
    false
}

//! Switches on command lines in scripts, images, package scripts and development containers. Input: the
//! document. Output: [`Switch`] facts. Pipelines are read by `github_actions`; prose is not read.

use crate::extract::command_line::{self, agent_programs};
use crate::extract::{Reader, Sink};
use crate::facts::{Switch, Sym};
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

/// A switch counts on the line of a program that knows it.
fn script(text: &str, base: u32, sink: &mut Sink<'_>) {
    let programs = agent_programs(text);
    for (at, switch) in command_line::switches(text) {
        let same = |start: usize| start <= at && !ends_command(&text[start..at]);
        let Some((_, program)) = programs.iter().rev().find(|(start, _)| same(*start)) else { continue };
        let start = base as usize + at;
        let fact = Switch {
            client: Sym::new(program.framework),
            key: Sym::new(switch.flag),
            value: Sym::default(),
            effect: Sym::new(switch.effect),
            covers: Sym::new(switch.covers),
            honoured: Sym::new("yes"),
        };
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

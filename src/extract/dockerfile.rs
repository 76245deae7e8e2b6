//! Dockerfiles. Input: the instructions. Output: one [`Workload`] for what the last stage runs.

use super::entry::{self, Surroundings};
use super::workload::{agent_hint, command, shown, switched, variable};
use super::{Reader, Sink, serving};
use crate::facts::{Endpoint, Ref, RefKind, Sym, Workload};
use crate::parse::{Document, Kind, Value};
use crate::span::Span;

/// Reads Dockerfiles.
pub const READER: Reader = Reader { name: "dockerfile", reads, read };

/// Folders that hold the Dockerfile of the folder above.
const SIDE_FOLDERS: &[&str] =
    &["docker", "dockerfiles", "build", "deploy", "deployment", "containers", "container", "ops", "infra", ".docker"];

fn reads(document: &Document<'_>) -> bool {
    document.kind == Kind::Dockerfile
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let Some(all) = document.values().first().map(Value::items) else { return };
    let folder = entry::folder(document.path);
    let stages = stages(all);
    let Some(last) = stages.last() else { return };
    let mut workload = Workload {
        name: Sym::from(name(document.path)),
        form: Sym::new("image"),
        image: base(&stages).map(Sym::from),
        build_context: Some(Sym::from(folder.as_str())),
        dockerfile: Some(Sym::new(document.path)),
        ..Workload::default()
    };
    for stage in chain(&stages) {
        for instruction in stage.body {
            environment(instruction, &mut workload, sink);
        }
    }
    let words = words(last.body, document);
    workload.command = command(&words);
    let mut around = surroundings(&stages, folder.clone());
    let sources: Vec<&str> = all.iter().flat_map(copied).collect();
    if let Some(context) = entry::context_of(&folder, &sources) {
        workload.build_context = Some(Sym::from(context.as_str()));
        around.context = context;
    }
    workload.entry = entry::entries(&words, &around);
    if around.context == folder && SIDE_FOLDERS.contains(&folder.rsplit('/').next().unwrap_or("")) {
        around.context = entry::folder(&folder);
        workload.entry.extend(entry::entries(&words, &around));
    }
    workload.agent_hint = agent_hint(&workload);
    let at = last.body.iter().rev().find(|i| matches!(word(i, "instruction"), Some("CMD" | "ENTRYPOINT")));
    let at =
        at.or(last.body.first()).map_or_else(Default::default, |i| i.get("instruction").map_or(i.span, |k| k.span));
    sink.add(at, workload);
    if let Some(endpoint) = serving::endpoint(&words) {
        sink.add(at, endpoint);
    } else if let Some((at, endpoint)) = scripted(document) {
        sink.add(at, endpoint);
    }
}

/// The server that a script inside the file ends in: `exec adk web …` of a here-document.
fn scripted(document: &Document<'_>) -> Option<(Span, Endpoint)> {
    let text = &*document.text;
    text.match_indices("\nexec ").find_map(|(at, _)| {
        let line = text[at + 1..].lines().next()?;
        Some((Span::new(at + 1, at + 1 + line.len()), serving::endpoint(&[line.to_owned()])?))
    })
}

/// One `FROM` with what follows it.
struct Stage<'v> {
    image: &'v str,
    alias: Option<&'v str>,
    body: &'v [Value],
}

fn stages(all: &[Value]) -> Vec<Stage<'_>> {
    let starts: Vec<usize> =
        all.iter().enumerate().filter(|(_, i)| word(i, "instruction") == Some("FROM")).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([all.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| {
            let image = all[start].get("args").and_then(|a| a.items().first()).and_then(Value::as_str).unwrap_or("");
            Stage { image, alias: word(&all[start], "as"), body: &all[start..end] }
        })
        .collect()
}

fn word<'v>(instruction: &'v Value, key: &str) -> Option<&'v str> {
    instruction.get(key)?.as_str()
}

/// The last stage and those that it is built on, first to last.
fn chain<'s, 'v>(stages: &'s [Stage<'v>]) -> Vec<&'s Stage<'v>> {
    let mut chain = Vec::new();
    let mut next = stages.last();
    while let Some(stage) = next {
        chain.push(stage);
        next = stages.iter().find(|s| s.alias == Some(stage.image)).filter(|_| chain.len() <= stages.len());
    }
    chain.reverse();
    chain
}

/// The image that the last stage is built on at last.
fn base(stages: &[Stage<'_>]) -> Option<String> {
    let image = chain(stages).first()?.image;
    (!image.is_empty()).then(|| image.split("@sha256:").next().unwrap_or(image).to_owned())
}

fn environment(instruction: &Value, workload: &mut Workload, sink: &mut Sink<'_>) {
    if matches!(word(instruction, "instruction"), Some("ENV" | "ARG")) {
        for pair in instruction.get("pairs").map_or(&[][..], Value::entries) {
            workload.env.push(variable(&pair.key, pair.key_span, Some(&pair.value), sink));
            switched(&pair.key, pair.value.as_str().unwrap_or(""), pair.key_span, sink);
        }
    }
    for flag in instruction.get("flags").map_or(&[][..], Value::entries) {
        let text = flag.value.as_str().unwrap_or("");
        if &*flag.key == "mount" && text.contains("type=secret") {
            let id = text.split(',').find_map(|part| part.strip_prefix("id=")).unwrap_or("");
            let from = Ref { kind: RefKind::Secret, name: Sym::new(id), at: sink.place(flag.value.span) };
            workload.env_from.push(from);
        }
    }
}

/// The last ENTRYPOINT with the last CMD.
fn words(body: &[Value], document: &Document<'_>) -> Vec<String> {
    let last = |kind: &str| body.iter().rev().find(|i| word(i, "instruction") == Some(kind));
    let mut words = Vec::new();
    for instruction in [last("ENTRYPOINT"), last("CMD")].into_iter().flatten() {
        match instruction.get("args") {
            Some(args) => words.extend(args.items().iter().map(|arg| shown(arg, document))),
            None => words.extend(instruction.get("text").map(|text| shown(text, document))),
        }
    }
    words
}

fn surroundings(stages: &[Stage<'_>], context: String) -> Surroundings {
    let mut around = Surroundings { context, ..Surroundings::default() };
    for instruction in chain(stages).iter().flat_map(|stage| stage.body) {
        match word(instruction, "instruction") {
            Some("WORKDIR") => {
                let to = word(instruction, "text").unwrap_or("");
                around.workdir = absolute(&around.workdir, to);
            }
            Some("COPY" | "ADD") => {
                let last = instruction.get("args").and_then(|args| args.items().last()).and_then(Value::as_str);
                let target = absolute(&around.workdir, last.unwrap_or(""));
                let sources = copied(instruction).into_iter();
                around.copies.extend(sources.map(|s| (s.trim_end_matches('/').to_owned(), target.clone())));
            }
            _ => {}
        }
    }
    around
}

/// What an instruction copies from the folder that is built.
fn copied(instruction: &Value) -> Vec<&str> {
    let copies = matches!(word(instruction, "instruction"), Some("COPY" | "ADD"));
    if !copies || instruction.at(&["flags", "from"]).is_some() {
        return Vec::new();
    }
    let args = instruction.get("args").map_or(&[][..], Value::items);
    args.iter().rev().skip(1).filter_map(Value::as_str).filter(|source| !source.contains("://")).collect()
}

fn absolute(workdir: &str, path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("{workdir}/{path}") }
}

/// `agent.Dockerfile` and `Dockerfile.agent` are called so, others as their folder.
fn name(path: &str) -> String {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let parts: Vec<&str> = file.split(['.', '-', '_']).filter(|p| !is_ending(p)).collect();
    if !parts.is_empty() {
        return parts.join("-");
    }
    let last = folder.rsplit('/').next().unwrap_or("");
    if last.is_empty() { "image".to_owned() } else { last.to_owned() }
}

/// What says that a file is a Dockerfile or a template of one, and not what it is for.
fn is_ending(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    part.contains("file") || matches!(part.as_str(), "" | "j2" | "jinja" | "tmpl" | "template" | "tpl" | "example")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::trial;
    use crate::facts::AsRecord;

    #[test]
    fn the_last_stage_is_what_runs() {
        let text = "FROM node:22 AS web\nRUN npm run build\nFROM python:3.12-slim AS base\nWORKDIR /app\nENV OPENAI_API_KEY=\"\" PORT=1\nARG TOKEN\n\
                    FROM base\nCOPY --from=web /dist /app/web\nCOPY src/ ./\nRUN --mount=type=secret,id=pip pip install x\nENTRYPOINT [\"python\"]\nCMD [\"-m\", \"agent.main\"]\n";
        let facts = trial::facts(&READER, "services/research/Dockerfile", Kind::Dockerfile, text);
        let workload = Workload::of(&facts[0].kind).unwrap();
        assert_eq!((&*workload.name, workload.image.as_deref()), ("research", Some("python:3.12-slim")));
        assert_eq!(workload.build_context.as_deref(), Some("services/research"));
        assert_eq!(workload.command.as_deref(), Some("python -m agent.main"));
        assert!(workload.entry.iter().any(|e| *e == "services/research/src/agent/main.py"), "{:?}", workload.entry);
        assert_eq!(
            workload.env.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(),
            ["OPENAI_API_KEY", "PORT", "TOKEN"]
        );
        assert_eq!(&*workload.env_from[0].name, "pip");
    }

    #[test]
    fn names_come_from_the_file_or_its_folder() {
        assert_eq!(name("a/Dockerfile.agent"), "agent");
        assert_eq!(name("a/agent.Dockerfile"), "agent");
        assert_eq!(name("apps/web/Dockerfile"), "web");
        assert_eq!(name("Dockerfile"), "image");
    }
}

//! Tracing that an environment variable switches off where a workload is configured: dotenv files,
//! manifests, images, scripts. Input: the text around the variable's name. Output: [`Sink`] facts.
//!
//! [`Sink`]: crate::facts::Sink

use super::agents::model::{FRAMEWORKS, Framework};
use super::{Reader, Sink};
use crate::facts::{Sink as Fact, Sym};
use crate::matcher::{Topic, literal};
use crate::parse::{Document, Kind};
use crate::span::Span;

/// Reads tracing variables out of configuration.
pub const READER: Reader = Reader { name: "tracing-env", reads, read };

fn reads(document: &Document<'_>) -> bool {
    let configures = matches!(
        document.kind,
        Kind::Dotenv | Kind::Yaml | Kind::Json | Kind::Toml | Kind::Dockerfile | Kind::Shell | Kind::Ini | Kind::Hcl
    );
    configures
        && document.hits.has(Topic::Switch)
        && document.hits.found.iter().any(|&(index, _)| variable(literal(index).text).is_some())
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    for &(index, at) in &document.hits.found {
        let Some((framework, variable)) = variable(literal(index).text) else { continue };
        let name = Span::new(at as usize, at as usize + variable.len());
        let Some((value, span)) = assigned(&document.text, name) else { continue };
        let pipeline = document.path.contains(".github/workflows/");
        if (document.kind == Kind::Dotenv || pipeline) && !ends_default(variable) {
            continue;
        }
        if let Some(state) = state(framework, variable, value) {
            let fact = Fact {
                form: "tracing".into(),
                name: variable.into(),
                state: state.into(),
                framework: framework.slug.into(),
                covers: Sym::new("process"),
            };
            sink.add(name.to(span), fact);
        }
    }
}

/// The variable that a literal of the match engine names, in its own spelling.
fn variable(text: &str) -> Option<(&'static Framework, &'static str)> {
    FRAMEWORKS.iter().find_map(|framework| {
        let switches = framework.sdk.iter().flat_map(|sdk| sdk.switch);
        let mut names = switches.flat_map(|switch| switch.env.iter().copied());
        Some((framework, names.find(|name| name.eq_ignore_ascii_case(text))?))
    })
}

/// A variable that ends a trace which is on by default. Another that is merely `false` in a dotenv file or
/// a pipeline says that the service is not used, and no more.
fn ends_default(variable: &str) -> bool {
    variable.contains("DISABLE")
}

fn state(framework: &Framework, variable: &str, value: &str) -> Option<&'static str> {
    let switches = framework.sdk.iter().flat_map(|sdk| sdk.switch);
    let mut set =
        switches.filter(|s| s.env.contains(&variable) && s.values.iter().any(|v| v.eq_ignore_ascii_case(value)));
    set.find_map(|s| s.effect.strip_prefix("tracing-"))
}

/// What the variable at `name` is set to: `NAME=1`, `NAME: "1"`, `"NAME": "1"`, `ENV NAME 1`, or a
/// `value:` that follows `name: NAME` in a manifest.
fn assigned(text: &str, name: Span) -> Option<(&str, Span)> {
    let before = text.get(..name.start as usize)?;
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    if line.trim_start().starts_with(['#', ';'])
        || line.trim_start().starts_with("//")
        || line.ends_with(['$', '{', '_'])
    {
        return None;
    }
    let mut at = name.end as usize;
    let skip = |from: usize, set: &[char]| from + text[from..].len() - text[from..].trim_start_matches(set).len();
    at = skip(at, &['"', '\'', ' ', '\t']);
    let next = text[at..].chars().next()?;
    let image = line.trim_start().to_ascii_uppercase().starts_with("ENV ");
    if matches!(next, '=' | ':') {
        at = skip(at + 1, &[' ', '\t']);
    } else if matches!(next, '\n' | '\r' | ',') {
        // The next line of a manifest's list entry, or the next key of an object.
        let rest = &text[at..];
        let key = rest
            .find("value")
            .filter(|k| rest[..*k].chars().all(|c| c.is_whitespace() || matches!(c, ',' | '"' | '\'')))?;
        at = skip(at + key + "value".len(), &['"', '\'', ' ', '\t']);
        if !text[at..].starts_with([':', '=']) {
            return None;
        }
        at = skip(at + 1, &[' ', '\t']);
    } else if !image {
        return None;
    }
    at = skip(at, &['"', '\'']);
    let len = text[at..].find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len() - at);
    let span = Span::new(at, at + len);
    (len > 0).then(|| (span.text(text), span))
}

#[cfg(test)]
mod tests {
    use super::super::trial;
    use crate::facts::{Fact, Sink};
    use crate::parse::Kind;

    fn seen(kind: Kind, text: &str) -> Vec<String> {
        let facts = trial::facts(&super::READER, "f", kind, text);
        facts.iter().filter_map(Fact::get::<Sink>).map(|s| format!("{} {} {}", s.name, s.state, s.framework)).collect()
    }

    #[test]
    fn every_way_to_set_a_variable() {
        let off = ["OPENAI_AGENTS_DISABLE_TRACING off openai-agents"];
        for (kind, text) in [
            (Kind::Dotenv, "OPENAI_AGENTS_DISABLE_TRACING=1\n"),
            (Kind::Dotenv, "export OPENAI_AGENTS_DISABLE_TRACING=\"true\"\n"),
            (Kind::Yaml, "env:\n  OPENAI_AGENTS_DISABLE_TRACING: \"1\"\n"),
            (Kind::Yaml, "env:\n  - name: OPENAI_AGENTS_DISABLE_TRACING\n    value: \"1\"\n"),
            (Kind::Yaml, "environment:\n  - OPENAI_AGENTS_DISABLE_TRACING=1\n"),
            (Kind::Json, "{\"env\": {\"OPENAI_AGENTS_DISABLE_TRACING\": \"1\"}}"),
            (Kind::Json, "{\"name\": \"OPENAI_AGENTS_DISABLE_TRACING\", \"value\": \"1\"}"),
            (Kind::Dockerfile, "ENV OPENAI_AGENTS_DISABLE_TRACING 1\n"),
            (Kind::Dockerfile, "ENV OPENAI_AGENTS_DISABLE_TRACING=1\n"),
            (Kind::Hcl, "OPENAI_AGENTS_DISABLE_TRACING = \"1\"\n"),
        ] {
            assert_eq!(seen(kind, text), off, "{text}");
        }
        assert_eq!(seen(Kind::Yaml, "env:\n  LANGSMITH_TRACING: 'false'\n"), ["LANGSMITH_TRACING off langchain"]);
    }

    #[test]
    fn a_pipeline_says_false_of_what_is_off_by_default() {
        let of = |text: &str| trial::facts(&super::READER, ".github/workflows/a.yml", Kind::Yaml, text);
        assert!(of("env:\n  LANGSMITH_TRACING: \"false\"\n").is_empty());
        assert_eq!(of("env:\n  OPENAI_AGENTS_DISABLE_TRACING: \"1\"\n").len(), 1);
    }

    #[test]
    fn what_sets_nothing() {
        for (kind, text) in [
            (Kind::Dotenv, "# OPENAI_AGENTS_DISABLE_TRACING=1\n"),
            (Kind::Dotenv, "OPENAI_AGENTS_DISABLE_TRACING=0\n"),
            (Kind::Dotenv, "OPENAI_AGENTS_DISABLE_TRACING=\n"),
            (Kind::Dotenv, "LANGSMITH_TRACING=false\n"),
            (Kind::Shell, "echo $OPENAI_AGENTS_DISABLE_TRACING 1\n"),
            (Kind::Yaml, "- name: OPENAI_AGENTS_DISABLE_TRACING\n  valueFrom: x\n"),
            (Kind::Shell, "set OPENAI_AGENTS_DISABLE_TRACING before 1\n"),
        ] {
            assert!(seen(kind, text).is_empty(), "{text}");
        }
    }
}

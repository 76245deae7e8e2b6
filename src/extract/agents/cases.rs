//! The tests of the models themselves: every `[[case]]` of every framework.

use std::collections::BTreeMap;

use super::understand;
use crate::facts::{Agent, AsRecord, Endpoint, FactKind, Handoff, Place, Server, Setting, Switch, Sym, Tool};
use crate::parse::code;
use crate::parse::code::ast::Language;
use crate::span::{LineIndex, Span};

#[derive(serde::Deserialize)]
struct ModelFile {
    #[serde(default)]
    case: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    title: String,
    file: String,
    code: String,
    #[serde(default)]
    facts: Vec<String>,
    #[serde(default)]
    absent: Vec<String>,
}

fn language(file: &str) -> Language {
    match file.rsplit('.').next() {
        Some("py") => Language::Python,
        Some("ts" | "tsx") => Language::TypeScript,
        Some("js" | "mjs") => Language::JavaScript,
        Some("go") => Language::Go,
        Some("java") => Language::Java,
        Some("cs") => Language::CSharp,
        Some("kt") => Language::Kotlin,
        other => panic!("no language for {other:?}"),
    }
}

/// A fact as kind, name and what can be asked of it.
type Shown = (&'static str, String, BTreeMap<&'static str, String>);

fn shown(file: &str, source: &str) -> Vec<Shown> {
    let (module, _) = code::parse(language(file), file, source);
    let module = module.expect("a case parses");
    assert!(module.errors.is_empty(), "{file}: syntax errors at {:?}", module.errors);
    let lines = LineIndex::new(source);
    let place = |span: Span| Place { line: lines.line(span.start), ..Place::default() };
    let policies = crate::extract::policies::obeyed(&module);
    let (found, _) = understand(&module, policies, &place, &|_| false);
    found.into_iter().filter_map(|(span, fact)| show(&fact, lines.line(span.start))).collect()
}

fn list(items: impl IntoIterator<Item = Sym>) -> String {
    let all: Vec<&str> = items.into_iter().map(Sym::as_str).collect();
    if all.is_empty() { "-".into() } else { all.join(",") }
}

fn pairs(items: &[Setting]) -> String {
    let all: Vec<String> = items.iter().map(|s| format!("{}:{}", s.name, s.value)).collect();
    if all.is_empty() { "-".into() } else { all.join(",") }
}

fn or_dash(text: Option<Sym>) -> String {
    text.map_or("-", Sym::as_str).replace(' ', "_")
}

fn show(fact: &FactKind, line: u32) -> Option<Shown> {
    let mut keys = BTreeMap::from([("line", line.to_string())]);
    if let Some(a) = Agent::of(fact) {
        keys.extend([
            ("framework", a.framework.to_string()),
            ("symbol", a.symbol.to_string()),
            ("model", or_dash(a.model)),
            ("tools", list(a.tool_names.iter().copied()).replace(' ', "_")),
            ("allowed", list(a.allowed.iter().copied())),
            ("handoffs", list(a.handoffs.iter().map(|h| h.name))),
            ("gates", list(a.gates.iter().map(|g| g.name))),
            ("void", list(a.void_gates.iter().map(|g| g.name))),
            ("limits", pairs(&a.limits)),
            ("limited", a.limited.map_or("-".into(), |l| l.to_string())),
            ("tracing", a.tracing.to_string()),
            ("credentials", list(a.credentials.iter().map(|c| c.name))),
        ]);
        return Some(("agent", a.name.replace(' ', "_"), keys));
    }
    if let Some(t) = Tool::of(fact) {
        keys.extend([
            ("framework", t.framework.to_string()),
            ("symbol", t.symbol.to_string()),
            ("effects", list(t.effects.iter().copied())),
            ("gate", or_dash(t.gate)),
            ("void", t.void_gate.map_or("-".into(), |v| v.split(' ').next().unwrap_or("").to_owned())),
            ("builtin", t.builtin.to_string()),
            ("sandboxed", t.sandboxed.to_string()),
            ("calls", list(t.calls.iter().map(|c| c.name))),
        ]);
        return Some(("tool", t.name.replace(' ', "_"), keys));
    }
    if let Some(s) = Server::of(fact) {
        keys.extend([
            ("transport", s.transport.to_string()),
            ("url", or_dash(s.url)),
            ("package", or_dash(s.package)),
            ("unpinned", s.unpinned.map_or("-".into(), |u| u.to_string())),
            ("credential", s.holds_credential.to_string()),
        ]);
        return Some(("server", s.name.to_string(), keys));
    }
    if let Some(e) = Endpoint::of(fact) {
        keys.extend([
            ("form", e.form.to_string()),
            ("transport", e.transport.to_string()),
            ("host", or_dash(e.host)),
            ("auth", or_dash(e.authentication)),
            ("reachable", e.reachable.to_string()),
        ]);
        return Some(("endpoint", if e.symbol.is_empty() { "-".into() } else { e.symbol.to_string() }, keys));
    }
    if let Some(s) = Switch::of(fact) {
        keys.extend([
            ("value", s.value.to_string()),
            ("effect", s.effect.to_string()),
            ("covers", s.covers.to_string()),
        ]);
        return Some(("switch", s.key.to_string(), keys));
    }
    if let Some(h) = Handoff::of(fact) {
        let end = |r: Option<crate::facts::Ref>| r.map_or("-".into(), |r| r.name.to_string());
        keys.extend([("form", h.form.to_string()), ("from", end(h.from)), ("to", end(h.to))]);
        let name = keys["to"].clone();
        return Some(("handoff", name, keys));
    }
    None
}

/// Whether a fact is what an expectation such as `tool run effects=execute gate=-` says.
fn fits(expected: &str, fact: &Shown) -> bool {
    let mut words = expected.split_whitespace();
    let kind = words.next() == Some(fact.0);
    let mut rest = words.peekable();
    let named = match rest.peek() {
        Some(word) if !word.contains('=') => rest.next() == Some(&*fact.1),
        _ => true,
    };
    kind && named
        && rest.all(|word| {
            let (key, value) = word.split_once('=').expect("key=value");
            let found = fact.2.get(key).unwrap_or_else(|| panic!("no key {key:?} in {}", fact.0));
            found == value
        })
}

#[test]
fn every_model_holds_its_own_cases() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/models/frameworks");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut wrong = Vec::new();
    for path in files {
        let model: ModelFile = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for case in model.case {
            let found = shown(&case.file, case.code.trim_start_matches('\n'));
            let missing =
                case.facts.iter().filter(|e| !found.iter().any(|f| fits(e, f))).map(|e| format!("missing: {e}"));
            let extra =
                case.absent.iter().filter(|e| found.iter().any(|f| fits(e, f))).map(|e| format!("must not be: {e}"));
            let faults: Vec<String> = missing.chain(extra).collect();
            if !faults.is_empty() {
                let all: Vec<String> = found.iter().map(|(k, n, keys)| format!("  {k} {n} {keys:?}")).collect();
                wrong.push(format!("{name}: {}\n{}\nfound:\n{}", case.title, faults.join("\n"), all.join("\n")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

//! Input: `rules/<family>/*.md` and the controls. Output: `rules.rs` (`RULES`) and `page_tests.rs`, one
//! named test for each example.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::controls::{self, Controls, Mapped};
use super::fault::{Build, Fault};
use super::page::{Front, Page, Wrong};

/// The families of rules: the eight questions on an agent's card.
pub const FAMILIES: [&str; 8] =
    ["secrets", "sharing", "lifecycle", "privilege", "delegation", "approval", "audit", "exposure"];

const CONTEXTS: [&str; 7] = ["agent", "mcp", "pipeline", "skill", "shell", "system-prompt", "logging-disabled"];

/// Writes `rules.rs` and `page_tests.rs`.
pub fn compile(build: &Build) -> Result<(), Fault> {
    let controls = controls::load(build)?;
    let mut rules = "/// Every rule, by id.\npub static RULES: &[Rule] = &[\n".to_owned();
    let mut tests = String::new();
    let mut known = BTreeSet::new();
    for (id, path) in pages(build)? {
        let text = build.read(&path)?;
        let wrong = |(line, message): Wrong| Fault::new(&path, line, message);
        let page = Page::parse(&id, &text).map_err(wrong)?;
        let names: Vec<String> = page.front.aliases.iter().cloned().chain([id.clone()]).collect();
        for name in names {
            if !known.insert(name.clone()) {
                return Err(wrong((
                    page.line_of("aliases"),
                    format!("`{name}` is the id or an alias of another rule"),
                )));
            }
        }
        rules.push_str(&rule(build, &controls, &id, &page).map_err(wrong)?);
        tests.push_str(&page_tests(&id, &page));
    }
    rules.push_str("];\n");
    build.write("rules.rs", &rules)?;
    build.write("page_tests.rs", &tests)
}

fn pages(build: &Build) -> Result<Vec<(String, std::path::PathBuf)>, Fault> {
    let mut found = Vec::new();
    for family in FAMILIES {
        for path in build.files(family, "md")? {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
                return Err(Fault::new(&path, 0, "a page's name has lower-case letters, digits and `-` only"));
            }
            found.push((format!("{family}/{name}"), path));
        }
    }
    found.sort();
    Ok(found)
}

fn rule(build: &Build, controls: &Controls, id: &str, page: &Page) -> Result<String, Wrong> {
    let front = &page.front;
    let severity = variant(page, "severity", &front.severity, &["info", "low", "medium", "high", "critical"])?;
    let confidence = variant(page, "confidence", &front.confidence, &["low", "medium", "high"])?;
    let scope = variant(page, "scope", &front.scope, &["file", "repo", "org"])?;
    variant(page, "status", &front.status, &["preview", "stable", "deprecated"])?;
    for context in &front.contexts {
        variant(page, "contexts", context, &CONTEXTS)?;
    }
    let mapped = mappings(controls, page)?;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "    Rule {{ id: {id:?}, title: {:?}, severity: crate::finding::Severity::{severity}, confidence: crate::finding::Confidence::{confidence}, scope: Scope::{scope},",
        page.title
    );
    let _ = writeln!(
        text,
        "        status: {:?}, since: {:?}, aliases: &{:?}, contexts: &{:?},",
        front.status, front.since, front.aliases, front.contexts
    );
    text.push_str("        controls: &[");
    for m in &mapped {
        let _ = write!(text, "Mapping {{ {}, kind: {:?}, when: {:?} }}, ", controls::fields(m.at), m.kind, m.when);
    }
    let _ = writeln!(text, "],\n        judge: {},", judge(build, page, front)?);
    let [why, fix, limits, ..] = page.sections.as_slice() else { unreachable!("a page has all its sections") };
    let _ = writeln!(
        text,
        "        why: {:?}, fix: {:?}, limits: {:?}, page: {:?} }},",
        why.trim(),
        fix.trim(),
        limits.trim(),
        page.body.trim()
    );
    Ok(text)
}

fn variant(page: &Page, key: &str, value: &str, allowed: &[&str]) -> Result<String, Wrong> {
    if !allowed.contains(&value) {
        return Err((page.line_of(key), format!("{key} `{value}`: expected one of {}", allowed.join(", "))));
    }
    let mut letters = value.chars();
    Ok(letters.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + letters.as_str()))
}

fn judge(build: &Build, page: &Page, front: &Front) -> Result<String, Wrong> {
    match (&front.judge, &front.condition) {
        (Some(name), None) => {
            let (module, function) = name.split_once("::").unwrap_or((name, "judge"));
            let file = build.rules.join(format!("../src/judge/{module}.rs"));
            let code = std::fs::read_to_string(file).unwrap_or_default();
            if !code.contains(&format!("pub fn {function}(")) {
                let message = format!("judge `{name}`: src/judge/{module}.rs has no `pub fn {function}`");
                return Err((page.line_of("judge"), message));
            }
            Ok(format!("Judge::Coded(crate::judge::{module}::{function})"))
        }
        (None, Some(c)) => {
            let mut only = String::new();
            for (field, value) in &c.only {
                let value = match value {
                    toml::Value::Boolean(b) => format!("Equal::Bool({b})"),
                    toml::Value::Integer(n) => format!("Equal::Int({n})"),
                    toml::Value::String(s) => format!("Equal::Text({s:?})"),
                    _ => {
                        return Err((
                            page.line_of("only"),
                            format!("only.{field}: expected text, a number or a truth value"),
                        ));
                    }
                };
                let _ = write!(only, "({field:?}, {value}), ");
            }
            Ok(format!(
                "Judge::Match {{ fact: {:?}, only: &[{only}], when: {:?}, message: {:?}, help: {:?} }}",
                c.fact, c.when, c.message, c.help
            ))
        }
        _ => Err((1, "a page has exactly one of `judge = \"…\"` and `[match]`".to_owned())),
    }
}

/// The controls of the page: the layer, its family's and its own; gates that the page's contexts always
/// open are dropped.
fn mappings(controls: &Controls, page: &Page) -> Result<Vec<Mapped>, Wrong> {
    let front = &page.front;
    let mut without = BTreeSet::new();
    for name in &front.without {
        without.insert(controls.find(name).map_err(|message| (page.line_of("without"), message))?);
    }
    let mut mapped: Vec<Mapped> = Vec::new();
    let relevant = |name: &str, key: &str| {
        let at = controls.find(name).map_err(|message| (page.line_of(key), message))?;
        Ok::<Mapped, Wrong>(Mapped { at, kind: "relevant", when: None })
    };
    let mut all = Vec::new();
    if let Some(family) = &front.map {
        let listed = controls.family(family).map_err(|message| (page.line_of("map"), message))?;
        for at in &without {
            if !listed.iter().any(|m| m.at == *at) {
                return Err((page.line_of("without"), format!("family `{family}` does not have what `without` drops")));
            }
        }
        all.extend(listed.iter().cloned());
    }
    for name in &front.controls {
        all.push(relevant(name, "controls")?);
    }
    all.push(relevant(&format!("csa-maestro-2025:{}", front.maestro), "maestro")?);
    for mut m in all {
        if without.contains(&m.at) {
            continue;
        }
        if front.doubtful {
            m.kind = "relevant";
        }
        if m.when.as_ref().is_some_and(|when| front.contexts.contains(when)) {
            m.when = None;
        }
        match mapped.iter_mut().find(|known| known.at == m.at) {
            Some(known) if m.when.is_none() => known.when = None,
            Some(_) => {}
            None => mapped.push(m),
        }
    }
    for publisher in ["owasp", "csa-maestro", "nist"] {
        let always = |m: &&Mapped| m.when.is_none() && controls.catalogue(m.at).starts_with(publisher);
        if !mapped.iter().any(|m| always(&m)) {
            return Err((
                page.line_of("map"),
                format!("no {publisher} control holds in every context; add one to `controls`"),
            ));
        }
    }
    Ok(mapped)
}

fn page_tests(id: &str, page: &Page) -> String {
    let mut text = format!("mod {} {{\n", id.replace(['/', '-'], "_"));
    for case in &page.cases {
        let files: Vec<(&str, &str)> = case.files.iter().map(|(path, _, text)| (&**path, &**text)).collect();
        let _ = writeln!(
            text,
            "    #[test]\n    fn {}() {{\n        crate::pages::check({id:?}, \"rules/{id}.md:{}\", &{files:?});\n    }}",
            case.name, case.line
        );
    }
    text.push_str("}\n");
    text
}

/// Compiles one page on its own, for tests of the compiler: the rule's Rust expression or the fault.
pub fn compile_one(build: &Build, id: &str, path: &Path) -> Result<String, Fault> {
    let controls = controls::load(build)?;
    let text = build.read(path)?;
    let wrong = |(line, message): Wrong| Fault::new(path, line, message);
    let page = Page::parse(id, &text).map_err(wrong)?;
    rule(build, &controls, id, &page).map_err(wrong)
}

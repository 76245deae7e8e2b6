//! Policies that are written. Input: files of policy languages, and configuration that carries policies.
//! Output: a [`Policy`] of form `written` for each: whether anything asks it is seen elsewhere.

use crate::extract::{Reader, Sink};
use crate::facts::{Policy, Sym};
use crate::matcher::Topic;
use crate::parse::{Document, Kind};
use crate::span::Span;

/// Reads policies out of files.
pub const FILES: Reader = Reader { name: "policy-files", reads, read };

fn reads(document: &Document<'_>) -> bool {
    // What is long and common is looked into only where a word of an engine stands.
    (document.kind != Kind::Yaml || document.hits.has(Topic::Policy))
        && engine(document.path, document.kind, &document.text).is_some()
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let Some(engine) = engine(document.path, document.kind, &document.text) else { return };
    let (at, name) = headline(engine, &document.text, document.path);
    sink.add(
        at,
        Policy {
            engine: engine.into(),
            form: "written".into(),
            name,
            moment: "unknown".into(),
            decision_used: true,
            ..Policy::default()
        },
    );
}

/// The engine that a file is written for.
fn engine(path: &str, kind: Kind, text: &str) -> Option<&'static str> {
    if let Some(language) = language(path) {
        return Some(language);
    }
    match kind {
        Kind::Ini if text.contains("[request_definition]") && text.contains("[matchers]") => Some("casbin"),
        Kind::Yaml
            if text.contains("apiVersion: api.cerbos.dev/") || text.contains("apiVersion: \"api.cerbos.dev/") =>
        {
            Some("cerbos")
        }
        Kind::Yaml if text.contains("mcpAuthorization:") => Some("gateway"),
        _ => None,
    }
}

/// The engine whose language a file is written in, by its name.
fn language(path: &str) -> Option<&'static str> {
    let file = path.rsplit('/').next().unwrap_or(path);
    match file.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "rego" if !file.ends_with("_test.rego") => Some("opa"),
        "cedar" => Some("cedar"),
        "fga" => Some("openfga"),
        "zed" => Some("spicedb"),
        "polar" => Some("oso"),
        _ => None,
    }
}

/// Whether a file is a policy by its name: it says nothing that the match engine looks for.
#[must_use]
pub fn is_policy(path: &str) -> bool {
    language(path).is_some()
}

/// The line that names a policy, and the name.
fn headline(engine: &str, text: &str, path: &str) -> (Span, Sym) {
    let begins: &[&str] = match engine {
        "opa" => &["package "],
        "cedar" => &["permit", "forbid", "@id"],
        "casbin" => &["[request_definition]"],
        "cerbos" => &["resourcePolicy:", "principalPolicy:", "derivedRoles:", "rolePolicy:", "apiVersion:"],
        "gateway" => &["mcpAuthorization:"],
        _ => &["model", "definition ", "type ", "actor ", "allow("],
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        if begins.iter().any(|b| body.starts_with(b)) {
            let from = start + (line.len() - line.trim_start().len());
            let name = body.strip_prefix("package ").map_or(path, str::trim);
            return (Span::new(from, from + body.len()), Sym::new(name));
        }
        start += line.len();
    }
    (Span::new(0, 0), Sym::new(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::trial;
    use crate::facts::AsRecord;

    fn written(path: &str, kind: Kind, text: &str) -> Vec<(String, String)> {
        let facts = trial::facts(&FILES, path, kind, text);
        facts.iter().filter_map(|f| Policy::of(&f.kind)).map(|p| (p.engine.to_string(), p.name.to_string())).collect()
    }

    #[test]
    fn each_language_is_known_by_its_file() {
        let pair = |a: &str, b: &str| vec![(a.to_owned(), b.to_owned())];
        assert_eq!(
            written("p/tools.rego", Kind::Text, "# é\npackage agents.tools\n\ndefault allow := false\n"),
            pair("opa", "agents.tools")
        );
        assert_eq!(written("a.cedar", Kind::Text, "permit(principal, action, resource);"), pair("cedar", "a.cedar"));
        assert_eq!(written("m.fga", Kind::Text, "model\n  schema 1.1\n"), pair("openfga", "m.fga"));
        let model = "[request_definition]\nr = sub, obj, act\n[matchers]\nm = r.sub == p.sub\n";
        assert_eq!(written("model.conf", Kind::Ini, model), pair("casbin", "model.conf"));
        let cerbos = "apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  resource: tool\n";
        assert_eq!(written("tool.yaml", Kind::Yaml, cerbos), pair("cerbos", "tool.yaml"));
        assert_eq!(
            written("gw.yaml", Kind::Yaml, "policies:\n  mcpAuthorization:\n    rules: []\n"),
            pair("gateway", "gw.yaml")
        );
    }

    #[test]
    fn tests_of_policies_and_other_files_are_none() {
        assert!(written("p/tools_test.rego", Kind::Text, "package agents.tools_test\n").is_empty());
        assert!(written("app.conf", Kind::Ini, "[server]\nport = 1\n").is_empty());
        assert!(written("deploy.yaml", Kind::Yaml, "apiVersion: apps/v1\n").is_empty());
    }
}

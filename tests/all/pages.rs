//! Every example of every rule page is one named test: its files are laid out as a small repository,
//! fakes expanded and markers cut, and the whole pipeline judges it.

use std::collections::BTreeSet;
use std::fs;

use nhiscan::cli::request::Request;
use nhiscan::facts::Place;
use nhiscan::finding::Finding;
use nhiscan::{catalogue, judge, understand};

include!(concat!(env!("OUT_DIR"), "/page_tests.rs"));

/// A place as a page names it.
type Spot = (String, u32);

/// Checks one example: the rule's findings stand on the marked lines and nowhere else, and each bears on
/// an OWASP, a MAESTRO and a NIST control.
fn check(rule: &str, page: &str, files: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let mut marked: BTreeSet<Spot> = BTreeSet::new();
    for (path, text) in files {
        let target = folder.path().join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        let (text, lines) = unmarked(text);
        marked.extend(lines.into_iter().map(|line| ((*path).to_owned(), line)));
        fs::write(target, catalogue::fake::expand(&text)).unwrap();
    }
    let request = Request { roots: vec![folder.path().to_path_buf()], threads: 1, ..Request::default() };
    let understood = understand(&request).unwrap();
    let findings = judge::run(&understood.graph);
    let spot = |at: Place| (understood.graph.path(at.file).to_string(), at.line);
    let own: Vec<&Finding> = findings.iter().filter(|finding| finding.rule.id == rule).collect();
    let primary: BTreeSet<Spot> = own.iter().map(|finding| spot(finding.draft.at)).collect();
    let related = own.iter().flat_map(|finding| finding.draft.related.iter().map(|step| spot(step.at)));
    let all: BTreeSet<Spot> = primary.iter().cloned().chain(related).collect();
    let told = || {
        let shown: Vec<String> =
            findings.iter().map(|f| format!("{} {:?}: {}", f.rule.id, spot(f.draft.at), f.draft.what)).collect();
        let facts: Vec<String> =
            understood.graph.files.iter().flat_map(|f| &f.facts).map(|f| format!("{:?}", f.kind)).collect();
        format!("findings: {shown:#?}\nfacts: {facts:#?}\nnotices: {:#?}", understood.notices)
    };
    let missed: Vec<&Spot> = marked.difference(&all).collect();
    assert!(missed.is_empty(), "{page}: not found by {rule}: {missed:?}\n{}", told());
    let extra: Vec<&Spot> = primary.difference(&marked).collect();
    assert!(extra.is_empty(), "{page}: found by {rule} without a marker: {extra:?}\n{}", told());
    for finding in own {
        for publisher in ["owasp", "csa-maestro", "nist"] {
            let has = finding.controls.iter().any(|m| m.catalogue.id.starts_with(publisher));
            assert!(has, "{page}: a finding of {rule} bears on no {publisher} control");
        }
    }
}

/// The text without its markers, and the marked lines.
fn unmarked(text: &str) -> (String, Vec<u32>) {
    let mut out = String::new();
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let named = line.rsplit_once("#! ").filter(|(_, named)| {
            let part = |part: &str| {
                !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            };
            named.trim_end().split('/').all(part)
        });
        if let Some((code, _)) = named {
            lines.push(at as u32 + 1);
            out.push_str(code.trim_end());
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    (out, lines)
}

//! Pages under `docs/rules/` that are written from the catalogue. `UPDATE_DOCS=1 cargo test docs` writes
//! them anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use nhiscan::catalogue::{CATALOGUES, NOT_VISIBLE, RULES};

const QUESTIONS: [(&str, &str); 8] = [
    ("secrets", "Are its secrets out of code, configuration, prompts, images and history?"),
    ("sharing", "Does it have an identity of its own, for each environment?"),
    ("lifecycle", "Do its credentials end?"),
    ("privilege", "May it do its task and nothing else?"),
    ("delegation", "When it acts for a person, are both the person and the agent in the token?"),
    ("approval", "Are its high-risk actions gated by a policy or a person?"),
    ("audit", "Are its actions logged, and as its own?"),
    ("exposure", "Who else can reach it or become it?"),
];

fn index() -> String {
    let mut out =
        "# Rules\n\nEvery rule is one page, and asks one of the eight questions on an agent's card.\n".to_owned();
    for (family, question) in QUESTIONS {
        let _ =
            write!(out, "\n## {family}\n\n{question}\n\n| rule | severity | confidence | says |\n|---|---|---|---|\n");
        for rule in RULES.iter().filter(|rule| rule.family() == family) {
            let (severity, confidence) = (format!("{:?}", rule.severity), format!("{:?}", rule.confidence));
            let _ = writeln!(
                out,
                "| [`{0}`](../../rules/{0}.md) | {1} | {2} | {3} |",
                rule.id,
                severity.to_lowercase(),
                confidence.to_lowercase(),
                rule.title
            );
        }
    }
    out
}

/// Which rule bears on which control of the OWASP NHI Top 10: `superset` when every finding of the rule
/// falls into the class, `relevant` when it is evidence that bears on it.
fn coverage() -> String {
    let nhi = CATALOGUES.iter().find(|c| c.id == "owasp-nhi-top10-2025").unwrap();
    let mut out = format!(
        "# Coverage of the {} {}\n\nA scanner shows evidence that bears on a control; it cannot show that a control is met. \
         Classes that every finding of a rule falls into are set in bold.\n\n| control | rules | reason when there is none |\n|---|---|---|\n",
        nhi.name, nhi.version
    );
    for control in nhi.controls {
        let mut rules = Vec::new();
        for rule in RULES {
            for mapping in rule.controls.iter().filter(|m| m.control == control) {
                let link = format!("[`{0}`](../../rules/{0}.md)", rule.id);
                let link = if mapping.kind == "superset" { format!("**{link}**") } else { link };
                rules.push(mapping.when.map_or(link.clone(), |when| format!("{link} ({when})")));
            }
        }
        let reason = NOT_VISIBLE.iter().find(|n| n.control == control).map_or("", |n| n.reason);
        let _ =
            writeln!(out, "| [{}]({}) {} | {} | {reason} |", control.id, control.url, control.title, rules.join(", "));
    }
    out
}

fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(known == text, "docs/rules/{name} is not what the catalogue says: UPDATE_DOCS=1 cargo test docs");
}

#[test]
fn the_index_of_rules_is_the_catalogue() {
    compare("README.md", &index());
}

#[test]
fn the_coverage_table_is_the_catalogue() {
    compare("coverage.md", &coverage());
}

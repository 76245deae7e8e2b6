//! The catalogue as Markdown. Input: the compiled-in rules and kinds of credential. Output: the rules by
//! question, which of them bear on which control of the OWASP NHI Top 10, and the kinds by provider.

use std::fmt::Write as _;

use super::credential::{FoundBy, KINDS, Kind, Known};
use super::{CATALOGUES, Control, NOT_VISIBLE, RULES, Rule};

/// The families with the question that each asks of an agent.
pub const QUESTIONS: [(&str, &str); 8] = [
    ("secrets", "Are its secrets out of code, configuration, prompts, images and history?"),
    ("sharing", "Does it have an identity of its own, for each environment?"),
    ("lifecycle", "Do its credentials end?"),
    ("privilege", "May it do its task and nothing else?"),
    ("delegation", "When it acts for a person, are both the person and the agent in the token?"),
    ("approval", "Are its high-risk actions gated by a policy or a person?"),
    ("audit", "Are its actions logged, and as its own?"),
    ("exposure", "Who else can reach it or become it?"),
];

/// Every rule, by the question that it asks.
#[must_use]
pub fn index() -> String {
    let mut out = "# Rules\n".to_owned();
    for (family, question) in QUESTIONS {
        let _ =
            write!(out, "\n## {family}\n\n{question}\n\n| rule | severity | confidence | says |\n|---|---|---|---|\n");
        for rule in RULES.iter().filter(|rule| rule.family() == family) {
            let (severity, confidence) = (format!("{:?}", rule.severity), format!("{:?}", rule.confidence));
            let (severity, confidence) = (severity.to_lowercase(), confidence.to_lowercase());
            let _ = writeln!(out, "| {} | {severity} | {confidence} | {} |", link(rule), rule.title);
        }
    }
    out
}

/// The controls of the OWASP NHI Top 10 with the rules that bear on them, or the reason why none does.
/// Classes that every finding of a rule falls into are bold.
#[must_use]
pub fn coverage() -> String {
    let mut out = String::new();
    for nhi in CATALOGUES.iter().filter(|catalogue| catalogue.id == "owasp-nhi-top10-2025") {
        let _ = write!(
            out,
            "# Coverage of the {} {}\n\nFindings are evidence that bears on a control; none shows that a control is met. \
             Where every finding of a rule falls into the class, the rule is bold.\n\n| control | rules |\n|---|---|\n",
            nhi.name, nhi.version
        );
        for control in nhi.controls {
            let _ = writeln!(out, "| [{}]({}) {} | {} |", control.id, control.url, control.title, covering(control));
        }
    }
    out
}

fn covering(control: &Control) -> String {
    let mut rules = Vec::new();
    for rule in RULES {
        for mapping in rule.controls.iter().filter(|mapping| mapping.control == control) {
            let link = if mapping.kind == "superset" { format!("**{}**", link(rule)) } else { link(rule) };
            rules.push(mapping.when.map_or(link.clone(), |when| format!("{link} ({when})")));
        }
    }
    let reasons =
        NOT_VISIBLE.iter().filter(|none| none.control == control).map(|none| format!("none: {}", none.reason));
    rules.extend(reasons);
    rules.join(", ")
}

/// Every kind of credential, by provider: `docs/credentials.md`.
#[must_use]
pub fn credentials() -> String {
    let mut kinds: Vec<&Kind> = KINDS.iter().collect();
    kinds.sort_by_key(|kind| (kind.provider_name.to_lowercase(), kind.title.to_lowercase(), kind.id));
    let mut out = "# Kinds of credential\n\nMade by `nhiscan credentials --format markdown`. *Form* says how it is \
                   known: the vendor documents it, the vendor's source code states it, it was seen in others' public \
                   documentation or code, or no public page states it, and the name decides. *Ends* says whether it \
                   ends by itself; where it is empty, that depends or is not documented.\n\n"
        .to_owned();
    out.push_str("| provider | kind | found by | form | ends | variables |\n|---|---|---|---|---|---|\n");
    for kind in kinds {
        let provider = kind.provider_name.replace('|', "\\|");
        let title = format!("[{}]({})", kind.title.replace('|', "\\|"), kind.source);
        let public = if kind.public { " (public)" } else { "" };
        let ends = kind.expires.map_or("", |ends| if ends { "yes" } else { "no" });
        let env: Vec<String> = kind.env.iter().map(|name| format!("`{name}`")).collect();
        let (by, form) = (found_by(kind), form(kind.known));
        let _ = writeln!(out, "| {provider} | {title}{public} | {by} | {form} | {ends} | {} |", env.join(" "));
    }
    out
}

fn found_by(kind: &Kind) -> &'static str {
    match kind.found_by {
        FoundBy::Prefix => "how it begins",
        FoundBy::Infix => "what it holds",
        FoundBy::Name => "name and form",
        FoundBy::Assignment => "name and randomness",
        _ => "what stands around it",
    }
}

fn form(known: Known) -> &'static str {
    match known {
        Known::Documented => "documented",
        Known::Source => "vendor's source",
        Known::Seen => "seen",
        Known::Unstated => "not stated",
        Known::Unchecked => "not looked up yet",
    }
}

fn link(rule: &Rule) -> String {
    format!("[`{0}`](rules/{0}.md)", rule.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_and_every_control_has_its_row() {
        let (index, coverage) = (index(), coverage());
        for rule in RULES {
            assert!(index.contains(&format!("| {} |", link(rule))), "{}", rule.id);
        }
        let rows: Vec<&str> = coverage.lines().filter(|line| line.starts_with("| [NHI")).collect();
        assert_eq!(rows.len(), 10);
        for row in rows {
            let named = row.contains("](rules/") || row.contains("none: ");
            assert!(named && !row.contains("|  |"), "{row}");
        }
    }
}

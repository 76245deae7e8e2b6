//! What the compiled-in catalogue promises.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use nhiscan::catalogue::{CATALOGUES, NOT_VISIBLE, RULES};
use nhiscan::judge::Declared;

use super::house::compiler::{self, fault::Build};

#[test]
fn every_condition_and_message_fits_the_schema_of_its_facts() {
    for rule in RULES {
        if let Err(wrong) = Declared::compile(rule.judge) {
            panic!("rules/{}.md: at byte {} of the condition: {}", rule.id, wrong.at, wrong.message);
        }
    }
}

#[test]
fn every_owasp_nhi_control_has_a_rule_or_a_reason_and_not_both() {
    let nhi = CATALOGUES.iter().find(|c| c.id == "owasp-nhi-top10-2025").unwrap();
    assert_eq!(nhi.controls.len(), 10);
    for control in nhi.controls {
        let covered = RULES.iter().any(|rule| rule.controls.iter().any(|m| m.control == control));
        let excused = NOT_VISIBLE.iter().any(|n| n.control == control);
        assert!(
            covered || excused,
            "{} has neither a rule nor a reason in rules/controls/not-visible.toml",
            control.id
        );
        assert!(!(covered && excused), "{} has a rule: take it out of rules/controls/not-visible.toml", control.id);
    }
}

#[test]
fn every_family_has_a_rule_and_no_rule_names_a_control_twice() {
    let families: BTreeSet<&str> = RULES.iter().map(|rule| rule.family()).collect();
    for family in ["secrets", "sharing", "lifecycle", "privilege", "delegation", "approval", "audit", "exposure"] {
        assert!(families.contains(family), "no rule asks the question of {family}");
    }
    for rule in RULES {
        let named: BTreeSet<(&str, &str)> = rule.controls.iter().map(|m| (m.catalogue.id, m.control.id)).collect();
        assert_eq!(named.len(), rule.controls.len(), "{} names a control twice", rule.id);
    }
}

#[test]
fn the_page_of_credential_kinds_is_fresh() {
    let committed = include_str!("../../docs/credentials.md");
    let made = nhiscan::catalogue::docs::credentials();
    let stale = committed.lines().zip(made.lines()).find(|(a, b)| a != b);
    assert!(
        committed == made,
        "docs/credentials.md is stale: run `nhiscan credentials --format markdown > docs/credentials.md`; first: {stale:?}"
    );
}

const GATE: &str = "[[gate]]\ntopic = \"framework\"\nliterals = [\n    \"langgraph\",\n]\n";

const KEYS: &str = r#"provider = "desk"
name = "Desk"
source = "https://desk.example/keys"
checked = "2026-11-25"

[[kind]]
id = "desk-key"
title = "Desk key"
shape = "deskkey_<alnum:20>"
prefix = ["deskkey_"]
alphabet = "alnum"
length = 20
"#;

/// What compiling the literals of these two models gives.
fn literals(gate: &str, keys: &str, frequencies: &[u8]) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let build = Build { rules: folder.path().join("rules"), out: folder.path().to_owned() };
    let models = build.rules.join("models");
    fs::create_dir_all(models.join("credentials")).unwrap();
    fs::write(models.join("grams.bin"), frequencies).unwrap();
    fs::write(models.join("desk.toml"), gate).unwrap();
    fs::write(models.join("credentials/desk.toml"), keys).unwrap();
    compiler::literals::compile(&build).map_err(|fault| fault.to_string())?;
    Ok(fs::read_to_string(build.out.join("literals.rs")).unwrap())
}

#[test]
fn a_wrong_literal_stops_the_build_and_names_its_line() {
    let frequencies = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/models/grams.bin")).unwrap();
    let code = literals(GATE, KEYS, &frequencies).unwrap();
    assert!(code.contains("\"langgraph\"") && code.contains("\"deskkey_\""), "{code}");
    let often = "is a candidate";
    for (from, to, said) in [
        ("langgraph", "lang", ["desk.toml:4: literal `lang`: has 4 bytes", ""]),
        ("langgraph", "return", ["desk.toml:4: literal `return`", often]),
        ("    \"langgraph\",\n]", "    \"      \",\n]\nfrequent = true", ["desk.toml:4: literal `      `", often]),
        ("framework", "frameworks", ["desk.toml:2: gate topic `frameworks` is not known", ""]),
        ("[\"deskkey_\"]", "[\"dk\"]", ["credentials/desk.toml:10: literal `dk`: has 2 bytes", ""]),
        ("[\"deskkey_\"]", "[\"the\"]", ["credentials/desk.toml:10: literal `the`", often]),
    ] {
        assert!(GATE.contains(from) || KEYS.contains(from), "{from}");
        let wrong = literals(&GATE.replace(from, to), &KEYS.replace(from, to), &frequencies);
        let fault = wrong.err().unwrap_or_else(|| panic!("{to} is taken"));
        assert!(said.iter().all(|words| fault.contains(words)), "{to}: {fault}");
    }
    let fault = literals(GATE, KEYS, &frequencies[1..]).unwrap_err();
    assert!(fault.contains("grams.bin: is not a table of this filter"), "{fault}");
}

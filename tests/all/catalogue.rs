//! What the compiled-in catalogue promises.

use std::collections::BTreeSet;

use nhiscan::catalogue::{CATALOGUES, NOT_VISIBLE, RULES};
use nhiscan::judge::Declared;

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

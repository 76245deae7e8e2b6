//! SARIF of the planted repository: valid under the official schema, within the host's limits, every
//! result with the controls that are promised, no secret value anywhere.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use super::command::{Demo, demo};

static DEMO: LazyLock<Demo> = LazyLock::new(demo);

fn run() -> &'static Value {
    &DEMO.sarif["runs"][0]
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn texts<'v>(values: &'v [Value], key: &str) -> Vec<&'v str> {
    values.iter().map(|v| v[key].as_str().unwrap_or_else(|| panic!("no {key} in {v}"))).collect()
}

fn catalogue_of(taxon: &Value) -> &str {
    taxon["toolComponent"]["name"].as_str().unwrap()
}

#[test]
fn is_valid_under_the_official_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../testdata/sarif/sarif-schema-2.1.0.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&DEMO.sarif).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let broken = serde_json::json!({ "version": "2.1.0", "runs": [{ "tool": {} }] });
    assert!(!validator.is_valid(&broken), "the schema itself must be able to refuse");
}

#[test]
fn reads_back_through_the_types_it_was_written_with() {
    let log: serde_sarif::sarif::Sarif = serde_json::from_value(DEMO.sarif.clone()).unwrap();
    assert_eq!(serde_json::to_value(&log).unwrap(), DEMO.sarif);
}

#[test]
fn every_result_has_an_owasp_a_maestro_and_a_nist_control_and_none_twice() {
    assert!(!list(run(), "results").is_empty());
    for result in list(run(), "results") {
        let taxa = list(result, "taxa");
        for publisher in ["OWASP", "MAESTRO", "NIST"] {
            assert!(taxa.iter().any(|t| catalogue_of(t).contains(publisher)), "no {publisher} in {result:#}");
        }
        let distinct: BTreeSet<_> = taxa.iter().map(|t| t["guid"].as_str().unwrap()).collect();
        assert_eq!(distinct.len(), taxa.len(), "a control twice in {result:#}");
    }
}

#[test]
fn every_reference_to_a_control_resolves() {
    let mut known = BTreeSet::new();
    for taxonomy in list(run(), "taxonomies") {
        assert!(taxonomy["rules"].is_null() && taxonomy["notifications"].is_null());
        for taxon in list(taxonomy, "taxa") {
            known.insert((taxonomy["guid"].clone().to_string(), taxon["guid"].to_string(), taxon["id"].to_string()));
        }
    }
    let relations = list(&run()["tool"]["driver"], "rules").iter().flat_map(|r| list(r, "relationships"));
    let targets = relations.map(|r| &r["target"]).chain(list(run(), "results").iter().flat_map(|r| list(r, "taxa")));
    for target in targets {
        let key = (target["toolComponent"]["guid"].to_string(), target["guid"].to_string(), target["id"].to_string());
        assert!(known.contains(&key), "{target} leads nowhere");
    }
    let supported = texts(list(&run()["tool"]["driver"], "supportedTaxonomies"), "guid");
    assert_eq!(supported, texts(list(run(), "taxonomies"), "guid"));
}

#[test]
fn rules_say_what_hosts_read_and_within_their_limits() {
    let rules = list(&run()["tool"]["driver"], "rules");
    assert!(!rules.is_empty());
    for rule in rules {
        let id = &rule["id"];
        for text in [&rule["shortDescription"], &rule["fullDescription"]] {
            let length = text["text"].as_str().unwrap().chars().count();
            assert!((1..=1024).contains(&length), "{id}: a description of {length} characters");
        }
        assert!(rule["help"]["markdown"].as_str().unwrap().contains("| Catalogue | Control |"), "{id}");
        let score: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
        assert!(score > 0.0 && score <= 10.0 && (score - 9.0).abs() > 0.01, "{id}: {score}");
        assert!(["very-high", "high", "medium", "low"].contains(&rule["properties"]["precision"].as_str().unwrap()));
        let tags = list(&rule["properties"], "tags");
        assert!(tags.len() <= 10 && tags.contains(&"security".into()), "{id}: {tags:?}");
        let weak = list(rule, "relationships").iter().any(|r| catalogue_of(&r["target"]).contains("CWE"));
        let said = tags.iter().any(|t| t.as_str().unwrap().starts_with("external/cwe/cwe-"));
        assert_eq!(weak, said, "{id}: {tags:?}");
    }
}

#[test]
fn regions_are_single_lines_with_all_four_ends_and_no_text() {
    for result in list(run(), "results") {
        for location in list(result, "locations").iter().chain(list(result, "relatedLocations")) {
            let region = &location["physicalLocation"]["region"];
            assert_eq!(region["startLine"], region["endLine"], "{location:#}");
            assert!(region["endColumn"].as_i64() > region["startColumn"].as_i64(), "{location:#}");
            assert!(region["snippet"].is_null() && location["physicalLocation"]["contextRegion"].is_null());
        }
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run()["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        let fingerprints = result["partialFingerprints"].as_object().unwrap();
        assert_eq!(fingerprints.keys().collect::<Vec<_>>(), ["nhiscan/v1"]);
    }
    assert_eq!(run()["columnKind"], "utf16CodeUnits");
    assert_eq!(run()["automationDetails"]["id"], "nhiscan/scan/");
    assert_eq!(run()["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn links_in_messages_lead_to_related_locations() {
    let mut linked = 0;
    for result in list(run(), "results") {
        let ids: Vec<String> = list(result, "relatedLocations").iter().map(|l| l["id"].to_string()).collect();
        for after in result["message"]["text"].as_str().unwrap().split("](").skip(1) {
            let id = after.split_once(')').unwrap().0;
            assert!(ids.iter().any(|known| known == id), "{result:#}");
            linked += 1;
        }
    }
    assert!(linked > 0, "some planted fault has several places");
}

#[test]
fn no_secret_value_is_in_any_format() {
    for (format, text) in &DEMO.formats {
        for secret in &DEMO.secrets {
            assert!(!text.contains(secret.as_str()), "{format} holds a value");
            assert!(!text.contains(&secret[secret.len() / 2..]), "{format} holds half a value");
        }
    }
    assert!(DEMO.secrets.len() >= 3);
}

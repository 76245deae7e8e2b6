//! Rules as `reportingDescriptor`s, with what hosts read of them.

use serde_json::json;
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor, ReportingDescriptorRelationship,
};

use super::super::prose;
use super::taxonomies;
use crate::catalogue::{Mapping, Rule};
use crate::finding::{Confidence, Severity};

/// Tags that a host shows; more than twenty make it refuse the file.
const TAGS: usize = 10;

pub(super) fn descriptor(rule: &Rule) -> ReportingDescriptor {
    let plain = |text: String| MultiformatMessageString::builder().text(text).build();
    let page = prose::help_page(rule);
    let why = match prose::plain(rule.why).as_str() {
        "" => prose::sentence(rule.title),
        why => prose::cut(why, 1000),
    };
    let fix = match prose::plain(rule.fix).as_str() {
        "" => why.clone(),
        fix => fix.to_owned(),
    };
    let builder = ReportingDescriptor::builder()
        .id(rule.id)
        .name(pascal(rule.id))
        .short_description(plain(prose::sentence(&prose::plain(rule.title))))
        .full_description(plain(why))
        .help(MultiformatMessageString::builder().text(fix).markdown(page).build())
        .default_configuration(ReportingConfiguration::builder().level(json!(level(rule.severity))).build())
        .properties(properties(rule))
        .relationships(relationships(rule));
    if rule.aliases.is_empty() {
        return builder.build();
    }
    builder.deprecated_ids(rule.aliases.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>()).build()
}

/// `secrets/provider-key` → `SecretsProviderKey`.
fn pascal(id: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect::<String>()
    };
    id.split(['/', '-', '_']).map(capital).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn properties(rule: &Rule) -> PropertyBag {
    // A score of exactly 9.0 falls between the host's classes: none is used.
    let (score, problem) = match rule.severity {
        Severity::Critical => ("9.5", "error"),
        Severity::High => ("8.0", "error"),
        Severity::Medium => ("5.5", "warning"),
        Severity::Low => ("3.0", "recommendation"),
        Severity::Info => ("1.0", "recommendation"),
    };
    let precision = match rule.confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    };
    let more = [("security-severity", score), ("precision", precision), ("problem.severity", problem)]
        .map(|(key, value)| (key.to_owned(), json!(value)));
    PropertyBag::builder().tags(tags(rule)).additional_properties(more).build()
}

/// `security`, the family, weaknesses as hosts decorate them, then the most direct control of each
/// leading catalogue and as many more as fit.
fn tags(rule: &Rule) -> Vec<String> {
    let tag = |m: &Mapping| {
        let id = tag_id(m.control.id);
        if m.catalogue.id == "cwe" { format!("external/cwe/{id}") } else { format!("external/{}/{id}", m.catalogue.id) }
    };
    let weaknesses = rule.controls.iter().filter(|m| m.catalogue.id == "cwe").take(2);
    let ordered = weaknesses.chain(prose::leading(rule.controls)).chain(rule.controls);
    let mut tags = vec!["security".to_owned(), format!("nhi-{}", rule.family())];
    for mapping in ordered {
        let tag = tag(mapping);
        if tags.len() < TAGS && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// A control's id as part of a tag: lower case, without signs that hosts may read as syntax.
fn tag_id(id: &str) -> String {
    id.to_lowercase().replace(" (", "-").replace('(', ".").replace([':', ' '], "-").replace(')', "")
}

fn relationships(rule: &Rule) -> Vec<ReportingDescriptorRelationship> {
    rule.controls
        .iter()
        .map(|mapping| {
            // A control that needs a context holds for some results only, whatever its kind.
            let kind = if mapping.when.is_some() { "relevant" } else { mapping.kind };
            ReportingDescriptorRelationship::builder()
                .target(taxonomies::reference(mapping))
                .kinds(vec![kind.to_owned()])
                .build()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_tags_are_plain() {
        assert_eq!(tag_id("AC-3(2)"), "ac-3.2");
        assert_eq!(tag_id("Repudiation (L7)"), "repudiation-l7");
        assert_eq!(tag_id("NHI7:2025"), "nhi7-2025");
        assert_eq!(pascal("lifecycle/token-never-revoked"), "LifecycleTokenNeverRevoked");
    }
}

//! Each catalogue of controls that the rules use, as one taxonomy, and references into it. Guids are
//! those of the catalogue files, so that taxonomies of different runs are the same taxonomy.

use serde_sarif::sarif::{
    MultiformatMessageString, ReportingDescriptor, ReportingDescriptorReference, ToolComponent, ToolComponentReference,
};

use super::super::prose;
use crate::catalogue::{Catalogue, Control, Mapping, Rule};

/// The taxonomies of `rules`, by catalogue id, each with the controls that are used.
pub(super) fn used(rules: &[&'static Rule]) -> Vec<ToolComponent> {
    catalogues(rules).into_iter().map(|catalogue| component(catalogue, rules)).collect()
}

/// References to the same taxonomies.
pub(super) fn references(rules: &[&'static Rule]) -> Vec<ToolComponentReference> {
    catalogues(rules).into_iter().map(component_reference).collect()
}

/// A reference to a control.
pub(super) fn reference(mapping: &Mapping) -> ReportingDescriptorReference {
    ReportingDescriptorReference::builder()
        .id(mapping.control.id)
        .guid(mapping.control.guid)
        .tool_component(component_reference(mapping.catalogue))
        .build()
}

fn catalogues(rules: &[&'static Rule]) -> Vec<&'static Catalogue> {
    let mut all: Vec<&Catalogue> = rules.iter().flat_map(|r| r.controls).map(|m| m.catalogue).collect();
    all.sort_by_key(|c| c.id);
    all.dedup_by_key(|c| c.id);
    all
}

fn component(catalogue: &'static Catalogue, rules: &[&'static Rule]) -> ToolComponent {
    let mappings: Vec<&Mapping> = rules.iter().flat_map(|r| r.controls).collect();
    let is_used = |control: &&Control| mappings.iter().any(|m| m.control == *control);
    ToolComponent::builder()
        .name(catalogue.name)
        .version(catalogue.version)
        .organization(catalogue.organization)
        .information_uri(catalogue.url)
        .guid(catalogue.guid)
        .is_comprehensive(false)
        .short_description(text(&format!("{} {}", catalogue.name, catalogue.version)))
        .taxa(catalogue.controls.iter().filter(is_used).map(taxon).collect::<Vec<_>>())
        .build()
}

fn taxon(control: &Control) -> ReportingDescriptor {
    let builder = ReportingDescriptor::builder()
        .id(control.id)
        .guid(control.guid)
        .name(control.title)
        .short_description(text(if control.short.is_empty() { control.title } else { control.short }));
    if control.url.is_empty() { builder.build() } else { builder.help_uri(control.url).build() }
}

fn component_reference(catalogue: &Catalogue) -> ToolComponentReference {
    ToolComponentReference::builder().name(catalogue.name).guid(catalogue.guid).build()
}

fn text(said: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(prose::sentence(said)).build()
}

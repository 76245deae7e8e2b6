//! What README and docs say is so.

use std::collections::BTreeSet;
use std::path::Path;

use clap::CommandFactory as _;

use super::command::demo;

const README: &str = include_str!("../../README.md");

fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let opening = format!("\n```{language}\n");
    text.split(&opening).skip(1).map(|rest| rest.split_once("\n```").unwrap().0).collect()
}

#[test]
fn two_commands_are_enough() {
    assert_eq!(blocks(README, "console"), ["cargo run --release -- demo", "cargo test"]);
}

#[test]
fn the_explained_finding_is_really_reported() {
    let printed = demo();
    let shown = blocks(README, "text");
    assert_eq!(shown.len(), 1);
    assert!(printed.formats[0].1.contains(shown[0]), "the demo does not print:\n{}", shown[0]);
}

#[test]
fn every_family_is_named() {
    let families: BTreeSet<&str> = nhiscan::catalogue::RULES.iter().map(|rule| rule.family()).collect();
    for family in families {
        assert!(README.contains(&format!("| `{family}` |")), "{family}");
    }
}

#[test]
fn links_lead_to_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/formats.md", "docs/github-action.md"] {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        for link in text.split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0) {
            if !link.starts_with("http") {
                let target = root.join(page).parent().unwrap().join(link);
                let known = ["CONTRIBUTING", "SECURITY"].contains(&link);
                assert!(known || target.exists(), "{page} links to {link}");
            }
        }
    }
}

#[test]
fn every_command_and_option_is_documented() {
    let page = include_str!("../../docs/command-line.md");
    for command in nhiscan::cli::Cli::command().get_subcommands() {
        assert!(page.contains(&format!("nhiscan {}", command.get_name())), "{}", command.get_name());
    }
}

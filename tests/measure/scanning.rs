//! Runs the library over files in memory. Input: files with the place of a value in each. Output: for
//! each, whether something that is reported covers that place.

use nhiscan::config::Config;
use nhiscan::extract::Context;
use nhiscan::facts::{Credential, Place, Sym};
use nhiscan::graph::Graph;
use nhiscan::judge;
use nhiscan::parse::role::{Exhibits, Labs};
use nhiscan::reading::Plan;
use nhiscan::walk::{Buffer, GitState, Origin, Repository, Source, Sources};

use super::placing::Placed;

/// What counts as reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Findings at any level and facts about credentials that are meant to be public.
    AnyCredential,
    /// Findings alone: naming a public key or a lookup is no alarm.
    Findings,
}

/// For each of `files`, whether its value is reported.
#[must_use]
pub fn covered(files: &[Placed], counts: Counts) -> Vec<bool> {
    let graph = read(files);
    let mut hits = vec![false; files.len()];
    let mut meet = |at: Place| {
        if let Some(file) = files.get(at.file.at()) {
            hits[at.file.at()] |= (at.start as usize) < file.value.end && file.value.start < at.end as usize;
        }
    };
    for finding in judge::run(&graph).iter().filter(|finding| finding.rule.id.starts_with("secrets/")) {
        meet(finding.draft.at);
        finding.draft.related.iter().for_each(|step| meet(step.at));
    }
    if counts == Counts::AnyCredential {
        for (_, fact, credential) in graph.facts::<Credential>() {
            if credential.public && credential.held == "literal" {
                meet(fact.at);
            }
        }
    }
    hits
}

/// The role that each file is given: a measure of product code must not be lowered by another.
#[must_use]
pub fn roles(files: &[Placed]) -> Vec<Sym> {
    let graph = read(files);
    (0..files.len()).map(|at| graph.role(nhiscan::facts::FileId::new(at))).collect()
}

/// Each file is a repository of its own, so that none speaks for another.
fn read(files: &[Placed]) -> Graph {
    let source = |(at, file): (usize, &Placed)| Source {
        root: 0,
        path: file.path.clone(),
        git: GitState::Tracked,
        origin: Origin::Memory(file.text.clone().into_bytes()),
        repository: at,
    };
    let sources = Sources {
        repositories: vec![Repository { git: true, ..Repository::default() }; files.len()],
        list: files.iter().enumerate().map(source).collect(),
        ..Sources::default()
    };
    let configs = [Config::default()];
    let context = Context { key: [7; 32], ..Context::default() };
    let plan =
        Plan { sources: &sources, labs: Labs::default(), exhibits: Exhibits::default(), configs: &configs, context };
    let mut buffer = Buffer::new();
    let facts = (0..files.len()).map(|at| plan.read(at, &mut buffer).facts).collect();
    let paths = sources.list.iter().map(|source| Sym::new(&source.path)).collect();
    let repositories = sources.list.iter().map(|source| source.repository).collect();
    Graph::build(facts, paths, repositories)
}

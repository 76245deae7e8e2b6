//! Which files code of other files asks for. Input: what was read. Output: code files that define what
//! tools call, what agents are given or what modules pass on, and that were not parsed.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::modules::Modules;
use crate::extract::FileFacts;
use crate::facts::{FactKind, Ref, RefKind, Sym};

/// Positions of the files that are asked for and were neither parsed nor asked for before.
pub fn demanded<'f>(files: impl Iterator<Item = &'f FileFacts>, paths: &[Sym], asked: &mut [bool]) -> Vec<usize> {
    let files: Vec<&FileFacts> = files.collect();
    let modules = Modules::new(paths);
    let mut wanted = BTreeSet::new();
    let last = |name: &'static str| name.rsplit('.').next().unwrap_or(name);
    let names: FxHashSet<&str> =
        files.iter().flat_map(|f| &f.facts).flat_map(|f| names(&f.kind)).map(|name| last(name.as_str())).collect();
    for (at, facts) in files.iter().enumerate() {
        let own: FxHashSet<Sym> = facts.facts.iter().filter_map(|f| symbol(&f.kind)).collect();
        for fact in &facts.facts {
            // A module that was asked for may only pass the name on.
            let passed = match &fact.kind {
                FactKind::Binding(b) if asked[at] && &*b.form == "import" && names.contains(&*b.symbol) => {
                    b.to.map(|to| to.name)
                }
                _ => None,
            };
            for name in self::names(&fact.kind).into_iter().chain(passed).filter(|n| !own.contains(n)) {
                let target = super::modules::prefixes(&name)
                    .find_map(|module| modules.file(&paths[at], module))
                    .map(|file| file.0 as usize);
                wanted.extend(target.filter(|&t| t != at && !asked[t] && !parsed(files[t])));
            }
        }
    }
    for &at in &wanted {
        asked[at] = true;
    }
    wanted.into_iter().collect()
}

fn symbol(kind: &FactKind) -> Option<Sym> {
    match kind {
        FactKind::Agent(a) => Some(a.symbol),
        FactKind::Tool(t) => Some(t.symbol),
        FactKind::Server(s) => s.symbol,
        _ => None,
    }
}

/// The names that a fact asks of other files.
fn names(kind: &FactKind) -> Vec<Sym> {
    let of = |refs: &[Ref]| refs.iter().filter(|r| r.kind == RefKind::Symbol).map(|r| r.name).collect::<Vec<_>>();
    match kind {
        FactKind::Agent(a) => [of(&a.tools), of(&a.handoffs)].concat(),
        FactKind::Tool(t) => of(&t.calls),
        FactKind::Handoff(h) => of(h.to.as_slice()),
        FactKind::Binding(b) => match &*b.form {
            "factory" | "alias" => of(b.to.as_slice()),
            "list" => b.literal.map_or("", Sym::as_str).split(',').map(Sym::new).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Whether the code of a file was looked at for agents.
fn parsed(facts: &FileFacts) -> bool {
    facts.facts.iter().any(|f| {
        matches!(f.kind, FactKind::Agent(_) | FactKind::Tool(_) | FactKind::Binding(_) | FactKind::Endpoint(_))
    })
}

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
        files.iter().flat_map(|f| &f.facts).flat_map(|f| references(&f.kind)).map(|r| last(r.name.as_str())).collect();
    for (at, facts) in files.iter().enumerate() {
        let own: FxHashSet<Sym> = facts.facts.iter().filter_map(|f| symbol(&f.kind)).collect();
        for fact in &facts.facts {
            // A module that was asked for may only pass the name on.
            let passed = match &fact.kind {
                FactKind::Binding(b) if asked[at] && &*b.form == "import" && names.contains(&*b.symbol) => {
                    b.to.as_ref()
                }
                _ => None,
            };
            let all = references(&fact.kind).chain(passed);
            for reference in all.filter(|r| r.kind == RefKind::Symbol && !own.contains(&r.name)) {
                let target = super::modules::prefixes(&reference.name)
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

/// What a fact asks of other files.
fn references(kind: &FactKind) -> impl Iterator<Item = &Ref> {
    let (lists, one): ([&[Ref]; 2], Option<&Ref>) = match kind {
        FactKind::Agent(a) => ([&a.tools, &a.handoffs], None),
        FactKind::Tool(t) => ([&t.calls, &[]], None),
        FactKind::Binding(b) if matches!(&*b.form, "factory" | "alias") => ([&[], &[]], b.to.as_ref()),
        _ => ([&[], &[]], None),
    };
    lists.into_iter().flatten().chain(one)
}

/// Whether the code of a file was looked at for agents.
fn parsed(facts: &FileFacts) -> bool {
    facts.facts.iter().any(|f| {
        matches!(f.kind, FactKind::Agent(_) | FactKind::Tool(_) | FactKind::Binding(_) | FactKind::Endpoint(_))
    })
}

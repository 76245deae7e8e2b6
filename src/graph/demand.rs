//! Which files code of other files asks for. Input: what was read. Output: code files that define what
//! tools call, what agents are given or what modules pass on, and that were not parsed.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::modules::Modules;
use crate::extract::FileFacts;
use crate::facts::{FactKind, Ref, RefKind, Sym};

/// Why a file was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Asked {
    /// It was not.
    #[default]
    No,
    /// It defines or passes on a name that somebody uses.
    ByName,
    /// A server imports it: what it serves, and how it authenticates callers, may stand there.
    ByServer,
}

/// Positions of the files that are asked for and were neither parsed nor asked for before.
pub fn demanded<'f>(files: impl Iterator<Item = &'f FileFacts>, paths: &[Sym], asked: &mut [Asked]) -> Vec<usize> {
    let files: Vec<&FileFacts> = files.collect();
    let modules = Modules::new(paths);
    let mut wanted = BTreeMap::new();
    let last = |name: &'static str| name.rsplit('.').next().unwrap_or(name);
    let names: FxHashSet<&str> =
        files.iter().flat_map(|f| &f.facts).flat_map(|f| names(&f.kind)).map(|name| last(name.as_str())).collect();
    for (at, facts) in files.iter().enumerate() {
        let own: FxHashSet<Sym> = facts.facts.iter().filter_map(|f| symbol(&f.kind)).collect();
        let served = asked[at] == Asked::ByServer || facts.facts.iter().any(|f| listens(&f.kind));
        for fact in &facts.facts {
            let imported = match &fact.kind {
                FactKind::Binding(b) if &*b.form == "import" => b.to.map(|to| (b.symbol, to.name)),
                _ => None,
            };
            // A module that was asked for may only pass the name on.
            let passed = imported
                .filter(|(symbol, _)| asked[at] != Asked::No && (symbol == "*" || names.contains(symbol.as_str())));
            // So may a function leave its work to others.
            let left = match &fact.kind {
                FactKind::Binding(b) if &*b.form == "calls" && names.contains(last(b.symbol.as_str())) => {
                    b.literal.map_or("", Sym::as_str).split(';').next().unwrap_or("")
                }
                _ => "",
            };
            let left = left.split(',').filter(|n| !n.is_empty() && asked[at] != Asked::No).map(Sym::new);
            let by_name = self::names(&fact.kind).into_iter().chain(passed.map(|(_, to)| to)).chain(left);
            let by_name = by_name.filter(|n| !own.contains(n)).map(|name| (name, Asked::ByName));
            let by_server = imported.filter(|_| served).map(|(_, to)| (to, Asked::ByServer));
            for (name, why) in by_server.into_iter().chain(by_name) {
                // What is imported may be the module itself.
                let whole = (why == Asked::ByServer).then_some(name.as_str());
                let target = whole
                    .into_iter()
                    .chain(super::modules::prefixes(&name))
                    .find_map(|module| modules.file(&paths[at], module))
                    .or_else(|| modules.class(&paths[at], &name))
                    .map(|file| file.0 as usize);
                if let Some(target) = target.filter(|&t| t != at && asked[t] != Asked::ByServer) {
                    let known = wanted.entry(target).or_insert(why);
                    *known = if why == Asked::ByServer { why } else { *known };
                }
            }
        }
    }
    wanted.retain(|&at, why| {
        let read = asked[at] != Asked::No || parsed(files[at]);
        if *why == Asked::ByServer || !read {
            asked[at] = *why;
        }
        !read
    });
    wanted.into_keys().collect()
}

/// Whether a file puts a server together that others may reach.
fn listens(kind: &FactKind) -> bool {
    matches!(kind, FactKind::Endpoint(e) if &*e.transport != "stdio" && &*e.reachable != "no")
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
        FactKind::Tool(t) => [of(&t.calls), of(t.server.as_slice())].concat(),
        FactKind::Handoff(h) => of(h.to.as_slice()),
        FactKind::Endpoint(e) if &*e.form == "started" => vec![e.symbol],
        FactKind::Binding(b) => match &*b.form {
            "factory" | "alias" | "served" => of(b.to.as_slice()),
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

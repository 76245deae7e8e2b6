//! Who holds a grant. Input: the identities of the graph and the calls of its modules. Output: [`Holding`],
//! made once for every judge of rights.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{Graph, IdentityNode};
use crate::facts::{Binding, FactId, Grant, RefKind, Sym};

/// Holders by grant, and what callers set of the modules that grants stand in.
#[derive(Debug, Default)]
pub(super) struct Holding {
    /// The identity that holds a grant (position in [`Graph::identities`]).
    identity: FxHashMap<FactId, usize>,
    /// How often a Terraform module of a repository is called, and each of its variables set.
    modules: BTreeMap<(usize, Sym), Calls>,
}

#[derive(Debug, Default)]
struct Calls {
    all: usize,
    setting: BTreeMap<Sym, usize>,
}

impl Holding {
    pub(super) fn of(graph: &Graph) -> Self {
        let mut holding = Self::default();
        for (at, node) in graph.identities.iter().enumerate() {
            holding.identity.extend(node.grants.iter().map(|&id| (id, at)));
        }
        for (id, _, binding) in graph.facts::<Binding>() {
            let Some(to) = binding.to.filter(|to| to.kind == RefKind::Path && binding.symbol.starts_with("module."))
            else {
                continue;
            };
            let calls = holding.modules.entry((graph.repository(id.file), to.name)).or_default();
            match (binding.form.as_str(), binding.literal) {
                ("import", _) => calls.all += 1,
                ("module-argument", Some(variable)) => *calls.setting.entry(variable).or_default() += 1,
                _ => {}
            }
        }
        holding
    }
}

impl Graph {
    /// The identity that holds a grant.
    #[must_use]
    pub fn holder(&self, grant: FactId) -> Option<&IdentityNode> {
        self.identities.get(*self.holding.identity.get(&grant)?)
    }

    /// Whether every caller of the grant's module sets the variable without which its resource is open.
    #[must_use]
    pub fn closed(&self, id: FactId, grant: &Grant) -> bool {
        let Some(variable) = grant.unless else { return false };
        let path = self.path(id.file);
        let folder = Sym::new(path.rsplit_once('/').map_or("", |(folder, _)| folder));
        let calls = self.holding.modules.get(&(self.repository(id.file), folder));
        calls.is_some_and(|c| c.all > 0 && c.setting.get(&variable).copied().unwrap_or(0) >= c.all)
    }
}

//! Names → facts, through imports and constants of the repository.

use rustc_hash::FxHashMap;

use super::Graph;
use super::modules::{self, Modules};
use crate::facts::{Agent, Binding, Endpoint, FactId, FactKind, FileId, Ref, RefKind, Server, Sym, Tool};

/// How many imports and aliases are followed.
const HOPS: usize = 6;

/// How deep lists in lists are followed.
const LISTS: usize = 4;

/// A plain function as its own file shows it.
pub(super) struct Plain {
    /// The [`Binding`] fact.
    pub(super) id: FactId,
    /// What it does.
    pub(super) effects: Vec<Sym>,
    /// What asks a person before.
    pub(super) asks: Option<Sym>,
}

/// What names mean, file by file.
pub(super) struct Index {
    pub(super) modules: Modules,
    by_symbol: FxHashMap<(FileId, Sym), Vec<FactId>>,
    bindings: FxHashMap<(FileId, Sym), FactId>,
    /// Files whose every name passes through a file: `export * from "./tools"`, `from .tools import *`.
    whole: FxHashMap<FileId, Vec<FileId>>,
}

impl Index {
    pub(super) fn new(graph: &Graph) -> Self {
        let mut index = Self {
            modules: Modules::new(&graph.paths),
            by_symbol: FxHashMap::default(),
            bindings: FxHashMap::default(),
            whole: FxHashMap::default(),
        };
        for (file, facts) in graph.files.iter().enumerate() {
            let file = FileId::new(file);
            for (at, fact) in facts.facts.iter().enumerate() {
                let id = FactId { file, index: u32::try_from(at).unwrap_or(u32::MAX) };
                let symbol = match &fact.kind {
                    FactKind::Agent(a) => a.symbol,
                    FactKind::Tool(t) => t.symbol,
                    // What starts or tells of a server is not what its name means.
                    FactKind::Endpoint(e) if !matches!(&*e.form, "started" | "bound") => e.symbol,
                    FactKind::Server(s) => s.symbol.unwrap_or_default(),
                    FactKind::Binding(b) if b.symbol == "*" => {
                        let module = b.to.and_then(|to| to.name.as_str().strip_suffix(".*").map(str::to_owned));
                        let target = module.and_then(|module| index.modules.file(&graph.path(file), &module));
                        index.whole.entry(file).or_default().extend(target.filter(|&t| t != file));
                        continue;
                    }
                    FactKind::Binding(b) => {
                        index.bindings.insert((file, b.symbol), id);
                        continue;
                    }
                    _ => continue,
                };
                if !symbol.is_empty() {
                    index.by_symbol.entry((file, symbol)).or_default().push(id);
                }
            }
        }
        index
    }

    /// The agents, tools, servers and endpoints that `name` means in `file`.
    pub(super) fn symbol(&self, graph: &Graph, file: FileId, name: Sym) -> Vec<FactId> {
        self.resolve(graph, file, name, HOPS)
    }

    fn resolve(&self, graph: &Graph, file: FileId, name: Sym, hops: usize) -> Vec<FactId> {
        if let Some(found) = self.by_symbol.get(&(file, name)) {
            return found.clone();
        }
        if hops == 0 {
            return Vec::new();
        }
        if let Some(&binding) = self.bindings.get(&(file, name))
            && let Some(to) = graph.get::<Binding>(binding).and_then(|b| b.to)
            && to.kind == RefKind::Symbol
            && to.name != name
        {
            return self.resolve(graph, file, to.name, hops - 1);
        }
        let text = name.as_str();
        for module in modules::prefixes(text) {
            if let Some(target) = self.modules.file(&graph.path(file), module)
                && target != file
            {
                let rest = &text[module.len() + 1..];
                let found = self.resolve(graph, target, Sym::new(rest), hops - 1);
                let default = || self.default(graph, target, rest);
                return match found.is_empty().then(default).flatten() {
                    Some(name) => self.resolve(graph, target, name, hops - 1),
                    None => found,
                };
            }
        }
        // `tools.delete` where `tools` is an imported module, or `self.researcher` of this file.
        if let Some((first, rest)) = text.split_once('.') {
            if let Some(&binding) = self.bindings.get(&(file, Sym::new(first)))
                && let Some(to) = graph.get::<Binding>(binding).and_then(|b| b.to)
                && to.kind == RefKind::Symbol
                && to.name.as_str() != first
            {
                return self.resolve(graph, file, Sym::from(format!("{}.{rest}", to.name)), hops - 1);
            }
            if matches!(first, "self" | "this" | "cls") {
                return self.resolve(graph, file, Sym::new(rest), hops - 1);
            }
        }
        let passed = self.whole.get(&file).into_iter().flatten();
        passed
            .map(|&through| self.resolve(graph, through, name, hops - 1))
            .find(|all| !all.is_empty())
            .unwrap_or_default()
    }

    /// What a module gives when it is asked for nothing by name: `import tools from "./tools"` calls that as it likes.
    fn default(&self, graph: &Graph, file: FileId, name: &str) -> Option<Sym> {
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        let has = |name: &str| {
            let key = (file, Sym::new(name));
            self.by_symbol.contains_key(&key) || self.bindings.contains_key(&key)
        };
        let script =
            [".ts", ".js", ".mjs", ".cjs", ".tsx", ".jsx", ".mts"].iter().any(|end| graph.path(file).ends_with(end));
        (script && !has(first) && has("default"))
            .then(|| rest.map_or_else(|| Sym::new("default"), |rest| Sym::from(format!("default.{rest}"))))
    }

    /// The members of the list that `name` means in `file`, with the file that each is named in.
    pub(super) fn members(&self, graph: &Graph, file: FileId, name: Sym) -> Vec<(FileId, Sym)> {
        self.members_hops(graph, file, name, HOPS)
    }

    fn members_hops(&self, graph: &Graph, file: FileId, name: Sym, hops: usize) -> Vec<(FileId, Sym)> {
        let (mut file, mut name) = (file, name);
        for left in (0..hops).rev() {
            if let Some(binding) = self.bindings.get(&(file, name)).and_then(|&id| graph.get::<Binding>(id)) {
                if &*binding.form == "list" {
                    let all = binding.literal.map_or("", Sym::as_str);
                    let each = all.split(',').filter(|m| !m.is_empty()).map(Sym::new).filter(|m| *m != name);
                    // A list of lists is their elements.
                    let open = |member: Sym| {
                        let unknown = self.resolve(graph, file, member, left).is_empty();
                        let hops = left.min(LISTS);
                        let inner = if unknown { self.members_hops(graph, file, member, hops) } else { Vec::new() };
                        if inner.is_empty() { vec![(file, member)] } else { inner }
                    };
                    return each.flat_map(open).collect();
                }
                match binding.to.filter(|to| to.kind == RefKind::Symbol && to.name != name) {
                    Some(to) => name = to.name,
                    None => return Vec::new(),
                }
                continue;
            }
            let text = name.as_str();
            let found = modules::prefixes(text).find_map(|module| {
                let target = self.modules.file(&graph.path(file), module).filter(|&t| t != file)?;
                let rest = &text[module.len() + 1..];
                Some((target, self.default(graph, target, rest).unwrap_or_else(|| Sym::new(rest))))
            });
            match found {
                Some(next) => (file, name) = next,
                None => {
                    let mut passed = self.whole.get(&file).into_iter().flatten();
                    let through = |&through: &FileId| {
                        Some(self.members_hops(graph, through, name, left)).filter(|all| !all.is_empty())
                    };
                    return passed.find_map(through).unwrap_or_default();
                }
            }
        }
        Vec::new()
    }

    /// The tools that are methods of the class that `name` means in `file`.
    pub(super) fn methods(&self, graph: &Graph, file: FileId, name: Sym) -> Vec<FactId> {
        let text = name.as_str();
        let from = graph.path(file);
        let (target, class) = match self.modules.class(&from, text) {
            Some(target) => (target, text.rsplit(['.', '/']).next().unwrap_or(text)),
            None => {
                let found = modules::prefixes(text)
                    .find_map(|module| Some((self.modules.file(&from, module)?, &text[module.len() + 1..])));
                let Some(found) = found else { return Vec::new() };
                found
            }
        };
        // What a function makes for itself is not handed out with it.
        if !class.rsplit('.').next().is_some_and(|name| name.starts_with(char::is_uppercase)) {
            return Vec::new();
        }
        let of_class = |kind: &FactKind| match kind {
            FactKind::Tool(tool) => tool.symbol.as_str().strip_prefix(class).is_some_and(|rest| rest.starts_with('.')),
            _ => false,
        };
        let facts = &graph.files[target.at()].facts;
        (0..facts.len())
            .filter(|&at| of_class(&facts[at].kind))
            .map(|at| FactId { file: target, index: u32::try_from(at).unwrap_or(u32::MAX) })
            .collect()
    }

    /// What the function that `name` means in `file` does, as its own file says: effects, and what asks a
    /// person before.
    pub(super) fn function(&self, graph: &Graph, file: FileId, name: Sym) -> Option<Plain> {
        self.function_hops(graph, file, name, HOPS)
    }

    fn function_hops(&self, graph: &Graph, file: FileId, name: Sym, hops: usize) -> Option<Plain> {
        hops.checked_sub(1)?;
        if let Some((id, binding)) =
            self.bindings.get(&(file, name)).and_then(|&id| Some((id, graph.get::<Binding>(id)?)))
        {
            if &*binding.form == "function" {
                let (effects, gate) = binding.literal?.as_str().split_once(';').map_or_else(
                    || (binding.literal.map_or("", Sym::as_str), None),
                    |(effects, gate)| (effects, Some(Sym::new(gate))),
                );
                let effects = effects.split(',').filter(|e| !e.is_empty()).map(Sym::new).collect();
                return Some(Plain { id, effects, asks: gate });
            }
            if &*binding.form == "calls" {
                return self.forwarded(graph, file, id, hops);
            }
            let to = binding.to.filter(|to| to.kind == RefKind::Symbol && to.name != name)?;
            return self.function_hops(graph, file, to.name, hops - 1);
        }
        let text = name.as_str();
        for module in modules::prefixes(text) {
            if let Some(target) = self.modules.file(&graph.path(file), module)
                && target != file
            {
                let found = self.function_hops(graph, target, Sym::new(&text[module.len() + 1..]), hops - 1);
                // What an object of this file is called, a file may be called too.
                if found.is_some() {
                    return found;
                }
            }
        }
        let mut passed = self.whole.get(&file).into_iter().flatten();
        if let Some(found) = passed.find_map(|&through| self.function_hops(graph, through, name, hops - 1)) {
            return Some(found);
        }
        // `policy.check` where the file says `policy = PolicyClient()`: what it asks gates its caller. What
        // else an object does depends on what it was made with.
        let (held, method) = text.rsplit_once('.')?;
        let held = graph.get::<Binding>(*self.bindings.get(&(file, Sym::new(held)))?)?;
        // The class itself, which the file has from another.
        if let Some(class) = held.to.filter(|to| &*held.form == "import" && to.kind == RefKind::Symbol) {
            return self.function_hops(graph, file, Sym::from(format!("{}.{method}", class.name)), hops - 1);
        }
        let class = held.to.filter(|to| &*held.form == "alias" && to.kind == RefKind::Symbol && to.name != name)?;
        let plain = self.function_hops(graph, file, Sym::from(format!("{}.{method}", class.name)), hops - 1)?;
        let own = self.bindings.contains_key(&(file, Sym::from(format!("{}.{method}", class.name))));
        let effects = plain.effects.iter().copied().filter(|e| own && matches!(&**e, "execute" | "delete")).collect();
        let plain = Plain { effects, ..plain };
        (plain.asks.is_some() || !plain.effects.is_empty()).then_some(plain)
    }

    /// What a function does by the functions that it leaves its work to.
    fn forwarded(&self, graph: &Graph, file: FileId, id: FactId, hops: usize) -> Option<Plain> {
        let literal = graph.get::<Binding>(id)?.literal?;
        let (calls, asks) = literal.as_str().split_once(';').map_or((literal.as_str(), None), |(c, a)| (c, Some(a)));
        let mut found = Plain { id, effects: Vec::new(), asks: asks.map(Sym::new) };
        for call in calls.split(',') {
            let Some(plain) = self.function_hops(graph, file, Sym::new(call), hops - 1) else { continue };
            // What holds a statement to reading may stand between.
            found.effects.extend(plain.effects.into_iter().filter(|effect| &**effect != "sql"));
            found.asks = found.asks.or(plain.asks);
        }
        found.effects.sort();
        found.effects.dedup();
        (!found.effects.is_empty() || found.asks.is_some()).then_some(found)
    }

    /// What a reference of `file` means among agents, tools and servers.
    pub(super) fn target(&self, graph: &Graph, file: FileId, reference: &Ref) -> Vec<FactId> {
        match reference.kind {
            RefKind::Symbol => self.symbol(graph, file, reference.name),
            RefKind::Name | RefKind::Server => self.named(graph, file, reference.name),
            _ => Vec::new(),
        }
    }

    /// Things of `file` that carry `name` as data.
    fn named(&self, graph: &Graph, file: FileId, name: Sym) -> Vec<FactId> {
        let facts = &graph.files[file.at()].facts;
        let carries = |kind: &FactKind| match kind {
            FactKind::Agent(a) => Agent::named(a, name),
            FactKind::Tool(t) => Tool::named(t, name),
            FactKind::Server(s) => Server::named(s, name),
            FactKind::Endpoint(e) => Endpoint::named(e, name),
            _ => false,
        };
        (0..facts.len())
            .filter(|&at| carries(&facts[at].kind))
            .map(|at| FactId { file, index: u32::try_from(at).unwrap_or(u32::MAX) })
            .collect()
    }
}

trait Named {
    fn named(&self, name: Sym) -> bool;
}

impl Named for Agent {
    fn named(&self, name: Sym) -> bool {
        self.name == name
    }
}

impl Named for Tool {
    fn named(&self, name: Sym) -> bool {
        self.name == name
    }
}

impl Named for Server {
    fn named(&self, name: Sym) -> bool {
        self.name == name
    }
}

impl Named for Endpoint {
    fn named(&self, name: Sym) -> bool {
        self.symbol == name
    }
}

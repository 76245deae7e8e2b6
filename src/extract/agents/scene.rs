//! What is known of one file while it is read: names, calls, frameworks, and the facts found so far.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::args::{Args, Found};
use super::effects::{Doing, is_own, join};
use super::model::{Framework, Sdk};
use super::names::{At, Name, Names};
use super::sites::{self, Site};
use crate::facts::{
    Agent, Endpoint, Handoff, Place, Ref, RefKind, Server, Setting, Sink as SinkFact, Switch, Sym, Tool,
};
use crate::parse::code::ast::{Language, Module};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// How deep lists in lists, factories and aliases are followed.
pub(super) const DEPTH: u8 = 6;

/// A fact with the span it was seen at.
pub(super) type Seen<T> = (Span, T);

/// One file.
pub(super) struct Scene<'s, 'm> {
    pub(super) names: Names<'m>,
    pub(super) sites: Vec<Site<'m>>,
    pub(super) sdks: Vec<(&'static Framework, &'static Sdk)>,
    pub(super) modules: Vec<&'m str>,
    pub(super) place: &'s dyn Fn(Span) -> Place,
    pub(super) site_at: FxHashMap<Span, usize>,
    /// Calls that are not the first of their name on a line, with their number there.
    again: FxHashMap<Span, usize>,
    pub(super) tools: Vec<Seen<Tool>>,
    pub(super) tool_by: BTreeMap<String, usize>,
    pub(super) servers: Vec<Seen<Server>>,
    pub(super) server_by: BTreeMap<String, usize>,
    /// Gates on all tools of a server, by its symbol.
    pub(super) server_gates: BTreeMap<String, Vec<super::gates::Decision>>,
    pub(super) agents: Vec<Seen<Agent>>,
    pub(super) agent_by: BTreeMap<String, Vec<usize>>,
    /// Constructor of each agent, by symbol: endpoints read it again.
    pub(super) agent_site: BTreeMap<String, usize>,
    /// Lists of tools that belong to whoever holds them: `ToolNode([…])`, `bind_tools([…])`.
    pub(super) groups: Vec<Group<'m>>,
    /// Tools that name what they are attached to: (receiver, tool).
    pub(super) attached: Vec<(String, String, Span)>,
    pub(super) handoffs: Vec<Seen<Handoff>>,
    pub(super) endpoints: Vec<Seen<Endpoint>>,
    /// How callers are authenticated where servers are put together in this file.
    pub(super) guard: Option<String>,
    pub(super) switches: Vec<Seen<Switch>>,
    pub(super) tracing: Vec<Seen<SinkFact>>,
    /// Lists whose elements are being collected: one that is made of itself adds nothing.
    open: RefCell<Vec<Span>>,
}

/// A list of tools given to something that is no agent by itself.
pub(super) struct Group<'m> {
    pub(super) site: usize,
    pub(super) tools: Found<'m>,
}

/// What an element of a list of tools or agents is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'m> {
    pub(super) value: &'m Value,
    pub(super) at: At,
    /// Its key in a map.
    pub(super) key: Option<&'m str>,
}

fn again(sites: &[Site<'_>], place: &dyn Fn(Span) -> Place) -> FxHashMap<Span, usize> {
    let mut seen: FxHashMap<(&str, u32), usize> = FxHashMap::default();
    let mut again = FxHashMap::default();
    for site in sites.iter().filter(|s| s.symbol.is_empty()) {
        let number = seen.entry((site.call.method().unwrap_or("call"), place(site.span).line)).or_default();
        *number += 1;
        if *number > 1 {
            again.insert(site.span, *number);
        }
    }
    again
}

/// Whether a map is a tool that is written out: an options object without the factory around it.
pub(super) fn written_out(value: &Value) -> bool {
    let has = |key: &str| value.get(key).is_some();
    has("execute") || has("inputSchema") || has("description") && (has("parameters") || has("schema"))
}

/// Whether a name begins a word with a verb that takes something away.
pub(super) fn takes_away(name: &str) -> bool {
    super::taking::TAKING.iter().any(|verb| {
        let title = format!("{}{}", verb[..1].to_ascii_uppercase(), &verb[1..]);
        name.starts_with(verb) || name.contains(&format!("_{verb}")) || name.contains(&title)
    })
}

/// Whether a method gives the tools of what it is called on.
fn is_toolkit(call: &crate::parse::code::ast::Call) -> bool {
    const METHODS: &[&str] = &[
        "get_tools",
        "to_tool_list",
        "getTools",
        "list_tools_sync",
        "values",
        "tools",
        "aget_tools",
        "to_tool_list_async",
        "concat",
        "listTools",
        "as_tools",
    ];
    let gives = call.method().is_some_and(|m| METHODS.contains(&m)) && call.path().is_none_or(|p| p.contains('.'));
    gives || matches!(call.method(), Some("mcp_server_tools" | "load_mcp_tools"))
}

impl<'s, 'm> Scene<'s, 'm> {
    pub(super) fn new(
        module: &'m Module,
        sdks: Vec<(&'static Framework, &'static Sdk)>,
        place: &'s dyn Fn(Span) -> Place,
    ) -> Self {
        let names = Names::new(module);
        let sites = sites::sites(module, &names);
        let site_at = sites.iter().enumerate().map(|(i, s)| (s.span, i)).collect();
        let again = again(&sites, place);
        Self {
            names,
            sites,
            sdks,
            modules: module.imports.iter().map(|i| &*i.module).collect(),
            place,
            site_at,
            again,
            tools: Vec::new(),
            tool_by: BTreeMap::new(),
            servers: Vec::new(),
            server_by: BTreeMap::new(),
            server_gates: BTreeMap::new(),
            agents: Vec::new(),
            agent_by: BTreeMap::new(),
            agent_site: BTreeMap::new(),
            groups: Vec::new(),
            attached: Vec::new(),
            handoffs: Vec::new(),
            endpoints: Vec::new(),
            guard: None,
            switches: Vec::new(),
            tracing: Vec::new(),
            open: RefCell::default(),
        }
    }

    pub(super) fn reference(&self, kind: RefKind, name: &str, span: Span) -> Ref {
        Ref { kind, name: Sym::new(name), at: (self.place)(span) }
    }

    pub(super) fn setting(&self, name: &str, value: &str, span: Span) -> Setting {
        Setting { name: Sym::new(name), value: Sym::new(value), at: (self.place)(span) }
    }

    /// Adds a tool once.
    pub(super) fn add_tool(&mut self, span: Span, tool: Tool) {
        let symbol = tool.symbol.to_string();
        if !self.tool_by.contains_key(&symbol) {
            self.tool_by.insert(symbol, self.tools.len());
            self.tools.push((span, tool));
        }
    }

    pub(super) fn add_server(&mut self, span: Span, symbol: &str, server: Server) {
        self.server_by.entry(symbol.to_owned()).or_insert(self.servers.len());
        self.servers.push((span, server));
    }

    pub(super) fn add_agent(&mut self, span: Span, agent: Agent) {
        self.agent_by.entry(agent.symbol.to_string()).or_default().push(self.agents.len());
        self.agents.push((span, agent));
    }

    /// Puts what a body does into a tool.
    pub(super) fn fill(&self, tool: &mut Tool, doing: Doing) {
        for (effect, (span, call)) in doing.effects {
            if !tool.effects.contains(&Sym::new(effect)) {
                tool.effects.push(Sym::new(effect));
            }
            tool.effect_places.push(self.setting(effect, &call, span));
        }
        if !tool.effects.iter().any(|e| &**e == "delete") && takes_away(&tool.name) {
            // What a client does with it is not seen; the tool and what it calls say the same.
            if let Some((span, call)) = doing.removes.first() {
                tool.effects.push(Sym::new("delete"));
                tool.effect_places.push(self.setting("delete", call, *span));
            }
        }
        tool.effects.sort();
        if tool.gate.is_none() {
            tool.gate = doing.asks.map(Sym::from);
        }
        for (name, span) in doing.calls {
            let vendor = super::model::FRAMEWORKS.iter().flat_map(|f| f.sdk).any(|sdk| sites::belongs(&name, sdk));
            if !vendor && tool.calls.iter().all(|c| c.name.as_str() != name) {
                tool.calls.push(self.reference(RefKind::Symbol, &name, span));
            }
        }
    }

    /// Whether a call constructs a class that this file defines.
    pub(super) fn local_class(&self, site: &Site<'m>) -> Option<usize> {
        self.names.class(site.call.path()?)
    }

    /// Symbol of a site: what holds it, else one made of its name and line.
    pub(super) fn symbol(&self, site: &Site<'m>) -> String {
        if !site.symbol.is_empty() {
            return site.symbol.clone();
        }
        let (name, line) = (site.call.method().unwrap_or("call"), (self.place)(site.span).line);
        match self.again.get(&site.span) {
            Some(number) => format!("{name}#{line}-{number}"),
            None => format!("{name}#{line}"),
        }
    }

    /// The elements of a list of tools or agents.
    pub(super) fn items(&self, found: Found<'m>) -> Vec<Item<'m>> {
        let mut all = Vec::new();
        self.collect(found.value, found.at, None, DEPTH, &mut all);
        all
    }

    fn collect(&self, value: &'m Value, at: At, key: Option<&'m str>, depth: u8, all: &mut Vec<Item<'m>>) {
        if depth == 0 {
            return;
        }
        let item = Item { value, at, key };
        match &value.node {
            Node::List(items) => items.iter().for_each(|v| self.collect(v, at, None, depth - 1, all)),
            Node::Map(entries) => {
                let schema =
                    value.get("type").is_some_and(|t| t.as_str().is_some()) || value.get("description").is_some();
                if schema && key.is_none() || written_out(value) {
                    all.push(item);
                    return;
                }
                for entry in entries {
                    self.collect(&entry.value, at, Some(&entry.key), depth - 1, all);
                }
            }
            Node::Expr(expr) => match &**expr {
                Expr::Spread(inner) => self.collect(inner, at, None, depth - 1, all),
                Expr::Choice { options, .. } => options.iter().for_each(|v| self.collect(v, at, key, depth - 1, all)),
                Expr::Operation(op, parts) if matches!(&**op, "+" | "|") => {
                    parts.iter().for_each(|v| self.collect(v, at, key, depth - 1, all));
                }
                Expr::Operation(op, parts) if &**op == "for" => self.comprehension(parts, at, depth - 1, all),
                Expr::Reference(path) => self.named(path, item, depth, all),
                Expr::Call(call) => self.called(call, item, depth, all),
                _ => all.push(item),
            },
            Node::Text(_) => all.push(item),
            _ => {}
        }
    }

    /// `[f(x) for x in xs]`: the element when it is a call, the list when it is the variable.
    fn comprehension(&self, parts: &'m [Value], at: At, depth: u8, all: &mut Vec<Item<'m>>) {
        let [element, target, over, ..] = parts else { return };
        let root = element.as_reference().map(|path| path.split('.').next().unwrap_or(path));
        if root.is_some() && root == target.as_reference() {
            self.collect(over, at, None, depth, all);
            return;
        }
        let wraps =
            element.as_call().is_some_and(|c| c.args.iter().any(|a| a.value.as_reference() == target.as_reference()));
        if wraps { self.collect(over, at, None, depth, all) } else { self.collect(element, at, None, depth, all) }
    }

    /// A name: the list it holds with what is appended to it, or one thing.
    fn named(&self, path: &'m str, item: Item<'m>, depth: u8, all: &mut Vec<Item<'m>>) {
        let Some(assign) = self.names.assign(path, item.at, item.value.span.start) else {
            all.push(item);
            return;
        };
        let container = |v: &Value| match &v.node {
            Node::List(_) => true,
            Node::Map(entries) => entries.iter().all(|e| !matches!(e.value.node, Node::Text(_))) || entries.is_empty(),
            Node::Expr(e) => match &**e {
                Expr::Operation(op, _) => matches!(&**op, "+" | "for" | "|"),
                Expr::Choice { .. } => true,
                Expr::Call(call) => matches!(call.path(), Some("list" | "tuple")),
                _ => false,
            },
            _ => false,
        };
        if container(assign.value) {
            let open = assign.span;
            if self.open.borrow().contains(&open) {
                return;
            }
            self.open.borrow_mut().push(open);
            for bound in self.names.bound(path, assign, item.value.span.start) {
                self.collect(bound.value, bound.at, None, depth - 1, all);
            }
            self.appended(path, item.at, depth, all);
            self.open.borrow_mut().pop();
            return;
        }
        match assign.value.as_expr() {
            Some(Expr::Reference(next)) if **next != *path => {
                self.collect(assign.value, assign.at, item.key, depth - 1, all);
            }
            Some(Expr::Call(call)) if self.returned_list(call, assign.at).is_some() || is_toolkit(call) => {
                self.collect(assign.value, assign.at, item.key, depth - 1, all);
            }
            _ => all.push(item),
        }
    }

    fn appended(&self, path: &str, at: At, depth: u8, all: &mut Vec<Item<'m>>) {
        for site in &self.sites {
            let Some((list, method)) = site.call.path().and_then(|p| p.rsplit_once('.')) else { continue };
            if list == path
                && matches!(method, "append" | "extend" | "push" | "insert" | "add")
                && (site.at.function == at.function || at.function.is_none() || site.at.function.is_none())
                && let Some(last) = site.call.args.last()
            {
                self.collect(&last.value, site.at, None, depth - 1, all);
            }
        }
        for assign in self.names.assigned(path) {
            if let Some(Expr::Operation(op, parts)) = assign.value.as_expr()
                && &**op == "+="
            {
                parts.iter().skip(1).for_each(|v| self.collect(v, assign.at, None, depth - 1, all));
            }
        }
    }

    fn called(&self, call: &'m crate::parse::code::ast::Call, item: Item<'m>, depth: u8, all: &mut Vec<Item<'m>>) {
        if matches!(call.path(), Some("list" | "tuple" | "set" | "sorted")) {
            call.args.iter().take(1).for_each(|a| self.collect(&a.value, item.at, None, depth - 1, all));
            return;
        }
        if let Some(list) = self.returned_list(call, item.at) {
            list.into_iter().for_each(|found| self.collect(found.value, found.at, None, depth - 1, all));
            return;
        }
        let toolkit = is_toolkit(call);
        // Functions that turn a server or its parameters into tools.
        if matches!(call.method(), Some("mcp_server_tools" | "load_mcp_tools"))
            && let Some(given) = call.args.first()
        {
            self.collect(&given.value, item.at, item.key, depth - 1, all);
            return;
        }
        let receiver = Args::of(call, item.at, &self.names).receiver();
        if toolkit && let Some(found) = receiver {
            let base = match found.value.as_reference() {
                Some(path) => self.receiver_item(path, found, item.key),
                None => Some(Item { value: found.value, at: found.at, key: item.key }),
            };
            if let Some(base) = base {
                self.collect_receiver(base, depth, all);
                return;
            }
        }
        all.push(item);
    }

    /// `toolkit.get_tools` → `toolkit`, as the value that is assigned to it.
    fn receiver_item(&self, path: &str, found: Found<'m>, key: Option<&'m str>) -> Option<Item<'m>> {
        let (owner, _) = path.rsplit_once('.')?;
        let assign = self.names.assign(owner, found.at, found.value.span.start)?;
        Some(Item { value: assign.value, at: assign.at, key })
    }

    fn collect_receiver(&self, base: Item<'m>, depth: u8, all: &mut Vec<Item<'m>>) {
        match base.value.node {
            Node::Map(_) | Node::List(_) => self.collect(base.value, base.at, base.key, depth - 1, all),
            _ => all.push(base),
        }
    }

    /// The lists that a function of this file returns.
    fn returned_list(&self, call: &crate::parse::code::ast::Call, at: At) -> Option<Vec<Found<'m>>> {
        let index = self.names.function(call.path()?, at)?;
        let inside = At { function: Some(index), class: self.names.functions[index].at.class };
        let mut lists = Vec::new();
        for value in self.returns(index) {
            let (value, at) = self.names.constant(value, inside);
            let list = matches!(value.node, Node::List(_))
                || matches!(value.as_expr(), Some(Expr::Operation(op, _)) if matches!(&**op, "+" | "for"));
            if list {
                lists.push(Found { value, at });
            }
        }
        (!lists.is_empty()).then_some(lists)
    }

    /// What a function returns.
    pub(super) fn returns(&self, index: usize) -> Vec<&'m Value> {
        let mut all = Vec::new();
        super::names::own_statements(&self.names.functions[index].function.body, &mut |stmt| match &stmt.kind {
            crate::parse::code::ast::StmtKind::Return(Some(value)) => all.push(value),
            crate::parse::code::ast::StmtKind::Expr(value) => {
                if let Some(Expr::Operation(op, parts)) = value.as_expr()
                    && &**op == "yield"
                {
                    all.extend(parts.first());
                }
            }
            _ => {}
        });
        all
    }

    /// The symbol that `path` leads to: of this file, or qualified through an import.
    pub(super) fn canonical(&self, path: &str, at: At, before: u32) -> Option<String> {
        self.canonical_hops(path, at, before, DEPTH)
    }

    fn canonical_hops(&self, path: &str, at: At, before: u32, depth: u8) -> Option<String> {
        if depth == 0 {
            return None;
        }
        if let (true, Some(class)) = (matches!(path, "self" | "this"), at.class) {
            return Some(self.names.classes[class].class.name.to_string());
        }
        let root = path.split('.').next().unwrap_or(path);
        let own = matches!(root, "self" | "this" | "cls");
        if !own && self.names.parameter(root, at).is_some() {
            return self.argument(path, at, depth);
        }
        if let Some(assign) = self.names.assign(path, at, before) {
            let held = sites::owned(assign.target, assign.at, &self.names);
            if self.known(&held) {
                return Some(held);
            }
            return self.behind(assign.value, assign.at, depth - 1).or(Some(held));
        }
        if let Some(index) = self.names.function(path, at) {
            return Some(self.names.functions[index].symbol.clone());
        }
        if self.names.class(path).is_some() {
            return Some(path.to_owned());
        }
        // `client.search` where client is an instance of a class of this file.
        if let Some((owner, member)) = path.rsplit_once('.') {
            if let Some(assign) = self.names.assign(owner, at, before)
                && let Some(call) = assign.value.as_call()
                && let Some(class) = call.path().filter(|p| self.names.class(p).is_some())
            {
                return Some(format!("{class}.{member}"));
            }
            if own && let Some(class) = at.class {
                return Some(format!("{}.{member}", self.names.classes[class].class.name));
            }
        }
        if let Some(name) = self.names.resolve(path, at, before) {
            return Some(join(name.module, &name.path));
        }
        self.neighbour(path, at)
    }

    /// The symbol behind a value.
    pub(super) fn behind(&self, value: &'m Value, at: At, depth: u8) -> Option<String> {
        if depth == 0 {
            return None;
        }
        if let Some(&site) = self.site_at.get(&value.span) {
            let symbol = self.symbol(&self.sites[site]);
            if self.known(&symbol) {
                return Some(symbol);
            }
        }
        match value.as_expr()? {
            Expr::Reference(path) => self.canonical_hops(path, at, value.span.start, depth - 1),
            Expr::Choice { options, .. } => options.iter().find_map(|o| self.behind(o, at, depth - 1)),
            Expr::Call(call) => {
                let path = call.path()?;
                if let Some(index) = self.names.function(path, at) {
                    return Some(
                        self.product(index, depth - 1).unwrap_or_else(|| self.names.functions[index].symbol.clone()),
                    );
                }
                if self.names.class(path).is_some() {
                    return Some(path.to_owned());
                }
                if let Some(neighbour) = self.neighbour(path, at) {
                    return Some(neighbour);
                }
                let name = self.names.call_of(call, at)?;
                (is_own(name.module, self.names.language) && !self.sdk_of(&name)).then(|| join(name.module, &name.path))
            }
            Expr::Index(base, key) => {
                let base = base.as_reference()?;
                Some(format!("{base}.{}", key.scalar()?))
            }
            _ => None,
        }
    }

    /// A class that nothing here defines or imports: one of the same package, in the same folder.
    fn neighbour(&self, path: &str, at: At) -> Option<String> {
        let jvm = matches!(self.names.language, Language::Java | Language::Kotlin);
        let named = path.starts_with(|c: char| c.is_ascii_uppercase()) && !path.contains('.');
        let unknown = || self.names.import(path).is_none() && self.names.assign(path, at, u32::MAX).is_none();
        (jvm && named && unknown()).then(|| format!("./{path}"))
    }

    /// The symbol of what a function of this file returns.
    pub(super) fn product(&self, index: usize, depth: u8) -> Option<String> {
        let def = &self.names.functions[index];
        if self.known(&def.symbol) {
            return Some(def.symbol.clone());
        }
        let inside = At { function: Some(index), class: def.at.class };
        self.returns(index).into_iter().find_map(|v| {
            let first = v.items().first().unwrap_or(v);
            self.behind(first, inside, depth).filter(|s| *s != def.symbol)
        })
    }

    /// What the callers in this file hand over for a parameter.
    fn argument(&self, path: &str, at: At, depth: u8) -> Option<String> {
        let root = path.split('.').next()?;
        let index = std::iter::successors(at.function, |&f| self.names.functions[f].at.function)
            .find(|&f| self.names.functions[f].function.params.iter().any(|p| p.binds(root)))?;
        let function = self.names.functions[index].function;
        let params: Vec<_> = function.params.iter().filter(|p| !matches!(&*p.name, "self" | "cls")).collect();
        let position = params.iter().position(|p| p.binds(root))?;
        self.sites.iter().find_map(|site| {
            let called = self.names.function(site.call.path()?, site.at)?;
            if called != index {
                return None;
            }
            let given = site.call.keyword(root).or_else(|| site.call.positional(position))?;
            let first = given.items().first().unwrap_or(given);
            self.behind(first, site.at, depth - 1)
        })
    }

    /// Whether a symbol is a tool, server or agent of this file.
    pub(super) fn known(&self, symbol: &str) -> bool {
        self.tool_by.contains_key(symbol) || self.server_by.contains_key(symbol) || self.agent_by.contains_key(symbol)
    }

    /// Whether a name belongs to a framework that the file imports.
    pub(super) fn sdk_of(&self, name: &Name<'_>) -> bool {
        self.sdks.iter().any(|(_, sdk)| sites::belongs(name.module, sdk))
    }
}

//! What is known of one file while it is read: names, calls, frameworks, and the facts found so far. Readers
//! write their facts here and look up what others found; what lists and names stand for is read in `items` and
//! `symbols`.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::args::Found;
use super::effects::Doing;
use super::model::{Framework, Sdk};
use super::names::{Name, Names};
use super::passing;
use super::sites::{self, Site};
use super::taking::{drafts, edits, takes_away};
use crate::facts::{
    Agent, Binding, Endpoint, Handoff, Place, Ref, RefKind, Server, Setting, Sink as SinkFact, Switch, Sym, Tool,
};
use crate::parse::code::ast::Module;
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
    /// Calls by the last segment of what they call.
    called: FxHashMap<&'m str, Vec<usize>>,
    /// Calls that are not the first of their name on a line, with their number there; counted when one is asked for.
    again: OnceCell<FxHashMap<Span, usize>>,
    pub(super) tools: Vec<Seen<Tool>>,
    /// Symbols of the tools that are objects, by where those stand.
    pub(super) objects: FxHashMap<Span, String>,
    /// What a server that is handed in is given by name.
    pub(super) served: Vec<Seen<Binding>>,
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
    pub(super) guard: Option<super::guards::Guard>,
    pub(super) switches: Vec<Seen<Switch>>,
    pub(super) tracing: Vec<Seen<SinkFact>>,
    /// What binds the variables of loops and comprehensions.
    pub(super) loops: Vec<super::handed::Each<'m>>,
    /// Lists whose elements are being collected: one that is made of itself adds nothing.
    pub(super) open: RefCell<Vec<Span>>,
}

/// A list of tools given to something that is no agent by itself.
pub(super) struct Group<'m> {
    pub(super) site: usize,
    pub(super) tools: Found<'m>,
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

impl<'s, 'm> Scene<'s, 'm> {
    pub(super) fn new(
        module: &'m Module,
        sdks: Vec<(&'static Framework, &'static Sdk)>,
        place: &'s dyn Fn(Span) -> Place,
    ) -> Self {
        let names = Names::new(module);
        let sites = sites::sites(module, &names);
        let site_at = sites.iter().enumerate().map(|(i, s)| (s.span, i)).collect();
        let mut called: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        for (index, site) in sites.iter().enumerate() {
            if let Some(name) = site.call.method() {
                called.entry(name).or_default().push(index);
            }
        }
        Self {
            names,
            sites,
            sdks,
            modules: module.imports.iter().map(|i| &*i.module).collect(),
            place,
            site_at,
            called,
            again: OnceCell::new(),
            tools: Vec::new(),
            objects: FxHashMap::default(),
            served: Vec::new(),
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
            loops: super::handed::loops(module),
            open: RefCell::default(),
        }
    }

    /// The calls of a function of this file, in order of place.
    pub(super) fn callers(&self, function: usize) -> impl Iterator<Item = &Site<'m>> {
        let name = &*self.names.functions[function].function.name;
        let called = self.called.get(name).filter(|called| self.names.step(called.len()));
        let sites = called.into_iter().flatten().map(|&index| &self.sites[index]);
        sites.filter(move |site| site.call.path().and_then(|path| self.names.function(path, site.at)) == Some(function))
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
            if edits(&tool.name, self.modules.iter().copied()) && !doing.removes.is_empty() {
                tool.effects.push(Sym::new("edits"));
            } else if let Some((span, call)) = doing.removes.first() {
                match &call.name {
                    Some(name) => tool.claimed.push(self.setting("delete", name, *span)),
                    None => {
                        tool.effects.push(Sym::new("delete"));
                        tool.effect_places.push(self.setting("delete", &call.shown, *span));
                    }
                }
            }
        }
        // What waits among the drafts of a person is sent by that person.
        if drafts(&tool.name) {
            tool.effects.retain(|effect| &**effect != "send");
        }
        tool.effects.sort();
        let runs = doing.hands_code.filter(|_| passing::runs_code(&tool.name));
        if let Some((span, call)) = runs.filter(|_| !tool.effects.iter().any(|effect| &**effect == "execute")) {
            tool.claimed.push(self.setting("execute", &call, span));
        }
        tool.unseen = tool.unseen.or_else(|| doing.unseen.map(Sym::from));
        if tool.gate.is_none() {
            tool.gate = doing.asks.map(Sym::from);
        }
        let fixed = doing.fixed.iter().filter(|name| !doing.open.contains(name));
        tool.fixed.extend(fixed.map(|name| Sym::new(name)));
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
        match self.again.get_or_init(|| again(&self.sites, self.place)).get(&site.span) {
            Some(number) => format!("{name}#{line}-{number}"),
            None => format!("{name}#{line}"),
        }
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

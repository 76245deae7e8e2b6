//! Agents with their tools, servers and handoffs, gates joined from wherever they live.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::index::Index;
use super::{AgentNode, Edge, Graph, ToolUse};
use crate::facts::{Agent, Binding, FactId, FactKind, FileId, Handoff, Place, Ref, RefKind, Setting, Sym, Tool};
use crate::finding::Step;

/// Framework of servers of tools.
const SERVER: &str = "mcp-server";

/// One node for every agent fact, in order of file and place; workloads, identities and credentials
/// are linked by later steps.
pub(super) fn nodes(graph: &Graph, index: &Index) -> Vec<AgentNode> {
    let coded = coded(graph);
    let twice =
        |id: &FactId, agent: &Agent| agent.symbol.is_empty() && built(&coded, graph.path(id.file).as_str(), agent.name);
    let ids: Vec<FactId> = graph.facts::<Agent>().filter(|(id, _, a)| !twice(id, a)).map(|(id, ..)| id).collect();
    let position: FxHashMap<FactId, usize> = ids.iter().enumerate().map(|(at, &id)| (id, at)).collect();
    let mut nodes: Vec<AgentNode> = ids.iter().map(|&id| node(graph, index, id, &position)).collect();
    adopt(graph, index, &mut nodes);
    let holders = holders(&nodes);
    for (id, fact, handoff) in graph.facts::<Handoff>() {
        let Some((from, to)) = handoff.from.zip(handoff.to) else { continue };
        let end = |r: &Ref| index.target(graph, id.file, r).into_iter().find_map(|t| position.get(&t).copied());
        let Some(to) = end(&to) else { continue };
        if let Some(from) = end(&from) {
            push_edge_of(&mut nodes[from].handoffs, to, fact.at, handoff.form, "hands work over here");
        } else {
            let tools = index.target(graph, id.file, &from);
            tools.iter().for_each(|tool| through(&mut nodes, &holders, *tool, to, fact.at));
        }
    }
    for (to, inside) in built_in_tools(graph, index, &nodes) {
        let at = graph.fact(nodes[to].fact).at;
        inside.into_iter().for_each(|tool| through(&mut nodes, &holders, tool, to, at));
    }
    nodes
}

/// The agents that hold each tool.
fn holders(nodes: &[AgentNode]) -> FxHashMap<FactId, Vec<usize>> {
    let mut holders: FxHashMap<FactId, Vec<usize>> = FxHashMap::default();
    for (at, node) in nodes.iter().enumerate() {
        for tool in node.tools.iter().filter_map(|t| t.tool) {
            holders.entry(tool).or_default().push(at);
        }
    }
    holders
}

/// Who holds a tool hands work to the agent that the tool makes or runs.
fn through(nodes: &mut [AgentNode], holders: &FxHashMap<FactId, Vec<usize>>, tool: FactId, to: usize, at: Place) {
    for &from in holders.get(&tool).into_iter().flatten().filter(|&&from| from != to) {
        push_edge(&mut nodes[from].handoffs, to, at, "is run by a tool");
    }
}

/// Agents that are made inside the function of a tool, with the tools.
fn built_in_tools(graph: &Graph, index: &Index, nodes: &[AgentNode]) -> Vec<(usize, Vec<FactId>)> {
    let tools = |node: &AgentNode| -> Vec<FactId> {
        let Some(agent) = graph.get::<Agent>(node.fact) else { return Vec::new() };
        let mut symbol = agent.symbol.as_str();
        let mut all = Vec::new();
        while let Some((around, _)) = symbol.rsplit_once('.') {
            let found = index.symbol(graph, node.fact.file, Sym::new(around));
            all.extend(found.into_iter().filter(|&id| graph.get::<Tool>(id).is_some()));
            symbol = around;
        }
        all
    };
    nodes.iter().enumerate().map(|(at, node)| (at, tools(node))).filter(|(_, t)| !t.is_empty()).collect()
}

/// Agents of crews in code by name, with the file of each: what `agents.yaml` declares is built there.
fn coded(graph: &Graph) -> FxHashMap<Sym, Vec<&'static str>> {
    let mut coded: FxHashMap<Sym, Vec<&'static str>> = FxHashMap::default();
    for (id, _, agent) in graph.facts::<Agent>() {
        if &*agent.framework == "crewai" && !agent.symbol.is_empty() {
            for name in [Some(agent.name), agent.config].into_iter().flatten() {
                coded.entry(name).or_default().push(graph.path(id.file).as_str());
            }
        }
    }
    coded
}

/// Whether code in the folder above `config/` (or beside the file) builds the agent that is declared.
fn built(coded: &FxHashMap<Sym, Vec<&'static str>>, path: &str, name: Sym) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let above = folder.rsplit_once('/').map_or("", |(above, last)| if last == "config" { above } else { folder });
    coded.get(&name).is_some_and(|files| files.iter().any(|f| above.is_empty() || f.starts_with(above)))
}

fn node(graph: &Graph, index: &Index, id: FactId, position: &FxHashMap<FactId, usize>) -> AgentNode {
    let agent = graph.get::<Agent>(id).expect("ids come from agent facts");
    let mut node = AgentNode {
        fact: id,
        tools: Vec::new(),
        servers: Vec::new(),
        handoffs: Vec::new(),
        workloads: Vec::new(),
        identities: Vec::new(),
        credentials: Vec::new(),
        credential_names: Vec::new(),
    };
    // Where tools are a map, the model sees their keys.
    let keyed = matches!(&*agent.framework, "vercel-ai-sdk" | "mastra") && agent.tool_names.len() == agent.tools.len();
    for (at, reference) in agent.tools.iter().enumerate() {
        if let Some(list) = reference.name.as_str().strip_suffix(".*") {
            found_elsewhere(graph, index, agent, &mut node, reference, list);
            continue;
        }
        let targets = index.target(graph, reference.at.file, reference);
        if !targets.is_empty() {
            let held = node.tools.len();
            targets.into_iter().for_each(|t| given(graph, index, agent, &mut node, t, reference, position));
            if keyed && let [used] = &mut node.tools[held..] {
                rename(used, agent, agent.tool_names[at]);
            }
            continue;
        }
        let members = index.members(graph, id.file, reference.name);
        if members.is_empty() {
            let methods = index.methods(graph, id.file, reference.name);
            if methods.is_empty() {
                node.tools.push(unresolved(graph, index, id.file, agent, reference));
            }
            methods.into_iter().for_each(|t| given(graph, index, agent, &mut node, t, reference, position));
        }
        for (file, name) in members {
            let member = Ref { name, ..*reference };
            let targets = index.target(graph, file, &member);
            if targets.is_empty() {
                node.tools.push(unresolved(graph, index, file, agent, &member));
            }
            targets.into_iter().for_each(|t| given(graph, index, agent, &mut node, t, &member, position));
        }
    }
    for reference in &agent.handoffs {
        for target in index.target(graph, id.file, reference) {
            if let Some(&to) = position.get(&target)
                && target != id
            {
                push_edge(&mut node.handoffs, to, reference.at, "can hand work to this agent");
            }
        }
    }
    let mut seen = BTreeSet::new();
    node.tools.retain(|t| seen.insert((t.tool, t.name)));
    node
}

/// Gives what another module runs for the names of tools: the elements of a table, the branches of a function. They say
/// what runs for tools that are known by their names alone, and stand for a list of which nothing more is known.
fn found_elsewhere(graph: &Graph, index: &Index, agent: &Agent, node: &mut AgentNode, reference: &Ref, list: &str) {
    let file = node.fact.file;
    let mut members = index.members(graph, file, reference.name);
    members.extend(index.members(graph, file, Sym::new(list)));
    let alone = members.is_empty();
    if alone {
        members.push((file, Sym::new(list)));
    }
    for (file, name) in members {
        let member = Ref { name, ..*reference };
        let targets = index.target(graph, file, &member);
        let tools = targets.iter().filter_map(|&id| Some((id, graph.get::<Tool>(id)?)));
        let mut found: Vec<ToolUse> =
            tools.map(|(id, tool)| tool_use(graph, index, agent, id, tool, &member)).collect();
        if found.is_empty() && !alone {
            found.push(unresolved(graph, index, file, agent, &member));
        }
        for used in found.into_iter().filter(|used| !used.name.starts_with('(')) {
            node.tools.retain(|known| !known.name.starts_with("(tools of"));
            match node.tools.iter_mut().find(|known| known.name == used.name) {
                Some(known) if known.tool.is_none() && known.function.is_none() => *known = used,
                Some(_) => {}
                None => node.tools.push(used),
            }
        }
    }
}

/// Gives what a reference means: a tool, a tool server, or an agent as a tool.
fn given(
    graph: &Graph,
    index: &Index,
    agent: &Agent,
    node: &mut AgentNode,
    target: FactId,
    reference: &Ref,
    position: &FxHashMap<FactId, usize>,
) {
    let at = reference.at;
    match &graph.fact(target).kind {
        FactKind::Tool(tool) => node.tools.push(tool_use(graph, index, agent, target, tool, reference)),
        FactKind::Server(_) | FactKind::Endpoint(_) => {
            push_edge(&mut node.servers, target, at, "is given this tool server");
        }
        FactKind::Agent(_) => {
            if let Some(&to) = position.get(&target) {
                push_edge(&mut node.handoffs, to, at, "uses this agent as a tool");
            }
        }
        _ => {}
    }
}

/// Tools of modules that do not make their server: they belong to the server that they name, else, where it is
/// handed in, to the only server of the nearest folder that has one.
fn adopt(graph: &Graph, index: &Index, nodes: &mut [AgentNode]) {
    let owned: BTreeSet<FactId> = nodes.iter().flat_map(|n| &n.tools).filter_map(|t| t.tool).collect();
    let servers: Vec<(usize, FactId, &'static str)> = nodes
        .iter()
        .enumerate()
        .filter(|(_, n)| graph.get::<Agent>(n.fact).is_some_and(|a| &*a.framework == SERVER))
        .map(|(at, n)| (at, n.fact, graph.path(n.fact.file).as_str()))
        .collect();
    serve(graph, index, nodes, &servers);
    for (id, fact, tool) in graph.facts::<Tool>() {
        if &*tool.framework != SERVER || owned.contains(&id) {
            continue;
        }
        let named = tool.server.map(|server| index.target(graph, id.file, &server)).unwrap_or_default();
        let by_name = servers.iter().find(|(_, server, _)| named.contains(server));
        let handed = || {
            let home = |server: FileId| graph.repository(server) == graph.repository(id.file);
            tool.server.is_none_or(|server| is_server(server.name)).then(|| nearest(graph, &servers, id.file, home))
        };
        let Some(at) = by_name.map(|&(at, ..)| at).or_else(|| handed()?) else { continue };
        if let Some(agent) = graph.get::<Agent>(nodes[at].fact) {
            let here = Ref { kind: RefKind::Symbol, name: tool.symbol, at: fact.at };
            let given = tool_use(graph, index, agent, id, tool, &here);
            nodes[at].tools.push(given);
        }
    }
}

/// Gives tools that stand in a list or as objects to the server that is handed to what goes through them.
fn serve(graph: &Graph, index: &Index, nodes: &mut [AgentNode], servers: &[(usize, FactId, &'static str)]) {
    for (id, _, binding) in graph.facts::<Binding>().filter(|(.., binding)| binding.form == "served") {
        let Some(to) = binding.to else { continue };
        let home = |server: FileId| graph.repository(server) == graph.repository(id.file);
        let named = binding.literal.map(|server| index.symbol(graph, id.file, server)).unwrap_or_default();
        let by_name = servers.iter().find(|(_, server, _)| named.contains(server)).map(|&(at, ..)| at);
        let near = || nearest(graph, servers, id.file, home);
        let Some(at) = by_name.or_else(near) else { continue };
        let Some(agent) = graph.get::<Agent>(nodes[at].fact) else { continue };
        let mut members = index.members(graph, id.file, to.name);
        members.extend(index.members(graph, id.file, Sym::from(format!("{}.*", to.name))));
        if members.is_empty() {
            members.push((id.file, to.name));
        }
        for (file, name) in members {
            let member = Ref { name, ..to };
            for target in index.target(graph, file, &member) {
                if let FactKind::Tool(tool) = &graph.fact(target).kind
                    && nodes[at].tools.iter().all(|used| used.tool != Some(target))
                {
                    let given = tool_use(graph, index, agent, target, tool, &member);
                    // Of a tool that is listed by its schema, what runs for it says more.
                    let listed = nodes[at].tools.iter().position(|used| used.name == given.name);
                    match listed.map(|listed| &mut nodes[at].tools[listed]) {
                        Some(used) if used.effects.is_empty() && used.gate.is_none() => *used = given,
                        Some(_) => {}
                        None => nodes[at].tools.push(given),
                    }
                }
            }
        }
    }
}

/// Whether a name that is not found says itself that it is a server of tools.
fn is_server(name: Sym) -> bool {
    name.rsplit('.').next().is_some_and(|last| last.to_ascii_lowercase().contains("mcp"))
}

/// The only server of the nearest folder around `path` that has one, else of the repository; one of tests or examples
/// offers nothing else.
fn nearest(
    graph: &Graph,
    servers: &[(usize, FactId, &str)],
    file: FileId,
    home: impl Fn(FileId) -> bool,
) -> Option<usize> {
    let tests = |file: FileId| matches!(graph.role(file).as_str(), "test" | "example" | "documentation");
    let servers: Vec<_> = servers.iter().filter(|(_, server, _)| tests(file) || !tests(server.file)).collect();
    let path = graph.path(file).as_str();
    let mut folder = path;
    while let Some((parent, _)) = folder.rsplit_once('/') {
        folder = parent;
        let within = |path: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        let mut near = servers.iter().filter(|(.., path)| within(path));
        let Some(&&(at, ..)) = near.next() else { continue };
        return near.next().is_none().then_some(at);
    }
    let mut near = servers.iter().filter(|(_, server, _)| home(server.file));
    let &&(at, ..) = near.next()?;
    near.next().is_none().then_some(at)
}

/// A tool of which only the name at the place of use is known.
/// A plain function of another file is judged by what that file says it does.
fn unresolved(graph: &Graph, index: &Index, file: FileId, agent: &Agent, reference: &Ref) -> ToolUse {
    let last = reference.name.rsplit(['.', '/']).next().unwrap_or(&reference.name);
    let name = last.split('#').next().unwrap_or(last);
    let name = if gives_tools(name) && index.function(graph, file, reference.name).is_none() {
        Sym::from(format!("(tools of {name})"))
    } else {
        Sym::new(name)
    };
    let found = index.function(graph, file, reference.name);
    let (effects, asks) = found.as_ref().map(|f| (f.effects.clone(), f.asks)).unwrap_or_default();
    ToolUse {
        tool: None,
        function: found.map(|f| f.id),
        name,
        effects,
        gate: asks.or_else(|| gate_for(agent, name)),
        void_gate: setting_for(&agent.void_gates, name),
        at: reference.at,
    }
}

/// Whether a name is what gives tools, and no tool: a helper, a variable that holds a list, a provider.
fn gives_tools(name: &str) -> bool {
    let lower = name.to_ascii_lowercase().replace('_', "");
    ["tools", "toolset", "toolsets", "toolkit", "toolbelt", "toolprovider"].iter().any(|end| lower.ends_with(end))
}

fn tool_use(graph: &Graph, index: &Index, agent: &Agent, id: FactId, tool: &Tool, given: &Ref) -> ToolUse {
    let mut asked = None;
    let mut effects: BTreeSet<Sym> = tool.effects.iter().copied().collect();
    for call in &tool.calls {
        for callee in index.target(graph, id.file, call) {
            if let Some(callee) = graph.get::<Tool>(callee) {
                effects.extend(callee.effects.iter().copied());
            }
        }
        if let Some(called) = index.function(graph, id.file, call.name) {
            let fixed = tool.fixed.contains(&call.name);
            effects.extend(called.effects.into_iter().filter(|effect| !(fixed && &**effect == "execute")));
            asked = asked.or(called.asks);
        }
    }
    let claimed = tool.claimed.iter().filter(|claim| match index.function(graph, id.file, claim.value) {
        // What takes parts out of a document deletes nothing; of other functions the name says what the body leaves to
        // others.
        Some(known) => &*claim.name == "delete" && !known.effects.iter().any(|effect| *effect == "edits"),
        None => true,
    });
    effects.extend(claimed.map(|claim| claim.name));
    // The agent may speak of the tool by the name that its file has for it.
    let last = Sym::new(given.name.rsplit(['.', '/']).next().unwrap_or(&given.name));
    let void = |name| setting_for(&agent.void_gates, name);
    let void_gate = tool.void_gate.or_else(|| void(tool.name)).or_else(|| void(last));
    let gate = tool.gate.or(asked).or_else(|| gate_for(agent, tool.name)).or_else(|| gate_for(agent, last));
    ToolUse {
        tool: Some(id),
        function: None,
        name: tool.name,
        effects: effects.into_iter().collect(),
        gate: if void_gate.is_some() { None } else { gate },
        void_gate,
        at: given.at,
    }
}

/// Gives a tool the name that the agent has for it, with what the agent says of that name.
fn rename(used: &mut ToolUse, agent: &Agent, name: Sym) {
    used.name = name;
    used.void_gate = used.void_gate.or_else(|| setting_for(&agent.void_gates, name));
    used.gate = used.gate.or_else(|| gate_for(agent, name)).filter(|_| used.void_gate.is_none());
}

/// What of the agent gates `tool`: nothing when its list of allowed tools lets it through before.
fn gate_for(agent: &Agent, tool: Sym) -> Option<Sym> {
    setting_for(&agent.gates, tool).filter(|_| !agent.allowed.contains(&tool))
}

/// The setting that speaks of `tool` by name, else the one for all tools.
pub(super) fn setting_for(settings: &[Setting], tool: Sym) -> Option<Sym> {
    let named = settings.iter().find(|s| s.name == tool);
    named.or_else(|| settings.iter().find(|s| s.name == "*")).map(|s| s.value)
}

/// Adds an edge once.
pub(super) fn push_edge<T: PartialEq>(edges: &mut Vec<Edge<T>>, to: T, at: Place, says: &str) {
    push_edge_of(edges, to, at, Sym::default(), says);
}

fn push_edge_of<T: PartialEq>(edges: &mut Vec<Edge<T>>, to: T, at: Place, form: Sym, says: &str) {
    if edges.iter().all(|e| e.to != to) {
        edges.push(Edge { to, form, steps: vec![Step { at, says: Sym::new(says) }], candidate: false });
    }
}

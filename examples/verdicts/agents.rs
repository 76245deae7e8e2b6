//! Counts of agents against the inventory. Input: `testdata/verdicts/agents.jsonl` and checkouts.
//! Output: a table line for each repository and, when asked for, each difference.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use nhiscan::cli::request::Request;
use nhiscan::facts::{Server, Sym};
use nhiscan::graph::card::{self, Card};
use nhiscan::graph::{AgentNode, Graph};
use serde::{Deserialize, Serialize};

/// How far the line of a count and of the inventory may lie apart.
const NEAR: u32 = 3;
/// Where the counts are kept.
const COUNTS: &str = "testdata/verdicts/agents.jsonl";

/// What was read in one repository; its rows follow.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scope {
    repository: String,
    commit: String,
    reader: String,
    /// Folders that were read; everything is counted there and nothing outside.
    scopes: Vec<String>,
    /// Framework of rows that name none.
    framework: String,
    #[serde(default)]
    note: String,
}

/// One declaration.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Row {
    path: String,
    line: u32,
    name: String,
    framework: String,
    /// It says who works with whom: its listing is no fault and its absence none.
    team: bool,
    tools: Vec<String>,
    /// Tools that a person or a policy decides on.
    gated: Vec<String>,
    /// Tools whose gate asks nobody.
    void: Vec<String>,
    /// Tools that are gated for some arguments, servers, or environments only.
    unknown: Vec<String>,
    handoffs: Vec<String>,
    /// What could be counted otherwise.
    doubt: String,
    /// What the reader had and why it was changed.
    corrected: String,
}

#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    counted: usize,
    found: usize,
    listed: usize,
    extra: usize,
    framework: usize,
    tools: usize,
    attached: usize,
    surplus: usize,
    gates: usize,
    right: usize,
    ungated: usize,
    unsaid: usize,
    handoffs: usize,
    handed: usize,
}

/// Compares every repository that is at hand.
pub(super) fn check(checkouts: &Path, list: bool) -> Result<ExitCode, Box<dyn Error>> {
    let say = |what: String| {
        if list {
            println!("{what}");
        }
    };
    let mut all = Tally::default();
    let mut lines = Vec::new();
    for (scope, rows) in read()? {
        let folder = checkouts.join(scope.repository.replace('/', "+"));
        if !folder.is_dir() || super::commit(&folder)? != scope.commit {
            lines.push(format!("{:<28} no checkout at {}", scope.repository, scope.commit));
            continue;
        }
        let request = Request { roots: vec![folder], key: [7; 32], ..Request::default() };
        let run = nhiscan::scan(&request)?;
        let cards = card::cards(&run.understood.graph, &run.findings);
        let tally = compare(&scope, &rows, &run.understood.graph, &cards, &say);
        lines.push(shown(&scope.repository, &tally));
        all.add(&tally);
    }
    println!(
        "{:<28} agents found     listed right     framework  tools attached    surplus  gates right  ungated  unknown  handoffs",
        ""
    );
    lines.iter().for_each(|line| println!("{line}"));
    println!("{}", shown("all", &all));
    let holds = all.share(all.found, all.counted) >= 0.9
        && all.share(all.listed - all.extra, all.listed) >= 0.95
        && all.share(all.attached, all.tools) >= 0.9
        && all.share(all.right, all.gates) >= 0.95
        && all.ungated == 0;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read() -> Result<Vec<(Scope, Vec<Row>)>, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(COUNTS);
    let mut all: Vec<(Scope, Vec<Row>)> = Vec::new();
    for (at, line) in fs::read_to_string(&path)?.lines().enumerate() {
        let wrong = |e: serde_json::Error| format!("{}:{}: {e}", path.display(), at + 1);
        if line.starts_with("{\"repository\"") {
            all.push((serde_json::from_str(line).map_err(wrong)?, Vec::new()));
            continue;
        }
        let row = serde_json::from_str(line).map_err(wrong)?;
        all.last_mut().ok_or("the first line names no repository")?.1.push(row);
    }
    Ok(all)
}

fn compare(scope: &Scope, rows: &[Row], graph: &Graph, cards: &[Card], say: &dyn Fn(String)) -> Tally {
    let mut tally = Tally::default();
    let repository = &scope.repository;
    let listed: Vec<Listed<'_>> = graph
        .agents()
        .iter()
        .zip(cards)
        // Tool servers are in the inventory and were not counted.
        .filter(|(_, c)| &*c.framework != "mcp-server" && scope.scopes.iter().any(|s| c.file.starts_with(s.as_str())))
        .map(|(node, card)| Listed { graph, node, card })
        .collect();
    let pairs = pair(rows, &listed);
    let by_row: BTreeMap<usize, usize> = pairs.iter().copied().collect();
    let by_card: BTreeMap<usize, usize> = pairs.iter().map(|&(r, c)| (c, r)).collect();
    for (at, row) in rows.iter().enumerate() {
        let framework = if row.framework.is_empty() { &scope.framework } else { &row.framework };
        let doubt = if row.doubt.is_empty() { String::new() } else { format!(" [{}]", row.doubt) };
        let place = format!("{repository} {}:{} {}{doubt}", row.path, row.line, row.name);
        let found = by_row.get(&at).map(|&c| &listed[c]);
        if row.team {
            continue;
        }
        tally.counted += 1;
        tally.tools += row.tools.len();
        tally.handoffs += row.handoffs.len();
        let Some(found) = found else {
            say(format!("missed: {place} ({framework}, {} tools)", row.tools.len()));
            continue;
        };
        tally.found += 1;
        if *found.card.framework == **framework {
            tally.framework += 1;
        } else {
            say(format!("framework: {place} is {framework}, listed as {}", found.card.framework));
        }
        tools(&mut tally, row, found, &place, say);
        let to: Vec<String> = found.hands().iter().map(|h| plain(h)).collect();
        let handed = row.handoffs.iter().filter(|h| to.contains(&plain(h))).count();
        tally.handed += handed;
        if handed < row.handoffs.len() {
            say(format!("handoffs: {place} hands to {:?}, listed {:?}", row.handoffs, found.hands()));
        }
    }
    for (at, one) in listed.iter().enumerate() {
        tally.listed += 1;
        if !by_card.contains_key(&at) {
            tally.extra += 1;
            let card = one.card;
            say(format!("not counted: {repository} {}:{} {} ({})", card.file, card.line, card.name, card.framework));
        }
    }
    tally
}

/// An agent of the inventory.
struct Listed<'a> {
    graph: &'a Graph,
    node: &'a AgentNode,
    card: &'a Card,
}

/// A tool or tool server of it, by every name that a reader may know it under.
struct Held {
    shown: String,
    names: Vec<String>,
    server: bool,
    gate: Option<Sym>,
    void: Option<Sym>,
}

impl Listed<'_> {
    /// Names, and names in code, of the agents that it hands work to.
    fn hands(&self) -> Vec<String> {
        let agents = self.node.handoffs.iter().map(|e| self.graph.agent(&self.graph.agents()[e.to]));
        agents.flat_map(|a| [a.name.to_string(), last(a.symbol)]).collect()
    }

    fn held(&self) -> Vec<Held> {
        let tools = self.node.tools.iter().map(|used| {
            let mut names = vec![used.name.to_string()];
            names.extend(self.graph.tool(used).map(|t| last(t.symbol)));
            // An agent as a tool goes by either name.
            for edge in self.node.handoffs.iter().filter(|e| e.steps.iter().any(|s| s.at == used.at)) {
                let agent = self.graph.agent(&self.graph.agents()[edge.to]);
                names.extend([agent.name.to_string(), last(agent.symbol)]);
            }
            Held { shown: used.name.to_string(), names, server: false, gate: used.gate, void: used.void_gate }
        });
        let servers = self.node.servers.iter().filter_map(|e| self.graph.get::<Server>(e.to)).zip(&self.card.servers);
        let servers = servers.map(|(server, card)| {
            let mut names = vec![server.name.to_string()];
            names.extend(server.symbol.map(last));
            Held { shown: server.name.to_string(), names, server: true, gate: card.gate, void: card.void_gate }
        });
        tools.chain(servers).collect()
    }
}

/// The last segment of a name in code.
fn last(symbol: Sym) -> String {
    let name = symbol.rsplit('.').next().unwrap_or_default();
    name.split('#').next().unwrap_or_default().to_owned()
}

/// Rows with the agents of the same file that lie nearest; one for one.
fn pair(rows: &[Row], listed: &[Listed<'_>]) -> Vec<(usize, usize)> {
    let mut by_file: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, one) in listed.iter().enumerate() {
        by_file.entry(one.card.file.as_str()).or_default().push(at);
    }
    let mut near = Vec::new();
    for (r, row) in rows.iter().enumerate() {
        for &c in by_file.get(row.path.as_str()).into_iter().flatten() {
            let apart = listed[c].card.line.abs_diff(row.line);
            if apart <= NEAR {
                let named = plain(&listed[c].card.name) == plain(&row.name);
                near.push((!named, apart, r, c));
            }
        }
    }
    near.sort_unstable();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (.., r, c) in near {
        if pairs.iter().all(|&(row, card)| row != r && card != c) {
            pairs.push((r, c));
        }
    }
    pairs
}

fn tools(tally: &mut Tally, row: &Row, found: &Listed<'_>, place: &str, say: &dyn Fn(String)) {
    let mut left = found.held();
    let mut missed: Vec<&String> = row.tools.iter().collect();
    let mut take = |fits: &dyn Fn(&Held, &str) -> bool| {
        missed.retain(|name| {
            let Some(at) = left.iter().position(|held| fits(held, &plain(name))) else { return true };
            gate(tally, row, name, &left.remove(at), place, say);
            false
        });
    };
    take(&|held, name| plain(&held.shown) == name);
    take(&|held, name| held.names.iter().any(|n| plain(n) == name));
    take(&|held, name| {
        let like = |n: &String| n.len().min(name.len()) >= 3 && (n.contains(name) || name.contains(n.as_str()));
        held.names.iter().map(|n| plain(n)).any(|n| like(&n))
    });
    // A reader's entry for all tools of a server, by whatever name.
    take(&|held, name| held.server && ["mcp", "server", "client", "connector"].iter().any(|w| name.contains(w)));
    tally.surplus += left.len();
    if !missed.is_empty() || !left.is_empty() {
        let left: Vec<&str> = left.iter().map(|t| t.shown.as_str()).collect();
        say(format!("tools: {place}: missed {missed:?}, surplus {left:?}"));
    }
}

fn gate(tally: &mut Tally, row: &Row, name: &String, held: &Held, place: &str, say: &dyn Fn(String)) {
    tally.attached += 1;
    let listed = held.gate.map_or("none", |g| g.as_str());
    let void = held.void.map_or("none", |g| g.as_str());
    if row.unknown.contains(name) {
        tally.unsaid += 1;
        say(format!("gate unknown to the reader: {place} {name}: listed {listed}, void {void}"));
        return;
    }
    tally.gates += 1;
    let gated = row.gated.contains(name);
    if gated == held.gate.is_some() {
        tally.right += 1;
        if row.void.contains(name) != held.void.is_some() {
            say(format!("void: {place} {name}: void counted {}, listed {void}", row.void.contains(name)));
        }
        return;
    }
    if gated {
        tally.ungated += 1;
    }
    say(format!(
        "gate: {place} {name}: counted {}, listed {listed}, void {void}",
        if gated { "gated" } else { "none" }
    ));
}

/// A name without case and punctuation.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.counted += other.counted;
        self.found += other.found;
        self.listed += other.listed;
        self.extra += other.extra;
        self.framework += other.framework;
        self.tools += other.tools;
        self.attached += other.attached;
        self.surplus += other.surplus;
        self.gates += other.gates;
        self.right += other.right;
        self.ungated += other.ungated;
        self.unsaid += other.unsaid;
        self.handoffs += other.handoffs;
        self.handed += other.handed;
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a few thousand")]
    fn share(&self, part: usize, whole: usize) -> f64 {
        if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
    }
}

fn shown(name: &str, t: &Tally) -> String {
    let share = |part: usize, whole: usize| format!("{part}/{whole} {:.1} %", t.share(part, whole) * 100.0);
    format!(
        "{name:<28} {:<16} {:<16} {:<10} {:<18} {:<7} {:<16} {:<6} {:<6} {}",
        share(t.found, t.counted),
        share(t.listed - t.extra, t.listed),
        share(t.framework, t.found),
        share(t.attached, t.tools),
        t.surplus,
        share(t.right, t.gates),
        t.ungated,
        t.unsaid,
        share(t.handed, t.handoffs),
    )
}

//! nhiscan: every AI agent is a non-human identity. From a repository alone it tells which identity
//! each agent runs as, what that identity may do, how its credentials end, and which control each
//! fault breaks.
//!
//! ```text
//! Request → Sources → Document → Facts → Graph → Findings → Report → bytes
//!           1 walk    2 parse   3 extract 4 graph 5 judge   6 report
//! ```
//!
//! ```
//! use nhiscan::cli::request::Request;
//!
//! let request = Request { roots: vec!["testdata/planted".into()], ..Request::default() };
//! let run = nhiscan::scan(&request)?;
//! assert!(run.findings.iter().any(|finding| finding.rule.id == "lifecycle/token-never-revoked"));
//! # Ok::<(), nhiscan::error::Error>(())
//! ```

pub mod catalogue;
mod change;
pub mod cli;
pub mod config;
pub mod demo;
pub mod error;
pub mod extract;
pub mod facts;
pub mod finding;
pub mod graph;
pub mod judge;
pub mod matcher;
pub mod parse;
pub mod reading;
pub mod report;
pub mod span;
pub mod walk;

use std::path::Path;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use change::Sides;
use cli::request::{Mode, Request};
use config::Config;
use error::{Error, Notice};
use extract::{Context, FileFacts};
use facts::{File, Sym};
use finding::Finding;
use finding::baseline::Baseline;
use graph::Graph;
use graph::change::AgentChange;
use parse::role::{Exhibits, Labs};
use reading::{Cost, Plan, Reading};
use walk::{Buffer, Source, Sources};

/// What was understood of the roots.
#[derive(Debug, Default)]
pub struct Understanding {
    /// The identity graph over everything that was read.
    pub graph: Graph,
    /// What could not be read, parsed or finished, sorted.
    pub notices: Vec<Notice>,
    /// Rules that the configuration switches off.
    pub disabled: Vec<&'static str>,
    /// What it cost.
    pub statistics: Statistics,
}

/// A finished run.
#[derive(Debug, Default)]
pub struct Run {
    /// What was understood.
    pub understood: Understanding,
    /// Every finding, suppressed and baselined ones marked, in order of path and place.
    pub findings: Vec<Finding>,
}

/// Bytes and time by stage, for `--statistics`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Statistics {
    /// Finding out what to read.
    pub walking: Duration,
    /// Reading, matching and extracting: times are sums over threads.
    pub cost: Cost,
    /// Linking facts.
    pub linking: Duration,
    /// Judging.
    pub judging: Duration,
}

/// How often files that others ask for are looked up: what is asked for, and what that passes on.
const DEMAND_ROUNDS: usize = 4;

/// Stack of a reading thread: parsers recurse a bounded number of levels, more than 2 MiB holds.
const STACK: usize = 16 << 20;

/// Reads what `request` asks for and links its facts.
///
/// # Errors
/// When a root cannot be read at all, or no thread can be started.
pub fn understand(request: &Request) -> Result<Understanding, Error> {
    pool(request)?.install(|| Ok(start(request)?.1))
}

/// The whole pipeline: reads what `request` asks for, links and judges it.
///
/// # Errors
/// When a root, the baseline or the base revision cannot be read.
pub fn scan(request: &Request) -> Result<Run, Error> {
    pool(request)?.install(|| {
        let (Sides { configs, base, .. }, mut understood) = start(request)?;
        let started = Instant::now();
        let mut findings = judge(&mut understood);
        if let Some(base) = &base {
            let mut before = link(request, &base.sources, &configs, &base.known(&understood.graph.files));
            let known = judge(&mut before);
            findings = base.brought_in((&understood, &findings), (&before, &known));
            understood.notices.extend(base.added_suppressions(&understood));
            understood.notices.sort();
        }
        if let Some(path) = &request.baseline {
            baseline(path, request, base.as_ref())?.apply(&mut findings);
        }
        understood.statistics.judging = started.elapsed();
        Ok(Run { understood, findings })
    })
}

/// What the change that `request` is about (a diff, or what is staged) does to agents; nothing is judged.
///
/// # Errors
/// When a root or the base revision cannot be read.
pub fn agent_changes(request: &Request) -> Result<(Understanding, Vec<AgentChange>), Error> {
    pool(request)?.install(|| {
        let (Sides { configs, base, .. }, understood) = start(request)?;
        let changes = base.map(|base| {
            let before = link(request, &base.sources, &configs, &base.known(&understood.graph.files));
            base.agents(&understood, &before)
        });
        Ok((understood, changes.unwrap_or_default()))
    })
}

/// What a scan as `request` asks for looks at in the file at `place`, the scan's own reading; nothing when the scan
/// does not read it.
///
/// # Errors
/// When a root cannot be read at all.
pub fn explain(request: &Request, place: &Path) -> Result<Option<Reading>, Error> {
    pool(request)?.install(|| {
        let Sides { head: sources, configs, .. } = Sides::of(request)?;
        // The folder may be reached by links; the file itself is taken by its own name.
        let real = |path: &Path| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Some(folder.canonicalize().ok()?.join(path.file_name()?))
        };
        let (wanted, name) = (real(place), place.file_name());
        let is = |source: &Source| {
            source.origin.place().is_some_and(|at| at.file_name() == name && wanted.is_some() && real(at) == wanted)
        };
        let Some(at) = sources.list.iter().position(is) else { return Ok(None) };
        let context = Context { key: request.key, text_only: request.text_only, trace: true, ..Context::default() };
        let (labs, exhibits) = (Labs::find(&sources), Exhibits::find(&sources));
        let plan = Plan { sources: &sources, labs, exhibits, configs: &configs, context };
        Ok(Some(plan.read(at, &mut Buffer::new())))
    })
}

/// What every run begins with: the sides of the request, and the present one understood.
fn start(request: &Request) -> Result<(Sides, Understanding), Error> {
    let started = Instant::now();
    let sides = Sides::of(request)?;
    let walking = started.elapsed();
    let mut understood = link(request, &sides.head, &sides.configs, &[]);
    understood.statistics.walking = walking;
    Ok((sides, understood))
}

/// The findings of what was understood, suppressed ones marked.
fn judge(understood: &mut Understanding) -> Vec<Finding> {
    let graph = &understood.graph;
    let mut findings = judge::run(graph);
    let files: Vec<&File> = graph.facts::<File>().map(|(.., file)| file).collect();
    let today = finding::suppression::today();
    let notices = finding::suppression::apply(&mut findings, &files, &|id| graph.file(id), &today);
    understood.notices.extend(notices);
    understood.notices.sort();
    for finding in findings.iter_mut().filter(|f| understood.disabled.contains(&f.rule.id)) {
        finding.suppressed = Some(Sym::new("disabled in nhiscan.toml"));
    }
    findings
}

/// Reads `sources` and links their facts; those that are `known` are not read.
fn link(request: &Request, sources: &Sources, configs: &[Config], known: &[Option<FileFacts>]) -> Understanding {
    let readings = read_all(request, sources, configs, known);
    let mut cost = Cost::default();
    let mut notices = sources.notices.clone();
    let mut files: Vec<FileFacts> = Vec::with_capacity(readings.len());
    for reading in readings {
        cost += reading.cost;
        notices.extend(reading.notices);
        files.push(reading.facts);
    }
    notices.sort();
    notices.dedup();
    let started = Instant::now();
    // Modules are looked up by path; without parsed code, the path of a file with no fact is not asked for.
    let named = |facts: &FileFacts| !request.text_only || !facts.facts.is_empty();
    let path =
        |(source, facts): (&Source, &FileFacts)| if named(facts) { Sym::new(&source.path) } else { Sym::default() };
    let paths = sources.list.iter().zip(&files).map(path).collect();
    let repositories = sources.list.iter().map(|source| source.repository).collect();
    let graph = Graph::build(files, paths, repositories);
    let disabled = configs.iter().flat_map(|config| config.disabled.iter().copied()).collect();
    let statistics = Statistics { cost, linking: started.elapsed(), ..Statistics::default() };
    Understanding { graph, notices, disabled, statistics }
}

/// The threads of a run.
fn pool(request: &Request) -> Result<rayon::ThreadPool, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(request.threads).stack_size(STACK).build();
    pool.map_err(|e| Error::Usage { what: format!("no thread can be started: {e}"), step: "try --threads 1".into() })
}

/// The baseline at `path`; of a diff, as it was before the change.
fn baseline(path: &Path, request: &Request, base: Option<&change::Base>) -> Result<Baseline, Error> {
    let before = base.filter(|_| matches!(request.mode, Mode::Diff(_))).and_then(|base| base.text_at(path));
    let text = before.map_or_else(|| std::fs::read_to_string(path), Ok).map_err(|error| Error::Path {
        path: path.to_owned(),
        reason: error.to_string(),
        step: "write one with `nhiscan baseline`",
    })?;
    Baseline::read(&path.display().to_string(), &text)
}

/// Every source read, in the order of `sources`, whatever thread did it.
fn read_all(request: &Request, sources: &Sources, configs: &[Config], known: &[Option<FileFacts>]) -> Vec<Reading> {
    let context = Context { key: request.key, text_only: request.text_only, ..Context::default() };
    let mut plan = Plan { sources, labs: Labs::find(sources), exhibits: Exhibits::find(sources), configs, context };
    request.progress.expect(sources.list.len());
    let read = |buffer: &mut Buffer, at: usize| {
        let known = known.get(at).cloned().flatten().map(|facts| Reading { facts, ..Reading::default() });
        let reading = known.unwrap_or_else(|| plan.read(at, buffer));
        request.progress.done();
        reading
    };
    let mut readings: Vec<Reading> = (0..sources.list.len()).into_par_iter().map_init(Buffer::new, read).collect();
    if request.text_only {
        return readings;
    }
    // What tools and agents refer to in files that no word admitted is read in a second round, and what
    // those files only pass on in a third.
    plan.context.demanded = true;
    let paths: Vec<Sym> = sources.list.iter().map(|source| Sym::new(&source.path)).collect();
    let mut asked = vec![graph::Asked::No; readings.len()];
    for _ in 0..DEMAND_ROUNDS {
        let wanted = graph::demanded(readings.iter().map(|r| &r.facts), &paths, &mut asked);
        if wanted.is_empty() {
            break;
        }
        let again = |buffer: &mut Buffer, &at: &usize| (at, plan.read(at, buffer));
        let more: Vec<(usize, Reading)> = wanted.par_iter().map_init(Buffer::new, again).collect();
        for (at, reading) in more {
            let mut cost = readings[at].cost;
            cost.extracting += reading.cost.extracting;
            cost.admitted = reading.cost.admitted;
            cost.parsed = reading.cost.parsed;
            readings[at] = Reading { cost, ..reading };
        }
    }
    readings
}

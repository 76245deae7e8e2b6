//! Each stage by itself, and the whole process, over a generated tree of known size.

use std::path::PathBuf;
use std::sync::LazyLock;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use nhiscan::catalogue::{RULES, Rule};
use nhiscan::cli::request::Request;
use nhiscan::graph::Graph;
use nhiscan::matcher::Matcher;
use nhiscan::parse::{Document, Kind, kind};
use nhiscan::report::{self, Format, Report, View};
use nhiscan::span::LineIndex;
use nhiscan::{Run, judge, scan, understand};

mod tree;

const FILES: usize = 2_000;

fn main() {
    divan::main();
}

struct Tree {
    root: PathBuf,
    /// Path and text of the planted files, which is what parsing and extraction are about.
    planted: Vec<(&'static str, String)>,
}

static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let root = std::env::temp_dir().join(format!("nhiscan-bench-{FILES}"));
    if !root.exists() {
        tree::write(&root, FILES).expect("the folder for temporary files can be written");
    }
    Tree { root, planted: nhiscan::demo::files().collect() }
});

static RUN: LazyLock<Run> = LazyLock::new(|| scan(&request(false)).expect("the generated tree can be scanned"));

fn request(text_only: bool) -> Request {
    Request { roots: vec![TREE.root.clone()], text_only, threads: 1, ..Request::default() }
}

fn parse(bencher: Bencher<'_, '_>, wanted: impl Fn(Kind) -> bool) {
    let chosen: Vec<_> = TREE.planted.iter().filter(|(path, text)| wanted(kind::of(path, text))).collect();
    let bytes: usize = chosen.iter().map(|(_, text)| text.len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        for (path, text) in &chosen {
            let lines = LineIndex::new(text);
            let document = Document::whole(path, kind::of(path, text), text, &lines, Matcher::scan(text.as_bytes()));
            black_box(document.values().len());
            black_box(document.module().is_some());
        }
    });
}

#[divan::bench]
fn parse_code(bencher: Bencher<'_, '_>) {
    parse(bencher, |kind| matches!(kind, Kind::Code(_)));
}

#[divan::bench]
fn parse_values(bencher: Bencher<'_, '_>) {
    parse(bencher, |kind| !matches!(kind, Kind::Code(_)));
}

/// Walk, read, match, parse, extract and link.
#[divan::bench(sample_count = 10)]
fn understand_all(bencher: Bencher<'_, '_>) {
    let bytes = usize::try_from(RUN.understood.statistics.cost.read).unwrap_or(0);
    bencher.counter(BytesCount::new(bytes)).bench(|| understand(&request(false)));
}

/// Walk, read and match.
#[divan::bench(sample_count = 10)]
fn text_engine_alone(bencher: Bencher<'_, '_>) {
    let bytes = usize::try_from(RUN.understood.statistics.cost.read).unwrap_or(0);
    bencher.counter(BytesCount::new(bytes)).bench(|| understand(&request(true)));
}

#[divan::bench]
fn link(bencher: Bencher<'_, '_>) {
    let graph = &RUN.understood.graph;
    let repositories = vec![0; graph.paths.len()];
    bencher
        .counter(ItemsCount::new(graph.files.iter().map(|file| file.facts.len()).sum::<usize>()))
        .with_inputs(|| (graph.files.clone(), graph.paths.clone(), repositories.clone()))
        .bench_values(|(files, paths, repositories)| Graph::build(files, paths, repositories));
}

#[divan::bench]
fn judge_all(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(RUN.findings.len())).bench(|| judge::run(&RUN.understood.graph));
}

#[divan::bench(args = [Format::Text, Format::Json, Format::Sarif, Format::Markdown])]
fn report_all(bencher: Bencher<'_, '_>, format: Format) {
    let rules: Vec<&'static Rule> = RULES.iter().collect();
    let (findings, held_back) = View::new(format, None, None, None).of(&RUN.findings);
    let report = Report {
        scope: "scan",
        roots: vec![".".into()],
        files: &RUN.understood.graph.paths,
        rules: &rules,
        findings,
        held_back,
        notices: &RUN.understood.notices,
    };
    bencher.counter(ItemsCount::new(report.findings.len())).bench(|| {
        let mut out = Vec::new();
        report::write(format, &report, &mut out).expect("memory can be written");
        out
    });
}

#[divan::bench(sample_count = 10)]
fn whole_process(bencher: Bencher<'_, '_>) {
    let bytes = usize::try_from(RUN.understood.statistics.cost.read).unwrap_or(0);
    bencher.counter(BytesCount::new(bytes)).bench(|| scan(&request(false)));
}

//! One source from bytes to facts: read, decode, match, parse on demand, extract. The text is
//! dropped when its facts are out.

mod large;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::error::{Notice, NoticeKind};
use crate::extract::secrets::{self, Considered};
use crate::extract::{Context, FileFacts, LOG_READERS, READERS, Reader, Sink, TEXT_READERS};
use crate::facts::{Fact, File, FileId, Place, Suppression, Sym};
use crate::matcher::Matcher;
use crate::parse::decode::{self, Encoding};
use crate::parse::role::{self, Exhibits, Labs};
use crate::parse::{self, Document, Kind, kind};
use crate::span::LineIndex;
use crate::walk::{Buffer, Content, GitState, Source, Sources};

/// What reading one source gave.
#[derive(Debug, Default)]
pub struct Reading {
    /// Its facts.
    pub facts: FileFacts,
    /// What was lost.
    pub notices: Vec<Notice>,
    /// What it cost.
    pub cost: Cost,
    /// What was looked at for credentials, when the context asks for a trace.
    pub considered: Vec<Looked>,
}

/// A place that was looked at, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// Line, from 1.
    pub line: u32,
    /// Column in UTF-16 units, from 1.
    pub column: u32,
    /// What was thought of it.
    pub what: Considered,
}

/// What reading cost, for `--statistics`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Files read as text.
    pub files: u64,
    /// Files that are no text.
    pub binary: u64,
    /// Bytes read.
    pub read: u64,
    /// Bytes of documents that passed the gate: some reader wanted them.
    pub admitted: u64,
    /// Bytes of documents that were parsed.
    pub parsed: u64,
    /// Reading and decoding.
    pub reading: Duration,
    /// The match engine.
    pub matching: Duration,
    /// Parsing and extraction.
    pub extracting: Duration,
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.binary += other.binary;
        self.read += other.read;
        self.admitted += other.admitted;
        self.parsed += other.parsed;
        self.reading += other.reading;
        self.matching += other.matching;
        self.extracting += other.extracting;
    }
}

/// What all sources of a run are read with.
pub struct Plan<'s> {
    /// The sources.
    pub sources: &'s Sources,
    /// Deliberately vulnerable training grounds among them.
    pub labs: Labs,
    /// Repositories among them that are made of examples.
    pub exhibits: Exhibits,
    /// Settings by root.
    pub configs: &'s [Config],
    /// What readers are handed.
    pub context: Context,
}

impl Plan<'_> {
    /// Reads `sources.list[at]`. Never fails: what could not be read or finished is a notice.
    #[must_use]
    pub fn read(&self, at: usize, buffer: &mut Buffer) -> Reading {
        let source = &self.sources.list[at];
        let one = One { plan: self, source, file: FileId::new(at) };
        let read = catch_unwind(AssertUnwindSafe(|| one.read(buffer)));
        read.unwrap_or_else(|_| {
            // The panic's own message may quote the file, so it is not repeated.
            let message = "nhiscan crashed on this file and did not judge it; please report the file's format";
            Reading { notices: vec![Notice::file(&source.path, NoticeKind::Crash, message)], ..Reading::default() }
        })
    }
}

struct One<'s> {
    plan: &'s Plan<'s>,
    source: &'s Source,
    file: FileId,
}

impl One<'_> {
    fn read(&self, buffer: &mut Buffer) -> Reading {
        let started = Instant::now();
        let mut reading = Reading::default();
        match buffer.read(self.source) {
            Err(error) => reading.notices.push(self.unreadable(&error)),
            Ok(Content::Whole(bytes)) => {
                reading.cost.read = bytes.len() as u64;
                self.whole(bytes, started, &mut reading);
            }
            Ok(Content::Large(mut windows)) => self.large(&mut windows, &mut reading),
        }
        reading
    }

    fn unreadable(&self, error: &std::io::Error) -> Notice {
        let message = format!("cannot be read: {error}; check its permissions, or leave it out with .nhiscanignore");
        Notice::file(&self.source.path, NoticeKind::Unreadable, message)
    }

    fn latin1(&self) -> Notice {
        let message = "is not UTF-8 and was read as Latin-1; convert it if names look wrong";
        Notice::file(&self.source.path, NoticeKind::Encoding, message)
    }

    fn whole(&self, bytes: &[u8], started: Instant, reading: &mut Reading) {
        let Some((text, encoding)) = decode::text(bytes) else {
            reading.cost.binary = 1;
            return;
        };
        if encoding == Encoding::Latin1 {
            reading.notices.push(self.latin1());
        }
        reading.cost.files = 1;
        let decoded = Instant::now();
        reading.cost.reading = decoded - started;
        let hits = Matcher::scan(text.as_bytes());
        let started = Instant::now();
        reading.cost.matching = started - decoded;
        let text_only = self.plan.context.text_only;
        if hits.found.is_empty() && text_only {
            return;
        }
        let path = self.plan.sources.path_in_repository(self.source);
        let kind = kind::of(&path, &text);
        let named = crate::extract::policies::is_policy(&path) || crate::extract::deployed::is_build_file(&path);
        if hits.found.is_empty() && kind == Kind::Text && !named {
            return;
        }
        let lines = LineIndex::new(&text);
        let mut suppressions = Vec::new();
        let scan = |part: &str| Matcher::scan(part.as_bytes());
        let (documents, notices) = if text_only {
            (vec![Document::whole(&self.source.path, kind, &text, &lines, hits)], Vec::new())
        } else {
            parse::documents(&self.source.path, kind, &text, &lines, hits, scan)
        };
        // Role and file fact only serve other facts there.
        if text_only && !documents.iter().any(|document| TEXT_READERS.iter().any(|reader| (reader.reads)(document))) {
            return;
        }
        let (role, reason) = self.role(&path, &text);
        reading.notices.extend(notices);
        for mut document in documents {
            document.role = role;
            document.role_reason = reason;
            document.ignored = self.source.git == GitState::Ignored;
            document.demanded = self.plan.context.demanded;
            suppressions.extend(self.extract(&document, reading));
        }
        reading.cost.extracting = started.elapsed();
        if text_only && reading.facts.facts.is_empty() && suppressions.is_empty() {
            return;
        }
        let file = self.file_fact(&path, kind, (role, reason), suppressions);
        reading.facts.facts.insert(0, file);
    }

    fn extract(&self, document: &Document<'_>, reading: &mut Reading) -> Vec<Suppression> {
        self.trace(document, reading);
        let mut sink = Sink::new(document, self.file, &self.plan.context, (0, 0));
        run(TEXT_READERS, document, &mut sink);
        let code = matches!(document.kind, Kind::Code(_));
        let unwanted = code && !document.hits.wants_parsing() && !document.demanded;
        // A recorded exchange declares nothing, and nobody here wrote bundles and copies of packages, nobody
        // runs code that was set aside; their text was searched.
        let foreign = matches!(document.role, parse::Role::Generated | parse::Role::Vendored);
        let foreign = code && (foreign || kind::set_aside(document.path));
        let gated = foreign || document.role == parse::Role::Cassette;
        // No word of an agent stands there: it is read for what it logs, or not at all.
        let readers = if unwanted { LOG_READERS } else { READERS };
        if !self.plan.context.text_only && !gated && run(readers, document, &mut sink) {
            reading.cost.admitted += document.text.len() as u64;
        }
        if document.parsed.get() {
            reading.cost.parsed += document.text.len() as u64;
        }
        let taken = sink.finish();
        reading.facts.facts.extend(taken.facts);
        reading.notices.extend(taken.notices);
        reading.notices.extend(document.take_notices());
        taken.suppressions
    }

    /// Keeps what was looked at in `document`, where that is asked for.
    fn trace(&self, document: &Document<'_>, reading: &mut Reading) {
        if !self.plan.context.trace {
            return;
        }
        reading.considered.extend(secrets::explain(document).into_iter().map(|what| {
            let at = document.lines.position(document.raw, document.to_raw(what.span.start));
            Looked { line: at.line, column: at.column, what }
        }));
    }

    fn role(&self, path: &str, text: &str) -> (parse::Role, &'static str) {
        let configured = self.plan.configs.get(self.source.root).and_then(|config| config.role(path));
        configured
            .map(|role| (role, "given by nhiscan.toml"))
            .or_else(|| self.plan.labs.role(self.source))
            .unwrap_or_else(|| self.plan.exhibits.role(self.source.repository, role::of(path, text)))
    }

    fn file_fact(
        &self,
        path: &str,
        kind: Kind,
        role: (parse::Role, &'static str),
        suppressions: Vec<Suppression>,
    ) -> Fact {
        let file = File {
            path: Sym::new(&self.source.path),
            format: Sym::new(kind.slug()),
            role: Sym::new(role.0.slug()),
            role_reason: Sym::new(role.1),
            git: Sym::new(self.source.git.slug()),
            environment: role::environment_of(path).map(Sym::new),
            suppressions,
        };
        Fact {
            at: Place { file: self.file, line: 1, column: 1, end_line: 1, end_column: 1, ..Place::default() },
            kind: file.into(),
        }
    }
}

/// Runs the readers that want the document; whether there was any.
fn run(readers: &[Reader], document: &Document<'_>, sink: &mut Sink<'_>) -> bool {
    let mut wanted = false;
    for reader in readers {
        if (reader.reads)(document) {
            wanted = true;
            (reader.read)(document, sink);
        }
    }
    wanted
}

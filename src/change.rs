//! A run about a change. Input: a request for what is staged or for a diff. Output: both sides,
//! aligned so that a file has one number on both, and the findings that the change brings in.
//! Configuration, baseline and what is left out come from the old side of a diff: a change cannot
//! switch off the check that judges it.

use std::path::Path;

use crate::Understanding;
use crate::cli::request::{Mode, Request};
use crate::config::{Config, NAME};
use crate::error::{Error, Notice, NoticeKind};
use crate::extract::FileFacts;
use crate::facts::{File, FileId, Sym};
use crate::finding::Finding;
use crate::graph::card;
use crate::graph::change::{AgentChange, changes as agent_changes};
use crate::judge::change::{Change, Side, brought_in};
use crate::parse::decode;
use crate::walk::{self, Buffer, Changed, Changes, Content, Origin, Root, Source, Sources};

/// What a run reads, with the settings that hold for it.
pub(crate) struct Sides {
    /// The new side, or the only one.
    pub head: Sources,
    /// Settings by root.
    pub configs: Vec<Config>,
    /// The old side of a change.
    pub base: Option<Base>,
}

/// The old side.
pub(crate) struct Base {
    /// Its sources: first those of the new side, in their order (a file that is new is empty here),
    /// then those that are gone.
    pub sources: Sources,
    /// How each of them relates to the source of the new side with the same number.
    pub relation: Vec<Relation>,
    /// What the change touches.
    pub changes: Changes,
}

/// A file of the old side beside the one of the new side with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The same content: its facts need not be read again.
    Same,
    /// Another content, or none on the new side.
    Other,
    /// It is not there on the old side.
    Added,
}

impl Sides {
    /// Finds both sides of what `request` asks for.
    pub(crate) fn of(request: &Request) -> Result<Self, Error> {
        let walk::Plan { mut head, base, same, changes } = walk::plan(request)?;
        let settled = match request.mode {
            Mode::Diff(_) => base.as_ref().unwrap_or(&head),
            _ => &head,
        };
        let configs = configs(request, settled)?;
        let mut base = match (base, changes) {
            (Some(base), Some(changes)) => Some(align(&head, base, &same, changes)),
            _ => None,
        };
        let keeps = |source: &Source| {
            if configs[source.root].exclude.is_empty() {
                return true;
            }
            let shown = head.roots[source.root].shown.as_str();
            let below = source.path.strip_prefix(shown).unwrap_or(&source.path);
            !configs[source.root].exclude.is_match(below)
        };
        if let Some(base) = &mut base {
            let kept: Vec<bool> = base.sources.list.iter().map(&keeps).collect();
            retain(&mut base.sources.list, &kept);
            retain(&mut base.relation, &kept);
        }
        let kept: Vec<bool> = head.list.iter().map(&keeps).collect();
        retain(&mut head.list, &kept);
        Ok(Self { head, configs, base })
    }
}

fn retain<T>(list: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    list.retain(|_| kept.next().copied().unwrap_or(true));
}

/// Gives each file of the old side the number that it has on the new one.
fn align(head: &Sources, base: Sources, same: &[Option<usize>], changes: Changes) -> Base {
    let empty = |source: &Source| Source { origin: Origin::Memory(Vec::new()), ..source.clone() };
    let mut list: Vec<Source> = head.list.iter().map(empty).collect();
    let mut relation = vec![Relation::Added; list.len()];
    for (at, source) in base.list.into_iter().enumerate() {
        let number = head.list.binary_search_by(|known| (known.root, &known.path).cmp(&(source.root, &source.path)));
        match (same.get(at).copied().flatten(), number) {
            (Some(number), _) => relation[number] = Relation::Same,
            (None, Ok(number)) => {
                relation[number] = Relation::Other;
                list[number] = source;
            }
            (None, Err(_)) => {
                relation.push(Relation::Other);
                list.push(source);
            }
        }
    }
    let sources = Sources { roots: base.roots, repositories: base.repositories, list, notices: Vec::new() };
    Base { sources, relation, changes }
}

impl Base {
    /// The facts that need not be read again, given those of the new side.
    pub(crate) fn known(&self, head: &[FileFacts]) -> Vec<Option<FileFacts>> {
        let facts = |at: usize| head.get(at).cloned().unwrap_or_default();
        let known = self.relation.iter().enumerate().map(|(at, relation)| match relation {
            Relation::Same => Some(facts(at)),
            Relation::Added => Some(FileFacts::default()),
            Relation::Other => None,
        });
        known.collect()
    }

    /// The findings that the change brings in.
    pub(crate) fn brought_in(
        &self,
        (new, findings): (&Understanding, &[Finding]),
        (old, before): (&Understanding, &[Finding]),
    ) -> Vec<Finding> {
        let touches = |file: FileId, line: u32| self.changes.touches(&new.graph.path(file), line, line);
        let from = |path: Sym| self.path_before(path);
        let new = Side { graph: &new.graph, findings };
        let old = Side { graph: &old.graph, findings: before };
        brought_in(new, old, &Change { touches: &touches, before: &from })
    }

    /// What the change does to agents.
    pub(crate) fn agents(&self, new: &Understanding, old: &Understanding) -> Vec<AgentChange> {
        let cards = |side: &Understanding| card::cards(&side.graph, &[]);
        agent_changes(&cards(new), &cards(old), &|path| self.path_before(path))
    }

    /// Where the file was on the old side.
    fn path_before(&self, path: Sym) -> Sym {
        match self.changes.of(&path) {
            Some(Changed::Moved { from }) => Sym::new(from),
            _ => path,
        }
    }

    /// Suppressions that the change itself adds: honoured, and said.
    pub(crate) fn added_suppressions(&self, understood: &Understanding) -> Vec<Notice> {
        let mut notices = Vec::new();
        for (.., file) in understood.graph.facts::<File>() {
            for suppression in
                file.suppressions.iter().filter(|s| self.changes.touches(&file.path, s.at.line, s.at.line))
            {
                let rules: Vec<&str> = suppression.rules.iter().map(|rule| rule.as_str()).collect();
                let message = format!("this change adds a suppression of {}: {}", rules.join(", "), suppression.reason);
                let (path, line) = (file.path.to_string(), suppression.at.line);
                notices.push(Notice { path, line, kind: NoticeKind::Suppression, message });
            }
        }
        notices
    }

    /// What stands on the old side at `path` on disk; none when it is no file of a root.
    pub(crate) fn text_at(&self, path: &Path) -> Option<String> {
        let place = std::fs::canonicalize(path).ok()?;
        let root = self.sources.roots.iter().position(|root| place.starts_with(&root.path))?;
        let gone = || Some(String::new());
        let source = self
            .sources
            .list
            .iter()
            .zip(&self.relation)
            .find(|(source, _)| source.root == root && source.origin.place().is_some_and(|known| known == place));
        source.map_or_else(gone, |(source, _)| text(source))
    }
}

/// The settings of each root: the file named on the command line for all, else each root's own as it
/// stands among `sources`.
fn configs(request: &Request, sources: &Sources) -> Result<Vec<Config>, Error> {
    let own = |number: usize, root: &Root| match (&request.mode, &request.config) {
        (Mode::Tree, _) | (_, Some(_)) => Config::load(request.config.as_deref(), &root.path),
        _ => {
            let path = format!("{}{NAME}", root.shown);
            let source = sources.list.iter().find(|source| source.root == number && source.path == path);
            source.and_then(text).map_or_else(|| Ok(Config::default()), |text| Config::read(&path, &text))
        }
    };
    sources.roots.iter().enumerate().map(|(number, root)| own(number, root)).collect()
}

fn text(source: &Source) -> Option<String> {
    let mut buffer = Buffer::new();
    let Ok(Content::Whole(bytes)) = buffer.read(source) else { return None };
    let encoding = decode::encoding_of(bytes)?;
    Some(decode::decode(bytes, encoding).into_owned())
}

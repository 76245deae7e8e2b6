//! Which files of the repository a file imports. Input: the bindings of the graph. Output: [`Imports`].

use std::collections::{BTreeSet, VecDeque};

use super::Graph;
use super::index::Index;
use crate::facts::{Binding, FileId, RefKind};

/// Imports by file.
#[derive(Debug, Default)]
pub(super) struct Imports {
    of: Vec<Vec<FileId>>,
    by: Vec<Vec<FileId>>,
}

impl Imports {
    pub(super) fn new(graph: &Graph, index: &Index) -> Self {
        let of: Vec<Vec<FileId>> = (0..graph.files.len()).map(|at| imported(graph, index, FileId::new(at))).collect();
        let mut by = vec![Vec::new(); of.len()];
        for (at, targets) in of.iter().enumerate() {
            targets.iter().for_each(|target| by[target.at()].push(FileId::new(at)));
        }
        Self { of, by }
    }

    /// The file itself, what it imports and what imports it.
    pub(super) fn beside(&self, file: FileId) -> impl Iterator<Item = FileId> {
        [&self.of, &self.by]
            .into_iter()
            .flat_map(move |all| all.get(file.at()).into_iter().flatten())
            .copied()
            .chain([file])
    }

    /// The file itself and what it imports, at most `depth` imports away, nearest first; with the number
    /// of imports between.
    pub(super) fn reach(&self, from: FileId, depth: usize) -> Vec<(FileId, usize)> {
        let mut seen = BTreeSet::from([from]);
        let mut queue = VecDeque::from([(from, 0)]);
        let mut out = Vec::new();
        while let Some((file, far)) = queue.pop_front() {
            out.push((file, far));
            if far < depth {
                queue.extend(self.of[file.at()].iter().filter(|f| seen.insert(**f)).map(|&f| (f, far + 1)));
            }
        }
        out
    }
}

fn imported(graph: &Graph, index: &Index, file: FileId) -> Vec<FileId> {
    let mut out = BTreeSet::new();
    for fact in &graph.files[file.at()].facts {
        let Some(binding) = fact.get::<Binding>() else { continue };
        let Some(to) = binding.to.filter(|to| binding.form == "import" && to.kind == RefKind::Symbol) else { continue };
        let path = graph.path(file);
        let module = to.name.rsplit_once('.').map_or("", |(module, _)| module);
        let target = index.modules.file(&path, &to.name).or_else(|| index.modules.file(&path, module));
        out.extend(target.filter(|&t| t != file));
    }
    out.into_iter().collect()
}

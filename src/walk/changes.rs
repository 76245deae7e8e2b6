//! What a change touches: per path, the lines that are new.

use std::collections::BTreeMap;
use std::ops::Range;

/// The change between two states of the roots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    files: BTreeMap<String, Changed>,
}

/// What happened to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It is new, or too large to be compared: every line counts as new.
    Whole,
    /// These lines of the new side are new or edited: from 1, end excluded, in order. Empty when
    /// lines were only taken away.
    Lines(Vec<Range<u32>>),
    /// It was moved here and not edited.
    Moved {
        /// Where it was.
        from: String,
    },
    /// It is gone.
    Removed,
}

impl Changes {
    /// Every file of the change, in the order of shown paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Changed)> {
        self.files.iter().map(|(path, changed)| (path.as_str(), changed))
    }

    /// What happened to the file at the shown `path`; none when it is the same on both sides.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<&Changed> {
        self.files.get(path)
    }

    /// Whether one of the lines `first..=last` of `path` is new.
    #[must_use]
    pub fn touches(&self, path: &str, first: u32, last: u32) -> bool {
        match self.of(path) {
            Some(Changed::Whole) => true,
            Some(Changed::Lines(lines)) => {
                let at = lines.partition_point(|range| range.end <= first);
                lines.get(at).is_some_and(|range| range.start <= last)
            }
            Some(Changed::Moved { .. } | Changed::Removed) | None => false,
        }
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(super) fn insert(&mut self, path: String, changed: Changed) {
        self.files.insert(path, changed);
    }

    pub(super) fn extend(&mut self, other: Changes) {
        self.files.extend(other.files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_touched_when_it_shares_a_line() {
        let mut changes = Changes::default();
        changes.insert("a.py".into(), Changed::Lines(vec![3..5, 9..10]));
        for (first, last, touched) in
            [(1, 2, false), (1, 3, true), (4, 4, true), (5, 8, false), (9, 9, true), (10, 99, false)]
        {
            assert_eq!(changes.touches("a.py", first, last), touched, "{first}-{last}");
        }
        assert!(!changes.touches("b.py", 1, 99));
    }
}

//! Input: a condition and a fact with what the graph says of it. Output: whether it holds.

use super::{Condition, List, Number, Part, Relation, Text};
use crate::facts::schema::Datum;
use crate::facts::{FactKind, Sym};

/// A field of a fact: its own, or one of the common ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Index in the kind's schema.
    Own(usize),
    /// Index in [`COMMON`](crate::facts::schema::COMMON).
    Common(usize),
}

/// A fact as conditions see it.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The fact.
    pub fact: &'a FactKind,
    /// `agent`, `role`, `path` and `environment`.
    pub common: [Sym; 4],
    /// `agents`.
    pub agents: &'a [Sym],
}

impl<'a> Row<'a> {
    /// The value of a field.
    #[must_use]
    pub fn datum(&self, slot: Slot) -> Datum<'a> {
        match slot {
            Slot::Own(index) => self.fact.field(index),
            Slot::Common(index) => self.common.get(index).map_or(Datum::Texts(self.agents), |&text| Datum::Text(text)),
        }
    }
}

impl Condition {
    /// Whether the condition holds for `row`.
    #[must_use]
    pub fn holds(&self, row: &Row<'_>) -> bool {
        self.test(row, &mut Vec::new())
    }

    fn test(&self, row: &Row<'_>, variables: &mut Vec<Sym>) -> bool {
        match self {
            Self::Always(value) => *value,
            Self::Field(slot) => row.datum(*slot) == Datum::Bool(true),
            Self::Not(inner) => !inner.test(row, variables),
            Self::And(a, b) => a.test(row, variables) && b.test(row, variables),
            Self::Or(a, b) => a.test(row, variables) || b.test(row, variables),
            Self::Null(slot) => row.datum(*slot) == Datum::Null,
            Self::IsBool(slot, value) => row.datum(*slot) == Datum::Bool(*value),
            Self::Compare(relation, a, b) => match a.value(row, variables).zip(b.value(row, variables)) {
                Some((a, b)) => match relation {
                    Relation::Equal => a == b,
                    Relation::Less => a < b,
                    Relation::AtMost => a <= b,
                },
                None => false,
            },
            Self::Same(a, b) => a.value(row, variables).zip(b.value(row, variables)).is_some_and(|(a, b)| a == b),
            Self::Part(part, whole, piece) => {
                whole.value(row, variables).zip(piece.value(row, variables)).is_some_and(|(whole, piece)| match part {
                    Part::Start => whole.starts_with(piece.as_str()),
                    Part::End => whole.ends_with(piece.as_str()),
                    Part::Anywhere => whole.contains(piece.as_str()),
                })
            }
            Self::Matches(text, pattern) => {
                text.value(row, variables).is_some_and(|text| pattern.is_match(text.as_bytes()))
            }
            Self::In(text, list) => text.value(row, variables).is_some_and(|text| list.value(row).contains(&text)),
            Self::Exists(list, inner) => each(list.value(row), variables, |v| inner.test(row, v), true),
            Self::All(list, inner) => !each(list.value(row), variables, |v| inner.test(row, v), false),
        }
    }
}

/// Whether some element gives `wanted`.
fn each(list: &[Sym], variables: &mut Vec<Sym>, test: impl Fn(&mut Vec<Sym>) -> bool, wanted: bool) -> bool {
    list.iter().any(|&element| {
        variables.push(element);
        let found = test(variables) == wanted;
        variables.pop();
        found
    })
}

impl Number {
    fn value(&self, row: &Row<'_>, variables: &[Sym]) -> Option<i64> {
        let count = |n: usize| Some(i64::try_from(n).unwrap_or(i64::MAX));
        match self {
            Self::Literal(n) => Some(*n),
            Self::Field(slot) => match row.datum(*slot) {
                Datum::Int(n) => Some(n),
                _ => None,
            },
            Self::Size(list) => count(list.value(row).len()),
            Self::Length(text) => count(text.value(row, variables)?.len()),
        }
    }
}

impl Text {
    fn value(&self, row: &Row<'_>, variables: &[Sym]) -> Option<Sym> {
        match self {
            Self::Literal(text) => Some(*text),
            Self::Field(slot) => match row.datum(*slot) {
                Datum::Text(text) => Some(text),
                _ => None,
            },
            Self::Variable(depth) => variables.get(*depth).copied(),
        }
    }
}

impl List {
    fn value<'a>(&'a self, row: &Row<'a>) -> &'a [Sym] {
        match self {
            Self::Literal(list) => list,
            Self::Field(slot) => match row.datum(*slot) {
                Datum::Texts(list) => list,
                _ => &[],
            },
        }
    }
}

//! Reflection over facts, so that rule conditions can name fields and be checked against them.

use super::Sym;

/// The type of a fact's field as rule conditions see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A whole number; a field that may be absent reads as `null`.
    Int,
    /// Text; a field that may be absent reads as `null`.
    Text,
    /// A list of texts.
    Texts,
}

/// One field of a kind of fact.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name, as in JSON and in conditions.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether it may be `null`.
    pub optional: bool,
    /// What it means.
    pub doc: &'static str,
}

/// Fields that every kind of fact has beside its own: what its file and the graph say of it. A kind's
/// own field of the same name wins.
pub const COMMON: &[Field] = &[
    Field {
        name: "agent",
        ty: Type::Text,
        optional: false,
        doc: "`linked`, `unknown` or `none`: whether an agent uses it",
    },
    Field { name: "role", ty: Type::Text, optional: false, doc: "the role of its file" },
    Field { name: "path", ty: Type::Text, optional: false, doc: "the path of its file" },
    Field {
        name: "environment",
        ty: Type::Text,
        optional: false,
        doc: "the environment that its path names, or empty",
    },
    Field { name: "agents", ty: Type::Texts, optional: false, doc: "the names of the agents that it is linked with" },
];

/// A field's value, borrowed from the fact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Datum<'a> {
    /// Not known or not there.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    Text(Sym),
    /// A list of texts.
    Texts(&'a [Sym]),
}

/// Rust types that fields may have.
pub trait FieldType {
    /// The type in conditions.
    const TYPE: Type;
    /// Whether the field may be `null`.
    const OPTIONAL: bool = false;
    /// Borrows the value.
    fn datum(&self) -> Datum<'_>;
}

impl FieldType for bool {
    const TYPE: Type = Type::Bool;
    fn datum(&self) -> Datum<'_> {
        Datum::Bool(*self)
    }
}

impl FieldType for i64 {
    const TYPE: Type = Type::Int;
    fn datum(&self) -> Datum<'_> {
        Datum::Int(*self)
    }
}

impl FieldType for Sym {
    const TYPE: Type = Type::Text;
    fn datum(&self) -> Datum<'_> {
        Datum::Text(*self)
    }
}

impl FieldType for Vec<Sym> {
    const TYPE: Type = Type::Texts;
    fn datum(&self) -> Datum<'_> {
        Datum::Texts(self)
    }
}

impl<T: FieldType> FieldType for Option<T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = true;
    fn datum(&self) -> Datum<'_> {
        self.as_ref().map_or(Datum::Null, FieldType::datum)
    }
}

/// A kind of fact: its name and fields.
pub trait Record {
    /// The name in conditions (`fact = "grant"`) and in JSON.
    const KIND: &'static str;
    /// Its fields, in declaration order.
    const FIELDS: &'static [Field];
    /// The value of field `index` of [`Self::FIELDS`].
    fn field(&self, index: usize) -> Datum<'_>;
}

/// Declares a kind of fact: a plain serde struct whose `field` members conditions can name. Members
/// after `also` are for joins only (structured lists) and invisible to conditions.
macro_rules! record {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident : $kind:literal {
            $( $(#[doc = $fdoc:literal])+ pub $field:ident : $ty:ty, )*
            $( also { $( $(#[doc = $adoc:literal])+ pub $also:ident : $aty:ty, )* } )?
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $( $(#[doc = $fdoc])+ pub $field: $ty, )*
            $( $( $(#[doc = $adoc])+ pub $also: $aty, )* )?
        }
        impl $crate::facts::schema::Record for $name {
            const KIND: &'static str = $kind;
            const FIELDS: &'static [$crate::facts::schema::Field] = &[
                $( $crate::facts::schema::Field {
                    name: stringify!($field),
                    ty: <$ty as $crate::facts::schema::FieldType>::TYPE,
                    optional: <$ty as $crate::facts::schema::FieldType>::OPTIONAL,
                    doc: concat!($($fdoc),+),
                }, )*
            ];
            fn field(&self, index: usize) -> $crate::facts::schema::Datum<'_> {
                const GET: &[for<'a> fn(&'a $name) -> $crate::facts::schema::Datum<'a>] =
                    &[$( |record| $crate::facts::schema::FieldType::datum(&record.$field), )*];
                GET.get(index).map_or($crate::facts::schema::Datum::Null, |get| get(self))
            }
        }
    };
}
pub(crate) use record;

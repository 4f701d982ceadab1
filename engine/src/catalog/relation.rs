//! What a relation is.

use std::rc::Rc;

use super::Oid;
use crate::query::Type;
use crate::sequence::Definition;
pub(crate) use crate::statement::Persistence;

/// Names one file of data. A relation that gets new storage gets a new number, transactionally.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct StorageId(pub(crate) u32);

/// What kind of relation it is, with what only that kind has.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// A sequence, with its row of `pg_sequence`.
    Sequence(SequenceData),
    /// An ordinary table.
    Table(Rc<[Column]>),
}

/// A sequence's catalog entry.
#[derive(Debug, Clone)]
pub(crate) struct SequenceData {
    pub(crate) definition: Definition,
    /// OWNED BY: the table, and the column's place in it, counted from 0.
    pub(crate) owned_by: Option<(Oid, usize)>,
}

/// A table's column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: Rc<str>,
    pub(crate) column_type: Type,
    pub(crate) not_null: bool,
}

/// One version of a relation (manual, "pg_class").
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    pub(crate) oid: Oid,
    pub(crate) schema: Oid,
    pub(crate) name: Rc<str>,
    pub(crate) persistence: Persistence,
    pub(crate) storage: StorageId,
    pub(crate) kind: Kind,
}

impl Relation {
    /// The sequence's entry, when it is one.
    pub(crate) fn sequence(&self) -> Option<&SequenceData> {
        match &self.kind {
            Kind::Sequence(data) => Some(data),
            Kind::Table(_) => None,
        }
    }
}

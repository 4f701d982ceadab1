//! What a relation is.

use std::rc::Rc;

use super::{Access, ColumnNumber, Oid};
use crate::cluster::SessionId;
use crate::query::{Bound, Plan, Type, Uses};
use crate::sequence::Definition;
pub(crate) use crate::statement::Persistence;
use crate::statement::{Generated, Identifier, ReferentialAction, TypeName};

/// Names one file of data. A relation that gets new storage gets a new number, transactionally.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct StorageId(pub(crate) u32);

/// What kind of relation it is, with what only that kind has.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// A sequence, with its row of `pg_sequence`.
    Sequence(SequenceData),
    /// An ordinary table.
    Table(TableData),
    /// An index of this table.
    Index(Oid),
    /// A view.
    View(ViewData),
}

/// A sequence's catalog entry.
#[derive(Debug, Clone)]
pub(crate) struct SequenceData {
    pub(crate) definition: Definition,
    /// The column that it belongs to.
    pub(crate) owner: Option<ColumnOwner>,
}

/// The column that a sequence belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ColumnOwner {
    pub(crate) table: Oid,
    pub(crate) column: ColumnNumber,
    /// Whether it is the column's identity sequence, which cannot be dropped or moved alone.
    pub(crate) is_identity: bool,
    /// A number of the moment at which it came to be this column's, as objects have one of their making.
    pub(crate) recorded: Oid,
    /// Who has made it so. Entries of one server process mostly stand in their order, those of several need not.
    pub(crate) recorded_by: SessionId,
}

/// A table's catalog entry.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableData {
    /// The columns, dropped ones included.
    pub(crate) columns: Vec<Column>,
    pub(crate) constraints: Vec<Constraint>,
    /// The indexes that no constraint stands for.
    pub(crate) indexes: Vec<Index>,
    /// Indexes that were built anew since they were made, with the number that each would have as a new one: where several
    /// are gone through, that is their place.
    pub(crate) rebuilt_indexes: Vec<(Oid, Oid)>,
    /// The places of the columns by which rows are put into partitions, when the table is partitioned.
    pub(crate) partition_key: Option<Vec<usize>>,
}

impl TableData {
    /// The columns that are not dropped, with their places.
    pub(crate) fn live_columns(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| !column.is_dropped)
    }

    /// Its indexes with their columns, and whether they are unique: those of constraints, then the others.
    pub(crate) fn all_indexes(&self) -> impl Iterator<Item = (Oid, &[usize], bool)> {
        let of_constraints = self.constraints.iter().filter_map(|constraint| match &constraint.kind {
            ConstraintKind::Unique { columns, index, .. } => Some((*index, columns.as_slice(), true)),
            _ => None,
        });
        of_constraints.chain(self.indexes.iter().map(|index| (index.oid, index.columns.as_slice(), index.is_unique)))
    }

    /// The numbers of its indexes, in the same order.
    pub(crate) fn index_oids(&self) -> impl Iterator<Item = Oid> {
        self.all_indexes().map(|(oid, ..)| oid)
    }

    /// Whether rows go into partitions.
    pub(crate) fn is_partitioned(&self) -> bool {
        self.partition_key.is_some()
    }

    /// The column of that name.
    pub(crate) fn column(&self, name: &str) -> Option<(usize, &Column)> {
        self.live_columns().find(|(_, column)| *column.name == *name)
    }

    /// The number of the column of that name, which may be a system column.
    pub(crate) fn column_number(&self, name: &str) -> Option<ColumnNumber> {
        let own = self.column(name).map(|(place, _)| ColumnNumber::of_place(place));
        own.or_else(|| ColumnNumber::of_system_column(name))
    }
}

/// A table's column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: Rc<str>,
    pub(crate) column_type: Type,
    /// What stands in parentheses behind its type.
    pub(crate) modifier: Option<Modifier>,
    /// Its type, when values of that are outside the model.
    pub(crate) opaque: Option<Rc<OpaqueType>>,
    pub(crate) not_null: bool,
    pub(crate) default: Option<Default>,
    pub(crate) identity: Option<Generated>,
    /// What computes it, when it is a stored generated column.
    pub(crate) computed: Option<Computed>,
    pub(crate) is_dropped: bool,
}

/// What values of a column are fitted to (PostgreSQL's `atttypmod`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Modifier {
    /// The most characters that a `varchar(n)` holds.
    Length(usize),
    /// The digits of a `numeric(precision, scale)`: in all, and behind the point.
    Precision(u32, u32),
}

impl Modifier {
    /// Whether whatever fits `other` fits this, as it is.
    pub(crate) fn holds_all_of(self, other: Modifier) -> bool {
        match (self, other) {
            (Modifier::Length(own), Modifier::Length(other)) => own >= other,
            (Modifier::Precision(own, scale), Modifier::Precision(other, other_scale)) => {
                own >= other && scale == other_scale
            }
            _ => false,
        }
    }
}

/// What computes a stored generated column from others (manual, "Generated Columns").
#[derive(Debug, Clone)]
pub(crate) struct Computed {
    pub(crate) oid: Oid,
    /// The analysed expression; none when it is outside the model.
    pub(crate) value: Option<Bound>,
    /// The places of the columns that it reads.
    pub(crate) columns: Vec<usize>,
}

/// A column's type that has values outside the model.
#[derive(Debug)]
pub(crate) struct OpaqueType {
    /// The type as written.
    pub(crate) written: TypeName,
    /// The enumerated type that it is.
    pub(crate) enumeration: Option<Oid>,
}

impl Column {
    /// Whether its values are fitted to a length or precision, even a constant NULL (PostgreSQL's `coerce_type_typmod`).
    pub(crate) fn is_fitted(&self) -> bool {
        let written = self.opaque.as_ref().map(|opaque| &opaque.written);
        self.modifier.is_some()
            || written.is_some_and(|written| match written.name.parts.last().map(Identifier::name) {
                // One character, or one bit, unless another number is given.
                Some("char" | "character" | "nchar" | "bit") => true,
                // A constant is read with its precision.
                Some("interval") => false,
                _ => !written.modifiers.is_empty(),
            })
    }

    /// Whether nobody can predict its values: its type or its default is outside the model.
    pub(crate) fn is_opaque(&self) -> bool {
        self.column_type.is_opaque() || self.default.as_ref().is_some_and(|default| default.value.is_none())
    }
}

/// A view's catalog entry.
#[derive(Debug, Clone)]
pub(crate) struct ViewData {
    /// The columns' names and types, which stay as they are however the relations behind them change.
    pub(crate) columns: Vec<(Rc<str>, Type)>,
    /// The analysed query.
    pub(crate) plan: Plan,
    /// What the query refers to.
    pub(crate) uses: Uses,
    /// How many columns each of its joined relations had when the query was analysed.
    pub(crate) widths: Vec<(Oid, usize)>,
}

/// A column's default.
#[derive(Debug, Clone)]
pub(crate) struct Default {
    pub(crate) oid: Oid,
    /// The analysed expression; none when it is outside the model.
    pub(crate) value: Option<Bound>,
    /// The relations that the expression names as constants, which it depends on.
    pub(crate) relations: Vec<Oid>,
    /// The type that the expression was given in, where it is converted to the column's type of itself.
    pub(crate) converted_from: Option<Type>,
}

impl Default {
    /// The expression as it was given, with its type, in a column of this type.
    pub(crate) fn given(&self, column_type: Type) -> Option<(&Bound, Type)> {
        Some(match (self.value.as_ref()?, self.converted_from) {
            (Bound::Cast { operand, .. }, Some(given)) => (&**operand, given),
            (value, _) => (value, column_type),
        })
    }

    /// Whether each row may get another value.
    pub(crate) fn is_volatile(&self) -> bool {
        self.value.as_ref().is_none_or(Bound::is_volatile)
    }
}

/// An index that CREATE INDEX has made.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    pub(crate) oid: Oid,
    /// The places of its columns; those that its expressions read are among `others`.
    pub(crate) columns: Vec<usize>,
    /// The places of the columns that its expressions and its condition read.
    pub(crate) others: Vec<usize>,
    pub(crate) is_unique: bool,
}

/// A constraint of a table.
#[derive(Debug, Clone)]
pub(crate) struct Constraint {
    pub(crate) oid: Oid,
    pub(crate) name: Rc<str>,
    pub(crate) kind: ConstraintKind,
}

/// What a constraint demands.
#[derive(Debug, Clone)]
pub(crate) enum ConstraintKind {
    /// PRIMARY KEY or UNIQUE over these columns, with its index.
    Unique { columns: Vec<usize>, index: Oid, is_primary: bool },
    /// CHECK; none when the condition is outside the model.
    /// Without `is_valid` rows that were there before are not known to satisfy it.
    Check { condition: Option<Bound>, columns: Vec<usize>, is_valid: bool },
    /// FOREIGN KEY.
    Foreign(ForeignKey),
}

impl ConstraintKind {
    /// The places of the table's columns that it is about.
    pub(crate) fn columns(&self) -> &[usize] {
        match self {
            ConstraintKind::Unique { columns, .. }
            | ConstraintKind::Check { columns, .. }
            | ConstraintKind::Foreign(ForeignKey { columns, .. }) => columns,
        }
    }
}

/// A foreign key (manual, "pg_constraint").
#[derive(Debug, Clone)]
pub(crate) struct ForeignKey {
    pub(crate) columns: Vec<usize>,
    /// The table that is referred to, with the places of its columns.
    pub(crate) referenced: Oid,
    pub(crate) referenced_columns: Vec<usize>,
    /// The unique index over these.
    pub(crate) index: Oid,
    pub(crate) on_delete: ReferentialAction,
    pub(crate) on_update: ReferentialAction,
    /// Whether it is checked at the end of the transaction only.
    pub(crate) is_deferred: bool,
    /// Whether the rows that were there before have been looked at.
    pub(crate) is_valid: bool,
}

/// One version of a relation (manual, "pg_class").
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    pub(crate) oid: Oid,
    pub(crate) schema: Oid,
    pub(crate) name: Rc<str>,
    pub(crate) owner: Oid,
    /// Who may do what; what is built in when `None`.
    pub(crate) access: Option<Access>,
    pub(crate) persistence: Persistence,
    pub(crate) storage: StorageId,
    pub(crate) kind: Kind,
}

impl Relation {
    /// The sequence's entry, when it is one.
    pub(crate) fn sequence(&self) -> Option<&SequenceData> {
        match &self.kind {
            Kind::Sequence(data) => Some(data),
            _ => None,
        }
    }

    /// The table's entry, when it is one.
    pub(crate) fn table(&self) -> Option<&TableData> {
        match &self.kind {
            Kind::Table(data) => Some(data),
            _ => None,
        }
    }

    /// The view's entry, when it is one.
    pub(crate) fn view(&self) -> Option<&ViewData> {
        match &self.kind {
            Kind::View(data) => Some(data),
            _ => None,
        }
    }

    /// How many columns it has, dropped ones included.
    pub(crate) fn width(&self) -> usize {
        match &self.kind {
            // last_value, log_cnt and is_called.
            Kind::Sequence(_) => 3,
            Kind::Table(table) => table.columns.len(),
            Kind::View(view) => view.columns.len(),
            Kind::Index(_) => 0,
        }
    }

    /// Several of its kind, as messages call them.
    pub(crate) fn kind_plural(&self) -> &'static str {
        match self.kind {
            Kind::Sequence(_) => "sequences",
            Kind::Table(TableData { partition_key: Some(_), .. }) => "partitioned tables",
            Kind::Table(_) => "tables",
            Kind::Index(_) => "indexes",
            Kind::View(_) => "views",
        }
    }

    /// The kind as messages call it.
    pub(crate) fn kind_word(&self) -> &'static str {
        match self.kind {
            Kind::Sequence(_) => "sequence",
            Kind::Table(_) => "table",
            Kind::Index(_) => "index",
            Kind::View(_) => "view",
        }
    }
}

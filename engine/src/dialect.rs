//! What differs between PostgreSQL's major versions, each difference in one place with the major that brought it.

use crate::catalog::Relation;
use crate::error::{Stop, error, sqlstate};

/// A PostgreSQL major version that the model knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Major(u8);

impl Major {
    /// The oldest major version modelled.
    pub const OLDEST: Major = Major(13);
    /// The newest major version modelled.
    pub const NEWEST: Major = Major(18);

    /// The major version with this number, 13 to 18.
    pub fn new(number: u8) -> Option<Major> {
        (Self::OLDEST.0..=Self::NEWEST.0).contains(&number).then_some(Major(number))
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// All of them, oldest first.
    pub fn all() -> impl Iterator<Item = Major> {
        (Self::OLDEST.0..=Self::NEWEST.0).map(Major)
    }

    /// A name whose schema does not exist is reported as a missing relation where a `regclass` is read (16).
    pub(crate) fn missing_schema_is_missing_relation_in_regclass(self) -> bool {
        self.0 >= 16
    }

    /// A sequence's name is a type's name too, as a table's is (until 13).
    pub(crate) fn sequences_have_row_types(self) -> bool {
        self.0 <= 13
    }

    /// A sequence function, or ALTER SEQUENCE, meets a relation of another kind: reworded in 17.
    pub(crate) fn not_a_sequence(self, relation: &Relation) -> Stop {
        if self.0 >= 17 {
            error(sqlstate::WRONG_OBJECT_TYPE, format!("cannot open relation \"{}\"", relation.name)).detail(format!(
                "This operation is not supported for {}.",
                if relation.table().is_some() { "tables" } else { "indexes" }
            ))
        } else {
            error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not a sequence", relation.name))
        }
    }

    /// Several rows of VALUES may say DEFAULT for an identity column (14).
    pub(crate) fn takes_default_in_values(self) -> bool {
        self.0 >= 14
    }

    /// INSERT gives a value for a GENERATED ALWAYS column: reworded in 14.
    pub(crate) fn refused_identity_value(self, column: &str) -> String {
        match self.0 >= 14 {
            true => format!("cannot insert a non-DEFAULT value into column \"{column}\""),
            false => format!("cannot insert into column \"{column}\""),
        }
    }

    /// ALTER TABLE names the action that a relation of another kind refuses (15).
    pub(crate) fn names_refused_actions(self) -> bool {
        self.0 >= 15
    }

    /// OWNED BY names a relation that is no table: reworded in 15.
    pub(crate) fn cannot_own_a_sequence(self, relation: &Relation) -> Stop {
        let name = &relation.name;
        if self.0 >= 15 {
            let kinds = match relation.sequence() {
                Some(_) => "sequences",
                None => "indexes",
            };
            error(sqlstate::WRONG_OBJECT_TYPE, format!("sequence cannot be owned by relation \"{name}\""))
                .detail(format!("This operation is not supported for {kinds}."))
        } else {
            error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("referenced relation \"{name}\" is not a table or foreign table"),
            )
        }
    }

    /// Sequences may be UNLOGGED, and ALTER SEQUENCE takes SET LOGGED and SET UNLOGGED (15).
    pub(crate) fn has_unlogged_sequences(self) -> bool {
        self.0 >= 15
    }
}

impl std::fmt::Display for Major {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

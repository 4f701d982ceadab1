//! Tables, as far as they touch sequences.

mod alter;
mod alter_column;
mod alter_identity;
mod alter_pass;
mod assign;
mod change;
mod check;
mod column;
mod computed;
mod conflict;
mod copy;
mod create;
mod create_as;
mod create_index;
mod foreign_key;
mod index;
mod insert;
mod like;
mod opaque;
mod referential;
mod returning;
mod row_work;
mod truncate;
mod validate;

pub(in crate::execute) use alter::drop_from;

use std::rc::Rc;

use super::{Execution, MissingSchema, shared_str};
use crate::catalog::{Column, Kind, Persistence, Relation, TableData};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::query::{Scope, ScopeTable, Type};
use crate::statement::{Identifier, ObjectName};

/// The columns of the row that a sequence is.
const SEQUENCE_COLUMNS: [(&str, Type); 3] =
    [("last_value", Type::BigInt), ("log_cnt", Type::BigInt), ("is_called", Type::Boolean)];

impl Execution<'_> {
    /// The relation that a statement changes, with its columns. A sequence has columns too: that it cannot be changed
    /// is found only when the statement is about to run.
    fn relation_to_change(&mut self, name: &ObjectName) -> Result<(Rc<Relation>, TableData)> {
        let name = self.range_name(name)?;
        let relation = self.require_relation(name, MissingSchema::IsMissingRelation)?;
        self.lock(relation.oid, LockMode::RowExclusive)?;
        let data = match &relation.kind {
            Kind::Table(data) => data.clone(),
            Kind::Sequence(_) => TableData {
                columns: SEQUENCE_COLUMNS.iter().map(|(name, column_type)| plain_column(name, *column_type)).collect(),
                ..TableData::default()
            },
            Kind::View(_) => return Err(unsupported("changing rows through a view")),
            Kind::Index(_) => {
                return Err(self.shared.settings.major.cannot_open_index(&relation.name));
            }
        };
        Ok((relation, data))
    }

    /// The last checks before rows are changed: the transaction may write, and the relation is a table.
    fn check_change(&mut self, relation: &Relation, command: &str, verb: &str) -> Result<()> {
        if relation.persistence != Persistence::Temporary {
            self.prevent_if_read_only(command)?;
        }
        self.check_needed()?;
        if relation.sequence().is_some() {
            self.reach(Clause::NotUpdatable);
            return Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("cannot {verb} sequence \"{}\"", relation.name)));
        }
        self.check_serializable()?;
        let has_keys = relation
            .table()
            .is_some_and(|table| !table.constraints.is_empty() || table.indexes.iter().any(|index| index.is_unique));
        match self.shared.catalog.other_writer(relation.storage, self.catalog_view()) {
            // An insertion waits only for a key that another session has inserted; the others for rows themselves.
            Some(_) if has_keys || command == "UPDATE" || command == "DELETE" => {
                Err(unsupported("rows of a table that another open transaction has written"))
            }
            _ => Ok(()),
        }
    }

    /// Replaces a table's entry.
    pub(in crate::execute) fn update_table(&mut self, relation: &Relation, data: TableData) -> Result<()> {
        self.replace_relation(Relation { kind: Kind::Table(data), ..relation.clone() })
    }
}

fn plain_column(name: &str, column_type: Type) -> Column {
    Column {
        name: shared_str(name),
        column_type,
        length: None,
        opaque: None,
        not_null: false,
        default: None,
        identity: None,
        computed: None,
        is_dropped: false,
    }
}

/// One table's columns as expressions name them, under its name or an alias. Dropped columns keep their places, under a
/// name that no SQL can have.
fn table_scope(table: &Relation, alias: Option<&Identifier>, columns: &[Column]) -> Scope {
    Scope::table(scope_table(table, alias, columns))
}

/// A table's columns under its name or an alias.
pub(crate) fn scope_table(table: &Relation, alias: Option<&Identifier>, columns: &[Column]) -> ScopeTable {
    let shown = |column: &Column| {
        let name = if column.is_dropped { Rc::from("") } else { column.name.clone() };
        (name, if column.is_opaque() { Type::Opaque } else { column.column_type })
    };
    ScopeTable::aliased(table.name.clone(), alias, columns.iter().map(shown).collect())
}

pub(crate) fn no_column(column: &str, relation: &str) -> Stop {
    error(sqlstate::UNDEFINED_COLUMN, format!("column \"{column}\" of relation \"{relation}\" does not exist"))
}

//! Tables, as far as they touch sequences.

mod alter;
mod alter_column;
mod alter_identity;
mod alter_pass;
mod assign;
mod change;
mod check;
mod chosen_name;
mod column;
mod column_type;
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
mod partition;
mod referential;
mod result_type;
mod returning;
mod row_work;
mod shown;
mod source;
mod target;
mod truncate;
mod validate;

pub(in crate::execute) use alter::drop_from;

use std::rc::Rc;

use super::{Execution, shared_str};
use crate::catalog::{Column, Kind, Relation, TableData};
use crate::error::{Result, Stop, error, sqlstate};
use crate::query::{Scope, ScopeTable, Type};
use crate::statement::Identifier;

impl Execution<'_> {
    /// Replaces a table's entry.
    pub(in crate::execute) fn update_table(&mut self, relation: &Relation, data: TableData) -> Result<()> {
        self.replace_relation(Relation { kind: Kind::Table(data), ..relation.clone() })
    }
}

fn plain_column(name: &str, column_type: Type) -> Column {
    Column {
        name: shared_str(name),
        column_type,
        modifier: None,
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
        (name, column.column_type)
    };
    ScopeTable::aliased(table.name.clone(), alias, columns.iter().map(shown).collect())
}

pub(crate) fn no_column(column: &str, relation: &str) -> Stop {
    error(sqlstate::UNDEFINED_COLUMN, format!("column \"{column}\" of relation \"{relation}\" does not exist"))
}

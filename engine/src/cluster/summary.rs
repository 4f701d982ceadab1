//! What a session sees, in short: what a generator of statements may want to aim at.

use std::rc::Rc;

use super::{Cluster, SessionId};
use crate::catalog::{CommitNumber, Oid, TableData, View, temporary_schema};
use crate::statement::Generated;

/// What a session can see of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the parameter or column of its name (manual, \"pg_sequences\")")]
pub struct SequenceSummary {
    /// The schema's name; `pg_temp` for the session's own temporary schema.
    pub schema: Rc<str>,
    pub name: Rc<str>,
    pub start: i64,
    pub increment: i64,
    pub minimum: i64,
    pub maximum: i64,
    pub cache: i64,
    pub cycle: bool,
    pub last_value: i64,
    pub is_called: bool,
}

/// What a session can see of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSummary {
    /// The schema's name; `pg_temp` for the session's own temporary schema.
    pub schema: Rc<str>,
    /// The table's name.
    pub name: Rc<str>,
    /// Its columns, in order.
    pub columns: Vec<ColumnSummary>,
    /// The columns of each of its PRIMARY KEY and UNIQUE constraints and unique indexes.
    pub keys: Vec<Vec<Rc<str>>>,
    /// The names of its constraints.
    pub constraints: Vec<Rc<str>>,
}

/// What a session can see of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSummary {
    /// Its name.
    pub name: Rc<str>,
    /// Whether it holds text.
    pub is_text: bool,
    /// Whether it refuses NULL.
    pub not_null: bool,
    /// Whether it has a default.
    pub has_default: bool,
    /// What kind of identity column it is.
    pub identity: Option<Generated>,
}

impl Cluster {
    /// The sequences that a session sees, in order of creation.
    pub fn sequences(&self, session: SessionId) -> Vec<SequenceSummary> {
        let view = View { session, until: CommitNumber::MAX };
        self.shared
            .catalog
            .relations(view)
            .filter_map(|relation| {
                let definition = &relation.sequence()?.definition;
                let page = self.shared.pages.get(&relation.storage)?;
                Some(SequenceSummary {
                    schema: self.shown_schema(relation.schema, session)?,
                    name: relation.name.clone(),
                    start: definition.start,
                    increment: definition.increment,
                    minimum: definition.minimum,
                    maximum: definition.maximum,
                    cache: definition.cache,
                    cycle: definition.cycle,
                    last_value: page.last_value,
                    is_called: page.is_called,
                })
            })
            .collect()
    }

    /// The tables that a session sees, in order of creation.
    pub fn tables(&self, session: SessionId) -> Vec<TableSummary> {
        let view = View { session, until: CommitNumber::MAX };
        self.shared
            .catalog
            .relations(view)
            .filter_map(|relation| {
                let table = relation.table()?;
                Some(TableSummary {
                    schema: self.shown_schema(relation.schema, session)?,
                    name: relation.name.clone(),
                    columns: columns(table),
                    keys: keys(table),
                    constraints: table.constraints.iter().map(|constraint| constraint.name.clone()).collect(),
                })
            })
            .collect()
    }

    fn shown_schema(&self, schema: Oid, session: SessionId) -> Option<Rc<str>> {
        match schema == temporary_schema(session) {
            true => Some(Rc::from("pg_temp")),
            false => {
                let view = View { session, until: CommitNumber::MAX };
                self.shared.catalog.schema_name(schema, view)
            }
        }
    }
}

fn columns(table: &TableData) -> Vec<ColumnSummary> {
    table
        .live_columns()
        .map(|(_, column)| ColumnSummary {
            name: column.name.clone(),
            is_text: column.column_type == crate::query::Type::Text,
            not_null: column.not_null,
            has_default: column.default.is_some(),
            identity: column.identity,
        })
        .collect()
}

fn keys(table: &TableData) -> Vec<Vec<Rc<str>>> {
    let unique = table.all_indexes().filter(|(.., is_unique)| *is_unique);
    unique.map(|(_, places, _)| places.iter().map(|place| table.columns[*place].name.clone()).collect()).collect()
}

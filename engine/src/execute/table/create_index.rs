//! CREATE INDEX (manual, "CREATE INDEX"), and what the rows of a table must satisfy before a unique index is made.

use std::rc::Rc;

use super::super::{Execution, MissingSchema, done, no_relation};
use crate::catalog::{Column, Index, Kind, Oid, Relation, TableData, TableRow};
use crate::clause::Clause;
use crate::error::{Result, error, notice, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::query::{Type, Value};
use crate::reply::{Severity, StatementResult};
use crate::statement::{CreateIndex, Privilege};

impl Execution<'_> {
    pub(in crate::execute) fn create_index(&mut self, statement: &CreateIndex) -> Result<StatementResult> {
        self.prevent_if_read_only("CREATE INDEX")?;
        let name = self.range_name(&statement.table)?;
        let Some(relation) = self.find_relation(name, MissingSchema::Fails)? else {
            return Err(no_relation(name));
        };
        self.check_owner(&relation)?;
        self.lock(relation.oid, LockMode::Share)?;
        let Some(data) = relation.table() else {
            return Err(self.shared.settings.major.cannot_be_indexed(&relation));
        };
        self.check_schema(relation.schema, Privilege::Create)?;
        let index_name: Rc<str> = match &statement.name {
            Some(name) => name.name().into(),
            None => {
                let columns = index_column_names(statement.columns.iter().map(|column| column.name()));
                self.choose_relation_name(&relation.name, Some(&columns.join("_")), "idx", relation.schema)
            }
        };
        let mut places = Vec::with_capacity(statement.columns.len());
        for column in &statement.columns {
            let Some((place, found)) = data.column(column.name()) else {
                return Err(error(sqlstate::UNDEFINED_COLUMN, format!("column \"{}\" does not exist", column.name())));
            };
            if found.column_type == Type::Opaque && !has_order(found) {
                return Err(unsupported("an index on a column whose type is outside the model"));
            }
            places.push(place);
        }
        if statement.if_not_exists && self.is_name_taken(relation.schema, &index_name) {
            self.notice(notice(
                Severity::Notice,
                sqlstate::DUPLICATE_TABLE,
                format!("relation \"{index_name}\" already exists, skipping"),
            ));
            return done("CREATE INDEX");
        }
        self.check_new_index(relation.schema, &index_name)?;
        if statement.unique {
            self.check_rows_unique(&relation, data, &places, &index_name)?;
        }
        self.reach(Clause::IndexName);
        let oid = self.insert_index(&relation, index_name);
        let mut data = data.clone();
        data.indexes.push(Index { oid, columns: places, is_unique: statement.unique });
        self.update_table(&relation, data)?;
        done("CREATE INDEX")
    }

    /// Makes the relation that an index is.
    pub(super) fn insert_index(&mut self, table: &Relation, name: Rc<str>) -> Oid {
        let oid = self.shared.catalog.new_oid();
        let index = Relation {
            oid,
            schema: table.schema,
            name,
            owner: table.owner,
            access: None,
            persistence: table.persistence,
            storage: self.shared.catalog.new_storage(),
            kind: Kind::Index(table.oid),
        };
        self.add_relation(index);
        oid
    }

    /// Refuses a unique index over columns that hold a key twice.
    pub(super) fn check_rows_unique(
        &mut self,
        table: &Relation,
        data: &TableData,
        columns: &[usize],
        index: &str,
    ) -> Result<()> {
        let rows = self.shared.catalog.rows(table.storage, self.catalog_view());
        let key = |row: &TableRow| -> Vec<Value> { columns.iter().map(|place| row[*place].clone()).collect() };
        let mut twice: Vec<Vec<Value>> = Vec::new();
        for (position, row) in rows.iter().enumerate() {
            let key_of_row = key(row);
            if key_of_row.contains(&Value::Opaque) {
                return Err(unsupported("a key whose value nobody can predict"));
            }
            let is_null = key_of_row.iter().any(Value::is_null);
            if !is_null && !twice.contains(&key_of_row) && rows[..position].iter().any(|other| key(other) == key_of_row)
            {
                twice.push(key_of_row);
            }
        }
        let [values] = twice.as_slice() else {
            return match twice.is_empty() {
                true => Ok(()),
                // Which one is found first depends on how PostgreSQL sorts.
                false => Err(unsupported("several keys that a new unique index would hold twice")),
            };
        };
        self.reach(Clause::IndexUnique);
        let names: Vec<&str> = columns.iter().map(|place| &*data.columns[*place].name).collect();
        let values: Vec<String> =
            columns.iter().zip(values).map(|(place, value)| value.to_text(data.columns[*place].column_type)).collect();
        Err(error(sqlstate::UNIQUE_VIOLATION, format!("could not create unique index \"{index}\"")).detail(format!(
            "Key ({})=({}) is duplicated.",
            names.join(", "),
            values.join(", ")
        )))
    }
}

/// The names of an index's own columns: a name that comes again is numbered.
fn index_column_names<'n>(columns: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for column in columns {
        let mut name = column.to_owned();
        let mut number = 0;
        while names.contains(&name) {
            number += 1;
            name = format!("{column}{number}");
        }
        names.push(name);
    }
    names
}

/// Whether the values of a column whose type is outside the model have an order, and so a default operator class.
fn has_order(column: &Column) -> bool {
    const ORDERED: [&str; 14] = [
        "bpchar",
        "bytea",
        "date",
        "float4",
        "float8",
        "inet",
        "interval",
        "jsonb",
        "numeric",
        "text",
        "timestamp",
        "timestamptz",
        "uuid",
        "varchar",
    ];
    let Some(opaque) = &column.opaque else { return false };
    if opaque.enumeration.is_some() {
        return true;
    }
    let name = opaque.written.name.parts.last().filter(|_| opaque.written.dimensions == 0);
    name.is_some_and(|name| ORDERED.contains(&name.name()))
}

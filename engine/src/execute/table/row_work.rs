//! What ALTER TABLE does to rows, once for all its actions: PostgreSQL goes through a table after the catalog has changed
//! (its `ATRewriteTables`), so that whatever a later action needs of the rows an earlier one has not touched yet.

use std::rc::Rc;

use super::super::Execution;
use super::alter_column::contains_null;
use super::check::fitted;
use super::column::PlannedSequence;
use crate::catalog::{ForeignKey, Oid, Relation, TableData, TableRow};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::query::{Bound, Row, Type, Value};
use crate::quirk::Quirk;

/// Work on rows that waits for the end of a statement.
#[derive(Debug, Default)]
pub(super) struct RowWork {
    /// Columns that get another type, with what converts them: it reads the old row.
    pub(super) casts: Vec<(usize, Bound)>,
    /// Whether any of these changes what is stored. Text of another type, or of a greater length, stays as it is, and so
    /// does the table.
    pub(super) converts: bool,
    /// New columns whose value is another one in each row.
    pub(super) added: Vec<(usize, NewValue)>,
    /// The sequences of new columns, which are the columns' own only once the rows have their values.
    pub(super) sequences: Vec<(PlannedSequence, Oid)>,
    /// Whether some column has become NOT NULL.
    pub(super) verifies_nulls: bool,
    /// New checks; without a condition when that is outside the model.
    pub(super) checks: Vec<(Rc<str>, Option<Bound>)>,
    /// New keys that can be looked at only once the rows are as they are to be.
    pub(super) keys: Vec<NewKey>,
    /// The indexes on columns that get another type: those of constraints first.
    pub(super) rebuilt_keys: Vec<Oid>,
    pub(super) rebuilt_indexes: Vec<Oid>,
    /// New foreign keys.
    pub(super) references: Vec<(Rc<str>, ForeignKey)>,
    /// Other tables' foreign keys to be looked at again, since what they refer to has got another type.
    pub(super) referencing: Vec<(Oid, Rc<str>, ForeignKey)>,
}

/// A new column's value.
#[derive(Debug)]
pub(super) enum NewValue {
    /// The default that the column came with.
    Default(Option<Bound>),
    /// The next value of the column's identity sequence.
    Identity(Oid),
    /// Computed from the row, for a generated column.
    Computed,
}

/// A new key with the name of its index.
#[derive(Debug)]
pub(super) struct NewKey {
    pub(super) columns: Vec<usize>,
    pub(super) index: Rc<str>,
}

impl RowWork {
    /// Whether every row is written anew.
    pub(super) fn rewrites(&self) -> bool {
        self.converts || !self.added.is_empty()
    }
}

impl Execution<'_> {
    /// Does the work, in PostgreSQL's order: each row is computed and checked before the next, then keys, then foreign
    /// keys are looked at; sequences of new columns are these columns' own then.
    pub(super) fn finish_rows(&mut self, table: Oid, work: &RowWork) -> Result<()> {
        let (relation, data) = self.table_now(table)?;
        let mut computed: Vec<Option<Value>> = vec![None; work.added.len()];
        let storage = work.rewrites().then(|| self.shared.catalog.new_storage());
        for row in self.shared.catalog.rows(relation.storage, self.catalog_view()) {
            let mut new = row.to_vec();
            for (place, cast) in &work.casts {
                let value = self.evaluate(cast, &Row { values: &row, ..Row::default() })?;
                new[*place] = fitted(&data.columns[*place], value)?;
            }
            for ((place, source), computed) in work.added.iter().zip(&mut computed) {
                let known = computed.clone().filter(|_| self.deviates(Quirk::AddColumnComputesOnce));
                let value = known.map_or_else(|| self.new_value(source, data.columns[*place].column_type), Ok)?;
                let value = fitted(&data.columns[*place], value)?;
                *computed = Some(value.clone());
                new[*place] = value;
            }
            if work.rewrites() {
                self.compute_columns(&data, &mut new)?;
            }
            self.verify_row(&relation, &data, work, &new)?;
            if let Some(storage) = storage {
                let view = self.catalog_view();
                let new = TableRow::from(new);
                self.shared.catalog.insert_row(storage, new, view, &mut self.session.transaction.undo);
            }
        }
        if let Some(storage) = storage {
            self.lock_to_build_indexes(table)?;
            self.update_table(&Relation { storage, ..(*relation).clone() }, data)?;
        }
        let (relation, data) = self.table_now(table)?;
        for key in &work.keys {
            self.check_rows_unique(&relation, &data, &key.columns, &key.index)?;
        }
        for (name, key) in &work.references {
            for row in self.shared.catalog.rows(relation.storage, self.catalog_view()) {
                self.check_reference(&relation, name, key, &row, self.catalog_view())?;
            }
        }
        for (referencing, name, key) in &work.referencing {
            let (relation, _) = self.table_now(*referencing)?;
            for row in self.shared.catalog.rows(relation.storage, self.catalog_view()) {
                self.check_reference(&relation, name, key, &row, self.catalog_view())?;
            }
        }
        self.own_planned_sequences(table, &work.sequences)
    }

    fn new_value(&mut self, source: &NewValue, column_type: Type) -> Result<Value> {
        match source {
            NewValue::Identity(sequence) => self.next_identity(*sequence, column_type),
            NewValue::Default(Some(value)) => self.evaluate(value, &Row::default()),
            NewValue::Default(None) => Ok(Value::Opaque),
            // The row is computed as a whole at its end.
            NewValue::Computed => Ok(Value::Null),
        }
    }

    fn verify_row(&mut self, relation: &Relation, data: &TableData, work: &RowWork, row: &[Value]) -> Result<()> {
        if work.verifies_nulls || work.rewrites() {
            let is_missing =
                |(place, column): &(usize, &crate::catalog::Column)| column.not_null && row[*place].is_null();
            if let Some((_, column)) = data.live_columns().find(is_missing) {
                return Err(contains_null(&column.name, &relation.name));
            }
        }
        for (name, condition) in &work.checks {
            let Some(condition) = condition else { return Err(unsupported("a CHECK outside the model")) };
            if self.evaluate(condition, &Row { values: row, ..Row::default() })? == Value::Boolean(false) {
                return Err(error(
                    sqlstate::CHECK_VIOLATION,
                    format!("check constraint \"{name}\" of relation \"{}\" is violated by some row", relation.name),
                ));
            }
        }
        Ok(())
    }
}

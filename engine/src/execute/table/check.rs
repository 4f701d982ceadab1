//! What a new row must satisfy: NOT NULL, CHECK, keys.

use super::super::Execution;
use super::shown::{ShownColumns, failing_row, shown_key};
use crate::catalog::{Column, ConstraintKind, KeyHolder, Modifier, Oid, Relation, Slot, TableData, TableRow};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Bound, Row, Value, within_reach};
use crate::session::Awaited;

impl Execution<'_> {
    /// Checks a row before it is stored. `replaced` is the version that it takes the place of; `shown` what an error may
    /// show of it.
    pub(super) fn check_row(
        &mut self,
        table: &Relation,
        data: &TableData,
        row: &[Value],
        replaced: Option<Slot>,
        shown: &ShownColumns,
    ) -> Result<()> {
        self.check_conditions(table, data, row, shown)?;
        self.check_keys(table, data, row, replaced)
    }

    /// Checks what a row must satisfy whatever else the table holds.
    pub(super) fn check_conditions(
        &mut self,
        table: &Relation,
        data: &TableData,
        row: &[Value],
        shown: &ShownColumns,
    ) -> Result<()> {
        for (place, column) in data.live_columns() {
            if column.not_null && row[place].is_null() {
                return Err(error(
                    sqlstate::NOT_NULL_VIOLATION,
                    format!(
                        "null value in column \"{}\" of relation \"{}\" violates not-null constraint",
                        column.name, table.name
                    ),
                )
                .maybe_detail(failing_row(data, row, shown)?));
            }
        }
        let mut checks: Vec<_> = data
            .constraints
            .iter()
            .filter_map(|constraint| match &constraint.kind {
                ConstraintKind::Check { condition, .. } => Some((&constraint.name, condition)),
                _ => None,
            })
            .collect();
        // PostgreSQL checks in the order of the constraints' names.
        checks.sort_by(|left, right| left.0.cmp(right.0));
        for (name, condition) in checks {
            let Some(condition) = condition else { return Err(unsupported("a CHECK outside the model")) };
            let context = Row { values: row, ..Row::default() };
            if self.evaluate(condition, &context)? == Value::Boolean(false) {
                return Err(error(
                    sqlstate::CHECK_VIOLATION,
                    format!("new row for relation \"{}\" violates check constraint \"{name}\"", table.name),
                )
                .maybe_detail(failing_row(data, row, shown)?));
            }
        }
        Ok(())
    }

    /// Plans what goes into a column: a value that is folded already, or the column's default.
    pub(super) fn plan_value(&mut self, column: &Column, value: Option<&Bound>) -> Result<()> {
        match value {
            Some(value) => check_constant(column, value),
            None => self.plan_default(column),
        }
    }

    /// Plans a column's default, which computes its constant parts.
    pub(super) fn plan_default(&mut self, column: &Column) -> Result<()> {
        let Some(mut default) = column.default.as_ref().and_then(|default| default.value.clone()) else {
            return Ok(());
        };
        self.fold(&mut default)?;
        check_constant(column, &default)
    }

    /// Checks a row's keys before it is stored. `replaced` is the version that it takes the place of.
    pub(super) fn check_keys(
        &mut self,
        table: &Relation,
        data: &TableData,
        row: &[Value],
        replaced: Option<Slot>,
    ) -> Result<()> {
        let keys = unique_keys(data);
        for (place, (index, columns)) in keys.iter().enumerate() {
            let name = self.shared.catalog.relation(*index, self.catalog_view()).map(|index| index.name.clone());
            let checked = self.check_key(table, data, name.as_deref().unwrap_or("?"), columns, row, replaced);
            if let Err(Stop::Waits(_)) = checked {
                self.unkeyed = Some((table.storage, 1));
                // The indexes before this one hold the row already, and the version that it replaces is being deleted.
                let is_held = |column: &usize| keys[..place].iter().any(|(_, columns)| columns.contains(column));
                let held = row.iter().enumerate().map(|(column, value)| match is_held(&column) {
                    true => value.clone(),
                    false => Value::Null,
                });
                self.half_stored.extend((place > 0).then(|| (table.storage, held.collect())));
                let old = replaced.and_then(|slot| self.shared.catalog.row(table.storage, slot));
                self.half_stored.extend(old.map(|old| (table.storage, old)));
            }
            checked?;
        }
        Ok(())
    }

    /// The row that has a key. Where another transaction has yet to decide whether it stays, that one's end is awaited
    /// (manual, "Index Uniqueness Checks").
    pub(super) fn row_with_key(
        &mut self,
        table: &Relation,
        columns: &[usize],
        row: &[Value],
        except: Option<Slot>,
    ) -> Result<Option<(Slot, TableRow)>> {
        self.check_key_not_interrupted(table.storage, columns, row)?;
        match self.shared.catalog.row_with_key(table.storage, self.session.id, columns, row, except) {
            None => Ok(None),
            Some(KeyHolder::Row(slot, row)) => Ok(Some((slot, row.clone()))),
            Some(KeyHolder::Undecided(slot, owner)) => {
                self.reach(Clause::KeyAwaited);
                self.session.awaited = Some(Awaited::Row(table.storage, slot));
                self.session.waits_at_work = true;
                Err(self.wait_for_transaction(owner))
            }
        }
    }

    fn check_key(
        &mut self,
        table: &Relation,
        data: &TableData,
        name: &str,
        columns: &[usize],
        row: &[Value],
        replaced: Option<Slot>,
    ) -> Result<()> {
        let key: Vec<&Value> = columns.iter().map(|place| &row[*place]).collect();
        if key.iter().any(|value| value.is_null()) {
            return Ok(());
        }
        if key.iter().any(|value| **value == Value::Opaque) {
            return Err(unsupported("a key whose value nobody can predict"));
        }
        if self.row_with_key(table, columns, row, replaced)?.is_none() {
            return Ok(());
        }
        self.reach(Clause::IndexUnique);
        let is_shown = self.may_read(table, self.current_role())?;
        let detail = is_shown.then(|| format!("{} already exists.", shown_key(data, columns, key)));
        Err(error(sqlstate::UNIQUE_VIOLATION, format!("duplicate key value violates unique constraint \"{name}\""))
            .maybe_detail(detail))
    }
}

/// A value as its column holds it: rounded to its scale; one that is too long is refused. That is part of computing the
/// value: nothing that comes after it is computed then.
pub(super) fn fitted(column: &Column, value: Value) -> Result<Value> {
    match (column.modifier, &value) {
        (Some(Modifier::Length(length)), Value::Text(text)) => check_length(length, text).map(|()| value),
        (Some(Modifier::Precision(precision, scale)), Value::Numeric(number)) => {
            let rounded = within_reach(number.rounded(scale))?;
            match rounded.has_digits_before_point(precision - scale) {
                true => Ok(Value::Numeric(rounded)),
                false => Err(overflow(precision, scale)),
            }
        }
        _ => Ok(value),
    }
}

fn overflow(precision: u32, scale: u32) -> Stop {
    let limit = match precision - scale {
        0 => "1".to_owned(),
        digits => format!("10^{digits}"),
    };
    error(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow").detail(format!(
        "A field with precision {precision}, scale {scale} must round to an absolute value less than {limit}."
    ))
}

fn check_length(length: usize, text: &str) -> Result<()> {
    match text.chars().skip(length).any(|character| character != ' ') {
        true => Err(error(
            sqlstate::STRING_DATA_RIGHT_TRUNCATION,
            format!("value too long for type character varying({length})"),
        )),
        false if text.chars().count() > length => Err(unsupported("spaces beyond the length of a column")),
        false => Ok(()),
    }
}

/// Refuses a constant that its column does not hold, as PostgreSQL does when it plans a statement: before a row is made,
/// and before any default is computed.
pub(super) fn check_constant(column: &Column, value: &Bound) -> Result<()> {
    match value {
        Bound::Constant(value) => fitted(column, value.clone()).map(drop),
        _ => Ok(()),
    }
}

/// The unique indexes with their columns, in the order in which PostgreSQL goes through them: as they were made, or made
/// anew.
pub(super) fn unique_keys(data: &TableData) -> Vec<(Oid, &[usize])> {
    let unique = data.all_indexes().filter(|(.., is_unique)| *is_unique);
    let mut keys: Vec<(Oid, &[usize])> = unique.map(|(oid, columns, _)| (oid, columns)).collect();
    let place = |oid: Oid| data.rebuilt_indexes.iter().find(|(known, _)| *known == oid).map_or(oid, |(_, new)| *new);
    keys.sort_by_key(|(oid, _)| place(*oid));
    keys
}

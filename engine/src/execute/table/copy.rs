//! COPY … FROM STDIN in text format (manual, "COPY").

use super::super::{Execution, MissingSchema, done};
use super::check::fitted;
use super::insert::target_columns;
use super::referential::RowChange;
use super::target::Changed;
use crate::catalog::{Column, Relation, TableData, TableRow};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Bound, Value, read_value};
use crate::reply::StatementResult;
use crate::statement::{Copy, Privilege};

/// How many rows COPY collects before it stores them.
const MOST_BUFFERED_ROWS: usize = 1000;
/// How many bytes of data lines COPY collects before it stores their rows.
const MOST_BUFFERED_BYTES: usize = 65_535;

impl Execution<'_> {
    pub(in crate::execute) fn copy(&mut self, statement: &Copy) -> Result<StatementResult> {
        let Changed { table, data, through } = self.relation_to_change(&statement.table, MissingSchema::Fails)?;
        if through.is_some() {
            return Err(unsupported("COPY to a view"));
        }
        let mut targets = target_columns(&table, &data, &statement.columns)?;
        if statement.columns.is_empty() {
            targets.retain(|place| data.columns[*place].computed.is_none());
        } else if let Some(place) = targets.iter().find(|place| data.columns[**place].computed.is_some()) {
            return Err(error(
                sqlstate::INVALID_COLUMN_REFERENCE,
                format!("column \"{}\" is a generated column", data.columns[*place].name),
            )
            .detail("Generated columns cannot be used in COPY."));
        }
        self.need(table.oid, Privilege::Insert);
        self.check_needed()?;
        self.check_change(&table, "COPY FROM", "copy to")?;
        // Defaults are planned before a row is read: a constant that its column does not take fails even without rows.
        for (_, column) in data.live_columns().filter(|(place, _)| !targets.contains(place)) {
            self.plan_default(column)?;
        }
        let shown = self.shown_columns(&table, targets.iter().copied())?;
        let mut changes = Vec::new();
        // Rows are collected, and keys are looked up when they are stored together: what is wrong with a later row comes
        // before a duplicate key of an earlier one (PostgreSQL's `CopyMultiInsertBuffer`).
        let mut buffer: Vec<TableRow> = Vec::new();
        // A default that looks at what COPY does makes it store each row at once (`volatile_defexprs`).
        let defaults = || {
            let left = data.live_columns().filter(|(place, _)| !targets.contains(place));
            left.filter_map(|(_, column)| column.default.as_ref())
        };
        let one_by_one =
            defaults().any(|default| default.value.as_ref().is_some_and(Bound::is_volatile_beside_nextval));
        let is_open = defaults().any(|default| default.value.is_none()) && statement.data.len() > 1;
        let mut bytes = 0;
        for line in &statement.data {
            let fields: Vec<&str> = match targets.is_empty() && line.is_empty() {
                true => Vec::new(),
                false => line.split('\t').collect(),
            };
            if fields.len() > targets.len() {
                return Err(error(sqlstate::BAD_COPY_FILE_FORMAT, "extra data after last expected column"));
            }
            let mut row = vec![Value::Null; data.columns.len()];
            for (index, target) in targets.iter().enumerate() {
                let column = &data.columns[*target];
                let Some(field) = fields.get(index) else {
                    return Err(error(
                        sqlstate::BAD_COPY_FILE_FORMAT,
                        format!("missing data for column \"{}\"", column.name),
                    ));
                };
                row[*target] = self.copied_value(field, column)?;
            }
            for (place, _) in data.live_columns().filter(|(place, _)| !targets.contains(place)) {
                row[place] = self.default_value(&table, &data, place)?;
            }
            self.check_partition(&table, &data, &row)?;
            self.compute_columns(&data, &mut row)?;
            self.check_conditions(&table, &data, &row, &shown)?;
            buffer.push(row.into());
            bytes += line.len();
            if one_by_one || buffer.len() == MOST_BUFFERED_ROWS || bytes > MOST_BUFFERED_BYTES {
                bytes = 0;
                self.store_copied(&table, &data, &mut buffer, &mut changes)?;
            }
        }
        match self.store_copied(&table, &data, &mut buffer, &mut changes) {
            // How many rows have drawn their numbers by then depends on the default.
            Err(Stop::Error(_) | Stop::Waits(_)) if is_open => {
                return Err(unsupported("COPY that fails, with a default outside the model"));
            }
            stored => stored?,
        }
        let copied = changes.len();
        self.after_rows(&table, changes)?;
        done(format!("COPY {copied}"))
    }

    /// Stores the rows that COPY has collected.
    fn store_copied(
        &mut self,
        table: &Relation,
        data: &TableData,
        rows: &mut Vec<TableRow>,
        changes: &mut Vec<RowChange>,
    ) -> Result<()> {
        // All of them are put into the table before the first key is looked for.
        let mut left = rows.len();
        for row in rows.drain(..) {
            let checked = self.check_keys(table, data, &row, None);
            if let Err(Stop::Waits(_)) = checked {
                self.unkeyed = Some((table.storage, left));
            }
            checked?;
            left -= 1;
            changes.push(RowChange::inserted(&row));
            self.store_row(table, row);
        }
        Ok(())
    }

    /// Reads one field, as its column holds it.
    fn copied_value(&mut self, field: &str, column: &Column) -> Result<Value> {
        if field == "\\N" {
            return Ok(Value::Null);
        }
        let text = unescaped(field)?;
        match column.column_type.is_opaque() {
            false => fitted(column, read_value(&text, column.column_type)?),
            true => self
                .value_of_field(column, &text)
                .ok_or_else(|| unsupported("COPY data for a column whose type is outside the model")),
        }
    }
}

/// Undoes COPY's backslash sequences.
fn unescaped(field: &str) -> Result<String> {
    let mut text = String::with_capacity(field.len());
    let mut characters = field.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        text.push(match characters.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\u{b}',
            Some('x' | '0'..='7') => return Err(unsupported("a numeric escape in COPY data")),
            Some('.') => return Err(unsupported("the end-of-data mark inside a line of COPY data")),
            Some(other) => other,
            None => '\\',
        });
    }
    Ok(text)
}

//! COPY … FROM STDIN in text format (manual, "COPY").

use super::super::{Execution, done};
use super::insert::target_columns;
use super::returning::Returning;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::query::{Type, Value, read_value};
use crate::reply::StatementResult;
use crate::statement::{Copy, Privilege};

impl Execution<'_> {
    pub(in crate::execute) fn copy(&mut self, statement: &Copy) -> Result<StatementResult> {
        let (table, data) = self.relation_to_change(&statement.table)?;
        let targets = target_columns(&table, &data, &statement.columns)?;
        self.need(table.oid, Privilege::Insert);
        self.check_needed()?;
        self.check_change(&table, "COPY FROM", "copy to")?;
        let mut returning = Returning::new(self, &table, &data.columns, &[])?;
        let mut copied = 0;
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
                row[*target] = copied_value(field, column.column_type)?;
            }
            for (place, _) in data.live_columns().filter(|(place, _)| !targets.contains(place)) {
                row[place] = self.default_value(&table, &data, place)?;
            }
            self.check_row(&table, &data, &row, None)?;
            self.store_row(&table, row.into(), &mut returning)?;
            copied += 1;
        }
        done(format!("COPY {copied}"))
    }
}

/// Reads one field.
fn copied_value(field: &str, column_type: Type) -> Result<Value> {
    if field == "\\N" {
        return Ok(Value::Null);
    }
    if column_type == Type::Opaque {
        return Err(unsupported("COPY data for a column whose type is outside the model"));
    }
    read_value(&unescaped(field)?, column_type)
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
            Some(other) => other,
            None => '\\',
        });
    }
    Ok(text)
}

//! What the details of errors show of rows, and to whom: values only to those who may read them (manual, "Privileges";
//! `ExecBuildSlotValueDescription` and `BuildIndexValueDescription`).

use super::super::Execution;
use crate::catalog::{Column, Oid, Privileges, Relation, TableData, quote_identifier};
use crate::error::{Result, unsupported};
use crate::query::Value;
use crate::statement::Privilege;

/// Which of a new row's columns an error may show.
pub(super) enum ShownColumns {
    /// The whole row.
    All,
    /// What the statement itself has given.
    Given(Vec<usize>),
}

impl Execution<'_> {
    /// What a statement that gives values for some columns may see of its rows.
    pub(super) fn shown_columns(&self, table: &Relation, given: impl Iterator<Item = usize>) -> Result<ShownColumns> {
        match self.may_read(table, self.current_role())? {
            true => Ok(ShownColumns::All),
            false => Ok(ShownColumns::Given(given.collect())),
        }
    }

    /// Whether a role may read a table.
    pub(super) fn may_read(&self, table: &Relation, role: Oid) -> Result<bool> {
        if self.is_unrestricted() && role == self.current_role() {
            return Ok(true);
        }
        self.check_privileges_known()?;
        Ok(!self.rights_on(table, role, Privileges::of(&[Privilege::Select])).is_empty())
    }
}

/// The row that breaks a constraint.
pub(super) fn failing_row(data: &TableData, row: &[Value], shown: &ShownColumns) -> Result<Option<String>> {
    let is_shown = |place: &usize| match shown {
        ShownColumns::All => true,
        ShownColumns::Given(given) => given.contains(place),
    };
    let columns: Vec<(usize, &Column)> = data.live_columns().filter(|(place, _)| is_shown(place)).collect();
    let values =
        columns.iter().map(|(place, column)| shown_value(column, &row[*place])).collect::<Result<Vec<_>>>()?.join(", ");
    Ok(match shown {
        ShownColumns::All => Some(format!("Failing row contains ({values}).")),
        ShownColumns::Given(_) if columns.is_empty() => None,
        ShownColumns::Given(_) => {
            let names: Vec<&str> = columns.iter().map(|(_, column)| &*column.name).collect();
            Some(format!("Failing row contains ({}) = ({values}).", names.join(", ")))
        }
    })
}

/// The values by which a row would be put into a partition.
pub(super) fn failing_partition_key(data: &TableData, key: &[usize], row: &[Value]) -> Result<String> {
    let columns = || key.iter().map(|place| (&data.columns[*place], &row[*place]));
    let names: Vec<String> = columns().map(|(column, _)| quote_identifier(&column.name)).collect();
    let values = columns().map(|(column, value)| shown_value(column, value)).collect::<Result<Vec<_>>>()?;
    Ok(format!("Partition key of the failing row contains ({}) = ({}).", names.join(", "), values.join(", ")))
}

fn shown_value(column: &Column, value: &Value) -> Result<String> {
    /// How much of a value is shown.
    const SHOWN: usize = 64;
    match value {
        Value::Null => Ok("null".to_owned()),
        Value::Opaque => Err(unsupported("an error that shows a value nobody can predict")),
        value => {
            let text = value.to_text(column.column_type);
            Ok(match text.len() > SHOWN {
                true => format!("{}...", &text[..text.floor_char_boundary(SHOWN)]),
                false => text,
            })
        }
    }
}

/// A key of a unique index.
pub(super) fn shown_key<'v>(
    data: &TableData,
    columns: &[usize],
    values: impl IntoIterator<Item = &'v Value>,
) -> String {
    let columns = || columns.iter().map(|place| &data.columns[*place]);
    let names: Vec<String> = columns().map(|column| quote_identifier(&column.name)).collect();
    let values: Vec<String> = columns().zip(values).map(|(column, value)| value.to_text(column.column_type)).collect();
    format!("Key ({})=({})", names.join(", "), values.join(", "))
}

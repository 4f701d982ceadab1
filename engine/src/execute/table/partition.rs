//! Partitioned tables, which have no partitions here: they own sequences and draw from them, and refuse every row (manual,
//! "Table Partitioning").

use super::super::Execution;
use super::shown::failing_partition_key;
use crate::catalog::{Persistence, Relation, TableData, is_system_column};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::query::Value;
use crate::statement::{PartitionBy, PartitionStrategy, TableConstraint, TableConstraintKind};

impl Execution<'_> {
    /// Refuses a new partitioned table that would be unlogged (since 18).
    pub(super) fn check_partitioned_persistence(&self, persistence: Persistence) -> Result<()> {
        match persistence == Persistence::Unlogged && !self.shared.settings.major.has_unlogged_partitioned_tables() {
            true => Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "partitioned tables cannot be unlogged")),
            false => Ok(()),
        }
    }

    /// Refuses a change of identity columns that would leave the partitions alone (since 17).
    pub(super) fn check_only(&self, data: &TableData, only: bool, change: &str) -> Result<()> {
        if only && data.is_partitioned() && self.shared.settings.major.partitions_have_identity() {
            let message = format!("cannot {change} of only the partitioned table");
            return Err(error(sqlstate::INVALID_TABLE_DEFINITION, message).hint("Do not specify the ONLY keyword."));
        }
        Ok(())
    }

    /// Refuses a row that is complete but for its generated columns: no partition takes it.
    pub(super) fn check_partition(&self, table: &Relation, data: &TableData, row: &[Value]) -> Result<()> {
        let Some(key) = &data.partition_key else { return Ok(()) };
        let is_shown = self.may_read(table, self.current_role())?;
        let detail = is_shown.then(|| failing_partition_key(data, key, row)).transpose()?;
        Err(error(sqlstate::CHECK_VIOLATION, format!("no partition of relation \"{}\" found for row", table.name))
            .maybe_detail(detail))
    }
}

/// Analyses PARTITION BY: the places of the key's columns.
pub(super) fn partition_key(partition_by: &PartitionBy, data: &TableData) -> Result<Vec<usize>> {
    if partition_by.strategy == PartitionStrategy::List && partition_by.columns.len() > 1 {
        return Err(error(
            sqlstate::INVALID_OBJECT_DEFINITION,
            "cannot use \"list\" partition strategy with more than one column",
        ));
    }
    let mut key = Vec::with_capacity(partition_by.columns.len());
    for name in &partition_by.columns {
        let name = name.name();
        let Some((place, column)) = data.column(name) else {
            return Err(match is_system_column(name) {
                true => error(
                    sqlstate::INVALID_OBJECT_DEFINITION,
                    format!("cannot use system column \"{name}\" in partition key"),
                ),
                false => error(
                    sqlstate::UNDEFINED_COLUMN,
                    format!("column \"{name}\" named in partition key does not exist"),
                ),
            });
        };
        if column.computed.is_some() {
            return Err(error(sqlstate::INVALID_OBJECT_DEFINITION, "cannot use generated column in partition key")
                .detail(format!("Column \"{name}\" is a generated column.")));
        }
        if column.is_opaque() {
            return Err(unsupported("a partition key of a type outside the model"));
        }
        key.push(place);
    }
    Ok(key)
}

/// Foreign keys of partitioned tables have rules of their own about ONLY and NOT VALID.
pub(super) fn check_only_for_foreign_key(data: &TableData, only: bool, constraint: &TableConstraint) -> Result<()> {
    match &constraint.kind {
        TableConstraintKind::ForeignKey(_, target) if data.is_partitioned() && (only || target.not_valid) => {
            Err(unsupported("ONLY or NOT VALID for a foreign key of a partitioned table"))
        }
        _ => Ok(()),
    }
}

/// Refuses to empty a partitioned table but not its partitions.
pub(super) fn check_truncate_only(data: &TableData, only: bool) -> Result<()> {
    match only && data.is_partitioned() {
        true => Err(error(sqlstate::WRONG_OBJECT_TYPE, "cannot truncate only a partitioned table")
            .hint("Do not specify the ONLY keyword, or use TRUNCATE ONLY on the partitions directly.")),
        false => Ok(()),
    }
}

/// Refuses a unique index that has not all columns of the partition key.
pub(super) fn check_covers_partition_key(
    table: &Relation,
    data: &TableData,
    columns: &[usize],
    constraint: &str,
) -> Result<()> {
    let mut key = data.partition_key.iter().flatten();
    let Some(missing) = key.find(|place| !columns.contains(place)) else { return Ok(()) };
    Err(error(
        sqlstate::FEATURE_NOT_SUPPORTED,
        "unique constraint on partitioned table must include all partitioning columns",
    )
    .detail(format!(
        "{constraint} constraint on table \"{}\" lacks column \"{}\" which is part of the partition key.",
        table.name, data.columns[*missing].name
    )))
}

/// Refuses to change or drop a column by which rows are put into partitions.
pub(super) fn check_not_partition_key(table: &Relation, data: &TableData, place: usize, verb: &str) -> Result<()> {
    let is_key = data.partition_key.as_ref().is_some_and(|key| key.contains(&place));
    if !is_key {
        return Ok(());
    }
    Err(error(
        sqlstate::INVALID_TABLE_DEFINITION,
        format!(
            "cannot {verb} column \"{}\" because it is part of the partition key of relation \"{}\"",
            data.columns[place].name, table.name
        ),
    ))
}

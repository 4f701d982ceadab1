//! ALTER TABLE's actions on ordinary properties of columns.

use super::super::Execution;
use super::alter::check_free_column;
use super::column::{Place, Planned, PlannedConstraint, PlannedDefault};
use super::partition::check_not_partition_key;
use super::row_work::{NewValue, RowWork};
use crate::catalog::{ColumnDefault, ConstraintKind, Object, Relation, TableData, TableRow, is_system_column};
use crate::error::{Result, error, notice, sqlstate};
use crate::lock::LockMode;
use crate::query::Value;
use crate::quirk::Quirk;
use crate::reply::Severity;
use crate::statement::{Behavior, ColumnDefinition, Expression, Identifier};

impl Execution<'_> {
    pub(super) fn add_column(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        definition: &ColumnDefinition,
        if_not_exists: bool,
        work: &mut RowWork,
    ) -> Result<Vec<PlannedConstraint>> {
        let name = definition.name.name();
        if if_not_exists && data.column(name).is_some() {
            if self.deviates(Quirk::AddColumnMakesSequence) {
                let place = Place { name: &relation.name, schema: relation.schema, persistence: relation.persistence };
                let mut planned = Planned::default();
                self.plan_column(definition, &place, &mut planned)?;
                self.create_planned_sequences(&planned.sequences, relation.owner)?;
            }
            self.notice(notice(
                Severity::Notice,
                sqlstate::DUPLICATE_COLUMN,
                format!("column \"{name}\" of relation \"{}\" already exists, skipping", relation.name),
            ));
            return Ok(Vec::new());
        }
        check_free_column(relation, &data, name)?;
        let place = Place { name: &relation.name, schema: relation.schema, persistence: relation.persistence };
        let mut planned = Planned::default();
        self.plan_column(definition, &place, &mut planned)?;
        planned.demand_not_null_of_keys();
        planned.trust_references_without_default();
        let Some(plan) = planned.columns.first() else { return Ok(Vec::new()) };
        let sequences = self.create_planned_sequences(&planned.sequences, relation.owner)?;
        let mut column = plan.to_column();
        column.default = match &plan.default {
            None => None,
            Some(default) => self.bind_default(default, &column, &sequences)?,
        };
        data.columns.push(column);
        if let Some(expression) = &plan.computed {
            let added = data.columns.len() - 1;
            let is_computed = |place: usize| place == added || data.columns[place].computed.is_some();
            let computed = self.bind_computed(expression, added, relation, &data, is_computed)?;
            data.columns[added].computed = Some(computed);
        }
        self.update_table(relation, data)?;
        let (relation, data) = self.table_now(relation.oid)?;
        let added = data.columns.len() - 1;
        let column = &data.columns[added];
        let default = column.default.as_ref();
        let is_volatile = default.is_some_and(ColumnDefault::is_volatile);
        let source = match column.identity.and(sequences.last()) {
            Some(sequence) => Some(NewValue::Identity(*sequence)),
            None if column.computed.is_some() => Some(NewValue::Computed),
            None if is_volatile => Some(NewValue::Default(default.and_then(|default| default.value.clone()))),
            None => None,
        };
        // It is computed once, even where there is no row, but only for a table that has storage.
        let constant = match source {
            None if !data.is_partitioned() => self.default_value(&relation, &data, added)?,
            _ => Value::Null,
        };
        work.verifies_nulls |= column.not_null;
        work.added.extend(source.map(|source| (added, source)));
        work.sequences.extend(planned.sequences.iter().cloned().zip(sequences));
        // A constant stands in every row at once; the others are computed row by row at the end.
        let storage = self.shared.catalog.new_storage();
        let longer = |row: &TableRow| row.iter().cloned().chain([constant.clone()]).collect();
        let undo = &mut self.session.transaction.undo;
        self.shared.catalog.carry_rows((relation.storage, storage), longer, undo);
        self.update_table(&Relation { storage, ..(*relation).clone() }, data)?;
        planned.constraints_in_order(&relation.name)
    }

    pub(super) fn drop_column(
        &mut self,
        relation: &Relation,
        data: &TableData,
        column: &Identifier,
        if_exists: bool,
        behavior: Behavior,
    ) -> Result<()> {
        let Some((place, _)) = data.column(column.name()) else {
            if is_system_column(column.name()) {
                return Err(error(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    format!("cannot drop system column \"{}\"", column.name()),
                ));
            }
            if !if_exists {
                return Err(super::no_column(column.name(), &relation.name));
            }
            self.notice(notice(
                Severity::Notice,
                sqlstate::SUCCESSFUL_COMPLETION,
                format!("column \"{}\" of relation \"{}\" does not exist, skipping", column.name(), relation.name),
            ));
            return Ok(());
        };
        check_not_partition_key(relation, data, place, "drop")?;
        self.drop_objects(&[Object::Column(relation.oid, place)], behavior)
    }

    pub(super) fn set_column_default(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        column: &Identifier,
        expression: Option<&Expression>,
    ) -> Result<()> {
        let place = self.require_column(relation, &data, column.name())?;
        if data.columns[place].identity.is_some() {
            let refused = error(
                sqlstate::SYNTAX_ERROR,
                format!("column \"{}\" of relation \"{}\" is an identity column", column.name(), relation.name),
            );
            return Err(match expression {
                Some(_) => refused,
                None => refused.hint("Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead."),
            });
        }
        if let Some(old) = &data.columns[place].default {
            self.lock(old.oid, LockMode::AccessExclusive)?;
        }
        data.columns[place].default = match expression {
            None => None,
            Some(expression) => {
                let plan = PlannedDefault::Expression(expression.clone());
                self.bind_default(&plan, &data.columns[place].clone(), &[])?
            }
        };
        self.update_table(relation, data)?;
        Ok(())
    }

    pub(super) fn set_not_null(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        column: &str,
        work: &mut RowWork,
    ) -> Result<()> {
        let place = self.require_column(relation, &data, column)?;
        work.verifies_nulls |= !data.columns[place].not_null;
        data.columns[place].not_null = true;
        self.update_table(relation, data)?;
        Ok(())
    }

    pub(super) fn drop_not_null(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        column: &Identifier,
    ) -> Result<()> {
        let place = self.require_column(relation, &data, column.name())?;
        if data.columns[place].identity.is_some() {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("column \"{}\" of relation \"{}\" is an identity column", column.name(), relation.name),
            ));
        }
        let in_primary_key = data.constraints.iter().any(|constraint| {
            matches!(&constraint.kind, ConstraintKind::Unique { columns, is_primary: true, .. }
                     if columns.contains(&place))
        });
        if in_primary_key {
            return Err(error(
                sqlstate::INVALID_TABLE_DEFINITION,
                format!("column \"{}\" is in a primary key", column.name()),
            ));
        }
        data.columns[place].not_null = false;
        self.update_table(relation, data)?;
        Ok(())
    }
}

pub(super) fn contains_null(column: &str, table: &str) -> crate::error::Stop {
    error(sqlstate::NOT_NULL_VIOLATION, format!("column \"{column}\" of relation \"{table}\" contains null values"))
}

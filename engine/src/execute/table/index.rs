//! Constraints of tables.

use std::rc::Rc;

use super::super::Execution;
use super::alter_column::contains_null;
use super::column::{PlannedConstraint, PlannedConstraintKind, free_name};
use super::opaque::is_reliable;
use super::table_scope;
use crate::catalog::{Constraint, ConstraintKind, Oid, Relation, TableData};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Binder, Bound, Place, Row, Value};
use crate::statement::Expression;

impl Execution<'_> {
    /// Adds constraints to a table that exists: checks first, then keys, as PostgreSQL does.
    pub(super) fn add_constraints(&mut self, table: Oid, planned: &[PlannedConstraint]) -> Result<()> {
        for constraint in planned {
            if let PlannedConstraintKind::Check { condition, column } = &constraint.kind {
                self.add_check(table, constraint.name.as_ref(), condition, column.as_deref())?;
            }
        }
        let primaries = planned
            .iter()
            .filter(|constraint| matches!(constraint.kind, PlannedConstraintKind::Unique { is_primary: true, .. }))
            .count();
        let (relation, data) = self.table_now(table)?;
        let has_primary = data
            .constraints
            .iter()
            .any(|constraint| matches!(constraint.kind, ConstraintKind::Unique { is_primary: true, .. }));
        if primaries + usize::from(has_primary) > 1 {
            return Err(several_primary_keys(&relation.name));
        }
        // The primary key's index is made first.
        for wanted in [true, false] {
            for constraint in planned {
                if let PlannedConstraintKind::Unique { columns, is_primary } = &constraint.kind
                    && *is_primary == wanted
                {
                    self.add_key(table, constraint.name.as_ref(), columns, *is_primary)?;
                }
            }
        }
        for constraint in planned {
            if let PlannedConstraintKind::Foreign { columns, references } = &constraint.kind {
                self.add_foreign_key(table, constraint.name.as_ref(), columns, references)?;
            }
        }
        Ok(())
    }

    fn add_check(
        &mut self,
        table: Oid,
        name: Option<&Rc<str>>,
        condition: &Expression,
        column: Option<&str>,
    ) -> Result<()> {
        let (relation, mut data) = self.table_now(table)?;
        let bound = self.bind_check(condition, &relation, &data);
        let condition = match bound {
            Ok(bound) => Some(bound),
            Err(Stop::Unsupported(_)) if is_reliable(condition, Some(&data)) => None,
            Err(other) => return Err(other),
        };
        let columns = condition.as_ref().map(Bound::columns).unwrap_or_default();
        let name = match name {
            Some(name) => {
                check_constraint_name(name, &relation.name, &data)?;
                name.clone()
            }
            None => free_name(&relation.name, column, "check", |name| is_constraint(name, &data)),
        };
        let rows = self.shared.catalog.rows(relation.storage, self.catalog_view());
        for row in rows {
            let Some(condition) = &condition else { return Err(unsupported("a CHECK outside the model")) };
            if self.evaluate(condition, &Row { values: &row, ..Row::default() })? == Value::Boolean(false) {
                return Err(error(
                    sqlstate::CHECK_VIOLATION,
                    format!("check constraint \"{name}\" of relation \"{}\" is violated by some row", relation.name),
                ));
            }
        }
        let oid = self.shared.catalog.new_oid();
        data.constraints.push(Constraint { oid, name, kind: ConstraintKind::Check { condition, columns } });
        self.update_table(&relation, data)?;
        Ok(())
    }

    fn bind_check(&mut self, condition: &Expression, relation: &Relation, data: &TableData) -> Result<Bound> {
        let scope = table_scope(relation, &data.columns);
        Binder::new(self, scope).boolean(condition, Place::Check, "CHECK")
    }

    fn add_key(&mut self, table: Oid, name: Option<&Rc<str>>, columns: &[Rc<str>], is_primary: bool) -> Result<()> {
        let (relation, mut data) = self.table_now(table)?;
        let places = key_places(columns, is_primary, |name| data.column(name).map(|(place, _)| place))?;
        let index_name: Rc<str> = match name {
            Some(name) => {
                self.check_new_relation(relation.schema, name, false)?;
                check_constraint_name(name, &relation.name, &data)?;
                name.clone()
            }
            None if is_primary => self.choose_relation_name(&relation.name, None, "pkey", relation.schema),
            None => {
                let joined = columns.join("_");
                self.choose_relation_name(&relation.name, Some(&joined), "key", relation.schema)
            }
        };
        self.check_rows(&relation, &data, &places, &index_name, is_primary)?;
        let index = self.insert_index(&relation, index_name.clone());
        if is_primary {
            for place in &places {
                data.columns[*place].not_null = true;
            }
        }
        let kind = ConstraintKind::Unique { columns: places, index, is_primary };
        let oid = self.shared.catalog.new_oid();
        data.constraints.push(Constraint { oid, name: index_name, kind });
        self.update_table(&relation, data)?;
        Ok(())
    }

    /// What a new key asks of the rows that are there: no NULL in a primary key, no key twice.
    fn check_rows(
        &mut self,
        table: &Relation,
        data: &TableData,
        columns: &[usize],
        index: &str,
        is_primary: bool,
    ) -> Result<()> {
        let rows = self.shared.catalog.rows(table.storage, self.catalog_view());
        let with_null = columns.iter().find(|place| is_primary && rows.iter().any(|row| row[**place].is_null()));
        let are_unique = self.check_rows_unique(table, data, columns, index);
        match (with_null, are_unique) {
            (None, are_unique) => are_unique,
            (Some(place), Ok(())) => Err(contains_null(&data.columns[*place].name, &table.name)),
            (Some(_), Err(_)) => Err(unsupported("a primary key that NULLs and equal keys stand against")),
        }
    }
}

pub(super) fn check_constraint_name(name: &str, table: &str, data: &TableData) -> Result<()> {
    match is_constraint(name, data) {
        true => Err(error(
            sqlstate::DUPLICATE_OBJECT,
            format!("constraint \"{name}\" for relation \"{table}\" already exists"),
        )),
        false => Ok(()),
    }
}

pub(super) fn is_constraint(name: &str, data: &TableData) -> bool {
    data.constraints.iter().any(|constraint| *constraint.name == *name)
}

/// The error of a second primary key.
pub(super) fn several_primary_keys(table: &str) -> Stop {
    error(sqlstate::INVALID_TABLE_DEFINITION, format!("multiple primary keys for table \"{table}\" are not allowed"))
}

/// The places of a key's columns, each of which must exist and may occur once.
pub(super) fn key_places(
    columns: &[Rc<str>],
    is_primary: bool,
    place_of: impl Fn(&str) -> Option<usize>,
) -> Result<Vec<usize>> {
    let mut places = Vec::with_capacity(columns.len());
    for column in columns {
        let Some(place) = place_of(column) else {
            return Err(error(sqlstate::UNDEFINED_COLUMN, format!("column \"{column}\" named in key does not exist")));
        };
        if places.contains(&place) {
            let kind = if is_primary { "primary key" } else { "unique" };
            return Err(error(
                sqlstate::DUPLICATE_COLUMN,
                format!("column \"{column}\" appears twice in {kind} constraint"),
            ));
        }
        places.push(place);
    }
    Ok(places)
}

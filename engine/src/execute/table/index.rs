//! Constraints of tables.

use std::rc::Rc;

use super::super::Execution;
use super::column::{Planned, PlannedConstraint, PlannedConstraintKind};
use super::create_index::has_order;
use super::opaque::{is_reliable, named_columns};
use super::partition::check_covers_partition_key;
use super::row_work::{NewKey, RowWork};
use super::table_scope;
use crate::catalog::{Constraint, ConstraintKind, Oid, Relation, TableData, is_system_column};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Binder, Bound, Place};
use crate::statement::{Expression, Privilege};

impl Planned {
    /// The constraints as PostgreSQL adds them: checks, then the primary key, the other keys, copied keys and foreign keys.
    ///
    /// A key that another one before it already demands is not made; its name is, unless that one has a name.
    pub(super) fn constraints_in_order(&self, table: &str) -> Result<Vec<PlannedConstraint>> {
        let mut has_primary = false;
        for constraint in &self.constraints {
            let PlannedConstraintKind::Unique { columns, is_primary } = &constraint.kind else { continue };
            if *is_primary && std::mem::replace(&mut has_primary, true) {
                return Err(several_primary_keys(table));
            }
            // A column that is missing before the one that comes twice is what PostgreSQL meets first.
            let twice = first_twice(columns);
            let met = &columns[..twice.unwrap_or(columns.len())];
            key_places(met, |name| self.columns.iter().position(|known| *known.name == *name))?;
            check_distinct(columns, *is_primary)?;
        }
        let mut sorted = self.constraints.clone();
        sorted.sort_by_key(|constraint| match constraint.kind {
            PlannedConstraintKind::Check { .. } => 0,
            PlannedConstraintKind::Unique { is_primary: true, .. } => 1,
            PlannedConstraintKind::Unique { .. } => 2,
            PlannedConstraintKind::Foreign { .. } => 3,
        });
        let mut kept: Vec<PlannedConstraint> = Vec::with_capacity(sorted.len());
        for constraint in sorted {
            let demands_same = |other: &&mut PlannedConstraint| match (&other.kind, &constraint.kind) {
                (PlannedConstraintKind::Unique { columns: one, .. }, PlannedConstraintKind::Unique { columns, .. }) => {
                    one == columns
                }
                _ => false,
            };
            match kept.iter_mut().find(demands_same) {
                Some(same) => same.name = same.name.take().or(constraint.name),
                None => kept.push(constraint),
            }
        }
        let is_foreign =
            |constraint: &PlannedConstraint| matches!(constraint.kind, PlannedConstraintKind::Foreign { .. });
        let before_references = kept.iter().position(is_foreign).unwrap_or(kept.len());
        kept.splice(before_references..before_references, self.copied_keys.iter().cloned());
        Ok(kept)
    }

    /// Makes the columns of primary keys NOT NULL.
    pub(super) fn demand_not_null_of_keys(&mut self) {
        for constraint in &self.constraints {
            let PlannedConstraintKind::Unique { columns: key, is_primary: true } = &constraint.kind else { continue };
            for column in self.columns.iter_mut().filter(|column| key.contains(&column.name)) {
                column.not_null = true;
            }
        }
    }

    /// Has foreign keys of a new column believed: PostgreSQL takes one without a default for NULL in every row, also
    /// where its values come from an identity sequence (`transformAlterTableStmt` in `parse_utilcmd.c`).
    pub(super) fn trust_references_without_default(&mut self) {
        let is_null = |name: &Rc<str>| {
            self.columns
                .iter()
                .any(|column| column.name == *name && column.default.is_none() && column.computed.is_none())
        };
        for constraint in &mut self.constraints {
            if let PlannedConstraintKind::Foreign { columns, is_looked_at, .. } = &mut constraint.kind {
                *is_looked_at &= !columns.iter().all(is_null);
            }
        }
    }
}

impl Execution<'_> {
    /// Adds a constraint to a table that exists.
    pub(super) fn add_constraint(&mut self, table: Oid, planned: &PlannedConstraint, work: &mut RowWork) -> Result<()> {
        let name = planned.name.as_ref();
        match &planned.kind {
            PlannedConstraintKind::Check { condition, is_valid } => {
                self.add_check(table, name, condition, *is_valid, work)
            }
            PlannedConstraintKind::Unique { columns, is_primary } => {
                self.add_key(table, name, columns, *is_primary, work)
            }
            PlannedConstraintKind::Foreign { columns, references, is_looked_at } => {
                let added = self.add_foreign_key(table, name, columns, references)?;
                if *is_looked_at {
                    work.references.push(added);
                }
                Ok(())
            }
        }
    }

    fn add_check(
        &mut self,
        table: Oid,
        name: Option<&Rc<str>>,
        condition: &Expression,
        is_valid: bool,
        work: &mut RowWork,
    ) -> Result<()> {
        let (relation, mut data) = self.table_now(table)?;
        let bound = self.bind_check(condition, &relation, &data);
        let bound = match bound {
            Ok(bound) => Some(bound),
            Err(Stop::Unsupported(_)) if is_reliable(condition, Some(&data)) => None,
            Err(other) => return Err(other),
        };
        if bound.as_ref().is_some_and(|bound| !bound.relations().is_empty()) {
            return Err(unsupported("a CHECK that depends on a relation which it names"));
        }
        let mut columns = match &bound {
            Some(bound) => bound.columns(),
            None => named_columns(condition, &data),
        };
        columns.sort_unstable();
        columns.dedup();
        let name = match name {
            Some(name) => {
                check_constraint_name(name, &relation.name, &data)?;
                name.clone()
            }
            None => {
                // A condition on one column is named after it, wherever it was written.
                let column = match columns.as_slice() {
                    [place] => Some(data.columns[*place].name.clone()),
                    _ => None,
                };
                self.choose_constraint_name(&relation, column.as_deref(), "check")
            }
        };
        if is_valid {
            work.checks.push((name.clone(), bound.clone()));
        }
        let oid = self.shared.catalog.new_oid();
        let kind = ConstraintKind::Check { condition: bound, columns, is_valid };
        data.constraints.push(Constraint { oid, name, kind });
        self.update_table(&relation, data)?;
        Ok(())
    }

    fn bind_check(&mut self, condition: &Expression, relation: &Relation, data: &TableData) -> Result<Bound> {
        let scope = table_scope(relation, None, &data.columns);
        let mut binder = Binder::new(self, scope);
        let bound = binder.boolean(condition, Place::Check, "CHECK")?;
        match binder.reads_session {
            true => Err(unsupported("a CHECK that asks who the user is")),
            false => Ok(bound),
        }
    }

    fn add_key(
        &mut self,
        table: Oid,
        name: Option<&Rc<str>>,
        columns: &[Rc<str>],
        is_primary: bool,
        work: &mut RowWork,
    ) -> Result<()> {
        let (relation, mut data) = self.table_now(table)?;
        let places = key_places(columns, |name| data.column(name).map(|(place, _)| place))?;
        if places.iter().any(|place| data.columns[*place].opaque.is_some() && !has_order(&data.columns[*place])) {
            return Err(unsupported("a key over a column whose type is outside the model and may have no order"));
        }
        self.check_schema(relation.schema, Privilege::Create)?;
        let is_key =
            |constraint: &Constraint| matches!(constraint.kind, ConstraintKind::Unique { is_primary: true, .. });
        if is_primary && data.constraints.iter().any(is_key) {
            return Err(several_primary_keys(&relation.name));
        }
        if is_primary && let Some(place) = places.iter().find(|place| !data.columns[**place].not_null) {
            let column = &data.columns[*place].name;
            return Err(error(
                sqlstate::INVALID_TABLE_DEFINITION,
                format!("primary key column \"{column}\" is not marked NOT NULL"),
            ));
        }
        check_covers_partition_key(&relation, &data, &places, if is_primary { "PRIMARY KEY" } else { "UNIQUE" })?;
        let index_name: Rc<str> = match name {
            Some(name) => {
                self.check_new_index(relation.schema, name)?;
                check_constraint_name(name, &relation.name, &data)?;
                name.clone()
            }
            None if is_primary => self.choose_relation_name(&relation.name, None, "pkey", relation.schema)?,
            None => {
                let joined = columns.join("_");
                self.choose_relation_name(&relation.name, Some(&joined), "key", relation.schema)?
            }
        };
        self.lock_to_build_indexes(table)?;
        // The index of a table that is about to be written anew is filled afterwards.
        match work.rewrites() {
            true => work.keys.push(NewKey { columns: places.clone(), index: index_name.clone() }),
            false => self.check_rows_unique(&relation, &data, &places, &index_name)?,
        }
        let index = self.insert_index(&relation, index_name.clone());
        let kind = ConstraintKind::Unique { columns: places, index, is_primary };
        let oid = self.shared.catalog.new_oid();
        data.constraints.push(Constraint { oid, name: index_name, kind });
        self.update_table(&relation, data)?;
        Ok(())
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

fn is_constraint(name: &str, data: &TableData) -> bool {
    data.constraints.iter().any(|constraint| *constraint.name == *name)
}

/// The error of a second primary key.
fn several_primary_keys(table: &str) -> Stop {
    error(sqlstate::INVALID_TABLE_DEFINITION, format!("multiple primary keys for table \"{table}\" are not allowed"))
}

/// The places of a key's columns, each of which must exist.
pub(super) fn key_places(columns: &[Rc<str>], place_of: impl Fn(&str) -> Option<usize>) -> Result<Vec<usize>> {
    let missing = |column: &str| match is_system_column(column) {
        true => unsupported("a key of system columns"),
        false => error(sqlstate::UNDEFINED_COLUMN, format!("column \"{column}\" named in key does not exist")),
    };
    columns.iter().map(|column| place_of(column).ok_or_else(|| missing(column))).collect()
}

/// Refuses a key in which a column occurs twice.
pub(super) fn check_distinct(columns: &[Rc<str>], is_primary: bool) -> Result<()> {
    let Some(twice) = first_twice(columns) else { return Ok(()) };
    let kind = if is_primary { "primary key" } else { "unique" };
    Err(error(sqlstate::DUPLICATE_COLUMN, format!("column \"{}\" appears twice in {kind} constraint", columns[twice])))
}

fn first_twice(columns: &[Rc<str>]) -> Option<usize> {
    (1..columns.len()).find(|place| columns[..*place].contains(&columns[*place]))
}

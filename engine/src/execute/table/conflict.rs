//! INSERT … ON CONFLICT (manual, "INSERT", ON CONFLICT Clause).

use std::rc::Rc;

use super::super::Execution;
use super::change::check_identity;
use super::check::unique_keys;
use super::referential::RowChange;
use super::scope_table;
use super::shown::ShownColumns;
use crate::catalog::{ConstraintKind, Relation, Slot, TableData, TableRow};
use crate::clause::Clause;
use crate::dialect::Major;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Binder, Bound, Place, Row, Scope, ScopeTable, Value};
use crate::statement::{ConflictTarget, Expression, ObjectName, OnConflict};

/// An analysed ON CONFLICT.
pub(super) struct Conflict {
    /// The columns of each key that is watched.
    arbiters: Vec<Vec<usize>>,
    update: Option<Update>,
    /// The rows that the statement has stored so far.
    own: Vec<Slot>,
}

struct Update {
    assignments: Vec<(usize, Option<Bound>)>,
    filter: Option<Bound>,
}

impl Conflict {
    pub(super) fn updates(&self) -> bool {
        self.update.is_some()
    }

    /// Whether subqueries are part of what is done instead.
    pub(super) fn has_subquery(&self) -> bool {
        self.update.iter().any(|update| {
            let values = update.assignments.iter().filter_map(|(_, value)| value.as_ref());
            update.filter.iter().chain(values).any(Bound::has_subquery)
        })
    }

    /// Refuses values for columns that are always generated.
    pub(super) fn check_identity(&self, data: &TableData, major: Major) -> Result<()> {
        match &self.update {
            Some(update) => check_identity(&update.assignments, data, major),
            None => Ok(()),
        }
    }

    /// Notes a row that the statement has stored.
    pub(super) fn stored(&mut self, slot: Slot) {
        self.own.push(slot);
    }
}

impl Execution<'_> {
    pub(super) fn bind_conflict(
        &mut self,
        clause: &OnConflict,
        table: &Relation,
        data: &TableData,
        scope: &Scope,
    ) -> Result<Conflict> {
        if clause.update.is_some() && clause.target == ConflictTarget::Any {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                "ON CONFLICT DO UPDATE requires inference specification or constraint name",
            )
            .hint("For example, ON CONFLICT (column_name)."));
        }
        match &clause.target {
            ConflictTarget::Any => {}
            ConflictTarget::Columns(columns) => {
                let mut binder = Binder::new(self, scope.clone());
                for column in columns {
                    let name = ObjectName { parts: vec![column.clone()] };
                    binder.expression(&Expression::Column(name), Place::Where)?;
                }
            }
            ConflictTarget::Constraint(name) => {
                if !data.constraints.iter().any(|constraint| *constraint.name == *name.name()) {
                    return Err(error(
                        sqlstate::UNDEFINED_OBJECT,
                        format!("constraint \"{}\" for table \"{}\" does not exist", name.name(), table.name),
                    ));
                }
            }
        }
        if scope.tables.iter().any(|table| &*table.name == "excluded") {
            return Err(unsupported("ON CONFLICT on a table called excluded"));
        }
        let update = match &clause.update {
            None => None,
            Some(update) => {
                let scope = || {
                    let mut both = scope.clone();
                    let excluded = scope_table(table, None, &data.columns);
                    both.tables.push(ScopeTable { name: Rc::from("excluded"), ..excluded });
                    both
                };
                let assignments = self.bind_assignments(&update.assignments, table, data, scope())?;
                let filter = match &update.filter {
                    None => None,
                    Some(filter) => Some(Binder::new(self, scope()).boolean(filter, Place::Where, "WHERE")?),
                };
                Some(Update { assignments, filter })
            }
        };
        Ok(Conflict { arbiters: Vec::new(), update, own: Vec::new() })
    }

    /// Plans what would be set instead, and finds the keys that the target means.
    pub(super) fn plan_conflict(
        &mut self,
        clause: &OnConflict,
        conflict: &mut Conflict,
        table: &Relation,
        data: &TableData,
    ) -> Result<()> {
        if let Some(Update { assignments, filter }) = &mut conflict.update {
            self.plan_assignments(assignments, data)?;
            filter.iter_mut().try_for_each(|filter| self.fold(filter))?;
        }
        let keys = unique_keys(data).into_iter().map(|(_, columns)| columns.to_vec());
        conflict.arbiters = match &clause.target {
            ConflictTarget::Any => keys.collect(),
            ConflictTarget::Columns(columns) => {
                let wanted: Vec<usize> =
                    columns.iter().filter_map(|column| Some(data.column(column.name())?.0)).collect();
                let matches = |key: &Vec<usize>| {
                    key.iter().all(|place| wanted.contains(place)) && wanted.iter().all(|place| key.contains(place))
                };
                keys.filter(matches).collect()
            }
            ConflictTarget::Constraint(name) => {
                let constraint = data.constraints.iter().find(|constraint| *constraint.name == *name.name());
                match constraint.map(|constraint| &constraint.kind) {
                    Some(ConstraintKind::Unique { columns, .. }) => vec![columns.clone()],
                    _ => {
                        return Err(error(
                            sqlstate::WRONG_OBJECT_TYPE,
                            "constraint in ON CONFLICT clause has no associated index",
                        ));
                    }
                }
            }
        };
        if conflict.arbiters.is_empty() && clause.target != ConflictTarget::Any {
            return Err(error(
                sqlstate::INVALID_COLUMN_REFERENCE,
                "there is no unique or exclusion constraint matching the ON CONFLICT specification",
            ));
        }
        if conflict.update.is_some() && table.table().is_none() {
            return Err(unsupported("ON CONFLICT on a relation that is no table"));
        }
        Ok(())
    }

    /// The row that has one of the watched keys of a new row.
    pub(super) fn conflicting_row(
        &mut self,
        conflict: &Conflict,
        table: &Relation,
        row: &[Value],
    ) -> Result<Option<(Slot, TableRow)>> {
        for columns in &conflict.arbiters {
            if columns.iter().any(|place| row[*place].is_null()) {
                continue;
            }
            if columns.iter().any(|place| !row[*place].is_known()) {
                return Err(unsupported("a key whose value nobody can predict"));
            }
            let found = self.row_with_key(table, columns, row, None)?;
            if found.is_some() {
                self.reach(Clause::OnConflict);
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Does nothing, or changes the row in the way; tells the change.
    pub(super) fn update_instead(
        &mut self,
        conflict: &mut Conflict,
        table: &Relation,
        data: &TableData,
        row: &[Value],
        (slot, old): (Slot, TableRow),
    ) -> Result<Option<RowChange>> {
        let is_seen = self.shared.catalog.is_row_visible(table.storage, slot, self.query_view());
        if self.session.transaction.snapshot.is_some() && !is_seen {
            return Err(unsupported("a conflict with a row that the transaction's snapshot does not see"));
        }
        let Some(update) = &conflict.update else { return Ok(None) };
        self.refuse_other_row_lock(table.storage)?;
        if conflict.own.contains(&slot) {
            return Err(error(
                sqlstate::CARDINALITY_VIOLATION,
                "ON CONFLICT DO UPDATE command cannot affect row a second time",
            )
            .hint(
                "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
            ));
        }
        let joined: Vec<Value> = old.iter().chain(row).cloned().collect();
        match self.updated(update, table, data, &joined, &old, slot) {
            // The row in the way is locked before anything is computed, and the model forgets that lock while it waits.
            Err(Stop::Waits(_)) => Err(unsupported("a wait for others with the row of ON CONFLICT DO UPDATE locked")),
            Ok(Some(new)) => {
                let view = self.catalog_view();
                let undo = &mut self.session.transaction.undo;
                self.shared.catalog.delete_row(table.storage, slot, view, undo);
                let stored = self.store_row(table, new.clone());
                conflict.own.push(stored);
                Ok(Some(RowChange { old: Some(old), new: Some(new) }))
            }
            Ok(None) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// What the row in the way becomes, unless WHERE leaves it alone.
    fn updated(
        &mut self,
        update: &Update,
        table: &Relation,
        data: &TableData,
        joined: &[Value],
        old: &TableRow,
        slot: Slot,
    ) -> Result<Option<TableRow>> {
        let context = Row { values: joined, ..Row::default() };
        if let Some(filter) = &update.filter
            && self.evaluate(filter, &context)? != Value::Boolean(true)
        {
            return Ok(None);
        }
        let mut new: Vec<Value> = old.to_vec();
        self.assign_values(table, data, &update.assignments, &context, &mut new)?;
        // It has to be able to read the table, so that it may see the whole row.
        self.check_row(table, data, &new, Some(slot), &ShownColumns::All)?;
        Ok(Some(TableRow::from(new)))
    }
}

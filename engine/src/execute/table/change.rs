//! UPDATE and DELETE.

use super::super::{Execution, Extent, MissingSchema};
use super::check::{fitted, unique_keys};
use super::computed::computed_detail;
use super::insert::always_detail;
use super::referential::RowChange;
use super::returning::Returning;
use super::target::Changed;
use super::{no_column, table_scope};
use crate::catalog::{Column, Relation, Slot, TableData, TableRow, is_system_column};
use crate::dialect::Major;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::query::{
    Binder, Bound, Order, Place, Row, Scope, Value, check_asides, check_needed, check_order_of_conditions,
};
use crate::reply::StatementResult;
use crate::statement::{Delete, Expression, Generated, Identifier, Privilege, Update};

impl Execution<'_> {
    pub(in crate::execute) fn update(&mut self, statement: &Update) -> Result<StatementResult> {
        let changed = self.relation_to_change(&statement.table, MissingSchema::IsMissingRelation)?;
        let Changed { table, data, .. } = &changed;
        let (named, named_data) = changed.named();
        let scope = table_scope(named, statement.alias.as_ref(), &named_data.columns);
        let filter = self.bind_filter(statement.filter.as_ref(), &scope)?;
        let mut returning = Returning::new(self, &scope, &statement.returning)?;
        let mut assignments = self.bind_assignments(&statement.assignments, named, named_data, scope)?;
        self.lock_behind_view(&changed)?;
        if changed.through.is_some() {
            // A view has no defaults of its own, and an UPDATE does not ask for those of the table.
            assignments.iter_mut().for_each(|(_, value)| {
                value.get_or_insert(Bound::Constant(Value::Null));
            });
        }
        check_identity(&assignments, data, self.shared.settings.major)?;
        if self.extent == Extent::Analyse {
            return returning.describe(self);
        }
        self.plan_assignments(&mut assignments, data)?;
        if self.extent == Extent::Plan {
            return returning.describe(self);
        }
        self.need(named.oid, Privilege::Update);
        let values = assignments.iter().filter_map(|(_, value)| value.as_ref());
        let expressions: Vec<&Bound> = filter.iter().chain(values).collect();
        if expressions.iter().any(|value| !value.columns().is_empty()) || returning.reads_columns() {
            self.need(named.oid, Privilege::Select);
        }
        self.check_change(table, "UPDATE", "change")?;
        let has_subquery = expressions.iter().any(|value| value.has_subquery()) || returning.has_subquery();
        self.keep_rows(table, has_subquery);
        check_asides(expressions.iter().copied())?;
        check_initial_behind_view(changed.filter(), filter.as_ref())?;
        let shown = self.shown_columns(table, assignments.iter().map(|(place, _)| *place))?;
        let mut updated = 0;
        let mut changes = Vec::new();
        let view = self.query_view();
        let rows = self.shared.catalog.slots(table.storage, view);
        check_needed(filter.as_ref(), !rows.is_empty())?;
        let is_open = self.order_in_table(table.oid, filter.as_ref()) == Order::Open;
        // So do keys, of which the first that is taken is told.
        let is_of_key = |place: &usize| unique_keys(data).iter().any(|(_, columns)| columns.contains(place));
        let shows_open_order = is_open
            && (!statement.returning.is_empty()
                || assignments
                    .iter()
                    .any(|(place, value)| value.as_ref().is_none_or(Bound::is_volatile) || is_of_key(place)));
        for (slot, old) in rows {
            if !self.passes_filter(changed.filter(), &old)? || !self.passes_filter(filter.as_ref(), &old)? {
                continue;
            }
            self.refuse_changed_row(table, slot)?;
            if shows_open_order && updated > 0 {
                return Err(unsupported("a change of rows whose order PostgreSQL leaves open"));
            }
            let mut new: Vec<Value> = old.to_vec();
            self.assign_values(table, data, &assignments, &Row { values: &old, ..Row::default() }, &mut new)?;
            self.check_row(table, data, &new, Some(slot), &shown)?;
            let view = self.catalog_view();
            self.shared.catalog.delete_row(table.storage, slot, view, &mut self.session.transaction.undo);
            let new = TableRow::from(new);
            changes.push(RowChange { old: Some(old), new: Some(new.clone()) });
            self.store_row(table, new.clone());
            returning.add(self, &new)?;
            updated += 1;
        }
        if is_open {
            self.shared.catalog.note_moved_rows(table.storage);
        }
        self.forget_rows(has_subquery);
        self.after_rows(table, changes)?;
        returning.finish(format!("UPDATE {updated}"))
    }

    /// The assignments in the order of the table's columns; `None` for DEFAULT.
    pub(super) fn bind_assignments(
        &mut self,
        written: &[(Identifier, Expression)],
        table: &Relation,
        data: &TableData,
        scope: Scope,
    ) -> Result<Vec<(usize, Option<Bound>)>> {
        let mut binder = Binder::new(self, scope);
        let mut assignments: Vec<(usize, Option<Bound>)> = Vec::with_capacity(written.len());
        for (name, value) in written {
            let bound = match value {
                Expression::Default => None,
                value => {
                    let column = data.column(name.name()).map(|(_, column)| column);
                    Some(match column.and_then(|column| binder.given_value(column, value)) {
                        Some(given) => given,
                        None => binder.expression(value, Place::Update)?,
                    })
                }
            };
            if is_system_column(name.name()) {
                return Err(error(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    format!("cannot assign to system column \"{}\"", name.name()),
                ));
            }
            let Some((place, column)) = data.column(name.name()) else {
                return Err(no_column(name.name(), &table.name));
            };
            let bound = match bound {
                None => None,
                Some(typed) => Some(binder.assign(typed, column)?),
            };
            if assignments.iter().any(|(other, _)| *other == place) {
                return Err(error(
                    sqlstate::SYNTAX_ERROR,
                    format!("multiple assignments to same column \"{}\"", name.name()),
                ));
            }
            assignments.push((place, bound));
        }
        assignments.sort_by_key(|(place, _)| *place);
        Ok(assignments)
    }

    /// Plans what is assigned, in UPDATE or in ON CONFLICT: before any row is looked at.
    pub(super) fn plan_assignments(
        &mut self,
        assignments: &mut [(usize, Option<Bound>)],
        data: &TableData,
    ) -> Result<()> {
        for (place, value) in assignments {
            value.iter_mut().try_for_each(|value| self.fold(value))?;
            self.plan_value(&data.columns[*place], value.as_ref())?;
        }
        Ok(())
    }

    /// Computes what is assigned, and the generated columns after it.
    pub(super) fn assign_values(
        &mut self,
        table: &Relation,
        data: &TableData,
        assignments: &[(usize, Option<Bound>)],
        context: &Row<'_>,
        new: &mut [Value],
    ) -> Result<()> {
        for (place, value) in assignments {
            new[*place] = match value {
                Some(value) => fitted(&data.columns[*place], self.evaluate(value, context)?)?,
                None => self.default_value(table, data, *place)?,
            };
        }
        self.compute_columns(data, new)
    }

    fn bind_filter(&mut self, filter: Option<&Expression>, scope: &Scope) -> Result<Option<Bound>> {
        let Some(filter) = filter else { return Ok(None) };
        let filter = Binder::new(self, scope.clone()).boolean(filter, Place::Where, "WHERE")?;
        check_order_of_conditions(&filter)?;
        if filter.joins_sequence() {
            // Whether it is joined decides whether PostgreSQL refuses it: it would have to lock the sequence's row.
            return Err(unsupported("a condition on a sequence that UPDATE or DELETE may join"));
        }
        Ok(Some(filter))
    }

    fn passes_filter(&mut self, filter: Option<&Bound>, row: &[Value]) -> Result<bool> {
        match filter {
            None => Ok(true),
            Some(filter) => self.passes(filter, &Row { values: row, ..Row::default() }),
        }
    }

    /// Refuses to change a row that others have changed since the statement's snapshot was taken, or are changing.
    fn refuse_changed_row(&self, table: &Relation, slot: Slot) -> Result<()> {
        if self.shared.catalog.row_undecided_by(table.storage, slot, self.session.id).is_some() {
            return Err(unsupported("a change of a row that another open transaction has changed"));
        }
        match self.shared.catalog.is_row_visible(table.storage, slot, self.catalog_view()) {
            true => Ok(()),
            false => Err(unsupported("a change of a row that others have changed since the snapshot was taken")),
        }
    }

    pub(in crate::execute) fn delete(&mut self, statement: &Delete) -> Result<StatementResult> {
        let changed = self.relation_to_change(&statement.table, MissingSchema::IsMissingRelation)?;
        let table = &changed.table;
        let (named, named_data) = changed.named();
        let scope = table_scope(named, statement.alias.as_ref(), &named_data.columns);
        let filter = self.bind_filter(statement.filter.as_ref(), &scope)?;
        let mut returning = Returning::new(self, &scope, &statement.returning)?;
        self.lock_behind_view(&changed)?;
        if self.extent != Extent::Run {
            return returning.describe(self);
        }
        self.need(named.oid, Privilege::Delete);
        if filter.as_ref().is_some_and(|filter| !filter.columns().is_empty()) || returning.reads_columns() {
            self.need(named.oid, Privilege::Select);
        }
        self.check_change(table, "DELETE", "change")?;
        let has_subquery = filter.as_ref().is_some_and(Bound::has_subquery) || returning.has_subquery();
        self.keep_rows(table, has_subquery);
        check_initial_behind_view(changed.filter(), filter.as_ref())?;
        let mut deleted = 0;
        let mut changes = Vec::new();
        let view = self.query_view();
        let rows = self.shared.catalog.slots(table.storage, view);
        check_needed(filter.as_ref(), !rows.is_empty())?;
        // Who is deleted first shows only in RETURNING.
        let is_open = !statement.returning.is_empty() && self.order_in_table(table.oid, filter.as_ref()) == Order::Open;
        for (slot, old) in rows {
            if self.passes_filter(changed.filter(), &old)? && self.passes_filter(filter.as_ref(), &old)? {
                self.refuse_changed_row(table, slot)?;
                if is_open && deleted > 0 {
                    return Err(unsupported("a change of rows whose order PostgreSQL leaves open"));
                }
                let view = self.catalog_view();
                self.shared.catalog.delete_row(table.storage, slot, view, &mut self.session.transaction.undo);
                returning.add(self, &old)?;
                changes.push(RowChange { old: Some(old), new: None });
                deleted += 1;
            }
        }
        self.forget_rows(has_subquery);
        self.after_rows(table, changes)?;
        returning.finish(format!("DELETE {deleted}"))
    }
}

/// Refuses a condition with a subquery that is run once beside the condition of a view, for which the planner chooses what
/// it looks at first.
fn check_initial_behind_view(of_view: Option<&Bound>, filter: Option<&Bound>) -> Result<()> {
    match of_view.is_some() && filter.is_some_and(Bound::holds_initial) {
        true => Err(unsupported("a subquery with sequence functions beside the condition of a view")),
        false => Ok(()),
    }
}

/// Refuses values for columns of which [`check_takes_value`] says so.
pub(super) fn check_identity(assignments: &[(usize, Option<Bound>)], data: &TableData, major: Major) -> Result<()> {
    let mut given = assignments.iter().filter(|(_, value)| value.is_some());
    given.try_for_each(|(place, _)| check_takes_value(&data.columns[*place], major))
}

/// Refuses an update of an identity column that is always generated, or of a generated column, to a value.
pub(super) fn check_takes_value(column: &Column, major: Major) -> Result<()> {
    let refused = |sqlstate| error(sqlstate, format!("column \"{}\" can only be updated to DEFAULT", column.name));
    if column.identity == Some(Generated::Always) {
        return Err(refused(sqlstate::GENERATED_ALWAYS).detail(always_detail(column)));
    }
    if column.computed.is_some() {
        return Err(refused(major.refused_computed_value()).detail(computed_detail(column)));
    }
    Ok(())
}

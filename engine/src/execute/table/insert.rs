//! INSERT (manual, "INSERT").

use super::super::{Execution, Extent, MissingSchema};
use super::check::{check_constant, fitted};
use super::computed::computed_detail;
use super::conflict::Conflict;
use super::referential::RowChange;
use super::returning::Returning;
use super::shown::ShownColumns;
use super::source::{Source, put_constant};
use super::target::Changed;
use super::{no_column, table_scope};
use crate::catalog::{Column, ColumnDefault, Relation, Slot, TableData, TableRow};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Bound, Order, Row, Value};
use crate::quirk::Quirk;
use crate::reply::StatementResult;
use crate::statement::{ConflictTarget, Generated, Identifier, Insert, Overriding, Privilege};

/// Where the value of one of the table's columns comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnSource {
    /// From this place in the list of values.
    Given(usize),
    /// From the column's default or identity.
    Default,
    /// The column is dropped.
    Dropped,
}

impl Execution<'_> {
    pub(in crate::execute) fn insert(&mut self, statement: &Insert) -> Result<StatementResult> {
        let changed = self.relation_to_change(&statement.table, MissingSchema::IsMissingRelation)?;
        let Changed { table, data, .. } = &changed;
        let (named, named_data) = changed.named();
        if changed.through.is_some() && statement.on_conflict.is_some() {
            return Err(unsupported("ON CONFLICT for a view"));
        }
        let scope = table_scope(named, statement.alias.as_ref(), &named_data.columns);
        let targets = target_columns(named, named_data, &statement.columns)?;
        let mut source = self.bind_source(statement, named_data, &scope, &targets)?;
        let targets = match &source {
            // Without a column list, fewer values than columns leave the rest to their defaults.
            Some(source) => targets[..source.width().min(targets.len())].to_vec(),
            None => Vec::new(),
        };
        let mut conflict = match &statement.on_conflict {
            Some(clause) => Some(self.bind_conflict(clause, table, data, &scope)?),
            None => None,
        };
        let mut returning = Returning::new(self, &scope, &statement.returning)?;
        self.lock_behind_view(&changed)?;
        let sources = self.column_sources(statement, data, &targets, source.as_ref())?;
        conflict.as_ref().map_or(Ok(()), |conflict| conflict.check_identity(data, self.shared.settings.major))?;
        if self.extent == Extent::Analyse {
            return returning.describe(self);
        }
        match &mut source {
            None => {}
            Some(Source::Single(values)) => values.iter_mut().flatten().try_for_each(|value| self.fold(value))?,
            Some(Source::Several(rows)) => {
                rows.iter_mut().flatten().flatten().try_for_each(|value| self.fold(value))?;
            }
            Some(Source::Query { plan, casts }) => {
                self.fold_plan(plan)?;
                for (index, cast) in casts.iter_mut().flatten().enumerate() {
                    // PostgreSQL merges a plain query into the INSERT: constants are converted before any row is made.
                    if let Some(constant) = plan.merged_constant(index) {
                        put_constant(cast, constant);
                        self.fold(cast)?;
                    }
                }
            }
        }
        self.plan_values(data, &targets, &sources, source.as_ref())?;
        if let (Some(clause), Some(conflict)) = (&statement.on_conflict, &mut conflict) {
            self.plan_conflict(clause, conflict, table, data)?;
        }
        if self.extent == Extent::Plan {
            return returning.describe(self);
        }
        self.need(named.oid, Privilege::Insert);
        if conflict.as_ref().is_some_and(|conflict| conflict.updates()) {
            self.need(named.oid, Privilege::Update);
        }
        let names_key = statement.on_conflict.as_ref().is_some_and(|clause| clause.target != ConflictTarget::Any);
        if names_key || returning.reads_columns() {
            self.need(named.oid, Privilege::Select);
        }
        self.check_change(table, "INSERT", "change")?;
        let has_subquery = source.as_ref().is_some_and(Source::has_subquery)
            || returning.has_subquery()
            || conflict.as_ref().is_some_and(Conflict::has_subquery);
        self.keep_rows(table, has_subquery);
        let shown = self.shown_columns(table, targets.iter().copied())?;
        let mut inserted = 0;
        let mut changes = Vec::new();
        let mut target = Target {
            table,
            data,
            sources: &sources,
            shown: &shown,
            conflict: conflict.as_mut(),
            inserted: &mut inserted,
            changes: &mut changes,
        };
        match &source {
            None => self.insert_row(&mut target, &[], None, &mut returning)?,
            Some(Source::Single(values)) => self.insert_row(&mut target, &[], Some(values), &mut returning)?,
            Some(Source::Several(rows)) => {
                for row in rows {
                    let mut given = Vec::with_capacity(row.len());
                    for (place, value) in row.iter().enumerate() {
                        let column = &data.columns[targets[place]];
                        given.push(match value {
                            // A DEFAULT that no column takes is not even computed; an expression is.
                            None if !sources.contains(&ColumnSource::Given(place)) => Value::Null,
                            Some(value) => fitted(column, self.evaluate(value, &Row::default())?)?,
                            None => self.default_value(table, data, targets[place])?,
                        });
                    }
                    self.insert_row(&mut target, &given, None, &mut returning)?;
                }
            }
            Some(Source::Query { plan, casts }) => {
                let mut failed_in_row = false;
                let order = self.run_plan(plan, None, &mut |execution, values| {
                    let inserted = execution.insert_row(&mut target, values, Some(casts), &mut returning);
                    failed_in_row = inserted.is_err();
                    inserted.map(|()| true)
                });
                let order = match order {
                    Err(Stop::Error(_)) if !failed_in_row && draws_defaults(data, &sources) => {
                        // The planner may have merged the query, so that a row's values are computed among its defaults.
                        return Err(unsupported("an error in the rows of INSERT … SELECT beside defaults"));
                    }
                    order => order?,
                };
                if order == Order::Open {
                    return Err(unsupported("INSERT of rows whose order PostgreSQL leaves open"));
                }
            }
        }
        self.forget_rows(has_subquery);
        self.after_rows(table, changes)?;
        returning.finish(format!("INSERT 0 {inserted}"))
    }

    /// Plans what goes into the columns: the columns in their order first, then the rows of VALUES when there are several.
    fn plan_values(
        &mut self,
        data: &TableData,
        targets: &[usize],
        sources: &[ColumnSource],
        source: Option<&Source>,
    ) -> Result<()> {
        for (place, column) in data.live_columns() {
            match (sources[place], source) {
                (ColumnSource::Default, _) => self.plan_default(column)?,
                (ColumnSource::Given(position), Some(Source::Single(values))) => {
                    self.plan_value(column, values[position].as_ref())?;
                }
                (ColumnSource::Given(position), Some(Source::Query { casts, .. })) => {
                    casts[position].iter().try_for_each(|cast| check_constant(column, cast))?;
                }
                _ => {}
            }
        }
        let Some(Source::Several(rows)) = source else { return Ok(()) };
        for (value, target) in rows.iter().flat_map(|row| row.iter().zip(targets)) {
            self.plan_value(&data.columns[*target], value.as_ref())?;
        }
        Ok(())
    }

    /// Decides for each column whether it is given or takes its default, with the rules of identity columns.
    fn column_sources(
        &mut self,
        statement: &Insert,
        data: &TableData,
        targets: &[usize],
        source: Option<&Source>,
    ) -> Result<Vec<ColumnSource>> {
        let mut sources = Vec::with_capacity(data.columns.len());
        let overriding = statement.overriding.filter(|overriding| match overriding {
            Overriding::System => !self.deviates(Quirk::OverridingSystemIgnored),
            Overriding::User => !self.deviates(Quirk::OverridingUserIgnored),
        });
        for (place, column) in data.columns.iter().enumerate() {
            if column.is_dropped {
                sources.push(ColumnSource::Dropped);
                continue;
            }
            let given = targets.iter().position(|target| *target == place);
            let all_default = |position: usize| source.is_some_and(|source| source.is_default(position));
            if column.computed.is_some() {
                if let Some(position) = given
                    && !all_default(position)
                {
                    return Err(error(
                        self.shared.settings.major.refused_computed_value(),
                        self.shared.settings.major.refused_identity_value(&column.name),
                    )
                    .detail(computed_detail(column)));
                }
                if given.is_some()
                    && matches!(source, Some(Source::Several(_)))
                    && !self.shared.settings.major.takes_default_in_values()
                {
                    return Err(unsupported("DEFAULT for a generated column in several rows of VALUES, before 14"));
                }
                sources.push(ColumnSource::Default);
                continue;
            }
            let is_replaced = overriding == Some(Overriding::User) && column.identity.is_some();
            if (column.identity == Some(Generated::Always) || is_replaced)
                && matches!(source, Some(Source::Several(_)))
                && given.is_some_and(|position| source.is_some_and(|source| source.has_default(position)))
                && !self.shared.settings.major.takes_default_in_values()
            {
                return Err(unsupported("DEFAULT for an identity column in several rows of VALUES, before 14"));
            }
            sources.push(match (given, column.identity) {
                (None, _) => ColumnSource::Default,
                (Some(position), Some(Generated::Always)) if overriding.is_none() && all_default(position) => {
                    ColumnSource::Default
                }
                (Some(_), Some(_)) if overriding == Some(Overriding::User) => {
                    self.reach(Clause::OverridingUser);
                    ColumnSource::Default
                }
                (Some(_), Some(Generated::Always))
                    if overriding != Some(Overriding::System) && !self.deviates(Quirk::IdentityAcceptsValues) =>
                {
                    self.reach(Clause::IdentityAlways);
                    return Err(error(
                        sqlstate::GENERATED_ALWAYS,
                        self.shared.settings.major.refused_identity_value(&column.name),
                    )
                    .detail(always_detail(column))
                    .hint("Use OVERRIDING SYSTEM VALUE to override."));
                }
                (Some(position), _) => ColumnSource::Given(position),
            });
        }
        Ok(sources)
    }

    /// Stores one row. Its values are `given`, or computed from these by `expressions`, in the order of the table's
    /// columns.
    fn insert_row(
        &mut self,
        target: &mut Target<'_>,
        given: &[Value],
        expressions: Option<&Vec<Option<Bound>>>,
        returning: &mut Returning,
    ) -> Result<()> {
        let mut row = Vec::with_capacity(target.sources.len());
        for (place, source) in target.sources.iter().enumerate() {
            if matches!(source, ColumnSource::Given(_)) && self.deviates(Quirk::DefaultAlwaysComputed) {
                self.default_value(target.table, target.data, place)?;
            }
            row.push(match (*source, expressions) {
                (ColumnSource::Dropped, _) => Value::Null,
                (ColumnSource::Default, _) => self.default_value(target.table, target.data, place)?,
                (ColumnSource::Given(position), None) => given[position].clone(),
                (ColumnSource::Given(position), Some(expressions)) => match &expressions[position] {
                    Some(value) => {
                        let value = self.evaluate(value, &Row { values: given, ..Row::default() })?;
                        fitted(&target.data.columns[place], value)?
                    }
                    None => self.default_value(target.table, target.data, place)?,
                },
            });
        }
        self.check_partition(target.table, target.data, &row)?;
        self.compute_columns(target.data, &mut row)?;
        if let Some(conflict) = &mut target.conflict {
            self.check_conditions(target.table, target.data, &row, target.shown)?;
            if let Some(existing) = self.conflicting_row(conflict, target.table, &row)? {
                let Some(change) = self.update_instead(conflict, target.table, target.data, &row, existing)? else {
                    return Ok(());
                };
                if let Some(new) = &change.new {
                    returning.add(self, new)?;
                }
                target.changes.push(change);
                *target.inserted += 1;
                return Ok(());
            }
        }
        self.check_row(target.table, target.data, &row, None, target.shown)?;
        let row: TableRow = row.into();
        target.changes.push(RowChange::inserted(&row));
        let slot = self.store_row(target.table, row.clone());
        returning.add(self, &row)?;
        if let Some(conflict) = &mut target.conflict {
            conflict.stored(slot);
        }
        *target.inserted += 1;
        Ok(())
    }

    /// Puts a row into a table: at its end, or where the statement had put it before it came to wait.
    pub(super) fn store_row(&mut self, table: &Relation, row: TableRow) -> Slot {
        let view = self.catalog_view();
        let kept = &mut self.session.progress.reserved;
        let undo = &mut self.session.transaction.undo;
        match kept.iter().position(|(storage, _)| *storage == table.storage) {
            None => self.shared.catalog.insert_row(table.storage, row, view, undo),
            Some(index) => {
                let place = kept.remove(index);
                self.shared.catalog.insert_row_at(place, row, view, undo);
                place.1
            }
        }
    }

    /// What a column holds when nothing is given: the next value of its identity sequence, its default as the column holds
    /// it, or NULL.
    pub(super) fn default_value(&mut self, table: &Relation, data: &TableData, place: usize) -> Result<Value> {
        let column = &data.columns[place];
        if column.identity.is_some() {
            let view = self.catalog_view();
            let Some(sequence) = self.identity_sequence(table.oid, place, view)? else {
                return Err(unsupported("an identity column without its sequence"));
            };
            return self.next_identity(sequence, column.column_type);
        }
        match &column.default {
            None => Ok(Value::Null),
            Some(default) => match default.value.clone() {
                Some(value) => fitted(column, self.evaluate(&value, &Row::default())?),
                None => Ok(Value::Opaque),
            },
        }
    }
}

/// Where rows go.
struct Target<'t> {
    table: &'t Relation,
    data: &'t TableData,
    sources: &'t [ColumnSource],
    shown: &'t ShownColumns,
    conflict: Option<&'t mut Conflict>,
    inserted: &'t mut usize,
    changes: &'t mut Vec<RowChange>,
}

/// Whether a row gets values that differ from row to row without being given.
fn draws_defaults(data: &TableData, sources: &[ColumnSource]) -> bool {
    data.live_columns().any(|(place, column)| {
        let draws = || column.identity.is_some() || column.default.as_ref().is_some_and(ColumnDefault::is_volatile);
        sources[place] == ColumnSource::Default && draws()
    })
}

pub(super) fn always_detail(column: &Column) -> String {
    format!("Column \"{}\" is an identity column defined as GENERATED ALWAYS.", column.name)
}

/// The columns that INSERT and COPY name, by their places; all of them when none is named.
pub(super) fn target_columns(table: &Relation, data: &TableData, named: &[Identifier]) -> Result<Vec<usize>> {
    if named.is_empty() {
        return Ok(data.live_columns().map(|(place, _)| place).collect());
    }
    let mut targets: Vec<usize> = Vec::with_capacity(named.len());
    for name in named {
        let Some((place, _)) = data.column(name.name()) else {
            return Err(no_column(name.name(), &table.name));
        };
        if targets.contains(&place) {
            return Err(error(
                sqlstate::DUPLICATE_COLUMN,
                format!("column \"{}\" specified more than once", name.name()),
            ));
        }
        targets.push(place);
    }
    Ok(targets)
}

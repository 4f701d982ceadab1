//! What INSERT, UPDATE, DELETE and COPY change: a table, or one behind a view (manual, "CREATE VIEW", "Updatable Views").

use std::rc::Rc;

use super::super::{Execution, MissingSchema};
use super::plain_column;
use crate::catalog::{Column, Kind, Persistence, Relation, StorageId, TableData, TableRow, ViewData};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::query::{Bound, Type};
use crate::statement::ObjectName;

/// The columns of the row that a sequence is.
const SEQUENCE_COLUMNS: [(&str, Type); 3] =
    [("last_value", Type::BigInt), ("log_cnt", Type::BigInt), ("is_called", Type::Boolean)];

/// What a statement changes.
pub(super) struct Changed {
    pub(super) table: Rc<Relation>,
    pub(super) data: TableData,
    /// The view by way of which it is changed.
    pub(super) through: Option<Through>,
}

/// A view that shows some columns of a table.
pub(super) struct Through {
    view: Rc<Relation>,
    /// The table's columns under the view's names.
    data: TableData,
    /// Which rows it shows.
    filter: Option<Bound>,
}

impl Changed {
    /// The relation that the statement names, with the columns that it can name.
    pub(super) fn named(&self) -> (&Relation, &TableData) {
        match &self.through {
            None => (&self.table, &self.data),
            Some(through) => (&through.view, &through.data),
        }
    }

    /// Of which rows the statement can know.
    pub(super) fn filter(&self) -> Option<&Bound> {
        self.through.as_ref()?.filter.as_ref()
    }
}

impl Execution<'_> {
    /// The relation that a statement changes, with its columns. A sequence has columns too: that it cannot be changed
    /// is found only when the statement is about to run.
    pub(super) fn relation_to_change(&mut self, name: &ObjectName, missing: MissingSchema) -> Result<Changed> {
        let name = self.range_name(name)?;
        let relation = self.require_relation(name, missing)?;
        self.lock(relation.oid, LockMode::RowExclusive)?;
        let data = match &relation.kind {
            Kind::Table(data) => data.clone(),
            Kind::Sequence(_) => TableData {
                columns: SEQUENCE_COLUMNS.iter().map(|(name, column_type)| plain_column(name, *column_type)).collect(),
                ..TableData::default()
            },
            Kind::View(view) => return self.behind_view(&relation, view),
            Kind::Index(_) => {
                return Err(self.shared.settings.major.cannot_open_index(&relation.name));
            }
        };
        Ok(Changed { table: relation, data, through: None })
    }

    fn behind_view(&mut self, view: &Rc<Relation>, stored: &ViewData) -> Result<Changed> {
        let Some((table, places, filter)) = stored.plan.plain_columns() else {
            return Err(unsupported(
                "changing rows through a view that is more than columns of a table in their order",
            ));
        };
        // The table is changed with the privileges of the view's owner.
        if !self.is_superusers(view) {
            return Err(unsupported("changing rows through a view of a role that may not change everything"));
        }
        let (table, data) = self.table_now(table)?;
        let mut columns: Vec<Column> = data.columns.to_vec();
        // What the view does not show keeps its place, under a name that nobody can write.
        columns.iter_mut().for_each(|column| column.is_dropped = true);
        for ((name, _), place) in stored.columns.iter().zip(places) {
            let column = &mut columns[place];
            (column.name, column.is_dropped) = (name.clone(), false);
        }
        let through = Through {
            view: view.clone(),
            data: TableData { columns, ..TableData::default() },
            filter: filter.cloned(),
        };
        Ok(Changed { table, data, through: Some(through) })
    }

    /// Locks the table behind a view: the view is taken apart once the statement is analysed.
    pub(super) fn lock_behind_view(&mut self, changed: &Changed) -> Result<()> {
        if changed.through.is_none() {
            return Ok(());
        }
        self.reach(Clause::ViewUpdatable);
        self.lock(changed.table.oid, LockMode::RowExclusive)
    }

    /// Keeps a table's rows as they are, when subqueries of the statement that is going to change them may read them: they
    /// see none of its changes (manual, "Transaction Isolation", and "Modifying Data" in WITH).
    pub(super) fn keep_rows(&mut self, table: &Relation, has_subquery: bool) {
        if has_subquery {
            let rows = self.shared.catalog.rows(table.storage, self.query_view());
            self.unchanged.push((table.storage, rows));
        }
    }

    /// The statement is over that [`keep_rows`](Self::keep_rows) was called for.
    pub(super) fn forget_rows(&mut self, has_subquery: bool) {
        if has_subquery {
            self.unchanged.pop();
        }
    }

    /// The rows that a table had before the statement under way began to change them.
    pub(crate) fn rows_before_change(&self, storage: StorageId) -> Option<Vec<TableRow>> {
        self.unchanged.iter().find(|(changed, _)| *changed == storage).map(|(_, rows)| rows.clone())
    }

    /// The last checks before rows are changed: the transaction may write, and the relation is a table.
    pub(super) fn check_change(&mut self, relation: &Relation, command: &str, verb: &str) -> Result<()> {
        if relation.persistence != Persistence::Temporary {
            self.prevent_if_read_only(command)?;
        }
        self.check_needed()?;
        if relation.sequence().is_some() {
            self.reach(Clause::NotUpdatable);
            return Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("cannot {verb} sequence \"{}\"", relation.name)));
        }
        self.check_serializable()?;
        if command == "UPDATE" || command == "DELETE" {
            self.refuse_rows_of_others(relation.storage)?;
        }
        Ok(())
    }
}

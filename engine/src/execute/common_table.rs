//! WITH that changes rows (manual, "Data-Modifying Statements in WITH").
//!
//! PostgreSQL runs such a statement while its reader asks for rows, and to its end in any case; one that nobody reads runs
//! after everything else. All parts see the database as it was before.

use std::rc::Rc;

use super::{Execution, Extent};
use crate::catalog::{Oid, Relation};
use crate::error::{Result, Stop, unsupported};
use crate::query::{Binder, Content, KnownTable, Scope, Value, known_columns};
use crate::reply::StatementResult;
use crate::statement::{CommonTable, Statement, With};

/// A statement in WITH that changes rows.
pub(super) struct Changing {
    statement: Rc<Statement>,
    /// What it has returned, once it has run.
    rows: Option<Rc<Vec<Vec<Value>>>>,
    /// The sequences that it has touched.
    touched: Touched,
}

/// Sequences whose state a part of a statement has read or changed.
#[derive(Debug, Default, Clone)]
pub(super) struct Touched {
    sequences: Vec<Oid>,
    /// Whether lastval was called, which depends on all of them.
    reads_last: bool,
}

impl Touched {
    fn is_empty(&self) -> bool {
        self.sequences.is_empty() && !self.reads_last
    }

    fn add(&mut self, other: Touched) {
        self.sequences.extend(other.sequences);
        self.reads_last |= other.reads_last;
    }
}

impl Execution<'_> {
    /// Notes that a function works on a sequence.
    pub(super) fn touch(&mut self, sequence: Oid) {
        self.touched.sequences.push(sequence);
    }

    /// Notes that a function asks for the sequence that was used last.
    pub(super) fn touch_last(&mut self) {
        self.touched.reads_last = true;
    }

    pub(super) fn with_statement(&mut self, with: &With) -> Result<StatementResult> {
        let changes = with.tables.iter().any(|table| !matches!(table.statement, Statement::Query(_)));
        if changes && (!self.is_superuser() || self.prevent_if_read_only("WITH").is_err()) {
            return Err(unsupported("WITH that changes rows and may not be permitted"));
        }
        self.forget_common_tables();
        let result = self.define_and_run(with, changes);
        self.forget_common_tables();
        result
    }

    fn forget_common_tables(&mut self) {
        self.known_tables.clear();
        self.coming_tables.clear();
        self.changing.clear();
        self.returned = None;
        self.touched = Touched::default();
    }

    fn define_and_run(&mut self, with: &With, changes: bool) -> Result<StatementResult> {
        let mut changed = Vec::new();
        self.lookups = changes.then(Vec::new);
        self.coming_tables = with.tables.iter().rev().map(|table| table.name.name().into()).collect();
        let defined = with.tables.iter().try_for_each(|table| {
            self.define_common_table(table, &mut changed)?;
            self.coming_tables.pop();
            Ok(())
        });
        // The whole is analysed before anything is run.
        let analysed = match (defined, changes) {
            (Ok(()), true) => self.analysed(&with.statement),
            (defined, _) => defined,
        };
        let seen = self.lookups.take().unwrap_or_default();
        analysed?;
        if changes {
            changed.extend(changed_table(&with.statement));
            self.check_apart(&changed, &seen)?;
        }
        let result = self.plannable(&with.statement);
        self.finish_changes(result)
    }

    fn analysed(&mut self, statement: &Statement) -> Result<()> {
        let extent = std::mem::replace(&mut self.extent, Extent::Analyse);
        let needed = self.needed.clone();
        let result = self.plannable(statement);
        self.extent = extent;
        self.needed = needed;
        result.map(|_| ())
    }

    fn define_common_table<'s>(
        &mut self,
        table: &'s CommonTable,
        changed: &mut Vec<&'s crate::statement::ObjectName>,
    ) -> Result<()> {
        self.check_new_known(table, 0)?;
        let (statement, returns) = match &table.statement {
            Statement::Query(_) => {
                let known = Binder::new(self, Scope::default()).common_query(table)?;
                self.known_tables.push(known);
                return Ok(());
            }
            Statement::Insert(insert) => (&table.statement, !insert.returning.is_empty()),
            Statement::Update(update) => (&table.statement, !update.returning.is_empty()),
            Statement::Delete(delete) => (&table.statement, !delete.returning.is_empty()),
            _ => return Err(unsupported("WITH of a statement of this kind")),
        };
        changed.extend(changed_table(statement));
        self.described.clear();
        self.analysed(statement)?;
        let described = std::mem::take(&mut self.described);
        let (columns, content) = match returns {
            true => (known_columns(table, described)?, Content::Changes(self.changing.len())),
            false => (Vec::new(), Content::Nothing),
        };
        self.changing.push(Changing { statement: Rc::new(statement.clone()), rows: None, touched: Touched::default() });
        self.known_tables.push(KnownTable { name: table.name.name().into(), columns, content });
        Ok(())
    }

    /// Refuses statements one part of which changes what another part reads or changes: what they see of one another is
    /// outside the model.
    fn check_apart(&mut self, changed: &[&crate::statement::ObjectName], seen: &[Rc<Relation>]) -> Result<()> {
        let view = self.catalog_view();
        for (place, name) in changed.iter().enumerate() {
            let range = self.range_name(name)?;
            let relation = self.require_relation(range, super::MissingSchema::IsMissingRelation)?;
            if relation.table().is_none() {
                return Err(unsupported("WITH that changes something that is no table"));
            }
            let times = seen.iter().filter(|other| other.oid == relation.oid).count();
            let others = changed[..place].contains(name);
            if times > 1 || others || seen.iter().any(|other| other.view().is_some()) {
                return Err(unsupported("WITH whose parts read or change the same table"));
            }
            if !self.shared.catalog.referencing(relation.oid, view).is_empty()
                && changed.len() > 1
                && seen.iter().any(|other| {
                    let keys = other.table().into_iter().flat_map(|data| &data.constraints);
                    keys.filter_map(|constraint| match &constraint.kind {
                        crate::catalog::ConstraintKind::Foreign(key) => Some(key.on_delete),
                        _ => None,
                    })
                    .any(|action| action != crate::statement::ReferentialAction::NoAction)
                })
            {
                return Err(unsupported("WITH whose parts change tables that refer to one another"));
            }
        }
        Ok(())
    }

    /// The rows that a statement in WITH returns; it runs when they are first asked for.
    pub(crate) fn changed_rows(&mut self, index: usize) -> Result<Rc<Vec<Vec<Value>>>> {
        if let Some(rows) = self.changing.get(index).and_then(|changing| changing.rows.clone()) {
            return Ok(rows);
        }
        let Some(statement) = self.changing.get(index).map(|changing| changing.statement.clone()) else {
            return Err(unsupported("a statement in WITH out of place"));
        };
        let before = std::mem::take(&mut self.touched);
        let returned = self.returned.replace(Vec::new());
        let result = self.plannable(&statement);
        let rows = Rc::new(std::mem::replace(&mut self.returned, returned).unwrap_or_default());
        let touched = std::mem::replace(&mut self.touched, before);
        match result {
            // How far its readers had come shows in the sequences that they use.
            Err(Stop::Error(_)) if rows.len() > 1 => {
                return Err(unsupported("an error in WITH after several rows"));
            }
            result => result.map(|_| ())?,
        }
        if let Some(changing) = self.changing.get_mut(index) {
            changing.rows = Some(rows.clone());
            changing.touched = touched;
        }
        Ok(rows)
    }

    /// Runs the statements in WITH that nobody has read, and refuses a result that depends on how PostgreSQL takes turns.
    fn finish_changes(&mut self, result: Result<StatementResult>) -> Result<StatementResult> {
        let own = std::mem::take(&mut self.touched);
        let mut whole = own.clone();
        for changing in &self.changing {
            let takes_turns = changing.rows.as_ref().is_some_and(|rows| rows.len() > 1);
            if takes_turns
                && (!changing.touched.is_empty() && !whole.is_empty() || matches!(result, Err(Stop::Error(_))))
            {
                return Err(unsupported("sequence functions on both sides of several rows of WITH"));
            }
            whole.add(changing.touched.clone());
        }
        let result = result?;
        let unread: Vec<usize> =
            (0..self.changing.len()).filter(|index| self.changing[*index].rows.is_none()).collect();
        if unread.len() > 1 {
            return Err(unsupported("several statements in WITH that nobody reads"));
        }
        for index in unread {
            self.changed_rows(index)?;
        }
        Ok(result)
    }
}

/// The table that a statement changes.
fn changed_table(statement: &Statement) -> Option<&crate::statement::ObjectName> {
    match statement {
        Statement::Insert(insert) => Some(&insert.table),
        Statement::Update(update) => Some(&update.table),
        Statement::Delete(delete) => Some(&delete.table),
        _ => None,
    }
}

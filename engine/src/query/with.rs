//! Analysing WITH (manual, "WITH Queries (Common Table Expressions)").

use std::rc::Rc;

use super::bind::Binder;
use super::from::rename_columns;
use super::plan::Source;
use super::scope::ScopeTable;
use super::{Plan, Type};
use crate::catalog::{Oid, Privileges};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::statement::{CommonTable, Identifier, Statement, WithQuery};

/// What a name that WITH defines stands for, while the statement is analysed.
#[derive(Debug, Clone)]
pub(crate) struct KnownTable {
    pub(crate) name: Rc<str>,
    pub(crate) columns: Vec<(Rc<str>, Type)>,
    pub(crate) content: Content,
}

/// Where its rows come from.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// A query's, with what it needs; nobody needs anything for a query that is not read.
    Query { plan: Box<Plan>, needed: Vec<(Oid, Privileges)>, is_read: bool },
    /// The statement's with this place among those that change rows.
    Changes(usize),
    /// A statement's that returns none.
    Nothing,
}

impl Binder<'_, '_> {
    /// Analyses a query behind WITH: its names hide relations until its end.
    pub(super) fn with_query(&mut self, with: &WithQuery) -> Result<Plan> {
        let outer = self.execution.known_tables.len();
        let plan = self.define_and_bind(with, outer);
        self.execution.known_tables.truncate(outer);
        plan
    }

    fn define_and_bind(&mut self, with: &WithQuery, outer: usize) -> Result<Plan> {
        let coming = self.execution.coming_tables.len();
        self.execution.coming_tables.extend(with.tables.iter().rev().map(|table| table.name.name().into()));
        for table in &with.tables {
            self.execution.check_new_known(table, outer)?;
            let known = self.common_query(table)?;
            self.execution.known_tables.push(known);
            self.execution.coming_tables.pop();
        }
        debug_assert_eq!(self.execution.coming_tables.len(), coming, "each name has come");
        self.query(&with.query)
    }

    /// Analyses one query that WITH defines, which sees those before it.
    pub(crate) fn common_query(&mut self, table: &CommonTable) -> Result<KnownTable> {
        let Statement::Query(query) = &table.statement else {
            return Err(unsupported("a statement in a nested WITH that changes rows"));
        };
        let needed_before = std::mem::take(&mut self.execution.needed);
        let plan = self.subquery_in_own_scope(query);
        let needed = std::mem::replace(&mut self.execution.needed, needed_before);
        let plan = plan?;
        let columns = known_columns(table, plan.names().into_iter().zip(plan.types()).collect())?;
        let content = Content::Query { plan: Box::new(plan), needed, is_read: false };
        Ok(KnownTable { name: table.name.name().into(), columns, content })
    }

    /// What a name in FROM stands for, when WITH has defined it.
    pub(super) fn common_table(
        &mut self,
        name: &Identifier,
        alias: Option<&Identifier>,
    ) -> Result<Option<(Source, ScopeTable)>> {
        let is_nested = self.scopes.len() > 1;
        let tables = &mut self.execution.known_tables;
        let Some(known) = tables.iter_mut().rev().find(|known| *known.name == *name.name()) else { return Ok(None) };
        let source = match &mut known.content {
            Content::Query { plan, needed, is_read } => {
                // PostgreSQL computes such a query once, and row by row as its reader asks.
                if plan.is_volatile() && (std::mem::replace(is_read, true) || is_nested) {
                    return Err(unsupported(
                        "a query in WITH that calls sequence functions and is read more than once",
                    ));
                }
                self.execution.needed.extend(needed.iter().copied());
                Source::Subquery((**plan).clone())
            }
            Content::Changes(index) => Source::Changes { index: *index, width: known.columns.len() },
            Content::Nothing => {
                return Err(error(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    format!("WITH query \"{}\" does not have a RETURNING clause", known.name),
                ));
            }
        };
        Ok(Some((source, ScopeTable::aliased(known.name.clone(), alias, known.columns.clone()))))
    }
}

impl crate::execute::Execution<'_> {
    /// Refuses a name that the same WITH has defined already: those from `outer` on.
    pub(crate) fn check_new_known(&self, table: &CommonTable, outer: usize) -> Result<()> {
        let name = table.name.name();
        match self.known_tables[outer..].iter().any(|known| *known.name == *name) {
            true => {
                Err(error(sqlstate::DUPLICATE_ALIAS, format!("WITH query name \"{name}\" specified more than once")))
            }
            false => Ok(()),
        }
    }
}

/// The columns of such a table, under the names that it gives them.
pub(crate) fn known_columns(table: &CommonTable, columns: Vec<(Rc<str>, Type)>) -> Result<Vec<(Rc<str>, Type)>> {
    let name = table.name.name();
    if table.columns.len() > columns.len() {
        return Err(error(
            sqlstate::INVALID_COLUMN_REFERENCE,
            format!(
                "WITH query \"{name}\" has {} columns available but {} columns specified",
                columns.len(),
                table.columns.len()
            ),
        ));
    }
    let (mut names, types): (Vec<Rc<str>>, Vec<Type>) = columns.into_iter().unzip();
    rename_columns(&mut names, &table.columns, name)?;
    Ok(names.into_iter().zip(types).collect())
}

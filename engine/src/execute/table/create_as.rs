//! CREATE TABLE AS and SELECT INTO (manual, "CREATE TABLE AS").

use std::rc::Rc;

use super::super::names::{relation_exists, relation_exists_notice};
use super::super::{Execution, done};
use super::alter::check_system_columns;
use super::plain_column;
use crate::catalog::{Column, Kind, TableData, TableRow};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::query::{Binder, Fit, Order, Plan, Scope, Type};
use crate::reply::StatementResult;
use crate::statement::{CreateTableAs, Privilege};

impl Execution<'_> {
    pub(in crate::execute) fn create_table_as(&mut self, statement: &CreateTableAs) -> Result<StatementResult> {
        self.is_utility = true;
        let plan = Binder::new(self, Scope::default()).query(&statement.query);
        self.is_utility = false;
        let mut plan = plan?;
        // The query is analysed before anything asks what kind of statement holds it.
        self.prevent_if_read_only(if statement.is_select_into { "SELECT INTO" } else { "CREATE TABLE AS" })?;
        // The query sees what there was when its analysis was over.
        self.has_sight = true;
        let name = self.range_name(&statement.name)?;
        let (schema, persistence) = self.creation_schema(name, statement.persistence)?;
        if self.is_name_taken(schema, name.name) {
            if !statement.if_not_exists {
                return Err(relation_exists(name.name));
            }
            self.notice(relation_exists_notice(name.name));
            return done("CREATE TABLE AS");
        }
        if !statement.without_data {
            self.fold_plan(&mut plan)?;
            self.check_needed()?;
        }
        let fits = (0..plan.types().len()).map(|place| self.fit_of_column(&plan, place)).collect::<Result<Vec<_>>>()?;
        let columns = new_columns(statement, &plan, fits)?;
        self.check_schema(schema, Privilege::Create)?;
        self.check_new_relation(schema, name.name, true)?;
        let kind = Kind::Table(TableData { columns, ..TableData::default() });
        let (_, storage) = self.make_relation(schema, name.name, persistence, kind)?;
        self.reach(Clause::TableAs);
        if statement.without_data {
            return done("CREATE TABLE AS");
        }
        let mut count = 0;
        let order = self.run_plan(&plan, None, &mut |execution, values| {
            let view = execution.catalog_view();
            let row: TableRow = values.into();
            execution.shared.catalog.insert_row(storage, row, view, &mut execution.session.transaction.undo);
            count += 1;
            Ok(true)
        })?;
        if order == Order::Open && count > 1 {
            return Err(unsupported("CREATE TABLE AS of rows whose order PostgreSQL leaves open"));
        }
        done(format!("SELECT {count}"))
    }
}

/// The columns of a table that has a query's.
fn new_columns(statement: &CreateTableAs, plan: &Plan, fits: Vec<Fit>) -> Result<Vec<Column>> {
    let mut names: Vec<Rc<str>> = plan.names();
    let types = plan.types();
    if statement.columns.len() > names.len() {
        return Err(error(sqlstate::SYNTAX_ERROR, "too many column names were specified"));
    }
    for (name, given) in names.iter_mut().zip(&statement.columns) {
        *name = given.name().into();
    }
    let mut columns: Vec<Column> = Vec::with_capacity(names.len());
    for ((name, column_type), fit) in names.into_iter().zip(types).zip(fits) {
        let is_plain =
            column_type.is_number() || matches!(column_type, Type::Boolean | Type::Text | Type::Varchar | Type::Name);
        // Of a type outside the model the column must say which it is.
        if !is_plain && fit.opaque.is_none() {
            return Err(unsupported(format!("CREATE TABLE AS with a column of type {}", column_type.sql_name())));
        }
        if columns.iter().any(|other| other.name == name) {
            return Err(error(sqlstate::DUPLICATE_COLUMN, format!("column \"{name}\" specified more than once")));
        }
        let Fit { modifier, opaque } = fit;
        columns.push(Column { modifier, opaque, ..plain_column(&name, column_type) });
    }
    check_system_columns(&columns)?;
    Ok(columns)
}

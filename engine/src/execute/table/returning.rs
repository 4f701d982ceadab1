//! RETURNING, row by row.

use std::rc::Rc;

use super::super::query::{check_types, column_names, wire_types};
use super::super::{Execution, done, rows};
use crate::error::{Result, error, sqlstate};
use crate::query::{Binder, Output, Row, Scope, Type, Value};
use crate::reply::{Rows, StatementResult};
use crate::statement::SelectItem;

/// What a statement that changes rows gives back.
pub(super) struct Returning {
    outputs: Vec<Output>,
    types: Vec<Type>,
    rows: Option<Rows>,
}

impl Returning {
    pub(super) fn new(execution: &mut Execution<'_>, scope: &Scope, items: &[SelectItem]) -> Result<Returning> {
        if items.is_empty() {
            return Ok(Returning { outputs: Vec::new(), types: Vec::new(), rows: None });
        }
        let outputs = Binder::new(execution, scope.clone()).select_list(items)?;
        if outputs.is_empty() {
            return Err(error(sqlstate::SYNTAX_ERROR, "RETURNING must have at least one column"));
        }
        if outputs.iter().any(|output| output.value.holds_aggregate()) {
            return Err(error(sqlstate::GROUPING_ERROR, "aggregate functions are not allowed in RETURNING"));
        }
        if outputs.iter().any(|output| output.value.holds_series()) {
            return Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "set-returning functions are not allowed in RETURNING"));
        }
        let types: Vec<Type> = outputs.iter().map(|output| output.value_type).collect();
        check_types(&types)?;
        let names: Vec<Rc<str>> = outputs.iter().map(|output| output.name.clone()).collect();
        let rows = Some(Rows { columns: column_names(&names), types: wire_types(&types), ..Rows::default() });
        Ok(Returning { outputs, types, rows })
    }

    /// Whether the clause reads what the table holds, for which one needs the privilege SELECT.
    pub(super) fn reads_columns(&self) -> bool {
        self.outputs.iter().any(|output| !output.value.columns().is_empty())
    }

    /// Whether subqueries are part of the clause.
    pub(super) fn has_subquery(&self) -> bool {
        self.outputs.iter().any(|output| output.value.has_subquery())
    }

    /// Computes the clause for one changed row.
    pub(super) fn add(&mut self, execution: &mut Execution<'_>, row: &[Value]) -> Result<()> {
        let Some(rows) = &mut self.rows else { return Ok(()) };
        let context = Row { values: row, ..Row::default() };
        let values = self
            .outputs
            .iter()
            .map(|output| execution.shown_value(&output.value, &context))
            .collect::<Result<Vec<_>>>()?;
        if let Some(returned) = &mut execution.returned {
            returned.push(values.clone());
        }
        execution.push_row(rows, &self.types, &values)
    }

    /// Notes what the clause would give.
    pub(super) fn describe(&self, execution: &mut Execution<'_>) -> Result<StatementResult> {
        let names = self.outputs.iter().map(|output| output.name.clone()).collect();
        execution.describe_result(names, self.types.clone())
    }

    pub(super) fn finish(self, tag: String) -> Result<StatementResult> {
        match self.rows {
            Some(result) => rows(result, tag),
            None => done(tag),
        }
    }
}

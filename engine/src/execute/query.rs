//! SELECT and VALUES as statements.

use std::borrow::Cow;
use std::rc::Rc;

use super::{Execution, Extent, done, rows};
use crate::error::{Result, unsupported};
use crate::query::{Binder, Order, Plan, Scope, Type, Value};
use crate::reply::{Cell, Rows, StatementResult};
use crate::statement::Query;

impl Execution<'_> {
    pub(super) fn query(&mut self, query: &Query) -> Result<StatementResult> {
        self.take_snapshot();
        let mut plan = Binder::new(self, Scope::default()).query(query)?;
        if self.extent == Extent::Analyse {
            return self.describe_result(plan.names(), plan.types());
        }
        self.fold_plan(&mut plan)?;
        if self.extent == Extent::Plan {
            return self.describe_result(plan.names(), plan.types());
        }
        self.check_needed()?;
        let result = self.collect(&plan)?;
        // Locks are kept in the rows themselves, so that they are written to the log like any change.
        self.session.transaction.has_logged |= self.locks_logged_rows && result.count > 0;
        let tag = select_tag(result.count);
        rows(result, tag)
    }

    /// Notes the columns of a result that is not computed.
    pub(super) fn describe_result(&mut self, names: Vec<Rc<str>>, types: Vec<Type>) -> Result<StatementResult> {
        check_types(&types)?;
        self.described = names.into_iter().zip(types).collect();
        done("")
    }

    /// Runs a query to its end.
    fn collect(&mut self, plan: &Plan) -> Result<Rows> {
        let types = plan.types();
        check_types(&types)?;
        let mut result = Rows { columns: column_names(&plan.names()), types: wire_types(&types), ..Rows::default() };
        let order = self.run_plan(plan, None, &mut |execution, values| {
            execution.push_row(&mut result, &types, values)?;
            Ok(true)
        })?;
        result.unordered = order == Order::Open;
        Ok(result)
    }

    /// Adds a row to a result.
    pub(super) fn push_row(&mut self, result: &mut Rows, types: &[Type], values: &[Value]) -> Result<()> {
        result.count += 1;
        for (value, value_type) in values.iter().zip(types) {
            let cell = match (value, value_type) {
                (Value::Integer(number), identifier) if identifier.is_identifier() => {
                    Cell::from_text(&self.write_identifier(*number, *identifier)?)
                }
                (Value::Opaque, _) => Cell::Any,
                (Value::Partial(_), _) => {
                    return Err(unsupported("a value that nobody can predict"));
                }
                _ => value.to_cell(*value_type),
            };
            result.cells.push(cell);
        }
        Ok(())
    }
}

/// Refuses results whose values nobody can predict.
pub(super) fn check_types(types: &[Type]) -> Result<()> {
    match types.iter().any(|value_type| matches!(value_type, Type::Tree)) {
        true => Err(unsupported("a result whose values nobody can predict")),
        false => Ok(()),
    }
}

/// The columns' types as a result's description gives them.
pub(super) fn wire_types(types: &[Type]) -> Vec<u32> {
    types.iter().map(|value_type| value_type.wire_number()).collect()
}

pub(super) fn column_names(names: &[std::rc::Rc<str>]) -> Vec<Cow<'static, str>> {
    names
        .iter()
        .map(|name| match &**name {
            // The names that come up in almost every result need no allocation.
            "nextval" => Cow::Borrowed("nextval"),
            "currval" => Cow::Borrowed("currval"),
            "setval" => Cow::Borrowed("setval"),
            "lastval" => Cow::Borrowed("lastval"),
            other => Cow::Owned(other.to_owned()),
        })
        .collect()
}

fn select_tag(count: usize) -> Cow<'static, str> {
    match count {
        0 => Cow::Borrowed("SELECT 0"),
        1 => Cow::Borrowed("SELECT 1"),
        count => Cow::Owned(format!("SELECT {count}")),
    }
}

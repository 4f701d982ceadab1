//! Values on their way into a column.

use crate::catalog::Column;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::query::{Binder, Bound, CastContext, Type, Typed, Value};
use crate::statement::Expression;

impl Binder<'_, '_> {
    /// The value that is written for a column of a type outside the model, if it certainly is one of that type.
    pub(super) fn given_value(&mut self, column: &Column, value: &Expression) -> Option<Typed> {
        let value = self.execution().given_value(column, value)?;
        Some(Typed { bound: Bound::Constant(value), value_type: column.column_type })
    }

    /// Converts a value for storing into a column.
    pub(super) fn assign(&mut self, typed: Typed, column: &Column) -> Result<Bound> {
        let found = typed.value_type;
        if column.column_type.is_opaque() {
            // Values of one type, and not fitted to another length, are stored as they are.
            let is_alike =
                typed.value_type == column.column_type && column.column_type != Type::Opaque(0) && !column.is_fitted();
            return match &typed.bound {
                Bound::Constant(Value::Null) => Ok(typed.bound),
                Bound::Constant(_) if typed.value_type.is_opaque() => Ok(typed.bound),
                _ if is_alike => Ok(typed.bound),
                _ => Err(unsupported(format!("a value for column {}, whose type is outside the model", column.name))),
            };
        }
        match self.coerce(typed, column.column_type, CastContext::Assignment)? {
            Some(typed) => Ok(typed.bound),
            None => Err(error(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "column \"{}\" is of type {} but expression is of type {}",
                    column.name,
                    column.column_type.sql_name(),
                    found.sql_name()
                ),
            )
            .hint("You will need to rewrite or cast the expression.")),
        }
    }
}

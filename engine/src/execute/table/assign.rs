//! Values on their way into a column.

use crate::catalog::Column;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::query::{Binder, Bound, CastContext, Type, Typed, Value};

/// A value of a type outside the model.
pub(super) fn unpredictable() -> Typed {
    Typed { bound: Bound::Constant(Value::Opaque), value_type: Type::Opaque }
}

impl Binder<'_, '_> {
    /// Converts a value for storing into a column.
    pub(super) fn assign(&mut self, typed: Typed, column: &Column) -> Result<Bound> {
        let found = typed.value_type;
        if column.column_type == Type::Opaque {
            return match &typed.bound {
                Bound::Constant(Value::Null | Value::Opaque) => Ok(typed.bound),
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

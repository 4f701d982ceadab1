//! Column defaults as text, as `pg_get_expr` writes them (manual, "System Catalog Information Functions").

use crate::catalog::Column;
use crate::execute::Execution;
use crate::query::function::Function;
use crate::query::plan::Bound;
use crate::query::{Type, Value};

impl Execution<'_> {
    /// A column's default as text; NULL without one, opaque when its text is outside the model.
    pub(super) fn deparsed_default(&mut self, column: &Column) -> Value {
        let Some(default) = column.default.as_ref() else { return Value::Null };
        // What converts the expression to the column's type of itself is not written.
        let Some((value, value_type)) = default.given(column.column_type) else { return Value::Opaque };
        match self.deparsed(value, value_type) {
            Some(text) => Value::text(&text),
            None => Value::Opaque,
        }
    }

    fn deparsed(&mut self, expression: &Bound, value_type: Type) -> Option<String> {
        match expression {
            Bound::Constant(value) => constant(value, value_type),
            Bound::Relation(oid) => {
                let name = self.write_identifier(oid.0.into(), Type::Regclass).ok()?;
                Some(format!("{}::regclass", quoted(&name)))
            }
            Bound::Call { function: Function::Nextval, arguments } => match arguments.as_slice() {
                [argument] => Some(format!("nextval({})", self.deparsed(argument, Type::Regclass)?)),
                _ => None,
            },
            Bound::Cast { operand, from, to } if from.is_integer() && to.is_integer() => {
                Some(format!("({})::{}", self.deparsed(operand, *from)?, to.sql_name()))
            }
            Bound::Cast { operand, from: Type::Text, to: Type::Regclass } => {
                Some(format!("({})::regclass", self.deparsed(operand, Type::Text)?))
            }
            _ => None,
        }
    }
}

fn constant(value: &Value, value_type: Type) -> Option<String> {
    match (value, value_type) {
        (Value::Null, value_type) => Some(format!("NULL::{}", value_type.sql_name())),
        (Value::Integer(value), Type::Integer) if *value >= 0 => Some(value.to_string()),
        (Value::Integer(value), Type::Integer | Type::BigInt) => Some(format!("'{value}'::{}", value_type.sql_name())),
        (Value::Boolean(value), Type::Boolean) => Some(value.to_string()),
        (Value::Text(text), Type::Text | Type::Varchar | Type::Name) => {
            Some(format!("{}::{}", quoted(text), value_type.sql_name()))
        }
        _ => None,
    }
}

/// A string constant. With `standard_conforming_strings` a backslash is like any other character.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

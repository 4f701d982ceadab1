//! Column defaults as text, as `pg_get_expr` writes them (manual, "System Catalog Information Functions").

use crate::catalog::Column;
use crate::execute::Execution;
use crate::query::function::{Function, Routine, SIGNATURES};
use crate::query::operator::{is_arithmetic, symbol};
use crate::query::plan::Bound;
use crate::query::{Type, Value};
use crate::statement::BinaryOperator;

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
            Bound::Call { function, arguments } => self.deparsed_call(*function, arguments),
            Bound::Cast { operand, from, to } if from == to => self.deparsed(operand, *to),
            Bound::Cast { operand, from, to } if is_shown_cast(*from, *to) => {
                Some(format!("({})::{}", self.deparsed(operand, *from)?, to.sql_name()))
            }
            Bound::Operator { operator, left, right, .. }
                if is_arithmetic(*operator) || *operator == BinaryOperator::Concatenate =>
            {
                let left = self.deparsed(left, type_of_operand(left))?;
                let right = self.deparsed(right, type_of_operand(right))?;
                Some(format!("({left} {} {right})", symbol(*operator)))
            }
            _ => None,
        }
    }

    fn deparsed_call(&mut self, function: Function, arguments: &[Bound]) -> Option<String> {
        let is_written_so = matches!(
            function,
            Function::Currval
                | Function::Lastval
                | Function::PadLeft
                | Function::PadRight
                | Function::Lower
                | Function::Upper
                | Function::Length
                | Function::Absolute(_)
                | Function::FormatNumber
        );
        let mut variants = SIGNATURES.iter().filter(|signature| {
            signature.routine == Routine::Scalar(function) && signature.arguments.len() == arguments.len()
        });
        let signature = variants.next().filter(|_| is_written_so)?;
        // The type of a constant decides how it is written.
        let is_certain = variants.next().is_none() || !matches!(arguments.first(), Some(Bound::Constant(_)));
        let mut written = Vec::with_capacity(arguments.len());
        for (argument, value_type) in arguments.iter().zip(signature.arguments).filter(|_| is_certain) {
            written.push(self.deparsed(argument, *value_type)?);
        }
        is_certain.then(|| format!("{}({})", signature.name, written.join(", ")))
    }
}

/// Whether a conversion is written as a cast; even one that nobody wrote is, inside an expression.
fn is_shown_cast(from: Type, to: Type) -> bool {
    let is_plain = |side: Type| side.is_integer() || matches!(side, Type::Text | Type::Varchar);
    is_plain(from) && is_plain(to) || (from, to) == (Type::Text, Type::Regclass)
}

/// The type of a constant beside an operator, as which it was written.
fn type_of_operand(operand: &Bound) -> Type {
    match operand {
        Bound::Constant(Value::Integer(value)) if i32::try_from(*value).is_ok() => Type::Integer,
        Bound::Constant(Value::Integer(_)) => Type::BigInt,
        _ => Type::Text,
    }
}

fn constant(value: &Value, value_type: Type) -> Option<String> {
    match (value, value_type) {
        (_, value_type) if value_type.is_opaque() => None,
        (Value::Null, value_type) => Some(format!("NULL::{}", value_type.sql_name())),
        (Value::Integer(value), Type::Integer) if *value >= 0 => Some(value.to_string()),
        (Value::Integer(value), Type::SmallInt | Type::Integer | Type::BigInt) => {
            Some(format!("'{value}'::{}", value_type.sql_name()))
        }
        (Value::Numeric(value), Type::Numeric) => Some(match value.to_string() {
            // Without a point it would be read as an integer.
            digits if digits.starts_with('-') || !digits.contains('.') => format!("'{digits}'::numeric"),
            digits => digits,
        }),
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

//! Types of expressions that are outside the model, as far as they decide whether a column takes such an expression as its
//! default (manual, "Type Conversion", "Value Storage").

use super::opaque::given_value;
use crate::catalog::Column;
use crate::query::{chance_of_function, reads_constants, type_of_moment};
use crate::statement::{BinaryOperator, Expression, Identifier, Literal};

/// Whether a column certainly takes values of the type that an expression has.
pub(super) fn is_assignable(column: &Column, expression: &Expression) -> bool {
    let written = column.opaque.as_ref().map(|opaque| &opaque.written);
    let name = match written {
        Some(written) if written.dimensions > 0 => return is_for_array(expression),
        Some(written) => written.name.parts.last().map(Identifier::name),
        None => column.column_type.internal_name(),
    };
    let Some(to) = name else { return false };
    match expression {
        Expression::Literal(Literal::Null) => true,
        // What the model reads itself it has refused; of the other types' constants it knows some.
        Expression::Literal(_) if column.opaque.is_none() || reads_constants(to) => {
            given_value(column, expression).is_some()
        }
        // The type's own input function reads it.
        Expression::Literal(Literal::String(_)) => true,
        expression => result_type(expression).is_some_and(|from| converts(from, to)),
    }
}

/// Constants are read as arrays; of arrays made of values the types are not followed.
fn is_for_array(expression: &Expression) -> bool {
    match expression {
        Expression::Cast(_, name) => name.dimensions > 0,
        expression => matches!(expression, Expression::Literal(Literal::String(_) | Literal::Null)),
    }
}

/// The type's name in `pg_type`; `None` where it is not known.
fn result_type(expression: &Expression) -> Option<&str> {
    Some(match expression {
        Expression::Literal(Literal::Boolean(_)) => "bool",
        Expression::Literal(Literal::Number(digits)) if digits.parse::<i32>().is_ok() => "int4",
        Expression::Literal(Literal::Number(_)) => "numeric",
        Expression::Session(value) => type_of_moment(*value).unwrap_or("name"),
        Expression::Cast(_, name) if name.dimensions == 0 => name.name.parts.last()?.name(),
        Expression::Unary(_, operand) => return result_type(operand),
        Expression::Binary(BinaryOperator::Concatenate, ..) => "text",
        Expression::Binary(
            BinaryOperator::Add | BinaryOperator::Subtract | BinaryOperator::Multiply | BinaryOperator::Divide,
            left,
            right,
        ) => return result_of_arithmetic(result_type(left)?, result_type(right)?),
        Expression::Call(call) => match call.name.parts.last()?.name() {
            // With a time zone it gives a timestamp without one, and the other way round.
            "timezone" => match result_type(call.arguments.last()?)? {
                "timestamptz" => "timestamp",
                "timestamp" => "timestamptz",
                _ => return None,
            },
            "date_trunc" => return result_type(call.arguments.last()?).filter(|from| from.starts_with("timestamp")),
            "md5" | "btrim" | "trim" => "text",
            "char_length" => "int4",
            name => chance_of_function(name)?,
        },
        _ => return None,
    })
}

fn is_number(name: &str) -> bool {
    matches!(name, "int2" | "int4" | "int8" | "numeric" | "float4" | "float8")
}

fn result_of_arithmetic<'n>(left: &'n str, right: &'n str) -> Option<&'n str> {
    match (left, right) {
        ("timestamp" | "timestamptz", "interval") => Some(left),
        // A date becomes a timestamp on the way.
        ("date", "interval") => Some("timestamp"),
        ("date", "int4") => Some(left),
        (_, "float8") if is_number(left) => Some(right),
        (_, _) if is_number(left) && is_number(right) => Some(left),
        _ => None,
    }
}

/// Whether PostgreSQL converts a value for storing it (manual, "CREATE CAST", AS ASSIGNMENT).
fn converts(from: &str, to: &str) -> bool {
    let is_moment = |name: &str| matches!(name, "date" | "timestamp" | "timestamptz");
    from == to
        // Everything becomes text.
        || matches!(to, "text" | "varchar" | "bpchar" | "name")
        || is_number(from) && is_number(to)
        || is_moment(from) && is_moment(to)
        || matches!((from, to), ("timestamp" | "timestamptz" | "timetz", "time") | ("time" | "timestamptz", "timetz"))
        || matches!((from, to), ("json", "jsonb") | ("jsonb", "json") | ("time", "interval"))
}

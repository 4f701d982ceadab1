//! From text to values, as each type's input function reads it.

use super::known_text::value_of_text;
use super::numeric::constant;
use super::{Decimal, Type, Value};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::parameter::read_boolean;

/// Reads `text` as a value of a type other than `regclass`, which needs the catalog.
pub(crate) fn read_value(text: &str, value_type: Type) -> Result<Value> {
    match value_type {
        Type::Unknown | Type::Text | Type::Varchar => Ok(Value::text(text)),
        Type::Char if text.len() <= 1 => Ok(Value::text(text)),
        Type::Char => Err(unsupported("a constant of type \"char\" that is longer than a character")),
        Type::Regtype => match Type::named(text).and_then(Type::number) {
            Some(number) => Ok(Value::Integer(number)),
            None => Err(unsupported(format!("type {text} by its name"))),
        },
        Type::Name => Ok(Value::text(crate::statement::truncate(text))),
        Type::Boolean => read_boolean(without_space(text)).map(Value::Boolean).ok_or_else(|| invalid(text, value_type)),
        Type::SmallInt => read_integer(text, value_type, i16::MIN.into(), i16::MAX.into()),
        Type::Integer => read_integer(text, value_type, i32::MIN.into(), i32::MAX.into()),
        Type::BigInt => read_integer(text, value_type, i64::MIN, i64::MAX),
        Type::Oid => match text.trim().parse::<u32>() {
            Ok(oid) => Ok(Value::Integer(oid.into())),
            Err(_) if text.trim().parse::<i128>().is_ok() => Err(unsupported("an OID out of range")),
            Err(_) => Err(invalid(text, value_type)),
        },
        Type::Numeric => {
            let trimmed = text.trim();
            let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
            let well_formed = digits.bytes().any(|byte| byte.is_ascii_digit())
                && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                && digits.bytes().filter(|byte| *byte == b'.').count() <= 1;
            if !well_formed {
                let special = digits.eq_ignore_ascii_case("nan")
                    || digits.to_ascii_lowercase().starts_with("inf")
                    || digits.starts_with(|first: char| first.is_ascii_digit());
                return Err(match special {
                    true => unsupported(format!("numeric {text}")),
                    false => invalid(text, value_type),
                });
            }
            match constant(trimmed.strip_prefix('+').unwrap_or(trimmed))? {
                (Value::Integer(value), _) => Ok(Value::Numeric(Decimal::of_integer(value.into()))),
                (other, _) => Ok(other),
            }
        }
        Type::Regclass | Type::Regnamespace | Type::Tree | Type::Record | Type::Array(_) => {
            Err(unsupported(format!("a constant of type {}", value_type.sql_name())))
        }
        Type::Opaque(_) => {
            let known = value_type.name_of_opaque().and_then(|name| value_of_text(name, &[], text));
            known.ok_or_else(|| unsupported("a constant of a type outside the model"))
        }
    }
}

fn read_integer(text: &str, value_type: Type, minimum: i64, maximum: i64) -> Result<Value> {
    let trimmed = without_space(text);
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        // Since PostgreSQL 16 other bases and underscores are read too.
        if digits.starts_with(|first: char| first.is_ascii_digit())
            && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Err(unsupported(format!("integer {text}")));
        }
        return Err(invalid(text, value_type));
    }
    match trimmed.parse::<i64>() {
        Ok(value) if value >= minimum && value <= maximum => Ok(Value::Integer(value)),
        _ => Err(error(
            sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
            format!("value \"{text}\" is out of range for type {}", value_type.sql_name()),
        )),
    }
}

fn without_space(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b')
}

fn invalid(text: &str, value_type: Type) -> Stop {
    error(
        sqlstate::INVALID_TEXT_REPRESENTATION,
        format!("invalid input syntax for type {}: \"{text}\"", value_type.sql_name()),
    )
}

//! Numeric constants, and the ranges of integers.

use super::{Decimal, Type, Value};
use crate::error::{Result, error, sqlstate, unsupported};

/// A numeric constant's value and type: the smallest of integer, bigint and numeric that holds it.
pub(super) fn constant(digits: &str) -> Result<(Value, Type)> {
    if let Ok(value) = digits.parse::<i64>() {
        let value_type = if i32::try_from(value).is_ok() { Type::Integer } else { Type::BigInt };
        return Ok((Value::Integer(value), value_type));
    }
    let plain = digits.strip_prefix('-').unwrap_or(digits);
    let well_formed = plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !well_formed {
        return Err(unsupported(format!("numeric constant {digits}")));
    }
    Ok((Value::Numeric(Decimal::of_digits(digits)), Type::Numeric))
}

/// Checks that an integer fits its type.
pub(super) fn fit(value: i128, value_type: Type) -> Result<Value> {
    let (minimum, maximum, name) = match value_type {
        Type::SmallInt => (i128::from(i16::MIN), i128::from(i16::MAX), "smallint"),
        Type::Integer => (i128::from(i32::MIN), i128::from(i32::MAX), "integer"),
        Type::Oid | Type::Regclass => (0, i128::from(u32::MAX), "OID"),
        _ => (i128::from(i64::MIN), i128::from(i64::MAX), "bigint"),
    };
    if value < minimum || value > maximum {
        return Err(error(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, format!("{name} out of range")));
    }
    Ok(Value::Integer(value as i64))
}

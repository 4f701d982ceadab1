//! The little decimal arithmetic that surrounds sequences: constants, casts to integers, and sums.

use std::rc::Rc;

use super::{Type, Value};
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
    Ok((Value::Numeric(normalized(digits)), Type::Numeric))
}

/// A decimal as numeric writes it: a digit before the point, no surplus leading zeros.
fn normalized(digits: &str) -> Rc<str> {
    let (sign, plain) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    };
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let is_zero = whole == "0" && fraction.bytes().all(|byte| byte == b'0');
    let sign = if is_zero { "" } else { sign };
    match fraction {
        "" => format!("{sign}{whole}").into(),
        fraction => format!("{sign}{whole}.{fraction}").into(),
    }
}

/// A decimal rounded to an integer, half away from zero; `None` when it is beyond 128 bits.
pub(super) fn rounded(digits: &str) -> Option<i128> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let negative = whole.starts_with('-');
    let value: i128 = match whole {
        "" | "-" => 0,
        whole => whole.parse().ok()?,
    };
    let up = fraction.bytes().next().is_some_and(|digit| digit >= b'5');
    Some(match (up, negative) {
        (false, _) => value,
        (true, false) => value + 1,
        (true, true) => value - 1,
    })
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

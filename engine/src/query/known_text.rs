//! Values of types that are outside the model, as far as their text is certain: what PostgreSQL takes, and how it shows it.

use super::Value;

/// Whether constants of a type are known from what is none. Those of the other types are left to PostgreSQL.
pub(crate) fn reads_constants(name: &str) -> bool {
    const TYPES: [&str; 11] =
        ["date", "time", "timestamp", "timestamptz", "uuid", "bytea", "float4", "float8", "bpchar", "bit", "varbit"];
    TYPES.contains(&name)
}

/// The value that a type's input function makes of `text`; `None` when it may refuse it. Where its text is not certain, the
/// value is opaque.
pub(crate) fn value_of_text(name: &str, modifiers: &[String], text: &str) -> Option<Value> {
    match name {
        // Only a collation makes such a column one outside the model.
        "text" => Some(Value::text(text)),
        "varchar" => match modifiers {
            [] => Some(Value::text(text)),
            [length] if text.chars().count() <= length.parse().ok()? => Some(Value::text(text)),
            _ => None,
        },
        "bpchar" => match modifiers {
            [length] => {
                let missing = length.parse::<usize>().ok()?.checked_sub(text.chars().count())?;
                Some(Value::text(&format!("{text}{}", " ".repeat(missing))))
            }
            _ => None,
        },
        "date" => is_date(text).then(|| Value::text(text)),
        "timestamp" => timestamp(modifiers, text),
        // It is shown in the time zone of the session.
        "timestamptz" => timestamp(modifiers, text).map(|_| Value::Opaque),
        "time" => match clock(text)? {
            (time, "", "") => Some(Value::text(&time)),
            _ => None,
        },
        "uuid" => {
            let lengths: Vec<usize> = text.split('-').map(str::len).collect();
            let is_plain = lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
            is_plain.then(|| Value::text(&text.to_ascii_lowercase()))
        }
        "json" | "jsonb" => matches!(text, "{}" | "[]" | "null" | "true" | "false").then(|| Value::text(text)),
        "bytea" => match text.strip_prefix("\\x") {
            Some(digits) => {
                let is_whole = digits.len() % 2 == 0 && digits.chars().all(|digit| digit.is_ascii_hexdigit());
                is_whole.then(|| Value::text(&text.to_ascii_lowercase()))
            }
            None => (!text.contains('\\')).then_some(Value::Opaque),
        },
        "float4" | "float8" => value_of_number(name, text),
        _ => None,
    }
}

/// The same for a decimal number, with its sign.
pub(crate) fn value_of_number(name: &str, text: &str) -> Option<Value> {
    match name {
        "float4" | "float8" => is_decimal(text).then(|| floating(name, text)),
        _ => None,
    }
}

/// A floating-point number, which is shown with as few digits as tell it from others; very large and small ones with an
/// exponent.
fn floating(name: &str, text: &str) -> Value {
    let shown = match name {
        "float4" => text.parse::<f32>().ok().map(|value| (f64::from(value), value.to_string())),
        _ => text.parse::<f64>().ok().map(|value| (value, value.to_string())),
    };
    match shown {
        Some((value, shown)) if shown == "0" || (1e-3..1e5).contains(&value.abs()) => Value::text(&shown),
        _ => Value::Opaque,
    }
}

fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str| part.len() <= 15 && part.chars().all(|digit| digit.is_ascii_digit());
    !whole.is_empty() && is_digits(whole) && is_digits(fraction)
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |part: &str, length: usize| match part.len() == length && part.chars().all(|c| c.is_ascii_digit()) {
        true => part.parse::<u32>().ok(),
        false => None,
    };
    match (number(year, 4), number(month, 2), number(day, 2)) {
        (Some(year), Some(month), Some(day)) => {
            let is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let days = match month {
                1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
                4 | 6 | 9 | 11 => 30,
                2 if is_leap_year => 29,
                2 => 28,
                _ => 0,
            };
            year >= 1 && (1..=days).contains(&day)
        }
        _ => false,
    }
}

/// A timestamp. A zone is read and, in a timestamp without one, ignored.
fn timestamp(modifiers: &[String], text: &str) -> Option<Value> {
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    let (time, fraction, _) = clock(time).filter(|_| is_date(date))?;
    let fraction = fraction.trim_end_matches('0');
    Some(match (fraction, modifiers) {
        ("", _) => Value::text(&format!("{date} {time}")),
        (fraction, []) => Value::text(&format!("{date} {time}.{fraction}")),
        _ => Value::Opaque,
    })
}

/// `HH:MM[:SS[.fraction]]`, perhaps with a zone as an offset, as `HH:MM:SS`, fraction and zone.
fn clock(text: &str) -> Option<(String, &str, &str)> {
    let (time, zone) = match text.find(['+', '-', 'Z']) {
        Some(place) => text.split_at(place),
        None => (text, ""),
    };
    let within = |part: &str, limit: u32| {
        part.len() == 2 && part.chars().all(|c| c.is_ascii_digit()) && part.parse::<u32>().is_ok_and(|n| n < limit)
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let parts: Vec<&str> = time.split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (*hour, *minute, "00"),
        [hour, minute, second] => (*hour, *minute, *second),
        _ => return None,
    };
    let is_clock = within(hour, 24) && within(minute, 60) && within(second, 60);
    let is_fraction = fraction.len() <= 6 && fraction.chars().all(|c| c.is_ascii_digit());
    let is_zone = match zone.strip_prefix(['+', '-']) {
        None => matches!(zone, "" | "Z"),
        Some(offset) => match offset.split_once(':') {
            None => within(offset, 15),
            Some((hours, minutes)) => within(hours, 15) && within(minutes, 60),
        },
    };
    (is_clock && is_fraction && is_zone).then(|| (format!("{hour}:{minute}:{second}"), fraction, zone))
}

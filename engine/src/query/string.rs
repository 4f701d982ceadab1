//! Functions on text (manual, "String Functions and Operators").

use super::bind::{Binder, Place};
use super::function::Function;
use super::plan::{Bound, Typed};
use super::{CastContext, Type, Value};
use crate::catalog::quote_identifier;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::statement::Call;

/// The longest text that padding makes.
const MOST_CHARACTERS: i64 = 100_000;

impl Binder<'_, '_> {
    /// Analyses a call of a function that takes any number of values of any types; `None` when it is another one.
    pub(super) fn variadic(&mut self, name: &str, call: &Call, place: Place) -> Result<Option<Typed>> {
        let (function, least) = match name {
            "concat" => (Function::Concat, 1),
            "concat_ws" => (Function::ConcatWith, 2),
            "format" => (Function::Format, 1),
            _ => return Ok(None),
        };
        if call.arguments.len() < least || call.star || call.distinct || !call.order_by.is_empty() {
            return Err(unsupported(format!("function {name} with these arguments")));
        }
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            let typed = self.expression(argument, place)?;
            let from = typed.value_type;
            // Booleans are written in one letter here, and as words by a cast.
            let is_written_by_cast = from.is_integer()
                || from.is_string()
                || from.is_identifier()
                || from.becomes_text_as_shown()
                || from == Type::Char;
            if !is_written_by_cast {
                return Err(unsupported(format!("function {name} of {}", from.sql_name())));
            }
            let text = self.coerce(typed, Type::Text, CastContext::Explicit)?;
            arguments.push(text.ok_or_else(|| unsupported(format!("function {name} of {}", from.sql_name())))?.bound);
        }
        Ok(Some(Typed { bound: Bound::Call { function, arguments }, value_type: Type::Text }))
    }
}

/// Computes a function of texts that is not strict.
pub(super) fn variadic(function: Function, values: &[Value]) -> Result<Value> {
    let texts: Vec<Option<&str>> = values
        .iter()
        .map(|value| match value {
            Value::Text(text) => Some(&**text),
            _ => None,
        })
        .collect();
    Ok(match (function, texts.as_slice()) {
        (Function::ConcatWith, [None, ..]) => Value::Null,
        (Function::ConcatWith, [Some(separator), rest @ ..]) => {
            Value::text(&rest.iter().flatten().copied().collect::<Vec<_>>().join(separator))
        }
        (Function::Format, [None, ..]) => Value::Null,
        (Function::Format, [Some(pattern), rest @ ..]) => Value::text(&format(pattern, rest)?),
        _ => Value::text(&texts.iter().flatten().copied().collect::<String>()),
    })
}

fn format(pattern: &str, arguments: &[Option<&str>]) -> Result<String> {
    let mut text = String::new();
    let mut arguments = arguments.iter();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        let kind = characters.next().ok_or_else(|| {
            error(sqlstate::INVALID_PARAMETER_VALUE, "unterminated format() type specifier")
                .hint("For a single \"%\" use \"%%\".")
        })?;
        if kind == '%' {
            text.push('%');
            continue;
        }
        if !matches!(kind, 's' | 'I' | 'L') {
            return Err(unsupported(format!("format %{kind}")));
        }
        let argument = arguments
            .next()
            .ok_or_else(|| error(sqlstate::INVALID_PARAMETER_VALUE, "too few arguments for format()"))?;
        match (kind, argument) {
            ('s', argument) => text.push_str(argument.unwrap_or_default()),
            ('I', Some(argument)) => text.push_str(&quote_identifier(argument)),
            ('I', None) => {
                return Err(error(
                    sqlstate::NULL_VALUE_NOT_ALLOWED,
                    "null values cannot be formatted as an SQL identifier",
                ));
            }
            (_, Some(argument)) => text.push_str(&quote_literal(argument)),
            (_, None) => text.push_str("NULL"),
        }
    }
    Ok(text)
}

/// A text as a string constant.
pub(super) fn quote_literal(text: &str) -> String {
    let prefix = if text.contains('\\') { "E" } else { "" };
    format!("{prefix}'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// `replace`: an empty search text changes nothing.
pub(super) fn replace(text: &str, from: &str, to: &str) -> String {
    match from.is_empty() {
        true => text.to_owned(),
        false => text.replace(from, to),
    }
}

/// `left` and `right`: so many characters of one end, or all but so many of the other when the count is negative.
pub(super) fn part(text: &str, count: i64, from_left: bool) -> String {
    let length = text.chars().count() as i64;
    let wanted = if count >= 0 { count.min(length) } else { (length + count).max(0) } as usize;
    match from_left {
        true => text.chars().take(wanted).collect(),
        false => text.chars().skip(length as usize - wanted).collect(),
    }
}

/// `lpad` and `rpad`: filled up, or cut, to so many characters.
pub(super) fn pad(text: &str, length: i64, fill: &str, on_left: bool) -> Result<String> {
    if length > MOST_CHARACTERS {
        return Err(unsupported(format!("a text of more than {MOST_CHARACTERS} characters")));
    }
    let length = length.max(0) as usize;
    let present = text.chars().count();
    if present >= length {
        return Ok(text.chars().take(length).collect());
    }
    let padding: String = fill.chars().cycle().take(if fill.is_empty() { 0 } else { length - present }).collect();
    Ok(if on_left { padding + text } else { text.to_owned() + &padding })
}

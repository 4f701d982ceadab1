//! Values and how they are written as text.

use std::fmt::Write;
use std::rc::Rc;

use super::doubt::Fact;
use super::{Decimal, Type};
use crate::error::{Result, unsupported};
use crate::reply::Cell;

/// A value of some type; the type itself is known from the expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    /// Integers of all widths, OIDs and `regclass`.
    Integer(i64),
    Numeric(Decimal),
    Text(Rc<str>),
    /// An array or a record.
    List(Rc<[Value]>),
    /// What nobody can predict. It is stored and shown, and never computed with.
    Opaque,
    /// Something of which only this is known. It is compared, and never read.
    Partial(Fact),
}

impl Value {
    pub(crate) fn text(text: &str) -> Value {
        Value::Text(Rc::from(text))
    }

    /// Whether the model knows the value.
    pub(crate) fn is_known(&self) -> bool {
        !matches!(self, Value::Opaque | Value::Partial(_))
    }

    /// Whether two values are equal and shown alike: numbers may be equal with different digits.
    pub(crate) fn looks_like(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Numeric(one), Value::Numeric(two)) => one.looks_like(two),
            (Value::List(one), Value::List(two)) => {
                one.len() == two.len() && one.iter().zip(two.iter()).all(|(one, two)| one.looks_like(two))
            }
            _ => self == other,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The value as a cell of a reply. `regclass` values must have been turned into text before.
    pub(crate) fn to_cell(&self, value_type: Type) -> Cell {
        match self {
            Value::Null => Cell::Null,
            Value::Integer(value) => Cell::Integer(*value),
            other => Cell::from_text(&other.to_text(value_type)),
        }
    }

    /// The value in PostgreSQL's text format; NULL is empty.
    pub(crate) fn to_text(&self, value_type: Type) -> String {
        match self {
            Value::Null | Value::Opaque | Value::Partial(_) => String::new(),
            Value::Boolean(value) => if *value { "t" } else { "f" }.to_owned(),
            Value::Integer(value) => value.to_string(),
            Value::Numeric(value) => value.to_string(),
            Value::Text(text) => text.to_string(),
            Value::List(values) => match value_type {
                Type::Array(element) => array_text(values, *element),
                _ => record_text(values),
            },
        }
    }
}

/// Refuses to take rows for one that are equal and look different: which of them is shown is PostgreSQL's choice.
pub(crate) fn check_looks_alike(one: &[Value], other: &[Value]) -> Result<()> {
    match one.iter().zip(other).any(|(one, other)| one == other && !one.looks_like(other)) {
        true => Err(unsupported("equal numbers that look different, of which one is shown")),
        false => Ok(()),
    }
}

/// An array's text: braces, commas, quotes where an element could be misread (manual, "Array Input and Output Syntax").
fn array_text(values: &[Value], element: Type) -> String {
    let mut text = String::from("{");
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        match value {
            Value::Null => text.push_str("NULL"),
            other => {
                let element = other.to_text(element);
                let quoted = element.is_empty()
                    || element.eq_ignore_ascii_case("null")
                    || element.contains(|c: char| "{},\"\\".contains(c) || c.is_ascii_whitespace());
                push_quoted(&mut text, &element, quoted, '\\');
            }
        }
    }
    text.push('}');
    text
}

/// A record's text (manual, "Composite Type Input and Output Syntax").
fn record_text(values: &[Value]) -> String {
    let mut text = String::from("(");
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        if value.is_null() {
            continue;
        }
        let field = value.to_text(Type::Text);
        let quoted = field.is_empty() || field.contains(|c: char| "(),\"\\".contains(c) || c.is_ascii_whitespace());
        push_quoted(&mut text, &field, quoted, '"');
    }
    text.push(')');
    text
}

fn push_quoted(text: &mut String, part: &str, quoted: bool, escape_quote: char) {
    if !quoted {
        text.push_str(part);
        return;
    }
    text.push('"');
    for character in part.chars() {
        match character {
            '"' => {
                let _ = write!(text, "{escape_quote}\"");
            }
            '\\' => text.push_str("\\\\"),
            other => text.push(other),
        }
    }
    text.push('"');
}

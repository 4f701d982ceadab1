//! What is outside the model but can be relied on: column types, values and expressions that PostgreSQL certainly takes,
//! though nobody can predict what they give.

use std::rc::Rc;

use crate::catalog::{Column, Oid, OpaqueType, TableData};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::execute::{Execution, MissingSchema, no_schema};
use crate::query::{Type, is_known_type, may_be_system_type, resolve_column_type};
use crate::statement::{Expression, Identifier, Literal, ObjectName, SessionValue, TypeName, UnaryOperator};

/// Functions without side effects that every PostgreSQL has and the model has not.
const KNOWN_FUNCTIONS: [&str; 12] = [
    "now",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "timezone",
    "date_trunc",
    "gen_random_uuid",
    "random",
    "md5",
    "char_length",
    "btrim",
    "trim",
];

impl Execution<'_> {
    /// Whether a field of COPY's text is certainly a value of the column's type, which is outside the model.
    pub(super) fn takes_field(&mut self, column: &Column, text: &str) -> bool {
        self.takes_value(column, &Expression::Literal(Literal::String(text.to_owned())))
    }

    /// The type of a column. A name that stands for no type is told from one that the model does not know.
    pub(super) fn column_type(&mut self, name: &TypeName) -> Result<ResolvedType> {
        if let Some(enumeration) = self.enumeration_of_column(name)? {
            let opaque = OpaqueType { written: name.clone(), enumeration: Some(enumeration) };
            return Ok(ResolvedType { column_type: Type::Opaque, length: None, opaque: Some(Rc::new(opaque)) });
        }
        let (column_type, length) = self.model_type(name)?;
        let opaque =
            (column_type == Type::Opaque).then(|| Rc::new(OpaqueType { written: name.clone(), enumeration: None }));
        Ok(ResolvedType { column_type, length, opaque })
    }

    /// The enumerated type that a column is of.
    fn enumeration_of_column(&mut self, name: &TypeName) -> Result<Option<Oid>> {
        let view = self.catalog_view();
        let last = name.name.parts.last().map(Identifier::name).unwrap_or_default();
        let has_namesake = self.shared.catalog.enumerations(view).any(|known| *known.name == *last);
        if !has_namesake && !self.shared.catalog.is_enumeration_in_doubt(last, view) {
            return Ok(None);
        }
        let found = self.find_type(&name.name)?;
        match found {
            Some(_) if name.dimensions > 0 || !name.modifiers.is_empty() => {
                Err(unsupported("an array of an enumerated type"))
            }
            found => Ok(found.map(|enumeration| enumeration.oid)),
        }
    }

    /// A constant for a column of an enumerated type: whether it is one of the labels.
    pub(super) fn is_label(&self, column: &Column, text: &str) -> bool {
        let Some(oid) = column.opaque.as_ref().and_then(|opaque| opaque.enumeration) else { return false };
        let enumeration = self.shared.catalog.enumeration(oid, self.catalog_view());
        enumeration.is_some_and(|enumeration| enumeration.labels.iter().any(|label| **label == *text))
    }

    /// Whether a value written for a column of a type outside the model is certainly one of that type.
    pub(super) fn takes_value(&mut self, column: &Column, value: &Expression) -> bool {
        let Some(enumeration) = column.opaque.as_ref().map(|opaque| opaque.enumeration) else { return false };
        let Some(enumeration) = enumeration else { return takes_value(column, value) };
        match value {
            Expression::Literal(Literal::String(text)) => self.is_label(column, text),
            Expression::Cast(operand, name) => match &**operand {
                Expression::Literal(Literal::String(text)) if name.dimensions == 0 && name.modifiers.is_empty() => {
                    self.is_label(column, text)
                        && matches!(self.find_type(&name.name), Ok(Some(found)) if found.oid == enumeration)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a default outside the model can be relied on for a column.
    pub(super) fn is_reliable_default(&mut self, column: &Column, value: &Expression) -> bool {
        match column.opaque.as_ref().and_then(|opaque| opaque.enumeration) {
            Some(_) => self.takes_value(column, value),
            // What a constant of such a type names it depends on.
            None if column.opaque.as_ref().is_some_and(|opaque| names_objects(&opaque.written)) => false,
            None => is_reliable(value, None),
        }
    }

    /// The type of a column, with the length of a `varchar(n)`, unless it is one that users have made.
    fn model_type(&mut self, name: &TypeName) -> Result<(Type, Option<usize>)> {
        let parts: Vec<&str> = name.name.parts.iter().map(Identifier::name).collect();
        let dimensions = if name.dimensions > 0 { "[]" } else { "" };
        let missing =
            || error(sqlstate::UNDEFINED_OBJECT, format!("type \"{}{dimensions}\" does not exist", parts.join(".")));
        let is_user_type = match parts.as_slice() {
            ["pg_catalog", _] => false,
            [base] => !is_known_type(base) && !may_be_system_type(base),
            [_, _] => true,
            _ => return Err(unsupported("a type's name of three parts")),
        };
        if !is_user_type {
            return resolve_column_type(name);
        }
        if let [schema, _] = parts.as_slice() {
            if schema.starts_with("pg_") || *schema == "information_schema" {
                return Err(unsupported(format!("type {}", parts.join("."))));
            }
            if self.schema_named(schema).is_none() {
                return Err(no_schema(schema));
            }
        }
        // Every table is a type too.
        let relation = self.range_name(&name.name)?;
        match self.find_relation(relation, MissingSchema::IsMissingRelation)? {
            Some(_) => Err(unsupported("a row type")),
            None => Err(missing()),
        }
    }
}

/// A column's type.
pub(super) struct ResolvedType {
    pub(super) column_type: Type,
    /// The length of a `varchar(n)`.
    pub(super) length: Option<usize>,
    /// More of a type that has values outside the model.
    pub(super) opaque: Option<Rc<OpaqueType>>,
}

/// Whether an expression that could not be analysed can be relied on to be valid, and to change nothing: it names columns
/// that exist, and calls functions that do.
pub(super) fn is_reliable(expression: &Expression, data: Option<&TableData>) -> bool {
    let all = |parts: &[Expression]| parts.iter().all(|part| is_reliable(part, data));
    match expression {
        Expression::Literal(_) | Expression::Session(_) => true,
        Expression::Column(name) => match (name.parts.as_slice(), data) {
            ([name], Some(data)) => data.column(name.name()).is_some(),
            _ => false,
        },
        Expression::Call(call) => is_known_call(&call.name) && all(&call.arguments),
        Expression::Cast(operand, name) => is_system_type(name) && is_reliable(operand, data),
        Expression::Unary(_, operand) | Expression::IsNull { operand, .. } => is_reliable(operand, data),
        Expression::Binary(_, left, right) => is_reliable(left, data) && is_reliable(right, data),
        Expression::InList { operand, items, .. } => is_reliable(operand, data) && all(items),
        Expression::Between { operand, low, high, .. } => {
            is_reliable(operand, data) && is_reliable(low, data) && is_reliable(high, data)
        }
        Expression::Quantified { operand, array, .. } => is_reliable(operand, data) && is_reliable(array, data),
        Expression::Array(items) => all(items),
        _ => false,
    }
}

/// The places of the columns that such an expression names.
pub(super) fn named_columns(expression: &Expression, data: &TableData) -> Vec<usize> {
    let all = |parts: &[Expression]| parts.iter().flat_map(|part| named_columns(part, data)).collect();
    let both = |parts: [&Expression; 2]| parts.into_iter().flat_map(|part| named_columns(part, data)).collect();
    match expression {
        Expression::Column(name) => {
            let last = name.parts.last().and_then(|name| data.column(name.name()));
            last.map(|(place, _)| place).into_iter().collect()
        }
        Expression::Call(call) => all(&call.arguments),
        Expression::Cast(operand, _) | Expression::Unary(_, operand) | Expression::IsNull { operand, .. } => {
            named_columns(operand, data)
        }
        Expression::Binary(_, left, right) => both([left, right]),
        Expression::InList { operand, items, .. } => {
            let mut places = named_columns(operand, data);
            places.extend(items.iter().flat_map(|part| named_columns(part, data)));
            places
        }
        Expression::Between { operand, low, high, .. } => {
            let mut places: Vec<usize> = both([low, high]);
            places.extend(named_columns(operand, data));
            places
        }
        Expression::Quantified { operand, array, .. } => both([operand, array]),
        Expression::Array(items) => all(items),
        _ => Vec::new(),
    }
}

fn is_known_call(name: &ObjectName) -> bool {
    match name.parts.as_slice() {
        [name] => KNOWN_FUNCTIONS.contains(&name.name()),
        [schema, name] => schema.name() == "pg_catalog" && KNOWN_FUNCTIONS.contains(&name.name()),
        _ => false,
    }
}

fn is_system_type(name: &TypeName) -> bool {
    match name.name.parts.as_slice() {
        [base] => is_known_type(base.name()),
        [schema, base] => schema.name() == "pg_catalog" && is_known_type(base.name()),
        _ => false,
    }
}

/// The same for a type that PostgreSQL brings.
fn takes_value(column: &Column, value: &Expression) -> bool {
    let opaque = column.opaque.as_ref().map(|opaque| &opaque.written);
    let Some(opaque) = opaque.filter(|opaque| opaque.dimensions == 0) else { return false };
    let Some(name) = opaque.name.parts.last().map(Identifier::name) else { return false };
    match value {
        Expression::Literal(Literal::String(text)) => takes_text(name, &opaque.modifiers, text),
        Expression::Literal(Literal::Number(text)) => takes_number(name, &opaque.modifiers, text),
        Expression::Unary(UnaryOperator::Minus, operand) => match &**operand {
            Expression::Literal(Literal::Number(text)) => takes_number(name, &opaque.modifiers, text),
            _ => false,
        },
        Expression::Session(SessionValue::CurrentTimestamp | SessionValue::LocalTimestamp) => is_moment(name),
        Expression::Session(SessionValue::CurrentDate) => is_moment(name),
        Expression::Call(call) => {
            let is = |wanted: &str| call.name.parts.last().is_some_and(|part| part.name() == wanted);
            let is_plain = call.arguments.is_empty() && !call.star && is_known_call(&call.name);
            is_plain && (is_moment(name) && is("now") || name == "uuid" && is("gen_random_uuid"))
        }
        _ => false,
    }
}

fn is_moment(name: &str) -> bool {
    matches!(name, "timestamp" | "timestamptz" | "date")
}

fn takes_number(name: &str, modifiers: &[String], text: &str) -> bool {
    match name {
        "float4" | "float8" => is_decimal(text),
        "numeric" => fits_numeric(modifiers, text),
        _ => false,
    }
}

fn takes_text(name: &str, modifiers: &[String], text: &str) -> bool {
    match name {
        // Only a collation makes such a column one outside the model.
        "text" => true,
        "varchar" => match modifiers {
            [] => true,
            [length] => length.parse().is_ok_and(|length: usize| text.chars().count() <= length),
            _ => false,
        },
        "date" => is_date(text),
        "timestamp" | "timestamptz" => match text.split_once([' ', 'T']) {
            Some((date, time)) => is_date(date) && is_time(time),
            None => is_date(text),
        },
        "time" => is_time(text) && text.len() <= 8,
        "uuid" => {
            let lengths: Vec<usize> = text.split('-').map(str::len).collect();
            lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
        }
        "json" | "jsonb" => matches!(text, "{}" | "[]" | "null" | "true" | "false"),
        "bytea" => match text.strip_prefix("\\x") {
            Some(digits) => digits.len() % 2 == 0 && digits.chars().all(|digit| digit.is_ascii_hexdigit()),
            None => !text.contains('\\'),
        },
        "bpchar" => match modifiers {
            [length] => length.parse().is_ok_and(|length: usize| text.chars().count() <= length),
            _ => false,
        },
        "float4" | "float8" | "numeric" => takes_number(name, modifiers, text.strip_prefix('-').unwrap_or(text)),
        _ => false,
    }
}

fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str| part.len() <= 15 && part.chars().all(|digit| digit.is_ascii_digit());
    !whole.is_empty() && is_digits(whole) && is_digits(fraction)
}

/// Whether a number keeps within `numeric(precision, scale)` however it is rounded.
fn fits_numeric(modifiers: &[String], text: &str) -> bool {
    if !is_decimal(text) {
        return false;
    }
    let number = |index: usize| modifiers.get(index).map_or(Some(0), |text| text.parse::<usize>().ok());
    let (Some(precision), Some(scale)) = (number(0), number(1)) else { return false };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.trim_start_matches('0').len();
    match modifiers.is_empty() {
        true => true,
        false if fraction.len() <= scale => digits + scale <= precision,
        false => digits + scale < precision,
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |part: &str, length: usize| match part.len() == length && part.chars().all(|c| c.is_ascii_digit()) {
        true => part.parse::<u32>().ok(),
        false => None,
    };
    match (number(year, 4), number(month, 2), number(day, 2)) {
        // Longer months are left to those who know leap years.
        (Some(year), Some(month), Some(day)) => {
            year >= 1 && (1..=12).contains(&month) && (1..=if month == 2 { 28 } else { 30 }).contains(&day)
                || matches!((month, day), (1 | 3 | 5 | 7 | 8 | 10 | 12, 31))
        }
        _ => false,
    }
}

/// `HH:MM[:SS[.fraction]]`, perhaps with a zone as an offset.
fn is_time(text: &str) -> bool {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (time, zone) = match text.rfind(['+', '-']) {
        Some(place) => (&text[..place], Some(&text[place + 1..])),
        None => (text, None),
    };
    let within = |part: &str, limit: u32| {
        part.len() == 2 && part.chars().all(|c| c.is_ascii_digit()) && part.parse::<u32>().is_ok_and(|n| n < limit)
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let parts: Vec<&str> = time.split(':').collect();
    let is_clock = match parts.as_slice() {
        [hour, minute] => within(hour, 24) && within(minute, 60),
        [hour, minute, second] => within(hour, 24) && within(minute, 60) && within(second, 60),
        _ => false,
    };
    let is_fraction = fraction.len() <= 6 && fraction.chars().all(|c| c.is_ascii_digit());
    is_clock
        && is_fraction
        && zone.is_none_or(|zone| {
            zone.split(':').all(|part| within(part, 15) || within(part, 60))
                && zone.len() <= 5
                && within(&zone[..zone.len().min(2)], 15)
        })
}

/// Whether values of a type stand for objects (manual, "Object Identifier Types").
fn names_objects(name: &TypeName) -> bool {
    name.name.parts.last().is_some_and(|name| name.name().starts_with("reg") || name.name() == "oid")
}

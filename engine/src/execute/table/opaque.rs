//! What is outside the model but can be relied on: column types, values and expressions that PostgreSQL certainly takes,
//! though nobody can predict what they give.

use std::rc::Rc;

use super::result_type::is_assignable;
use crate::catalog::{Column, Modifier, Oid, OpaqueType, TableData};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::execute::{Execution, MissingSchema, no_schema};
use crate::query::{
    Type, Value, is_known_type, may_be_system_type, resolve_column_type, value_of_number, value_of_text,
};
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
    /// The value of a field of COPY's text for a column of a type outside the model, if it certainly is one.
    pub(super) fn value_of_field(&mut self, column: &Column, text: &str) -> Option<Value> {
        self.given_value(column, &Expression::Literal(Literal::String(text.to_owned())))
    }

    /// The type of a column. A name that stands for no type is told from one that the model does not know.
    pub(super) fn column_type(&mut self, name: &TypeName) -> Result<ResolvedType> {
        if let Some(enumeration) = self.enumeration_of_column(name)? {
            let opaque = OpaqueType { written: name.clone(), enumeration: Some(enumeration) };
            return Ok(ResolvedType {
                column_type: Type::Opaque(enumeration.0),
                modifier: None,
                opaque: Some(Rc::new(opaque)),
            });
        }
        let (column_type, modifier) = self.model_type(name)?;
        let opaque = column_type.is_opaque().then(|| Rc::new(OpaqueType { written: name.clone(), enumeration: None }));
        Ok(ResolvedType { column_type, modifier, opaque })
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

    /// The value that is written for a column of a type outside the model, if it certainly is one of that type.
    pub(super) fn given_value(&mut self, column: &Column, value: &Expression) -> Option<Value> {
        let enumeration = column.opaque.as_ref().map(|opaque| opaque.enumeration)?;
        let Some(enumeration) = enumeration else { return given_value(column, value) };
        let label = match value {
            Expression::Literal(Literal::String(text)) => text,
            Expression::Cast(operand, name) => match &**operand {
                Expression::Literal(Literal::String(text)) if name.dimensions == 0 && name.modifiers.is_empty() => {
                    let found = self.find_type(&name.name).ok().flatten()?;
                    (found.oid == enumeration).then_some(text)?
                }
                _ => return None,
            },
            _ => return None,
        };
        self.is_label(column, label).then(|| Value::text(label))
    }

    /// Whether a default outside the model can be relied on for a column.
    pub(super) fn is_reliable_default(&mut self, column: &Column, value: &Expression) -> bool {
        match column.opaque.as_ref().and_then(|opaque| opaque.enumeration) {
            Some(_) => self.given_value(column, value).is_some(),
            // What a constant of such a type names it depends on.
            None if column.opaque.as_ref().is_some_and(|opaque| names_objects(&opaque.written)) => false,
            None => is_reliable(value, None) && is_assignable(column, value),
        }
    }

    /// The type of a column with its modifier, unless it is one that users have made.
    fn model_type(&mut self, name: &TypeName) -> Result<(Type, Option<Modifier>)> {
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
    /// What stands in parentheses behind the type.
    pub(super) modifier: Option<Modifier>,
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
pub(super) fn given_value(column: &Column, value: &Expression) -> Option<Value> {
    let opaque = column.opaque.as_ref().map(|opaque| &opaque.written);
    let opaque = opaque.filter(|opaque| opaque.dimensions == 0)?;
    let name = opaque.name.parts.last().map(Identifier::name)?;
    match value {
        Expression::Literal(Literal::String(text)) => value_of_text(name, &opaque.modifiers, text),
        Expression::Literal(Literal::Number(text)) => value_of_number(name, text),
        Expression::Cast(operand, cast) if cast.dimensions == 0 && cast.modifiers.is_empty() => {
            let is_own = cast.name.parts.last().is_some_and(|base| base.name() == name);
            let is_text = matches!(**operand, Expression::Literal(Literal::String(_)));
            (is_own && is_text && is_system_type(cast)).then(|| given_value(column, operand))?
        }
        Expression::Unary(UnaryOperator::Minus, operand) => match &**operand {
            Expression::Literal(Literal::Number(text)) => value_of_number(name, &format!("-{text}")),
            _ => None,
        },
        Expression::Session(SessionValue::CurrentTimestamp | SessionValue::LocalTimestamp) => moment(name),
        Expression::Session(SessionValue::CurrentDate) => moment(name),
        Expression::Call(call) => {
            let is = |wanted: &str| call.name.parts.last().is_some_and(|part| part.name() == wanted);
            let is_plain = call.arguments.is_empty() && !call.star && is_known_call(&call.name);
            match is_plain {
                true if is("now") => moment(name),
                true if name == "uuid" && is("gen_random_uuid") => Some(Value::Opaque),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What nobody can predict, for a column that takes a point in time.
fn moment(name: &str) -> Option<Value> {
    matches!(name, "timestamp" | "timestamptz" | "date").then_some(Value::Opaque)
}

/// Whether values of a type stand for objects (manual, "Object Identifier Types").
fn names_objects(name: &TypeName) -> bool {
    name.name.parts.last().is_some_and(|name| name.name().starts_with("reg") || name.name() == "oid")
}

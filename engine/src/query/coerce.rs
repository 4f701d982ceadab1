//! Which type becomes which, and when (manual, "Type Conversion").

use super::plan::{Bound, Typed};
use super::{Decimal, Type, Value, read_value};
use crate::catalog::{Oid, quote_identifier};
use crate::dialect::Major;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::execute::Execution;
use crate::statement::ObjectName;

/// How much conversion a place allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CastContext {
    /// Function arguments and operators.
    Implicit,
    /// Storing into a column.
    Assignment,
    /// CAST.
    Explicit,
}

/// The least context in which `from` becomes `to`; `None` when it never does.
fn cast_context(from: Type, to: Type) -> Option<CastContext> {
    use CastContext::{Assignment, Explicit, Implicit};
    use Type::{BigInt, Boolean, Char, Integer, Name, Numeric, Oid, Opaque, Regclass, SmallInt, Text, Tree, Varchar};
    if from == to || from == Type::Unknown {
        return Some(Implicit);
    }
    match (from, to) {
        (SmallInt, Integer | BigInt | Numeric) | (Integer, BigInt | Numeric) | (BigInt, Numeric) => Some(Implicit),
        (BigInt, Integer | SmallInt) | (Integer, SmallInt) => Some(Assignment),
        (Numeric, BigInt | Integer | SmallInt) => Some(Assignment),
        (Tree | Opaque(_), _) | (_, Tree | Opaque(_)) => None,
        (SmallInt | Integer | BigInt, to) if to.is_identifier() => Some(Implicit),
        (from, Oid) | (Oid, from) if from.is_identifier() => Some(Implicit),
        (from, to) if from.is_identifier() && to.is_identifier() => None,
        (from, BigInt | Integer) if from.is_identifier() => Some(Assignment),
        (Text | Varchar, Regclass) => Some(Implicit),
        (Name, Text | Varchar) | (Varchar, Text) | (Text, Varchar | Name) | (Varchar, Name) => Some(Implicit),
        (Char, Text) => Some(Implicit),
        (Char, Varchar) | (Text | Varchar, Char) => Some(Assignment),
        (Char, Integer) | (Integer, Char) => Some(Explicit),
        (Integer, Boolean) | (Boolean, Integer) => Some(Explicit),
        // Everything becomes a string through its text (manual, CREATE CAST, Notes).
        (_, Text | Varchar | Name) if to != from => Some(Assignment),
        // Strings become anything through its text.
        (Text | Varchar | Name, _) => Some(Explicit),
        _ => None,
    }
}

/// Whether `from` becomes `to` in this context.
pub(super) fn can_coerce(from: Type, to: Type, context: CastContext) -> bool {
    cast_context(from, to).is_some_and(|least| least <= context)
}

/// The type that alternatives of two types get; none when these cannot be matched (manual, "UNION, CASE, and Related
/// Constructs").
pub(super) fn common_of(chosen: Type, candidate: Type, major: Major) -> Option<Type> {
    let implicit = |from, to| can_coerce(from, to, CastContext::Implicit);
    if chosen == candidate || candidate == Type::Unknown {
        return Some(chosen);
    }
    if chosen == Type::Unknown {
        return Some(candidate);
    }
    if category(chosen, major) != category(candidate, major) {
        return None;
    }
    let is_preferred = matches!(chosen, Type::Text | Type::Oid);
    match !is_preferred && implicit(chosen, candidate) && !implicit(candidate, chosen) {
        true => Some(candidate),
        false => Some(chosen),
    }
}

/// A type's category (manual, "pg_type", Table "typcategory Codes"); those that are not told apart have one of their own.
fn category(value_type: Type, major: Major) -> char {
    match value_type {
        Type::Unknown => 'X',
        Type::Boolean => 'B',
        Type::SmallInt | Type::Integer | Type::BigInt | Type::Numeric => 'N',
        Type::Oid | Type::Regclass | Type::Regtype | Type::Regnamespace => 'N',
        Type::Text | Type::Varchar | Type::Name => 'S',
        Type::Char => major.category_of_char(),
        Type::Tree => 'Z',
        Type::Record => 'P',
        Type::Array(_) => 'A',
        Type::Opaque(_) => 'U',
    }
}

/// OIDs from here on are given out as objects are made, so nobody can predict them.
const FIRST_NORMAL: i64 = crate::catalog::FIRST_NORMAL_OID as i64;

impl Execution<'_> {
    /// Converts an analysed expression, or tells that the context does not allow it. A constant of unknown type is
    /// read at once, as PostgreSQL does while it analyses the statement.
    pub(crate) fn coerce(&mut self, expression: Typed, to: Type, context: CastContext) -> Result<Option<Typed>> {
        if expression.value_type == to {
            return Ok(Some(expression));
        }
        if expression.value_type.is_opaque() {
            let is_written = expression.value_type.becomes_text_as_shown() && matches!(to, Type::Text | Type::Varchar);
            if !is_written || context < CastContext::Assignment {
                return Err(unsupported("a conversion from a type outside the model"));
            }
            let (operand, from) = (Box::new(expression.bound), expression.value_type);
            return Ok(Some(Typed { bound: Bound::Cast { operand, from, to }, value_type: to }));
        }
        if !can_coerce(expression.value_type, to, context) {
            return Ok(None);
        }
        if expression.value_type == Type::Unknown {
            let constant = match &expression.bound {
                Bound::Constant(constant) => constant,
                Bound::Parameter(index) => return self.decide_parameter(*index, to).map(Some),
                _ => return Err(unsupported("an expression of unknown type")),
            };
            let bound = match constant {
                Value::Text(text) if to == Type::Regclass => Bound::Relation(self.read_regclass(text)?),
                Value::Text(text) if to == Type::Regnamespace => {
                    Bound::Constant(Value::Integer(self.read_regnamespace(text)?.0.into()))
                }
                Value::Text(text) if to.is_enumeration() => Bound::Constant(self.read_label(text, to)?),
                Value::Text(text) => Bound::Constant(read_value(text, to)?),
                _ => Bound::Constant(Value::Null),
            };
            return Ok(Some(Typed { bound, value_type: to }));
        }
        Ok(Some(Typed {
            bound: Bound::Cast { operand: Box::new(expression.bound), from: expression.value_type, to },
            value_type: to,
        }))
    }

    /// Reads a constant of an enumerated type (manual, "Enumerated Types").
    fn read_label(&mut self, text: &str, value_type: Type) -> Result<Value> {
        let Type::Opaque(number) = value_type else { return Err(unsupported("a label of no enumerated type")) };
        let found = self.shared.catalog.enumeration(Oid(number), self.catalog_view());
        let Some(enumeration) = found else { return Err(unsupported("a label of an enumerated type that is gone")) };
        if enumeration.labels.iter().any(|label| **label == *text) {
            return Ok(Value::text(text));
        }
        let name = enumeration.name.clone();
        match self.find_type(&ObjectName::bare(&*name))? {
            Some(visible) if visible.oid == Oid(number) => Err(error(
                sqlstate::INVALID_TEXT_REPRESENTATION,
                format!("invalid input value for enum {}: \"{text}\"", quote_identifier(&name)),
            )),
            _ => Err(unsupported("the name of an enumerated type that the search path does not find")),
        }
    }

    /// The first use that needs a type decides that of a parameter.
    fn decide_parameter(&mut self, index: usize, to: Type) -> Result<Typed> {
        if let Some(parameters) = &mut self.parameters
            && let Some(known) = parameters.types.get_mut(index)
        {
            if *known != Type::Unknown && *known != to {
                return Err(unsupported("a parameter that is used with several types"));
            }
            *known = to;
            parameters.undecided = parameters.undecided.saturating_sub(1);
        }
        Ok(Typed { bound: Bound::Parameter(index), value_type: to })
    }

    /// Converts a value at run time.
    pub(super) fn cast_value(&mut self, value: Value, from: Type, to: Type) -> Result<Value> {
        use super::numeric::fit;
        match (value, from, to) {
            (Value::Null, _, _) => Ok(Value::Null),
            (Value::Opaque, _, _) => Err(unsupported("a value that nobody can predict")),
            (Value::Integer(value), _, Type::Numeric) => Ok(Value::Numeric(Decimal::of_integer(value.into()))),
            (Value::Integer(value), _, Type::Boolean) => Ok(Value::Boolean(value != 0)),
            (Value::Boolean(value), _, Type::Integer) => Ok(Value::Integer(value.into())),
            (Value::Boolean(value), _, Type::Text | Type::Varchar) => {
                Ok(Value::text(if value { "true" } else { "false" }))
            }
            (Value::Integer(oid), from, Type::Text | Type::Varchar | Type::Name) if from.is_identifier() => {
                read_value(&self.write_identifier(oid, from)?, to)
            }
            // These two types are stored alike: a negative number stands for the large one with the same bits.
            (Value::Integer(value), Type::SmallInt | Type::Integer, to) if to.is_identifier() => {
                Ok(Value::Integer((value as u32).into()))
            }
            (Value::Integer(value), from, to) if from.is_identifier() && !to.is_identifier() => match value {
                0..FIRST_NORMAL => fit(value.into(), to),
                _ => Err(unsupported("an OID as a number")),
            },
            (Value::Integer(value), _, to) if to.is_integer() || to.is_identifier() => fit(value.into(), to),
            (Value::Numeric(value), _, to) if to.is_integer() => match value.to_integer() {
                Some(value) => fit(value, to),
                None => fit(i128::MAX, to),
            },
            (Value::Text(text), _, Type::Regnamespace) => Ok(Value::Integer(self.read_regnamespace(&text)?.0.into())),
            (Value::Text(text), _, Type::Regclass) => Ok(Value::Integer(self.cast_to_regclass(&text)?.0.into())),
            (Value::Text(text), _, Type::Text | Type::Varchar | Type::Name) => read_value(&text, to),
            (Value::Text(text), _, to) => read_value(&text, to),
            (value, from, Type::Text | Type::Varchar | Type::Name) => read_value(&value.to_text(from), to),
            (_, from, to) => Err(unsupported(format!("a cast from {} to {}", from.sql_name(), to.sql_name()))),
        }
    }
}

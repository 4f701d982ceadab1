//! Analysing what expressions are made of: constants, parameters, columns, values of the session.

use super::bind::{Binder, Place, boolean, null};
use super::chance::{by_chance, type_of_moment};
use super::known_text::value_of_text;
use super::numeric::constant;
use super::plan::{Bound, Typed};
use super::scope::{Found, find_column, is_hinted_at};
use super::{Type, Value};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::reply::Message;
use crate::statement::{Expression, Identifier, Literal, ObjectName, SessionValue, TypeName, UnaryOperator};

impl Binder<'_, '_> {
    /// `$n`: while a statement is prepared, of a type that its use decides; when it is executed, the value given.
    pub(super) fn parameter(&mut self, number: u32) -> Result<Typed> {
        /// More than anybody writes, and little enough to count.
        const MOST_PARAMETERS: usize = 1000;
        let missing = || error(sqlstate::UNDEFINED_PARAMETER, format!("there is no parameter ${number}"));
        let Some(parameters) = &mut self.execution.parameters else { return Err(missing()) };
        let Some(index) = (number as usize).checked_sub(1) else { return Err(missing()) };
        if let Some(values) = &parameters.values {
            return match (values.get(index), parameters.types.get(index)) {
                (Some(value), Some(value_type)) => {
                    Ok(Typed { bound: Bound::Constant(value.clone()), value_type: *value_type })
                }
                _ => Err(missing()),
            };
        }
        if index >= MOST_PARAMETERS {
            return Err(unsupported(format!("parameter ${number}")));
        }
        if index >= parameters.types.len() {
            parameters.types.resize(index + 1, Type::Unknown);
        }
        let value_type = parameters.types[index];
        if value_type == Type::Unknown {
            parameters.undecided += 1;
        }
        Ok(Typed { bound: Bound::Parameter(index), value_type })
    }

    pub(super) fn session_value(&mut self, value: SessionValue) -> Result<Typed> {
        self.reads_session = true;
        let execution = &mut *self.execution;
        let value = match value {
            SessionValue::CurrentUser | SessionValue::CurrentRole | SessionValue::User => {
                execution.role_value(execution.current_role())
            }
            SessionValue::SessionUser => execution.role_value(execution.session.user()),
            SessionValue::CurrentCatalog => Value::text(&execution.shared.settings.database),
            SessionValue::CurrentSchema => execution.current_schema()?,
            moment => {
                let type_name = type_of_moment(moment).ok_or_else(|| unsupported("a value of the session"))?;
                return Ok(by_chance(type_name));
            }
        };
        Ok(Typed { bound: Bound::Constant(value), value_type: Type::Name })
    }

    /// A column that is computed with, so that its type must be known.
    pub(super) fn column(&mut self, name: &ObjectName) -> Result<Typed> {
        let column = self.shown_column(name)?;
        match column.value_type.is_opaque() && !column.value_type.is_equal_as_text() {
            true => {
                let name = name.parts.last().map(Identifier::name).unwrap_or_default();
                Err(unsupported(format!("column {name}, whose type is outside the model")))
            }
            false => Ok(column),
        }
    }

    /// A column whose values are only shown.
    pub(super) fn shown_column(&mut self, name: &ObjectName) -> Result<Typed> {
        let found = find_column(&self.scopes, name);
        if let Some(variable) = self.variable_instead(name, &found)? {
            self.execution.uses_variables = true;
            return Ok(variable);
        }
        let (level, found) = match found {
            Err(Stop::Error(_)) if is_hinted_at(&self.unreachable, name) => {
                return Err(unsupported("a column that cannot be read there, of which PostgreSQL gives a hint"));
            }
            found => found?,
        };
        Ok(Typed { bound: Bound::Column { level, index: found.index }, value_type: found.value_type })
    }

    /// The variable of PL/pgSQL that a name means, unless it is a column's. That it could be both is an error.
    fn variable_instead(&self, name: &ObjectName, column: &Result<(usize, Found)>) -> Result<Option<Typed>> {
        let is_missing =
            |message: &Message| matches!(message.sqlstate, sqlstate::UNDEFINED_COLUMN | sqlstate::UNDEFINED_TABLE);
        match column {
            Err(Stop::Error(message)) if is_missing(message) => self.execution.variable(name),
            Ok(_) if self.execution.variable(name)?.is_some() => {
                let parts: Vec<&str> = name.parts.iter().map(Identifier::name).collect();
                let name = parts.join(".");
                Err(error(sqlstate::AMBIGUOUS_COLUMN, format!("column reference \"{name}\" is ambiguous"))
                    .detail("It could refer to either a PL/pgSQL variable or a table column."))
            }
            _ => Ok(None),
        }
    }

    pub(super) fn signed(
        &mut self,
        operator: UnaryOperator,
        operand: &Expression,
        whole: &Expression,
        place: Place,
    ) -> Result<Typed> {
        // The grammar folds signs into numeric constants, so that the smallest bigint can be written.
        if let Some(digits) = folded_constant(whole) {
            let (value, value_type) = constant(&digits)?;
            return Ok(Typed { bound: Bound::Constant(value), value_type });
        }
        let operand = self.expression(operand, place)?;
        if !operand.value_type.is_number() {
            return Err(unsupported(format!("a sign before {}", operand.value_type.sql_name())));
        }
        Ok(match operator {
            UnaryOperator::Minus => Typed {
                value_type: operand.value_type,
                bound: Bound::Negate { value_type: operand.value_type, operand: Box::new(operand.bound) },
            },
            UnaryOperator::Plus | UnaryOperator::Not => operand,
        })
    }
}

/// A string constant that is cast to a type outside the model, if it certainly is a value of that type.
pub(super) fn opaque_constant(operand: &Expression, name: &TypeName) -> Option<Typed> {
    let Expression::Literal(Literal::String(text)) = operand else { return None };
    let base = match name.name.parts.as_slice() {
        [base] => base.name(),
        [schema, base] if schema.name() == "pg_catalog" => base.name(),
        _ => return None,
    };
    let value_type = Type::opaque_named(base);
    if name.dimensions > 0 || !name.modifiers.is_empty() || value_type == Type::Opaque(0) {
        return None;
    }
    let value = value_of_text(base, &[], text)?;
    Some(Typed { bound: Bound::Constant(value), value_type })
}

/// A constant as it is written.
pub(super) fn literal_value(literal: &Literal) -> Result<Typed> {
    Ok(match literal {
        Literal::Null => null(),
        Literal::Boolean(value) => boolean(Bound::Constant(Value::Boolean(*value))),
        Literal::String(text) => Typed { bound: Bound::Constant(Value::text(text)), value_type: Type::Unknown },
        Literal::Number(digits) => {
            let (value, value_type) = constant(digits)?;
            Typed { bound: Bound::Constant(value), value_type }
        }
    })
}

/// A numeric constant behind signs, with the signs folded in.
pub(super) fn folded_constant(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Literal(Literal::Number(digits)) => Some(digits.clone()),
        Expression::Unary(UnaryOperator::Minus, operand) => {
            let digits = folded_constant(operand)?;
            Some(match digits.strip_prefix('-') {
                Some(positive) => positive.to_owned(),
                None => format!("-{digits}"),
            })
        }
        _ => None,
    }
}

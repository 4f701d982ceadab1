//! Computing expressions.

use std::cmp::Ordering;

use super::Value;
use super::function::Function;
use super::operator::{apply, compare};
use super::plan::{Bound, Plan};
use super::{Type, string, within_reach};
use crate::catalog::Oid;
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::execute::Execution;
use crate::lock::LockMode;
use crate::quirk::Quirk;

/// The row at hand.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Row<'r> {
    pub(crate) values: &'r [Value],
    /// Results of the query's aggregates.
    pub(crate) aggregates: &'r [Value],
    /// Values at hand of the select list's set-returning functions.
    pub(crate) series: &'r [Value],
    /// The value that the expression at hand has computed once for several places.
    pub(crate) held: Option<&'r Value>,
    /// The row of the query around this one.
    pub(crate) outer: Option<&'r Row<'r>>,
}

impl Execution<'_> {
    /// Computes what is shown and not computed with. A column's value may then be one that nobody can predict.
    pub(crate) fn shown_value(&mut self, expression: &Bound, row: &Row<'_>) -> Result<Value> {
        match expression {
            Bound::Column { level: 0, index } if row.values.get(*index) == Some(&Value::Opaque) => Ok(Value::Opaque),
            // Its text is not known either.
            Bound::Cast { operand, from, .. } if from.is_opaque() => match self.shown_value(operand, row)? {
                Value::Opaque => Ok(Value::Opaque),
                _ => self.evaluate(expression, row),
            },
            _ => self.evaluate(expression, row),
        }
    }

    pub(crate) fn evaluate(&mut self, expression: &Bound, row: &Row<'_>) -> Result<Value> {
        Ok(match expression {
            Bound::Constant(value) => value.clone(),
            Bound::Relation(oid) => Value::Integer(oid.0.into()),
            Bound::Column { level, index } => {
                let mut row = row;
                for _ in 0..*level {
                    row = row.outer.ok_or_else(|| unsupported("an outer reference out of place"))?;
                }
                match row.values.get(*index) {
                    Some(value) if value.is_known() => value.clone(),
                    _ => return Err(unsupported("a value that nobody can predict")),
                }
            }
            Bound::Call { function, arguments } => self.call(*function, arguments, row)?,
            Bound::Cast { operand, from, to } => {
                let value = self.evaluate(operand, row)?;
                self.cast_value(value, *from, *to)?
            }
            Bound::Negate { operand, value_type } => match self.evaluate(operand, row)? {
                Value::Integer(value) => super::numeric::fit(-i128::from(value), *value_type)?,
                Value::Null => Value::Null,
                Value::Numeric(value) => Value::Numeric(value.negated()),
                _ => return Err(unsupported("the negative of this value")),
            },
            Bound::Not(operand) => match self.evaluate(operand, row)? {
                Value::Boolean(value) => Value::Boolean(!value),
                _ => Value::Null,
            },
            Bound::And(left, right) => match self.evaluate(left, row)? {
                Value::Boolean(false) => Value::Boolean(false),
                left => match (left, self.evaluate(right, row)?) {
                    (_, Value::Boolean(false)) => Value::Boolean(false),
                    (Value::Boolean(true), right) => right,
                    _ => Value::Null,
                },
            },
            Bound::Or(left, right) => match self.evaluate(left, row)? {
                Value::Boolean(true) => Value::Boolean(true),
                left => match (left, self.evaluate(right, row)?) {
                    (_, Value::Boolean(true)) => Value::Boolean(true),
                    (Value::Boolean(false), right) => right,
                    _ => Value::Null,
                },
            },
            Bound::Operator { operator, operand_type, left, right } => {
                let left = self.evaluate(left, row)?;
                let right = self.evaluate(right, row)?;
                apply(*operator, *operand_type, &left, &right)?
            }
            Bound::IsNull { operand, negated } => Value::Boolean(self.evaluate(operand, row)?.is_null() != *negated),
            Bound::Case { branches, otherwise } => {
                for (condition, result) in branches {
                    if self.evaluate(condition, row)? == Value::Boolean(true) {
                        return self.evaluate(result, row);
                    }
                }
                self.evaluate(otherwise, row)?
            }
            Bound::Coalesce(alternatives) => {
                for alternative in alternatives {
                    let value = self.evaluate(alternative, row)?;
                    if !value.is_null() {
                        return Ok(value);
                    }
                }
                Value::Null
            }
            Bound::Extreme { alternatives, greatest } => {
                let mut chosen = Value::Null;
                for alternative in alternatives {
                    let value = self.evaluate(alternative, row)?;
                    if !value.is_known() {
                        return Err(unsupported("a comparison with a value that nobody can predict"));
                    }
                    let wins = match compare(&value, &chosen) {
                        Ordering::Greater => *greatest,
                        Ordering::Less => !*greatest,
                        Ordering::Equal => false,
                    };
                    if !value.is_null() && (chosen.is_null() || wins) {
                        chosen = value;
                    }
                }
                chosen
            }
            Bound::Once { value, body } => {
                let value = self.evaluate(value, row)?;
                self.evaluate(body, &Row { held: Some(&value), ..*row })?
            }
            Bound::Held => row.held.cloned().ok_or_else(|| unsupported("a value that is held out of place"))?,
            Bound::Quantified { operator, operand_type, operand, elements, all } => {
                let operand = self.evaluate(operand, row)?;
                let elements =
                    elements.iter().map(|element| self.evaluate(element, row)).collect::<Result<Vec<_>>>()?;
                let mut whole = Value::Boolean(*all);
                for element in &elements {
                    match apply(*operator, *operand_type, &operand, element)? {
                        Value::Boolean(holds) if holds != *all => return Ok(Value::Boolean(holds)),
                        Value::Boolean(_) => {}
                        _ => whole = Value::Null,
                    }
                }
                whole
            }
            Bound::Array(elements) => {
                let elements =
                    elements.iter().map(|element| self.evaluate(element, row)).collect::<Result<Vec<_>>>()?;
                Value::List(elements.into())
            }
            Bound::InQuery { operand, plan, from, to } => {
                let wanted = self.evaluate(operand, row)?;
                let mut found = Value::Boolean(false);
                self.run_plan(plan, Some(row), &mut |execution, values| {
                    let value = values.first().cloned().unwrap_or(Value::Null);
                    if !value.is_known() || !wanted.is_known() {
                        return Err(unsupported("a comparison with a value that nobody can predict"));
                    }
                    let value = if from == to { value } else { execution.cast_value(value, *from, *to)? };
                    if value.is_null() || wanted.is_null() {
                        found = Value::Null;
                        return Ok(true);
                    }
                    let equal = compare(&value, &wanted).is_eq();
                    if equal {
                        found = Value::Boolean(true);
                    }
                    Ok(!equal)
                })?;
                found
            }
            Bound::Parameter(_) => return Err(unsupported("a parameter without a value")),
            Bound::Aggregate(index) => {
                row.aggregates.get(*index).cloned().ok_or_else(|| unsupported("an aggregate out of place"))?
            }
            Bound::Series(index) => {
                row.series.get(*index).cloned().ok_or_else(|| unsupported("a set-returning function out of place"))?
            }
            Bound::Subquery(plan) => self.only_value(plan, row)?,
            Bound::Initial { plan, place } => match self.initial.get(*place) {
                Some(Some(value)) => value.clone(),
                _ => {
                    let value = self.only_value(plan, row)?;
                    if self.initial.len() <= *place {
                        self.initial.resize(place + 1, None);
                    }
                    self.initial[*place] = Some(value.clone());
                    value
                }
            },
            Bound::Exists(plan) => {
                let mut any = false;
                // PostgreSQL does not compute what such a subquery selects (`simplify_EXISTS_query` of its planner).
                if let Plan::Select(select) = &**plan
                    && select.keeps_some_row()
                {
                    self.scan(select, Some(row), &mut |_, _| {
                        any = true;
                        Ok(false)
                    })?;
                    return Ok(Value::Boolean(any));
                }
                self.run_plan(plan, Some(row), &mut |_, _| {
                    any = true;
                    Ok(false)
                })?;
                Value::Boolean(any)
            }
        })
    }

    /// The value of a query of one column and at most one row.
    fn only_value(&mut self, plan: &Plan, row: &Row<'_>) -> Result<Value> {
        let mut result: Option<Value> = None;
        self.run_plan(plan, Some(row), &mut |_, values| match &result {
            Some(_) => Err(error(
                sqlstate::CARDINALITY_VIOLATION,
                "more than one row returned by a subquery used as an expression",
            )),
            None => {
                result = values.first().cloned();
                Ok(true)
            }
        })?;
        match result {
            Some(value) if !value.is_known() => Err(unsupported("a value that nobody can predict")),
            value => Ok(value.unwrap_or(Value::Null)),
        }
    }

    fn call(&mut self, function: Function, arguments: &[Bound], row: &Row<'_>) -> Result<Value> {
        if matches!(function, Function::Concat | Function::ConcatWith | Function::Format) {
            let values = arguments.iter().map(|argument| self.evaluate(argument, row)).collect::<Result<Vec<_>>>()?;
            return super::string::variadic(function, &values);
        }
        // No other function of the model takes more than three arguments.
        let mut values = [Value::Null, Value::Null, Value::Null];
        let mut any_null = false;
        for (value, argument) in values.iter_mut().zip(arguments) {
            *value = self.evaluate(argument, row)?;
            any_null |= value.is_null();
        }
        if self.deviates(Quirk::SetvalNullIsZero)
            && matches!(function, Function::Setval | Function::SetvalCalled)
            && values[1].is_null()
        {
            values[1] = Value::Integer(0);
            any_null = values[0].is_null();
        }
        if any_null && function.is_strict() {
            if function.is_sequence_function() {
                self.reach(Clause::FunctionNull);
            }
            return Ok(Value::Null);
        }
        let oid = |index: usize| match values.get(index) {
            Some(Value::Integer(oid)) => Ok(Oid(*oid as u32)),
            _ => Err(unsupported("a relation that is not an OID")),
        };
        let text = |index: usize| match values.get(index) {
            Some(Value::Text(text)) => Ok(text.clone()),
            _ => Err(unsupported("a text argument that is not text")),
        };
        let integer = |index: usize| match values.get(index) {
            Some(Value::Integer(value)) => Ok(*value),
            _ => Err(unsupported("an integer argument that is none")),
        };
        Ok(match function {
            Function::Nextval => self.nextval(oid(0)?)?,
            Function::Currval => self.currval(oid(0)?)?,
            Function::Lastval => self.lastval()?,
            Function::Setval => self.setval(oid(0)?, integer(1)?, true)?,
            Function::SetvalCalled => {
                let is_called = values.get(2) == Some(&Value::Boolean(true));
                self.setval(oid(0)?, integer(1)?, is_called)?
            }
            Function::SequenceLastValue => self.sequence_last_value(oid(0)?)?,
            Function::SequenceParameters => Value::List(self.sequence_parameters(oid(0)?)?.into()),
            Function::ToRegclass => self.find_regclass(&text(0)?)?,
            Function::SerialSequence => self.serial_sequence(&text(0)?, &text(1)?)?,
            Function::CurrentSchema => self.current_schema()?,
            Function::HasPrivilege(target) => match arguments.len() {
                3 => self.has_privilege(target, Some(&text(0)?), &values[1], &text(2)?)?,
                _ => self.has_privilege(target, None, &values[0], &text(1)?)?,
            },
            Function::Length => Value::Integer(text(0)?.chars().count() as i64),
            Function::Lower => Value::text(&text(0)?.to_lowercase()),
            Function::Upper => Value::text(&text(0)?.to_uppercase()),
            Function::QuoteIdentifier => Value::text(&crate::catalog::quote_identifier(&text(0)?)),
            Function::QuoteLiteral => Value::text(&string::quote_literal(&text(0)?)),
            Function::Replace => Value::text(&string::replace(&text(0)?, &text(1)?, &text(2)?)),
            Function::Left | Function::Right => {
                Value::text(&string::part(&text(0)?, integer(1)?, function == Function::Left))
            }
            Function::PadLeft | Function::PadRight => {
                let fill = if arguments.len() > 2 { text(2)? } else { " ".into() };
                Value::text(&string::pad(&text(0)?, integer(1)?, &fill, function == Function::PadLeft)?)
            }
            Function::Round(rounding) => {
                let Value::Numeric(number) = &values[0] else { return Err(unsupported("rounding what is no numeric")) };
                let scale = if arguments.len() > 1 { integer(1)? } else { 0 };
                let scale = u32::try_from(scale).map_err(|_| unsupported("rounding to tens"))?;
                Value::Numeric(within_reach(number.rounded_to(rounding, scale))?)
            }
            Function::Absolute(value_type) => match &values[0] {
                Value::Numeric(number) if number.is_negative() => Value::Numeric(number.negated()),
                Value::Integer(value) => super::numeric::fit(i128::from(*value).abs(), value_type)?,
                other => other.clone(),
            },
            Function::FormatNumber => Value::text(&super::number_format::to_char(&values[0], &text(1)?)?),
            Function::Concat | Function::ConcatWith | Function::Format => Value::Null,
            Function::CurrentDatabase => Value::text(&self.shared.settings.database),
            // The expression is kept as its text. PostgreSQL writes it while nobody may change the table.
            Function::Expression => {
                if self.shared.catalog.relation(oid(1)?, self.query_view()).is_some() {
                    self.lock_briefly(oid(1)?, LockMode::AccessShare)?;
                }
                let written = text(0)?;
                // In the pretty form there are fewer parentheses.
                if values[2] == Value::Boolean(true) && written.matches('(').count() > 1 {
                    return Err(unsupported("an expression in its pretty form"));
                }
                Value::Text(written)
            }
            Function::RoleById => match self.shared.catalog.role(oid(0)?, self.query_view()) {
                Some(role) => Value::Text(role.name.clone()),
                None => return Err(unsupported("a role outside the model by its OID")),
            },
            Function::SetConfig => {
                self.set_config(&text(0)?, &text(1)?, values.get(2) == Some(&Value::Boolean(true)))?
            }
            Function::IsVisible => self.is_visible(oid(0)?)?,
            Function::FormatType => match (&values[0], &values[1]) {
                (Value::Null, _) => Value::Null,
                (Value::Integer(number), Value::Null | Value::Integer(-1)) => match Type::of_number(*number) {
                    Some(known) => Value::text(&known.sql_name()),
                    None => return Err(unsupported("format_type of a type outside the model")),
                },
                (Value::Integer(1043), Value::Integer(modifier)) => {
                    Value::text(&format!("character varying({})", modifier - 4))
                }
                _ => return Err(unsupported("format_type with a modifier")),
            },
            Function::RelationComment => {
                let catalog = if arguments.len() > 1 { Some(text(1)?) } else { None };
                self.relation_comment(oid(0)?, catalog.as_deref())?
            }
            Function::ColumnComment => self.column_comment(oid(0)?, integer(1)?)?,
            Function::TypeOf => values[1].clone(),
            Function::Host(function) => self.host_function(function, &values)?,
        })
    }
}

//! Analysing comparisons with several values: IN, BETWEEN, ANY and ALL (manual, "Subquery Expressions" and "Row and Array
//! Comparisons").

use super::bind::{Binder, Place, boolean};
use super::operator::common_type;
use super::plan::{Bound, Typed};
use super::{CastContext, Type};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::statement::{BinaryOperator, Expression, Query};

impl Binder<'_, '_> {
    pub(super) fn in_list(
        &mut self,
        operand: &Expression,
        items: &[Expression],
        negated: bool,
        place: Place,
    ) -> Result<Typed> {
        let operator = if negated { BinaryOperator::NotEqual } else { BinaryOperator::Equal };
        let mut whole: Option<Bound> = None;
        for item in items {
            let operand = self.expression(operand, place)?;
            if operand.bound.is_volatile() && items.len() > 1 {
                return Err(unsupported("IN behind a sequence function"));
            }
            let item = self.expression(item, place)?;
            let one = self.execution.bind_operator(operator, operand, item)?.bound;
            whole = Some(match whole {
                None => one,
                Some(others) if negated => Bound::And(Box::new(others), Box::new(one)),
                Some(others) => Bound::Or(Box::new(others), Box::new(one)),
            });
        }
        whole.map(boolean).ok_or_else(|| unsupported("an empty IN list"))
    }

    /// Analyses a comparison with the elements of an array, which is one comparison with each of them.
    pub(super) fn quantified(
        &mut self,
        operand: &Expression,
        operator: BinaryOperator,
        array: &Expression,
        all: bool,
        place: Place,
    ) -> Result<Typed> {
        let operand = self.expression(operand, place)?;
        let array = self.expression(array, place)?;
        let (Bound::Array(elements), Type::Array(element_type)) = (array.bound, array.value_type) else {
            return Err(unsupported("ANY or ALL of anything but ARRAY[…]"));
        };
        if operand.bound.is_volatile() || elements.iter().any(Bound::is_volatile) {
            return Err(unsupported("ANY or ALL with sequence functions"));
        }
        let mut whole: Option<Bound> = None;
        for bound in elements {
            let element = Typed { bound, value_type: *element_type };
            let one = self.execution.bind_operator(operator, operand.clone(), element)?;
            if one.value_type != Type::Boolean {
                return Err(unsupported("ANY or ALL with an operator that is no comparison"));
            }
            whole = Some(match whole {
                None => one.bound,
                Some(others) if all => Bound::And(Box::new(others), Box::new(one.bound)),
                Some(others) => Bound::Or(Box::new(others), Box::new(one.bound)),
            });
        }
        whole.map(boolean).ok_or_else(|| unsupported("ANY or ALL of an empty array"))
    }

    pub(super) fn between(
        &mut self,
        operand: &Expression,
        low: &Expression,
        high: &Expression,
        negated: bool,
        place: Place,
    ) -> Result<Typed> {
        let (first, second) = match negated {
            false => (BinaryOperator::GreaterOrEqual, BinaryOperator::LessOrEqual),
            true => (BinaryOperator::Less, BinaryOperator::Greater),
        };
        let (left, low) = (self.expression(operand, place)?, self.expression(low, place)?);
        let first = Box::new(self.execution.bind_operator(first, left, low)?.bound);
        let (left, high) = (self.expression(operand, place)?, self.expression(high, place)?);
        let second = Box::new(self.execution.bind_operator(second, left, high)?.bound);
        Ok(boolean(if negated { Bound::Or(first, second) } else { Bound::And(first, second) }))
    }

    pub(super) fn array(&mut self, elements: &[Expression], place: Place) -> Result<Typed> {
        let elements = elements.iter().map(|element| self.expression(element, place)).collect::<Result<Vec<_>>>()?;
        if elements.is_empty() {
            return Err(unsupported("an empty array"));
        }
        let (elements, element_type) = self.common_type(elements, "ARRAY")?;
        let value_type =
            element_type.array().ok_or_else(|| unsupported(format!("an array of {}", element_type.sql_name())))?;
        Ok(Typed { bound: Bound::Array(elements), value_type })
    }

    pub(super) fn in_query(
        &mut self,
        operand: &Expression,
        query: &Query,
        negated: bool,
        place: Place,
    ) -> Result<Typed> {
        let plan = self.subquery(query)?;
        let operand = self.expression(operand, place)?;
        let [from] = plan.types()[..] else {
            return Err(error(sqlstate::SYNTAX_ERROR, "subquery has too many columns"));
        };
        if plan.is_volatile() || operand.bound.is_volatile() {
            return Err(unsupported("IN with a subquery and sequence functions"));
        }
        let needed = common_type(BinaryOperator::Equal, operand.value_type, from);
        let Some(to) = needed.filter(|to| *to != Type::Numeric) else {
            return Err(unsupported("IN with a subquery of another type"));
        };
        let given = operand.value_type;
        let operand = self
            .execution
            .coerce(operand, to, CastContext::Explicit)?
            .ok_or_else(|| unsupported(format!("an operand of type {}", given.sql_name())))?;
        let found = Bound::InQuery { operand: Box::new(operand.bound), plan: Box::new(plan), from, to };
        Ok(boolean(if negated { Bound::Not(Box::new(found)) } else { found }))
    }
}

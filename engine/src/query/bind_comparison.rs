//! Analysing comparisons with several values: IN, BETWEEN, ANY and ALL (manual, "Subquery Expressions" and "Row and Array
//! Comparisons").

use super::bind::{Binder, Place, boolean};
use super::coerce::common_of;
use super::operator::common_type;
use super::plan::{Bound, Typed};
use super::{CastContext, Type};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::statement::{BinaryOperator, Expression, Query};

fn reads_column(item: &Typed) -> bool {
    item.bound.any(|part| matches!(part, Bound::Column { .. }))
}

impl Binder<'_, '_> {
    pub(super) fn in_list(
        &mut self,
        operand: &Expression,
        items: &[Expression],
        negated: bool,
        place: Place,
    ) -> Result<Typed> {
        let operator = if negated { BinaryOperator::NotEqual } else { BinaryOperator::Equal };
        // PostgreSQL analyses all values before it compares any.
        let mut pairs = Vec::with_capacity(items.len());
        for item in items {
            pairs.push((self.expression(operand, place)?, self.expression(item, place)?));
        }
        self.share_type(&mut pairs)?;
        let is_volatile = pairs.iter().any(|(operand, item)| operand.bound.is_volatile() || item.bound.is_volatile());
        if is_volatile && pairs.len() > 1 {
            return self.in_array(operator, pairs, negated);
        }
        let mut whole: Option<Bound> = None;
        for (operand, item) in pairs {
            let one = self.execution.bind_operator(operator, operand, item)?.bound;
            whole = Some(match whole {
                None => one,
                Some(others) if negated => Bound::And(Box::new(others), Box::new(one)),
                Some(others) => Bound::Or(Box::new(others), Box::new(one)),
            });
        }
        whole.map(boolean).ok_or_else(|| unsupported("an empty IN list"))
    }

    /// Several values that read no column PostgreSQL compares as an array, whose type they and the operand share: constants
    /// without a type are read as that (`transformAExprIn` of its parser).
    fn share_type(&mut self, pairs: &mut [(Typed, Typed)]) -> Result<()> {
        let items = || pairs.iter().map(|(_, item)| item).filter(|item| !reads_column(item));
        if items().count() < 2 {
            return Ok(());
        }
        let operand = pairs.first().map_or(Type::Unknown, |(operand, _)| operand.value_type);
        let Some(shared) = self.shared_type(operand, items()) else { return Ok(()) };
        for (operand, item) in pairs.iter_mut().filter(|(_, item)| !reads_column(item)) {
            for side in [operand, item] {
                if side.value_type == Type::Unknown && matches!(side.bound, Bound::Constant(_)) {
                    let read = self.execution.coerce(side.clone(), shared, CastContext::Implicit)?;
                    *side = read.ok_or_else(|| unsupported("IN over mixed types"))?;
                }
            }
        }
        Ok(())
    }

    /// The type that the operand of IN shares with items; none when there is none, or nothing decides it.
    fn shared_type<'t>(&self, operand: Type, mut items: impl Iterator<Item = &'t Typed>) -> Option<Type> {
        let major = self.execution.shared.settings.major;
        let shared = items.try_fold(operand, |chosen, item| common_of(chosen, item.value_type, major));
        shared.filter(|shared| *shared != Type::Unknown)
    }

    /// Values that read no column PostgreSQL compares as an array, of one type, so that it computes the operand once
    /// (`transformAExprIn` of its parser).
    fn in_array(&mut self, operator: BinaryOperator, pairs: Vec<(Typed, Typed)>, all: bool) -> Result<Typed> {
        let (mut operands, items): (Vec<Typed>, Vec<Typed>) = pairs.into_iter().unzip();
        operands.truncate(1);
        let Some(operand) = operands.pop() else { return Err(unsupported("an empty IN list")) };
        if items.iter().any(|item| reads_column(item) || item.bound.has_subquery()) {
            return Err(unsupported("IN with sequence functions, and with values that read columns"));
        }
        let is_plain = !operand.bound.holds_aggregate() && !operand.bound.holds_series();
        let Some(value_type) = self.shared_type(operand.value_type, items.iter()).filter(|_| is_plain) else {
            return Err(unsupported("IN with sequence functions over these types"));
        };
        let mut elements = Vec::with_capacity(items.len());
        for item in items {
            let element = self.execution.coerce(item, value_type, CastContext::Implicit)?;
            elements.push(element.ok_or_else(|| unsupported("IN over mixed types"))?);
        }
        self.compared_with_array(operator, operand, elements, all)
    }

    /// Compares a value with all elements of an array, of which none is skipped.
    fn compared_with_array(
        &mut self,
        operator: BinaryOperator,
        operand: Typed,
        elements: Vec<Typed>,
        all: bool,
    ) -> Result<Typed> {
        let mut once = None;
        let mut converted = Vec::with_capacity(elements.len());
        for element in elements {
            let one = self.execution.bind_operator(operator, operand.clone(), element)?;
            match one.bound {
                Bound::Operator { operand_type, left, right, .. } if one.value_type == Type::Boolean => {
                    once.get_or_insert((operand_type, left));
                    converted.push(*right);
                }
                _ => return Err(unsupported("ANY or ALL with an operator that is no comparison")),
            }
        }
        let Some((operand_type, operand)) = once else { return Err(unsupported("ANY or ALL of an empty array")) };
        Ok(boolean(Bound::Quantified { operator, operand_type, operand, elements: converted, all }))
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
            let elements = elements.into_iter().map(|bound| Typed { bound, value_type: *element_type }).collect();
            return self.compared_with_array(operator, operand, elements, all);
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
        let Some(to) = needed else {
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

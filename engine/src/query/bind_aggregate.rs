//! Analysing aggregate calls.

use super::Type;
use super::bind::{Binder, Place};
use super::function::{Aggregate, Routine};
use super::plan::{AggregateCall, Bound, SortKey, Typed};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::statement::Call;

impl Binder<'_, '_> {
    pub(super) fn aggregate(&mut self, name: &str, call: &Call, place: Place) -> Result<Typed> {
        if !matches!(place, Place::SelectList | Place::Having) {
            return Err(error(
                sqlstate::GROUPING_ERROR,
                format!("aggregate functions are not allowed in {}", place.words()),
            ));
        }
        if self.frames.last().is_some_and(|frame| frame.in_aggregate) {
            return Err(error(sqlstate::GROUPING_ERROR, "aggregate function calls cannot be nested"));
        }
        self.set_in_aggregate(true);
        let bound = self.aggregate_call(name, call);
        self.set_in_aggregate(false);
        let (aggregate_call, value_type) = bound?;
        let of_outer =
            |argument: &Bound| argument.any(|part| matches!(part, Bound::Column { level, .. } if *level > 0));
        if aggregate_call.arguments.iter().any(of_outer) {
            return Err(unsupported("an aggregate over the columns of a query around this one"));
        }
        let Some(frame) = self.frames.last_mut() else { return Err(unsupported("an aggregate out of place")) };
        frame.aggregates.push(aggregate_call);
        Ok(Typed { bound: Bound::Aggregate(frame.aggregates.len() - 1), value_type })
    }

    fn set_in_aggregate(&mut self, inside: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.in_aggregate = inside;
        }
    }

    fn aggregate_call(&mut self, name: &str, call: &Call) -> Result<(AggregateCall, Type)> {
        let arguments = call
            .arguments
            .iter()
            .map(|argument| self.expression(argument, Place::SelectList))
            .collect::<Result<Vec<_>>>()?;
        let mut order_by = Vec::with_capacity(call.order_by.len());
        for item in &call.order_by {
            let typed = self.expression(&item.expression, Place::SelectList)?;
            typed.value_type.check_has_order()?;
            let key = typed.bound;
            order_by.push(SortKey { key, descending: item.descending });
        }
        let (aggregate, arguments, value_type) = match (name, call.star, arguments.as_slice()) {
            ("count", true, []) => (Aggregate::CountRows, Vec::new(), Type::BigInt),
            ("count", false, [argument]) => (Aggregate::Count, vec![argument.bound.clone()], Type::BigInt),
            ("array_agg", false, [argument]) => {
                let value_type = argument
                    .value_type
                    .array()
                    .ok_or_else(|| unsupported(format!("an array of {}", argument.value_type.sql_name())))?;
                (Aggregate::Array, vec![argument.bound.clone()], value_type)
            }
            ("max" | "min", false, [argument]) if argument.value_type.has_extremes() => {
                let aggregate = if name == "max" { Aggregate::Maximum } else { Aggregate::Minimum };
                (aggregate, vec![argument.bound.clone()], argument.value_type)
            }
            (_, true, _) => return Err(unsupported(format!("{name}(*)"))),
            _ => {
                let (signature, arguments) = self.resolve(name, name, arguments)?;
                match signature.routine {
                    Routine::Aggregate(aggregate) => (aggregate, arguments, signature.result),
                    _ => return Err(unsupported(format!("function {name}"))),
                }
            }
        };
        Ok((AggregateCall { aggregate, distinct: call.distinct, arguments, order_by }, value_type))
    }
}

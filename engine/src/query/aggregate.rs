//! What aggregates compute.

use std::cmp::Ordering;
use std::slice::from_ref;

use super::function::Aggregate;
use super::numeric::fit;
use super::operator::compare;
use super::plan::{AggregateCall, Bound, SortKey};
use super::run::Order;
use super::{Decimal, Type, Value, check_looks_alike, within_reach};
use crate::error::{Result, unsupported};
use crate::execute::Execution;

/// One row's input to an aggregate: its arguments and its sort keys.
type Input = (Vec<Value>, Vec<Value>);

/// Collects an aggregate's input over a group of rows.
#[derive(Debug)]
pub(super) struct Accumulator<'p> {
    call: &'p AggregateCall,
    inputs: Vec<Input>,
}

impl<'p> Accumulator<'p> {
    pub(super) fn new(call: &'p AggregateCall) -> Self {
        Accumulator { call, inputs: Vec::new() }
    }

    /// Takes one row in.
    pub(super) fn add(&mut self, execution: &mut Execution<'_>, row: &super::evaluate::Row<'_>) -> Result<()> {
        let arguments =
            self.call.arguments.iter().map(|argument| execution.evaluate(argument, row)).collect::<Result<Vec<_>>>()?;
        let keys =
            self.call.order_by.iter().map(|key| execution.evaluate(&key.key, row)).collect::<Result<Vec<_>>>()?;
        self.inputs.push((arguments, keys));
        Ok(())
    }

    /// The aggregate's value over rows that came in this order.
    pub(super) fn finish(mut self, order: Order) -> Result<Value> {
        let keys = &self.call.order_by;
        self.check_order(order)?;
        let descending: Vec<bool> = keys.iter().map(|key| key.descending).collect();
        let compare_inputs = |(_, left): &Input, (_, right): &Input| compare_keys(left, right, &descending);
        if self.call.arguments.iter().any(Bound::is_volatile)
            && !self.inputs.is_sorted_by(|left, right| compare_inputs(left, right).is_le())
        {
            // Since 16 rows are sorted before the arguments are computed, where the planner sees fit.
            return Err(unsupported("sequence functions inside an aggregate whose ORDER BY changes the order of rows"));
        }
        self.inputs.sort_by(compare_inputs);
        if self.call.distinct {
            let of_argument = |key: &SortKey| self.call.arguments.first() == Some(&key.key);
            if self.call.arguments.is_empty() || keys.len() > 1 || !keys.iter().all(of_argument) {
                return Err(unsupported("DISTINCT with another ORDER BY inside an aggregate"));
            }
            let descending = keys.first().is_some_and(|key| key.descending);
            self.inputs.sort_by(|(left, _), (right, _)| compare_keys(&left[..1], &right[..1], &[descending]));
            for pair in self.inputs.windows(2) {
                check_looks_alike(&pair[0].0, &pair[1].0)?;
            }
            self.inputs.dedup_by(|(left, _), (right, _)| left == right);
        }
        let first = |input: &Input| input.0.first().cloned().unwrap_or(Value::Null);
        let values: Vec<Value> = self.inputs.iter().map(first).collect();
        let present = values.iter().filter(|value| !value.is_null());
        Ok(match self.call.aggregate {
            Aggregate::CountRows => Value::Integer(self.inputs.len() as i64),
            Aggregate::Count => Value::Integer(present.count() as i64),
            Aggregate::Maximum | Aggregate::Minimum => {
                let largest = self.call.aggregate == Aggregate::Maximum;
                let chosen = match largest {
                    true => present.clone().max_by(|a, b| compare(a, b)),
                    false => present.clone().min_by(|a, b| compare(a, b)),
                };
                let chosen = chosen.cloned().unwrap_or(Value::Null);
                let mut others = present;
                others.try_for_each(|value| check_looks_alike(from_ref(value), from_ref(&chosen)))?;
                chosen
            }
            Aggregate::All => fold_booleans(present, |all, one| all && one),
            Aggregate::Any => fold_booleans(present, |any, one| any || one),
            Aggregate::Sum => {
                let integers = present.filter_map(|value| match value {
                    Value::Integer(value) => Some(i128::from(*value)),
                    _ => None,
                });
                match integers.reduce(|sum, value| sum + value) {
                    None => Value::Null,
                    Some(sum) => fit(sum, Type::BigInt)?,
                }
            }
            Aggregate::Total => total(present)?.map_or(Value::Null, |(sum, _)| Value::Numeric(sum)),
            Aggregate::Average => match total(present)? {
                None => Value::Null,
                Some((sum, count)) => Value::Numeric(within_reach(sum.over(&Decimal::of_integer(count)))?),
            },
            Aggregate::Array => match values.is_empty() {
                true => Value::Null,
                false => Value::List(values.into()),
            },
            Aggregate::Join => self.join(),
        })
    }

    /// Refuses an aggregate whose value depends on an order that PostgreSQL leaves open.
    fn check_order(&self, order: Order) -> Result<()> {
        let keys = &self.call.order_by;
        let differ = |left: &Input, right: &Input| !left.0.iter().zip(&right.0).all(|(one, two)| one.looks_like(two));
        if order == Order::Open
            && self.inputs.len() > 1
            && self.call.arguments.iter().chain(keys.iter().map(|key| &key.key)).any(Bound::is_volatile)
        {
            return Err(unsupported("sequence functions over rows whose order PostgreSQL leaves open"));
        }
        if !matches!(self.call.aggregate, Aggregate::Array | Aggregate::Join) || self.call.distinct {
            return Ok(());
        }
        let descending: Vec<bool> = keys.iter().map(|key| key.descending).collect();
        let is_open = match keys.is_empty() {
            true => order == Order::Open && self.inputs.windows(2).any(|pair| differ(&pair[0], &pair[1])),
            false => {
                let mut sorted: Vec<&Input> = self.inputs.iter().collect();
                sorted.sort_by(|left, right| compare_keys(&left.1, &right.1, &descending));
                sorted
                    .windows(2)
                    .any(|pair| compare_keys(&pair[0].1, &pair[1].1, &descending).is_eq() && differ(pair[0], pair[1]))
            }
        };
        match is_open {
            true => Err(unsupported("an aggregate over rows whose order PostgreSQL leaves open")),
            false => Ok(()),
        }
    }

    fn join(&self) -> Value {
        let mut text: Option<String> = None;
        for (arguments, _) in &self.inputs {
            let [Value::Text(part), separator] = arguments.as_slice() else { continue };
            match (&mut text, separator) {
                (Some(text), Value::Text(separator)) => {
                    text.push_str(separator);
                    text.push_str(part);
                }
                (Some(text), _) => text.push_str(part),
                (none, _) => *none = Some(part.to_string()),
            }
        }
        text.map_or(Value::Null, |text| Value::text(&text))
    }
}

/// The sum of numbers, and how many they are; `None` when there are none.
fn total<'v>(values: impl Iterator<Item = &'v Value>) -> Result<Option<(Decimal, i128)>> {
    let mut total: Option<(Decimal, i128)> = None;
    for value in values {
        let number = match value {
            Value::Integer(value) => Decimal::of_integer((*value).into()),
            Value::Numeric(value) => value.clone(),
            _ => return Err(unsupported("the sum of values that are no numbers")),
        };
        total = Some(match total {
            None => (number, 1),
            Some((sum, count)) => (within_reach(sum.plus(&number))?, count + 1),
        });
    }
    Ok(total)
}

fn fold_booleans<'v>(values: impl Iterator<Item = &'v Value>, fold: impl Fn(bool, bool) -> bool) -> Value {
    values
        .filter_map(|value| match value {
            Value::Boolean(value) => Some(*value),
            _ => None,
        })
        .reduce(fold)
        .map_or(Value::Null, Value::Boolean)
}

/// The order of two values, NULL last.
fn compare_nullable(left: &Value, right: &Value) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => compare(left, right),
    }
}

/// The order of two rows' sort keys; DESC puts NULL first.
pub(super) fn compare_keys(left: &[Value], right: &[Value], descending: &[bool]) -> Ordering {
    for ((left, right), descending) in left.iter().zip(right).zip(descending) {
        let ordering = compare_nullable(left, right);
        let ordering = if *descending { ordering.reverse() } else { ordering };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    Ordering::Equal
}

//! Running aggregation, and UNION, INTERSECT and EXCEPT.

use super::aggregate::Accumulator;
use super::evaluate::Row;
use super::plan::{Grouping, SelectPlan, SetPlan};
use super::run::{Order, Tuple};
use super::{Value, check_looks_alike};
use crate::error::{Result, unsupported};
use crate::execute::Execution;
use crate::statement::SetOperator;

/// Equal rows so far: their keys, their first row, and what the aggregates collect.
struct Group<'p> {
    keys: Vec<Value>,
    first: Vec<Value>,
    accumulators: Vec<Accumulator<'p>>,
}

impl<'p> Group<'p> {
    fn new(keys: Vec<Value>, first: Vec<Value>, grouping: &'p Grouping) -> Group<'p> {
        Group { keys, first, accumulators: grouping.calls.iter().map(Accumulator::new).collect() }
    }
}

impl Execution<'_> {
    /// Makes groups of the rows, and drops those that HAVING refuses. A group's row holds the values of its first row, of
    /// which only those are read that the grouping decides.
    pub(super) fn group(
        &mut self,
        select: &SelectPlan,
        grouping: &Grouping,
        outer: Option<&Row<'_>>,
    ) -> Result<(Vec<Tuple>, Order)> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        if grouping.keys.is_empty() {
            groups.push(Group::new(Vec::new(), Vec::new(), grouping));
        }
        let order = self.scan(select, outer, &mut |execution, row| {
            let keys = grouping.keys.iter().map(|key| execution.evaluate(key, row)).collect::<Result<Vec<_>>>()?;
            let index = match groups.iter().position(|group| group.keys == keys) {
                Some(index) => {
                    check_looks_alike(&groups[index].keys, &keys)?;
                    index
                }
                None => {
                    groups.push(Group::new(keys, row.values.to_vec(), grouping));
                    groups.len() - 1
                }
            };
            for accumulator in &mut groups[index].accumulators {
                accumulator.add(execution, row)?;
            }
            Ok(true)
        })?;
        let mut tuples = Vec::with_capacity(groups.len());
        for group in groups {
            let aggregates = group
                .accumulators
                .into_iter()
                .map(|accumulator| accumulator.finish(order))
                .collect::<Result<Vec<_>>>()?;
            let tuple = Tuple { values: group.first, aggregates };
            if let Some(having) = &grouping.having {
                let row = Row { values: &tuple.values, aggregates: &tuple.aggregates, outer, ..Row::default() };
                if self.evaluate(having, &row)? != Value::Boolean(true) {
                    continue;
                }
            }
            tuples.push(tuple);
        }
        Ok((tuples, Order::Open))
    }

    /// The rows of a UNION, INTERSECT or EXCEPT before ORDER BY.
    pub(super) fn combine(&mut self, set: &SetPlan, outer: Option<&Row<'_>>) -> Result<(Vec<Vec<Value>>, Order)> {
        let mut left = Vec::new();
        let left_order = self.run_plan(&set.left, outer, &mut |_, values| {
            left.push(values.to_vec());
            Ok(true)
        })?;
        let mut right = Vec::new();
        let right_order = self.run_plan(&set.right, outer, &mut |_, values| {
            right.push(values.to_vec());
            Ok(true)
        })?;
        if left.iter().chain(&right).flatten().any(|value| !value.is_known()) {
            return Err(unsupported("a comparison of values that nobody can predict"));
        }
        if (set.operator, set.all) != (SetOperator::Union, true) {
            let rows: Vec<&Vec<Value>> = left.iter().chain(&right).collect();
            let holds_numeric = rows.iter().any(|row| row.iter().any(|value| matches!(value, Value::Numeric(_))));
            for (place, row) in rows.iter().enumerate().filter(|_| holds_numeric) {
                let mut equal = rows[..place].iter().filter(|other| *other == row);
                equal.try_for_each(|other| check_looks_alike(other, row))?;
            }
        }
        let rows = match (set.operator, set.all) {
            (SetOperator::Union, true) => {
                left.extend(right);
                return Ok((left, left_order.and(right_order)));
            }
            (SetOperator::Union, false) => {
                left.extend(right);
                deduplicated(left)
            }
            (SetOperator::Intersect, false) => {
                left.retain(|row| right.contains(row));
                deduplicated(left)
            }
            (SetOperator::Except, false) => {
                left.retain(|row| !right.contains(row));
                deduplicated(left)
            }
            (SetOperator::Intersect, true) => {
                left.retain(|row| take(&mut right, row));
                left
            }
            (SetOperator::Except, true) => {
                left.retain(|row| !take(&mut right, row));
                left
            }
        };
        Ok((rows, Order::Open))
    }
}

fn deduplicated(rows: Vec<Vec<Value>>) -> Vec<Vec<Value>> {
    let mut distinct: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
    for row in rows {
        if !distinct.contains(&row) {
            distinct.push(row);
        }
    }
    distinct
}

/// Takes one row equal to `row` out of `rows`, and tells whether there was one.
fn take(rows: &mut Vec<Vec<Value>>, row: &[Value]) -> bool {
    match rows.iter().position(|other| other == row) {
        Some(index) => {
            rows.swap_remove(index);
            true
        }
        None => false,
    }
}

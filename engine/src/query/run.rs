//! Running analysed queries, row by row: PostgreSQL's executor evaluates a row's functions before it fetches the next.

use super::Value;
use super::aggregate::{Accumulator, compare_keys};
use super::evaluate::Row;
use super::function::SetFunction;
use super::plan::{Bound, Plan, SelectPlan, Source};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::execute::Execution;

/// The longest series that is computed: a model that takes minutes for a statement is of no use.
const MOST_ROWS: i128 = 1_000_000;

/// Takes a result row; `false` means that no more are wanted.
pub(crate) type Sink<'s> = dyn FnMut(&mut Execution<'_>, &[Value]) -> Result<bool> + 's;

/// One row with its sort keys.
type Keyed = (Vec<Value>, Vec<Value>);

impl Execution<'_> {
    /// Runs a query and hands over its rows.
    pub(crate) fn run_plan(&mut self, plan: &Plan, outer: Option<&Row<'_>>, sink: &mut Sink<'_>) -> Result<()> {
        match plan {
            Plan::Values { rows, .. } => {
                for row in rows {
                    let context = Row { outer, ..Row::default() };
                    let values = row.iter().map(|value| self.evaluate(value, &context)).collect::<Result<Vec<_>>>()?;
                    if !sink(self, &values)? {
                        break;
                    }
                }
                Ok(())
            }
            Plan::Select(select) => self.run_select(select, outer, sink),
        }
    }

    fn run_select(&mut self, select: &SelectPlan, outer: Option<&Row<'_>>, sink: &mut Sink<'_>) -> Result<()> {
        let context = Row { outer, ..Row::default() };
        let mut skip = match &select.offset {
            Some(offset) => self.row_count(offset, &context, "OFFSET")?.unwrap_or(0),
            None => 0,
        };
        let mut left = match &select.limit {
            Some(limit) => self.row_count(limit, &context, "LIMIT")?,
            None => None,
        };
        if left == Some(0) {
            return Ok(());
        }
        // Rows that OFFSET skips are computed all the same.
        let mut limited = |execution: &mut Execution<'_>, values: &[Value]| -> Result<bool> {
            if skip > 0 {
                skip -= 1;
                return Ok(true);
            }
            if let Some(left) = &mut left {
                *left -= 1;
            }
            Ok(sink(execution, values)? && left != Some(0))
        };
        if let Some(calls) = &select.aggregates {
            let mut accumulators: Vec<Accumulator<'_>> = calls.iter().map(Accumulator::new).collect();
            self.scan(select, outer, &mut |execution, row| {
                for accumulator in &mut accumulators {
                    accumulator.add(execution, row)?;
                }
                Ok(true)
            })?;
            let results: Vec<Value> = accumulators.into_iter().map(Accumulator::finish).collect::<Result<_>>()?;
            let row = Row { aggregates: &results, outer, ..Row::default() };
            return self.project(select, &row, &mut limited).map(|_| ());
        }
        if select.order_by.is_empty() {
            return self.scan(select, outer, &mut |execution, row| execution.project(select, row, &mut limited));
        }
        // Sorting comes before the select list's functions run.
        let mut sorted: Vec<Keyed> = Vec::new();
        self.scan(select, outer, &mut |execution, row| {
            let keys = select.order_by.iter().map(|key| execution.evaluate(&key.key, row)).collect::<Result<_>>()?;
            sorted.push((row.values.to_vec(), keys));
            Ok(true)
        })?;
        let descending: Vec<bool> = select.order_by.iter().map(|key| key.descending).collect();
        sorted.sort_by(|(_, left), (_, right)| compare_keys(left, right, &descending));
        for (values, _) in &sorted {
            let row = Row { values, outer, ..Row::default() };
            if !self.project(select, &row, &mut limited)? {
                break;
            }
        }
        Ok(())
    }

    /// Computes LIMIT or OFFSET; NULL means none.
    fn row_count(&mut self, expression: &Bound, row: &Row<'_>, clause: &str) -> Result<Option<i64>> {
        match self.evaluate(expression, row)? {
            Value::Integer(count) if count < 0 => {
                let code = match clause {
                    "LIMIT" => sqlstate::INVALID_ROW_COUNT_IN_LIMIT_CLAUSE,
                    _ => sqlstate::INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE,
                };
                Err(error(code, format!("{clause} must not be negative")))
            }
            Value::Integer(count) => Ok(Some(count)),
            _ => Ok(None),
        }
    }

    /// Computes the select list for one row of FROM: one output row, or as many as its set-returning functions give.
    fn project(&mut self, select: &SelectPlan, row: &Row<'_>, sink: &mut Sink<'_>) -> Result<bool> {
        if select.series.is_empty() {
            return self.project_row(select, row, sink);
        }
        let mut sets: Vec<Vec<Value>> = Vec::with_capacity(select.series.len());
        for (function, arguments) in &select.series {
            let mut set = Vec::new();
            self.run_set(*function, arguments, row, &mut |_, values| {
                set.extend_from_slice(values);
                Ok(true)
            })?;
            sets.push(set);
        }
        let longest = sets.iter().map(Vec::len).max().unwrap_or(0);
        for index in 0..longest {
            let series: Vec<Value> = sets.iter().map(|set| set.get(index).cloned().unwrap_or(Value::Null)).collect();
            let row = Row { series: &series, ..*row };
            if !self.project_row(select, &row, sink)? {
                return Ok(false);
            }
        }
        let are_bare = select.outputs.iter().filter(|output| matches!(output.value, Bound::Series(_))).count();
        if are_bare == select.series.len() {
            // PostgreSQL finds out that the sets have ended while it computes one more row, sequence functions included.
            let ended = vec![Value::Null; sets.len()];
            let row = Row { series: &ended, ..*row };
            for output in select.outputs.iter().filter(|output| output.value.is_volatile()) {
                self.evaluate(&output.value, &row)?;
            }
        }
        Ok(true)
    }

    fn project_row(&mut self, select: &SelectPlan, row: &Row<'_>, sink: &mut Sink<'_>) -> Result<bool> {
        // One buffer serves all rows: results of thousands of rows are common.
        let mut values = std::mem::take(&mut self.buffer);
        values.clear();
        for output in &select.outputs {
            values.push(self.evaluate(&output.value, row)?);
        }
        let goes_on = sink(self, &values);
        self.buffer = values;
        goes_on
    }

    /// Hands over the rows of FROM that pass WHERE.
    fn scan(
        &mut self,
        select: &SelectPlan,
        outer: Option<&Row<'_>>,
        take: &mut dyn FnMut(&mut Execution<'_>, &Row<'_>) -> Result<bool>,
    ) -> Result<()> {
        let mut filtered = |execution: &mut Execution<'_>, values: &[Value]| -> Result<bool> {
            let row = Row { values, outer, ..Row::default() };
            if let Some(filter) = &select.filter
                && execution.evaluate(filter, &row)? != Value::Boolean(true)
            {
                return Ok(true);
            }
            take(execution, &row)
        };
        match select.sources.as_slice() {
            [] => filtered(self, &[]).map(|_| ()),
            [source] => self.scan_source(source, outer, &mut |execution, values| filtered(execution, values)),
            sources => {
                let mut joined: Vec<Vec<Value>> = vec![Vec::new()];
                let mut with_several_rows = 0;
                for source in sources {
                    let mut rows = Vec::new();
                    self.scan_source(source, outer, &mut |_, values| {
                        rows.push(values.to_vec());
                        Ok(true)
                    })?;
                    with_several_rows += usize::from(rows.len() > 1);
                    joined = joined
                        .iter()
                        .flat_map(|left| rows.iter().map(move |right| [left.as_slice(), right].concat()))
                        .collect();
                }
                if with_several_rows > 1 {
                    return Err(unsupported("a join whose order of rows PostgreSQL leaves open"));
                }
                for values in joined {
                    if !filtered(self, &values)? {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    fn scan_source(&mut self, source: &Source, outer: Option<&Row<'_>>, sink: &mut Sink<'_>) -> Result<()> {
        match source {
            Source::Sequence(oid) => {
                let view = self.catalog_view();
                let Some(relation) = self.shared.catalog.relation(*oid, view).cloned() else { return Ok(()) };
                self.reach(Clause::SelectState);
                let page = self.page(&relation);
                let caches = &self.session.caches.entries;
                if caches.get(oid).is_some_and(|cache| cache.cached != cache.last && cache.cached == page.last_value) {
                    self.reach(Clause::LastValueShowsReserved);
                }
                let values =
                    [Value::Integer(page.last_value), Value::Integer(page.log_cnt), Value::Boolean(page.is_called)];
                sink(self, &values).map(|_| ())
            }
            Source::Table(oid) => {
                let view = self.query_view();
                let Some(storage) = self.shared.catalog.relation(*oid, self.catalog_view()).map(|table| table.storage)
                else {
                    return Ok(());
                };
                for row in self.shared.catalog.rows(storage, view) {
                    if !sink(self, &row)? {
                        break;
                    }
                }
                Ok(())
            }
            Source::View(view) => {
                for row in self.view_rows(*view)? {
                    if !sink(self, &row)? {
                        break;
                    }
                }
                Ok(())
            }
            Source::Function { function, arguments } => {
                let context = Row { outer, ..Row::default() };
                self.run_set(*function, arguments, &context, sink)
            }
            Source::Scalar { call, spread } => {
                let context = Row { outer, ..Row::default() };
                match self.evaluate(call, &context)? {
                    Value::List(values) if *spread => sink(self, &values),
                    value => sink(self, &[value]),
                }
                .map(|_| ())
            }
            Source::Subquery(plan) => self.run_plan(plan, outer, sink),
            Source::Stored { plan, .. } => self.run_plan(plan, None, sink),
        }
    }

    fn run_set(
        &mut self,
        function: SetFunction,
        arguments: &[Bound],
        row: &Row<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let values = arguments.iter().map(|argument| self.evaluate(argument, row)).collect::<Result<Vec<Value>>>()?;
        match function {
            SetFunction::Series => {
                let numbers: Vec<i64> = values
                    .iter()
                    .filter_map(|value| match value {
                        Value::Integer(number) => Some(*number),
                        _ => None,
                    })
                    .collect();
                let (mut value, end, step) = match numbers.as_slice() {
                    [start, end] if values.len() == 2 => (*start, *end, 1),
                    [start, end, step] => (*start, *end, *step),
                    // Strict: any NULL gives no rows.
                    _ => return Ok(()),
                };
                if step == 0 {
                    return Err(error(sqlstate::INVALID_PARAMETER_VALUE, "step size cannot equal zero"));
                }
                let distance = (i128::from(end) - i128::from(value)) / i128::from(step);
                if distance >= MOST_ROWS {
                    return Err(unsupported(format!("a series of more than {MOST_ROWS} rows")));
                }
                while if step > 0 { value <= end } else { value >= end } {
                    if !sink(self, &[Value::Integer(value)])? {
                        return Ok(());
                    }
                    match value.checked_add(step) {
                        Some(next) => value = next,
                        None => return Ok(()),
                    }
                }
                Ok(())
            }
        }
    }
}

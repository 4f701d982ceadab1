//! Running analysed queries, row by row: PostgreSQL's executor evaluates a row's functions before it fetches the next.

use super::aggregate::compare_keys;
use super::evaluate::Row;
use super::function::SetFunction;
use super::plan::{Bound, Plan, SelectPlan, SortKey};
use super::{Value, check_looks_alike};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::execute::Execution;

/// The longest series that is computed: a model that takes minutes for a statement is of no use.
const MOST_ROWS: i128 = 1_000_000;

/// Takes a result row; `false` means that no more are wanted.
pub(crate) type Sink<'s> = dyn FnMut(&mut Execution<'_>, &[Value]) -> Result<bool> + 's;

/// Whether rows come in the order in which PostgreSQL gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// They do.
    Certain,
    /// PostgreSQL leaves the order open: its planner, or chance, decides.
    Open,
}

impl Order {
    /// The order of rows that come from two sources, or through two steps.
    pub(super) fn and(self, other: Order) -> Order {
        match (self, other) {
            (Order::Certain, Order::Certain) => Order::Certain,
            _ => Order::Open,
        }
    }
}

/// One row on its way to the select list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tuple {
    pub(super) values: Vec<Value>,
    /// Results of the query's aggregates.
    pub(super) aggregates: Vec<Value>,
}

/// What of a row a query shows: rows that are alike in it can stand for one another.
pub(super) struct Shown {
    /// The columns that the select list reads; all of them when a subquery may read any.
    columns: Option<Vec<usize>>,
}

impl Shown {
    fn everything() -> Shown {
        Shown { columns: None }
    }

    fn by(select: &SelectPlan) -> Shown {
        let reads_around = |part: &Bound| part.subquery().is_some_and(Plan::reads_around);
        let expressions = || {
            let arguments = select.series.iter().flat_map(|(_, arguments)| arguments);
            select.outputs.iter().map(|output| &output.value).chain(arguments)
        };
        if expressions().any(|expression| expression.any(reads_around)) {
            return Shown::everything();
        }
        Shown { columns: Some(expressions().flat_map(Bound::columns).collect()) }
    }

    fn are_alike(&self, one: &Tuple, other: &Tuple) -> bool {
        let values = match &self.columns {
            None => are_alike(&one.values, &other.values),
            Some(columns) => columns.iter().all(|place| match (one.values.get(*place), other.values.get(*place)) {
                (Some(one), Some(other)) => one.looks_like(other),
                (one, other) => one.is_none() && other.is_none(),
            }),
        };
        values && are_alike(&one.aggregates, &other.aggregates)
    }

    /// The order of rows that are all alike, or of one row, is certain.
    fn settle(&self, order: Order, rows: &[Tuple]) -> Order {
        match rows.windows(2).all(|pair| self.are_alike(&pair[0], &pair[1])) {
            true => Order::Certain,
            false => order,
        }
    }
}

fn are_alike(one: &[Value], other: &[Value]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.looks_like(other))
}

/// Which of a query's rows LIMIT and OFFSET leave.
struct Window {
    skip: i64,
    left: Option<i64>,
}

impl Window {
    /// Whether it takes away any of so many rows.
    fn cuts(&self, rows: usize) -> bool {
        rows > 0 && self.skip > 0 || self.left.is_some_and(|left| usize::try_from(left).is_ok_and(|left| left < rows))
    }
}

impl Execution<'_> {
    /// Runs a query and hands over its rows.
    pub(crate) fn run_plan(&mut self, plan: &Plan, outer: Option<&Row<'_>>, sink: &mut Sink<'_>) -> Result<Order> {
        let limits = usize::from(plan.has_limit());
        self.limits += limits;
        let order = self.run_to_limit(plan, outer, sink);
        self.limits -= limits;
        order
    }

    fn run_to_limit(&mut self, plan: &Plan, outer: Option<&Row<'_>>, sink: &mut Sink<'_>) -> Result<Order> {
        match plan {
            Plan::Values { rows, .. } => {
                for row in rows {
                    let context = Row { outer, ..Row::default() };
                    let values = row.iter().map(|value| self.evaluate(value, &context)).collect::<Result<Vec<_>>>()?;
                    if !sink(self, &values)? {
                        break;
                    }
                }
                Ok(Order::Certain)
            }
            Plan::Select(select) => self.run_select(select, outer, sink),
            Plan::Set(set) => {
                let window = self.window(set.limit.as_ref(), set.offset.as_ref(), outer)?;
                let (rows, order) = self.combine(set, outer)?;
                let tuples = rows.into_iter().map(|values| Tuple { values, aggregates: Vec::new() }).collect();
                let shown = Shown::everything();
                let (tuples, order) = self.sort(tuples, order, &set.order_by, &shown, outer)?;
                let order = shown.settle(order, &tuples);
                if order == Order::Open && window.cuts(tuples.len()) {
                    return Err(unsupported("LIMIT over rows whose order PostgreSQL leaves open"));
                }
                let skipped = usize::try_from(window.skip).unwrap_or(usize::MAX);
                let taken = window.left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
                for tuple in tuples.iter().skip(skipped).take(taken) {
                    if !sink(self, &tuple.values)? {
                        break;
                    }
                }
                Ok(order)
            }
        }
    }

    fn run_select(&mut self, select: &SelectPlan, outer: Option<&Row<'_>>, sink: &mut Sink<'_>) -> Result<Order> {
        let mut window = self.window(select.limit.as_ref(), select.offset.as_ref(), outer)?;
        if window.left == Some(0) {
            return Ok(Order::Certain);
        }
        let streams = select.grouping.is_none() && !select.distinct && select.order_by.is_empty() && select.is_simple();
        if streams {
            let mut limited = limit(&mut window, sink);
            let order = self.scan(select, outer, &mut |execution, row| execution.project(select, row, &mut limited))?;
            if order == Order::Open {
                if select.outputs.iter().any(|output| output.value.is_volatile()) {
                    return Err(unsupported("sequence functions over rows whose order PostgreSQL leaves open"));
                }
                if select.limit.is_some() || select.offset.is_some() {
                    return Err(unsupported("LIMIT over rows whose order PostgreSQL leaves open"));
                }
            }
            return Ok(order);
        }
        let (mut tuples, mut order) = match &select.grouping {
            Some(grouping) => self.group(select, grouping, outer)?,
            None => {
                let mut tuples = Vec::new();
                let order = self.scan(select, outer, &mut |_, row| {
                    tuples.push(Tuple { values: row.values.to_vec(), aggregates: Vec::new() });
                    Ok(true)
                })?;
                (tuples, order)
            }
        };
        if select.distinct {
            return self.run_distinct(select, tuples, order, window, outer, sink);
        }
        let shown = Shown::by(select);
        if !select.order_by.is_empty() {
            (tuples, order) = self.sort(tuples, order, &select.order_by, &shown, outer)?;
        }
        order = shown.settle(order, &tuples);
        if order == Order::Open {
            if select.outputs.iter().any(|output| output.value.is_volatile()) {
                return Err(unsupported("sequence functions over rows whose order PostgreSQL leaves open"));
            }
            if window.cuts(tuples.len()) || !select.series.is_empty() && (window.skip > 0 || window.left.is_some()) {
                return Err(unsupported("LIMIT over rows whose order PostgreSQL leaves open"));
            }
        }
        let mut limited = limit(&mut window, sink);
        for tuple in &tuples {
            let row = Row { values: &tuple.values, aggregates: &tuple.aggregates, outer, ..Row::default() };
            if !self.project(select, &row, &mut limited)? {
                break;
            }
        }
        Ok(order)
    }

    /// DISTINCT: the select list is computed first, then equal rows are dropped, then the rest is sorted.
    fn run_distinct(
        &mut self,
        select: &SelectPlan,
        tuples: Vec<Tuple>,
        order: Order,
        mut window: Window,
        outer: Option<&Row<'_>>,
        sink: &mut Sink<'_>,
    ) -> Result<Order> {
        let order = Shown::by(select).settle(order, &tuples);
        if order == Order::Open && select.outputs.iter().any(|output| output.value.is_volatile()) {
            return Err(unsupported("sequence functions over rows whose order PostgreSQL leaves open"));
        }
        let mut distinct: Vec<Tuple> = Vec::new();
        for tuple in &tuples {
            let row = Row { values: &tuple.values, aggregates: &tuple.aggregates, outer, ..Row::default() };
            self.project(select, &row, &mut |_, values| {
                if !values.iter().all(Value::is_known) {
                    return Err(unsupported("DISTINCT over values that nobody can predict"));
                }
                match distinct.iter().find(|other| other.values == values) {
                    Some(other) => check_looks_alike(&other.values, values)?,
                    None => distinct.push(Tuple { values: values.to_vec(), aggregates: Vec::new() }),
                }
                Ok(true)
            })?;
        }
        // Each key is one of the outputs.
        let keys: Vec<_> = select
            .order_by
            .iter()
            .filter_map(|key| {
                let index = select.outputs.iter().position(|output| output.value == key.key)?;
                Some(SortKey { key: Bound::Column { level: 0, index }, descending: key.descending })
            })
            .collect();
        let shown = Shown::everything();
        let (rows, order) = self.sort(distinct, Order::Open, &keys, &shown, outer)?;
        let order = shown.settle(order, &rows);
        if order == Order::Open && window.cuts(rows.len()) {
            return Err(unsupported("LIMIT over rows whose order PostgreSQL leaves open"));
        }
        let mut limited = limit(&mut window, sink);
        for row in &rows {
            if !limited(self, &row.values)? {
                break;
            }
        }
        Ok(order)
    }

    /// Sorts rows. PostgreSQL's sort is not stable, so rows that differ behind equal keys leave the order open.
    fn sort(
        &mut self,
        tuples: Vec<Tuple>,
        order: Order,
        keys: &[SortKey],
        shown: &Shown,
        outer: Option<&Row<'_>>,
    ) -> Result<(Vec<Tuple>, Order)> {
        if keys.is_empty() {
            return Ok((tuples, order));
        }
        let descending: Vec<bool> = keys.iter().map(|key| key.descending).collect();
        let mut keyed = Vec::with_capacity(tuples.len());
        for tuple in tuples {
            let row = Row { values: &tuple.values, aggregates: &tuple.aggregates, outer, ..Row::default() };
            let key = keys.iter().map(|key| self.evaluate(&key.key, &row)).collect::<Result<Vec<_>>>()?;
            keyed.push((key, tuple));
        }
        keyed.sort_by(|(left, _), (right, _)| compare_keys(left, right, &descending));
        let ties = keyed.windows(2).any(|pair| {
            compare_keys(&pair[0].0, &pair[1].0, &descending).is_eq() && !shown.are_alike(&pair[0].1, &pair[1].1)
        });
        let order = if ties { Order::Open } else { Order::Certain };
        Ok((keyed.into_iter().map(|(_, tuple)| tuple).collect(), order))
    }

    fn window(&mut self, limit: Option<&Bound>, offset: Option<&Bound>, outer: Option<&Row<'_>>) -> Result<Window> {
        let context = Row { outer, ..Row::default() };
        let skip = match offset {
            Some(offset) => self.row_count(offset, &context, "OFFSET")?.unwrap_or(0),
            None => 0,
        };
        let left = match limit {
            Some(limit) => self.row_count(limit, &context, "LIMIT")?,
            None => None,
        };
        Ok(Window { skip, left })
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
            values.push(self.shown_value(&output.value, row)?);
        }
        let goes_on = sink(self, &values);
        self.buffer = values;
        goes_on
    }

    pub(super) fn run_set(
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

/// Hands over what LIMIT and OFFSET leave. Rows that OFFSET skips are computed all the same.
fn limit<'s>(
    window: &'s mut Window,
    sink: &'s mut Sink<'_>,
) -> impl FnMut(&mut Execution<'_>, &[Value]) -> Result<bool> + 's {
    move |execution, values| {
        if window.skip > 0 {
            window.skip -= 1;
            return Ok(true);
        }
        if let Some(left) = &mut window.left {
            *left -= 1;
        }
        Ok(sink(execution, values)? && window.left != Some(0))
    }
}

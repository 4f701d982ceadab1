//! Analysing SELECT and VALUES, clause by clause in PostgreSQL's order: FROM, select list, WHERE, HAVING,
//! ORDER BY, GROUP BY, LIMIT.

use super::bind::{Binder, Place};
use super::from::push_down;
use super::listed;
use super::plan::{Bound, Grouping, Output, Plan, SelectPlan, SortKey, Source};
use super::{CastContext, Type, Value};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::execute::Extent;
use crate::statement::{Expression, FromItem, OrderItem, Query, Select};

impl Binder<'_, '_> {
    /// Analyses a query in the innermost scope, which is empty.
    pub(crate) fn query(&mut self, query: &Query) -> Result<Plan> {
        match query {
            Query::Values(rows) => self.values(rows),
            Query::Select(select) => self.select(select),
            Query::Set(operation) => self.set_operation(operation),
            Query::With(with) => self.with_query(with),
        }
    }

    fn values(&mut self, rows: &[Vec<Expression>]) -> Result<Plan> {
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(error(sqlstate::SYNTAX_ERROR, "VALUES lists must all be the same length"));
        }
        let mut bound: Vec<Vec<_>> = Vec::with_capacity(rows.len());
        for row in rows {
            bound.push(row.iter().map(|value| self.expression(value, Place::Values)).collect::<Result<Vec<_>>>()?);
        }
        let mut columns = Vec::with_capacity(width);
        let mut converted: Vec<Vec<Bound>> = vec![Vec::with_capacity(width); rows.len()];
        for column in 0..width {
            let alternatives = bound.iter().map(|row| row[column].clone()).collect();
            let (values, value_type) = self.common_type(alternatives, "VALUES")?;
            columns.push(value_type);
            for (row, value) in converted.iter_mut().zip(values) {
                row.push(value);
            }
        }
        Ok(Plan::Values { columns, rows: converted })
    }

    fn select(&mut self, select: &Select) -> Result<Plan> {
        match self.bind_select(select) {
            Err(Stop::Error(message))
                if [sqlstate::UNDEFINED_FUNCTION, sqlstate::DATATYPE_MISMATCH].contains(&message.sqlstate)
                    && select.from.iter().any(is_of_information_schema) =>
            {
                // The model has the types under the domains of information_schema.
                Err(unsupported("an error that names types of columns of information_schema"))
            }
            bound => bound,
        }
    }

    fn bind_select(&mut self, select: &Select) -> Result<Plan> {
        if let Some(frame) = self.frames.last_mut() {
            frame.locks_rows = select.locking.is_some();
        }
        let mut source = self.from(&select.from)?;
        let mut outputs = self.select_list(&select.items)?;
        let filter = match &select.filter {
            Some(filter) => Some(self.boolean(filter, Place::Where, "WHERE")?),
            None => None,
        };
        filter.as_ref().map_or(Ok(()), check_order_of_conditions)?;
        if filter.as_ref().is_some_and(Bound::is_volatile) && matches!(source, Some(Source::Join(_))) {
            return Err(unsupported("sequence functions in WHERE over a join"));
        }
        if let (Some(source), Some(filter)) = (&source, &filter) {
            check_calls_decided(&select.from, source, filter)?;
        }
        let filter = match &mut source {
            Some(source @ Source::Join(_)) => push_down(source, filter),
            _ => filter,
        };
        let having = match &select.having {
            Some(having) => Some(self.boolean(having, Place::Having, "HAVING")?),
            None => None,
        };
        let order_by = self.order_by(&select.order_by, &outputs)?;
        let keys = self.group_by(&select.group_by, &outputs)?;
        if select.distinct && !order_by.iter().all(|key| outputs.iter().any(|output| output.value == key.key)) {
            return Err(error(
                sqlstate::INVALID_COLUMN_REFERENCE,
                "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
            ));
        }
        if select.distinct {
            outputs.iter().try_for_each(|output| output.value_type.check_has_equality())?;
        }
        let offset = self.limit(select.offset.as_ref(), "OFFSET")?;
        let limit = self.limit(select.limit.as_ref(), "LIMIT")?;
        if let Some(Source::Subquery(Plan::Set(set)) | Source::Stored { plan: Plan::Set(set), .. }) = &source
            && (set.left.is_volatile() || set.right.is_volatile())
            && (limit.is_some() || offset.is_some())
        {
            return Err(unsupported("LIMIT over UNION with sequence functions, which may then not all be called"));
        }
        let Some(frame) = self.frames.last_mut() else { return Err(unsupported("a query out of place")) };
        let calls = std::mem::take(&mut frame.aggregates);
        let series = std::mem::take(&mut frame.series);
        let is_grouped = !calls.is_empty() || having.is_some() || !select.group_by.is_empty();
        if is_grouped {
            let shown = outputs.iter().map(|output| &output.value);
            let sorted = order_by.iter().map(|key| &key.key);
            self.check_grouped(shown.chain(sorted).chain(&having), &keys, source.as_ref())?;
        }
        if calls.iter().flat_map(|call| &call.order_by).any(|key| key.key.is_volatile()) {
            return Err(unsupported("sequence functions in the ORDER BY of an aggregate"));
        }
        if having.as_ref().is_some_and(Bound::is_volatile) {
            return Err(unsupported("sequence functions in HAVING"));
        }
        if calls.iter().any(|call| call.arguments.iter().any(Bound::holds_initial)) {
            return Err(unsupported("a subquery with sequence functions inside an aggregate"));
        }
        if !select.group_by.is_empty() && calls.iter().any(|call| call.arguments.iter().any(Bound::is_volatile)) {
            return Err(unsupported("sequence functions inside the aggregates of several groups"));
        }
        if !series.is_empty() && (is_grouped || select.distinct || !order_by.is_empty()) {
            return Err(unsupported("a set-returning function beside aggregates, DISTINCT or ORDER BY"));
        }
        if outputs.iter().any(|output| !matches!(output.value, Bound::Series(_)) && output.value.holds_series()) {
            return Err(unsupported("a set-returning function inside an expression"));
        }
        let is_volatile = outputs.iter().any(|output| output.value.is_volatile());
        if is_volatile && select.distinct && !order_by.is_empty() {
            return Err(unsupported("SELECT DISTINCT with sequence functions and ORDER BY"));
        }
        if source.is_some() {
            let values: Vec<&Bound> = outputs.iter().map(|output| &output.value).collect();
            let calls_directly = values.iter().any(|value| value.calls_directly());
            if calls_directly && values.iter().any(|value| reads_state_aside(value)) {
                return Err(unsupported("a subquery that reads a sequence beside sequence functions and FROM"));
            }
            check_asides(values.into_iter())?;
        }
        if !series.is_empty() && outputs.iter().any(|output| output.value.holds_initial()) {
            return Err(unsupported("a subquery with sequence functions beside a set-returning function"));
        }
        self.check_locking(select, source.as_ref(), is_grouped || select.distinct || !series.is_empty())?;
        outputs.shrink_to_fit();
        Ok(Plan::Select(Box::new(SelectPlan {
            source,
            filter,
            outputs,
            grouping: is_grouped.then_some(Grouping { keys, calls, having }),
            distinct: select.distinct,
            series,
            order_by,
            limit,
            offset,
        })))
    }

    fn order_by(&mut self, items: &[OrderItem], outputs: &[Output]) -> Result<Vec<SortKey>> {
        let major = self.execution().shared.settings.major;
        let mut keys = Vec::with_capacity(items.len());
        for item in items {
            let named = match &item.expression {
                Expression::Column(name) => match name.parts.as_slice() {
                    [name] => listed::named(outputs, name, "ORDER BY")?,
                    _ => None,
                },
                expression => {
                    listed::counted(expression, "ORDER BY", outputs.len(), major)?.map(|place| &outputs[place])
                }
            };
            let key = match named {
                Some(output) => {
                    output.value_type.check_has_order()?;
                    output.value.clone()
                }
                None => {
                    let typed = self.expression(&item.expression, Place::SelectList)?;
                    typed.value_type.check_has_order()?;
                    typed.bound
                }
            };
            if key.is_volatile() {
                return Err(unsupported("sorting by a sequence function's result"));
            }
            keys.push(SortKey { key, descending: item.descending });
        }
        Ok(keys)
    }

    pub(super) fn limit(&mut self, expression: Option<&Expression>, clause: &str) -> Result<Option<Bound>> {
        let Some(expression) = expression else { return Ok(None) };
        let typed = self.expression(expression, Place::Limit)?;
        let found = typed.value_type;
        match self.execution.coerce(typed, Type::BigInt, CastContext::Assignment)? {
            Some(typed) => Ok(Some(typed.bound)),
            None => Err(error(
                sqlstate::DATATYPE_MISMATCH,
                format!("argument of {clause} must be type bigint, not type {}", found.sql_name()),
            )),
        }
    }

    /// Row locking: a sequence refuses it, a table takes it.
    /// `makes_rows` tells that the rows of the result are not those of a relation.
    fn check_locking(&mut self, select: &Select, source: Option<&Source>, makes_rows: bool) -> Result<()> {
        let Some(locking) = &select.locking else { return Ok(()) };
        self.locks_rows = true;
        let (Some(Source::Sequence(oid) | Source::Table(oid)), false) = (source, makes_rows) else {
            return Err(unsupported("row locks on anything but one relation"));
        };
        if !locking.of.is_empty() {
            return Err(unsupported("FOR UPDATE OF"));
        }
        match self.execution.extent {
            Extent::Analyse => Ok(()),
            _ => self.execution.lock_rows(*oid, locking.strength),
        }
    }
}

/// Whether a subquery of an expression reads what sequence functions change. PostgreSQL runs such a subquery once, when
/// its value is first needed.
fn reads_state_aside(expression: &Bound) -> bool {
    expression.any(|part| part.subquery().is_some_and(Plan::reads_state))
}

/// Refuses a subquery that reads a sequence beside one that changes it: PostgreSQL runs both once, when their values are
/// first needed, and the model only the latter.
pub(crate) fn check_asides<'b>(values: impl Iterator<Item = &'b Bound> + Clone) -> Result<()> {
    let is_aside = |part: &Bound| match part {
        Bound::Initial { .. } => false,
        other => other.subquery().is_some_and(Plan::reads_state),
    };
    match values.clone().any(Bound::holds_initial) && values.clone().any(|value| value.any(is_aside)) {
        true => Err(unsupported("a subquery that reads a sequence beside one that changes it")),
        false => Ok(()),
    }
}

/// Refuses conditions of which the planner chooses the order in which they are looked at, where that shows.
pub(crate) fn check_order_of_conditions(filter: &Bound) -> Result<()> {
    let is_junction = |part: &Bound| matches!(part, Bound::And(..) | Bound::Or(..));
    if filter.holds_initial() && filter.any(is_junction) {
        // An index is asked for every value beforehand, and a row only for those that decide.
        return Err(unsupported("AND or OR with a subquery and sequence functions in WHERE"));
    }
    match filter {
        Bound::And(..) if filter.is_volatile() && !cost_alike(&filter.conjuncts()) => {
            Err(unsupported("AND with sequence functions in WHERE, whose order the planner chooses"))
        }
        _ => Ok(()),
    }
}

/// Whether conditions compare one thing with constants, as BETWEEN does. They cost the same, so that the planner leaves
/// them in the order in which they are written (`order_qual_clauses`).
fn cost_alike(conditions: &[&Bound]) -> bool {
    let is_number = |side: &Bound| match side {
        Bound::Cast { operand, from, to } => {
            from.is_integer() && to.is_integer() && matches!(**operand, Bound::Constant(Value::Integer(_)))
        }
        other => matches!(other, Bound::Constant(Value::Integer(_))),
    };
    let compared = |condition: &&Bound| match *condition {
        Bound::Operator { operand_type, left, right, .. } if is_number(right) => Some((*operand_type, left.clone())),
        _ => None,
    };
    let sides: Option<Vec<_>> = conditions.iter().map(compared).collect();
    sides.is_some_and(|sides| sides.windows(2).all(|pair| pair[0] == pair[1]))
}

/// Refuses conditions that decide how often sequence functions in FROM are called. The planner looks at constants before
/// any row, and moves a condition into a subquery unless it reads what such functions give, or the subquery has a LIMIT
/// (`subquery_is_pushdown_safe` and `qual_is_pushdown_safe` in `allpaths.c`). A query in WITH it leaves alone.
fn check_calls_decided(from: &[FromItem], source: &Source, filter: &Bound) -> Result<()> {
    if !source.is_volatile() {
        return Ok(());
    }
    let plan = match source {
        Source::Subquery(_) if matches!(from, [FromItem::Relation { .. }]) => None,
        Source::Subquery(plan) | Source::Stored { plan, .. } => Some(plan),
        _ => None,
    };
    let stays = |condition: &Bound| match plan {
        None => true,
        Some(Plan::Select(select)) => {
            let reads = condition.columns();
            let given = reads.iter().filter_map(|place| select.outputs.get(*place));
            select.limit.is_some()
                || select.offset.is_some()
                || given.into_iter().any(|output| output.value.is_volatile())
        }
        Some(_) => false,
    };
    match filter.conjuncts().iter().all(|condition| !condition.columns().is_empty() && stays(condition)) {
        true => Ok(()),
        false => Err(unsupported("a condition that the planner may look at before sequence functions in FROM")),
    }
}

fn is_of_information_schema(item: &FromItem) -> bool {
    match item {
        FromItem::Relation { name, .. } => {
            name.parts.len() > 1 && name.parts.iter().any(|part| part.name() == "information_schema")
        }
        FromItem::Join { left, right, .. } => is_of_information_schema(left) || is_of_information_schema(right),
        FromItem::Function { .. } | FromItem::Subquery { .. } => false,
    }
}

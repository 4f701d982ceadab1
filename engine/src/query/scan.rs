//! The rows of FROM that pass WHERE.

use std::rc::Rc;

use super::Value;
use super::evaluate::Row;
use super::function::Function;
use super::plan::{Bound, JoinPlan, SelectPlan, Source};
use super::run::{Order, Sink};
use crate::catalog::Relation;
use crate::clause::Clause;
use crate::error::{Result, Stop, unsupported};
use crate::execute::Execution;
use crate::quirk::Quirk;
use crate::statement::{BinaryOperator, JoinKind};

/// One row of FROM.
#[derive(Debug, Clone)]
pub(super) struct ScanRow {
    pub(super) values: Vec<Value>,
    /// Whether PostgreSQL may have no such row, or several: it stands for rows that the model does not list.
    pub(super) doubtful: bool,
}

impl ScanRow {
    pub(super) fn certain(values: Vec<Value>) -> ScanRow {
        ScanRow { values, doubtful: false }
    }
}

/// Takes a row of FROM; `false` means that no more are wanted.
type Take<'t> = dyn FnMut(&mut Execution<'_>, &Row<'_>) -> Result<bool> + 't;

/// Refuses a condition with a subquery that is run once where there are no rows to look at: an index is asked for the
/// subquery's value before any row is there, and a table is not.
pub(crate) fn check_needed(filter: Option<&Bound>, has_rows: bool) -> Result<()> {
    match filter.is_some_and(Bound::holds_initial) && !has_rows {
        true => Err(unsupported("a condition with a subquery and sequence functions over no rows")),
        false => Ok(()),
    }
}

impl SelectPlan {
    /// Whether the rows of FROM come one by one, and the model knows all of them.
    pub(super) fn is_simple(&self) -> bool {
        !matches!(self.source, Some(Source::Join(_) | Source::System(_)))
    }
}

impl Execution<'_> {
    /// Whether a row passes a condition.
    pub(crate) fn passes(&mut self, filter: &Bound, row: &Row<'_>) -> Result<bool> {
        let outcome = self.evaluate(filter, row);
        let holds = matches!(outcome, Ok(Value::Boolean(true)));
        if !holds && puts_equality_last(filter) && !filter.is_volatile() {
            let parts: Vec<_> = filter.conjuncts().into_iter().map(|part| self.evaluate(part, row)).collect();
            let fails = parts.iter().any(|part| matches!(part, Err(Stop::Error(_))));
            let refuses = parts.iter().any(|part| part.as_ref().is_ok_and(|value| *value != Value::Boolean(true)));
            if fails && refuses {
                return Err(unsupported("a condition of which one part fails and another does not hold"));
            }
        }
        outcome.map(|_| holds)
    }

    /// Hands over the rows of FROM that pass WHERE.
    pub(super) fn scan(&mut self, select: &SelectPlan, outer: Option<&Row<'_>>, take: &mut Take<'_>) -> Result<Order> {
        let source = match &select.source {
            Some(source) if !select.is_simple() => source,
            simple => {
                let mut has_rows = false;
                let mut filtered = |execution: &mut Execution<'_>, values: &[Value]| -> Result<bool> {
                    has_rows = true;
                    let row = Row { values, outer, ..Row::default() };
                    if let Some(filter) = &select.filter
                        && !execution.passes(filter, &row)?
                    {
                        return Ok(true);
                    }
                    take(execution, &row)
                };
                let order = match simple {
                    None => filtered(self, &[]).map(|_| Order::Certain),
                    Some(source) => {
                        let order = self.order_of(source, select.filter.as_ref());
                        self.scan_source(source, outer, &mut filtered).map(|scanned| order.and(scanned))
                    }
                }?;
                check_needed(select.filter.as_ref(), has_rows)?;
                return Ok(order);
            }
        };
        if let Some(Bound::Constant(constant)) = &select.filter
            && *constant != Value::Boolean(true)
        {
            // PostgreSQL sees when it plans the query that no row will do, and makes none.
            return Ok(Order::Certain);
        }
        let (rows, order) = self.gather(source, select.filter.as_ref(), outer)?;
        if let Some(filter) = &select.filter
            && !rows.is_empty()
        {
            check_inquiry_beside_equality(filter)?;
        }
        for scanned in rows {
            let row = Row { values: &scanned.values, outer, ..Row::default() };
            if let Some(filter) = &select.filter {
                let outcomes = self.judge(filter, &row)?;
                if !outcomes.may_hold {
                    continue;
                }
                if !outcomes.holds() {
                    return Err(unsupported("a condition on values that nobody can predict"));
                }
            }
            if scanned.doubtful {
                return Err(unsupported(
                    "a query that rows of the system catalogs may pass which the model does not list",
                ));
            }
            if !take(self, &row)? {
                break;
            }
        }
        Ok(order)
    }

    /// All rows of a source. `filter` tells which of them are wanted: the others may or may not be left out.
    fn gather(
        &mut self,
        source: &Source,
        filter: Option<&Bound>,
        outer: Option<&Row<'_>>,
    ) -> Result<(Vec<ScanRow>, Order)> {
        match source {
            Source::System(relation) => {
                self.check_seen_once()?;
                Ok((self.system_rows(*relation, filter, outer)?, Order::Open))
            }
            Source::Join(join) => self.gather_join(join, outer),
            other => {
                let mut rows = Vec::new();
                let order = self.scan_source(other, outer, &mut |_, values| {
                    rows.push(ScanRow::certain(values.to_vec()));
                    Ok(true)
                })?;
                Ok((rows, order.and(self.order_of(other, filter))))
            }
        }
    }

    /// Refuses a look at the catalogs with a snapshot that shows a relation both as it was when the snapshot was taken and as
    /// the transaction has changed what others had changed meanwhile: which of the two a join finds is up to its plan.
    fn check_seen_once(&self) -> Result<()> {
        if self.session.transaction.snapshot.is_none() {
            return Ok(());
        }
        let mut seen: Vec<_> = self.shared.catalog.relations(self.query_view()).map(|relation| relation.oid).collect();
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        match seen.len() == count {
            true => Ok(()),
            false => Err(unsupported("the catalogs as a snapshot shows them beside the transaction's own change")),
        }
    }

    fn gather_join(&mut self, join: &JoinPlan, outer: Option<&Row<'_>>) -> Result<(Vec<ScanRow>, Order)> {
        let (left, left_order) = self.gather(&join.left, join.left_filter.as_ref(), outer)?;
        let left = self.keep(left, join.left_filter.as_ref(), outer)?;
        if join.lateral {
            return self.gather_lateral(join, left, outer);
        }
        let (right, right_order) = self.gather(&join.right, join.right_filter.as_ref(), outer)?;
        let right = self.keep(right, join.right_filter.as_ref(), outer)?;
        // With one row on one side the other side's order shows, unless rows are looked up by a hash of their values.
        let is_plain = join.kind == JoinKind::Cross && join.condition.is_none();
        let order = match is_plain && (left.len() <= 1 || right.len() <= 1) {
            true => left_order.and(right_order),
            false => Order::Open,
        };
        let mut rows = Vec::new();
        if join.kind == JoinKind::Right {
            for right in &right {
                let mut pairs = Pairs::default();
                for left in &left {
                    self.pair(join, left, right, outer, &mut pairs)?;
                }
                let nulls = vec![Value::Null; join.left_width];
                pairs.finish(|| [nulls.as_slice(), &right.values].concat(), right.doubtful, true, &mut rows);
            }
        } else {
            for left in &left {
                let mut pairs = Pairs::default();
                for right in &right {
                    self.pair(join, left, right, outer, &mut pairs)?;
                }
                let nulls = vec![Value::Null; join.right_width];
                let keeps = join.kind == JoinKind::Left;
                pairs.finish(|| [left.values.as_slice(), &nulls].concat(), left.doubtful, keeps, &mut rows);
            }
        }
        Ok((rows, order))
    }

    /// Joins each row with the rows that a function gives for it.
    fn gather_lateral(
        &mut self,
        join: &JoinPlan,
        left: Vec<ScanRow>,
        outer: Option<&Row<'_>>,
    ) -> Result<(Vec<ScanRow>, Order)> {
        let mut rows = Vec::new();
        for left in &left {
            if left.doubtful {
                return Err(unsupported("a function over rows of the system catalogs that are not listed"));
            }
            let context = Row { values: &left.values, outer, ..Row::default() };
            let mut given = Vec::new();
            self.scan_function(&join.right, &context, &mut |_, values| {
                given.push(ScanRow::certain(values.to_vec()));
                Ok(true)
            })?;
            let given = self.keep(given, join.right_filter.as_ref(), outer)?;
            let mut pairs = Pairs::default();
            for right in &given {
                self.pair(join, left, right, outer, &mut pairs)?;
            }
            let nulls = vec![Value::Null; join.right_width];
            let keeps = join.kind == JoinKind::Left;
            pairs.finish(|| [left.values.as_slice(), &nulls].concat(), false, keeps, &mut rows);
        }
        Ok((rows, Order::Open))
    }

    /// The rows for which a condition may hold.
    fn keep(&mut self, rows: Vec<ScanRow>, condition: Option<&Bound>, outer: Option<&Row<'_>>) -> Result<Vec<ScanRow>> {
        let Some(condition) = condition else { return Ok(rows) };
        let mut kept = Vec::with_capacity(rows.len());
        for mut row in rows {
            let outcomes = self.judge(condition, &Row { values: &row.values, outer, ..Row::default() })?;
            if outcomes.may_hold {
                row.doubtful |= !outcomes.holds();
                kept.push(row);
            }
        }
        Ok(kept)
    }

    fn pair(
        &mut self,
        join: &JoinPlan,
        left: &ScanRow,
        right: &ScanRow,
        outer: Option<&Row<'_>>,
        pairs: &mut Pairs,
    ) -> Result<()> {
        let values = [left.values.as_slice(), &right.values].concat();
        let is_certain = match &join.condition {
            None => true,
            Some(condition) => {
                let outcomes = self.judge(condition, &Row { values: &values, outer, ..Row::default() })?;
                if !outcomes.may_hold {
                    return Ok(());
                }
                outcomes.holds()
            }
        };
        let doubtful = left.doubtful || right.doubtful || !is_certain;
        // Whether a row of the side that is kept whole has a partner does not depend on that row itself being doubtful.
        let partner = match join.kind {
            JoinKind::Right => left,
            _ => right,
        };
        pairs.has_partner |= is_certain && !partner.doubtful;
        pairs.rows.push(ScanRow { values, doubtful });
        Ok(())
    }

    /// Hands over the rows of a source that is neither a join nor a system catalog.
    fn scan_source(&mut self, source: &Source, outer: Option<&Row<'_>>, sink: &mut Sink<'_>) -> Result<Order> {
        match source {
            Source::Changes { index, .. } => {
                for values in self.changed_rows(*index)?.iter() {
                    if !sink(self, values)? {
                        break;
                    }
                }
            }
            Source::Sequence(oid) => {
                let view = self.catalog_view();
                let Some(relation) = self.shared.catalog.relation(*oid, view).cloned() else {
                    return Ok(Order::Certain);
                };
                self.check_readable_in_recovery(relation.persistence)?;
                let row = self.once(|execution| Ok(execution.sequence_row(&relation)))?;
                if let Value::List(values) = row {
                    sink(self, &values)?;
                }
            }
            Source::Table(oid) => {
                let view = self.query_view();
                let table = self.shared.catalog.relation(*oid, self.catalog_view());
                let Some((storage, persistence)) = table.map(|table| (table.storage, table.persistence)) else {
                    return Ok(Order::Certain);
                };
                self.check_readable_in_recovery(persistence)?;
                let before = self.rows_before_change(storage);
                for row in before.unwrap_or_else(|| self.shared.catalog.rows(storage, view)) {
                    if !sink(self, &row)? {
                        break;
                    }
                }
            }
            Source::Function { .. } | Source::Scalar { .. } => {
                self.scan_function(source, &Row { outer, ..Row::default() }, sink)?;
            }
            Source::Subquery(plan) => return self.run_plan(plan, outer, sink),
            Source::Stored { plan, .. } => return self.run_plan(plan, None, sink),
            Source::System(_) | Source::Join(_) => return Err(unsupported("a join out of place")),
        }
        Ok(Order::Certain)
    }

    /// The row of a sequence that is read like a table.
    fn sequence_row(&mut self, relation: &Relation) -> Value {
        self.reach(Clause::SelectState);
        let page = self.page(relation);
        let caches = &self.session.caches.entries;
        let cache = caches.get(&relation.oid);
        if cache.is_some_and(|cache| cache.cached != cache.last && cache.cached == page.last_value) {
            self.reach(Clause::LastValueShowsReserved);
        }
        let last_value = match relation.sequence() {
            Some(sequence) if self.deviates(Quirk::LastValueAhead) && page.is_called => {
                sequence.definition.after(page.last_value, 1)
            }
            _ => page.last_value,
        };
        Value::List(Rc::new([Value::Integer(last_value), Value::Integer(page.log_cnt), Value::Boolean(page.is_called)]))
    }

    fn scan_function(&mut self, source: &Source, context: &Row<'_>, sink: &mut Sink<'_>) -> Result<()> {
        match source {
            Source::Function { function, arguments } => self.run_set(*function, arguments, context, sink),
            Source::Scalar { call, spread } => match self.evaluate(call, context)? {
                Value::List(values) if *spread => sink(self, &values),
                Value::Null if *spread => Err(unsupported("a NULL argument of a function in FROM")),
                value => sink(self, &[value]),
            }
            .map(|_| ()),
            _ => Err(unsupported("a source that is no function")),
        }
    }
}

/// What one row of a join is paired with.
#[derive(Default)]
struct Pairs {
    rows: Vec<ScanRow>,
    /// Whether it certainly has a partner.
    has_partner: bool,
}

impl Pairs {
    /// Adds the pairs to the join's rows, and the row alone when an outer join keeps it without a partner.
    fn finish(self, alone: impl Fn() -> Vec<Value>, doubtful: bool, keeps: bool, rows: &mut Vec<ScanRow>) {
        let may_have_partner = !self.rows.is_empty();
        rows.extend(self.rows);
        if keeps && !self.has_partner {
            rows.push(ScanRow { values: alone(), doubtful: doubtful || may_have_partner });
        }
    }
}

/// Whether parts of a condition are not looked at as they are written: PostgreSQL keeps an equality aside and looks at it
/// after the others (`generate_base_implied_equalities` in `equivclass.c`).
fn puts_equality_last(filter: &Bound) -> bool {
    let is_equality = |part: &&Bound| matches!(part, Bound::Operator { operator: BinaryOperator::Equal, .. });
    matches!(filter, Bound::And(..)) && filter.conjuncts().iter().any(is_equality)
}

/// Refuses to ask for privileges on rows of a system catalog that an equality would leave out: it is looked at later.
fn check_inquiry_beside_equality(filter: &Bound) -> Result<()> {
    let inquires = |part: &Bound| matches!(part, Bound::Call { function: Function::HasPrivilege(_), .. });
    match puts_equality_last(filter) && filter.any(inquires) {
        true => Err(unsupported("a condition on privileges beside an equality, which PostgreSQL looks at later")),
        false => Ok(()),
    }
}

//! What a stored query refers to: whatever it depends on, and what must be locked before it runs.

use super::plan::{AggregateCall, Bound, Plan, SelectPlan, Source};
use super::view::parameter_columns;
use crate::catalog::Oid;

/// The objects that a query refers to, each once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Uses {
    /// The relations in FROM, those that views read in their turn aside.
    pub(crate) relations: Vec<Oid>,
    /// The columns of these relations that it names, by their places.
    pub(crate) columns: Vec<(Oid, usize)>,
    /// The relations that constants of type `regclass` name.
    pub(crate) constants: Vec<Oid>,
    /// The relations that stand beside others in FROM, so that new columns of theirs move the columns of the others.
    pub(crate) joined: Vec<Oid>,
}

impl Uses {
    /// Whether the query would not work without this relation.
    pub(crate) fn depends_on(&self, relation: Oid) -> bool {
        self.relations.contains(&relation) || self.constants.contains(&relation)
    }
}

/// What each column of a row of FROM is: a column of a relation, or something else.
type Level = Vec<Option<(Oid, usize)>>;

/// A walk through a query with the rows that its expressions can refer to, the innermost last.
struct Walk<'w> {
    width: &'w dyn Fn(&Source) -> usize,
    levels: Vec<Level>,
    uses: Uses,
}

impl Plan {
    /// What the query refers to; `width` tells how many columns a source has.
    pub(crate) fn uses(&self, width: &dyn Fn(&Source) -> usize) -> Uses {
        let mut walk = Walk { width, levels: Vec::new(), uses: Uses::default() };
        walk.plan(self);
        walk.uses
    }

    /// The views that it reads, each with its place for the query that is behind it. `None` when one stands in a
    /// subquery of an expression.
    pub(crate) fn views_mut(&mut self) -> Option<Vec<(Oid, &mut Plan)>> {
        if self.has_hidden_view() {
            return None;
        }
        let mut views = Vec::new();
        self.collect_views(&mut views);
        Some(views)
    }

    fn collect_views<'p>(&'p mut self, views: &mut Vec<(Oid, &'p mut Plan)>) {
        let Plan::Select(select) = self else { return };
        for source in &mut select.sources {
            match source {
                Source::Stored { view, plan } => views.push((*view, plan)),
                Source::Subquery(plan) => plan.collect_views(views),
                _ => {}
            }
        }
    }

    fn has_hidden_view(&self) -> bool {
        let mut hidden = false;
        self.each_expression(&mut |expression| {
            expression.walk(&mut |part| {
                if let Bound::Subquery(plan) | Bound::Exists(plan) = part {
                    hidden |= plan.reads_view();
                }
            });
        });
        hidden || self.subqueries().any(Plan::has_hidden_view)
    }

    fn reads_view(&self) -> bool {
        let in_from = match self {
            Plan::Select(select) => select.sources.iter().any(|source| matches!(source, Source::Stored { .. })),
            Plan::Values { .. } => false,
        };
        in_from || self.has_hidden_view() || self.subqueries().any(Plan::reads_view)
    }

    /// The subqueries in FROM.
    fn subqueries(&self) -> impl Iterator<Item = &Plan> {
        let sources = match self {
            Plan::Select(select) => select.sources.as_slice(),
            Plan::Values { .. } => &[],
        };
        sources.iter().filter_map(|source| match source {
            Source::Subquery(plan) => Some(plan),
            _ => None,
        })
    }

    /// Visits the expressions of this query itself, those in FROM included.
    fn each_expression<'p>(&'p self, visit: &mut dyn FnMut(&'p Bound)) {
        match self {
            Plan::Values { rows, .. } => rows.iter().flatten().for_each(visit),
            Plan::Select(select) => {
                for source in &select.sources {
                    match source {
                        Source::Function { arguments, .. } => arguments.iter().for_each(&mut *visit),
                        Source::Scalar { call, .. } => visit(call),
                        Source::Sequence(_)
                        | Source::Table(_)
                        | Source::View(_)
                        | Source::Stored { .. }
                        | Source::Subquery(_) => {}
                    }
                }
                select.each_expression(visit);
            }
        }
    }
}

impl Source {
    /// How many columns it adds to a row of FROM.
    pub(crate) fn width(&self, of_relation: &dyn Fn(Oid) -> usize) -> usize {
        match self {
            Source::Sequence(oid) | Source::Table(oid) | Source::Stored { view: oid, .. } => of_relation(*oid),
            Source::View(view) => view.columns().len(),
            Source::Function { .. } | Source::Scalar { spread: false, .. } => 1,
            Source::Scalar { spread: true, .. } => parameter_columns().len(),
            Source::Subquery(plan) => plan.types().len(),
        }
    }
}

impl SelectPlan {
    /// Visits every expression but those in FROM.
    fn each_expression<'p>(&'p self, visit: &mut dyn FnMut(&'p Bound)) {
        let SelectPlan { sources: _, filter, outputs, aggregates, series, order_by, limit, offset, unordered: _ } =
            self;
        filter.iter().chain(limit).chain(offset).for_each(&mut *visit);
        outputs.iter().for_each(|output| visit(&output.value));
        for AggregateCall { arguments, order_by, .. } in aggregates.iter().flatten() {
            arguments.iter().for_each(&mut *visit);
            order_by.iter().for_each(|key| visit(&key.key));
        }
        series.iter().flat_map(|(_, arguments)| arguments).for_each(&mut *visit);
        order_by.iter().for_each(|key| visit(&key.key));
    }
}

impl Walk<'_> {
    fn plan(&mut self, plan: &Plan) {
        self.levels.push(Level::new());
        match plan {
            Plan::Values { rows, .. } => rows.iter().flatten().for_each(|value| self.expression(value)),
            Plan::Select(select) => self.select(select),
        }
        self.levels.pop();
    }

    fn select(&mut self, select: &SelectPlan) {
        let mut level = Level::new();
        for source in &select.sources {
            let width = (self.width)(source);
            match source {
                Source::Sequence(oid) | Source::Table(oid) | Source::Stored { view: oid, .. } => {
                    note(&mut self.uses.relations, *oid);
                    if select.sources.len() > 1 {
                        note(&mut self.uses.joined, *oid);
                    }
                    level.extend((0..width).map(|place| Some((*oid, place))));
                    continue;
                }
                Source::Function { arguments, .. } => arguments.iter().for_each(|one| self.expression(one)),
                Source::Scalar { call, .. } => self.expression(call),
                Source::Subquery(plan) => self.apart(plan),
                Source::View(_) => {}
            }
            level.extend(std::iter::repeat_n(None, width));
        }
        if let Some(innermost) = self.levels.last_mut() {
            *innermost = level;
        }
        let mut expressions = Vec::new();
        select.each_expression(&mut |expression| expressions.push(expression));
        expressions.into_iter().for_each(|expression| self.expression(expression));
    }

    /// A subquery in FROM sees none of the rows around it.
    fn apart(&mut self, plan: &Plan) {
        let levels = std::mem::take(&mut self.levels);
        self.plan(plan);
        self.levels = levels;
    }

    fn expression(&mut self, expression: &Bound) {
        let mut parts = Vec::new();
        expression.walk(&mut |part| parts.push(part));
        for part in parts {
            match part {
                Bound::Relation(oid) => note(&mut self.uses.constants, *oid),
                Bound::Column { level, index } => {
                    let row = self.levels.iter().rev().nth(*level);
                    if let Some(Some(column)) = row.and_then(|row| row.get(*index)) {
                        note(&mut self.uses.columns, *column);
                    }
                }
                Bound::Subquery(plan) | Bound::Exists(plan) => self.plan(plan),
                _ => {}
            }
        }
    }
}

fn note<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

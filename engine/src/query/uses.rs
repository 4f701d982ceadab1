//! What a stored query refers to: whatever it depends on, and what must be locked before it runs.

use super::parameters::parameter_columns;
use super::plan::{AggregateCall, Bound, Grouping, JoinPlan, Plan, SelectPlan, SetPlan, Source};
use crate::catalog::Oid;
use crate::dialect::Major;

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
        if self.any(&|part| part.subquery().is_some_and(Plan::reads_view)) {
            return None;
        }
        let mut views = Vec::new();
        self.collect_views(&mut views);
        Some(views)
    }

    fn collect_views<'p>(&'p mut self, views: &mut Vec<(Oid, &'p mut Plan)>) {
        match self {
            Plan::Values { .. } => {}
            Plan::Set(set) => {
                set.left.collect_views(views);
                set.right.collect_views(views);
            }
            Plan::Select(select) => {
                if let Some(source) = &mut select.source {
                    source.collect_views(views);
                }
            }
        }
    }

    fn reads_view(&self) -> bool {
        let mut found = self.any(&|part| part.subquery().is_some_and(Plan::reads_view));
        self.each_source(&mut |source| found |= matches!(source, Source::Stored { .. }));
        found
    }
}

impl Source {
    fn collect_views<'p>(&'p mut self, views: &mut Vec<(Oid, &'p mut Plan)>) {
        match self {
            Source::Stored { view, plan } => views.push((*view, plan)),
            Source::Subquery(plan) => plan.collect_views(views),
            Source::Join(join) => {
                join.left.collect_views(views);
                join.right.collect_views(views);
            }
            Source::Sequence(_)
            | Source::Table(_)
            | Source::System(_)
            | Source::Function { .. }
            | Source::Changes { .. }
            | Source::Scalar { .. } => {}
        }
    }

    /// How many columns it adds to a row of FROM.
    pub(crate) fn width(&self, major: Major, of_relation: &dyn Fn(Oid) -> usize) -> usize {
        match self {
            Source::Sequence(oid) | Source::Table(oid) | Source::Stored { view: oid, .. } => of_relation(*oid),
            Source::System(relation) => relation.columns(major).len(),
            Source::Function { .. } | Source::Scalar { spread: false, .. } => 1,
            Source::Scalar { spread: true, .. } => parameter_columns().len(),
            Source::Subquery(plan) => plan.types().len(),
            Source::Changes { width, .. } => *width,
            Source::Join(join) => join.left_width + join.right_width,
        }
    }
}

impl Walk<'_> {
    fn plan(&mut self, plan: &Plan) {
        self.levels.push(Level::new());
        match plan {
            Plan::Values { rows, .. } => rows.iter().flatten().for_each(|value| self.expression(value)),
            Plan::Select(select) => self.select(select),
            Plan::Set(set) => self.set(set),
        }
        self.levels.pop();
    }

    /// ORDER BY of a set names the columns of its result, which are nobody's.
    fn set(&mut self, set: &SetPlan) {
        let SetPlan { left, right, order_by, limit, offset, operator: _, all: _, names: _, types: _ } = set;
        self.plan(left);
        self.plan(right);
        order_by.iter().map(|key| &key.key).chain(limit).chain(offset).for_each(|one| self.expression(one));
    }

    fn select(&mut self, select: &SelectPlan) {
        let SelectPlan { source, filter, outputs, grouping, distinct: _, series, order_by, limit, offset } = select;
        if let Some(source) = source {
            let row = self.source(source, true);
            self.set_row(row);
        }
        filter.iter().chain(limit).chain(offset).for_each(|one| self.expression(one));
        outputs.iter().for_each(|output| self.expression(&output.value));
        if let Some(Grouping { keys, calls, having }) = grouping {
            keys.iter().chain(having).for_each(|one| self.expression(one));
            for AggregateCall { arguments, order_by, .. } in calls {
                arguments.iter().chain(order_by.iter().map(|key| &key.key)).for_each(|one| self.expression(one));
            }
        }
        series.iter().flat_map(|(_, arguments)| arguments).for_each(|one| self.expression(one));
        order_by.iter().for_each(|key| self.expression(&key.key));
    }

    fn set_row(&mut self, row: Level) {
        if let Some(innermost) = self.levels.last_mut() {
            *innermost = row;
        }
    }

    /// Notes what an item of FROM refers to, and tells what its columns are.
    fn source(&mut self, source: &Source, is_alone: bool) -> Level {
        match source {
            Source::Sequence(oid) | Source::Table(oid) | Source::Stored { view: oid, .. } => {
                note(&mut self.uses.relations, *oid);
                if !is_alone {
                    note(&mut self.uses.joined, *oid);
                }
                return (0..(self.width)(source)).map(|place| Some((*oid, place))).collect();
            }
            Source::Join(join) => return self.join(join),
            Source::Function { arguments, .. } => arguments.iter().for_each(|one| self.expression(one)),
            Source::Scalar { call, .. } => self.expression(call),
            Source::Subquery(plan) => self.apart(plan),
            Source::System(_) | Source::Changes { .. } => {}
        }
        vec![None; (self.width)(source)]
    }

    fn join(&mut self, join: &JoinPlan) -> Level {
        let left = self.source(&join.left, false);
        // The arguments of a function on the right may read the left row.
        self.set_row(left.clone());
        join.left_filter.iter().for_each(|one| self.expression(one));
        let right = self.source(&join.right, false);
        self.set_row(right.clone());
        join.right_filter.iter().for_each(|one| self.expression(one));
        let whole = [left, right].concat();
        self.set_row(whole.clone());
        join.condition.iter().for_each(|one| self.expression(one));
        whole
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
                other => {
                    if let Some(plan) = other.subquery() {
                        self.plan(plan);
                    }
                }
            }
        }
    }
}

fn note<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

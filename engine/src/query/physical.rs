//! The order in which the rows of a table come that nobody sorts: that of its pages, as long as PostgreSQL walks these and
//! has put no row into room that others have left.

use super::plan::{Bound, Plan, Source};
use super::run::Order;
use crate::catalog::{Oid, TableData};
use crate::execute::Execution;
use crate::statement::BinaryOperator;

/// From how many rows on the planner may walk an index for a range of a table that it has statistics of.
const MANY_ROWS: usize = 400;

impl Execution<'_> {
    /// Whether the rows of a source that pass a filter come in the order in which they were stored.
    pub(super) fn order_of(&self, source: &Source, filter: Option<&Bound>) -> Order {
        match source {
            Source::Table(table) => self.order_in_table(*table, filter),
            // The planner may ask the table behind a view for what the query wants of the view.
            Source::Subquery(plan) | Source::Stored { plan, .. }
                if self.limits > 0 && filter.is_some_and(|filter| !looks_up_only(filter, |_| true)) =>
            {
                match plan {
                    Plan::Select(select) => match &select.source {
                        Some(Source::Table(table)) if !self.has_indexes(*table) => Order::Certain,
                        Some(Source::Table(_)) => Order::Open,
                        _ => Order::Certain,
                    },
                    _ => Order::Certain,
                }
            }
            _ => Order::Certain,
        }
    }

    /// The same for the rows of a table. Where only the first rows are wanted, an index pays off for the smallest table.
    pub(crate) fn order_in_table(&self, table: Oid, filter: Option<&Bound>) -> Order {
        let Some(relation) = self.shared.catalog.relation(table, self.catalog_view()) else { return Order::Certain };
        if self.shared.catalog.may_have_moved_rows(relation.storage) {
            return Order::Open;
        }
        let (Some(filter), Some(data)) = (filter, relation.table()) else { return Order::Certain };
        let pays_off = self.limits > 0 || self.shared.catalog.next_slot(relation.storage) >= MANY_ROWS;
        match pays_off && !looks_up_only(filter, |column| is_indexed(data, column)) {
            true => Order::Open,
            false => Order::Certain,
        }
    }

    fn has_indexes(&self, table: Oid) -> bool {
        let relation = self.shared.catalog.relation(table, self.catalog_view());
        relation.and_then(|relation| relation.table()).is_some_and(|data| data.index_oids().next().is_some())
    }
}

/// Whether a filter asks of the columns that matter only whether they equal something: rows with equal keys stand in an
/// index as they stand in the table.
fn looks_up_only(filter: &Bound, matters: impl Fn(usize) -> bool) -> bool {
    filter.conjuncts().into_iter().all(|part| {
        let is_equality = matches!(part, Bound::Operator { operator: BinaryOperator::Equal, .. });
        is_equality || !part.columns().into_iter().any(&matters)
    })
}

fn is_indexed(data: &TableData, column: usize) -> bool {
    data.all_indexes().any(|(_, columns, _)| columns.contains(&column))
}

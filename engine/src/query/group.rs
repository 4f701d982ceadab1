//! Which columns an aggregating query may use (manual, "The GROUP BY and HAVING Clauses").

use super::bind::{Binder, Place};
use super::listed;
use super::plan::{Bound, Output, Plan, Source};
use crate::catalog::ConstraintKind;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::statement::Expression;

impl Binder<'_, '_> {
    /// Analyses GROUP BY. A bare name means a column of FROM, or else one of the select list; a number the latter.
    pub(super) fn group_by(&mut self, items: &[Expression], outputs: &[Output]) -> Result<Vec<Bound>> {
        let major = self.execution().shared.settings.major;
        let mut keys = Vec::with_capacity(items.len());
        for item in items {
            let key = match item {
                Expression::Column(name) if name.parts.len() == 1 => {
                    let bare = &name.parts[0];
                    let in_from =
                        self.scopes.last().is_some_and(|scope| !matches!(scope.find(None, bare.name()), Ok(None)));
                    match in_from {
                        true => None,
                        false => listed::named(outputs, bare, "GROUP BY")?,
                    }
                }
                _ => listed::counted(item, "GROUP BY", outputs.len(), major)?.map(|place| &outputs[place]),
            };
            let key = match key {
                Some(output) => {
                    output.value_type.check_has_equality()?;
                    output.value.clone()
                }
                None => self.expression(item, Place::GroupBy)?.bound,
            };
            if key.any(|part| matches!(part, Bound::Aggregate(_))) {
                return Err(error(sqlstate::GROUPING_ERROR, "aggregate functions are not allowed in GROUP BY"));
            }
            if key.is_volatile() || key.holds_series() {
                return Err(unsupported("grouping by a sequence function's result"));
            }
            keys.push(key);
        }
        Ok(keys)
    }

    /// Refuses columns of FROM that stand neither in GROUP BY nor in an aggregate, in `expressions` in their order.
    pub(super) fn check_grouped<'b>(
        &self,
        expressions: impl Iterator<Item = &'b Bound>,
        keys: &[Bound],
        source: Option<&Source>,
    ) -> Result<()> {
        let determined = self.determined_places(keys, source);
        for expression in expressions {
            if expression.any(|part| part.subquery().is_some_and(Plan::reads_around)) {
                return Err(unsupported("a subquery that reads the columns of an aggregating query"));
            }
            if let Some(place) = loose_column(expression, keys, &determined) {
                let (table, column) = self
                    .scopes
                    .last()
                    .and_then(|scope| scope.names_of(place))
                    .ok_or_else(|| unsupported("a column out of place"))?;
                return Err(error(
                    sqlstate::GROUPING_ERROR,
                    format!(
                        "column \"{table}.{column}\" must appear in the GROUP BY clause or be used in an aggregate function"
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The places of columns that the grouping columns decide: all of a table whose primary key is among them.
    fn determined_places(&self, keys: &[Bound], source: Option<&Source>) -> Vec<usize> {
        let mut tables = Vec::new();
        if let Some(source) = source {
            collect_tables(source, 0, &mut tables);
        }
        let grouped = |place: usize| keys.contains(&Bound::Column { level: 0, index: place });
        let mut places = Vec::new();
        for (oid, start) in tables {
            let view = self.execution.catalog_view();
            let Some(table) = self.execution.shared.catalog.relation(oid, view).and_then(|relation| relation.table())
            else {
                continue;
            };
            let is_determined = table.constraints.iter().any(|constraint| match &constraint.kind {
                ConstraintKind::Unique { columns, is_primary: true, .. } => {
                    columns.iter().all(|column| grouped(start + column))
                }
                _ => false,
            });
            if is_determined {
                places.extend(start..start + table.columns.len());
            }
        }
        places
    }
}

/// The tables of FROM, each with the place of its first column. Returns the width of the source's row.
fn collect_tables(source: &Source, start: usize, tables: &mut Vec<(crate::catalog::Oid, usize)>) {
    match source {
        Source::Table(oid) => tables.push((*oid, start)),
        Source::Join(join) => {
            collect_tables(&join.left, start, tables);
            collect_tables(&join.right, start + join.left_width, tables);
        }
        _ => {}
    }
}

/// The first column that is not part of a grouping key.
fn loose_column(expression: &Bound, keys: &[Bound], determined: &[usize]) -> Option<usize> {
    if keys.contains(expression) {
        return None;
    }
    match expression {
        Bound::Column { level: 0, index } => (!determined.contains(index)).then_some(*index),
        other => other.parts().into_iter().find_map(|part| loose_column(part, keys, determined)),
    }
}

//! What INSERT stores: VALUES, or a query's rows (manual, "INSERT").

use super::super::Execution;
use crate::catalog::TableData;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::query::{Binder, Bound, Place, Plan, Scope, Typed, Value};
use crate::statement::{Expression, Insert, InsertSource, Literal, Query};

/// The values of an INSERT, analysed.
pub(super) enum Source {
    /// One row: computed column by column, in the table's order.
    Single(Vec<Option<Bound>>),
    /// Several rows: each computed in the order written, before any default.
    Several(Vec<Vec<Option<Bound>>>),
    /// A query's rows.
    Query { plan: Plan, casts: Vec<Option<Bound>> },
}

impl Source {
    /// How many values each row has.
    pub(super) fn width(&self) -> usize {
        match self {
            Source::Single(values) => values.len(),
            Source::Several(rows) => rows.first().map_or(0, Vec::len),
            Source::Query { casts, .. } => casts.len(),
        }
    }

    /// Whether subqueries are part of it.
    pub(super) fn has_subquery(&self) -> bool {
        match self {
            Source::Single(values) => values.iter().flatten().any(Bound::has_subquery),
            Source::Several(rows) => rows.iter().flatten().flatten().any(Bound::has_subquery),
            Source::Query { plan, .. } => plan.has_subquery(),
        }
    }

    /// Whether some row says DEFAULT at this place.
    pub(super) fn has_default(&self, position: usize) -> bool {
        match self {
            Source::Single(values) => values[position].is_none(),
            Source::Several(rows) => rows.iter().any(|row| row[position].is_none()),
            Source::Query { .. } => false,
        }
    }

    /// Whether every row says DEFAULT at this place.
    pub(super) fn is_default(&self, position: usize) -> bool {
        match self {
            Source::Single(values) => values[position].is_none(),
            Source::Several(rows) => rows.iter().all(|row| row[position].is_none()),
            Source::Query { .. } => false,
        }
    }
}

impl Execution<'_> {
    pub(super) fn bind_source(
        &mut self,
        statement: &Insert,
        data: &TableData,
        scope: &Scope,
        targets: &[usize],
    ) -> Result<Option<Source>> {
        let InsertSource::Query(query) = &statement.source else { return Ok(None) };
        let named = !statement.columns.is_empty();
        let mut binder = Binder::new(self, Scope::default());
        binder.unreachable = scope.tables.clone();
        match query {
            Query::Values(rows) => {
                let width = rows.first().map_or(0, Vec::len);
                let mut bound = Vec::with_capacity(rows.len());
                for row in rows {
                    let mut typed = Vec::with_capacity(row.len());
                    for (position, value) in row.iter().enumerate() {
                        let column = targets.get(position).map(|target| &data.columns[*target]);
                        typed.push(match value {
                            Expression::Default => None,
                            value => Some(match column.and_then(|column| binder.given_value(column, value)) {
                                Some(given) => given,
                                None => binder.expression(value, Place::Values)?,
                            }),
                        });
                    }
                    if row.len() != width {
                        return Err(error(sqlstate::SYNTAX_ERROR, "VALUES lists must all be the same length"));
                    }
                    check_width(width, targets.len(), named)?;
                    let mut values = Vec::with_capacity(row.len());
                    for (value, target) in typed.into_iter().zip(targets) {
                        values.push(match value {
                            None => None,
                            Some(typed) => Some(binder.assign(typed, &data.columns[*target])?),
                        });
                    }
                    bound.push(values);
                }
                Ok(Some(match <[Vec<Option<Bound>>; 1]>::try_from(bound) {
                    Ok([single]) => Source::Single(single),
                    Err(several) => Source::Several(several),
                }))
            }
            Query::Select(_) | Query::Set(_) | Query::With(_) => {
                let items = match query {
                    Query::Select(select) => select.items.as_slice(),
                    _ => &[],
                };
                if items.iter().any(|item| matches!(item.expression, Expression::Parameter(_))) {
                    return Err(unsupported("a parameter as a column of INSERT … SELECT"));
                }
                let has_wildcard = items.iter().any(|item| matches!(item.expression, Expression::Wildcard(_)));
                let plan = binder.query(query)?;
                let types = plan.types();
                check_width(types.len(), targets.len(), named)?;
                let mut casts = Vec::with_capacity(types.len());
                for (index, (value_type, target)) in types.into_iter().zip(targets).enumerate() {
                    let typed = match items.get(index).filter(|_| !has_wildcard).map(|item| &item.expression) {
                        // A constant without a type is read as the column's type, not as text.
                        Some(constant @ Expression::Literal(Literal::String(_) | Literal::Null)) => {
                            binder.expression(constant, Place::Values)?
                        }
                        _ => Typed { bound: Bound::Column { level: 0, index }, value_type },
                    };
                    casts.push(Some(binder.assign(typed, &data.columns[*target])?));
                }
                Ok(Some(Source::Query { plan, casts }))
            }
        }
    }
}

fn check_width(values: usize, targets: usize, named: bool) -> Result<()> {
    if values > targets {
        return Err(error(sqlstate::SYNTAX_ERROR, "INSERT has more expressions than target columns"));
    }
    if values < targets && named {
        return Err(error(sqlstate::SYNTAX_ERROR, "INSERT has more target columns than expressions"));
    }
    Ok(())
}

/// Puts a constant in the place of the column that is converted.
pub(super) fn put_constant(cast: &mut Bound, constant: &Value) {
    match cast {
        Bound::Column { .. } => *cast = Bound::Constant(constant.clone()),
        Bound::Cast { operand, .. } => put_constant(operand, constant),
        _ => {}
    }
}

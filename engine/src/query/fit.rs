//! What a query's columns are fitted to: the modifier of their types that a table or a view over the query keeps
//! (PostgreSQL's `exprTypmod`).

use std::rc::Rc;

use super::plan::{Bound, Plan, Source};
use super::{Type, Value};
use crate::catalog::{Modifier, OpaqueType};
use crate::error::{Result, unsupported};
use crate::execute::Execution;

/// What stands behind the name of a column's type.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fit {
    pub(crate) modifier: Option<Modifier>,
    /// The type as written, when its values are outside the model.
    pub(crate) opaque: Option<Rc<OpaqueType>>,
}

impl Execution<'_> {
    /// What a column of a query is fitted to. Refuses where a type that may have a modifier comes from what is not looked
    /// into.
    pub(crate) fn fit_of_column(&self, plan: &Plan, place: usize) -> Result<Fit> {
        if !plan.types().get(place).copied().is_some_and(may_have_modifier) {
            return Ok(Fit::default());
        }
        match plan {
            Plan::Select(select) => match select.outputs.get(place) {
                Some(output) => self.fit_of(&output.value, output.value_type, select.source.as_ref()),
                None => Ok(Fit::default()),
            },
            Plan::Values { columns, rows } => {
                let value_type = columns.get(place).copied().unwrap_or(Type::Unknown);
                self.fit_of_all(rows.iter().filter_map(|row| row.get(place)), value_type, None)
            }
            Plan::Set(set) => {
                let (left, right) = (self.fit_of_column(&set.left, place)?, self.fit_of_column(&set.right, place)?);
                Ok(if left.modifier == right.modifier { left } else { Fit { modifier: None, ..left } })
            }
        }
    }

    fn fit_of(&self, value: &Bound, value_type: Type, source: Option<&Source>) -> Result<Fit> {
        match value {
            Bound::Column { level: 0, index } => match source {
                Some(source) => self.fit_in_source(source, *index),
                None => Err(unsupported("the length of a column from elsewhere")),
            },
            Bound::Column { .. } => Err(unsupported("the length of a column from a query around this one")),
            // NULLIF, which keeps it, is analysed as such a CASE, which does not.
            Bound::Case { branches, .. }
                if value_type != Type::Varchar
                    && matches!(branches.as_slice(), [(_, Bound::Constant(Value::Null))]) =>
            {
                Err(unsupported("the length of NULLIF"))
            }
            Bound::Case { branches, otherwise } => {
                let results = branches.iter().map(|(_, result)| result).chain([&**otherwise]);
                self.fit_of_all(results, value_type, source)
            }
            Bound::Coalesce(values) => self.fit_of_all(values.iter(), value_type, source),
            Bound::Extreme { alternatives, .. } => self.fit_of_all(alternatives.iter(), value_type, source),
            Bound::Subquery(plan) | Bound::Initial { plan, .. } => self.fit_of_column(plan, 0),
            Bound::Once { body, .. } => self.fit_of(body, value_type, source),
            _ if value_type.is_opaque() => Err(unsupported("a column of a type outside the model")),
            // Whatever is computed has no modifier.
            _ => Ok(Fit::default()),
        }
    }

    /// That of alternatives is kept where they share it.
    fn fit_of_all<'b>(
        &self,
        values: impl Iterator<Item = &'b Bound>,
        value_type: Type,
        source: Option<&Source>,
    ) -> Result<Fit> {
        let mut fits = values.map(|value| self.fit_of(value, value_type, source)).collect::<Result<Vec<_>>>()?;
        let Some(first) = fits.pop() else { return Ok(Fit::default()) };
        let is_shared = fits.iter().all(|other| other.modifier == first.modifier);
        Ok(if is_shared { first } else { Fit { modifier: None, ..first } })
    }

    fn fit_in_source(&self, source: &Source, place: usize) -> Result<Fit> {
        match source {
            Source::Table(oid) => {
                let relation = self.shared.catalog.relation(*oid, self.catalog_view());
                let column = relation.and_then(|relation| relation.table()).and_then(|data| data.columns.get(place));
                Ok(column.map_or_else(Fit::default, |column| Fit {
                    modifier: column.modifier,
                    opaque: column.opaque.clone(),
                }))
            }
            Source::Subquery(plan) | Source::Stored { plan, .. } => self.fit_of_column(plan, place),
            Source::Join(join) if place < join.left_width => self.fit_in_source(&join.left, place),
            Source::Join(join) => self.fit_in_source(&join.right, place - join.left_width),
            Source::Function { .. } | Source::Scalar { .. } => Ok(Fit::default()),
            Source::Sequence(_) | Source::System(_) | Source::Changes { .. } => {
                Err(unsupported("the length of a column that is no table's"))
            }
        }
    }
}

fn may_have_modifier(value_type: Type) -> bool {
    value_type.is_opaque() || matches!(value_type, Type::Numeric | Type::Varchar)
}

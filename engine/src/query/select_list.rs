//! Analysing select lists and RETURNING: wildcards, and the names of output columns.

use std::rc::Rc;

use super::CastContext;
use super::Type;
use super::bind::{Binder, Place};
use super::plan::{Bound, Output, Typed};
use super::scope::missing_table;
use crate::dialect::Major;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::statement::{Expression, Identifier, Literal, ObjectName, Query, SelectItem, SessionValue};

impl Binder<'_, '_> {
    /// Analyses a select list, with wildcards spread out.
    pub(crate) fn select_list(&mut self, items: &[SelectItem]) -> Result<Vec<Output>> {
        let major = self.execution().shared.settings.major;
        let mut outputs = Vec::with_capacity(items.len());
        for item in items {
            if let Expression::Wildcard(table) = &item.expression {
                outputs.extend(self.wildcard(table.as_ref())?);
                continue;
            }
            let typed = match &item.expression {
                Expression::Column(name) => self.shown_column(name)?,
                expression => self.expression(expression, Place::SelectList)?,
            };
            // A constant that nothing has given a type is text.
            let typed = match typed.value_type {
                Type::Unknown if matches!(typed.bound, Bound::Parameter(_)) => {
                    let text = self.coerce(typed, Type::Text, CastContext::Implicit)?;
                    text.ok_or_else(|| unsupported("a parameter that is no text"))?
                }
                Type::Unknown => Typed { value_type: Type::Text, ..typed },
                _ => typed,
            };
            outputs.push(Output { name: output_name(item, major), value: typed.bound, value_type: typed.value_type });
        }
        Ok(outputs)
    }

    fn wildcard(&mut self, table: Option<&ObjectName>) -> Result<Vec<Output>> {
        let scope = self.scopes.last().cloned().unwrap_or_default();
        let name = match table.map(|name| name.parts.as_slice()) {
            None => None,
            Some([name]) => Some(name.name()),
            Some(_) => return Err(unsupported("a qualified name before .*")),
        };
        if scope.tables.is_empty() && name.is_none() {
            return Err(error(sqlstate::SYNTAX_ERROR, "SELECT * with no tables specified is not valid"));
        }
        let columns = scope.expand(name);
        if columns.is_empty() && name.is_some_and(|name| !scope.has_table(name)) {
            return Err(missing_table(&self.scopes, name.unwrap_or_default()));
        }
        Ok(columns
            .into_iter()
            .map(|(name, typed)| Output { name, value: typed.bound, value_type: typed.value_type })
            .collect())
    }
}

/// The name of an output column (manual, "SELECT", Select List: chosen by PostgreSQL when there is no AS).
fn output_name(item: &SelectItem, major: Major) -> Rc<str> {
    match &item.alias {
        Some(alias) => alias.name().into(),
        None => implied_name(&item.expression, major).map_or_else(|| "?column?".into(), |(name, _)| name.into()),
    }
}

/// A name that an expression suggests, and whether it is a strong suggestion, which a cast does not override.
fn implied_name(expression: &Expression, major: Major) -> Option<(String, bool)> {
    let last = |name: &ObjectName| name.parts.last().map(Identifier::name).unwrap_or_default().to_owned();
    match expression {
        Expression::Column(name) => Some((last(name), true)),
        Expression::Call(call) => Some((last(&call.name), true)),
        Expression::Cast(operand, name) => match implied_name(operand, major) {
            Some((name, true)) => Some((name, true)),
            _ => Some((last(&name.name), false)),
        },
        Expression::Case(case) => {
            match case.otherwise.as_deref().and_then(|otherwise| implied_name(otherwise, major)) {
                Some((name, true)) => Some((name, true)),
                _ => Some(("case".to_owned(), false)),
            }
        }
        Expression::Literal(Literal::Boolean(_)) if major.reads_booleans_as_casts() => Some(("bool".to_owned(), false)),
        Expression::Session(value) => {
            let name = match value {
                SessionValue::CurrentUser => "current_user",
                SessionValue::CurrentRole => "current_role",
                SessionValue::SessionUser => "session_user",
                SessionValue::User => "user",
                SessionValue::CurrentCatalog => "current_catalog",
                SessionValue::CurrentSchema => "current_schema",
                SessionValue::CurrentDate => "current_date",
                SessionValue::CurrentTime => "current_time",
                SessionValue::CurrentTimestamp => "current_timestamp",
                SessionValue::LocalTime => "localtime",
                SessionValue::LocalTimestamp => "localtimestamp",
            };
            Some((name.to_owned(), true))
        }
        Expression::Array(_) => Some(("array".to_owned(), true)),
        Expression::Exists(_) => Some(("exists".to_owned(), true)),
        Expression::Subquery(query) => name_of_first(query, major).map(|name| (name, true)),
        _ => None,
    }
}

/// The name that a query suggests by its first column.
fn name_of_first(query: &Query, major: Major) -> Option<String> {
    match query {
        Query::Select(select) => {
            let item = select.items.first()?;
            match &item.alias {
                Some(alias) => Some(alias.name().to_owned()),
                None => implied_name(&item.expression, major).map(|(name, _)| name),
            }
        }
        Query::With(with) => name_of_first(&with.query, major),
        Query::Values(_) => Some("column1".to_owned()),
        Query::Set(_) => None,
    }
}

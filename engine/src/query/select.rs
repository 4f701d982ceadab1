//! Analysing SELECT and VALUES, clause by clause in PostgreSQL's order: FROM, select list, WHERE, ORDER BY, LIMIT.

use std::rc::Rc;

use super::bind::{Binder, Place};
use super::function::{Function, Routine, SIGNATURES};
use super::plan::{Bound, Output, Plan, SelectPlan, SortKey, Source};
use super::scope::ScopeTable;
use super::view::{SystemView, parameter_columns};
use super::{CastContext, Type};
use crate::catalog::{Kind, RangeName};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::execute::{Extent, MissingSchema};
use crate::lock::Mode;
use crate::statement::{
    Call, Expression, FromItem, Identifier, Literal, ObjectName, OrderItem, Privilege, Query, Select,
};

impl Binder<'_, '_> {
    /// Analyses a query in the innermost scope, which is empty.
    pub(crate) fn query(&mut self, query: &Query) -> Result<Plan> {
        match query {
            Query::Values(rows) => self.values(rows),
            Query::Select(select) => self.select(select),
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
        if select.distinct {
            return Err(unsupported("SELECT DISTINCT"));
        }
        if !select.group_by.is_empty() {
            return Err(unsupported("GROUP BY"));
        }
        let mut sources = Vec::with_capacity(select.from.len());
        let mut tables: Vec<ScopeTable> = Vec::with_capacity(select.from.len());
        for item in &select.from {
            let (source, table) = self.item_of_from(item, !tables.is_empty())?;
            if tables.iter().any(|other| other.name == table.name) {
                return Err(error(
                    sqlstate::DUPLICATE_ALIAS,
                    format!("table name \"{}\" specified more than once", table.name),
                ));
            }
            sources.push(source);
            tables.push(table);
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.tables = tables;
        }
        let mut outputs = self.select_list(&select.items)?;
        let in_select_list = self.frames.last().map_or(0, |frame| frame.loose_columns.len());
        let filter = match &select.filter {
            Some(filter) => Some(self.boolean(filter, Place::Where, "WHERE")?),
            None => None,
        };
        if let Some(filter @ Bound::And(..)) = &filter
            && filter.is_volatile()
        {
            return Err(unsupported("AND with sequence functions in WHERE, whose order the planner chooses"));
        }
        if let Some(frame) = self.frames.last_mut() {
            // WHERE comes before aggregation: its columns need no grouping.
            frame.loose_columns.truncate(in_select_list);
        }
        let order_by = self.order_by(&select.order_by, &outputs)?;
        let offset = self.limit(select.offset.as_ref(), "OFFSET")?;
        let limit = self.limit(select.limit.as_ref(), "LIMIT")?;
        let Some(frame) = self.frames.last_mut() else { return Err(unsupported("a query out of place")) };
        let aggregates = std::mem::take(&mut frame.aggregates);
        if !aggregates.is_empty()
            && let Some(column) = frame.loose_columns.first()
        {
            return Err(error(
                sqlstate::GROUPING_ERROR,
                format!("column \"{column}\" must appear in the GROUP BY clause or be used in an aggregate function"),
            ));
        }
        let series = std::mem::take(&mut frame.series);
        if !series.is_empty() && (!aggregates.is_empty() || !order_by.is_empty()) {
            return Err(unsupported("a set-returning function beside aggregates or ORDER BY"));
        }
        if outputs.iter().any(|output| !matches!(output.value, Bound::Series(_)) && output.value.holds_series()) {
            return Err(unsupported("a set-returning function inside an expression"));
        }
        self.check_locking(select, &sources, !aggregates.is_empty())?;
        let unordered = order_by.is_empty()
            && aggregates.is_empty()
            && sources.iter().any(|source| match source {
                Source::View(_) => true,
                Source::Subquery(plan) | Source::Stored { plan, .. } => plan.is_unordered(),
                _ => false,
            });
        outputs.shrink_to_fit();
        Ok(Plan::Select(Box::new(SelectPlan {
            sources,
            filter,
            outputs,
            aggregates: (!aggregates.is_empty()).then_some(aggregates),
            series,
            order_by,
            limit,
            offset,
            unordered,
        })))
    }

    fn item_of_from(&mut self, item: &FromItem, follows_others: bool) -> Result<(Source, ScopeTable)> {
        match item {
            FromItem::Relation { name, alias, columns } => {
                let (source, mut table) = self.relation_in_from(name, alias.as_ref())?;
                let mut names: Vec<Rc<str>> = table.columns.iter().map(|(name, _)| name.clone()).collect();
                rename_columns(&mut names, columns, &table.name)?;
                for (column, name) in table.columns.iter_mut().zip(names) {
                    column.0 = name;
                }
                Ok((source, table))
            }
            FromItem::Join { .. } => Err(unsupported("JOIN")),
            FromItem::Function { call, alias, columns } => {
                if follows_others && call.arguments.iter().any(mentions_column) {
                    return Err(unsupported("a function in FROM that refers to another item of FROM"));
                }
                self.function_in_from(call, alias.as_ref(), columns)
            }
            FromItem::Subquery { query, alias, columns } => {
                let Some(alias) = alias else {
                    return Err(unsupported("a subquery in FROM without an alias"));
                };
                let plan = self.subquery_in_own_scope(query)?;
                let mut names = plan.names();
                rename_columns(&mut names, columns, alias.name())?;
                let columns = names.into_iter().zip(plan.types()).collect();
                Ok((Source::Subquery(plan), ScopeTable { name: alias.name().into(), columns }))
            }
        }
    }

    /// A subquery in FROM sees neither its siblings nor the queries around: LATERAL is outside the model.
    fn subquery_in_own_scope(&mut self, query: &Query) -> Result<Plan> {
        let scopes = std::mem::take(&mut self.scopes);
        let frames = std::mem::take(&mut self.frames);
        let plan = self.subquery(query);
        self.scopes = scopes;
        self.frames = frames;
        plan
    }

    fn relation_in_from(&mut self, name: &ObjectName, alias: Option<&Identifier>) -> Result<(Source, ScopeTable)> {
        let Some(range) = RangeName::new(name) else {
            return Err(unsupported("a relation's name with more than three parts"));
        };
        let shown: Rc<str> = alias.map_or(range.name, Identifier::name).into();
        if range.database.is_none()
            && let Some(view) = SystemView::named(range.schema, range.name)
        {
            self.execution.check_view()?;
            return Ok((Source::View(view), ScopeTable { name: shown, columns: view.columns() }));
        }
        let relation = self.execution.require_relation(range, MissingSchema::IsMissingRelation)?;
        self.execution.lock(relation.oid, Mode::AccessShare)?;
        self.execution.need(relation.oid, Privilege::Select);
        let (source, columns) = match &relation.kind {
            Kind::Sequence(_) => (
                Source::Sequence(relation.oid),
                vec![
                    ("last_value".into(), Type::BigInt),
                    ("log_cnt".into(), Type::BigInt),
                    ("is_called".into(), Type::Boolean),
                ],
            ),
            Kind::Table(table) => {
                (Source::Table(relation.oid), crate::execute::scope_table(shown.clone(), &table.columns).columns)
            }
            Kind::View(view) => {
                let plan = self.execution.query_of_view(&relation, view)?;
                (Source::Stored { view: relation.oid, plan }, view.columns.clone())
            }
            Kind::Index(_) => return Err(unsupported("an index in FROM")),
        };
        Ok((source, ScopeTable { name: shown, columns }))
    }

    fn function_in_from(
        &mut self,
        call: &Call,
        alias: Option<&Identifier>,
        column_names: &[Identifier],
    ) -> Result<(Source, ScopeTable)> {
        let [name] = call.name.parts.as_slice() else {
            return Err(unsupported("a qualified function in FROM"));
        };
        let name = name.name();
        let is_plain = !call.star && !call.distinct && call.order_by.is_empty();
        let is_known = SIGNATURES
            .iter()
            .any(|signature| signature.name == name && !matches!(signature.routine, Routine::Aggregate(_)));
        if !is_plain || !is_known {
            return Err(unsupported(format!("function {name} in FROM")));
        }
        let arguments =
            call.arguments.iter().map(|argument| self.expression(argument, Place::From)).collect::<Result<Vec<_>>>()?;
        let (signature, arguments) = self.resolve(name, name, arguments)?;
        let table_name: Rc<str> = alias.map_or(name, Identifier::name).into();
        let single = |value_type| vec![(table_name.clone(), value_type)];
        let (source, columns) = match signature.routine {
            Routine::Set(function) => (Source::Function { function, arguments }, single(signature.result)),
            Routine::Scalar(function) => {
                let spread = function == Function::SequenceParameters;
                let columns = if spread { parameter_columns() } else { single(signature.result) };
                (Source::Scalar { call: Bound::Call { function, arguments }, spread }, columns)
            }
            Routine::Aggregate(_) => return Err(unsupported(format!("aggregate {name} in FROM"))),
        };
        let (mut names, types): (Vec<Rc<str>>, Vec<Type>) = columns.into_iter().unzip();
        rename_columns(&mut names, column_names, &table_name)?;
        let columns = names.into_iter().zip(types).collect();
        Ok((source, ScopeTable { name: table_name, columns }))
    }

    fn order_by(&mut self, items: &[OrderItem], outputs: &[Output]) -> Result<Vec<SortKey>> {
        let mut keys = Vec::with_capacity(items.len());
        for item in items {
            let named = match &item.expression {
                Expression::Column(name) => match name.parts.as_slice() {
                    [name] => outputs.iter().find(|output| *output.name == *name.name()),
                    _ => None,
                },
                Expression::Literal(Literal::Number(digits)) => {
                    let position: usize = digits
                        .parse()
                        .map_err(|_| error(sqlstate::SYNTAX_ERROR, "non-integer constant in ORDER BY"))?;
                    Some(position.checked_sub(1).and_then(|index| outputs.get(index)).ok_or_else(|| {
                        error(
                            sqlstate::INVALID_COLUMN_REFERENCE,
                            format!("ORDER BY position {position} is not in select list"),
                        )
                    })?)
                }
                _ => None,
            };
            let key = match named {
                Some(output) => output.value.clone(),
                None => self.expression(&item.expression, Place::SelectList)?.bound,
            };
            if key.is_volatile() {
                return Err(unsupported("sorting by a sequence function's result"));
            }
            keys.push(SortKey { key, descending: item.descending });
        }
        Ok(keys)
    }

    fn limit(&mut self, expression: Option<&Expression>, clause: &str) -> Result<Option<Bound>> {
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

    /// Row locking: a sequence refuses it, and on tables it is outside the model.
    fn check_locking(&mut self, select: &Select, sources: &[Source], aggregates: bool) -> Result<()> {
        if select.locking.is_none() || self.execution.extent == Extent::Analyse {
            return Ok(());
        }
        let ([Source::Sequence(oid)], false) = (sources, aggregates) else {
            return Err(unsupported("row locks on anything but a sequence"));
        };
        if select.locking.as_ref().is_some_and(|locking| !locking.of.is_empty()) {
            return Err(unsupported("FOR UPDATE OF"));
        }
        self.execution.lock(*oid, Mode::RowShare)?;
        self.execution.prevent_row_locks(*oid, select)
    }
}

impl crate::execute::Execution<'_> {
    fn prevent_row_locks(&mut self, oid: crate::catalog::Oid, select: &Select) -> Result<()> {
        use crate::statement::LockStrength;
        let command = match select.locking.as_ref().map(|locking| locking.strength) {
            Some(LockStrength::Update) => "SELECT FOR UPDATE",
            Some(LockStrength::NoKeyUpdate) => "SELECT FOR NO KEY UPDATE",
            Some(LockStrength::Share) => "SELECT FOR SHARE",
            _ => "SELECT FOR KEY SHARE",
        };
        let relation = self.shared.catalog.relation(oid, self.catalog_view()).cloned();
        let Some(relation) = relation else { return Err(unsupported("a sequence that is gone")) };
        if relation.persistence != crate::catalog::Persistence::Temporary {
            self.prevent_if_read_only(command)?;
        }
        self.need(oid, Privilege::Update);
        self.check_needed()?;
        self.reach(Clause::NotUpdatable);
        Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("cannot lock rows in sequence \"{}\"", relation.name)))
    }
}

/// Renames columns after an alias's column list.
fn rename_columns(names: &mut [Rc<str>], given: &[Identifier], table: &str) -> Result<()> {
    if given.len() > names.len() {
        return Err(error(
            sqlstate::INVALID_COLUMN_REFERENCE,
            format!("table \"{table}\" has {} columns available but {} columns specified", names.len(), given.len()),
        ));
    }
    for (name, new) in names.iter_mut().zip(given) {
        *name = new.name().into();
    }
    Ok(())
}

fn mentions_column(expression: &Expression) -> bool {
    match expression {
        Expression::Column(_) | Expression::Wildcard(_) => true,
        Expression::Literal(_) => false,
        Expression::Unary(_, operand) | Expression::Cast(operand, _) => mentions_column(operand),
        Expression::Binary(_, left, right) => mentions_column(left) || mentions_column(right),
        Expression::Call(call) => call.arguments.iter().any(mentions_column),
        _ => true,
    }
}

//! Analysing FROM: relations, functions, subqueries and joins (manual, "The FROM Clause").

use std::rc::Rc;

use super::bind::{Binder, Place};
use super::doubt::is_harmless;
use super::function::{Function, Routine, SIGNATURES};
use super::parameters::parameter_columns;
use super::plan::{Bound, JoinPlan, Source, Typed};
use super::scope::{Scope, ScopeTable, UNNAMED_SUBQUERY};
use super::system::SystemRelation;
use super::{Plan, Type};
use crate::catalog::{Kind, RangeName};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::execute::MissingSchema;
use crate::lock::LockMode;
use crate::quirk::Quirk;
use crate::statement::{
    BinaryOperator, Call, Expression, FromItem, Identifier, JoinKind, ObjectName, Privilege, Query,
};

/// One analysed item of FROM.
struct Item {
    source: Source,
    scope: Scope,
    /// Whether it reads the items to its left.
    lateral: bool,
}

impl Item {
    fn of(source: Source, table: ScopeTable) -> Item {
        Item { source, scope: Scope::table(table), lateral: false }
    }
}

impl Binder<'_, '_> {
    /// Analyses FROM, and leaves its columns in the innermost scope.
    pub(super) fn from(&mut self, items: &[FromItem]) -> Result<Option<Source>> {
        let mut whole: Option<Item> = None;
        for item in items {
            whole = Some(match whole {
                None => self.item(item, None, items.len() > 1)?,
                Some(left) => {
                    let right = self.item(item, Some(&left.scope), true)?;
                    cross(left, right)?
                }
            });
        }
        let Some(whole) = whole else { return Ok(None) };
        self.set_scope(whole.scope);
        Ok(Some(whole.source))
    }

    fn set_scope(&mut self, scope: Scope) {
        if let Some(innermost) = self.scopes.last_mut() {
            *innermost = scope;
        }
    }

    /// Analyses one item. `left` is what a function's arguments may read; `has_others` tells whether there may be more.
    fn item(&mut self, item: &FromItem, left: Option<&Scope>, has_others: bool) -> Result<Item> {
        match item {
            FromItem::Relation { name, alias, columns } => {
                let (source, mut table) = self.relation_in_from(name, alias.as_ref())?;
                let mut names: Vec<Rc<str>> = table.columns.iter().map(|(name, _)| name.clone()).collect();
                rename_columns(&mut names, columns, &table.name)?;
                for (column, name) in table.columns.iter_mut().zip(names) {
                    column.0 = name;
                }
                Ok(Item::of(source, table))
            }
            FromItem::Join { kind, left: first, right: second, on, using } => {
                let first = self.item(first, None, true)?;
                let second = self.item(second, Some(&first.scope), true)?;
                self.join(*kind, first, second, on.as_ref(), using, has_others || left.is_some())
            }
            FromItem::Function { call, alias, columns } => {
                if let Some(left) = left {
                    self.set_scope(left.clone());
                }
                let bound = self.function_in_from(call, alias.as_ref(), columns);
                self.set_scope(Scope::default());
                refuse_unknown_column(bound, has_others)
            }
            FromItem::Subquery { query, alias, columns } => {
                let reachable_until = self.unreachable.len();
                self.unreachable.extend(left.iter().flat_map(|left| left.tables.iter().cloned()));
                let plan = self.subquery_in_own_scope(query);
                self.unreachable.truncate(reachable_until);
                let plan = plan?;
                let mut names = plan.names();
                let name = alias.as_ref().map_or(UNNAMED_SUBQUERY, Identifier::name);
                rename_columns(&mut names, columns, name)?;
                let columns = names.into_iter().zip(plan.types()).collect();
                let table = ScopeTable { is_named: alias.is_some(), ..ScopeTable::new(name.into(), columns) };
                Ok(Item::of(Source::Subquery(plan), table))
            }
        }
    }

    fn join(
        &mut self,
        kind: JoinKind,
        left: Item,
        right: Item,
        on: Option<&Expression>,
        using: &[Identifier],
        has_others: bool,
    ) -> Result<Item> {
        if kind == JoinKind::Full {
            return Err(unsupported("FULL JOIN"));
        }
        if right.lateral && kind == JoinKind::Right {
            return Err(unsupported("a function in FROM that reads the other side of a RIGHT JOIN"));
        }
        let (left_scope, right_scope) = (left.scope.clone(), right.scope.clone());
        let mut joined = cross(left, right)?;
        let condition = match on {
            Some(on) => {
                self.set_scope(joined.scope.clone());
                let condition = self.boolean(on, Place::JoinCondition, "JOIN/ON");
                self.set_scope(Scope::default());
                Some(refuse_unknown_column(condition, has_others)?)
            }
            None if using.is_empty() => None,
            None => Some(self.using(kind, &left_scope, &right_scope, using, &mut joined.scope)?),
        };
        if condition.as_ref().is_some_and(Bound::is_volatile) {
            return Err(unsupported("sequence functions in the condition of a join"));
        }
        if let Source::Join(join) = &mut joined.source {
            join.kind = kind;
            join.condition = condition;
        }
        Ok(joined)
    }

    /// The condition that USING stands for. The columns that it names are one column each, ahead of all others.
    fn using(
        &mut self,
        kind: JoinKind,
        left: &Scope,
        right: &Scope,
        names: &[Identifier],
        joined: &mut Scope,
    ) -> Result<Bound> {
        let width = left.width();
        let mut whole: Option<Bound> = None;
        let (mut of_left, mut of_right, mut merged) = (left.bare(), right.bare(), Vec::new());
        for name in names {
            let find = |scope: &Scope, side: &str| match scope.find(None, name.name()) {
                Ok(Some(found)) => Ok(found),
                Ok(None) => Err(error(
                    sqlstate::UNDEFINED_COLUMN,
                    format!("column \"{}\" specified in USING clause does not exist in {side} table", name.name()),
                )),
                Err(Stop::Error(_)) => Err(error(
                    sqlstate::AMBIGUOUS_COLUMN,
                    format!("common column name \"{}\" appears more than once in {side} table", name.name()),
                )),
                Err(other) => Err(other),
            };
            let (one, other) = (find(left, "left")?, find(right, "right")?);
            if one.value_type != other.value_type {
                return Err(unsupported("USING over columns of different types"));
            }
            let column = |index| Typed { bound: Bound::Column { level: 0, index }, value_type: one.value_type };
            let equal =
                self.execution.bind_operator(BinaryOperator::Equal, column(one.index), column(width + other.index))?;
            and(&mut whole, equal.bound);
            of_left.retain(|place| *place != one.index);
            of_right.retain(|place| *place != other.index);
            merged.push(if kind == JoinKind::Right { width + other.index } else { one.index });
        }
        merged.extend(of_left);
        merged.extend(of_right.into_iter().map(|place| width + place));
        joined.merged = Some(merged);
        whole.ok_or_else(|| unsupported("an empty USING"))
    }

    /// A subquery in FROM does not see its siblings: LATERAL is outside the model. Neither is it to see the queries around
    /// its own, though PostgreSQL lets it.
    pub(super) fn subquery_in_own_scope(&mut self, query: &Query) -> Result<Plan> {
        let scopes = std::mem::take(&mut self.scopes);
        let frames = std::mem::take(&mut self.frames);
        let plan = self.subquery(query);
        let has_outer = scopes.len() > 1;
        self.scopes = scopes;
        self.frames = frames;
        match plan {
            Err(Stop::Error(message))
                if has_outer && matches!(message.sqlstate, sqlstate::UNDEFINED_COLUMN | sqlstate::UNDEFINED_TABLE) =>
            {
                Err(unsupported("a subquery in FROM that may read a query further out"))
            }
            other => other,
        }
    }

    fn relation_in_from(&mut self, name: &ObjectName, alias: Option<&Identifier>) -> Result<(Source, ScopeTable)> {
        if let [name] = name.parts.as_slice()
            && let Some(found) = self.common_table(name, alias)?
        {
            return Ok(found);
        }
        let Some(range) = RangeName::new(name) else {
            return Err(unsupported("a relation's name with more than three parts"));
        };
        let in_scope = |columns| ScopeTable::aliased(range.name.into(), alias, columns);
        if range.database.is_none()
            && let Some(system) = SystemRelation::named(range.schema, range.name)
        {
            self.execution.check_not_hidden(range)?;
            let columns = system.columns(self.execution.shared.settings.major);
            return Ok((Source::System(system), in_scope(columns)));
        }
        let Some(relation) = self.execution.find_relation(range, MissingSchema::IsMissingRelation)? else {
            let is_coming = self.execution.coming_tables.iter().any(|coming| **coming == *range.name);
            let missing = crate::execute::no_relation(range);
            return Err(match range.schema.is_none() && is_coming {
                true => missing
                    .detail(format!(
                        "There is a WITH item named \"{}\", but it cannot be referenced from this part of the query.",
                        range.name
                    ))
                    .hint("Use WITH RECURSIVE, or re-order the WITH items to remove forward references."),
                false => missing,
            });
        };
        if relation.sequence().is_none() || !self.execution.deviates(Quirk::ReadersTakeNoLock) {
            let locks_rows = self.frames.last().is_some_and(|frame| frame.locks_rows);
            let mode = if locks_rows { LockMode::RowShare } else { LockMode::AccessShare };
            self.execution.lock(relation.oid, mode)?;
        }
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
                (Source::Table(relation.oid), crate::execute::scope_table(&relation, None, &table.columns).columns)
            }
            Kind::View(view) => {
                let plan = self.execution.query_of_view(&relation, view)?;
                (Source::Stored { view: relation.oid, plan }, view.columns.clone())
            }
            Kind::Index(_) => return Err(unsupported("an index in FROM")),
        };
        let is_untyped = relation.sequence().is_some() && !self.execution.shared.settings.major.sequences_have_types();
        Ok((source, ScopeTable { is_untyped, ..in_scope(columns) }))
    }

    fn function_in_from(
        &mut self,
        call: &Call,
        alias: Option<&Identifier>,
        column_names: &[Identifier],
    ) -> Result<Item> {
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
        let lateral = arguments.iter().any(|argument| !argument.columns().is_empty());
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
        Ok(Item { lateral, ..Item::of(source, ScopeTable::new(table_name, columns)) })
    }
}

/// Two items side by side.
fn cross(left: Item, right: Item) -> Result<Item> {
    for table in &right.scope.tables {
        if table.is_named && left.scope.tables.iter().any(|other| other.goes_by(&table.name)) {
            return Err(error(
                sqlstate::DUPLICATE_ALIAS,
                format!("table name \"{}\" specified more than once", table.name),
            ));
        }
    }
    if left.source.is_volatile() || right.source.is_volatile() {
        return Err(unsupported("sequence functions inside a join"));
    }
    let (left_width, right_width) = (left.scope.width(), right.scope.width());
    let merged = match (&left.scope.merged, &right.scope.merged) {
        (None, None) => None,
        _ => {
            let of_right = right.scope.bare().into_iter().map(|place| left_width + place);
            Some(left.scope.bare().into_iter().chain(of_right).collect())
        }
    };
    let mut tables = left.scope.tables;
    tables.extend(right.scope.tables);
    let source = Source::Join(Box::new(JoinPlan {
        kind: JoinKind::Cross,
        left: left.source,
        right: right.source,
        left_width,
        right_width,
        condition: None,
        left_filter: None,
        right_filter: None,
        lateral: right.lateral,
    }));
    Ok(Item { source, scope: Scope { tables, merged }, lateral: false })
}

/// A name that is not found where only some items of FROM are seen may stand in another: PostgreSQL words that apart.
fn refuse_unknown_column<T>(bound: Result<T>, has_others: bool) -> Result<T> {
    match bound {
        Err(Stop::Error(message))
            if has_others && matches!(message.sqlstate, sqlstate::UNDEFINED_COLUMN | sqlstate::UNDEFINED_TABLE) =>
        {
            Err(unsupported("a name that is not found in this part of FROM"))
        }
        other => other,
    }
}

/// Adds a condition to those that must hold.
fn and(whole: &mut Option<Bound>, condition: Bound) {
    *whole = Some(match whole.take() {
        None => condition,
        Some(others) => Bound::And(Box::new(others), Box::new(condition)),
    });
}

/// Moves the conditions of WHERE that can be decided while rows are joined to where they are decided first, as
/// PostgreSQL's planner does. Those that may fail stay: how often they are computed is left open.
pub(super) fn push_down(source: &mut Source, filter: Option<Bound>) -> Option<Bound> {
    let mut stays = None;
    for condition in conjuncts(filter) {
        match is_harmless(&condition) && !condition.columns().is_empty() {
            true => push(source, condition).into_iter().for_each(|condition| and(&mut stays, condition)),
            false => and(&mut stays, condition),
        }
    }
    stays
}

fn conjuncts(filter: Option<Bound>) -> Vec<Bound> {
    match filter {
        None => Vec::new(),
        Some(Bound::And(left, right)) => {
            let mut all = conjuncts(Some(*left));
            all.extend(conjuncts(Some(*right)));
            all
        }
        Some(other) => vec![other],
    }
}

/// Finds the lowest join for a condition; gives it back when there is none.
fn push(source: &mut Source, mut condition: Bound) -> Option<Bound> {
    let Source::Join(join) = source else { return Some(condition) };
    let columns = condition.columns();
    let drops_left = matches!(join.kind, JoinKind::Inner | JoinKind::Cross | JoinKind::Left);
    let drops_right = matches!(join.kind, JoinKind::Inner | JoinKind::Cross | JoinKind::Right);
    if columns.iter().all(|place| *place < join.left_width) && drops_left {
        if let Some(condition) = push(&mut join.left, condition) {
            and(&mut join.left_filter, condition);
        }
        None
    } else if columns.iter().all(|place| *place >= join.left_width) && drops_right {
        condition.move_columns(&|place| place - join.left_width);
        if let Some(condition) = push(&mut join.right, condition) {
            and(&mut join.right_filter, condition);
        }
        None
    } else if drops_left && drops_right {
        and(&mut join.condition, condition);
        None
    } else {
        Some(condition)
    }
}

/// Renames columns after an alias's column list.
pub(super) fn rename_columns(names: &mut [Rc<str>], given: &[Identifier], table: &str) -> Result<()> {
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

//! SELECT and VALUES.

use super::expression::{call, expression, order_by};
use super::name::{column_list, object_name, object_names};
use super::{Output, separated, sql_if};
use crate::statement::{
    CommonTable, Expression, FromItem, Identifier, JoinKind, Locking, Query, Select, SelectItem, SetOperation,
    SetOperator,
};

pub(super) fn query(out: &mut impl Output, query: &Query) {
    match query {
        Query::Select(select) => self::select(out, select, |_| {}),
        Query::Values(rows) => {
            out.sql("VALUES ");
            separated(out, ", ", rows, |out, row| {
                out.sql("(");
                separated(out, ", ", row, expression);
                out.sql(")");
            });
        }
        Query::Set(operation) => set(out, operation),
        Query::With(with) => {
            common_tables(out, &with.tables);
            self::query(out, &with.query);
        }
    }
}

/// Writes WITH and what it defines, with a space behind it.
pub(super) fn common_tables(out: &mut impl Output, tables: &[CommonTable]) {
    out.sql("WITH ");
    separated(out, ", ", tables, |out, table| {
        out.identifier(&table.name);
        column_list(out, &table.columns);
        out.sql(match table.materialized {
            Some(true) => " AS MATERIALIZED (",
            Some(false) => " AS NOT MATERIALIZED (",
            None => " AS (",
        });
        super::write_statement(out, &table.statement);
        out.sql(")");
    });
    out.sql(" ");
}

fn set(out: &mut impl Output, operation: &SetOperation) {
    operand(out, &operation.left);
    out.sql(match operation.operator {
        SetOperator::Union => " UNION ",
        SetOperator::Intersect => " INTERSECT ",
        SetOperator::Except => " EXCEPT ",
    });
    sql_if(out, operation.all, "ALL ");
    operand(out, &operation.right);
    order_by(out, &operation.order_by);
    clause(out, " LIMIT ", operation.limit.as_ref());
    clause(out, " OFFSET ", operation.offset.as_ref());
}

/// Writes a query beside UNION and the like, in parentheses unless it is plain: what ends it would end the whole.
fn operand(out: &mut impl Output, operand: &Query) {
    let is_plain = match operand {
        Query::Values(_) => true,
        Query::Set(_) | Query::With(_) => false,
        Query::Select(select) => {
            select.order_by.is_empty() && select.limit.is_none() && select.offset.is_none() && select.locking.is_none()
        }
    };
    sql_if(out, !is_plain, "(");
    query(out, operand);
    sql_if(out, !is_plain, ")");
}

/// Writes a select list or a RETURNING list.
pub(super) fn select_items(out: &mut impl Output, items: &[SelectItem]) {
    separated(out, ", ", items, |out, item| {
        expression(out, &item.expression);
        alias(out, item.alias.as_ref());
    });
}

/// Writes WHERE and its condition after a space, or nothing.
pub(super) fn filter(out: &mut impl Output, filter: Option<&Expression>) {
    clause(out, " WHERE ", filter);
}

/// Writes a SELECT; `into` writes what follows the select list.
pub(super) fn select<O: Output>(out: &mut O, select: &Select, into: impl FnOnce(&mut O)) {
    out.sql("SELECT");
    rest(out, select, into);
}

/// Writes a SELECT as PL/pgSQL has it when nobody wants the rows.
pub(super) fn perform(out: &mut impl Output, select: &Select) {
    out.sql("PERFORM");
    rest(out, select, |_| {});
}

fn rest<O: Output>(out: &mut O, select: &Select, into: impl FnOnce(&mut O)) {
    sql_if(out, select.distinct, " DISTINCT");
    sql_if(out, !select.items.is_empty(), " ");
    select_items(out, &select.items);
    into(out);
    if !select.from.is_empty() {
        out.sql(" FROM ");
        separated(out, ", ", &select.from, from_item);
    }
    filter(out, select.filter.as_ref());
    if !select.group_by.is_empty() {
        out.sql(" GROUP BY ");
        separated(out, ", ", &select.group_by, expression);
    }
    clause(out, " HAVING ", select.having.as_ref());
    order_by(out, &select.order_by);
    clause(out, " LIMIT ", select.limit.as_ref());
    clause(out, " OFFSET ", select.offset.as_ref());
    if let Some(locking) = &select.locking {
        self::locking(out, locking);
    }
}

fn clause(out: &mut impl Output, words: &str, value: Option<&Expression>) {
    if let Some(value) = value {
        out.sql(words);
        expression(out, value);
    }
}

fn from_item(out: &mut impl Output, item: &FromItem) {
    match item {
        FromItem::Relation { name, alias, columns } => {
            object_name(out, name);
            self::alias(out, alias.as_ref());
            column_list(out, columns);
        }
        FromItem::Function { call, alias, columns } => {
            self::call(out, call);
            self::alias(out, alias.as_ref());
            column_list(out, columns);
        }
        FromItem::Subquery { query, alias, columns } => {
            out.sql("(");
            self::query(out, query);
            out.sql(")");
            if alias.is_none() {
                out.unnamed_subquery(query);
            }
            self::alias(out, alias.as_ref());
            column_list(out, columns);
        }
        FromItem::Join { kind, left, right, on, using } => {
            from_item(out, left);
            out.sql(join_words(*kind));
            // Joins group from the left.
            let is_nested = matches!(**right, FromItem::Join { .. });
            sql_if(out, is_nested, "(");
            from_item(out, right);
            sql_if(out, is_nested, ")");
            clause(out, " ON ", on.as_ref());
            sql_if(out, !using.is_empty(), " USING");
            column_list(out, using);
        }
    }
}

fn join_words(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner => " JOIN ",
        JoinKind::Left => " LEFT JOIN ",
        JoinKind::Right => " RIGHT JOIN ",
        JoinKind::Full => " FULL JOIN ",
        JoinKind::Cross => " CROSS JOIN ",
    }
}

/// Writes AS and an alias, or nothing.
pub(super) fn alias(out: &mut impl Output, alias: Option<&Identifier>) {
    if let Some(alias) = alias {
        out.sql(" AS ");
        out.identifier(alias);
    }
}

fn locking(out: &mut impl Output, locking: &Locking) {
    out.sql(" ");
    out.sql(locking.strength.words());
    if !locking.of.is_empty() {
        out.sql(" OF ");
        object_names(out, &locking.of);
    }
}

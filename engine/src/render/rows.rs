//! The statements that change rows.

use super::expression::expression;
use super::name::{column_list, identifiers, object_name, table_reference};
use super::query::{alias, filter, query, select_items};
use super::relation::behavior;
use super::{Output, separated};
use crate::statement::{
    ConflictTarget, Copy, Delete, Expression, Identifier, Insert, InsertSource, OnConflict, Overriding, SelectItem,
    Truncate, Update,
};

pub(super) fn insert(out: &mut impl Output, insert: &Insert) {
    out.sql("INSERT INTO ");
    object_name(out, &insert.table);
    alias(out, insert.alias.as_ref());
    column_list(out, &insert.columns);
    out.sql(match insert.overriding {
        Some(Overriding::System) => " OVERRIDING SYSTEM VALUE",
        Some(Overriding::User) => " OVERRIDING USER VALUE",
        None => "",
    });
    match &insert.source {
        InsertSource::DefaultValues => out.sql(" DEFAULT VALUES"),
        InsertSource::Query(source) => {
            out.sql(" ");
            query(out, source);
        }
    }
    if let Some(clause) = &insert.on_conflict {
        on_conflict(out, clause);
    }
    returning(out, &insert.returning);
}

fn on_conflict(out: &mut impl Output, clause: &OnConflict) {
    out.sql(" ON CONFLICT");
    match &clause.target {
        ConflictTarget::Any => {}
        ConflictTarget::Columns(columns) => {
            out.sql(" (");
            identifiers(out, columns);
            out.sql(")");
        }
        ConflictTarget::Constraint(name) => {
            out.sql(" ON CONSTRAINT ");
            out.identifier(name);
        }
    }
    match &clause.update {
        None => out.sql(" DO NOTHING"),
        Some(update) => {
            out.sql(" DO UPDATE SET ");
            assignments(out, &update.assignments);
            filter(out, update.filter.as_ref());
        }
    }
}

fn assignments(out: &mut impl Output, assignments: &[(Identifier, Expression)]) {
    separated(out, ", ", assignments, |out, (column, value)| {
        out.identifier(column);
        out.sql(" = ");
        expression(out, value);
    });
}

pub(super) fn update(out: &mut impl Output, update: &Update) {
    out.sql("UPDATE ");
    object_name(out, &update.table);
    alias(out, update.alias.as_ref());
    out.sql(" SET ");
    assignments(out, &update.assignments);
    filter(out, update.filter.as_ref());
    returning(out, &update.returning);
}

pub(super) fn delete(out: &mut impl Output, delete: &Delete) {
    out.sql("DELETE FROM ");
    object_name(out, &delete.table);
    alias(out, delete.alias.as_ref());
    filter(out, delete.filter.as_ref());
    returning(out, &delete.returning);
}

pub(super) fn truncate(out: &mut impl Output, truncate: &Truncate) {
    out.sql("TRUNCATE ");
    separated(out, ", ", &truncate.tables, table_reference);
    out.sql(match truncate.restart_identity {
        Some(true) => " RESTART IDENTITY",
        Some(false) => " CONTINUE IDENTITY",
        None => "",
    });
    behavior(out, truncate.behavior);
}

pub(super) fn copy(out: &mut impl Output, copy: &Copy) {
    out.sql("COPY ");
    object_name(out, &copy.table);
    column_list(out, &copy.columns);
    out.sql(" FROM STDIN");
}

fn returning(out: &mut impl Output, items: &[SelectItem]) {
    if !items.is_empty() {
        out.sql(" RETURNING ");
        select_items(out, items);
    }
}

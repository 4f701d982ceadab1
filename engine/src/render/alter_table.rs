//! ALTER TABLE with actions that only tables have.

use super::expression::expression;
use super::name::{object_name, table_reference};
use super::relation::{behavior, relation_action};
use super::sequence::option;
use super::table::{column, generated, identity, table_constraint};
use super::type_name::type_name;
use super::{Output, separated, sql_if};
use crate::statement::{
    AlterTable, Expression, Identifier, IdentityChange, ObjectName, RenameColumn, RenameConstraint, SequenceOption,
    TableAction, TypeName,
};

pub(super) fn alter(out: &mut impl Output, alter: &AlterTable) {
    out.sql("ALTER TABLE ");
    sql_if(out, alter.if_exists, "IF EXISTS ");
    table_reference(out, &alter.table);
    out.sql(" ");
    separated(out, ", ", &alter.actions, action);
}

pub(super) fn rename_column(out: &mut impl Output, statement: &RenameColumn) {
    let RenameColumn { if_exists, table, column, new_name } = statement;
    rename(out, *if_exists, table, " RENAME COLUMN ", (column, new_name));
}

pub(super) fn rename_constraint(out: &mut impl Output, statement: &RenameConstraint) {
    let RenameConstraint { if_exists, table, constraint, new_name } = statement;
    rename(out, *if_exists, table, " RENAME CONSTRAINT ", (constraint, new_name));
}

fn rename(
    out: &mut impl Output,
    if_exists: bool,
    table: &ObjectName,
    words: &'static str,
    (old, new): (&Identifier, &Identifier),
) {
    out.sql("ALTER TABLE ");
    sql_if(out, if_exists, "IF EXISTS ");
    object_name(out, table);
    out.sql(words);
    out.identifier(old);
    out.sql(" TO ");
    out.identifier(new);
}

fn action(out: &mut impl Output, action: &TableAction) {
    match action {
        TableAction::AddColumn { if_not_exists, definition } => {
            out.sql("ADD COLUMN ");
            sql_if(out, *if_not_exists, "IF NOT EXISTS ");
            column(out, definition);
        }
        TableAction::DropColumn { if_exists, column, behavior: how } => {
            out.sql("DROP COLUMN ");
            sql_if(out, *if_exists, "IF EXISTS ");
            out.identifier(column);
            behavior(out, *how);
        }
        TableAction::SetType { column, type_name, using } => set_type(out, column, type_name, using.as_ref()),
        TableAction::SetDefault(column, value) => {
            alter_column(out, column, "SET DEFAULT ");
            expression(out, value);
        }
        TableAction::DropDefault(column) => alter_column(out, column, "DROP DEFAULT"),
        TableAction::SetNotNull(column) => alter_column(out, column, "SET NOT NULL"),
        TableAction::DropNotNull(column) => alter_column(out, column, "DROP NOT NULL"),
        TableAction::AddIdentity { column, generated, options } => {
            alter_column(out, column, "ADD ");
            identity(out, *generated, options);
        }
        TableAction::SetIdentity { column, changes } => {
            alter_column(out, column, "");
            separated(out, " ", changes, identity_change);
        }
        TableAction::DropIdentity { column, if_exists } => {
            alter_column(out, column, "DROP IDENTITY");
            sql_if(out, *if_exists, " IF EXISTS");
        }
        TableAction::AddConstraint(constraint) => {
            out.sql("ADD ");
            table_constraint(out, constraint);
        }
        TableAction::DropConstraint { if_exists, name, behavior: how } => {
            out.sql("DROP CONSTRAINT ");
            sql_if(out, *if_exists, "IF EXISTS ");
            out.identifier(name);
            behavior(out, *how);
        }
        TableAction::ValidateConstraint(name) => {
            out.sql("VALIDATE CONSTRAINT ");
            out.identifier(name);
        }
        TableAction::Relation(action) => relation_action(out, action),
    }
}

fn alter_column(out: &mut impl Output, column: &Identifier, words: &str) {
    out.sql("ALTER COLUMN ");
    out.identifier(column);
    out.sql(" ");
    out.sql(words);
}

fn set_type(out: &mut impl Output, column: &Identifier, target: &TypeName, using: Option<&Expression>) {
    alter_column(out, column, "TYPE ");
    type_name(out, target);
    if let Some(value) = using {
        out.sql(" USING ");
        expression(out, value);
    }
}

fn identity_change(out: &mut impl Output, change: &IdentityChange) {
    match change {
        IdentityChange::Generated(when) => {
            out.sql("SET ");
            generated(out, *when);
        }
        IdentityChange::Set(value) => {
            out.sql("SET ");
            option(out, value);
        }
        IdentityChange::Restart(value) => option(out, &SequenceOption::Restart(value.clone())),
    }
}

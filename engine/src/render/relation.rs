//! Statements on any kind of relation, and on schemas.

use super::name::{identifiers, object_name, object_names};
use super::{Output, sql_if};
use crate::statement::{
    AlterRelation, AlterSchema, Behavior, Comment, CommentTarget, CreateSchema, DropRelation, DropSchema,
    RelationAction, RelationKind, RoleName, SchemaAction,
};

pub(super) fn alter(out: &mut impl Output, alter: &AlterRelation) {
    out.sql("ALTER ");
    kind(out, alter.kind);
    sql_if(out, alter.if_exists, "IF EXISTS ");
    object_name(out, &alter.name);
    out.sql(" ");
    relation_action(out, &alter.action);
}

/// Writes an action that any relation has.
pub(super) fn relation_action(out: &mut impl Output, action: &RelationAction) {
    match action {
        RelationAction::RenameTo(name) => {
            out.sql("RENAME TO ");
            out.identifier(name);
        }
        RelationAction::SetSchema(schema) => {
            out.sql("SET SCHEMA ");
            out.identifier(schema);
        }
        RelationAction::OwnerTo(role) => {
            out.sql("OWNER TO ");
            role_name(out, role);
        }
        RelationAction::SetLogged => out.sql("SET LOGGED"),
        RelationAction::SetUnlogged => out.sql("SET UNLOGGED"),
    }
}

pub(super) fn drop(out: &mut impl Output, drop: &DropRelation) {
    out.sql("DROP ");
    kind(out, drop.kind);
    sql_if(out, drop.if_exists, "IF EXISTS ");
    object_names(out, &drop.names);
    behavior(out, drop.behavior);
}

pub(super) fn comment(out: &mut impl Output, comment: &Comment) {
    out.sql("COMMENT ON ");
    match &comment.target {
        CommentTarget::Relation(relation_kind, name) => {
            kind(out, *relation_kind);
            object_name(out, name);
        }
        CommentTarget::Schema(name) => {
            out.sql("SCHEMA ");
            out.identifier(name);
        }
        CommentTarget::Column(name) => {
            out.sql("COLUMN ");
            object_name(out, name);
        }
        CommentTarget::Type(name) => {
            out.sql("TYPE ");
            object_name(out, name);
        }
    }
    out.sql(" IS ");
    match &comment.text {
        Some(text) => out.string(text),
        None => out.sql("NULL"),
    }
}

pub(super) fn create_schema(out: &mut impl Output, create: &CreateSchema) {
    out.sql("CREATE SCHEMA ");
    sql_if(out, create.if_not_exists, "IF NOT EXISTS ");
    if let Some(name) = &create.name {
        out.identifier(name);
    }
    if let Some(owner) = &create.owner {
        out.sql(if create.name.is_some() { " AUTHORIZATION " } else { "AUTHORIZATION " });
        role_name(out, owner);
    }
}

pub(super) fn alter_schema(out: &mut impl Output, alter: &AlterSchema) {
    out.sql("ALTER SCHEMA ");
    out.identifier(&alter.name);
    match &alter.action {
        SchemaAction::RenameTo(name) => {
            out.sql(" RENAME TO ");
            out.identifier(name);
        }
        SchemaAction::OwnerTo(role) => {
            out.sql(" OWNER TO ");
            role_name(out, role);
        }
    }
}

pub(super) fn drop_schema(out: &mut impl Output, drop: &DropSchema) {
    out.sql("DROP SCHEMA ");
    sql_if(out, drop.if_exists, "IF EXISTS ");
    identifiers(out, &drop.names);
    behavior(out, drop.behavior);
}

/// Writes CASCADE or RESTRICT after a space, or nothing.
pub(super) fn behavior(out: &mut impl Output, behavior: Behavior) {
    out.sql(match behavior {
        Behavior::Unspecified => "",
        Behavior::Restrict => " RESTRICT",
        Behavior::Cascade => " CASCADE",
    });
}

fn kind(out: &mut impl Output, kind: RelationKind) {
    out.sql(match kind {
        RelationKind::Sequence => "SEQUENCE ",
        RelationKind::Table => "TABLE ",
        RelationKind::View => "VIEW ",
        RelationKind::Index => "INDEX ",
    });
}

/// Writes a role.
pub(super) fn role_name(out: &mut impl Output, role: &RoleName) {
    match role {
        RoleName::Named(name) => out.identifier(name),
        RoleName::CurrentRole => out.sql("CURRENT_ROLE"),
        RoleName::CurrentUser => out.sql("CURRENT_USER"),
        RoleName::SessionUser => out.sql("SESSION_USER"),
    }
}

//! DROP, COMMENT and schemas.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    AlterSchema, Behavior, Comment, CommentTarget, CreateSchema, DropRelation, DropSchema, RelationKind, RoleName,
    SchemaAction,
};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::name::{Place, column, expect_column, relation_name, single};
use super::role::{expect_role, role as role_named};
use super::string::expect_string;
use crate::sql::cursor::{Cursor, Lowered, kind_name, tokens, unsupported_node};

pub(super) fn drop(mut cursor: Cursor, kind: RelationKind) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::DROP_KW])?;
    cursor.take();
    let if_exists = cursor.node::<ast::IfExists>().is_some();
    let names = match kind {
        RelationKind::Sequence => cursor.comma_separated::<ast::SequenceRef, _>(relation_name),
        RelationKind::Table => cursor.comma_separated::<ast::TableNameRef, _>(relation_name),
        RelationKind::View => cursor.comma_separated::<ast::ViewRef, _>(relation_name),
        RelationKind::Index => cursor.comma_separated::<ast::IndexRef, _>(relation_name),
    }?;
    let behavior = end_of_drop(cursor, &names)?;
    Ok(Statement::DropRelation(DropRelation { kind, if_exists, names, behavior }))
}

/// What follows the names in DROP, of which there must be some.
pub(super) fn end_of_drop<T>(mut cursor: Cursor, names: &[T]) -> Lowered<Behavior> {
    if names.is_empty() {
        return Err(cursor.unexpected());
    }
    let behavior = behavior(&mut cursor);
    cursor.finish()?;
    Ok(behavior)
}

pub(super) fn behavior(cursor: &mut Cursor) -> Behavior {
    if cursor.node_of(SyntaxKind::CASCADE).is_some() {
        Behavior::Cascade
    } else if cursor.node_of(SyntaxKind::RESTRICT).is_some() {
        Behavior::Restrict
    } else {
        Behavior::Unspecified
    }
}

pub(super) fn comment(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::COMMENT_KW, SyntaxKind::ON_KW])?;
    let target = match cursor.any_node() {
        Some(node) => comment_target(&node)?,
        None => return Err(cursor.unexpected()),
    };
    cursor.expect(&[SyntaxKind::IS_KW])?;
    let text = if cursor.has(SyntaxKind::NULL_KW) { None } else { Some(expect_string(&mut cursor)?) };
    cursor.finish()?;
    Ok(Statement::Comment(Comment { target, text }))
}

fn comment_target(node: &SyntaxNode) -> Lowered<CommentTarget> {
    let kind = match node.kind() {
        SyntaxKind::OBJECT_SEQUENCE => Some(RelationKind::Sequence),
        SyntaxKind::OBJECT_TABLE => Some(RelationKind::Table),
        SyntaxKind::OBJECT_VIEW => Some(RelationKind::View),
        SyntaxKind::OBJECT_INDEX => Some(RelationKind::Index),
        SyntaxKind::OBJECT_SCHEMA | SyntaxKind::OBJECT_COLUMN | SyntaxKind::OBJECT_TYPE => None,
        other => {
            let what = kind_name(other).replacen("OBJECT", "COMMENT ON", 1);
            return Err(unsupported_node(node, what));
        }
    };
    let mut cursor = Cursor::new(node);
    cursor.take();
    let Some(name) = cursor.any_node() else { return Err(cursor.unexpected()) };
    cursor.finish()?;
    Ok(match kind {
        Some(kind) => CommentTarget::Relation(kind, relation_name(&name)?),
        None if node.kind() == SyntaxKind::OBJECT_SCHEMA => CommentTarget::Schema(column(&name)?),
        None if node.kind() == SyntaxKind::OBJECT_TYPE => CommentTarget::Type(relation_name(&name)?),
        None => CommentTarget::Column(relation_name(&name)?),
    })
}

pub(super) fn create_schema(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::CREATE_KW, SyntaxKind::SCHEMA_KW])?;
    let if_not_exists = cursor.node::<ast::IfNotExists>().is_some();
    let Some(target) = cursor.any_node() else { return Err(cursor.unexpected()) };
    let mut inner = Cursor::new(&target);
    let name = match inner.node::<ast::Schema>() {
        Some(name) => Some(column(&name)?),
        None => None,
    };
    let owner = match inner.has(SyntaxKind::AUTHORIZATION_KW) {
        true => match inner.any_node() {
            // Without a name the parser has another kind of node for the role, in which CURRENT_USER is a word as any.
            Some(role) if role.kind() == SyntaxKind::ROLE => Some(authorization(&role)?),
            Some(role) => Some(role_named(&role)?),
            None => return Err(inner.unexpected()),
        },
        false => None,
    };
    inner.finish()?;
    if let Some(element) = cursor.any_node() {
        return Err(unsupported_node(&element, "CREATE SCHEMA with elements"));
    }
    cursor.finish()?;
    Ok(Statement::CreateSchema(CreateSchema { if_not_exists, name, owner }))
}

fn authorization(node: &SyntaxNode) -> Lowered<RoleName> {
    let mut words = tokens(node);
    match (words.next().map(|word| word.text().to_ascii_lowercase()).as_deref(), words.next()) {
        (Some("current_role"), None) => Ok(RoleName::CurrentRole),
        (Some("current_user"), None) => Ok(RoleName::CurrentUser),
        (Some("session_user"), None) => Ok(RoleName::SessionUser),
        _ => Ok(RoleName::Named(single(node, Place::NonReserved)?)),
    }
}

pub(super) fn alter_schema(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::ALTER_KW, SyntaxKind::SCHEMA_KW])?;
    let name = expect_column::<ast::SchemaRef>(&mut cursor)?;
    let Some(node) = cursor.any_node() else { return Err(cursor.unexpected()) };
    cursor.finish()?;
    let mut cursor = Cursor::new(&node);
    let action = match node.kind() {
        SyntaxKind::OWNER_TO => {
            cursor.expect(&[SyntaxKind::OWNER_KW, SyntaxKind::TO_KW])?;
            SchemaAction::OwnerTo(expect_role(&mut cursor)?)
        }
        _ => {
            cursor.expect(&[SyntaxKind::RENAME_KW, SyntaxKind::TO_KW])?;
            SchemaAction::RenameTo(expect_column::<ast::Schema>(&mut cursor)?)
        }
    };
    cursor.finish()?;
    Ok(Statement::AlterSchema(AlterSchema { name, action }))
}

pub(super) fn drop_schema(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::DROP_KW, SyntaxKind::SCHEMA_KW])?;
    let if_exists = cursor.node::<ast::IfExists>().is_some();
    let names = cursor.comma_separated::<ast::SchemaRef, _>(column)?;
    let behavior = end_of_drop(cursor, &names)?;
    Ok(Statement::DropSchema(DropSchema { if_exists, names, behavior }))
}

//! DROP, COMMENT and schemas.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    Behavior, Comment, CommentTarget, CreateSchema, DropRelation, DropSchema, RelationKind,
};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::name::{column, expect_column, relation_name};
use super::string::expect_string;
use crate::sql::cursor::{Cursor, Lowered, kind_name, unsupported_node};

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
    if names.is_empty() {
        return Err(cursor.unexpected());
    }
    let behavior = behavior(&mut cursor);
    cursor.finish()?;
    Ok(Statement::DropRelation(DropRelation { kind, if_exists, names, behavior }))
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
        SyntaxKind::OBJECT_SCHEMA | SyntaxKind::OBJECT_COLUMN => None,
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
        None => CommentTarget::Column(relation_name(&name)?),
    })
}

pub(super) fn create_schema(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::CREATE_KW, SyntaxKind::SCHEMA_KW])?;
    let if_not_exists = cursor.node::<ast::IfNotExists>().is_some();
    let Some(target) = cursor.node_of(SyntaxKind::NAMED_SCHEMA) else { return Err(cursor.unexpected()) };
    let mut inner = Cursor::new(&target);
    let name = expect_column::<ast::Schema>(&mut inner)?;
    inner.finish()?;
    cursor.finish()?;
    Ok(Statement::CreateSchema(CreateSchema { if_not_exists, name }))
}

pub(super) fn drop_schema(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::DROP_KW, SyntaxKind::SCHEMA_KW])?;
    let if_exists = cursor.node::<ast::IfExists>().is_some();
    let names = cursor.comma_separated::<ast::SchemaRef, _>(column)?;
    if names.is_empty() {
        return Err(cursor.unexpected());
    }
    let behavior = behavior(&mut cursor);
    cursor.finish()?;
    Ok(Statement::DropSchema(DropSchema { if_exists, names, behavior }))
}

//! ALTER of sequences, tables, views and indexes.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{AlterRelation, AlterSequence, ObjectName, RelationAction, RelationKind, RoleName};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::name::{Place, expect_column, relation_name, single, with_only};
use super::sequence::options;
use crate::sql::cursor::{Cursor, Lowered, kind_name, unsupported_node};

pub(super) fn sequence(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::ALTER_KW, SyntaxKind::SEQUENCE_KW])?;
    let if_exists = cursor.node::<ast::IfExists>().is_some();
    let name = relation_name(&cursor.expect_node::<ast::SequenceRef>()?)?;
    let options = options(&mut cursor)?;
    if options.is_empty() {
        let action = action(&mut cursor)?;
        cursor.finish()?;
        return Ok(alter_relation(RelationKind::Sequence, if_exists, name, action));
    }
    cursor.finish()?;
    Ok(Statement::AlterSequence(AlterSequence { if_exists, name, options }))
}

pub(super) fn table(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::ALTER_KW, SyntaxKind::TABLE_KW])?;
    let if_exists = cursor.node::<ast::IfExists>().is_some();
    let name = with_only(&cursor.expect_node::<ast::TableRelationName>()?)?;
    let action = action(&mut cursor)?;
    if cursor.peek() == Some(SyntaxKind::COMMA) {
        cursor.take();
        return Err(cursor.unexpected());
    }
    cursor.finish()?;
    Ok(alter_relation(RelationKind::Table, if_exists, name, action))
}

/// A view or an index.
pub(super) fn relation(mut cursor: Cursor, kind: RelationKind) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::ALTER_KW])?;
    cursor.take();
    let if_exists = cursor.node::<ast::IfExists>().is_some();
    let name = match cursor.node::<ast::ViewRef>() {
        Some(name) => name,
        None => cursor.expect_node::<ast::IndexRef>()?,
    };
    let name = relation_name(&name)?;
    let action = action(&mut cursor)?;
    cursor.finish()?;
    Ok(alter_relation(kind, if_exists, name, action))
}

fn alter_relation(kind: RelationKind, if_exists: bool, name: ObjectName, action: RelationAction) -> Statement {
    Statement::AlterRelation(AlterRelation { kind, if_exists, name, action })
}

fn action(cursor: &mut Cursor) -> Lowered<RelationAction> {
    let Some(node) = cursor.any_node() else { return Err(cursor.unexpected()) };
    let mut cursor = Cursor::new(&node);
    let action = match node.kind() {
        SyntaxKind::SEQUENCE_RENAME_TO
        | SyntaxKind::TABLE_RENAME_TO
        | SyntaxKind::VIEW_RENAME_TO
        | SyntaxKind::INDEX_RENAME_TO => {
            cursor.expect(&[SyntaxKind::RENAME_KW, SyntaxKind::TO_KW])?;
            match cursor.any_node() {
                Some(name) => RelationAction::RenameTo(single(&name, Place::Column)?),
                None => return Err(cursor.unexpected()),
            }
        }
        SyntaxKind::SET_SCHEMA => {
            cursor.expect(&[SyntaxKind::SET_KW, SyntaxKind::SCHEMA_KW])?;
            RelationAction::SetSchema(expect_column::<ast::SchemaRef>(&mut cursor)?)
        }
        SyntaxKind::OWNER_TO => {
            cursor.expect(&[SyntaxKind::OWNER_KW, SyntaxKind::TO_KW])?;
            RelationAction::OwnerTo(role(&cursor.expect_node::<ast::RoleRef>()?)?)
        }
        SyntaxKind::SET_LOGGED => {
            cursor.expect(&[SyntaxKind::SET_KW, SyntaxKind::LOGGED_KW])?;
            RelationAction::SetLogged
        }
        SyntaxKind::SET_UNLOGGED => {
            cursor.expect(&[SyntaxKind::SET_KW, SyntaxKind::UNLOGGED_KW])?;
            RelationAction::SetUnlogged
        }
        kind => return Err(unsupported_node(&node, kind_name(kind))),
    };
    cursor.finish()?;
    Ok(action)
}

fn role(node: &SyntaxNode) -> Lowered<RoleName> {
    let mut cursor = Cursor::new(node);
    let Some(role) = cursor.any_node() else { return Err(cursor.unexpected()) };
    cursor.finish()?;
    match role.kind() {
        SyntaxKind::ROLE_REF_CURRENT_ROLE => Ok(RoleName::CurrentRole),
        SyntaxKind::ROLE_REF_CURRENT_USER => Ok(RoleName::CurrentUser),
        SyntaxKind::ROLE_REF_SESSION_USER => Ok(RoleName::SessionUser),
        _ => Ok(RoleName::Named(single(&role, Place::NonReserved)?)),
    }
}

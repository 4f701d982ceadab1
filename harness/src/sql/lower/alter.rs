//! ALTER of sequences, views and indexes, and the actions that any relation has.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{AlterRelation, AlterSequence, ObjectName, RelationAction, RelationKind};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::name::{Place, expect_column, relation_name, single};
use super::role::expect_role;
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
    match cursor.any_node() {
        Some(node) => relation_action(&node),
        None => Err(cursor.unexpected()),
    }
}

/// Lowers an action that any relation has.
pub(super) fn relation_action(node: &SyntaxNode) -> Lowered<RelationAction> {
    let mut cursor = Cursor::new(node);
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
            RelationAction::OwnerTo(expect_role(&mut cursor)?)
        }
        SyntaxKind::SET_LOGGED => {
            cursor.expect(&[SyntaxKind::SET_KW, SyntaxKind::LOGGED_KW])?;
            RelationAction::SetLogged
        }
        SyntaxKind::SET_UNLOGGED => {
            cursor.expect(&[SyntaxKind::SET_KW, SyntaxKind::UNLOGGED_KW])?;
            RelationAction::SetUnlogged
        }
        kind => return Err(unsupported_node(node, kind_name(kind))),
    };
    cursor.finish()?;
    Ok(action)
}

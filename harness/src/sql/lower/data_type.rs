//! Types that users make.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{AlterType, CreateEnumeration, DropType, LabelPlace, TypeAction};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::name::{Place, expect_column, relation_name, single};
use super::relation::end_of_drop;
use super::role::expect_role;
use super::string::{expect_string, string};
use crate::sql::cursor::{Cursor, Lowered, kind_name, unsupported_node};

pub(super) fn create(mut cursor: Cursor) -> Lowered<Statement> {
    let owner = cursor.owner();
    cursor.expect(&[SyntaxKind::CREATE_KW, SyntaxKind::TYPE_KW])?;
    let name = relation_name(&cursor.expect_node::<ast::TypeName>()?)?;
    let Some(kind) = cursor.node_of(SyntaxKind::ENUM_TYPE) else {
        return Err(unsupported_node(&owner, "CREATE TYPE"));
    };
    cursor.finish()?;
    let mut cursor = Cursor::new(&kind);
    cursor.expect(&[SyntaxKind::AS_KW, SyntaxKind::ENUM_KW])?;
    let mut list = Cursor::new(&cursor.expect_node::<ast::VariantList>()?);
    cursor.finish()?;
    list.expect(&[SyntaxKind::L_PAREN])?;
    let labels = list.comma_separated::<ast::Variant, _>(label)?;
    list.expect(&[SyntaxKind::R_PAREN])?;
    list.finish()?;
    Ok(Statement::CreateEnumeration(CreateEnumeration { name, labels }))
}

fn label(node: &SyntaxNode) -> Lowered<String> {
    let mut cursor = Cursor::new(node);
    let text = expect_string(&mut cursor)?;
    cursor.finish()?;
    Ok(text)
}

pub(super) fn alter(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::ALTER_KW, SyntaxKind::TYPE_KW])?;
    let name = relation_name(&cursor.expect_node::<ast::TypeNameRef>()?)?;
    let Some(node) = cursor.any_node() else { return Err(cursor.unexpected()) };
    cursor.finish()?;
    let mut cursor = Cursor::new(&node);
    let action = match node.kind() {
        SyntaxKind::OWNER_TO => {
            cursor.expect(&[SyntaxKind::OWNER_KW, SyntaxKind::TO_KW])?;
            TypeAction::OwnerTo(expect_role(&mut cursor)?)
        }
        SyntaxKind::TYPE_RENAME_TO => {
            cursor.expect(&[SyntaxKind::RENAME_KW, SyntaxKind::TO_KW])?;
            let name = cursor.expect_node::<ast::TypeName>()?;
            TypeAction::RenameTo(single(&name, Place::Column)?)
        }
        SyntaxKind::SET_SCHEMA => {
            cursor.expect(&[SyntaxKind::SET_KW, SyntaxKind::SCHEMA_KW])?;
            TypeAction::SetSchema(expect_column::<ast::SchemaRef>(&mut cursor)?)
        }
        SyntaxKind::ADD_VALUE => {
            cursor.expect(&[SyntaxKind::ADD_KW, SyntaxKind::VALUE_KW])?;
            let if_not_exists = cursor.node::<ast::IfNotExists>().is_some();
            let label = expect_string(&mut cursor)?;
            let place = match cursor.node::<ast::ValuePosition>() {
                Some(place) => label_place(&place)?,
                None => LabelPlace::End,
            };
            TypeAction::AddLabel { if_not_exists, label, place }
        }
        SyntaxKind::RENAME_VALUE => {
            cursor.expect(&[SyntaxKind::RENAME_KW, SyntaxKind::VALUE_KW])?;
            let from = expect_string(&mut cursor)?;
            cursor.expect(&[SyntaxKind::TO_KW])?;
            TypeAction::RenameLabel { from, to: expect_string(&mut cursor)? }
        }
        kind => return Err(unsupported_node(&node, format!("ALTER TYPE {}", kind_name(kind)))),
    };
    cursor.finish()?;
    Ok(Statement::AlterType(AlterType { name, action }))
}

fn label_place(node: &SyntaxNode) -> Lowered<LabelPlace> {
    let Some(other) = node.children().next() else { return Err(Cursor::new(node).unexpected()) };
    let other = string(&other)?;
    Ok(match node.kind() {
        SyntaxKind::BEFORE_VALUE => LabelPlace::Before(other),
        _ => LabelPlace::After(other),
    })
}

pub(super) fn drop(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::DROP_KW, SyntaxKind::TYPE_KW])?;
    let if_exists = cursor.node::<ast::IfExists>().is_some();
    let names = cursor.comma_separated::<ast::TypeNameRef, _>(relation_name)?;
    let behavior = end_of_drop(cursor, &names)?;
    Ok(Statement::DropType(DropType { if_exists, names, behavior }))
}

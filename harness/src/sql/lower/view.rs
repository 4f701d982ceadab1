//! Views and indexes.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{CreateIndex, CreateView, Expression, Identifier, IndexElement};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::expression::expression;
use super::name::{column, relation_name, with_only};
use super::query::{column_list, filter, query};
use super::sequence::persistence;
use super::table::storage_parameters;
use crate::sql::cursor::{Cursor, Lowered, unsupported_node};

pub(super) fn create(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::CREATE_KW])?;
    let or_replace = cursor.node::<ast::OrReplace>().is_some();
    let (persistence, is_global) = persistence(&mut cursor)?;
    cursor.expect(&[SyntaxKind::VIEW_KW])?;
    let name = relation_name(&cursor.expect_node::<ast::View>()?)?;
    let columns = column_list(&mut cursor)?;
    cursor.expect(&[SyntaxKind::AS_KW])?;
    let query = query(&cursor.expect_node::<ast::SelectVariant>()?)?;
    cursor.finish()?;
    Ok(Statement::CreateView(CreateView { or_replace, persistence, is_global, name, columns, query }))
}

pub(super) fn create_index(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::CREATE_KW])?;
    let unique = cursor.has(SyntaxKind::UNIQUE_KW);
    cursor.expect(&[SyntaxKind::INDEX_KW])?;
    let if_not_exists = cursor.node::<ast::IfNotExists>().is_some();
    let name = match cursor.node::<ast::Index>() {
        Some(name) => Some(column(&name)?),
        None => None,
    };
    cursor.expect(&[SyntaxKind::ON_KW])?;
    let table = with_only(&cursor.expect_node::<ast::TableRelationName>()?)?;
    let method = match cursor.node::<ast::UsingMethod>() {
        Some(method) => Some(access_method(&method)?),
        None => None,
    };
    let mut list = Cursor::new(&cursor.expect_node::<ast::PartitionItemList>()?);
    if let Some(parameters) = cursor.node_of(SyntaxKind::WITH_PARAMS) {
        storage_parameters(&parameters)?;
    }
    let filter = filter(&mut cursor)?;
    cursor.finish()?;
    list.expect(&[SyntaxKind::L_PAREN])?;
    let elements = list.comma_separated::<ast::PartitionItem, _>(index_element)?;
    list.expect(&[SyntaxKind::R_PAREN])?;
    list.finish()?;
    Ok(Statement::CreateIndex(CreateIndex { unique, if_not_exists, name, table, method, elements, filter }))
}

fn access_method(node: &SyntaxNode) -> Lowered<Identifier> {
    let mut cursor = Cursor::new(node);
    cursor.expect(&[SyntaxKind::USING_KW])?;
    let name = column(&cursor.expect_node::<ast::AccessMethodRef>()?)?;
    cursor.finish()?;
    Ok(name)
}

pub(super) fn index_element(node: &SyntaxNode) -> Lowered<IndexElement> {
    let mut cursor = Cursor::new(node);
    let value = cursor.expect_node::<ast::Expr>()?;
    let key = expression(&value)?;
    if let Expression::Column(name) = &key
        && (value.kind() != SyntaxKind::NAME_REF || name.parts.len() != 1)
    {
        return Err(unsupported_node(&value, "index on an expression"));
    }
    let operator_class = match cursor.node::<ast::OpClassRef>() {
        Some(class) => Some(relation_name(&class)?),
        None => None,
    };
    // The order in which an index keeps its entries shows nowhere.
    cursor.node::<ast::SortOrder>();
    cursor.node::<ast::NullsOrder>();
    cursor.finish()?;
    Ok(IndexElement { key, operator_class })
}

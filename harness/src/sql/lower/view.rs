//! Views and indexes.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{CreateIndex, CreateView, Expression, Identifier};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::atom::atom;
use super::name::{column, relation_name, with_only};
use super::query::{column_list, query};
use super::sequence::persistence;
use crate::sql::cursor::{Cursor, Lowered, tokens, unsupported_node};

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
    if let Some(method) = cursor.node::<ast::UsingMethod>() {
        default_method(&method)?;
    }
    let mut list = Cursor::new(&cursor.expect_node::<ast::PartitionItemList>()?);
    cursor.finish()?;
    list.expect(&[SyntaxKind::L_PAREN])?;
    let columns = list.comma_separated::<ast::PartitionItem, _>(indexed_column)?;
    list.expect(&[SyntaxKind::R_PAREN])?;
    list.finish()?;
    Ok(Statement::CreateIndex(CreateIndex { unique, if_not_exists, name, table, columns }))
}

/// `USING btree` says what would be without it (manual, "CREATE INDEX", Parameters).
fn default_method(node: &SyntaxNode) -> Lowered<()> {
    match tokens(node).nth(1) {
        Some(method) if method.text().eq_ignore_ascii_case("btree") => Ok(()),
        _ => Err(unsupported_node(node, "index method")),
    }
}

fn indexed_column(node: &SyntaxNode) -> Lowered<Identifier> {
    let mut cursor = Cursor::new(node);
    let value = cursor.expect_node::<ast::Expr>()?;
    if value.kind() != SyntaxKind::NAME_REF {
        return Err(unsupported_node(&value, "index on an expression"));
    }
    let name = match atom(&value)? {
        Expression::Column(name) => name,
        _ => return Err(unsupported_node(&value, "index on an expression")),
    };
    // The order in which an index keeps its entries shows nowhere.
    cursor.node::<ast::SortOrder>();
    cursor.node::<ast::NullsOrder>();
    cursor.finish()?;
    match <[Identifier; 1]>::try_from(name.parts) {
        Ok([name]) => Ok(name),
        Err(_) => Err(unsupported_node(&value, "index on an expression")),
    }
}

//! Joins.
//!
//! `squawk-syntax` does not group CROSS JOIN as PostgreSQL does. So its nodes are flattened to a row here, and grouped
//! again as in PostgreSQL's grammar: from the left, where a join that needs a condition takes all joins before it.

use std::iter::Peekable;

use seqcheck_engine::statement::{Expression, FromItem, Identifier, JoinKind};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::expression::expect_expression;
use super::name::column;
use super::query::from_item;
use crate::sql::cursor::{Cursor, Lowered, kind_name, unsupported_node};

/// Lowers a node of joins.
pub(super) fn join(node: &SyntaxNode) -> Lowered<FromItem> {
    let mut pieces = Vec::new();
    flatten(node, &mut pieces)?;
    let mut row = Row { pieces: pieces.into_iter().peekable() };
    match (row.table(), row.pieces.next()) {
        (Some(item), None) => Ok(item),
        _ => Err(unsupported_node(node, "JOIN grouped like this")),
    }
}

/// Lowers a join in parentheses, which only group.
pub(super) fn parenthesised(node: &SyntaxNode) -> Lowered<FromItem> {
    let mut cursor = Cursor::new(node);
    cursor.expect(&[SyntaxKind::L_PAREN])?;
    let item = match cursor.node::<ast::ParenExpr>() {
        Some(inner) => parenthesised(&inner)?,
        None => from_item(&cursor.expect_node::<ast::FromListItem>()?)?,
    };
    cursor.expect(&[SyntaxKind::R_PAREN])?;
    cursor.finish()?;
    Ok(item)
}

/// Lowers `(name, …)` of USING.
fn column_references(list: &SyntaxNode) -> Lowered<Vec<Identifier>> {
    let mut names = Cursor::new(list);
    names.expect(&[SyntaxKind::L_PAREN])?;
    let columns = names.comma_separated::<ast::ColumnNameRef, _>(column)?;
    names.expect(&[SyntaxKind::R_PAREN])?;
    names.finish()?;
    Ok(columns)
}

/// What stands in a row of joins.
enum Piece {
    Item(FromItem),
    Join(JoinKind),
    On(Expression),
    Using(Vec<Identifier>),
}

fn flatten(node: &SyntaxNode, pieces: &mut Vec<Piece>) -> Lowered<()> {
    if node.kind() != SyntaxKind::JOIN_EXPR {
        pieces.push(Piece::Item(from_item(node)?));
        return Ok(());
    }
    let mut cursor = Cursor::new(node);
    flatten(&cursor.expect_node::<ast::FromListItem>()?, pieces)?;
    let join = cursor.expect_node::<ast::Join>()?;
    cursor.finish()?;
    let mut cursor = Cursor::new(&join);
    pieces.push(Piece::Join(kind(&cursor.expect_node::<ast::JoinType>()?)?));
    flatten(&cursor.expect_node::<ast::FromListItem>()?, pieces)?;
    if let Some(clause) = cursor.node::<ast::OnClause>() {
        let mut inner = Cursor::new(&clause);
        inner.expect(&[SyntaxKind::ON_KW])?;
        pieces.push(Piece::On(expect_expression(&mut inner)?));
        inner.finish()?;
    } else if let Some(clause) = cursor.node::<ast::JoinUsingClause>() {
        let mut inner = Cursor::new(&clause);
        inner.expect(&[SyntaxKind::USING_KW])?;
        pieces.push(Piece::Using(column_references(&inner.expect_node::<ast::ColumnRefList>()?)?));
        inner.finish()?;
    }
    cursor.finish()
}

fn kind(words: &SyntaxNode) -> Lowered<JoinKind> {
    match words.kind() {
        SyntaxKind::JOIN_INNER => Ok(JoinKind::Inner),
        SyntaxKind::JOIN_LEFT => Ok(JoinKind::Left),
        SyntaxKind::JOIN_RIGHT => Ok(JoinKind::Right),
        SyntaxKind::JOIN_FULL => Ok(JoinKind::Full),
        SyntaxKind::JOIN_CROSS => Ok(JoinKind::Cross),
        kind => Err(unsupported_node(words, kind_name(kind))),
    }
}

/// A row of joins, read from the left.
struct Row {
    pieces: Peekable<std::vec::IntoIter<Piece>>,
}

impl Row {
    /// Reads joins until a condition comes that belongs to an outer one; `None` when the row is not of this form.
    fn table(&mut self) -> Option<FromItem> {
        let mut left = self.item()?;
        while let Some(Piece::Join(kind)) = self.pieces.next_if(|piece| matches!(piece, Piece::Join(_))) {
            let (right, on, using) = match kind {
                JoinKind::Cross => (self.item()?, None, Vec::new()),
                _ => match (self.table()?, self.pieces.next()) {
                    (right, Some(Piece::On(condition))) => (right, Some(condition), Vec::new()),
                    (right, Some(Piece::Using(columns))) => (right, None, columns),
                    _ => return None,
                },
            };
            left = FromItem::Join { kind, left: Box::new(left), right: Box::new(right), on, using };
        }
        Some(left)
    }

    fn item(&mut self) -> Option<FromItem> {
        match self.pieces.next()? {
            Piece::Item(item) => Some(item),
            Piece::Join(_) | Piece::On(_) | Piece::Using(_) => None,
        }
    }
}

//! Identifiers, dotted names and numbers.

use seqcheck_engine::render::keyword::{Category, category};
use seqcheck_engine::statement::{Identifier, Number, ObjectName, TableReference};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode, SyntaxToken};

use super::string::unicode_escapes;
use crate::sql::cursor::{Cursor, Lowered, syntax_error_at, tokens};
use crate::sql::error::SqlError;

/// Which keywords may stand as a name (manual, Appendix C "SQL Key Words").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Names of columns, tables, aliases and so on.
    Column,
    /// Names of functions and types.
    TypeOrFunction,
    /// Names of roles and words in the values of parameters.
    NonReserved,
    /// After AS, and after a dot.
    Label,
}

/// Lowers one identifier: folds it, or takes it out of its quotes.
pub(super) fn identifier(token: &SyntaxToken, place: Place) -> Lowered<Identifier> {
    let text = token.text();
    if let Some(quoted) = unquote(text) {
        return Ok(Identifier::new(quoted.replace("\"\"", "\"")));
    }
    if let Some(escaped) = text.get(2..).filter(|_| text[..2].eq_ignore_ascii_case("u&")).and_then(unquote) {
        return Ok(Identifier::new(unicode_escapes(&escaped.replace("\"\"", "\""), token)?));
    }
    let folded = text.to_ascii_lowercase();
    let is_allowed = match category(&folded) {
        None => true,
        Some(Category::Reserved) => place == Place::Label,
        Some(Category::ColumnName) => place != Place::TypeOrFunction,
        Some(Category::TypeOrFunctionName) => place != Place::Column,
    };
    if is_allowed && is_word(&folded) { Ok(Identifier::new(folded)) } else { Err(syntax_error_at(token)) }
}

fn unquote(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_' || !first.is_ascii())
}

/// Lowers a node that holds one identifier.
pub(super) fn single(node: &SyntaxNode, place: Place) -> Lowered<Identifier> {
    let mut tokens = tokens(node);
    match (tokens.next(), tokens.next()) {
        (Some(token), None) => identifier(&token, place),
        (Some(_), Some(second)) => Err(syntax_error_at(&second)),
        (None, _) => Err(Cursor::new(node).unexpected()),
    }
}

/// Lowers a node that holds one identifier as most names are: of a column, schema, savepoint.
pub(super) fn column(node: &SyntaxNode) -> Lowered<Identifier> {
    single(node, Place::Column)
}

/// Lowers a node that holds a dotted name of a relation or the like.
pub(super) fn relation_name(node: &SyntaxNode) -> Lowered<ObjectName> {
    dotted(node, Place::Column)
}

/// Lowers a node that holds identifiers with dots between them; `first` tells what the first may be.
pub(super) fn dotted(node: &SyntaxNode, first: Place) -> Lowered<ObjectName> {
    let mut parts = Vec::new();
    let mut is_part_next = true;
    for token in tokens(node) {
        if is_part_next {
            let place = if parts.is_empty() { first } else { Place::Label };
            parts.push(identifier(&token, place)?);
        } else if token.kind() != SyntaxKind::DOT {
            return Err(syntax_error_at(&token));
        }
        is_part_next = !is_part_next;
    }
    if is_part_next { Err(Cursor::new(node).unexpected()) } else { Ok(ObjectName { parts }) }
}

/// Lowers a table after the word ONLY, or before `*`, which says nothing.
pub(super) fn table_reference(node: &SyntaxNode) -> Lowered<TableReference> {
    let mut cursor = Cursor::new(node);
    let is_only = cursor.has(SyntaxKind::ONLY_KW);
    let has_parentheses = is_only && cursor.has(SyntaxKind::L_PAREN);
    let name = match cursor.node::<ast::TableNameRef>() {
        Some(name) => name,
        None => cursor.expect_node::<ast::RelationNameRef>()?,
    };
    if has_parentheses {
        cursor.expect(&[SyntaxKind::R_PAREN])?;
    } else if !is_only {
        cursor.has(SyntaxKind::STAR);
    }
    cursor.finish()?;
    Ok(TableReference { only: is_only, name: relation_name(&name)? })
}

/// The same where ONLY means nothing, since the model has neither partitions nor inheritance.
pub(super) fn with_only(node: &SyntaxNode) -> Lowered<ObjectName> {
    table_reference(node).map(|table| table.name)
}

/// Lowers a number of an option list, with its sign.
pub(super) fn signed_number(node: &SyntaxNode) -> Lowered<Number> {
    let mut sign = "";
    let mut digits = None;
    for token in tokens(node) {
        match token.kind() {
            SyntaxKind::MINUS if sign.is_empty() && digits.is_none() => sign = "-",
            SyntaxKind::PLUS if sign.is_empty() && digits.is_none() => sign = "+",
            SyntaxKind::INT_NUMBER | SyntaxKind::NUMERIC_NUMBER if digits.is_none() => {
                digits = Some(number(&token)?);
            }
            _ => return Err(syntax_error_at(&token)),
        }
    }
    match digits {
        Some(digits) => Ok(Number(format!("{}{digits}", sign.trim_start_matches('+')))),
        None => Err(Cursor::new(node).unexpected()),
    }
}

/// The digits of an unsigned number, in the notations that every supported major reads alike.
pub(super) fn number(token: &SyntaxToken) -> Lowered<String> {
    let text = token.text();
    if text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte)) {
        Ok(text.to_owned())
    } else {
        Err(SqlError::unsupported(token.text_range().start().into(), "number notation of PostgreSQL 16"))
    }
}

/// Takes the next child as a node of one identifier.
pub(super) fn expect_column<N: AstNode>(cursor: &mut Cursor) -> Lowered<Identifier> {
    column(&cursor.expect_node::<N>()?)
}

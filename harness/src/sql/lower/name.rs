//! Identifiers, dotted names, types and numbers.

use seqcheck_engine::render::keyword::{Category, category};
use seqcheck_engine::statement::{Identifier, Number, ObjectName, TypeName};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode, SyntaxToken};

use super::string::unicode_escapes;
use crate::sql::cursor::{Cursor, Lowered, kind_name, syntax_error_at, tokens, unsupported_node};
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

/// Lowers a node that holds a dotted name after the word ONLY, or before `*`: neither means anything to a relation
/// without children, and the model has no inheritance.
pub(super) fn with_only(node: &SyntaxNode) -> Lowered<ObjectName> {
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
    relation_name(&name)
}

/// Lowers a type's name.
pub(super) fn type_name(node: &SyntaxNode) -> Lowered<TypeName> {
    let mut cursor = Cursor::new(node);
    if node.kind() == SyntaxKind::ARRAY_TYPE {
        let mut array = type_name(&cursor.expect_node::<ast::Type>()?)?;
        let has_keyword = cursor.has(SyntaxKind::ARRAY_KW);
        let mut bounds = 0_u8;
        while let Some(bound) = cursor.node::<ast::ArrayBound>() {
            if bound.children().next().is_some() {
                return Err(unsupported_node(&bound, "array size"));
            }
            bounds = bounds.checked_add(1).ok_or_else(|| unsupported_node(&bound, "array type"))?;
        }
        cursor.finish()?;
        array.dimensions = bounds.max(u8::from(has_keyword));
        return Ok(array);
    }
    let name = match node.kind() {
        SyntaxKind::PATH_TYPE => path_type(&mut cursor)?,
        kind => match keyword_type(node, kind) {
            Some(name) => {
                while cursor.peek().is_some_and(|kind| kind != SyntaxKind::ARG_LIST && kind != SyntaxKind::L_PAREN) {
                    cursor.take();
                }
                system_type(name)
            }
            None => return Err(unsupported_node(node, kind_name(kind))),
        },
    };
    cursor.finish()?;
    Ok(TypeName { name, dimensions: 0 })
}

fn path_type(cursor: &mut Cursor) -> Lowered<ObjectName> {
    let path = cursor.expect_node::<ast::PathRef>()?;
    let mut tokens = tokens(&path);
    if let (Some(token), None) = (tokens.next(), tokens.next()) {
        if let Some(name) = alias(&token.text().to_ascii_lowercase()) {
            return Ok(system_type(name));
        }
        // JSON became a keyword of the grammar in PostgreSQL 17; as a type it has always named the same type.
        if token.kind() == SyntaxKind::JSON_KW {
            return Ok(ObjectName::bare("json"));
        }
    }
    dotted(&path, Place::TypeOrFunction)
}

/// The types that the grammar has words for (manual, "Data Types", table of names and aliases).
fn alias(word: &str) -> Option<&'static str> {
    Some(match word {
        "bigint" => "int8",
        "int" | "integer" => "int4",
        "smallint" => "int2",
        "boolean" => "bool",
        "real" => "float4",
        "float" => "float8",
        "decimal" | "dec" | "numeric" => "numeric",
        _ => return None,
    })
}

/// The types that the grammar has several words for; those with an implied length are outside the model.
fn keyword_type(node: &SyntaxNode, kind: SyntaxKind) -> Option<&'static str> {
    let words: Vec<_> = tokens(node).map(|token| token.text().to_ascii_lowercase()).collect();
    let has = |word: &str| words.iter().any(|other| other == word);
    if has("setof") {
        return None;
    }
    match kind {
        SyntaxKind::DOUBLE_TYPE => Some("float8"),
        SyntaxKind::VARCHAR_TYPE => Some("varchar"),
        SyntaxKind::BIT_VARYING_TYPE => Some("varbit"),
        SyntaxKind::TIMESTAMP_TYPE => Some(if has("with") { "timestamptz" } else { "timestamp" }),
        SyntaxKind::TIME_TYPE => Some(if has("with") { "timetz" } else { "time" }),
        SyntaxKind::INTERVAL_TYPE if words.len() == 1 => Some("interval"),
        _ => None,
    }
}

fn system_type(name: &str) -> ObjectName {
    ObjectName::qualified("pg_catalog", name)
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

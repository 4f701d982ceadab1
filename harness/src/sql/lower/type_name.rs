//! Types.

use seqcheck_engine::statement::{ObjectName, TypeName};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::name::{Place, dotted, number, signed_number};
use crate::sql::cursor::{Cursor, Lowered, kind_name, syntax_error_at, tokens, unsupported_node};

/// Lowers a type's name.
pub(super) fn type_name(node: &SyntaxNode) -> Lowered<TypeName> {
    let mut cursor = Cursor::new(node);
    let (name, modifiers) = match node.kind() {
        SyntaxKind::ARRAY_TYPE => return array_type(cursor),
        SyntaxKind::PATH_TYPE => path_type(&mut cursor)?,
        kind => keyword_type(&mut cursor, node, kind)?,
    };
    cursor.finish()?;
    Ok(TypeName { name, modifiers, dimensions: 0 })
}

/// Lowers the type before a string constant, where `char` and `bit` without a length mean any length.
pub(super) fn constant_type_name(node: &SyntaxNode) -> Lowered<TypeName> {
    let mut target = type_name(node)?;
    let is_implied = matches!(node.kind(), SyntaxKind::CHARACTER_TYPE | SyntaxKind::BIT_TYPE)
        && !node.children().any(|child| child.kind() == SyntaxKind::ARG_LIST);
    if is_implied {
        target.modifiers.clear();
    }
    Ok(target)
}

fn array_type(mut cursor: Cursor) -> Lowered<TypeName> {
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
    Ok(array)
}

/// A type's name and its modifiers.
type Named = (ObjectName, Vec<String>);

/// A type of one word, or of a dotted name.
fn path_type(cursor: &mut Cursor) -> Lowered<Named> {
    let path = cursor.expect_node::<ast::PathRef>()?;
    let mut words = tokens(&path);
    if let (Some(token), None) = (words.next(), words.next()) {
        if let Some(name) = alias(&token.text().to_ascii_lowercase()) {
            return if cursor.peek().is_some() { Err(cursor.stop()) } else { Ok((system_type(name), Vec::new())) };
        }
        match token.text().to_ascii_lowercase().as_str() {
            "decimal" | "dec" | "numeric" => return Ok((system_type("numeric"), modifiers(cursor)?)),
            "float" => return float(cursor),
            _ => {}
        }
        // JSON became a keyword of the grammar in PostgreSQL 17; as a type it has always named the same type.
        if token.kind() == SyntaxKind::JSON_KW {
            return Ok((ObjectName::bare("json"), Vec::new()));
        }
    }
    let name = dotted(&path, Place::TypeOrFunction)?;
    // The modifiers of INTERVAL, the word, are not those of the type that it names.
    if name == system_type("interval") {
        return Ok((name, Vec::new()));
    }
    Ok((name, modifiers(cursor)?))
}

/// The types that the grammar has a word for, which takes no modifiers (manual, "Data Types", table of names and
/// aliases).
fn alias(word: &str) -> Option<&'static str> {
    Some(match word {
        "bigint" => "int8",
        "int" | "integer" => "int4",
        "smallint" => "int2",
        "boolean" => "bool",
        "real" => "float4",
        _ => return None,
    })
}

/// FLOAT takes a precision in binary digits, which decides on the type (manual, "Floating-Point Types").
fn float(cursor: &mut Cursor) -> Lowered<Named> {
    let list = match cursor.peek() {
        Some(SyntaxKind::ARG_LIST) => cursor.node_of(SyntaxKind::ARG_LIST),
        _ => None,
    };
    let Some(list) = list else { return Ok((system_type("float8"), Vec::new())) };
    let precision = only_modifier(&list)?;
    match precision.parse::<i32>() {
        Ok(1..=24) => Ok((system_type("float4"), Vec::new())),
        Ok(25..=53) => Ok((system_type("float8"), Vec::new())),
        _ => Err(unsupported_node(&list, "precision of FLOAT out of range")),
    }
}

/// The types that the grammar has several words or a syntax of its own for.
fn keyword_type(cursor: &mut Cursor, node: &SyntaxNode, kind: SyntaxKind) -> Lowered<Named> {
    while let Some(
        SyntaxKind::BIT_KW
        | SyntaxKind::CHAR_KW
        | SyntaxKind::CHARACTER_KW
        | SyntaxKind::DOUBLE_KW
        | SyntaxKind::INTERVAL_KW
        | SyntaxKind::NATIONAL_KW
        | SyntaxKind::NCHAR_KW
        | SyntaxKind::PRECISION_KW
        | SyntaxKind::TIME_KW
        | SyntaxKind::TIMESTAMP_KW
        | SyntaxKind::VARCHAR_KW
        | SyntaxKind::VARYING_KW,
    ) = cursor.peek()
    {
        cursor.take();
    }
    let or_one = |modifiers: Vec<String>| if modifiers.is_empty() { vec!["1".to_owned()] } else { modifiers };
    Ok(match kind {
        SyntaxKind::DOUBLE_TYPE => (system_type("float8"), Vec::new()),
        SyntaxKind::VARCHAR_TYPE => (system_type("varchar"), length(cursor)?),
        SyntaxKind::CHARACTER_TYPE => (system_type("bpchar"), or_one(length(cursor)?)),
        SyntaxKind::BIT_TYPE => (system_type("bit"), or_one(modifiers(cursor)?)),
        SyntaxKind::BIT_VARYING_TYPE => (system_type("varbit"), modifiers(cursor)?),
        SyntaxKind::TIMESTAMP_TYPE => zoned(cursor, "timestamp", "timestamptz")?,
        SyntaxKind::TIME_TYPE => zoned(cursor, "time", "timetz")?,
        SyntaxKind::INTERVAL_TYPE => (system_type("interval"), precision(cursor)?),
        kind => return Err(unsupported_node(node, kind_name(kind))),
    })
}

fn zoned(cursor: &mut Cursor, without: &str, with: &str) -> Lowered<Named> {
    let precision = precision(cursor)?;
    let has_zone = cursor.node::<ast::Timezone>().is_some_and(|words| words.kind() == SyntaxKind::WITH_TIMEZONE);
    Ok((system_type(if has_zone { with } else { without }), precision))
}

/// Takes `(n)`, which the grammar of times has as plain tokens.
fn precision(cursor: &mut Cursor) -> Lowered<Vec<String>> {
    if !cursor.has(SyntaxKind::L_PAREN) {
        return Ok(Vec::new());
    }
    let Some(literal) = cursor.node_of(SyntaxKind::LITERAL) else { return Err(cursor.unexpected()) };
    let digits = unsigned(&literal)?;
    cursor.expect(&[SyntaxKind::R_PAREN])?;
    Ok(vec![digits])
}

/// Takes `(n)`, where the grammar takes one unsigned integer only.
fn length(cursor: &mut Cursor) -> Lowered<Vec<String>> {
    match cursor.node_of(SyntaxKind::ARG_LIST) {
        Some(list) => Ok(vec![only_modifier(&list)?]),
        None => Ok(Vec::new()),
    }
}

fn only_modifier(list: &SyntaxNode) -> Lowered<String> {
    let mut cursor = Cursor::new(list);
    cursor.expect(&[SyntaxKind::L_PAREN])?;
    let Some(argument) = cursor.node_of(SyntaxKind::ARG) else { return Err(cursor.stop()) };
    let digits = unsigned(&argument)?;
    if cursor.peek() != Some(SyntaxKind::R_PAREN) {
        return Err(cursor.stop());
    }
    Ok(digits)
}

/// The digits of an integer constant; to PostgreSQL's lexer one that is out of range is another kind of number.
fn unsigned(node: &SyntaxNode) -> Lowered<String> {
    let mut words = tokens(node);
    let Some(token) = words.next() else { return Err(Cursor::new(node).unexpected()) };
    let digits = if token.kind() == SyntaxKind::INT_NUMBER { Some(number(&token)?) } else { None };
    match digits.filter(|digits| digits.parse::<i32>().is_ok()) {
        Some(digits) => match words.next() {
            Some(second) => Err(syntax_error_at(&second)),
            None => Ok(digits),
        },
        None => Err(syntax_error_at(&token)),
    }
}

/// Takes a list in parentheses. PostgreSQL takes any expressions there; the model has integers.
fn modifiers(cursor: &mut Cursor) -> Lowered<Vec<String>> {
    let Some(list) = cursor.node_of(SyntaxKind::ARG_LIST) else { return Ok(Vec::new()) };
    let mut inner = Cursor::new(&list);
    inner.expect(&[SyntaxKind::L_PAREN])?;
    let modifiers = inner.comma_separated::<ast::Arg, _>(|argument| {
        let is_integer = tokens(argument).enumerate().all(|(position, token)| match token.kind() {
            SyntaxKind::MINUS | SyntaxKind::PLUS => position == 0,
            kind => kind == SyntaxKind::INT_NUMBER,
        });
        if is_integer { Ok(signed_number(argument)?.0) } else { Err(unsupported_node(argument, "type modifier")) }
    })?;
    inner.expect(&[SyntaxKind::R_PAREN])?;
    inner.finish()?;
    Ok(modifiers)
}

fn system_type(name: &str) -> ObjectName {
    ObjectName::qualified("pg_catalog", name)
}

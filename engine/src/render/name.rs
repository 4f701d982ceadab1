//! Names and literals.

use super::{Output, keyword, separated, sql_if};
use crate::statement::{Identifier, Literal, ObjectName, TableReference};

/// Writes an identifier, quoted only when it would otherwise not be read back as itself: PostgreSQL's `quote_ident`
/// rule (manual, "String Functions and Operators").
pub fn write_identifier(text: &mut String, identifier: &str) {
    if is_plain(identifier) && keyword::category(identifier).is_none() {
        text.push_str(identifier);
    } else {
        quote(text, '"', identifier);
    }
}

/// Writes a string constant; one with backslashes as `E'…'`, so that it means the same whatever
/// `standard_conforming_strings` is (manual, "String Constants With C-Style Escapes").
pub fn write_string_literal(text: &mut String, value: &str) {
    if value.contains('\\') {
        text.push('E');
        quote(text, '\'', &value.replace('\\', "\\\\"));
    } else {
        quote(text, '\'', value);
    }
}

pub(super) fn quote(text: &mut String, mark: char, content: &str) {
    text.push(mark);
    for character in content.chars() {
        if character == mark {
            text.push(mark);
        }
        text.push(character);
    }
    text.push(mark);
}

/// Whether the lexer reads `identifier` back unchanged: lower-case letters, digits and underscores, no digit first.
pub(super) fn is_plain(identifier: &str) -> bool {
    let mut bytes = identifier.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Writes a dotted name.
pub(super) fn object_name(out: &mut impl Output, name: &ObjectName) {
    separated(out, ".", &name.parts, |out, part| out.identifier(part));
}

/// Writes dotted names with commas.
pub(super) fn table_reference(out: &mut impl Output, table: &TableReference) {
    sql_if(out, table.only, "ONLY ");
    object_name(out, &table.name);
}

pub(super) fn object_names(out: &mut impl Output, names: &[ObjectName]) {
    separated(out, ", ", names, object_name);
}

/// Writes identifiers with commas.
pub(super) fn identifiers(out: &mut impl Output, identifiers: &[Identifier]) {
    separated(out, ", ", identifiers, |out, identifier| out.identifier(identifier));
}

/// Writes a column list in parentheses after a space, nothing when it is empty.
pub(super) fn column_list(out: &mut impl Output, columns: &[Identifier]) {
    if !columns.is_empty() {
        out.sql(" (");
        identifiers(out, columns);
        out.sql(")");
    }
}

/// Writes a constant.
pub(super) fn literal(out: &mut impl Output, literal: &Literal) {
    match literal {
        Literal::Null => out.sql("NULL"),
        Literal::Boolean(true) => out.sql("TRUE"),
        Literal::Boolean(false) => out.sql("FALSE"),
        Literal::Number(digits) => out.sql(digits),
        Literal::String(value) => out.string(value),
    }
}

//! The data types that can come up around sequences.

use super::opaque_type::{is_column_type, is_other_type, opaque_type};
use crate::catalog::{FIRST_NORMAL_OID, Modifier};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::statement::TypeName;

/// A data type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    /// A string constant whose type context has not decided yet.
    Unknown,
    Boolean,
    SmallInt,
    Integer,
    BigInt,
    Numeric,
    Text,
    Varchar,
    Name,
    /// `"char"`, one byte.
    Char,
    Oid,
    Regclass,
    Regtype,
    Regnamespace,
    /// `pg_node_tree`: an expression that only `pg_get_expr` turns into text.
    Tree,
    Record,
    Array(&'static Type),
    /// A type outside the model, by its OID; an enumerated type by the one that the model has given it, and 0 where nothing
    /// is known. Columns, constants and the time have it. Of its values the model knows at most the text, so they are stored
    /// and shown, and little else.
    Opaque(u32),
}

impl Type {
    /// The array type over this one.
    pub(crate) fn array(self) -> Option<Type> {
        Some(Type::Array(match self {
            Type::Boolean => &Type::Boolean,
            Type::SmallInt => &Type::SmallInt,
            Type::Integer => &Type::Integer,
            Type::BigInt => &Type::BigInt,
            Type::Numeric => &Type::Numeric,
            Type::Text => &Type::Text,
            Type::Varchar => &Type::Varchar,
            Type::Name => &Type::Name,
            _ => return None,
        }))
    }

    /// The name in error messages (manual, "format_type").
    pub(crate) fn sql_name(self) -> String {
        match self {
            Type::Unknown => "unknown".into(),
            Type::Boolean => "boolean".into(),
            Type::SmallInt => "smallint".into(),
            Type::Integer => "integer".into(),
            Type::BigInt => "bigint".into(),
            Type::Numeric => "numeric".into(),
            Type::Text => "text".into(),
            Type::Varchar => "character varying".into(),
            Type::Name => "name".into(),
            Type::Char => "\"char\"".into(),
            Type::Oid => "oid".into(),
            Type::Regclass => "regclass".into(),
            Type::Regtype => "regtype".into(),
            Type::Regnamespace => "regnamespace".into(),
            Type::Tree => "pg_node_tree".into(),
            Type::Record => "record".into(),
            Type::Opaque(_) => "?".into(),
            Type::Array(element) => format!("{}[]", element.sql_name()),
        }
    }

    /// The OID of its row in `pg_type`. Those of the types that PostgreSQL brings are fixed.
    pub(crate) fn number(self) -> Option<i64> {
        NUMBERS.iter().find(|(_, value_type)| *value_type == self).map(|(number, _)| *number)
    }

    /// The OID that a result's description gives for it (manual, "Message Formats", RowDescription).
    pub(crate) fn wire_number(self) -> u32 {
        let element = match self {
            Type::Array(element) => *element,
            // A constant that nothing has given a type comes out as text.
            Type::Unknown => return TEXT_NUMBER,
            Type::Record => return RECORD_NUMBER,
            // Those of enumerated types are the server's choice.
            Type::Opaque(number) => return if number < FIRST_NORMAL_OID { number } else { 0 },
            plain => return plain.number().map_or(0, |number| number as u32),
        };
        ARRAY_NUMBERS.iter().find(|(_, value_type)| *value_type == element).map_or(0, |(number, _)| *number)
    }

    /// The type with that OID.
    pub(crate) fn of_number(number: i64) -> Option<Type> {
        NUMBERS.iter().find(|(known, _)| *known == number).map(|(_, value_type)| *value_type)
    }

    /// Its name in `pg_type`.
    pub(crate) fn internal_name(self) -> Option<&'static str> {
        KNOWN.iter().find(|(_, value_type)| *value_type == self).map(|(name, _)| *name)
    }

    /// The type that the manual calls so in `pg_type`, or that SQL calls so.
    pub(crate) fn named(name: &str) -> Option<Type> {
        KNOWN
            .iter()
            .find(|(known, value_type)| *known == name || value_type.sql_name() == name)
            .map(|(_, value_type)| *value_type)
            .or(match name {
                "int" => Some(Type::Integer),
                "decimal" => Some(Type::Numeric),
                _ => None,
            })
    }

    pub(crate) fn is_integer(self) -> bool {
        matches!(self, Type::SmallInt | Type::Integer | Type::BigInt)
    }

    pub(crate) fn is_number(self) -> bool {
        self.is_integer() || self == Type::Numeric
    }

    /// Whether its values are object identifiers (manual, "Object Identifier Types").
    pub(crate) fn is_identifier(self) -> bool {
        matches!(self, Type::Oid | Type::Regclass | Type::Regtype | Type::Regnamespace | Type::Tree)
    }

    pub(crate) fn is_string(self) -> bool {
        matches!(self, Type::Text | Type::Varchar | Type::Name | Type::Unknown)
    }
}

/// Types by their OIDs.
const NUMBERS: [(i64, Type); 14] = [
    (16, Type::Boolean),
    (18, Type::Char),
    (19, Type::Name),
    (20, Type::BigInt),
    (21, Type::SmallInt),
    (23, Type::Integer),
    (25, Type::Text),
    (26, Type::Oid),
    (1043, Type::Varchar),
    (1700, Type::Numeric),
    (2205, Type::Regclass),
    (2206, Type::Regtype),
    (4089, Type::Regnamespace),
    (194, Type::Tree),
];

/// The OID of `text`.
const TEXT_NUMBER: u32 = 25;
/// The OID of `record`.
const RECORD_NUMBER: u32 = 2249;

/// Array types by their OIDs, with the type of their elements.
const ARRAY_NUMBERS: [(u32, Type); 8] = [
    (1000, Type::Boolean),
    (1003, Type::Name),
    (1005, Type::SmallInt),
    (1007, Type::Integer),
    (1009, Type::Text),
    (1015, Type::Varchar),
    (1016, Type::BigInt),
    (1231, Type::Numeric),
];

/// Types by their names in `pg_type`.
const KNOWN: [(&str, Type); 15] = [
    ("bool", Type::Boolean),
    ("int2", Type::SmallInt),
    ("int4", Type::Integer),
    ("int8", Type::BigInt),
    ("numeric", Type::Numeric),
    ("text", Type::Text),
    ("varchar", Type::Varchar),
    ("name", Type::Name),
    ("char", Type::Char),
    ("oid", Type::Oid),
    ("regclass", Type::Regclass),
    ("regtype", Type::Regtype),
    ("regnamespace", Type::Regnamespace),
    ("pg_node_tree", Type::Tree),
    ("record", Type::Record),
];

/// Whether this is the name of a type that certainly exists in `pg_catalog`.
pub(crate) fn is_known_type(name: &str) -> bool {
    KNOWN.iter().any(|(known, _)| *known == name) || is_other_type(name)
}

/// Whether a type of that name may exist in `pg_catalog` although the model does not know it.
pub(crate) fn may_be_system_type(name: &str) -> bool {
    const ENDINGS: [&str; 5] = ["range", "vector", "query", "handler", "_in"];
    ["any", "reg", "_", "pg_", "int", "ts", "txid", "xid", "macaddr", "ref", "acl", "gtsv", "internal", "event"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
        || ["cstring", "void", "trigger", "unknown", "information_schema"].contains(&name)
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The type of that name for a column, with its modifier. One that PostgreSQL has and the model has not is opaque.
pub(crate) fn resolve_column_type(name: &TypeName) -> Result<(Type, Option<Modifier>)> {
    let plain = TypeName { modifiers: Vec::new(), ..name.clone() };
    let resolved = match resolve_type(&plain) {
        Ok(Type::Record) => {
            return Err(error(sqlstate::INVALID_TABLE_DEFINITION, "column has pseudo-type record"));
        }
        Ok(Type::Array(_) | Type::Char | Type::Oid | Type::Regclass | Type::Regtype | Type::Regnamespace) => {
            opaque_type(name)
        }
        Err(crate::error::Stop::Unsupported(_)) if is_column_type(name) => opaque_type(name),
        other => other?,
    };
    match (resolved, name.modifiers.as_slice()) {
        (resolved, []) => Ok((resolved, None)),
        (Type::Varchar, [length]) => match length.parse() {
            Ok(length) if length > 0 => Ok((Type::Varchar, Some(Modifier::Length(length)))),
            _ => Err(unsupported("a type modifier out of range")),
        },
        (Type::Numeric, [precision, scale @ ..]) => {
            let scale = scale.first().map_or(Ok(0), |scale| scale.parse());
            match (precision.parse(), scale) {
                (Ok(precision), Ok(scale)) if (1..=1000).contains(&precision) && scale <= precision => {
                    Ok((Type::Numeric, Some(Modifier::Precision(precision, scale))))
                }
                _ => Err(unsupported("a type modifier out of range")),
            }
        }
        (Type::Boolean | Type::SmallInt | Type::Integer | Type::BigInt | Type::Text | Type::Name, _) => {
            Err(unsupported("a type modifier for a type that has none"))
        }
        _ if TYPES_WITH_MODIFIERS.contains(&name.name.parts.last().map_or("", |part| part.name())) => {
            Ok((opaque_type(name), None))
        }
        _ => Err(unsupported("a type modifier for a type that may have none")),
    }
}

/// Types outside the model that may have a length or a precision.
const TYPES_WITH_MODIFIERS: [&str; 8] =
    ["bpchar", "bit", "varbit", "timestamp", "timestamptz", "time", "timetz", "interval"];

/// The type of that name, as an expression or a column definition gives it.
pub(crate) fn resolve_type(name: &TypeName) -> Result<Type> {
    let parts: Vec<&str> = name.name.parts.iter().map(|part| part.name()).collect();
    if !name.modifiers.is_empty() {
        return Err(unsupported(format!("type {} with a modifier", parts.join("."))));
    }
    let base = match parts.as_slice() {
        [base] | ["pg_catalog", base] => *base,
        _ => return Err(unsupported(format!("type {}", parts.join(".")))),
    };
    let found = KNOWN.iter().find(|(known, _)| *known == base).map(|(_, found)| *found);
    match (found, name.dimensions) {
        (Some(found), 0) => Ok(found),
        (Some(found), _) => found.array().ok_or_else(|| unsupported(format!("type {base}[]"))),
        (None, _) if is_known_type(base) || may_be_system_type(base) => Err(unsupported(format!("type {base}"))),
        (None, dimensions) => {
            let brackets = if dimensions > 0 { "[]" } else { "" };
            Err(error(sqlstate::UNDEFINED_OBJECT, format!("type \"{}{brackets}\" does not exist", parts.join("."))))
        }
    }
}

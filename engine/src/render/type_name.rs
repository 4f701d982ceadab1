//! Types.

use super::name::object_name;
use super::{Output, separated};
use crate::statement::{ObjectName, TypeName};

/// What the grammar takes in parentheses after the words of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Modifiers {
    /// Nothing.
    None,
    /// Nothing, or one unsigned integer.
    One,
    /// One unsigned integer, or else the words mean a length of 1.
    ImpliedOne,
    /// Nothing, or any list.
    Any,
    /// Any list, or else the words mean a length of 1.
    ImpliedAny,
}

/// Types that have a spelling of their own in the grammar, by their names in `pg_catalog`: the words before and after
/// the modifiers, and which of those the grammar takes (manual, "Data Types").
const TYPE_KEYWORDS: &[(&str, &str, &str, Modifiers)] = &[
    ("int8", "bigint", "", Modifiers::None),
    ("int4", "integer", "", Modifiers::None),
    ("int2", "smallint", "", Modifiers::None),
    ("bool", "boolean", "", Modifiers::None),
    ("numeric", "numeric", "", Modifiers::Any),
    ("float4", "real", "", Modifiers::None),
    ("float8", "double precision", "", Modifiers::None),
    ("bpchar", "character", "", Modifiers::ImpliedOne),
    ("varchar", "character varying", "", Modifiers::One),
    ("bit", "bit", "", Modifiers::ImpliedAny),
    ("varbit", "bit varying", "", Modifiers::Any),
    ("timestamp", "timestamp", " without time zone", Modifiers::One),
    ("timestamptz", "timestamp", " with time zone", Modifiers::One),
    ("time", "time", " without time zone", Modifiers::One),
    ("timetz", "time", " with time zone", Modifiers::One),
    ("interval", "interval", "", Modifiers::One),
];

/// Writes a type's name.
pub(super) fn type_name(out: &mut impl Output, type_name: &TypeName) {
    let words = spelling(&type_name.name, &type_name.modifiers);
    match words {
        Some((before, _)) => out.sql(before),
        None => object_name(out, &type_name.name),
    }
    if !type_name.modifiers.is_empty() {
        out.sql("(");
        separated(out, ", ", &type_name.modifiers, |out, modifier| out.sql(modifier));
        out.sql(")");
    }
    if let Some((_, after)) = words {
        out.sql(after);
    }
    for _ in 0..type_name.dimensions {
        out.sql("[]");
    }
}

fn spelling(name: &ObjectName, modifiers: &[String]) -> Option<(&'static str, &'static str)> {
    let [schema, name] = name.parts.as_slice() else { return None };
    if schema.written() != "pg_catalog" {
        return None;
    }
    let (_, before, after, takes) = TYPE_KEYWORDS.iter().find(|(internal, ..)| *internal == name.written())?;
    let is_one = matches!(modifiers, [only] if only.parse::<i32>().is_ok() && !only.starts_with('-'));
    let fits = match takes {
        Modifiers::None => modifiers.is_empty(),
        Modifiers::One => modifiers.is_empty() || is_one,
        Modifiers::ImpliedOne => is_one,
        Modifiers::Any => true,
        Modifiers::ImpliedAny => !modifiers.is_empty(),
    };
    fits.then_some((before, after))
}

//! Types that are outside the model, of whose values it knows the text at most: which they are, and what may be done with such
//! texts.

use super::Type;
use super::types::is_known_type;
use crate::catalog::FIRST_NORMAL_OID;
use crate::error::{Result, unsupported};
use crate::statement::{Identifier, TypeName};

const BLANK_PADDED: u32 = 1042;
const DATE: u32 = 1082;
const TIME: u32 = 1083;
const TIMESTAMP: u32 = 1114;
const UUID: u32 = 2950;

/// Types of PostgreSQL that the model knows by name only, with their OIDs.
const OTHERS: [(&str, u32); 32] = [
    ("bit", 1560),
    ("bpchar", BLANK_PADDED),
    ("bytea", 17),
    ("box", 603),
    ("cid", 29),
    ("cidr", 650),
    ("circle", 718),
    ("date", DATE),
    ("float4", 700),
    ("float8", 701),
    ("inet", 869),
    ("interval", 1186),
    ("json", 114),
    ("jsonb", 3802),
    ("jsonpath", 4072),
    ("line", 628),
    ("lseg", 601),
    ("macaddr", 829),
    ("money", 790),
    ("path", 602),
    ("point", 600),
    ("polygon", 604),
    ("regproc", 24),
    ("regrole", 4096),
    ("tid", 27),
    ("time", TIME),
    ("timestamp", TIMESTAMP),
    ("timestamptz", 1184),
    ("timetz", 1266),
    ("uuid", UUID),
    ("varbit", 1562),
    ("xml", 142),
];

impl Type {
    /// Whether its values are outside the model.
    pub(crate) fn is_opaque(self) -> bool {
        matches!(self, Type::Opaque(_))
    }

    /// The type outside the model of that name in `pg_type`.
    pub(super) fn opaque_named(name: &str) -> Type {
        Type::Opaque(OTHERS.iter().find(|(known, _)| *known == name).map_or(0, |(_, number)| *number))
    }

    /// Whether it is a type outside the model that has `max` and `min`, which are those of its texts.
    pub(super) fn has_extremes(self) -> bool {
        matches!(self, Type::Opaque(DATE | TIME | TIMESTAMP))
    }

    /// Its name in `pg_type`, if it is one of PostgreSQL's types that are outside the model.
    pub(super) fn name_of_opaque(self) -> Option<&'static str> {
        OTHERS.iter().find(|(_, number)| self == Type::Opaque(*number)).map(|(name, _)| *name)
    }

    /// Whether it is a type outside the model of which every value has one text, in whose order the values come.
    pub(crate) fn is_ordered_as_text(self) -> bool {
        matches!(self, Type::Opaque(DATE | TIME | TIMESTAMP | UUID))
    }

    /// Whether it is a type outside the model that becomes text as it is shown. `char(n)` loses its blanks.
    pub(super) fn becomes_text_as_shown(self) -> bool {
        self.is_opaque() && !matches!(self, Type::Opaque(BLANK_PADDED | 0))
    }

    /// Whether it is a type outside the model whose values are equal when their texts are.
    pub(super) fn is_equal_as_text(self) -> bool {
        self.is_ordered_as_text() || self.is_enumeration()
    }

    /// Whether it is an enumerated type.
    pub(crate) fn is_enumeration(self) -> bool {
        matches!(self, Type::Opaque(FIRST_NORMAL_OID..))
    }

    /// Refuses to group or tell apart values of a type outside the model, unless their texts do.
    pub(super) fn check_has_equality(self) -> Result<()> {
        match self.is_opaque() && !self.is_equal_as_text() {
            true => Err(unsupported("a comparison of values of a type outside the model")),
            false => Ok(()),
        }
    }

    /// Refuses to sort values of a type outside the model, unless their texts come in the same order.
    pub(super) fn check_has_order(self) -> Result<()> {
        match self.is_opaque() && !self.is_ordered_as_text() {
            true => Err(unsupported("the order of values of a type outside the model")),
            false => Ok(()),
        }
    }
}

/// Whether PostgreSQL brings a type of that name that the model knows by name only.
pub(super) fn is_other_type(name: &str) -> bool {
    OTHERS.iter().any(|(known, _)| *known == name)
}

/// The type of a column whose values are outside the model.
pub(super) fn opaque_type(name: &TypeName) -> Type {
    let base = name.name.parts.last().map(Identifier::name).unwrap_or_default();
    let others = OTHERS.iter().find(|(known, _)| *known == base).map(|(_, number)| *number);
    let number = match (others, Type::named(base), name.dimensions) {
        (_, Some(element), 1..) => element.array().map(Type::wire_number),
        (_, Some(known), 0) => Some(known.wire_number()),
        (Some(number), None, 0) => Some(number),
        _ => None,
    };
    Type::Opaque(number.unwrap_or(0))
}

/// Whether this names a type that a column may have, or an array of it, and that the model knows by name only.
pub(super) fn is_column_type(name: &TypeName) -> bool {
    const MORE: [&str; 11] = [
        "tsvector",
        "tsquery",
        "int4range",
        "int8range",
        "numrange",
        "tsrange",
        "tstzrange",
        "daterange",
        "macaddr8",
        "pg_lsn",
        "xid8",
    ];
    name.name.parts.last().is_some_and(|base| is_other_type(base.name()) || MORE.contains(&base.name()))
        || name.dimensions > 0 && name.name.parts.last().is_some_and(|base| is_known_type(base.name()))
}

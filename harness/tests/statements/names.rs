//! Names, types, numbers and texts, nasty ones among them.

use proptest::collection::vec;
use proptest::prelude::*;
use seqcheck_engine::statement::*;

/// Words that look like something else: keywords of every category, words special to one statement.
const WORDS: &[&str] = &[
    "select",
    "table",
    "user",
    "none",
    "all",
    "default",
    "null",
    "true",
    "only",
    "left",
    "full",
    "join",
    "bigint",
    "int",
    "int8",
    "values",
    "row",
    "between",
    "coalesce",
    "cycle",
    "cache",
    "start",
    "restart",
    "sequence",
    "owned",
    "by",
    "no",
    "minvalue",
    "increment",
    "public",
    "role",
    "session",
    "local",
    "names",
    "time",
    "zone",
    "schema",
    "catalog",
    "transaction",
    "xml",
    "json",
    "over",
    "filter",
    "within",
    "rollup",
    "cube",
    "grouping",
    "sets",
    "lateral",
    "window",
    "set",
    "reset",
    "update",
    "share",
    "key",
    "of",
    "for",
    "first",
    "next",
    "rows",
    "ties",
    "identity",
    "generated",
    "always",
    "name",
    "is",
    "isnull",
    "notnull",
    "at",
    "collate",
    "operator",
    "escape",
    "uescape",
    "e",
    "u",
    "b",
    "x",
    "n",
    "cascade",
    "restrict",
    "if",
    "exists",
    "not",
    "work",
    "and",
    "chain",
    "to",
    "savepoint",
    "prepared",
    "current_user",
    "current_schema",
    "interval",
    "date",
    "timestamp",
    "text",
    "recursive",
    "with",
    "without",
    "concurrently",
    "stdin",
    "type",
    "array",
    "setof",
    "variadic",
    "distinct",
    "value",
    "in",
    "like",
    "end",
    "case",
    "asc",
    "desc",
    "nulls",
    "as",
    "from",
    "limit",
    "offset",
    "fetch",
    "returning",
    "authorization",
    "add",
    "alter",
    "rename",
    "owner",
    "logged",
    "unlogged",
    "temp",
    "temporary",
    "view",
    "index",
    "copy",
    "extract",
    "trim",
    "position",
    "substring",
    "normalize",
    "json_object",
    "xmlelement",
    "merge_action",
    "day",
    "year",
    "second",
    "precision",
    "varying",
    "matched",
    "partition",
    "action",
    "admin",
    "column",
    "conflict",
    "constraint",
    "cross",
    "data",
    "defaults",
    "drop",
    "grant",
    "granted",
    "group",
    "including",
    "inner",
    "login",
    "natural",
    "nothing",
    "option",
    "outer",
    "overriding",
    "primary",
    "privileges",
    "public",
    "recursive",
    "revoke",
    "sequences",
    "tables",
    "unique",
    "using",
];

/// An identifier that is not empty.
pub(super) fn identifier() -> impl Strategy<Value = Identifier> {
    prop_oneof![
        8 => "[a-z_][a-z0-9_]{0,5}",
        4 => prop::sample::select(WORDS).prop_map(str::to_owned),
        2 => "[A-Za-z \"'.$;\\\\-]{1,6}",
        1 => "[a-zé✓日\u{10348}]{1,4}",
        1 => "[aé]{70}",
        1 => "[0-9$][a-z$]{0,3}",
    ]
    .prop_map(Identifier::new)
}

/// A dotted name of up to four parts.
pub(super) fn table_reference() -> impl Strategy<Value = TableReference> {
    (any::<bool>(), object_name()).prop_map(|(only, name)| TableReference { only, name })
}

pub(super) fn object_name() -> impl Strategy<Value = ObjectName> {
    prop_oneof![
        4 => identifier().prop_map(ObjectName::bare),
        2 => (identifier(), identifier()).prop_map(|(schema, name)| ObjectName::qualified(schema, name)),
        1 => vec(identifier(), 3..5).prop_map(|parts| ObjectName { parts }),
    ]
}

/// A type, those with a keyword of their own more often.
pub(super) fn type_name() -> impl Strategy<Value = TypeName> {
    let builtin = prop::sample::select(vec![
        "int8",
        "int4",
        "int2",
        "bool",
        "numeric",
        "float4",
        "float8",
        "varchar",
        "varbit",
        "timestamp",
        "timestamptz",
        "time",
        "timetz",
        "interval",
        "text",
        "regclass",
        "bpchar",
        "bit",
    ]);
    let name = prop_oneof![
        3 => builtin.prop_map(|name| ObjectName::qualified("pg_catalog", name)),
        1 => object_name(),
    ];
    let modifier = prop_oneof![4 => (0_u16..300).prop_map(|value| value.to_string()), 1 => "-[0-9]{1,12}|[0-9]{1,12}"];
    let modifiers = prop_oneof![4 => Just(Vec::new()), 2 => vec(modifier.clone(), 1..2), 1 => vec(modifier, 2..4)];
    let dimensions = prop_oneof![6 => Just(0_u8), 1 => 1_u8..3];
    (name, modifiers, dimensions)
        .prop_filter("in parentheses INTERVAL takes one integer", |(name, modifiers, _)| {
            let is_one = matches!(modifiers.as_slice(), [only] if only.parse::<u16>().is_ok());
            *name != ObjectName::qualified("pg_catalog", "interval") || modifiers.is_empty() || is_one
        })
        .prop_filter("the parser library takes no modifiers of json", |(name, modifiers, _)| {
            *name != ObjectName::bare("json") || modifiers.is_empty()
        })
        .prop_map(|(name, modifiers, dimensions)| TypeName { name, modifiers, dimensions })
}

/// The digits of an unsigned number.
pub(super) fn digits() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => any::<u16>().prop_map(|value| value.to_string()),
        1 => "[0-9]{1,25}",
        1 => "[0-9]{1,3}\\.[0-9]{0,3}",
        1 => "\\.[0-9]{1,3}",
        1 => "[0-9]{1,2}(\\.[0-9])?[eE][+-]?[0-9]{1,3}",
        1 => prop::sample::select(vec![
            "9223372036854775807", "9223372036854775808", "9223372036854775809", "18446744073709551616", "2147483648",
        ]).prop_map(str::to_owned),
    ]
}

/// A number of an option list.
pub(super) fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        2 => any::<i64>().prop_map(Number::from),
        1 => prop::sample::select(vec![i64::MIN, i64::MAX]).prop_map(Number::from),
        2 => (any::<bool>(), digits()).prop_map(|(negative, digits)| Number(format!("{}{digits}", if negative { "-" } else { "" }))),
    ]
}

/// Text for string constants.
pub(super) fn nasty_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z0-9_.]{0,8}",
        1 => "[a-z'\"\\\\\n\t $;é✓-]{0,8}",
        1 => any::<String>().prop_map(|text| text.replace('\0', "")),
    ]
}

//! CREATE SEQUENCE and ALTER SEQUENCE.

use super::name::object_name;
use super::type_name::type_name;
use super::{Output, sql_if};
use crate::statement::{AlterSequence, CreateSequence, Number, ObjectName, Persistence, SequenceOption};

pub(super) fn create(out: &mut impl Output, create: &CreateSequence) {
    out.sql("CREATE ");
    sql_if(out, create.is_global, "GLOBAL ");
    persistence(out, create.persistence);
    out.sql("SEQUENCE ");
    sql_if(out, create.if_not_exists, "IF NOT EXISTS ");
    object_name(out, &create.name);
    for option in &create.options {
        out.sql(" ");
        self::option(out, option);
    }
}

pub(super) fn alter(out: &mut impl Output, alter: &AlterSequence) {
    out.sql("ALTER SEQUENCE ");
    sql_if(out, alter.if_exists, "IF EXISTS ");
    object_name(out, &alter.name);
    for option in &alter.options {
        out.sql(" ");
        self::option(out, option);
    }
}

/// Writes TEMPORARY or UNLOGGED and a space, or nothing.
pub(super) fn persistence(out: &mut impl Output, persistence: Persistence) {
    out.sql(match persistence {
        Persistence::Permanent => "",
        Persistence::Unlogged => "UNLOGGED ",
        Persistence::Temporary => "TEMPORARY ",
    });
}

/// Writes one item of an option list.
pub(super) fn option(out: &mut impl Output, option: &SequenceOption) {
    match option {
        SequenceOption::As(name) => {
            out.sql("AS ");
            type_name(out, name);
        }
        SequenceOption::Increment(value) => number(out, "INCREMENT BY ", value),
        SequenceOption::MinValue(value) => number(out, "MINVALUE ", value),
        SequenceOption::NoMinValue => out.sql("NO MINVALUE"),
        SequenceOption::MaxValue(value) => number(out, "MAXVALUE ", value),
        SequenceOption::NoMaxValue => out.sql("NO MAXVALUE"),
        SequenceOption::Start(value) => number(out, "START WITH ", value),
        SequenceOption::Restart(Some(value)) => number(out, "RESTART WITH ", value),
        SequenceOption::Restart(None) => out.sql("RESTART"),
        SequenceOption::Cache(value) => number(out, "CACHE ", value),
        SequenceOption::Cycle => out.sql("CYCLE"),
        SequenceOption::NoCycle => out.sql("NO CYCLE"),
        SequenceOption::OwnedBy(owner) if is_none(owner) => out.sql("OWNED BY NONE"),
        SequenceOption::OwnedBy(owner) => {
            out.sql("OWNED BY ");
            object_name(out, owner);
        }
        SequenceOption::SequenceName(name) => {
            out.sql("SEQUENCE NAME ");
            object_name(out, name);
        }
    }
}

fn is_none(owner: &ObjectName) -> bool {
    matches!(owner.parts.as_slice(), [only] if only.written() == "none")
}

fn number(out: &mut impl Output, keyword: &str, value: &Number) {
    out.sql(keyword);
    out.sql(&value.0);
}

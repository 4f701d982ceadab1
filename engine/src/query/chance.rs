//! Values that nobody can predict, by their types: the time, and what comes about by chance.

use super::plan::{Bound, Typed};
use super::{Type, Value};
use crate::statement::SessionValue;

/// The name in `pg_type` of the type of a point in time that the grammar writes like a column; `None` for what is none.
pub(crate) fn type_of_moment(value: SessionValue) -> Option<&'static str> {
    Some(match value {
        SessionValue::CurrentDate => "date",
        SessionValue::CurrentTime => "timetz",
        SessionValue::CurrentTimestamp => "timestamptz",
        SessionValue::LocalTime => "time",
        SessionValue::LocalTimestamp => "timestamp",
        SessionValue::CurrentUser
        | SessionValue::CurrentRole
        | SessionValue::SessionUser
        | SessionValue::User
        | SessionValue::CurrentCatalog
        | SessionValue::CurrentSchema => return None,
    })
}

/// The name of the type of a function without arguments whose value nobody can predict; `None` for another function.
pub(crate) fn chance_of_function(name: &str) -> Option<&'static str> {
    Some(match name {
        "now" | "clock_timestamp" | "statement_timestamp" | "transaction_timestamp" => "timestamptz",
        "gen_random_uuid" => "uuid",
        "random" => "float8",
        _ => return None,
    })
}

/// Such a value, of the type outside the model of that name.
pub(super) fn by_chance(type_name: &str) -> Typed {
    Typed { bound: Bound::Constant(Value::Opaque), value_type: Type::opaque_named(type_name) }
}

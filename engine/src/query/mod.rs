//! Expressions and queries: analysis in PostgreSQL's order, then evaluation.
//!
//! Analysis resolves names and types before anything runs, so that an error in the last expression of a statement
//! prevents the effects of the first.

mod aggregate;
mod bind;
mod bind_aggregate;
mod bind_atom;
mod bind_call;
mod bind_comparison;
mod bound;
mod chance;
mod coerce;
mod combine;
mod decimal;
mod description;
mod doubt;
mod evaluate;
mod fit;
mod fold;
mod from;
mod function;
mod group;
mod host;
mod input;
mod known_text;
mod listed;
mod number_format;
mod numeric;
mod opaque_type;
mod operator;
mod parameters;
mod physical;
mod plan;
mod privilege;
mod regclass;
mod regular;
mod run;
mod scan;
mod scope;
mod select;
mod select_list;
mod set;
mod string;
mod system;
mod types;
mod uses;
mod value;
mod with;

pub(crate) use bind::{Binder, Place};
pub(crate) use chance::{chance_of_function, type_of_moment};
pub(crate) use coerce::CastContext;
pub(crate) use decimal::{Decimal, within_reach};
pub(crate) use evaluate::Row;
pub(crate) use fit::Fit;
pub(crate) use input::read_value;
pub(crate) use known_text::{reads_constants, value_of_number, value_of_text};
pub(crate) use plan::{Bound, Output, Plan, Typed, nextval_of};
pub(crate) use run::Order;
pub(crate) use scan::check_needed;
pub(crate) use scope::{Scope, ScopeTable};
pub(crate) use select::{check_asides, check_order_of_conditions};
pub(crate) use types::{Type, is_known_type, may_be_system_type, resolve_column_type, resolve_type};
pub(crate) use uses::Uses;
pub(crate) use value::{Value, check_looks_alike};
pub(crate) use with::{Content, KnownTable, known_columns};

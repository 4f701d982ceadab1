//! Prepared statements, and EXPLAIN.

use super::expression::expression;
use super::type_name::type_name;
use super::{Output, separated, write_statement};
use crate::statement::{Deallocate, Execute, Explain, Prepare};

pub(super) fn prepare(out: &mut impl Output, prepare: &Prepare) {
    out.sql("PREPARE ");
    out.identifier(&prepare.name);
    if !prepare.types.is_empty() {
        out.sql(" (");
        separated(out, ", ", &prepare.types, type_name);
        out.sql(")");
    }
    out.sql(" AS ");
    write_statement(out, &prepare.statement);
}

pub(super) fn execute(out: &mut impl Output, execute: &Execute) {
    out.sql("EXECUTE ");
    out.identifier(&execute.name);
    if !execute.arguments.is_empty() {
        out.sql("(");
        separated(out, ", ", &execute.arguments, expression);
        out.sql(")");
    }
}

pub(super) fn deallocate(out: &mut impl Output, deallocate: &Deallocate) {
    out.sql("DEALLOCATE ");
    match deallocate {
        Deallocate::All => out.sql("ALL"),
        // Without the word PREPARE, a statement of that name would be taken for it.
        Deallocate::Named(name) if name.written() == "prepare" => out.quoted(name),
        Deallocate::Named(name) => out.identifier(name),
    }
}

pub(super) fn explain(out: &mut impl Output, explain: &Explain) {
    out.sql("EXPLAIN (COSTS OFF) ");
    write_statement(out, &explain.statement);
}

//! Names that PostgreSQL chooses for sequences, indexes and constraints.

use std::rc::Rc;

use super::super::Execution;
use crate::catalog::{Oid, Relation};
use crate::error::{Result, unsupported};
use crate::quirk::Quirk;

impl Execution<'_> {
    /// A name for a constraint that no other has, of whatever table in the same schema.
    pub(super) fn choose_constraint_name(&self, table: &Relation, column: Option<&str>, label: &str) -> Rc<str> {
        free_name(&table.name, column, label, |name| self.is_constraint_name_taken(table.schema, name))
    }

    fn is_constraint_name_taken(&self, schema: Oid, name: &str) -> bool {
        let tables = self.shared.catalog.relations(self.catalog_view()).filter(|relation| relation.schema == schema);
        let mut constraints = tables.filter_map(|relation| relation.table()).flat_map(|table| &table.constraints);
        constraints.any(|constraint| *constraint.name == *name)
    }

    /// A free name made of two names and a label, shortened to fit and numbered when taken.
    pub(super) fn choose_relation_name(
        &self,
        first: &str,
        second: Option<&str>,
        label: &str,
        schema: Oid,
    ) -> Result<Rc<str>> {
        let of_sequence = label == "seq";
        if of_sequence && self.deviates(Quirk::GeneratedNameTaken) {
            return Ok(object_name(first, second, label).into());
        }
        if of_sequence && self.deviates(Quirk::GeneratedNameCut) {
            let whole = [first, second.unwrap_or_default(), label].join("_");
            return Ok(crate::statement::truncate(&whole).into());
        }
        // Keys are named after their indexes.
        let of_key = matches!(label, "pkey" | "key");
        let is_taken =
            |name: &str| self.is_name_taken(schema, name) || of_key && self.is_constraint_name_taken(schema, name);
        let chosen = free_name(first, second, label, is_taken);
        self.check_not_interrupted(schema, &chosen)?;
        match self.shared.catalog.uncommitted_namesake(schema, &chosen, self.catalog_view()) {
            None => Ok(chosen),
            // Newer minor versions take the next name, older ones wait for that session.
            Some(_) => Err(unsupported("a generated name that another session's open transaction has taken")),
        }
    }
}

/// The first name made of two names and a numbered label that is not taken.
fn free_name(first: &str, second: Option<&str>, label: &str, is_taken: impl Fn(&str) -> bool) -> Rc<str> {
    let mut name = object_name(first, second, label);
    let mut number = 0;
    while is_taken(&name) {
        number += 1;
        name = object_name(first, second, &format!("{label}{number}"));
    }
    name.into()
}

/// Joins names with underscores and cuts the longer of the two until the whole fits into a name's 63 bytes.
fn object_name(first: &str, second: Option<&str>, label: &str) -> String {
    let overhead = label.len() + 1 + second.map_or(0, |_| 1);
    let available = crate::statement::IDENTIFIER_BYTES.saturating_sub(overhead);
    let (mut first_bytes, mut second_bytes) = (first.len(), second.map_or(0, str::len));
    while first_bytes + second_bytes > available {
        if first_bytes > second_bytes {
            first_bytes -= 1;
        } else {
            second_bytes -= 1;
        }
    }
    let first = &first[..first.floor_char_boundary(first_bytes)];
    match second {
        Some(second) => format!("{first}_{}_{label}", &second[..second.floor_char_boundary(second_bytes)]),
        None => format!("{first}_{label}"),
    }
}

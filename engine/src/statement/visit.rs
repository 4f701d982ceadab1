//! Walking a statement's identifiers.

use super::{Identifier, Statement};
use crate::render::{Output, write_statement};

/// Calls a visitor for each identifier and ignores the text between them.
struct Visit<'visitor>(&'visitor mut dyn FnMut(&Identifier));

impl Output for Visit<'_> {
    fn sql(&mut self, _: &str) {}

    fn identifier(&mut self, identifier: &Identifier) {
        (self.0)(identifier);
    }

    fn quoted(&mut self, identifier: &Identifier) {
        (self.0)(identifier);
    }

    fn string(&mut self, _: &str) {}
}

impl Statement {
    /// Calls `visitor` for each identifier in the order in which [`crate::render::render`] writes them, which is the order
    /// of PostgreSQL's truncation notices.
    ///
    /// Words that the grammar has of its own are no identifiers: the `pg_catalog.int8` of `bigint` is not visited.
    pub fn identifiers(&self, visitor: &mut dyn FnMut(&Identifier)) {
        write_statement(&mut Visit(visitor), self);
    }

    /// Whether PostgreSQL cuts at least one identifier of this statement (manual, "Identifiers and Key Words").
    pub fn has_truncated_identifier(&self) -> bool {
        let mut found = false;
        self.identifiers(&mut |identifier| found |= identifier.is_truncated());
        found
    }
}

//! Writing the catalog: every change belongs to the session's transaction, which can take it back.

use super::Execution;
use crate::catalog::{Oid, Relation};

impl Execution<'_> {
    /// Adds a new relation.
    pub(super) fn add_relation(&mut self, relation: Relation) {
        let view = self.catalog_view();
        self.shared.catalog.insert_relation(relation, view, &mut self.session.transaction.undo);
    }

    /// Replaces a relation by a changed version of itself.
    pub(super) fn replace_relation(&mut self, relation: Relation) {
        let view = self.catalog_view();
        self.shared.catalog.update_relation(relation, view, &mut self.session.transaction.undo);
    }

    /// Removes a relation.
    pub(super) fn remove_relation(&mut self, oid: Oid) {
        let view = self.catalog_view();
        self.shared.catalog.delete_relation(oid, view, &mut self.session.transaction.undo);
    }
}

//! Writing the catalog: every change belongs to the session's transaction, which can take it back.

use super::Execution;
use crate::catalog::{Oid, Relation};
use crate::error::{Result, unsupported};
use crate::quirk::Quirk;

impl Execution<'_> {
    /// Adds a new relation.
    pub(super) fn add_relation(&mut self, relation: Relation) {
        let view = self.catalog_view();
        self.shared.catalog.insert_relation(relation, view, &mut self.session.transaction.undo);
    }

    /// Replaces a relation by a changed version of itself.
    pub(super) fn replace_relation(&mut self, relation: Relation) -> Result<()> {
        self.check_not_being_changed(relation.oid)?;
        let view = self.catalog_view();
        self.shared.catalog.update_relation(relation, view, &mut self.session.transaction.undo);
        Ok(())
    }

    /// Removes a relation.
    pub(super) fn remove_relation(&mut self, oid: Oid) -> Result<()> {
        self.check_not_being_changed(oid)?;
        let view = self.catalog_view();
        if self.deviates(Quirk::MemoryFollowsName)
            && let Some(relation) = self.shared.catalog.relation(oid, view)
            && let Some(cache) = self.session.caches.entries.get(&oid)
        {
            self.session.caches.by_name.push((relation.name.clone(), cache.clone()));
        }
        self.shared.catalog.delete_relation(oid, view, &mut self.session.transaction.undo);
        Ok(())
    }

    /// GRANT takes no lock, so that it and other statements can meet another transaction's change that is still open.
    fn check_not_being_changed(&self, oid: Oid) -> Result<()> {
        match self.shared.catalog.is_being_changed(oid, self.catalog_view()) {
            true => Err(unsupported("a relation whose catalog entry another open transaction has changed")),
            false => Ok(()),
        }
    }
}

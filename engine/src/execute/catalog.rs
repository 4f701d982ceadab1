//! Writing the catalog: every change belongs to the session's transaction, which can take it back.

use super::{Execution, shared_str};
use crate::catalog::{Kind, Oid, Persistence, Relation, StorageId};
use crate::error::{Result, unsupported};
use crate::lock::LockMode;
use crate::quirk::Quirk;

impl Execution<'_> {
    /// Makes a table or a view of the current role's, with the privileges that such a relation gets.
    pub(super) fn make_relation(
        &mut self,
        schema: Oid,
        name: &str,
        persistence: Persistence,
        kind: Kind,
    ) -> Result<(Oid, StorageId)> {
        let oid = self.shared.catalog.new_oid();
        self.lock(oid, LockMode::AccessExclusive)?;
        let owner = self.current_role();
        let storage = self.shared.catalog.new_storage();
        let access = self.access_of_new(owner, schema, false);
        self.add_relation(Relation { oid, schema, name: shared_str(name), owner, access, persistence, storage, kind });
        Ok((oid, storage))
    }

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

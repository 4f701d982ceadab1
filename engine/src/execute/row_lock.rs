//! Row locks (manual, "SELECT", The Locking Clause): all rows of a table as one, since which of them two transactions both
//! want is outside the model.

use super::Execution;
use crate::catalog::{Oid, Persistence, Relation, StorageId};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::lock::{LockMode, Target};
use crate::statement::{LockStrength, Privilege};

impl Execution<'_> {
    /// Locks the rows of a relation for a query: a sequence refuses it, a table takes it.
    pub(crate) fn lock_rows(&mut self, oid: Oid, strength: LockStrength) -> Result<()> {
        let relation = self.shared.catalog.relation(oid, self.catalog_view()).cloned();
        let Some(relation) = relation else { return Err(unsupported("a relation that is gone")) };
        if relation.persistence != Persistence::Temporary {
            self.prevent_if_read_only(&format!("SELECT {}", strength.words()))?;
        }
        self.need(oid, Privilege::Update);
        if relation.sequence().is_none() {
            return self.keep_rows_from_others(&relation);
        }
        self.check_needed()?;
        self.reach(Clause::NotUpdatable);
        Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("cannot lock rows in sequence \"{}\"", relation.name)))
    }

    fn keep_rows_from_others(&mut self, table: &Relation) -> Result<()> {
        let view = self.catalog_view();
        self.refuse_rows_of_others(table.storage)?;
        let catalog = &self.shared.catalog;
        if catalog.other_writer(table.storage, view).is_some() {
            return Err(unsupported("row locks in a table that another open transaction has written"));
        }
        // A row that refers to one of these keeps it locked until its transaction is over.
        for (_, referencing, _) in catalog.referencing(table.oid, view) {
            let storage = catalog.relation(referencing, view).map(|relation| relation.storage);
            if storage.is_some_and(|storage| catalog.other_writer(storage, view).is_some()) {
                return Err(unsupported("row locks in a table to which rows of another open transaction may refer"));
            }
        }
        let mut seen = catalog.visible_rows(table.storage, self.query_view());
        if !seen.all(|(slot, _)| catalog.is_row_visible(table.storage, slot, view)) {
            return Err(unsupported("row locks on rows that others have changed since the snapshot was taken"));
        }
        self.locks_logged_rows |= table.persistence == Persistence::Permanent;
        let (session, depth) = (self.session.id, self.session.transaction.depth());
        self.shared.locks.try_acquire(session, Target::Rows(table.storage), LockMode::Exclusive, depth, true);
        Ok(())
    }

    /// Refuses rows that another open transaction may have locked, or the statement of one that waits may have changed.
    pub(super) fn refuse_rows_of_others(&self, storage: StorageId) -> Result<()> {
        self.check_rows_not_interrupted(storage)?;
        self.refuse_other_row_lock(storage)
    }

    /// Refuses to follow two transactions that may want the same rows.
    pub(super) fn refuse_other_row_lock(&self, storage: StorageId) -> Result<()> {
        match self.shared.locks.is_held_by_others(self.session.id, Target::Rows(storage)) {
            true => Err(unsupported("rows of a table in which another open transaction has locked some")),
            false => Ok(()),
        }
    }
}

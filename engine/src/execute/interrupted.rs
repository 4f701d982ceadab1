//! What a statement has written that waits now. Here it is undone until the statement begins anew; in PostgreSQL it stands,
//! and whoever meets it waits for that statement's transaction.

use super::Execution;
use super::block::StatementMark;
use crate::catalog::{Oid, Slot, StorageId};
use crate::cluster::SessionId;
use crate::error::{Result, unsupported};
use crate::query::Value;

impl Execution<'_> {
    /// Undoes what the statement at hand has written, which comes to wait and will begin anew. What it was is noted, and
    /// places are kept for its rows.
    pub(super) fn set_aside(&mut self, mark: &StatementMark) {
        self.remember_interrupted(mark);
        let places = self.places_filled(mark);
        self.undo_statement(mark);
        self.reserve(places);
    }

    fn remember_interrupted(&mut self, mark: &StatementMark) {
        let id = self.session.id;
        let writes = &self.session.transaction.undo[mark.undo..];
        self.shared.interrupted_names.retain(|(session, ..)| *session != id);
        let made = self.shared.catalog.names_made(writes);
        self.shared.interrupted_names.extend(made.into_iter().map(|(schema, name)| (id, schema, name)));
        self.shared.interrupted_rows.retain(|(session, ..)| *session != id);
        let changed = self.shared.catalog.rows_changed(writes).chain(self.half_stored.drain(..));
        self.shared.interrupted_rows.extend(changed.map(|(storage, row)| (id, storage, row)));
    }

    /// Where the statement has put rows.
    fn places_filled(&self, mark: &StatementMark) -> Vec<(StorageId, Slot)> {
        let catalog = &self.shared.catalog;
        let mut places = catalog.places_filled(&self.session.transaction.undo[mark.undo..]);
        // What it has put there without a key that it waits for now.
        let Some((storage, count)) = self.unkeyed else { return places };
        let mut kept = self.session.progress.reserved.iter().filter(|(known, _)| *known == storage);
        let mut next = catalog.next_slot(storage)..;
        places.extend((0..count).filter_map(|_| kept.next().copied().or_else(|| Some((storage, next.next()?)))));
        places
    }

    /// Keeps these places, and no others, for rows that the statement will store again when it goes on.
    fn reserve(&mut self, places: Vec<(StorageId, Slot)>) {
        let former = std::mem::replace(&mut self.session.progress.reserved, places.clone());
        for (storage, slot) in former.into_iter().filter(|place| !places.contains(place)) {
            self.shared.catalog.give_back_row(storage, slot);
        }
        for (storage, slot) in places {
            self.shared.catalog.reserve_row(storage, slot);
        }
    }

    /// Refuses a name that a statement had made which waits now: who asks for it would wait for that one's transaction.
    pub(super) fn check_not_interrupted(&self, schema: Oid, name: &str) -> Result<()> {
        let is_made = self
            .shared
            .interrupted_names
            .iter()
            .any(|(session, place, made)| (*place, &**made) == (schema, name) && self.is_interrupted(*session));
        match is_made {
            true => Err(unsupported("a name that a waiting statement has made")),
            false => Ok(()),
        }
    }

    /// Refuses rows of a table of which such a statement has changed some.
    pub(super) fn check_rows_not_interrupted(&self, storage: StorageId) -> Result<()> {
        let mut rows = self.shared.interrupted_rows.iter();
        match rows.any(|(session, changed, _)| *changed == storage && self.is_interrupted(*session)) {
            true => Err(unsupported("rows of a table that a waiting statement has changed")),
            false => Ok(()),
        }
    }

    /// Refuses a key that such a statement has stored or deleted.
    pub(super) fn check_key_not_interrupted(&self, storage: StorageId, columns: &[usize], row: &[Value]) -> Result<()> {
        let is_taken = self.shared.interrupted_rows.iter().any(|(session, changed, other)| {
            *changed == storage
                && columns.iter().all(|place| other.get(*place) == Some(&row[*place]))
                && self.is_interrupted(*session)
        });
        match is_taken {
            true => Err(unsupported("a key that a waiting statement has stored or deleted")),
            false => Ok(()),
        }
    }

    /// Whether another session still waits.
    fn is_interrupted(&self, session: SessionId) -> bool {
        session != self.session.id && self.shared.locks.request_of(session).is_some()
    }
}

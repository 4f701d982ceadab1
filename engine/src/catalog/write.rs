//! Writes to the catalog: a rollback takes them back, a commit confirms them.

use std::rc::Rc;

use super::heap::Heap;
use super::rows::TableRow;
use super::{Catalog, CommitNumber, Oid, Persistence, Slot, Stamp, StorageId, View};
use crate::cluster::SessionId;

/// The version that a write made or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WritePlace {
    Schema(Slot),
    Relation(Slot),
    Row(StorageId, Slot),
    Role(Slot),
    Membership(Slot),
    DefaultAccess(Slot),
    Enumeration(Slot),
    Comment(Slot),
}

/// One write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Write {
    is_creation: bool,
    place: WritePlace,
}

impl Write {
    pub(super) fn created(place: WritePlace) -> Write {
        Write { is_creation: true, place }
    }

    pub(super) fn deleted(place: WritePlace) -> Write {
        Write { is_creation: false, place }
    }
}

/// What a write does to a heap, whatever it holds.
trait Versions {
    fn set_created(&mut self, slot: Slot, stamp: Stamp);
    fn set_deleted(&mut self, slot: Slot, stamp: Option<Stamp>);
    fn discard(&mut self, slot: Slot);
}

impl<T> Versions for Heap<T> {
    fn set_created(&mut self, slot: Slot, stamp: Stamp) {
        self.mark_created(slot, stamp);
    }

    fn set_deleted(&mut self, slot: Slot, stamp: Option<Stamp>) {
        self.mark_deleted(slot, stamp);
    }

    fn discard(&mut self, slot: Slot) {
        self.remove(slot);
    }
}

impl Catalog {
    /// Deletes the version at a place, as the transaction of `view`'s session.
    pub(super) fn delete_at(&mut self, place: WritePlace, view: View, undo: &mut Vec<Write>) {
        self.mark_deleted(place, Some(Stamp::Open(view.session)));
        self.note_schemas(place);
        undo.push(Write::deleted(place));
    }

    /// Notes which names stand for something else from commit `number` on. To be called before the writes are confirmed.
    pub(crate) fn note_renamings(&mut self, writes: &[Write], number: CommitNumber) {
        let mut changed: Vec<(Rc<str>, Oid, Oid)> = Vec::new();
        for write in writes {
            match write.place {
                WritePlace::Schema(_) => self.schemas_changed = number,
                WritePlace::Relation(slot) => {
                    let relation = &self.relations.version(slot).value;
                    let binding = (relation.name.clone(), relation.schema, relation.oid);
                    // A version that goes and its successor of the same name cancel each other out.
                    match changed.iter().position(|other| *other == binding) {
                        Some(index) => drop(changed.swap_remove(index)),
                        None => changed.push(binding),
                    }
                }
                WritePlace::Row(..)
                | WritePlace::Role(_)
                | WritePlace::Membership(_)
                | WritePlace::DefaultAccess(_)
                | WritePlace::Enumeration(_)
                | WritePlace::Comment(_) => {}
            }
        }
        for (name, _, _) in changed {
            self.renamed.insert(name, number);
        }
    }

    /// Makes writes those of another session's open transaction.
    pub(crate) fn hand_over(&mut self, writes: &[Write], heir: SessionId) {
        let stamp = Stamp::Open(heir);
        for write in writes {
            match (write.is_creation, self.heap(write.place)) {
                (true, Some((heap, slot))) => heap.set_created(slot, stamp),
                (false, Some((heap, slot))) => heap.set_deleted(slot, Some(stamp)),
                (_, None) => {}
            }
        }
    }

    /// Confirms a write as the commit with this number. Deleted versions are dropped unless `keep_dead` says that an
    /// open snapshot may still need them. Returns the storage of a sequence that no version refers to any more.
    pub(crate) fn commit(&mut self, write: Write, number: CommitNumber, keep_dead: bool) -> Option<StorageId> {
        let stamp = Stamp::Committed(number);
        self.note_schemas(write.place);
        if write.is_creation {
            if let Some((heap, slot)) = self.heap(write.place) {
                heap.set_created(slot, stamp);
            }
            return None;
        }
        match keep_dead {
            true => {
                self.mark_deleted(write.place, Some(stamp));
                None
            }
            false => self.remove(write.place),
        }
    }

    /// Takes a write back. Returns storage that no version refers to any more.
    pub(crate) fn undo(&mut self, write: Write) -> Option<StorageId> {
        self.note_schemas(write.place);
        match write.is_creation {
            true => self.remove(write.place),
            false => {
                self.mark_deleted(write.place, None);
                None
            }
        }
    }

    /// Whether any of the writes went to the write-ahead log; rows of temporary and unlogged tables do not.
    pub(crate) fn any_is_logged(&self, writes: &[Write]) -> bool {
        writes.iter().any(|write| match write.place {
            WritePlace::Row(storage, _) => self.relations.versions().any(|(_, version)| {
                version.value.storage == storage && version.value.persistence == Persistence::Permanent
            }),
            _ => true,
        })
    }

    /// The names, with their schemas, that the writes give to relations.
    pub(crate) fn names_made(&self, writes: &[Write]) -> Vec<(Oid, Rc<str>)> {
        let made = writes.iter().filter_map(|write| match write.place {
            WritePlace::Relation(slot) if write.is_creation => Some(&self.relations.version(slot).value),
            _ => None,
        });
        made.map(|relation| (relation.schema, relation.name.clone())).collect()
    }

    /// Where writes have stored rows, in their order.
    pub(crate) fn places_filled(&self, writes: &[Write]) -> Vec<(StorageId, Slot)> {
        let places = writes.iter().filter_map(|write| match write.place {
            WritePlace::Row(storage, slot) if write.is_creation => Some((storage, slot)),
            _ => None,
        });
        places.collect()
    }

    /// The rows that writes have stored or deleted, with their tables.
    pub(crate) fn rows_changed(&self, writes: &[Write]) -> impl Iterator<Item = (StorageId, TableRow)> {
        writes.iter().filter_map(|write| match write.place {
            WritePlace::Row(storage, slot) => Some((storage, self.row(storage, slot)?)),
            _ => None,
        })
    }

    /// Whether any of the writes makes a version of an unlogged relation, which may have brought storage with it.
    pub(crate) fn any_makes_unlogged(&self, writes: &[Write]) -> bool {
        writes.iter().any(|write| match write.place {
            WritePlace::Relation(slot) if write.is_creation => {
                self.relations.version(slot).value.persistence == Persistence::Unlogged
            }
            _ => false,
        })
    }

    fn heap(&mut self, place: WritePlace) -> Option<(&mut dyn Versions, Slot)> {
        Some(match place {
            WritePlace::Schema(slot) => (&mut self.schemas, slot),
            WritePlace::Relation(slot) => (&mut self.relations, slot),
            WritePlace::Row(storage, slot) => (&mut self.rows.get_mut(&storage)?.versions, slot),
            WritePlace::Role(slot) => (&mut self.roles, slot),
            WritePlace::Membership(slot) => (&mut self.memberships, slot),
            WritePlace::DefaultAccess(slot) => (&mut self.default_access, slot),
            WritePlace::Enumeration(slot) => (&mut self.enumerations, slot),
            WritePlace::Comment(slot) => (&mut self.comments, slot),
        })
    }

    fn mark_deleted(&mut self, place: WritePlace, stamp: Option<Stamp>) {
        if let Some((heap, slot)) = self.heap(place) {
            heap.set_deleted(slot, stamp);
        }
    }

    fn remove(&mut self, place: WritePlace) -> Option<StorageId> {
        if let WritePlace::Relation(slot) = place {
            return self.remove_relation_version(slot);
        }
        if let Some((heap, slot)) = self.heap(place) {
            heap.discard(slot);
        }
        None
    }

    /// A resolved search path depends on schemas, and on who may use them.
    fn note_schemas(&mut self, place: WritePlace) {
        if matches!(place, WritePlace::Schema(_) | WritePlace::Role(_) | WritePlace::Membership(_)) {
            self.schema_generation += 1;
        }
    }

    /// Empties the unlogged tables, as recovery does.
    pub(crate) fn empty_unlogged(&mut self) {
        let unlogged = self.relations.versions().filter(|(_, version)| {
            version.value.table().is_some() && version.value.persistence == Persistence::Unlogged
        });
        for (_, version) in unlogged {
            self.rows.remove(&version.value.storage);
        }
    }

    /// Whether sessions of the past have left temporary relations, which no session can name.
    pub(crate) fn has_temporary(&self) -> bool {
        self.relations.versions().any(|(_, version)| version.value.persistence == Persistence::Temporary)
    }

    fn remove_relation_version(&mut self, slot: Slot) -> Option<StorageId> {
        let relation = self.relations.remove(slot)?;
        if let Some(slots) = self.by_name.get_mut(&relation.name) {
            slots.retain(|other| *other != slot);
            if slots.is_empty() {
                self.by_name.remove(&relation.name);
            }
        }
        let slots = self.by_oid.get_mut(&relation.oid)?;
        slots.retain(|other| *other != slot);
        let storage = relation.storage;
        if slots.iter().any(|other| self.relations.version(*other).value.storage == storage) {
            return None;
        }
        if slots.is_empty() {
            self.by_oid.remove(&relation.oid);
        }
        self.rows.remove(&storage);
        Some(storage)
    }
}

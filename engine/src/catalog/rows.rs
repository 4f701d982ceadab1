//! The rows of tables, with their versions.

use std::rc::Rc;

use super::{Catalog, Heap, Slot, Stamp, StorageId, View, Write, WritePlace};
use crate::cluster::SessionId;
use crate::query::Value;

/// One row of a table.
pub(crate) type TableRow = Rc<[Value]>;

/// How many bytes a page may hold for sure before PostgreSQL looks for dead versions in it (its `heap_page_prune_opt`).
const SAFE_BYTES: usize = 7_300;

/// How many bytes of a page a row takes at most, as far as its values tell.
fn size_in_page(row: &TableRow) -> usize {
    const HEADER: usize = 32;
    let size = |value: &Value| match value {
        Value::Null => 0,
        Value::Text(text) => text.len() + 12,
        Value::Opaque => 64,
        _ => 16,
    };
    HEADER + row.iter().map(size).sum::<usize>()
}

/// Who has a key.
#[derive(Debug)]
pub(crate) enum KeyHolder<'r> {
    /// A row that is there.
    Row(Slot, &'r TableRow),
    /// A row that is there or not, as this session's open transaction ends.
    Undecided(Slot, SessionId),
}

/// The versions of one table's rows.
#[derive(Debug, Default, Clone)]
pub(super) struct TableRows {
    pub(super) versions: Heap<TableRow>,
    /// How many bytes of pages all versions so far have taken at most.
    written: usize,
    /// Whether a version was stored after pages had been full and versions had died: it may stand in the room of these.
    may_have_moved: bool,
    /// For each column a number that no version exceeds: keys that come from sequences mostly do, so that they need not be
    /// looked for among all rows.
    largest: Vec<i64>,
}

impl TableRows {
    fn insert(&mut self, row: TableRow, created: Stamp) -> Slot {
        let slot = self.versions.next_slot();
        self.insert_at(slot, row, created);
        slot
    }

    fn insert_at(&mut self, slot: Slot, row: TableRow, created: Stamp) {
        self.written += size_in_page(&row);
        self.may_have_moved |= self.written > SAFE_BYTES && self.versions.has_seen_deaths();
        self.largest.resize(self.largest.len().max(row.len()), i64::MIN);
        for (largest, value) in self.largest.iter_mut().zip(row.iter()) {
            match value {
                Value::Integer(number) => *largest = (*largest).max(*number),
                // Nothing equals it.
                Value::Null => {}
                _ => *largest = i64::MAX,
            }
        }
        self.versions.insert_at(slot, row, created);
    }

    fn may_hold_key(&self, columns: &[usize], row: &[Value]) -> bool {
        columns.iter().all(|place| match (&row[*place], self.largest.get(*place)) {
            (Value::Integer(number), Some(largest)) => number <= largest,
            _ => true,
        })
    }
}

impl Catalog {
    /// The rows of a table that `view` sees.
    pub(crate) fn rows(&self, storage: StorageId, view: View) -> Vec<TableRow> {
        self.visible_rows(storage, view).map(|(_, row)| row.clone()).collect()
    }

    /// The rows of a table that `view` sees, with their places.
    pub(crate) fn slots(&self, storage: StorageId, view: View) -> Vec<(Slot, TableRow)> {
        self.visible_rows(storage, view).map(|(slot, row)| (slot, row.clone())).collect()
    }

    /// The same without copies.
    pub(crate) fn visible_rows(&self, storage: StorageId, view: View) -> impl Iterator<Item = (Slot, &TableRow)> {
        self.rows.get(&storage).into_iter().flat_map(move |rows| rows.versions.visible(view))
    }

    /// The row that has, in these columns, the same values as `row`, none of which is null: one that stays, as far as
    /// `session` knows, or one of which another transaction has yet to say so, whichever comes first (PostgreSQL's
    /// `SnapshotDirty`). `except` is not looked at.
    pub(crate) fn row_with_key(
        &self,
        storage: StorageId,
        session: SessionId,
        columns: &[usize],
        row: &[Value],
        except: Option<Slot>,
    ) -> Option<KeyHolder<'_>> {
        let rows = self.rows.get(&storage)?;
        if !rows.may_hold_key(columns, row) {
            return None;
        }
        let mut holders = rows.versions.versions().filter(|(slot, version)| {
            Some(*slot) != except && columns.iter().all(|place| version.value[*place] == row[*place])
        });
        holders.find_map(|(slot, version)| match (version.undecided_by(session), version.deleted) {
            (Some(owner), _) => Some(KeyHolder::Undecided(slot, owner)),
            (None, None) => Some(KeyHolder::Row(slot, &version.value)),
            (None, Some(_)) => None,
        })
    }

    /// What stands in a place of a table, whoever sees it.
    pub(crate) fn row(&self, storage: StorageId, slot: Slot) -> Option<TableRow> {
        Some(self.rows.get(&storage)?.versions.get(slot)?.value.clone())
    }

    /// The transaction that has yet to decide whether a version of a row stays, other than the session's own.
    pub(crate) fn row_undecided_by(&self, storage: StorageId, slot: Slot, session: SessionId) -> Option<SessionId> {
        self.rows.get(&storage)?.versions.get(slot)?.undecided_by(session)
    }

    /// Whether a view sees what stands in a place of a table.
    pub(crate) fn is_row_visible(&self, storage: StorageId, slot: Slot, view: View) -> bool {
        self.rows.get(&storage).is_some_and(|rows| rows.versions.version(slot).visible(view))
    }

    /// Whether rows of a table may stand elsewhere than behind all that were stored before them.
    pub(crate) fn may_have_moved_rows(&self, storage: StorageId) -> bool {
        self.rows.get(&storage).is_some_and(|rows| rows.may_have_moved)
    }

    /// Notes that rows of a table were stored in an order that nobody knows.
    pub(crate) fn note_moved_rows(&mut self, storage: StorageId) {
        if let Some(rows) = self.rows.get_mut(&storage) {
            rows.may_have_moved = true;
        }
    }

    /// Whether VACUUM would find room between the rows of a table.
    pub(crate) fn has_dead_rows(&self, storage: StorageId) -> bool {
        self.rows.get(&storage).is_some_and(|rows| rows.versions.has_dead())
    }

    /// Adds a row to a table.
    pub(crate) fn insert_row(&mut self, storage: StorageId, row: TableRow, view: View, undo: &mut Vec<Write>) -> Slot {
        let slot = self.next_slot(storage);
        self.insert_row_at((storage, slot), row, view, undo);
        slot
    }

    /// The same at a place that was kept for it, or at the end.
    pub(crate) fn insert_row_at(
        &mut self,
        (storage, slot): (StorageId, Slot),
        row: TableRow,
        view: View,
        undo: &mut Vec<Write>,
    ) {
        self.rows.entry(storage).or_default().insert_at(slot, row, Stamp::Open(view.session));
        undo.push(Write::created(WritePlace::Row(storage, slot)));
    }

    /// Where the next row of a table will be: as many places lie before it.
    pub(crate) fn next_slot(&self, storage: StorageId) -> Slot {
        self.rows.get(&storage).map_or(0, |rows| rows.versions.next_slot())
    }

    /// Keeps a place for a row that is to come.
    pub(crate) fn reserve_row(&mut self, storage: StorageId, slot: Slot) {
        if let Some(rows) = self.rows.get_mut(&storage) {
            rows.versions.reserve(slot);
        }
    }

    /// Keeps a place for a row no longer.
    pub(crate) fn give_back_row(&mut self, storage: StorageId, slot: Slot) {
        if let Some(rows) = self.rows.get_mut(&storage) {
            rows.versions.give_back(slot);
        }
    }

    /// Takes the rows of a table along to new storage, with another shape but otherwise as they are: what becomes of them, and
    /// who sees them, stays.
    pub(crate) fn carry_rows(
        &mut self,
        (from, to): (StorageId, StorageId),
        shape: impl Fn(&TableRow) -> TableRow,
        undo: &mut Vec<Write>,
    ) {
        let Some(old) = self.rows.remove(&from) else { return };
        let mut carried = TableRows::default();
        for (_, version) in old.versions.versions() {
            let slot = carried.insert(shape(&version.value), version.created);
            carried.versions.mark_deleted(slot, version.deleted);
            let place = WritePlace::Row(to, slot);
            undo.extend(version.created.is_open().then(|| Write::created(place)));
            undo.extend(version.deleted.is_some_and(Stamp::is_open).then(|| Write::deleted(place)));
        }
        carried.versions.take_gaps_of(&old.versions);
        self.rows.insert(from, old);
        self.rows.insert(to, carried);
    }

    /// Deletes a row of a table.
    pub(crate) fn delete_row(&mut self, storage: StorageId, slot: Slot, view: View, undo: &mut Vec<Write>) {
        self.delete_at(WritePlace::Row(storage, slot), view, undo);
    }

    /// Another session whose open transaction has written a row of this table.
    pub(crate) fn other_writer(&self, storage: StorageId, view: View) -> Option<SessionId> {
        self.rows.get(&storage)?.versions.versions().find_map(|(_, version)| version.undecided_by(view.session))
    }
}

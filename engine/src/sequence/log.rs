//! The write-ahead log, as far as sequences notice it.
//!
//! Three things survive a crash of a sequence's storage: the row that the last checkpoint wrote, the records after it
//! that have reached the disk, and nothing else (manual, "Write-Ahead Logging (WAL)"). Records reach the disk in order.
//! The commit of a transaction that has written to the log waits until all records before it are there; a record of a
//! transaction that is open or rolled back may get there by itself, sooner or later, or may not.

use super::page::{Pages, Row};
use crate::catalog::StorageId;
use crate::number_map::NumberMap;
use crate::quirk::{Quirk, QuirkSet};

/// A position in the write-ahead log. Zero is before every record: what unlogged storage has for ever.
pub(crate) type LogPosition = u64;

/// What recovery would set a sequence's row to.
#[derive(Debug, Clone, Copy)]
struct Record {
    storage: StorageId,
    row: Row,
}

/// The write-ahead log.
#[derive(Debug, Clone, Default)]
pub(crate) struct WriteAheadLog {
    /// Position of the newest record.
    end: LogPosition,
    /// Where recovery would begin: the position of the last checkpoint.
    pub(super) redo: LogPosition,
    /// The newest records, oldest first, of which a crash may lose any number from the end on.
    unflushed: Vec<Record>,
    /// Whether a rollback has removed unlogged storage, and a crash may lose the record of that.
    has_removed_unlogged: bool,
    /// What a standby makes of each logged storage once it has replayed all records, where there is a standby; with the
    /// unlogged storage that there was when it began.
    replayed: Option<NumberMap<StorageId, Row>>,
}

impl WriteAheadLog {
    /// Writes the record of new storage, which no crash can lose: the storage counts only once its transaction has
    /// committed, which takes the record to the disk.
    pub(crate) fn insert_new(&mut self, storage: StorageId, row: Row) -> LogPosition {
        if let Some(replayed) = &mut self.replayed {
            replayed.insert(storage, row);
        }
        self.insert_nothing()
    }

    /// Writes a record that says nothing of the row.
    pub(super) fn insert_nothing(&mut self) -> LogPosition {
        self.end += 1;
        self.end
    }

    /// Writes a record that recovery makes `row` of, and returns its position.
    pub(super) fn insert(&mut self, storage: StorageId, row: Row) -> LogPosition {
        self.end += 1;
        if let Some(replayed) = &mut self.replayed {
            replayed.insert(storage, row);
        }
        self.unflushed.push(Record { storage, row });
        self.end
    }

    /// Whether there are records that a crash may lose, as far as it matters.
    pub(crate) fn has_unflushed(&self) -> bool {
        !self.unflushed.is_empty() || self.has_removed_unlogged
    }

    /// Notes that a rollback has removed the storage of an unlogged relation.
    pub(crate) fn remove_unlogged(&mut self) {
        self.has_removed_unlogged = true;
    }

    /// Whether PostgreSQL may be unable to recover from a crash now.
    ///
    /// Of removed storage the file of the data stays, empty, until the next checkpoint, while that of the initial state is
    /// gone. Recovery that finds the record of the creation but not the one of the rollback makes the latter again, and
    /// stops when it wants to copy it over the former: "could not create file: File exists" (`reinit.c`, `md.c`).
    pub(crate) fn may_fail_recovery(&self) -> bool {
        self.has_removed_unlogged
    }

    /// Takes all records to the disk, as a commit does.
    pub(crate) fn flush(&mut self, pages: &mut Pages) {
        self.has_removed_unlogged = false;
        for record in self.unflushed.drain(..) {
            record.apply(pages);
        }
    }

    /// A checkpoint: everything is on the disk, and recovery needs no older record.
    pub(crate) fn checkpoint(&mut self, pages: &mut Pages) {
        self.unflushed.clear();
        self.has_removed_unlogged = false;
        self.redo = self.end;
        for page in pages.values_mut().filter(|page| page.is_logged()) {
            page.recovered = page.row();
        }
    }

    /// Begins to send records to a standby that starts from a base backup, which a checkpoint has just preceded.
    pub(crate) fn begin_streaming(&mut self, pages: &Pages) {
        self.replayed = Some(pages.iter().map(|(storage, page)| (*storage, page.row())).collect());
    }

    /// Whether a standby would have unlogged storage after a promotion that cannot be read.
    ///
    /// At the end of recovery a file is copied that holds the first content. Of storage made since the base backup that
    /// content is in memory only (`seq_redo` does not write it, as other records of such files are), and the file is empty:
    /// "bad magic number in sequence".
    pub(crate) fn promotion_spoils_unlogged(&self, pages: &Pages) -> bool {
        let Some(replayed) = &self.replayed else { return false };
        pages.iter().any(|(storage, page)| !page.is_logged() && !replayed.contains_key(storage))
    }

    /// Whether there is a standby.
    pub(crate) fn is_streaming(&self) -> bool {
        self.replayed.is_some()
    }

    /// The log and the pages of a standby that has replayed all records. Unlogged storage has its first content there,
    /// which is all that is sent of it.
    pub(crate) fn standby(&self, pages: &Pages) -> (WriteAheadLog, Pages) {
        let mut pages = pages.clone();
        for (storage, page) in pages.iter_mut() {
            if page.is_logged()
                && let Some(row) = self.replayed.as_ref().and_then(|replayed| replayed.get(storage))
            {
                page.recovered = *row;
            }
            page.recover();
        }
        let log = WriteAheadLog { end: self.end, redo: self.end, ..WriteAheadLog::default() };
        (log, pages)
    }

    /// The pages that recovery from a crash may make of `pages`, each with the log as it is then: with none of the
    /// unflushed records first, then with ever more of them.
    pub(crate) fn recoveries(&self, pages: &Pages, quirks: &QuirkSet) -> Vec<(WriteAheadLog, Pages)> {
        let mut surviving = pages.clone();
        let mut found: Vec<Pages> = vec![surviving.clone()];
        for record in &self.unflushed {
            record.apply(&mut surviving);
            if !found.contains(&surviving) {
                found.push(surviving.clone());
            }
        }
        // Recovery ends with a checkpoint.
        let log = WriteAheadLog { end: self.end, redo: self.end, ..WriteAheadLog::default() };
        let recovered = |mut pages: Pages| {
            for page in pages.values_mut() {
                if page.is_logged() || !quirks.contains(Quirk::UnloggedSurvives) {
                    page.recover();
                }
                page.is_called &= !(page.is_logged() && quirks.contains(Quirk::RecoveryRepeatsLast));
            }
            pages
        };
        found.into_iter().map(|pages| (log.clone(), recovered(pages))).collect()
    }
}

impl Record {
    fn apply(self, pages: &mut Pages) {
        // Its storage may have been dropped since.
        if let Some(page) = pages.get_mut(&self.storage) {
            page.recovered = self.row;
        }
    }
}

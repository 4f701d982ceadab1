//! The stored state of sequences.
//!
//! Storage is not transactional: a change is there at once, for everybody, whatever becomes of its transaction.

use super::Definition;
use super::log::{LogPosition, WriteAheadLog};
use crate::catalog::StorageId;
use crate::clause::{Clause, ClauseSet};
use crate::number_map::NumberMap;
use crate::quirk::{Quirk, QuirkSet};

/// How many values beyond those fetched are logged in advance.
const LOGGED_AHEAD: i64 = 32;

/// The one row of a sequence: what `SELECT * FROM sequence` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Row {
    pub(crate) last_value: i64,
    pub(crate) log_cnt: i64,
    pub(crate) is_called: bool,
}

/// A sequence's storage: its row, with what the log knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Page {
    pub(crate) last_value: i64,
    pub(crate) log_cnt: i64,
    pub(crate) is_called: bool,
    /// Position of the last record that describes this page.
    pub(crate) position: LogPosition,
    /// What a crash surely leaves of the row: what is on the disk, or follows from records that are. Of unlogged storage
    /// that is its first content.
    pub(crate) recovered: Row,
    /// How often `setval` was called. Nothing depends on it; it tells which clauses a later call exercises.
    pub(crate) set_count: u32,
}

/// Values taken from a page by one `nextval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fetched {
    /// The value to return.
    pub(crate) result: i64,
    /// The last value fetched ahead.
    pub(crate) last: i64,
    /// Whether a record was written to the log.
    pub(crate) logs: bool,
}

/// Why there is no next value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoValue {
    /// The end of the range, without CYCLE.
    LimitReached,
    /// The server would count for too long, [`MOST_COUNTED`].
    TooManyToCount,
}

/// The most values that are fetched at once: the whole range of `integer`.
///
/// PostgreSQL counts through them one by one (`nextval_internal` in `sequence.c`), about a billion a second, and cannot
/// be interrupted meanwhile. With a CACHE close to the limit of `bigint` the session hangs for good.
const MOST_COUNTED: u64 = 1 << 32;

impl Page {
    /// A page of new storage.
    pub(crate) fn new(row: Row, position: LogPosition) -> Page {
        let Row { last_value, log_cnt, is_called } = row;
        Page { last_value, log_cnt, is_called, position, recovered: row, set_count: 0 }
    }

    /// The row.
    pub(crate) fn row(&self) -> Row {
        Row { last_value: self.last_value, log_cnt: self.log_cnt, is_called: self.is_called }
    }

    /// Whether changes are written to the log.
    pub(crate) fn is_logged(&self) -> bool {
        self.position > 0
    }

    /// Becomes what a crash has left of it.
    pub(crate) fn recover(&mut self) {
        let Row { last_value, log_cnt, is_called } = self.recovered;
        *self = Page { last_value, log_cnt, is_called, ..*self };
    }

    /// Fetches the next value and those cached with it (manual, "CREATE SEQUENCE", CACHE and CYCLE).
    ///
    /// `logged` names the storage if it writes to the log at all: temporary and unlogged sequences do not.
    pub(crate) fn fetch(
        &mut self,
        definition: &Definition,
        log: &mut WriteAheadLog,
        logged: Option<StorageId>,
        quirks: &QuirkSet,
        clauses: &mut ClauseSet,
    ) -> Result<Fetched, NoValue> {
        let cache = definition.cache;
        let mut next = self.last_value;
        let mut result = next;
        let mut last = next;
        let mut fetch = cache;
        let mut log_count = self.log_cnt;
        // How many values there are to hand out; the stored value itself counts while nobody has called for it.
        let mut fetched = 0;
        if !self.is_called && !quirks.contains(Quirk::FirstValueSkipped) {
            fetched = 1;
            fetch -= 1;
        }
        let writes_record = if log_count < fetch || !self.is_called {
            clauses.insert(Clause::LogAhead);
            true
        } else if self.position <= log.redo && !(logged.is_some() && quirks.contains(Quirk::CheckpointIgnored)) {
            if logged.is_some() {
                clauses.insert(Clause::LogAfterCheckpoint);
            }
            true
        } else {
            false
        };
        if writes_record {
            // With a CACHE close to the limit of bigint this wraps around in PostgreSQL as well.
            fetch = fetch.wrapping_add(LOGGED_AHEAD - i64::from(quirks.contains(Quirk::LogAheadShort)));
            log_count = fetch;
        }
        let mut room = definition.room(next, quirks);
        if room == 0 && fetched == 0 {
            let cycles =
                (definition.cycle && !quirks.contains(Quirk::CycleIgnored)) || quirks.contains(Quirk::CycleAlways);
            let is_wide = cache as u64 > definition.room(definition.wrap(quirks), quirks);
            if !cycles || (is_wide && quirks.contains(Quirk::CycleFailsWithWideCache)) {
                if quirks.contains(Quirk::FailedNextvalMoves) {
                    self.last_value = definition.after(self.last_value, 1);
                }
                return Err(NoValue::LimitReached);
            }
            clauses.insert(Clause::Cycle);
            next = definition.wrap(quirks);
            room = definition.room(next, quirks);
            (result, last) = (next, next);
            fetched = 1;
            fetch = fetch.wrapping_sub(1);
            log_count = log_count.wrapping_sub(1);
        }
        // From here on the limit only ends the fetching, so the rest is one multiplication.
        let steps = (fetch as u64).min(room);
        if steps > MOST_COUNTED {
            return Err(NoValue::TooManyToCount);
        }
        let wanted = (cache - fetched) as u64;
        let cached = if quirks.contains(Quirk::BlockPassesLimit) { wanted } else { steps.min(wanted) };
        if fetched == 0 && !quirks.contains(Quirk::NextvalBeforeIncrement) {
            result = definition.after(next, 1);
        }
        if cached > 0 {
            last = definition.after(next, cached);
        }
        let unfetched = fetch.wrapping_sub(steps as i64);
        log_count = log_count.wrapping_sub(cached as i64).wrapping_sub(unfetched);
        if writes_record && let Some(storage) = logged {
            // The record tells where the sequence stands once all values that it covers are used up.
            let covered = if quirks.contains(Quirk::LogsNothingAhead) { cached } else { steps };
            let log_cnt = if quirks.contains(Quirk::RecordKeepsLogCount) { log_count } else { 0 };
            let ahead = Row { last_value: definition.after(next, covered), log_cnt, is_called: true };
            self.position = match quirks.contains(Quirk::NextvalNotLogged) {
                true => log.insert_nothing(),
                false => log.insert(storage, ahead),
            };
        }
        self.last_value = last;
        self.is_called = true;
        self.log_cnt = if quirks.contains(Quirk::LogCountZero) { 0 } else { log_count };
        Ok(Fetched { result, last, logs: writes_record && logged.is_some() })
    }

    /// Stores what `setval` sets.
    pub(crate) fn set(
        &mut self,
        value: i64,
        is_called: bool,
        log: &mut WriteAheadLog,
        logged: Option<StorageId>,
        quirks: &QuirkSet,
    ) {
        self.last_value = value;
        self.is_called = is_called;
        self.set_count = self.set_count.wrapping_add(1);
        if !quirks.contains(Quirk::SetvalKeepsLogCount) {
            self.log_cnt = 0;
        }
        if let Some(storage) = logged {
            let is_called = is_called || quirks.contains(Quirk::SetvalLoggedAsCalled);
            self.position = match quirks.contains(Quirk::SetvalNotLogged) {
                true => log.insert_nothing(),
                false => log.insert(storage, Row { log_cnt: 0, is_called, ..self.row() }),
            };
        }
    }
}

/// Every sequence's storage.
pub(crate) type Pages = NumberMap<StorageId, Page>;

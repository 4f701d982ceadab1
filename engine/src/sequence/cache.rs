//! What one session remembers of the sequences it has used: `currval`, and values fetched ahead.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::catalog::{Oid, StorageId};
use crate::number_map::NumberMap;

/// One session's memory of one sequence.
#[derive(Debug, Clone, Default)]
pub(crate) struct SequenceCache {
    /// The storage last seen; cached values of any other storage are void.
    pub(crate) storage: Option<StorageId>,
    /// The session's transaction that already holds the lock on the sequence.
    pub(crate) locked_by: Option<u64>,
    /// Whether `last` is a value that `currval` may give.
    pub(crate) last_valid: bool,
    /// The value last returned by `nextval` or set by `setval`.
    pub(crate) last: i64,
    /// The last value fetched ahead; equal to `last` when none is left.
    pub(crate) cached: i64,
    /// How often `setval` had been called when values were fetched ahead.
    pub(crate) set_count: u32,
    /// The increment when values were fetched ahead.
    pub(crate) increment: i64,
}

impl SequenceCache {
    /// Forgets the values fetched ahead. `currval` stays.
    pub(crate) fn forget_cached(&mut self) {
        self.cached = self.last;
    }
}

impl SequenceCaches {
    /// Whether two memories give the same values: to `currval` and `lastval`, and to `nextval` as far as they hold any.
    pub(crate) fn give_the_same(&self, other: &SequenceCaches) -> bool {
        let held = |caches: &SequenceCaches| -> BTreeMap<Oid, (i64, i64, i64)> {
            let valid = caches.entries.iter().filter(|(_, cache)| cache.last_valid);
            valid.map(|(oid, cache)| (*oid, (cache.last, cache.cached, cache.increment))).collect()
        };
        self.last_used == other.last_used && held(self) == held(other)
    }
}

/// One session's memory of all sequences, which DISCARD SEQUENCES empties.
#[derive(Debug, Clone, Default)]
pub(crate) struct SequenceCaches {
    pub(crate) entries: NumberMap<Oid, SequenceCache>,
    /// The sequence that `nextval` last used, for `lastval`.
    pub(crate) last_used: Option<Oid>,
    /// The transaction in which it did.
    pub(crate) last_used_in: u64,
    /// Memories of sequences that the session has dropped, for the quirk that hands them on by name.
    pub(crate) by_name: Vec<(Rc<str>, SequenceCache)>,
}

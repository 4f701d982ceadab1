//! Which connection a call was made on: what sessions have cached ends with it, and so do all of them in a crash.

use std::collections::HashMap;

use crate::history::{Call, History, Record, TransactionEnd};

/// A crash, in the order of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crash {
    pub(super) record: u32,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// The crashes of a history, in the order of time.
pub(super) fn crashes(history: &History) -> Vec<Crash> {
    let mut crashes: Vec<Crash> = (0..)
        .zip(&history.records)
        .filter(|(_, record)| record.call == Call::Crash)
        .map(|(number, record)| Crash { record: number, start: record.start, end: record.end })
        .collect();
    crashes.sort_by_key(|crash| crash.start);
    crashes
}

/// Where a call was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// A number that no other connection of the session has.
    pub(super) connection: u32,
    /// How many crashes the server had been through when the session connected.
    pub(super) generation: u32,
}

/// Follows the connections of all sessions through a history.
pub(super) struct Sessions<'c> {
    crashes: &'c [Crash],
    current: Vec<Option<Place>>,
    connections: u32,
}

impl<'c> Sessions<'c> {
    pub(super) fn new(crashes: &'c [Crash]) -> Sessions<'c> {
        Sessions { crashes, current: Vec::new(), connections: 0 }
    }

    /// Where a record's call was made; records come in the order of the history.
    pub(super) fn follow(&mut self, record: &Record) -> Place {
        let session = record.session as usize;
        if session >= self.current.len() {
            self.current.resize(session + 1, None);
        }
        if let (Some(place), Call::Nextval(_) | Call::Setval { .. } | Call::Alter(_)) =
            (self.current[session], &record.call)
            && !self.outlived(place, record)
        {
            return place;
        }
        self.connections += 1;
        let generation = self.crashes.partition_point(|crash| crash.start <= record.start) as u32;
        let place = Place { connection: self.connections, generation };
        self.current[session] = Some(place);
        place
    }

    /// Whether a crash was over before the call began, which no connection survives.
    fn outlived(&self, place: Place, record: &Record) -> bool {
        self.crashes.get(place.generation as usize).is_some_and(|crash| crash.end < record.start)
    }
}

/// Follows transactions that altered a sequence and are not known to be committed: from there on, what they do with it
/// nobody else may ever see.
#[derive(Debug, Default)]
pub(super) struct Unpublished {
    /// The session and the sequence, and the end of the transaction.
    altered: HashMap<(u32, u32), u64>,
}

impl Unpublished {
    /// Whether a record is part of such a transaction; records come in the order of the history.
    pub(super) fn follow(&mut self, record: &Record) -> bool {
        let Some(transaction) = &record.transaction else { return false };
        if transaction.end == TransactionEnd::Committed {
            return false;
        }
        let place = (record.session, record.sequence);
        if matches!(record.call, Call::Alter(_)) {
            self.altered.insert(place, transaction.at);
        }
        self.altered.get(&place) == Some(&transaction.at)
    }
}

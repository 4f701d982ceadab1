//! The epochs of a sequence: what `setval`, `ALTER SEQUENCE` and crashes begin.

use std::ops::Range;

use super::block::Block;
use super::session::{Crash, Sessions, Unpublished};
use crate::history::{Alter, Call, Definition, History, Outcome, TransactionEnd};

/// More alternatives than this are not followed: the sequence is then not judged until its options are all given anew.
const MOST_ALTERNATIVES: usize = 16;

/// How an epoch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// With this `last_value` and `is_called`.
    At { last: i64, is_called: bool },
    /// Where the epoch of this index ends.
    After { epoch: usize },
    /// Where a crash in the epoch of this index leaves the sequence.
    Crash { epoch: usize },
    /// Somewhere.
    Unknown,
}

/// A stretch of the life of a sequence in which only `nextval` moves it.
#[derive(Debug)]
pub(super) struct Epoch {
    /// The options, unless they cannot be told.
    pub(super) definition: Option<Definition>,
    pub(super) origin: Origin,
    /// How many crashes the server had been through.
    pub(super) generation: u32,
    /// The call that began the epoch; none for the first one.
    pub(super) record: Option<u32>,
    /// When that call was sent.
    pub(super) start: u64,
    /// When it had its effect at the latest.
    pub(super) end: u64,
    /// When the next change had its effect at the latest.
    pub(super) until: u64,
    /// The same, of all epochs before and of this one.
    latest: u64,
    /// Whether sessions drop what they have cached.
    pub(super) is_new_version: bool,
    /// Whether the call may have had no effect.
    is_optional: bool,
    /// Whether the change is flushed when it is done.
    is_flushed: bool,
    /// How many blocks were fetched in it at most.
    pub(super) possible: u64,
    /// How many of them cannot be seen, or may belong to another epoch.
    pub(super) unseen: u64,
    /// The blocks that were surely fetched in it.
    pub(super) blocks: Vec<Block>,
}

/// The epochs of one sequence, in the order of their start.
#[derive(Debug)]
pub(super) struct Epochs {
    pub(super) all: Vec<Epoch>,
    generations: Vec<Range<usize>>,
}

/// A change of a sequence that takes effect for everybody.
struct Change<'h> {
    record: u32,
    start: u64,
    end: u64,
    generation: u32,
    kind: ChangeKind<'h>,
    is_optional: bool,
    is_flushed: bool,
    /// Whether another change was made at the same time and one of the two gives options.
    is_confused: bool,
}

enum ChangeKind<'h> {
    Setval { value: i64, is_called: bool },
    Alter(&'h Alter),
}

impl Epochs {
    /// The epochs of each sequence of a history.
    pub(super) fn of(history: &History, crashes: &[Crash]) -> Vec<Epochs> {
        let mut changes: Vec<Vec<Change<'_>>> = history.sequences.iter().map(|_| Vec::new()).collect();
        let mut sessions = Sessions::new(crashes);
        let mut unpublished = Unpublished::default();
        for (number, record) in (0..).zip(&history.records) {
            let generation = sessions.follow(record).generation;
            let is_unpublished = unpublished.follow(record);
            let (kind, outcome) = match &record.call {
                Call::Setval { value, is_called, outcome } => {
                    (ChangeKind::Setval { value: *value, is_called: *is_called }, *outcome)
                }
                Call::Alter(alter) => (ChangeKind::Alter(alter), alter.outcome),
                _ => continue,
            };
            let end = record.transaction.as_ref().map(|transaction| transaction.end);
            // A rollback undoes it; only its own transaction has seen it.
            let is_undone = is_unpublished && end == Some(TransactionEnd::RolledBack);
            if is_undone || matches!(outcome, Outcome::Failed(_)) {
                continue;
            }
            let is_optional = is_unpublished || outcome == Outcome::Unknown;
            let is_flushed = record.is_committed();
            let end = record.transaction.as_ref().filter(|_| is_unpublished).map_or(record.end, |end| end.at);
            let change = Change {
                record: number,
                start: record.start,
                end,
                generation,
                kind,
                is_optional,
                is_flushed,
                is_confused: false,
            };
            if let Some(list) = changes.get_mut(record.sequence as usize) {
                list.push(change);
            }
        }
        let definitions = history.sequences.iter().map(|sequence| sequence.definition);
        definitions.zip(changes).map(|(definition, changes)| Epochs::build(definition, changes, crashes)).collect()
    }

    fn build(definition: Definition, mut changes: Vec<Change<'_>>, crashes: &[Crash]) -> Epochs {
        changes.sort_by_key(|change| (change.generation, change.start));
        mark_confused(&mut changes);
        let mut epochs = Epochs { all: Vec::new(), generations: Vec::new() };
        let mut changes = changes.into_iter().peekable();
        for generation in 0..=crashes.len() {
            let first = epochs.all.len();
            match generation.checked_sub(1).and_then(|last| crashes.get(last)) {
                None => epochs.all.push(Epoch::first(definition)),
                Some(crash) => epochs.recover(generation - 1, crash),
            }
            let mut live: Vec<usize> = (first..epochs.all.len()).collect();
            while let Some(change) = changes.next_if(|change| change.generation as usize == generation) {
                epochs.begin(change, &mut live);
            }
            epochs.finish_generation(first);
        }
        epochs
    }

    /// Adds the epochs that a change may begin: one, unless it is open which of `live` was before it.
    fn begin(&mut self, change: Change<'_>, live: &mut Vec<usize>) {
        live.retain(|&index| self.all[index].until >= change.start);
        let mut begun: Vec<(Option<Definition>, Origin)> = Vec::new();
        for &index in live.iter() {
            let known = self.all[index].definition.filter(|_| !change.is_confused);
            let one = match &change.kind {
                ChangeKind::Setval { value, is_called } => (known, Origin::At { last: *value, is_called: *is_called }),
                ChangeKind::Alter(alter) => {
                    let definition = alter.complete().or(known.map(|known| alter.apply(known)));
                    let origin = match alter.restart {
                        Some(value) => Origin::At { last: value, is_called: false },
                        None if change.is_confused => Origin::Unknown,
                        None => Origin::After { epoch: index },
                    };
                    (definition, origin)
                }
            };
            if !begun.contains(&one) {
                begun.push(one);
            }
        }
        if begun.len() > MOST_ALTERNATIVES {
            begun = vec![(None, Origin::Unknown)];
        }
        if !change.is_optional {
            for &index in live.iter() {
                let epoch = &mut self.all[index];
                if epoch.end < change.start {
                    epoch.until = epoch.until.min(change.end);
                }
            }
        }
        for (definition, origin) in begun {
            live.push(self.all.len());
            self.all.push(Epoch {
                definition,
                origin,
                generation: change.generation,
                record: Some(change.record),
                start: change.start,
                end: change.end,
                is_new_version: matches!(change.kind, ChangeKind::Alter(_)),
                is_optional: change.is_optional,
                is_flushed: change.is_flushed,
                ..Epoch::first(Definition::default())
            });
        }
    }

    /// Adds the epochs that a crash may leave behind.
    fn recover(&mut self, generation: usize, crash: &Crash) {
        let range = self.generations[generation].clone();
        let last = range.clone().rev().take_while(|&index| self.all[index].latest >= crash.start);
        let mut before: Vec<usize> = last.filter(|&index| self.all[index].until >= crash.start).collect();
        // A change that is not flushed may be undone; then what was before it counts.
        let mut next = 0;
        while let Some(&index) = before.get(next) {
            next += 1;
            let epoch = &self.all[index];
            if !epoch.is_flushed && epoch.record.is_some() {
                let start = epoch.start;
                let earlier = (range.start..index).rev().take_while(|&other| self.all[other].latest >= start);
                for earlier in earlier.filter(|&other| self.all[other].until >= start) {
                    if !before.contains(&earlier) {
                        before.push(earlier);
                    }
                }
            }
        }
        let is_too_many = before.len() > MOST_ALTERNATIVES;
        before.truncate(if is_too_many { 1 } else { MOST_ALTERNATIVES });
        for index in before {
            let definition = self.all[index].definition.filter(|_| !is_too_many);
            let origin = if is_too_many { Origin::Unknown } else { Origin::Crash { epoch: index } };
            self.all.push(Epoch {
                definition,
                origin,
                generation: generation as u32 + 1,
                record: Some(crash.record),
                start: crash.start,
                // Whatever belongs to this generation comes after the crash.
                end: crash.start,
                ..Epoch::first(Definition::default())
            });
        }
    }

    fn finish_generation(&mut self, first: usize) {
        let mut latest = 0;
        for epoch in &mut self.all[first..] {
            latest = latest.max(epoch.until);
            epoch.latest = latest;
        }
        self.generations.push(first..self.all.len());
    }

    /// The epochs in which something can have happened between `start` and `end`; `hint` is where to look first.
    pub(super) fn between(&self, generation: u32, start: u64, end: u64, hint: usize, found: &mut Vec<usize>) {
        found.clear();
        let Some(range) = self.generations.get(generation as usize) else { return };
        if range.contains(&hint) && self.all[hint].start <= end {
            let is_alone_before = hint == range.start || self.all[hint - 1].latest < start;
            let is_alone_after = hint + 1 == range.end || self.all[hint + 1].start > end;
            if is_alone_before && is_alone_after {
                found.push(hint);
                return;
            }
        }
        let begun = range.start + self.all[range.clone()].partition_point(|epoch| epoch.start <= end);
        for index in (range.start..begun).rev() {
            if self.all[index].latest < start {
                break;
            }
            if self.all[index].until >= start {
                found.push(index);
            }
        }
    }

    /// Whether, after something that happened from `before.0` to `before.1`, a new storage version was made before
    /// something that happened from `after.0` to `after.1`.
    pub(super) fn new_version_between(&self, generation: u32, before: (u64, u64), after: (u64, u64)) -> Doubt {
        let Some(range) = self.generations.get(generation as usize) else { return Doubt::No };
        let begun = range.start + self.all[range.clone()].partition_point(|epoch| epoch.start <= after.1);
        let mut doubt = Doubt::No;
        for epoch in self.all[range.start..begun].iter().rev().filter(|epoch| epoch.is_new_version) {
            // Every epoch ends after the call that began it did.
            if epoch.latest < before.0 {
                break;
            }
            if epoch.end < before.0 {
                continue;
            }
            if epoch.start > before.1 && epoch.end < after.0 && !epoch.is_optional {
                return Doubt::Yes;
            }
            doubt = Doubt::Maybe;
        }
        doubt
    }
}

/// An answer that the times of calls may leave open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    No,
    Maybe,
    Yes,
}

impl Epoch {
    /// Whether the call that began the epoch has flushed the log.
    pub(super) fn is_surely_flushed(&self) -> bool {
        self.is_flushed && !self.is_optional
    }

    fn first(definition: Definition) -> Epoch {
        Epoch {
            definition: Some(definition),
            origin: Origin::At { last: definition.start, is_called: false },
            generation: 0,
            record: None,
            start: 0,
            end: 0,
            until: u64::MAX,
            latest: u64::MAX,
            is_new_version: false,
            is_optional: false,
            is_flushed: true,
            possible: 0,
            unseen: 0,
            blocks: Vec::new(),
        }
    }
}

/// Marks changes whose options, or whose effect on options, depend on an order that times do not tell.
fn mark_confused(changes: &mut [Change<'_>]) {
    // Sorted by start: what overlaps the one with the latest end so far overlaps, directly or in a chain.
    let mut group = 0;
    let mut latest = 0;
    for index in 0..=changes.len() {
        let ends_group = match changes.get(index) {
            None => true,
            Some(change) => index > group && (change.start > latest || change.generation != changes[group].generation),
        };
        if ends_group {
            let members = &mut changes[group..index];
            let gives_options = members.iter().any(
                |change| matches!(&change.kind, ChangeKind::Alter(alter) if alter.restart.is_none() || !alter.keeps_definition()),
            );
            if members.len() > 1 && gives_options {
                members.iter_mut().for_each(|change| change.is_confused = true);
            }
            group = index;
            latest = 0;
        }
        if let Some(change) = changes.get(index) {
            latest = latest.max(change.end);
        }
    }
}

//! Calls of `nextval`, gathered into the blocks of CACHE values that sessions fetch.

use super::epoch::{Doubt, Epochs};
use super::session::{Crash, Place, Sessions, Unpublished};
use crate::history::violation::{Kind, Violations};
use crate::history::{Call, Definition, History, Nextval, Outcome, Record};

/// Values that a session fetched at once and gave one by one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// The first value.
    pub(super) first: i64,
    /// The call that fetched it: when it was sent, when its answer came, and where it is recorded.
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) record: u32,
    /// How many of the values were given.
    pub(super) used: u32,
}

/// What the walk over a history leaves to be judged, for each sequence.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Blocks that may belong to one of several epochs.
    pub(super) open: Vec<(Block, Vec<usize>)>,
    /// Calls that reported the limit, with the epochs in which that may have been.
    pub(super) limits: Vec<(u32, Vec<usize>)>,
    /// Calls of which not even the block can be told.
    pub(super) unclear: u64,
}

/// What a session has cached of a sequence.
#[derive(Debug, Clone, Copy, Default)]
struct Cached {
    connection: u32,
    /// Where the block is kept.
    kept: Kept,
    /// When the block was fetched: the call was sent then.
    fetched: u64,
    /// The latest call that was served from it.
    last: (u64, u64, u32),
    next: i64,
    /// How many values are left.
    left: u64,
    /// For how many calls it may still give values of a block of which nothing is known.
    vague: u64,
    /// What such a block gives next, when that is known.
    vague_next: Option<i64>,
    increment: i64,
}

#[derive(Debug, Clone, Copy, Default)]
enum Kept {
    #[default]
    Nowhere,
    InEpoch(usize, usize),
    Open(usize),
}

/// Gathers blocks into the epochs.
pub(super) fn walk(
    history: &History,
    crashes: &[Crash],
    epochs: &mut [Epochs],
    violations: &mut Violations,
) -> Vec<Walk> {
    let mut walkers: Vec<Walker<'_>> = (0..)
        .zip(epochs)
        .map(|(number, epochs)| Walker {
            sequence: number,
            epochs,
            walk: Walk::default(),
            cached: Vec::new(),
            found: Vec::new(),
            hint: 0,
        })
        .collect();
    let mut sessions = Sessions::new(crashes);
    let mut unpublished = Unpublished::default();
    for (number, record) in (0..).zip(&history.records) {
        let place = sessions.follow(record);
        let is_unpublished = unpublished.follow(record);
        let Some(walker) = walkers.get_mut(record.sequence as usize) else { continue };
        match &record.call {
            Call::Nextval(nextval) => walker.nextval(number, record, *nextval, place, is_unpublished, violations),
            Call::Setval { outcome, .. } => walker.own_change(record, *outcome, place),
            Call::Alter(alter) => walker.own_change(record, alter.outcome, place),
            Call::Connect | Call::Disconnect | Call::Crash => {}
        }
    }
    walkers.into_iter().map(|walker| walker.walk).collect()
}

struct Walker<'h> {
    sequence: u32,
    epochs: &'h mut Epochs,
    walk: Walk,
    cached: Vec<Cached>,
    /// The epochs in which the call at hand may have fetched; kept to spare allocations.
    found: Vec<usize>,
    hint: usize,
}

impl Walker<'_> {
    fn cached(&mut self, record: &Record, place: Place) -> &mut Cached {
        let session = record.session as usize;
        if session >= self.cached.len() {
            self.cached.resize(session + 1, Cached::default());
        }
        let cached = &mut self.cached[session];
        if cached.connection != place.connection {
            *cached = Cached { connection: place.connection, ..Cached::default() };
        }
        cached
    }

    /// The session's own `setval` or `ALTER SEQUENCE` drops what it has cached.
    fn own_change(&mut self, record: &Record, outcome: Outcome, place: Place) {
        let cached = self.cached(record, place);
        match outcome {
            Outcome::Done => *cached = Cached { connection: place.connection, ..Cached::default() },
            Outcome::Unknown => {
                cached.vague = cached.vague.max(cached.left);
                cached.left = 0;
            }
            Outcome::Failed(_) => {}
        }
    }

    fn nextval(
        &mut self,
        number: u32,
        record: &Record,
        nextval: Nextval,
        place: Place,
        is_unpublished: bool,
        violations: &mut Violations,
    ) {
        let mut found = std::mem::take(&mut self.found);
        self.epochs.between(place.generation, record.start, record.end, self.hint, &mut found);
        if let Some(&latest) = found.first() {
            self.hint = latest;
        }
        match nextval {
            Nextval::Value(_) if is_unpublished => self.unclear(number, record, place, &found),
            Nextval::Value(value) => self.value(number, record, value, place, &found, violations),
            Nextval::Limit => {
                *self.cached(record, place) = Cached { connection: place.connection, ..Cached::default() };
                self.walk.limits.push((number, found.clone()));
            }
            Nextval::Failed(_) | Nextval::Unknown => self.unclear(number, record, place, &found),
        }
        self.found = found;
    }

    /// A call that may have fetched a block nobody can see, or used one up.
    fn unclear(&mut self, number: u32, record: &Record, place: Place, found: &[usize]) {
        self.count_unseen(found);
        self.walk.unclear += 1;
        let vague = self.most_cached(found);
        let cached = self.cached(record, place);
        if cached.left == 0 && cached.vague == 0 {
            cached.fetched = record.start;
        }
        cached.last = (record.start, record.end, number);
        cached.vague = vague.max(cached.vague.saturating_sub(1)).max(cached.left.saturating_sub(1));
        cached.vague_next = None;
        cached.left = 0;
    }

    /// How many values a session has left at most after the first one of a block.
    fn most_cached(&self, found: &[usize]) -> u64 {
        let left = |&epoch: &usize| self.epochs.all[epoch].definition.map_or(u64::MAX, |one| one.cache as u64 - 1);
        found.iter().map(left).max().unwrap_or(u64::MAX)
    }

    fn count_unseen(&mut self, found: &[usize]) {
        for &epoch in found {
            self.epochs.all[epoch].possible += 1;
            self.epochs.all[epoch].unseen += 1;
        }
    }

    fn value(
        &mut self,
        number: u32,
        record: &Record,
        value: i64,
        place: Place,
        found: &[usize],
        violations: &mut Violations,
    ) {
        let cached = *self.cached(record, place);
        let single = if let [only] = found { Some(*only) } else { None };
        if cached.left > 0 || cached.vague > 0 {
            let is_undisturbed =
                matches!((cached.kept, single), (Kept::InEpoch(epoch, _), Some(only)) if epoch == only);
            let dropped = if is_undisturbed {
                Doubt::No
            } else {
                let (before, after) = ((cached.fetched, cached.last.1), (record.start, record.end));
                self.epochs.new_version_between(place.generation, before, after)
            };
            let is_next = cached.left > 0 && cached.next == value;
            match dropped {
                Doubt::No if is_next => return self.go_on(number, record, place),
                Doubt::No if cached.left > 0 && is_undisturbed => {
                    let kind = Kind::BlockNotUsedUp { next: cached.next };
                    violations.push(self.sequence, kind, &[cached.last.2, number]);
                }
                Doubt::Maybe if is_next => return self.may_go_on(number, record, value, place, found),
                Doubt::No | Doubt::Maybe if cached.vague > 0 && cached.vague_next.is_none_or(|next| next == value) => {
                    return self.may_go_on(number, record, value, place, found);
                }
                _ => {}
            }
        }
        self.fetch(number, record, value, place, found);
    }

    /// One more value of the session's block.
    fn go_on(&mut self, number: u32, record: &Record, place: Place) {
        let cached = self.cached(record, place);
        cached.left -= 1;
        // With nothing left, the next value is not looked at.
        cached.next = cached.next.wrapping_add(cached.increment);
        cached.last = (record.start, record.end, number);
        let block = match cached.kept {
            Kept::InEpoch(epoch, block) => self.epochs.all[epoch].blocks.get_mut(block),
            Kept::Open(block) => self.walk.open.get_mut(block).map(|(block, _)| block),
            Kept::Nowhere => None,
        };
        if let Some(block) = block {
            block.used += 1;
        }
    }

    /// A value of the session's block, or of another one of which this is the first that is seen.
    fn may_go_on(&mut self, number: u32, record: &Record, value: i64, place: Place, found: &[usize]) {
        let mut increments = found.iter().map(|&epoch| self.epochs.all[epoch].definition.map(|one| one.increment));
        let increment = increments.next().flatten();
        let next = increment.filter(|_| increments.all(|other| other == increment));
        self.unclear(number, record, place, found);
        self.cached(record, place).vague_next = next.map(|increment| value.wrapping_add(increment));
    }

    /// The first value of a new block.
    fn fetch(&mut self, number: u32, record: &Record, value: i64, place: Place, found: &[usize]) {
        let mut definitions = found.iter().map(|&epoch| self.epochs.all[epoch].definition);
        let definition = definitions.next().flatten();
        let is_clear = |one: Option<Definition>| match (one, definition) {
            (Some(one), Some(other)) => (one.cache, one.increment) == (other.cache, other.increment),
            _ => false,
        };
        let Some(definition) = definition.filter(|_| definitions.all(is_clear)) else {
            return self.may_go_on(number, record, value, place, found);
        };
        let block = Block { first: value, start: record.start, end: record.end, record: number, used: 1 };
        let kept = match *found {
            [only] => {
                let epoch = &mut self.epochs.all[only];
                epoch.blocks.push(block);
                epoch.possible += 1;
                Kept::InEpoch(only, epoch.blocks.len() - 1)
            }
            _ => {
                self.count_unseen(found);
                self.walk.open.push((block, found.to_vec()));
                Kept::Open(self.walk.open.len() - 1)
            }
        };
        let left = (size(definition, value) - 1) as u64;
        *self.cached(record, place) = Cached {
            connection: place.connection,
            kept,
            fetched: record.start,
            last: (record.start, record.end, number),
            next: value.wrapping_add(definition.increment),
            left,
            vague: 0,
            vague_next: None,
            increment: definition.increment,
        };
    }
}

/// How many values the block has that begins with `first`: CACHE, or as many as there are up to the bound.
pub(super) fn size(definition: Definition, first: i64) -> i64 {
    if definition.cache == 1 {
        return 1;
    }
    let bound = if definition.increment > 0 { definition.max } else { definition.min };
    let there = (i128::from(bound) - i128::from(first)) / i128::from(definition.increment) + 1;
    i128::from(definition.cache).min(there).max(1) as i64
}

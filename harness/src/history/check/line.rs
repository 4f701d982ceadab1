//! Judges an epoch of a sequence that does not cycle: its values lie on a line.

use std::collections::HashSet;

use super::Judge;
use super::block::{Block, size};
use super::epoch::{Epochs, Origin};
use super::range::{Frame, last_place, place, step};
use crate::history::violation::Kind;
use crate::history::{Call, Definition, Nextval};

impl Judge<'_, '_> {
    /// Judges the blocks that were surely fetched in the epoch.
    pub(super) fn line(&mut self, definition: &Definition, epochs: &Epochs, index: usize, frame: &Frame) {
        let epoch = &epochs.all[index];
        if epoch.blocks.is_empty() {
            return;
        }
        let mut blamed = HashSet::new();
        self.single_values(definition, epochs, index, frame, &mut blamed);
        let mut ordered: Vec<(i64, u32)> =
            epoch.blocks.iter().map(|block| key(definition, block.first)).zip(0..).collect();
        // Nearly in order already, which a stable sort makes use of.
        ordered.sort();
        self.overlaps(definition, &epoch.blocks, &ordered, &mut blamed);
        if blamed.is_empty() && !self.options.gaps_allowed {
            self.gaps(definition, epoch.unseen, &epoch.blocks, &ordered, frame);
        }
        self.real_time(definition, &epoch.blocks, &blamed);
    }

    /// What can be said of each value alone.
    fn single_values(
        &mut self,
        definition: &Definition,
        epochs: &Epochs,
        index: usize,
        frame: &Frame,
        blamed: &mut HashSet<u32>,
    ) {
        let epoch = &epochs.all[index];
        let (stride, first) = (step(definition), frame.first.0);
        let reference = match epoch.origin {
            Origin::At { last, .. } => last,
            _ => epoch.blocks[0].first,
        };
        let remainder = frame.remainder.unwrap_or(i128::from(reference).rem_euclid(stride));
        for block in &epoch.blocks {
            let value = i128::from(block.first);
            let here = place(definition, value);
            let (kind, records) = if !(definition.min..=definition.max).contains(&block.first) {
                (Kind::OutOfBounds { min: definition.min, max: definition.max }, vec![block.record])
            } else if here < first {
                let from = place(definition, first);
                match (epoch.origin, epoch.record) {
                    (Origin::Crash { epoch: before }, Some(crash)) => {
                        let lost = given_before(definition, &epochs.all[before].blocks, here);
                        let records = lost.into_iter().chain([crash, block.record]).collect();
                        (Kind::LostInCrash { from }, records)
                    }
                    (_, change) => (Kind::BeforeStart { from }, [block.record].into_iter().chain(change).collect()),
                }
            } else if value.rem_euclid(stride) != remainder {
                (Kind::OffStride { from: reference, increment: definition.increment }, vec![block.record])
            } else {
                continue;
            };
            self.violations.push(self.sequence, kind, &records);
            blamed.insert(block.record);
        }
    }

    /// No two blocks have a value in common.
    fn overlaps(
        &mut self,
        definition: &Definition,
        blocks: &[Block],
        ordered: &[(i64, u32)],
        blamed: &mut HashSet<u32>,
    ) {
        let mut before: Option<(i128, &Block)> = None;
        for (_, index) in ordered {
            let block = &blocks[*index as usize];
            let last = last_place(definition, block);
            if let Some((reached, earlier)) = before
                && place(definition, i128::from(block.first)) <= reached
                && blamed.insert(block.record)
            {
                let (kind, records) = self.overlap(definition, earlier, block);
                self.violations.push(self.sequence, kind, &records);
            }
            if before.is_none_or(|(reached, _)| last > reached) {
                before = Some((last, block));
            }
        }
    }

    /// What two blocks with a value in common show.
    fn overlap(&self, definition: &Definition, earlier: &Block, later: &Block) -> (Kind, [u32; 2]) {
        let value = later.first;
        let used = i128::from(earlier.first) + i128::from(definition.increment) * i128::from(earlier.used - 1);
        let mut records = [earlier.record, later.record];
        if place(definition, i128::from(value)) <= place(definition, used) {
            records[0] = self.call_that_gave(earlier.record, value).unwrap_or(earlier.record);
            let start = |number: u32| self.history.records.get(number as usize).map(|record| record.start);
            records.sort_by_key(|number| start(*number));
            return (Kind::Twice { value }, records);
        }
        let last = i128::from(earlier.first)
            + i128::from(definition.increment) * i128::from(size(*definition, earlier.first) - 1);
        (Kind::BlockShared { first: earlier.first, last: last as i64 }, records)
    }

    /// The call that gave a value of the block that another call of its session fetched.
    pub(super) fn call_that_gave(&self, fetch: u32, value: i64) -> Option<u32> {
        let session = self.history.records.get(fetch as usize)?.session;
        (fetch..).zip(self.history.records.get(fetch as usize..)?).find_map(|(number, record)| {
            let is_it = record.session == session
                && record.sequence == self.sequence
                && record.call == Call::Nextval(Nextval::Value(value));
            is_it.then_some(number)
        })
    }

    /// Nothing is skipped but what calls account for that nobody can see.
    fn gaps(&mut self, definition: &Definition, unseen: u64, blocks: &[Block], ordered: &[(i64, u32)], frame: &Frame) {
        let stride = step(definition);
        let accounted = i128::from(unseen) * i128::from(definition.cache);
        let mut next = frame.first.1;
        let mut missing = 0;
        // The widest gap, and the blocks around it.
        let mut widest = (0, None, None);
        let mut before: Option<u32> = None;
        for (_, index) in ordered {
            let block = &blocks[*index as usize];
            let gap = (place(definition, i128::from(block.first)) - next) / stride;
            if gap > 0 {
                missing += gap;
                if gap > widest.0 {
                    widest = (gap, before, Some(block.record));
                }
            }
            next = last_place(definition, block) + stride;
            before = Some(block.record);
        }
        if missing > accounted {
            let records: Vec<u32> = widest.1.into_iter().chain(widest.2).collect();
            self.violations.push(self.sequence, Kind::Skipped { missing, accounted }, &records);
        }
    }

    /// Blocks are fetched in an order that agrees with real time.
    fn real_time(&mut self, definition: &Definition, blocks: &[Block], blamed: &HashSet<u32>) {
        let mut started: Vec<(u64, u32)> = blocks.iter().map(|block| block.start).zip(0..).collect();
        let mut ended: Vec<(u64, u32)> = blocks.iter().map(|block| block.end).zip(0..).collect();
        started.sort();
        ended.sort();
        let mut ended = ended.into_iter().peekable();
        // The furthest of the blocks whose calls have ended.
        let mut furthest: Option<(i64, u32)> = None;
        for (start, index) in started {
            while let Some((_, index)) = ended.next_if(|(end, _)| *end < start) {
                let block = &blocks[index as usize];
                let reached = (key(definition, block.first), block.record);
                if furthest.is_none_or(|furthest| reached.0 > furthest.0) {
                    furthest = Some(reached);
                }
            }
            let block = &blocks[index as usize];
            if let Some((reached, record)) = furthest
                && key(definition, block.first) < reached
                && !blamed.contains(&block.record)
                && !blamed.contains(&record)
            {
                self.violations.push(self.sequence, Kind::OrderInverted, &[record, block.record]);
            }
        }
    }
}

/// A number that grows in the direction of the sequence.
fn key(definition: &Definition, value: i64) -> i64 {
    if definition.increment > 0 { value } else { !value }
}

/// The fetch of the block that gave the value at a place.
fn given_before(definition: &Definition, blocks: &[Block], here: i128) -> Option<u32> {
    blocks
        .iter()
        .find(|block| {
            let first = place(definition, i128::from(block.first));
            first <= here && here < first + i128::from(block.used) * step(definition)
        })
        .map(|block| block.record)
}

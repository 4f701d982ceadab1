//! Judges an epoch of a sequence that cycles: a value may come again, but not before all others.

use std::collections::HashMap;

use super::Judge;
use super::block::Block;
use super::epoch::Epochs;
use super::range::{Frame, step};
use crate::history::Definition;
use crate::history::violation::Kind;

impl Judge<'_, '_> {
    /// Judges the blocks that were surely fetched in the epoch.
    pub(super) fn cycle(&mut self, definition: &Definition, epochs: &Epochs, index: usize, frame: &Frame) {
        let epoch = &epochs.all[index];
        let stride = step(definition);
        // After the first turn the sequence starts from this bound.
        let turn = if definition.increment > 0 { definition.min } else { definition.max };
        let later = i128::from(turn).rem_euclid(stride);
        for block in &epoch.blocks {
            let remainder = i128::from(block.first).rem_euclid(stride);
            let kind = if !(definition.min..=definition.max).contains(&block.first) {
                Kind::OutOfBounds { min: definition.min, max: definition.max }
            } else if remainder != later && frame.remainder.is_some_and(|first| first != remainder) {
                Kind::OffStride { from: turn, increment: definition.increment }
            } else {
                continue;
            };
            self.violations.push(self.sequence, kind, &[block.record]);
        }
        // With another stride in the first turn, distances between values do not say how many lie in between.
        if frame.remainder == Some(later) && !self.options.gaps_allowed {
            self.turns(definition, &epoch.blocks, epoch.unseen);
        }
    }

    /// From one value to another it takes as many values as lie in between.
    fn turns(&mut self, definition: &Definition, blocks: &[Block], unseen: u64) {
        let values = (i128::from(definition.max) - i128::from(definition.min)) / step(definition) + 1;
        let most = i128::from(definition.cache);
        let mut started: Vec<(u64, u32)> = blocks.iter().map(|block| block.start).zip(0..).collect();
        started.sort();
        let mut ended: Vec<(u64, u32)> = blocks.iter().map(|block| block.end).zip(0..).collect();
        ended.sort();
        // How many values can have been drawn after the first block was fetched, and up to the second one.
        let drawn = |first: &Block, second: &Block| {
            // Two calls that overlap may have been served in either order.
            let end = first.end.max(second.end);
            let not_after = started.partition_point(|(start, _)| *start <= end);
            let before = ended.partition_point(|(end, _)| *end < first.start);
            (not_after.saturating_sub(before + 1) as i128 + i128::from(unseen)) * most
        };
        let mut seen: HashMap<i64, usize> = HashMap::new();
        let mut latest = ended.iter().peekable();
        let mut before: Option<usize> = None;
        for (_, index) in &started {
            let index = *index as usize;
            let block = &blocks[index];
            while let Some((_, ended)) = latest.next_if(|(end, _)| *end < block.start) {
                before = Some(*ended as usize);
            }
            let again = seen.insert(block.first, index).map(|earlier| (earlier, values));
            let further = before.map(|earlier| {
                let distance =
                    (i128::from(block.first) - i128::from(blocks[earlier].first)) / i128::from(definition.increment);
                (earlier, if distance == 0 { values } else { distance.rem_euclid(values) })
            });
            for (earlier, needed) in again.into_iter().chain(further) {
                let earlier = &blocks[earlier];
                let drawn = drawn(earlier, block);
                // The last block of a turn may be shorter than the others, never longer.
                if needed > drawn {
                    let kind = Kind::CycledTooSoon { needed, drawn };
                    self.violations.push(self.sequence, kind, &[earlier.record, block.record]);
                    break;
                }
            }
        }
    }
}

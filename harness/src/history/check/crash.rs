//! What a crash may lose.
//!
//! A call that moves a sequence writes a log record only when the 32 values are used up that the record before it had
//! logged ahead. Committing flushes the log, for the transaction that wrote a record. So among any
//! `32 / CACHE + 1` blocks in a row one has written a record, and when all of them are committed, it is flushed, with
//! everything that was logged before and 32 values beyond.

use super::Judge;
use super::block::Block;
use super::epoch::Epochs;
use super::range::{Frame, State, between, bound, last_place, place, step};
use crate::history::{Definition, History};

/// How many values are logged ahead.
const AHEAD: i128 = 32;

/// Blocks in a row of which one has surely written a record that is flushed.
struct Window {
    /// The place of the last value of the first of them.
    place: i128,
    /// When the first call among them was sent: what was logged before that is flushed.
    start: u64,
}

/// For each crash, up to when the calls before it are flushed.
pub(super) fn flushed(history: &History, epochs: &[Epochs], crashes: usize) -> Vec<u64> {
    let mut flushed = vec![0; crashes];
    for epoch in epochs.iter().flat_map(|epochs| &epochs.all) {
        let Some(until) = flushed.get_mut(epoch.generation as usize) else { continue };
        if let Some(record) = epoch.record.and_then(|record| history.records.get(record as usize))
            && epoch.is_surely_flushed()
        {
            // A transaction is committed after its last statement ended.
            *until = (*until).max(if record.transaction.is_none() { record.start } else { record.end });
        }
        if let Some(definition) = epoch.definition.filter(|definition| !definition.cycle)
            && let Some(window) = latest_window(history, &definition, &epoch.blocks)
        {
            *until = (*until).max(window.start);
        }
    }
    flushed
}

/// The last blocks in a row that are committed and enough to have written a record.
fn latest_window(history: &History, definition: &Definition, blocks: &[Block]) -> Option<Window> {
    let needed = (AHEAD / i128::from(definition.cache) + 1) as usize;
    let mut ordered: Vec<(i128, &Block)> = blocks.iter().map(|block| (last_place(definition, block), block)).collect();
    ordered.sort_by_key(|(place, _)| *place);
    let mut in_a_row = 0;
    let mut start = u64::MAX;
    let mut next = None;
    for (last, block) in ordered.into_iter().rev() {
        let is_committed = history.records.get(block.record as usize).is_some_and(|record| record.is_committed());
        if next != Some(last) || !is_committed {
            (in_a_row, start) = (0, u64::MAX);
        }
        if is_committed {
            in_a_row += 1;
            start = start.min(block.start);
            if in_a_row == needed {
                return Some(Window { place: last, start });
            }
        }
        // The place where the block before this one ends.
        next = Some(place(definition, i128::from(block.first)) - step(definition));
    }
    None
}

impl Judge<'_, '_> {
    /// What the sequence may hold after a crash in an epoch.
    pub(super) fn recovered(&self, epochs: &Epochs, before: usize, frame: &Frame, crash: usize) -> State {
        let epoch = &epochs.all[before];
        let Some(definition) = &frame.definition else { return State::ANY };
        if epoch.possible == 0 {
            return frame.end;
        }
        if definition.cycle {
            return State { low: definition.min.into(), high: definition.max.into(), is_called: None };
        }
        let flushed = self.flushed.get(crash).copied().unwrap_or_default();
        let early = epoch.blocks.iter().filter(|block| block.end < flushed).map(|block| last_place(definition, block));
        let window = latest_window(self.history, definition, &epoch.blocks);
        let ahead = window
            .map(|window| (window.place + AHEAD * step(definition)).min(last_on_stride(definition, window.place)));
        let furthest = (frame.furthest + AHEAD * step(definition)).min(bound(definition));
        match early.max().max(ahead) {
            Some(kept) => between(definition, kept, furthest.max(kept)),
            None => frame.start.or(between(definition, frame.first.0.min(furthest), furthest)),
        }
    }
}

/// The last place before the bound that values reach from `from`.
fn last_on_stride(definition: &Definition, from: i128) -> i128 {
    from + (bound(definition) - from).div_euclid(step(definition)) * step(definition)
}

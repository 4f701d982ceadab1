//! Where each epoch of a sequence begins and ends, as far as that can be told.

use super::Judge;
use super::block::{Block, size};
use super::epoch::{Epochs, Origin};
use crate::history::Definition;

/// What may be in the sequence at some moment: `last_value` between two numbers, and `is_called`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    pub(super) low: i128,
    pub(super) high: i128,
    /// Whether `is_called` is surely true; `None` when that is open.
    pub(super) is_called: Option<bool>,
}

impl State {
    pub(super) const ANY: State = State { low: i64::MIN as i128, high: i64::MAX as i128, is_called: None };

    /// What may be in it when either may be.
    pub(super) fn or(self, other: State) -> State {
        State {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            is_called: self.is_called.filter(|_| self.is_called == other.is_called),
        }
    }
}

/// What is known of an epoch, as a ruler for its values. Places count in the direction of the sequence.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) definition: Option<Definition>,
    /// Places of the first value: not before, not behind.
    pub(super) first: (i128, i128),
    /// No value lies behind this place.
    pub(super) furthest: i128,
    /// The remainder that all values have when divided by the increment.
    pub(super) remainder: Option<i128>,
    pub(super) start: State,
    pub(super) end: State,
}

/// The place of a value in the direction of the sequence.
pub(super) fn place(definition: &Definition, value: i128) -> i128 {
    if definition.increment > 0 { value } else { -value }
}

/// The place of the last value of a block.
pub(super) fn last_place(definition: &Definition, block: &Block) -> i128 {
    let steps = i128::from(size(*definition, block.first) - 1);
    place(definition, i128::from(block.first)) + steps * step(definition)
}

/// The distance between two places in a row.
pub(super) fn step(definition: &Definition) -> i128 {
    i128::from(definition.increment).abs()
}

/// The place of the bound that the sequence moves to.
pub(super) fn bound(definition: &Definition) -> i128 {
    place(definition, i128::from(if definition.increment > 0 { definition.max } else { definition.min }))
}

impl Frame {
    /// Whether a value may be given in the epoch.
    pub(super) fn fits(&self, value: i64) -> bool {
        let Some(definition) = &self.definition else { return true };
        if !(definition.min..=definition.max).contains(&value) {
            return false;
        }
        if definition.cycle {
            return true;
        }
        let place = place(definition, i128::from(value));
        let is_on_stride =
            self.remainder.is_none_or(|remainder| i128::from(value).rem_euclid(step(definition)) == remainder);
        is_on_stride && self.first.0 <= place && place <= self.furthest
    }

    /// Whether all values may be used up.
    pub(super) fn may_be_exhausted(&self) -> bool {
        self.definition
            .as_ref()
            .is_none_or(|definition| !definition.cycle && self.furthest + step(definition) > bound(definition))
    }

    /// The value that can have been reached.
    pub(super) fn furthest(&self) -> Option<i128> {
        self.definition.as_ref().map(|definition| place(definition, self.furthest))
    }
}

/// The frames of all epochs of a sequence.
pub(super) fn frames(judge: &Judge<'_, '_>, epochs: &Epochs) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::with_capacity(epochs.all.len());
    for epoch in &epochs.all {
        let (start, before) = match epoch.origin {
            Origin::At { last, is_called } => {
                (State { low: last.into(), high: last.into(), is_called: Some(is_called) }, None)
            }
            Origin::After { epoch } => (frames[epoch].end, Some(&frames[epoch])),
            Origin::Crash { epoch: before } => {
                let crash = epoch.generation as usize - 1;
                (judge.recovered(epochs, before, &frames[before], crash), Some(&frames[before]))
            }
            Origin::Unknown => (State::ANY, None),
        };
        let Some(definition) = epoch.definition else {
            frames.push(Frame {
                definition: None,
                first: (i128::MIN, i128::MAX),
                furthest: i128::MAX,
                remainder: None,
                start,
                end: State::ANY,
            });
            continue;
        };
        let first = first_places(&definition, start);
        let most = step(&definition) * (i128::from(definition.cache) * i128::from(epoch.possible) - 1);
        let furthest = match judge.options.gaps_allowed {
            true => bound(&definition),
            false => (first.1 + most).min(bound(&definition)),
        };
        let remainder = match epoch.origin {
            Origin::At { last, .. } => Some(i128::from(last).rem_euclid(step(&definition))),
            _ => before.and_then(|before| {
                let earlier = before.definition.filter(|earlier| !earlier.cycle)?;
                let remainder = before.remainder?;
                (step(&earlier) % step(&definition) == 0).then(|| remainder.rem_euclid(step(&definition)))
            }),
        };
        let reached = epoch.blocks.iter().map(|block| last_place(&definition, block)).max();
        let end = if epoch.possible == 0 {
            start
        } else if definition.cycle {
            State { low: definition.min.into(), high: definition.max.into(), is_called: None }
        } else {
            match reached {
                Some(reached) => between(&definition, reached, furthest.max(reached)),
                None => start.or(between(&definition, first.0.min(furthest), furthest)),
            }
        };
        frames.push(Frame { definition: Some(definition), first, furthest, remainder, start, end });
    }
    frames
}

/// The places between which the first value is.
pub(super) fn first_places(definition: &Definition, start: State) -> (i128, i128) {
    let (one, other) = (place(definition, start.low), place(definition, start.high));
    let (low, high) = (one.min(other), one.max(other));
    match start.is_called {
        Some(true) => (low + step(definition), high + step(definition)),
        Some(false) => (low, high),
        None => (low, high + step(definition)),
    }
}

/// The state after a value between two places was given.
pub(super) fn between(definition: &Definition, from: i128, to: i128) -> State {
    let (one, other) = (place(definition, from), place(definition, to));
    State { low: one.min(other), high: one.max(other), is_called: Some(true) }
}

//! Whether a run did what a trace file expects.

use crate::lockstep::{Observed, Run, StepRecord, Verdict};
use crate::trace::{self, Mismatch, ObservedStep};
use seqcheck_engine::{Cell, Reply};

/// Which side of a run is compared with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The engine.
    Model,
    /// The implementation.
    Server,
}

/// What one side was seen to do in each step of `steps`, the trace file's steps that were run, in order.
///
/// Steps outside the model, which neither side ran, are [`trace::Observed::NotRun`].
pub fn observed(steps: &[&trace::Step], run: &Run, side: Side) -> Vec<ObservedStep> {
    (0..steps.len())
        .map(|index| {
            // What reports show of a crash is no reply.
            let has_reply = !matches!(steps[index].action, trace::Action::Crash | trace::Action::Restart);
            let progress = match run.steps.get(index).and_then(|record| seen(record, side)).filter(|_| has_reply) {
                Some(Observed { reply: Some(reply), .. }) => trace::Observed::Reply(reply.clone()),
                Some(Observed { waits: true, .. }) => trace::Observed::Waits,
                _ => trace::Observed::NotRun,
            };
            let resumed = run
                .woken
                .iter()
                .filter(|(waker, _)| *waker == index)
                .filter_map(|(_, waited)| {
                    let reply = seen(run.steps.get(*waited)?, side)?.later.clone()?;
                    Some((steps.get(*waited)?.session.clone(), reply))
                })
                .collect();
            ObservedStep { progress, resumed }
        })
        .collect()
}

/// What the implementation did in each step, but for the values that nobody can predict: those it would not give again.
pub fn observed_for_good(steps: &[&trace::Step], run: &Run) -> Vec<ObservedStep> {
    let mut seen = observed(steps, run, Side::Server);
    for (seen, predicted) in seen.iter_mut().zip(observed(steps, run, Side::Model)) {
        if let (trace::Observed::Reply(reply), trace::Observed::Reply(model)) =
            (&mut seen.progress, &predicted.progress)
        {
            leave_open(reply, model);
        }
        for ((_, reply), (_, model)) in seen.resumed.iter_mut().zip(&predicted.resumed) {
            leave_open(reply, model);
        }
    }
    seen
}

fn leave_open(reply: &mut Reply, model: &Reply) {
    for (result, model) in reply.results.iter_mut().zip(&model.results) {
        let (Some(rows), Some(model)) = (&mut result.rows, &model.rows) else { continue };
        if rows.cells.len() == model.cells.len() {
            let pairs = rows.cells.iter_mut().zip(&model.cells);
            pairs.filter(|(_, model)| **model == Cell::Any).for_each(|(cell, _)| *cell = Cell::Any);
        }
    }
}

/// What one side did in a step that both could do.
pub(crate) fn seen(record: &StepRecord, side: Side) -> Option<&Observed> {
    if let Verdict::Unsupported(_) | Verdict::Infrastructure(_) = record.verdict {
        return None;
    }
    match side {
        Side::Model => record.model.as_ref(),
        Side::Server => record.server.as_ref(),
    }
}

/// The steps whose expectation for this major version one side did not meet, with the difference.
pub fn unmet(steps: &[&trace::Step], run: &Run, side: Side, major: u8) -> Vec<(usize, Mismatch)> {
    observed(steps, run, side)
        .iter()
        .enumerate()
        .filter_map(|(index, observed)| {
            let mismatch = steps[index].expected_for(major)?.matches(observed).err()?;
            Some((index, mismatch))
        })
        .collect()
}

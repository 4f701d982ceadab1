//! The smallest trace so far, and the trials of smaller ones.

use std::collections::HashSet;
use std::time::Instant;

use super::sessions::numbered;
use super::{Budget, Shrunk};
use crate::compare::Signature;
use crate::lockstep::{Action, Run, Step};
use crate::prepare::queried;
use seqcheck_engine::Statement;

/// Shrinking under way.
pub(super) struct Search<'r> {
    /// What was accepted, from the first trace on; never empty.
    accepted: Vec<(Vec<Step>, Run)>,
    signature: Signature,
    run: &'r mut dyn FnMut(&[Step]) -> Run,
    tried: HashSet<Vec<Step>>,
    candidates: usize,
    budget: Budget,
    begun: Instant,
    /// Whether the implementation has failed: each further candidate would only wait for it.
    has_failed: bool,
}

impl<'r> Search<'r> {
    /// Begins with a run that diverges.
    pub(super) fn new(
        steps: &[Step],
        first: Run,
        budget: Budget,
        run: &'r mut dyn FnMut(&[Step]) -> Run,
    ) -> Option<Search<'r>> {
        let divergence = first.divergence()?;
        let signature = divergence.signature.clone();
        let kept = up_to(steps, divergence.seen_at);
        Some(Search {
            accepted: vec![(kept, first)],
            signature,
            run,
            tried: HashSet::new(),
            candidates: 0,
            budget,
            begun: Instant::now(),
            has_failed: false,
        })
    }

    /// The smallest trace so far. Its last step is the one at which the divergence shows.
    pub(super) fn steps(&self) -> &[Step] {
        self.accepted.last().map_or(&[], |(steps, _)| steps)
    }

    /// The steps that let others go on, each with a step that had waited.
    pub(super) fn woken(&self) -> Vec<(usize, usize)> {
        self.accepted.last().map_or_else(Vec::new, |(_, run)| run.woken.clone())
    }

    /// The statements of a step, if it has any.
    pub(super) fn statements(&self, step: usize) -> &[Statement] {
        match self.steps().get(step).map(|step| &step.action) {
            Some(Action::Query { statements: Ok(statements), .. }) => statements,
            _ => &[],
        }
    }

    /// Whether nothing more may be tried.
    pub(super) fn is_over(&self) -> bool {
        self.has_failed || self.candidates >= self.budget.candidates || self.begun.elapsed() >= self.budget.time
    }

    /// Runs a candidate, and goes on from it when it diverges in the same way.
    pub(super) fn attempt(&mut self, candidate: Vec<Step>) -> bool {
        if self.is_over() || candidate.is_empty() || candidate == self.steps() || !self.tried.insert(candidate.clone())
        {
            return false;
        }
        self.candidates += 1;
        let run = (self.run)(&candidate);
        if run.infrastructure.is_some() {
            self.has_failed = true;
            return false;
        }
        let Some(divergence) = run.divergence().filter(|divergence| divergence.signature == self.signature) else {
            return false;
        };
        self.accepted.push((up_to(&candidate, divergence.seen_at), run));
        true
    }

    /// As [`attempt`](Self::attempt), with other statements in one step.
    pub(super) fn attempt_statements(&mut self, step: usize, statements: Vec<Statement>) -> bool {
        let mut candidate = self.steps().to_vec();
        candidate[step].action = queried(statements);
        self.attempt(candidate)
    }

    /// Whether something was accepted meanwhile.
    pub(super) fn changes(&mut self, reduce: impl FnOnce(&mut Self)) -> bool {
        let before = self.accepted.len();
        reduce(self);
        self.accepted.len() > before
    }

    /// The smallest trace that diverges in the same way each time when it is run `times` more, and its last run.
    ///
    /// Where a divergence depends on luck, a smaller trace may have had more of it: then larger ones are asked, in growing
    /// strides.
    pub(super) fn finish(mut self, times: usize) -> Shrunk {
        let mut stride = 1;
        let mut position = self.accepted.len() - 1;
        loop {
            let (steps, run) = &self.accepted[position];
            let (steps, mut run) = (numbered(steps), run.clone());
            let confirmed = (0..times).all(|_| self.repeats(&steps, &mut run));
            if confirmed || self.has_failed || position == 0 {
                return Shrunk { steps, run, candidates: self.candidates, confirmed };
            }
            position = position.saturating_sub(stride);
            stride *= 2;
        }
    }

    /// Whether steps diverge in the same way once more; if so, `run` becomes their run.
    fn repeats(&mut self, steps: &[Step], run: &mut Run) -> bool {
        if self.has_failed {
            return false;
        }
        self.candidates += 1;
        let again = (self.run)(steps);
        self.has_failed |= again.infrastructure.is_some();
        let repeats = again.infrastructure.is_none()
            && again.divergence().is_some_and(|divergence| divergence.signature == self.signature);
        if repeats {
            *run = again;
        }
        repeats
    }
}

fn up_to(steps: &[Step], last: usize) -> Vec<Step> {
    steps[..=last.min(steps.len() - 1)].to_vec()
}

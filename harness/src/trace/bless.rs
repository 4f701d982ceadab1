//! Blessing: rewriting what a trace expects from what real servers answered.

use std::fmt;

use super::expectation::{Detail, Expectation, ExpectedOutcome, Progress};
use super::guard::{Comparison, Guard, SUPPORTED_MAJORS, admit};
use super::observed::ObservedStep;
use super::{Step, Trace};

/// Observations that cannot be those of the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlessError {
    /// How many steps the trace has.
    pub steps: usize,
    /// How many steps were observed.
    pub observed: usize,
}

impl fmt::Display for BlessError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BlessError { steps, observed } = self;
        write!(formatter, "the trace has {steps} steps, but {observed} were observed; run the same trace again")
    }
}

impl std::error::Error for BlessError {}

impl Trace {
    /// Makes the trace expect what a PostgreSQL of one major version answered; gives how many steps changed.
    ///
    /// A step that expects it already stays as it is, and so does a step that was not run. Otherwise the expectation that
    /// counts for this major is rewritten, for all majors that it is for; when none counts, one for this major is added.
    /// Columns' names and tags stay where they are written.
    ///
    /// # Errors
    ///
    /// When there is not one observation for each step; nothing is changed then.
    pub fn bless(&mut self, major: u8, observed: &[ObservedStep]) -> Result<usize, BlessError> {
        self.check_length(observed)?;
        let changed = self.steps.iter_mut().zip(observed).map(|(step, observed)| step.bless(major, observed));
        Ok(changed.filter(|changed| *changed).count())
    }

    /// Makes the trace expect what PostgreSQL of several major versions answered; gives how many steps changed.
    ///
    /// A step that expects all of it already stays as it is. Otherwise its expectations are written anew: one for all
    /// majors when they agree, else one for each range of majors that agree, the first and the last open towards older and
    /// newer ones. Guarded expectations that hold for none of the observed majors are kept; majors between two ranges
    /// that were not observed are left open.
    ///
    /// # Errors
    ///
    /// When there is not one observation for each step and major; nothing is changed then.
    pub fn bless_all(&mut self, observed: &[(u8, Vec<ObservedStep>)]) -> Result<usize, BlessError> {
        observed.iter().try_for_each(|(_, steps)| self.check_length(steps))?;
        let mut changed = 0;
        for (position, step) in self.steps.iter_mut().enumerate() {
            let seen: Vec<_> = observed.iter().map(|(major, steps)| (*major, &steps[position])).collect();
            changed += usize::from(step.bless_all(&seen));
        }
        Ok(changed)
    }

    fn check_length(&self, observed: &[ObservedStep]) -> Result<(), BlessError> {
        let error = BlessError { steps: self.steps.len(), observed: observed.len() };
        if error.steps == error.observed { Ok(()) } else { Err(error) }
    }
}

impl Step {
    /// Blesses with one major's observation; tells whether anything changed.
    fn bless(&mut self, major: u8, observed: &ObservedStep) -> bool {
        let Some(outcome) = self.blessed(major, observed) else { return false };
        // Where nothing at all is expected, no guard is needed to tell the new expectation from others.
        let is_only = self.expectations.is_empty();
        match self.expectations.iter_mut().find(|expectation| admit(&expectation.guards, major)) {
            Some(expectation) if expectation.outcome == outcome => return false,
            Some(expectation) => expectation.outcome = outcome,
            None => {
                let guards = if is_only { Vec::new() } else { vec![Guard::new(Comparison::Equal, major)] };
                self.expectations.push(Expectation { guards, outcome });
            }
        }
        true
    }

    /// Blesses with several majors' observations; tells whether anything changed.
    fn bless_all(&mut self, observed: &[(u8, &ObservedStep)]) -> bool {
        let mut outcomes: Vec<(u8, ExpectedOutcome)> =
            observed.iter().filter_map(|(major, observed)| Some((*major, self.blessed(*major, observed)?))).collect();
        if outcomes.iter().all(|(major, outcome)| self.expected_for(*major) == Some(outcome)) {
            return false;
        }
        let is_observed = |major: u8| observed.iter().any(|(observed, _)| *observed == major);
        for major in SUPPORTED_MAJORS.filter(|major| !is_observed(*major)) {
            let kept = self.expectations.iter().find(|expectation| admit(&expectation.guards, major));
            if let Some(kept) = kept
                && !outcomes.iter().any(|(observed, _)| is_observed(*observed) && admit(&kept.guards, *observed))
            {
                outcomes.push((major, kept.outcome.clone()));
            }
        }
        outcomes.sort_by_key(|(major, _)| *major);
        outcomes.dedup_by_key(|(major, _)| *major);
        self.expectations = ranges(outcomes);
        true
    }

    /// What the step should expect of this major; `None` when it was not run.
    fn blessed(&self, major: u8, observed: &ObservedStep) -> Option<ExpectedOutcome> {
        match self.expected_for(major) {
            Some(expected) if expected.matches(observed).is_ok() => {
                // A step that was not run matches everything, and says nothing.
                ExpectedOutcome::from_observed(observed, Detail::Plain).map(|_| expected.clone())
            }
            Some(expected) => expected.retold(observed),
            None => match self.expectations.first() {
                // Not comparing the step on other majors is no reason not to compare it on this one.
                Some(model) if model.outcome.progress != Progress::Anything => model.outcome.retold(observed),
                _ => ExpectedOutcome::from_observed(observed, Detail::Plain),
            },
        }
    }
}

/// Sums up outcomes of ascending majors as expectations for ranges of majors.
fn ranges(outcomes: Vec<(u8, ExpectedOutcome)>) -> Vec<Expectation> {
    let mut runs: Vec<(u8, u8, ExpectedOutcome)> = Vec::new();
    for (major, outcome) in outcomes {
        match runs.last_mut() {
            Some((_, last, same)) if *same == outcome => *last = major,
            _ => runs.push((major, major, outcome)),
        }
    }
    let newest = runs.len().saturating_sub(1);
    let expectation = |(position, (first, last, outcome)): (usize, (u8, u8, ExpectedOutcome))| {
        let guards = match (position == 0, position == newest) {
            (true, true) => Vec::new(),
            (true, false) => vec![Guard::new(Comparison::AtMost, last)],
            (false, true) => vec![Guard::new(Comparison::AtLeast, first)],
            (false, false) if first == last => vec![Guard::new(Comparison::Equal, first)],
            (false, false) => vec![Guard::new(Comparison::AtLeast, first), Guard::new(Comparison::AtMost, last)],
        };
        Expectation { guards, outcome }
    };
    runs.into_iter().enumerate().map(expectation).collect()
}

//! Comparing what a step answered with what was expected.

use std::fmt;

use seqcheck_engine::Reply;

use super::diff;
use super::expectation::{Detail, ExpectedOutcome, ExpectedReply, Progress, Resumed};
use super::write::outcome_lines;

/// What a step was seen to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedStep {
    /// How the step itself ended.
    pub progress: Observed,
    /// The sessions that stopped waiting because of it, in order, with their replies.
    pub resumed: Vec<(String, Reply)>,
}

/// How a step was seen to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// It was left out, for example because its guards do not admit the server's version.
    NotRun,
    /// It waits for another session.
    Waits,
    /// It gave this reply.
    Reply(Reply),
}

impl ObservedStep {
    /// A step that gave this reply and made no session go on.
    pub fn reply(reply: Reply) -> ObservedStep {
        ObservedStep { progress: Observed::Reply(reply), resumed: Vec::new() }
    }
}

impl ExpectedOutcome {
    /// The expectation that `observed` meets; `None` for a step that was not run.
    pub fn from_observed(observed: &ObservedStep, detail: Detail) -> Option<ExpectedOutcome> {
        ExpectedOutcome::build(observed, |reply, _| Some(ExpectedReply::from_reply(reply, detail)))
    }

    /// The expectation that `observed` meets, saying as much of it as `self` does.
    pub(super) fn retold(&self, observed: &ObservedStep) -> Option<ExpectedOutcome> {
        let plain = ExpectedReply::default();
        let mut retold = ExpectedOutcome::build(observed, |reply, place| {
            let model = match place {
                None => match &self.progress {
                    Progress::Reply(model) => Some(model),
                    Progress::OneOf(models) => {
                        models.iter().find(|model| meets(reply, model)).or(models.first()).or(Some(&plain))
                    }
                    Progress::Anything | Progress::Waits => Some(&plain),
                },
                Some(place) => match self.resumed.get(place) {
                    Some(Resumed { reply, .. }) => reply.as_ref(),
                    None => Some(&plain),
                },
            };
            model.map(|model| ExpectedReply::like(reply, model))
        })?;
        if let (Progress::OneOf(models), Observed::Reply(reply)) = (&self.progress, &observed.progress)
            && models.iter().any(|model| meets(reply, model))
        {
            retold.progress = self.progress.clone();
        }
        if self.progress == Progress::Anything {
            retold.progress = Progress::Anything;
            if self.resumed.is_empty() {
                retold.resumed.clear();
            }
        }
        Some(retold)
    }

    /// Builds an outcome, asking `expected` for each reply: the step's own, or that of a resumed session by position.
    fn build(
        observed: &ObservedStep,
        expected: impl Fn(&Reply, Option<usize>) -> Option<ExpectedReply>,
    ) -> Option<ExpectedOutcome> {
        let progress = match &observed.progress {
            Observed::NotRun => return None,
            Observed::Waits => Progress::Waits,
            Observed::Reply(reply) => expected(reply, None).map_or(Progress::Anything, Progress::Reply),
        };
        let resumed = observed
            .resumed
            .iter()
            .enumerate()
            .map(|(place, (session, reply))| Resumed { session: session.clone(), reply: expected(reply, Some(place)) });
        Some(ExpectedOutcome { progress, resumed: resumed.collect() })
    }

    /// Compares with what was seen. A step that was not run matches everything.
    ///
    /// Columns' names and tags are compared where they are expected, everything else always. Notices are compared in
    /// order among themselves, wherever they came among the rows.
    ///
    /// # Errors
    ///
    /// The lines of both, when they differ.
    pub fn matches(&self, observed: &ObservedStep) -> Result<(), Mismatch> {
        match self.retold(observed) {
            Some(retold) if retold != *self => Err(Mismatch { expected: lines(self), actual: lines(&retold) }),
            _ => Ok(()),
        }
    }
}

/// Whether a reply is as expected.
fn meets(reply: &Reply, expected: &ExpectedReply) -> bool {
    ExpectedReply::like(reply, expected) == *expected
}

/// The lines of an outcome, with words for the one that a file shows by no line at all.
fn lines(outcome: &ExpectedOutcome) -> Vec<String> {
    let mut lines = outcome_lines(outcome);
    if outcome.progress == Progress::default() {
        lines.insert(0, "(success without rows and notices)".to_owned());
    }
    lines
}

/// An expectation and what came instead, as lines of a trace file.
///
/// [`Display`](fmt::Display) gives a line-by-line difference: `-` before what was expected, `+` before what came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// What was expected.
    pub expected: Vec<String>,
    /// What came.
    pub actual: Vec<String>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, change) in diff::lines(&self.expected, &self.actual).into_iter().enumerate() {
            if position > 0 {
                writeln!(formatter)?;
            }
            write!(formatter, "{change}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mismatch {}

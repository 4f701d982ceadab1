//! What a run saw.

use super::step::{Action, Refusal, Step};
use crate::compare::{Difference, Field, Signature};
use crate::implementation::Infrastructure;
use seqcheck_engine::{ClauseSet, Reply, Statement};

/// A trace's run on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Run {
    /// One record for each step that was run, from the first; the steps after a run's end have none.
    pub steps: Vec<StepRecord>,
    /// Where the two sides parted, in the order in which it was seen.
    pub divergences: Vec<Divergence>,
    /// What ended the run, when it was neither its last step nor a divergence.
    ///
    /// Then the run as a whole says nothing, unless it had diverged before.
    pub infrastructure: Option<Infrastructure>,
    /// Steps that woke others: the waking step, and the step that had waited, in order.
    pub woken: Vec<(usize, usize)>,
    /// The clauses that the steps exercised on the engine.
    pub clauses: ClauseSet,
    /// The clauses that each step exercised, by the step's index; the last steps may have none.
    by_step: Vec<ClauseSet>,
}

impl Run {
    /// The first divergence.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.divergences.first()
    }

    /// Takes back what followed a step: the steps after it were not to be run, for the reason given.
    pub(crate) fn end_after(&mut self, step: usize, reason: &str) {
        self.steps.iter_mut().skip(step + 1).for_each(|record| *record = StepRecord::unsupported(reason));
        self.by_step.truncate(step + 1);
        self.clauses = ClauseSet::default();
        self.by_step.iter().for_each(|clauses| self.clauses.extend(*clauses));
        self.divergences.retain(|divergence| divergence.seen_at <= step);
        self.woken.retain(|(waking, _)| *waking <= step);
    }

    /// A run that could not begin.
    pub(crate) fn failed(error: Infrastructure) -> Run {
        Run { infrastructure: Some(error), ..Run::default() }
    }

    /// A run that ended before it began, since `who` was told to stop.
    pub(crate) fn stopped(who: &str) -> Run {
        Run::failed(Infrastructure::Lost { who: who.to_owned(), reason: "it was told to stop".to_owned() })
    }

    /// The clauses that one step exercised on the engine.
    pub fn clauses_of(&self, step: usize) -> ClauseSet {
        self.by_step.get(step).copied().unwrap_or_default()
    }

    /// The run with its failure as a divergence, where the implementation is itself to blame for it: `what` says what it
    /// did instead of replying, and `predicted` is the engine's run of the same steps.
    ///
    /// A run that did not fail comes back as it is, and so does one that failed before its first step.
    pub(crate) fn with_failure_as_divergence(mut self, steps: &[Step], what: &str, predicted: Run) -> Run {
        let step = self.steps.len().saturating_sub(1);
        let (Some(record), Some(action)) = (self.steps.last_mut(), steps.get(step)) else { return self };
        let Some(failure) = self.infrastructure.take() else { return self };
        let model = predicted.steps.into_iter().nth(step).and_then(|record| record.model);
        let differences = vec![Difference {
            field: if matches!(failure, Infrastructure::TimedOut { .. }) { Field::Silence } else { Field::Failure },
            result: None,
            expected: "a reply".to_owned(),
            actual: what.to_owned(),
        }];
        let kind = kind(action, &differences, None, None);
        let server = Observed { failed: Some(what.to_owned()), ..Observed::default() };
        let signature = Signature::new(kind, &differences, None, None);
        *record = StepRecord { verdict: Verdict::Diverges(differences), model, server: Some(server) };
        self.divergences.insert(0, Divergence { step, seen_at: step, signature });
        self
    }

    /// Notes the clauses that a step exercised.
    pub(super) fn exercise(&mut self, step: usize, clauses: ClauseSet) {
        self.clauses.extend(clauses);
        if self.by_step.len() <= step {
            self.by_step.resize(step + 1, ClauseSet::default());
        }
        self.by_step[step].extend(clauses);
    }
}

/// A step whose two replies differ, or that waits on one side only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The step whose reply differs. Its record has the differences.
    pub step: usize,
    /// The last step that had been run when this was seen.
    ///
    /// It comes after [`step`](Self::step) when a session waited, and the reply after its waking differs: both are
    /// needed to show the divergence again, nothing after this one is.
    pub seen_at: usize,
    /// What makes it the same divergence in a smaller trace.
    pub signature: Signature,
}

/// One step's outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepRecord {
    /// Whether the two sides agree.
    pub verdict: Verdict,
    /// What the engine predicted; nothing when the step was outside the model.
    pub model: Option<Observed>,
    /// What the implementation did; nothing when it was not asked, or did not answer.
    pub server: Option<Observed>,
}

/// Whether the two sides agree on a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// They do, also on what a step that waited gave later.
    Agrees,
    /// They do not.
    Diverges(Vec<Difference>),
    /// The step is outside the model, or cannot be run now, for the reason given. Neither side ran it.
    Unsupported(String),
    /// The implementation could not be asked. This says nothing about it.
    Infrastructure(String),
}

/// What one side did in one step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// The reply, when it came at once.
    pub reply: Option<Reply>,
    /// Whether the step waited for other sessions.
    pub waits: bool,
    /// The reply that came after the wait, once it did.
    pub later: Option<Reply>,
    /// What it did instead of replying, where it failed.
    pub failed: Option<String>,
}

impl Observed {
    /// A reply that came at once.
    pub(super) fn reply(reply: Reply) -> Observed {
        Observed { reply: Some(reply), ..Observed::default() }
    }

    /// A wait.
    pub(super) fn waits() -> Observed {
        Observed { waits: true, ..Observed::default() }
    }

    /// The reply, whenever it came.
    pub fn any_reply(&self) -> Option<&Reply> {
        self.reply.as_ref().or(self.later.as_ref())
    }
}

impl StepRecord {
    pub(super) fn agrees(model: Option<Observed>, server: Option<Observed>) -> StepRecord {
        StepRecord { verdict: Verdict::Agrees, model, server }
    }

    /// A step that both sides did, and that has nothing to answer.
    pub(super) fn done() -> StepRecord {
        let nothing = Some(Observed::reply(Reply::default()));
        StepRecord::agrees(nothing.clone(), nothing)
    }

    pub(super) fn unsupported(what: impl Into<String>) -> StepRecord {
        StepRecord { verdict: Verdict::Unsupported(what.into()), model: None, server: None }
    }

    /// A step after one that woke what turned out to be outside the model.
    pub(super) fn after_loss(what: &str) -> StepRecord {
        StepRecord::unsupported(format!("the model has lost track: {what}"))
    }
}

/// The kind of a step for its signature; of a query with several statements, that of the one at which replies part.
pub(super) fn kind(step: &Step, differences: &[Difference], model: Option<&Reply>, server: Option<&Reply>) -> String {
    let statements = match &step.action {
        Action::Query { statements: Ok(statements), .. } => statements,
        Action::Query { statements: Err(Refusal::Syntax { .. }), .. } => return "syntax error".into(),
        Action::Query { statements: Err(Refusal::Unsupported { .. }), .. } => return "unsupported".into(),
        Action::Connect { .. } => return "connect".into(),
        Action::Disconnect => return "disconnect".into(),
        Action::Cancel => return "cancel".into(),
        Action::Checkpoint => return "checkpoint".into(),
        Action::Crash => return "crash".into(),
        Action::Restart => return "restart".into(),
        Action::Standby => return "standby".into(),
        Action::Promote => return "promote".into(),
    };
    let results = |reply: Option<&Reply>| reply.map_or(0, |reply| reply.results.len());
    let first = differences.iter().find_map(|difference| difference.result);
    let place = first.unwrap_or_else(|| results(model).min(results(server)));
    let statement = statements.get(place).or(statements.last());
    statement.map_or("nothing".into(), statement_kind)
}

/// The statement's variant, such as `CreateSequence`.
///
/// Taken from its debug form, which begins with it, so that a new statement needs no line here.
fn statement_kind(statement: &Statement) -> String {
    let debug = format!("{statement:?}");
    debug.split(|character: char| !character.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

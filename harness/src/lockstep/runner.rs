//! The run of one trace.

use super::Options;
use super::distinct::{Judgement, Values};
use super::record::{Divergence, Observed, Run, StepRecord, Verdict, kind};
use super::reference::{Connected, Reference, answer};
use super::roles::roles;
use super::step::{Action, Refusal, Step};
use super::waiting::{Answer, expect_reply, waiting_difference};
use crate::compare::{self, Difference, Level, Signature};
use crate::implementation::{Implementation, Infrastructure, Request};
use seqcheck_engine::{Outcome, Progress, Reply, SessionId};
use std::collections::BTreeMap;
use std::time::Duration;

/// Why a run ends early.
pub(super) enum Stop {
    /// A divergence.
    Ended,
    /// The implementation could not be asked.
    Infrastructure(Infrastructure),
}

impl From<Infrastructure> for Stop {
    fn from(error: Infrastructure) -> Stop {
        Stop::Infrastructure(error)
    }
}

/// An open session.
pub(super) struct Session {
    /// Its name in the engine.
    pub(super) id: SessionId,
    /// The step for which the engine waits.
    pub(super) model_waits: Option<usize>,
    /// The step whose reply the implementation has not given yet.
    pub(super) server_owes: Option<usize>,
}

/// The state of a run.
pub(super) struct Runner<'a> {
    pub(super) steps: &'a [Step],
    pub(super) reference: &'a mut dyn Reference,
    pub(super) implementation: &'a mut dyn Implementation,
    pub(super) options: &'a Options,
    pub(super) sessions: BTreeMap<usize, Session>,
    /// The sessions that are on the standby, with their names in its engine.
    pub(super) on_standby: BTreeMap<usize, SessionId>,
    /// Steps of one session that were sent, with the predicted replies, until the replies are taken.
    batch: Vec<(usize, Reply)>,
    /// How long a reply to the step under way may take before it is asked whether the session waits.
    pub(super) slow: Duration,
    /// The values that sequences have given, where nobody predicts them.
    values: Values,
    /// The records of steps so far; a step of the batch has none yet.
    pub(super) records: Vec<Option<StepRecord>>,
    pub(super) run: Run,
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        steps: &'a [Step],
        reference: &'a mut dyn Reference,
        implementation: &'a mut dyn Implementation,
        options: &'a Options,
    ) -> Runner<'a> {
        Runner {
            steps,
            reference,
            implementation,
            options,
            sessions: BTreeMap::new(),
            on_standby: BTreeMap::new(),
            batch: Vec::new(),
            slow: options.slow,
            values: Values::default(),
            records: Vec::with_capacity(steps.len()),
            run: Run::default(),
        }
    }

    pub(super) fn run(mut self) -> Run {
        if let Err(Stop::Infrastructure(error)) = self.run_steps() {
            // What an implementation has no way to do is no failure; but the engine has done it already, so that nothing
            // after it can be judged.
            let not_able = matches!(error, Infrastructure::NotAble { .. });
            let verdict = if not_able { Verdict::Unsupported } else { Verdict::Infrastructure }(error.to_string());
            if let Some(record) = self.records.iter_mut().find(|record| record.is_none()) {
                *record = Some(StepRecord { verdict, model: None, server: None });
            }
            if !not_able {
                self.run.infrastructure = Some(error);
            }
        }
        // Steps that were sent together with one that ended the run have no record.
        self.run.steps = self.records.into_iter().map_while(|record| record).collect();
        self.run
    }

    fn run_steps(&mut self) -> Result<(), Stop> {
        self.implementation.reset()?;
        let Some(roles) = roles(self.steps) else { return self.run_from_clean_slate() };
        if let Some(taken) = self.implementation.claim_roles(&roles)? {
            let why = format!("the role {taken} exists on this server and is not the trace's");
            self.records.extend(std::iter::repeat_n(Some(StepRecord::unsupported(why)), self.steps.len()));
            return Ok(());
        }
        let ended = self.run_from_clean_slate();
        let released = self.implementation.release_roles();
        ended.and(released.map_err(Stop::from))
    }

    fn run_from_clean_slate(&mut self) -> Result<(), Stop> {
        for index in 0..self.steps.len() {
            self.records.push(None);
            self.run_step(index)?;
        }
        self.flush()?;
        self.check_silence()?;
        self.check_last_waits()
    }

    fn run_step(&mut self, index: usize) -> Result<(), Stop> {
        let step = &self.steps[index];
        if !self.on_standby.is_empty() && self.step_on_standby(index)? {
            return Ok(());
        }
        if step.runs_checkpoint()
            && let Some(why) = self.implementation.refuses_checkpoints().map(str::to_owned)
        {
            self.flush()?;
            self.check_silence()?;
            return Err(self.leave_rest(index, &why));
        }
        match &step.action {
            Action::Query { statements: Err(Refusal::Unsupported { what }), .. } => {
                self.records[index] = Some(StepRecord::unsupported(what));
                Ok(())
            }
            Action::Query { sql, copy_data, .. } => self.query(index, Request { sql, copy_data }),
            Action::Connect { role } => self.connect(index, role.as_deref()),
            Action::Disconnect => self.disconnect(index),
            Action::Cancel => self.cancel(index),
            Action::Checkpoint => self.checkpoint(index),
            Action::Crash => self.crash(index),
            Action::Restart => self.restart(index),
            Action::Standby => self.open_on_standby(index),
            Action::Promote => self.promote(index),
        }
    }

    fn query(&mut self, index: usize, request: Request<'_>) -> Result<(), Stop> {
        let session = self.steps[index].session;
        let follows = self.batch.first().is_some_and(|&(first, _)| self.steps[first].session == session);
        // Where a run goes on after a divergence, a step must not be sent before the one before it is known to be over.
        // Nor one before the values of the last are noted.
        let one_by_one = self.options.go_on || self.options.level == Level::Distinct;
        let longest = if one_by_one { 1 } else { self.options.pipeline };
        if !follows || self.batch.len() >= longest {
            self.flush()?;
            self.check_silence()?;
        }
        if !self.sessions.contains_key(&session) {
            let (connected, reply) = self.open(session, None)?;
            match (connected, reply.error) {
                (Connected::Open(_), None) => {}
                (Connected::Unsupported(what), _) => {
                    self.records[index] = Some(StepRecord::unsupported(what));
                    return Ok(());
                }
                (Connected::Refused(message), _) | (_, Some(message)) => {
                    let target = format!("session S{} as the database's owner", session + 1);
                    return Err(Infrastructure::Connect { target, reason: message.message.into_owned() }.into());
                }
            }
        }
        let Some(&Session { id, model_waits: None, server_owes: None }) = self.sessions.get(&session) else {
            self.records[index] = Some(StepRecord::unsupported("the session still waits for its last step"));
            return Ok(());
        };
        let Action::Query { statements, .. } = &self.steps[index].action else { return Ok(()) };
        let outcome = answer(self.reference, id, statements);
        let others = self.reference.other_outcomes();
        if !others.is_empty() && outcome.lost.is_none() {
            self.run.exercise(index, outcome.clauses);
            let outcomes: Vec<Outcome> = std::iter::once(outcome).chain(others).collect();
            return self.query_in_some_order(index, request, &outcomes);
        }
        let Outcome { progress, woken, wait_again, clauses, found_deadlock, lost } = outcome;
        self.run.exercise(index, clauses);
        if let Some(what) = lost {
            // The implementation has not run the step yet, and nothing after it could be judged.
            self.flush()?;
            return Err(self.lose_track(index, &what));
        }
        if found_deadlock || ends_a_wait(&progress, &woken) {
            self.flush()?;
            self.slow = self.options.deadlock;
        }
        if found_deadlock || matches!(progress, Progress::Waits { .. }) {
            self.flush()?;
            self.implementation.expect_wait(session, found_deadlock)?;
        }
        match progress {
            Progress::Unsupported(what) => self.records[index] = Some(StepRecord::unsupported(what)),
            Progress::Done(reply) => {
                self.implementation.send(session, request)?;
                self.batch.push((index, reply));
                if !woken.is_empty() || !wait_again.is_empty() || self.slow != self.options.slow {
                    self.flush()?;
                    self.take_woken(woken, &wait_again)?;
                }
            }
            Progress::Waits { .. } => {
                self.flush()?;
                self.implementation.send(session, request)?;
                match woken.iter().any(|(resumed, _)| *resumed == id) {
                    // Its own look for deadlocks ends the wait, perhaps before anybody can see it. Others may go on first.
                    true => {
                        self.implementation.flush(session)?;
                        self.note_wait(index);
                    }
                    false => self.take_wait(index)?,
                }
                self.take_woken(woken, &wait_again)?;
            }
        }
        self.slow = self.options.slow;
        Ok(())
    }

    /// Notes that neither a step, which the engine alone has run, nor any after it can be judged.
    pub(super) fn lose_track(&mut self, index: usize, what: &str) -> Stop {
        self.records[index] = Some(StepRecord::unsupported(what));
        self.records.truncate(index + 1);
        self.records.resize(self.steps.len(), Some(StepRecord::after_loss(what)));
        Stop::Ended
    }

    /// Notes that this step and those after it cannot be judged, since what it asks for is not to be had here.
    fn leave_rest(&mut self, index: usize, why: &str) -> Stop {
        self.records.truncate(index);
        self.records.resize(self.steps.len(), Some(StepRecord::unsupported(why)));
        Stop::Ended
    }

    /// Takes the replies to all steps that were sent together.
    pub(super) fn flush(&mut self) -> Result<(), Stop> {
        for (index, predicted) in std::mem::take(&mut self.batch) {
            let answer = self.expect_reply(self.steps[index].session)?;
            self.take_answer(index, predicted, answer)?;
        }
        Ok(())
    }

    /// Notes what came of a step that the engine has ended with a reply.
    pub(super) fn take_answer(&mut self, index: usize, predicted: Reply, answer: Answer) -> Result<(), Stop> {
        match answer {
            Answer::Replied(reply) => {
                let differences = match self.compare(index, &predicted, &reply) {
                    Judgement::Compared(differences) => differences,
                    Judgement::Open(what) => return Err(self.lose_track(index, what)),
                };
                let (model, server) = (Observed::reply(predicted), Observed::reply(reply));
                self.records[index] = Some(StepRecord::agrees(Some(model), Some(server)));
                self.judge(index, index, differences)
            }
            Answer::Waits => {
                let difference = waiting_difference("a reply", "a wait for other sessions");
                let (model, server) = (Observed::reply(predicted), Observed::waits());
                self.records[index] = Some(StepRecord::agrees(Some(model), Some(server)));
                self.owe(self.steps[index].session, |session| session.server_owes = Some(index));
                self.judge(index, index, vec![difference])
            }
        }
    }

    pub(super) fn expect_reply(&mut self, session: usize) -> Result<Answer, Infrastructure> {
        expect_reply(self.implementation, session, self.slow, self.options.time_out)
    }

    /// Notes differences in the reply to the step `index`, seen when `seen_at` was the last step run.
    pub(super) fn judge(&mut self, index: usize, seen_at: usize, differences: Vec<Difference>) -> Result<(), Stop> {
        if differences.is_empty() {
            return Ok(());
        }
        // The step that woke a session may itself be without a reply.
        self.records[seen_at].get_or_insert_with(|| StepRecord::agrees(None, None));
        let record = self.records[index].get_or_insert_with(|| StepRecord::agrees(None, None));
        let model = record.model.as_ref().and_then(Observed::any_reply);
        let server = record.server.as_ref().and_then(Observed::any_reply);
        let kind = kind(&self.steps[index], &differences, model, server);
        let signature = Signature::new(kind, &differences, model, server);
        match &mut record.verdict {
            Verdict::Diverges(known) => known.extend(differences),
            verdict => *verdict = Verdict::Diverges(differences),
        }
        self.run.divergences.push(Divergence { step: index, seen_at, signature });
        if self.options.go_on { Ok(()) } else { Err(Stop::Ended) }
    }

    /// What differs between the two replies to a step.
    fn compare(&mut self, index: usize, predicted: &Reply, actual: &Reply) -> Judgement {
        let Step { session, action } = &self.steps[index];
        let id = self.sessions.get(session).map(|session| session.id);
        match (action, id) {
            (Action::Query { statements: Ok(statements), .. }, Some(id)) if self.options.level == Level::Distinct => {
                let sequences = self.reference.sequences(id);
                self.values.judge(*session, statements, &sequences, (predicted, actual))
            }
            _ => Judgement::Compared(compare::replies(self.level(index), predicted, actual)),
        }
    }

    pub(super) fn level(&self, index: usize) -> Level {
        match &self.steps[index].action {
            Action::Query { statements: Err(Refusal::Syntax { .. }), .. } => self.options.level.min(Level::SqlState),
            _ => self.options.level,
        }
    }

    /// The step under way.
    pub(super) fn last(&self) -> usize {
        self.records.len().saturating_sub(1)
    }

    /// The last step that is over.
    pub(super) fn last_recorded(&self) -> usize {
        self.records.iter().rposition(Option::is_some).unwrap_or_default()
    }

    pub(super) fn note_later(&mut self, index: usize, reply: Reply) {
        if let Some(Observed { later, .. }) = self.records[index].as_mut().and_then(|record| record.server.as_mut()) {
            *later = Some(reply);
        }
    }

    pub(super) fn owe(&mut self, session: usize, change: impl FnOnce(&mut Session)) {
        if let Some(session) = self.sessions.get_mut(&session) {
            change(session);
        }
    }
}

/// Whether a step, or a session that it woke, ends with an error that comes only after a wait: a deadlock (40P01), or
/// `lock_timeout` (55P03).
pub(super) fn ends_a_wait(progress: &Progress, woken: &[(SessionId, Reply)]) -> bool {
    let after_wait =
        |reply: &Reply| reply.error.as_ref().is_some_and(|error| matches!(error.sqlstate.code(), "40P01" | "55P03"));
    woken.iter().any(|(_, reply)| after_wait(reply)) || matches!(progress, Progress::Done(reply) if after_wait(reply))
}

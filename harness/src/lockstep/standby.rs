//! Steps on a standby, and those that bring it up to date and let it take over.
//!
//! One after the other, each with its reply: a standby is about what it shows, not about speed.

use super::record::{Observed, StepRecord};
use super::reference::{Connected, answer};
use super::runner::{Runner, Stop};
use super::step::{Action, Refusal};
use super::waiting::{Answer, expect_reply};
use crate::compare;
use crate::implementation::{Infrastructure, Request};
use seqcheck_engine::{Outcome, Progress};

impl Runner<'_> {
    /// Opens the session of a step anew on a standby that has replayed everything.
    pub(super) fn open_on_standby(&mut self, index: usize) -> Result<(), Stop> {
        self.flush()?;
        self.check_silence()?;
        let session = self.steps[index].session;
        if let Err(what) = self.reference.catch_up() {
            self.records[index] = Some(StepRecord::unsupported(what));
            return Ok(());
        }
        self.implementation.catch_up()?;
        self.close_on_standby(session)?;
        self.close(index)?;
        let connected = self.reference.standby().map(|standby| standby.connect(None));
        let Some(Connected::Open(id)) = connected else {
            self.records[index] = Some(StepRecord::unsupported("a session on this standby"));
            return Ok(());
        };
        let reply = self.standby()?.connect(session, None)?;
        if let Some(message) = reply.error {
            let target = format!("session S{} on the standby", session + 1);
            return Err(Infrastructure::Connect { target, reason: message.message.into_owned() }.into());
        }
        self.on_standby.insert(session, id);
        self.records[index] = Some(StepRecord::done());
        Ok(())
    }

    /// Lets the standby take over.
    pub(super) fn promote(&mut self, index: usize) -> Result<(), Stop> {
        self.flush()?;
        self.check_silence()?;
        if let Err(what) = self.reference.promote() {
            self.records[index] = Some(StepRecord::unsupported(what));
            return Ok(());
        }
        self.implementation.promote()?;
        self.records[index] = Some(StepRecord::done());
        Ok(())
    }

    /// Runs the step of a session that is on the standby. False when it is none for the standby.
    pub(super) fn step_on_standby(&mut self, index: usize) -> Result<bool, Stop> {
        let step = &self.steps[index];
        let Some(&id) = self.on_standby.get(&step.session) else { return Ok(false) };
        match &step.action {
            Action::Query { sql, copy_data, statements } => {
                self.flush()?;
                self.check_silence()?;
                let standby = self.reference.standby();
                let outcome = match (standby, statements) {
                    (None, _) | (_, Err(Refusal::Unsupported { .. })) => None,
                    (Some(standby), statements) => Some(answer(standby, id, statements)),
                };
                match outcome {
                    Some(outcome) => self.query_on_standby(index, Request { sql, copy_data }, outcome)?,
                    None => self.records[index] = Some(StepRecord::unsupported("this statement on a standby")),
                }
                Ok(true)
            }
            Action::Disconnect => {
                self.flush()?;
                self.check_silence()?;
                self.close_on_standby(step.session)?;
                self.records[index] = Some(StepRecord::done());
                Ok(true)
            }
            // It waits for nobody.
            Action::Cancel => {
                self.records[index] = Some(StepRecord::done());
                Ok(true)
            }
            Action::Connect { .. } => {
                self.close_on_standby(step.session)?;
                Ok(false)
            }
            Action::Checkpoint | Action::Crash | Action::Restart | Action::Standby | Action::Promote => Ok(false),
        }
    }

    fn query_on_standby(&mut self, index: usize, request: Request<'_>, outcome: Outcome) -> Result<(), Stop> {
        let session = self.steps[index].session;
        self.run.exercise(index, outcome.clauses);
        let predicted = match (outcome.progress, outcome.lost) {
            (Progress::Done(reply), None) if outcome.woken.is_empty() => reply,
            (Progress::Unsupported(what), _) => {
                self.records[index] = Some(StepRecord::unsupported(what));
                return Ok(());
            }
            _ => return Err(self.lose_track(index, "sessions that wait on a standby")),
        };
        let (slow, time_out) = (self.slow, self.options.time_out);
        let standby = self.standby()?;
        standby.send(session, request)?;
        let Answer::Replied(reply) = expect_reply(standby, session, slow, time_out)? else {
            return Err(self.lose_track(index, "sessions that wait on a standby"));
        };
        let differences = compare::replies(self.level(index), &predicted, &reply);
        let (model, server) = (Observed::reply(predicted), Observed::reply(reply));
        self.records[index] = Some(StepRecord::agrees(Some(model), Some(server)));
        self.judge(index, index, differences)
    }

    fn close_on_standby(&mut self, session: usize) -> Result<(), Stop> {
        let Some(id) = self.on_standby.remove(&session) else { return Ok(()) };
        if let Some(standby) = self.reference.standby() {
            standby.disconnect(id);
        }
        self.standby()?.disconnect(session)?;
        Ok(())
    }

    fn standby(&mut self) -> Result<&mut dyn crate::implementation::Implementation, Infrastructure> {
        let name = self.implementation.name();
        let lost = Infrastructure::Lost { who: format!("the standby of {name}"), reason: "it is gone".to_owned() };
        self.implementation.standby().ok_or(lost)
    }
}

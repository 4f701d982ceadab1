//! The steps that are not queries and leave the server running: sessions come and go, statements are cancelled, and checkpoints.

use super::record::{Observed, StepRecord};
use super::reference::Connected;
use super::runner::{Runner, Session, Stop};
use crate::compare;
use seqcheck_engine::{Outcome, Progress, Reply};

impl Runner<'_> {
    pub(super) fn connect(&mut self, index: usize, role: Option<&str>) -> Result<(), Stop> {
        self.flush()?;
        self.check_silence()?;
        self.close(index)?;
        let (connected, reply) = self.open(self.steps[index].session, role)?;
        let predicted = match connected {
            Connected::Unsupported(what) => {
                self.records[index] = Some(StepRecord::unsupported(what));
                return Ok(());
            }
            Connected::Open(_) => Reply::default(),
            Connected::Refused(message) => Reply { error: Some(message), ..Reply::default() },
        };
        let differences = compare::replies(self.options.level, &predicted, &reply);
        let (model, server) = (Observed::reply(predicted), Observed::reply(reply));
        self.records[index] = Some(StepRecord::agrees(Some(model), Some(server)));
        self.judge(index, index, differences)
    }

    pub(super) fn disconnect(&mut self, index: usize) -> Result<(), Stop> {
        self.flush()?;
        self.check_silence()?;
        self.close(index)?;
        self.records[index] = Some(StepRecord::done());
        Ok(())
    }

    /// Opens a session on both sides. Where only one of them lets it in, it is open on neither.
    pub(super) fn open(&mut self, session: usize, role: Option<&str>) -> Result<(Connected, Reply), Stop> {
        self.flush()?;
        let connected = self.reference.connect(role);
        if let Connected::Unsupported(_) = connected {
            return Ok((connected, Reply::default()));
        }
        let reply = self.implementation.connect(session, role)?;
        match (&connected, &reply.error) {
            (&Connected::Open(id), None) => {
                self.sessions.insert(session, Session { id, model_waits: None, server_owes: None });
            }
            (&Connected::Open(id), Some(_)) => drop(self.reference.disconnect(id)),
            (_, None) => self.implementation.disconnect(session)?,
            _ => {}
        }
        Ok((connected, reply))
    }

    /// Closes the session of a step on both sides, if it is open.
    pub(super) fn close(&mut self, index: usize) -> Result<(), Stop> {
        let session = self.steps[index].session;
        let Some(Session { id, .. }) = self.sessions.remove(&session) else { return Ok(()) };
        let Outcome { woken, wait_again, clauses, lost, .. } = self.reference.disconnect(id);
        self.run.clauses.extend(clauses);
        if let Some(what) = lost {
            return Err(self.lose_track(index, &what));
        }
        self.implementation.disconnect(session)?;
        self.take_woken(woken, &wait_again)
    }

    /// Cancels a session's statement on both sides.
    pub(super) fn cancel(&mut self, index: usize) -> Result<(), Stop> {
        self.flush()?;
        self.check_silence()?;
        let session = self.steps[index].session;
        let Some(&Session { id, .. }) = self.sessions.get(&session) else {
            self.records[index] = Some(StepRecord::done());
            return Ok(());
        };
        let Outcome { progress, woken, wait_again, clauses, lost, .. } = self.reference.cancel(id);
        self.run.exercise(index, clauses);
        if let Some(what) = lost {
            return Err(self.lose_track(index, &what));
        }
        if let Progress::Unsupported(what) = progress {
            self.records[index] = Some(StepRecord::unsupported(what));
            return Ok(());
        }
        self.implementation.cancel(session)?;
        self.records[index] = Some(StepRecord::done());
        // Until it has noticed, the session waits, and says so.
        self.slow = self.options.deadlock;
        self.take_woken(woken, &wait_again)?;
        self.slow = self.options.slow;
        Ok(())
    }

    pub(super) fn checkpoint(&mut self, index: usize) -> Result<(), Stop> {
        self.flush()?;
        self.check_silence()?;
        if let Err(what) = self.reference.checkpoint() {
            self.records[index] = Some(StepRecord::unsupported(what));
            return Ok(());
        }
        self.implementation.checkpoint()?;
        self.records[index] = Some(StepRecord::agrees(None, None));
        Ok(())
    }
}

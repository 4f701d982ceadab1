//! The side that predicts.

use super::step::{Refusal, syntax_error};
use seqcheck_engine::{
    ClauseSet, Cluster, Message, Outcome, Progress, SequenceSummary, SessionId, Statement, StoredSequence,
};

/// What lockstep needs of the engine.
///
/// [`Cluster`] is the one that counts; another one stands in for it in tests, or wraps it.
pub trait Reference {
    /// Opens a session as `role`, or as the superuser.
    fn connect(&mut self, role: Option<&str>) -> Connected;

    /// Closes a session.
    fn disconnect(&mut self, session: SessionId) -> Outcome;

    /// Runs one simple query.
    fn step(&mut self, session: SessionId, statements: &[Statement]) -> Outcome;

    /// Makes a query fail that cannot be parsed: an open transaction is aborted.
    fn fail(&mut self, session: SessionId, message: Message) -> Outcome;

    /// Cancels what a session is doing: if it waits, it is among those that wake.
    fn cancel(&mut self, session: SessionId) -> Outcome {
        let _ = session;
        Outcome::new(Progress::Unsupported("cancelling is outside the model".into()))
    }

    /// What else the last query may have come to, in the states that are followed beside the first; nothing when it came
    /// to the same in all of them.
    fn other_outcomes(&mut self) -> Vec<Outcome> {
        Vec::new()
    }

    /// Goes on with the states in which the last query came to what was seen: 0 is the first, the others follow as
    /// [`other_outcomes`](Self::other_outcomes) gave them.
    fn settle(&mut self, kept: &[usize]) {
        let _ = kept;
    }

    /// The sequences that a session sees: what is known in advance of values that nobody predicts.
    fn sequences(&self, session: SessionId) -> Vec<SequenceSummary> {
        let _ = session;
        Vec::new()
    }

    /// Runs a checkpoint; an error says what the engine does not model.
    fn checkpoint(&mut self) -> Result<(), String> {
        Err("checkpoints are outside the model".into())
    }

    /// What may be stored of each sequence after a crash and the recovery from it: one or more outcomes, which have the
    /// same sequences in the same order. An error says what the engine does not model.
    fn crash_outcomes(&self) -> Result<Vec<Vec<StoredSequence>>, String> {
        Err("crashes are outside the model".into())
    }

    /// Crashes and recovers with the outcome of this number, which [`crash_outcomes`](Self::crash_outcomes) gave. All
    /// sessions end. Returns the clauses that this exercised.
    fn crash(&mut self, outcome: usize) -> ClauseSet {
        let _ = outcome;
        ClauseSet::default()
    }

    /// What is stored of each sequence.
    fn stored(&self) -> Vec<StoredSequence> {
        Vec::new()
    }

    /// Stops and starts, which ends all sessions; an error says what the engine does not model.
    fn restart(&mut self) -> Result<(), String> {
        Err("restarts are outside the model".into())
    }

    /// Brings a standby up to date, which is made when there is none; an error says what the engine does not model.
    fn catch_up(&mut self) -> Result<(), String> {
        Err("a standby is outside the model".into())
    }

    /// Brings the standby up to date, and makes it a database of its own; an error says what the engine does not model.
    fn promote(&mut self) -> Result<(), String> {
        Err("a standby is outside the model".into())
    }

    /// The standby, if there is one.
    fn standby(&mut self) -> Option<&mut dyn Reference> {
        None
    }
}

/// Runs a query on the side that predicts, or has it fail when it cannot be parsed. Nobody asks for what is unsupported.
pub(super) fn answer(
    reference: &mut dyn Reference,
    session: SessionId,
    statements: &Result<Vec<Statement>, Refusal>,
) -> Outcome {
    match statements {
        Ok(statements) => reference.step(session, statements),
        Err(Refusal::Syntax { message } | Refusal::Unsupported { what: message }) => {
            reference.fail(session, syntax_error(message.clone()))
        }
    }
}

/// What [`Reference::connect`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connected {
    /// The session is open.
    Open(SessionId),
    /// The role may not connect, and the server says so with this error.
    Refused(Message),
    /// Connecting like this is outside the model, for the reason given.
    Unsupported(String),
}

impl Reference for Cluster {
    fn connect(&mut self, role: Option<&str>) -> Connected {
        match role {
            None => Connected::Open(Cluster::connect(self)),
            Some(role) => match Cluster::connect_as(self, role) {
                Ok(session) => Connected::Open(session),
                Err(message) => Connected::Refused(message),
            },
        }
    }

    fn disconnect(&mut self, session: SessionId) -> Outcome {
        Cluster::disconnect(self, session)
    }

    fn step(&mut self, session: SessionId, statements: &[Statement]) -> Outcome {
        Cluster::step(self, session, statements)
    }

    fn fail(&mut self, session: SessionId, message: Message) -> Outcome {
        Cluster::fail(self, session, message)
    }

    fn cancel(&mut self, session: SessionId) -> Outcome {
        Cluster::cancel(self, session)
    }

    fn sequences(&self, session: SessionId) -> Vec<SequenceSummary> {
        Cluster::sequences(self, session)
    }

    fn checkpoint(&mut self) -> Result<(), String> {
        Cluster::checkpoint(self);
        Ok(())
    }

    fn crash_outcomes(&self) -> Result<Vec<Vec<StoredSequence>>, String> {
        if self.has_standby() {
            return Err("a crash of a server that has a standby".into());
        }
        match Cluster::crash(self).as_slice() {
            [] => {
                Err("a crash that PostgreSQL may not recover from: it follows a rollback of unlogged relations".into())
            }
            survivors => Ok(survivors.iter().map(|survivor| survivor.cluster.stored()).collect()),
        }
    }

    fn crash(&mut self, outcome: usize) -> ClauseSet {
        match Cluster::crash(self).into_iter().nth(outcome) {
            Some(survivor) => {
                *self = survivor.cluster;
                survivor.clauses
            }
            None => ClauseSet::default(),
        }
    }

    fn restart(&mut self) -> Result<(), String> {
        Cluster::restart(self)
    }

    fn stored(&self) -> Vec<StoredSequence> {
        Cluster::stored(self)
    }

    fn catch_up(&mut self) -> Result<(), String> {
        Cluster::catch_up(self)
    }

    fn promote(&mut self) -> Result<(), String> {
        Cluster::promote(self)
    }

    fn standby(&mut self) -> Option<&mut dyn Reference> {
        Cluster::standby(self).map(|standby| standby as &mut dyn Reference)
    }
}

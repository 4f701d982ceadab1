//! Sessions that wait: telling a wait from a slow reply, and following who goes on.

use super::record::{Observed, StepRecord};
use super::runner::{Runner, Stop};
use crate::compare::{self, Difference, Field};
use crate::implementation::{Implementation, Infrastructure, Received};
use seqcheck_engine::{Reply, SessionId};
use std::time::{Duration, Instant};

/// What a session turned out to do.
#[derive(Debug)]
pub(super) enum Answer {
    /// It replied.
    Replied(Reply),
    /// It waits for other sessions; the implementation said so.
    Waits,
}

/// The pauses between two questions whether a session waits: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_micros(100), Duration::from_millis(10));

impl Runner<'_> {
    /// Notes that both sides wait.
    pub(super) fn note_wait(&mut self, index: usize) {
        self.owe(self.steps[index].session, |session| {
            session.model_waits = Some(index);
            session.server_owes = Some(index);
        });
        self.records[index] = Some(StepRecord::agrees(Some(Observed::waits()), Some(Observed::waits())));
    }

    /// Confirms that the implementation waits, too.
    pub(super) fn take_wait(&mut self, index: usize) -> Result<(), Stop> {
        let session = self.steps[index].session;
        let answer = find_out(self.implementation, session, self.options.time_out)?;
        self.take_answer_of_waiting(index, answer)
    }

    /// Notes what came of a step that waits in the engine.
    pub(super) fn take_answer_of_waiting(&mut self, index: usize, answer: Answer) -> Result<(), Stop> {
        match answer {
            Answer::Waits => {
                self.note_wait(index);
                Ok(())
            }
            Answer::Replied(reply) => {
                self.owe(self.steps[index].session, |session| session.model_waits = Some(index));
                let server = Observed::reply(reply);
                self.records[index] = Some(StepRecord::agrees(Some(Observed::waits()), Some(server)));
                self.judge(index, index, vec![waiting_difference("a wait for other sessions", "a reply at once")])
            }
        }
    }

    /// Takes the replies of sessions that the last step woke, and sees those that went on with it wait again.
    pub(super) fn take_woken(&mut self, woken: Vec<(SessionId, Reply)>, wait_again: &[SessionId]) -> Result<(), Stop> {
        for (id, predicted) in woken {
            let Some((&number, session)) = self.sessions.iter_mut().find(|(_, session)| session.id == id) else {
                continue;
            };
            let Some(index) = session.model_waits else { continue };
            if session.server_owes.is_none() {
                // It did not wait, or woke too early: that was a divergence of its own.
                session.model_waits = None;
                self.note_woken(index, &predicted);
                continue;
            }
            let answer = self.expect_reply(number)?;
            self.take_resumed(number, index, &predicted, answer)?;
        }
        self.take_wait_again(wait_again)
    }

    /// Takes what came of a session after its wait, which the engine has ended with a reply.
    pub(super) fn take_resumed(
        &mut self,
        number: usize,
        index: usize,
        predicted: &Reply,
        answer: Answer,
    ) -> Result<(), Stop> {
        self.owe(number, |session| (session.model_waits, session.server_owes) = (None, None));
        self.note_woken(index, predicted);
        match answer {
            Answer::Replied(reply) => {
                let differences = compare::replies(self.level(index), predicted, &reply);
                self.note_later(index, reply);
                self.judge(index, self.last(), differences)
            }
            Answer::Waits => {
                self.owe(number, |session| session.server_owes = Some(index));
                let difference = waiting_difference("a reply after the wait", "a longer wait for other sessions");
                self.judge(index, self.last(), vec![difference])
            }
        }
    }

    fn note_woken(&mut self, index: usize, predicted: &Reply) {
        let waker = self.records.len().saturating_sub(1);
        self.run.woken.push((waker, index));
        if let Some(Observed { later, .. }) = self.records[index].as_mut().and_then(|record| record.model.as_mut()) {
            *later = Some(predicted.clone());
        }
    }

    /// Lets sessions that went on with the last step reach what they wait for now: later steps may ask for the same, and who
    /// comes first is served first.
    fn take_wait_again(&mut self, wait_again: &[SessionId]) -> Result<(), Stop> {
        for id in wait_again {
            let Some((&number, session)) = self.sessions.iter().find(|(_, session)| session.id == *id) else {
                continue;
            };
            let (Some(_), Some(index)) = (session.model_waits, session.server_owes) else { continue };
            self.see_wait(number, index)?;
        }
        Ok(())
    }

    /// Checks that sessions that should still wait are silent; takes late replies after a divergence.
    pub(super) fn check_silence(&mut self) -> Result<(), Stop> {
        let owing: Vec<(usize, usize)> =
            self.sessions.iter().filter_map(|(&number, session)| Some((number, session.server_owes?))).collect();
        for (number, index) in owing {
            if let Received::Done(reply) = self.implementation.receive(number, Instant::now())? {
                self.take_early(number, index, reply)?;
            }
        }
        Ok(())
    }

    /// At the end nothing comes after a wait that could give it away, so it is asked about.
    pub(super) fn check_last_waits(&mut self) -> Result<(), Stop> {
        let waiting: Vec<(usize, usize)> = self
            .sessions
            .iter()
            .filter(|(_, session)| session.model_waits.is_some())
            .filter_map(|(&number, session)| Some((number, session.server_owes?)))
            .collect();
        for (number, index) in waiting {
            self.see_wait(number, index)?;
        }
        Ok(())
    }

    /// Waits until a session that should wait does.
    fn see_wait(&mut self, number: usize, index: usize) -> Result<(), Stop> {
        match find_out(self.implementation, number, self.options.time_out)? {
            Answer::Replied(reply) => self.take_early(number, index, reply),
            Answer::Waits => Ok(()),
        }
    }

    /// Notes a reply that came although nothing should have woken the session.
    pub(super) fn take_early(&mut self, number: usize, index: usize, reply: Reply) -> Result<(), Stop> {
        self.note_later(index, reply);
        let Some(session) = self.sessions.get_mut(&number) else { return Ok(()) };
        session.server_owes = None;
        if session.model_waits.is_none() {
            // The divergence is known already: the implementation waited where the engine did not.
            return Ok(());
        }
        let difference = waiting_difference("a longer wait for other sessions", "a reply");
        self.judge(index, self.last_recorded(), vec![difference])
    }
}

/// Takes a reply that should come; asks whether the session waits once it is `slow`.
pub(super) fn expect_reply(
    implementation: &mut dyn Implementation,
    session: usize,
    slow: Duration,
    time_out: Duration,
) -> Result<Answer, Infrastructure> {
    if let Received::Done(reply) = implementation.receive(session, Instant::now() + slow)? {
        return Ok(Answer::Replied(reply));
    }
    find_out(implementation, session, time_out)
}

/// Finds out whether a session waits: looks for a reply and asks about locks in turn, until one of them is there.
pub(super) fn find_out(
    implementation: &mut dyn Implementation,
    session: usize,
    time_out: Duration,
) -> Result<Answer, Infrastructure> {
    let started = Instant::now();
    let mut pause = PAUSES.0;
    loop {
        if let Received::Done(reply) = implementation.receive(session, Instant::now())? {
            return Ok(Answer::Replied(reply));
        }
        if implementation.is_waiting(session)?.is_some() {
            // It may have been woken since it was asked about.
            return Ok(match implementation.receive(session, Instant::now())? {
                Received::Done(reply) => Answer::Replied(reply),
                Received::Pending => Answer::Waits,
            });
        }
        if started.elapsed() >= time_out {
            let who = format!("S{} of {}", session + 1, implementation.name());
            return Err(Infrastructure::TimedOut { who, after: time_out });
        }
        // Not a deadline for the reply: those of sockets are no finer than the system's clock ticks.
        std::thread::sleep(pause);
        pause = (pause * 2).min(PAUSES.1);
    }
}

pub(super) fn waiting_difference(expected: &str, actual: &str) -> Difference {
    Difference { field: Field::Waiting, result: None, expected: expected.into(), actual: actual.into() }
}

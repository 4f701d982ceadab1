//! Sessions that go on at the same time: every order that they may have gone on in, until the implementation shows which it
//! was.

use super::reference::{Connected, Reference};
use super::runner::{Runner, Stop, ends_a_wait};
use super::waiting::Answer;
use crate::compare;
use crate::implementation::Request;
use seqcheck_engine::{
    ClauseSet, Cluster, Message, Outcome, Progress, Reply, SequenceSummary, SessionId, Statement, StoredSequence,
};

/// How many states at most are followed at the same time.
const MOST_STATES: usize = 12;

const UNDECIDED: &str = "sessions that go on at the same time, in an order that shows";
const WHILE_OPEN: &str = "this, while it is open in which order sessions have gone on";

/// The engine in every state that it may be in: sessions that one step wakes go on in an order that nobody decides.
///
/// A single [`Cluster`] follows the likeliest order and says that it has lost track.
pub struct EveryOrder {
    /// At least one; the first is the likeliest.
    states: Vec<Cluster>,
    /// What the last step came to in each of them.
    outcomes: Vec<Outcome>,
}

impl EveryOrder {
    /// Follows a cluster from its state as it is.
    pub fn of(cluster: Cluster) -> EveryOrder {
        EveryOrder { states: vec![cluster], outcomes: Vec::new() }
    }

    /// Takes a step in every state, and tells what it came to in the first.
    fn step_all(&mut self, step: impl Fn(&mut Cluster) -> Outcome) -> Outcome {
        let mut all: Vec<(Cluster, Outcome)> = Vec::with_capacity(self.states.len());
        for mut state in std::mem::take(&mut self.states) {
            let mut outcome = step(&mut state);
            let others = state.other_orders();
            if !others.is_empty() {
                outcome.lost = None;
            }
            all.push((state, outcome));
            all.extend(others);
        }
        let is_unsupported = |outcome: &Outcome| matches!(outcome.progress, Progress::Unsupported(_));
        let unsupported = all.iter().filter(|(_, outcome)| is_unsupported(outcome)).count();
        let mut lost = all.iter().find_map(|(_, outcome)| outcome.lost.clone());
        if all.len() > MOST_STATES || unsupported > 0 && unsupported < all.len() {
            lost.get_or_insert_with(|| UNDECIDED.to_owned());
        }
        if lost.is_some() {
            all.truncate(1);
        }
        (self.states, self.outcomes) = all.into_iter().unzip();
        let mut first =
            self.outcomes.first().cloned().unwrap_or_else(|| Outcome::new(Progress::Done(Reply::default())));
        first.lost = lost;
        first
    }

    /// Does in every state what must come to the same in all of them.
    fn alike<T: PartialEq>(&mut self, act: impl Fn(&mut Cluster) -> T) -> Result<T, String> {
        let mut results = self.states.iter_mut().map(act);
        let Some(first) = results.next() else { return Err(WHILE_OPEN.to_owned()) };
        match results.all(|other| other == first) {
            true => Ok(first),
            false => Err(WHILE_OPEN.to_owned()),
        }
    }

    fn ending(&mut self, end: impl Fn(&mut Cluster) -> Outcome) -> Outcome {
        self.outcomes.clear();
        let outcomes: Vec<Outcome> = self.states.iter_mut().map(end).collect();
        let differ = outcomes.windows(2).any(|pair| !come_to_the_same(&pair[0], &pair[1]));
        let first = outcomes.into_iter().next();
        let mut first = first.unwrap_or_else(|| Outcome::new(Progress::Done(Reply::default())));
        if differ {
            first.lost.get_or_insert_with(|| UNDECIDED.to_owned());
        }
        first
    }

    /// The one state, if there is but one.
    fn only(&mut self) -> Result<&mut Cluster, String> {
        match self.states.as_mut_slice() {
            [state] => Ok(state),
            _ => Err(WHILE_OPEN.to_owned()),
        }
    }
}

/// Whether two outcomes look alike to everybody outside.
fn come_to_the_same(one: &Outcome, other: &Outcome) -> bool {
    let woken = |outcome: &Outcome| {
        let mut woken = outcome.woken.clone();
        woken.sort_by_key(|(id, _)| *id);
        woken
    };
    let again = |outcome: &Outcome| {
        let mut again: Vec<SessionId> = outcome.wait_again.clone();
        again.sort_unstable();
        again
    };
    let is_wait = |outcome: &Outcome| matches!(outcome.progress, Progress::Waits { .. });
    (one.progress == other.progress || is_wait(one) && is_wait(other))
        && woken(one) == woken(other)
        && again(one) == again(other)
        && one.lost == other.lost
}

impl Reference for EveryOrder {
    fn connect(&mut self, role: Option<&str>) -> Connected {
        match self.alike(|state| Reference::connect(state, role)) {
            Ok(connected) => connected,
            Err(what) => Connected::Unsupported(what),
        }
    }

    fn disconnect(&mut self, session: SessionId) -> Outcome {
        self.ending(|state| state.disconnect(session))
    }

    fn step(&mut self, session: SessionId, statements: &[Statement]) -> Outcome {
        self.step_all(|state| state.step(session, statements))
    }

    fn fail(&mut self, session: SessionId, message: Message) -> Outcome {
        self.step_all(|state| state.fail(session, message.clone()))
    }

    fn cancel(&mut self, session: SessionId) -> Outcome {
        self.ending(|state| state.cancel(session))
    }

    fn other_outcomes(&mut self) -> Vec<Outcome> {
        match self.outcomes.windows(2).all(|pair| come_to_the_same(&pair[0], &pair[1])) {
            true => Vec::new(),
            false => self.outcomes[1..].to_vec(),
        }
    }

    fn settle(&mut self, kept: &[usize]) {
        let mut place = 0;
        self.states.retain(|_| {
            place += 1;
            kept.contains(&(place - 1))
        });
        self.outcomes.clear();
    }

    fn sequences(&self, session: SessionId) -> Vec<SequenceSummary> {
        self.states.first().map_or_else(Vec::new, |state| state.sequences(session))
    }

    fn checkpoint(&mut self) -> Result<(), String> {
        self.states.iter_mut().try_for_each(Reference::checkpoint)
    }

    fn crash_outcomes(&self) -> Result<Vec<Vec<StoredSequence>>, String> {
        match self.states.as_slice() {
            [state] => Reference::crash_outcomes(state),
            _ => Err(WHILE_OPEN.to_owned()),
        }
    }

    fn crash(&mut self, outcome: usize) -> ClauseSet {
        self.only().map_or_else(|_| ClauseSet::default(), |state| Reference::crash(state, outcome))
    }

    fn stored(&self) -> Vec<StoredSequence> {
        self.states.first().map_or_else(Vec::new, Cluster::stored)
    }

    fn restart(&mut self) -> Result<(), String> {
        self.only().and_then(Reference::restart)
    }

    fn catch_up(&mut self) -> Result<(), String> {
        self.only().and_then(Reference::catch_up)
    }

    fn promote(&mut self) -> Result<(), String> {
        self.only().and_then(Reference::promote)
    }

    fn standby(&mut self) -> Option<&mut dyn Reference> {
        self.only().ok().and_then(Reference::standby)
    }
}

impl Runner<'_> {
    /// Runs a query that may come to several things, and finds out to which it came.
    pub(super) fn query_in_some_order(
        &mut self,
        index: usize,
        request: Request<'_>,
        outcomes: &[Outcome],
    ) -> Result<(), Stop> {
        self.flush()?;
        let is_followed = |outcome: &Outcome| {
            outcome.lost.is_none() && !outcome.found_deadlock && !ends_a_wait(&outcome.progress, &outcome.woken)
        };
        if !outcomes.iter().all(is_followed) {
            return Err(self.lose_track(index, UNDECIDED));
        }
        let session = self.steps[index].session;
        let waits = |outcome: &Outcome| matches!(outcome.progress, Progress::Waits { .. });
        if outcomes.iter().any(waits) {
            self.implementation.expect_wait(session, false)?;
        }
        self.implementation.send(session, request)?;
        let answer = self.expect_reply(session)?;
        let level = self.level(index);
        let mut left: Vec<usize> = (0..outcomes.len())
            .filter(|place| match (&outcomes[*place].progress, &answer) {
                (Progress::Done(reply), Answer::Replied(actual)) => compare::replies(level, reply, actual).is_empty(),
                (Progress::Waits { .. }, Answer::Waits) => true,
                _ => false,
            })
            .collect();
        let mut answers: Vec<(SessionId, Answer)> = Vec::new();
        for id in concerned(outcomes) {
            let found = self.sessions.iter().find(|(_, session)| session.id == id);
            let Some((&number, session)) = found else { continue };
            let (Some(waited), Some(_)) = (session.model_waits, session.server_owes) else { continue };
            let answer = self.expect_reply(number)?;
            let level = self.level(waited);
            left.retain(|place| {
                let predicted = outcomes[*place].woken.iter().find(|(woken, _)| *woken == id);
                match (predicted, &answer) {
                    (Some((_, reply)), Answer::Replied(actual)) => compare::replies(level, reply, actual).is_empty(),
                    (None, Answer::Waits) => true,
                    _ => false,
                }
            });
            answers.push((id, answer));
        }
        // Where nothing fits, the first is what is told of.
        let chosen = &outcomes[left.first().copied().unwrap_or_default()];
        if !left.is_empty() {
            self.reference.settle(&left);
        }
        match &chosen.progress {
            Progress::Done(predicted) => self.take_answer(index, predicted.clone(), answer)?,
            _ => self.take_answer_of_waiting(index, answer)?,
        }
        for (id, answer) in answers {
            let found = self.sessions.iter().find(|(_, session)| session.id == id);
            let Some((&number, session)) = found else { continue };
            let Some(waited) = session.model_waits else { continue };
            match (chosen.woken.iter().find(|(woken, _)| *woken == id), answer) {
                (Some((_, predicted)), answer) => self.take_resumed(number, waited, predicted, answer)?,
                (None, Answer::Replied(reply)) => self.take_early(number, waited, reply)?,
                (None, Answer::Waits) => {}
            }
        }
        Ok(())
    }
}

/// The sessions that went on in some order, those of the first in its order.
fn concerned(outcomes: &[Outcome]) -> Vec<SessionId> {
    let mut ids = Vec::new();
    for id in outcomes.iter().flat_map(|one| one.woken.iter().map(|(id, _)| *id).chain(one.wait_again.iter().copied()))
    {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

//! Who goes on when a step is over.

use std::slice::from_ref;

use super::{Cluster, Outcome, Progress, SessionId};
use crate::catalog::CommitNumber;
use crate::catalog::View;
use crate::execute::Execution;
use crate::lock::{Found, Request, Target};
use crate::reply::Reply;
use crate::session::Awaited;
use crate::statement::Statement;

impl Cluster {
    /// Whether a session waits for something that another one waits for, too, such that both may get it at once. In which
    /// order they then go on is nobody's to say.
    pub fn may_race(&self, session: SessionId) -> bool {
        let waiting = |id: SessionId| {
            let request = self.shared.locks.request_of(id)?;
            let session = self.sessions.get(id.0 as usize)?.as_ref()?;
            let awaited = session.awaited.clone();
            Some(Resumed { request, awaited, only_queries: false, let_go: false, failed: false })
        };
        let Some(own) = waiting(session) else { return false };
        let others = self.sessions.iter().flatten().map(|other| other.id).filter(|id| *id != session);
        others.filter_map(waiting).any(|other| own.may_race(&other))
    }

    /// Resumes, in the order in which their locks were granted, every session that need not wait any longer.
    pub(super) fn wake(&mut self, outcome: &mut Outcome) {
        if !self.wakes_others() {
            return;
        }
        // One that goes on may let others go on that still wait.
        let before = (self.shared.locks.count_waiting() > 1).then(|| (self.clone(), outcome.clone()));
        let resumed = self.resume_all(outcome, Preference::InOrder(&[]));
        let Some((before, begun)) = before.filter(|_| resumed.len() > 1) else { return };
        let race = resumed.iter().enumerate().any(|(index, one)| resumed[..index].iter().any(|two| one.may_race(two)));
        if race && !resumed.iter().all(|one| one.only_queries) || !self.comes_out_alike(&before, &resumed, outcome) {
            let reason = "sessions that go on at the same time, in an order that shows";
            if outcome.lost.is_none() {
                outcome.lost = Some(reason.to_owned());
                let mut sessions: Vec<SessionId> = Vec::with_capacity(resumed.len());
                for one in &resumed {
                    if !sessions.contains(&one.request.session) {
                        sessions.push(one.request.session);
                    }
                }
                self.keep_undecided(before, begun, sessions);
            }
        }
    }

    pub(super) fn resume_all(&mut self, outcome: &mut Outcome, preference: Preference<'_>) -> Vec<Resumed> {
        let mut resumed: Vec<Resumed> = Vec::new();
        let commits = self.shared.commits;
        while let Some(request) = self.next_to_resume(preference) {
            let session = self.sessions.get(request.session.0 as usize).and_then(Option::as_ref);
            let awaited = session.and_then(|session| session.awaited.clone());
            let pending = session.and_then(|session| session.pending.as_ref());
            let only_queries = pending.is_some_and(|pending| {
                pending.part.is_none()
                    && pending.statements.iter().all(|statement| matches!(statement, Statement::Query(_)))
            });
            self.resume(request.session, outcome);
            let let_go = self.shared.locks.take_let_go(request.session, request.target);
            if let Some(session) = self.sessions.get_mut(request.session.0 as usize).and_then(Option::as_mut) {
                // What others commit that go on at the same time it may not have taken note of.
                session.names_known_until = session.names_known_until.min(commits);
            }
            let failed =
                outcome.woken.last().is_some_and(|(id, reply)| *id == request.session && reply.error.is_some());
            resumed.push(Resumed { request, awaited, only_queries, let_go, failed });
        }
        resumed
    }

    /// Whether sessions that go on side by side give the same replies, and leave the same, when each of them in turn goes on
    /// as early and as late as it can: whichever two of them meet somewhere have then come there in both orders.
    fn comes_out_alike(&self, before: &Cluster, resumed: &[Resumed], outcome: &Outcome) -> bool {
        let sessions = resumed.iter().map(|one| &one.request.session);
        sessions.flat_map(|id| [Preference::InOrder(from_ref(id)), Preference::Last(*id)]).all(|preference| {
            let mut cluster = before.clone();
            let mut other = Outcome::new(Progress::Done(Reply::default()));
            cluster.resume_all(&mut other, preference);
            other.lost.is_none() && self.came_out_as(&cluster, outcome, &other)
        })
    }

    /// Whether two orders of the same events have left the same and given the same replies.
    pub(super) fn came_out_as(&self, other: &Cluster, outcome: &Outcome, other_outcome: &Outcome) -> bool {
        let mut sessions = self.sessions.iter().zip(&other.sessions);
        let remember_alike = sessions.all(|pair| match pair {
            (Some(one), Some(two)) => one.caches.give_the_same(&two.caches),
            (one, two) => one.is_none() == two.is_none(),
        });
        remember_alike
            && other.stored() == self.stored()
            && other_outcome.woken.len() == outcome.woken.len()
            && other_outcome.woken.iter().all(|reply| outcome.woken.contains(reply))
    }

    /// Whether some session need not wait any longer.
    pub(super) fn wakes_others(&self) -> bool {
        !self.free_to_go_on().is_empty()
    }

    /// What sessions have waited for that need not wait any longer.
    fn free_to_go_on(&self) -> Vec<Request> {
        let mut free = self.shared.locks.granted().to_vec();
        let waiting = self.shared.locks.waiting_for_transactions();
        free.extend(waiting.into_iter().filter(|request| !self.still_decides(request)));
        free
    }

    fn next_to_resume(&mut self, preference: Preference<'_>) -> Option<Request> {
        let free = self.free_to_go_on();
        let preferred = match preference {
            Preference::Last(id) => free.iter().find(|request| request.session != id),
            Preference::InOrder(sessions) => {
                let place = |request: &&Request| sessions.iter().position(|id| *id == request.session);
                free.iter().min_by_key(|request| place(request).unwrap_or(usize::MAX))
            }
        };
        let request = preferred.or(free.first()).copied()?;
        self.shared.locks.take_granted(request.session);
        Some(request)
    }

    /// Whether the transaction that a session waits for can still decide what that one waits to know.
    fn still_decides(&self, request: &Request) -> bool {
        let Some(session) = self.sessions.get(request.session.0 as usize).and_then(Option::as_ref) else {
            return false;
        };
        let view = View { session: session.id, until: CommitNumber::MAX };
        let owner = match &session.awaited {
            Some(Awaited::Relation(schema, name)) => self.shared.catalog.uncommitted_namesake(*schema, name, view),
            Some(Awaited::Schema(name)) => self.shared.catalog.uncommitted_schema(name, view),
            Some(Awaited::Row(storage, slot)) => self.shared.catalog.row_undecided_by(*storage, *slot, session.id),
            None => None,
        };
        owner.is_some_and(|owner| request.target == Target::Transaction(owner))
    }

    fn resume(&mut self, id: SessionId, outcome: &mut Outcome) {
        let Some(session) = self.sessions.get_mut(id.0 as usize).and_then(Option::as_mut) else { return };
        let Some(pending) = session.pending.take() else { return };
        let progress = Execution::new(&mut self.shared, session, &mut outcome.clauses).resume(pending);
        self.shared.locks.drop_unused(id);
        match progress {
            Progress::Done(reply) => outcome.woken.push((id, reply)),
            Progress::Waits { .. } => {
                outcome.wait_again.push(id);
                if self.shared.locks.find_deadlock(id) != Found::Nothing {
                    outcome.lost = Some("a deadlock that a session closes after it has waited".to_owned());
                }
            }
            Progress::Unsupported(reason) => outcome.lost = Some(reason),
        }
    }
}

/// Which of the sessions that are free at the same time goes on next.
#[derive(Clone, Copy)]
pub(super) enum Preference<'s> {
    /// These in their order, then the others as their locks were granted.
    InOrder(&'s [SessionId]),
    /// Any but this one.
    Last(SessionId),
}

/// A session that has gone on, and what for it had waited.
pub(super) struct Resumed {
    request: Request,
    awaited: Option<Awaited>,
    /// Whether its query does nothing but call functions and read.
    only_queries: bool,
    /// Whether what it had waited for was not what it looked for any more, so that it let the lock go and looked again.
    let_go: bool,
    /// Whether its statement then failed.
    failed: bool,
}

impl Resumed {
    /// Whether two sessions that one step wakes run side by side on the same thing: what they waited for is free for both
    /// at once. Whoever waited for a transaction waited for the sake of something else. For a key it goes one after the
    /// other.
    fn may_race(&self, other: &Resumed) -> bool {
        match (self.request.target, other.request.target) {
            (Target::Transaction(_), Target::Transaction(_)) => {
                self.awaited == other.awaited && !matches!(self.awaited, Some(Awaited::Row(..)))
            }
            (one, two) => {
                let side_by_side = !self.request.mode.conflicts(other.request.mode);
                one == two && (side_by_side || self.let_go && !(self.failed && other.failed))
            }
        }
    }
}

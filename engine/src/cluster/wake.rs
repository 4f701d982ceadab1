//! Who waits for whom, and who goes on when a step is over.

use super::{Cluster, Outcome, Progress, SessionId};
use crate::catalog::Oid;
use crate::execute::Execution;
use crate::lock::Mode;
use crate::reply::Reply;

impl Cluster {
    /// Whether `waiter` waits, directly or through others, for `target`.
    pub(super) fn waits_for(&self, waiter: SessionId, target: SessionId, seen: &mut Vec<SessionId>) -> bool {
        let Some(pending) = self.sessions[waiter.0 as usize].as_ref().and_then(|session| session.pending.as_ref())
        else {
            return false;
        };
        pending.blockers.iter().any(|blocker| {
            *blocker == target
                || (!seen.contains(blocker) && {
                    seen.push(*blocker);
                    self.waits_for(*blocker, target, seen)
                })
        })
    }

    /// Resumes, in order of arrival, every session whose locks have become free, until none is left.
    pub(super) fn wake(&mut self, outcome: &mut Outcome) {
        let mut requests = Vec::new();
        for session in self.sessions.iter().flatten().filter(|session| session.pending.is_some()) {
            requests.push((session.id, self.shared.locks.request_of(session.id)));
        }
        while let Some(woken) = self.wake_one(outcome) {
            outcome.woken.push(woken);
        }
        let is_woken = |id: &SessionId| outcome.woken.iter().any(|(woken, _)| woken == id);
        let woken: Vec<_> = requests.iter().filter(|(id, _)| is_woken(id)).map(|(_, request)| request).collect();
        let race = woken.iter().enumerate().any(|(index, one)| woken[..index].iter().any(|other| may_race(one, other)));
        if race {
            let reason = "sessions that waited for the same and go on at the same time, in whatever order";
            outcome.lost.get_or_insert_with(|| reason.to_owned());
        }
    }

    fn wake_one(&mut self, outcome: &mut Outcome) -> Option<(SessionId, Reply)> {
        let mut waiting: Vec<(u64, usize)> = self
            .sessions
            .iter()
            .enumerate()
            .filter_map(|(index, session)| Some((session.as_ref()?.pending.as_ref()?.arrival, index)))
            .collect();
        waiting.sort_unstable();
        for (arrival, index) in waiting {
            let session = self.sessions[index].as_mut()?;
            let pending = session.pending.take()?;
            let mut execution = Execution::new(&mut self.shared, session, &mut outcome.clauses);
            match execution.resume(pending) {
                Progress::Done(reply) => return Some((SessionId(index as u32), reply)),
                Progress::Waits { .. } => {
                    if let Some(pending) = &mut session.pending {
                        pending.arrival = arrival;
                    }
                }
                Progress::Unsupported(reason) => outcome.lost = Some(reason),
            }
        }
        None
    }
}

/// Whether two sessions that one step wakes run side by side on the same thing: what they waited for is free for both at
/// once. Without a lock they waited for somebody's transaction, for the sake of a name.
fn may_race(one: &Option<(Oid, Mode)>, other: &Option<(Oid, Mode)>) -> bool {
    match (one, other) {
        (Some((relation, mode)), Some((other, other_mode))) => relation == other && !mode.conflicts(*other_mode),
        (None, None) => true,
        _ => false,
    }
}

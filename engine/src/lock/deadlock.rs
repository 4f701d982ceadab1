//! Sessions that wait for each other in a circle (manual, "Deadlocks"; the server's README on its lock manager).
//!
//! A session waits for those that hold what it asks for, and for those before it in the queue that ask for what
//! conflicts. The second kind of waiting is a matter of order alone: where a circle has such an edge, a server tries
//! whether another order of the queue resolves it, before it lets anybody fail.

use super::{LockMode, LockTable, Request, Target};
use crate::cluster::SessionId;

/// One session that waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    /// What is waited for.
    pub(crate) target: Target,
    /// Who waits.
    pub(crate) waiter: SessionId,
    pub(crate) mode: LockMode,
    /// Who must go first.
    pub(crate) blocker: SessionId,
    /// Whether the blocker itself only waits, before the waiter in the queue.
    is_soft: bool,
}

/// A circle, from the session that found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deadlock {
    pub(crate) edges: Vec<Edge>,
}

impl Deadlock {
    /// Two requests for the same target, each in the way of the other.
    pub(super) fn between(one: Request, other: Request) -> Deadlock {
        let edge = |waiter: Request, blocker: Request| Edge {
            target: waiter.target,
            waiter: waiter.session,
            mode: waiter.mode,
            blocker: blocker.session,
            is_soft: false,
        };
        Deadlock { edges: vec![edge(one, other), edge(other, one)] }
    }
}

/// What a look for deadlocks has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing: the session waits for somebody who can go on.
    Nothing,
    /// A circle that another order of the queues has resolved; sessions may have been granted their locks.
    Resolved,
    /// A circle that only a failure can break.
    Deadlock(Deadlock),
    /// One of several circles, or ways out of them: which one is met first depends on the order of those that hold a
    /// lock. Most of them hold it on a fast path of their own, from which they come into the table of locks in the order of
    /// the server's processes when somebody asks for a strong lock.
    Ambiguous,
}

/// In which order the holders of a lock are visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HolderOrder {
    OldestFirst,
    NewestFirst,
}

/// That one waiter is to go before another.
type Constraint = (Request, Request);

impl LockTable {
    /// Looks, as a waiting session does once its `deadlock_timeout` is over, for a circle that it is part of.
    pub(crate) fn find_deadlock(&mut self, session: SessionId) -> Found {
        let mut constraints = Vec::new();
        let found = self.search(session, &mut constraints, HolderOrder::OldestFirst);
        if found != self.search(session, &mut Vec::new(), HolderOrder::NewestFirst) {
            return Found::Ambiguous;
        }
        match found {
            Err(deadlock) => Found::Deadlock(deadlock),
            Ok(None) => Found::Nothing,
            Ok(Some(order)) => {
                self.queue = order;
                let mut targets: Vec<Target> = constraints.iter().map(|(first, _)| first.target).collect();
                targets.dedup();
                targets.into_iter().for_each(|target| self.grant(target));
                Found::Resolved
            }
        }
    }

    /// Tries the constraints, and more of them where circles remain. Returns the queue that leaves none, if it is another
    /// one.
    fn search(
        &self,
        start: SessionId,
        constraints: &mut Vec<Constraint>,
        holders: HolderOrder,
    ) -> Result<Option<Vec<Request>>, Deadlock> {
        let no_order = || Deadlock { edges: Vec::new() };
        let queue = ordered(&self.queue, constraints).ok_or_else(no_order)?;
        let starts = constraints.iter().flat_map(|(one, other)| [one.session, other.session]).chain([start]);
        let mut circle = None;
        for from in starts {
            if let Some(found) = self.circle_from(from, &queue, holders) {
                if !found.edges.iter().any(|edge| edge.is_soft) {
                    return Err(found);
                }
                circle = Some(found);
            }
        }
        let Some(circle) = circle else {
            return Ok((!constraints.is_empty()).then_some(queue));
        };
        let mut hard = circle.clone();
        // From the far end of the circle, as servers do: which order they come to is to be seen in who goes on.
        for edge in circle.edges.iter().rev().filter(|edge| edge.is_soft) {
            let request = |session| queue.iter().find(|request| request.session == session).copied();
            let (Some(waiter), Some(blocker)) = (request(edge.waiter), request(edge.blocker)) else { continue };
            constraints.push((waiter, blocker));
            match self.search(start, constraints, holders) {
                Ok(order) => return Ok(order),
                Err(found) if !found.edges.is_empty() => hard = found,
                Err(_) => {}
            }
            constraints.pop();
        }
        Err(hard)
    }

    /// A circle through `start` in the graph that a queue makes.
    fn circle_from(&self, start: SessionId, queue: &[Request], holders: HolderOrder) -> Option<Deadlock> {
        let mut path = Vec::new();
        self.walk(start, (start, holders), queue, &mut Vec::new(), &mut path).then_some(Deadlock { edges: path })
    }

    fn walk(
        &self,
        at: SessionId,
        (start, holders): (SessionId, HolderOrder),
        queue: &[Request],
        seen: &mut Vec<SessionId>,
        path: &mut Vec<Edge>,
    ) -> bool {
        if seen.contains(&at) {
            return at == start;
        }
        seen.push(at);
        let Some(position) = queue.iter().position(|request| request.session == at) else { return false };
        let request = queue[position];
        let mut hard: Vec<(SessionId, bool)> = self.holders(&request).map(|blocker| (blocker, false)).collect();
        if holders == HolderOrder::NewestFirst {
            hard.reverse();
        }
        let soft = queue[..position]
            .iter()
            .filter(|other| other.target == request.target && other.mode.conflicts(request.mode))
            .map(|other| (other.session, true));
        for (blocker, is_soft) in hard.into_iter().chain(soft) {
            path.push(Edge { target: request.target, waiter: at, mode: request.mode, blocker, is_soft });
            if self.walk(blocker, (start, holders), queue, seen, path) {
                return true;
            }
            path.pop();
        }
        false
    }
}

/// The queue with its order changed as little as the constraints allow, if they allow any.
///
/// The order is built from the end: the last request that need not go before any that is still left comes last.
fn ordered(queue: &[Request], constraints: &[Constraint]) -> Option<Vec<Request>> {
    let mut left = queue.to_vec();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let must_precede = |request: &Request| {
            constraints.iter().any(|(first, second)| {
                first.session == request.session && left.iter().any(|other| other.session == second.session)
            })
        };
        let last = left.iter().rposition(|request| !must_precede(request))?;
        order.push(left.remove(last));
    }
    order.reverse();
    Some(order)
}

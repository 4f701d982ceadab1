//! Which locks sessions hold on relations, and who has to wait (manual, "Table-Level Locks").

use crate::catalog::Oid;
use crate::cluster::SessionId;

/// The lock modes that the modelled statements take, from weak to strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Mode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    AccessExclusive,
}

impl Mode {
    /// Whether two sessions cannot hold these modes on one relation at once.
    pub(crate) fn conflicts(self, other: Mode) -> bool {
        use Mode::{AccessExclusive, RowExclusive, Share, ShareRowExclusive, ShareUpdateExclusive};
        matches!(
            (self.min(other), self.max(other)),
            (_, AccessExclusive)
                | (RowExclusive | ShareUpdateExclusive | Share | ShareRowExclusive, ShareRowExclusive)
                | (RowExclusive | ShareUpdateExclusive, Share)
                | (ShareUpdateExclusive, ShareUpdateExclusive)
        )
    }
}

/// One lock that a session holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    relation: Oid,
    session: SessionId,
    mode: Mode,
    /// The subtransaction that took it, counted from 0 for the transaction itself.
    depth: usize,
}

/// All locks of a cluster.
#[derive(Debug, Clone, Default)]
pub(crate) struct LockTable {
    held: Vec<Held>,
    waiting: Vec<Request>,
}

/// A lock that a session waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Request {
    relation: Oid,
    session: SessionId,
    mode: Mode,
}

impl LockTable {
    /// Takes a lock for a session, or names the sessions in the way. False when the session holds it already.
    pub(crate) fn acquire(
        &mut self,
        session: SessionId,
        relation: Oid,
        mode: Mode,
        depth: usize,
    ) -> Result<bool, Vec<SessionId>> {
        let mut blockers = Vec::new();
        for held in self.held.iter_mut().filter(|held| held.relation == relation) {
            if held.session == session {
                if held.mode == mode {
                    // Whoever asks for it further out keeps it when the savepoint that has it ends.
                    held.depth = held.depth.min(depth);
                    return Ok(false);
                }
            } else if held.mode.conflicts(mode) && !blockers.contains(&held.session) {
                blockers.push(held.session);
            }
        }
        if !blockers.is_empty() {
            return Err(blockers);
        }
        self.held.push(Held { relation, session, mode, depth });
        Ok(true)
    }

    /// Whether a session that has no lock on the relation yet asks for one that conflicts with what another session
    /// already waits for: PostgreSQL lets nobody pass.
    pub(crate) fn is_behind_others(&self, session: SessionId, relation: Oid, mode: Mode) -> bool {
        let on_relation = |request: &&Request| request.relation == relation && request.session != session;
        self.waiting.iter().filter(on_relation).any(|request| request.mode.conflicts(mode))
            && !self.held.iter().any(|held| held.relation == relation && held.session == session)
    }

    /// Notes what a session waits for.
    pub(crate) fn wait(&mut self, session: SessionId, relation: Oid, mode: Mode) {
        self.waiting.push(Request { relation, session, mode });
    }

    /// What a session waits for: a lock on this relation.
    pub(crate) fn request_of(&self, session: SessionId) -> Option<(Oid, Mode)> {
        self.waiting.iter().find(|request| request.session == session).map(|request| (request.relation, request.mode))
    }

    /// A session waits no more.
    pub(crate) fn stop_waiting(&mut self, session: SessionId) {
        self.waiting.retain(|request| request.session != session);
    }

    /// How many locks are held.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// Gives back the newest locks, down to the `length` oldest.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.held.truncate(length);
    }

    /// Gives back the locks that a session took in subtransactions of at least this depth; 0 means all.
    pub(crate) fn release(&mut self, session: SessionId, depth: usize) {
        self.held.retain(|held| held.session != session || held.depth < depth);
    }

    /// A released savepoint's locks belong to the subtransaction around it.
    pub(crate) fn hand_up(&mut self, session: SessionId, depth: usize) {
        for held in &mut self.held {
            if held.session == session && held.depth > depth {
                held.depth = depth;
            }
        }
    }
}

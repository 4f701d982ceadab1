//! Which locks sessions hold, who has to wait, and who goes on when locks are given back (manual, "Table-Level Locks").
//!
//! PostgreSQL keeps one queue for each object. A request joins it when it conflicts with what others hold, or with what
//! others already wait for: nobody passes. The exception is a session that holds a lock on the object which somebody in
//! the queue waits for: it goes before that one, since it would otherwise wait for itself. A release looks at the queue
//! from its front and grants what conflicts neither with what is held nor with what stays in front.

mod deadlock;
mod mode;

pub(crate) use deadlock::{Deadlock, Found};
pub use mode::LockMode;

use crate::catalog::{Oid, StorageId};
use crate::cluster::SessionId;
use crate::quirk::{Quirk, QuirkSet};

/// What a lock is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A relation or a schema.
    Object(Oid),
    /// A transaction, which every session may wait for and only its own holds.
    Transaction(SessionId),
    /// The rows of a table, for which nobody waits.
    Rows(StorageId),
}

/// One lock that a session holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    target: Target,
    session: SessionId,
    mode: LockMode,
    /// The subtransaction that took it, counted from 0 for the transaction itself.
    depth: usize,
    /// Whether a release granted it to a session that waited and has not gone on yet.
    is_fresh: bool,
}

/// A lock that a session waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) target: Target,
    pub(crate) session: SessionId,
    pub(crate) mode: LockMode,
    depth: usize,
}

/// Why a lock is not granted at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The request is in the queue; these sessions are in its way.
    Waits(Vec<SessionId>),
    /// Somebody in the queue waits for this session, which would wait for that one: no time-out need pass to see it.
    Deadlock(Deadlock),
}

/// All locks of a cluster.
#[derive(Debug, Clone, Default)]
pub(crate) struct LockTable {
    held: Vec<Held>,
    /// All queues in one: the order counts among requests for the same target.
    queue: Vec<Request>,
    /// Sessions whose request was granted and that have not gone on yet, in the order of the grants.
    granted: Vec<Request>,
    /// What sessions were granted, and let go as soon as they found that it is not what they look for any more.
    let_go: Vec<(SessionId, Target)>,
    quirks: QuirkSet,
}

impl LockTable {
    /// No locks at all.
    pub(crate) fn new(quirks: QuirkSet) -> LockTable {
        LockTable { quirks, ..LockTable::default() }
    }

    /// Takes a lock for a session, or joins the queue. False when the session holds it already.
    pub(crate) fn acquire(
        &mut self,
        session: SessionId,
        target: Target,
        mode: LockMode,
        depth: usize,
    ) -> Result<bool, Refused> {
        let own =
            self.held.iter_mut().find(|held| held.target == target && held.session == session && held.mode == mode);
        if let Some(own) = own {
            // Whoever asks for it further out keeps it when the savepoint that has it ends.
            own.depth = own.depth.min(depth);
            return Ok(std::mem::take(&mut own.is_fresh));
        }
        let request = Request { target, session, mode, depth };
        if !self.is_waited_for(target, mode) && self.is_free(&request) {
            self.hold(&request, false);
            return Ok(true);
        }
        match self.place_in_queue(&request) {
            Place::Now => {
                self.hold(&request, false);
                Ok(true)
            }
            Place::At(position) => {
                self.queue.insert(position, request);
                Err(Refused::Waits(self.blockers(&request)))
            }
            Place::Deadlock(other) => Err(Refused::Deadlock(Deadlock::between(request, other))),
        }
    }

    /// Takes a lock, or says that it would have to wait (`NOWAIT`). `passes_waiters` tells whether it may go before those
    /// who wait for this session.
    pub(crate) fn try_acquire(
        &mut self,
        session: SessionId,
        target: Target,
        mode: LockMode,
        depth: usize,
        passes_waiters: bool,
    ) -> bool {
        let is_held = self.modes(session, target).any(|held| held == mode);
        if !is_held && !passes_waiters && self.is_waited_for(target, mode) {
            return false;
        }
        let queue = self.queue.len();
        let acquired = self.acquire(session, target, mode, depth);
        if self.queue.len() > queue {
            self.queue.retain(|request| request.session != session);
        }
        acquired.is_ok()
    }

    /// Waits for another session's transaction.
    pub(crate) fn wait_for_transaction(&mut self, session: SessionId, other: SessionId) {
        let (target, mode) = (Target::Transaction(other), LockMode::Share);
        self.queue.push(Request { target, session, mode, depth: 0 });
    }

    /// Whether somebody waits for what conflicts with a mode.
    fn is_waited_for(&self, target: Target, mode: LockMode) -> bool {
        let is_in_its_way = |other: &Request| other.target == target && other.mode.conflicts(mode);
        !self.quirks.contains(Quirk::QueuePassed) && self.queue.iter().any(is_in_its_way)
    }

    /// Where a request that cannot be granted simply joins its queue.
    fn place_in_queue(&self, request: &Request) -> Place {
        let own: Vec<LockMode> = self.modes(request.session, request.target).collect();
        let mut ahead = Vec::new();
        for (position, other) in self.queue.iter().enumerate().filter(|(_, other)| other.target == request.target) {
            if own.iter().any(|mode| mode.conflicts(other.mode)) {
                if self.modes(other.session, other.target).any(|mode| mode.conflicts(request.mode)) {
                    return Place::Deadlock(*other);
                }
                let passes = !ahead.iter().any(|mode: &LockMode| mode.conflicts(request.mode));
                return if passes && self.is_free(request) { Place::Now } else { Place::At(position) };
            }
            ahead.push(other.mode);
        }
        Place::At(if self.quirks.contains(Quirk::QueueBackwards) { 0 } else { self.queue.len() })
    }

    fn modes(&self, session: SessionId, target: Target) -> impl Iterator<Item = LockMode> {
        self.held.iter().filter(move |held| held.target == target && held.session == session).map(|held| held.mode)
    }

    /// Whether a session that asked for a lock on an object would have to wait.
    pub(crate) fn would_wait(&self, session: SessionId, object: Oid, mode: LockMode) -> bool {
        let target = Target::Object(object);
        let request = Request { target, session, mode, depth: 0 };
        let is_held = self.modes(session, target).any(|held| held == mode);
        !is_held && (self.is_waited_for(target, mode) || !self.is_free(&request))
    }

    /// Whether no other session holds what conflicts with a request.
    fn is_free(&self, request: &Request) -> bool {
        self.holders(request).next().is_none()
    }

    /// The sessions that hold what conflicts with a request.
    fn holders(&self, request: &Request) -> impl Iterator<Item = SessionId> {
        let Request { target, session, mode, .. } = *request;
        let of_transaction = match target {
            Target::Transaction(owner) => Some(owner),
            Target::Object(_) | Target::Rows(_) => None,
        };
        self.held
            .iter()
            .filter(move |held| held.target == target && held.session != session && held.mode.conflicts(mode))
            .map(|held| held.session)
            .chain(of_transaction)
    }

    /// The sessions in the way of a request in the queue.
    fn blockers(&self, request: &Request) -> Vec<SessionId> {
        let ahead = self
            .queue
            .iter()
            .take_while(|other| other.session != request.session)
            .filter(|other| other.target == request.target && other.mode.conflicts(request.mode))
            .map(|other| other.session);
        let mut blockers = Vec::new();
        for session in self.holders(request).chain(ahead) {
            if !blockers.contains(&session) {
                blockers.push(session);
            }
        }
        blockers
    }

    /// The sessions that a session waits for.
    pub(crate) fn blockers_of(&self, session: SessionId) -> Vec<SessionId> {
        self.request_of(session).map(|request| self.blockers(&request)).unwrap_or_default()
    }

    fn hold(&mut self, request: &Request, is_fresh: bool) {
        let Request { target, session, mode, depth } = *request;
        self.held.push(Held { target, session, mode, depth, is_fresh });
    }

    /// Grants, from the front of a queue, what conflicts neither with what is held nor with what stays in front.
    fn grant(&mut self, target: Target) {
        let mut ahead: Vec<LockMode> = Vec::new();
        let mut position = 0;
        while let Some(request) = self.queue.get(position).copied() {
            if request.target != target || matches!(target, Target::Transaction(_)) {
                position += 1;
            } else if !ahead.iter().any(|mode| mode.conflicts(request.mode)) && self.is_free(&request) {
                self.queue.remove(position);
                self.hold(&request, true);
                self.granted.push(request);
            } else {
                ahead.push(request.mode);
                position += 1;
            }
        }
    }

    /// The sessions to go on with the lock they waited for, in the order in which they got it.
    pub(crate) fn granted(&self) -> &[Request] {
        &self.granted
    }

    /// How many sessions wait, or have got just now what they waited for.
    pub(crate) fn count_waiting(&self) -> usize {
        self.queue.len() + self.granted.len()
    }

    /// A session goes on that has got its lock.
    pub(crate) fn take_granted(&mut self, session: SessionId) {
        self.granted.retain(|request| request.session != session);
    }

    /// What a session waits for.
    pub(crate) fn request_of(&self, session: SessionId) -> Option<Request> {
        self.queue.iter().find(|request| request.session == session).copied()
    }

    /// The requests for transactions, whoever waits, in the order in which they came.
    pub(crate) fn waiting_for_transactions(&self) -> Vec<Request> {
        self.queue.iter().filter(|request| matches!(request.target, Target::Transaction(_))).copied().collect()
    }

    /// A session waits no more.
    pub(crate) fn stop_waiting(&mut self, session: SessionId) {
        self.granted.retain(|request| request.session != session);
        if let Some(position) = self.queue.iter().position(|request| request.session == session) {
            let request = self.queue.remove(position);
            self.grant(request.target);
        }
    }

    /// A session that was granted a lock has gone on, and has not asked for it again: what it was about to lock is not
    /// what it found now.
    pub(crate) fn drop_unused(&mut self, session: SessionId) {
        self.give_back(|held| held.session == session && held.is_fresh);
    }

    /// Whether a session that was granted a lock has let it go at once. Forgets it.
    pub(crate) fn take_let_go(&mut self, session: SessionId, target: Target) -> bool {
        let known = self.let_go.len();
        self.let_go.retain(|one| *one != (session, target));
        self.let_go.len() < known
    }

    /// Gives back one lock of a session before its time.
    pub(crate) fn give_up(&mut self, session: SessionId, target: Target, mode: LockMode) {
        self.give_back(|held| held.session == session && held.target == target && held.mode == mode);
    }

    /// Whether a session holds the lock on an object that nobody else can read it beside.
    pub(crate) fn excludes_readers(&self, session: SessionId, object: Oid) -> bool {
        self.modes(session, Target::Object(object)).any(|mode| mode == LockMode::AccessExclusive)
    }

    /// Whether another session holds a lock.
    pub(crate) fn is_held_by_others(&self, session: SessionId, target: Target) -> bool {
        self.held.iter().any(|held| held.target == target && held.session != session)
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
        self.give_back(|held| held.session == session && held.depth >= depth);
    }

    fn give_back(&mut self, is_over: impl Fn(&Held) -> bool) {
        let mut targets = Vec::new();
        self.held.retain(|held| {
            let over = is_over(held);
            if over && held.is_fresh {
                self.let_go.push((held.session, held.target));
            }
            if over && !targets.contains(&held.target) {
                targets.push(held.target);
            }
            !over
        });
        if !self.queue.is_empty() {
            targets.into_iter().for_each(|target| self.grant(target));
        }
    }

    /// A released savepoint's locks belong to the subtransaction around it.
    pub(crate) fn hand_up(&mut self, session: SessionId, depth: usize) {
        for held in &mut self.held {
            if held.session == session && held.depth > depth {
                held.depth = depth;
            }
        }
    }

    /// Gives all locks of a session to another owner, which keeps them as a transaction without savepoints does.
    pub(crate) fn hand_over(&mut self, session: SessionId, heir: SessionId) {
        for held in self.held.iter_mut().filter(|held| held.session == session) {
            held.session = heir;
            held.depth = 0;
        }
        for request in &mut self.queue {
            if request.target == Target::Transaction(session) {
                request.target = Target::Transaction(heir);
            }
        }
    }
}

/// What becomes of a request that conflicts with somebody's lock or request.
enum Place {
    /// It goes before those who wait for its session, and is granted.
    Now,
    /// Its position among all requests.
    At(usize),
    /// It and this request wait for each other.
    Deadlock(Request),
}

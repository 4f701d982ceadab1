//! Taking locks, and failing for them.

use super::names::{MissingSchema, no_relation};
use super::{Execution, done};
use crate::catalog::{Kind, Oid, Persistence};
use crate::clause::Clause;
use crate::cluster::{Progress, SessionId};
use crate::error::{Result, Stop, error, error_message, sqlstate, unsupported};
use crate::lock::{Deadlock, LockMode, Refused, Target};
use crate::quirk::Quirk;
use crate::reply::{Message, StatementResult};
use crate::statement::LockTables;
use crate::transaction::Block;

impl Execution<'_> {
    /// LOCK TABLE (manual, "LOCK").
    pub(super) fn lock_tables(&mut self, statement: &LockTables) -> Result<StatementResult> {
        if self.session.transaction.block == Block::None {
            return Err(error(
                sqlstate::NO_ACTIVE_SQL_TRANSACTION,
                "LOCK TABLE can only be used in transaction blocks",
            ));
        }
        self.reach(Clause::LockTable);
        for name in &statement.tables {
            let name = self.range_name(name)?;
            let Some(relation) = self.find_to_lock(name, MissingSchema::Fails)? else { return Err(no_relation(name)) };
            match relation.kind {
                Kind::Table(_) => {}
                Kind::View(_) => return Err(unsupported("LOCK TABLE of a view, which locks what it reads")),
                Kind::Sequence(_) | Kind::Index(_) => return Err(self.shared.settings.major.cannot_lock(&relation)),
            }
            if !self.acts_as(relation.owner) {
                return Err(unsupported("LOCK TABLE of another role's table"));
            }
            if !statement.nowait || self.deviates(Quirk::NowaitWaits) {
                self.lock(relation.oid, statement.mode)?;
                continue;
            }
            let (session, depth) = (self.session.id, self.session.transaction.depth());
            let target = Target::Object(relation.oid);
            let passes_waiters = self.shared.settings.major.nowait_goes_before_waiters();
            if !self.shared.locks.try_acquire(session, target, statement.mode, depth, passes_waiters) {
                self.reach(Clause::LockNowait);
                return Err(error(
                    sqlstate::LOCK_NOT_AVAILABLE,
                    format!("could not obtain lock on relation \"{}\"", name.name),
                ));
            }
            self.note_temporary(relation.oid);
            self.session.names_known_until = self.shared.commits;
        }
        done("LOCK TABLE")
    }

    /// Locks the indexes of a table that a statement is planned to read: the planner looks at every one of them, whether it
    /// then uses it or not (manual, "REINDEX", "Notes").
    pub(crate) fn lock_indexes(&mut self, table: Oid, mode: LockMode) -> Result<()> {
        let relation = self.shared.catalog.relation(table, self.catalog_view()).cloned();
        let Some(data) = relation.as_ref().and_then(|relation| relation.table()) else { return Ok(()) };
        let mut indexes: Vec<Oid> = data.index_oids().collect();
        indexes.sort_unstable();
        indexes.into_iter().try_for_each(|index| self.lock(index, mode))
    }

    /// Takes a lock on a relation or schema until the transaction, or the savepoint it is taken in, ends.
    pub(crate) fn lock(&mut self, object: Oid, mode: LockMode) -> Result<()> {
        let depth = self.session.transaction.depth();
        self.lock_at(object, mode, depth)
    }

    /// Takes a lock and gives it back at once, unless the session holds it anyway.
    pub(crate) fn lock_briefly(&mut self, object: Oid, mode: LockMode) -> Result<()> {
        let depth = self.session.transaction.depth();
        if self.take_lock(object, mode, depth)? {
            self.shared.locks.give_up(self.session.id, Target::Object(object), mode);
        }
        Ok(())
    }

    /// Takes a lock that belongs to the subtransaction at `depth`.
    pub(crate) fn lock_at(&mut self, object: Oid, mode: LockMode, depth: usize) -> Result<()> {
        self.take_lock(object, mode, depth).map(|_| ())
    }

    /// Takes a lock, and tells whether the session did not hold it already.
    fn take_lock(&mut self, object: Oid, mode: LockMode, depth: usize) -> Result<bool> {
        match self.shared.locks.acquire(self.session.id, Target::Object(object), mode, depth) {
            Ok(is_new) => {
                self.note_temporary(object);
                if is_new {
                    // Taking a lock makes a session take note of what others have changed.
                    self.session.names_known_until = self.shared.commits;
                }
                Ok(is_new)
            }
            Err(Refused::Waits(blockers)) => Err(Stop::Waits(blockers)),
            Err(Refused::Deadlock(deadlock)) => {
                self.found_deadlock = true;
                Err(Stop::Error(Box::new(self.deadlock_detected(&deadlock))))
            }
        }
    }

    /// Notes that the transaction has to do with a temporary relation.
    fn note_temporary(&mut self, object: Oid) {
        let relation = self.shared.catalog.relation(object, self.catalog_view());
        if relation.is_some_and(|relation| relation.persistence == Persistence::Temporary) {
            self.session.transaction.uses_temporary = true;
        }
    }

    /// Waits for another session's transaction.
    pub(super) fn wait_for_transaction(&mut self, other: SessionId) -> Stop {
        self.shared.locks.wait_for_transaction(self.session.id, other);
        Stop::Waits(vec![other])
    }

    /// Ends a query that waits and turns out to wait for itself.
    pub(crate) fn fail_waiting(&mut self, deadlock: &Deadlock) -> Progress {
        let message = self.deadlock_detected(deadlock);
        self.cancel_waiting(message)
    }

    /// Ends a query that waits when its `lock_timeout`, in milliseconds, is over.
    ///
    /// Steps follow each other without delay, so a long time-out says nothing about whether the wait ends before it.
    pub(crate) fn time_out(&mut self, timeout: u32) -> Progress {
        const LONGEST: u32 = 2000;
        if timeout > LONGEST {
            return Progress::Unsupported("a wait with a lock_timeout of more than 2 s".to_owned());
        }
        self.cancel_waiting(error_message(sqlstate::LOCK_NOT_AVAILABLE, "canceling statement due to lock timeout"))
    }

    /// Ends a query that waits, with an error.
    pub(crate) fn cancel_waiting(&mut self, message: Message) -> Progress {
        self.shared.locks.stop_waiting(self.session.id);
        if let Some(pending) = self.session.pending.take() {
            self.reply = pending.reply;
            self.reply.notices.extend(pending.notices);
        }
        self.abort_statement();
        self.reply.error = Some(message);
        Progress::Done(std::mem::take(&mut self.reply))
    }

    /// The error for the session that finds a deadlock. Processes and objects are numbered as they come up: what a server
    /// calls them, nobody can predict.
    fn deadlock_detected(&self, deadlock: &Deadlock) -> Message {
        let (mut processes, mut objects, mut transactions) = (Vec::new(), Vec::new(), Vec::new());
        let mut lines = Vec::with_capacity(deadlock.edges.len());
        for edge in &deadlock.edges {
            let waiter = number(&mut processes, edge.waiter);
            let target = match edge.target {
                Target::Transaction(session) => format!("transaction {}", number(&mut transactions, session)),
                // Nobody waits for them.
                Target::Rows(_) => continue,
                Target::Object(oid) => {
                    let place = number(&mut objects, oid);
                    match self.shared.catalog.class_of(oid) {
                        Some(class) => format!("object {place} of class {class} of database 1"),
                        None => format!("relation {place} of database 1"),
                    }
                }
            };
            let blocker = number(&mut processes, edge.blocker);
            let mode = edge.mode.lock_name();
            lines.push(format!("Process {waiter} waits for {mode} on {target}; blocked by process {blocker}."));
        }
        Message {
            detail: Some(lines.join("\n")),
            hint: Some("See server log for query details.".into()),
            ..error_message(sqlstate::DEADLOCK_DETECTED, "deadlock detected")
        }
    }
}

/// The place of `one` among those that have come up, from 1.
fn number<T: PartialEq>(known: &mut Vec<T>, one: T) -> usize {
    match known.iter().position(|other| *other == one) {
        Some(position) => position + 1,
        None => {
            known.push(one);
            known.len()
        }
    }
}

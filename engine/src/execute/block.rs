//! Beginning, ending and undoing transactions: what every statement relies on.

use std::rc::Rc;

use super::Execution;
use crate::catalog::{Object, StorageId, Write};
use crate::clause::Clause;
use crate::error::{Result, unsupported};
use crate::quirk::Quirk;
use crate::session::Parameters;
use crate::statement::IsolationLevel;
use crate::transaction::{Block, Level, Serializable};

/// Where things stood when a statement began.
pub(super) struct StatementMark {
    pub(super) undo: usize,
    parameters: Rc<Parameters>,
    pub(super) has_snapshot: bool,
    has_temporary_schema: bool,
    pub(super) locks: usize,
}

impl Execution<'_> {
    /// Begins a transaction, with the session's default characteristics.
    pub(super) fn begin_transaction(&mut self) {
        let parameters = self.session.parameters.clone();
        let pages = self.deviates(Quirk::NextvalRollsBack).then(|| self.shared.pages.clone());
        let transaction = &mut self.session.transaction;
        transaction.serial += 1;
        transaction.characteristics.isolation = parameters.default_isolation.value;
        transaction.characteristics.read_only = parameters.default_read_only.value || self.shared.in_recovery;
        transaction.characteristics.deferrable = parameters.default_deferrable.value;
        transaction.levels.push(Level {
            name: None,
            undo_mark: 0,
            parameters,
            characteristics: transaction.characteristics,
            has_temporary_schema: self.session.has_temporary_schema,
            pages,
        });
        self.session.names_known_until = self.shared.commits;
    }

    /// Takes the snapshot that a query needs, once in a transaction that keeps it.
    pub(super) fn take_snapshot(&mut self) {
        let transaction = &mut self.session.transaction;
        if transaction.has_snapshot {
            return;
        }
        transaction.has_snapshot = true;
        if matches!(
            transaction.characteristics.isolation,
            IsolationLevel::RepeatableRead | IsolationLevel::Serializable
        ) {
            transaction.snapshot = Some(self.shared.commits);
            self.shared.snapshots += 1;
        }
        if transaction.characteristics.isolation == IsolationLevel::Serializable {
            self.shared.serializable_begun += 1;
            let number = self.shared.serializable_begun;
            let met_others = !self.shared.serializable.is_empty();
            self.shared.serializable.push(number);
            transaction.serializable = Some(Serializable { number, met_others });
        }
    }

    /// Refuses to change rows where PostgreSQL watches what serializable transactions read and write of one another.
    pub(super) fn check_serializable(&self) -> Result<()> {
        match self.session.transaction.serializable {
            Some(own) if own.met_others || self.shared.serializable_begun > own.number => {
                Err(unsupported("a change of rows by one of several serializable transactions at a time"))
            }
            _ => Ok(()),
        }
    }

    /// Commits the transaction in progress.
    pub(super) fn commit_transaction(&mut self) {
        self.give_back_snapshot();
        if self.deviates(Quirk::CommitClearsCurrval) && self.session.transaction.block == Block::Open {
            self.clear_currval();
        }
        let writes = std::mem::take(&mut self.session.transaction.undo);
        // A transaction that has written nothing to the log takes nobody's records to the disk when it commits: only so
        // can a value that was handed out in one come again after a crash.
        if self.shared.log.has_unflushed()
            && !self.deviates(Quirk::CommitDoesNotFlush)
            && (self.session.transaction.has_logged || self.shared.catalog.any_is_logged(&writes))
        {
            self.flush_log();
        }
        self.commit_writes(writes, self.session.transaction.changes_privileges);
        self.end_transaction();
        self.keep_parameters();
    }

    /// Takes everybody's records to the disk.
    pub(super) fn flush_log(&mut self) {
        if self.shared.log.has_unflushed() {
            self.shared.log.flush(&mut self.shared.pages);
        }
    }

    /// Makes writes visible to everybody.
    pub(super) fn commit_writes(&mut self, writes: Vec<Write>, changes_privileges: bool) {
        if writes.is_empty() {
            return;
        }
        self.shared.commits += 1;
        if changes_privileges {
            self.shared.privileges_changed = self.shared.commits;
        }
        self.shared.catalog.note_renamings(&writes, self.shared.commits);
        let keep_dead = self.shared.snapshots > 0;
        for write in writes {
            let freed = self.shared.catalog.commit(write, self.shared.commits, keep_dead);
            self.free_storage(freed);
        }
    }

    /// Takes writes back, the newest first.
    pub(super) fn undo_writes(&mut self, writes: Vec<Write>) {
        for write in writes.into_iter().rev() {
            let freed = self.shared.catalog.undo(write);
            self.free_storage(freed);
        }
    }

    /// The end of a transaction that keeps what SET has set.
    pub(super) fn keep_parameters(&mut self) {
        if *self.session.parameters != self.after_transaction() {
            self.session.parameters = Rc::new(self.after_transaction());
        }
    }

    /// Takes the whole transaction in progress back.
    pub(super) fn rollback_transaction(&mut self) {
        self.give_back_snapshot();
        self.undo_to(0);
        self.reach_kept();
        if let Some(level) = self.session.transaction.levels.first() {
            self.session.parameters = level.parameters.clone();
            self.session.has_temporary_schema = level.has_temporary_schema;
            if let Some(pages) = &level.pages {
                self.shared.pages.extend(pages);
            }
        }
        if self.deviates(Quirk::RollbackClearsCurrval) {
            self.clear_currval();
        }
        self.end_transaction();
    }

    /// Leaves `currval` undefined for every sequence, which nothing does without a quirk.
    fn clear_currval(&mut self) {
        for cache in self.session.caches.entries.values_mut() {
            cache.last_valid = false;
        }
    }

    /// Forgets how far the statement has come that ends here.
    pub(super) fn forget_progress(&mut self) {
        let progress = &mut self.session.progress;
        progress.journal.clear();
        progress.position = 0;
        progress.resolved.clear();
        progress.owned.clear();
        progress.cascades.clear();
        progress.awaits_last = false;
        progress.is_allowed = false;
        for (storage, slot) in progress.reserved.drain(..) {
            self.shared.catalog.give_back_row(storage, slot);
        }
        if progress.snapshot.take().is_some() {
            self.shared.snapshots -= 1;
        }
    }

    /// Keeps what the statement sees, which waits in the middle of its work, as it is.
    pub(super) fn keep_sight(&mut self) {
        if self.session.transaction.snapshot.is_none() && self.session.progress.snapshot.is_none() {
            self.session.progress.snapshot = Some(self.shared.commits);
            self.shared.snapshots += 1;
        }
    }

    /// What an error leaves of a statement and its transaction.
    pub(super) fn abort_statement(&mut self) {
        self.forget_progress();
        self.session.awaited = None;
        self.abort_after_error();
    }

    /// What an error leaves of the transaction: nothing outside a block; inside one, the innermost savepoint's work is
    /// undone and the block waits for its end.
    pub(super) fn abort_after_error(&mut self) {
        match self.session.transaction.block {
            Block::None | Block::Implicit => self.rollback_transaction(),
            Block::Open | Block::Failed => {
                self.abort_level();
                self.session.transaction.block = Block::Failed;
            }
        }
    }

    /// Begins a savepoint, or what a block of PL/pgSQL with handlers has in its place, which has no name.
    pub(super) fn begin_level(&mut self, name: Option<Rc<str>>) {
        let level = Level {
            name,
            undo_mark: self.session.transaction.undo.len(),
            parameters: self.session.parameters.clone(),
            characteristics: self.session.transaction.characteristics,
            has_temporary_schema: self.session.has_temporary_schema,
            pages: self.deviates(Quirk::SavepointRestoresNextval).then(|| self.shared.pages.clone()),
        };
        self.session.transaction.levels.push(level);
    }

    /// Ends the level at this place and those inside it, and keeps what they have done.
    pub(super) fn keep_levels(&mut self, index: usize) {
        // What a savepoint made read-only is read-write again once it ends, whichever way.
        self.session.transaction.characteristics.read_only =
            self.session.transaction.levels[index].characteristics.read_only;
        self.session.transaction.levels.truncate(index);
        self.shared.locks.hand_up(self.session.id, index - 1);
    }

    /// Undoes the innermost level's work and gives back its locks, without leaving it.
    pub(super) fn abort_level(&mut self) {
        let depth = self.session.transaction.depth();
        if let Some(level) = self.session.transaction.levels.last().cloned() {
            if depth == 0 || !self.deviates(Quirk::SavepointKeepsChanges) {
                self.undo_to(level.undo_mark);
            }
            if let Some(pages) = level.pages.filter(|_| depth > 0) {
                self.shared.pages.extend(pages);
            }
            self.session.parameters = level.parameters;
            // A failed transaction forgets the modes it was given before AND CHAIN can hand them on.
            self.session.transaction.characteristics = level.characteristics;
            self.session.has_temporary_schema = level.has_temporary_schema;
        }
        if depth == 0 || !self.deviates(Quirk::SavepointKeepsLocks) {
            self.shared.locks.release(self.session.id, depth);
        }
    }

    pub(super) fn statement_mark(&self) -> StatementMark {
        StatementMark {
            undo: self.session.transaction.undo.len(),
            parameters: self.session.parameters.clone(),
            has_snapshot: self.session.transaction.has_snapshot,
            has_temporary_schema: self.session.has_temporary_schema,
            locks: self.shared.locks.len(),
        }
    }

    /// Undoes what a statement wrote before it had to stop, so that it can be run again from its beginning.
    pub(super) fn undo_statement(&mut self, mark: &StatementMark) {
        self.undo_to(mark.undo);
        self.session.parameters = mark.parameters.clone();
        self.session.has_temporary_schema = mark.has_temporary_schema;
    }

    pub(super) fn undo_to(&mut self, mark: usize) {
        while let Some((_, clause)) = self.session.transaction.undo_clauses.pop_if(|(length, _)| *length > mark) {
            self.reach(clause);
        }
        if let Some(undone) = self.session.transaction.undo.get(mark..) {
            if self.shared.catalog.any_makes_unlogged(undone) {
                self.shared.log.remove_unlogged();
            }
            if !self.session.transaction.has_logged && self.shared.log.has_unflushed() {
                // What a savepoint takes back has been written all the same.
                self.session.transaction.has_logged = self.shared.catalog.any_is_logged(undone);
            }
        }
        while self.session.transaction.undo.len() > mark {
            let Some(write) = self.session.transaction.undo.pop() else { break };
            let freed = self.shared.catalog.undo(write);
            self.free_storage(freed);
        }
    }

    /// Notes what a rollback of the whole transaction leaves as it is.
    fn reach_kept(&mut self) {
        let transaction = &self.session.transaction;
        let is_kept = |storage: Option<StorageId>| storage.is_some_and(|one| self.shared.pages.contains_key(&one));
        let (advanced, set) = (is_kept(transaction.advanced), is_kept(transaction.set));
        if advanced {
            self.reach(Clause::NextvalNotRolledBack);
        }
        if set {
            self.reach(Clause::SetvalNotRolledBack);
        }
    }

    fn free_storage(&mut self, storage: Option<StorageId>) {
        if let Some(storage) = storage {
            self.shared.pages.remove(&storage);
        }
    }

    pub(super) fn give_back_snapshot(&mut self) {
        self.session.transaction.has_snapshot = false;
        if self.session.transaction.snapshot.take().is_some() {
            self.shared.snapshots -= 1;
        }
        if let Some(own) = self.session.transaction.serializable.take() {
            self.shared.serializable.retain(|number| *number != own.number);
        }
    }

    pub(super) fn end_transaction(&mut self) {
        self.session.transaction.block = Block::None;
        self.session.transaction.levels.clear();
        self.session.transaction.undo_clauses.clear();
        self.session.transaction.has_logged = false;
        self.session.transaction.advanced = None;
        self.session.transaction.set = None;
        self.session.transaction.changes_privileges = false;
        self.session.portals.clear();
        self.session.transaction.uses_temporary = false;
        self.shared.locks.release(self.session.id, 0);
    }

    fn after_transaction(&self) -> Parameters {
        let mut parameters = (*self.session.parameters).clone();
        parameters.end_transaction();
        parameters
    }

    /// Takes back the transaction in progress, with the statement that waits in it: its session ends.
    pub(crate) fn undo_transaction(&mut self) {
        self.forget_progress();
        if self.session.transaction.in_progress() {
            self.rollback_transaction();
        }
    }

    /// The end of the connection, first part: the transaction is rolled back, with the statement that waits in it.
    pub(crate) fn abandon_transaction(&mut self) {
        self.shared.locks.stop_waiting(self.session.id);
        self.undo_transaction();
    }

    /// The end of the connection, second part: the session's temporary relations are dropped. Tells why the model cannot
    /// follow from here on, if so.
    pub(crate) fn disconnect(&mut self) -> Option<String> {
        if self.session.caches.entries.values().any(|cache| cache.cached != cache.last) {
            self.reach(Clause::CacheLostAtExit);
        }
        match self.drop_temporary_relations() {
            Ok(true) => self.reach(Clause::TemporaryDropped),
            Ok(false) => {}
            Err(_) => {
                return Some(
                    "a session that ends while others hold what its temporary relations take along".to_owned(),
                );
            }
        }
        None
    }

    /// Drops every temporary relation of the session with all that depends on them, permanent objects included. Tells
    /// whether there were any.
    pub(super) fn drop_temporary_relations(&mut self) -> Result<bool> {
        let view = self.catalog_view();
        let temporary = crate::catalog::temporary_schema(self.session.id);
        let doomed: Vec<Object> = self
            .shared
            .catalog
            .relations(view)
            .filter(|relation| relation.schema == temporary)
            .map(|relation| Object::Relation(relation.oid))
            .collect();
        if doomed.is_empty() {
            return Ok(false);
        }
        let standalone = !self.session.transaction.in_progress();
        if standalone {
            self.begin_transaction();
        }
        let dropped = self.drop_quietly(&doomed);
        if standalone {
            match dropped {
                Ok(()) => self.commit_transaction(),
                Err(_) => self.rollback_transaction(),
            }
        }
        dropped.map(|()| true)
    }
}

//! PREPARE TRANSACTION, COMMIT PREPARED and ROLLBACK PREPARED (manual, "SQL Commands").

use super::{Execution, done};
use crate::cluster::{NOBODY, SessionId};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::quirk::Quirk;
use crate::reply::StatementResult;
use crate::transaction::{Block, PreparedTransaction};

/// How long an identifier may be, in bytes.
const LONGEST_IDENTIFIER: usize = 199;

impl Execution<'_> {
    pub(super) fn prepare_transaction(&mut self, identifier: &str) -> Result<StatementResult> {
        match self.session.transaction.block {
            Block::None => {
                self.no_transaction("", false)?;
                return done("ROLLBACK");
            }
            Block::Failed => {
                self.rollback_block(false);
                return done("ROLLBACK");
            }
            Block::Implicit => self.no_transaction("", false)?,
            Block::Open => {}
        }
        if let Err(stop) = self.check_preparable(identifier) {
            // A transaction that cannot be prepared is over, block and all.
            self.session.transaction.block = Block::None;
            return Err(stop);
        }
        // Each of the three commands writes to the log, and waits until it is on the disk.
        self.flush_log();
        let serializable = self.session.transaction.serializable.take().map(|own| own.number);
        self.give_back_snapshot();
        let stand_in = SessionId(NOBODY.0 - 1 - self.shared.preparations);
        self.shared.preparations += 1;
        let writes = std::mem::take(&mut self.session.transaction.undo);
        self.shared.catalog.hand_over(&writes, stand_in);
        if !self.deviates(Quirk::PrepareDropsLocks) {
            self.shared.locks.hand_over(self.session.id, stand_in);
        }
        let prepared = PreparedTransaction {
            identifier: identifier.into(),
            stand_in,
            owner: self.current_role(),
            writes,
            changes_privileges: self.session.transaction.changes_privileges,
            serializable,
        };
        self.shared.prepared.push(prepared);
        self.end_transaction();
        self.keep_parameters();
        done("PREPARE TRANSACTION")
    }

    fn check_preparable(&mut self, identifier: &str) -> Result<()> {
        if self.session.transaction.uses_temporary {
            return Err(error(
                sqlstate::FEATURE_NOT_SUPPORTED,
                "cannot PREPARE a transaction that has operated on temporary objects",
            ));
        }
        if identifier.len() > LONGEST_IDENTIFIER {
            return Err(error(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("transaction identifier \"{identifier}\" is too long"),
            ));
        }
        let room = self.shared.settings.max_prepared_transactions;
        if room == 0 {
            return Err(error(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, "prepared transactions are disabled")
                .hint("Set max_prepared_transactions to a nonzero value."));
        }
        if self.shared.prepared.iter().any(|prepared| &*prepared.identifier == identifier) {
            return Err(error(
                sqlstate::DUPLICATE_OBJECT,
                format!("transaction identifier \"{identifier}\" is already in use"),
            ));
        }
        if self.shared.prepared.len() >= room as usize {
            return Err(unsupported("more prepared transactions than the server has room for"));
        }
        Ok(())
    }

    pub(super) fn commit_prepared(&mut self, identifier: &str) -> Result<StatementResult> {
        let prepared = self.take_prepared("COMMIT PREPARED", identifier)?;
        self.flush_log();
        self.commit_writes(prepared.writes, prepared.changes_privileges);
        self.shared.locks.release(prepared.stand_in, 0);
        done("COMMIT PREPARED")
    }

    pub(super) fn rollback_prepared(&mut self, identifier: &str) -> Result<StatementResult> {
        let prepared = self.take_prepared("ROLLBACK PREPARED", identifier)?;
        self.flush_log();
        match self.deviates(Quirk::RollbackPreparedCommits) {
            true => self.commit_writes(prepared.writes, prepared.changes_privileges),
            false => self.undo_writes(prepared.writes),
        }
        self.shared.locks.release(prepared.stand_in, 0);
        done("ROLLBACK PREPARED")
    }

    fn take_prepared(&mut self, command: &str, identifier: &str) -> Result<PreparedTransaction> {
        self.prevent_in_block(command)?;
        let found = self.shared.prepared.iter().position(|prepared| &*prepared.identifier == identifier);
        let Some(position) = found else { return Err(no_prepared(identifier)) };
        if self.shared.prepared[position].owner != self.current_role() && !self.is_superuser() {
            return Err(error(sqlstate::INSUFFICIENT_PRIVILEGE, "permission denied to finish prepared transaction")
                .hint("Must be superuser or the user that prepared the transaction."));
        }
        let prepared = self.shared.prepared.remove(position);
        self.shared.serializable.retain(|number| Some(*number) != prepared.serializable);
        Ok(prepared)
    }
}

fn no_prepared(identifier: &str) -> Stop {
    error(sqlstate::UNDEFINED_OBJECT, format!("prepared transaction with identifier \"{identifier}\" does not exist"))
}

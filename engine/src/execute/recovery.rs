//! What a standby refuses (manual, "Hot Standby", "User's Overview").
//!
//! All its transactions are read-only, and most is refused for that reason.

use super::Execution;
use crate::catalog::Persistence;
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::statement::{IsolationLevel, SetParameter, Statement, Transaction, TransactionMode};

impl Execution<'_> {
    /// Keeps to what can be run while the log is replayed.
    pub(super) fn check_recovery(&mut self, statement: &Statement) -> Result<()> {
        if !self.shared.in_recovery {
            return Ok(());
        }
        let refused = match statement {
            Statement::Transaction(Transaction::Prepare(_)) => "PREPARE TRANSACTION",
            Statement::Transaction(Transaction::CommitPrepared(_)) => "COMMIT PREPARED",
            Statement::Transaction(Transaction::RollbackPrepared(_)) => "ROLLBACK PREPARED",
            Statement::Lock(lock) if takes_more_than_row_exclusive(lock.mode) => "LOCK TABLE",
            Statement::Lock(_)
            | Statement::Query(_)
            | Statement::Show(_)
            | Statement::Discard(_)
            | Statement::Transaction(_)
            | Statement::CreateSequence(_)
            | Statement::AlterSequence(_)
            | Statement::AlterRelation(_)
            | Statement::DropRelation(_)
            | Statement::Comment(_)
            | Statement::CreateSchema(_)
            | Statement::DropSchema(_)
            | Statement::CreateTable(_)
            | Statement::AlterTable(_)
            | Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Truncate(_)
            | Statement::Grant(_) => return Ok(()),
            Statement::SetParameter(set) if !sets_transactions(set) => return Ok(()),
            _ => return Err(unsupported("this statement on a standby")),
        };
        self.reach(Clause::StandbyRefuses);
        Err(error(sqlstate::READ_ONLY_SQL_TRANSACTION, format!("cannot execute {refused} during recovery")))
    }

    /// Refuses to read what is not in the log.
    pub(crate) fn check_readable_in_recovery(&mut self, persistence: Persistence) -> Result<()> {
        if !self.shared.in_recovery {
            return Ok(());
        }
        match persistence {
            Persistence::Permanent => {
                self.reach(Clause::StandbyAhead);
                Ok(())
            }
            Persistence::Unlogged | Persistence::Temporary => {
                let text = "cannot access temporary or unlogged relations during recovery";
                Err(error(sqlstate::FEATURE_NOT_SUPPORTED, text))
            }
        }
    }

    /// Refuses modes of transactions that a standby does not have.
    pub(super) fn check_mode_in_recovery(&self, mode: TransactionMode) -> Result<()> {
        if !self.shared.in_recovery {
            return Ok(());
        }
        match mode {
            TransactionMode::ReadWrite => {
                let text = "cannot set transaction read-write mode during recovery";
                Err(error(sqlstate::FEATURE_NOT_SUPPORTED, text))
            }
            TransactionMode::Isolation(IsolationLevel::Serializable) => {
                let text = "cannot use serializable mode in a hot standby";
                Err(error(sqlstate::FEATURE_NOT_SUPPORTED, text).hint("You can use REPEATABLE READ instead."))
            }
            _ => Ok(()),
        }
    }
}

fn takes_more_than_row_exclusive(mode: LockMode) -> bool {
    !matches!(mode, LockMode::AccessShare | LockMode::RowShare | LockMode::RowExclusive)
}

/// Whether a parameter is about the modes of transactions.
fn sets_transactions(set: &SetParameter) -> bool {
    set.name.name().to_ascii_lowercase().contains("transaction")
}

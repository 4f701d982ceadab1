//! BEGIN, COMMIT, ROLLBACK, savepoints and SET TRANSACTION (manual, "SQL Commands").

use super::{Execution, done};
use crate::clause::Clause;
use crate::error::{Result, error, notice, sqlstate};
use crate::reply::{Severity, StatementResult};
use crate::statement::{Identifier, IsolationLevel, Transaction, TransactionMode};
use crate::transaction::{Block, Characteristics};

impl Execution<'_> {
    pub(super) fn transaction_statement(&mut self, statement: &Transaction) -> Result<StatementResult> {
        match statement {
            Transaction::Begin(modes) => self.begin(modes, "BEGIN"),
            Transaction::Start(modes) => self.begin(modes, "START TRANSACTION"),
            Transaction::Commit { chain } => self.commit(*chain),
            Transaction::Rollback { chain } => self.rollback(*chain),
            Transaction::Savepoint(name) => self.savepoint(name),
            Transaction::Release(name) => self.release(name),
            Transaction::RollbackTo(name) => self.rollback_to(name),
            Transaction::SetTransaction(modes) => {
                self.warn_outside_block("SET TRANSACTION");
                self.apply_modes(modes)?;
                done("SET")
            }
            Transaction::SetCharacteristics(modes) => {
                self.set_default_modes(modes, false);
                done("SET")
            }
            Transaction::Prepare(identifier) => self.prepare_transaction(identifier),
            Transaction::CommitPrepared(identifier) => self.commit_prepared(identifier),
            Transaction::RollbackPrepared(identifier) => self.rollback_prepared(identifier),
        }
    }

    fn begin(&mut self, modes: &[TransactionMode], tag: &'static str) -> Result<StatementResult> {
        if self.session.transaction.block == Block::Open {
            self.notice(notice(
                Severity::Warning,
                sqlstate::ACTIVE_SQL_TRANSACTION,
                "there is already a transaction in progress",
            ));
        }
        // The block is open only once its modes are accepted: when they are refused, none is left to roll back.
        self.apply_modes(modes)?;
        self.session.transaction.block = Block::Open;
        done(tag)
    }

    fn commit(&mut self, chain: bool) -> Result<StatementResult> {
        match self.session.transaction.block {
            Block::None | Block::Implicit => {
                self.no_transaction("COMMIT AND CHAIN", chain)?;
                self.commit_transaction();
                done("COMMIT")
            }
            Block::Open => {
                let characteristics = self.session.transaction.characteristics;
                self.commit_transaction();
                self.chain(chain, characteristics);
                done("COMMIT")
            }
            Block::Failed => {
                self.rollback_block(chain);
                done("ROLLBACK")
            }
        }
    }

    fn rollback(&mut self, chain: bool) -> Result<StatementResult> {
        match self.session.transaction.block {
            Block::None | Block::Implicit => {
                self.no_transaction("ROLLBACK AND CHAIN", chain)?;
                self.rollback_transaction();
            }
            Block::Open | Block::Failed => self.rollback_block(chain),
        }
        done("ROLLBACK")
    }

    /// Rolls the block back from its innermost savepoint outwards: AND CHAIN hands on the modes of the transaction
    /// itself.
    pub(super) fn rollback_block(&mut self, chain: bool) {
        while self.session.transaction.levels.len() > 1 {
            self.abort_level();
            self.session.transaction.levels.pop();
        }
        let characteristics = self.session.transaction.characteristics;
        self.rollback_transaction();
        self.chain(chain, characteristics);
    }

    pub(super) fn no_transaction(&mut self, chained_command: &str, chain: bool) -> Result<()> {
        if chain {
            return Err(only_in_block(chained_command));
        }
        self.notice(notice(
            Severity::Warning,
            sqlstate::NO_ACTIVE_SQL_TRANSACTION,
            "there is no transaction in progress",
        ));
        Ok(())
    }

    fn chain(&mut self, chain: bool, characteristics: Characteristics) {
        if chain {
            self.begin_transaction();
            self.session.transaction.block = Block::Open;
            self.session.transaction.characteristics = characteristics;
            self.session.transaction.levels[0].characteristics = characteristics;
        }
    }

    fn savepoint(&mut self, name: &Identifier) -> Result<StatementResult> {
        if self.session.transaction.block != Block::Open {
            return Err(only_in_block("SAVEPOINT"));
        }
        self.begin_level(Some(name.name().into()));
        done("SAVEPOINT")
    }

    fn release(&mut self, name: &Identifier) -> Result<StatementResult> {
        if self.session.transaction.block != Block::Open {
            return Err(only_in_block("RELEASE SAVEPOINT"));
        }
        let index = self.find_savepoint(name)?;
        self.keep_levels(index);
        done("RELEASE")
    }

    fn rollback_to(&mut self, name: &Identifier) -> Result<StatementResult> {
        if !matches!(self.session.transaction.block, Block::Open | Block::Failed) {
            return Err(only_in_block("ROLLBACK TO SAVEPOINT"));
        }
        let index = self.find_savepoint(name)?;
        self.reach(Clause::SavepointRollback);
        while self.session.transaction.levels.len() > index + 1 {
            self.abort_level();
            self.session.transaction.levels.pop();
        }
        self.abort_level();
        self.session.transaction.block = Block::Open;
        done("ROLLBACK")
    }

    fn find_savepoint(&self, name: &Identifier) -> Result<usize> {
        self.session.transaction.levels.iter().rposition(|level| level.name.as_deref() == Some(name.name())).ok_or_else(
            || {
                error(
                    sqlstate::INVALID_SAVEPOINT_SPECIFICATION,
                    format!("savepoint \"{}\" does not exist", name.name()),
                )
            },
        )
    }

    /// The warning for a command whose effect ends with its own transaction when there is no block.
    pub(super) fn warn_outside_block(&mut self, command: &str) {
        if self.session.transaction.block == Block::None {
            self.notice(notice(
                Severity::Warning,
                sqlstate::NO_ACTIVE_SQL_TRANSACTION,
                format!("{command} can only be used in transaction blocks"),
            ));
        }
    }

    pub(super) fn apply_modes(&mut self, modes: &[TransactionMode]) -> Result<()> {
        let refused = |message: &'static str| Err(error(sqlstate::ACTIVE_SQL_TRANSACTION, message));
        for mode in modes {
            let transaction = &mut self.session.transaction;
            let in_savepoint = transaction.levels.len() > 1;
            match *mode {
                TransactionMode::Isolation(level) => {
                    if level != transaction.characteristics.isolation {
                        if transaction.has_snapshot {
                            return refused("SET TRANSACTION ISOLATION LEVEL must be called before any query");
                        }
                        if in_savepoint {
                            return refused("SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction");
                        }
                        self.check_mode_in_recovery(*mode)?;
                    }
                    let transaction = &mut self.session.transaction;
                    transaction.characteristics.isolation = level;
                }
                TransactionMode::ReadOnly => transaction.characteristics.read_only = true,
                TransactionMode::ReadWrite => {
                    if transaction.characteristics.read_only {
                        if in_savepoint {
                            return refused("cannot set transaction read-write mode inside a read-only transaction");
                        }
                        if transaction.has_snapshot {
                            return refused("transaction read-write mode must be set before any query");
                        }
                        self.check_mode_in_recovery(*mode)?;
                    }
                    let transaction = &mut self.session.transaction;
                    transaction.characteristics.read_only = false;
                }
                TransactionMode::Deferrable | TransactionMode::NotDeferrable => {
                    if in_savepoint {
                        return refused("SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction");
                    }
                    if transaction.has_snapshot {
                        return refused("SET TRANSACTION [NOT] DEFERRABLE must be called before any query");
                    }
                    transaction.characteristics.deferrable = *mode == TransactionMode::Deferrable;
                }
            }
        }
        Ok(())
    }
}

/// The words of SHOW for an isolation level.
pub(super) fn isolation_words(level: IsolationLevel) -> &'static str {
    match level {
        IsolationLevel::ReadUncommitted => "read uncommitted",
        IsolationLevel::ReadCommitted => "read committed",
        IsolationLevel::RepeatableRead => "repeatable read",
        IsolationLevel::Serializable => "serializable",
    }
}

/// The isolation level of such words.
pub(super) fn isolation_level(words: &str) -> IsolationLevel {
    const OTHERS: [IsolationLevel; 3] =
        [IsolationLevel::ReadUncommitted, IsolationLevel::RepeatableRead, IsolationLevel::Serializable];
    OTHERS.into_iter().find(|level| isolation_words(*level) == words).unwrap_or(IsolationLevel::ReadCommitted)
}

fn only_in_block(command: &str) -> crate::error::Stop {
    error(sqlstate::NO_ACTIVE_SQL_TRANSACTION, format!("{command} can only be used in transaction blocks"))
}

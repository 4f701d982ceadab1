//! Transactions, parameters and DISCARD.

use super::Identifier;

/// Transaction isolation levels (manual, "SET TRANSACTION").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IsolationLevel {
    /// `READ UNCOMMITTED`, which behaves as READ COMMITTED.
    ReadUncommitted,
    /// `READ COMMITTED`.
    ReadCommitted,
    /// `REPEATABLE READ`.
    RepeatableRead,
    /// `SERIALIZABLE`.
    Serializable,
}

/// One item of a transaction mode list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransactionMode {
    /// `ISOLATION LEVEL …`.
    Isolation(IsolationLevel),
    /// `READ ONLY`.
    ReadOnly,
    /// `READ WRITE`.
    ReadWrite,
    /// `DEFERRABLE`.
    Deferrable,
    /// `NOT DEFERRABLE`.
    NotDeferrable,
}

/// A transaction control statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Transaction {
    /// `BEGIN [WORK|TRANSACTION] mode, …`.
    Begin(Vec<TransactionMode>),
    /// `START TRANSACTION mode, …`.
    Start(Vec<TransactionMode>),
    /// `COMMIT` or `END`.
    Commit {
        /// `AND CHAIN`.
        chain: bool,
    },
    /// `ROLLBACK` or `ABORT`.
    Rollback {
        /// `AND CHAIN`.
        chain: bool,
    },
    /// `SAVEPOINT name`.
    Savepoint(Identifier),
    /// `RELEASE [SAVEPOINT] name`.
    Release(Identifier),
    /// `ROLLBACK TO [SAVEPOINT] name`.
    RollbackTo(Identifier),
    /// `SET TRANSACTION mode, …`.
    SetTransaction(Vec<TransactionMode>),
    /// `SET SESSION CHARACTERISTICS AS TRANSACTION mode, …`.
    SetCharacteristics(Vec<TransactionMode>),
    /// `PREPARE TRANSACTION 'id'`.
    Prepare(String),
    /// `COMMIT PREPARED 'id'`.
    CommitPrepared(String),
    /// `ROLLBACK PREPARED 'id'`.
    RollbackPrepared(String),
}

/// How far a SET reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SetScope {
    /// Neither word was written: as SESSION.
    #[default]
    Unspecified,
    /// `SESSION`.
    Session,
    /// `LOCAL`: until the transaction ends.
    Local,
}

/// `SET [SESSION|LOCAL] name = value, …` or `RESET name`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SetParameter {
    /// SESSION, LOCAL or neither; always unspecified for RESET.
    pub scope: SetScope,
    /// The parameter, `all` for RESET ALL, `role` for SET ROLE, `session_authorization` for SET SESSION AUTHORIZATION.
    pub name: Identifier,
    /// The new value.
    pub value: ParameterValue,
}

/// The value that [`SetParameter`] gives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ParameterValue {
    /// `TO value, …`: identifiers, strings, numbers and words, each as its text.
    List(Vec<String>),
    /// `TO DEFAULT`.
    Default,
    /// `RESET name`.
    Reset,
}

/// `DISCARD what`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Discard {
    /// `DISCARD ALL`.
    All,
    /// `DISCARD PLANS`.
    Plans,
    /// `DISCARD SEQUENCES`.
    Sequences,
    /// `DISCARD TEMP`.
    Temp,
}

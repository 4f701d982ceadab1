//! A session's transaction: its blocks, its savepoints, and what each rollback takes back.

use std::rc::Rc;

use crate::catalog::{CommitNumber, Oid, StorageId, Write};
use crate::clause::Clause;
use crate::cluster::SessionId;
use crate::sequence::Pages;
use crate::session::Parameters;
use crate::statement::IsolationLevel;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Block {
    /// Between transactions, or inside a statement that is its own transaction.
    None,
    /// Inside a simple query of several statements, which is one transaction unless it says otherwise.
    Implicit,
    /// After BEGIN.
    Open,
    /// After BEGIN and an error.
    Failed,
}

/// What SET TRANSACTION and BEGIN's modes set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Characteristics {
    pub(crate) isolation: IsolationLevel,
    pub(crate) read_only: bool,
    pub(crate) deferrable: bool,
}

/// The transaction itself, or a savepoint inside it.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    /// The savepoint's name; `None` for the transaction itself.
    pub(crate) name: Option<Rc<str>>,
    /// Where the undo log stood.
    pub(crate) undo_mark: usize,
    /// What the session's parameters were.
    pub(crate) parameters: Rc<Parameters>,
    /// What the transaction's modes were.
    pub(crate) characteristics: Characteristics,
    /// Whether the session's temporary schema existed.
    pub(crate) has_temporary_schema: bool,
    /// Stored rows to go back to at its end by a rollback, for the quirks that undo what PostgreSQL does not.
    pub(crate) pages: Option<Pages>,
}

/// A session's transaction in progress.
#[derive(Debug, Clone)]
pub(crate) struct Transaction {
    pub(crate) block: Block,
    pub(crate) characteristics: Characteristics,
    /// The transaction itself first, then its savepoints; empty between transactions.
    pub(crate) levels: Vec<Level>,
    /// Whether it has changed roles or privileges.
    pub(crate) changes_privileges: bool,
    /// Whether it has had to do with temporary relations.
    pub(crate) uses_temporary: bool,
    /// Catalog writes in order.
    pub(crate) undo: Vec<Write>,
    /// Tells this transaction from the session's earlier ones.
    pub(crate) serial: u64,
    /// Whether a query has run, after which the characteristics cannot change.
    pub(crate) has_snapshot: bool,
    /// The clauses that undoing a write exercises, with the length of `undo` after that write.
    pub(crate) undo_clauses: Vec<(usize, Clause)>,
    /// Whether it has surely written to the write-ahead log, apart from what `undo` holds.
    pub(crate) has_logged: bool,
    /// The oldest storage that `nextval` fetched from.
    pub(crate) advanced: Option<StorageId>,
    /// The oldest storage that `setval` was called on.
    pub(crate) set: Option<StorageId>,
    /// What REPEATABLE READ and SERIALIZABLE see, once a query has run.
    pub(crate) snapshot: Option<CommitNumber>,
    /// What tells a serializable transaction that holds a snapshot from the others.
    pub(crate) serializable: Option<Serializable>,
}

/// One of the serializable transactions, which may make each other fail (manual, "Serializable Isolation Level").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Serializable {
    /// Its number among all of them, in the order in which they took their snapshots.
    pub(crate) number: u64,
    /// Whether there was another one when it took its snapshot.
    pub(crate) met_others: bool,
}

/// A transaction that PREPARE TRANSACTION has taken from its session. It keeps its locks until somebody ends it.
#[derive(Debug, Clone)]
pub(crate) struct PreparedTransaction {
    /// The identifier that it was given.
    pub(crate) identifier: Rc<str>,
    /// The session that stands for it among the owners of locks and writes; nobody can use it.
    pub(crate) stand_in: SessionId,
    /// The role that prepared it.
    pub(crate) owner: Oid,
    /// Catalog writes in order.
    pub(crate) writes: Vec<Write>,
    /// Whether it has changed roles or privileges.
    pub(crate) changes_privileges: bool,
    /// Its number among the serializable transactions, when it is one.
    pub(crate) serializable: Option<u64>,
}

impl Transaction {
    pub(crate) fn new() -> Transaction {
        Transaction {
            block: Block::None,
            characteristics: Characteristics {
                isolation: IsolationLevel::ReadCommitted,
                read_only: false,
                deferrable: false,
            },
            levels: Vec::new(),
            changes_privileges: false,
            uses_temporary: false,
            undo: Vec::new(),
            serial: 0,
            has_snapshot: false,
            undo_clauses: Vec::new(),
            has_logged: false,
            advanced: None,
            set: None,
            snapshot: None,
            serializable: None,
        }
    }

    /// Whether a transaction has begun, implicitly or not.
    pub(crate) fn in_progress(&self) -> bool {
        !self.levels.is_empty()
    }

    /// Notes that undoing the last write exercises `clause`.
    pub(crate) fn undoing_exercises(&mut self, clause: Clause) {
        self.undo_clauses.push((self.undo.len(), clause));
    }

    /// How deep in savepoints the session is: 0 in the transaction itself.
    pub(crate) fn depth(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }
}

//! An executable reference model of PostgreSQL sequences.
//!
//! [`Cluster`] is the one door: open sessions, run [`Statement`]s step by step, and compare each [`Reply`] with what a
//! server says. The model is pure and deterministic: no I/O, no clock, no dependencies.
//!
//! The modules follow PostgreSQL's own division of labour: `catalog` knows who exists and who sees it, `sequence` holds
//! definitions, stored state and caches, `transaction` and `lock` say what is undone and who waits, `execute` runs one
//! statement family per file, and `query` analyses and evaluates expressions.

mod catalog;
pub mod clause;
pub mod cluster;
mod copy_on_write;
pub mod dialect;
mod error;
mod execute;
mod lock;
mod number_map;
mod parameter;
mod query;
pub mod quirk;
pub mod render;
pub mod reply;
mod sequence;
mod session;
pub mod statement;
mod transaction;

pub use clause::{Clause, ClauseSet};
pub use cluster::{
    Cluster, ColumnSummary, Description, Host, Outcome, Progress, Reader, SequenceSummary, SessionId, Settings, Signal,
    StoredSequence, Survivor, TableSummary, TransactionStatus,
};
pub use dialect::{Dialect, Major};
pub use lock::LockMode;
pub use parameter::read_boolean;
pub use quirk::{Quirk, QuirkSet};
pub use reply::{Cell, Message, Reply, Rows, Severity, SqlState, StatementResult};
pub use statement::Statement;

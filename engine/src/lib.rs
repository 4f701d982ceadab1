//! An executable reference model of PostgreSQL sequences.
//!
//! [`Cluster`] is the one door: open sessions, run [`Statement`]s step by step, and compare each [`Reply`] with what a
//! server says. The model is pure and deterministic: no I/O, no clock, no dependencies.

pub mod cluster;
pub mod render;
pub mod reply;
pub mod statement;

pub use cluster::{Cluster, Outcome, Progress, SessionId, Settings};
pub use reply::{Cell, Message, Reply, Rows, Severity, SqlState, StatementResult};
pub use statement::Statement;

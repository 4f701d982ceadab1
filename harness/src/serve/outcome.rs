//! What running something on the engine came to, and errors of the server's own.

use seqcheck_engine::{Message, Reply, Severity, SqlState};
use tokio::sync::oneshot;

/// What a session's step came to.
pub(super) enum Answer {
    /// It has a reply.
    Done(Reply),
    /// It waits; the reply comes from whoever wakes it.
    Waits(oneshot::Receiver<Reply>),
}

/// SQLSTATEs of the server's own errors (manual, Appendix A "PostgreSQL Error Codes").
pub(super) mod sqlstate {
    use seqcheck_engine::SqlState;

    pub(in crate::serve) const PROTOCOL_VIOLATION: SqlState = SqlState::new("08P01");
    pub(in crate::serve) const FEATURE_NOT_SUPPORTED: SqlState = SqlState::new("0A000");
    pub(in crate::serve) const CHARACTER_NOT_IN_REPERTOIRE: SqlState = SqlState::new("22021");
    pub(in crate::serve) const INVALID_BINARY_REPRESENTATION: SqlState = SqlState::new("22P03");
    pub(in crate::serve) const ACTIVE_SQL_TRANSACTION: SqlState = SqlState::new("25001");
    pub(in crate::serve) const IN_FAILED_SQL_TRANSACTION: SqlState = SqlState::new("25P02");
    pub(in crate::serve) const INVALID_SQL_STATEMENT_NAME: SqlState = SqlState::new("26000");
    pub(in crate::serve) const INVALID_AUTHORIZATION: SqlState = SqlState::new("28000");
    pub(in crate::serve) const INVALID_CURSOR_NAME: SqlState = SqlState::new("34000");
    pub(in crate::serve) const INVALID_CATALOG_NAME: SqlState = SqlState::new("3D000");
    pub(in crate::serve) const INSUFFICIENT_PRIVILEGE: SqlState = SqlState::new("42501");
    pub(in crate::serve) const SYNTAX_ERROR: SqlState = SqlState::new("42601");
    pub(in crate::serve) const DUPLICATE_DATABASE: SqlState = SqlState::new("42P04");
    pub(in crate::serve) const NOT_IN_PREREQUISITE_STATE: SqlState = SqlState::new("55000");
    pub(in crate::serve) const OBJECT_IN_USE: SqlState = SqlState::new("55006");
    pub(in crate::serve) const QUERY_CANCELED: SqlState = SqlState::new("57014");
    pub(in crate::serve) const ADMIN_SHUTDOWN: SqlState = SqlState::new("57P01");
}

/// An error.
pub(super) fn error(sqlstate: SqlState, message: impl Into<String>) -> Message {
    message_of(Severity::Error, sqlstate, message)
}

/// An error that ends the session.
pub(super) fn fatal(sqlstate: SqlState, message: impl Into<String>) -> Message {
    message_of(Severity::Fatal, sqlstate, message)
}

/// A message without DETAIL and HINT.
pub(super) fn message_of(severity: Severity, sqlstate: SqlState, message: impl Into<String>) -> Message {
    Message { severity, sqlstate, message: message.into().into(), detail: None, hint: None }
}

/// The error for something that PostgreSQL knows and the model does not.
pub(super) fn outside(what: &str) -> Message {
    error(sqlstate::FEATURE_NOT_SUPPORTED, format!("{what} is outside the model"))
}

//! How a statement stops before its end, and the SQLSTATEs the model raises.

use std::borrow::Cow;

use crate::cluster::SessionId;
use crate::reply::{Message, Severity, SqlState};

/// Why a statement could not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It failed with this error.
    Error(Box<Message>),
    /// It needs a lock that these sessions hold or wait for.
    Waits(Vec<SessionId>),
    /// It is outside the model.
    Unsupported(String),
}

pub(crate) type Result<T, E = Stop> = std::result::Result<T, E>;

/// An error with a primary message only.
pub(crate) fn error(sqlstate: SqlState, text: impl Into<Cow<'static, str>>) -> Stop {
    Stop::Error(Box::new(error_message(sqlstate, text)))
}

/// The refusal of something that PostgreSQL knows and the model does not.
pub(crate) fn unsupported(what: impl Into<String>) -> Stop {
    Stop::Unsupported(what.into())
}

impl Stop {
    /// Adds a DETAIL if there is one.
    pub(crate) fn maybe_detail(self, detail: Option<String>) -> Stop {
        match detail {
            Some(detail) => self.detail(detail),
            None => self,
        }
    }

    /// Adds a DETAIL.
    pub(crate) fn detail(self, detail: impl Into<String>) -> Stop {
        match self {
            Stop::Error(mut message) => {
                message.detail = Some(detail.into());
                Stop::Error(message)
            }
            other => other,
        }
    }

    /// Adds a HINT.
    pub(crate) fn hint(self, hint: impl Into<Cow<'static, str>>) -> Stop {
        match self {
            Stop::Error(mut message) => {
                message.hint = Some(hint.into());
                Stop::Error(message)
            }
            other => other,
        }
    }
}

/// A notice or warning without DETAIL and HINT.
pub(crate) fn notice(severity: Severity, sqlstate: SqlState, message: impl Into<Cow<'static, str>>) -> Message {
    Message { severity, sqlstate, message: message.into(), detail: None, hint: None }
}

/// The message of an error, where it does not end what is under way.
pub(crate) fn error_message(sqlstate: SqlState, text: impl Into<Cow<'static, str>>) -> Message {
    notice(Severity::Error, sqlstate, text)
}

/// SQLSTATEs by their condition names (manual, Appendix A).
#[rustfmt::skip]
pub(crate) mod sqlstate {
    use crate::reply::SqlState;

    pub(crate) const SUCCESSFUL_COMPLETION: SqlState = SqlState::new("00000");
    pub(crate) const WARNING: SqlState = SqlState::new("01000");
    pub(crate) const PRIVILEGE_NOT_REVOKED: SqlState = SqlState::new("01006");
    pub(crate) const PRIVILEGE_NOT_GRANTED: SqlState = SqlState::new("01007");
    pub(crate) const PROTOCOL_VIOLATION: SqlState = SqlState::new("08P01");
    pub(crate) const FEATURE_NOT_SUPPORTED: SqlState = SqlState::new("0A000");
    pub(crate) const INVALID_GRANT_OPERATION: SqlState = SqlState::new("0LP01");
    pub(crate) const CARDINALITY_VIOLATION: SqlState = SqlState::new("21000");
    pub(crate) const STRING_DATA_RIGHT_TRUNCATION: SqlState = SqlState::new("22001");
    pub(crate) const NULL_VALUE_NOT_ALLOWED: SqlState = SqlState::new("22004");
    pub(crate) const NUMERIC_VALUE_OUT_OF_RANGE: SqlState = SqlState::new("22003");
    pub(crate) const DIVISION_BY_ZERO: SqlState = SqlState::new("22012");
    pub(crate) const INVALID_PARAMETER_VALUE: SqlState = SqlState::new("22023");
    pub(crate) const SEQUENCE_GENERATOR_LIMIT_EXCEEDED: SqlState = SqlState::new("2200H");
    pub(crate) const INVALID_ROW_COUNT_IN_LIMIT_CLAUSE: SqlState = SqlState::new("2201W");
    pub(crate) const INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE: SqlState = SqlState::new("2201X");
    pub(crate) const INVALID_TEXT_REPRESENTATION: SqlState = SqlState::new("22P02");
    pub(crate) const BAD_COPY_FILE_FORMAT: SqlState = SqlState::new("22P04");
    pub(crate) const NOT_NULL_VIOLATION: SqlState = SqlState::new("23502");
    pub(crate) const RESTRICT_VIOLATION: SqlState = SqlState::new("23001");
    pub(crate) const FOREIGN_KEY_VIOLATION: SqlState = SqlState::new("23503");
    pub(crate) const INVALID_FOREIGN_KEY: SqlState = SqlState::new("42830");
    pub(crate) const UNIQUE_VIOLATION: SqlState = SqlState::new("23505");
    pub(crate) const CHECK_VIOLATION: SqlState = SqlState::new("23514");
    pub(crate) const ACTIVE_SQL_TRANSACTION: SqlState = SqlState::new("25001");
    pub(crate) const READ_ONLY_SQL_TRANSACTION: SqlState = SqlState::new("25006");
    pub(crate) const NO_ACTIVE_SQL_TRANSACTION: SqlState = SqlState::new("25P01");
    pub(crate) const IN_FAILED_SQL_TRANSACTION: SqlState = SqlState::new("25P02");
    pub(crate) const INVALID_SQL_STATEMENT_NAME: SqlState = SqlState::new("26000");
    pub(crate) const INVALID_AUTHORIZATION: SqlState = SqlState::new("28000");
    pub(crate) const INVALID_CURSOR_NAME: SqlState = SqlState::new("34000");
    pub(crate) const DEPENDENT_OBJECTS_STILL_EXIST: SqlState = SqlState::new("2BP01");
    pub(crate) const INVALID_SAVEPOINT_SPECIFICATION: SqlState = SqlState::new("3B001");
    pub(crate) const INVALID_SCHEMA_NAME: SqlState = SqlState::new("3F000");
    pub(crate) const DEADLOCK_DETECTED: SqlState = SqlState::new("40P01");
    pub(crate) const INSUFFICIENT_PRIVILEGE: SqlState = SqlState::new("42501");
    pub(crate) const SYNTAX_ERROR: SqlState = SqlState::new("42601");
    pub(crate) const INVALID_NAME: SqlState = SqlState::new("42602");
    pub(crate) const NAME_TOO_LONG: SqlState = SqlState::new("42622");
    pub(crate) const DUPLICATE_COLUMN: SqlState = SqlState::new("42701");
    pub(crate) const AMBIGUOUS_FUNCTION: SqlState = SqlState::new("42725");
    pub(crate) const AMBIGUOUS_COLUMN: SqlState = SqlState::new("42702");
    pub(crate) const UNDEFINED_COLUMN: SqlState = SqlState::new("42703");
    pub(crate) const UNDEFINED_OBJECT: SqlState = SqlState::new("42704");
    pub(crate) const DUPLICATE_OBJECT: SqlState = SqlState::new("42710");
    pub(crate) const DUPLICATE_ALIAS: SqlState = SqlState::new("42712");
    pub(crate) const GROUPING_ERROR: SqlState = SqlState::new("42803");
    pub(crate) const DATATYPE_MISMATCH: SqlState = SqlState::new("42804");
    pub(crate) const WRONG_OBJECT_TYPE: SqlState = SqlState::new("42809");
    pub(crate) const CANNOT_COERCE: SqlState = SqlState::new("42846");
    pub(crate) const UNDEFINED_FUNCTION: SqlState = SqlState::new("42883");
    pub(crate) const GENERATED_ALWAYS: SqlState = SqlState::new("428C9");
    pub(crate) const RESERVED_NAME: SqlState = SqlState::new("42939");
    pub(crate) const UNDEFINED_TABLE: SqlState = SqlState::new("42P01");
    pub(crate) const UNDEFINED_PARAMETER: SqlState = SqlState::new("42P02");
    pub(crate) const DUPLICATE_CURSOR: SqlState = SqlState::new("42P03");
    pub(crate) const DUPLICATE_PREPARED_STATEMENT: SqlState = SqlState::new("42P05");
    pub(crate) const DUPLICATE_SCHEMA: SqlState = SqlState::new("42P06");
    pub(crate) const DUPLICATE_TABLE: SqlState = SqlState::new("42P07");
    pub(crate) const INVALID_OBJECT_DEFINITION: SqlState = SqlState::new("42P17");
    pub(crate) const INVALID_COLUMN_REFERENCE: SqlState = SqlState::new("42P10");
    pub(crate) const INVALID_TABLE_DEFINITION: SqlState = SqlState::new("42P16");
    pub(crate) const INDETERMINATE_DATATYPE: SqlState = SqlState::new("42P18");
    pub(crate) const OBJECT_NOT_IN_PREREQUISITE_STATE: SqlState = SqlState::new("55000");
    pub(crate) const CANT_CHANGE_RUNTIME_PARAM: SqlState = SqlState::new("55P02");
    pub(crate) const OBJECT_IN_USE: SqlState = SqlState::new("55006");
    pub(crate) const LOCK_NOT_AVAILABLE: SqlState = SqlState::new("55P03");
    pub(crate) const QUERY_CANCELED: SqlState = SqlState::new("57014");
    pub(crate) const INTERNAL_ERROR: SqlState = SqlState::new("XX000");
    pub(crate) const ERROR_IN_ASSIGNMENT: SqlState = SqlState::new("22005");
    pub(crate) const CASE_NOT_FOUND: SqlState = SqlState::new("20000");
    pub(crate) const RAISE_EXCEPTION: SqlState = SqlState::new("P0001");
    pub(crate) const NO_DATA_FOUND: SqlState = SqlState::new("P0002");
    pub(crate) const TOO_MANY_ROWS: SqlState = SqlState::new("P0003");
    pub(crate) const ASSERT_FAILURE: SqlState = SqlState::new("P0004");
}

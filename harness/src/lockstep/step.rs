//! What lockstep runs.

use seqcheck_engine::statement::Maintenance;
use seqcheck_engine::{Message, Severity, SqlState, Statement};

/// One step of a trace, ready to run on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Step {
    /// The session that acts, numbered from 0; events of the whole server ignore it.
    pub session: usize,
    /// What it does.
    pub action: Action,
}

impl Step {
    /// Whether it ends every session of the server.
    pub fn ends_sessions(&self) -> bool {
        matches!(self.action, Action::Crash | Action::Restart)
    }

    /// Whether it does something to the server as a whole, so that traces in its other databases may notice.
    pub fn concerns_server(&self) -> bool {
        match &self.action {
            Action::Crash | Action::Restart | Action::Standby | Action::Promote => true,
            _ => self.runs_checkpoint(),
        }
    }

    /// Whether somebody asks for a checkpoint.
    pub(super) fn runs_checkpoint(&self) -> bool {
        match &self.action {
            Action::Checkpoint => true,
            Action::Query { statements: Ok(statements), .. } => {
                statements.contains(&Statement::Maintenance(Maintenance::Checkpoint))
            }
            _ => false,
        }
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// Sends one simple query.
    Query {
        /// The text that the implementation gets.
        sql: String,
        /// The lines for `COPY … FROM STDIN`, which the statement holds, too.
        copy_data: Vec<String>,
        /// What the engine gets, or why it gets nothing.
        statements: Result<Vec<Statement>, Refusal>,
    },
    /// Opens the session anew, closing it first when it is open. It is closed even when the rest is outside the model.
    Connect {
        /// As whom, if not as the database's owner.
        role: Option<String>,
    },
    /// Closes the session.
    Disconnect,
    /// Cancels the statement that the session is running.
    Cancel,
    /// Runs a checkpoint.
    Checkpoint,
    /// Ends the server without warning, and starts it again.
    Crash,
    /// Stops the server in an orderly way, and starts it again.
    Restart,
    /// Opens the session anew on a standby that has replayed everything.
    Standby,
    /// Lets the standby, once it has replayed everything, become a server of its own.
    Promote,
}

/// Why SQL text has no statements.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It is SQL, but outside the model.
    Unsupported {
        /// What is outside.
        what: String,
    },
    /// It is not SQL.
    Syntax {
        /// The parser's words.
        message: String,
    },
}

/// The error that a server reports for text that is not SQL.
///
/// Only its SQLSTATE is compared: the wording belongs to a server's generated parser.
pub(crate) fn syntax_error(message: String) -> Message {
    const SYNTAX_ERROR: SqlState = SqlState::new("42601");
    Message { severity: Severity::Error, sqlstate: SYNTAX_ERROR, message: message.into(), detail: None, hint: None }
}

//! What can go wrong around an implementation without saying anything about it.

use std::time::Duration;

/// A failure of the surroundings: it is never a verdict, neither agreement nor divergence.
///
/// Commands that meet one end with exit code 3.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Infrastructure {
    /// A session could not be opened.
    #[error("cannot connect to {target}: {reason}; check that the server runs there and lets this user in")]
    Connect {
        /// Where to, and as whom.
        target: String,
        /// What the operating system or the server said.
        reason: String,
    },
    /// An open session ended without being told to.
    #[error("the connection of {who} was lost: {reason}; the server's log says why")]
    Lost {
        /// Whose connection.
        who: String,
        /// What the operating system or the server said.
        reason: String,
    },
    /// Nothing came in time.
    #[error(
        "{who} gave no reply within {:.0} s and waits for no other session; look for a hung server, or allow more time",
        .after.as_secs_f32()
    )]
    TimedOut {
        /// Whose reply is missing.
        who: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// What came is not the protocol that was agreed upon.
    #[error("{who} broke the protocol: {what}; check that a PostgreSQL server, and nothing else, listens there")]
    Protocol {
        /// Whose connection.
        who: String,
        /// What came instead.
        what: String,
    },
    /// The server ran out of a resource, was shut down, or met an error of its operating system.
    #[error("the server cannot go on for {who}: {sqlstate}: {message}")]
    Server {
        /// Whose request met it.
        who: String,
        /// The SQLSTATE.
        sqlstate: String,
        /// The server's words.
        message: String,
    },
    /// The clean slate before a trace could not be made.
    #[error("cannot clean the database before a trace: {reason}; use a database that the user owns")]
    Reset {
        /// The step of the cleaning, and the server's words.
        reason: String,
    },
    /// The implementation has no way to do this.
    #[error("{name} is not able to {what}")]
    NotAble {
        /// The implementation's name.
        name: String,
        /// What was asked of it.
        what: String,
    },
}

impl Infrastructure {
    /// Whether it may be the doing of the implementation itself, rather than of the machine that it runs on or of whoever
    /// runs it: a server that lacks memory or room on a disk (SQLSTATE class 53) is not to blame for that.
    pub(crate) fn may_be_its_own(&self) -> bool {
        match self {
            Infrastructure::Server { sqlstate, .. } => !sqlstate.starts_with("53"),
            Infrastructure::NotAble { .. } => false,
            Infrastructure::Connect { .. }
            | Infrastructure::Lost { .. }
            | Infrastructure::TimedOut { .. }
            | Infrastructure::Protocol { .. }
            | Infrastructure::Reset { .. } => true,
        }
    }
}

//! The one door to the model.

use crate::reply::{Message, Reply};
use crate::statement::Statement;

/// What to model.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// PostgreSQL's major version, 13 to 18.
    pub major: u8,
}

/// One connection, until it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u32);

/// How far a step came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It finished with this reply.
    Done(Reply),
    /// It waits for locks held by these sessions.
    Waits {
        /// Sessions that must finish first.
        blockers: Vec<SessionId>,
    },
    /// A statement is outside the model, for the reason given; nothing was changed.
    Unsupported(String),
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How far the step itself came.
    pub progress: Progress,
    /// Sessions that it woke, with their replies, in order.
    pub woken: Vec<(SessionId, Reply)>,
}

/// A PostgreSQL cluster with one database, in memory.
#[derive(Debug)]
pub struct Cluster {
    _settings: Settings,
}

impl Cluster {
    /// An empty database with one superuser.
    pub fn new(settings: Settings) -> Cluster {
        Cluster { _settings: settings }
    }

    /// Opens a session as the superuser.
    pub fn connect(&mut self) -> SessionId {
        SessionId(0)
    }

    /// Closes a session: its transaction is rolled back, its temporary objects go.
    ///
    /// Returns the sessions that this woke, with their replies, in order.
    pub fn disconnect(&mut self, session: SessionId) -> Vec<(SessionId, Reply)> {
        let _ = session;
        Vec::new()
    }

    /// Makes a query fail that cannot even be parsed: an open transaction is aborted, and the reply is `message`.
    pub fn fail(&mut self, session: SessionId, message: Message) -> Outcome {
        let _ = session;
        let reply = Reply { error: Some(message), ..Reply::default() };
        Outcome { progress: Progress::Done(reply), woken: Vec::new() }
    }

    /// Runs one simple query, which may hold several statements.
    pub fn step(&mut self, session: SessionId, statements: &[Statement]) -> Outcome {
        let _ = (session, statements);
        Outcome { progress: Progress::Unsupported("not built yet".into()), woken: Vec::new() }
    }
}

//! Who can be judged.
//!
//! [`Implementation`] is the only thing that lockstep knows of a database. [`postgres::Postgres`] speaks the wire
//! protocol to a server, [`model::Model`] is the engine itself; anybody may write another one.

mod infrastructure;
pub mod model;
pub mod postgres;

pub use infrastructure::Infrastructure;
use seqcheck_engine::Reply;
use std::time::Instant;

/// One simple query, which may hold several statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// The SQL text.
    pub sql: &'a str,
    /// The lines for a `COPY … FROM STDIN`, without line ends and without the closing `\.`.
    ///
    /// They go to the first such statement of the text; any further one gets no lines.
    pub copy_data: &'a [String],
}

/// What [`Implementation::receive`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// The oldest outstanding request's whole reply.
    Done(Reply),
    /// Nothing whole before the deadline.
    Pending,
}

/// A database whose sequences are judged.
///
/// Sessions are numbered from 0, by the caller. A caller opens a session with [`connect`](Self::connect) before it uses
/// it, and calls [`reset`](Self::reset) before each trace.
///
/// Errors that the database reports belong in the [`Reply`]. An [`Infrastructure`] error means that the question could
/// not be asked; after one, only [`reset`](Self::reset) may be called, and it must work again if the database does.
/// No method may block for ever: an implementation brings its own time limit for everything but `receive`, which has
/// the caller's.
///
/// ```
/// use seqcheck::{Implementation, Infrastructure, Received, Request};
/// use seqcheck_engine::Reply;
/// use std::collections::VecDeque;
/// use std::time::Instant;
///
/// /// A database that answers every query with nothing at all.
/// #[derive(Default)]
/// struct Silent {
///     outstanding: VecDeque<usize>,
/// }
///
/// impl Implementation for Silent {
///     fn name(&self) -> String {
///         "silent".into()
///     }
///     fn reset(&mut self) -> Result<(), Infrastructure> {
///         self.outstanding.clear();
///         Ok(())
///     }
///     fn connect(&mut self, _session: usize, _role: Option<&str>) -> Result<Reply, Infrastructure> {
///         Ok(Reply::default())
///     }
///     fn disconnect(&mut self, session: usize) -> Result<(), Infrastructure> {
///         self.outstanding.retain(|&other| other != session);
///         Ok(())
///     }
///     fn send(&mut self, session: usize, _request: Request<'_>) -> Result<(), Infrastructure> {
///         self.outstanding.push_back(session);
///         Ok(())
///     }
///     fn receive(&mut self, session: usize, _deadline: Instant) -> Result<Received, Infrastructure> {
///         match self.outstanding.iter().position(|&other| other == session) {
///             Some(oldest) => {
///                 self.outstanding.remove(oldest);
///                 Ok(Received::Done(Reply::default()))
///             }
///             None => Ok(Received::Pending),
///         }
///     }
///     fn is_waiting(&mut self, _session: usize) -> Result<Option<Vec<usize>>, Infrastructure> {
///         Ok(None)
///     }
/// }
/// ```
pub trait Implementation {
    /// What to call it in reports, with its version when it has one.
    fn name(&self) -> String;

    /// Makes a clean slate: no sessions, no outstanding requests, no objects left by an earlier trace.
    fn reset(&mut self) -> Result<(), Infrastructure>;

    /// Announces that the trace is about roles or prepared transactions, and makes these roles, or none. Called after
    /// [`reset`](Self::reset).
    ///
    /// Roles and the identifiers of prepared transactions may belong to more than one database. So an implementation keeps
    /// several such traces apart, if need be by waiting; it returns the name of a role that is somebody else's, in which
    /// case the trace is not run.
    fn claim_roles(&mut self, names: &[String]) -> Result<Option<String>, Infrastructure> {
        let _ = names;
        Ok(None)
    }

    /// The end of a trace for which [`claim_roles`](Self::claim_roles) was called: the roles that it made are dropped, and
    /// what it prepared is rolled back.
    fn release_roles(&mut self) -> Result<(), Infrastructure> {
        Ok(())
    }

    /// Opens a session that has no history, as `role`, or as the user that owns the database.
    ///
    /// The reply is empty when the session is open; when the database refuses `role`, it carries that error.
    fn connect(&mut self, session: usize, role: Option<&str>) -> Result<Reply, Infrastructure>;

    /// Closes a session, whether or not it waits, and returns when its locks are released.
    ///
    /// Replies that are outstanding are lost. Closing a session that is not open does nothing.
    fn disconnect(&mut self, session: usize) -> Result<(), Infrastructure>;

    /// Hands over a request without waiting for the reply.
    ///
    /// Several may be sent before the first is received; they run in order. An implementation may keep requests back
    /// until [`flush`](Self::flush), [`receive`](Self::receive) or [`is_waiting`](Self::is_waiting) is called for the
    /// session.
    fn send(&mut self, session: usize, request: Request<'_>) -> Result<(), Infrastructure>;

    /// Sees to it that the database has what was handed over, where that was kept back.
    fn flush(&mut self, session: usize) -> Result<(), Infrastructure> {
        let _ = session;
        Ok(())
    }

    /// Takes the reply to the oldest outstanding request of `session`.
    ///
    /// Returns [`Received::Pending`] when it is not complete at `deadline`. A deadline that is over means: look, but do
    /// not wait.
    fn receive(&mut self, session: usize, deadline: Instant) -> Result<Received, Infrastructure>;

    /// Whether `session` waits for a lock that other sessions of this run hold, or are before it in the queue for.
    ///
    /// Returns these sessions, or `None` when it waits for none of them. The list is empty when it waits only for a
    /// prepared transaction, which belongs to no session. The answer must come from the database: a slow
    /// reply is not a wait.
    fn is_waiting(&mut self, session: usize) -> Result<Option<Vec<usize>>, Infrastructure>;

    /// Announces that the next request of `session`, which has none outstanding, will have to wait.
    ///
    /// A trace means that more time passes between its steps than `deadlock_timeout`, so that the session that closes a
    /// circle is the one that finds it. Steps come faster than that: an implementation that looks for deadlocks after
    /// a while sees to it that this session looks soon if it `finds_deadlock`, and not at all otherwise.
    fn expect_wait(&mut self, session: usize, finds_deadlock: bool) -> Result<(), Infrastructure> {
        let _ = (session, finds_deadlock);
        Ok(())
    }

    /// Cancels the request that `session` is running, if it has one, as `psql` does at Ctrl-C. Returns when the database
    /// has been told, which may be before the session ends with an error.
    fn cancel(&mut self, session: usize) -> Result<(), Infrastructure> {
        let _ = session;
        Err(not_able(self.name(), "cancel a statement"))
    }

    /// Runs a checkpoint.
    fn checkpoint(&mut self) -> Result<(), Infrastructure> {
        Err(not_able(self.name(), "run a checkpoint"))
    }

    /// Why it runs no checkpoints, where that is known before one is asked for. Steps that need one are left out then.
    fn refuses_checkpoints(&self) -> Option<&str> {
        None
    }

    /// Ends the database as a power cut would, and starts it again; all sessions end.
    fn crash(&mut self) -> Result<(), Infrastructure> {
        Err(not_able(self.name(), "crash"))
    }

    /// Stops the database in an orderly way, and starts it again; all sessions end.
    fn restart(&mut self) -> Result<(), Infrastructure> {
        Err(not_able(self.name(), "restart"))
    }

    /// Brings a standby up to date, which is made when there is none since the last [`reset`](Self::reset). What happens
    /// after this does not show there before this is called again.
    fn catch_up(&mut self) -> Result<(), Infrastructure> {
        Err(not_able(self.name(), "have a standby"))
    }

    /// Brings the standby up to date, and makes it a database of its own.
    fn promote(&mut self) -> Result<(), Infrastructure> {
        Err(not_able(self.name(), "have a standby"))
    }

    /// The standby, if there is one. Its sessions are numbered on their own; only they, and requests, are asked of it.
    fn standby(&mut self) -> Option<&mut dyn Implementation> {
        None
    }
}

/// The error for something that an implementation has no way to do.
fn not_able(name: String, what: &str) -> Infrastructure {
    Infrastructure::NotAble { name, what: what.to_owned() }
}

/// How messages name a session.
fn session_name(session: usize) -> String {
    format!("S{}", session + 1)
}
